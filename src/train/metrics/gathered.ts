/**
 * Rows of numbers, gathered on the device over an epoch and read at its end: for metrics that need all scores together.
 * @module
 */

import { noGrad } from "../../autograd/mode.ts";
import { cat } from "../../ops/assembly.ts";
import { keep, tidy } from "../../tensor/scope.ts";
import type { AnyTensor, Tensor } from "../../tensor/tensor.ts";

/** Pieces that are joined when there are this many, so that an epoch does not hold thousands of small buffers. */
const PIECES = 64;

/** Rows that are waiting on the device. Memory: 4 bytes per number. */
export class Gathered {
  #pieces: Tensor[] = [];
  #joined: Tensor[] = [];

  /** Adds rows. @param make returns columns of a batch, each [n] or [n, some]; what it computes is released */
  add(make: () => readonly AnyTensor[]): void {
    this.#pieces.push(
      keep(tidy(() => noGrad(() => cat(make().map((column) => column.to("f32").reshape([column.shape[0], -1])), 1)))),
    );
    if (this.#pieces.length >= PIECES) this.#joined.push(...this.#join(this.#pieces.splice(0)));
    if (this.#joined.length >= PIECES) this.#joined = this.#join(this.#joined);
  }

  /** Reads everything at once, row by row. Waits for the device. */
  async data(): Promise<Float32Array> {
    const all = this.#join([...this.#joined, ...this.#pieces]);
    this.#joined = all;
    this.#pieces = [];
    return all.length ? await all[0].data() : new Float32Array();
  }

  /** Starts over. */
  reset(): void {
    for (const piece of [...this.#joined, ...this.#pieces]) piece.dispose();
    this.#joined = [];
    this.#pieces = [];
  }

  #join(pieces: Tensor[]): Tensor[] {
    if (pieces.length < 2) return pieces;
    const one = keep(tidy(() => noGrad(() => cat(pieces, 0))));
    for (const piece of pieces) piece.dispose();
    return [one];
  }
}

/** One column of rows that were read. */
export function column(rows: Float32Array, width: number, at: number): Float32Array {
  return Float32Array.from({ length: rows.length / width }, (_, i) => rows[i * width + at]);
}
