/**
 * Ways to train and to use a learner: cancelled parts, layer groups, schedules, the learning-rate finder, trackers,
 * predictions, cross-validation.
 * @module
 */
import assert from "node:assert/strict";
import * as w from "../mod.ts";
import { fingerprint, Speaker, speaker, thirds, wordBatches, type Words } from "./support/learners.ts";

await w.init();
const { chainThaw, crossValidate, gradualUnfreeze, kFold, lrSuggest, slice } = w.train;

const close = (got: readonly number[], want: readonly number[], tolerance = 1e-9) => {
  assert.equal(got.length, want.length, `${got}`);
  got.forEach((v, i) => assert.ok(Math.abs(v - want[i]) <= tolerance * Math.abs(want[i]), `${got} is not ${want}`));
};
const state = (learner: Words): Promise<string> => fingerprint(learner.stateDict() as w.StateTree);
const learning = (learner: Words): number[] =>
  learner.groups.params.map((params) => params.filter((p) => p.requiresGrad).length);

Deno.test("what a callback cancels is left out, and the events behind it come", async () => {
  type Cancel = new () => w.train.CancelException;
  const steps = ["afterBackward", "beforeStep", "afterStep", "afterBatch"],
    batch = ["beforeBatch", "afterPred", "afterLoss"];
  const cases: [event: w.train.EventName, Cancel, after: string[]][] = [
    ["beforeBackward", w.train.CancelBackwardException, ["afterCancelBackward", ...steps]],
    ["beforeStep", w.train.CancelStepException, ["afterCancelStep", "afterStep", "afterBatch"]],
    ["afterPred", w.train.CancelBatchException, ["afterCancelBatch", "afterBatch"]],
    ["afterBatch", w.train.CancelTrainException, ["afterCancelTrain", "afterTrain", "beforeValidate", ...batch]],
    ["betweenBatches", w.train.CancelEpochException, ["afterCancelEpoch", "afterEpoch", "afterFit"]],
    ["beforeValidate", w.train.CancelValidException, [
      "afterCancelValidate",
      "afterValidate",
      "afterEpoch",
      "afterFit",
    ]],
    ["afterBatch", w.train.CancelFitException, ["afterCancelFit", "afterFit"]],
  ];
  for (const [at, Exception, after] of cases) {
    const seen: string[] = [];
    let thrown = false;
    const learner = speaker(1, {
      callbacks: [
        new Proxy({ order: 1 } as w.train.Callback, {
          get: (target, name) =>
            name in target || !/^(before|after|between)/.test(String(name))
              ? target[name as keyof w.train.Callback]
              : () => {
                if (thrown) seen.push(String(name));
                else if (name === at) {
                  thrown = true;
                  throw new Exception();
                }
              },
        }),
      ],
    });
    await learner.fit(1);
    assert.deepEqual(seen.slice(0, after.length), after, Exception.name);
    learner.model.dispose();
  }
});

/** A learner of one layer on eight items. */
function small(batchSize: number, options: Partial<w.train.LearnerOptions<w.Tensor, w.Tensor<"i32">>> = {}) {
  w.manualSeed(1);
  const items = Array.from(
    { length: 8 },
    (_, i) => [Float32Array.from({ length: 5 }, (_, j) => Math.sin(i + 3 * j)), i % 7] as const,
  );
  const train = new w.data.DataLoader(items, { batchSize, collate: w.data.stackFields("f32", "i32") });
  return new w.train.Learner({ model: new w.nn.Linear(5, 7), loss: w.train.crossEntropyFlat, train, ...options });
}

