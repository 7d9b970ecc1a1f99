// Averaged weights against their formulas, exchanged for an evaluation and back; ensembles; what decides on the GPU.
import assert from "node:assert/strict";
import * as w from "../mod.ts";
import { relativeL2 } from "./golden/golden.ts";

await w.init();
const { swaUtils } = w.optim;

class Net extends w.nn.Module<[w.Tensor], w.Tensor> {
  linear = new w.nn.Linear(3, 4);
  norm = new w.nn.BatchNorm1d(4);
  override forward(x: w.Tensor): w.Tensor {
    return this.norm.forward(this.linear.forward(x));
  }
}

/** Values that weights get before update k. */
const weights = (k: number) => Float32Array.from({ length: 12 }, (_, i) => Math.sin(i + 3 * k));
const set = (p: w.nn.Parameter, values: ArrayLike<number>) => w.noGrad(() => void p.copy_(values));

for (const kind of ["swa", "ema"] as const) {
  Deno.test(`AveragedModel (${kind}): the average of the formula, exchanged and changed back, saved and loaded`, async () => {
    const net = new Net(),
      { weight } = net.linear,
      avgFn = kind === "swa" ? swaUtils.getSwaAvgFn() : swaUtils.getEmaAvgFn(.8);
    const average = new swaUtils.AveragedModel(net, { avgFn, useBuffers: true }),
      wanted = Array(12).fill(0),
      stats = [0, 0, 0, 0];
    for (let k = 0; k < 5; k++) {
      set(weight, weights(k));
      w.noGrad(() => net.norm.running_mean!.copy_([k, 2 * k, 3, -k]));
      average.updateParameters();
      const share = kind === "swa" ? 1 / (k + 1) : k === 0 ? 1 : .2;
      weights(k).forEach((value, i) => wanted[i] += (value - wanted[i]) * share);
      [k, 2 * k, 3, -k].forEach((value, i) => stats[i] += (value - stats[i]) * share);
    }
    assert.equal(await average.nAveraged.item(), 5);
    const raw = await weight.data(),
      found = await average.swapped(async () => {
        assert.throws(() => average.updateParameters(), w.StateError);
        assert.ok(relativeL2(await net.norm.running_mean!.data(), stats) < 1e-6);
        return await weight.data();
      });
    assert.ok(relativeL2(found, wanted) < 1e-6, `${found}`);
    assert.deepEqual(await weight.data(), raw);
    assert.deepEqual([...await net.norm.running_mean!.data()], [4, 8, 3, -4]);
    // A second one takes the state over and goes on alike.
    const second = new swaUtils.AveragedModel(net, { avgFn, useBuffers: true });
    assert.throws(() => second.swap(), /nothing was averaged/);
    assert.throws(() => second.loadStateDict({ ...average.stateDict(), nAveraged: [1, 2] }), w.ValueError);
    second.loadStateDict(average.stateDict());
    set(weight, weights(9));
    for (const one of [average, second]) one.updateParameters();
    const [a, b] = [average, second].map((one) => one.stateDict()["module.linear.weight"] as w.Tensor);
    assert.deepEqual(await a.data(), await b.data());
    average.copyToModel();
    assert.deepEqual(await weight.data(), await b.data());
    average.dispose();
    second.dispose();
  });
}

Deno.test("updateBn() gives the statistics of one pass, all batches alike, and leaves modes and momentum", async () => {
  const net = new Net(), batches = [1, 2, 3].map((k) => w.randn([8, 3]).mul(k));
  const outputs = await Promise.all(batches.map((x) => w.noGrad(() => net.linear.forward(x)).data()));
  net.eval();
  await swaUtils.updateBn(batches, net);
  const means = outputs.map((y) =>
    [0, 1, 2, 3].map((c) => y.filter((_, i) => i % 4 === c).reduce((a, b) => a + b) / 8)
  );
  const wanted = [0, 1, 2, 3].map((c) => means.reduce((sum, mean) => sum + mean[c], 0) / 3);
  assert.ok(relativeL2(await net.norm.running_mean!.data(), wanted) < 1e-5);
  assert.equal(net.norm.training, false);
  assert.equal(net.norm.momentum, .1);
});

