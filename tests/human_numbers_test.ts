// The seven models of examples/human_numbers against PyTorch: from PyTorch's first weights, the losses of 100 steps.
import { strict as assert } from "node:assert";
import * as w from "../mod.ts";
import { createModel, train } from "../examples/human_numbers/train.ts";
import { weightsHash } from "../examples/human_numbers/demo.ts";
import { generate } from "../examples/human_numbers/generate.ts";
import { vocab } from "../examples/human_numbers/numbers.ts";
import { goldenTensor, loadGolden, under } from "./golden/golden.ts";

await w.init();
const { tensors, meta } = await loadGolden("human_numbers");
const STEPS = 100;

Deno.test("the models have the document's numbers of parameters and PyTorch's names", () => {
  const count = (model: number) => {
    using lm = createModel({ model });
    return lm.parameters().reduce((sum, parameter) => sum + parameter.numel, 0);
  };
  assert.deepEqual([1, 2, 3, 4, 5, 6, 7].map(count), [8030, 8030, 8030, 8030, 20_510, 70_430, 68_510]);
  for (const one of meta.cases) {
    using lm = createModel({ model: one.model });
    assert.deepEqual(new Set(Object.keys(lm.stateDict())), new Set([...one.parameters, ...Object.keys(one.tied)]));
  }
  assert.throws(() => createModel({ model: 8 }), w.ValueError);
});

for (const one of meta.cases) {
  Deno.test(`${one.name}: the losses of ${STEPS} steps are PyTorch's`, async () => {
    const start = under(tensors, `init/${one.init}`);
    const objectives = new w.train.ScalarLog();
    const { model, history } = await train({
      model: one.model,
      epochs: one.epochs,
      lr: one.lr,
      p: 0,
      alpha: one.alpha,
      beta: one.beta,
      callbacks: [{
        order: 10, // after the regulariser
        beforeFit: ({ model }) => {
          const state = Object.keys(model.stateDict()).map((name) => {
            const { shape, data } = goldenTensor(start, one.tied[name] ?? name);
            return [name, { shape, data }] as const;
          });
          model.loadStateDict(Object.fromEntries(state));
        },
        afterLoss: (learner) => void (learner.training && objectives.add(learner.objective!)),
        afterBatch: (learner) => void (learner.step === STEPS && learner.stop()),
      }],
    });
    await objectives.flush();
    model.dispose();
    const close = (mine: readonly number[], name: string, tolerance: number) => {
      const theirs = goldenTensor(tensors, `${one.name}/${name}`).data;
      assert.equal(mine.length, STEPS);
      const off = Math.max(...mine.map((value, i) => Math.abs(value - theirs[i])));
      assert.ok(off <= tolerance, `${name} is off by ${off}`);
    };
    close(objectives.values, "loss", 1e-4);
    close(history.steps.lr, "lr", 1e-12);
    close(history.steps.momentum, "mom", 1e-12);
    if (one.alpha || one.beta) close(history.steps.loss, "cross_entropy", 1e-4);
  });
}

Deno.test("the weights after some steps of model 7 do not depend on batching, the pool or the device's limits", async () => {
  const usual = w.getDevice();
  const hashes: string[] = [];
  const settings: w.DeviceOptions[] = [
    { maxBatch: 128 },
    { maxBatch: 1 },
    { pool: false },
    { debug: 2 }, // fills released buffers with NaN
    { limits: "default" },
  ];
  for (const options of settings) {
    const device = await w.init(options);
    const stop: w.train.Callback = { afterBatch: (learner) => void (learner.step === 4 && learner.stop()) };
    const { model } = await train({ model: 7, callbacks: [stop] });
    hashes.push(await weightsHash(model));
    model.dispose();
    device.close();
  }
  w.setDevice(usual);
  assert.deepEqual(hashes, hashes.map(() => hashes[0]));
});

Deno.test("generate() continues with words of the vocabulary, the same ones for the same seed", async () => {
  w.manualSeed(0);
  for (const number of [2, 3, 4, 6, 7]) {
    using model = createModel({ model: number });
    const bytes = w.memory().bytes;
    const options = { prompt: "one . two .", words: 12, temperature: 1, topK: 20, seed: 3 };
    const words = await generate(model, options);
    assert.equal(words.length, 12);
    assert.ok(words.every((word) => vocab.includes(word)));
    assert.deepEqual(await generate(model, options), words);
    assert.notDeepEqual(await generate(model, { ...options, seed: 4 }), words);
    assert.deepEqual(
      await generate(model, { prompt: "one . two" }),
      await generate(model, { prompt: "one . two", topK: 1 }),
    );
    assert.equal(model.training, true);
    assert.equal(w.memory().bytes, bytes);
  }
});

Deno.test("generate() refuses unknown words and impossible options", async () => {
  using model = createModel({ model: 1 });
  const refused = (options: Partial<Parameters<typeof generate>[1]>, message: RegExp) =>
    assert.rejects(generate(model, { prompt: "one . two", ...options }), (error: unknown) => {
      return error instanceof w.ValueError && message.test(error.message);
    });
  await refused({ prompt: "one zillion" }, /prompt = zillion/);
  await refused({ prompt: "one" }, /at least three words/);
  await refused({ temperature: NaN }, /temperature = NaN/);
  await refused({ temperature: -1 }, /temperature = -1/);
  await refused({ topK: 0 }, /topK = 0/);
  await refused({ topK: 31 }, /topK = 31/);
  await refused({ words: 0 }, /words = 0/);
});
