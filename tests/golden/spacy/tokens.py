"""Writes tests/golden/tokens.json: what spaCy and fastai's rules make of sentences of ours, of pieces put together by
chance, and (as digests) of real reviews.

    pip install spacy==3.8.16
    python tests/golden/spacy/tokens.py [../shared/data/imdb/train.jsonl.gz]

Without the reviews their digests stay as they are.
"""
import gzip
import hashlib
import html
import json
import pathlib
import random
import sys
import unicodedata

import spacy
import text_rules

OUT = pathlib.Path(__file__).parents[1] / "tokens.json"
BLOCK = 500  # reviews in one digest

SENTENCES = r"""
It's a quiet Tuesday; the trains aren't running and nobody's surprised.
Mr. Okafor (the "night porter") said he'd've come at 9a.m., but it was 11:30pm.
We paid $12.50, US$13, 5€ and 3 £ for 2kg of rice, 40% off... cheap!
Dr. Ng's U.S.A.-made heater ran at 451°F. Not 20 °C. And 5m/s of wind.
hello:) how r u :-( x:D (:: ):b ":)" ;-) >:( <3<3 =/ ^_^ o_O
hello: ):b and hello ):b and a ( : c
Visit http://example.org:8080/a?b=c#d, www.example.co.uk/ or mail me@example.org.
10.0.0.1 8.8.4.4 172.16.0.1 223.1.2.3 256.1.1.1 http://8.8.4.4:80/x
lower.Upper works.the v1.2.3 3.14 a.b.c. A.B. I.B.M. e.g. i.e. etc. Ph.D. No.
well-known tot--you a---b a----b word—word word–word 1920s-style 3-4 3--4 10^3 2*4 5+5 +7 7+
and/or w/o A/B 8/10 his/her x,y 1,2 a=b a<b c>d C++ c# #tag @user _under_ snake_case
'Cause y'all can't c'mon, gonna gotta cannot let's I'ma o'clock ma'am rock'n'roll 'em
don’t can’t it’s ‘quoted’ “double” «guillemets» „low“ 「角」 （全角） …… … ....
tabs	here  two spaces   three  narrow ideographic　space
100km 5km² 3mm. 5тб 7м 20كم 30%. 40$. 1,000,000.5 .5 5. -5 +5 %5
¯\(ツ)/¯ ಠ_ಠ (╯°□°）╯︵┻━┻ 🍕🍔😵LOL i💙you 👨‍👩‍👧 ❤️ 🇬🇧
Ünïcödé ÄÖ. ä. Straße. ПРИВЕТ. мир. ΑΒΓ. γειά. 中文。日本語、テスト. 한국어! עברית. हिन्दी। ไทย
café naïve Å. e̋ ﬁne ½ ² x². ﷼5 5﷼ № ™ ® © § ¶
<br /><br />The end.<br>Fin <unk> <eos> it<unk> (<bos>)
THIS is sooooo GOOD!!!!!! I AM OK, USA and U.S. NATO's
ho! ho! ho! ho! ho! the the the the end. ah ah ah ahi ah ah ah ah. no no  no no
Sarah amp; Duck... #39;tis quot;xquot; nbsp; \n 5 @.@ 5 a @-@ b &copy; &notit; &#146; &lt;b&gt;
a aaaa aaaaa ==== 😀😀😀 😀😀😀😀 www. --- !!! ??
iPhone McDonald A B C É ÉTÉ ΟΔΟΣ Σ ΑΣ İstanbul ⒶⒷⒸ ǅ
""".strip("\n").split("\n")
PIECES = (
    """It's don't can't U.S. U.S.A. Mr. e.g etc. film Film FILM 5 5km 10 3.5 a A z . .. ... , ; : ! ? ( ) [ ] " ' ’ “ ”
    - -- --- — – / \\ | ~ ^ * + = < > # @ & % $ € £ ° °C. … …… :) :-( <3 ;) 's 'S n't 'll ’ve 🍕 ❤️ é Ω я 中 あ ½ _ · § ª"""
    .split()
    + ["aaa", "aaaa", "ho", "ho ", "the ", "amp;", "&amp;", "<br />", "<br>", "\\n", "AbC", "USA", "\u0301", "\u200d"]
)
GAPS = ["", "", "", " ", " ", "  ", "\n", "\t", " \n", "\u00a0", "\u2003", "\x1c"]