Deno.test("CheckpointEnsemble weighs predictions 1, 2, 4, 8, also over a state, and refuses what does not fit", () => {
  const predictions = [[.1, .9], [.2, .8], [.4, .4], [.8, .2]], ensemble = new w.optim.CheckpointEnsemble();
  assert.throws(() => ensemble.mean(), w.ValueError);
  predictions.slice(0, 2).forEach((p) => ensemble.add(Float32Array.from(p)));
  const second = new w.optim.CheckpointEnsemble();
  second.loadStateDict(structuredClone(ensemble.stateDict()));
  predictions.slice(2).forEach((p) => second.add(p));
  assert.ok(relativeL2([...second.mean()], [(.1 + .4 + 1.6 + 6.4) / 15, (.9 + 1.6 + 1.6 + 1.6) / 15]) < 1e-7);
  assert.equal(second.count, 4);
  assert.throws(() => second.add([1]), w.ShapeError);
  assert.throws(() => second.add([1, 2], NaN), w.ValueError);
});

/** One step of an optimiser for p, with that gradient. */
function step(optimizer: w.optim.Adam, p: w.nn.Parameter, g: number[], options?: w.optim.StepOptions): void {
  p.grad = w.tensor(g);
  optimizer.step(options);
}

Deno.test("a step with skipIf changes and counts nothing while the flag is set, whatever its type", async () => {
  const [p, q] = [0, 0].map(() => new w.nn.Parameter({ shape: [2], data: [1, -1] }));
  const a = new w.optim.Adam([p], { lr: .1 }), b = new w.optim.Adam([q], { lr: .1 });
  const overflow = w.tensor([0, 1, 0]);
  const flags = [w.tensor(1), w.tensor([3], { dtype: "i32" }), w.tensor(NaN), overflow.select(0, 1), w.tensor(true)];
  for (const skipIf of [flags[0], flags[1]]) step(a, p, [5, 5], { skipIf }); // before the first step: the state is new
  for (
    const [g, skipIf] of [[[1, 2], w.tensor(0)], [[3, 3], flags[2]], [[-1, 1], w.tensor(-0)], [
      [9, 9],
      flags[3],
    ]] as const
  ) {
    step(a, p, [...g], { skipIf });
    if (g[0] < 3) step(b, q, [...g]);
  }
  step(a, p, [4, 4], { skipIf: flags[4] });
  assert.deepEqual(await p.data(), await q.data());
  const { step: steps, expAvgSq } = a.stateDict().state[0];
  assert.equal(await steps.item(), 2);
  assert.deepEqual(await expAvgSq.data(), await b.stateDict().state[0].expAvgSq.data());
  assert.throws(() => a.step({ skipIf: w.ones([2]) }), /skipIf is f32 \[2\], wanted one element/);
  assert.throws(() => a.step({ gradScale: w.tensor([1], { dtype: "i32" }) as never }), /gradScale is i32/);
});

Deno.test("gradScale counts as if the gradients were multiplied, before a norm is clipped", async () => {
  const make = () => new w.nn.Parameter({ shape: [3], data: [1, -1, 2] }), [p, q] = [make(), make()];
  for (const kind of [w.optim.Adam, w.optim.SGD, w.optim.KerasAdam, w.optim.RMSprop]) {
    const options = kind === w.optim.KerasAdam ? { lr: .1, clipnorm: 2, epsilon: .1 } : { lr: .1 };
    const [a, b] = [p, q].map((parameter) => new kind([parameter], options));
    p.grad = w.tensor([128, 256, -512]);
    q.grad = w.tensor([1, 2, -4]);
    a.step({ gradScale: w.tensor(1 / 128) });
    b.step();
    assert.deepEqual(await p.data(), await q.data(), kind.name);
  }
});

Deno.test("steps that a fault stopped do not count: training goes on as if they had not been", async () => {
  const [p, q] = [0, 0].map(() => new w.nn.Parameter({ shape: [2], data: [1, -1] }));
  const a = new w.optim.Adam([p], { lr: .1 }), b = new w.optim.Adam([q], { lr: .1 }), { device } = p;
  for (const optimizer of [a, b]) step(optimizer, optimizer === a ? p : q, [1, 2]);
  device.upload(device.faults.binding.storage, new Uint32Array([device.recorder.commandCount, 0, 5, 0]));
  for (let k = 0; k < 3; k++) step(a, p, [7, 7]);
  await assert.rejects(device.sync(), w.IndexError);
  for (const optimizer of [a, b]) step(optimizer, optimizer === a ? p : q, [.5, -1]);
  assert.deepEqual(await p.data(), await q.data());
  assert.equal(await a.stateDict().state[0].step.item(), 2);
});

