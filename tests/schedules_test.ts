import { strict as assert } from "node:assert";
import { ValueError } from "../src/errors.ts";
import {
  combine,
  combinedCosine,
  constant,
  cosine,
  exponential,
  linear,
  oneCycle,
  type OneCycleOptions,
} from "../src/optim/lr_scheduler.ts";

function near(actual: number, expected: number, relative = 1e-12, absolute = 1e-12): void {
  const off = Math.abs(actual - expected);
  assert.ok(off <= Math.max(absolute, relative * Math.abs(expected)), `${actual} is not ${expected}`);
}

/**
 * The position as fastai computes it: float32 inside the part of the run it falls in. The rows below were made that
 * way; a double position moves them by less than 1e-7 of `lrMax`.
 */
function float32Position(k: number, batches: number, split = .25): number {
  const position = k / batches;
  return position < split
    ? Math.fround(Math.fround(position) / split) * split
    : split + Math.fround(Math.fround(Math.fround(position) - split) / (1 - split)) * (1 - split);
}

/** Rows of `[batch, learning rate, momentum]` from fastai's formula. */
const table: {
  lrMax: number;
  batches: number;
  options?: OneCycleOptions;
  rows: [k: number, lr?: number, mom?: number][];
}[] = [
  {
    lrMax: 1e-3,
    batches: 4 * 262,
    rows: [
      [0, 4e-5, .95],
      [1, 4.003450668e-5, .94999641],
      [131, .00052, .90],
      [261, .0009999654935],
      [262, .001, .85],
      [524, .0007500024865, .875],
      [786, .000250007473, .925],
      [1047, 1.399380963e-8, .9499996],
    ],
  },
  {
    lrMax: 3e-3,
    batches: 10 * 262,
    rows: [
      [1, .0001200165634],
      [327, .001556546659, .90011991],
      [655, .003],
      [1310, .002250007459],
      [2619, 3.191747985e-8],
    ],
  },
  {
    lrMax: 3e-3,
    batches: 15 * 49,
    rows: [
      [1, .0001202104587],
      [91, .001538458455, .90074797],
      [183, .002999881617],
      [184, .002999998478],
      [367, .002253706021],
      [734, 5.435916015e-8],
    ],
  },
  {
    lrMax: 1e-2,
    batches: 15 * 49,
    rows: [
      [1, .0004007015292],
      [91, .005128194851],
      [183, .009999605391],
      [367, .007512353404],
      [551, .002506247632],
      [734, 1.811972005e-7],
    ],
  },
  {
    lrMax: 1e-2,
    batches: 15 * 49,
    options: { moms: [.8, .7, .8] },
    rows: [[91, undefined, .75074797], [183, undefined, .70000411], [367, undefined, .72487671]],
  },
  {
    lrMax: 1,
    batches: 100,
    rows: [
      [0, .04],
      [1, .0437849432],
      [12, .4898605345],
      [24, .9962150526],
      [25, 1],
      [50, .7500024865],
      [75, .250007473],
      [99, .0004485797283],
    ],
  },
];

for (const { lrMax, batches, options, rows } of table) {
  Deno.test(`oneCycle() to ${lrMax} over ${batches} batches${options ? ", own momenta," : ""} gives fastai's values`, () => {
    const { lr, momentum } = oneCycle(lrMax, options);
    for (const [k, lrWanted, momWanted] of rows) {
      if (lrWanted !== undefined) {
        near(lr(float32Position(k, batches)), lrWanted, 1e-9, 0);
        near(lr(k / batches), lrWanted, 0, 1e-7 * lrMax);
      }
      if (momWanted !== undefined) near(momentum(k / batches), momWanted, 0, 1e-8);
    }
  });
}

Deno.test("oneCycle() never leaves the range of its three values", () => {
  const { lr, momentum } = oneCycle(2, { pctStart: .3, div: 10, divFinal: 1e4, moms: [.9, .8, .95] });
  for (let k = 0; k < 1000; k++) {
    assert.ok(lr(k / 1000) >= 2e-4 && lr(k / 1000) <= 2);
    assert.ok(momentum(k / 1000) >= .8 - 1e-12 && momentum(k / 1000) <= .95);
  }
  near(lr(0), .2);
  near(lr(.3), 2);
  near(momentum(.3), .8);
});

Deno.test("constant, linear, cosine and exponential start and end where they say", () => {
  assert.equal(constant(3)(.7), 3);
  for (const make of [linear, cosine, exponential]) {
    near(make(1, 5)(0), 1);
    near(make(1, 5)(1), 5);
  }
  near(linear(1, 5)(.5), 3);
  near(cosine(1, 5)(.5), 3);
  near(exponential(1, 4)(.5), 2);
});

Deno.test("combine() gives each schedule its own part, and a border to the later one", () => {
  const schedule = combine([.25, .5, .25], [constant(1), linear(2, 4), constant(5)]);
  assert.deepEqual([0, .2, .25, .5, .75, .99, 1].map(schedule), [1, 1, 2, 3, 5, 5, 5]);
  near(combinedCosine(.4, 1, 3, 2)(.4), 3);
});

Deno.test("schedules refuse NaN, infinite and impossible values and name the argument", () => {
  const refused: [name: RegExp, make: () => unknown][] = [
    [/lrMax = NaN/, () => oneCycle(NaN)],
    [/lrMax = Infinity/, () => oneCycle(Infinity)],
    [/lrMax = -1/, () => oneCycle(-1)],
    [/pctStart = 1/, () => oneCycle(1, { pctStart: 1 })],
    [/div = 0/, () => oneCycle(1, { div: 0 })],
    [/moms\[1\] = 1/, () => oneCycle(1, { moms: [.9, 1, .9] })],
    [/end = NaN/, () => linear(0, NaN)],
    [/start = 0/, () => exponential(0, 1)],
    [/add up to 0.9/, () => combine([.5, .4], [constant(1), constant(2)])],
    [/2 parts for 1 schedules/, () => combine([.5, .5], [constant(1)])],
  ];
  for (const [message, make] of refused) {
    assert.throws(make, (error: unknown) => error instanceof ValueError && message.test(error.message));
  }
});
