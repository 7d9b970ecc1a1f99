// Schedulers against PyTorch's over long runs, ULMFiT's and Smith's published values, states that go on, and bad input.
import { strict as assert } from "node:assert";
import { goldenTensor, loadGolden } from "./golden/golden.ts";
import * as train from "../src/train/plot.ts";
import { ValueError } from "../src/errors.ts";
import * as s from "../src/optim/schedules.ts";

type Groups = { lr: number; initialLr?: number; momentum?: number; betas?: readonly [number, number] }[];

/** Groups as an optimiser has them. */
function optimizer(adam = false, rates: readonly number[] = [.5, .02]): { paramGroups: Groups } {
  return { paramGroups: rates.map((lr) => adam ? { lr, betas: [.9, .999] as const } : { lr, momentum: .9 }) };
}

function near(actual: number, expected: number, what = "", relative = 1e-9): void {
  assert.ok(
    Math.abs(actual - expected) <= relative * Math.abs(expected) + 1e-15,
    `${what}: ${actual}, not ${expected}`,
  );
}

type Make = (o: { paramGroups: Groups }) => s.Scheduler;
const cyclic = { stepSizeUp: 12, stepSizeDown: 20 };
const makers: Record<string, Make> = {
  lambda: (o) => new s.LambdaLR(o, (e) => .6 ** e),
  lambda_each: (o) => new s.LambdaLR(o, [(e) => 1 / (1 + e), (e) => .99 ** e]),
  multiplicative: (o) => new s.MultiplicativeLR(o, (e) => .9 + .1 / (e + 1)),
  step: (o) => new s.StepLR(o, 30, { gamma: .3 }),
  multi_step: (o) => new s.MultiStepLR(o, [10, 40, 40, 90], { gamma: .5 }),
  constant: (o) => new s.ConstantLR(o, { factor: .25, totalIters: 17 }),
  linear: (o) => new s.LinearLR(o, { startFactor: .1, endFactor: .8, totalIters: 33 }),
  exponential: (o) => new s.ExponentialLR(o, .95),
  polynomial: (o) => new s.PolynomialLR(o, { totalIters: 70, power: 1.7 }),
  cosine: (o) => new s.CosineAnnealingLR(o, 25, { etaMin: .001 }),
  restarts: (o) => new s.CosineAnnealingWarmRestarts(o, 7, { tMult: 2, etaMin: .001 }),
  restarts_equal: (o) => new s.CosineAnnealingWarmRestarts(o, 10),
  swa: (o) => new s.SWALR(o, { swaLr: .05, annealEpochs: 12 }),
  swa_linear: (o) => new s.SWALR(o, { swaLr: [.1, .001], annealEpochs: 9, annealStrategy: "linear" }),
  cyclic: (o) => new s.CyclicLR(o, .01, .1, cyclic),
  cyclic_2: (o) => new s.CyclicLR(o, [.01, .02], [.1, .3], { stepSizeUp: 10, mode: "triangular2" }),
  cyclic_exp: (o) =>
    new s.CyclicLR(o, .01, .1, { ...cyclic, mode: "exp_range", gamma: .99, baseMomentum: .7, maxMomentum: .95 }),
  cyclic_adam: (o) => new s.CyclicLR(o, .01, .1, cyclic),
  cyclic_scale: (o) => new s.CyclicLR(o, .01, .1, { ...cyclic, scaleFn: (x) => 1 / x, cycleMomentum: false }),
  one_cycle: (o) => new s.OneCycleLR(o, .4, { totalSteps: 120 }),
  one_cycle_linear: (o) =>
    new s.OneCycleLR(o, [.4, .1], {
      epochs: 4,
      stepsPerEpoch: 25,
      pctStart: .4,
      annealStrategy: "linear",
      divFactor: 10,
      finalDivFactor: 100,
    }),
  one_cycle_three: (o) =>
    new s.OneCycleLR(o, .4, { totalSteps: 90, threePhase: true, baseMomentum: .8, maxMomentum: .99 }),
  sequential: (o) =>
    new s.SequentialLR(o, [
      new s.LinearLR(o, { startFactor: .1, totalIters: 10 }),
      new s.CosineAnnealingLR(o, 40),
      new s.ExponentialLR(o, .9),
    ], [10, 50]),
  chained: (o) =>
    new s.ChainedScheduler([new s.ConstantLR(o, { factor: .1, totalIters: 15 }), new s.ExponentialLR(o, .97)]),
  plateau: (o) => new s.ReduceLROnPlateau(o, { factor: .5, patience: 3 }),
  plateau_max: (o) =>
    new s.ReduceLROnPlateau(o, {
      mode: "max",
      patience: 2,
      cooldown: 4,
      threshold: .02,
      thresholdMode: "abs",
      minLr: [.01, .001],
      eps: 1e-4,
    }),
  plateau_rel: (o) => new s.ReduceLROnPlateau(o, { mode: "max", patience: 1, threshold: .01, factor: .7 }),
};

