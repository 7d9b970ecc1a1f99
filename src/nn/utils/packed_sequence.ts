/**
 * PackedSequence: a batch of sequences of different lengths without padding, as the recurrent layers take and return it.
 * @module
 */
import { ShapeError, ValueError } from "../../errors.ts";
import type { DType } from "../../tensor/dtype.ts";
import { show } from "../../tensor/shape.ts";
import { type AnyTensor, Tensor } from "../../tensor/tensor.ts";
import { PackedLayout } from "./packed_layout.ts";

/**
 * A batch of sequences without padding: one row per step of each sequence. Rows stand in the order of time, within a step
 * in the order of falling lengths. What works on each step alone (Embedding, Dropout, Linear, tanh, cat) runs on `.data`
 * and is wrapped again with {@link with} or {@link map}.
 *
 * Sizes and orders are host numbers: lengths are known on the host, and no layer has to wait for the GPU to learn how
 * many rows a step has. To index with an order, upload it: `w.tensor(packed.sortedIndices)`.
 *
 * `w.tidy()` and `nn.State` see the tensors inside. The row tables among them are only a cache of the host numbers:
 * keeping `.data` alone is enough, and disposing one packed sequence leaves those that share its order usable.
 * @typeParam D element type of the data
 * @example
 * const packed = w.nn.utils.rnn.packPaddedSequence(ids, lengths, { enforceSorted: false }); // ids i32 [T, B]
 * const [output, [hN]] = lstm.forward(packed.map((x) => embedding.forward(x).tanh()));
 * const [padded] = w.nn.utils.rnn.padPackedSequence(output); // [T, B, features]
 */
export class PackedSequence<D extends DType = Tensor["dtype"]> {
  /** [rows, ...features]. */
  readonly data: Tensor<D>;
  /** The order of the rows. */
  readonly layout: PackedLayout;

  /**
   * Usually made by `packPaddedSequence` or `packSequence`.
   * @throws {ShapeError} when `data` does not have the layout's rows
   */
  constructor(data: Tensor<D>, layout: PackedLayout) {
    if (!(data instanceof Tensor) || !(layout instanceof PackedLayout)) {
      throw new ValueError("Cannot make a PackedSequence: wanted a tensor and a PackedLayout", {
        op: "PackedSequence",
        value: data,
      });
    }
    if (data.shape[0] !== layout.rows) {
      throw new ShapeError(
        `Cannot make a PackedSequence of ${show(data.shape)}: lengths ${
          show(layout.lengths)
        } make ${layout.rows} rows, ` +
          `wanted [${layout.rows}, ...features]`,
        { op: "PackedSequence", shapes: [data.shape] },
      );
    }
    this.data = data;
    this.layout = layout;
  }

  /** Sequences longer than t, for each step t. */
  get batchSizes(): readonly number[] {
    return this.layout.batchSizes;
  }

  /** Which sequence stands at each place of the packed order; null when they were sorted already. */
  get sortedIndices(): Int32Array<ArrayBuffer> | null {
    return this.layout.sortedIndices;
  }

  /** At which place of the packed order each sequence stands; null when they were sorted already. */
  get unsortedIndices(): Int32Array<ArrayBuffer> | null {
    return this.layout.unsortedIndices;
  }

  /** Length of each sequence, in the order in which they were given. */
  get lengths(): readonly number[] {
    return this.layout.lengths;
  }

  /**
   * Other data in the same order.
   * @param data [rows, ...features], row i for row i
   * @throws {ShapeError} when the rows differ
   */
  with<E extends DType>(data: Tensor<E>): PackedSequence<E> {
    return new PackedSequence(data, this.layout);
  }

  /** The result of a function that works on each row alone, in the same order. */
  map<E extends DType>(fn: (data: Tensor<D>) => Tensor<E>): PackedSequence<E> {
    return this.with(fn(this.data));
  }

  /** The data and the tables that are on the GPU: what scopes and states hand on. */
  tensors(): AnyTensor[] {
    return [this.data as unknown as AnyTensor, ...this.layout.tensors()];
  }

  /** Releases the data, and the tables (they come back when another packed sequence of this order needs them). */
  dispose(): void {
    for (const t of this.tensors()) t.dispose();
  }

  /** `using packed = ...` disposes here. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** `PackedSequence [14, 3] f32 of 4 sequences`. */
  toString(): string {
    return `PackedSequence ${show(this.data.shape)} ${this.data.dtype} of ${this.layout.batch} sequences`;
  }

  /** What `console.log` shows in Deno. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }
}
