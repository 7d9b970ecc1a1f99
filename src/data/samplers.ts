/**
 * Orders of the items of an epoch that do not look at the items: one after another, random, by weight, and side by side
 * for a carried state.
 * @module
 */

import { ValueError } from "../errors.ts";
import type { Generator } from "../tensor/random.ts";
import { cumulative, firstAbove, RandomState } from "../tensor/random_state.ts";
import { requirePositiveInteger } from "./dataset.ts";
import type { Sampler } from "./sampler.ts";
import { type RandomOptions, range, SamplerBase } from "./sampler_base.ts";

/** The order of the data set. */
export class SequentialSampler extends SamplerBase implements Sampler {
  /** Name in states. */
  readonly kind: string = "SequentialSampler";

  /** @param size number of items */
  constructor(size: number) {
    super(size);
  }

  /** Items per epoch. */
  get length(): number {
    return this.size;
  }

  /** All items in their order. */
  indices(): Int32Array {
    return range(this.size);
  }
}

/** A new random order in every epoch. */
export class RandomSampler extends SamplerBase implements Sampler {
  /** Name in states. */
  readonly kind: string = "RandomSampler";

  /** @param size number of items */
  constructor(size: number, { random }: RandomOptions = {}) {
    super(size, random);
  }

  /** Items per epoch. */
  get length(): number {
    return this.size;
  }

  /** All items, each once. */
  indices(_epoch: number, random: Generator): ArrayLike<number> {
    return this.draws(random).permutation(this.size);
  }
}

/** Options of {@link WeightedSampler}. */
export interface WeightedOptions {
  /** Items per epoch; default as many as there are. */
  length?: number;
  /** Whether an item may come more than once in an epoch; default true. */
  replacement?: boolean;
  /** Replays `np.random.choice(n, length, replacement, weights / sum)`. */
  random?: RandomState;
}

/** Items drawn in proportion to their weights, anew in every epoch. */
export class WeightedSampler extends SamplerBase implements Sampler {
  /** Name in states. */
  readonly kind: string = "WeightedSampler";
  /** Items per epoch. */
  readonly length: number;
  /** Whether an item may come more than once. */
  readonly replacement: boolean;
  readonly #weights: Float64Array<ArrayBuffer>;

  /**
   * @param weights weight of every item; they need not sum to 1
   * @throws {ValueError} for a weight that is negative or no number, no positive one, or fewer than `length` of them
   *   without replacement
   */
  constructor(
    weights: ArrayLike<number>,
    { length = weights.length, replacement = true, random }: WeightedOptions = {},
  ) {
    super(weights.length, random);
    requirePositiveInteger(this.kind, "length", length);
    const refuse = (what: string, value: unknown, position?: number) =>
      new ValueError(`Cannot sample by weight: ${what}`, { op: "WeightedSampler", value, position });
    let positive = 0;
    for (let i = 0; i < weights.length; i++) {
      if (!(weights[i] >= 0 && weights[i] < Infinity)) throw refuse(`weight ${i} is ${weights[i]}`, weights[i], i);
      if (weights[i] > 0) positive++;
    }
    if (positive === 0) throw refuse("no weight is above 0", weights);
    if (!replacement && length > positive) {
      throw refuse(`${length} items without replacement were wanted, ${positive} have a weight above 0`, length);
    }
    this.length = length;
    this.replacement = replacement;
    this.#weights = Float64Array.from(weights);
  }

  /** What the orders depend on. */
  protected override get settings(): string {
    return `length ${this.length}, replacement ${this.replacement}`;
  }

  /** `length` items in the order in which they were drawn. */
  indices(_epoch: number, random: Generator): Int32Array {
    const weights = this.#weights, { length, size } = this;
    if (this.replay instanceof RandomState) {
      const total = weights.reduce((a, b) => a + b, 0);
      return this.replay.choice(size, length, { replace: this.replacement, p: weights.map((one) => one / total) });
    }
    if (this.replacement) {
      const steps = cumulative(weights), total = steps[size - 1];
      return Int32Array.from(uniforms(random, length), (u) => firstAbove(steps, u, total));
    }
    // The first of exponential waiting times with these rates: drawing one after another without putting back.
    const times = uniforms(random, size).map((u, i) => weights[i] > 0 ? -Math.log1p(-u) / weights[i] : Infinity);
    return range(size).sort((a, b) => times[a] - times[b] || a - b).slice(0, length);
  }
}

/** Numbers in [0, 1) that are multiples of 2^-53. */
function uniforms(random: Generator, n: number): Float64Array<ArrayBuffer> {
  const words = random.words(2 * n);
  return Float64Array.from(
    { length: n },
    (_, i) => ((words[2 * i] >>> 5) * 2 ** 26 + (words[2 * i + 1] >>> 6)) / 2 ** 53,
  );
}

/**
 * The order in which row j of each batch continues row j of the batch before (see `groupChunks`), as numbers instead of
 * items: with m = floor(size / batchSize), batch i holds the items `i, i + m, i + 2m, ...`. Every batch is full.
 */
export class GroupedSampler extends SamplerBase implements Sampler {
  /** Name in states. */
  readonly kind: string = "GroupedSampler";
  /** Items per epoch: the largest multiple of `batchSize`. */
  readonly length: number;
  readonly #batchSize: number;

  /**
   * @param size number of items @param batchSize that of the loader
   * @throws {ValueError} when the items do not fill one batch
   */
  constructor(size: number, batchSize: number) {
    super(size);
    requirePositiveInteger(this.kind, "batchSize", batchSize);
    if (batchSize > size) {
      throw new ValueError(`Cannot group ${size} items into batches of ${batchSize}: they do not fill one`, {
        op: "GroupedSampler",
        value: batchSize,
      });
    }
    this.#batchSize = batchSize;
    this.length = size - size % batchSize;
  }

  /** What the orders depend on. */
  protected override get settings(): string {
    return `batchSize ${this.#batchSize}`;
  }

  /** The same numbers in every epoch. */
  indices(): Int32Array {
    const rows = this.#batchSize, batches = this.length / rows, out = new Int32Array(this.length);
    for (let i = 0, k = 0; i < batches; i++) for (let j = 0; j < rows; j++) out[k++] = i + batches * j;
    return out;
  }
}
