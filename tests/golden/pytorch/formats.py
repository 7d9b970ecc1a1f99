"""Files of other frameworks for the tests of src/io, written by PyTorch, NumPy, h5py and safetensors themselves.

    .ref/bin/python tests/golden/pytorch/formats.py           makes tests/golden/formats/ anew
    .ref/bin/python tests/golden/pytorch/formats.py prove DIR reads our own files in DIR, prints what it saw as JSON

Needs torch, numpy, h5py and safetensors. expected.json lists every tensor of every file: type, shape, SHA-256 of its bytes.
"""

import collections
import hashlib
import io
import json
import os
import pickle
import struct
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import safetensors
import safetensors.numpy
import safetensors.torch
import torch

FOLDER = Path(__file__).parent.parent / "formats"
SHORT = {"float": "f", "bfloat": "bf", "int": "i", "uint": "u", "complex": "c"}


def type_of(name: str) -> str:
    """float32 -> f32"""
    plain = name.removeprefix("torch.")
    if plain == "bool":
        return plain
    letters = plain.rstrip("0123456789")
    return SHORT[letters] + plain[len(letters):]


def facts(value) -> list:
    """Type, shape and a hash of the dense bytes."""
    if isinstance(value, torch.Tensor):
        value = value.detach().contiguous()
        name, shape = str(value.dtype), list(value.shape)
        data = value.reshape(-1).view(torch.uint8).numpy().tobytes() if value.numel() else b""
    else:
        array = np.ascontiguousarray(value).reshape(np.shape(value))
        array = array.astype(array.dtype.newbyteorder("<"))
        name, shape, data = array.dtype.name, list(array.shape), array.tobytes()
    return [type_of(name), shape, hashlib.sha256(data).hexdigest()]


def described(tensors) -> dict:
    return {name: facts(value) for name, value in tensors.items()}


def tricky(unsigned: bool) -> dict:
    """Tensors that readers get wrong."""
    torch.manual_seed(0)
    weight = torch.randn(4, 3)
    big = torch.arange(40, dtype=torch.float64).reshape(5, 8)
    tensors = collections.OrderedDict(
        encoder=weight,
        decoder=weight,
        half=torch.randn(5).half(),
        brain=torch.randn(5).bfloat16(),
        double=big,
        part=big[1:4, 2:7:2],
        transposed=torch.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1),
        long=torch.tensor([1, -2, 2**40]),
        int=torch.tensor([2**31 - 1, -(2**31)], dtype=torch.int32),
        short=torch.tensor([-5, 7], dtype=torch.int16),
        char=torch.tensor([-128, 127], dtype=torch.int8),
        byte=torch.tensor([0, 255], dtype=torch.uint8),
        mask=torch.tensor([[True], [False]]),
        empty=torch.zeros(0, 3),
        scalar=torch.tensor(3.5),
        expanded=torch.tensor([1.5, 2.5]).expand(3, 2),
        complex=torch.tensor([1 + 2j]),
        special=torch.tensor([float("nan"), float("inf"), -0.0, 1e-45]),
        parameter=torch.nn.Parameter(torch.ones(2)),
    )
    if unsigned:
        tensors.update(
            u16=torch.tensor([1, 65535], dtype=torch.uint16),
            u32=torch.tensor([1, 2**32 - 1], dtype=torch.uint32),
            u64=torch.tensor([1, 2**63], dtype=torch.uint64),
        )
    return tensors


def torch_files(expected: dict) -> None:
    for name, legacy in [("zip.pt", False), ("legacy.pt", True)]:
        tensors = tricky(not legacy)
        torch.save(tensors, FOLDER / name, _use_new_zipfile_serialization=not legacy)
        expected[name] = described(tensors)
    torch.serialization.set_crc32_options(False)
    torch.save(tricky(False), FOLDER / "no_checksums.pt")
    torch.serialization.set_crc32_options(True)
    expected["no_checksums.pt"] = described(tricky(False))

    torch.manual_seed(1)
    model = torch.nn.LSTM(3, 2)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.randn(2, 1, 3))[0].sum().backward()
    optimizer.step()
    torch.save(
        {"model": model.state_dict(), "opt": optimizer.state_dict(), "epoch": 3, "type": torch.float16, "size": torch.Size([2, 3])},
        FOLDER / "checkpoint.pt",
    )
    expected["checkpoint.pt"] = described(model.state_dict())


