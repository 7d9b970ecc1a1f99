"""Python's side of bench/text.ts: spaCy's tokenizer, and fastai's rules before it (tests/golden/spacy/text_rules.py).

Answers lines of JSON: {"op": "setup", "file", "count"} reads texts, {"op": "sample", "name", "start", "count"} tokenises some,
or reads word vectors where the request names a "file".
"""
import gzip
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tests/golden/spacy"))
import spacy
import text_rules


def read(path, count):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf8", newline="\n") as file:
        return [json.loads(line)["text"] for line, _ in zip(file, range(count))]


blank, words = text_rules.blank(), text_rules.blank(text_rules.SPECIAL_2)
words_07 = text_rules.blank(text_rules.SPECIAL_07)
WORKLOADS = {
    # each token is made a string, as the other side does; "pipe" leaves them in spaCy's documents
    "spacy": lambda texts: sum(len([token.text for token in doc]) for doc in blank.tokenizer.pipe(texts)),
    "spacy_pipe": lambda texts: sum(len(doc) for doc in blank.tokenizer.pipe(texts)),
    "fastai2": lambda texts: sum(map(len, text_rules.fastai_2(words, texts))),
    "fastai07": lambda texts: sum(len(text_rules.fastai_07(words_07, text_rules.fixup(text))) for text in texts),
}



def vectors(path):
    """Words and their vectors, read as everyone reads them; imported here since the other workloads need no NumPy."""
    import numpy

    index = {}
    with open(path, encoding="utf8") as file:
        for line in file:
            word, *values = line.rstrip().split(" ")
            index[word] = numpy.asarray(values, dtype="float32")
    return len(index)


texts = []
for line in sys.stdin:
    request = json.loads(line)
    if request["op"] == "end":
        break
    try:
        if request["op"] == "setup":
            texts = read(request["file"], request["count"])
            reply = {"impl": f"spaCy {spacy.__version__}, Python {sys.version.split()[0]}", "texts": len(texts)}
        else:
            part = texts[request["start"] : request["start"] + request["count"]]
            start = time.perf_counter()
            items = vectors(request["file"]) if "file" in request else WORKLOADS[request["name"]](part)
            reply = {"items": items, "ms": (time.perf_counter() - start) * 1e3}
    except Exception as error:
        reply = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(reply), flush=True)
