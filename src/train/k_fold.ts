/**
 * Cross-validation: every item is in the validation part once.
 * @module
 */

import { ValueError } from "../errors.ts";
import { Generator } from "../tensor/random.ts";

/** Options of {@link kFold}. */
export interface KFoldOptions {
  /** Number of parts; default 5. */
  folds?: number;
  /** Deal the items out in a random order; default false. */
  shuffle?: boolean;
  /** Seed of that order; default 0. */
  seed?: number;
  /** Class of every item: each part gets about the same share of every class. */
  labels?: ArrayLike<number | string>;
}

/** Numbers of the items of one split, ascending unless they were shuffled. */
export interface Fold {
  /** Number of the fold, from 0. */
  readonly fold: number;
  /** Items to train on. */
  readonly train: Int32Array;
  /** Items to validate on. */
  readonly valid: Int32Array;
}

/** Results of {@link crossValidate}. */
export interface CrossValidation<R> {
  /** What `run` returned for every fold. */
  readonly results: readonly R[];
  /** Mean of every number that all results have. */
  readonly mean: Readonly<Record<string, number>>;
  /** Their standard deviation over the folds, with n - 1. */
  readonly std: Readonly<Record<string, number>>;
}

/**
 * Splits `n` items into folds of equal size, or sizes that differ by one: the first ones are larger. Each is the
 * validation part of one split and in the training part of the others.
 * @throws {ValueError} for fewer than 2 folds, more folds than items, or labels of another length
 */
export function kFold(n: number, { folds = 5, shuffle = false, seed = 0, labels }: KFoldOptions = {}): Fold[] {
  if (!Number.isSafeInteger(folds) || folds < 2 || folds > n) {
    throw new ValueError(`Cannot split ${n} items into ${folds} folds: wanted an integer from 2 to ${n}`, {
      op: "kFold",
      value: folds,
    });
  }
  if (labels && labels.length !== n) {
    throw new ValueError(`Cannot split ${n} items by ${labels.length} labels: wanted one for each`, {
      op: "kFold",
      value: labels.length,
    });
  }
  const order = shuffle ? new Generator(seed, "kFold").permutation(n) : Int32Array.from({ length: n }, (_, i) => i);
  const foldOf = labels ? dealt(order, labels, folds) : cut(order, folds);
  return Array.from({ length: folds }, (_, fold) => ({
    fold,
    train: order.filter((item) => foldOf[item] !== fold),
    valid: order.filter((item) => foldOf[item] === fold),
  }));
}

/** Consecutive items, the first folds one longer. */
function cut(order: Int32Array, folds: number): Int32Array {
  const foldOf = new Int32Array(order.length), size = Math.floor(order.length / folds), longer = order.length % folds;
  order.forEach((item, place) => {
    const head = longer * (size + 1);
    foldOf[item] = place < head ? Math.floor(place / (size + 1)) : longer + Math.floor((place - head) / size);
  });
  return foldOf;
}

/** Items dealt out class by class, going on where the class before ended: sizes differ by one at most. */
function dealt(order: Int32Array, labels: ArrayLike<number | string>, folds: number): Int32Array {
  const classes = new Map<number | string, number[]>(), foldOf = new Int32Array(order.length);
  for (const item of order) {
    const list = classes.get(labels[item]);
    if (list) list.push(item);
    else classes.set(labels[item], [item]);
  }
  let next = 0;
  for (const list of classes.values()) for (const item of list) foldOf[item] = next++ % folds;
  return foldOf;
}

/**
 * Trains and validates once per fold.
 *
 * ```ts
 * const { mean, std } = await w.train.crossValidate(items, { folds: 5, shuffle: true }, async (train, valid) => {
 *   const learner = new w.train.Learner({ model: createModel(), loss, train: load(train), valid: load(valid) });
 *   await learner.fitOneCycle(4, 1e-3);
 *   return (await learner.validate()).metrics;
 * });
 * ```
 *
 * @param items an array of items
 * @param run is given the items of both parts; what it returns may be numbers by name
 */
export async function crossValidate<T, R>(
  items: readonly T[],
  options: KFoldOptions,
  run: (train: T[], valid: T[], fold: number) => Promise<R>,
): Promise<CrossValidation<R>> {
  const results: R[] = [];
  for (const { fold, train, valid } of kFold(items.length, options)) {
    const pick = (numbers: Int32Array) => Array.from(numbers, (i) => items[i]);
    results.push(await run(pick(train), pick(valid), fold));
  }
  const tables = results.map((result) => (result ?? {}) as Record<string, unknown>);
  const names = Object.keys(tables[0]).filter((name) => tables.every((table) => typeof table[name] === "number"));
  const mean: Record<string, number> = {}, std: Record<string, number> = {};
  for (const name of names) {
    const values = tables.map((table) => table[name] as number);
    mean[name] = values.reduce((a, b) => a + b, 0) / values.length;
    std[name] = Math.sqrt(values.reduce((a, b) => a + (b - mean[name]) ** 2, 0) / (values.length - 1));
  }
  return { results, mean, std };
}
