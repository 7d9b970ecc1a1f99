"""fastai's Adam with decoupled weight decay, and its one-cycle schedule, as few lines of PyTorch."""

import math

import torch
from torch import Tensor


class FastaiAdam:
    """p *= 1 - lr wd for the decaying parameters, then a debiased Adam step whose momentum may change at every step."""

    def __init__(self, params: list[Tensor], decay: list[bool], weight_decay=0.01, sqr_mom=0.99, eps=1e-5) -> None:
        self.params, self.decay = params, decay
        self.weight_decay, self.sqr_mom, self.eps = weight_decay, sqr_mom, eps
        self.average = [torch.zeros_like(p) for p in params]
        self.square = [torch.zeros_like(p) for p in params]
        self.count = 0

    @torch.no_grad()
    def step(self, lr: float, mom: float) -> None:
        self.count += 1
        # the debiasing uses today's momentum to the power of the step count, not the product of the momenta so far
        debias, debias_square = 1 - mom**self.count, 1 - self.sqr_mom**self.count
        for p, decays, average, square in zip(self.params, self.decay, self.average, self.square):
            if decays:
                p.mul_(1 - lr * self.weight_decay)
            average.mul_(mom).add_(p.grad, alpha=1 - mom)
            square.mul_(self.sqr_mom).addcmul_(p.grad, p.grad, value=1 - self.sqr_mom)
            p.sub_(lr / debias * average / ((square / debias_square).sqrt() + self.eps))


def one_cycle(step: int, steps: int, lr: float, moms: tuple[float, float, float]) -> tuple[float, float]:
    """(lr, mom) before batch `step` of `steps`: cosine from lr/25 to lr in the first quarter, then down to lr/100,000."""
    pos = step / steps
    cosine = lambda a, b, p: a + (1 - math.cos(math.pi * p)) * (b - a) / 2
    if pos < 0.25:
        return cosine(lr / 25, lr, pos / 0.25), cosine(moms[0], moms[1], pos / 0.25)
    return cosine(lr, lr / 1e5, (pos - 0.25) / 0.75), cosine(moms[1], moms[2], (pos - 0.25) / 0.75)
