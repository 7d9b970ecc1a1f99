// Losses against PyTorch: value and gradient of every golden case, on both kinds of adapter; targets that were made on
// the GPU; options that must be refused.
import assert from "node:assert/strict";
import { grad } from "../src/autograd/backward.ts";
import { IndexError, ShapeError, ValueError } from "../src/errors.ts";
import { init } from "../src/gpu/default.ts";
import { add } from "../src/ops/binary.ts";
import { tensor } from "../src/ops/creation.ts";
import * as losses from "../src/ops/losses.ts";
import { logSoftmax } from "../src/ops/softmax.ts";
import "../src/ops/mod.ts";
import { transpose } from "../src/ops/movement.ts";
import { tidy } from "../src/tensor/scope.ts";
import type { Tensor } from "../src/tensor/tensor.ts";
import { type GoldenTensor, goldenTensor, loadGolden, type LossCase, relativeL2, under } from "./golden/golden.ts";

const device = await init();
const classes = (...ids: number[]) => tensor(ids, { dtype: "i32" });
const { tensors, meta } = await loadGolden("losses");

type Loss = (input: Tensor, target: Tensor, options: Record<string, unknown>) => Tensor;

function put({ data, shape, dtype }: GoldenTensor): Tensor {
  return tensor(data, { shape, dtype: dtype === "i32" ? "i32" : "f32" }) as Tensor;
}

/** Runs one case; resolves to what differs. */
function check(one: LossCase): Promise<string[]> {
  const held = under(tensors, one.name);
  const reads = tidy(() => {
    const [input, target] = one.inputs.map((name) => put(goldenTensor(held, name)));
    input.requiresGrad_();
    const options = {
      ...one.options,
      ...Object.fromEntries(one.tensorOptions.map((name) => [name, put(goldenTensor(held, name))])),
    };
    const output = (losses as unknown as Record<string, Loss>)[one.function](input, target, options);
    const seed = held.get("r/output"), gradOutputs = seed ? [put(seed)] : undefined;
    const [slope] = grad(output, [input], { gradOutputs });
    return [output.data(), slope.data()];
  });
  return Promise.all(reads).then(([output, slope]) => {
    const off = [
      relativeL2(output, goldenTensor(held, "output").data),
      relativeL2(slope, goldenTensor(held, "grad/input").data),
    ];
    return off.flatMap((d, i) => d < 1e-5 ? [] : [`${one.name} ${["output", "gradient"][i]}: ${d}`]);
  });
}

for (const software of [true, false]) {
  Deno.test(`all ${meta.cases.length} golden losses agree with PyTorch, ${software ? "a lane" : "a workgroup"} per row`, async () => {
    const { info } = device, own = device as { info: typeof info };
    own.info = { ...info, software };
    try {
      const wrong = await Promise.all(meta.cases.map(check));
      assert.deepEqual(wrong.flat(), []);
    } finally {
      own.info = info;
    }
  });
}

Deno.test("crossEntropy() takes probabilities as targets", async () => {
  const logits = [[1, -2, .5], [0, 3, -1]], probs = [[.2, .3, .5], [0, 1, 0]];
  const lse = (row: number[]) => Math.log(row.reduce((n, v) => n + Math.exp(v), 0));
  const wanted = logits.map((row, i) => row.reduce((n, v, c) => n + probs[i][c] * (lse(row) - v), 0));
  const x = tensor(logits).requiresGrad_(), t = tensor(probs);
  const mean = losses.crossEntropy(x, t), each = losses.crossEntropy(x, t, { reduction: "none" });
  const [slope] = grad(mean, [x]);
  const [a, b, g] = await Promise.all([mean.item(), each.data(), slope.data()]);
  assert.ok(Math.abs(a - (wanted[0] + wanted[1]) / 2) < 1e-6);
  assert.ok(relativeL2(b, wanted) < 1e-6);
  assert.ok(
    relativeL2(g, logits.flatMap((row, i) => row.map((v, c) => (Math.exp(v - lse(row)) - probs[i][c]) / 2))) < 1e-6,
  );
});

Deno.test("crossEntropy() of a transposed view equals that of its rows", async () => {
  const values = Float32Array.from({ length: 2 * 5 * 7 }, (_, i) => Math.sin(i * 1.7) * 3),
    ids = Int32Array.from({ length: 10 }, (_, i) => i * 3 % 7);
  const flat = tensor(values, { shape: [10, 7] }).requiresGrad_(),
    wide = tensor(values, { shape: [2, 5, 7] }).requiresGrad_();
  const a = losses.crossEntropy(flat, classes(...ids)),
    b = losses.crossEntropy(transpose(wide), tensor(ids, { shape: [2, 5], dtype: "i32" }));
  const [da] = grad(a, [flat]), [db] = grad(b, [wide]);
  const found = await Promise.all([a.data(), b.data(), da.data(), db.data()]);
  assert.deepEqual(found[0], found[1]);
  assert.deepEqual(found[2], found[3]);
});

