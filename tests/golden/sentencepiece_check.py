"""Encodes texts with a model file by Python's sentencepiece: number of tokens, and the SHA-256 of all ids as int32.

    .ref/bin/python tests/golden/sentencepiece_check.py spm.model texts.json

`texts.json` is a list of strings; tests/soak/sentencepiece_test.ts writes both when WGRAD_OUT names a folder.
"""

import hashlib
import json
import sys

import numpy as np
import sentencepiece

processor = sentencepiece.SentencePieceProcessor(model_file=sys.argv[1])
texts = json.load(open(sys.argv[2], encoding="utf-8"))
ids = [i for text in texts for i in processor.encode(text)]
print(json.dumps({
    "version": sentencepiece.__version__,
    "pieces": processor.get_piece_size(),
    "tokens": len(ids),
    "sha256": hashlib.sha256(np.array(ids, "<i4").tobytes()).hexdigest(),
}))