Deno.test("SparseAdam moves only rows with a gradient; wide rows and rows of one binding each give the same", async () => {
  const rows = 9, width = 8, values = Float32Array.from({ length: rows * width }, (_, i) => Math.cos(i));
  const gradient = values.map((v, i) => [1, 4, 5].includes(Math.floor(i / width)) ? v : 0);
  const run = async () => {
    const before = new w.nn.Parameter({ shape: [5] }), p = new w.nn.Parameter({ shape: [rows, width], data: values });
    const optimizer = new w.optim.SparseAdam([before, p], { lr: .1 });
    for (let k = 0; k < 3; k++) {
      p.grad = w.tensor(gradient, { shape: [rows, width] });
      optimizer.step();
    }
    return await p.data();
  };
  const whole = await run();
  whole.forEach((value, i) =>
    assert.equal(value !== values[i], [1, 4, 5].includes(Math.floor(i / width)), `element ${i}`)
  );
  const small = await w.openDevice(), before = w.setDevice(small);
  (small.limits as { maxStorageBufferBindingSize: number }).maxStorageBufferBindingSize = 512; // 8 rows of 32 bytes
  try {
    assert.deepEqual(await run(), whole);
  } finally {
    w.setDevice(before);
    small.close();
  }
});

Deno.test("a large parameter, whose step software adapters take through textures, gets the numbers of small ones", async () => {
  const n = 2_200_000, part = 440_000, values = Float32Array.from({ length: n }, (_, i) => Math.sin(i));
  const large = new w.nn.Parameter({ shape: [n], data: values });
  const parts = [0, 1, 2, 3, 4].map((k) =>
    new w.nn.Parameter({ shape: [part], data: values.subarray(k * part, (k + 1) * part) })
  );
  assert.ok(large.arena.alone && !parts[0].arena.alone);
  const optimizers = [[large], parts].map((list) => new w.optim.AdamW(list, { lr: .01, weightDecay: .1 }));
  for (let k = 0; k < 3; k++) {
    for (const p of [large, ...parts]) w.tidy(() => void (p.grad = w.noGrad(() => p.mul(k + .5))));
    optimizers.forEach((optimizer) => optimizer.step({ skipIf: w.tensor(k === 1 ? 1 : 0) }));
  }
  const found = await large.data(), wanted = await Promise.all(parts.map((p) => p.data()));
  wanted.forEach((data, k) => {
    const error = relativeL2(found.subarray(k * part, (k + 1) * part), data);
    assert.ok(error < 1e-7, `part ${k}: relative L2 ${error}`);
  });
  optimizers.forEach((optimizer) => optimizer.dispose());
  [large, ...parts].forEach((p) => p.dispose());
});

Deno.test("NonMonotonicTrigger fires when a loss is worse than the best one more than `window` evaluations ago", () => {
  const losses = [9, 8, 7, 6, 5, 5.5, 5.4, 5.3, 5.2, 5.1, 5.05, 4.9], trigger = new w.optim.NonMonotonicTrigger(5);
  const fired: number[] = [];
  let second = new w.optim.NonMonotonicTrigger(5);
  losses.forEach((loss, i) => {
    if (trigger.update(loss)) fired.push(i);
    const state = second.stateDict();
    second = new w.optim.NonMonotonicTrigger(5);
    second.loadStateDict(state);
    assert.equal(second.update(loss), fired.at(-1) === i);
  });
  assert.deepEqual(fired, [10]); // 5.05 > min(9, 8, 7, 6, 5)
  assert.ok(trigger.triggered);
  assert.throws(() => trigger.loadStateDict({ losses: 3, triggered: false }), w.ValueError);
  assert.throws(() => new w.optim.NonMonotonicTrigger(0), /window is 0/);
});

