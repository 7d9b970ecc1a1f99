"""Makes the golden files beside this script with PyTorch on the CPU: `python make_golden.py [area ...]`.

Needs torch (the version is written into every file), numpy and nothing else; about three minutes on one core.
"""

import sys
import time
from importlib import import_module
from pathlib import Path

import torch

sys.dont_write_bytecode = True  # leave no __pycache__ among the tests
AREAS = ["layers", "recurrent", "pooling", "losses", "optim", "schedules", "ops", "human_numbers", "imdb", "jigsaw"]
LIMIT = 2_500_000  # bytes, all files together


def main() -> None:
    torch.set_num_threads(1)  # one thread: one order of summation
    torch.use_deterministic_algorithms(True)
    folder = Path(__file__).parent
    for area in sys.argv[1:] or AREAS:
        start = time.time()
        file = import_module(f"pytorch.{area}").make()
        size = file.write(folder)
        print(f"{area:14} {len(file.cases):4} cases {len(file.tensors):5} tensors {size:9,} bytes {time.time() - start:6.1f} s")
    total = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    print(f"all files together: {total:,} bytes with torch {torch.__version__}")
    assert total < LIMIT, f"over {LIMIT:,} bytes"


if __name__ == "__main__":
    main()
