/**
 * Refusals that layers and optimisers share: sizes and probabilities out of range, tensors that are no parameters.
 * @module
 */
import { ValueError } from "../errors.ts";
import { Parameter } from "../tensor/arena.ts";
import { show } from "../tensor/shape.ts";

/** Throws unless `value` is an integer of at least `least`. */
export function checkInteger(layer: string, name: string, value: number, least = 1): void {
  if (!Number.isInteger(value) || value < least) {
    throw new ValueError(`Cannot make ${layer}: ${name} is ${value}, wanted an integer of at least ${least}`, {
      op: layer,
      value,
    });
  }
}

/** Throws unless `value` is a probability. */
export function checkProbability(layer: string, name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) {
    throw new ValueError(`Cannot make ${layer}: ${name} is ${value}, wanted a number from 0 to 1`, {
      op: layer,
      value,
    });
  }
}

/** Throws unless `value` is finite and at least `least`. */
export function checkNumber(layer: string, name: string, value: number, least = -Infinity): void {
  if (!Number.isFinite(value) || value < least) {
    const wanted = least === -Infinity ? "a finite number" : `a finite number of at least ${least}`;
    throw new ValueError(`Cannot make ${layer}: ${name} is ${value}, wanted ${wanted}`, { op: layer, value });
  }
}

/** Throws unless `value` is a parameter: other tensors have no place in an arena. */
export function checkParameter(op: string, value: unknown): asserts value is Parameter {
  if (value instanceof Parameter) return;
  const shape = (value as { shape?: readonly number[] } | null)?.shape;
  const what = Array.isArray(shape) ? `tensor ${show(shape)}` : String(value);
  throw new ValueError(`Cannot use ${op}: ${what} is not a parameter; make one with new nn.Parameter(tensor)`, {
    op,
    value,
  });
}
