// What is written here is what the frameworks read: the bytes are those of files that they have read (written.json says
// what they saw), and where PyTorch is installed they read them anew.
import assert from "node:assert/strict";
import * as w from "../mod.ts";
import { entries, facts, golden, sha256, written } from "./support/formats.ts";

const proof = JSON.parse(Deno.readTextFileSync(golden("written.json")));
const python = new URL("../.ref/bin/python", import.meta.url);
const hasPython = (() => {
  try {
    return Deno.statSync(python).isFile;
  } catch {
    return false;
  }
})();

Deno.test("written files are those that PyTorch, NumPy and safetensors have read bit for bit", async () => {
  for (const [name, bytes] of Object.entries(await written())) {
    if (name !== "packed.npz") assert.equal(await sha256(bytes), proof.files[name], name); // packing is the runtime's
  }
  const files = await written();
  const saw = async (name: string, read: Promise<ReadonlyMap<string, unknown>>) =>
    assert.deepEqual(await facts(await read), proof[name], name);
  await saw("written.pt", w.io.torch.loadState(files["written.pt"], { at: ["model"] }));
  await saw("written.npz", w.io.npz.load(files["written.npz"]));
  await saw("packed.npz", w.io.npz.load(files["packed.npz"]));
  assert.deepEqual(Object.values(await facts([["", await w.io.npy.load(files["written.npy"])]])), [
    proof["written.npy"],
  ]);
  const read = await facts(await w.io.safetensors.load(files["written.safetensors"]));
  assert.deepEqual(read, proof["written.safetensors"]);
  assert.ok(proof.tied && proof.aligned && proof["safetensors are byte-equal"]);
  assert.deepEqual(proof.rest, {
    epoch: 3,
    lr: 1e-3,
    negative: -70000,
    large: 2 ** 40,
    name: "zwölf",
    flags: [true, null, []],
    deep: { a: 1 },
  });
});

