"""Makes tests/golden/sentencepiece_train.json: what the reference SentencePiece trains.

Run with the reference environment's Python (package sentencepiece): python tests/golden/sentencepiece_train.py [imdb folder]
(a) pieces and scores for small texts of our own; (b) with the folder of train.jsonl.gz: a unigram model of 1,000 pieces of
the first 2,000 texts in the order of the file, its number of tokens on the same texts, and its pieces.
"""
import gzip, hashlib, io, json, os, sys
import sentencepiece as spm

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = "one two three four five six seven eight nine ten eleven twelve thirteen".split()
RHYME = [
    "The cat sat on the mat, and the dog sat on the log.",
    "A cat and a dog; a mat and a log: that's that!",
    "In 1999 there were 42 cats & 7 dogs in the catalogue (dogma, catapult, dogged).",
    "Caf\u00e9 na\u00efve \uff21\uff22\uff23 \u2460 \u6771\u4eac \u3068\u4eac\u90fd aaaa aaa aa banana bananas bandana",
    "unbelievable believing believers relieved relief belief believe beliefs",
]
COUNTING = [" ".join(NAMES[(i * j) % 13] for j in range(1, 9)) + f" {i}." for i in range(1, 60)]
TEXTS = {"rhyme": RHYME * 3, "counting": COUNTING}


def train(texts, **options):
    out = io.BytesIO()
    spm.SentencePieceTrainer.train(sentence_iterator=iter(texts), model_writer=out, minloglevel=2, **options)
    return spm.SentencePieceProcessor(model_proto=out.getvalue())


def pieces(model):
    return [[model.id_to_piece(i), model.get_score(i)] for i in range(model.get_piece_size())]


def main():
    cases = []
    for name, kind, size, extra in [
        ("rhyme", "unigram", 80, {}), ("rhyme", "unigram", 86, {}), ("counting", "unigram", 40, {}),
        ("counting", "unigram", 60, {"hard_vocab_limit": False}),
        ("rhyme", "unigram", 70, {"character_coverage": 0.98, "user_defined_symbols": ["\u2581cat", "\u2581xxunk"], "unk_id": 3, "bos_id": -1, "eos_id": -1}),
        ("rhyme", "bpe", 80, {}), ("rhyme", "bpe", 120, {}), ("counting", "bpe", 60, {}), ("counting", "bpe", 75, {}),
    ]:
        try:
            model = train(TEXTS[name], model_type=kind, vocab_size=size, **extra)
        except RuntimeError as e:
            print(name, kind, size, e)
            continue
        cases.append({"texts": name, "type": kind, "vocabSize": size, "options": extra, "pieces": pieces(model)})
    result = {"version": spm.__version__, "texts": TEXTS, "cases": cases}
    path = os.path.join(HERE, "sentencepiece_train.json")
    if len(sys.argv) > 1:
        with gzip.open(os.path.join(sys.argv[1], "train.jsonl.gz"), "rt", encoding="utf-8") as lines:
            texts = [json.loads(next(lines))["text"] for _ in range(2000)]
        imdb = {}
        for kind in ("unigram", "bpe"):
            model = train(texts, model_type=kind, vocab_size=1000)
            own = [p for p, _ in pieces(model)]
            imdb[kind] = {"vocabSize": 1000, "tokens": sum(map(len, model.encode(texts))),
                          "sha256": hashlib.sha256("\n".join(own).encode()).hexdigest(), "pieces": own}
        result["imdb"] = {"texts": "the first 2,000 of train.jsonl.gz", **imdb}
    with open(path, "w", encoding="utf-8") as f:
        json.dump(result, f, ensure_ascii=True, indent=0)
        f.write("\n")


main()
