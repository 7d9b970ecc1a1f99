"""The two networks on reviews: logits, loss, every gradient, and the losses of 20 steps on fixed batches.

Nothing that goes in is stored: parameters, ids and labels are `values` of their names, here and in golden.ts alike. The
embedding is drawn from [-1.75, 1.75), all else from PyTorch's own range, 1 / sqrt(hidden size). Dropout is off. Two small
networks are stored whole; of those of the document's size, of each gradient its norm and every stride-th value (of the embedding's, among the rows of the first review).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence

from .golden_file import GoldenFile
from .recurrent import values

PAD, STEPS, BATCHES, KEPT = 1, 20, 4, 300
SIZES = {"small": (50, 12, 20, 9, 6), "whole": (25_002, 100, 256, 24, 8)}  # words, vector, hidden, time, batch


class Plain(nn.Module):
    """The document's: the final state is that behind the padding."""

    def __init__(self, words: int, vector: int, hidden: int) -> None:
        super().__init__()
        self.embedding, self.rnn, self.fc = nn.Embedding(words, vector), nn.RNN(vector, hidden), nn.Linear(hidden, 1)

    def forward(self, text: Tensor, lengths: Tensor) -> Tensor:
        output, hidden = self.rnn(self.embedding(text))
        assert torch.equal(output[-1], hidden.squeeze(0))
        return self.fc(hidden.squeeze(0)).squeeze(1)


class Upgrade(nn.Module):
    """Two layers of LSTM in both directions over packed reviews."""

    def __init__(self, words: int, vector: int, hidden: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, vector, padding_idx=PAD)
        self.rnn = nn.LSTM(vector, hidden, num_layers=2, bidirectional=True)
        self.fc = nn.Linear(2 * hidden, 1)

    def forward(self, text: Tensor, lengths: Tensor) -> Tensor:
        packed = pack_padded_sequence(self.embedding(text), lengths)
        _, (hidden, _) = self.rnn(packed)
        return self.fc(torch.cat((hidden[-2], hidden[-1]), 1)).squeeze(1)


def fill(model: nn.Module, hidden: int) -> None:
    """Parameters from their names; the vector of the padding is zero where the network says so."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            p.copy_(values(name, tuple(p.shape), 1.75 if name == "embedding.weight" else hidden**-0.5))
        if model.embedding.padding_idx is not None:
            model.embedding.weight[PAD] = 0


def batch(number: int, words: int, time: int, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Ids [time, batch] with padding behind, falling lengths from `time` to a third of it, labels 0 and 1."""
    unit = lambda what, n: (values(f"{what}/{number}", (n,), 1.0) + 1) / 2
    text = (unit("text", time * size) * (words - 2)).long().reshape(time, size) + 2
    lengths = torch.tensor([time - 2 * time * i // (3 * size) for i in range(size)])
    text[torch.arange(time)[:, None] >= lengths[None]] = PAD
    return text, lengths, (unit("label", size) * 2).floor()


def make() -> GoldenFile:
    file = GoldenFile("imdb")
    for scale, (words, vector, hidden, time, size) in SIZES.items():
        for kind, (network, optimizer, lr) in {
            "simple": (Plain, torch.optim.SGD, 1e-3),
            "upgrade": (Upgrade, torch.optim.Adam, 1e-3),
        }.items():
            name = f"{kind}_{scale}"
            runs = [run(network, optimizer, lr, dtype, SIZES[scale]) for dtype in (torch.float64, torch.float32)]
            (exact, grads), (single, _) = runs
            for key in ("logits", "losses"):
                off = (exact[key] - single[key]).abs().max().item()
                print(f"  {name:14} {key:7} float32 is off by {off:.1e}")
                file.put(f"{name}/{key}", exact[key].float())
            strides = {}
            for parameter, grad in grads.items():
                file.put(f"{name}/norm/{parameter}", grad.norm())
                if parameter == "embedding.weight" and scale == "whole":
                    grad = grad[batch(0, words, time, size)[0][:, 0]]  # of the words of the first review
                stride = strides[parameter] = 1 if scale == "small" else max(1, grad.numel() // KEPT) | 1
                file.put(f"{name}/grad/{parameter}", grad.flatten()[::stride].float())
            file.add(
                {
                    "name": name,
                    "network": kind,
                    "sizes": {"words": words, "embeddingDim": vector, "hiddenDim": hidden},
                    "time": time,
                    "batch": size,
                    "batches": BATCHES,
                    "steps": STEPS,
                    "lr": lr,
                    "parameters": {parameter: grad.numel() for parameter, grad in grads.items()},
                    "strides": strides,
                }
            )
    return file


def run(network: type, optimizer: type, lr: float, dtype: torch.dtype, sizes: tuple) -> tuple[dict, dict[str, Tensor]]:
    """The first batch's logits and gradients, and the losses before each of the steps."""
    words, vector, hidden, time, size = sizes
    model = network(words, vector, hidden)
    fill(model.to(torch.float64), hidden)
    model.to(torch.float32).to(dtype)  # parameters that float32 holds
    steps, losses, first = optimizer(model.parameters(), lr=lr), [], {}
    for step in range(STEPS):
        text, lengths, label = batch(step % BATCHES, words, time, size)
        logits = model(text, lengths)
        loss = F.binary_cross_entropy_with_logits(logits, label.to(dtype))
        model.zero_grad()
        loss.backward()
        if step == 0:
            first = {"logits": logits.detach().double()}
            grads = {key: p.grad.clone() for key, p in model.named_parameters()}
        losses.append(loss.item())
        steps.step()
    return {**first, "losses": torch.tensor(losses, dtype=torch.float64)}, grads
