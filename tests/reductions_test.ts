// What the op loop does not see of reductions: options, ties, sizes beyond one stage or one binding, equal bits.
import assert from "node:assert/strict";
import "../src/ops/methods.ts";
import { grad } from "../src/autograd/backward.ts";
import { DTypeError, IndexError, ShapeError, ValueError } from "../src/errors.ts";
import { init } from "../src/gpu/default.ts";
import { add, div, maximum, minimum, mul, sub } from "../src/ops/binary.ts";
import { cast } from "../src/ops/cast.ts";
import { clamp } from "../src/ops/clamp.ts";
import { gt } from "../src/ops/compare.ts";
import { amax, argmax, argmin, max, min } from "../src/ops/extremes.ts";
import { relu } from "../src/ops/activations.ts";
import { all, any, mean, prod } from "../src/ops/reduce.ts";
import { cumsum } from "../src/ops/scan.ts";
import { logsumexp, norm, std, variance } from "../src/ops/statistics.ts";
import { sum } from "../src/ops/sum.ts";
import { maskedFill, where } from "../src/ops/where.ts";
import { alias, type AnyTensor, type Tensor } from "../src/tensor/tensor.ts";
import { tidy } from "../src/tensor/scope.ts";
import { tensorOf, uniform } from "./support/samples.ts";

const device = await init();
const T = (shape: number[], values: ArrayLike<number>) => tensorOf(device, shape, values) as unknown as Tensor;
const read = (list: readonly AnyTensor[]) => Promise.all(list.map(async (t) => [...await t.data()]));
const matrix = () => T([2, 3], [1, 5, 5, -2, 0, -7]);

Deno.test("reductions take one dim, several, negative ones, and keep them on request", async () => {
  const x = matrix();
  const list = [
    sum(x),
    sum(x, { dim: -1 }),
    sum(x, { dim: [0, -1], keepdim: true }),
    mean(x, { dim: 0, keepdim: true }),
    amax(x, { dim: [1] }),
    prod(x, { dim: 1 }),
  ];
  assert.deepEqual(list.map((t) => t.shape), [[], [2], [1, 1], [1, 3], [2], [2]]);
  assert.deepEqual(await read(list), [[2], [11, -9], [2], [-0.5, 2.5, -1], [5, 0], [25, 0]]);
});

Deno.test("reductions refuse dims that are not there, naming themselves", () => {
  const x = matrix();
  const calls: [string, () => unknown][] = [
    ["sum", () => sum(x, { dim: 2 })],
    ["mean", () => mean(x, { dim: -3 })],
    ["amax", () => amax(x, { dim: [0, 0] })],
    ["max", () => max(x, { dim: 5 })],
    ["argmin", () => argmin(x, { dim: 5 })],
    ["prod", () => prod(x, { dim: 0.5 })],
    ["var", () => variance(x, { dim: 2 })],
    ["norm", () => norm(x, { dim: 2 })],
    ["logsumexp", () => logsumexp(x, { dim: 2 })],
    ["any", () => any(x, { dim: 2 })],
    ["cumsum", () => cumsum(x, 2)],
  ];
  for (const [op, call] of calls) assert.throws(call, (e) => e instanceof IndexError && e.op === op, op);
  assert.throws(() => mean(cast(x, "i32") as unknown as Tensor), (e) => e instanceof DTypeError && e.op === "mean");
  assert.throws(() => variance(x, { correction: NaN }), ValueError);
  assert.throws(() => norm(x, { p: NaN }), ValueError);
});

Deno.test("max and min along a dim give values and the first index of equals, in the dim's own count", async () => {
  const x = matrix(), most = max(x, { dim: 1 }), least = min(x, { dim: 0, keepdim: true });
  assert.deepEqual([most.values.shape, most.indices.shape, most.indices.dtype, least.values.shape], [[2], [2], "i32", [
    1,
    3,
  ]]);
  assert.deepEqual(await read([most.values, most.indices, least.values, least.indices]), [[5, 0], [1, 1], [-2, 0, -7], [
    1,
    1,
    1,
  ]]);
  assert.deepEqual(await read([argmax(x), argmin(x), argmax(x, { dim: -2 }), max(x), min(x)]), [[1], [5], [0, 0, 0], [
    5,
  ], [-7]]);
});

Deno.test("equal elements share the gradient of max() evenly; with a dim the first one has it", async () => {
  const x = matrix().requiresGrad_();
  const [a] = grad(max(x), [x]), [b] = grad(sum(max(x, { dim: 1 }).values), [x]);
  assert.deepEqual(await read([a, b]), [[0, 0.5, 0.5, 0, 0, 0], [0, 1, 0, 0, 1, 0]]);
});

