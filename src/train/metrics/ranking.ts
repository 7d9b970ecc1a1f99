/**
 * How well scores rank positives above negatives: ROC AUC with ties and average precision, in float64 on the host.
 * @module
 */

import { ShapeError, ValueError } from "../../errors.ts";

/** Labels: positive where true or at least 0.5. */
export type Labels = ArrayLike<number> | ArrayLike<boolean>;

/** Scores of positives and of negatives, each ascending. */
interface Split {
  readonly positive: Float64Array;
  readonly negative: Float64Array;
}

/**
 * Area under the ROC curve: the part of all pairs of a positive and a negative in which the positive has the higher
 * score, where equal scores count one half (the Mann-Whitney statistic with middle ranks).
 * @param labels positive where true or at least 0.5
 * @param scores any numbers, higher for positives
 * @param where which items count; by default all
 * @returns NaN when there is no positive or no negative, as scikit-learn (which also warns)
 * @throws {ValueError} naming the position when a score is NaN
 * @throws {ShapeError} when there are not as many labels as scores
 */
export function rocAucScore(labels: Labels, scores: ArrayLike<number>, where?: (item: number) => boolean): number {
  const { positive, negative } = split("rocAucScore", labels, scores, where);
  if (positive.length === 0 || negative.length === 0) return NaN;
  let below = 0, upTo = 0, halves = 0; // negatives below the positive's score, and those that reach it; 2 × U is whole
  for (const score of positive) {
    while (below < negative.length && negative[below] < score) below++;
    upTo = Math.max(upTo, below);
    while (upTo < negative.length && negative[upTo] === score) upTo++;
    halves += below + upTo;
  }
  return halves / 2 / positive.length / negative.length;
}

/**
 * Average precision: the sum over thresholds of precision times the gain in recall, without interpolation.
 * @param labels positive where true or at least 0.5
 * @param scores any numbers, higher for positives
 * @returns 0 when there is no positive, as scikit-learn (which also warns); NaN without any item
 * @throws {ValueError} naming the position when a score is NaN
 * @throws {ShapeError} when there are not as many labels as scores
 */
export function averagePrecisionScore(labels: Labels, scores: ArrayLike<number>): number {
  const { positive, negative } = split("averagePrecisionScore", labels, scores);
  if (positive.length + negative.length === 0) return NaN;
  let p = positive.length, n = negative.length, sum = 0;
  while (p > 0) {
    const score = positive[p - 1], before = p;
    while (p > 0 && positive[p - 1] === score) p--;
    while (n > 0 && negative[n - 1] >= score) n--;
    const found = positive.length - p;
    sum += (before - p) * (found / (found + negative.length - n));
  }
  return positive.length === 0 ? 0 : sum / positive.length;
}

function split(op: string, labels: Labels, scores: ArrayLike<number>, where?: (item: number) => boolean): Split {
  checkLengths(op, labels, scores);
  const positive: number[] = [], negative: number[] = [];
  for (let i = 0; i < scores.length; i++) {
    if (where && !where(i)) continue;
    if (Number.isNaN(scores[i])) {
      throw new ValueError(`Cannot compute ${op}: the score at position ${i} is NaN, which has no rank`, {
        op,
        value: NaN,
        position: i,
      });
    }
    (isTrue(labels[i]) ? positive : negative).push(scores[i]);
  }
  return { positive: Float64Array.from(positive).sort(), negative: Float64Array.from(negative).sort() };
}

/** @throws {ShapeError} unless there are as many labels as scores */
export function checkLengths(op: string, labels: Labels, scores: ArrayLike<number>): void {
  if (labels.length === scores.length) return;
  throw new ShapeError(
    `Cannot compute ${op} of ${labels.length} labels and ${scores.length} scores: there has to be a score per label`,
    { op, shapes: [[labels.length], [scores.length]] },
  );
}

/** True for labels that are true or at least 0.5. */
export function isTrue(label: number | boolean): boolean {
  return typeof label === "boolean" ? label : label >= 0.5;
}
