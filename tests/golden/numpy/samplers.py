"""Random numbers, samples, splits and batches as Python, NumPy and scikit-learn draw them.

    python3 -m venv .sk && .sk/bin/pip install numpy scikit-learn
    .sk/bin/python tests/golden/numpy/samplers.py

writes tests/golden/samplers.json. Long lists are stored as [length, first five, a hash]; batches and loaders are written
down here from the published descriptions of torchtext's BucketIterator and fastai's samplers.
"""
import json
import math
import os
import random
import sys

import numpy as np
import sklearn
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split


def short(numbers):
    numbers = [int(n) for n in numbers]
    h = 0
    for n in numbers:
        h = (h * 31 + n + 1) % 2147483647
    return [len(numbers), numbers[:5], h]


def python(seed):
    n, k = 10 + 37 * seed, 3 + seed * (1 + seed % 30)
    k = min(k, n)
    r = random.Random(seed * 1000003)
    out = {"seed": seed * 1000003, "n": n, "k": k, "sample": short(r.sample(range(n), k)), "all": short(r.sample(range(n), n))}
    items = list(range(n))
    r.shuffle(items)
    out["shuffle"] = short(items)
    out["choice"] = [r.choice(range(n)) for _ in range(4)]
    out["bits"] = [r.getrandbits(b) for b in (1, 31, 32, 33, 53)]
    out["range"] = [r.randrange(n), r.randrange(-n, n, 3), r.randint(5, 9)]
    out["random"] = r.random()
    return out


def numpy(seed):
    n = 10 + 41 * seed
    r = np.random.RandomState(seed * 7919)
    p = np.arange(1, n + 1, dtype=np.float64)
    p /= p.sum()
    items = np.arange(n)
    out = {"seed": seed * 7919, "n": n, "permutation": short(r.permutation(n)), "choice": short(r.choice(n, 2 * n))}
    r.shuffle(items)
    out["shuffle"] = short(items)
    out["unique"] = short(r.choice(n, n // 2, replace=False))
    out["weighted"] = short(r.choice(n, n, p=p))
    out["weightedUnique"] = short(r.choice(n, n // 2, replace=False, p=p))
    out["randint"] = short(r.randint(-5, 70000, 9))
    out["rand"] = r.random_sample(2).tolist()
    out["normal"] = r.normal(70, 5, 3).tolist()
    out["after"] = r.random_sample()
    return out


def folds(n, k, seed):
    y = [(i * i) % 7 % 3 for i in range(n)]
    out = {"n": n, "folds": k, "seed": seed}
    out["plain"] = [short(test) for _, test in KFold(k, shuffle=True, random_state=seed).split(range(n))]
    out["stratified"] = [short(test) for _, test in StratifiedKFold(k, shuffle=True, random_state=seed).split(range(n), y)]
    train, test = train_test_split(range(n), test_size=0.1, random_state=seed)
    out["split"] = [short(train), short(test)]
    r = np.random.RandomState(seed)
    rest, test = train_test_split(range(n), test_size=0.2, random_state=r)
    train, valid = train_test_split(rest, test_size=0.1, random_state=r)
    out["three"] = [short(train), short(valid), short(test)]
    return out


def cut(items, size):
    return [items[i : i + size] for i in range(0, len(items), size)]


def buckets(n, size, pool, sort_within_batch, seed):
    """Two epochs of torchtext's training batches, then its evaluation batches."""
    length = [(i * 7919) % 53 for i in range(n)]
    key = lambda i: length[i]
    r = random.Random(seed)
    epochs = []
    for _ in range(2):
        batches = []
        for part in cut(r.sample(range(n), n), size * pool):
            made = cut(sorted(part, key=key) if sort_within_batch else part, size)
            batches += r.sample(made, len(made))
        if sort_within_batch:
            batches = [sorted(batch, key=key, reverse=True) for batch in batches]
        epochs.append([[len(batch) for batch in batches], short(sum(batches, []))])
    evaluation = [batch[::-1] for batch in cut(sorted(range(n), key=key), size)]
    return {
        "n": n, "size": size, "pool": pool, "within": sort_within_batch, "seed": seed, "epochs": epochs,
        "evaluation": short(sum(evaluation, [])),
    }


def sortish(n, size, chunk, seed):
    """Two epochs of fastai 0.7's SortishSampler."""
    length = [(i * 7919) % 53 for i in range(n)]
    key = lambda i: length[i]
    r = np.random.RandomState(seed)
    epochs = []
    for _ in range(2):
        order = sum([sorted(part, key=key, reverse=True) for part in cut(r.permutation(n).tolist(), size * chunk)], [])
        batches = cut(order, size)
        longest = int(np.argmax([key(batch[0]) for batch in batches]))
        batches[0], batches[longest] = batches[longest], batches[0]
        rest = [batches[1 + i] for i in r.permutation(len(batches) - 1)]
        epochs.append(short(sum([batches[0]] + rest, [])))
    return {"n": n, "size": size, "chunk": chunk, "seed": seed, "epochs": epochs}


def windows(n, bptt, seed):
    """Lengths of two epochs of fastai 0.7's LanguageModelLoader over n rows."""
    r = np.random.RandomState(seed)
    epochs = []
    for _ in range(2):
        i, lengths = 0, []
        while i < n - 1 and len(lengths) < n // bptt - 1:
            if i == 0:
                step = bptt + 25
            else:
                mean = bptt if r.random_sample() < 0.95 else bptt / 2
                step = max(5, int(r.normal(mean, 5)))
            lengths.append(min(step, n - 1 - i))
            i += step
        epochs.append(lengths)
    return {"n": n, "bptt": bptt, "seed": seed, "epochs": epochs}


def percentiles():
    out = []
    for n in (1, 2, 5, 20, 21, 64, 512):
        lengths = [(i * i * 31 + 7) % 97 for i in range(n)]
        out.append([n, [math.floor(np.percentile(lengths, q)) for q in (0, 50, 90, 95, 99, 100)]])
    return out


golden = {
    "versions": {"python": sys.version.split()[0], "numpy": np.__version__, "sklearn": sklearn.__version__},
    "python": [python(seed) for seed in range(50)],
    "bigSeed": random.Random(-(2**70) - 12345).getrandbits(32),
    "numpy": [numpy(seed) for seed in range(50)],
    "arraySeed": np.random.RandomState([1, 2, 2**32 - 1]).random_sample(),
    "folds": [folds(n, k, seed) for n, k, seed in ((10, 2, 0), (23, 5, 42), (101, 7, 1234), (1000, 10, 99))],
    "buckets": [buckets(*a) for a in ((50, 4, 3, False, 1234), (50, 4, 3, True, 7), (1001, 8, 100, True, 1))],
    "sortish": [sortish(*a) for a in ((20, 2, 50, 42), (203, 4, 5, 1), (7, 8, 50, 3))],
    "windows": [windows(*a) for a in ((2000, 70, 42), (300, 8, 1), (40, 2, 5))],
    "percentiles": percentiles(),
}
path = os.path.join(os.path.dirname(__file__), "..", "samplers.json")
with open(path, "w") as file:
    json.dump(golden, file, separators=(",", ":"))
    file.write("\n")
print(os.path.getsize(path), "bytes")
