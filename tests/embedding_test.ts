// Embedding, indexing and sorting: sums in one order whatever the variant, limits or batch; faults; PyTorch's results.
import assert from "node:assert/strict";
import { grad } from "../src/autograd/backward.ts";
import { IndexError, ShapeError, ValueError } from "../src/errors.ts";
import { setDevice } from "../src/gpu/default.ts";
import { type Device, openDevice } from "../src/gpu/device.ts";
import { add } from "../src/ops/binary.ts";
import { tensor } from "../src/ops/creation.ts";
import { embedding } from "../src/ops/embedding.ts";
import * as indexing from "../src/ops/indexing.ts";
import "../src/ops/mod.ts";
import { argsort, sort, topk } from "../src/ops/sort.ts";
import { scatterRows } from "../src/ops/table.ts";
import { tidy } from "../src/tensor/scope.ts";
import type { Tensor } from "../src/tensor/tensor.ts";
import { goldenTensor, loadGolden, relativeL2, under } from "./golden/golden.ts";

const device = await openDevice(), small = await openDevice({ limits: "default" });
setDevice(device);

const ids = (values: ArrayLike<number>, shape?: number[]) =>
  tensor(Int32Array.from(values), { dtype: "i32", shape: shape ?? [values.length] });
const noise = (n: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 12.9898) * 43.75 % 1);

/** What the gradient must be, to the last bit: ascending positions, 128 at a time. */
function chunked(list: readonly number[], g: Float32Array, rows: number, d: number, padding: number): Float32Array {
  const out = new Float32Array(rows * d), part = new Float32Array(1), total = new Float32Array(1);
  const byRow = Map.groupBy(list.keys(), (i) => list[i]);
  for (const [v, places] of byRow) {
    if (v === padding) continue;
    for (let c = 0; c < d; c++) {
      total[0] = 0;
      for (let from = 0; from < places.length; from += 128) {
        part[0] = 0;
        for (const p of places.slice(from, from + 128)) part[0] += g[p * d + c];
        total[0] += part[0];
      }
      out[v * d + c] = total[0];
    }
  }
  return out;
}

async function onDevice<R>(other: Device, fn: () => R | Promise<R>): Promise<R> {
  const old = setDevice(other);
  try {
    return await fn();
  } finally {
    setDevice(old);
  }
}

Deno.test("the gradient of embedding() has the same bits by sorting, by looking at all ids, and on the host", async () => {
  const cases = [[1, 1, 3, 4], [5, 300, 3, 7], [30, 1024, 64, 3], [3, 4000, 20, 1], [40_000, 999, 8, 2], [
    2,
    20_000,
    5,
    4,
  ]];
  await Promise.all(cases.map(async ([rows, n, d, spread]) => {
    const list = Array.from(
        { length: n },
        (_, i) => Math.floor((i * 2654435761 % 4294967296) / 4294967296 * rows / spread),
      ),
      g = noise(n * d);
    const padding = rows > 2 ? 1 : -1, source = tensor(g, { shape: [n, d] });
    const big = rows + Math.ceil(2 ** 19 / (n * Math.ceil(d / 16))); // so many rows that the ids are sorted
    const found = tidy(() => [
      scatterRows(source, ids(list), rows, padding, "test").data(),
      scatterRows(source, ids(list), big, padding, "test").data(),
    ]);
    const wanted = chunked(list, g, rows, d, padding);
    for (const read of found) {
      assert.deepEqual((await read).subarray(0, wanted.length), wanted, `${rows} rows, ${n} ids, ${d} wide`);
    }
  }));
});

Deno.test("the gradient of embedding() does not depend on the device's limits or kind", async () => {
  const n = 5000, d = 12, list = Array.from({ length: n }, (_, i) => i * i % 1000), g = noise(n * d);
  const run = () => tidy(() => [scatterRows(tensor(g, { shape: [n, d] }), ids(list), 1000, -1, "test").data()])[0];
  const wanted = chunked(list, g, 1000, d, -1);
  assert.deepEqual(await run(), wanted);
  assert.deepEqual(await onDevice(small, run), wanted);
  const { info } = small, own = small as { info: typeof info };
  own.info = { ...info, software: !info.software };
  assert.deepEqual(await onDevice(small, run), wanted);
  own.info = info;
});

Deno.test("the gradient of embedding() adds up the parts of a batch that has more ids than are sorted at once", async () => {
  const n = 2 ** 20 + 77, rows = 500, list = Int32Array.from({ length: n }, (_, i) => i * i % rows);
  for (const d of [1, 4]) {
    const counts = new Float32Array(rows * d);
    list.forEach((id, i) => i % 3 === 0 && counts.fill(counts[id * d] + 1, id * d, (id + 1) * d));
    const g = Float32Array.from({ length: n * d }, (_, i) => Math.floor(i / d) % 3 === 0 ? 1 : 0);
    const sums = tidy(() => [scatterRows(tensor(g, { shape: [n, d] }), tensor(list), rows, -1, "test").data()])[0];
    assert.deepEqual(await sums, counts);
  }
});