Deno.test("a cancelled step changes nothing and forgets the gradients; accumulated batches are one large batch", async () => {
  const frozen = speaker(1, {
    callbacks: [{
      beforeStep: () => {
        throw new w.train.CancelStepException();
      },
    }],
  });
  const before = await fingerprint(Object.fromEntries(frozen.model.namedParameters()));
  await frozen.fit(1);
  assert.equal(await fingerprint(Object.fromEntries(frozen.model.namedParameters())), before);

  const weights = async (batchSize: number, nAcc?: number): Promise<Float32Array> => {
    const learner = small(batchSize, { callbacks: nAcc ? [new w.train.GradientAccumulation(nAcc)] : [] });
    await learner.fit(2, 0.1);
    return await learner.model.parameters()[0].data();
  };
  close(await weights(2, 8) as never, await weights(8) as never, 1e-4);
});

Deno.test("GradientClip limits the norm or the elements before every step", async () => {
  for (const [options, limit] of [[{ maxNorm: 0.01 }, 0.01], [{ value: 1e-4 }, 2.1e-3]] as const) {
    const norms: Promise<number>[] = [];
    await speaker(1, {
      callbacks: [new w.train.GradientClip(options), {
        order: 20,
        beforeStep: (l) => void norms.push(w.nn.utils.gradNorm(l.model.parameters()).item()),
      }],
    }).fit(1);
    for (const norm of await Promise.all(norms)) assert.ok(norm > 0 && norm <= limit * 1.0001, `${norm}`);
  }
  assert.throws(() => new w.train.GradientClip({ maxNorm: -1 }), w.ValueError);
  assert.throws(() => new w.train.GradientAccumulation(0), w.ValueError);
});

Deno.test("slice() spreads learning rates over the layer groups, by the document's factors", async () => {
  const learner = speaker(1, { splitter: thirds as w.train.Splitter<w.train.Model<w.Tensor<"i32">>> });
  const rates = () => [...new Set(learner.optimizer.paramGroups.map((group) => group.lr))];
  await learner.fit(1, slice(1e-5, 1e-3));
  close(rates(), [1e-5, 1e-4, 1e-3]);
  await learner.fit(1, slice(1e-2));
  close(rates(), [1e-3, 1e-2]);
  await learner.fit(1, [1, 2, 3].map((x) => x * 1e-3));
  close(rates(), [1e-3, 2e-3, 3e-3]);
  await learner.fitOneCycle(1, slice(1e-4, 1e-2));
  const last = w.optim.lrScheduler.oneCycle(1, { moms: learner.moms }).lr(5 / 6);
  close(rates(), [1e-4, 1e-3, 1e-2].map((rate) => w.optim.lrScheduler.oneCycle(rate, {}).lr(5 / 6)), 1e-6);
  assert.ok(last > 0);
  await learner.fitFlatCos(2, slice(1e-4, 1e-2), { pctStart: 0.5 });
  const { lr } = learner.history.steps;
  close(lr.slice(0, 6), new Array(6).fill(1e-2));
  assert.ok(lr[11] < lr[7] && lr[11] > 0);
  await assert.rejects(learner.fit(1, [1e-3]), /1 learning rates in fit: the model has 3 layer groups/);
  await assert.rejects(learner.fit(1, [1, NaN, 1]), /lr\[1\] = NaN/);
  for (const bad of [0, -1, NaN, Infinity]) assert.throws(() => slice(bad), w.ValueError);
  // Spec 7.6: lr / 2.6^k, and equal factors.
  const groups = (n: number, lr: w.train.LearningRate): number[] => {
    const parts = Array.from({ length: n }, () => new w.nn.Linear(1, 1, { bias: false }));
    const l = new w.train.Learner({
      model: new w.nn.Sequential(...parts) as never,
      loss: w.nn.functional.mseLoss as never,
      train: learner.train as never,
      splitter: () => parts.map((part) => part.parameters()),
    });
    l.setLr(lr);
    return l.optimizer.paramGroups.map((group) => group.lr);
  };
  close(groups(5, slice(0.01 / 2.6 ** 4, 0.01)), [.00021882987, .00056895767, .00147928994, .00384615385, .01], 1e-7);
  close(groups(5, slice(1e-5, 1e-3)), [1e-5, 3.16228e-5, 1e-4, 3.16228e-4, 1e-3], 1e-5);
});

