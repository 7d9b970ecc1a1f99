"""Schedules of torch.optim.lr_scheduler: learning rate (and momentum) of two groups before each of the optimiser's steps."""

import warnings

import torch
from torch.optim import lr_scheduler as s
from torch.optim.swa_utils import SWALR

from .golden_file import GoldenFile

RATES = (0.5, 0.02)


def make() -> GoldenFile:
    warnings.simplefilter("ignore")  # no optimiser steps in between
    file = GoldenFile("schedules")

    def trace(name, build, steps=120, momentum=False, adam=False, metrics=None) -> None:
        """`build(optimizer)` makes the schedule; row k is what step k uses."""
        groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": lr} for lr in RATES]
        optimizer = torch.optim.Adam(groups) if adam else torch.optim.SGD(groups, momentum=0.9)
        scheduler = build(optimizer)
        rates, momenta = [], []
        for step in range(steps):
            rates.append([group["lr"] for group in optimizer.param_groups])
            momenta.append([group["betas"][0] if adam else group["momentum"] for group in optimizer.param_groups])
            optimizer.step()
            scheduler.step(*([metrics[step]] if metrics is not None else []))
        file.add({"name": name, "steps": steps, "adam": adam, "momentum": momentum})
        file.put(f"{name}/lr", torch.tensor(rates, dtype=torch.float64))
        if momentum:
            file.put(f"{name}/momentum", torch.tensor(momenta, dtype=torch.float64))
        if metrics is not None:
            file.put(f"{name}/metrics", torch.tensor(metrics, dtype=torch.float64))

    trace("lambda", lambda o: s.LambdaLR(o, lambda e: 0.6**e), 60)
    trace("lambda_each", lambda o: s.LambdaLR(o, [lambda e: 1 / (1 + e), lambda e: 0.99**e]))
    trace("multiplicative", lambda o: s.MultiplicativeLR(o, lambda e: 0.9 + 0.1 / (e + 1)))
    trace("step", lambda o: s.StepLR(o, 30, gamma=0.3))
    trace("multi_step", lambda o: s.MultiStepLR(o, [10, 40, 40, 90], gamma=0.5))
    trace("constant", lambda o: s.ConstantLR(o, factor=0.25, total_iters=17), 40)
    trace("linear", lambda o: s.LinearLR(o, start_factor=0.1, end_factor=0.8, total_iters=33), 60)
    trace("exponential", lambda o: s.ExponentialLR(o, 0.95))
    trace("polynomial", lambda o: s.PolynomialLR(o, total_iters=70, power=1.7), 90)
    trace("cosine", lambda o: s.CosineAnnealingLR(o, T_max=25, eta_min=0.001), 240)
    trace("restarts", lambda o: s.CosineAnnealingWarmRestarts(o, T_0=7, T_mult=2, eta_min=0.001), 240)
    trace("restarts_equal", lambda o: s.CosineAnnealingWarmRestarts(o, T_0=10))
    trace("swa", lambda o: SWALR(o, swa_lr=0.05, anneal_epochs=12), 40)
    trace("swa_linear", lambda o: SWALR(o, swa_lr=[0.1, 0.001], anneal_epochs=9, anneal_strategy="linear"), 30)
    cyclic = dict(base_lr=0.01, max_lr=0.1, step_size_up=12, step_size_down=20)
    trace("cyclic", lambda o: s.CyclicLR(o, **cyclic), momentum=True)
    trace("cyclic_2", lambda o: s.CyclicLR(o, [0.01, 0.02], [0.1, 0.3], step_size_up=10, mode="triangular2"), 200, momentum=True)
    options = dict(mode="exp_range", gamma=0.99, base_momentum=0.7, max_momentum=0.95)
    trace("cyclic_exp", lambda o: s.CyclicLR(o, **cyclic, **options), 200, momentum=True)
    trace("cyclic_adam", lambda o: s.CyclicLR(o, **cyclic), 60, momentum=True, adam=True)
    trace("cyclic_scale", lambda o: s.CyclicLR(o, **cyclic, scale_fn=lambda x: 1 / x, cycle_momentum=False))
    trace("one_cycle", lambda o: s.OneCycleLR(o, max_lr=0.4, total_steps=120), momentum=True)
    options = dict(epochs=4, steps_per_epoch=25, pct_start=0.4, anneal_strategy="linear", div_factor=10, final_div_factor=100)
    trace("one_cycle_linear", lambda o: s.OneCycleLR(o, [0.4, 0.1], **options), 100, momentum=True, adam=True)
    options = dict(total_steps=90, three_phase=True, base_momentum=0.8, max_momentum=0.99)
    trace("one_cycle_three", lambda o: s.OneCycleLR(o, 0.4, **options), 90, momentum=True)
    warm = lambda o: s.SequentialLR(
        o, [s.LinearLR(o, 0.1, total_iters=10), s.CosineAnnealingLR(o, 40), s.ExponentialLR(o, 0.9)], milestones=[10, 50]
    )
    trace("sequential", warm)
    trace("chained", lambda o: s.ChainedScheduler([s.ConstantLR(o, 0.1, total_iters=15), s.ExponentialLR(o, 0.97)]))
    torch.manual_seed(3)
    losses = (torch.linspace(2, 1, 150).double() + 0.15 * torch.rand(150, dtype=torch.float64)).tolist()
    trace("plateau", lambda o: s.ReduceLROnPlateau(o, factor=0.5, patience=3), 150, metrics=losses)
    options = dict(mode="max", patience=2, cooldown=4, threshold=0.02, threshold_mode="abs", min_lr=[0.01, 0.001], eps=1e-4)
    trace("plateau_max", lambda o: s.ReduceLROnPlateau(o, **options), 150, metrics=[-x for x in losses])
    options = dict(mode="max", patience=1, threshold=0.01, factor=0.7)
    trace("plateau_rel", lambda o: s.ReduceLROnPlateau(o, **options), 150, metrics=[3 - x for x in losses])
    return file
