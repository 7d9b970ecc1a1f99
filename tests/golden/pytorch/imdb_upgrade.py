"""Trains the upgrade of examples/imdb_rnn with PyTorch on the same reviews, batches, first weights and dropout masks, and
prints its lines.

    deno run -A tests/golden/pytorch/imdb_upgrade.ts --data DIR --vectors FILE
    .ref/bin/python tests/golden/pytorch/imdb_upgrade.py runs/imdb_upgrade.safetensors --threads 1

What differs is the order in which numbers are added: after a few hundred steps the two runs agree as two runs do whose
first weights differ in the last bit. With --own-draws PyTorch draws weights and dropout itself.
"""

import argparse
import time

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_sequence

from philox import dropout_mask

PAD = 1


class Masks:
    """Dropout by the masks that the example draws: one after another from its stream "dropout"."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.call = 0

    def __call__(self, x: Tensor) -> Tensor:
        mask = dropout_mask(tuple(x.shape), 0.5, self.seed, self.call).to(x.dtype)
        self.call += 1
        return x * mask


class Upgrade(nn.Module):
    def __init__(self, words: int, width: int, hidden: int, masks: Masks | None) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, width, padding_idx=PAD)
        self.rnns = nn.ModuleList(nn.LSTM(n, hidden, bidirectional=True) for n in (width, 2 * hidden))
        self.fc = nn.Linear(2 * hidden, 1)
        self.masks = masks

    def drop(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        return self.masks(x) if self.masks else F.dropout(x, 0.5)

    def forward(self, text: Tensor, lengths: Tensor) -> Tensor:
        packed = pack_padded_sequence(self.drop(self.embedding(text)), lengths)
        packed, _ = self.rnns[0](packed)
        packed = PackedSequence(self.drop(packed.data), packed.batch_sizes)
        _, (hidden, _) = self.rnns[1](packed)
        return self.fc(self.drop(torch.cat((hidden[0], hidden[1]), 1))).squeeze(1)

    def load(self, arrays: dict[str, Tensor]) -> None:
        """The example's weights: its second recurrent layer is a module of its own here."""
        state = {}
        for name, value in arrays.items():
            if name.startswith("rnn."):
                layer = "1" if "_l1" in name else "0"
                name = f"rnns.{layer}." + name[4:].replace("_l1", "_l0")
            state[name] = value
        self.load_state_dict(state)


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
    parser.add_argument("--seed", type=int, default=1234, help="the example's")
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--own-draws", type=int, metavar="SEED")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    arrays = load_file(args.file)
    weights = {name: value for name, value in arrays.items() if name.startswith(("embedding.", "rnn.", "fc."))}
    train, valid, test = (Part(arrays, name) for name in ("train", "valid", "test"))
    own = args.own_draws is not None
    torch.manual_seed(args.own_draws or 0)
    (words, width), hidden = weights["embedding.weight"].shape, weights["rnn.weight_hh_l0"].shape[1]
    model = Upgrade(words, width, hidden, None if own else Masks(args.seed))
    if own:
        model.embedding.weight.data.copy_(weights["embedding.weight"])
    else:
        model.load(weights)
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters, torch {torch.__version__}, {args.threads} threads")
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
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
