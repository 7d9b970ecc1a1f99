// Files that PyTorch, NumPy, h5py and safetensors wrote are read bit for bit; what is not data is refused by name.
import assert from "node:assert/strict";
import { FormatError } from "../src/errors.ts";
import * as io from "../src/io/mod.ts";
import { archive, expected, facts, golden, goldenBytes } from "./support/formats.ts";

type Read = (source: io.Source, options?: io.ReadOptions) => Promise<Map<string, unknown>>;

const READERS: Record<string, Read> = {
  "zip.pt": io.torch.loadState,
  "legacy.pt": io.torch.loadState,
  "no_checksums.pt": io.torch.loadState,
  "view.pt": io.torch.loadState,
  "checkpoint.pt": (source) => io.torch.loadState(source, { at: ["model"] }),
  "fwd_wt103.h5": io.torch.loadState,
  "lstm_fwd.pth": io.torch.loadState,
  "torchmoji.bin": io.torch.loadState,
  "deepmoji_weights.hdf5": io.hdf5.loadKeras,
  "latest.h5": io.hdf5.load,
  "stored.npz": io.npz.load,
  "packed.npz": io.npz.load,
  "keras_outputs.npz": io.npz.load,
  "all.safetensors": io.safetensors.load,
};

for (const [name, read] of Object.entries(READERS)) {
  Deno.test(`${name} is read bit for bit from bytes, a Blob and a path`, async () => {
    const wanted = expected(name);
    assert.deepEqual(await facts(await read(goldenBytes(name))), wanted);
    assert.deepEqual(await facts(await read(new Blob([goldenBytes(name)]))), wanted);
    assert.deepEqual(await facts(await read(golden(name))), wanted);
    // at an odd place of a larger buffer nothing is aligned
    const shifted = new Uint8Array(goldenBytes(name).length + 1);
    shifted.set(goldenBytes(name), 1);
    assert.deepEqual(await facts(await read(shifted.subarray(1))), wanted);
  });
}

Deno.test("plain.h5: chunks, filters, byte orders, texts", async () => {
  const found = await io.hdf5.load(golden("plain.h5"));
  assert.deepEqual((found.get("words") as io.ObjectArray).values, ["one", "zwölf"]);
  found.delete("words");
  const wanted = expected("plain.h5");
  assert.deepEqual(await facts([...found].sort()), Object.fromEntries(Object.entries(wanted).sort()));
});

Deno.test("tensors that share a storage share their bytes; values arrive as tensors take them", async () => {
  const state = await io.torch.loadState(golden("zip.pt"));
  const one = (name: string) => state.get(name)!;
  assert.ok(one("encoder").isSame(one("decoder")));
  assert.equal(one("encoder").stretch, one("decoder").stretch);
  assert.deepEqual([...one("expanded").data], [1.5, 2.5, 1.5, 2.5, 1.5, 2.5]);
  assert.deepEqual([...one("mask").data], [1, 0]);
  assert.deepEqual([...one("int").data], [2 ** 31 - 1, -(2 ** 31)]);
  assert.deepEqual([...one("u16").data], [1, 65535]);
  assert.equal(one("double").dtype, "f32");
  assert.equal(one("brain").data.length, 5);
  assert.throws(() => one("long").data, { name: "ValueError", position: 2 });
  assert.equal((one("long").raw as BigInt64Array)[2], 2n ** 40n);
  assert.throws(() => one("u64").data, { name: "ValueError" });
  assert.throws(() => one("complex").data, { name: "DTypeError" });
  assert.deepEqual([...one("complex").raw as Float32Array], [1, 2]);
});

