"""Trains the network of examples/jigsaw with PyTorch on the arrays that its train.ts dumps, and prints its lines.

    deno run -A examples/jigsaw/train.ts --data FILE --vectors FILE ... --bucketing --dump DIR
    .ref/bin/python tests/golden/pytorch/jigsaw_runs.py DIR/arrays.npz --threads 1 --bucketing

Ids, targets and vectors are the same; weights, dropout and orders are drawn by other generators, so that two runs agree
as two seeds do. The area under the curve is scikit-learn's rank sum, with halves for ties.
"""

import argparse
import time

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Jigsaw(nn.Module):
    """The document's network, over frozen vectors."""

    def __init__(self, table: Tensor, outputs: int, units: int, dropout: float) -> None:
        super().__init__()
        hidden = 4 * units
        self.embedding = nn.Embedding.from_pretrained(table, freeze=True)
        self.embedding_dropout = nn.Dropout1d(dropout)
        self.lstm1 = nn.LSTM(table.shape[1], units, bidirectional=True, batch_first=True)
        self.lstm2 = nn.LSTM(2 * units, units, bidirectional=True, batch_first=True)
        self.linear1, self.linear2 = nn.Linear(hidden, hidden), nn.Linear(hidden, hidden)
        self.linear_out, self.linear_aux_out = nn.Linear(hidden, 1), nn.Linear(hidden, outputs - 1)

    def forward(self, ids: Tensor) -> Tensor:
        embedded = self.embedding_dropout(self.embedding(ids).transpose(1, 2)).transpose(1, 2)  # whole channels
        second, _ = self.lstm2(self.lstm1(embedded)[0])
        pooled = torch.cat((second.max(1)[0], second.mean(1)), 1)
        hidden = pooled + F.relu(self.linear1(pooled)) + F.relu(self.linear2(pooled))
        return torch.cat((self.linear_out(hidden), self.linear_aux_out(hidden)), 1)


def training_batches(lengths: np.ndarray, size: int, bucketing: bool, random: np.random.RandomState) -> list[np.ndarray]:
    """Shuffled items; with bucketing, pools of a hundred batches are sorted by length and their batches shuffled."""
    order, found = random.permutation(len(lengths)), []
    for start in range(0, len(order), 100 * size):
        pool = order[start : start + 100 * size]
        if bucketing:
            pool = pool[np.argsort(lengths[pool], kind="stable")]
        batches = [pool[i : i + size] for i in range(0, len(pool), size)]
        found += [batches[i] for i in random.permutation(len(batches))] if bucketing else batches
    return found


def cut(ids: np.ndarray, lengths: np.ndarray, percentile: int, bucketing: bool) -> Tensor:
    """The last columns of padded comments: as many as the percentile of their lengths."""
    width = max(1, int(np.percentile(lengths, percentile))) if bucketing else ids.shape[1]
    return torch.from_numpy(ids[:, -width:]).long()


def auc(labels: np.ndarray, scores: np.ndarray) -> float:
    """Rank sum of the positive ones; ties share their ranks."""
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    positive = labels > 0.5
    n, m = positive.sum(), (~positive).sum()
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * m))


def predict(model: Jigsaw, ids: np.ndarray, lengths: np.ndarray, size: int, bucketing: bool) -> np.ndarray:
    """Probabilities of the first output."""
    model.eval()
    order = np.argsort(lengths, kind="stable") if bucketing else np.arange(len(ids))
    found = np.zeros(len(ids))
    with torch.no_grad():
        for i in range(0, len(ids), size):
            items = order[i : i + size]
            found[items] = torch.sigmoid(model(cut(ids[items], lengths[items], 100, bucketing)))[:, 0].numpy()
    return found


def run(arrays: dict[str, np.ndarray], seed: int, args: argparse.Namespace) -> float:
    """One network; the area under the curve of the mean over epochs, with weights 1, 2, 4, 8."""
    torch.manual_seed(seed)
    random = np.random.RandomState(seed)
    ids, lengths, targets = arrays["ids"], arrays["lengths"], torch.from_numpy(arrays["targets"])
    train, valid = arrays["train"], arrays["valid"]
    model = Jigsaw(torch.from_numpy(arrays["table"]), targets.shape[1], args.units, 0.3)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=1e-3)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.6**epoch)
    if seed == args.seed:
        print(f"{sum(p.numel() for p in trained):,} trainable parameters, torch {torch.__version__}, {args.threads} threads")
    mean, weights = np.zeros(len(valid)), 0
    for epoch in range(args.epochs):
        start, losses = time.time(), []
        model.train()
        batches = training_batches(lengths[train], args.batch_size, args.bucketing, random)
        for items in batches[: args.steps]:
            rows = train[items]
            logits = model(cut(ids[rows], lengths[rows], 95, args.bucketing))
            loss = F.binary_cross_entropy_with_logits(logits, targets[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        scheduler.step()
        trained_for = time.time() - start
        found = predict(model, ids[valid], lengths[valid], args.batch_size, args.bucketing)
        labels = targets[valid, 0].numpy()
        mean, weights = mean + 2**epoch * found, weights + 2**epoch
        print(
            f"Epoch {epoch + 1}/{args.epochs} \t loss={np.mean(losses):.4f} \t time={trained_for:.2f}s \t auc={auc(labels, found):.4f}",
            flush=True,
        )
    return auc(labels, mean / weights)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--units", type=int, default=128)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1234)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--steps", type=int, help="of each epoch, only so many")
    parser.add_argument("--bucketing", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    arrays = dict(np.load(args.file))
    found = []
    for seed in range(args.seed, args.seed + args.runs):
        found.append(run(arrays, seed, args))
        print(f"Model {seed - args.seed}: area under the curve {found[-1]:.4f} by the mean over epochs", flush=True)
    print(f"Mean area under the curve {np.mean(found):.4f}")


if __name__ == "__main__":
    main()