Deno.test("freezeTo(), freeze(), unfreeze() and trainOnly() choose who learns; frozen weights keep their bits", async () => {
  const learner = speaker(1, { splitter: thirds as w.train.Splitter<w.train.Model<w.Tensor<"i32">>>, trainBn: false });
  const forms: [() => void, number[]][] = [
    [() => learner.freeze(), [0, 0, 2]],
    [() => learner.freezeTo(-2), [0, 6, 2]],
    [() => learner.freezeTo(3), [0, 0, 0]],
    [() => learner.unfreeze(), [1, 6, 2]],
    [() => learner.trainOnly(0), [1, 0, 0]],
    [() => learner.trainOnly(-2), [0, 6, 0]],
    [() => learner.freezeTo(1), [0, 6, 2]],
  ];
  for (const [form, want] of forms) {
    form();
    assert.deepEqual(learning(learner), want, String(form));
  }
  assert.throws(() => learner.freezeTo(4), /Cannot freezeTo\(4\): the model has 3 layer groups/);
  assert.throws(() => learner.trainOnly(3), w.ValueError);
  learner.freeze();
  const model = learner.model as unknown as Speaker;
  const stay = () =>
    fingerprint([...model.embedding.parameters(), ...model.lstm.parameters(), ...model.norm.buffers()]);
  const before = await stay(), out = await fingerprint(model.out.parameters());
  await learner.fit(1);
  assert.equal(await stay(), before);
  assert.notEqual(await fingerprint(model.out.parameters()), out);

  const usual = speaker(1, { splitter: thirds as w.train.Splitter<w.train.Model<w.Tensor<"i32">>> });
  usual.freeze();
  assert.deepEqual(learning(usual), [0, 2, 2]); // batch normalisation learns everywhere, as in fastai
  const model2 = new Speaker(),
    fixed = new w.train.Learner({
      model: (model2.embedding.requiresGrad_(false), model2),
      loss: w.train.crossEntropyFlat,
      train: wordBatches(),
    });
  fixed.unfreeze(); // what was frozen before the learner was made stays so
  assert.deepEqual([fixed.groups.count, model2.embedding.weight.requiresGrad], [1, false]);
});

Deno.test("a splitter that forgets a parameter, or an optimiser across groups, is refused", () => {
  const options = { loss: w.train.crossEntropyFlat, train: wordBatches() };
  const model = new Speaker();
  assert.throws(
    () =>
      new w.train.Learner({
        ...options,
        model,
        splitter: () => [model.embedding.parameters(), model.lstm.parameters()],
      }),
    /4 parameters are in none/,
  );
  assert.throws(
    () => new w.train.Learner({ ...options, model, splitter: () => [model.parameters(), model.out.parameters()] }),
    /2 in two/,
  );
  const optimizer = new w.optim.SGD(model.parameters(), { lr: 1 });
  assert.throws(
    () => new w.train.Learner({ ...options, model, optimizer, splitter: () => thirds(model) }),
    /lies in no layer group/,
  );
});

Deno.test("fineTune(), gradualUnfreeze() and chainThaw() train the groups in their order", async () => {
  const seen: string[] = [];
  const spy: w.train.Callback = {
    beforeTrain: (l) => void seen.push(`${learning(l as never)} ${l.optimizer.paramGroups.at(-1)!.lr.toPrecision(2)}`),
  };
  const make = () => speaker(1, { splitter: thirds as never, trainBn: false, callbacks: [spy] });
  await make().fineTune(1, 1e-2);
  assert.deepEqual(seen.splice(0), ["0,0,2 0.010", "1,6,2 0.0050"]);
  const histories = await gradualUnfreeze(make());
  assert.equal(histories.length, 3);
  assert.deepEqual(seen.splice(0), ["0,0,2 0.010", "0,6,2 0.010", "1,6,2 0.010"]);
  await gradualUnfreeze(make(), {
    stages: [{ to: -1, epochs: 2, lr: 1e-3 }, { to: 0, epochs: 1, lr: slice(1e-4, 1e-3) }],
  });
  assert.deepEqual(seen.splice(0).map((line) => line.split(" ")[0]), ["0,0,2", "0,0,2", "1,6,2"]);
  const stages = await chainThaw(make(), { epochs: 2, patience: 1 });
  assert.equal(stages.length, 4);
  assert.deepEqual([...new Set(seen.splice(0))], ["0,0,2 0.0010", "1,0,0 0.00010", "0,6,0 0.00010", "1,6,2 0.00010"]);
  await assert.rejects(chainThaw(speaker(1, { valid: undefined })), /without validation batches/);
});