Deno.test("tables and results larger than a binding are looked up and summed in pieces", async () => {
  const own = small.limits as { maxStorageBufferBindingSize: number }, limit = own.maxStorageBufferBindingSize;
  own.maxStorageBufferBindingSize = 64 * 32 * 4 * 2; // twice 64 rows of 32
  try {
    await onDevice(small, async () => {
      const rows = 999, d = 32, values = noise(rows * d), table = tensor(values, { shape: [rows, d] }).requiresGrad_();
      const list = Array.from({ length: 500 }, (_, i) => i * 37 % rows), few = list.slice(0, 100);
      const out = embedding(ids(list), table), gradOutputs = [tensor(noise(100 * d), { shape: [100, d] })];
      const [slope] = grad(embedding(ids(few), table), [table], { gradOutputs });
      const [found, back] = await Promise.all([out.data(), slope.data()]);
      assert.deepEqual(
        found,
        Float32Array.from({ length: 500 * d }, (_, i) => values[list[Math.floor(i / d)] * d + i % d]),
      );
      assert.deepEqual(back, chunked(few, noise(100 * d), rows, d, -1));
    });
  } finally {
    own.maxStorageBufferBindingSize = limit;
  }
});

Deno.test("a padding row is looked up like any other but gets no gradient", async () => {
  const table = tensor([[1, 2], [3, 4], [5, 6]]).requiresGrad_();
  const out = embedding(ids([0, 2, 0, 1]), table, { paddingIdx: -3 });
  const [slope] = grad(out, [table], { gradOutputs: [tensor(new Float32Array(8).fill(1), { shape: [4, 2] })] });
  const [found, back] = await Promise.all([out.toArray(), slope.toArray()]);
  assert.deepEqual(found, [[1, 2], [5, 6], [1, 2], [3, 4]]);
  assert.deepEqual(back, [[0, 0], [1, 1], [1, 1]]);
  assert.throws(() => embedding(ids([0]), table, { paddingIdx: 3 }), IndexError);
});

Deno.test("ids out of range throw at once when they were uploaded, at the read when the GPU made them", async () => {
  const table = tensor([[1, 2], [3, 4]]);
  assert.throws(() => embedding(ids([0, 2]), table), IndexError);
  assert.throws(() => embedding(ids([-1]), table), IndexError);
  const made = add(ids([0, 1, 0]), ids([0, 7, 0]));
  await assert.rejects(embedding(made, table).data(), (error: IndexError) => {
    assert.deepEqual([error.name, error.op, error.value, error.position], ["IndexError", "embedding", 8, 1]);
    return true;
  });
  for (
    const run of [
      () => indexing.gather(table, 0, add(ids([0, 1], [1, 2]), 3)),
      () => indexing.indexSelect(table, 0, add(ids([1]), -2)),
    ]
  ) {
    await assert.rejects(run().data(), IndexError);
  }
  assert.deepEqual([...await embedding(ids([1]), table).data()], [3, 4], "the device goes on");
});

Deno.test("golden indexing and sorting: values, indices and gradients as PyTorch's", async () => {
  const { tensors, meta } = await loadGolden("ops");
  type Options = Record<string, number>;
  type Run = (inputs: Tensor[], options: Options) => Tensor[];
  const index = (t: Tensor) => t as unknown as Tensor<"i32">,
    both = (s: { values: Tensor; indices: Tensor<"i32"> }) => [s.values, s.indices as unknown as Tensor];
  const runs: Record<string, Run> = {
    gather: ([x, i], { dim }) => [indexing.gather(x, dim, index(i))],
    scatterAdd: ([x, i, s], { dim }) => [indexing.scatterAdd(x, dim, index(i), s)],
    indexSelect: ([x, i], { dim }) => [indexing.indexSelect(x, dim, index(i))],
    oneHot: ([i], { numClasses }) => [indexing.oneHot(index(i), numClasses) as unknown as Tensor],
    sort: ([x], options) => both(sort(x, options)),
    topk: ([x], { k, ...options }) => both(topk(x, k, options)),
  };
  const cases = meta.cases.filter(({ op }) => op in runs);
  assert.equal(cases.length, 11);
  await Promise.all(cases.map(async (one) => {
    const held = under(tensors, one.name),
      put = (name: string) => {
        const { data, shape, dtype } = goldenTensor(held, name);
        return tensor(data, { shape, dtype: dtype === "i32" ? "i32" : "f32" }) as Tensor;
      };
    const inputs = one.inputs.map(put), floats = one.inputs.filter((name) => held.has(`grad/${name}`));
    floats.forEach((name) => inputs[one.inputs.indexOf(name)].requiresGrad_());
    const outputs = runs[one.op](inputs, one.options as Options);
    const live = one.outputs.flatMap((name, i) => held.has(`r/${name}`) && outputs[i].requiresGrad ? [i] : []);
    const slopes = floats.length
      ? grad(live.map((i) => outputs[i]), floats.map((name) => inputs[one.inputs.indexOf(name)]), {
        gradOutputs: live.map((i) => put(`r/${one.outputs[i]}`)),
      })
      : [];
    const found = await Promise.all([...outputs, ...slopes].map((t) => t.data()));
    [...one.outputs, ...floats.map((name) => `grad/${name}`)].forEach((name, i) => {
      const off = relativeL2(found[i], goldenTensor(held, name).data);
      assert.ok(off < 1e-6, `${one.name} ${name}: ${off}`);
    });
  }));
});

