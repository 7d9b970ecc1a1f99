import { strict as assert } from "node:assert";
import * as w from "../mod.ts";

await w.init();
const { DataLoader, stackFields, stackTyped, stackValues } = w.data;

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const pairs = (n: number) => range(n).map((i) => [Float32Array.of(i, -i), i] as const);
const collate = stackFields("f32", "i32");

async function collect(loader: AsyncIterable<[w.Tensor, w.Tensor<"i32">]>): Promise<number[][]> {
  const batches: number[][] = [];
  for await (const [, y] of loader) batches.push([...await y.data()]);
  return batches;
}

Deno.test("DataLoader yields stacked batches in order, the last one short unless it is dropped", async () => {
  const loader = new DataLoader(pairs(5), { batchSize: 2, collate });
  assert.equal(loader.length, 3);
  assert.deepEqual(await collect(loader), [[0, 1], [2, 3], [4]]);
  const full = new DataLoader(pairs(5), { batchSize: 2, dropLast: true, collate });
  assert.equal(full.length, 2);
  assert.deepEqual(await collect(full), [[0, 1], [2, 3]]);
  for await (const [x, y] of loader) {
    assert.deepEqual([x.shape, x.dtype, y.shape, y.dtype], [[2, 2], "f32", [2], "i32"]);
    assert.deepEqual(await x.toArray(), [[0, -0], [1, -1]]);
    break;
  }
});

Deno.test("DataLoader releases a batch when the next one is asked for, and when the loop is left", async () => {
  const seen: w.Tensor[] = [];
  const loader = new DataLoader(pairs(6), { batchSize: 2, collate });
  const before = w.memory().bytes;
  for await (const [x] of loader) {
    assert.ok(!x.disposed);
    assert.ok(seen.every((old) => old.disposed));
    seen.push(x);
    if (seen.length === 2) break;
  }
  assert.ok(seen.every((old) => old.disposed));
  assert.equal(w.memory().bytes, before);
});

Deno.test("a scope that is open around the loop does not take batches away from the loader", async () => {
  const outer = w.scope();
  const loop = new DataLoader(pairs(4), { batchSize: 2, collate })[Symbol.asyncIterator]();
  const first = loop.next();
  outer.close();
  const [x] = (await first).value!;
  assert.ok(!x.disposed);
  await loop.return();
  assert.ok(x.disposed);
});

Deno.test("shuffling visits every item once, in another order every epoch, and the same with the same seed", async () => {
  const make = (seed?: number) => new DataLoader(pairs(50), { batchSize: 8, shuffle: true, seed, collate });
  const loader = make(3);
  const first = (await collect(loader)).flat(), second = (await collect(loader)).flat();
  assert.deepEqual(first.toSorted((a, b) => a - b), range(50));
  assert.notDeepEqual(first, range(50));
  assert.notDeepEqual(first, second);
  const again = make(3);
  assert.deepEqual((await collect(again)).flat(), first);
  assert.deepEqual((await collect(again)).flat(), second);
  assert.notDeepEqual((await collect(make(4))).flat(), first);

  w.manualSeed(11);
  const a = (await collect(make())).flat(), b = (await collect(make())).flat();
  w.manualSeed(11);
  assert.deepEqual((await collect(make())).flat(), a);
  assert.notDeepEqual(a, b, "two loaders of one program have orders of their own");
});

Deno.test("a data set may read its items when they are asked for", async () => {
  const asked: number[] = [];
  const dataset = {
    length: 3,
    get: (index: number) => {
      asked.push(index);
      return Promise.resolve([Float32Array.of(index), index] as const);
    },
  };
  assert.deepEqual(await collect(new DataLoader(dataset, { batchSize: 2, collate })), [[0, 1], [2]]);
  assert.deepEqual(asked, [0, 1, 2]);
});

Deno.test("typed arrays say their dtype; plain numbers are refused without stackFields", async () => {
  const [a, b, c] = stackTyped([[Float32Array.of(1), Int32Array.of(2), Uint32Array.of(3)]]);
  assert.deepEqual([a.dtype, b.dtype, c.dtype], ["f32", "i32", "u32"]);
  assert.deepEqual(await b.toArray(), [[2]]);
  for (const tensor of [a, b, c]) tensor.dispose();
  assert.throws(() => stackTyped([[1]]), w.DTypeError);
});

Deno.test("loaders and collate functions name what they refuse", async () => {
  assert.throws(() => stackValues([[1, 2], [1, 2, 3]], "i32", 4), (error: unknown) => {
    assert.ok(error instanceof w.ShapeError);
    assert.equal(
      error.message,
      "Cannot stack field 4 of a batch: item 1 has 3 values, item 0 has 2; pad them in collate",
    );
    return error.position === 1;
  });
  assert.throws(() => stackValues([], "i32"), w.ValueError);
  assert.throws(() => stackTyped([]), w.ValueError);
  for (const batchSize of [0, -1, 1.5, NaN, Infinity]) {
    assert.throws(() => new DataLoader(pairs(2), { batchSize, collate }), /batchSize = /);
  }
  assert.throws(() => w.data.groupChunks([1, 2], 0), w.ValueError);
  await assert.rejects(collect(new DataLoader(pairs(0), { batchSize: 2, collate })), /the data set is empty/);
});