Deno.test("lazy tensors are read when they are wanted, and by rows", async () => {
  const state = await io.torch.loadState(golden("zip.pt"), { lazy: true });
  const all = await io.torch.loadState(golden("zip.pt"));
  const double = state.get("double")!;
  assert.equal(double.isRead, false);
  assert.throws(() => double.data, { name: "StateError" });
  assert.deepEqual([...(await double.rows(1, 3)).raw], [...all.get("double")!.raw].slice(8, 24));
  assert.equal(double.isRead, false);
  assert.deepEqual(
    [...(await state.get("transposed")!.rows(1, 2)).data],
    [...all.get("transposed")!.data].slice(6, 12),
  );
  await state.get("encoder")!.read();
  assert.ok(state.get("decoder")!.isRead);
  assert.deepEqual(await facts([["part", await state.get("part")!.read()]]), { part: expected("zip.pt").part });

  const { tensors, metadata } = await io.safetensors.open(golden("all.safetensors"));
  assert.deepEqual(metadata, { format: "pt" });
  const wide = tensors.get("of float64")!;
  assert.equal(wide.isRead, false);
  assert.deepEqual([...(await wide.rows(1, 2)).raw], [1]);
  await assert.rejects(wide.rows(2, 4), { name: "ShapeError" });
});

Deno.test("a checkpoint is read as data: dictionaries, numbers, lists, types", async () => {
  const checkpoint = await io.torch.load(golden("checkpoint.pt")) as Map<string, unknown>;
  assert.equal(checkpoint.get("epoch"), 3);
  assert.deepEqual(checkpoint.get("size"), [2, 3]);
  assert.equal((checkpoint.get("type") as { name: string }).name, "torch.float16");
  const optimizer = checkpoint.get("opt") as Map<string, Map<number, Map<string, io.StoredTensor>>>;
  assert.deepEqual(optimizer.get("state")!.get(0)!.get("exp_avg")!.shape, [8, 3]);
  await assert.rejects(io.torch.loadState(golden("checkpoint.pt")), /model, opt, epoch/);
  await assert.rejects(io.torch.loadState(golden("checkpoint.pt"), { at: ["modell"] }), { name: "FormatError" });
});

Deno.test("pickles of all protocols give the same data", async () => {
  for (let protocol = 0; protocol < 6; protocol++) {
    const data = await io.pickle.load(golden(`protocol${protocol}.pkl`)) as Map<string, unknown>;
    const numbers = [1, -5, 300, 70000, 2 ** 40, 2n ** 70n, -(2n ** 70n), 2.5, Infinity, true, null];
    assert.deepEqual(data.get("numbers"), numbers, `${protocol}`);
    assert.deepEqual(data.get("texts"), ["é", "x".repeat(300), ""]);
    assert.deepEqual(data.get("bytes"), Uint8Array.of(97, 98, 255));
    const [empty, , , three, four, deep] = data.get("nested") as unknown[];
    assert.deepEqual([empty, three, four, deep], [[], [1, 2, 3], [1, 2, 3, 4], new Map([["a", []]])]);
    assert.deepEqual(data.get("sets"), [new Set([1]), new Set([2])]);
    assert.deepEqual(data.get("ordered"), new Map([["a", 1]]));
    assert.deepEqual(data.get("default"), new Map([["q", 3]]));
    assert.deepEqual(data.get("counter"), new Map([["a", 2], ["b", 1]]));
    assert.deepEqual([...(data.get("array") as io.StoredTensor).data], [0, 1, 2, 3, 4, 5]);
    assert.deepEqual([...(data.get("columns") as io.StoredTensor).data], [0, 1, 2, 3, 4, 5]);
    assert.deepEqual((data.get("words") as io.ObjectArray).values, ["ab", "c"]);
    assert.deepEqual((data.get("objects") as io.ObjectArray).values, ["a", null, 3]);
    assert.deepEqual(data.get("scalars"), [2.5, 7, true, "s"]);
    assert.equal(data.get("again"), data.get("array"));
  }
});

Deno.test("vocabularies are lists of texts", async () => {
  const words = await io.pickle.loadStrings(golden("itos_wt103.pkl"));
  assert.deepEqual(words, ["_unk_", "_pad_", "the", ",", ".", "of", "Äpfel"]);
  await assert.rejects(io.pickle.loadStrings(golden("protocol2.pkl")), { name: "FormatError" });
});