Deno.test("states with PyTorch's names load, and one that does not fit changes nothing", async () => {
  const p = new w.nn.Parameter({ shape: [2], data: [1, 2] }), q = new w.nn.Parameter({ shape: [1] });
  const optimizer = new w.optim.Adam([{ params: [p] }, { params: [q], lr: .5 }]);
  const group = {
    lr: .01,
    betas: [.8, .9],
    eps: 1e-6,
    weight_decay: .1,
    amsgrad: true,
    foreach: null,
    initial_lr: .02,
  };
  const moments = { exp_avg: [1, 2], exp_avg_sq: [3, 4], max_exp_avg_sq: [5, 6] };
  optimizer.loadStateDict({
    state: { 0: { step: Float32Array.of(7), ...moments } },
    param_groups: [{ ...group, params: [0] }, { ...group, params: [1] }],
  });
  const { state, paramGroups } = optimizer.stateDict();
  assert.equal(await state[0].step.item(), 7);
  assert.deepEqual([...await state[0].maxExpAvgSq.data()], [5, 6]);
  assert.deepEqual(Object.keys(state), ["0"]);
  assert.equal(optimizer.paramGroups[0].weightDecay, .1);
  assert.equal(optimizer.paramGroups[1].initialLr, .02);
  assert.ok(!("foreach" in paramGroups[0]));
  const good = { state, paramGroups };
  for (
    const [bad, message] of [
      [null, /wanted \{ state, paramGroups \}/],
      [{ ...good, state: { 0: { ...state[0], step: -1 } } }, /step of parameter 0 is -1/],
      [{ ...good, state: { 0: { ...state[0], step: 1.5 } } }, /step of parameter 0 is 1.5/],
      [{ ...good, state: { 0: { expAvg: [1, 2] } } }, /missing 0\.step, 0\.expAvgSq/],
      [{ ...good, state: { 0: { ...state[0], momentumBuffer: [1, 2] } } }, /unexpected 0\.momentumBuffer/],
      [{ ...good, state: { 5: state[0] } }, /a parameter 5, this optimiser has 2/],
      [{ ...good, paramGroups: paramGroups.slice(1) }, /1 groups, this optimiser has 2/],
      [{ ...good, paramGroups: [{ ...paramGroups[0], eps: -1 }, paramGroups[1]] }, /eps is -1/],
    ] as const
  ) assert.throws(() => optimizer.loadStateDict(bad as never), message);
  assert.equal(await optimizer.stateDict().state[0].step.item(), 7);
  // SGD of PyTorch keeps no step, and null before the first momentum.
  const sgd = new w.optim.SGD([p, q], { momentum: .9, dampening: .5, lr: 1 });
  sgd.loadStateDict({
    state: { 0: { momentum_buffer: [2, 4] }, 1: { momentum_buffer: null } },
    param_groups: [{ params: [0, 1], lr: 1, momentum: .9, dampening: .5 }],
  });
  p.grad = w.tensor([2, 2]);
  sgd.step();
  assert.ok(relativeL2(await p.data(), [1 - 2.8, 2 - 4.6]) < 1e-6); // .9 b + .5 g
});

Deno.test("options of the new optimisers are refused by name", () => {
  const p = new w.nn.Parameter({ shape: [2] });
  const bad: [RegExp, () => unknown][] = [
    [/RMSprop: alpha is 1, wanted a number from 0 to below 1/, () => new w.optim.RMSprop([p], { alpha: 1 })],
    [/Adagrad: lrDecay is -1/, () => new w.optim.Adagrad([p], { lrDecay: -1 })],
    [/ASGD: t0 is NaN/, () => new w.optim.ASGD([p], { t0: NaN })],
    [/SparseAdam: weightDecay is 1, wanted 0/, () => new w.optim.SparseAdam([p], { weightDecay: 1 })],
    [/KerasAdam: epsilon is -1/, () => new w.optim.KerasAdam([p], { epsilon: -1 })],
    [/KerasSGD: clipnorm is 0/, () => new w.optim.KerasSGD([p], { clipnorm: 0 })],
    [/clipnorm and clipvalue are set/, () => new w.optim.KerasRMSprop([p], { clipnorm: 1, clipvalue: 1 })],
    [
      /KerasAdagrad: initialAccumulatorValue is -1/,
      () => new w.optim.KerasAdagrad([p], { initialAccumulatorValue: -1 }),
    ],
    [/Adam: amsgrad is 1, wanted true or false/, () => new w.optim.Adam([p], { amsgrad: 1 as never })],
    [/decay is 2, wanted a number from 0 to 1/, () => swaUtils.getEmaAvgFn(2)],
    [/the model has no parameters/, () => new swaUtils.AveragedModel(new w.nn.ReLU())],
  ];
  for (const [message, make] of bad) assert.throws(make, message);
});