Deno.test("lrFind() leaves model, optimiser, generators, loader and history byte-identical", async () => {
  const aside = { passive: true, beforeFit: () => assert.fail("a callback that only looks on was called") };
  const learner = speaker(3, { callbacks: [new w.train.GradientAccumulation(8)] });
  await learner.fit(1, 1e-2);
  const before = await state(learner), history = JSON.stringify(learner.history);
  learner.callbacks.push(aside as w.train.Callback);
  const callbacks = [...learner.callbacks];
  const found = await learner.lrFind();
  assert.deepEqual(learner.callbacks, callbacks);
  learner.callbacks.pop();
  assert.equal(await state(learner), before);
  assert.equal(JSON.stringify(learner.history), history);
  assert.ok(found.lr > 1e-7 && found.lr < 10);
  await learner.fit(1, 1e-2);
  const after = await state(learner), untouched = speaker(3, { callbacks: [new w.train.GradientAccumulation(8)] });
  await untouched.fit(1, 1e-2);
  await untouched.fit(1, 1e-2);
  assert.equal(after, await state(untouched));
  assert.match(await found.plot(), /^<svg/);
});

Deno.test("lrFind() goes through the document's learning rates and stops where the loss is four times the best", async () => {
  const close5 = (got: number, want: number) => close([got], [want], 1e-5);
  const long = await small(2).lrFind({ stopDiv: false });
  assert.equal(long.lrs.length, 100);
  close5(long.lrs[1], 1.2022644e-7);
  close5(long.lrs[50], .001);
  close5(long.lrs[99], 8.31763771);
  const line = await small(2).lrFind({ linear: true, startLr: 1e-3, endLr: 1e-2 });
  assert.equal(line.lrs[0], 0);
  close5(line.lrs[1], 1e-4);
  close5(line.lrs[50], .005);
  const exponential = await small(2).lrFind({ startLr: 1e-5, endLr: 10, stopDiv: false });
  close5(exponential.lrs[1], 1.14815e-5);
  close5(exponential.lrs[50], .01);

  const learner = small(2, { optFunc: (groups) => new w.optim.SGD(groups) });
  const { losses, lrs } = await learner.lrFind({ endLr: 1e6 });
  assert.ok(lrs.length < 100);
  const best = Math.min(...losses.slice(0, -1));
  assert.ok(losses.slice(0, -1).every((loss) => loss <= 4 * best) && !(losses.at(-1)! <= 4 * best));
  for (const bad of [{ startLr: 0 }, { endLr: 1e-8 }, { numIt: 5 }]) {
    await assert.rejects(learner.lrFind(bad), w.ValueError);
  }
  const loader = learner.train;
  const plain = { length: loader.length, [Symbol.asyncIterator]: () => loader[Symbol.asyncIterator]() };
  await assert.rejects(small(2, { train: plain }).lrFind(), /the training data have no stateDict/);
});

