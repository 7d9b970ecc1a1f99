/**
 * fastai 0.7's loader for language models: parallel streams, read in windows of random length, so that the places where
 * gradients are cut differ from epoch to epoch although the text cannot be shuffled.
 * @module
 */

import type { Generator } from "../tensor/random.ts";
import type { RandomState } from "../tensor/random_state.ts";
import { requirePositiveInteger } from "./dataset.ts";
import { tooShort, WindowLoader, windowPlan } from "./lm_windows.ts";
import type { Tokens } from "./ragged.ts";
import type { BatchPlan, BatchSampler } from "./sampler.ts";
import { SamplerBase } from "./sampler_base.ts";

/** Options of {@link LanguageModelLoader}. */
export interface LanguageModelOptions {
  /** Number of parallel streams; default 52. */
  batchSize?: number;
  /** Mean length of a window; default 70. */
  bptt?: number;
  /** Read every stream from its end to its beginning; default false. */
  backwards?: boolean;
  /**
   * Windows of random length; default true, in validation as well, as the original has it. With false all are `bptt`
   * long, and the epoch goes on to the end of the streams.
   */
  randomize?: boolean;
  /** Time first: x is `[T, B]`; default true. */
  timeMajor?: boolean;
  /** Targets as one list `[T * B]` in the order of x; default true. */
  flatTargets?: boolean;
  /** Seed of the lengths; by default drawn from the program's `loader` stream. */
  seed?: number;
  /** Replays `np.random`, which then carries on from epoch to epoch. */
  random?: RandomState;
  /** Batches made ahead; default 0. */
  prefetch?: number;
}

/**
 * fastai 0.7's `LanguageModelLoader`. The tokens are cut into `batchSize` streams of nb = floor(n / batchSize); window i
 * of an epoch is `bptt + 25` long, the others `max(5, trunc(N(m, 5)))` with m = bptt in 95 of 100 cases, else bptt / 2.
 * y is x one token later. An epoch has `floor(nb / bptt) - 1` windows, or ends earlier with the streams, so its last
 * tokens are usually not read. Row b of each batch continues row b of the one before: carry the hidden state.
 *
 * ```ts
 * const loader = new w.data.LanguageModelLoader(corpus.tokens, { batchSize: 52, bptt: 70 });
 * for await (const [x, y] of loader) console.log(x.shape, y.shape); // [95, 52] [4940], then about [70, 52]
 * ```
 */
export class LanguageModelLoader extends WindowLoader {
  /**
   * @param tokens ids of all texts, one after another
   * @throws {ValueError} when they do not suffice for one window, or an option is out of range
   */
  constructor(tokens: Tokens, options: LanguageModelOptions = {}) {
    const { timeMajor = true, flatTargets = true, seed, prefetch } = options;
    super(tokens, new RandomWindows(tokens, options), { timeMajor, flatTargets }, { seed, prefetch });
  }
}

/** Where lengths come from. */
interface Lengths {
  random(): number;
  normal(loc: number, scale: number): number;
}

class RandomWindows extends SamplerBase implements BatchSampler {
  readonly kind: string = "LanguageModelLoader";
  readonly batchSize: number;
  readonly length: number;
  readonly #tokens: Tokens;
  readonly #bptt: number;
  readonly #backwards: boolean;
  readonly #randomize: boolean;
  /** Tokens per stream. */
  readonly #rows: number;

  constructor(tokens: Tokens, options: LanguageModelOptions) {
    const { batchSize = 52, bptt = 70, backwards = false, randomize = true, random } = options;
    super(tokens.length, random);
    requirePositiveInteger(this.kind, "batchSize", batchSize);
    requirePositiveInteger(this.kind, "bptt", bptt);
    const rows = Math.floor(tokens.length / batchSize);
    this.batchSize = batchSize;
    this.length = randomize ? Math.floor(rows / bptt) - 1 : Math.ceil((rows - 1) / bptt);
    if (this.length < 1) throw tooShort(this.kind, tokens.length, batchSize, batchSize * (randomize ? 2 * bptt : 2));
    this.#tokens = tokens;
    this.#bptt = bptt;
    this.#backwards = backwards;
    this.#randomize = randomize;
    this.#rows = rows;
  }

  get items(): number {
    return this.size;
  }

  protected override get settings(): string {
    return `bptt ${this.#bptt}, backwards ${this.#backwards}, randomize ${this.#randomize}`;
  }

  batches(_epoch: number, random: Generator): BatchPlan {
    const source = this.replay as RandomState | null ?? philoxLengths(random), bptt = this.#bptt, starts = [0];
    for (let i = 0; i < this.#rows - 1 && starts.length <= this.length;) {
      if (!this.#randomize) i += bptt;
      else if (i === 0) i += bptt + 25;
      else {
        const mean = source.random() < 0.95 ? bptt : bptt / 2;
        i += Math.max(5, Math.trunc(source.normal(mean, 5)));
      }
      starts.push(Math.min(i, this.#rows - 1));
    }
    return windowPlan(starts.length - 1, (window) => this.#window(starts[window], starts[window + 1]));
  }

  /** Tokens `from` to `to`, both included, of every stream. */
  #window(from: number, to: number): Int32Array[] {
    const rows = this.#rows;
    return Array.from({ length: this.batchSize }, (_, b) => {
      const [first, end] = this.#backwards ? [rows - 1 - to, rows - from] : [from, to + 1];
      const row = Int32Array.from(this.#tokens.subarray(b * rows + first, b * rows + end));
      return this.#backwards ? row.reverse() : row;
    });
  }
}

function philoxLengths(random: Generator): Lengths {
  return {
    random: () => random.uniform(1)[0],
    normal(loc, scale) {
      const [a, b] = random.uniform(2);
      return loc + scale * Math.sqrt(-2 * Math.log(1 - a)) * Math.cos(2 * Math.PI * b);
    },
  };
}
