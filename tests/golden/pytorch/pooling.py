"""Pooling over time, attention pooling, and the dropouts whose masks span more than an element: outputs and gradients.

The masks are those of `random.dropoutMask`, drawn here by a Philox of its own and multiplied in by plain PyTorch.
"""

import zlib

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .golden_file import GoldenFile, gradients, weighted_sum

LENGTHS = [4, 7, 1]
BATCH, STEPS = 3, 7
# padding at the front, in the middle and behind
MASK = [[0, 0, 1, 1, 1, 1, 1], [1, 0, 1, 1, 0, 1, 0], [1, 1, 1, 0, 0, 0, 0]]
SEED, STREAM = 11, "golden"


def make() -> GoldenFile:
    file = GoldenFile("pooling")
    for kind in ["mean", "max", "last", "concat"]:
        for steps in ["all", "lengths", "mask"]:
            for batch_first in [True, False]:
                pool_case(file, kind, steps, batch_first)
    pool_case(file, "max", "lengths", True, ties=True)
    for version in ["torchmoji", "keras"]:
        for steps in ["all", "lengths", "mask"]:
            attention_case(file, version, steps, batch_first=steps != "all")
    for kind, p, shape, mask in [
        ("SpatialDropout", 0.3, [3, 5, 8], [3, 1, 8]),
        ("Dropout1d", 0.4, [3, 6, 7], [3, 6, 1]),
        ("Dropout2d", 0.5, [3, 4, 2, 3], [3, 4, 1, 1]),
        ("Dropout2d", 0.5, [6, 9], [6, 9]),
        ("LockedDropout", 0.6, [7, 3, 5], [1, 3, 5]),
        ("RNNDropout", 0.25, [3, 7, 4], [3, 1, 4]),
    ]:
        dropout_case(file, kind, p, shape, mask)
    embedding_case(file)
    weight_drop_case(file, "weight_drop_lstm", [4, 5], {})
    weight_drop_case(file, "weight_drop_2layer_bidirectional", [4, 3], {"num_layers": 2, "bidirectional": True})
    return file


def call_of(name: str) -> int:
    """Number of a case's draw."""
    return zlib.crc32(name.encode()) % 1000


def philox(counter: list[int], key: list[int]) -> list[int]:
    c0, c1, c2, c3 = counter
    k0, k1 = key
    word = 0xFFFFFFFF
    for _ in range(10):
        a, b = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (b >> 32) ^ c1 ^ k0, b & word, (a >> 32) ^ c3 ^ k1, a & word
        k0, k1 = (k0 + 0x9E3779B9) & word, (k1 + 0xBB67AE85) & word
    return [c0, c1, c2, c3]


