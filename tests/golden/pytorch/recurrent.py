"""Recurrent layers in every combination of their options: outputs, final states and every gradient.

Inputs, initial states, parameters and the weights of the scalar are not stored: `values` makes them from their names, here
and in golden.ts alike. A case stores one tensor, `numbers`: outputs, then gradients, end to end in the order of the record.
"""

import zlib
from itertools import product

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from .golden_file import GoldenFile, gradients, snake_options
from .philox import dropout_mask

HIDDEN = {"RNN": 6, "LSTM": 4, "GRU": 5}
GATES = {"RNN": 1, "LSTM": 4, "GRU": 3}
STEPS, BATCH, INPUTS = 5, 3, 3
LENGTHS = [3, 5, 1]  # neither sorted nor all as long as the batch


def mix(h: np.ndarray) -> np.ndarray:
    """Spreads 32 bits (Wellons' lowbias32); arrays are uint64 so that products do not overflow before they are cut."""
    low = np.uint64(0xFFFFFFFF)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        h = (h ^ (h >> np.uint64(shift))) * np.uint64(factor) & low
    return h ^ (h >> np.uint64(16))


def values(name: str, shape: tuple[int, ...], scale: float) -> Tensor:
    """Numbers in [-scale, scale) that float32 holds exactly; scale is a power of two."""
    n = int(np.prod(shape))
    h = mix((np.uint64(zlib.crc32(name.encode())) + np.arange(n, dtype=np.uint64) * np.uint64(0x9E3779B9)) & np.uint64(0xFFFFFFFF))
    return torch.from_numpy(((h >> np.uint64(8)).astype(np.float64) / 2**23 - 1) * scale).reshape(shape)


class HardSigmoid(torch.autograd.Function):
    """clip(0.2 x + 0.5, 0, 1) with gradient 0.2 strictly inside and 0 elsewhere, as Keras' backends have it."""

    @staticmethod
    def forward(ctx, x):
        y = 0.2 * x + 0.5
        ctx.save_for_backward(y)
        return y.clamp(0, 1)

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return torch.where((y > 0) & (y < 1), 0.2 * g, torch.zeros_like(g))


def hard_cell(kind: str, x: Tensor, state: tuple[Tensor, ...], p: dict[str, Tensor]) -> tuple[Tensor, ...]:
    gate, h = HardSigmoid.apply, state[0]
    a, b = p["weight_ih"] @ x, p["weight_hh"] @ h
    if "bias_ih" in p:
        a, b = a + p["bias_ih"], b + p["bias_hh"]
    if kind == "LSTM":
        i, f, g, o = (a + b).chunk(4)
        c = gate(f) * state[1] + gate(i) * g.tanh()
        return gate(o) * c.tanh(), c
    (ar, az, an), (br, bz, bn) = a.chunk(3), b.chunk(3)
    z = gate(az + bz)
    n = (an + gate(ar + br) * bn).tanh()
    return ((1 - z) * n + z * h,)


def hard_layers(module: nn.Module, x: Tensor, states: list[Tensor], lengths: list[int]) -> tuple[Tensor, list[Tensor]]:
    """The layers of `module` with hard-sigmoid gates: a plain loop, one sequence alone at a time. x is [T, B, I]."""
    kind, params = type(module).__name__, dict(module.named_parameters())
    suffixes = ["", "_reverse"] if module.bidirectional else [""]
    finals: list[list[Tensor]] = [[] for _ in states]
    for layer in range(module.num_layers):
        rows = [[None] * x.shape[1] for _ in range(x.shape[0])]
        ends = {}
        for b, n in enumerate(lengths):
            sides = []
            for d, suffix in enumerate(suffixes):
                at = layer * len(suffixes) + d
                p = {key: params[f"{key}_l{layer}{suffix}"] for key in ("weight_ih", "weight_hh", "bias_ih", "bias_hh") if f"{key}_l{layer}{suffix}" in params}
                state, side = tuple(s[at, b] for s in states), [None] * n
                for t in reversed(range(n)) if d else range(n):
                    state = hard_cell(kind, x[t, b], state, p)
                    side[t] = state[0]
                ends[d, b] = state
                sides.append(side)
            for t in range(n):
                rows[t][b] = torch.cat([side[t] for side in sides])
        zero = torch.zeros_like(rows[0][0])
        x = torch.stack([torch.stack([zero if r is None else r for r in row]) for row in rows])
        for d in range(len(suffixes)):
            for i, final in enumerate(finals):
                final.append(torch.stack([ends[d, b][i] for b in range(len(lengths))]))
    return x, [torch.stack(final) for final in finals]


def with_masks(module: nn.Module, x, states: list[Tensor], p: float, seed: int, dtype: torch.dtype):
    """The layers of `module`, one at a time, with a mask of its own before each but the first."""
    kind, params, n = type(module), dict(module.named_parameters()), 2 if module.bidirectional else 1
    finals: list[list[Tensor]] = [[] for _ in states]
    for layer in range(module.num_layers):
        if layer > 0:
            packed = isinstance(x, PackedSequence)
            data = x.data if packed else x
            data = data * dropout_mask(tuple(data.shape), p, seed, layer - 1).to(dtype)
            x = x._replace(data=data) if packed else data
        features = (x.data if isinstance(x, PackedSequence) else x).shape[-1]
        one = kind(features, module.hidden_size, bias=module.bias, bidirectional=module.bidirectional).to(dtype)
        own = {k.replace(f"_l{layer}", "_l0"): v for k, v in params.items() if f"_l{layer}" in k}
        state = [s[layer * n : (layer + 1) * n].contiguous() for s in states]
        x, last = functional_call(one, own, (x, tuple(state) if len(state) == 2 else state[0]))
        for final, s in zip(finals, last if isinstance(last, tuple) else (last,)):
            final.append(s)
    return x, [torch.cat(final) for final in finals]