Deno.test("scatterAdd() has the same bits from short lines and from sorted places", async () => {
  const n = 60_000, list = Array.from({ length: n }, (_, i) => i * 31 % 13), source = noise(n);
  const long = indexing.scatterAdd(tensor(new Float32Array(50)), 0, ids(list), tensor(source));
  const lines = indexing.scatterAdd(
    tensor(new Float32Array(50 * 4), { shape: [50, 4] }),
    0,
    ids(list.slice(0, 4000), [1000, 4]),
    tensor(source.slice(0, 4000), { shape: [1000, 4] }),
  );
  const [a, b] = await Promise.all([long.data(), lines.data()]);
  assert.deepEqual(a, chunked(list, source, 50, 1, -1));
  for (let c = 0; c < 4; c++) {
    const own = (_: number, i: number) => i % 4 === c;
    const wanted = chunked(list.slice(0, 4000).filter(own), source.slice(0, 4000).filter(own), 50, 1, -1);
    assert.deepEqual(b.filter(own), wanted);
  }
});

Deno.test("sort() orders NaN, infinities, zeros and long rows, and is stable both ways", async () => {
  const odd = [3, NaN, -Infinity, 0, -0, Infinity, -1, 3];
  const up = sort(tensor(odd)), down = sort(tensor(odd), { descending: true });
  const n = 65_536, values = noise(n).map((v) => Math.round(v * 1000)), rows = sort(tensor(values, { shape: [1, n] }));
  const whole = sort(tensor(Int32Array.from(values), { dtype: "i32" }), { descending: true });
  const found = await Promise.all([
    up.values.data(),
    up.indices.data(),
    down.indices.data(),
    rows.indices.data(),
    whole.values.data(),
    whole.indices.data(),
  ]);
  assert.deepEqual([...found[0]], [-Infinity, -1, 0, -0, 3, 3, Infinity, NaN]);
  assert.deepEqual([...found[1]], [2, 6, 3, 4, 0, 7, 5, 1]);
  assert.deepEqual([...found[2]], [1, 5, 0, 7, 3, 4, 6, 2]);
  const order = Int32Array.from({ length: n }, (_, i) => i);
  assert.deepEqual(found[3], order.slice().sort((a, b) => values[a] - values[b] || a - b));
  const falling = order.slice().sort((a, b) => values[b] - values[a] || a - b);
  assert.deepEqual(found[5], falling);
  assert.deepEqual(found[4], falling.map((i) => values[i]));
});

Deno.test("topk() and argsort() work along any dim and refuse other k", async () => {
  const x = tensor([[1, 9, 3], [8, 2, 7]]);
  const found = await Promise.all([
    topk(x, 1, { dim: 0 }).values.toArray(),
    topk(x, 2).indices.toArray(),
    argsort(x, { dim: 0 }).toArray(),
  ]);
  assert.deepEqual(found, [[[8, 9, 7]], [[1, 2], [0, 2]], [[0, 1, 0], [1, 0, 1]]]);
  for (const k of [0, 4, 1.5]) assert.throws(() => topk(x, k), ValueError);
});

Deno.test("nonzero() and maskedSelect() give positions and elements in row-major order", async () => {
  const x = tensor([[0, 2, 0], [4, 0, 6]]).requiresGrad_(),
    mask = tensor([[false, true, false], [true, false, false]] as never, { dtype: "bool" });
  const picked = await indexing.maskedSelect(x, mask), [slope] = grad(picked, [x], { gradOutputs: [tensor([5, 7])] });
  const found = await Promise.all([indexing.nonzero(x).then((t) => t.toArray()), picked.toArray(), slope.toArray()]);
  assert.deepEqual(found, [[[0, 1], [1, 0], [1, 2]], [2, 4], [[0, 5, 0], [7, 0, 0]]]);
  assert.deepEqual((await indexing.nonzero(tensor([0, 0]))).shape, [0, 1]);
  await assert.rejects(indexing.maskedSelect(x, tensor([false, false, false] as never, { dtype: "bool" })), ShapeError);
});

Deno.test("oneHot() counts the classes of uploaded ids, and refuses to guess those of others", async () => {
  assert.deepEqual(await indexing.oneHot(ids([2, 0])).toArray(), [[0, 0, 1], [1, 0, 0]]);
  assert.throws(() => indexing.oneHot(add(ids([2]), 1)), ValueError);
});
