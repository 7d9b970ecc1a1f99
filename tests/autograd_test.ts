import assert from "node:assert/strict";
import * as w from "../mod.ts";
import { ShapeError, StateError } from "../src/errors.ts";

await w.init();
const list = async (t: w.Tensor | null) => t && [...await t.data()].map((v) => Math.round(v * 1e5) / 1e5);

Deno.test("backward() accumulates into leaves until the gradient is dropped", async () => {
  const x = w.tensor([1, 2, 3], { requiresGrad: true });
  x.square().sum().backward();
  assert.deepEqual(await list(x.grad), [2, 4, 6]);
  x.mul(10).sum().backward();
  assert.deepEqual(await list(x.grad), [12, 14, 16]);
  x.grad = null;
  x.sum().backward();
  assert.deepEqual(await list(x.grad), [1, 1, 1]);
});

Deno.test("backward() accumulates into parameters, whose gradients lie in an arena", async () => {
  const p = new w.nn.Parameter({ shape: [5], data: [1, 2, 3, 4, 5] });
  p.square().sum().backward();
  p.mul(10).sum().backward();
  assert.deepEqual(await list(p.grad), [12, 14, 16, 18, 20]);
  p.grad = null;
  p.sum().backward();
  assert.deepEqual(await list(p.grad), [1, 1, 1, 1, 1]);
});

Deno.test("a tensor used twice receives both gradients", async () => {
  const x = w.tensor([3], { requiresGrad: true });
  const y = x.mul(x).add(x.mul(2));
  y.sum().backward();
  assert.deepEqual(await list(x.grad), [8]);
});

Deno.test("leaves that share one gradient get memory of their own", async () => {
  const a = w.ones([2], { requiresGrad: true }), b = w.ones([2], { requiresGrad: true });
  a.add(b).sum().backward();
  w.noGrad(() => a.grad!.zero_());
  assert.deepEqual(await list(b.grad), [1, 1]);
});

Deno.test("backward() a second time throws unless the graph is retained", async () => {
  const x = w.tensor([2], { requiresGrad: true }), y = x.square().sum();
  y.backward({ retainGraph: true });
  y.backward();
  assert.deepEqual(await list(x.grad), [8]);
  assert.throws(() => y.backward(), (e) => e instanceof StateError && e.message.includes("second time"));
});

Deno.test("backward() of a vector wants a gradient of its shape", async () => {
  const x = w.ones([3], { requiresGrad: true });
  assert.throws(() => x.mul(2).backward(), ShapeError);
  assert.throws(() => x.mul(2).backward({ gradient: w.ones([2]) }), ShapeError);
  x.mul(2).backward({ gradient: w.tensor([1, 10, 100]) });
  assert.deepEqual(await list(x.grad), [2, 20, 200]);
});

Deno.test("a saved tensor that was changed in place stops backward()", () => {
  const x = w.ones([3], { requiresGrad: true }), c = w.ones([3]);
  const y = x.mul(c).sum();
  c.fill_(2);
  assert.throws(() => y.backward(), (e) => e instanceof StateError && e.message.includes("in place"));
});

Deno.test("in place on a tensor that requires grad, or on part of a tensor, throws", () => {
  const x = w.ones([3], { requiresGrad: true });
  assert.throws(() => x.fill_(1), StateError);
  w.noGrad(() => x.fill_(1));
  assert.throws(() => w.ones([4]).at("1:3").zero_(), StateError);
});

Deno.test("noGrad() and detach() cut the graph", () => {
  const x = w.ones([2], { requiresGrad: true });
  assert.equal(w.noGrad(() => x.mul(2)).requiresGrad, false);
  assert.equal(x.mul(2).detach().requiresGrad, false);
  assert.throws(() => w.noGrad(() => x.mul(2)).sum().backward(), StateError);
  assert.throws(() => w.noGrad(() => Promise.resolve()), StateError);
});

Deno.test("grad() leaves .grad alone, and differentiates twice with createGraph", async () => {
  const x = w.tensor([2, 3], { requiresGrad: true });
  const [first] = w.grad(x.mul(x).mul(x).sum(), [x], { createGraph: true });
  assert.deepEqual(await list(first), [12, 27]);
  const [second] = w.grad(first.sum(), [x]);
  assert.deepEqual(await list(second), [12, 18]);
  assert.equal(x.grad, null);
});

Deno.test("grad() of an unused input throws, or gives null", () => {
  const x = w.ones([1], { requiresGrad: true }), z = w.ones([1], { requiresGrad: true });
  assert.throws(() => w.grad(x.mul(2), [z]), StateError);
  assert.deepEqual(w.grad(x.mul(2), [z], { allowUnused: true }), [null]);
});

Deno.test("grad() reaches tensors in the middle of the graph", async () => {
  const x = w.tensor([2], { requiresGrad: true }), y = x.square(), z = y.mul(5).sum();
  const [gy] = w.grad(z, [y]);
  assert.deepEqual(await list(gy), [5]);
});

Deno.test("hooks see gradients and may replace them", async () => {
  const x = w.ones([2], { requiresGrad: true }), y = x.mul(3), seen: w.Tensor[] = [];
  y.registerHook((g) => void seen.push(w.keep(g.clone())));
  const remove = x.registerHook((g) => g.mul(10));
  y.sum().backward();
  assert.deepEqual(await list(seen[0]), [1, 1]);
  assert.deepEqual(await list(x.grad), [30, 30]);
  remove();
  x.sum().backward();
  assert.deepEqual(await list(x.grad), [31, 31]);
});

Deno.test("a graph that is dropped without backward() releases what it saved", () => {
  const x = w.ones([100], { requiresGrad: true });
  const before = w.memory().buffers;
  w.tidy(() => void x.square().exp().mul(x).sum());
  assert.equal(w.memory().buffers, before);
});

Deno.test("a graph of 20,000 nodes is walked and released without recursion", async () => {
  const x = w.ones([1], { requiresGrad: true });
  const before = w.memory().buffers;
  w.tidy(() => {
    let y = x as w.Tensor;
    for (let i = 0; i < 20_000; i++) y = y.add(0);
    y.sum().backward();
  });
  assert.deepEqual(await list(x.grad), [1]);
  assert.equal(w.memory().buffers, before + 1);
});

Deno.test("a tensor of another device is refused", async () => {
  const other = await w.openDevice();
  const a = w.ones([2]), b = w.ones([2], { device: other });
  assert.throws(() => a.add(b), (e) => e instanceof StateError && /different devices/.test(e.message));
  other.close();
});
