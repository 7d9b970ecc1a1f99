/**
 * f16: bits of conversions, layout operations on odd sizes and offsets, products that are those of f32 on the same
 * values, gradients through both types, memory, and what is refused. Skipped where the adapter has no shader-f16.
 * @module
 */
import assert from "node:assert/strict";
import * as w from "../mod.ts";
import { openDevice } from "../src/gpu/device.ts";
import { gemm } from "../src/ops/gemm.ts";
import type { MatmulKernel } from "../src/ops/matmul_plan.ts";
import { halfOf, numberOf } from "../src/tensor/dtype.ts";
import { distance } from "./support/distance.ts";

type Any = w.Tensor<w.DType>;

const device = await w.init();
const without = await openDevice({ f16: false });
const ignore = !device.features.has("shader-f16");
if (ignore) console.log(`f16 is not tested: ${device.info.description} has no shader-f16`);
w.manualSeed(16);

function test(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, ignore, fn });
}

/** Values rounded to f16 on the host. */
function rounded(values: ArrayLike<number>): Float32Array {
  return Float32Array.from(values, (v) => numberOf(halfOf(v)));
}

const half = (values: ArrayLike<number>, shape = [values.length]): w.Tensor<"f16"> =>
  w.tensor(values, { dtype: "f16", shape });

/** Same numbers, telling -0 from 0; NaN equals NaN. */
function same(got: ArrayLike<number>, want: ArrayLike<number>, what: string): void {
  assert.equal(got.length, want.length, what);
  for (let i = 0; i < want.length; i++) {
    if (!Object.is(got[i], want[i])) assert.fail(`${what}: element ${i} is ${got[i]}, wanted ${want[i]}`);
  }
}

Deno.test("halfOf() and numberOf() agree with themselves and with known bits", () => {
  for (let bits = 0; bits < 65536; bits++) {
    const v = numberOf(bits);
    if (Number.isNaN(v)) assert.equal(halfOf(v) & 0x7c00, 0x7c00);
    else assert.equal(halfOf(v), bits);
  }
  const known: [number, number][] = [
    ...[[1, 0x3c00], [-2, 0xc000], [65504, 0x7bff], [65519.99, 0x7bff], [65520, 0x7c00], [1e9, 0x7c00]],
    ...[[-Infinity, 0xfc00], [2 ** -14, 0x0400], [2 ** -24, 1], [2 ** -25, 0], [2 ** -25 * 1.001, 1], [-1e-30, 0x8000]],
    ...[[1 + 2 ** -11, 0x3c00], [1 + 3 * 2 ** -11, 0x3c02], [2 ** -14 - 2 ** -25, 0x0400], [1e-45, 0]],
    ...[[3 * 2 ** -25, 2], [5 * 2 ** -25, 2]],
  ] as [number, number][];
  for (const [value, bits] of known) assert.equal(halfOf(value), bits, `${value}`);
});

test("all 65,536 halves come back as they went, and to f32, bool and integers as on the host", async () => {
  const every = Float32Array.from({ length: 65536 }, (_, i) => numberOf(i)), t = half(every);
  same(await t.data(), every, "round trip");
  same(await t.to("f32").data(), every, "to f32");
  same(await t.to("f32").to("f16").data(), every, "to f32 and back");
  same(await t.to("bool").data(), every.map((v) => v === 0 ? 0 : 1), "to bool");
  const finite = every.filter(Number.isFinite), positive = finite.filter((v) => v > 0);
  same(await half(finite).to("i32").data(), finite.map((v) => Math.trunc(v) + 0), "to i32");
  same(
    await half(positive).to("u32").data(),
    positive.map(Math.trunc),
    "to u32",
  );
});

test("f32 rounds to the nearest half, ties to even, in every range", async () => {
  const bits = new Uint32Array(40_001).map((_, i) => Math.imul(i, 0x9e3779b9) >>> 0);
  for (let i = 0; i < bits.length; i += 2) bits[i] = bits[i] & ~0x1fff | 0x1000 + (i % 6) - 2; // ties and next to them
  for (let i = 0; i < bits.length; i += 3) bits[i] = bits[i] & 0x807fffff | (100 + i % 46) << 23; // subnormals to Infinity
  const values = new Float32Array(bits.buffer);
  same(await w.tensor(values).to("f16").data(), rounded(values), "f32");
  same(await half(values).data(), rounded(values), "from the host");
  const ints = Int32Array.from({ length: 4099 }, (_, i) => (i - 2000) * 37 + (i % 3));
  same(await w.tensor(ints).to("f16").data(), rounded(ints), "i32");
  same(await w.tensor(Uint32Array.of(0, 1, 2049, 2051, 65519, 65520)).to("f16").data(), [
    0,
    1,
    2048,
    2052,
    65504,
    Infinity,
  ], "u32");
  same(await w.tensor([true, false, true]).to("f16").data(), [1, 0, 1], "bool");
});

