/**
 * What the samplers have in common: where they draw from, and their state. Without a generator of its own a sampler
 * draws from the loader's Philox stream and is the same whenever an epoch is asked for; with one (`PythonRandom`,
 * `RandomState`) it replays another program, whose generator carries on from epoch to epoch.
 * @module
 */

import { ShapeError, ValueError } from "../errors.ts";
import type { Permuter } from "../tensor/mt19937.ts";
import type { Generator } from "../tensor/random.ts";
import type { Stateful, StateTree } from "../tensor/state_tree.ts";

/** A generator that samplers replay: `PythonRandom`, `RandomState`, or a `Generator` of the caller. */
export type ReplayRandom = Permuter & Stateful;

/** Options of samplers that draw. */
export interface RandomOptions {
  /** The generator to replay; by default the loader's own stream, which needs no state. */
  random?: ReplayRandom;
}

/** Base of the samplers. */
export abstract class SamplerBase implements Stateful {
  /** Name in states and messages. */
  abstract readonly kind: string;
  /** Number of items that are chosen from. */
  readonly size: number;
  /** The generator that is replayed. */
  protected readonly replay: ReplayRandom | null;

  /** @throws {ValueError} when there are no items */
  constructor(size: number, replay: ReplayRandom | null = null) {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new ValueError(`Cannot sample from ${size} items: wanted at least one`, { op: "Sampler", value: size });
    }
    this.size = size;
    this.replay = replay;
  }

  /** What else the orders depend on: a sampler with other settings refuses the state. */
  protected get settings(): string {
    return "";
  }

  /** Where an epoch draws from. */
  protected draws(random: Generator): Permuter {
    return this.replay ?? random;
  }

  /** The state before the next epoch. */
  stateDict(): StateTree {
    const { kind, size, settings } = this;
    return { kind, size, settings, random: this.replay?.stateDict() ?? null };
  }

  /**
   * Goes on where another sampler of the same kind, size and settings stood.
   * @throws {ValueError} for another state: nothing is changed
   */
  loadStateDict(tree: StateTree): void {
    const { kind, size, settings, random = null } = (tree ?? {}) as Record<string, StateTree>;
    const describe = (k: unknown, n: unknown, more: unknown, own: boolean) =>
      `${k} of ${n} items${more ? ` (${more})` : ""} with ${own ? "a" : "no"} generator of its own`;
    const found = describe(kind, size, settings, random !== null);
    const mine = describe(this.kind, this.size, this.settings, this.replay !== null);
    if (found !== mine) {
      throw new ValueError(
        `Cannot load the state of a sampler: it is of a ${found}, this is a ${mine}; nothing was changed`,
        {
          op: "loadStateDict",
          value: tree,
        },
      );
    }
    this.replay?.loadStateDict(random);
  }
}

/** 0, 1, ..., n - 1. */
export function range(n: number): Int32Array<ArrayBuffer> {
  const out = new Int32Array(n);
  for (let i = 0; i < n; i++) out[i] = i;
  return out;
}

/** Where batches of one size begin in `n` items, and the end. */
export function evenOffsets(n: number, batchSize: number): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: Math.ceil(n / batchSize) + 1 }, (_, i) => Math.min(n, i * batchSize));
}

/**
 * Items ordered by key, those of equal key in the order in which they came, either way: Python's `sorted`.
 * @param keys key of every item, by its number
 */
export function sortedBy(
  items: ArrayLike<number>,
  keys: ArrayLike<number>,
  descending = false,
): Int32Array<ArrayBuffer> {
  const n = items.length, ranks = new Float64Array(n);
  let least = Infinity, most = -Infinity, whole = true;
  for (let i = 0; i < n; i++) {
    const key = keys[items[i]];
    if (key < least) least = key;
    if (key > most) most = key;
    whole &&= Number.isInteger(key);
  }
  if (whole && (most - least + 1) * n < 2 ** 53) { // key and place in one number: sorted without a comparison function
    for (let i = 0; i < n; i++) ranks[i] = (descending ? most - keys[items[i]] : keys[items[i]] - least) * n + i;
    return Int32Array.from(ranks.sort(), (rank) => items[rank % n]);
  }
  const sign = descending ? -1 : 1;
  return range(n).sort((a, b) => sign * (keys[items[a]] - keys[items[b]]) || a - b).map((place) => items[place]);
}

/** @throws {ShapeError} unless there is one entry per item */
export function requireLength(op: string, what: string, found: number, wanted: number): void {
  if (found === wanted) return;
  throw new ShapeError(`Cannot use ${found} ${what} for ${wanted} items in ${op}: wanted one for each`, {
    op,
    shapes: [[found], [wanted]],
  });
}
