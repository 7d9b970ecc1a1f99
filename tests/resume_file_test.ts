// Checkpoint files: every bit of a state comes back, and a file that is damaged, cut off, foreign or of another version
// is refused with a reason, never half loaded.
import { strict as assert } from "node:assert";
import * as w from "../mod.ts";
import { CheckpointFolder } from "../src/train/checkpoint_folder.ts";
import { disposeTree, toHost } from "../src/train/checkpoint_tree.ts";
import { openFolder } from "../src/platform/folder.ts";

await w.init();
const { loadCheckpoint, saveCheckpoint } = w.train;
type Tree = { [key: string]: w.StateTree };

async function withFolder(fn: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempDir();
  try {
    await fn(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

/** A state with some of everything. */
function someState(): { tree: Tree; release(): void } {
  w.manualSeed(4);
  const model = new w.nn.Linear(3, 5), wide = w.randn([5, 6]);
  const bits = w.tensor(Float32Array.of(1, -0, NaN, Infinity, 2 ** -149));
  const flags = w.tensor([1, 0, 1], { dtype: "bool" }), ids = w.tensor(Int32Array.of(-5, 2 ** 31 - 1));
  const counts = w.tensor(Uint32Array.of(2 ** 32 - 1)), view = wide.slice(1, 1, 3), tied = model.stateDict();
  const tree: Tree = {
    model: model.stateDict(),
    tied,
    tensors: [bits, flags, ids, counts, view],
    numbers: [0, -0, NaN, Infinity, -Infinity, 2 ** 53 - 1, 1e-310, 0.1],
    long: Array.from({ length: 100 }, (_, i) => i === 7 ? NaN : i / 3),
    arrays: {
      f32: Float32Array.of(NaN, -0),
      f64: Float64Array.of(Math.PI),
      u8: Uint8Array.of(255),
      i8: Int8Array.of(-128),
      u16: new Uint16Array([1, 65535, 3]),
      i64: BigInt64Array.of(-(2n ** 63n)),
      u64: BigUint64Array.of(2n ** 64n - 1n),
      part: new Uint8Array(8).fill(7).subarray(3, 5),
      none: new Float32Array(0),
      clamped: Uint8ClampedArray.of(200),
    },
    odd: {
      "": 1,
      "a.b": 2,
      a: { b: new Uint8Array(1) },
      $: "mark",
      "ünï": "\u2028\u0000\ud83d\ude00",
      list: [[], {}, null],
    },
    flag: true,
  };
  return { tree, release: () => [model, wide, bits, flags, ids, counts, view].forEach((t) => t.dispose()) };
}

/** The same tree with values in place of tensors. */
async function values(tree: w.StateTree): Promise<unknown> {
  if (tree instanceof w.Tensor) return [tree.dtype, tree.shape, new Uint32Array((await raw(tree)).buffer)];
  if (tree === null || typeof tree !== "object" || ArrayBuffer.isView(tree)) return tree;
  if (Array.isArray(tree)) return await Promise.all(tree.map(values));
  return Object.fromEntries(await Promise.all(Object.entries(tree).map(async ([k, v]) => [k, await values(v)])));
}
const raw = async (t: w.AnyTensor) => t.dtype === "bool" ? Uint32Array.from(await t.data()) : await t.data();

Deno.test("a state comes back bit for bit; tied tensors are stored once", () =>
  withFolder(async (path) => {
    const { tree, release } = someState(), wanted = await values(tree), file = `${path}/deep/state.safetensors`;
    await saveCheckpoint(file, tree);
    release();
    const before = w.memory().buffers, loaded = await loadCheckpoint(file) as Tree;
    assert.deepEqual(await values(loaded), wanted);
    assert.equal((loaded.tied as Tree).weight, (loaded.model as Tree).weight);
    const bytes = await Deno.readFile(file);
    assert.deepEqual(await values(await loadCheckpoint(bytes)), wanted);
    disposeTree(loaded);
    assert.ok(w.memory().buffers > before, "the second one is still there");
    const { tensors } = w.io?.safetensors?.parse(bytes) ?? { tensors: null };
    if (tensors) assert.deepEqual([...tensors.keys()].filter((name) => name.includes("weight")), ["model.weight"]);
  }));

Deno.test("a copy is of the moment when it was asked for", () =>
  withFolder(async (path) => {
    const t = w.tensor([1, 2, 3]), list = [1], array = Float32Array.of(1);
    const saved = saveCheckpoint(`${path}/x.safetensors`, { t, list, array });
    w.noGrad(() => t.fill_(9));
    list[0] = array[0] = 9;
    t.dispose();
    await saved;
    const back = await loadCheckpoint(`${path}/x.safetensors`) as { t: w.Tensor; list: number[]; array: Float32Array };
    assert.deepEqual([[...await back.t.data()], back.list, [...back.array]], [[1, 2, 3], [1], [1]]);
  }));

Deno.test("many tensors are read by few copies, large ones in pieces", async () => {
  const many = Array.from({ length: 300 }, (_, i) => w.full([3], i)), large = w.arange(2 ** 24 + 1000);
  const { tensors } = await toHost([...many, large]);
  for (const i of [0, 150, 299]) assert.deepEqual([...tensors.get(`${i}`)!.data], [i, i, i]);
  const { data } = tensors.get("300")!;
  for (const i of [0, 2 ** 24 - 100, 2 ** 24 - 65, 2 ** 24 - 64, 2 ** 24 - 63]) assert.equal(data[i], i);
  for (const t of [...many, large]) t.dispose();
});

Deno.test("what is no state is refused with its place", async () => {
  const loop: Tree = {};
  loop.inner = { loop };
  const gone = w.tensor([1]);
  gone.dispose();
  for (
    const [wrong, said] of [
      [{ a: [{ b: () => 1 }] }, /at "a\.0\.b": it is a function/],
      [{ a: 3n }, /at "a": it is a bigint/],
      [{ a: new Map() }, /at "a": it is a Map/],
      [{ a: undefined, b: [undefined] }, /at "b\.0": it is a undefined/],
      [loop, /at "inner\.loop": it is an object that contains itself/],
      [{ gone }, /it was disposed/],
    ] as const
  ) {
    await assert.rejects(() => saveCheckpoint("/nowhere/x", wrong as unknown as w.StateTree), said);
  }
});

Deno.test("a file that is cut off, changed, foreign or of another version is refused by name and reason", () =>
  withFolder(async (path) => {
    const { tree, release } = someState(), file = `${path}/state.safetensors`;
    await saveCheckpoint(file, tree);
    release();
    const bytes = await Deno.readFile(file), before = w.memory().bytes;
    const refused = async (changed: Uint8Array, said: RegExp) => {
      await Deno.writeFile(file, changed);
      await assert.rejects(loadCheckpoint(file), (error: unknown) => {
        assert.ok(error instanceof w.FormatError, `${error}`);
        assert.match(error.message, /^Cannot (read|load checkpoint) .*state\.safetensors: .*; wanted /s);
        assert.match(error.message, said);
        assert.match(error.file, /state\.safetensors$/);
        return true;
      });
    };
    for (let i = 0; i < 16; i++) await refused(bytes.slice(0, Math.floor(bytes.length * i / 16)), /./);
    const header = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const flip = (at: number, mask: number) => bytes.with(at, bytes[at] ^ mask);
    for (let at = 0; at < 8 + header; at += 29) await refused(flip(at, 1 << at % 8), /./);
    for (let at = 8 + header; at < bytes.length; at += 31) {
      await refused(flip(at, 1 << at % 8), /tensor ".*" is damaged/);
    }
    const text = new TextDecoder().decode(bytes.subarray(8, 8 + header));
    const withHeader = (changed: string) => {
      assert.equal(changed.length, text.length);
      const all = bytes.slice();
      all.set(new TextEncoder().encode(changed), 8);
      return all;
    };
    await refused(withHeader(text.replace('"version":"1"', '"version":"2"')), /it is of version 2; wanted version 1/);
    await refused(withHeader(text.replace("wgrad.checkpoint", "other.checkpoint")), /but no checkpoint/);
    await refused(withHeader(text.replace("9007199254740991", "9007199254740990")), /its header is damaged/);
    await refused(await Deno.readFile(new URL("golden/optim.safetensors", import.meta.url)), /but no checkpoint/);
    await refused(new TextEncoder().encode("not at all what was asked for"), /./);
    assert.equal(w.memory().bytes, before, "nothing stays behind");
    await assert.rejects(loadCheckpoint(`${path}/none.safetensors`), w.StateError);
  }));

Deno.test("a folder keeps the last ones and finds the last whole one", () =>
  withFolder(async (path) => {
    const files = new CheckpointFolder(`${path}/run`), warnings: string[] = [];
    const warn = (message: string) => void warnings.push(message);
    assert.equal(await files.latest(warn), null);
    assert.equal(await w.train.latestCheckpoint(`${path}/run`), null);
    await Deno.mkdir(`${path}/run`);
    await Deno.writeTextFile(`${path}/run/.checkpoint-000001.safetensors.x.tmp`, "left behind by a crash");
    for (let i = 1; i <= 4; i++) await files.add(await toHost({ i }), { step: i }, 3);
    const names = () => Array.fromAsync(Deno.readDir(`${path}/run`), ({ name }) => name).then((list) => list.sort());
    const numbered = (...list: number[]) => list.map((i) => `checkpoint-00000${i}.safetensors`);
    assert.deepEqual(await names(), numbered(2, 3, 4));
    assert.deepEqual((await files.latest(warn))!.facts, { step: 4 });
    await Deno.truncate(`${path}/run/${numbered(4)[0]}`, 100);
    assert.deepEqual((await files.latest(warn))!.facts, { step: 3 });
    assert.match(
      warnings.join(),
      /checkpoint-000004\.safetensors: .*; going on from .*checkpoint-000003\.safetensors$/,
    );
    const again = new CheckpointFolder(`${path}/run`);
    assert.equal(await again.add(await toHost({ i: 5 }), { step: 5 }, 3), numbered(5)[0]);
    for (const i of [3, 5]) await Deno.truncate(`${path}/run/${numbered(i)[0]}`, 0);
    await assert.rejects(again.latest(warn), (error: unknown) => error instanceof w.FormatError);
  }));

Deno.test("a file is written whole or not at all", () =>
  withFolder(async (path) => {
    const folder = openFolder(`${path}/a/b`), bytes = (text: string) => new TextEncoder().encode(text);
    const text = async (name: string) => {
      const file = await folder.open(name);
      return new TextDecoder().decode(await file.read(0, file.size));
    };
    await folder.write("x", [bytes("old")]);
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes("new");
      yield new Uint8Array(2 ** 20);
      await Promise.resolve();
      throw new Error("the disk is full");
    };
    await assert.rejects(folder.write("x", broken()), (error: unknown) => {
      assert.ok(error instanceof w.StateError);
      return /^Cannot write .*\/a\/b\/x: the disk is full$/.test(error.message);
    });
    assert.equal(await text("x"), "old");
    assert.deepEqual(await Array.fromAsync(Deno.readDir(`${path}/a/b`), ({ name }) => name), ["x"]);
    await folder.write("x", [bytes("n"), bytes("ew"), new Uint8Array(0)]);
    assert.equal(await text("x"), "new");
    await folder.append("log", "one ");
    await folder.append("log", bytes("two"));
    assert.equal(await text("log"), "one two");
    assert.deepEqual(await folder.list(), [{ name: "log", bytes: 7 }, { name: "x", bytes: 3 }]);
    await folder.remove("log");
    await folder.remove("log");
    assert.equal((await folder.list()).length, 1);
    for (const name of ["", "..", "a/b", "/x"]) {
      await assert.rejects(async () => await folder.write(name, []), /file name/);
    }
    await assert.rejects(openFolder(`${path}/a/b/x`).write("y", []), w.StateError);
    await assert.rejects(folder.open("none"), w.StateError);
  }));
