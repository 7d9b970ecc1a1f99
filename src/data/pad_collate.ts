/**
 * Collate functions for texts of different lengths: pairs of ids and label become padded tensors.
 * @module
 */

import { tensor } from "../ops/creation.ts";
import type { DType } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Field, stackValues } from "./collate.ts";
import { type Ids, padBatch, padChunk, type PadChunkOptions, type PaddedIds, type PadOptions } from "./padding.ts";

/** A text and its label. */
export type LabelledIds = readonly [ids: Ids, label: Field];

/** Options of {@link padCollate}. */
export interface PadCollateOptions<D extends DType = "i32"> extends PadOptions {
  /** Type of the labels; default i32. */
  labels?: D;
}

/**
 * A collate function that makes `[x, y]` of pairs of ids and label: `x` padded, `y` `[B]`, or `[B, n]` where a label is a
 * list of n numbers.
 *
 * ```ts
 * const collate = w.data.padCollate({ padId: 1, side: "left", timeMajor: true });
 * const loader = new w.data.DataLoader(items, { batchSize: 48, collate });
 * ```
 */
export function padCollate<D extends DType = "i32">(
  options: PadCollateOptions<D> = {},
): (items: readonly LabelledIds[]) => [x: Tensor<"i32">, y: Tensor<D>] {
  return (items) => {
    const { x, y } = padded(items, options);
    return [idsTensor(x), y];
  };
}

/**
 * Like {@link padCollate} with the lengths after cutting, as models of packed or masked sequences want them:
 * `[[x, lengths], y]`. The lengths stay on the host.
 */
export function padCollateLengths<D extends DType = "i32">(
  options: PadCollateOptions<D> = {},
): (items: readonly LabelledIds[]) => [x: [ids: Tensor<"i32">, lengths: Int32Array], y: Tensor<D>] {
  return (items) => {
    const { x, y } = padded(items, options);
    return [[idsTensor(x), x.lengths], y];
  };
}

/** Options of {@link padChunkCollate}. */
export interface PadChunkCollateOptions<D extends DType = "i32"> extends PadChunkOptions {
  /** Type of the labels; default i32. */
  labels?: D;
}

/** A collate function for fastai's classifiers: every text padded by {@link padChunk} to the longest of the batch. */
export function padChunkCollate<D extends DType = "i32">(
  options: PadChunkCollateOptions<D> = {},
): (items: readonly LabelledIds[]) => [x: Tensor<"i32">, y: Tensor<D>] {
  return (items) => {
    const longest = items.reduce((most, [ids]) => Math.max(most, ids.length), 0);
    const { x, y } = padded(items.map(([ids, label]) => [padChunk(ids, longest, options), label]), {
      labels: options.labels,
    });
    return [idsTensor(x), y];
  };
}

function padded<D extends DType>(items: readonly LabelledIds[], { labels, ...options }: PadCollateOptions<D>) {
  const x = padBatch(items.map(([ids]) => ids), options), dtype = labels ?? "i32" as D;
  const { values, shape } = stackValues(items.map(([, label]) => label), dtype, 1);
  return { x, y: tensor(values, { shape, dtype }) as Tensor<D> };
}

function idsTensor({ values, shape }: PaddedIds): Tensor<"i32"> {
  return tensor(values, { shape, dtype: "i32" });
}
