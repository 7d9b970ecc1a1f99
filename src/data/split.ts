/**
 * Splits of a data set into parts, as positions: at random, with the same share of every class in every part, or by a
 * list of positions. Random ones are drawn by Philox from a seed; `split_replay.ts` has those of other programs.
 * @module
 */

import { IndexError, ValueError } from "../errors.ts";
import { Generator } from "../tensor/random.ts";
import { range } from "./sampler_base.ts";

/**
 * Sizes of the parts: fractions that sum to 1, or numbers of items that sum to all.
 *
 * Fractions are rounded down, and the items left over go one each to the first parts, as PyTorch's `random_split` does.
 */
export type SplitSizes = readonly number[];

/** Options of the random splits. */
export interface SplitOptions {
  /** Seed of the order; default 0. */
  seed?: number;
}

/**
 * Splits `n` items at random.
 *
 * ```ts
 * const [train, valid] = w.data.randomSplit(items.length, [0.9, 0.1], { seed: 42 });
 * ```
 *
 * @returns positions of each part, in random order
 * @throws {ValueError} when there are no items, or the sizes are no parts of them
 */
export function randomSplit(n: number, sizes: SplitSizes, { seed = 0 }: SplitOptions = {}): Int32Array[] {
  return cutAt(new Generator(seed, "split").permutation(n), countsOf("randomSplit", n, sizes));
}

/**
 * Splits items at random so that every part has about the same share of every class: each class is split on its own,
 * and what its fractions leave over goes to the part that is furthest behind its share of all.
 * @param labels class of every item
 * @param fractions size of each part; they sum to 1
 * @returns positions of each part, in random order
 * @throws {ValueError} when there are no items, or the fractions do not sum to 1
 */
export function stratifiedSplit(
  labels: ArrayLike<number | string>,
  fractions: SplitSizes,
  { seed = 0 }: SplitOptions = {},
): Int32Array[] {
  const n = labels.length, random = new Generator(seed, "split");
  checkFractions("stratifiedSplit", n, fractions);
  const classes = new Map<number | string, number[]>();
  for (const item of random.permutation(n)) {
    const list = classes.get(labels[item]);
    if (list) list.push(item);
    else classes.set(labels[item], [item]);
  }
  const parts: number[][] = fractions.map(() => []);
  let done = 0;
  for (const list of [...classes.values()].sort((a, b) => a.length - b.length || a[0] - b[0])) {
    done += list.length;
    let at = 0;
    const take = (part: number, count: number) => {
      for (const end = at + count; at < end; at++) parts[part].push(list[at]);
    };
    fractions.forEach((fraction, part) => take(part, Math.floor(fraction * list.length + 1e-9)));
    while (at < list.length) {
      const behind = fractions.map((fraction, part) => fraction * done - parts[part].length);
      take(behind.indexOf(Math.max(...behind)), 1);
    }
  }
  return parts.map((part) => {
    const order = random.permutation(part.length);
    return order.map((i) => part[i]);
  });
}

/**
 * Splits by a list of positions.
 * @param valid positions of the second part
 * @returns all other positions, ascending, and those of the list in its order
 * @throws {IndexError} naming the place of a position that is out of range or comes twice
 */
export function indexSplit(n: number, valid: ArrayLike<number>): [Int32Array, Int32Array] {
  const taken = new Uint8Array(n);
  for (let i = 0; i < valid.length; i++) {
    const index = valid[i];
    const known = Number.isInteger(index) && index >= 0 && index < n;
    if (known && !taken[index]++) continue;
    throw new IndexError(
      `Cannot split ${n} items by position: entry ${i} is ${index}, ${
        known ? "which was there before" : `wanted 0 to ${n - 1}`
      }`,
      { op: "indexSplit", value: index, position: i },
    );
  }
  return [range(n).filter((i) => !taken[i]), Int32Array.from(valid)];
}

/** The items at the given positions. @throws {IndexError} for a position outside */
export function pick<T>(items: ArrayLike<T>, positions: ArrayLike<number>): T[] {
  return Array.from(positions, (position, i) => {
    if (position >= 0 && position < items.length) return items[position];
    throw new IndexError(`Cannot pick item ${position} of ${items.length}: entry ${i} is out of range`, {
      op: "pick",
      value: position,
      position: i,
    });
  });
}

/** Consecutive parts. */
export function cutAt(order: Int32Array, counts: readonly number[]): Int32Array[] {
  let at = 0;
  return counts.map((count) => order.slice(at, at += count));
}

function countsOf(op: string, n: number, sizes: SplitSizes): number[] {
  const sum = sizes.reduce((a, b) => a + b, 0);
  if (n > 0 && sum === n && sizes.every((size) => Number.isInteger(size) && size >= 0)) return [...sizes];
  checkFractions(op, n, sizes);
  const counts = sizes.map((fraction) => Math.floor(fraction * n + 1e-9));
  let left = n - counts.reduce((a, b) => a + b, 0);
  for (let i = 0; left > 0; i = (i + 1) % counts.length, left--) counts[i]++;
  return counts;
}

function checkFractions(op: string, n: number, sizes: SplitSizes): void {
  const sum = sizes.reduce((a, b) => a + b, 0);
  if (!Number.isSafeInteger(n) || n < 1) {
    throw new ValueError(`Cannot split ${n} items: the data set is empty`, { op, value: n });
  }
  if (sizes.length > 0 && sizes.every((size) => size >= 0 && size <= 1) && Math.abs(sum - 1) <= 1e-9) return;
  throw new ValueError(`Cannot split ${n} items into parts of ${sizes.join(", ")}: wanted fractions that sum to 1`, {
    op,
    value: sizes,
  });
}
