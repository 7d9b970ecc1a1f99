"""Losses: value and input gradient, with the edge cases that formulas get wrong (ignored rows, ties, huge logits)."""

import torch
from torch import Tensor
from torch.nn import functional as F

from .golden_file import GoldenFile, gradients, snake, snake_options, weighted_sum

REDUCTIONS = ("none", "sum", "mean")
IGNORED = -100  # PyTorch's default ignore_index


def loss_case(file: GoldenFile, name: str, function: str, options: dict, inputs, tensor_options=lambda: {}) -> None:
    """`tensor_options()` draws options that are tensors (weight, posWeight); they are stored beside the inputs."""
    names: dict[str, list[str]] = {}

    def build(dtype: torch.dtype) -> dict[str, Tensor]:
        given = {k: v.to(dtype) if v.is_floating_point() else v for k, v in inputs().items()}
        given["input"].requires_grad_()
        extra = {k: v.to(dtype) for k, v in tensor_options().items()}
        output = getattr(F, snake(function))(*given.values(), **snake_options(options | extra))
        names.update(inputs=list(given), tensorOptions=list(extra))
        loss, weights = weighted_sum({"output": output}, dtype)
        return given | extra | {"output": output} | weights | gradients(loss, given)

    file.case(name, build, function=function, options=options)
    file.cases[-1].update(names, outputs=["output"])


def classes(shape: tuple[int, ...], count: int, ignore: int | None = None) -> Tensor:
    """Random class ids; with `ignore` about a third of them carry that value instead, the first one always."""
    target = torch.randint(0, count, shape)
    if ignore is not None:
        target = torch.where(torch.rand(shape) < 0.3, ignore, target)
        target.view(-1)[0] = ignore
    return target


def cross_entropy(file: GoldenFile) -> None:
    weight = lambda count: lambda: {"weight": torch.rand(count) + 0.5}
    nothing = lambda: {}
    variants = {
        "plain": ({}, None, False),
        "ignore": ({}, IGNORED, False),
        "ignore_class": ({"ignoreIndex": 2}, 2, False),
        "weight": ({}, None, True),
        "smooth": ({"labelSmoothing": 0.1}, None, False),
        "smooth_ignore": ({"labelSmoothing": 0.1}, IGNORED, False),
        "smooth_weight": ({"labelSmoothing": 0.1}, None, True),
        "all": ({"labelSmoothing": 0.1, "ignoreIndex": 1}, 1, True),
    }
    # [N, C], and [N, C, d] with the classes in the middle
    for form, (n, c, d) in {"2d": (5, 7, ()), "3d": (3, 4, (2,))}.items():
        for variant, (options, ignore, weighted) in variants.items():
            if form == "3d" and variant not in ("plain", "ignore", "all"):
                continue
            for reduction in REDUCTIONS:
                loss_case(
                    file,
                    f"cross_entropy_{form}_{variant}_{reduction}",
                    "crossEntropy",
                    {"reduction": reduction, **options},
                    lambda: {"input": torch.randn(n, c, *d), "target": classes((n, *d), c, ignore)},
                    weight(c) if weighted else nothing,
                )
    huge = lambda: {"input": torch.tensor([[90.0, -90.0, 0.0], [1e4, 1e4, -1e4]]), "target": torch.tensor([1, 0])}
    loss_case(file, "cross_entropy_huge_logits", "crossEntropy", {"reduction": "mean"}, huge)
    wide = lambda: {"input": 3 * torch.randn(2, 300), "target": classes((2,), 300)}
    loss_case(file, "cross_entropy_300_classes", "crossEntropy", {"reduction": "mean"}, wide)

    for form, (n, c, d) in {"2d": (5, 4, ()), "3d": (2, 3, (4,))}.items():
        for variant, (ignore, weighted) in {"plain": (None, False), "all": (IGNORED, True)}.items():
            for reduction in REDUCTIONS:
                loss_case(
                    file,
                    f"nll_{form}_{variant}_{reduction}",
                    "nllLoss",
                    {"reduction": reduction},
                    lambda: {"input": -3 * torch.rand(n, c, *d), "target": classes((n, *d), c, ignore)},
                    weight(c) if weighted else nothing,
                )


def elementwise(file: GoldenFile) -> None:
    pair = lambda: {"input": torch.randn(3, 4), "target": torch.randn(3, 4)}
    # a tie, both sides of |difference| = 0.5 and 1, and both far ends
    edges = lambda: {"input": torch.tensor([1.0, 1.5, 2.0, 0.5, 0.0, 1.25, 40.0, -40.0]), "target": torch.ones(8)}
    for label, function in {"mse": "mseLoss", "l1": "l1Loss", "smooth_l1": "smoothL1Loss"}.items():
        for reduction in REDUCTIONS:
            loss_case(file, f"{label}_{reduction}", function, {"reduction": reduction}, pair)
        loss_case(file, f"{label}_edges", function, {"reduction": "none"}, edges)
    for reduction in REDUCTIONS:
        loss_case(file, f"smooth_l1_half_{reduction}", "smoothL1Loss", {"reduction": reduction, "beta": 0.5}, pair)
    loss_case(file, "smooth_l1_half_edges", "smoothL1Loss", {"reduction": "none", "beta": 0.5}, edges)

    labels = lambda: {"input": 3 * torch.randn(4, 3), "target": torch.rand(4, 3)}
    tensors = {
        "plain": lambda: {},
        "weight": lambda: {"weight": torch.rand(3) + 0.5},
        "elements": lambda: {"weight": torch.rand(4, 3) + 0.5},
        "pos_weight": lambda: {"posWeight": torch.rand(3) * 4},
        "both": lambda: {"weight": torch.rand(4, 1) + 0.5, "posWeight": torch.rand(3) * 4},
    }
    bce = "binaryCrossEntropyWithLogits"
    for label, extra in tensors.items():
        for reduction in REDUCTIONS:
            loss_case(file, f"bce_logits_{label}_{reduction}", bce, {"reduction": reduction}, labels, extra)
    huge = lambda: {"input": torch.tensor([-1e4, -100.0, -30.0, 0.0, 30.0, 100.0, 1e4] * 2), "target": torch.tensor([0.0] * 7 + [1.0] * 7)}
    loss_case(file, "bce_logits_huge", bce, {"reduction": "none"}, huge)

    for log_target in (False, True):
        for reduction in (*REDUCTIONS, "batchmean"):

            def inputs() -> dict[str, Tensor]:
                target = torch.softmax(torch.randn(3, 5), 1)
                if not log_target:
                    target[0, 1] = 0.0  # 0 log 0 counts as 0
                return {"input": torch.log_softmax(torch.randn(3, 5), 1), "target": target.log() if log_target else target}

            name = f"kl_div_{'log_' if log_target else ''}{reduction}"
            loss_case(file, name, "klDiv", {"reduction": reduction, "logTarget": log_target}, inputs)


def make() -> GoldenFile:
    file = GoldenFile("losses")
    cross_entropy(file)
    elementwise(file)
    return file
