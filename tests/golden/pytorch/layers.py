"""Layers: parameters, inputs, outputs, final states and every gradient."""

from itertools import product

import torch
from torch import Tensor, nn

from .golden_file import GoldenFile, gradients, snake_options, weighted_sum

GRID = [-100.0, -20.0, -6.0, -3.5, -3.0, -2.0, -1.0, -0.5, -1e-4, 0.0, 1e-4, 0.5, 1.0, 2.0, 3.0, 3.5, 6.0, 20.0, 100.0]


def module_case(file: GoldenFile, name: str, kind: str, args: list, options: dict, inputs, jitter=False, mode="train") -> None:
    """One module call. `inputs()` draws the tensors in call order; `jitter` moves norm layers off their ones and zeros."""
    names: dict[str, list[str]] = {}

    def build(dtype: torch.dtype) -> dict[str, Tensor]:
        module = getattr(nn, kind)(*args, **snake_options(options))
        if jitter:
            for p in module.parameters():
                p.data += 0.3 * torch.randn_like(p)
        module.to(dtype).train(mode == "train")
        given = {k: v.to(dtype).requires_grad_() if v.is_floating_point() else v for k, v in inputs().items()}
        outputs = call(module, given)
        names.update(inputs=list(given), outputs=list(outputs))
        loss, weights = weighted_sum(outputs, dtype)
        params = dict(module.named_parameters())
        grads = gradients(loss, given | params)
        return given | {f"param/{k}": p for k, p in params.items()} | outputs | weights | grads

    record = {"module": kind, "args": args, "options": options, "mode": mode}
    file.case(name, build, **record)
    file.cases[-1].update(names)


def call(module: nn.Module, given: dict[str, Tensor]) -> dict[str, Tensor]:
    """Calls a module with PyTorch's state conventions and names what comes back."""
    x = given["input"]
    if isinstance(module, nn.LSTM):
        output, (h_n, c_n) = module(x, (given["h_0"], given["c_0"]) if "h_0" in given else None)
        return {"output": output, "h_n": h_n, "c_n": c_n}
    if isinstance(module, (nn.RNN, nn.GRU)):
        output, h_n = module(x, given.get("h_0"))
        return {"output": output, "h_n": h_n}
    return {"output": module(x)}


def recurrent_case(
    file: GoldenFile, name: str, kind: str, size: tuple[int, int], shape: tuple[int, int], options: dict, state: bool
) -> None:
    """`size` is (inputSize, hiddenSize), `shape` is (T, B)."""
    (inp, hidden), (steps, batch) = size, shape

    def inputs() -> dict[str, Tensor]:
        first = (batch, steps) if options.get("batchFirst") else (steps, batch)
        drawn = {"input": torch.randn(*first, inp)}
        if state:
            for key in ("h_0", "c_0") if kind == "LSTM" else ("h_0",):
                drawn[key] = torch.randn(options.get("numLayers", 1), batch, hidden)
        return drawn

    module_case(file, name, kind, [inp, hidden], options, inputs)


def recurrent(file: GoldenFile) -> None:
    """Half of all combinations of layers, bias, state and batch_first: every choice of three of them occurs."""
    kinds = {
        "rnn_tanh": ("RNN", (4, 6), {"nonlinearity": "tanh"}),
        "rnn_relu": ("RNN", (4, 6), {"nonlinearity": "relu"}),
        "lstm": ("LSTM", (3, 5), {}),
        "gru": ("GRU", (5, 7), {}),
    }
    for label, (kind, size, extra) in kinds.items():
        for layers, bias, state in product((1, 2), (True, False), (True, False)):
            batch_first = (layers == 2) ^ bias ^ state
            parts = [label, f"{layers}layer", "bias" if bias else "nobias", "state" if state else "nostate"]
            options = {"numLayers": layers, "bias": bias, "batchFirst": batch_first, **extra}
            name = "_".join(parts + (["batchfirst"] if batch_first else []))
            recurrent_case(file, name, kind, size, (5, 3), options, state)
    for label, (kind, _, extra) in kinds.items():
        recurrent_case(file, f"{label}_all_ones", kind, (1, 1), (1, 1), {"numLayers": 1, **extra}, True)
    recurrent_case(file, "lstm_hidden64", "LSTM", (16, 64), (16, 4), {"numLayers": 1, "batchFirst": True}, True)


