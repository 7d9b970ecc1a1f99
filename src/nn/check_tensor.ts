/**
 * The refusal of what is no tensor where a layer or function looks at shapes before any op does.
 * @module
 */
import { DTypeError } from "../errors.ts";
import { type AnyTensor, Tensor } from "../tensor/tensor.ts";

/**
 * Throws unless `value` is a tensor that was not disposed.
 * @param op operation @param doing what it does, for the message @param wanted what is accepted
 */
export function checkTensor(
  op: string,
  doing: string,
  value: unknown,
  wanted = "a tensor",
): asserts value is AnyTensor {
  if (value instanceof Tensor) return void value.use(op, doing);
  const what = value === null || typeof value !== "object" ? String(value) : `a ${value.constructor?.name ?? "object"}`;
  throw new DTypeError(`Cannot ${doing} ${what}: wanted ${wanted}`, { op, value });
}
