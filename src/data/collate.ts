/**
 * Turns the items of a batch into tensors: field f of every item becomes one tensor whose first dimension is the batch.
 * @module
 */

import { DTypeError, ShapeError, ValueError } from "../errors.ts";
import { tensor } from "../ops/creation.ts";
import type { DType } from "../tensor/dtype.ts";
import type { AnyTensor, Tensor } from "../tensor/tensor.ts";
import type { BatchContext } from "./sampler.ts";

/** One field of an item: a number, or numbers of the same count in every item of a batch. */
export type Field = number | ArrayLike<number>;

/** Makes the tensors of a batch from its items; they then belong to the loader. */
export type Collate<T, B> = (items: readonly T[], context: BatchContext) => B;

/** Tensors of the given dtypes, as a tuple. */
export type TensorsOf<D extends readonly DType[]> = { -readonly [K in keyof D]: Tensor<D[K]> };

/**
 * A collate function that stacks field f of every item into a tensor of dtype `dtypes[f]`: `[batch]` where the field
 * is a number, `[batch, n]` where it is a list of n.
 *
 * ```ts
 * // items [[Int32Array of 3 word ids, next word id], ...] become a [batch, 3] and a [batch] tensor of i32
 * new w.data.DataLoader(items, { batchSize: 64, collate: w.data.stackFields("i32", "i32") });
 * ```
 *
 * @throws {ShapeError} (the returned function) when an item's field differs in length from the first item's
 */
export function stackFields<const D extends readonly DType[]>(
  ...dtypes: D
): (items: readonly { readonly [K in keyof D]: Field }[]) => TensorsOf<D> {
  return (items) => dtypes.map((dtype, f) => stack(items.map((item) => item[f] as Field), f, dtype)) as TensorsOf<D>;
}

/**
 * The loader's default: like {@link stackFields}, with dtypes taken from the typed arrays of the first item
 * (Float32Array is f32, Int32Array i32, Uint32Array u32).
 * @throws {DTypeError} when a field is no typed array: plain numbers do not say what they are
 */
export function stackTyped(items: readonly (readonly Field[])[]): AnyTensor[] {
  if (items.length === 0) throw emptyBatch();
  return items[0].map((field, f) => stack(items.map((item) => item[f]), f, dtypeOf(field, f)));
}

/** Fields of a batch, one after another in one typed array, and the shape they have together. */
export interface Stacked {
  /** The values, row-major. */
  readonly values:
    | Float32Array<ArrayBuffer>
    | Int32Array<ArrayBuffer>
    | Uint32Array<ArrayBuffer>
    | Uint8Array<ArrayBuffer>;
  /** `[batch]` or `[batch, n]`. */
  readonly shape: readonly number[];
}

/**
 * The host's half of stacking: copies one field of every item into one typed array.
 * @param fields field `f` of every item of the batch
 * @throws {ShapeError} when a field differs in length from the first one
 * @throws {ValueError} when there are no items
 */
export function stackValues(fields: readonly Field[], dtype: DType, f = 0): Stacked {
  const first = fields[0];
  if (first === undefined) throw emptyBatch();
  const scalar = typeof first === "number";
  const size = scalar ? 1 : first.length;
  const values = new ARRAY[dtype](fields.length * size);
  fields.forEach((field, i) => {
    const length = typeof field === "number" ? 1 : field.length;
    if (length !== size) {
      throw new ShapeError(
        `Cannot stack field ${f} of a batch: item ${i} has ${length} values, item 0 has ${size}; pad them in collate`,
        { op: "stackFields", shapes: [[length], [size]], position: i },
      );
    }
    if (typeof field === "number") values[i] = field;
    else values.set(field, i * size);
  });
  return { values, shape: scalar ? [fields.length] : [fields.length, size] };
}

const ARRAY = { f32: Float32Array, f16: Float32Array, i32: Int32Array, u32: Uint32Array, bool: Uint8Array } as const;

function stack(fields: readonly Field[], f: number, dtype: DType): AnyTensor {
  const { values, shape } = stackValues(fields, dtype, f);
  return tensor(values, { shape, dtype });
}

function dtypeOf(field: Field, f: number): DType {
  if (field instanceof Float32Array) return "f32";
  if (field instanceof Int32Array) return "i32";
  if (field instanceof Uint32Array) return "u32";
  throw new DTypeError(
    `Cannot stack field ${f} of a batch: plain numbers have no dtype; pass collate: stackFields("f32", "i32"), one ` +
      `dtype per field`,
    { op: "stackTyped", position: f },
  );
}

function emptyBatch(): ValueError {
  return new ValueError("Cannot make a batch: it has no items", { op: "collate" });
}