blank, words_2, words_07 = text_rules.blank(), text_rules.blank(text_rules.SPECIAL_2), text_rules.blank(text_rules.SPECIAL_07)


def chance(count):
    draw = random.Random(0)
    for _ in range(count):
        yield "".join(draw.choice(PIECES) + draw.choice(GAPS) for _ in range(draw.randrange(1, 12)))


def spacy_case(text):
    doc = blank(text)
    return [text, [token.text for token in doc], "".join(str(int(bool(token.whitespace_))) for token in doc)]


def fastai_case(text):
    steps = [text]
    for rule in text_rules.RULES_2:
        steps.append(rule(steps[-1]))
    tokens_2 = next(text_rules.fastai_2(words_2, [text]))
    clean = text_rules.fixup(text)
    return {
        "text": text,
        # a rule that changes nothing is written as 0
        "steps": [after if after != before else 0 for before, after in zip(steps, steps[1:])],
        "tokens": tokens_2,
        "fixup": clean,
        "prepared07": text_rules.prepare_07(clean),
        "tokens07": text_rules.fastai_07(words_07, clean),
    }


def html_cases():
    draw = random.Random(1)
    parts = ["&", "#", "x", ";", "amp", "AMP;", "not", "notit;", "lt", "&#", "&#x", "12", "4f", "é", "\n", "gt;", "nbsp", "&#128512"]
    yield from (f"&#{n};" for n in [0, 1, 9, 11, 13, 31, 65, 127, 128, 129, 159, 160, 0xD800, 0xFDD0, 0xFFFF, 0x1FFFE, 0x10FFFF, 0x110000])
    yield from (f"{'a' * (n % 3)}&{name}x" for n, name in enumerate(sorted(html.entities.html5)) if n % 40 == 0)
    for _ in range(60):
        yield "".join(draw.choice(parts) for _ in range(draw.randrange(2, 7)))


def digests(documents):
    """First 16 digits of the SHA-256 of each block of documents; U+0001 ends a token, U+0002 a document."""
    found, digest = [], hashlib.sha256()
    for count, tokens in enumerate(documents, 1):
        digest.update(("".join(token + "\x01" for token in tokens) + "\x02").encode())
        if count % BLOCK == 0:
            found.append(digest.hexdigest()[:16])
            digest = hashlib.sha256()
    return found


texts = SENTENCES + list(chance(160))
old = json.loads(OUT.read_text()) if OUT.exists() else {}
reviews = old.get("reviews")
if len(sys.argv) > 1:
    with gzip.open(sys.argv[1], "rt", encoding="utf8", newline="\n") as file:
        rows = [json.loads(line)["text"] for line in file]
    reviews = {
        "file": "imdb/train.jsonl.gz",
        "block": BLOCK,
        "spacy": digests([token.text for token in blank.tokenizer(text)] for text in rows),
        "fastai2": digests(text_rules.fastai_2(words_2, rows)),
        "fastai07": digests(text_rules.fastai_07(words_07, text_rules.fixup(text)) for text in rows),
    }
made = {
    "made_with": f"spaCy {spacy.__version__}, Python {sys.version.split()[0]}, Unicode {unicodedata.unidata_version}",
    "spacy": [spacy_case(text) for text in texts],
    "fastai": [fastai_case(text) for text in SENTENCES + texts[len(SENTENCES) :][:60]],
    "html": [[text, html.unescape(text)] for text in html_cases()],
    "reviews": reviews,
}
lines = [f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=True)}" for key, value in made.items()]
OUT.write_text("{\n" + ",\n".join(lines) + "\n}\n")