Deno.test("equal operands of maximum and minimum get half of the gradient each", async () => {
  const a = T([3], [1, 2, 3]).requiresGrad_(), b = T([3], [1, 3, 2]).requiresGrad_();
  const found = [...grad(sum(maximum(a, b)), [a, b]), ...grad(sum(minimum(a, b)), [a, b])];
  assert.deepEqual(await read(found), [[0.5, 0, 1], [0.5, 1, 0], [0.5, 1, 0], [0.5, 0, 1]]);
});

Deno.test("norm takes every p", async () => {
  const x = T([2, 2], [3, -4, 0, 2]);
  const got = await read([
    norm(x),
    norm(x, { dim: 1 }),
    norm(x, { p: 1 }),
    norm(x, { p: Infinity }),
    norm(x, { p: -Infinity }),
    norm(x, { p: 0 }),
    norm(x, { p: 3, dim: 0 }),
  ]);
  const want = [[Math.sqrt(29)], [5, 2], [9], [4], [0], [3], [3, Math.cbrt(72)]];
  got.forEach((list, i) => list.forEach((v, k) => assert.ok(Math.abs(v - want[i][k]) < 1e-5, `norm ${i}: ${list}`)));
  const zero = T([2], [0, 0]).requiresGrad_();
  assert.deepEqual(await read(grad(norm(zero), [zero])), [[0, 0]]);
});

Deno.test("variance divides by n - correction, and one element has none", async () => {
  const x = T([4], [1, 2, 3, 6]);
  const got = await read([variance(x), variance(x, { correction: 0 }), std(x), variance(T([1], [3]))]);
  assert.deepEqual(got.map(([v]) => Math.fround(v)), [14 / 3, 3.5, Math.sqrt(14 / 3), NaN].map(Math.fround));
  const equal = T([3], [2, 2, 2]).requiresGrad_();
  assert.deepEqual(await read(grad(std(equal), [equal])), [[0, 0, 0]]);
});

Deno.test("any and all count everything but zero as true", async () => {
  const x = T([2, 2], [0, 0, 0, NaN]);
  assert.deepEqual(await read([any(x), all(x), any(x, { dim: 1 }), all(gt(x, -1), { dim: 1 })]), [[1], [0], [0, 1], [
    1,
    0,
  ]]);
});

Deno.test("clamp limits floats and integers, and refuses to do nothing", async () => {
  const x = T([4], [-3, 0.5, 2, 9]), i = tensorOf(device, [3], [-3, 2, 9], "i32") as Tensor<"i32">;
  const got = await read([
    clamp(x, { min: -1, max: 2 }),
    clamp(x, { max: 0 }),
    clamp(i, { min: 0 }),
    clamp(i, { min: -1, max: 3 }),
  ]);
  assert.deepEqual(got, [[-1, 0.5, 2, 2], [-3, 0, 0, 0], [0, 2, 9], [-1, 2, 3]]);
  assert.throws(() => clamp(x, {}), (e) => e instanceof ValueError && e.op === "clamp");
  assert.throws(() => clamp(x, { min: NaN }), ValueError);
});

Deno.test("maskedFill broadcasts the mask, never the tensor", async () => {
  const x = matrix(), mask = gt(T([3], [1, -1, 1]), 0);
  assert.deepEqual(await read([maskedFill(x, mask, 9)]), [[9, 5, 9, 9, 0, 9]]);
  assert.throws(
    () => maskedFill(T([3], [1, 2, 3]), gt(x, 0), 9),
    (e) => e instanceof ShapeError && e.op === "maskedFill",
  );
});

const LONG = 300_001; // three stages of 512
const long = uniform(LONG, "long");

Deno.test("long rows are reduced in stages, close to float64", async () => {
  const x = T([LONG], long), total = long.reduce((a, b) => a + b, 0), place = LONG - 7;
  const peak = long.slice();
  peak[place] = 2;
  const [s, m, sq, c, at, most] = await read([
    sum(x),
    mean(x),
    norm(x),
    cumsum(x, 0),
    argmax(T([LONG], peak)),
    amax(T([LONG], peak)),
  ]);
  assert.ok(Math.abs(s[0] / total - 1) < 1e-6 && Math.abs(m[0] * LONG / total - 1) < 1e-6);
  assert.ok(Math.abs(sq[0] / Math.sqrt(long.reduce((a, b) => a + b * b, 0)) - 1) < 1e-6);
  assert.ok(
    Math.abs(c[LONG - 1] / total - 1) < 1e-6 && Math.abs(
          c[150_000] / long.slice(0, 150_001).reduce((a, b) => a + b, 0) - 1,
        ) < 1e-6,
  );
  assert.deepEqual([at[0], most[0]], [place, 2]);
});