const { tensors, meta } = await loadGolden("schedules");
for (const one of meta.cases) {
  Deno.test(`${one.name} gives PyTorch's rates over ${one.steps} steps, also from a state halfway`, () => {
    const rates = goldenTensor(tensors, `${one.name}/lr`).data;
    const momenta = one.momentum ? goldenTensor(tensors, `${one.name}/momentum`).data : null;
    const metrics = one.name.startsWith("plateau") ? goldenTensor(tensors, `${one.name}/metrics`).data : null;
    let o = optimizer(one.adam), scheduler = makers[one.name](o);
    for (let k = 0; k < one.steps; k++) {
      o.paramGroups.forEach((group, i) => {
        near(group.lr, rates[2 * k + i], `group ${i}, step ${k}`, 1e-8);
        if (momenta) near(s.momentumOf(group), momenta[2 * k + i], `momentum of group ${i}, step ${k}`);
      });
      if (k > 0) assert.deepEqual(scheduler.getLastLr(), o.paramGroups.map((group) => group.lr));
      if (k === one.steps >> 1) {
        const state = structuredClone(scheduler.stateDict()), groups = structuredClone(o.paramGroups);
        o = optimizer(one.adam);
        scheduler = makers[one.name](o);
        scheduler.loadStateDict(state as ReturnType<s.Scheduler["stateDict"]>);
        o.paramGroups.forEach((group, i) => Object.assign(group, groups[i]));
      }
      scheduler.step(metrics?.[k]);
    }
  });
}

/** Rates of one group that starts at `lr`. */
function values(lr: number, make: Make, steps: number): number[] {
  return s.scheduleValues(make(optimizer(false, [lr])), steps).lr[0];
}

function rows(found: readonly number[], wanted: Record<number, number>): void {
  for (const [k, value] of Object.entries(wanted)) near(found[Number(k)], value, `at ${k}`, 1.2e-7);
}

Deno.test("LambdaLR before and after the optimiser's steps: the rates of both orders", () => {
  for (const stepFirst of [false, true]) {
    const o = optimizer(false, [1e-3]),
      scheduler = new s.LambdaLR(o, (e) => .6 ** e, { stepFirst }),
      used: number[] = [];
    for (let epoch = 0; epoch < 5; epoch++) {
      if (stepFirst) scheduler.step();
      used.push(o.paramGroups[0].lr);
      if (!stepFirst) scheduler.step();
    }
    used.forEach((lr, k) => near(lr, [1e-3, 6e-4, 3.6e-4, 2.16e-4, 1.296e-4][k]));
  }
  // What PyTorch has done since 1.1 with the order of before: the first value is skipped.
  const o = optimizer(false, [1e-3]), scheduler = new s.LambdaLR(o, (e) => .6 ** e);
  scheduler.step();
  near(o.paramGroups[0].lr, 6e-4);
});