def batch_norm_case(file: GoldenFile, name: str, features: int, options: dict, shape: tuple[int, ...]) -> None:
    """Three training steps (step0..step2, each with its running statistics afterwards), then one evaluation step."""

    def build(dtype: torch.dtype) -> dict[str, Tensor]:
        module = nn.BatchNorm1d(features, **snake_options(options))
        for p in module.parameters():
            p.data += 0.3 * torch.randn_like(p)
        module.to(dtype)
        params = dict(module.named_parameters())
        found = {f"param/{k}": p for k, p in params.items()}
        for key in ("step0", "step1", "step2", "eval"):
            module.train(key != "eval")
            given = {"input": (2 * torch.randn(shape) + 1).to(dtype).requires_grad_()}
            outputs = {"output": module(given["input"])}
            loss, weights = weighted_sum(outputs, dtype)
            buffers = {f"buffer/{b}": getattr(module, b).clone() for b in ("running_mean", "running_var")}
            for k, v in (given | outputs | weights | gradients(loss, given | params) | buffers).items():
                found[f"{key}/{k}"] = v
        return found

    record = {"module": "BatchNorm1d", "args": [features], "options": options, "mode": "train"}
    file.case(name, build, **record, inputs=["input"], outputs=["output"], steps=["step0", "step1", "step2", "eval"])


def plain(file: GoldenFile) -> None:
    def randn(*shape):
        return lambda: {"input": torch.randn(shape)}

    module_case(file, "linear_bias", "Linear", [3, 5], {}, randn(4, 3))
    module_case(file, "linear_nobias", "Linear", [7, 2], {"bias": False}, randn(3, 7))
    module_case(file, "linear_1d", "Linear", [4, 3], {}, randn(4))
    module_case(file, "linear_3d", "Linear", [4, 6], {}, randn(2, 3, 4))

    ids = [[3, 0, 3, 5], [1, 3, 0, 0]]
    module_case(file, "embedding", "Embedding", [6, 4], {}, lambda: {"input": torch.tensor(ids)})
    module_case(file, "embedding_padding", "Embedding", [6, 3], {"paddingIdx": 0}, lambda: {"input": torch.tensor(ids)})

    module_case(file, "layernorm", "LayerNorm", [5], {}, randn(3, 5), jitter=True)
    module_case(file, "layernorm_3d", "LayerNorm", [[6]], {"eps": 1e-3}, randn(2, 3, 6), jitter=True)
    module_case(file, "layernorm_two_dims", "LayerNorm", [[3, 4]], {}, randn(2, 3, 4), jitter=True)
    module_case(file, "layernorm_noaffine", "LayerNorm", [[3, 4]], {"elementwiseAffine": False}, randn(2, 3, 4))

    batch_norm_case(file, "batchnorm_2d", 4, {}, (6, 4))
    batch_norm_case(file, "batchnorm_3d", 3, {}, (4, 3, 5))
    batch_norm_case(file, "batchnorm_noaffine", 3, {"affine": False, "momentum": 0.3, "eps": 1e-3}, (5, 3))

    module_case(file, "dropout_eval", "Dropout", [0.5], {}, randn(3, 4), mode="eval")

    activations = {
        "relu": ("ReLU", [], {}),
        "leaky_relu": ("LeakyReLU", [], {}),
        "leaky_relu_slope": ("LeakyReLU", [0.3], {}),
        "elu": ("ELU", [], {}),
        "elu_alpha": ("ELU", [0.7], {}),
        "gelu": ("GELU", [], {}),
        "silu": ("SiLU", [], {}),
        "softplus": ("Softplus", [], {}),
        "sigmoid": ("Sigmoid", [], {}),
        "hardsigmoid": ("Hardsigmoid", [], {}),
        "tanh": ("Tanh", [], {}),
    }
    for name, (kind, args, options) in activations.items():
        module_case(file, name, kind, args, options, lambda: {"input": torch.tensor(GRID)})
    module_case(file, "softmax", "Softmax", [], {"dim": 1}, randn(3, 5, 2))
    module_case(file, "log_softmax", "LogSoftmax", [], {"dim": -1}, randn(3, 5))


def make() -> GoldenFile:
    file = GoldenFile("layers")
    plain(file)
    recurrent(file)
    return file