test("tensors of f16 are made, shown and changed as others are", async () => {
  assert.equal(String(w.zeros([2, 3], { dtype: "f16" })), "Tensor [2, 3] f16");
  for (const n of [1, 3, 7, 65]) {
    same(
      await w.full([n], 1 / 3, { dtype: "f16" }).data(),
      new Float32Array(n).fill(numberOf(halfOf(1 / 3))),
      `full ${n}`,
    );
    same(await w.onesLike(w.zeros([n], { dtype: "f16" })).data(), new Float32Array(n).fill(1), `onesLike ${n}`);
    const t = w.zeros([n], { dtype: "f16" });
    same(await t.fill_(-2).data(), new Float32Array(n).fill(-2), `fill_ ${n}`);
    const values = Float32Array.from({ length: n }, (_, i) => i + 0.1);
    same(await t.copy_(values).data(), rounded(values), `copy_ of an array ${n}`);
    same(await t.copy_(half(values.map((v) => -v))).data(), rounded(values.map((v) => -v)), `copy_ of a tensor ${n}`);
  }
  assert.equal(await half([0.1]).item(), numberOf(halfOf(0.1)));
  assert.deepEqual(await half([1, 2, 3, 4], [2, 2]).toArray(), [[1, 2], [3, 4]]);
  assert.equal((await w.zeros([3], { dtype: "f16" }).data()).constructor, Float32Array);
  assert.deepEqual(await w.arange(0, 5, 1, { dtype: "f16" }).data(), Float32Array.of(0, 1, 2, 3, 4));
});

test("layout operations move halves at odd sizes and offsets as they move floats", async () => {
  const forms: [string, (x: Any, y: Any) => Any][] = [
    ["slice", (x) => x.slice(0, 1)],
    ["slice by 2", (x) => x.slice(0, 1, undefined, 2)],
    ["slice in a slice", (x) => x.slice(0, 1).slice(0, 1).clone()],
    ["reshape of a slice", (x) => x.slice(0, 1).reshape([1, -1]).contiguous()],
    ["flip", (x) => x.flip(0)],
    ["pad", (x) => x.pad([1, 2], 0.25)],
    ["cat", (x, y) => w.cat([x, y, x.slice(0, 1)])],
    ["stack", (x, y) => w.stack([x, y], 1)],
    ["transpose", (x, y) => w.stack([x, y]).transpose().clone()],
    ["expand", (x) => x.unsqueeze(0).expand([3, -1]).clone()],
    ["expand of a column", (x) => x.unsqueeze(1).expand([-1, 3]).reshape([-1])],
    ["repeat", (x) => x.repeat([3])],
    ["chunks", (x) => w.cat(x.chunk(3).reverse())],
    ["permute", (x, y) => w.stack([x, y, x], 1).unsqueeze(0).permute([2, 1, 0]).clone()],
    ["gather", (x) => x.gather(0, w.tensor([2, 0, 2], { dtype: "i32" }))],
    ["indexSelect", (x) => x.indexSelect(0, w.tensor([1, 1, 2], { dtype: "i32" }))],
    ["at", (x) => x.at("1::2")],
    ["where", (x, y) => w.where(x.gt(0), x, y)],
  ];
  for (const n of [3, 7, 65, 1027]) {
    const a = rounded(await w.randn([n]).data()), b = rounded(await w.randn([n]).data());
    for (const [name, form] of forms) {
      const got = form(half(a) as Any, half(b) as Any), want = form(w.tensor(a) as Any, w.tensor(b) as Any);
      assert.equal(got.dtype, "f16", name);
      assert.deepEqual(got.shape, want.shape, name);
      same(await got.data(), await want.data(), `${name} of ${n}`);
    }
  }
  same(await half([5]).expand([3]).clone().data(), [5, 5, 5], "one element");
});

