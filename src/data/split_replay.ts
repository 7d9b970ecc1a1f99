/**
 * Splits that other programs made, position for position: torchtext's (Python's generator), scikit-learn's (NumPy's) and
 * torchMoji's three parts.
 * @module
 */

import { ValueError } from "../errors.ts";
import { PythonRandom } from "../tensor/python_random.ts";
import { RandomState } from "../tensor/random_state.ts";
import { cutAt } from "./split.ts";

/** Options of {@link torchtextSplit}. */
export interface TorchtextSplitOptions {
  /** Share of the first part; default 0.7. Or the shares of three parts, in the order in which they are cut. */
  ratio?: number | readonly [number, number, number];
  /** Seed of `random.seed`, or a generator that stands where Python's stood; default seed 1234. */
  random?: number | PythonRandom;
}

/**
 * torchtext's `dataset.split(ratio, random_state=random.seed(seed))`: `random.sample(range(n), n)`, of which the first
 * `round(ratio * n)` are the first part.
 * @returns positions of each part, in the order of the sample
 */
export function torchtextSplit(n: number, options: TorchtextSplitOptions = {}): Int32Array[] {
  const { ratio = 0.7, random = 1234 } = options, op = "torchtextSplit";
  requireItems(op, n);
  const shares = typeof ratio === "number" ? [ratio, 1 - ratio] : ratio;
  const sum = shares.reduce((a, b) => a + b, 0);
  if (!shares.every((share) => share >= 0) || !(sum > 0)) {
    throw new ValueError(`Cannot split ${n} items by ${ratio}: wanted shares of at least 0`, { op, value: ratio });
  }
  const counts = shares.slice(0, -1).map((share) => roundHalfEven(share / sum * n));
  counts.push(n - counts.reduce((a, b) => a + b, 0));
  const source = typeof random === "number" ? new PythonRandom(random) : random;
  return cutAt(source.permutation(n), counts);
}

/** Options of {@link trainTestSplit}. */
export interface TrainTestOptions {
  /** Share or number of items of the test part; default 0.25. */
  testSize?: number;
  /** Share or number of items of the training part; default all others. */
  trainSize?: number;
  /** Seed of NumPy's generator, or one that stands where it stood; default seed 0. */
  random?: number | RandomState;
}

/**
 * scikit-learn's `train_test_split(items, test_size=..., random_state=...)`: of a permutation, the first `ceil(testSize *
 * n)` are the test part and those behind them the training part.
 * @returns positions of the training and of the test part
 * @throws {ValueError} when a part would be empty or both are more than there is
 */
export function trainTestSplit(n: number, options: TrainTestOptions = {}): [train: Int32Array, test: Int32Array] {
  const { testSize, trainSize, random = 0 } = options;
  requireItems("trainTestSplit", n);
  const whole = (size: number, round: (x: number) => number) => size < 1 ? round(size * n) : size;
  let test: number, train: number;
  if (testSize === undefined && trainSize !== undefined) {
    train = whole(trainSize, Math.floor);
    test = n - train;
  } else {
    test = whole(testSize ?? 0.25, Math.ceil);
    train = trainSize === undefined ? n - test : whole(trainSize, Math.floor);
  }
  if (![test, train].every((count) => Number.isInteger(count) && count > 0) || test + train > n) {
    throw new ValueError(`Cannot split ${n} items into ${train} to train and ${test} to test`, {
      op: "trainTestSplit",
      value: options,
    });
  }
  const order = (typeof random === "number" ? new RandomState(random) : random).permutation(n);
  return [order.slice(test, test + train), order.slice(0, test)];
}

/** Options of {@link trainValidTestSplit}. */
export interface TrainValidTestOptions {
  /** Share of the validation part, of what the test part leaves; default 0.1. */
  validSize?: number;
  /** Share of the test part; default 0.2. */
  testSize?: number;
  /** Seed of NumPy's generator, or one that stands where it stood; default seed 0. */
  random?: number | RandomState;
}

/**
 * torchMoji's split: `train_test_split` for the test part, and again on the rest for the validation part, whose share is
 * one of the rest (10 items are split 7, 1, 2).
 * @returns positions of the training, validation and test part
 */
export function trainValidTestSplit(
  n: number,
  options: TrainValidTestOptions = {},
): [Int32Array, Int32Array, Int32Array] {
  const { validSize = 0.1, testSize = 0.2, random: seed = 0 } = options;
  const random = typeof seed === "number" ? new RandomState(seed) : seed;
  const [rest, test] = trainTestSplit(n, { testSize, random });
  const [train, valid] = trainTestSplit(rest.length, { testSize: validSize, random });
  return [train.map((i) => rest[i]), valid.map((i) => rest[i]), test];
}

function requireItems(op: string, n: number): void {
  if (Number.isSafeInteger(n) && n >= 1) return;
  throw new ValueError(`Cannot split ${n} items: the data set is empty`, { op, value: n });
}

/** Python's `round`: halves go to the even neighbour. */
function roundHalfEven(x: number): number {
  const low = Math.floor(x), part = x - low;
  return part > 0.5 || part === 0.5 && low % 2 ? low + 1 : low;
}
