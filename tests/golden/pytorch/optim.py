"""Optimisers: three small parameters, twenty fixed gradients, the parameters after every step."""

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from .fastai_adam import FastaiAdam, one_cycle
from .golden_file import GoldenFile, snake_options

STEPS = 20
SHAPES = {"p0": (13,), "p1": (5, 3), "p2": (1,)}


def trace(file: GoldenFile, name: str, optimizer: str, options: dict, schedule=None, max_norm=None, missing=None) -> None:
    """Runs STEPS steps in float32. `schedule(step)` gives (lr, mom); `missing` = {parameter: steps without a gradient}."""
    start, grads = file.start, file.grads
    params = {key: start[key].clone().requires_grad_() for key in SHAPES}
    decay = [True, True, False]  # fastai leaves biases and BatchNorm out of the weight decay
    if optimizer == "FastaiAdam":
        algorithm = FastaiAdam(list(params.values()), decay, **snake_options(options))
    else:
        algorithm = getattr(torch.optim, optimizer)(list(params.values()), **snake_options(options))
    rows: dict[str, list[Tensor]] = {key: [] for key in SHAPES}
    norms, rates = [], []
    for step in range(STEPS):
        for key, p in params.items():
            absent = missing is not None and step in missing.get(key, [])
            p.grad = None if absent else grads[key][step].clone()
        if max_norm is not None:
            norms.append(clip_grad_norm_(list(params.values()), max_norm))
        if schedule is not None:
            rates.append(schedule(step))
        if optimizer == "FastaiAdam":
            algorithm.step(*rates[-1])
        else:
            if schedule is not None:
                algorithm.param_groups[0]["lr"] = rates[-1][0]
            algorithm.step()
        for key, p in params.items():
            rows[key].append(p.detach().clone())
    record = {"name": name, "optimizer": optimizer, "options": options, "scheduled": schedule is not None}
    if optimizer == "FastaiAdam":
        record["decay"] = decay
    if missing is not None:
        record["missing"] = missing
    if max_norm is not None:
        record["maxNorm"] = max_norm
        file.put(f"{name}/total_norm", torch.stack(norms))
    if schedule is not None:
        file.put(f"{name}/lr", torch.tensor([lr for lr, _ in rates], dtype=torch.float64))
        file.put(f"{name}/mom", torch.tensor([mom for _, mom in rates], dtype=torch.float64))
    file.add(record)
    for key, values in rows.items():
        file.put(f"{name}/{key}", torch.stack(values))


def make() -> GoldenFile:
    file = GoldenFile("optim")
    torch.manual_seed(24)
    file.start = {key: torch.randn(shape) for key, shape in SHAPES.items()}
    # gradients of very different sizes, some exactly zero; the last five steps grow tenfold so that clipping sets in
    scale = torch.tensor([1.0] * 15 + [10.0] * 5)
    file.grads = {}
    for key, shape in SHAPES.items():
        g = 0.3 * torch.randn(STEPS, *shape) * 10 ** torch.randint(-3, 1, shape)
        g = torch.where(torch.rand(g.shape) < 0.1, 0.0, g)
        file.grads[key] = g * scale.view(-1, *[1] * len(shape))
        file.put(f"start/{key}", file.start[key])
        file.put(f"grads/{key}", file.grads[key])

    trace(file, "sgd", "SGD", {"lr": 0.1})
    trace(file, "sgd_decay", "SGD", {"lr": 0.1, "weightDecay": 0.05})
    trace(file, "sgd_momentum", "SGD", {"lr": 0.05, "momentum": 0.9})
    trace(file, "sgd_dampening", "SGD", {"lr": 0.05, "momentum": 0.9, "dampening": 0.5})
    trace(file, "sgd_nesterov", "SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True})
    trace(file, "sgd_nesterov_decay", "SGD", {"lr": 0.05, "momentum": 0.8, "nesterov": True, "weightDecay": 0.01})
    trace(file, "sgd_clipped", "SGD", {"lr": 0.1}, max_norm=1.5)
    trace(file, "adam", "Adam", {})
    trace(file, "adam_betas", "Adam", {"lr": 5e-4, "betas": [0.8, 0.99], "weightDecay": 1e-7})
    trace(file, "adam_decay_eps", "Adam", {"lr": 0.01, "weightDecay": 0.1, "eps": 1e-3})
    trace(file, "adam_clipped", "Adam", {"lr": 0.01}, max_norm=1.5)
    trace(file, "adam_scheduled", "Adam", {"lr": 0.01}, schedule=lambda k: one_cycle(k, STEPS, 0.01, (0.9, 0.9, 0.9)))
    # a parameter without a gradient is left alone and its own step count stands still
    trace(file, "adam_missing_gradient", "Adam", {"lr": 0.01}, missing={"p1": [0, 1, 5, 6, 7]})
    trace(file, "adamw", "AdamW", {})
    trace(file, "adamw_decay", "AdamW", {"lr": 0.01, "betas": [0.8, 0.99], "weightDecay": 0.1})
    cycle = lambda lr, moms: lambda k: one_cycle(k, STEPS, lr, moms)
    trace(file, "fastai_adam_constant", "FastaiAdam", {"weightDecay": 0.01}, schedule=lambda k: (1e-3, 0.9))
    trace(file, "fastai_adam_one_cycle", "FastaiAdam", {"weightDecay": 0.01}, schedule=cycle(0.01, (0.95, 0.85, 0.95)))
    text = {"weightDecay": 0.1, "sqrMom": 0.98, "eps": 1e-6}
    trace(file, "fastai_adam_text", "FastaiAdam", text, schedule=cycle(0.02, (0.8, 0.7, 0.8)))
    return file