Deno.test("suggestions of learning rates on curves made by hand", () => {
  const lrs = Array.from({ length: 60 }, (_, i) => 1e-6 * 10 ** (i / 10));
  const bowl = lrs.map((_, i) => i < 10 ? 2 : i < 40 ? 2 - (i - 10) / 20 : 0.5 + (i - 40) ** 2 / 10);
  const near = (got: number | null, at: number) => close([got!], [lrs[at]], 1e-9);
  near(lrSuggest.minimum(lrs, bowl), 30); // a tenth of the lowest, at 40
  close([lrSuggest.valley(lrs, bowl)!], [lrs[9 + 10 + 5]], 0.3);
  const step = lrs.map((_, i) => i < 20 ? 3 : i === 20 ? 2.5 : 1);
  near(lrSuggest.steep(lrs, step), 20);
  assert.ok(lrSuggest.slide(lrs, bowl)! < lrs[41]);
  for (const rule of Object.values(lrSuggest)) assert.equal(rule([], []), null);
});

Deno.test("EarlyStopping, SaveBest and ReduceLROnPlateau follow the monitored number", async () => {
  const losses = [3, 2, 2.5, NaN, 2.2, 1, 1];
  const script = (): w.train.Callback => ({
    order: 0,
    afterEpoch: (l) => void Object.assign(l.history.last, { validLoss: losses[l.epoch] }),
  });
  const weights: string[] = [];
  const note: w.train.Callback = {
    afterEpoch: async (l) => void weights.push(await fingerprint(l.model.stateDict() as w.StateTree)),
  };
  const cases: [w.train.Callback[], number][] = [
    [[new w.train.EarlyStopping({ patience: 3 })], 5],
    [[new w.train.EarlyStopping({ patience: 2 })], 4],
    [[new w.train.EarlyStopping({ minDelta: 1.5 })], 2],
    [[new w.train.EarlyStopping({ mode: "max", patience: 7 })], 7],
  ];
  for (const [callbacks, epochs] of cases) {
    const { length } = (await speaker(1, { callbacks: [script(), ...callbacks] }).fit(7)).epochs;
    assert.equal(length, epochs);
  }
  const learner = speaker(1, {
    callbacks: [script(), note, new w.train.SaveBest(), new w.train.EarlyStopping({ patience: 3 })],
  });
  await learner.fit(7);
  assert.equal(await fingerprint(learner.model.stateDict() as w.StateTree), weights[1]);
  const slower = speaker(1, {
    callbacks: [script(), new w.train.ReduceLROnPlateau({ patience: 2, factor: 2, minLr: 3e-3 })],
  });
  await slower.fit(7, 1e-2);
  assert.equal(slower.optimizer.paramGroups[0].lr, 5e-3);
  await assert.rejects(
    speaker(1, { callbacks: [new w.train.EarlyStopping({ monitor: "f1" })] }).fit(1),
    /Cannot watch f1 in EarlyStopping: the epoch has accuracy, validLoss, trainLoss/,
  );
  for (const bad of [{ patience: 0 }, { minDelta: NaN }, { mode: "up" as never }]) {
    assert.throws(() => new w.train.EarlyStopping(bad), w.ValueError);
  }
});

Deno.test("TerminateOnNaN ends the run", async () => {
  const poison: w.train.Callback = {
    afterLoss: (l) => void (l.training && l.step === 3 && (l.loss = l.objective = l.loss!.mul(NaN))),
  };
  const learner = speaker(1, { callbacks: [poison, new w.train.TerminateOnNaN(2)] });
  assert.equal((await learner.fit(5)).steps.loss.length, 4);
});

