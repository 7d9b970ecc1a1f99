/**
 * Names of tensors in one file and in another: renaming by rules, and a report of what fits a module and what does not.
 * @module
 */
import { ValueError } from "../errors.ts";
import { type Shape, show } from "../tensor/shape.ts";

/**
 * How names change: rules, all applied in turn (a text is replaced at the beginning of a name, an expression where it
 * matches), or a function that returns the new name, or null to leave the tensor out.
 */
export type NameRules = readonly (readonly [from: string | RegExp, to: string])[] | ((name: string) => string | null);

/**
 * The same values under other names, in the same order.
 * @throws {ValueError} when two get one name
 * @example
 * const encoder = w.io.names.rename(weights, [["0.", ""], [/^module\./, ""]]);
 */
export function rename<T>(values: ReadonlyMap<string, T>, rules: NameRules): Map<string, T> {
  const renamed = new Map<string, T>();
  for (const [name, value] of values) {
    const to = typeof rules === "function" ? rules(name) : rules.reduce(apply, name);
    if (to === null) continue;
    if (renamed.has(to)) {
      throw new ValueError(`Cannot rename "${name}" to "${to}": another has that name already`, {
        op: "rename",
        value: to,
      });
    }
    renamed.set(to, value);
  }
  return renamed;
}

function apply(name: string, [from, to]: readonly [string | RegExp, string]): string {
  if (from instanceof RegExp) return name.replace(from, to);
  return name.startsWith(from) ? to + name.slice(from.length) : name;
}

/** Those values whose names begin with `prefix`, without it. */
export function under<T>(values: ReadonlyMap<string, T>, prefix: string): Map<string, T> {
  return rename(values, (name) => name.startsWith(prefix) ? name.slice(prefix.length) : null);
}

/** What has a shape. */
export interface Shaped {
  /** Sizes. */
  readonly shape: Shape;
}

/** Two tensors of one name and different shapes. */
export interface Mismatch {
  /** Name on both sides. */
  readonly name: string;
  /** Shape that takes the values. */
  readonly wanted: Shape;
  /** Shape of the values. */
  readonly given: Shape;
}

/** How the tensors of a file fit those of a module. */
export class NameReport {
  /** Names that fit. */
  readonly matched: string[] = [];
  /** Names that the file lacks. */
  readonly missing: string[] = [];
  /** Names that only the file has. */
  readonly unexpected: string[] = [];
  /** Names of both with different shapes. */
  readonly mismatched: Mismatch[] = [];

  /** True when everything fits. */
  get fits(): boolean {
    return this.missing.length + this.unexpected.length + this.mismatched.length === 0;
  }

  /** The report as lines of text. */
  toString(): string {
    return [
      `${this.matched.length} tensors fit`,
      ...this.missing.map((name) => `missing     ${name}`),
      ...this.unexpected.map((name) => `unexpected  ${name}`),
      ...this.mismatched.map(({ name, wanted, given }) =>
        `mismatched  ${name}: ${show(given)}, wanted ${show(wanted)}`
      ),
    ].join("\n");
  }
}

/**
 * Compares names and shapes, without loading anything.
 * @param target what takes the values, such as `model.stateDict()`
 * @example
 * const report = w.io.names.compare(model.stateDict(), weights);
 * if (!report.fits) console.log(`${report}`);
 */
export function compare(target: Readonly<Record<string, Shaped>>, source: ReadonlyMap<string, Shaped>): NameReport {
  const report = new NameReport();
  for (const [name, { shape }] of Object.entries(target)) {
    const given = source.get(name);
    if (!given) report.missing.push(name);
    else if (show(given.shape) === show(shape)) report.matched.push(name);
    else report.mismatched.push({ name, wanted: shape, given: given.shape });
  }
  for (const name of source.keys()) if (!Object.hasOwn(target, name)) report.unexpected.push(name);
  return report;
}
