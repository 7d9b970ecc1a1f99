/**
 * Element types and the typed arrays that carry them to and from the host.
 * @module
 */

import { DTypeError } from "../errors.ts";

/**
 * Element types. On the GPU `f16` takes 2 bytes and all others 4; `bool` is stored as 0 or 1 in a u32. `f16` exists where
 * the adapter has the feature `shader-f16`.
 */
export type DType = "f32" | "f16" | "i32" | "u32" | "bool";

/** Floating-point element types: those that gradients exist for. */
export type FloatDType = "f32" | "f16";

/** Element types that arithmetic works on. */
export type NumericDType = FloatDType | "i32" | "u32";

/** Typed array that holds a dtype's elements on the host; f16 is widened to f32, which is exact. */
export type TypedArrayOf<D extends DType> = D extends FloatDType ? Float32Array<ArrayBuffer>
  : D extends "i32" ? Int32Array<ArrayBuffer>
  : D extends "u32" ? Uint32Array<ArrayBuffer>
  : Uint8Array<ArrayBuffer>;

/** Nested JavaScript arrays (or one value) as `toArray` returns them and `tensor` takes them. */
export type NestedArray<T = number | boolean> = T | readonly NestedArray<T>[];

/** Bytes of one element on the GPU, of every type but f16. */
export const ELEMENT_BYTES = 4;

/** Bytes of one element on the GPU. */
export function bytesOf(dtype: DType): number {
  return dtype === "f16" ? 2 : ELEMENT_BYTES;
}

/** True for the types that gradients exist for. */
export function isFloat(dtype: DType): dtype is FloatDType {
  return dtype === "f32" || dtype === "f16";
}

const DTYPES: readonly unknown[] = ["f32", "f16", "i32", "u32", "bool"];

/**
 * Checks a name that came from outside the type system.
 * @throws {DTypeError} when there is no such element type
 */
export function checkDType(dtype: unknown, op: string): void {
  if (DTYPES.includes(dtype)) return;
  throw new DTypeError(`Cannot ${op} to type ${String(dtype)}: wanted ${DTYPES.join(" or ")}`, { op, value: dtype });
}

const single = new Float32Array(1), bits = new Uint32Array(single.buffer);

/** The 16 bits of a number as f16: rounded to f32, then to the nearest f16 (ties to even); too large is Infinity. */
export function halfOf(value: number): number {
  single[0] = value;
  const sign = bits[0] >>> 16 & 0x8000, size = bits[0] & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00 | size >>> 13 & 0x3ff;
  if (size >= 0x47800000) return sign | 0x7c00; // from 65,536 on
  if (size >= 0x38800000) return sign | (size - 0x37fff001 + (size >>> 13 & 1)) >>> 13; // a carry may reach Infinity
  const places = Math.abs(single[0]) * 2 ** 24; // below 2^-14 the last place of an f16 is 2^-24
  const whole = Math.floor(places), rest = places - whole;
  return sign | whole + (rest > 0.5 || rest === 0.5 && whole % 2 === 1 ? 1 : 0);
}

/** The number that 16 bits of f16 stand for. */
export function numberOf(half: number): number {
  bits[0] = (half & 0x8000) << 16 | (half & 0x7fff) << 13 | ((half & 0x7c00) === 0x7c00 ? 0x7f800000 : 0);
  return (half & 0x7c00) === 0x7c00 ? single[0] : single[0] * 2 ** 112;
}

/** The typed array for words as they come from the GPU. */
export function fromWords<D extends DType>(words: ArrayBuffer, dtype: D): TypedArrayOf<D> {
  switch (dtype as DType) {
    case "f32":
      return new Float32Array(words) as TypedArrayOf<D>;
    case "f16":
      return Float32Array.from(new Uint16Array(words), numberOf) as TypedArrayOf<D>;
    case "i32":
      return new Int32Array(words) as TypedArrayOf<D>;
    case "u32":
      return new Uint32Array(words) as TypedArrayOf<D>;
    case "bool":
      return Uint8Array.from(new Uint32Array(words), (v) => v ? 1 : 0) as TypedArrayOf<D>;
  }
}

/**
 * A new typed array of GPU words for host values; values are converted as JavaScript's typed arrays do. An odd number of
 * f16 is filled up to whole words, as uploads want.
 */
export function toWords(
  values: ArrayLike<number | boolean>,
  dtype: DType,
): Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> {
  const numbers = values as ArrayLike<number>;
  switch (dtype) {
    case "f32":
      return Float32Array.from(numbers);
    case "f16":
      return Uint16Array.from({ length: Math.ceil(numbers.length / 2) * 2 }, (_, i) => halfOf(numbers[i] ?? 0));
    case "i32":
      return Int32Array.from(numbers);
    case "u32":
      return Uint32Array.from(numbers);
    case "bool":
      return Uint32Array.from(numbers, (v) => v ? 1 : 0);
  }
}
