/**
 * One number per step, carried from the device to the host in blocks. A training loop adds its loss in every step and
 * waits for nothing; the numbers arrive while it goes on, at the latest when it asks for all of them.
 * @module
 */

import { ShapeError } from "../errors.ts";
import { noGrad } from "../autograd/mode.ts";
import { stack } from "../ops/assembly.ts";
import { keep, tidy } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Collects scalars. */
export class ScalarLog {
  /** Numbers that have arrived, in the order in which they were added. */
  readonly values: number[] = [];
  readonly #block: number;
  #waiting: Tensor[] = [];
  #arrived: Promise<void> = Promise.resolve();
  #arrivedBefore: Promise<void> = Promise.resolve();

  /** @param block scalars per transfer; default 64 */
  constructor(block = 64) {
    this.#block = block;
  }

  /**
   * Adds a scalar tensor; the tensor itself may be released afterwards.
   * @throws {ShapeError} when it has more than one element
   */
  add(scalar: Tensor): void {
    requireScalar("ScalarLog.add", scalar);
    this.#waiting.push(keep(scalar.detach()));
    if (this.#waiting.length >= this.#block) this.#send();
  }

  /**
   * Waits until all numbers have arrived.
   * @throws whatever the device reports: a fault of an earlier step, a lost device
   */
  async flush(): Promise<void> {
    this.#send();
    await this.#arrived;
  }

  /** Waits for all blocks but the latest, which keeps the host from running far ahead of the device. */
  async catchUp(): Promise<void> {
    await this.#arrivedBefore;
  }

  /** Forgets the scalars that have not been sent. */
  dispose(): void {
    for (const scalar of this.#waiting) scalar.dispose();
    this.#waiting = [];
  }

  #send(): void {
    if (this.#waiting.length === 0) return;
    const scalars = this.#waiting;
    this.#waiting = [];
    const block = keep(tidy(() => noGrad(() => stack(scalars.map((scalar) => scalar.reshape([]))))));
    for (const scalar of scalars) scalar.dispose();
    const data = block.data(); // the copy is recorded now, so the block may go
    block.dispose();
    this.#arrivedBefore = this.#arrived;
    this.#arrived = Promise.all([data, this.#arrived]).then(([numbers]) => void this.values.push(...numbers));
    this.#arrived.catch(() => {}); // reported by flush and catchUp
  }
}

/** @throws {ShapeError} unless the tensor has exactly one element */
export function requireScalar(op: string, tensor: Tensor): void {
  if (tensor.numel !== 1) {
    throw new ShapeError(`Cannot use [${tensor.shape}] in ${op}: it has ${tensor.numel} elements, one was wanted`, {
      op,
      shapes: [tensor.shape],
    });
  }
}
