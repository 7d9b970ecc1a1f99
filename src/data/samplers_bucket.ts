/**
 * Batches of similar lengths: torchtext's `BucketIterator` in both its regimes.
 * @module
 */

import type { Generator } from "../tensor/random.ts";
import { requirePositiveInteger } from "./dataset.ts";
import type { BatchPlan, BatchSampler } from "./sampler.ts";
import { evenOffsets, type RandomOptions, range, SamplerBase, sortedBy } from "./sampler_base.ts";

/** Options of {@link BucketSampler}. */
export interface BucketOptions extends RandomOptions {
  /** Items per batch. */
  batchSize: number;
  /** Chooses the defaults of `shuffle` and `sort`; default true. */
  train?: boolean;
  /** Random orders; default that of `train`. */
  shuffle?: boolean;
  /** The whole set by length, the shortest first; default the opposite of `train`. */
  sort?: boolean;
  /** Items of a batch by length, the longest first; default that of `sort`. */
  sortWithinBatch?: boolean;
  /** Batches that are pooled: sorted together and shuffled among each other; default 100. */
  pool?: number;
}

/**
 * torchtext's `BucketIterator`.
 *
 * - `sort` (evaluation): the set sorted ascending and cut into batches, in that order; each batch reversed, the longest
 *   first.
 * - otherwise (training): the shuffled set is cut into pools of `pool * batchSize` items. A pool is sorted by length only
 *   with `sortWithinBatch`, cut into batches, and these are shuffled. So without `sortWithinBatch`, torchtext's default
 *   for training, batches are of random lengths, whatever the name says.
 *
 * `random: new PythonRandom(1234)` replays `random.seed(1234)`: the state carries on from epoch to epoch.
 *
 * ```ts
 * const batchSampler = new w.data.BucketSampler(lengths, { batchSize: 64, sortWithinBatch: true });
 * const loader = new w.data.DataLoader(items, { batchSampler, collate: w.data.padCollate({ padId: 1 }) });
 * ```
 */
export class BucketSampler extends SamplerBase implements BatchSampler {
  /** Name in states. */
  readonly kind: string = "BucketSampler";
  /** Items of a full batch. */
  readonly batchSize: number;
  readonly #lengths: ArrayLike<number>;
  readonly #shuffle: boolean;
  readonly #sort: boolean;
  readonly #sortWithinBatch: boolean;
  readonly #pool: number;

  /** @param lengths length of every item */
  constructor(lengths: ArrayLike<number>, options: BucketOptions) {
    const { batchSize, train = true, shuffle = train, sort = !train, sortWithinBatch = sort, pool = 100 } = options;
    super(lengths.length, options.random);
    requirePositiveInteger(this.kind, "batchSize", batchSize);
    requirePositiveInteger(this.kind, "pool", pool);
    this.batchSize = batchSize;
    this.#lengths = lengths;
    this.#shuffle = shuffle;
    this.#sort = sort;
    this.#sortWithinBatch = sortWithinBatch;
    this.#pool = pool * batchSize;
  }

  /** Items per epoch. */
  get items(): number {
    return this.size;
  }

  /** Batches per epoch. */
  get length(): number {
    return Math.ceil(this.size / this.batchSize);
  }

  /** What the orders depend on. */
  protected override get settings(): string {
    return [
      `batchSize ${this.batchSize}, pool ${this.#pool}`,
      this.#shuffle && "shuffle",
      this.#sort && "sort",
      this.#sortWithinBatch && "sortWithinBatch",
    ].filter(Boolean).join(", ");
  }

  /** All items, each once. */
  batches(_epoch: number, random: Generator): BatchPlan {
    const { size, batchSize } = this, lengths = this.#lengths;
    if (this.#sort) {
      const items = sortedBy(range(size), lengths), offsets = evenOffsets(size, batchSize);
      if (this.#sortWithinBatch) {
        for (let i = 0; i < offsets.length - 1; i++) items.subarray(offsets[i], offsets[i + 1]).reverse();
      }
      return { items, offsets };
    }
    const draws = this.draws(random);
    const order = this.#shuffle ? Int32Array.from(draws.permutation(size)) : range(size);
    const items = new Int32Array(size), offsets = new Uint32Array(this.length + 1);
    let at = 0, batch = 0;
    for (let start = 0; start < size; start += this.#pool) {
      let pool = order.subarray(start, start + this.#pool);
      if (this.#sortWithinBatch) pool = sortedBy(pool, lengths);
      const count = Math.ceil(pool.length / batchSize);
      const among = this.#shuffle ? draws.permutation(count) : range(count);
      for (let i = 0; i < count; i++) {
        const part = pool.subarray(among[i] * batchSize, (among[i] + 1) * batchSize);
        items.set(this.#sortWithinBatch ? sortedBy(part, lengths, true) : part, at);
        offsets[++batch] = at += part.length;
      }
    }
    return { items, offsets };
  }
}
