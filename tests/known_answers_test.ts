// Known answers of small numeric kernels, worked out in float64 from formulas; other rows of the same table stand beside
// what they test (optim_test, nn_recurrent_test, learner_test).
import assert from "node:assert/strict";
import * as w from "../mod.ts";

await w.init();

function near(found: ArrayLike<number>, wanted: readonly number[], what: string, by = 2e-7): void {
  assert.equal(found.length, wanted.length, what);
  wanted.forEach((v, i) => assert.ok(Math.abs(found[i] - v) < by, `${what} ${i}: ${found[i]}, wanted ${v}`));
}

/** x[t, b, k] = (((5 t + 3 b + 2 k) mod 7) - 3) / 4 for T = 4, B = 2, K = 3. */
function steps(): w.Tensor {
  const value = (t: number, b: number, k: number) => (((5 * t + 3 * b + 2 * k) % 7) - 3) / 4;
  return w.tensor([0, 1, 2, 3].map((t) => [0, 1].map((b) => [0, 1, 2].map((k) => value(t, b, k)))));
}

Deno.test("attention over lengths 4 and 2", async () => {
  const pool = new w.nn.AttentionPool(3, { returnAttention: true });
  pool.loadStateDict({ attention_vector: w.tensor([0.5, -0.25, 1]) });
  const [pooled, weights] = pool.forward(steps(), { lengths: [4, 2] });
  near(await weights!.transpose(0, 1).data(), [
    .24422346,
    .31358913,
    .10837351,
    .3338139,
    .24508501,
    .75491499,
    0,
    0,
  ], "weights");
  near(await pooled.data(), [-.19327998, -.24206096, .0682854, -.37745749, .12254251, .19364373], "pooled");
});

Deno.test("a packed LSTM keeps the state at each sequence's own end", async () => {
  const fill = (rows: number, columns: number, s: number) =>
    Array.from(
      { length: rows },
      (_, i) => Array.from({ length: columns }, (_, j) => (((7 * i + 3 * j + 5 * s) % 11) - 5) / 10),
    );
  const own = {
    weight_ih_l0: fill(8, 3, 1),
    weight_hh_l0: fill(8, 2, 2),
    bias_ih_l0: fill(8, 1, 3).flat(),
    bias_hh_l0: fill(8, 1, 4).flat(),
  };
  const both = Object.fromEntries(
    Object.entries(own).flatMap(([key, v]) => [[key, w.tensor(v)], [key + "_reverse", w.tensor(v)]]),
  );
  const lstm = new w.nn.LSTM(3, 2, { bidirectional: true });
  lstm.loadStateDict(both);
  const [y, [hN]] = lstm.forward(steps(), null, { lengths: [4, 2] });
  near(await hN.at(0, 1).data(), [.19785829, -.12005155], "forward");
  near(await hN.at(1, 1).data(), [.11283422, -.05895278], "reverse");
  near(await y.at("2:", 1).contiguous().data(), new Array(8).fill(0), "rows behind the end");
});

Deno.test("losses and their gradients", async () => {
  const F = w.nn.functional;
  const logits = w.tensor([[2, -1, 0.5], [-3, 0, 4]]).requiresGrad_();
  const targets = w.tensor([[1, 0, 0.3], [0, 1, 0.9]]);
  near(await F.binaryCrossEntropyWithLogits(logits, targets, { reduction: "none" }).data(), [
    .12692801,
    .31326169,
    .82407698,
    .04858735,
    .69314718,
    .41814993,
  ], "elements");
  const loss = F.binaryCrossEntropyWithLogits(logits, targets);
  loss.backward();
  near(await loss.data(), [.40402519], "mean");
  near(await logits.grad!.data(), [-.01986715, .04482357, .05374322, .00790431, -.08333333, .01366897], "gradient");
  const other = w.tensor([[2, -1, 0.5], [-3, 0, 4]]).requiresGrad_();
  const cross = F.crossEntropy(other, w.tensor(Int32Array.of(0, 2)));
  cross.backward();
  near(await cross.data(), [.13017815], "cross entropy");
  near(await other.grad!.data(), [-.10720148, .01955629, .0876452, .00044734, .00898506, -.0094324], "its gradient");
});

Deno.test("Keras' Adam, the ensemble of checkpoints and the mean of powers", async () => {
  const p = new w.nn.Parameter(w.tensor([1, -2, 0.5]));
  const adam = new w.optim.KerasAdam([p], { lr: 1e-3, epsilon: 1e-8 });
  for (const g of [[0.1, -0.2, 0.3], [-0.4, 0.05, 0], [0.2, 0.2, -0.1]]) {
    p.grad = w.tensor(g);
    adam.step();
  }
  near(await p.data(), [.9996696798, -1.9987152235, .4980408084], "Keras");
  const ensemble = new w.optim.CheckpointEnsemble();
  for (const value of [0.1, 0.2, 0.4, 0.8]) ensemble.add([value]);
  near(ensemble.mean() as ArrayLike<number>, [.5666667], "ensemble");
  const { powerMean } = w.train.metrics;
  near([powerMean([0.9, 0.8, 0.95], -5)], [.8694629225], "power mean", 1e-10);
  const groups = [[0.9, 0.8, 0.95], [0.92, 0.88, 0.9], [0.99, 0.97, 0.96]];
  const bias = groups.map((g) => powerMean(g, -5)).reduce((a, b) => a + b) / 3;
  near([0.25 * 0.97 + 0.75 * bias], [.9278585306], "final", 1e-9);
});
