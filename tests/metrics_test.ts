// Metrics against scikit-learn's numbers (tests/golden/sklearn/metrics.py): on the host, and summed on the device over
// batches of uneven sizes.
import { strict as assert } from "node:assert";
import * as w from "../mod.ts";
import golden from "./golden/metrics.json" with { type: "json" };

await w.init();
const { metrics } = w.train;

/** Golden NaN is null in JSON. */
const wanted = (value: number | null) => value ?? NaN;
const near = (what: string, got: number, want: number | null, tolerance = 1e-12) =>
  assert.ok(Object.is(got, wanted(want)) || Math.abs(got - wanted(want)) <= tolerance, `${what}: ${got}, not ${want}`);
const ids = (values: number[]) => w.tensor(Int32Array.from(values));

/** A metric over batches of 7 items and what is left. */
async function inBatches<V>(
  metric: w.train.Metric<V>,
  n: number,
  batch: (from: number, to: number) => readonly [w.Tensor, unknown],
): Promise<V> {
  const state = metric.start();
  for (let from = 0; from < n; from += 7) {
    const to = Math.min(n, from + 7);
    w.tidy(() => {
      const [prediction, target] = batch(from, to);
      state.add({ prediction, target, loss: w.tensor(0), size: to - from });
    });
  }
  const value = await state.value();
  state.dispose();
  return value;
}

Deno.test("precision, recall and F1 of a confusion matrix are scikit-learn's", () => {
  let compared = 0;
  for (const { name, matrix, scores } of golden.classification) {
    for (const [key, want] of Object.entries(scores)) {
      const [score, average, zero] = key.split(" ") as [w.train.metrics.ScoreName, string, string];
      if (average === "class") {
        metrics.classScores(matrix).forEach((row, c) => near(`${name}: ${key} ${c}`, row[score], want[c]));
        continue;
      }
      const options = { average: average as "macro", zeroDivision: Number(zero) };
      near(`${name}: ${key}`, metrics.averagedScore(score, matrix, options), want);
      compared++;
    }
  }
  assert.equal(compared, 4 * 36 + 4 * 27);
  assert.throws(() => metrics.averagedScore("f1", [[1, 0, 0], [0, 1, 0], [0, 0, 1]]), /binary f1 of 3 classes: choose/);
});

Deno.test("confusion matrix, F1 and accuracy are counted on the device over batches", async () => {
  for (const { name, classes, target, predicted, matrix, scores } of golden.classification) {
    const right = predicted.filter((p, i) => p === target[i]).length;
    const batch = (from: number, to: number) =>
      [
        w.oneHot(ids(predicted.slice(from, to)), classes).to("f32"),
        ids(target.slice(from, to)),
      ] as const;
    assert.deepEqual(await inBatches(metrics.confusionMatrix(), target.length, batch), matrix, name);
    const f1 = await inBatches(metrics.f1({ average: "macro" }), target.length, batch);
    near(name, f1, (scores as unknown as Record<string, number>)["f1 macro 0"]);
    near(name, await inBatches(w.train.accuracy, target.length, batch), right / target.length);
    if (classes !== 2) continue;
    const logits = (from: number, to: number) =>
      [
        w.tensor(predicted.slice(from, to).map((p) => [p ? 0.5 : 0])), // a logit of 0 is class 0
        w.tensor(target.slice(from, to)),
      ] as const;
    assert.deepEqual(await inBatches(metrics.confusionMatrix(), target.length, logits), matrix, name);
    near(name, await inBatches(metrics.binaryAccuracy(), target.length, logits), right / target.length);
  }
});

Deno.test("AUC and average precision are scikit-learn's, with ties and missing classes", async () => {
  for (const { name, labels, scores, auc, averagePrecision } of golden.ranking) {
    near(name, metrics.rocAucScore(labels, scores), auc);
    near(name, metrics.averagePrecisionScore(labels, scores), averagePrecision);
    if (labels.length > 20 && name === "distinct") continue; // the device holds scores as f32
    const batch = (from: number, to: number) =>
      [w.tensor(scores.slice(from, to).map((s) => [s])), ids(labels.slice(from, to))] as const;
    near(name, await inBatches(metrics.rocAuc(), labels.length, batch), auc);
    near(name, await inBatches(metrics.averagePrecision(), labels.length, batch), averagePrecision);
  }
  assert.throws(() => metrics.rocAucScore([0, 1], [1, NaN]), { op: "rocAucScore", position: 1 });
  assert.throws(() => metrics.rocAucScore([0, 1], [1]), w.ShapeError);
  assert.ok(Number.isNaN(metrics.rocAucScore([], [])));
});