def case(
    file: GoldenFile,
    name: str,
    kind: str,
    options: dict,
    *,
    state: bool,
    size: tuple[int, int] | None = None,
    shape: tuple[int, int] = (STEPS, BATCH),
    lengths: list[int] | None = None,
    scale: float = 0.5,
    seed: int | None = None,
) -> None:
    """`size` is (inputSize, hiddenSize), `shape` is (T, B); `scale` of the parameters; `seed` of the dropout masks."""
    inputs, hidden = size or (INPUTS, HIDDEN[kind])
    steps, batch = shape
    hard, p = options.get("recurrentActivation") == "hardSigmoid", options.get("dropout", 0)
    names = ["h_0", "c_0"] if kind == "LSTM" else ["h_0"]
    batch_first = options.get("batchFirst", False)
    record = {"inputs": ["input", *(names if state else [])], "outputs": ["output", *(s.replace("_0", "_n") for s in names)]}

    def build(dtype: torch.dtype) -> dict[str, Tensor]:
        own = {k: v for k, v in options.items() if k not in ("recurrentActivation", "dropout")}
        module = getattr(nn, kind)(inputs, hidden, **snake_options(own))
        for key, param in module.named_parameters():
            param.data = values(f"{name}/param/{key}", tuple(param.shape), scale)
        module.to(dtype)
        count = module.num_layers * (2 if module.bidirectional else 1)
        features = {"h_0": getattr(module, "proj_size", 0) or hidden, "c_0": hidden}
        shapes = {"input": (batch, steps, inputs) if batch_first else (steps, batch, inputs)}
        shapes |= {key: (count, batch, features[key]) for key in names}
        given = {key: values(f"{name}/{key}", shapes[key], 1).to(dtype).requires_grad_() for key in record["inputs"]}
        states = [given[key] if state else torch.zeros(shapes[key], dtype=dtype) for key in names]
        x = given["input"]
        if hard:
            output, last = hard_layers(module, x, states, lengths or [steps] * batch)
        else:
            if lengths:
                x = pack_padded_sequence(x, lengths, batch_first=batch_first, enforce_sorted=False)
            if p:
                output, last = with_masks(module, x, states, p, seed, dtype)
            else:
                output, last = module(x, (tuple(states) if len(states) == 2 else states[0]) if state else None)
                last = last if isinstance(last, tuple) else (last,)
            if lengths:
                output, _ = pad_packed_sequence(output, batch_first=batch_first, total_length=steps)
        outputs = dict(zip(record["outputs"], [output, *last]))
        loss = sum((t * values(f"{name}/r/{key}", tuple(t.shape), 1).to(dtype)).sum() for key, t in outputs.items())
        found = outputs | gradients(loss, given | dict(module.named_parameters()))
        return found

    more = {key: value for key, value in (("lengths", lengths), ("seed", seed)) if value is not None}
    parts = GoldenFile("parts")
    parts.case(name, build)
    file.put(f"{name}/numbers", torch.cat([t.reshape(-1) for t in parts.tensors.values()]))
    file.add({"name": name, "module": kind, "args": [inputs, hidden], "options": options, "shape": [steps, batch], "scale": scale, **record, **more})


def make() -> GoldenFile:
    file = GoldenFile("recurrent")
    for kind, layers, bi, packed, batch_first, bias in product(HIDDEN, (1, 2, 3), *[(False, True)] * 4):
        words = [kind.lower(), f"{layers}layer", "bi" if bi else "uni", "packed" if packed else "padded"]
        words += [word for word, on in (("batchfirst", batch_first), ("nobias", not bias)) if on]
        options = {"numLayers": layers, "bidirectional": bi, "batchFirst": batch_first, "bias": bias}
        state = (layers + bi + packed + batch_first + bias) % 2 == 0  # half of them, in every kind of surroundings
        case(file, "_".join(words), kind, options, state=state, lengths=LENGTHS if packed else None)
    for kind in HIDDEN:
        case(file, f"{kind.lower()}_hidden64", kind, {"numLayers": 1}, state=True, size=(16, 64), shape=(50, 2), scale=0.125)
    relu = {"numLayers": 2, "bidirectional": True, "nonlinearity": "relu"}
    case(file, "rnn_relu", "RNN", relu, state=True, lengths=LENGTHS)
    for kind in ("LSTM", "GRU"):
        hard = {"numLayers": 2, "bidirectional": True, "recurrentActivation": "hardSigmoid"}
        # parameters large enough that a good part of the gates lies outside the linear zone
        case(file, f"{kind.lower()}_hard", kind, hard, state=True, scale=2)
        case(file, f"{kind.lower()}_hard_packed", kind, hard, state=True, lengths=LENGTHS, scale=2)
        dropout = {"numLayers": 3, "bidirectional": True, "dropout": 0.4}
        case(file, f"{kind.lower()}_dropout", kind, dropout, state=True, seed=5)
        case(file, f"{kind.lower()}_dropout_packed", kind, dropout, state=True, lengths=LENGTHS, seed=6)
    for layers, bi, state, packed in product((1, 2), (False, True), (False, True), (False, True)):
        words = ["projected", f"{layers}layer", "bi" if bi else "uni", "state" if state else "nostate"]
        options = {"numLayers": layers, "bidirectional": bi, "projSize": 3, "bias": layers == 1 or bi}
        case(file, "_".join(words + (["packed"] if packed else [])), "LSTM", options, state=state, size=(4, 5), lengths=LENGTHS if packed else None)
    return file
