/**
 * Epochs of a chosen size from data sets of any size, with classes in balance if wanted: DeepMoji's sampling, as PyTorch
 * (torchMoji) and as Keras did it.
 * @module
 */

import { ValueError } from "../errors.ts";
import { RandomState } from "../tensor/random_state.ts";
import { requirePositiveInteger } from "./dataset.ts";
import type { Sampler } from "./sampler.ts";
import { SamplerBase } from "./sampler_base.ts";

/** Options of {@link BalancedSampler}. */
export interface BalancedOptions {
  /** Items per epoch; default 5000. */
  epochSize?: number;
  /** As many items of class 0 as of class 1; default false: items are drawn as they are distributed. */
  upsample?: boolean;
  /**
   * Draw again, as DeepMoji's Keras generator does, after `drawSize` items; default false: the items are drawn once and
   * come again in every epoch, as in torchMoji.
   */
  redraw?: boolean;
  /** Items drawn at a time, a multiple of `epochSize`; default `5 * epochSize` with `redraw`, else `epochSize`. */
  drawSize?: number;
  /** Seed of `np.random`; default 42. */
  seed?: number;
}

/**
 * Items drawn with replacement, by NumPy's generator as in DeepMoji. Load with `dropLast: true`, as both programs leave
 * out a batch that is not full. An epoch is a function of its number: there is no state to carry.
 */
export class BalancedSampler extends SamplerBase implements Sampler {
  /** Name in states. */
  readonly kind: string = "BalancedSampler";
  /** Items per epoch. */
  readonly length: number;
  readonly #labels: ArrayLike<number>;
  readonly #options: Required<BalancedOptions>;
  #random: RandomState;
  /** Draws made by `#random`; the last one. */
  #drawn = 0;
  #items: Int32Array = new Int32Array(0);

  /**
   * @param labels class of every item; with `upsample` 0 or 1
   * @throws {ValueError} with `upsample`, for other labels, a class without items, or an odd number of items
   */
  constructor(labels: ArrayLike<number>, options: BalancedOptions = {}) {
    super(labels.length);
    const { epochSize = 5000, upsample = false, redraw = false, seed = 42 } = options;
    requirePositiveInteger(this.kind, "epochSize", epochSize);
    const { drawSize = redraw ? 5 * epochSize : epochSize } = options;
    const refuse = (what: string, value: unknown, position?: number) =>
      new ValueError(`Cannot sample in balance: ${what}`, { op: "BalancedSampler", value, position });
    if (drawSize < epochSize || drawSize % epochSize !== 0) {
      throw refuse(`drawSize is ${drawSize}, wanted a multiple of epochSize ${epochSize}`, drawSize);
    }
    if (upsample) {
      if (drawSize % 2) throw refuse(`${drawSize} items are not two halves`, drawSize);
      const odd = Array.prototype.findIndex.call(labels, (label) => label !== 0 && label !== 1);
      if (odd >= 0) throw refuse(`label ${odd} is ${labels[odd]}, wanted 0 or 1`, labels[odd], odd);
      for (const one of [0, 1]) {
        if (!Array.prototype.includes.call(labels, one)) throw refuse(`no item is of class ${one}`, one);
      }
    }
    this.length = epochSize;
    this.#labels = labels;
    this.#options = { epochSize, upsample, redraw, drawSize, seed };
    this.#random = new RandomState(seed);
  }

  /** What the orders depend on. */
  protected override get settings(): string {
    return Object.entries(this.#options).map(([name, value]) => `${name} ${value}`).join(", ");
  }

  /** The items of an epoch. */
  indices(epoch: number): Int32Array {
    const { epochSize, redraw, drawSize, seed } = this.#options, parts = drawSize / epochSize;
    const wanted = redraw ? Math.floor(epoch / parts) + 1 : 1, part = epoch % parts;
    if (wanted < this.#drawn) {
      this.#random = new RandomState(seed);
      this.#drawn = 0;
    }
    while (this.#drawn < wanted) {
      this.#items = this.#draw();
      this.#drawn++;
    }
    return this.#items.subarray(part * epochSize, (part + 1) * epochSize);
  }

  #draw(): Int32Array {
    const { drawSize, upsample } = this.#options, random = this.#random;
    if (!upsample) return random.choice(this.size, drawSize);
    const classes: number[][] = [[], []];
    for (let i = 0; i < this.size; i++) classes[this.#labels[i]].push(i);
    const items = classes.flatMap((one) => Array.from(random.choice(one.length, drawSize / 2), (i) => one[i]));
    return random.permutation(drawSize).map((i) => items[i]);
  }
}
