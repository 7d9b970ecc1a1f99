import assert from "node:assert/strict";
import * as w from "../mod.ts";
import { StateError } from "../src/errors.ts";

await w.init();
const buffers = () => w.memory().buffers;

Deno.test("tidy() releases what was made and keeps what is returned, also inside arrays and objects", async () => {
  const before = buffers();
  const kept = w.tidy(() => {
    const a = w.ones([3]), b = a.add(1);
    return { list: [b.mul(2)], b };
  });
  assert.equal(buffers(), before + 2);
  assert.deepEqual([...await kept.list[0].data()], [4, 4, 4]);
  kept.list[0].dispose();
  kept.b.dispose();
  assert.equal(buffers(), before);
});

Deno.test("tidy() inside tidy() hands its result to the outer one", () => {
  const before = buffers();
  w.tidy(() => {
    const inner = w.tidy(() => w.ones([4]).add(1));
    assert.equal(buffers(), before + 1);
    inner.mul(3);
  });
  assert.equal(buffers(), before);
});

Deno.test("tidy() refuses an async function", () => {
  assert.throws(() => w.tidy(() => Promise.resolve(1)), StateError);
});

Deno.test("tidy() releases everything when the function throws", () => {
  const before = buffers();
  assert.throws(() =>
    w.tidy(() => {
      w.ones([5]).add(1);
      throw new Error("stop");
    })
  );
  assert.equal(buffers(), before);
});

Deno.test("a view keeps the memory when its base is disposed", async () => {
  const base = w.tensor([[1, 2], [3, 4]]), view = base.at(1);
  base.dispose();
  assert.deepEqual([...await view.data()], [3, 4]);
  view.dispose();
});

Deno.test("keep() takes a tensor out of its scope", () => {
  const before = buffers();
  let t!: w.Tensor;
  w.tidy(() => void (t = w.keep(w.ones([2]))));
  assert.equal(t.disposed, false);
  t.dispose();
  assert.equal(buffers(), before);
});

Deno.test("using a disposed tensor throws and names its shape", () => {
  const t = w.ones([2, 3]);
  t.dispose();
  t.dispose();
  assert.throws(
    () => t.add(1),
    (e) => e instanceof StateError && e.message.includes("[2, 3]") && e.message.includes("disposed"),
  );
});

Deno.test("a scope adopts only what the synchronous run makes; run() serves after an await", async () => {
  const before = buffers();
  {
    using scope = w.scope();
    w.ones([2]);
    await Promise.resolve();
    const foreign = w.ones([2]);
    scope.run(() => w.ones([2]));
    assert.equal(buffers(), before + 3);
    foreign.dispose();
  }
  assert.equal(buffers(), before);
});

Deno.test("scopes closed out of order throw with both labels", () => {
  const outer = w.scope("outer"), inner = w.scope("inner");
  assert.throws(
    () => outer.close(),
    (e) => e instanceof StateError && /outer/.test(e.message) && /inner/.test(e.message),
  );
  inner.close();
  outer.close();
});

Deno.test("a pending read survives the scope that made its tensor", async () => {
  const read = w.tidy(() => ({ value: w.ones([1]).mul(7).item() }));
  assert.equal(await read.value, 7);
});
