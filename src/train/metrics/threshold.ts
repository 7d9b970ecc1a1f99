/**
 * The threshold on probabilities that gives the best F1: found on validation data, applied to test data.
 * @module
 */

import { ValueError } from "../../errors.ts";
import { checkLengths, isTrue, type Labels } from "./ranking.ts";
import { averagedScore } from "./scores.ts";

/** Options of {@link f1ThresholdSearch}. */
export interface ThresholdSearchOptions {
  /** Thresholds to try, 0.01 to 0.49 in steps of 0.01 by default. */
  thresholds?: readonly number[];
}

/** What {@link f1ThresholdSearch} found. */
export interface ThresholdResult {
  /** The best threshold, the first of equals. */
  readonly threshold: number;
  /** F1 at that threshold. */
  readonly f1: number;
  /** F1 at every threshold. */
  readonly scores: readonly number[];
}

/** `0.01, 0.02, .. 0.49`, computed as NumPy's `arange` does. */
const DEFAULT: readonly number[] = Array.from({ length: 49 }, (_, i) => 0.01 + i * 0.01);

/**
 * Tries thresholds: an item is positive when its probability is strictly above.
 * @param labels positive where true or at least 0.5
 * @param probabilities of class 1; thresholds are rounded to float32 when these are a Float32Array, as NumPy does
 * @throws {ValueError} when there is no threshold
 * @throws {ShapeError} when there are not as many labels as probabilities
 */
export function f1ThresholdSearch(
  labels: Labels,
  probabilities: ArrayLike<number>,
  { thresholds = DEFAULT }: ThresholdSearchOptions = {},
): ThresholdResult {
  checkLengths("f1ThresholdSearch", labels, probabilities);
  if (thresholds.length === 0) {
    throw new ValueError("Cannot search the threshold of the best F1: there is no threshold to try", {
      op: "f1ThresholdSearch",
    });
  }
  const scores = thresholds.map((threshold) => f1At(labels, probabilities, threshold));
  const best = scores.reduce((best, score, i) => score > scores[best] ? i : best, 0);
  return { threshold: thresholds[best], f1: scores[best], scores };
}

/**
 * F1 of class 1 when items strictly above the threshold are positive; 0 without any positive.
 * @param labels positive where true or at least 0.5
 * @param probabilities of class 1
 */
export function f1At(labels: Labels, probabilities: ArrayLike<number>, threshold: number): number {
  const limit = probabilities instanceof Float32Array ? Math.fround(threshold) : threshold;
  const matrix = [[0, 0], [0, 0]];
  for (let i = 0; i < probabilities.length; i++) matrix[Number(isTrue(labels[i]))][Number(probabilities[i] > limit)]++;
  return averagedScore("f1", matrix);
}
