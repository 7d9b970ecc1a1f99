/**
 * What the options of optimisers must be. They are checked when a group is added and before every step, so a NaN
 * learning rate from a schedule throws while all parameters are still what they were.
 * @module
 */
import { ValueError } from "../errors.ts";

/** Says what is wanted of a value that is not accepted; null accepts it. */
export type Check = (value: unknown) => string | null;

/** A check per option. */
export type Rules<O> = { readonly [name in keyof O]: Check };

/** Finite and not negative. */
export const nonNegative: Check = (v) =>
  Number.isFinite(v) && v as number >= 0 ? null : "a finite number of at least 0";

/** In [0, 1): a decay rate of a running average. */
export const rate: Check = (v) =>
  Number.isFinite(v) && v as number >= 0 && v as number < 1 ? null : "a number from 0 to below 1";

/** Two decay rates. */
export const rates: Check = (v) =>
  Array.isArray(v) && v.length === 2 && v.every((x) => rate(x) === null) ? null : "two numbers from 0 to below 1";

/** Finite. */
export const finite: Check = (v) => Number.isFinite(v) ? null : "a finite number";

/** Finite and above 0, or null for none. */
export const positiveOrNull: Check = (v) =>
  v === null || (Number.isFinite(v) && v as number > 0) ? null : "a finite number above 0, or null";

/** True or false. */
export const flag: Check = (v) => typeof v === "boolean" ? null : "true or false";

/**
 * Checks every option that has a rule.
 * @throws {ValueError} naming the option and its value
 */
export function checkOptions<O>(op: string, rules: Rules<O>, options: O): void {
  for (const name of Object.keys(rules) as (keyof O & string)[]) {
    const value = options[name], wanted = rules[name](value);
    if (wanted) throw new ValueError(`Cannot use ${op}: ${name} is ${String(value)}, wanted ${wanted}`, { op, value });
  }
}
