/**
 * Precision, recall and F1 from a matrix of counts, in float64 on the host: scikit-learn's definitions, for one class,
 * per class, and averaged.
 * @module
 */

import { ValueError } from "../../errors.ts";

/** Counts: `matrix[target][predicted]`. */
export type CountMatrix = readonly (readonly number[])[];

/** How the scores of classes become one. */
export interface AverageOptions {
  /**
   * `binary` (default): the score of class `positive` of two. `macro`: the plain mean over the classes that occur among
   * targets or predictions. `weighted`: their mean weighted by how many targets they have. `micro`: the score of the
   * counts of all classes together, which is the accuracy.
   */
  average?: "binary" | "macro" | "weighted" | "micro";
  /** The class that `binary` is about; default 1. */
  positive?: number;
  /** What a score is where its denominator is 0; default 0. With NaN, averages leave such classes out. */
  zeroDivision?: number;
}

/** Scores of one class. */
export interface ClassScores {
  /** Right predictions of the class by all predictions of the class. */
  readonly precision: number;
  /** Right predictions of the class by all targets of the class. */
  readonly recall: number;
  /** Harmonic mean of both. */
  readonly f1: number;
  /** Targets of the class. */
  readonly support: number;
}

/** A score of {@link ClassScores}. */
export type ScoreName = "precision" | "recall" | "f1";

/**
 * Scores of every class of a confusion matrix.
 * @param zeroDivision what a score is where its denominator is 0
 */
export function classScores(matrix: CountMatrix, zeroDivision = 0): ClassScores[] {
  return tallies(matrix).map((tally) => ({
    precision: score("precision", tally, zeroDivision),
    recall: score("recall", tally, zeroDivision),
    f1: score("f1", tally, zeroDivision),
    support: tally.wanted,
  }));
}

/**
 * One score of a confusion matrix.
 * @throws {ValueError} for a binary average of more than two classes, or a positive class that is not there
 */
export function averagedScore(name: ScoreName, matrix: CountMatrix, options: AverageOptions = {}): number {
  const { average = "binary", positive = 1, zeroDivision = 0 } = options;
  const all = tallies(matrix);
  if (average === "binary") {
    checkBinary(name, matrix.length, positive);
    return score(name, all[positive], zeroDivision);
  }
  if (average === "micro") {
    const sum = all.reduce((a, b) => ({ hits: a.hits + b.hits, said: a.said + b.said, wanted: a.wanted + b.wanted }));
    return score(name, sum, zeroDivision);
  }
  const there = all.filter(({ said, wanted }) => said + wanted > 0);
  let sum = 0, weights = 0;
  for (const tally of there) {
    const value = score(name, tally, zeroDivision), weight = average === "macro" ? 1 : tally.wanted;
    if (Number.isNaN(value)) continue;
    sum += value * weight;
    weights += weight;
  }
  return weights > 0 ? sum / weights : zeroDivision;
}

/** Rows divided by their sums: which part of the targets of a class was predicted as which; zeros where there are none. */
export function normalizeRows(matrix: CountMatrix): number[][] {
  return matrix.map((row) => {
    const sum = row.reduce((a, b) => a + b, 0);
    return row.map((count) => sum > 0 ? count / sum : 0);
  });
}

/** @throws {ValueError} unless `binary` has a meaning for so many classes */
export function checkBinary(op: string, classes: number, positive: number): void {
  if (classes === 2 && (positive === 0 || positive === 1)) return;
  throw new ValueError(
    classes === 2
      ? `Cannot compute ${op} of class ${positive}: of two classes the positive one is 0 or 1`
      : `Cannot compute the binary ${op} of ${classes} classes: choose average "macro", "weighted" or "micro"`,
    { op, value: classes === 2 ? positive : classes },
  );
}

interface Tally {
  hits: number;
  said: number;
  wanted: number;
}

function tallies(matrix: CountMatrix): Tally[] {
  return matrix.map((row, c) => ({
    hits: row[c],
    said: matrix.reduce((sum, other) => sum + other[c], 0),
    wanted: row.reduce((sum, count) => sum + count, 0),
  }));
}

function score(name: ScoreName, { hits, said, wanted }: Tally, zeroDivision: number): number {
  const [top, bottom] = name === "precision" ? [hits, said] : name === "recall" ? [hits, wanted] : [
    2 * hits,
    said + wanted,
  ];
  return bottom === 0 ? zeroDivision : top / bottom;
}
