/**
 * One number per step, carried from the device to the host in blocks. A training loop adds its loss in every step and
 * waits for nothing; the numbers arrive while it goes on, at the latest when it asks for all of them.
 * @module
 */

import { ShapeError } from "../errors.ts";
import { noGrad } from "../autograd/mode.ts";
import { cat } from "../ops/assembly.ts";
import { keep, tidy } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Collects scalars. */
export class ScalarLog {
  /** Numbers that have arrived, in the order in which they were added. */
  readonly values: number[] = [];
  readonly #block: number;
  #waiting: Tensor[] = [];
  /** Blocks on their way, and those that have arrived since the last number was added. */
  #sent: { readonly block: Tensor; arrived: boolean }[] = [];
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
    this.#sweep();
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
    this.#sweep();
  }

  /** Waits for all blocks but the latest, which keeps the host from running far ahead of the device. */
  async catchUp(): Promise<void> {
    await this.#arrivedBefore;
  }

  /**
   * The numbers that have not arrived: scalars and lists, in order. They belong to the log, which releases none before
   * the next number is added.
   */
  pending(): Tensor[] {
    return [...this.#sent.filter((sent) => !sent.arrived).map((sent) => sent.block), ...this.#waiting];
  }

  /** Goes on behind numbers that have arrived and the {@link pending} ones of another log. Only for a new log. */
  restore(values: readonly number[], pending: readonly Tensor[]): void {
    this.values.push(...values);
    this.#waiting = pending.map((tensor) => keep(noGrad(() => tensor.clone())));
  }

  /** Forgets the scalars that have not been sent. */
  dispose(): void {
    for (const scalar of this.#waiting) scalar.dispose();
    for (const sent of this.#sent) sent.block.dispose(); // what is being read stays until it is
    this.#waiting = [];
    this.#sent = [];
  }

  #sweep(): void {
    if (!this.#sent[0]?.arrived) return;
    for (const sent of this.#sent) if (sent.arrived) sent.block.dispose();
    this.#sent = this.#sent.filter((sent) => !sent.arrived);
  }

  #send(): void {
    if (this.#waiting.length === 0) return;
    const scalars = this.#waiting;
    this.#waiting = [];
    const block = keep(tidy(() => noGrad(() => cat(scalars.map((scalar) => scalar.reshape([-1]))))));
    for (const scalar of scalars) scalar.dispose();
    const sent = { block, arrived: false };
    this.#sent.push(sent);
    this.#arrivedBefore = this.#arrived;
    this.#arrived = Promise.all([block.data(), this.#arrived]).then(([numbers]) => {
      sent.arrived = true;
      this.values.push(...numbers);
    });
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