test("elementwise functions round their f32 result; sums, norms, softmax and losses stay f32", async () => {
  const a = rounded(await w.randn([65]).data()), x = half(a), wide = w.tensor(a);
  const rounding: [string, (x: w.Tensor) => Any][] = [
    ["exp", (x) => x.exp()],
    ["tanh", (x) => x.tanh()],
    ["mul", (x) => x.mul(x.slice(0, 3, 4))],
    ["add", (x) => w.sub(1, x)],
    ["clamp", (x) => x.clamp({ min: -0.5, max: 0.25 })],
    ["maximum", (x) => x.maximum(x.flip(0))],
    ["amax", (x) => x.amax()],
    ["topk", (x) => x.topk(3).values],
    ["tril", (x) => x.reshape([5, 13]).tril()],
    ["maskedFill", (x) => x.maskedFill(x.gt(0), -1)],
  ];
  for (const [name, f] of rounding) {
    const got = f(x);
    assert.equal(got.dtype, "f16", name);
    same(await got.data(), rounded(await f(wide).data()), name);
  }
  const target = w.tensor(Int32Array.of(3));
  const staying: [string, (x: w.Tensor) => Any][] = [
    ["sum", (x) => x.sum()],
    ["mean", (x) => x.mean()],
    ["var", (x) => x.var()],
    ["norm", (x) => x.norm()],
    ["cumsum", (x) => x.cumsum(0)],
    ["softmax", (x) => x.softmax()],
    ["logSoftmax", (x) => x.logSoftmax()],
    ["logsumexp", (x) => x.logsumexp()],
    ["layerNorm", (x) => w.nn.functional.layerNorm(x, [65])],
    ["mseLoss", (x) => w.nn.functional.mseLoss(x, x.flip(0))],
    ["crossEntropy", (x) => w.nn.functional.crossEntropy(x.unsqueeze(0), target)],
    ["f16 and f32", (x) => x.mul(w.ones([65]))],
  ];
  for (const [name, f] of staying) {
    const got = f(x);
    assert.equal(got.dtype, "f32", name);
    same(await got.data(), await f(wide).data(), name);
  }
  assert.equal(x.gt(0).dtype, "bool");
  assert.equal(x.argmax().dtype, "i32");
});

const KERNELS: readonly MatmulKernel[] = ["matmul16", "matmul8", "matmul4", "matmulStaged"];
const layouts: Record<string, (batch: number, rows: number, cols: number) => w.Tensor> = {
  rows: (b, r, c) => w.randn([b, r, c]),
  columns: (b, r, c) => w.randn([b, c, r]).transpose(),
  "part of rows": (b, r, c) => w.randn([b, r, c + 3]).at("...", "1:-2"),
};

test("products of halves are the f32 products of the same values, bit for bit, in every kernel and layout", async () => {
  const check = async (kernel: MatmulKernel, a: w.Tensor, b: w.Tensor, mixed: boolean, what: string): Promise<void> => {
    const [wideA, wideB] = [a.to("f32"), b.to("f32")], want = await gemm(wideA, wideB, { kernel: "matmul4" }).data();
    same(await gemm(a, b, { kernel, dtype: "f32" }).data(), want, what);
    same(await gemm(a, b, { kernel }).data(), rounded(want), `${what}, stored as f16`);
    if (!mixed) return;
    same(await gemm(wideA, b, { kernel }).data(), want, `${what}, A f32`);
    same(await gemm(a, wideB, { kernel }).data(), want, `${what}, B f32`);
  };
  for (const [batch, m, k, n] of [[1, 17, 9, 5], [2, 9, 6, 33]]) {
    for (const left in layouts) {
      for (const right in layouts) {
        const a = layouts[left](batch, m, k).to("f16"), b = layouts[right](batch, k, n).to("f16");
        for (const kernel of KERNELS.slice(2)) {
          await check(kernel, a, b, left === right, `${kernel} ${[batch, m, k, n]} ${left} x ${right}`);
        }
      }
    }
  }
  for (const kernel of KERNELS) {
    const a = w.randn([1, 33, 24]).to("f16"), b = w.randn([1, 17, 24]).to("f16").transpose();
    await check(kernel, a, b, true, `${kernel} nt`);
  }
});