Deno.test("a pickle that names os.system is refused with that name", async () => {
  for (const read of [() => io.pickle.load(golden("os_system.pkl")), () => io.torch.load(golden("os_system.pt"))]) {
    await assert.rejects(read, (error: FormatError) => {
      assert.ok(error instanceof FormatError);
      assert.match(error.message, /^Cannot read os_system\.\w+: its pickle names os\.system, which/);
      assert.ok(error.file.startsWith("os_system.") && error.offset! >= 0 && error.wanted);
      return true;
    });
  }
  // nor is anything called that may only be mentioned, or found by another spelling
  const evil = (text: string) => io.pickle.load(new TextEncoder().encode(text));
  await assert.rejects(evil("c__builtin__\neval\n(S'1'\ntR."), /names builtins\.eval/);
  await assert.rejects(evil("cbuiltins\nint\n(S'1'\ntR."), /calls builtins\.int/);
  await assert.rejects(evil("ccollections\nOrderedDict.__init__.__globals__\n."), /__globals__/);
  await assert.rejects(evil("cbuiltins\n__proto__\n."), /names builtins\.__proto__/);
  await assert.rejects(evil("(S'os'\nS'system'\n\x93."), FormatError);
});

Deno.test("values that hold each other many times, copies and overlapping entries cost no time or memory", async () => {
  const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
  const deep = "]" + "2\x86".repeat(300); // a pair of the one before: 2^300 ends
  const refused = [
    `ctorch\ndevice\n${deep}\x85R${deep}a.`,
    `cnumpy\ndtype\n${deep}\x85R.`,
    `cnumpy.core.numeric\n_frombuffer\n(C\0cnumpy\ndtype\nX\x02\0\0\0f4\x85R${deep}NtR.`,
    `(X\x07\0\0\0storagectorch\nFloatStorage\n${deep}NK\x01tQ.`,
    `(${deep}ctorch\nFloatStorage\nNNK\x01tQ.`,
    `c_codecs\nencode\nX\0\0\0\0${deep}\x86R.`,
    // a dictionary of 5,000, copied 200,000 times
    `}(${Array.from({ length: 5000 }, (_, i) => `M${String.fromCharCode(i & 255, i >> 8)}N`).join("")}uq\0` +
    `ccollections\nOrderedDict\nq\x01${"h\x01h\0\x85R0".repeat(200_000)}.`,
    "}".repeat(3_000_000),
  ];
  const start = performance.now();
  for (const pickle of refused) {
    await assert.rejects(io.pickle.load(bytes(pickle)), FormatError, pickle.slice(0, 60));
    const writer = [pickle, "little"].map((text) => bytes(text));
    await assert.rejects(
      io.torch.load(await archive({ "a/data.pkl": writer[0], "a/byteorder": writer[1] })),
      FormatError,
    );
  }
  assert.ok(Array.isArray(await io.pickle.load(bytes(`${deep}.`))));
  // one packed entry under many names
  const zip = await archive({ "a.npy": await io.npy.serialize(new Float32Array(1000)) }),
    view = new DataView(zip.buffer);
  const at = view.getUint32(zip.length - 6, true), entry = zip.slice(at, zip.length - 22), many = 500;
  const all = new Uint8Array(at + many * entry.length + 22);
  all.set(zip.subarray(0, at));
  for (let i = 0; i < many; i++) {
    all.set(entry, at + i * entry.length);
    all.set(bytes(`${i}`.padStart(5, "0")), at + i * entry.length + 46); // a name of as many letters
  }
  all.set(zip.subarray(zip.length - 22), all.length - 22);
  const end = new DataView(all.buffer, all.length - 22);
  end.setUint16(8, many, true);
  end.setUint16(10, many, true);
  end.setUint32(12, many * entry.length, true);
  await assert.rejects(io.npz.load(all), /overlaps/);
  assert.ok(performance.now() - start < 5000);
});

Deno.test("classes that the caller knows come as their parts", async () => {
  const text = "ctorchtext.vocab\nVocab\n(I1\ntR(dS'size'\nI2\nsb.";
  const source = new TextEncoder().encode(text);
  await assert.rejects(io.pickle.load(source), /names torchtext\.vocab\.Vocab/);
  const found = await io.pickle.load(source, { allow: ["torchtext.vocab.Vocab"] }) as io.pickle.PyObject;
  assert.equal(found.name, "torchtext.vocab.Vocab");
  assert.deepEqual([found.args, found.state], [[1], new Map([["size", 2]])]);
});

