/**
 * fastai 2's loader for language models: the texts of a corpus, in a new order in every epoch, as parallel streams that
 * are read in windows of one length.
 * @module
 */

import type { Generator } from "../tensor/random.ts";
import { requirePositiveInteger } from "./dataset.ts";
import { tooShort, WindowLoader, windowPlan } from "./lm_windows.ts";
import { Ragged, type Tokens } from "./ragged.ts";
import type { BatchPlan, BatchSampler } from "./sampler.ts";
import { type ReplayRandom, SamplerBase } from "./sampler_base.ts";

/** Options of {@link LMDataLoader}. */
export interface LMDataOptions {
  /** Number of parallel streams; default 64. */
  batchSize?: number;
  /** Length of a window; default 72. */
  seqLen?: number;
  /** A new order of the texts (not of the words) in every epoch; default false, as for validation. */
  shuffle?: boolean;
  /** Time first: x and y are `[T, B]`; default false: `[B, T]`. */
  timeMajor?: boolean;
  /** Targets as one list in the order of x; default false. */
  flatTargets?: boolean;
  /** Seed of the orders; by default drawn from the program's `loader` stream. */
  seed?: number;
  /** Another generator for the orders, which then carries on from epoch to epoch. */
  random?: ReplayRandom;
  /** Batches made ahead; default 0. */
  prefetch?: number;
}

/**
 * fastai 2's `LMDataLoader`. With n tokens, each of the `batchSize` streams has bl = floor((n - 1) / batchSize) of them; an
 * epoch has `ceil(bl / seqLen)` windows, of which the last may be shorter. y is x one token later and may read one token
 * of the next stream. Row b of each batch continues row b of the one before: carry the hidden state.
 *
 * ```ts
 * const loader = new w.data.LMDataLoader(corpus, { batchSize: 64, seqLen: 72, shuffle: true });
 * ```
 */
export class LMDataLoader extends WindowLoader {
  /**
   * @param corpus texts, or the ids of one
   * @throws {ValueError} when there are fewer tokens than streams, or an option is out of range
   */
  constructor(corpus: Ragged | Tokens, options: LMDataOptions = {}) {
    const { timeMajor = false, flatTargets = false, seed, prefetch } = options;
    const texts = corpus instanceof Ragged ? corpus : new Ragged(corpus, Uint32Array.of(0, corpus.length));
    super(texts.tokens, new EvenWindows(texts, options), { timeMajor, flatTargets }, { seed, prefetch });
  }
}

class EvenWindows extends SamplerBase implements BatchSampler {
  readonly kind: string = "LMDataLoader";
  readonly batchSize: number;
  readonly length: number;
  readonly #texts: Ragged;
  readonly #seqLen: number;
  readonly #shuffle: boolean;
  /** Tokens per stream. */
  readonly #rows: number;

  constructor(texts: Ragged, { batchSize = 64, seqLen = 72, shuffle = false, random }: LMDataOptions) {
    super(texts.tokens.length, random);
    requirePositiveInteger(this.kind, "batchSize", batchSize);
    requirePositiveInteger(this.kind, "seqLen", seqLen);
    this.#rows = Math.floor((this.size - 1) / batchSize);
    if (this.#rows < 1) throw tooShort(this.kind, this.size, batchSize, batchSize + 1);
    this.batchSize = batchSize;
    this.length = Math.ceil(this.#rows / seqLen);
    this.#texts = texts;
    this.#seqLen = seqLen;
    this.#shuffle = shuffle;
  }

  get items(): number {
    return this.size;
  }

  protected override get settings(): string {
    return `seqLen ${this.#seqLen}, shuffle ${this.#shuffle}, ${this.#texts.length} texts`;
  }

  batches(_epoch: number, random: Generator): BatchPlan {
    const texts = this.#texts, rows = this.#rows;
    const stream = this.#shuffle ? new Reordered(texts, this.draws(random).permutation(texts.length)) : texts.tokens;
    return windowPlan(this.length, (window) => {
      const from = window * this.#seqLen, to = Math.min(from + this.#seqLen, rows);
      return Array.from({ length: this.batchSize }, (_, b) => read(stream, b * rows + from, b * rows + to + 1));
    });
  }
}

/** The tokens of a corpus, with its texts in another order. */
class Reordered {
  readonly texts: Ragged;
  readonly order: ArrayLike<number>;
  /** Where each text of the order begins, and the end. */
  readonly starts: Float64Array;

  constructor(texts: Ragged, order: ArrayLike<number>) {
    const { offsets } = texts, starts = new Float64Array(order.length + 1);
    for (let i = 0; i < order.length; i++) starts[i + 1] = starts[i] + offsets[order[i] + 1] - offsets[order[i]];
    this.texts = texts;
    this.order = order;
    this.starts = starts;
  }
}

/** Tokens `from` to `to - 1` of a stream. */
function read(stream: Tokens | Reordered, from: number, to: number): Int32Array {
  if (!(stream instanceof Reordered)) return Int32Array.from(stream.subarray(from, to));
  const { texts, order, starts } = stream, out = new Int32Array(to - from);
  let low = 0, high = order.length - 1;
  while (low < high) { // the last text that begins at or before `from`
    const middle = (low + high + 1) >> 1;
    if (starts[middle] <= from) low = middle;
    else high = middle - 1;
  }
  for (let at = from; at < to; low++) {
    const first = texts.offsets[order[low]] + at - starts[low], count = Math.min(to, starts[low + 1]) - at;
    out.set(texts.tokens.subarray(first, first + count), at - from);
    at += count;
  }
  return out;
}