Deno.test("AUC of two-class predictions ranks by the difference of the scores", async () => {
  const prediction = w.tensor([[3, 1], [0, 2], [5, 6], [-1, -2]]); // differences -2, 2, 1, -1
  near("auc", await metrics.measure(metrics.rocAuc(), prediction, ids([0, 1, 0, 1])), 0.75);
  await assert.rejects(metrics.measure(metrics.rocAuc(), w.zeros([2, 3]), ids([0, 1])), w.ShapeError);
});

Deno.test("AUC gathers an epoch of many batches with few buffers, and releases them", async () => {
  const { bytes } = w.memory(), state = metrics.rocAuc().start();
  const scores = Array.from({ length: 200 }, (_, i) => i * 37 % 101),
    labels = scores.map((s, i) => Number(s + i > 150));
  for (let i = 0; i < 200; i++) {
    w.tidy(() =>
      state.add({ prediction: w.tensor([scores[i]]), target: ids([labels[i]]), loss: w.tensor(0), size: 1 })
    );
  }
  near("auc", await state.value(), metrics.rocAucScore(labels, scores));
  near("read twice", await state.value(), metrics.rocAucScore(labels, scores));
  state.dispose();
  assert.equal(w.memory().bytes, bytes);
});

Deno.test("the threshold of the best F1 is the first of equals, strictly above", async () => {
  for (const { name, labels, probabilities, tried, f1, best } of golden.threshold) {
    const result = metrics.f1ThresholdSearch(labels, probabilities);
    assert.equal(result.threshold, tried[best], name);
    result.scores.forEach((score, i) => near(`${name} at ${tried[i]}`, score, f1[i]));
    near(name, metrics.f1At(labels, probabilities, result.threshold), f1[best]);
  }
  const { labels, probabilities, f1, best, tried } = golden.threshold[0];
  const found = await metrics.measure(metrics.f1Threshold({ logits: false }), w.tensor(probabilities), ids(labels));
  near("on the device", found.f1, f1[best]);
  assert.equal(found.threshold, tried[best]);
  assert.throws(() => metrics.f1ThresholdSearch([1], [1], { thresholds: [] }), w.ValueError);
});

Deno.test("the Jigsaw metric is the competition's, NaN where an identity has no comments to compare", async () => {
  for (const { name, labels, scores, groups, rows, overallAuc, final } of golden.bias) {
    const identities = groups as unknown as Record<string, number[]>;
    const result = metrics.biasScores(labels, scores, identities);
    near(name, result.overallAuc, overallAuc);
    near(name, result.final, final);
    for (const { name: group, ...got } of result.subgroups) {
      const want = (rows as unknown as Record<string, Record<string, number | null>>)[group];
      for (const [key, value] of Object.entries(got)) near(`${name}: ${group} ${key}`, value, want[key]);
    }
    if (scores.some((score) => score !== Math.round(score * 10) / 10)) continue;
    const names = Object.keys(identities);
    const metric = metrics.biasAuc({ identities: names });
    const batch = (from: number, to: number) =>
      [
        w.tensor(scores.slice(from, to)),
        w.tensor(Array.from({ length: to - from }, (_, i) => [
          Number(labels[from + i]),
          ...names.map((group) => identities[group][from + i]),
        ])),
      ] as const;
    near(name, await inBatches(metric, scores.length, batch), final);
  }
  const { labels, scores, groups } = golden.bias[1];
  const identities = groups as unknown as Record<string, number[]>;
  near("skipped", metrics.biasScores(labels, scores, identities, { skipUndefined: true }).final, golden.bias[0].final);
});

