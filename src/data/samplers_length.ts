/**
 * Orders by length, so that a batch holds texts of about the same length and little padding: sorted, and fastai 0.7's
 * "sortish" one for training.
 * @module
 */

import type { Generator } from "../tensor/random.ts";
import { requirePositiveInteger } from "./dataset.ts";
import type { Sampler } from "./sampler.ts";
import { type RandomOptions, range, SamplerBase, sortedBy } from "./sampler_base.ts";

/** All items by length, the longest first; those of equal length in their order. fastai's `SortSampler`. */
export class SortSampler extends SamplerBase implements Sampler {
  /** Name in states. */
  readonly kind: string = "SortSampler";
  readonly #order: Int32Array;

  /** @param lengths length of every item @param options `descending: false` puts the shortest first */
  constructor(lengths: ArrayLike<number>, { descending = true }: { descending?: boolean } = {}) {
    super(lengths.length);
    this.#order = sortedBy(range(lengths.length), lengths, descending);
  }

  /** Items per epoch. */
  get length(): number {
    return this.size;
  }

  /** The same order in every epoch. */
  indices(): Int32Array {
    return this.#order;
  }
}

/** Options of {@link SortishSampler}. */
export interface SortishOptions extends RandomOptions {
  /** Items per batch: that of the loader. */
  batchSize: number;
  /** Batches that are sorted together; default 50. */
  chunk?: number;
}

/**
 * fastai 0.7's order for training: a random order is cut into chunks of `chunk * batchSize` items, each is sorted by
 * length, the longest first, and cut into batches. The batch with the longest item comes first (memory that suffices for
 * it suffices for all), the others follow in random order.
 *
 * With `random: new RandomState(42)` it is the order of `np.random.seed(42)`.
 */
export class SortishSampler extends SamplerBase implements Sampler {
  /** Name in states. */
  readonly kind: string = "SortishSampler";
  readonly #lengths: ArrayLike<number>;
  readonly #batchSize: number;
  readonly #chunk: number;

  /** @param lengths length of every item */
  constructor(lengths: ArrayLike<number>, { batchSize, chunk = 50, random }: SortishOptions) {
    super(lengths.length, random);
    requirePositiveInteger(this.kind, "batchSize", batchSize);
    requirePositiveInteger(this.kind, "chunk", chunk);
    this.#lengths = lengths;
    this.#batchSize = batchSize;
    this.#chunk = chunk * batchSize;
  }

  /** Items per epoch. */
  get length(): number {
    return this.size;
  }

  /** What the orders depend on. */
  protected override get settings(): string {
    return `batchSize ${this.#batchSize}, chunk ${this.#chunk}`;
  }

  /** All items, each once. */
  indices(_epoch: number, random: Generator): Int32Array {
    const draws = this.draws(random), lengths = this.#lengths, size = this.#batchSize;
    const shuffled = Int32Array.from(draws.permutation(this.size)), sorted = new Int32Array(this.size);
    for (let at = 0; at < this.size; at += this.#chunk) {
      sorted.set(sortedBy(shuffled.subarray(at, at + this.#chunk), lengths, true), at);
    }
    const batches = Array.from(
      { length: Math.ceil(this.size / size) },
      (_, i) => sorted.subarray(i * size, (i + 1) * size),
    );
    let longest = 0;
    batches.forEach((batch, i) => {
      if (lengths[batch[0]] > lengths[batches[longest][0]]) longest = i;
    });
    [batches[0], batches[longest]] = [batches[longest], batches[0]];
    const out = new Int32Array(this.size), order = draws.permutation(batches.length - 1);
    out.set(batches[0]);
    let at = batches[0].length;
    for (let i = 0; i < order.length; i++) {
      const batch = batches[order[i] + 1];
      out.set(batch, at);
      at += batch.length;
    }
    return out;
  }
}