class Evil:
    """Its pickle asks to run a command."""

    def __reduce__(self):
        return os.system, ("echo this must not run",)


def hostile_files() -> None:
    with open(FOLDER / "os_system.pkl", "wb") as file:
        file.write(b"cos\nsystem\n(S'echo this must not run'\ntR.")
    data = pickle.dumps({"weight": Evil()}, 2).replace(b"cposix\nsystem", b"cos\nsystem")
    with zipfile.ZipFile(FOLDER / "os_system.pt", "w") as archive:
        for name, content in [("data.pkl", data), ("byteorder", b"little"), ("version", b"3\n")]:
            archive.writestr(zipfile.ZipInfo(f"archive/{name}"), content)
    system = dict(protocol_version=1001, little_endian=False, type_sizes=dict(short=2, int=4, long=4))
    parts = [torch.serialization.MAGIC_NUMBER, 1001, system, collections.OrderedDict(), []]
    (FOLDER / "big_endian.pt").write_bytes(b"".join(pickle.dumps(part, 2) for part in parts))
    with zipfile.ZipFile(FOLDER / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (80 << 20,)})
        archive.writestr(zipfile.ZipInfo("zeros.npy"), header.getvalue() + bytes(80 << 20), zipfile.ZIP_DEFLATED)


def views_file(expected: dict) -> None:
    """A legacy file whose pickle has views of storages, as PyTorch 0.3 wrote them."""
    values = torch.arange(12.0)
    buffer = io.BytesIO()
    torch.save(collections.OrderedDict(whole=values), buffer, _use_new_zipfile_serialization=False)
    data = buffer.getvalue()
    # ('storage', FloatStorage, key, 'cpu', 12, None) -> (..., ('7', 4, 8)): the view begins at element 4 and has 8
    view = b"X\x01\x00\x00\x007K\x04K\x08\x87"
    at = data.index(b"K\x0cN")
    data = data[: at + 2] + view + data[at + 3 :]
    # the tensor over the view has 8 elements
    data = data.replace(b"K\x00K\x0c\x85", b"K\x00K\x08\x85")
    (FOLDER / "view.pt").write_bytes(data)
    assert torch.equal(torch.load(FOLDER / "view.pt", weights_only=True)["whole"], values[4:])
    expected["view.pt"] = described({"whole": values[4:]})