Deno.test("CircularLR gives the fractions of fastai 0.7", () => {
  const circular = (div: number, cutDiv: number) =>
    values(1, (o) => new s.CircularLR(o, { steps: 100, div, cutDiv }), 101);
  rows(circular(32, 10), {
    0: .03125,
    1: .128125,
    5: .515625,
    9: .903125,
    10: 1,
    11: .98923611,
    50: .56944444,
    99: .04201389,
    100: .03125,
  });
  rows(circular(32, 2), { 1: .050625, 25: .515625, 50: 1, 99: .050625 });
  rows(circular(20, 10), { 0: .05, 1: .145, 11: .98944444, 50: .57777778, 99: .06055556 });
  rows(circular(8, 3), { 0: .125, 1: .15151515, 16: .54924242, 33: 1, 50: .77798507 });
});

Deno.test("CircularBetaLR has two lines and a tail, its momentum goes the other way", () => {
  const make: Make = (o) => new s.CircularBetaLR(o, { steps: 100, div: 10, pct: 10, momenta: [.95, .85] });
  const { lr: [lr], momentum: [momentum] } = s.scheduleValues(make(optimizer(false, [1])), 101);
  rows(lr, { 0: .1, 45: 1, 90: .1, 95: .1 * (1 - .99 / 2), 100: .1 });
  rows(momentum, { 0: .95, 45: .85, 90: .95, 95: .95 });
  near(lr[9], .1 + .9 * 9 / 45);
  near(momentum[54], .95 - .1 * 36 / 45);
});

Deno.test("SlantedTriangularLR gives the values of ULMFiT's formula", () => {
  rows(values(.01, (o) => new s.SlantedTriangularLR(o, { steps: 1000 }), 1000), {
    0: .0003125,
    1: .000409375,
    50: .00515625,
    100: .01,
    101: .009989236111,
    500: .005694444,
    999: .000323263889,
  });
});

Deno.test("CyclicLR gives the published values of its three modes", () => {
  const at = (max: number, steps: number, mode: "triangular" | "triangular2" | "exp_range", gamma = 1) =>
    values(1, (o) => new s.CyclicLR(o, 1e-3, max, { stepSizeUp: steps, mode, gamma, cycleMomentum: false }), 10_001);
  rows(at(6e-3, 2000, "triangular"), { 1000: .0035, 2000: .006, 4000: .001, 6000: .006 });
  rows(at(6e-3, 2000, "triangular2"), { 1000: .0035, 2000: .006, 4000: .001, 6000: .0035, 10000: .00225 });
  rows(at(3e-3, 300, "exp_range", .99994), {
    150: .00199104011,
    300: .002964321,
    600: .001,
    900: .00289486114,
    1500: .00282785744,
  });
});

Deno.test("ScheduleLR steps through a plain schedule; scheduleValues() leaves everything as it was", async () => {
  const curves = s.oneCycle(.01), o = optimizer(true), scheduler = new s.ScheduleLR(o, { steps: 50, ...curves });
  for (let k = 0; k < 7; k++) scheduler.step();
  const before = structuredClone([o.paramGroups, scheduler.stateDict()]);
  const { lr, momentum } = s.scheduleValues(scheduler, 43);
  assert.deepEqual([o.paramGroups, scheduler.stateDict()], before);
  near(lr[0][3], curves.lr(.2));
  near(momentum[1][42], curves.momentum(.98));
  near(s.scheduleValues(curves.lr, 50).lr[0][10], curves.lr(.2));
  const svg = await train.plot([{
    title: "lr",
    series: [{ name: "lr", points: lr[0].map((y, x) => [x, y] as const) }],
  }]);
  assert.match(svg, /<path/);
});

Deno.test("warm restarts can be set to positions between epochs", () => {
  const o = optimizer(), scheduler = new s.CosineAnnealingWarmRestarts(o, 4, { tMult: 2 });
  scheduler.step(5.5);
  near(o.paramGroups[0].lr, .25 * (1 + Math.cos(Math.PI * 1.5 / 8)));
  scheduler.step();
  near(o.paramGroups[0].lr, .25 * (1 + Math.cos(Math.PI * 2.5 / 8)));
  scheduler.step(0);
  near(o.paramGroups[0].lr, .5);
});

