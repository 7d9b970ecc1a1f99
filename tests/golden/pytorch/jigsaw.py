"""The network on toxic comments: logits, loss, every gradient, and the losses of 20 steps with the schedule.

Nothing that goes in is stored: vectors, parameters, ids and targets are `values` of their names, here and in golden.ts
alike. Vectors are drawn from [-1.75, 1.75) and frozen, all else from PyTorch's own ranges. Dropout is off. Of the network
of the document's size, every stride-th value of each gradient is stored and its norm.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .golden_file import GoldenFile
from .recurrent import values

STEPS, BATCHES, KEPT, SOFT = 20, 4, 300, 6
SIZES = {"small": (60, 10, 5, 9, 6), "whole": (300, 600, 128, 24, 4)}  # words, width, units, time, batch


class Jigsaw(nn.Module):
    """The document's: linear1 and linear2 both read what the pools give."""

    def __init__(self, words: int, width: int, units: int) -> None:
        super().__init__()
        hidden = 4 * units
        self.embedding = nn.Embedding(words, width)
        self.embedding.weight.requires_grad = False
        self.lstm1 = nn.LSTM(width, units, bidirectional=True, batch_first=True)
        self.lstm2 = nn.LSTM(2 * units, units, bidirectional=True, batch_first=True)
        self.linear1, self.linear2 = nn.Linear(hidden, hidden), nn.Linear(hidden, hidden)
        self.linear_out, self.linear_aux_out = nn.Linear(hidden, 1), nn.Linear(hidden, SOFT)

    def forward(self, ids: Tensor) -> Tensor:
        second, _ = self.lstm2(self.lstm1(self.embedding(ids))[0])
        pooled = torch.cat((second.max(1)[0], second.mean(1)), 1)
        hidden = pooled + F.relu(self.linear1(pooled)) + F.relu(self.linear2(pooled))
        return torch.cat((self.linear_out(hidden), self.linear_aux_out(hidden)), 1)


def fill(model: nn.Module, units: int) -> None:
    """Parameters from their names; the padding's vector is zero."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            scale = 1.75 if name == "embedding.weight" else (units if "lstm" in name else 4 * units) ** -0.5
            p.copy_(values(name, tuple(p.shape), scale))
        model.embedding.weight[0] = 0


def batch(number: int, words: int, time: int, size: int) -> tuple[Tensor, Tensor]:
    """Ids [batch, time] with padding in front, lengths from `time` to a third of it; the hard target and six soft ones."""
    unit = lambda what, n: (values(f"{what}/{number}", (n,), 1.0) + 1) / 2
    ids = (unit("ids", size * time) * (words - 1)).long().reshape(size, time) + 1
    lengths = torch.tensor([time - 2 * time * i // (3 * size) for i in range(size)])
    ids[torch.arange(time)[None] < time - lengths[:, None]] = 0
    soft = unit("targets", size * SOFT).reshape(size, SOFT)
    return ids, torch.cat(((soft[:, :1] >= 0.5).double(), soft), 1)


def make() -> GoldenFile:
    file = GoldenFile("jigsaw")
    for name, (words, width, units, time, size) in SIZES.items():
        (exact, grads), (single, _) = [run(dtype, SIZES[name]) for dtype in (torch.float64, torch.float32)]
        for key in ("logits", "losses"):
            print(f"  {name:6} {key:7} float32 is off by {(exact[key] - single[key]).abs().max().item():.1e}")
            file.put(f"{name}/{key}", exact[key].float())
        strides = {}
        for parameter, grad in grads.items():
            stride = strides[parameter] = 1 if name == "small" else max(1, grad.numel() // KEPT) | 1
            file.put(f"{name}/norm/{parameter}", grad.norm())
            file.put(f"{name}/grad/{parameter}", grad.flatten()[::stride].float())
        file.add(
            {
                "name": name,
                "words": words,
                "width": width,
                "units": units,
                "time": time,
                "batch": size,
                "batches": BATCHES,
                "steps": STEPS,
                "lr": 1e-3,
                "decay": 0.6,
                "strides": strides,
            }
        )
    return file


def run(dtype: torch.dtype, sizes: tuple) -> tuple[dict, dict[str, Tensor]]:
    """The first batch's logits and gradients, and the losses before each of the steps."""
    words, width, units, time, size = sizes
    model = Jigsaw(words, width, units)
    fill(model.to(torch.float64), units)
    model.to(torch.float32).to(dtype)  # parameters that float32 holds
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.6**epoch)
    losses, first, grads = [], {}, {}
    for step in range(STEPS):
        ids, targets = batch(step % BATCHES, words, time, size)
        logits = model(ids)
        loss = F.binary_cross_entropy_with_logits(logits, targets.to(dtype))
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            first = {"logits": logits.detach().double()}
            grads = {key: p.grad.clone() for key, p in model.named_parameters() if p.requires_grad}
        losses.append(loss.item())
        optimizer.step()
        if step % BATCHES == BATCHES - 1:
            scheduler.step()
    return {**first, "losses": torch.tensor(losses, dtype=torch.float64)}, grads