Deno.test({
  name: "PyTorch, NumPy and safetensors read our files here and now",
  ignore: !hasPython,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "wgrad-formats-" });
    try {
      for (const [name, bytes] of Object.entries(await written())) await Deno.writeFile(`${folder}/${name}`, bytes);
      const script = new URL("golden/pytorch/formats.py", import.meta.url).pathname;
      const { stdout, stderr } = await new Deno.Command(python.pathname, { args: ["-B", script, "prove", folder] })
        .output();
      const { files: _, ...saw } = JSON.parse(
        new TextDecoder().decode(stdout) || `"${new TextDecoder().decode(stderr)}"`,
      );
      const { files: __, ...committed } = proof;
      assert.deepEqual(saw, committed);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("archives say what PyTorch says: stored entries at multiples of 64, tied storages once", async () => {
  const bytes = (await written())["written.pt"];
  const view = new DataView(bytes.buffer), names: string[] = [];
  for (let at = 0; view.getUint32(at, true) === 0x04034b50;) {
    const nameLength = view.getUint16(at + 26, true), start = at + 30 + nameLength + view.getUint16(at + 28, true);
    names.push(new TextDecoder().decode(bytes.subarray(at + 30, at + 30 + nameLength)));
    assert.equal(start % 64, 0, names.at(-1) ?? "");
    at = start + view.getUint32(at + 18, true);
  }
  assert.equal(names.filter((name) => name.startsWith("archive/data/")).length, 14);
  assert.equal(names[0], "archive/data.pkl");
});

Deno.test("streams and paths get the same bytes as serialize gives", async () => {
  const folder = await Deno.makeTempDir({ prefix: "wgrad-formats-" });
  try {
    for (const format of ["safetensors", "torch", "npz"] as const) {
      const { save, serialize } = w.io[format] as typeof w.io.safetensors;
      const whole = await serialize(entries()), path = `${folder}/${format}`;
      await save(path, entries());
      assert.deepEqual(await Deno.readFile(path), whole);
      const pieces: Uint8Array[] = [];
      await save(new WritableStream({ write: (piece) => void pieces.push(piece.slice()) }), entries());
      assert.deepEqual(new Uint8Array(await new Blob(pieces as Uint8Array<ArrayBuffer>[]).arrayBuffer()), whole);
      assert.ok(pieces.length > 3, "in pieces");
    }
    await assert.rejects(w.io.safetensors.save(`${folder}/no/such/folder`, {}), { name: "StateError" });
    await assert.rejects(async () => await w.io.safetensors.save(1 as never, {}), { name: "ValueError" });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what a format does not have is refused before anything is written", async () => {
  const refused = (make: () => unknown, name: string, message: RegExp) => {
    return assert.rejects(async () => await make(), (error: Error) => {
      assert.equal(error.name, name);
      assert.match(error.message, message);
      return true;
    });
  };
  const { torch, npz, safetensors } = w.io;
  await refused(() => torch.serialize({ a: { b: () => 1 } }), "ValueError", /value\.a\.b: it is a function/);
  await refused(() => torch.serialize({ a: [new Date()] }), "ValueError", /value\.a\[0\]: it is a Date/);
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  await refused(() => torch.serialize(circle), "ValueError", /contains itself/);
  await refused(() => npz.serialize({ a: { shape: [1], data: [1], dtype: "bf16" } }), "ValueError", /bf16/);
  await refused(() => safetensors.serialize({ a: { shape: [2], data: [1] } }), "ShapeError", /1 values are not \[2\]/);
  await refused(() => safetensors.serialize({ a: { shape: [1], data: [300], dtype: "u8" } }), "ValueError", /300/);
  await refused(() => safetensors.serialize({ a: { shape: [1], data: [1.5], dtype: "i64" } }), "ValueError", /1\.5/);
  await refused(() => safetensors.serialize({ a: "text" as never }), "ValueError", /wanted a tensor/);
  await refused(() => safetensors.serialize({}, { metadata: { a: 1 as never } }), "ValueError", /no text/);
});

Deno.test("a model goes through every format and comes back bit for bit", async () => {
  await w.init();
  w.manualSeed(3);
  const make = () => new w.nn.Sequential(new w.nn.Embedding(5, 4), new w.nn.Linear(4, 3), new w.nn.BatchNorm1d(3));
  const model = make(),
    wanted = await facts(await w.io.safetensors.load(await w.io.safetensors.serialize(model.stateDict())));
  const formats: [Uint8Array, (bytes: Uint8Array) => Promise<ReadonlyMap<string, unknown>>][] = [
    [await w.io.safetensors.serialize(model.stateDict()), w.io.safetensors.load],
    [await w.io.torch.serialize(model.stateDict()), w.io.torch.loadState],
    [await w.io.npz.serialize(model.stateDict()), w.io.npz.load],
  ];
  for (const [bytes, load] of formats) {
    const other = make(), tensors = await load(bytes) as Map<string, w.io.StoredTensor>;
    other.loadStateDict(tensors);
    const again = await facts(await w.io.safetensors.load(await w.io.safetensors.serialize(other.stateDict())));
    assert.deepEqual(again, wanted);
  }
});

Deno.test("tensors of the GPU: types, tied ones once, uploads", async () => {
  await w.init();
  const tied = w.tensor([[1, 2], [3, 4]]), view = tied.transpose(0, 1);
  const tensors = { tied, same: tied, view, ids: w.tensor([1, -2], { dtype: "i32" }), mask: w.tensor([true, false]) };
  const state = await w.io.torch.loadState(await w.io.torch.serialize(tensors));
  assert.ok(state.get("tied")!.isSame(state.get("same")!));
  assert.ok(!state.get("tied")!.isSame(state.get("view")!));
  assert.deepEqual([...state.get("view")!.data], [1, 3, 2, 4]);
  assert.deepEqual([state.get("ids")!.stored, state.get("mask")!.stored], ["i32", "bool"]);
  const uploaded = state.get("ids")!.toTensor();
  assert.deepEqual([uploaded.dtype, await uploaded.toArray()], ["i32", [1, -2]]);
  assert.deepEqual(await state.get("mask")!.toTensor().toArray(), [true, false]);
  assert.equal(state.get("tied")!.toTensor({ requiresGrad: true }).requiresGrad, true);
});
