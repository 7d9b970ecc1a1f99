"""Trains the upgrade of examples/imdb_rnn with PyTorch on the same reviews, vectors and batches, and prints its lines.

    deno run -A tests/golden/pytorch/imdb_upgrade.ts --data DIR --vectors FILE
    .ref/bin/python tests/golden/pytorch/imdb_upgrade.py runs/imdb_upgrade.safetensors --threads 1

Only the weights and the dropout are drawn by other generators, so the two runs agree as two seeds do.
"""

import argparse
import time

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

PAD = 1


class Upgrade(nn.Module):
    def __init__(self, vectors: Tensor, hidden: int) -> None:
        super().__init__()
        words, width = vectors.shape
        self.embedding = nn.Embedding(words, width, padding_idx=PAD)
        self.embedding.weight.data.copy_(vectors)
        self.rnn = nn.LSTM(width, hidden, num_layers=2, bidirectional=True, dropout=0.5)
        self.fc = nn.Linear(2 * hidden, 1)
        self.dropout = nn.Dropout(0.5)

    def forward(self, text: Tensor, lengths: Tensor) -> Tensor:
        packed = pack_padded_sequence(self.dropout(self.embedding(text)), lengths)
        _, (hidden, _) = self.rnn(packed)
        return self.fc(self.dropout(torch.cat((hidden[-2], hidden[-1]), 1))).squeeze(1)


class Part:
    def __init__(self, arrays: dict[str, Tensor], name: str) -> None:
        self.texts = arrays[f"{name}/tokens"].long().split(arrays[f"{name}/lengths"].tolist())
        self.labels = arrays[f"{name}/labels"].float()

    def batch(self, items: list[int]) -> tuple[Tensor, Tensor, Tensor]:
        texts = [self.texts[i] for i in items]
        lengths = torch.tensor([len(text) for text in texts])
        return pad_sequence(texts, padding_value=PAD), lengths, self.labels[items]

    def by_length(self, batch: int) -> list[list[int]]:
        order = sorted(range(len(self.texts)), key=lambda i: len(self.texts[i]))
        return [order[i : i + batch][::-1] for i in range(0, len(order), batch)]



def run(model: Upgrade, part: Part, batches: list[list[int]], optimizer: torch.optim.Optimizer | None) -> tuple[float, float]:
    """Loss and accuracy, means over batches; with an optimiser, of an epoch of training."""
    model.train(optimizer is not None)
    loss_sum = right = 0.0
    with torch.set_grad_enabled(optimizer is not None):
        for number, items in enumerate(batches):
            start = time.time()
            text, lengths, labels = part.batch(items)
            logits = model(text, lengths)
            loss = F.binary_cross_entropy_with_logits(logits, labels)
            if optimizer is not None:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                if number % 20 == 0:
                    print(f"  step {number}: loss {loss.item():.4f}, {time.time() - start:.1f} s", flush=True)
            loss_sum += loss.item()
            right += (torch.round(torch.sigmoid(logits)) == labels).float().mean().item()
    return loss_sum / len(batches), right / len(batches)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--seed", type=int, default=1234)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(args.seed)
    arrays = load_file(args.file)
    train, valid, test = (Part(arrays, name) for name in ("train", "valid", "test"))
    model = Upgrade(arrays["vectors"], args.hidden)
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters, torch {torch.__version__}, {args.threads} threads")
    optimizer = torch.optim.Adam(model.parameters())
    batches = [items.tolist() for items in arrays["order"].split(arrays["sizes"].tolist())]
    size = max(map(len, batches))
    per_epoch = len(train.by_length(size))
    best, kept = float("inf"), {}
    for epoch in range(len(batches) // per_epoch):
        start = time.time()
        trained = run(model, train, batches[epoch * per_epoch : (epoch + 1) * per_epoch], optimizer)
        validated = run(model, valid, valid.by_length(size), None)
        if validated[0] < best:
            best, kept = validated[0], {key: value.clone() for key, value in model.state_dict().items()}
        print(f"Epoch: {epoch + 1:02} | {time.time() - start:.0f} s")
        print(f"\tTrain Loss: {trained[0]:.3f} | Train Acc: {trained[1] * 100:.2f}%")
        print(f"\t Val. Loss: {validated[0]:.3f} |  Val. Acc: {validated[1] * 100:.2f}%", flush=True)
    model.load_state_dict(kept)
    loss, accuracy = run(model, test, test.by_length(size), None)
    print(f"Test Loss: {loss:.3f} | Test Acc: {accuracy * 100:.2f}%")


if __name__ == "__main__":
    main()
