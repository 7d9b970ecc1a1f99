"""One golden file: cases computed by PyTorch, written as safetensors with the torch version and the case list inside.

Every case is computed twice from the same float32 inputs: in float64, whose results are rounded once to float32 and
stored, so that a distance measured against them is the distance of the implementation under test alone; and in float32,
only to assert that the case is well conditioned and means the same in the precision people train in.
"""

import json
import re
import struct
import zlib
from pathlib import Path
from typing import Callable

import torch
from torch import Tensor

Build = Callable[[torch.dtype], dict[str, Tensor]]
DTYPES = {torch.float32: "F32", torch.float64: "F64", torch.int32: "I32"}


def snake(name: str) -> str:
    """paddingIdx -> padding_idx: the case list speaks TypeScript, PyTorch wants its own names."""
    return re.sub("[A-Z]", lambda m: "_" + m[0].lower(), name)


def snake_options(options: dict) -> dict:
    return {snake(key): value for key, value in options.items()}


def relative_l2(a: Tensor, b: Tensor) -> float:
    a, b = a.detach().double(), b.detach().double()
    return ((a - b).norm() / b.norm().clamp(min=1e-30)).item() if b.norm() > 0 else a.norm().item()


def weighted_sum(outputs: dict[str, Tensor], dtype: torch.dtype) -> tuple[Tensor, dict[str, Tensor]]:
    """The scalar whose gradients are stored: sum(output * r) over the float outputs, r random and stored as r/<output>."""
    floats = {name: t for name, t in outputs.items() if t.is_floating_point()}
    weights = {name: torch.randn(t.shape).to(dtype) for name, t in floats.items()}
    loss = sum((t * weights[name]).sum() for name, t in floats.items())
    return loss, {f"r/{name}": r for name, r in weights.items()}


def gradients(loss: Tensor, leaves: dict[str, Tensor]) -> dict[str, Tensor]:
    names = [name for name, t in leaves.items() if t.requires_grad]
    found = torch.autograd.grad(loss, [leaves[name] for name in names])
    return {f"grad/{name}": g for name, g in zip(names, found)}


class GoldenFile:
    """Collects cases and tensors of one area."""

    def __init__(self, area: str) -> None:
        self.area, self.cases, self.tensors = area, [], {}

    def case(self, name: str, build: Build, **record: object) -> None:
        """Adds a case; `build(dtype)` returns its tensors. The seed comes from the name: a new case moves no other."""
        runs = []
        for dtype in (torch.float64, torch.float32):
            torch.manual_seed(zlib.crc32(name.encode()))
            runs.append(build(dtype))
        exact, single = runs
        for key, value in exact.items():
            if value.is_floating_point():
                assert relative_l2(single[key], value) < 2e-5, (name, key, relative_l2(single[key], value))
                value = value.float()
            else:
                assert torch.equal(single[key], value), (name, key)
            self.put(f"{name}/{key}", value)
        self.add({"name": name, **record})

    def add(self, record: dict) -> None:
        assert all(other["name"] != record["name"] for other in self.cases), record["name"]
        self.cases.append(record)

    def put(self, name: str, value: Tensor) -> None:
        """Stores a tensor; integers and masks become int32, floats keep their type."""
        assert name not in self.tensors, name
        value = value.detach()
        self.tensors[name] = (value if value.is_floating_point() else value.to(torch.int32)).contiguous()

    def write(self, folder: Path) -> int:
        """Writes <area>.safetensors (same input, same bytes) and returns its size."""
        # float64 first, so that every tensor starts at a multiple of its element size
        names = sorted(self.tensors, key=lambda n: (-self.tensors[n].element_size(), n))
        header = {"__metadata__": {"torch": torch.__version__, "cases": json.dumps(self.cases, separators=(",", ":"))}}
        offset, parts = 0, []
        for name in names:
            value = self.tensors[name]
            data = value.numpy().tobytes()
            header[name] = {"dtype": DTYPES[value.dtype], "shape": list(value.shape), "data_offsets": [offset, offset + len(data)]}
            offset += len(data)
            parts.append(data)
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        path = folder / f"{self.area}.safetensors"
        path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))
        return path.stat().st_size
