import assert from "node:assert/strict";
import * as w from "../mod.ts";
import { DTypeError, NumericError, ValueError } from "../src/errors.ts";
import { applyMany, type Op } from "../src/ops/define.ts";
import { gradcheck } from "../src/ops/gradcheck.ts";
import { hostMap } from "../src/ops/host.ts";

await w.init();
const values = (n: number, start: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(start + 1.7 * i));
const input = (shape: number[], start: number) => w.tensor(values(shape.reduce((a, b) => a * b, 1), start), { shape });

Deno.test("gradcheck() passes functions made of ops and returns how far off they are", async () => {
  const x = input([3, 4], 1), y = input([4], 2);
  const error = await gradcheck((x, y) => w.tanh(w.mul(x, y)), [x, y]);
  assert.ok(error > 0 && error < 1e-5, `${error}`);
  assert.equal(x.requiresGrad, false);
  assert.equal(x.grad, null);
});

Deno.test("gradcheck() takes functions written with methods, and several results", async () => {
  await gradcheck((x, y) => [x.mul(y).exp(), x.sum({ dim: 0 }), y.mean()], [input([2, 3], 3), input([2, 3], 4)]);
});

Deno.test("gradcheck() hands tensors of other types on", async () => {
  const mask = w.tensor([true, false, true], { dtype: "bool" });
  await gradcheck((x, mask) => w.cast(mask, "f32").mul(x), [input([3], 5), mask]);
});

Deno.test("gradcheck() throws for a wrong gradient, naming input, element and both values", async () => {
  // A made-up op, not in the registry: the square with a gradient of x instead of 2 x.
  const wrong: Op<null> = {
    name: "wrongSquare",
    forward: ({ save }, [x]) => (save(x), w.mul(x, x)),
    backward: ({ saved: [x] }, [g]) => [w.mul(g!, x)],
    reference: ([x]) => hostMap(x, (v) => v * v),
    samples: [],
  };
  await assert.rejects(
    gradcheck((c, x) => w.add(applyMany(wrong, [x], null)[0], c), [input([3], 1), w.tensor([0.1, 0.2, -30])]),
    (e) => {
      assert.ok(e instanceof NumericError);
      assert.deepEqual([e.op, e.value, e.position, e.shapes], ["gradcheck", 1, 2, [[3]]]);
      const [, got, want] = /at element 2 it is (\S+), differences give (\S+)/.exec(e.message)!;
      assert.ok(Math.abs(Number(got) * 2 - Number(want)) < 1e-4, e.message);
      return true;
    },
  );
});

Deno.test("gradcheck() refuses inputs without f32 and steps that are no steps", async () => {
  await assert.rejects(gradcheck((x) => x, [w.tensor([1], { dtype: "i32" })]), DTypeError);
  await assert.rejects(gradcheck((x) => x, [w.tensor([1])], { eps: 0 }), ValueError);
  await assert.rejects(gradcheck((x) => x, [w.tensor([1])], { tolerance: NaN }), ValueError);
});