Deno.test("getPreds() keeps the items' order, with and without targets; predict() and showResults()", async () => {
  const learner = speaker(1, { loss: w.train.crossEntropyFlat });
  await learner.fit(1);
  const { predictions, targets, decoded, losses } = await learner.getPreds({
    decode: true,
    itemLoss: (p, y) => w.nn.functional.crossEntropy(p.transpose(), y, { reduction: "none" }).mean({ dim: 1 }),
  });
  assert.deepEqual([predictions.shape, targets!.shape, decoded!.shape, losses!.shape], [[24, 4, 7], [24, 4], [24, 4], [
    24,
  ]]);
  const sums = await predictions.sum({ dim: -1 }).data();
  assert.ok(sums.every((sum) => Math.abs(sum - 1) < 1e-5)); // softmax, as the loss has one
  const accuracy = (await decoded!.eq(targets!).to("f32").mean().item()) as number;
  const validated = await learner.validate();
  close([accuracy], [validated.metrics.accuracy], 1e-5);
  close([await losses!.mean().item() as number], [validated.loss], 1e-4);

  const raw = await learner.getPreds({ activation: null });
  const shuffled = wordBatches({ shuffle: true });
  const again = await learner.getPreds({ batches: shuffled, activation: null });
  if (shuffled.order) assert.deepEqual(await again.targets!.data(), await raw.targets!.data());
  const blind = {
    length: 6,
    async *[Symbol.asyncIterator]() {
      for await (const [x] of wordBatches()) yield [x] as const;
    },
  };
  const unseen = await learner.getPreds({ batches: blind, activation: null });
  assert.equal(unseen.targets, null);
  assert.deepEqual(await unseen.predictions.data(), await raw.predictions.data());

  const x = w.tensor([[0, 1, 2, 3]], { dtype: "i32" });
  learner.model.reset();
  const one = await learner.predict(x);
  assert.deepEqual([one.prediction.shape, one.decoded.shape], [[1, 4, 7], [1, 4]]);
  const table = await learner.showResults({ maxN: 3, input: (ids) => (ids as number[]).join("-") });
  const lines = table.split("\n");
  assert.equal(lines.length, 4);
  assert.match(lines[0], /^item +input +target +prediction$/);
  assert.match(lines[1], /^0 +\d-\d-\d-\d +\d \d \d \d +\d \d \d \d$/);
  const other = speaker(1, { loss: (p, y) => w.train.crossEntropyFlat(p, y) });
  await assert.rejects(other.predict(x), /Cannot decode predictions/);
});

Deno.test("kFold() has scikit-learn's sizes, holds every item out once, and keeps shares of classes", async () => {
  assert.deepEqual(kFold(10, { folds: 3 }).map(({ valid }) => [...valid]), [[0, 1, 2, 3], [4, 5, 6], [7, 8, 9]]);
  for (
    const options of [{ folds: 4 }, { folds: 4, shuffle: true, seed: 3 }, {
      folds: 4,
      labels: Array.from({ length: 22 }, (_, i) => i % 3 ? "a" : "b"),
    }]
  ) {
    const folds = kFold(22, options);
    assert.deepEqual(
      folds.flatMap(({ valid }) => [...valid]).sort((a, b) => a - b),
      Array.from({ length: 22 }, (_, i) => i),
    );
    for (const { train, valid } of folds) {
      assert.equal(train.length + valid.length, 22);
      assert.ok(valid.length === 5 || valid.length === 6);
      assert.ok(valid.every((item) => !train.includes(item)));
      if (options.labels) assert.ok([1, 2, 3].includes([...valid].filter((i) => options.labels[i] === "b").length));
    }
  }
  assert.deepEqual(kFold(9, { shuffle: true, seed: 5 }), kFold(9, { shuffle: true, seed: 5 }));
  for (const [n, folds] of [[5, 1], [5, 6], [5, 2.5]]) assert.throws(() => kFold(n, { folds }), w.ValueError);
  const items = Array.from({ length: 6 }, (_, i) => i);
  const { results, mean, std } = await crossValidate(
    items,
    { folds: 3 },
    (train, valid, fold) =>
      Promise.resolve({ fold, sum: valid.reduce((a, b) => a + b), train: train.length, name: "x" }),
  );
  assert.equal(results.length, 3);
  assert.deepEqual([mean, std], [{ fold: 1, sum: 5, train: 4 }, { fold: 1, sum: 4, train: 0 }]);
});
