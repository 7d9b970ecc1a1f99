/**
 * Element types and the typed arrays that carry them to and from the host.
 * @module
 */

import { DTypeError } from "../errors.ts";

/** Element types: 32 bits each on the GPU; `bool` is stored as 0 or 1 in a u32. */
export type DType = "f32" | "i32" | "u32" | "bool";

/** Element types that arithmetic works on. */
export type NumericDType = "f32" | "i32" | "u32";

/** Typed array that holds a dtype's elements on the host. */
export type TypedArrayOf<D extends DType> = D extends "f32" ? Float32Array<ArrayBuffer>
  : D extends "i32" ? Int32Array<ArrayBuffer>
  : D extends "u32" ? Uint32Array<ArrayBuffer>
  : Uint8Array<ArrayBuffer>;

/** Nested JavaScript arrays (or one value) as `toArray` returns them and `tensor` takes them. */
export type NestedArray<T = number | boolean> = T | readonly NestedArray<T>[];

/** Bytes of one element on the GPU. */
export const ELEMENT_BYTES = 4;

const DTYPES: readonly unknown[] = ["f32", "i32", "u32", "bool"];

/**
 * Checks a name that came from outside the type system.
 * @throws {DTypeError} when there is no such element type
 */
export function checkDType(dtype: unknown, op: string): void {
  if (DTYPES.includes(dtype)) return;
  throw new DTypeError(`Cannot ${op} to type ${String(dtype)}: wanted ${DTYPES.join(" or ")}`, { op, value: dtype });
}

/** The typed array for words as they come from the GPU. */
export function fromWords<D extends DType>(words: ArrayBuffer, dtype: D): TypedArrayOf<D> {
  switch (dtype as DType) {
    case "f32":
      return new Float32Array(words) as TypedArrayOf<D>;
    case "i32":
      return new Int32Array(words) as TypedArrayOf<D>;
    case "u32":
      return new Uint32Array(words) as TypedArrayOf<D>;
    case "bool":
      return Uint8Array.from(new Uint32Array(words), (v) => v ? 1 : 0) as TypedArrayOf<D>;
  }
}

/** A new typed array of GPU words for host values; values are converted as JavaScript's typed arrays do. */
export function toWords(
  values: ArrayLike<number | boolean>,
  dtype: DType,
): Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> {
  const numbers = values as ArrayLike<number>;
  switch (dtype) {
    case "f32":
      return Float32Array.from(numbers);
    case "i32":
      return Int32Array.from(numbers);
    case "u32":
      return Uint32Array.from(numbers);
    case "bool":
      return Uint32Array.from(numbers, (v) => v ? 1 : 0);
  }
}