def published_files(expected: dict) -> None:
    """The structure of the published weights, small."""
    torch.manual_seed(2)
    words, emb, hidden = 7, 4, 6

    def lstm(sizes: tuple, old: bool) -> dict:
        found = collections.OrderedDict()
        inside = "0.rnns.{}.module." if old else "0.rnns.{}."
        for i, (n_in, n_out) in enumerate(sizes):
            raw = torch.randn(4 * n_out, n_out)
            if not old:
                found[f"0.rnns.{i}.weight_hh_l0_raw"] = raw
            found[f"0.rnns.{i}.module.weight_ih_l0"] = torch.randn(4 * n_out, n_in)
            if not old:
                found[f"0.rnns.{i}.module.weight_hh_l0"] = raw.clone()
            found[f"0.rnns.{i}.module.bias_ih_l0"] = torch.randn(4 * n_out)
            found[f"0.rnns.{i}.module.bias_hh_l0"] = torch.randn(4 * n_out)
            if old:
                found[inside.format(i) + "weight_hh_l0_raw"] = raw
        return found

    sizes = ((emb, hidden), (hidden, hidden), (hidden, emb))
    embedding = torch.randn(words, emb)
    old = collections.OrderedDict({"0.encoder.weight": embedding, "0.encoder_with_dropout.embed.weight": embedding})
    old.update(lstm(sizes, True))
    old["1.decoder.weight"] = embedding
    torch.save(old, FOLDER / "fwd_wt103.h5", _use_new_zipfile_serialization=False)
    expected["fwd_wt103.h5"] = described(old)
    with open(FOLDER / "itos_wt103.pkl", "wb") as file:
        pickle.dump(["_unk_", "_pad_", "the", ",", ".", "of", "Äpfel"], file, 3)

    new = collections.OrderedDict({"0.encoder.weight": embedding, "0.encoder_dp.emb.weight": embedding})
    new.update(lstm(sizes, False))
    new["1.decoder.weight"] = embedding
    new["1.decoder.bias"] = torch.randn(words)
    torch.save(new, FOLDER / "lstm_fwd.pth", _use_new_zipfile_serialization=False)
    expected["lstm_fwd.pth"] = described(new)

    moji = collections.OrderedDict({"embed.weight": torch.randn(6, 4)})
    for layer, n_in in [(0, 4), (1, 10)]:
        for suffix in ["", "_reverse"]:
            shapes = dict(weight_ih=(20, n_in), weight_hh=(20, 5), bias_ih=(20,), bias_hh=(20,))
            for name, shape in shapes.items():
                moji[f"lstm_{layer}.{name}_l0{suffix}"] = torch.randn(*shape)
    moji["attention_layer.attention_vector"] = torch.randn(24)
    moji["output_layer.0.weight"] = torch.randn(3, 24)
    moji["output_layer.0.bias"] = torch.randn(3)
    torch.save(moji, FOLDER / "torchmoji.bin", _use_new_zipfile_serialization=False)
    expected["torchmoji.bin"] = described(moji)

    # the same weights as Keras holds them: kernels transposed, one bias
    layers = {"embedding": {"embedding/embeddings:0": moji["embed.weight"]}}
    twin = moji.copy()
    for layer in (0, 1):
        weights = layers[f"bi_lstm_{layer}"] = {}
        for scope, suffix in [("forward", ""), ("backward", "_reverse")]:
            prefix = f"bi_lstm_{layer}/{scope}_lstm_{layer + 1}"
            for ours, theirs in [("weight_ih", "kernel"), ("weight_hh", "recurrent_kernel"), ("bias_ih", "bias")]:
                value = moji[f"lstm_{layer}.{ours}_l0{suffix}"]
                weights[f"{prefix}/{theirs}:0"] = value.t() if value.ndim == 2 else value
            twin[f"lstm_{layer}.bias_hh_l0{suffix}"] = torch.zeros(20)
    layers["dropout"] = {}
    layers["attlayer"] = {"attlayer/attlayer_W:0": moji["attention_layer.attention_vector"][:, None]}
    layers["softmax"] = {"softmax/kernel:0": moji["output_layer.0.weight"].t(), "softmax/bias:0": moji["output_layer.0.bias"]}
    with h5py.File(FOLDER / "deepmoji_weights.hdf5", "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in layers]
        file.attrs["backend"] = b"tensorflow"
        file.attrs["keras_version"] = b"2.0.0"
        for layer, weights in layers.items():
            group = file.create_group(layer)
            group.attrs["weight_names"] = [name.encode() for name in weights]
            for name, value in weights.items():
                group.create_dataset(name, data=value.numpy())
    expected["deepmoji_weights.hdf5"] = described({name: value for weights in layers.values() for name, value in weights.items()})
    expected["deepmoji converted"] = described(twin)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def keras_layers(expected: dict) -> None:
    """An LSTM and a GRU as Keras computes them, in NumPy, with weights saved as Keras saves a whole model."""
    rng = np.random.default_rng(3)
    n_in, hidden, steps = 3, 4, 5
    x = rng.standard_normal((steps, 2, n_in)).astype("f4")
    values = {}
    for kind, gates in [("lstm", 4), ("gru", 3)]:
        values[f"{kind}/kernel"] = rng.standard_normal((n_in, gates * hidden)).astype("f4")
        values[f"{kind}/recurrent_kernel"] = rng.standard_normal((hidden, gates * hidden)).astype("f4")
        shape = (gates * hidden,) if kind == "lstm" else (2, gates * hidden)
        values[f"{kind}/bias"] = rng.standard_normal(shape).astype("f4")
    h = c = np.zeros((2, hidden))
    outputs = {"x": x, "lstm": [], "gru": []}
    for t in range(steps):
        z = x[t] @ values["lstm/kernel"] + h @ values["lstm/recurrent_kernel"] + values["lstm/bias"]
        i, f, g, o = np.split(z, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        outputs["lstm"].append(h)
    h = np.zeros((2, hidden))
    for t in range(steps):
        xz, xr, xh = np.split(x[t] @ values["gru/kernel"] + values["gru/bias"][0], 3, axis=1)
        hz, hr, hh = np.split(h @ values["gru/recurrent_kernel"] + values["gru/bias"][1], 3, axis=1)
        z, r = sigmoid(xz + hz), sigmoid(xr + hr)
        h = z * h + (1 - z) * np.tanh(xh + r * hh)
        outputs["gru"].append(h)
    with h5py.File(FOLDER / "keras_model.h5", "w") as file:
        group = file.create_group("model_weights")
        group.attrs["layer_names0"] = [b"lstm"]  # as Keras splits what is too long
        group.attrs["layer_names1"] = [b"gru"]
        for kind in ["lstm", "gru"]:
            names = [name for name in values if name.startswith(f"{kind}/")]
            layer = group.create_group(kind)
            layer.attrs["weight_names"] = [f"{name.split('/')[0]}/{kind}_cell/{name.split('/')[1]}:0".encode() for name in names]
            for name in names:
                layer.create_dataset(f"{kind}/{kind}_cell/{name.split('/')[1]}:0", data=values[name])
    np.savez(FOLDER / "keras_outputs.npz", **{name: np.array(value, "f4") for name, value in outputs.items()})
    expected["keras_outputs.npz"] = described({name: np.array(value, "f4") for name, value in outputs.items()})


def hdf5_files(expected: dict) -> None:
    rng = np.random.default_rng(4)
    arrays = {
        "groups/inside/packed": rng.standard_normal((20, 30)).astype("f4"),
        "big_endian": np.arange(3, dtype=">f4"),
        "half": np.arange(5).astype("f2"),
        "long": np.arange(-2, 3),
        "empty": np.zeros((0, 3)),
        "scalar": np.float64(2.5),
    }
    options = {"groups/inside/packed": dict(chunks=(8, 16), compression="gzip", shuffle=True, fletcher32=True)}
    for name, version in [("plain.h5", "earliest"), ("latest.h5", "latest")]:
        kept = arrays if version == "earliest" else {key: arrays[key] for key in ["big_endian", "half", "long"]}
        with h5py.File(FOLDER / name, "w", libver=version) as file:
            for key, value in kept.items():
                file.create_dataset(key, data=value, **options.get(key, {}))
            if version == "earliest":
                file.create_dataset("words", data=["one", "zwölf"])
        expected[name] = described(kept)


def numpy_files(expected: dict) -> None:
    arrays = {}
    for code in ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]:
        arrays[f"little_{code}".replace("?", "b")] = (np.arange(6).reshape(2, 3) % 2 if code == "?" else np.arange(6).reshape(2, 3)).astype(code)
        if code not in ("?", "i1", "u1"):
            arrays[f"big_{code}"] = np.arange(6).reshape(3, 2).astype(">" + code)
    arrays["columns"] = np.asfortranarray(np.arange(24.0).reshape(2, 3, 4))
    arrays["empty"], arrays["scalar"] = np.zeros((0, 2)), np.array(3.5)
    np.savez(FOLDER / "stored.npz", **arrays)
    np.savez_compressed(FOLDER / "packed.npz", **arrays)
    expected["stored.npz"] = expected["packed.npz"] = described(arrays)
    for version in [1, 2, 3]:
        with open(FOLDER / f"version{version}.npy", "wb") as file:
            np.lib.format.write_array(file, arrays["columns"], version=(version, 0))
    texts = dict(
        wide=np.array([["ab", "zwölf"], ["", "\U0001f600"]]),
        wide_big=np.array(["a", "bc"], dtype=">U2"),
        bytes=np.array([b"q", b"rs"]),
        objects=np.array(["word", None, 3, [1, 2]], dtype=object),
    )
    np.savez(FOLDER / "texts.npz", **texts)


def pickle_files() -> None:
    everything = dict(
        numbers=[1, -5, 300, 70000, 2**40, 2**70, -(2**70), 2.5, float("inf"), True, None],
        texts=["é", "x" * 300, ""],
        bytes=b"ab\xff",
        nested=((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), {"a": []}),
        sets=[{1}, frozenset([2])],
        ordered=collections.OrderedDict(a=1),
        default=collections.defaultdict(int, {"q": 3}),
        counter=collections.Counter("aab"),
        array=np.arange(6, dtype=">i4").reshape(2, 3),
        columns=np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        words=np.array(["ab", "c"]),
        objects=np.array(["a", None, 3], dtype=object),
        scalars=[np.float32(2.5), np.int64(7), np.bool_(True), np.str_("s")],
    )
    everything["again"] = everything["array"]
    for protocol in range(6):
        with open(FOLDER / f"protocol{protocol}.pkl", "wb") as file:
            pickle.dump(everything, file, protocol)


def safetensors_files(expected: dict) -> None:
    types = "bool uint8 int8 int16 uint16 float16 bfloat16 int32 uint32 float32 complex64 float64 int64 uint64".split()
    tensors = {f"of {name}": (torch.arange(3) % 2).to(getattr(torch, name)) for name in types}
    tensors.update({"empty": torch.zeros(0, 3), "scalar": torch.tensor(1.5), 'é "\n\x01': torch.ones(2, 1), "0": torch.ones(1), "__proto__": torch.ones(1)})
    safetensors.torch.save_file(tensors, FOLDER / "all.safetensors", {"format": "pt"})
    expected["all.safetensors"] = described(tensors)


def prove(folder: Path) -> dict:
    """What the frameworks see in files of ours."""
    state = torch.load(folder / "written.pt", weights_only=True)
    tensors = state["model"]
    arrays = dict(np.load(folder / "written.npz"))
    packed = dict(np.load(folder / "packed.npz"))
    return {
        "versions": {"torch": torch.__version__, "numpy": np.__version__, "safetensors": safetensors.__version__},
        "files": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())},
        "written.pt": described(tensors),
        "tied": tensors["tied"].untyped_storage().data_ptr() == tensors["weight"].untyped_storage().data_ptr(),
        "rest": {key: value for key, value in state.items() if key != "model"},
        "aligned": all(t.storage_offset() == 0 and t.is_contiguous() for t in tensors.values()),
        "written.npz": described(arrays),
        "packed.npz": described(packed),
        "written.npy": facts(np.load(folder / "written.npy")),
        "written.safetensors": described(safetensors.torch.load_file(folder / "written.safetensors")),
        "safetensors are byte-equal": safetensors.torch.save(
            safetensors.torch.load_file(folder / "written.safetensors"), {"made by": "us"}
        ) == (folder / "written.safetensors").read_bytes(),
        "mapped": torch.load(folder / "written.pt", weights_only=True, mmap=True)["model"]["weight"].tolist(),
    }


def main() -> None:
    if sys.argv[1:2] == ["prove"]:
        print(json.dumps(prove(Path(sys.argv[2])), indent=1))
        return
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.iterdir():
        if path.name != "written.json":
            path.unlink()
    expected = {}
    torch_files(expected)
    views_file(expected)
    hostile_files()
    published_files(expected)
    keras_layers(expected)
    hdf5_files(expected)
    numpy_files(expected)
    pickle_files()
    safetensors_files(expected)
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    total = sum(path.stat().st_size for path in FOLDER.iterdir())
    print(f"{len(list(FOLDER.iterdir()))} files, {total:,} bytes with torch {torch.__version__}")
    assert total < 400_000, "over 400 kB"


if __name__ == "__main__":
    main()