Deno.test("files of other machines, other formats and too large contents are refused", async () => {
  await assert.rejects(io.torch.load(golden("big_endian.pt")), /big-endian/);
  await assert.rejects(io.torch.load(golden("deepmoji_weights.hdf5")), FormatError);
  await assert.rejects(io.hdf5.load(golden("fwd_wt103.h5")), /io\.torch/);
  await assert.rejects(io.npz.load(golden("bomb.npz")), /83886\d+ bytes in memory.*maxBytes/);
  assert.equal((await io.npz.load(golden("bomb.npz"), { maxBytes: 100e6 })).size, 1);
  await assert.rejects(io.safetensors.load(golden("missing.safetensors")), { name: "StateError" });
  await assert.rejects(io.safetensors.load(42 as unknown as string), { name: "ValueError" });
});

Deno.test("arrays of NumPy: versions, texts, objects", async () => {
  for (const version of [1, 2, 3]) {
    const array = await io.npy.load(golden(`version${version}.npy`)) as io.StoredTensor;
    assert.deepEqual([...array.data], Array.from({ length: 24 }, (_, i) => i));
  }
  const texts = await io.npz.load(golden("texts.npz"));
  const values = (name: string) => (texts.get(name) as io.ObjectArray).values;
  assert.deepEqual(values("wide"), ["ab", "zwölf", "", "\u{1f600}"]);
  assert.deepEqual(values("wide_big"), ["a", "bc"]);
  assert.deepEqual(values("bytes"), ["q", "rs"]);
  assert.deepEqual(values("objects"), ["word", null, 3, [1, 2]]);
  assert.deepEqual(texts.get("wide")!.shape, [2, 2]);
});

Deno.test("safetensors: sizes, holes, overlaps and unknown types are refused as by the reference", async () => {
  const make = (header: unknown, data = 8) => {
    const text = typeof header === "string" ? header : JSON.stringify(header), bytes = new TextEncoder().encode(text);
    const file = new Uint8Array(8 + bytes.length + data);
    new DataView(file.buffer).setBigUint64(0, BigInt(bytes.length), true);
    file.set(bytes, 8);
    return io.safetensors.load(file);
  };
  const tensor = (from: number, to: number, more = {}) => ({
    dtype: "F32",
    shape: [1],
    data_offsets: [from, to],
    ...more,
  });
  assert.equal((await make({ a: tensor(0, 4), b: tensor(4, 8) })).size, 2);
  assert.equal((await make({ a: tensor(0, 4), b: tensor(4, 8), none: tensor(4, 4, { shape: [0, 9] }) })).size, 3);
  const wrong: [unknown, RegExp][] = [
    [{ a: tensor(0, 4), b: tensor(0, 4) }, /begins at 0 of the data.*wanted 4/],
    [{ a: tensor(0, 4), b: tensor(2, 6) }, /begins at 2/],
    [{ a: tensor(4, 8) }, /begins at 4/],
    [{ a: tensor(0, 4) }, /tensors end/],
    [{ a: tensor(0, 4), b: tensor(4, 8), c: tensor(8, 12) }, /tensors end/],
    [{ a: tensor(0, 8) }, /lies at 0 to 8/],
    [{ a: tensor(8, 4) }, /lies at 8 to 4/],
    [{ a: tensor(0, 4, { dtype: "F8_E4M3" }) }, /F8_E4M3/],
    [{ a: tensor(0, 4, { dtype: "constructor" }) }, /constructor/],
    [{ a: tensor(0, 4, { shape: [-1, -1] }) }, /no shape/],
    [{ a: tensor(0, 4, { shape: [2 ** 40, 2 ** 40] }) }, /lies at/],
    [{ __metadata__: { a: 1 } }, /no text/],
    [" {}", /begins with byte 32/],
    ["{", /no JSON/],
    ["[]", /begins/],
  ];
  for (const [header, message] of wrong) await assert.rejects(make(header), message);
  const huge = new Uint8Array(16).fill(255);
  await assert.rejects(io.safetensors.load(huge), FormatError);
});
