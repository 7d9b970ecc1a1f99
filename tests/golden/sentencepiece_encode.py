"""Reference numbers for the SentencePiece tokenizer: small models of the Python package and what it encodes and decodes.

    python tests/golden/sentencepiece_encode.py [--imdb ../shared/data/imdb]

Writes tests/golden/sentencepiece/*.model and encode.json. The texts are made here; with --imdb also a model of 1,000
pieces from 2,000 reviews and a digest of the ids of every 50 of 1,000 others (imdb.json). Needs sentencepiece 0.2.2 and protobuf.
"""
import argparse
import gzip
import hashlib
import json
import pathlib
import random

import sentencepiece as spm
from sentencepiece import sentencepiece_model_pb2

here = pathlib.Path(__file__).parent / "sentencepiece"
here.mkdir(exist_ok=True)
ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


def words(n):
    if n < 20:
        return ONES[n]
    if n < 100:
        return TENS[n // 10 - 2] + ("-" + ONES[n % 10] if n % 10 else "")
    if n < 1000:
        return ONES[n // 100] + " hundred" + (" and " + words(n % 100) if n % 100 else "")
    return words(n // 1000) + " thousand" + (", " + words(n % 1000) if n % 1000 else "")


draw = random.Random(5)
corpus = [f"{words(draw.randrange(99999))}, {words(draw.randrange(2000))}. The answer isn't {draw.randrange(500)}!" for _ in range(900)]
corpus += ["Caf\u00e9 na\u00efve \u00fcber Stra\u00dfe; \u6771\u4eac\u90fd\u306b\u884c\u304f (now) xxbos xxmaj \u041f\u0440\u0438\u0432\u0435\u0442"] * 12

texts = [
    "", " ", "   \t\n ", "one", "  two  three \t four\n", "twenty-seven thousand, three hundred", "The answer isn't 42!",
    "\u2581one \u2581\u2581two", "caf\u00e9 cafe\u0301 CAF\u00c9", "\uff26\uff55\uff4c\uff4c\uff57\uff49\uff44\uff54\uff48\u3000\uff11\uff12\uff13\uff01\uff5e", "\ufb03ne \ufb01ve \ufdfa", "\u6771\u4eac\u90fd\u306b\u884c\u304f\u3002",
    "\u30ab\u3099\u30d1 \u304b\u3099 \uff76\uff9e", "\ud55c\uad6d\uc5b4 \u1112\u1161\u11ab", "\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467 one\U0001f601\U0001f602two", "\u0001a\u0007b\u007fc\u0085d\u009fe", "zero\u200bone\ufefftwo\u2028three\u00a0four",
    "\u0130stanbul \u1e9e \u03c3\u03c2 \u13a0 \uab70", "a\u0300\u0316\u0301", "qqq \u2603\u2603\u2603 zzz \u00bd \u2460 \u33c7", "xxbos xxmaj one xxbosxxmaj", "<s> </s> <unk> <0x41> <sep>", "<sep>one<sep> two <sep>", "\ufffd\ufffe \u0378 \U000e0001",
    "one hundred and" * 40, "\u0905\u0928\u0941\u0935\u093e\u0926 \u0e44\u0e17\u0e22 \u05e9\u05dc\u05d5\u05dd", "\u2126 \u212b \u1e9b\u0323 \u0344", "..........one!!!", "\r\nnine\r\n\r\nten\u3000\u3000", "\u2047 \u3042\u3099\u3099 \U0001d400\U0001d7ce",
]
models = {
    "unigram": dict(model_type="unigram", vocab_size=300, user_defined_symbols=["<sep>", "\u2581xxbos", "xxmaj"]),
    "bpe": dict(model_type="bpe", vocab_size=300, user_defined_symbols=["<sep>"]),
    "bytes": dict(model_type="unigram", vocab_size=500, byte_fallback=True, normalization_rule_name="nfkc_cf", character_coverage=0.98, pad_id=3),
    "bpe_bytes": dict(model_type="bpe", vocab_size=480, byte_fallback=True, normalization_rule_name="nfkc", remove_extra_whitespaces=False, character_coverage=0.98),
    "plain": dict(model_type="unigram", vocab_size=280, normalization_rule_name="identity", remove_extra_whitespaces=False, add_dummy_prefix=False),
    "suffix": dict(model_type="unigram", vocab_size=280, normalization_rule_name="nmt_nfkc_cf", treat_whitespace_as_suffix=True),
    "word": dict(model_type="word", vocab_size=150),
    "char": dict(model_type="char", vocab_size=70),
}


def utf16(text, at):
    """A place in UTF-8 as one in UTF-16."""
    return len(text.encode()[:at].decode().encode("utf-16-le")) // 2


def finish(prefix):
    """Leaves the rules of normalisation out of most models, which have them a quarter of a megabyte long and alike."""
    prefix.with_suffix(".vocab").unlink()
    path = prefix.with_suffix(".model")
    if prefix.name in ("unigram", "bytes"):
        return
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(path.read_bytes())
    proto.normalizer_spec.precompiled_charsmap = b""
    path.write_bytes(proto.SerializeToString())


out = {"texts": texts, "models": {}}
for name, options in models.items():
    spm.SentencePieceTrainer.train(sentence_iterator=iter(corpus), model_prefix=str(here / name), minloglevel=2, num_threads=1, hard_vocab_limit=False, **options)
    sp = spm.SentencePieceProcessor(model_file=str(here / f"{name}.model"))
    rows = []
    for text in texts:
        proto = sp.encode(text, return_type="proto")
        ids = sp.encode(text)
        rows.append({
            "ids": ids, "pieces": sp.encode(text, out_type=str), "offsets": [x for p in proto.pieces for x in (utf16(text, p.begin), utf16(text, p.end))],
            "decoded": sp.decode(ids), "from_pieces": sp.decode(sp.encode(text, out_type=str)),
        })
    finish(here / name)
    out["models"][name] = {"rows": rows, "around": sp.encode("one two", add_bos=True, add_eos=True, reverse=True)}
(here / "encode.json").write_text(json.dumps(out, ensure_ascii=True, separators=(",", ":")) + "\n")

args = argparse.ArgumentParser()
args.add_argument("--imdb")
folder = args.parse_args().imdb
if folder:
    with gzip.open(pathlib.Path(folder) / "train.jsonl.gz", "rt") as file:
        reviews = [json.loads(next(file))["text"] for _ in range(3000)]
    result = {}
    for kind in ("unigram", "bpe"):
        prefix = here / f"imdb_{kind}"
        spm.SentencePieceTrainer.train(sentence_iterator=iter(reviews[:2000]), model_prefix=str(prefix), model_type=kind, vocab_size=1000, minloglevel=2, num_threads=2)
        sp = spm.SentencePieceProcessor(model_file=f"{prefix}.model")
        ids = [sp.encode(text) for text in reviews[2000:]]
        digests = [hashlib.sha256(json.dumps(ids[i:i + 50], separators=(",", ":")).encode()).hexdigest() for i in range(0, 1000, 50)]
        finish(prefix)
        result[kind] = {"tokens": sum(map(len, ids)), "sha256": digests}
    (here / "imdb.json").write_text(json.dumps(result, indent=1) + "\n")
