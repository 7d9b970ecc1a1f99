"""Tokens of torchMoji's own code for texts of ours, as it behaved under Python 2.

    git clone https://github.com/huggingface/torchMoji && git -C torchMoji checkout 9dd01df
    python3 -m venv .tm && .tm/bin/pip install text-unidecode emoji numpy
    .tm/bin/python tests/golden/torchmoji/make.py torchMoji

writes tests/golden/torchmoji.json: text, tokens of the tokenizer, words of the word generator (Unicode and emojis kept),
words of the one for vocabularies. Under Python 3 three things have to be put back: the flag inside of the pattern (it holds
for all of it), `decode` of text (it tells ASCII), and the name of emoji's table.
"""
import json
import pathlib
import sys
import types

import emoji

ROOT = pathlib.Path(sys.argv[1])
PUT_BACK = [
    ("r'(?i)' + t", "t"),
    ("re.UNICODE)", "re.UNICODE | re.IGNORECASE)"),
    (".decode('ascii')", ".encode('ascii')"),
]
TEXTS = [
    "I can't believe it's not butter!!!!! Sooooo good :-) :))) >:-(",
    "Check http://example.com/a?b=1&c=%20x, https://x.y or WWW.Example.ORG now",
    "mail me: first.last+tag@mail.example.co.uk, or @someone #hash_tag2 ##double @@twice",
    "Mr. and MRS. Smith met Dr. Who and Prof. X at 10 a.m. in the U.S.A. today...",
    "red-haired well_known rock'n'roll don''t 'quoted' o'clock",
    "1,000.50 dollars, 3.5% of 12:30pm is 42nd; 2nd-hand 007",
    "<3 <333 </3 <<33 <3<3 -_- x_x ^_^ o.o O_O (: ): ); (; =D ;-P :'( :\\ :|",
    "first line\nsecond line\r\nthird<br>fourth\\nfifth\\\\rsixth<br />",
    "“Curly” ‘quotes’ — dashes – and … «guillemets» ¿qué? ¡olé! 50 ½ №5",
    "❤️ hearts ♥ and 😂😂😂 faces👍🏽 flags 🇩🇪 zero​width",
    "Žluťoučký kůň, ČESKÝ text, İstanbul ısı, ſharp K, naïve café",
    "日本語のテキスト、中文。русский текст, чай ъь",
    "wooohoooo aaabaaaa !!!???... noooooo----way ____ ****",
    "ａｂｃ！？ ① ② ³ ٣٤ Ⅷ ﬁne ʼtis",
    "   leading and trailing   \t tabs\x0band\x0cfeeds \u2003 wide\u00a0hard ",
    "CUSTOM_BREAK custom_break CUSTOM_NUMBER",
    "(@person) (#tag) email@host @a#b #a@b a@b.c.",
    "e.g. i.e. ..a.b. x.y.z .s.u",
    "$5 €10 £3 50¢ ¥100 ° § | ~ ` ´ ˇ ^ & * + = { } [ ] \\ /",
    "ooooo0000 1111111 www.wwww.www wwww.x.y http://aaa.bbb",
]


def load(name):
    path = ROOT / "torchmoji" / f"{name}.py"
    source = path.read_text("utf-8")
    for now, before in PUT_BACK:
        source = source.replace(now, before)
    module = types.ModuleType("torchmoji." + name)
    module.__file__ = str(path)
    sys.modules["torchmoji." + name] = module
    exec(compile(source, str(path), "exec"), module.__dict__)
    return module


sys.modules["emoji"] = types.SimpleNamespace(UNICODE_EMOJI=set(emoji.EMOJI_DATA))
sys.modules["torchmoji"] = types.ModuleType("torchmoji")
load("global_variables")
tokenizer, _, words = load("tokenizer"), load("filter_utils"), load("word_generator")
kept = words.WordGenerator(None, allow_unicode_text=True, ignore_emojis=False)
ascii_only = words.WordGenerator(None)
rows = [[text, tokenizer.tokenize(text), kept.get_words(text), ascii_only.get_words(text)] for text in TEXTS]
out = pathlib.Path(__file__).parent.parent / "torchmoji.json"
out.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
print(out, len(rows), "texts")
