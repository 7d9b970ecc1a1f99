/**
 * f16 beside f32: what ops without rules of their own for f16 are given, and which buffers of a kernel hold it. The
 * conversion itself is an op, which hands itself in here.
 * @module
 */
import { type DType, type FloatDType, isFloat } from "../tensor/dtype.ts";
import type { AnyTensor, Tensor } from "../tensor/tensor.ts";

/** Converts a tensor. */
export type Cast = <D extends DType>(x: AnyTensor, dtype: D) => Tensor<D>;

let cast: Cast, raw: Cast;

/** Called once by `cast.ts`: the op, and its kernels without a graph. */
export function installCast(op: Cast, kernels: Cast): void {
  [cast, raw] = [op, kernels];
}

/**
 * A tensor in another float type; itself when it has that type, or is no float at all.
 * @param graph whether gradients shall pass; without it the work counts as that of the op that is running
 */
export function toFloat(t: AnyTensor, dtype: FloatDType, graph: boolean): Tensor {
  if (t.dtype === dtype || !isFloat(t.dtype)) return t as unknown as Tensor;
  return graph ? cast(t, dtype) : raw(t, dtype);
}

/**
 * Names of the buffers that hold f16, for the option `half` of a dispatch; undefined where none does. Where a buffer is
 * no tensor, any object with its `dtype` will do, and null is f32.
 */
export function halves<B extends string>(
  buffers: { readonly [name in B]: { readonly dtype?: DType } | null | undefined },
): B[] | undefined {
  let names: B[] | undefined;
  for (const name in buffers) if (buffers[name]?.dtype === "f16") (names ??= []).push(name);
  return names;
}
