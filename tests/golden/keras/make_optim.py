"""Keras' optimisers over the gradients of optim.safetensors: writes optim_keras.safetensors beside it.

    python3 -m venv .keras && .keras/bin/pip install keras==3.15.1 tensorflow-cpu==2.21.0
    KERAS_BACKEND=tensorflow .keras/bin/python tests/golden/keras/make_optim.py

Cases look like those of `optim`; Keras 2.0's Adam is epsilon 1e-8, and its clipnorm is global_clipnorm.
"""

import json
import re
import struct
from pathlib import Path

import keras
import numpy as np

FOLDER = Path(__file__).parent.parent
STEPS, NAMES = 20, ["p0", "p1", "p2"]


def read(path: Path) -> dict[str, np.ndarray]:
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    entries = json.loads(data[8 : 8 + length])
    floats = {name: e for name, e in entries.items() if e.get("dtype") == "F32"}
    at = lambda e: slice(8 + length + e["data_offsets"][0], 8 + length + e["data_offsets"][1])
    return {name: np.frombuffer(data[at(e)], np.float32).reshape(e["shape"]) for name, e in floats.items()}


def write(path: Path, tensors: dict[str, np.ndarray], cases: list[dict]) -> None:
    header: dict = {"__metadata__": {"torch": "none", "keras": keras.__version__, "cases": json.dumps(cases)}}
    offset, parts = 0, []
    for name in sorted(tensors):
        data = tensors[name].tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensors[name].shape), "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
        parts.append(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))


def main() -> None:
    given = read(FOLDER / "optim.safetensors")
    tensors, cases = {}, []

    def snake(name: str) -> str:
        return re.sub("[A-Z0-9]", lambda m: "_" + m[0].lower(), name)  # beta1 -> beta_1

    def trace(name: str, optimizer: str, options: dict, lr=None) -> None:
        variables = [keras.Variable(given[f"start/{key}"]) for key in NAMES]
        named = {("learning_rate" if key == "lr" else snake(key)): value for key, value in options.items()}
        algorithm = getattr(keras.optimizers, optimizer)(**named)
        rows = {key: [] for key in NAMES}
        for step in range(STEPS):
            if lr is not None:
                algorithm.learning_rate.assign(lr[step])
            algorithm.apply([keras.ops.convert_to_tensor(given[f"grads/{key}"][step]) for key in NAMES], variables)
            for key, variable in zip(NAMES, variables):
                rows[key].append(np.array(variable.value))
        case = {"name": name, "optimizer": f"Keras{optimizer}", "options": options, "scheduled": False}
        cases.append(case if lr is None else {**case, "rates": lr})
        for key, values in rows.items():
            tensors[f"{name}/{key}"] = np.stack(values).astype(np.float32)

    falling = [round(0.05 * 0.9**step, 6) for step in range(STEPS)]
    trace("adam", "Adam", {})
    trace("adam_2_0", "Adam", {"lr": 0.01, "epsilon": 1e-8, "globalClipnorm": 1.0})
    trace("adam_epsilon", "Adam", {"lr": 0.02, "beta1": 0.7, "beta2": 0.95, "epsilon": 1e-3, "weightDecay": 0.1})
    trace("adam_amsgrad", "Adam", {"lr": 0.01, "amsgrad": True, "clipvalue": 0.1})
    trace("adam_clipnorm", "Adam", {"lr": 0.01, "epsilon": 1e-2, "clipnorm": 0.3})
    trace("sgd", "SGD", {"lr": 0.1, "clipnorm": 0.5})
    trace("sgd_momentum", "SGD", {"lr": 0.05, "momentum": 0.9}, falling)
    trace("sgd_nesterov", "SGD", {"lr": 0.05, "momentum": 0.8, "nesterov": True}, falling)
    trace("rmsprop", "RMSprop", {})
    trace("rmsprop_all", "RMSprop", {"lr": 0.01, "rho": 0.8, "momentum": 0.9, "epsilon": 1e-3, "centered": True})
    trace("adagrad", "Adagrad", {"lr": 0.1, "initialAccumulatorValue": 0.2, "epsilon": 1e-3})
    write(FOLDER / "optim_keras.safetensors", tensors, cases)
    print(f"{len(cases)} cases with keras {keras.__version__}")


if __name__ == "__main__":
    main()
