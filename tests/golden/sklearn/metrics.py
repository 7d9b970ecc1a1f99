"""Metrics as scikit-learn computes them, on small data with ties, missing classes and one-class columns.

    python3 -m venv .sk && .sk/bin/pip install scikit-learn
    .sk/bin/python tests/golden/sklearn/metrics.py

writes tests/golden/metrics.json. Inputs are stored beside the results.
"""
import json
import os
import warnings

import numpy as np
import sklearn
from sklearn import metrics as sk

warnings.simplefilter("ignore")
rng = np.random.default_rng(7)


def plain(value):
    """NaN as null, arrays as lists."""
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, str):
        return value
    value = float(value)
    return None if np.isnan(value) else value


def auc(y, s):
    try:
        return sk.roc_auc_score(y, s)
    except ValueError:  # no item at all
        return float("nan")


def classification(name, classes, target, predicted):
    target, predicted = np.array(target, int), np.array(predicted, int)
    result = {"name": name, "classes": classes, "target": target, "predicted": predicted,
              "matrix": sk.confusion_matrix(target, predicted, labels=range(classes)), "scores": {}}
    for key, f in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)):
        for average in ("binary", "macro", "weighted", "micro"):
            if average == "binary" and classes != 2:
                continue
            for zero in (0, 1, "nan"):
                result["scores"][f"{key} {average} {zero}"] = f(
                    target, predicted, average=average, zero_division=np.nan if zero == "nan" else zero)
        result["scores"][f"{key} class"] = f(target, predicted, average=None, labels=range(classes), zero_division=0)
    return result


def ranking(name, labels, scores):
    labels, scores = np.array(labels, int), np.array(scores, float)
    return {"name": name, "labels": labels, "scores": scores, "auc": auc(labels, scores),
            "averagePrecision": sk.average_precision_score(labels, scores)}


def threshold(name, labels, p):
    labels, p = np.array(labels, int), np.array(p, np.float64)
    tried = np.arange(0.01, 0.5, 0.01)
    f1 = [sk.f1_score(labels, p > t, average="binary") for t in tried]
    return {"name": name, "labels": labels, "probabilities": p, "tried": tried, "f1": f1, "best": int(np.argmax(f1))}


def power_mean(values, p):
    return (sum(v ** p for v in values) / len(values)) ** (1 / p)


def bias(name, labels, scores, groups):
    labels, scores = np.asarray(labels) >= 0.5, np.asarray(scores, float)
    rows = {}
    for key, mentions in groups.items():
        m = np.asarray(mentions, float) >= 0.5
        bpsn, bnsp = (m & ~labels) | (~m & labels), (m & labels) | (~m & ~labels)
        rows[key] = {"size": m.sum(), "subgroupAuc": auc(labels[m], scores[m]), "bpsnAuc": auc(labels[bpsn], scores[bpsn]),
                     "bnspAuc": auc(labels[bnsp], scores[bnsp])}
    with np.errstate(divide="ignore"):
        means = [power_mean(np.array([r[k] for r in rows.values()]), -5.0) for k in ("subgroupAuc", "bpsnAuc", "bnspAuc")]
    overall = auc(labels, scores)
    return {"name": name, "labels": labels, "scores": scores, "groups": groups, "overallAuc": overall, "rows": rows,
            "final": 0.25 * overall + 0.75 * np.average(means)}


n = 60
labels = (rng.random(n) < 0.4).astype(int)
tied = np.round(np.clip(labels * 0.2 + rng.random(n) * 0.8, 0, 1), 1)
fine = labels * 0.3 + rng.random(n)
groups = {key: (rng.random(n) < part).astype(float) for key, part in (("first", 0.5), ("second", 0.3), ("third", 0.7))}
# An identity that nobody mentions, and one that only harmless comments mention.
empty = {**groups, "nobody": np.zeros(n)}
harmless = {**groups, "harmless": ((rng.random(n) < 0.4) & (labels == 0)).astype(float)}
worst = {"worst": np.array([1, 1, 0, 0.0])}

three = rng.integers(0, 3, n)
golden = {
    "sklearn": sklearn.__version__,
    "numpy": np.__version__,
    "classification": [
        classification("two", 2, labels, fine > 0.6),
        classification("nothing predicted", 2, [0, 1, 1, 0], [0, 0, 0, 0]),
        classification("no positive at all", 2, [0, 0, 0], [0, 0, 0]),
        classification("all right", 2, [0, 1, 1], [0, 1, 1]),
        classification("three", 3, three, np.where(rng.random(n) < 0.6, three, rng.integers(0, 3, n))),
        classification("class 2 never predicted", 4, [0, 0, 1, 2, 2, 3], [0, 1, 1, 3, 0, 3]),
        classification("class 1 nowhere", 4, [0, 0, 2, 2, 3], [0, 2, 2, 2, 0]),
        classification("class 3 predicted only", 4, [0, 1, 2, 2], [0, 3, 2, 3]),
    ],
    "ranking": [
        ranking("distinct", labels, fine),
        ranking("tied", labels, tied),
        ranking("all equal", [0, 1, 1, 0, 1], [0.5] * 5),
        ranking("perfect", [0, 0, 1, 1], [-3, -2, 0.5, 9]),
        ranking("reversed", [1, 1, 0, 0], [-3, -2, 0.5, 9]),
        ranking("zeros of both signs", [1, 0, 1, 0], [0.0, -0.0, -0.0, 1.0]),
        ranking("only negatives", [0, 0, 0], [0.1, 0.2, 0.3]),
        ranking("only positives", [1, 1], [0.1, 0.2]),
    ],
    "threshold": [
        threshold("random", labels, np.clip(labels * 0.15 + rng.random(n) * 0.5, 0, 1)),
        threshold("on the steps", [0, 1, 0, 1, 1, 0], [0.1, 0.2, 0.2, 0.3, 0.05, 0.07]),
        threshold("no positive", [0, 0, 0], [0.1, 0.2, 0.7]),
    ],
    "bias": [
        bias("three identities", labels, tied, groups),
        bias("an identity nobody mentions", labels, tied, empty),
        bias("an identity without toxic comments", labels, fine, harmless),
        bias("an AUC of 0", [0, 1, 0, 1], [0.9, 0.1, 0.2, 0.8], worst),
    ],
}
path = os.path.join(os.path.dirname(__file__), "..", "metrics.json")
with open(path, "w") as file:
    json.dump(plain(golden), file, separators=(",", ":"))
    file.write("\n")
print(os.path.getsize(path), "bytes")
