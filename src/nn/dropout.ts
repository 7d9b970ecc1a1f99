/**
 * Dropout: elements set to zero at random while training.
 * @module
 */
import { dropout } from "../ops/dropout.ts";
import type { Generator } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkProbability } from "./check.ts";
import { Module } from "./module.ts";

/**
 * While training: each element is zero with probability `p`, the others are divided by `1 - p`. In evaluation: the input
 * itself. The mask depends on the seed, the generator's count of draws and the element's number only.
 */
export class Dropout extends Module<[x: Tensor], Tensor> {
  /** Probability of zero; may be changed. */
  p: number;
  readonly #generator: Generator | undefined;

  /**
   * Makes the layer.
   * @param p probability of zero, 0.5 by default
   * @param options `generator` to draw from; the program's stream "dropout" by default
   * @throws {ValueError} unless 0 <= p <= 1
   */
  constructor(p = 0.5, { generator }: { generator?: Generator } = {}) {
    super();
    checkProbability("Dropout", "p", p);
    this.p = p;
    this.#generator = generator;
  }

  /** Any shape. */
  override forward(x: Tensor): Tensor {
    return dropout(x, this.p, { training: this.training, generator: this.#generator });
  }

  /** Probability for `toString()`. */
  protected override describe(): string {
    return `p: ${this.p}`;
  }
}
