import { strict as assert } from "node:assert";
import * as w from "../mod.ts";

await w.init();
const { Learner, Meter, ModelResetter, ProgressBar, RNNRegularizer, ScalarLog, TextLearner } = w.train;

type Batch = [w.Tensor, w.Tensor<"i32">];

/** Twelve points in three classes, which a linear model tells apart. */
const points = Array.from({ length: 12 }, (_, i) => {
  const angle = i % 3 * 2 * Math.PI / 3 + i / 40;
  return [Float32Array.of(Math.cos(angle), Math.sin(angle)), i % 3] as const;
});
const collate = w.data.stackFields("f32", "i32");
const batches = (batchSize = 4): w.data.DataLoader<typeof points[number], Batch> =>
  new w.data.DataLoader(points, { batchSize, collate });

class Linear3 extends w.nn.Module<[w.Tensor], w.Tensor> {
  layer: w.nn.Linear = new w.nn.Linear(2, 3);
  resets = 0;
  forward(x: w.Tensor): w.Tensor {
    return this.layer.forward(x);
  }
  override reset(): void {
    this.resets++;
    super.reset();
  }
}

function learner(
  options: Partial<w.train.LearnerOptions<w.Tensor, w.Tensor<"i32">>> = {},
): w.train.Learner<w.Tensor, w.Tensor<"i32">> {
  w.manualSeed(1);
  return new Learner({
    model: new Linear3(),
    loss: w.train.crossEntropyFlat,
    train: batches(),
    valid: batches(5),
    metrics: [w.train.accuracy, w.train.perplexity],
    ...options,
  });
}

const close = (a: number, b: number, tolerance = 1e-5) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);

Deno.test("fit() learns, and its history has losses, metrics and hyper-parameters", async () => {
  const history = await learner().fit(20, 0.05);
  assert.equal(history.epochs.length, 20);
  assert.equal(history.steps.loss.length, 60);
  assert.ok(history.steps.lr.every((lr) => lr === 0.05));
  assert.ok(history.epochs[0].trainLoss > 2 * history.last.trainLoss);
  assert.equal(history.last.metrics.accuracy, 1);
  close(history.last.metrics.perplexity, Math.exp(history.last.validLoss!), 1e-6);
  close(history.last.trainLoss, w.train.smooth(history.steps.loss).at(-1)!, 1e-9);
  assert.ok(history.epochs.every((record, epoch) => record.epoch === epoch && record.seconds > 0));
});

Deno.test("a run of the learner is the plain training loop", async () => {
  const fast = learner({ valid: undefined, metrics: [], optFunc: (groups) => new w.optim.SGD(groups) });
  const { steps } = await fast.fit(2, 0.1, { wd: 0 });

  w.manualSeed(1);
  const model = new Linear3(), optimizer = new w.optim.SGD(model.parameters(), { lr: 0.1 }), losses: number[] = [];
  for (let epoch = 0; epoch < 2; epoch++) {
    for await (const [x, y] of batches()) {
      const loss = w.tidy(() => {
        const loss = w.nn.functional.crossEntropy(model.forward(x), y);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        return loss;
      });
      losses.push(await loss.item());
      loss.dispose();
    }
  }
  assert.deepEqual(steps.loss, losses);
});

Deno.test("validation results are means over items, whatever the batch sizes", async () => {
  const one = await learner({ valid: batches(12) }).validate(), many = await learner({ valid: batches(5) }).validate();
  close(one.loss, many.loss);
  close(one.metrics.accuracy, many.metrics.accuracy);
  const l = learner();
  const logits = await w.tidy(() => l.model.forward(w.tensor(points.map(([x]) => [...x]))) as w.Tensor).toArray();
  let right = 0, loss = 0;
  (logits as number[][]).forEach((row, i) => {
    right += Number(row.indexOf(Math.max(...row)) === i % 3);
    loss += Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0)) - row[i % 3];
  });
  close(one.metrics.accuracy, right / 12);
  close(one.loss, loss / 12);
});

