"""Keras' Tokenizer and pad_sequences on texts of ours.

    python3 -m venv .keras && .keras/bin/pip install keras tensorflow-cpu
    .keras/bin/python tests/golden/keras/make_text.py

writes tests/golden/keras_text.json: for every set of options the texts, what was fitted, sequences, texts again and
matrices; and padded arrays. Made with Keras 3.15.1 (`keras.src.legacy.preprocessing.text`, the code of Keras 2).
"""
import json
import pathlib

import keras
from keras.src.legacy.preprocessing.text import Tokenizer

TEXTS = [
    "The cat sat on the mat. The DOG didn't!",
    "A dog, a cat; and (the) `mouse`: 1999 1999 2001?",
    "",
    "tabs\tand\nlines\rreturns\x0bfeeds wide spaces",
    "ΟΔΥΣΣΕΥΣ İstanbul STRASSE straße Ǆ ﬁne naïve",
    "emoji \U0001f602\U0001f602 and \U0001d4d0 script",
    "the the the cat mouse zebra apple",
]
OTHER = ["The zebra saw an unseen dog", "", "unseen words only", "1999 cats' \U0001f602"]
OPTIONS = [
    {},
    {"num_words": 5},
    {"oov_token": "<OOV>"},
    {"num_words": 4, "oov_token": "<OOV>"},
    {"num_words": 1, "oov_token": "<OOV>"},
    {"lower": False, "filters": "aeiou]^-\\"},
    {"split": "the", "filters": ""},
    {"char_level": True},
    {"char_level": True, "lower": False, "num_words": 10, "oov_token": "?"},
    {"oov_token": "the"},
]
SEQUENCES = [[], [1], [1, 2], [1, 2, 3, 4, 5]]
PADS = [
    {},
    {"maxlen": 3},
    {"maxlen": 3, "padding": "post"},
    {"maxlen": 3, "truncating": "post"},
    {"maxlen": 7, "padding": "post", "truncating": "post", "value": -9},
    {"dtype": "float32", "value": 0.5},
    {"dtype": "uint8", "maxlen": 2},
]


def case(options):
    tokenizer = Tokenizer(**options)
    tokenizer.fit_on_texts(TEXTS)
    sequences = tokenizer.texts_to_sequences(TEXTS + OTHER)
    sets = [[0, 1, 2, 3, 99], []]
    return {
        "options": options,
        "word_counts": list(tokenizer.word_counts.items()),
        "word_docs": dict(tokenizer.word_docs),
        "word_index": list(tokenizer.word_index.items()),
        "document_count": tokenizer.document_count,
        "sequences": sequences,
        "texts": tokenizer.sequences_to_texts(sequences + sets),
        "matrices": {mode: tokenizer.sequences_to_matrix(sequences[-4:] + sequences[1:2], mode).tolist()
                     for mode in ["binary", "count", "freq", "tfidf"]},
        "json": tokenizer.to_json(),
    }


def padded(options):
    array = keras.utils.pad_sequences(SEQUENCES, **options)
    return {"options": options, "shape": array.shape, "values": array.ravel().tolist()}


held = {
    "keras": keras.__version__,
    "fitted": TEXTS,
    "other": OTHER,
    "cases": [case(options) for options in OPTIONS],
    "sequences": SEQUENCES,
    "padded": [padded(options) for options in PADS],
}
out = pathlib.Path(__file__).parent.parent / "keras_text.json"
out.write_text(json.dumps(held, separators=(",", ":")) + "\n")
print(out, out.stat().st_size)
