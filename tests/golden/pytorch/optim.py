"""Optimisers: small parameters, twenty fixed gradients, the parameters after every step, for ASGD the averages too."""

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from .fastai_adam import FastaiAdam, one_cycle
from .golden_file import GoldenFile, snake_options

STEPS = 20
SHAPES = {"p0": (13,), "p1": (5, 3), "p2": (1,)}
TABLES = {"t0": (6, 4), "t1": (7, 3)}  # of SparseAdam: rows whose gradient is zero are not in the sparse gradient


def trace(
    file: GoldenFile, name: str, optimizer: str, options: dict, schedule=None, max_norm=None, missing=None, groups=None, factor=1.0
) -> None:
    """Runs STEPS steps in float32. `schedule(step)` gives (lr, mom); `missing` = {parameter: steps without a gradient};
    `groups` = options per group with "params", numbers of parameters; gradients are multiplied by `factor`."""
    start, grads = file.start, file.grads
    sparse = optimizer == "SparseAdam"
    params = {key: start[key].clone().requires_grad_() for key in (TABLES if sparse else SHAPES)}
    decay = [True, True, False]  # fastai leaves biases and BatchNorm out of the weight decay
    if optimizer == "FastaiAdam":
        algorithm = FastaiAdam(list(params.values()), decay, **snake_options(options))
    else:
        every = list(params.values())
        given = every if groups is None else [{**snake_options(g), "params": [every[i] for i in g["params"]]} for g in groups]
        algorithm = getattr(torch.optim, optimizer)(given, **snake_options(options))
    rows: dict[str, list[Tensor]] = {key: [] for key in params}
    norms, rates = [], []
    for step in range(STEPS):
        for key, p in params.items():
            absent = missing is not None and step in missing.get(key, [])
            p.grad = None if absent else factor * grads[key][step]
            if sparse and not absent:
                moved = p.grad.abs().sum(1).nonzero()[:, 0]
                p.grad = torch.sparse_coo_tensor(moved[None], p.grad[moved], p.shape)
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
    if groups is not None:
        record["groups"] = groups
    if factor != 1:
        record["factor"] = factor
    if max_norm is not None:
        record["maxNorm"] = max_norm
        file.put(f"{name}/total_norm", torch.stack(norms))
    if schedule is not None:
        file.put(f"{name}/lr", torch.tensor([lr for lr, _ in rates], dtype=torch.float64))
        file.put(f"{name}/mom", torch.tensor([mom for _, mom in rates], dtype=torch.float64))
    file.add(record)
    for key, values in rows.items():
        file.put(f"{name}/{key}", torch.stack(values))
    if optimizer == "ASGD":
        for key, p in params.items():
            file.put(f"{name}/ax/{key}", algorithm.state[p]["ax"])


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

    torch.manual_seed(25)
    for key, shape in TABLES.items():
        file.start[key] = torch.randn(shape)
        moved = (torch.rand(STEPS, shape[0], 1) < 0.4).float()
        file.grads[key] = 0.3 * torch.randn(STEPS, *shape) * moved
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
    rest = {"p1": [0, 1, 5, 6, 7], "p2": [3]}
    one_cycle_lr = lambda k: one_cycle(k, STEPS, 0.05, (0.9, 0.9, 0.9))
    trace(file, "sgd_momentum_missing_gradient", "SGD", {"lr": 0.05, "momentum": 0.9, "dampening": 0.5}, missing=rest)
    trace(file, "sgd_maximize", "SGD", {"lr": 0.05, "momentum": 0.9, "weightDecay": 0.01, "maximize": True})
    trace(file, "adam_amsgrad", "Adam", {"lr": 0.01, "amsgrad": True, "weightDecay": 0.01})
    trace(file, "adam_maximize", "Adam", {"lr": 0.01, "weightDecay": 0.1, "maximize": True})
    trace(file, "adam_slow_betas", "Adam", {"lr": 0.01, "betas": [0.99, 0.99999]})
    trace(file, "adam_no_betas", "Adam", {"lr": 0.01, "betas": [0.0, 0.0]})
    trace(file, "adam_tiny_gradients", "Adam", {"lr": 0.01}, factor=1e-9)
    trace(file, "adam_huge_gradients", "Adam", {"lr": 0.01}, factor=1e17)
    trace(file, "adamw_amsgrad", "AdamW", {"lr": 0.01, "amsgrad": True, "weightDecay": 0.1}, missing=rest)
    two = [{"params": [0, 2], "lr": 0.02, "betas": [0.7, 0.99]}, {"params": [1], "weightDecay": 0.1, "amsgrad": True}]
    trace(file, "adam_groups", "Adam", {"lr": 0.01}, groups=two, missing=rest)
    three = [{"params": [2]}, {"params": [0], "lr": 0.1, "momentum": 0.9, "nesterov": True}, {"params": [1], "weightDecay": 0.1}]
    trace(file, "sgd_groups", "SGD", {"lr": 0.05}, groups=three)
    trace(file, "rmsprop", "RMSprop", {})
    trace(file, "rmsprop_decay", "RMSprop", {"alpha": 0.9, "weightDecay": 0.05, "eps": 1e-3, "maximize": True})
    trace(file, "rmsprop_momentum", "RMSprop", {"momentum": 0.9}, missing=rest)
    trace(file, "rmsprop_centered", "RMSprop", {"centered": True, "alpha": 0.95})
    trace(file, "rmsprop_centered_momentum", "RMSprop", {"centered": True, "momentum": 0.8, "weightDecay": 0.01})
    halves = [{"params": [0, 1], "momentum": 0.5}, {"params": [2], "centered": True, "lr": 0.001}]
    trace(file, "rmsprop_groups", "RMSprop", {}, groups=halves, missing=rest)
    trace(file, "adagrad", "Adagrad", {})
    options = {"lr": 0.1, "lrDecay": 0.1, "weightDecay": 0.05, "initialAccumulatorValue": 0.2, "eps": 1e-3}
    trace(file, "adagrad_all", "Adagrad", options, missing=rest)
    trace(file, "asgd", "ASGD", {})
    trace(file, "asgd_switched", "ASGD", {"lr": 0.5, "t0": 0, "lambd": 0, "weightDecay": 1.2e-6}, missing=rest)
    trace(file, "asgd_strong", "ASGD", {"lr": 0.1, "t0": 5, "lambd": 0.3, "alpha": 0.6}, schedule=one_cycle_lr)
    trace(file, "sparse_adam", "SparseAdam", {})
    options = {"lr": 0.02, "betas": [0.7, 0.95], "eps": 1e-3, "maximize": True}
    trace(file, "sparse_adam_options", "SparseAdam", options, missing={"t1": [0, 4]})
    cycle = lambda lr, moms: lambda k: one_cycle(k, STEPS, lr, moms)
    trace(file, "fastai_adam_constant", "FastaiAdam", {"weightDecay": 0.01}, schedule=lambda k: (1e-3, 0.9))
    trace(file, "fastai_adam_one_cycle", "FastaiAdam", {"weightDecay": 0.01}, schedule=cycle(0.01, (0.95, 0.85, 0.95)))
    text = {"weightDecay": 0.1, "sqrMom": 0.98, "eps": 1e-6}
    trace(file, "fastai_adam_text", "FastaiAdam", text, schedule=cycle(0.02, (0.8, 0.7, 0.8)))
    return file
