"""Python's side of bench/text.ts: spaCy's tokenizer, and fastai's rules before it (tests/golden/spacy/text_rules.py).

Answers lines of JSON: {"op": "setup", "file", "count"} reads texts, {"op": "sample", "name", "start", "count"} tokenises some,
or reads word vectors where the request names a "file".
"""
import gzip
import json
import pathlib
import sys
import time

golden = pathlib.Path(__file__).parents[2] / "tests/golden"
sys.path.insert(0, str(golden / "spacy"))
try:
    import spacy
    import text_rules
except ImportError:  # an interpreter that only has sentencepiece does for that part
    spacy = None


def read(path, count):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf8", newline="\n") as file:
        return [json.loads(line)["text"] for line, _ in zip(file, range(count))]


if spacy:
    blank, words = text_rules.blank(), text_rules.blank(text_rules.SPECIAL_2)
    words_07 = text_rules.blank(text_rules.SPECIAL_07)


processors = {}


def sentencepiece(kind, texts):
    """Tokens by the tests' model of 1,000 pieces, which is stored without the rules of normalisation that another has."""
    if kind not in processors:
        import sentencepiece as spm
        from sentencepiece import sentencepiece_model_pb2

        model, rules = sentencepiece_model_pb2.ModelProto(), sentencepiece_model_pb2.ModelProto()
        model.ParseFromString((golden / f"sentencepiece/imdb_{kind}.model").read_bytes())
        rules.ParseFromString((golden / "sentencepiece/unigram.model").read_bytes())
        model.normalizer_spec.precompiled_charsmap = rules.normalizer_spec.precompiled_charsmap
        processors[kind] = spm.SentencePieceProcessor(model_proto=model.SerializeToString())
    processor = processors[kind]
    return sum(len(processor.encode(text)) for text in texts)




def unigram_training(texts):
    """Number of pieces of a model trained on the texts; imported here since the other workloads need no SentencePiece."""
    import io
    import sentencepiece

    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(texts), model_writer=out, vocab_size=1000,
                                             hard_vocab_limit=False, minloglevel=2)
    return sentencepiece.SentencePieceProcessor(model_proto=out.getvalue()).get_piece_size()


WORKLOADS = {
    "unigram_training": unigram_training,
    # each token is made a string, as the other side does; "pipe" leaves them in spaCy's documents
    "spacy": lambda texts: sum(len([token.text for token in doc]) for doc in blank.tokenizer.pipe(texts)),
    "spacy_pipe": lambda texts: sum(len(doc) for doc in blank.tokenizer.pipe(texts)),
    "fastai2": lambda texts: sum(map(len, text_rules.fastai_2(words, texts))),
    "fastai07": lambda texts: sum(len(text_rules.fastai_07(words_07, text_rules.fixup(text))) for text in texts),
    "sentencepiece_unigram": lambda texts: sentencepiece("unigram", texts),
    "sentencepiece_bpe": lambda texts: sentencepiece("bpe", texts),
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
            reply = {"impl": f"spaCy {spacy and spacy.__version__}, Python {sys.version.split()[0]}", "texts": len(texts)}
        else:
            part = texts[request["start"] : request["start"] + request["count"]]
            start = time.perf_counter()
            items = vectors(request["file"]) if "file" in request else WORKLOADS[request["name"]](part)
            reply = {"items": items, "ms": (time.perf_counter() - start) * 1e3}
    except Exception as error:
        reply = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(reply), flush=True)