def dropout_mask(shape: list[int], p: float, call: int, dtype: torch.dtype) -> Tensor:
    """Element i is word i mod 4 of block i div 4; it is kept where word / 2^8 * 2^-24 >= p."""
    stream = 0x811C9DC5
    for byte in STREAM.encode():
        stream = ((stream ^ byte) * 0x01000193) & 0xFFFFFFFF
    n = torch.Size(shape).numel()
    words = [word for block in range((n + 3) // 4) for word in philox([block, call, 0, stream], [SEED, 0])][:n]
    u = torch.tensor([word >> 8 for word in words], dtype=torch.float64) * 2.0**-24
    single = torch.tensor(p, dtype=torch.float32)
    scale = (1 / (1 - single.double())).float()  # 1 / (1 - p) in float32, as on the GPU
    return torch.where(u >= single.double(), scale.double(), 0.0).reshape(shape).to(dtype)


def finish(given: dict[str, Tensor], outputs: dict[str, Tensor], dtype: torch.dtype, leaves=None) -> dict[str, Tensor]:
    loss, weights = weighted_sum(outputs, dtype)
    return given | outputs | weights | gradients(loss, leaves or given)


def steps_of(steps: str) -> Tensor:
    """[batch, time], true where a step counts."""
    if steps == "mask":
        return torch.tensor(MASK, dtype=torch.bool)
    lengths = torch.tensor(LENGTHS if steps == "lengths" else [STEPS] * BATCH)
    return torch.arange(STEPS)[None] < lengths[:, None]


def options_of(steps: str, batch_first: bool) -> dict:
    return {"batchFirst": batch_first} | ({"lengths": LENGTHS} if steps == "lengths" else {})


def pool(x: Tensor, counts: Tensor, kind: str) -> Tensor:
    """x [batch, time, features]; fastai's masked_concat_pool and its parts."""
    mean = x.masked_fill(~counts[..., None], 0).sum(1) / counts.sum(1, keepdim=True)
    largest = x.masked_fill(~counts[..., None], -float("inf")).max(1)[0]
    last = x[torch.arange(len(x)), (counts * torch.arange(1, STEPS + 1)).argmax(1)]
    return {"mean": mean, "max": largest, "last": last, "concat": torch.cat([last, largest, mean], 1)}[kind]


def pool_case(file: GoldenFile, kind: str, steps: str, batch_first: bool, ties: bool = False) -> None:
    def build(dtype: torch.dtype) -> dict[str, Tensor]:
        x = torch.randn([BATCH, STEPS, 6] if batch_first else [STEPS, BATCH, 6])
        x = (x.round() if ties else x).to(dtype).requires_grad_()
        counts = steps_of(steps)
        rows = x if batch_first else x.transpose(0, 1)
        given = {"input": x}
        if steps == "mask":
            given["mask"] = (counts if batch_first else counts.T).to(torch.int32)
        return finish(given, {"output": pool(rows, counts, kind)}, dtype)

    name = f"{kind}_{steps}{'_batchfirst' if batch_first else ''}{'_ties' if ties else ''}"
    inputs = ["input", "mask"] if steps == "mask" else ["input"]
    file.case(name, build, kind="pool", function=f"{kind}Pool", options=options_of(steps, batch_first), inputs=inputs, outputs=["output"])


def attention_case(file: GoldenFile, version: str, steps: str, batch_first: bool) -> None:
    def build(dtype: torch.dtype) -> dict[str, Tensor]:
        counts = steps_of(steps)
        x = torch.randn(BATCH, STEPS, 6) * counts[..., None]  # padding is zeros, as unpacking leaves it
        x = (x if batch_first else x.transpose(0, 1)).contiguous().to(dtype).requires_grad_()
        v = torch.randn(6).to(dtype).requires_grad_()
        rows = x if batch_first else x.transpose(0, 1)
        logits = rows.matmul(v)
        top = logits.max() if version == "torchmoji" else logits.max(1, keepdim=True)[0]
        weights = (logits - top).exp() * counts
        weights = weights / (weights.sum(1, keepdim=True) + (1e-7 if version == "keras" else 0))
        outputs = {"output": (rows * weights[..., None]).sum(1), "weights": weights if batch_first else weights.T}
        given = {"input": x, "param/attention_vector": v}
        if steps == "mask":
            given["mask"] = (counts if batch_first else counts.T).to(torch.int32)
        return {k.replace("grad/param/", "grad/"): t for k, t in finish(given, outputs, dtype).items()}

    options = options_of(steps, batch_first) | {"version": version}
    inputs = ["input", "mask"] if steps == "mask" else ["input"]
    file.case(f"attention_{version}_{steps}", build, kind="attention", function="attentionPool", options=options, inputs=inputs, outputs=["output", "weights"])


def dropout_case(file: GoldenFile, kind: str, p: float, shape: list[int], mask: list[int]) -> None:
    name = f"{kind.lower()}_{len(shape)}d"
    call = call_of(name)

    def build(dtype: torch.dtype) -> dict[str, Tensor]:
        x = torch.randn(shape).to(dtype).requires_grad_()
        return finish({"input": x}, {"output": x * dropout_mask(mask, p, call, dtype)}, dtype)

    file.case(name, build, kind="dropout", module=kind, p=p, call=call, mask=mask, inputs=["input"], outputs=["output"])


def embedding_case(file: GoldenFile) -> None:
    call = call_of("embeddingdropout")

    def build(dtype: torch.dtype) -> dict[str, Tensor]:
        ids, weight = torch.randint(0, 9, [4, 6]), torch.randn(9, 5).to(dtype).requires_grad_()
        table = weight * dropout_mask([9, 1], 0.4, call, dtype)
        given = {"input": ids, "param/emb.weight": weight}
        found = finish(given, {"output": F.embedding(ids, table, padding_idx=2)}, dtype)
        return {k.replace("grad/param/", "grad/"): t for k, t in found.items()}

    file.case("embeddingdropout", build, kind="embedding", p=0.4, call=call, args=[9, 5], options={"paddingIdx": 2}, inputs=["input"], outputs=["output"])


def weight_drop_case(file: GoldenFile, name: str, args: list[int], options: dict) -> None:
    call, names = call_of(name), []

    def build(dtype: torch.dtype) -> dict[str, Tensor]:
        lstm = nn.LSTM(*args, **options).to(dtype)
        x = torch.randn(6, BATCH, args[0]).to(dtype).requires_grad_()
        params = dict(lstm.named_parameters())
        names[:] = [k for k in params if k.startswith("weight_hh")]
        masks = {k: dropout_mask(list(params[k].shape), 0.5, call + i, dtype) for i, k in enumerate(names)}
        dropped = {k: t * masks[k] if k in masks else t for k, t in params.items()}
        output, (h_n, c_n) = torch.func.functional_call(lstm, dropped, x)
        held = {f"{k}_raw" if k in masks else f"module.{k}": t for k, t in params.items()}
        found = finish({"input": x}, {"output": output, "h_n": h_n, "c_n": c_n}, dtype, {"input": x} | held)
        return found | {f"param/{k}": t for k, t in held.items()}

    typed = {{"num_layers": "numLayers"}.get(k, k): v for k, v in options.items()}
    file.case(name, build, kind="weight_drop", p=0.5, call=call, args=args, options=typed, inputs=["input"], outputs=["output", "h_n", "c_n"])
