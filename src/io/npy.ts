/**
 * NumPy's files of one array, `.npy`: versions 1 to 3, either byte order, rows or columns first; arrays of texts and, by
 * the restricted reader of pickles, of objects.
 * @module
 */
import { Input, type Source } from "./input.ts";
import { checkArray, parseArray, writeArray } from "./npy_parts.ts";
import type { ObjectArray } from "./numpy_array.ts";
import { type Entry, outgoing } from "./outgoing.ts";
import { collect, type Target, writeTo } from "./output.ts";
import type { PickleOptions } from "./pickle.ts";
import { type StoredTensor, Stretch } from "./stored_tensor.ts";

/**
 * Reads an array.
 * @returns a tensor, or an `ObjectArray` for texts and objects
 * @throws {FormatError} for a file that is damaged or none, and for structures and dates
 * @example
 * const vectors = (await w.io.npy.load("vectors.npy")) as w.io.StoredTensor;
 */
export async function load(source: Source, options: PickleOptions = {}): Promise<StoredTensor | ObjectArray> {
  const input: Input = await (await Input.of(source, options)).whole();
  return parseArray(new Stretch(input, input.size, input.bytes), "", options);
}

/**
 * Writes an array. A tensor of f16 is read widened and written as f16.
 * @throws {ValueError} for bf16, which NumPy does not have
 */
export function save(target: Target, entry: Entry): Promise<void> {
  const one = outgoing("array", entry);
  checkArray(one);
  return writeTo(target, (write) => writeArray(one, write));
}

/** The bytes of a file. */
export function serialize(entry: Entry): Promise<Uint8Array<ArrayBuffer>> {
  const one = outgoing("array", entry);
  checkArray(one);
  return collect((write) => writeArray(one, write));
}
