"""The seven language models on human numbers: seed-0 weights, the losses of the first steps, the accuracy per epoch.

Models 1-4 share one set of weights, models 6 and 7 another. Model 7 runs without dropout, so that no run needs PyTorch's
random numbers. Losses are those of the batch before its update. `loss_f64` is the same run in float64 from the same
float32 weights: the distance between the two shows how far rounding alone moves a run. Over whole epochs it moves them far;
`nearby` holds model 3's epochs from weights that differ in their last bit, to show by how much.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .fastai_adam import FastaiAdam, one_cycle
from .golden_file import GoldenFile

SEED, BATCH, VOCAB, HIDDEN, TRACED = 0, 64, 30, 64, 100
NEARBY = 12  # runs of model 3 from nudged weights
Batches = list[tuple[Tensor, Tensor]]


def number_ids() -> list[int]:
    """All names 1..9999 but 8000, joined by ' . ', as ids in order of first appearance."""
    ones = (
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen"
    ).split()
    tens = "twenty thirty forty fifty sixty seventy eighty ninety".split()

    def name(n: int) -> list[str]:
        if n >= 1000:
            return [ones[n // 1000 - 1], "thousand"] + name(n % 1000)
        if n >= 100:
            return [ones[n // 100 - 1], "hundred"] + name(n % 100)
        if n >= 20:
            return [tens[n // 10 - 2]] + name(n % 10)
        return [ones[n - 1]] if n else []

    words = [word for n in range(1, 10000) if n != 8000 for word in [".", *name(n)]][1:]
    vocab = {word: i for i, word in enumerate(dict.fromkeys(words))}
    assert len(words) == 63095 and len(vocab) == VOCAB
    return [vocab[word] for word in words]


def batches(model: int) -> tuple[Batches, Batches]:
    """Train and validation batches: windows of 3 with one target (models 1-3) or of 16 with 16 targets (4-7)."""
    ids = number_ids()
    if model <= 3:
        items = [(ids[i : i + 3], ids[i + 3]) for i in range(0, len(ids) - 4, 3)]
    else:
        items = [(ids[i : i + 16], ids[i + 1 : i + 17]) for i in range(0, len(ids) - 17, 16)]
    cut = int(len(items) * 0.8)

    def group(part: list) -> list:
        """Reorders so that row j of a batch continues row j of the batch before."""
        m = len(part) // BATCH
        return [part[i + m * j] for i in range(m) for j in range(BATCH)]

    def split(part: list, drop_last: bool) -> Batches:
        chunks = [part[i : i + BATCH] for i in range(0, len(part), BATCH)]
        return [
            (torch.tensor([x for x, _ in chunk]), torch.tensor([y for _, y in chunk]))
            for chunk in chunks
            if len(chunk) == BATCH or not drop_last
        ]

    train, valid = items[:cut], items[cut:]
    if model >= 3:
        train, valid = group(train), group(valid)
    return split(train, True), split(valid, model >= 3)


class ByHand(nn.Module):
    """Models 1-4: h = relu(h_h(h + i_h(token))). Models 3 and 4 keep h between batches, model 4 predicts after each token."""

    def __init__(self, model: int) -> None:
        super().__init__()
        self.model = model
        self.i_h, self.h_h, self.h_o = nn.Embedding(VOCAB, HIDDEN), nn.Linear(HIDDEN, HIDDEN), nn.Linear(HIDDEN, VOCAB)
        self.reset()

    def reset(self) -> None:
        self.h: Tensor | float = 0.0

    def forward(self, x: Tensor) -> Tensor:
        h, steps = self.h if self.model >= 3 else 0.0, []
        for t in range(x.shape[1]):
            h = F.relu(self.h_h(h + self.i_h(x[:, t])))
            steps.append(h)
        self.h = h.detach()
        return self.h_o(torch.stack(steps, 1)) if self.model == 4 else self.h_o(h)


class Recurrent(nn.Module):
    """Models 5-7: two layers of nn.RNN or nn.LSTM whose state runs on; model 7 ties the output weight to the embedding."""

    def __init__(self, model: int) -> None:
        super().__init__()
        kind = nn.RNN if model == 5 else nn.LSTM
        self.i_h, self.rnn = nn.Embedding(VOCAB, HIDDEN), kind(HIDDEN, HIDDEN, 2, batch_first=True)
        self.h_o = nn.Linear(HIDDEN, VOCAB)
        if model == 7:
            self.h_o.weight = self.i_h.weight
        self.reset()

    def reset(self) -> None:
        self.h = None

    def forward(self, x: Tensor) -> Tensor:
        self.raw, h = self.rnn(self.i_h(x), self.h)
        self.h = tuple(t.detach() for t in h) if isinstance(h, tuple) else h.detach()
        return self.h_o(self.raw)


@dataclass
class Case:
    name: str
    model: int
    init: str  # whose weights: init/<init>/<parameter>
    epochs: int
    lr: float
    weight_decay: float = 0.01
    moms: tuple[float, float, float] = (0.95, 0.85, 0.95)
    alpha: float = 0.0  # activation regularisation: alpha * mean(output^2)
    beta: float = 0.0  # temporal: beta * mean((output_t - output_(t-1))^2)


TEXT = {"weight_decay": 0.1, "moms": (0.8, 0.7, 0.8)}
CASES = [
    Case("lm1", 1, "lm1", 4, 1e-3),
    Case("lm2", 2, "lm1", 4, 1e-3),
    Case("lm3", 3, "lm1", 10, 3e-3),
    Case("lm4", 4, "lm1", 15, 3e-3),
    Case("lm5", 5, "lm5", 15, 3e-3),
    Case("lm6", 6, "lm6", 15, 1e-2),
    Case("lm7_nodropout", 7, "lm6", 15, 1e-2, **TEXT),
    Case("lm7_nodropout_ar_tar", 7, "lm6", 15, 1e-2, **TEXT, alpha=2.0, beta=1.0),
]


def seeded(model: int) -> ByHand | Recurrent:
    torch.manual_seed(SEED)
    return ByHand(model) if model <= 4 else Recurrent(model)


def nudge(model: nn.Module, seed: int) -> None:
    """Moves every weight by about one unit in its last place: what another order of summation does within a step."""
    generator = torch.Generator().manual_seed(seed)
    for p in model.parameters():
        p.data *= 1 + 1e-7 * torch.randn(p.shape, generator=generator)


def train(case: Case, dtype: torch.dtype, limit: int | None, nudged: int | None = None) -> dict[str, list[float]]:
    """Trains for `limit` steps, or for all epochs with a validation after each when it is None."""
    model = seeded(case.model).to(dtype)
    if nudged is not None:
        nudge(model, nudged)
    train_batches, valid_batches = batches(case.model)
    named = dict(model.named_parameters())
    # the biases of Linear do not decay; those of RNN and LSTM do, as in fastai
    decay = [name not in ("h_h.bias", "h_o.bias") for name in named]
    optimizer = FastaiAdam(list(named.values()), decay, case.weight_decay)
    steps, step = case.epochs * len(train_batches), 0
    log: dict[str, list[float]] = {k: [] for k in ("loss", "cross_entropy", "lr", "mom", "valid_loss", "valid_accuracy")}
    for _ in range(case.epochs):
        model.reset()
        for x, y in train_batches:
            if step == limit:
                return log
            lr, mom = one_cycle(step, steps, case.lr, case.moms)
            cross_entropy = F.cross_entropy(model(x).reshape(-1, VOCAB), y.reshape(-1))
            loss = cross_entropy
            if case.alpha or case.beta:
                raw = model.raw
                loss = loss + case.alpha * raw.pow(2).mean() + case.beta * (raw[:, 1:] - raw[:, :-1]).pow(2).mean()
            model.zero_grad()
            loss.backward()
            optimizer.step(lr, mom)
            step += 1
            for key, value in {"loss": loss.item(), "cross_entropy": cross_entropy.item(), "lr": lr, "mom": mom}.items():
                log[key].append(value)
        model.reset()
        valid_loss, accuracy = validate(model, valid_batches)
        log["valid_loss"].append(valid_loss)
        log["valid_accuracy"].append(accuracy)
    return log


@torch.no_grad()
def validate(model: nn.Module, valid: Batches) -> tuple[float, float]:
    """Mean loss and accuracy over all targets."""
    loss = right = count = 0.0
    for x, y in valid:
        output = model(x)
        right += (output.argmax(-1) == y).sum().item()
        loss += F.cross_entropy(output.reshape(-1, VOCAB), y.reshape(-1)).item() * y.numel()
        count += y.numel()
    return loss / count, right / count


def make() -> GoldenFile:
    file = GoldenFile("human_numbers")
    for init, model in {"lm1": 1, "lm5": 5, "lm6": 6}.items():
        for name, value in seeded(model).named_parameters():
            file.put(f"init/{init}/{name}", value)
    for case in CASES:
        own = dict(seeded(case.model).named_parameters())
        for name, value in own.items():
            assert torch.equal(value.detach(), file.tensors[f"init/{case.init}/{name}"]), (case.name, name)
        full, exact = train(case, torch.float32, None), train(case, torch.float64, TRACED)
        f64 = lambda values: torch.tensor(values, dtype=torch.float64)
        file.put(f"{case.name}/loss", f64(full["loss"][:TRACED]).float())
        file.put(f"{case.name}/loss_f64", f64(exact["loss"]))
        if case.alpha or case.beta:
            file.put(f"{case.name}/cross_entropy", f64(full["cross_entropy"][:TRACED]).float())
        for key in ("lr", "mom"):
            file.put(f"{case.name}/{key}", f64(full[key][:TRACED]))
        for key in ("valid_loss", "valid_accuracy"):
            file.put(f"{case.name}/{key}", f64(full[key]))
        if case.model == 3:
            runs = [train(case, torch.float32, None, nudged) for nudged in range(NEARBY)]
            for key in ("valid_loss", "valid_accuracy"):
                file.put(f"{case.name}/nearby/{key}", f64([run[key] for run in runs]))
            spread = f64([run["valid_accuracy"] for run in runs])
            for label, row in {"this run": f64(full["valid_accuracy"]), "mean": spread.mean(0), "deviation": spread.std(0)}.items():
                print(f"  {case.name} {label:9} accuracy per epoch", " ".join(f"{a:.3f}" for a in row))
        drift = (f64(full["loss"][:TRACED]) - f64(exact["loss"])).abs().max().item()
        final = f"final accuracy {full['valid_accuracy'][-1]:.3f} loss {full['valid_loss'][-1]:.3f}"
        print(f"  {case.name:22} largest difference of float32 from float64 in {TRACED} losses {drift:.1e}, {final}")
        file.add(
            {
                "name": case.name,
                "model": case.model,
                "init": case.init,
                "parameters": list(own),
                "tied": {"h_o.weight": "i_h.weight"} if case.model == 7 else {},
                "decay": [name not in ("h_h.bias", "h_o.bias") for name in own],
                "seed": SEED,
                "epochs": case.epochs,
                "lr": case.lr,
                "weightDecay": case.weight_decay,
                "moms": list(case.moms),
                "alpha": case.alpha,
                "beta": case.beta,
                "dropout": 0,
            }
        )
    return file
