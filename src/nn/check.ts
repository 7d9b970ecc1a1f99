/**
 * Refusals that layers share: sizes and probabilities out of range.
 * @module
 */
import { ValueError } from "../errors.ts";

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
