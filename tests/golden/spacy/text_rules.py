"""spaCy's tokenizer and fastai's text rules in Python, for measuring and for expected tokens. fastai's rules are written
again from their description (fastai itself needs PyTorch); spaCy is the real one (3.8)."""
import html
import re

import spacy
from spacy.symbols import ORTH

HTML = [("#39;", "'"), ("amp;", "&"), ("#146;", "'"), ("nbsp;", " "), ("#36;", "$"), ("\\n", "\n"), ("quot;", "'"),
        ("<br />", "\n"), ('\\"', '"'), ("<unk>", None), (" @.@ ", "."), (" @-@ ", "-")]
SPECIAL_2 = "xxunk xxpad xxbos xxeos xxfld xxrep xxwrep xxup xxmaj".split()
SPECIAL_07 = ["<eos>", "<bos>", "<unk>"]


def blank(special=()):
    """A blank English pipeline that leaves `special` whole."""
    pipeline = spacy.blank("en")
    for word in special:
        pipeline.tokenizer.add_special_case(word, [{ORTH: word}])
    return pipeline


def literals(text, unknown):
    for old, new in HTML:
        text = text.replace(old, unknown if new is None else new)
    return text


# version 2
CHARACTERS = re.compile(r"(\S)\1{2,}")
WORDS = re.compile(r"(?:\s|^)(\w+)\s+((?:\1\s+)+)\1(\s|\W|$)")
MARKS = re.compile(r"[/#\\]")
SPACES = re.compile(r" {2,}")
CAPITALS = re.compile(r"(\s|^)([A-Z]+[^a-z\s]*)(?=\s|$)")
CAPITALISED = re.compile(r"(\s|^)([A-Z][^A-Z\s]*)(?=\s|$)")


def fix_html(text):
    return html.unescape(literals(text, "xxunk").replace("...", " …"))


def replace_rep(text):
    return CHARACTERS.sub(lambda m: f" xxrep {len(m[0])} {m[1]} ", text)


def replace_wrep(text):
    return WORDS.sub(lambda m: f" xxwrep {2 + len(m[2].split())} {m[1]} {m[3]}", text)


def spec_add_spaces(text):
    return MARKS.sub(r" \g<0> ", text)


def rm_useless_spaces(text):
    return SPACES.sub(" ", text)


def marked(mark):
    return lambda m: m[1] + (mark if len(m[2]) > 1 else "") + m[2].lower()


def replace_all_caps(text):
    return CAPITALS.sub(marked("xxup "), text)


def replace_maj(text):
    return CAPITALISED.sub(marked("xxmaj "), text)


def lowercase(text):
    return "xxbos " + text.lower().strip()


RULES_2 = [fix_html, replace_rep, replace_wrep, spec_add_spaces, rm_useless_spaces, replace_all_caps, replace_maj, lowercase]


def prepare_2(text):
    for rule in RULES_2:
        text = rule(text)
    return text


def fastai_2(pipeline, texts):
    """Tokens of texts: rules, `nlp.pipe`, then the rule for tokens."""
    for doc in pipeline.pipe(map(prepare_2, texts), batch_size=5000):
        yield [token.text.replace(" ", "▁") for token in doc]


# version 0.7
CHARACTERS_07 = re.compile(r"(\S)\1{3,}")
WORDS_07 = re.compile(r"(\b\w+\W+)(\1{3,})")
RUNS = re.compile(r"\w+|\W+")
MARKS_07 = re.compile(r"[/#]")
BREAKS = re.compile(r"<\s*br\s*/?>", re.IGNORECASE)


def fixup(text):
    return SPACES.sub(" ", html.unescape(literals(text, "u_n").replace("\\", " \\ ")))


def prepare_07(text):
    """What version 0.7 does behind `fixup` and before spaCy."""
    text = CHARACTERS_07.sub(lambda m: f" tk_rep {len(m[0])} {m[1]} ", text)
    text = WORDS_07.sub(lambda m: f" tk_wrep {1 + len(m[2].split())} {m[1]} ", text)
    text = "".join((" t_up " if run.isupper() and len(run) > 2 else "") + run.lower() for run in RUNS.findall(text))
    return BREAKS.sub("\n", SPACES.sub(" ", MARKS_07.sub(r" \g<0> ", text)))


def fastai_07(pipeline, text):
    """Tokens of a text that went through `fixup`."""
    return [token.text for token in pipeline.tokenizer(prepare_07(text))]
