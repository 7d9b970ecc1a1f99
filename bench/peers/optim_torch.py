"""PyTorch's side of bench/optim.ts, on the processor; serve.ts lists the questions that it answers.

    python optim_torch.py [--fused]
"""

import json
import math
import os
import sys
import time

import numpy as np
import torch


def fill(source):
    """The values of a source, as `fill` of workloads.ts makes them."""
    mask, shape = 0xFFFFFFFF, source["shape"]
    i = np.arange(math.prod(shape), dtype=np.uint64)
    salt = np.uint64((source["seed"] * 0x9E3779B9) & mask)
    h = ((i ^ salt) * np.uint64(0x85EBCA6B)) & np.uint64(mask)
    h = ((h ^ (h >> np.uint64(13))) * np.uint64(0xC2B2AE35)) & np.uint64(mask)
    u = (h ^ (h >> np.uint64(16))).astype(np.float64) / 2**32
    return torch.from_numpy(((2 * u - 1) * source["bound"]).astype(np.float32)).reshape(shape)


def setup(job):
    sources, w = job["sources"], job["workload"]
    parameters = [fill(s).requires_grad_() for s in sources if s["name"].startswith("p")]
    for parameter, source in zip(parameters, [s for s in sources if s["name"].startswith("g")]):
        parameter.grad = fill(source)
    fused = {"fused": True} if "--fused" in sys.argv else {}
    return parameters, getattr(torch.optim, w["optimizer"])(parameters, **w["torchOptions"], **fused)


def main():
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    torch.set_num_threads(threads)
    impl = f"torch {torch.__version__} ({threads} threads{', fused' if '--fused' in sys.argv else ''})"
    optimizer, count = None, 1
    for line in sys.stdin:
        request = json.loads(line)
        if request["op"] == "end":
            return
        try:
            if request["op"] == "setup":
                parameters, optimizer = setup(request["job"])
                start = time.perf_counter()
                optimizer.step()
                first = (time.perf_counter() - start) * 1e3
                norm = lambda p: p.detach().double().norm().item()
                reply = {"impl": impl, "firstMs": first, "checks": {"first": norm(parameters[0]), "last": norm(parameters[-1])}}
            else:
                while True:
                    start = time.perf_counter()
                    for _ in range(count):
                        optimizer.step()
                    took = (time.perf_counter() - start) * 1e3
                    if took >= request["ms"]:
                        break
                    count = math.ceil(count * min(50, 1.2 * request["ms"] / max(took, 0.01)))
                reply = {"ms": took / count, "steps": count}
        except Exception as error:  # told to the one who asked
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)


main()