Deno.test("sequences inside of chains and sequences", () => {
  const o = optimizer(false, [1]), { ConstantLR, ExponentialLR, SequentialLR, ChainedScheduler } = s;
  const chain = new ChainedScheduler([new ConstantLR(o, { factor: .5, totalIters: 2 }), new ExponentialLR(o, .9)]);
  const scheduler = new SequentialLR(o, [new ExponentialLR(o, .5), chain], [3]);
  rows(s.scheduleValues(scheduler, 7).lr[0], { 0: 1, 1: .5, 2: .25, 3: .5, 4: .45, 5: .81, 6: .729 });
});

Deno.test("schedulers refuse impossible values and foreign states, and name what is wrong", () => {
  const o = optimizer(), other = optimizer(), bare = { paramGroups: [{ lr: 1 }] };
  const refused: [RegExp, () => unknown][] = [
    [/StepLR: stepSize is 0/, () => new s.StepLR(o, 0)],
    [/ExponentialLR: gamma is -1/, () => new s.ExponentialLR(o, -1)],
    [/LinearLR: startFactor is 0/, () => new s.LinearLR(o, { startFactor: 0 })],
    [/LambdaLR: 1 functions for 2 groups/, () => new s.LambdaLR(o, [() => 1])],
    [/MultiStepLR: milestones\[1\] is 0.5/, () => new s.MultiStepLR(o, [1, .5])],
    [/CosineAnnealingLR: tMax is NaN/, () => new s.CosineAnnealingLR(o, NaN)],
    [/CyclicLR: maxLr has 1 values for 2 groups/, () => new s.CyclicLR(o, .1, [.2])],
    [/CyclicLR: cycleMomentum is true, wanted false: group 0 has no momentum/, () => new s.CyclicLR(bare, .1, .2)],
    [/CyclicLR: mode is round/, () => new s.CyclicLR(o, .1, .2, { mode: "round" as "triangular" })],
    [/OneCycleLR: totalSteps \(or epochs \* stepsPerEpoch\) is NaN/, () => new s.OneCycleLR(o, .1, { epochs: 3 })],
    [/OneCycleLR: pctStart is 2/, () => new s.OneCycleLR(o, .1, { totalSteps: 9, pctStart: 2 })],
    [/ReduceLROnPlateau: factor is 1/, () => new s.ReduceLROnPlateau(o, { factor: 1 })],
    [/CircularLR: cutDiv is 1/, () => new s.CircularLR(o, { steps: 10, cutDiv: 1 })],
    [/SlantedTriangularLR: cutFrac is 0.01/, () => new s.SlantedTriangularLR(o, { steps: 10, cutFrac: .01 })],
    [/another optimiser/, () => new s.SequentialLR(o, [new s.ExponentialLR(other, .5)], [])],
    [/0 milestones for 2/, () => new s.SequentialLR(o, [1, 2].map(() => new s.ExponentialLR(o, .5)), [])],
    [/wants a metric/, () => new s.ChainedScheduler([new s.ReduceLROnPlateau(o) as unknown as s.LRScheduler])],
    [/list of schedules is empty/, () => new s.ChainedScheduler([])],
    [/steps is 0/, () => s.scheduleValues(new s.ExponentialLR(o, .5), 0)],
  ];
  for (const [message, make] of refused) {
    assert.throws(
      make,
      (error: unknown) => error instanceof ValueError && message.test(error.message),
      String(message),
    );
  }
  const scheduler = new s.CosineAnnealingWarmRestarts(o, 4), good = scheduler.stateDict();
  for (
    const bad of [null, {}, { ...good, baseLrs: [1] }, { ...good, lastEpoch: -1 }, { ...good, length: "x" }, {
      ...good,
      lastLr: [NaN, 1],
    }]
  ) assert.throws(() => scheduler.loadStateDict(bad), /nothing was changed/);
  assert.deepEqual(scheduler.stateDict(), good);
  const one = new s.OneCycleLR(o, .1, { totalSteps: 3 });
  for (let k = 0; k < 3; k++) one.step();
  assert.throws(() => one.step(), /all of its 3 steps are done/);
});
