/**
 * Whole numbers that are summed on the device: exact up to 2^31, unlike a sum of floats.
 * @module
 */

import { noGrad } from "../../autograd/mode.ts";
import { keep, tidy } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** Counts what is true. */
export class Counter {
  #sum: Tensor<"i32"> | null = null;

  /** Adds the number of true elements that `make` returns. What `make` computes is released. */
  add(make: () => Tensor<"bool">): void {
    const old = this.#sum;
    this.#sum = keep(tidy(() =>
      noGrad(() => {
        const count = make().sum() as unknown as Tensor<"i32">;
        return old ? old.add(count) as Tensor<"i32"> : count;
      })
    ));
    old?.dispose();
  }

  /** Reads the count. Waits for the device. */
  async value(): Promise<number> {
    return this.#sum ? await this.#sum.item() : 0;
  }

  /** Starts over. */
  reset(): void {
    this.#sum?.dispose();
    this.#sum = null;
  }
}
