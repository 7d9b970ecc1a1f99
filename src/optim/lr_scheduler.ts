/**
 * Schedules: plain functions from the position in a training run to the value of a hyper-parameter.
 *
 * A {@link Schedule} knows nothing about optimisers or batches, so it can be plotted, tested and combined on its own;
 * the learner's `ParamScheduler` evaluates it before every batch. Positions run from 0 (before the first batch)
 * towards 1 (which a run of n batches never reaches: its last position is 1 - 1/n).
 * @module
 */

import { ValueError } from "../errors.ts";

/** Value of a hyper-parameter at `position`, the part of the run that is over (0 at the start, below 1). */
export type Schedule = (position: number) => number;

/**
 * The same value all the time.
 * @throws {ValueError} when `value` is NaN or infinite
 */
export function constant(value: number): Schedule {
  requireFinite("constant", "value", value);
  return () => value;
}

/**
 * A straight line from `start` to `end`.
 * @throws {ValueError} when an end point is NaN or infinite
 */
export function linear(start: number, end: number): Schedule {
  requireFinite("linear", "start", start);
  requireFinite("linear", "end", end);
  return (position) => start + position * (end - start);
}

/**
 * Half a cosine wave from `start` to `end`: `start + (1 - cos(pi * position)) * (end - start) / 2`, flat at both ends.
 * @throws {ValueError} when an end point is NaN or infinite
 */
export function cosine(start: number, end: number): Schedule {
  requireFinite("cosine", "start", start);
  requireFinite("cosine", "end", end);
  return (position) => start + (1 - Math.cos(Math.PI * position)) * (end - start) / 2;
}

/**
 * A straight line on a logarithmic axis: `start * (end / start) ** position`.
 * @throws {ValueError} when an end point is not a positive finite number
 */
export function exponential(start: number, end: number): Schedule {
  requirePositive("exponential", "start", start);
  requirePositive("exponential", "end", end);
  return (position) => start * (end / start) ** position;
}

/**
 * Schedules one after another: schedule i takes `parts[i]` of the run and sees that part as positions 0 to 1.
 * On a border the later schedule counts.
 *
 * @param parts fractions of the run, all above 0, adding up to 1
 * @param schedules one schedule per part
 * @throws {ValueError} when the counts differ or the parts do not add up to 1
 */
export function combine(parts: readonly number[], schedules: readonly Schedule[]): Schedule {
  if (parts.length === 0 || parts.length !== schedules.length) {
    throw new ValueError(
      `Cannot combine schedules: ${parts.length} parts for ${schedules.length} schedules; give one part per schedule`,
      { op: "combine" },
    );
  }
  parts.forEach((part, i) => requirePositive("combine", `parts[${i}]`, part));
  const total = parts.reduce((sum, part) => sum + part, 0);
  if (Math.abs(total - 1) > 1e-9) {
    throw new ValueError(`Cannot combine schedules: the parts add up to ${total}, not to 1`, {
      op: "combine",
      value: total,
    });
  }
  const starts = parts.map((_, i) => parts.slice(0, i).reduce((sum, part) => sum + part, 0));
  return (position) => {
    let i = parts.length - 1;
    while (i > 0 && position < starts[i]) i--;
    return schedules[i]((position - starts[i]) / parts[i]);
  };
}

/**
 * Two half cosine waves: `start` to `middle` over the first `split` of the run, then `middle` to `end`.
 * @throws {ValueError} when `split` is not between 0 and 1
 */
export function combinedCosine(split: number, start: number, middle: number, end: number): Schedule {
  requireFraction("combinedCosine", "split", split);
  return combine([split, 1 - split], [cosine(start, middle), cosine(middle, end)]);
}

/** Options of {@link oneCycle}. */
export interface OneCycleOptions {
  /** Part of the run in which the learning rate rises, above 0 and below 1; default 0.25. */
  pctStart?: number;
  /** The run starts at `lrMax / div`; default 25. */
  div?: number;
  /** The run ends near `lrMax / divFinal`; default 1e5. */
  divFinal?: number;
  /** Momentum (Adam's first beta) at the start, at the peak of the learning rate and at the end; default `[0.95, 0.85, 0.95]`. */
  moms?: readonly [start: number, peak: number, end: number];
}

/** The two curves of one-cycle training. */
export interface OneCycle {
  /** Learning rate. */
  readonly lr: Schedule;
  /** Momentum, or Adam's first beta. */
  readonly momentum: Schedule;
}

/**
 * One-cycle training in fastai's form: the learning rate climbs on a cosine from `lrMax / div` to `lrMax` and falls on
 * a cosine to `lrMax / divFinal`, while the momentum goes down and up again.
 *
 * ```ts
 * import { oneCycle } from "./lr_scheduler.ts";
 * const { lr } = oneCycle(1e-3);
 * console.log([0, 0.25, 0.5, 0.75].map(lr)); // [ 0.00004, 0.001, 0.000750..., 0.000250... ]
 * ```
 *
 * Source: Smith, "A disciplined approach to neural network hyper-parameters", arXiv 1803.09820.
 * @param lrMax highest learning rate
 * @throws {ValueError} naming the argument, when one is NaN, infinite or out of range
 */
export function oneCycle(lrMax: number, options: OneCycleOptions = {}): OneCycle {
  const { pctStart = 0.25, div = 25, divFinal = 1e5, moms = [0.95, 0.85, 0.95] } = options;
  requireLearningRate("oneCycle", "lrMax", lrMax);
  requireFraction("oneCycle", "pctStart", pctStart);
  requirePositive("oneCycle", "div", div);
  requirePositive("oneCycle", "divFinal", divFinal);
  moms.forEach((mom, i) => {
    if (!(mom >= 0 && mom < 1)) throw rangeError("oneCycle", `moms[${i}]`, mom, "a number from 0 up to but not 1");
  });
  return {
    lr: combinedCosine(pctStart, lrMax / div, lrMax, lrMax / divFinal),
    momentum: combinedCosine(pctStart, ...moms),
  };
}

/**
 * Checks a learning rate: a finite number that is not negative.
 * @param op the function that was called
 * @param name the argument's name, used in the message
 * @throws {ValueError} naming the argument and its value
 */
export function requireLearningRate(op: string, name: string, value: number): void {
  if (!(value >= 0 && value < Infinity)) throw rangeError(op, name, value, "a finite number, zero or above");
}

function requireFinite(op: string, name: string, value: number): void {
  if (!Number.isFinite(value)) throw rangeError(op, name, value, "a finite number");
}

function requirePositive(op: string, name: string, value: number): void {
  if (!(value > 0 && value < Infinity)) throw rangeError(op, name, value, "a finite number above zero");
}

function requireFraction(op: string, name: string, value: number): void {
  if (!(value > 0 && value < 1)) throw rangeError(op, name, value, "a number between 0 and 1");
}

function rangeError(op: string, name: string, value: number, wanted: string): ValueError {
  return new ValueError(`Cannot use ${name} = ${value} in ${op}: it has to be ${wanted}`, { op, value });
}
