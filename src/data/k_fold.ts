/**
 * Splits for cross-validation: every item is in the validation part once. The random orders are our own, or with
 * `random` those of scikit-learn.
 * @module
 */

import { ValueError } from "../errors.ts";
import { Generator } from "../tensor/random.ts";
import type { RandomState } from "../tensor/random_state.ts";

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
  /**
   * Replays scikit-learn's `KFold(folds, shuffle=True, random_state=...)`, with labels its `StratifiedKFold`. In place of
   * `shuffle` and `seed`.
   */
  random?: RandomState;
}

/** Numbers of the items of one split, ascending unless they were shuffled by `seed`. */
export interface Fold {
  /** Number of the fold, from 0. */
  readonly fold: number;
  /** Items to train on. */
  readonly train: Int32Array;
  /** Items to validate on. */
  readonly valid: Int32Array;
}

/**
 * Splits `n` items into folds of equal size, or sizes that differ by one: the first ones are larger. Each is the
 * validation part of one split and in the training part of the others.
 * @throws {ValueError} for fewer than 2 folds, more folds than items (with `random` and labels: than items of the
 *   largest class), or labels of another length
 */
export function kFold(n: number, options: KFoldOptions = {}): Fold[] {
  const { folds = 5, shuffle = false, seed = 0, labels, random } = options;
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
  const order = shuffle && !random ? new Generator(seed, "kFold").permutation(n) : range(n);
  let foldOf: Int32Array;
  if (random) foldOf = labels ? stratifiedReplay(labels, folds, random) : cut(random.permutation(n), folds);
  else foldOf = labels ? dealt(order, labels, folds) : cut(order, folds);
  return Array.from({ length: folds }, (_, fold) => ({
    fold,
    train: order.filter((item) => foldOf[item] !== fold),
    valid: order.filter((item) => foldOf[item] === fold),
  }));
}

function range(n: number): Int32Array {
  return Int32Array.from({ length: n }, (_, i) => i);
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

/** The items of every class in the order given, the classes in that of their first items. */
function byClass(order: Int32Array, labels: ArrayLike<number | string>): number[][] {
  const classes = new Map<number | string, number[]>();
  for (const item of order) {
    const list = classes.get(labels[item]);
    if (list) list.push(item);
    else classes.set(labels[item], [item]);
  }
  return [...classes.values()];
}

/** Items dealt out class by class, going on where the class before ended: sizes differ by one at most. */
function dealt(order: Int32Array, labels: ArrayLike<number | string>, folds: number): Int32Array {
  const foldOf = new Int32Array(order.length);
  let next = 0;
  for (const list of byClass(order, labels)) for (const item of list) foldOf[item] = next++ % folds;
  return foldOf;
}

/** scikit-learn's way: how many of a class a fold gets is dealt as above; which of them, is shuffled class by class. */
function stratifiedReplay(labels: ArrayLike<number | string>, folds: number, random: RandomState): Int32Array {
  const foldOf = new Int32Array(labels.length), classes = byClass(range(labels.length), labels);
  const largest = classes.reduce((most, list) => Math.max(most, list.length), 0);
  if (folds > largest) {
    throw new ValueError(`Cannot split into ${folds} folds by label: the largest class has ${largest} items`, {
      op: "kFold",
      value: folds,
    });
  }
  let next = 0;
  for (const list of classes) {
    const blocks = Int32Array.from(list, () => next++ % folds).sort();
    random.shuffle(blocks);
    list.forEach((item, i) => foldOf[item] = blocks[i]);
  }
  return foldOf;
}
