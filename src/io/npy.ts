/**
 * NumPy's files of one array, `.npy`: versions 1 to 3, either byte order, rows or columns first; arrays of texts and, by
 * the restricted reader of pickles, of objects.
 * @module
 */
import { ValueError } from "../errors.ts";
import { Input, type Source } from "./input.ts";
import { formatHeader, headerSize, parseHeader } from "./npy_header.ts";
import { decodeArray, descrOf, ObjectArray } from "./numpy_array.ts";
import { type Entry, type Outgoing, outgoing } from "./outgoing.ts";
import { collect, type Target, type Write, writeTo } from "./output.ts";
import type { PickleOptions } from "./pickle.ts";
import { pickleNames } from "./pickle_names.ts";
import { type StoredTensor, Stretch } from "./stored_tensor.ts";
import { Unpickler } from "./unpickler.ts";

export { ObjectArray } from "./numpy_array.ts";

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

/** The array in a stretch that is in memory. */
export function parseArray(stretch: Stretch, name: string, options: PickleOptions): StoredTensor | ObjectArray {
  const { input, bytes } = stretch, all = bytes!;
  const [before, length] = headerSize(input, all.subarray(0, 12));
  const start = before + length;
  if (start > all.length) input.fail(`its header has ${length} bytes`, "the whole header", before);
  const { descr, columns, shape } = parseHeader(input, all.subarray(before, start), before);
  const contents = all.subarray(start);
  if (descr.kind !== "O") {
    return decodeArray(new Stretch(input, contents.length, contents), descr, shape, columns, name);
  }
  const value = new Unpickler(input, all, pickleNames(input, options.allow), start).read();
  if (value instanceof ObjectArray && value.values.length === shape.reduce((a, b) => a * b, 1)) return value;
  return input.fail("its pickle is no array of as many objects", "an array of objects", start);
}

/**
 * Writes an array. A tensor of f16 is read widened and written as f16.
 * @throws {ValueError} for bf16, which NumPy does not have
 */
export function save(target: Target, entry: Entry): Promise<void> {
  const one = outgoing("array", entry);
  check(one);
  return writeTo(target, (write) => pour(one, write));
}

/** The bytes of a file. */
export function serialize(entry: Entry): Promise<Uint8Array<ArrayBuffer>> {
  const one = outgoing("array", entry);
  check(one);
  return collect((write) => pour(one, write));
}

/** Refuses what the format does not have. */
export function check({ name, stored }: Outgoing): void {
  if (descrOf(stored)) return;
  throw new ValueError(`Cannot write "${name}" as an array of NumPy: it has no type ${stored}`, {
    op: "save",
    value: stored,
  });
}

/** Header and bytes. */
export async function pour(one: Outgoing, write: Write): Promise<void> {
  await write(formatHeader(descrOf(one.stored)!, false, one.shape));
  if (one.byteLength) await write(await one.bytes());
}