test("views of halves, vectors, long sums and large products on the default kernels are right too", async () => {
  const check = async (a: w.Tensor, b: w.Tensor, what: string): Promise<void> => {
    const got = a.matmul(b);
    assert.equal(got.dtype, "f16", what);
    same(await got.data(), rounded(await a.to("f32").matmul(b.to("f32")).data()), what);
  };
  const h = (shape: number[]): w.Tensor => w.randn(shape).to("f16");
  await check(h([130, 65]), h([96, 65]).transpose(), "nt");
  await check(h([65, 130]).transpose(), h([65, 96]), "tn");
  await check(h([131, 67]).at("1:", "2:-1"), h([64, 97]).at("...", "1:"), "odd offsets");
  await check(h([3, 7, 8]), h([8, 5]), "rows of batches");
  await check(h([2, 1, 3, 8]), h([5, 8, 4]), "broadcast batches");
  await check(h([7]), h([7, 3]), "a vector");
  await check(h([1000, 64]), h([256, 64]).transpose(), "a size that f32 reads through windows");
  const a = w.rand([2, 50_001]).mul(0.01).to("f16"), b = w.rand([50_001, 3]).to("f16");
  await check(a, b, "a sum in two launches");
  const big = w.full([2, 8], 200, { dtype: "f16" });
  same(await big.matmul(big.at(":1").neg().transpose()).data(), [-Infinity, -Infinity], "a product out of range");
});

test("linear() takes every mix of types and gives their product's", async () => {
  const x = w.randn([9, 12]), weight = w.randn([7, 12]), bias = w.randn([7]);
  const [hx, hw, hb] = [x, weight, bias].map((t) => t.to("f16"));
  const [wx, ww, wb] = [hx, hw, hb].map((t) => t.to("f32"));
  const mixes: [w.Tensor, w.Tensor, w.Tensor, string][] = [[hx, hw, hb, "f16"], [hx, hw, wb, "f16"], [
    hx,
    ww,
    hb,
    "f32",
  ], [wx, hw, wb, "f32"]];
  for (const activation of ["none", "relu"] as const) {
    const want = await w.linear(wx, ww, wb, { activation }).data();
    for (const [a, b, c, dtype] of mixes) {
      const y = w.linear(a, b, c, { activation });
      assert.equal(y.dtype, dtype);
      same(
        await y.data(),
        dtype === "f16" ? rounded(want) : want,
        `linear ${a.dtype} ${b.dtype} ${c.dtype} ${activation}`,
      );
    }
  }
});

test("gradients pass through both types; those of f16 tensors are f16, those of parameters f32", async () => {
  const net = (x: w.Tensor, weight: w.Tensor, bias: w.Tensor, to: "f16" | "f32"): w.Tensor => {
    const [a, b, c] = [x, weight, bias].map((t) => t.to(to));
    const y = w.linear(a, b, c).tanh(), z = y.matmul(y.transpose()).add(y.mul(0.5).sum({ dim: 1 }).to(to));
    return w.cat([z.slice(1, 1), z.expand([2, 5, 5]).at(1)], 1).reshape([-1]).logSoftmax().square().mean();
  };
  const leaves = [w.randn([5, 8]), w.randn([6, 8]), w.randn([6])].map((t) => t.mul(0.5).requiresGrad_());
  const run = async (to: "f16" | "f32"): Promise<Float32Array[]> => {
    const loss = net(leaves[0], leaves[1], leaves[2], to);
    assert.equal(loss.dtype, "f32");
    const grads = w.grad(loss, leaves);
    grads.forEach((g, i) => assert.deepEqual([g.dtype, ...g.shape], ["f32", ...leaves[i].shape]));
    return await Promise.all([loss, ...grads].map((t) => t.data() as Promise<Float32Array>));
  };
  const [narrow, wide] = [await run("f16"), await run("f32")];
  narrow.forEach((g, i) => assert.ok(distance(g, wide[i]) < 5e-3, `${i} is off by ${distance(g, wide[i])}`));

  const leaf = half([1, 2, 3]).requiresGrad_(), parameter = new w.nn.Parameter(w.tensor([0.5, 0.25, 2]));
  leaf.mul(parameter.to("f16")).sum().backward();
  assert.equal(leaf.grad!.dtype, "f16");
  same(await leaf.grad!.data(), [0.5, 0.25, 2], "grad of an f16 leaf");
  assert.equal(parameter.grad!.dtype, "f32");
  same(await parameter.grad!.data(), [1, 2, 3], "grad of a parameter");
  leaf.mul(2).sum().backward();
  same(await leaf.grad!.data(), [2.5, 2.25, 4], "accumulated in f16");
});

