/**
 * Limiting values to a range.
 * @module
 */
import { ValueError } from "../errors.ts";
import { isFloat, type NumericDType } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { clampFloat } from "./activations.ts";
import { maximum, minimum } from "./binary.ts";

/** Ends of the range; at least one of them. */
export interface ClampOptions {
  /** Smallest value. */
  min?: number;
  /** Largest value. */
  max?: number;
}

/**
 * min(max(x, min), max), elementwise; the gradient passes where min ≤ x ≤ max.
 * @param x any type but bool, of any shape
 * @throws {ValueError} when neither end is given, or one is NaN
 */
export function clamp<D extends NumericDType>(x: Tensor<D>, { min, max }: ClampOptions): Tensor<D> {
  if (min === undefined && max === undefined || Number.isNaN(min) || Number.isNaN(max)) {
    throw new ValueError(`Cannot clamp to min ${min} and max ${max}: wanted at least one number, and no NaN`, {
      op: "clamp",
      value: min ?? max,
    });
  }
  if (isFloat(x.dtype)) {
    return clampFloat(x as unknown as Tensor, min ?? -Infinity, max ?? Infinity) as unknown as Tensor<D>;
  }
  const low = min === undefined ? x : maximum(x, Math.ceil(min));
  return max === undefined ? low : minimum(low, Math.floor(max));
}