Deno.test("events come in the documented order, callbacks by their order", async () => {
  const events: string[] = [];
  const names: w.train.EventName[] = [
    ...["beforeFit", "beforeEpoch", "beforeTrain", "beforeBatch", "afterPred", "afterLoss", "beforeBackward"] as const,
    ...["afterBackward", "beforeStep", "afterStep", "afterBatch", "afterTrain", "beforeValidate"] as const,
    ...["afterValidate", "afterEpoch", "afterFit"] as const,
  ];
  const spy = (label: string, order?: number): w.train.Callback => ({
    order,
    ...Object.fromEntries(names.map((name) => [name, () => void events.push(`${label}${name}`)])),
  });
  await learner({ train: batches(6), valid: batches(12), callbacks: [spy("")] }).fit(1);
  const step = ["beforeBatch", "afterPred", "afterLoss", "beforeBackward", "afterBackward", "beforeStep", "afterStep"];
  assert.deepEqual(events, [
    ...["beforeFit", "beforeEpoch", "beforeTrain", ...step, "afterBatch", ...step, "afterBatch", "afterTrain"],
    ...["beforeValidate", "beforeBatch", "afterPred", "afterLoss", "afterBatch", "afterValidate"],
    ...["afterEpoch", "afterFit"],
  ]);
  events.length = 0;
  await learner({ callbacks: [spy("late ", 5), spy("a "), spy("b ")] }).fit(1);
  assert.deepEqual(events.slice(0, 3), ["a beforeFit", "b beforeFit", "late beforeFit"]);
});

Deno.test("callbacks see the state of the run", async () => {
  const seen: unknown[] = [];
  await learner({
    callbacks: [{
      beforeFit: (l) => void seen.push(["fit", l.epochs, l.history.epochs.length]),
      afterBatch: (l) =>
        void seen.push([
          l.training,
          l.model.training,
          l.epoch,
          l.batch,
          l.batches,
          l.step,
          l.size,
          l.prediction!.shape,
        ]),
      afterEpoch: (l) => void seen.push(["epoch", l.history.last.epoch, l.prediction]),
    }],
  }).fit(1);
  assert.deepEqual(seen, [
    ["fit", 1, 0],
    [true, true, 0, 0, 3, 1, 4, [4, 3]],
    [true, true, 0, 1, 3, 2, 4, [4, 3]],
    [true, true, 0, 2, 3, 3, 4, [4, 3]],
    [false, false, 0, 0, 3, 3, 5, [5, 3]],
    [false, false, 0, 1, 3, 3, 5, [5, 3]],
    [false, false, 0, 2, 3, 3, 2, [2, 3]],
    ["epoch", 0, null],
  ]);
});

Deno.test("fitOneCycle() sets learning rate and momentum before every batch", async () => {
  const { steps } = await learner().fitOneCycle(4, 0.1, { moms: [.9, .8, .85], pctStart: .5, div: 10, divFinal: 100 });
  const cycle = w.optim.lrScheduler.oneCycle(0.1, { moms: [.9, .8, .85], pctStart: .5, div: 10, divFinal: 100 });
  for (let k = 0; k < 12; k++) {
    close(steps.lr[k], cycle.lr(k / 12), 1e-12);
    close(steps.momentum[k], cycle.momentum(k / 12), 1e-12);
  }
  const sgd = learner({ optFunc: (groups) => new w.optim.SGD(groups, { momentum: .5 }) });
  close((await sgd.fitOneCycle(1, .1)).steps.momentum[0], .95);
});

Deno.test("weight decay spares biases, in the default optimiser and when it is changed", async () => {
  const l = learner({ wd: .3 });
  const decays = () => l.optimizer.paramGroups.map((group) => group.weightDecay);
  assert.deepEqual(decays(), [.3, 0]);
  await l.fit(1, 1e-3, { wd: .1 });
  assert.deepEqual(decays(), [.1, 0]);
  const model = new Linear3(), optimizer = new w.optim.SGD(model.parameters(), { lr: 1 });
  await learner({ model, optimizer }).fit(1, 1e-3, { wd: .2 });
  assert.equal(optimizer.paramGroups[0].weightDecay, .2);
  assert.equal(optimizer.paramGroups[0].lr, 1e-3);
});

Deno.test("two runs with the same seed write the same history but for the seconds", async () => {
  const run = async () => {
    const train = new w.data.DataLoader(points, { batchSize: 4, shuffle: true, seed: 5, collate });
    const history = await learner({ train }).fitOneCycle(3, .05);
    return JSON.stringify(history, (key, value) => key === "seconds" ? 0 : value);
  };
  assert.equal(await run(), await run());
});

