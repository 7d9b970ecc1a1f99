/**
 * Loading values by name: everything is compared first, then copied, so a wrong file changes nothing.
 * @module
 */
import { noGrad } from "../autograd/mode.ts";
import { ValueError } from "../errors.ts";
import { copy_ } from "../ops/inplace.ts";
import type { DType } from "../tensor/dtype.ts";
import { numel, sameShape, type Shape, show } from "../tensor/shape.ts";
import { type AnyTensor, Tensor } from "../tensor/tensor.ts";

/** Values for one name: a tensor, a flat array of all elements, or an array with its shape. */
export type StateEntry = AnyTensor | ArrayLike<number> | {
  /** Shape, compared with that of the tensor that takes the values. */
  readonly shape: Shape;
  /** Values in row-major order. */
  readonly data: ArrayLike<number>;
};

/** Values by name. */
export type StateSource = Readonly<Record<string, StateEntry>> | ReadonlyMap<string, StateEntry>;

/** Names that a load did not find on one of the sides. */
export interface LoadReport {
  /** Names of the module that the source does not have; they keep their values. */
  missingKeys: string[];
  /** Names of the source that the module does not have. */
  unexpectedKeys: string[];
}

/** The source under the target's names: other names stand in for a missing one, and are left out beside it. */
function renamed(
  source: ReadonlyMap<string, StateEntry>,
  target: Readonly<Record<string, AnyTensor>>,
  aliases: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, StateEntry> {
  if (!aliases.size) return source;
  const entries = new Map(source);
  for (const [name, others] of aliases) {
    for (const other of others) {
      const entry = entries.get(other);
      if (entry === undefined || Object.hasOwn(target, other)) continue;
      if (!entries.has(name)) entries.set(name, entry);
      entries.delete(other);
    }
  }
  return entries;
}

/**
 * Copies `source` into `target` by name.
 * @param aliases other names that the source may have for a name of the target
 * @throws {ValueError} listing all that does not fit, before anything is changed
 */
export function loadInto(
  target: Readonly<Record<string, AnyTensor>>,
  source: StateSource,
  strict: boolean,
  aliases: ReadonlyMap<string, readonly string[]> = new Map(),
): LoadReport {
  if (source === null || typeof source !== "object") {
    throw new ValueError(`Cannot load a state dict: ${source} is not one; wanted values by name`, {
      op: "loadStateDict",
      value: source,
    });
  }
  const given = source instanceof Map ? source as ReadonlyMap<string, StateEntry> : new Map(Object.entries(source));
  const entries = renamed(given, target, aliases);
  const missingKeys = Object.keys(target).filter((name) => !entries.has(name));
  const unexpectedKeys = [...entries.keys()].filter((name) => !Object.hasOwn(target, name));
  const mismatched: string[] = [];
  for (const [name, entry] of entries) {
    const wrong = Object.hasOwn(target, name) ? mismatch(target[name], entry) : null;
    if (wrong) mismatched.push(`${name} (${wrong})`);
  }
  if (mismatched.length || (strict && missingKeys.length + unexpectedKeys.length)) {
    const parts = [
      strict && missingKeys.length ? `missing ${missingKeys.join(", ")}` : "",
      strict && unexpectedKeys.length ? `unexpected ${unexpectedKeys.join(", ")}` : "",
      mismatched.length ? `mismatched ${mismatched.join(", ")}` : "",
    ];
    throw new ValueError(`Cannot load a state dict: ${parts.filter(Boolean).join("; ")}; nothing was changed`, {
      op: "loadStateDict",
      value: { missingKeys, unexpectedKeys, mismatched },
    });
  }
  noGrad(() => {
    for (const [name, entry] of entries) {
      if (Object.hasOwn(target, name)) copy_(target[name], entry instanceof Tensor ? entry : valuesOf(entry));
    }
  });
  return { missingKeys, unexpectedKeys };
}

function valuesOf(entry: Exclude<StateEntry, AnyTensor>): ArrayLike<number> {
  return "data" in entry ? entry.data : entry;
}

/** What is wrong with an entry, or null. */
function mismatch(target: AnyTensor, entry: StateEntry): string | null {
  const wanted = `${show(target.shape)} is wanted`;
  if (entry instanceof Tensor) {
    if (!sameShape(entry.shape, target.shape)) return `${show(entry.shape)} where ${wanted}`;
    if (entry.dtype !== target.dtype) return `${entry.dtype} where ${target.dtype as DType} is wanted`;
    if (entry.disposed) return "it was disposed";
    return entry.device === target.device ? null : "it is on another device";
  }
  if (entry === null || typeof entry !== "object") return `${entry} where ${wanted}`;
  if ("shape" in entry && !sameShape(entry.shape, target.shape)) return `${show(entry.shape)} where ${wanted}`;
  const { length } = valuesOf(entry);
  return length === numel(target.shape) ? null : `${length} values where ${wanted}`;
}
