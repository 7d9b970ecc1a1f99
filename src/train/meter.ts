/**
 * A weighted mean that is summed on the device, so that a loop over batches reads nothing until it is over.
 * @module
 */

import { ValueError } from "../errors.ts";
import { noGrad } from "../autograd/mode.ts";
import { keep, tidy } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { requireScalar } from "./scalar_log.ts";

/**
 * Mean of scalars with weights.
 *
 * ```ts
 * const meter = new w.train.Meter();
 * for await (const [x, y] of loader) meter.add(w.tidy(() => loss(model.forward(x), y)), y.shape[0]);
 * console.log(await meter.mean()); // the only wait
 * ```
 */
export class Meter {
  #sum: Tensor | null = null;
  #weight = 0;

  /** Sum of the weights so far. */
  get weight(): number {
    return this.#weight;
  }

  /**
   * Adds `weight * value` to the sum; the tensor itself may be released afterwards.
   * @param value a scalar tensor
   * @param weight number of things that `value` is the mean of; default 1
   * @throws {ShapeError} when `value` has more than one element
   * @throws {ValueError} when `weight` is negative, NaN or infinite
   */
  add(value: Tensor, weight = 1): void {
    requireScalar("Meter.add", value);
    if (!(weight >= 0 && weight < Infinity)) {
      throw new ValueError(`Cannot add to a meter with weight ${weight}: it has to be a finite number, zero or above`, {
        op: "Meter.add",
        value: weight,
      });
    }
    const old = this.#sum;
    this.#sum = keep(tidy(() =>
      noGrad(() => {
        const term = value.reshape([]).mul(weight);
        return old ? old.add(term) : term;
      })
    ));
    old?.dispose();
    this.#weight += weight;
  }

  /** Reads the mean; NaN when nothing was added. Waits for the device. */
  async mean(): Promise<number> {
    const weight = this.#weight; // more may be added while the sum is on its way
    return this.#sum ? await this.#sum.item() / weight : NaN;
  }

  /** Reads the sum of `weight * value`. Waits for the device. */
  async sum(): Promise<number> {
    return this.#sum ? await this.#sum.item() : 0;
  }

  /** Starts over. */
  reset(): void {
    this.#sum?.dispose();
    this.#sum = null;
    this.#weight = 0;
  }
}