Deno.test("binary accuracy rounds half to even; batches may count alike", async () => {
  const logits = w.tensor([[0], [1e-9], [2], [-3]]), target = w.tensor([0, 0, 1, 1]);
  near("half is 0", await metrics.measure(metrics.binaryAccuracy(), logits, target), 3 / 4);
  near("half is 1", await metrics.measure(metrics.binaryAccuracy({ inclusive: true }), logits, target), 1 / 4);
  const probabilities = { logits: false, threshold: 0.3 };
  near("p", await metrics.measure(metrics.binaryAccuracy(probabilities), w.tensor([0.25, 0.31]), ids([0, 0])), 1 / 2);
  const right = [1, 1, 1, 1, 1, 1, 1, 0]; // a batch of 7 that is right, one of 1 that is wrong
  const batch = (from: number, to: number) =>
    [w.tensor(right.slice(from, to).map((r) => [0, r])), ids(Array(to - from).fill(1))] as const;
  near("items", await inBatches(metrics.accuracy(), 8, batch), 7 / 8);
  near("batches", await inBatches(metrics.accuracy({ over: "batches" }), 8, batch), 1 / 2);
  assert.throws(() => metrics.binaryAccuracy({ threshold: 2 }), w.ValueError);
  await assert.rejects(metrics.measure(metrics.binaryAccuracy(), w.zeros([2, 3]), ids([0, 1])), w.ShapeError);
});

Deno.test("ignored targets count nowhere", async () => {
  const logits = w.tensor([[[2, 1], [0, 5], [9, 8]], [[1, 3], [4, 2], [0, 1]]]);
  const target = w.tensor([[0, 1, -100], [0, -100, 1]], { dtype: "i32" });
  const options = { ignoreIndex: -100 };
  near("items", await metrics.measure(metrics.accuracy(options), logits, target), 3 / 4);
  near("batches", await metrics.measure(metrics.accuracy({ ...options, over: "batches" }), logits, target), 3 / 4);
  assert.deepEqual(await metrics.measure(metrics.confusionMatrix(options), logits, target), [[1, 1], [0, 2]]);
});

Deno.test("a target that is no class is named when the counts are read", async () => {
  const wrong = w.tensor([0, 3], { dtype: "i32" }).add(0) as w.Tensor<"i32">; // made on the device
  await assert.rejects(metrics.measure(metrics.confusionMatrix(), w.zeros([2, 3]), wrong), {
    name: "IndexError",
    value: 3,
    position: 1,
  });
  await assert.rejects(metrics.measure(metrics.f1(), w.zeros([2, 3]), ids([0, 1])), /choose average/);
  await assert.rejects(metrics.measure(metrics.accuracy(), w.zeros([2, 3]), w.zeros([3])), w.ShapeError);
  await assert.rejects(metrics.measure(metrics.accuracy(), w.zeros([2, 3]), ["a"]), w.DTypeError);
  const state = metrics.confusionMatrix().start();
  const add = (classes: number) =>
    state.add({ prediction: w.zeros([2, classes]), target: ids([0, 1]), loss: w.tensor(0), size: 2 });
  add(3);
  assert.throws(() => add(4), /it has 4 classes, the batches before had 3/);
  state.dispose();
});

Deno.test("top-k accuracy: of equal scores the first classes come first", async () => {
  const scores = w.tensor([[1, 5, 3, 3], [1, 5, 3, 3], [4, 4, 4, 4], [0, 1, 2, 9]]), target = ids([2, 3, 1, 0]);
  near("top 2", await metrics.measure(metrics.topKAccuracy(2), scores, target), 2 / 4);
  near("top 1", await metrics.measure(metrics.topKAccuracy(1), scores, target), 0);
  near("top 9", await metrics.measure(metrics.topKAccuracy(9), scores, target), 1);
  assert.equal(metrics.topKAccuracy().name, "top_5");
  assert.throws(() => metrics.topKAccuracy(0), w.ValueError);
});

Deno.test("perplexity is the exponential of the mean loss, and says when there is none", async () => {
  const loss = w.tensor(Math.log(12));
  near("perplexity", await metrics.measure(metrics.perplexity(), w.zeros([3]), null, loss), 12, 1e-5);
  await assert.rejects(metrics.measure(metrics.perplexity(), w.zeros([3]), null), /pass it as last argument/);
});

Deno.test("steps of a metric make no new buffers or bind groups", () => {
  const states = [metrics.f1({ average: "macro" }), metrics.accuracy(), metrics.topKAccuracy(2)].map((m) => m.start());
  const step = () =>
    w.tidy(() => {
      const batch = { prediction: w.ones([8, 3]), target: w.zeros([8], { dtype: "i32" }), loss: w.tensor(0), size: 8 };
      for (const state of states) state.add(batch);
    });
  for (let i = 0; i < 12; i++) step();
  const before = { ...w.memory() };
  for (let i = 0; i < 4; i++) step();
  assert.equal(w.memory().bytes, before.bytes);
  assert.equal(w.memory().bindGroupsCreated, before.bindGroupsCreated);
  for (const state of states) state.dispose();
});