Deno.test("steps of the same shape do not grow memory or make new bind groups", async () => {
  const measured: w.MemoryInfo[] = [];
  const l = learner({ callbacks: [{ afterEpoch: () => void measured.push({ ...w.memory() }) }] });
  await l.fit(40, 1e-3);
  const early = measured[9], late = measured[39];
  assert.equal(late.bytes, early.bytes);
  assert.equal(late.bindGroupsCreated, early.bindGroupsCreated);
});

Deno.test("unusable numbers are refused by name before anything changes", async () => {
  const l = learner();
  const before = await l.model.parameters()[0].data();
  for (const lr of [NaN, Infinity, -1]) {
    await assert.rejects(l.fit(1, lr), new RegExp(`lr = ${lr}`));
    await assert.rejects(l.fitOneCycle(1, lr), new RegExp(`lrMax = ${lr}`));
    await assert.rejects(l.fit(1, .1, { wd: lr }), new RegExp(`wd = ${lr}`));
    assert.throws(() => learner({ lr }), w.ValueError);
  }
  for (const epochs of [0, -1, 1.5, NaN]) await assert.rejects(l.fit(epochs, .1), w.ValueError);
  assert.deepEqual(await l.model.parameters()[0].data(), before);
});

Deno.test("a loader without batches, a vector loss and a list of outputs are refused with advice", async () => {
  const none = new w.data.DataLoader(points, { batchSize: 20, dropLast: true, collate });
  await assert.rejects(learner({ train: none }).fit(1), /Cannot train: the loader has no batches/);
  await assert.rejects(learner({ valid: none }).fit(1), /Cannot validate: the loader has no batches/);
  const vector = learner({ loss: (prediction) => prediction.sum({ dim: 1 }) });
  await assert.rejects(vector.fit(1), /loss of shape \[4\]: it has to be a scalar/);
  class Triple extends w.nn.Module<[w.Tensor], w.Tensor[]> {
    layer: w.nn.Linear = new w.nn.Linear(2, 3);
    forward(x: w.Tensor): w.Tensor[] {
      return [this.layer.forward(x), x, x];
    }
  }
  await assert.rejects(learner({ model: new Triple() }).fit(1), /returned 3 tensors.*RNNRegularizer/);
  await assert.rejects(
    learner({ callbacks: [new RNNRegularizer()] }).fit(1),
    /did not return \[logits, raw, dropped\]/,
  );
  await assert.rejects(learner({ valid: undefined }).validate(), /no validation batches/);
});

Deno.test("an async callback in a batch is refused", async () => {
  const slow = { afterLoss: async () => await Promise.resolve() };
  await assert.rejects(learner({ callbacks: [slow as w.train.Callback] }).fit(1), /Cannot wait in afterLoss/);
});

Deno.test("after an error the run is closed, and the learner can go on", async () => {
  const closed: number[] = [];
  let failAt = -1;
  const l = learner({
    callbacks: [{
      beforeStep: (l) => {
        if (l.step === failAt) throw new Error("out of paper");
      },
      afterFit: (l) => void closed.push(l.history.steps.loss.length),
    }],
  });
  await l.fit(1, .1);
  const { bytes } = w.memory();
  failAt = 2;
  await assert.rejects(l.fit(1, .1), /out of paper/);
  assert.deepEqual(closed, [3, 2]);
  assert.equal(l.loss, null);
  failAt = -1;
  await l.fit(1, .1);
  assert.equal(l.history.epochs.length, 1);
  assert.equal(w.memory().bytes, bytes);
});

Deno.test("afterFit reaches every callback, also when one of them throws", async () => {
  const reached: string[] = [];
  const callbacks: w.train.Callback[] = [
    { afterFit: () => Promise.reject(new Error("first")) },
    { afterFit: () => void reached.push("second") },
  ];
  await assert.rejects(learner({ callbacks }).fit(1), /first/);
  assert.deepEqual(reached, ["second"]);
});

Deno.test("stop() and an abort signal end a run between batches and keep what was learned", async () => {
  const l = learner({ callbacks: [{ afterEpoch: (l) => void (l.epoch === 1 && l.stop()) }] });
  assert.equal((await l.fit(10, .1)).epochs.length, 2);

  const control = new AbortController();
  const aborted = learner({ callbacks: [{ afterBatch: (l) => void (l.step === 4 && control.abort()) }] });
  const history = await aborted.fit(10, .1, { signal: control.signal });
  assert.equal(history.epochs.length, 1);
  assert.equal(history.steps.loss.length, 4);
  const never = await aborted.fit(10, .1, { signal: control.signal });
  assert.equal(never.steps.loss.length, 0);
});