Deno.test("ten million elements add up", async () => {
  const n = 10_000_000;
  await tidy(() => {
    const row = T([1, 1000], Float32Array.from({ length: 1000 }, (_, i) => i % 8));
    const x = alias(row, [10_000, 1000], [0, 1]); // a view: the sum makes it dense
    const i = sum(cast(x, "i32")), f = mean(x), columns = sum(x, { dim: 0 });
    return [i.item(), f.item(), columns.data()];
  }).reduce(async (before, value, k) => {
    await before;
    const got = await value;
    if (k === 0) assert.equal(got, n * 3.5);
    if (k === 1) assert.equal(got, 3.5);
    if (k === 2) {
      assert.deepEqual(
        [...got as Float32Array].slice(0, 9),
        [0, 1, 2, 3, 4, 5, 6, 7, 0].map((v) => v * 10_000),
      );
    }
  }, Promise.resolve() as Promise<unknown>);
});

Deno.test("a row has the same bits alone, among others, as a column, and on either kernel", async () => {
  const n = 3000, row = uniform(n, "row"), info = device.info as { software: boolean };
  const square = Float32Array.from({ length: 4 * n }, (_, i) => row[i % n]);
  const column = Float32Array.from({ length: 4 * n }, (_, i) => row[Math.floor(i / 4)]);
  const forms = () => [
    sum(T([n], row)),
    sum(T([4, n], square), { dim: 1 }),
    sum(T([n, 4], column), { dim: 0 }),
    prod(add(T([n], row), 0.6)),
  ];
  const places =
    () => [argmax(T([n], row)), argmax(T([4, n], square), { dim: 1 }), argmin(T([n, 4], column), { dim: 0 })];
  const before = info.software;
  try {
    info.software = true;
    const lanes = await read([...forms(), ...places()]);
    info.software = false; // eight lanes to a chunk
    assert.deepEqual(await read([...forms(), ...places()]), lanes);
    const first = lanes[0][0];
    for (const list of lanes.slice(1, 3)) for (const v of list) assert.equal(v, first);
  } finally {
    info.software = before;
  }
});

Deno.test("tensors that do not fit one binding or one row of workgroups are cut, with the same bits", async () => {
  const n = 5000, a = uniform(n, "a"), b = uniform(n, "b");
  const limits = device.limits as { maxStorageBufferBindingSize: number; maxComputeWorkgroupsPerDimension: number };
  const all = () => {
    const x = T([n], a), y = T([n], b), wide = T([50, 100], a), flipped = alias(wide, [100, 50], [1, 100]);
    return [
      add(x, y),
      sub(x, 3),
      mul(wide, T([100], b.subarray(0, 100))),
      div(wide, T([50, 1], b.subarray(50, 100))),
      add(flipped, alias(T([50, 100], b), [100, 50], [1, 100])),
      gt(x, y),
      where(gt(x, y), x, y),
      where(gt(wide, 0.5), T([100], b.subarray(0, 100)), 2),
      relu(sub(x, 0.5)),
      cast(mul(x, 9), "i32"),
      sum(x),
      sum(wide, { dim: 1 }),
      argmax(x),
      max(wide, { dim: 1 }).indices,
      cumsum(wide, 1),
    ];
  };
  const whole = await read(all()), before = { ...limits };
  try {
    limits.maxComputeWorkgroupsPerDimension = 3; // the rest goes into the second dimension
    assert.deepEqual(await read(all()), whole);
    limits.maxStorageBufferBindingSize = 4096; // 1024 elements
    assert.deepEqual(await read(all()), whole);
  } finally {
    Object.assign(limits, before);
  }
});

Deno.test("a second use of the same shapes makes no new buffers and bind groups", () => {
  const x = T([50, 100], uniform(5000, "x")).requiresGrad_(), row = T([100], uniform(100, "row")).requiresGrad_();
  const step = () =>
    tidy(() => {
      const y = where(gt(mul(x, row), 0.2), relu(sub(x, row)), div(x, add(row, 1)));
      const z = add(logsumexp(y, { dim: 1 }), add(amax(y, { dim: 1 }), std(cumsum(y, 0), { dim: 1 })));
      grad(add(norm(z), mean(max(y, { dim: 0 }).values)), [x, row]);
    });
  for (let i = 0; i < 3; i++) step();
  const { bindGroupsCreated, heldBytes } = device.memory();
  step();
  assert.deepEqual({ ...device.memory(), bindGroupsCreated, heldBytes }, device.memory());
});