Deno.test("crossEntropy() of equal rows gives equal bits, wherever the row stands", async () => {
  for (const cols of [30, 64, 257]) {
    const row = Float32Array.from({ length: cols }, (_, i) => Math.sin(i * i));
    const x = tensor(Float32Array.from({ length: 9 * cols }, (_, i) => row[i % cols]), { shape: [9, cols] });
    const found = await losses.crossEntropy(x, classes(...new Array(9).fill(3)), { reduction: "none" }).data();
    assert.equal(new Set(found).size, 1);
  }
});

Deno.test("rows beyond one binding give the same bits in several pieces", async () => {
  const values = Float32Array.from({ length: 300 * 40 }, (_, i) => Math.sin(i * i) * 4),
    y = classes(...Array.from({ length: 300 }, (_, i) => i * 7 % 40));
  const weight = tensor(Float32Array.from({ length: 40 }, (_, i) => 1 + i % 3));
  const run = () =>
    tidy(() =>
      (["none", "mean"] as const).flatMap((reduction) => {
        const x = tensor(values, { shape: [300, 40] }).requiresGrad_(),
          gradOutputs = reduction === "none" ? [tensor(values.subarray(0, 300))] : undefined;
        const loss = losses.crossEntropy(x, y, { reduction, weight, labelSmoothing: .1, ignoreIndex: 7 });
        const logp = logSoftmax(x), [back] = grad(logp, [x], { gradOutputs: [tensor(values, { shape: [300, 40] })] });
        return [loss, ...grad(loss, [x], { gradOutputs }), logp, back].map((t) => t.data());
      })
    );
  const whole = await Promise.all(run());
  const limits = device.limits as { maxStorageBufferBindingSize: number }, limit = limits.maxStorageBufferBindingSize;
  limits.maxStorageBufferBindingSize = 2 * 64 * 40 * 4;
  try {
    assert.deepEqual(await Promise.all(run()), whole);
  } finally {
    limits.maxStorageBufferBindingSize = limit;
  }
});

Deno.test("nllLoss() of logSoftmax() is crossEntropy()", async () => {
  const x = tensor(Float32Array.from({ length: 21 }, (_, i) => Math.cos(i) * 5), { shape: [3, 7] }),
    y = classes(6, 0, 3);
  const [a, b] = await Promise.all([losses.nllLoss(logSoftmax(x), y).item(), losses.crossEntropy(x, y).item()]);
  assert.ok(Math.abs(a - b) < 1e-6);
});

Deno.test("a mean over ignored rows only is NaN, as in PyTorch, a sum is 0", async () => {
  const x = tensor([[1, 2], [3, 4]]), y = classes(-100, -100);
  const [mean, sum] = await Promise.all([
    losses.crossEntropy(x, y).item(),
    losses.crossEntropy(x, y, { reduction: "sum" }).item(),
  ]);
  assert.ok(Number.isNaN(mean));
  assert.equal(sum, 0);
});

Deno.test("a target made on the GPU is checked there, and the read names value and position", async () => {
  const x = tensor(new Float32Array(12), { shape: [4, 3] });
  const made = add(classes(0, 1, 2, 1), classes(0, 0, 3, 0));
  await assert.rejects(losses.crossEntropy(x, made).item(), (error: IndexError) => {
    assert.ok(error instanceof IndexError);
    assert.deepEqual([error.op, error.value, error.position], ["crossEntropy", 5, 2]);
    return true;
  });
  assert.ok(
    Math.abs(await losses.crossEntropy(x, classes(0, 1, 2, 1)).item() - Math.log(3)) < 1e-6,
    "the device goes on",
  );
});

Deno.test("losses refuse unknown reductions and options out of range", () => {
  const x = tensor([[1, 2]]), y = classes(0), reduction = "average" as "mean";
  for (
    const name of [
      "mseLoss",
      "l1Loss",
      "smoothL1Loss",
      "binaryCrossEntropyWithLogits",
      "binaryCrossEntropy",
      "klDiv",
    ] as const
  ) {
    assert.throws(() => losses[name](x, x, { reduction }), ValueError, name);
    assert.throws(() => losses[name](x, tensor([1, 2])), ShapeError, name);
  }
  assert.throws(() => losses.crossEntropy(x, y, { reduction }), ValueError);
  assert.throws(() => losses.crossEntropy(x, y, { labelSmoothing: 1.5 }), ValueError);
  assert.throws(() => losses.smoothL1Loss(x, x, { beta: NaN }), ValueError);
  assert.throws(() => losses.crossEntropy(x, classes(2)), IndexError);
});