Deno.test("a learner that is running refuses a second run", async () => {
  const l = learner();
  const first = l.fit(1, .1);
  await assert.rejects(l.fit(1, .1), /this learner is running/);
  await first;
});

Deno.test("ProgressBar prints the result table line by line", async () => {
  const lines: string[] = [];
  const l = learner({ callbacks: [new ProgressBar({ print: (line) => lines.push(line), bar: false })] });
  await l.fit(2, .1);
  assert.equal(lines.join("\n"), l.history.toString());
  assert.equal(lines[0], "epoch     train_loss  valid_loss  accuracy  perplexity  time");
});

Deno.test("Meter.add() sums on the device; mean() is weighted", async () => {
  const meter = new Meter();
  assert.ok(Number.isNaN(await meter.mean()));
  const bytes = w.memory().bytes;
  for (const [value, weight] of [[1, 4], [2.5, 2], [-3, 1]]) {
    const t = w.tensor(value);
    meter.add(t, weight);
    t.dispose();
  }
  close(await meter.mean(), 6 / 7, 1e-7);
  close(await meter.sum(), 6, 1e-7);
  assert.equal(meter.weight, 7);
  meter.reset();
  assert.equal(w.memory().bytes, bytes);
  assert.throws(() => meter.add(w.zeros([2])), w.ShapeError);
  assert.throws(() => meter.add(w.tensor(1), NaN), w.ValueError);
});

Deno.test("ScalarLog returns all numbers in order, across blocks", async () => {
  const log = new ScalarLog(4);
  const bytes = w.memory().bytes;
  for (let i = 0; i < 11; i++) {
    const t = w.tensor(i);
    log.add(t);
    t.dispose();
    await log.catchUp();
  }
  await log.flush();
  assert.deepEqual(log.values, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.equal(w.memory().bytes, bytes);
});

Deno.test("accuracy and perplexity count every position of a sequence", async () => {
  const prediction = w.tensor([[[0, 1], [3, 2]], [[5, 4], [0, 9]]]); // argmax 1 0 / 0 1
  const target = w.tensor([[1, 1], [0, 1]], { dtype: "i32" });
  const batch = { prediction, target, loss: w.tensor(2), size: 2 };
  const accuracy = w.train.accuracy.start(), perplexity = w.train.perplexity.start();
  accuracy.add(batch);
  perplexity.add(batch);
  close(await accuracy.value(), 3 / 4);
  close(await perplexity.value(), Math.exp(2));
});

Deno.test("ModelResetter resets before training, before validation and after the run", async () => {
  const model = new Linear3();
  await learner({ model, callbacks: [new ModelResetter()] }).fit(2);
  assert.equal(model.resets, 5);
});

Deno.test("RNNRegularizer adds AR and TAR to the objective, not to the loss, and not in validation", async () => {
  const dropped = w.tensor([[[1, 2], [0, -1], [2, 2]]]), raw = w.tensor([[[1, 1], [.5, -.5], [1, 1]]]);
  class Fixed extends w.nn.Module<[w.Tensor], [w.Tensor, w.Tensor, w.Tensor]> {
    layer: w.nn.Linear = new w.nn.Linear(2, 3);
    forward(x: w.Tensor): [w.Tensor, w.Tensor, w.Tensor] {
      return [this.layer.forward(x), raw, dropped];
    }
  }
  const terms: Promise<number>[] = [];
  const callback: w.train.Callback = {
    order: 1,
    afterLoss: (l) => void terms.push(l.objective!.sub(l.loss!).item()),
  };
  const options = { model: new Fixed(), loss: w.train.crossEntropyFlat, train: batches(12), valid: batches(12) };
  for (const [alpha, beta, expected] of [[2, 0, 4.6666667], [0, 1, 1.25], [2, 1, 5.9166667], [0, 0, 0]]) {
    const l = new TextLearner({ ...options, alpha, beta, callbacks: [callback] });
    assert.deepEqual(l.moms, [.8, .7, .8]);
    const history = await l.fit(1, 0);
    const [training, validation] = await Promise.all(terms.splice(0));
    close(training, expected, 1e-5);
    assert.equal(validation, 0);
    close(history.last.trainLoss, history.last.validLoss!, 1e-5);
  }
});