test("second derivatives go through f16", async () => {
  const x = half([0.5, -1, 2]).requiresGrad_();
  const [g] = w.grad(x.mul(x).mul(x).sum(), [x], { createGraph: true });
  assert.equal(g.dtype, "f16");
  const [second] = w.grad(g.sum(), [x]);
  same(await second.data(), [3, -6, 12], "6x");
  const a = w.randn([3, 4]).requiresGrad_(), b = w.randn([2, 4]), bias = w.randn([2]);
  const [da] = w.grad(w.linear(a.to("f16"), b.to("f16"), bias).square().sum(), [a], { createGraph: true });
  const [dda] = w.grad(da.sum(), [a]);
  const want = b.transpose().matmul(b).sum({ dim: 0 }).mul(2).expand([3, 4]);
  assert.ok(distance(await dda.data(), await want.data()) < 5e-3);
});

test("halves take half the memory, also what is saved for backward, and all of it comes back", async () => {
  const n = 1 << 18, before = w.memory().bytes;
  const x = w.randn([n]).to("f32"), wide = w.memory().bytes - before, narrow = x.to("f16");
  assert.equal(w.memory().bytes - before - wide, wide / 2);
  assert.equal(narrow.byteLength, 2 * n);
  const leaf = narrow.detach().requiresGrad_(), held = w.memory().bytes;
  const y = leaf.tanh(); // saves its result: as f16, the same memory
  assert.equal(w.memory().bytes - held, wide / 2);
  y.dispose();
  const z = leaf.mul(leaf);
  assert.equal(w.memory().bytes - held, wide / 2);
  z.dispose();
  leaf.dispose();
  narrow.dispose();
  x.dispose();
  assert.equal(w.memory().bytes, before);
  const source = w.randn([4]).requiresGrad_(), kept = w.memory();
  w.tidy(() => void source.exp().to("i32"));
  assert.deepEqual(w.memory().buffers, kept.buffers); // a graph that nobody holds is let go
  await w.sync();
});

test("the same shapes again make no new buffers or bind groups", async () => {
  const x = w.randn([65, 33]), weight = w.randn([7, 33]).requiresGrad_();
  const step = (): void => w.tidy(() => w.linear(x.to("f16"), weight.to("f16")).slice(1, 1).tanh().sum().backward());
  for (let i = 0; i < 3; i++) step();
  await w.sync();
  const { heldBytes, bindGroupsCreated } = w.memory();
  step();
  assert.equal(w.memory().heldBytes, heldBytes);
  assert.equal(w.memory().bindGroupsCreated, bindGroupsCreated);
});

test("a result that leaves the range of f16 is found by debug level 3", async () => {
  const careful = await openDevice({ debug: 3 });
  const x = w.tensor([300, 1], { dtype: "f16", device: careful });
  const y = x.mul(x);
  await assert.rejects(y.data(), /mul/);
  careful.close();
});

test("what does not go with f16 is refused by name", () => {
  assert.throws(() => new w.nn.Parameter(half([1])), w.DTypeError);
  assert.throws(() => w.cat([half([1]) as Any, w.ones([1]) as Any]), w.ShapeError);
  assert.throws(() => w.zeros([2]).copy_(half([1, 2]) as Any as w.Tensor<"f32">), w.DTypeError);
  assert.throws(() => w.zeros([1]).grad = half([1]), w.DTypeError);
  assert.throws(() => half([1]).requiresGrad_().backward({ gradient: w.ones([1]) }), w.DTypeError);
  const x = half([1]);
  x.dispose();
  assert.throws(() => x.exp(), w.StateError);
});

Deno.test("without shader-f16 an error names the op, the adapter and the way out", () => {
  const x = w.ones([2], { device: without });
  assert.throws(() => x.to("f16"), { name: "DeviceError", message: /^Cannot cast \[2\] .*f16.*use f32$/ });
  assert.throws(() => w.zeros([3], { device: without, dtype: "f16" }), w.DeviceError);
  assert.throws(() => w.tensor([3], { device: without, dtype: "f16" }), w.DeviceError);
  if (ignore) assert.throws(() => w.ones([2]).to("f16"), { message: /no shader-f16/ });
  x.dispose();
});
