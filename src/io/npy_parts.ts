/**
 * One array of NumPy as a part of a file: archives of arrays are made of them.
 * @module
 */
import { ValueError } from "../errors.ts";
import { formatHeader, headerSize, parseHeader } from "./npy_header.ts";
import { decodeArray, descrOf, ObjectArray } from "./numpy_array.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Write } from "./output.ts";
import type { PickleOptions } from "./pickle.ts";
import { pickleNames } from "./pickle_names.ts";
import { type StoredTensor, Stretch } from "./stored_tensor.ts";
import { Unpickler } from "./unpickler.ts";

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

/** Refuses what the format does not have. */
export function checkArray({ name, stored }: Outgoing): void {
  if (descrOf(stored)) return;
  throw new ValueError(`Cannot write "${name}" as an array of NumPy: it has no type ${stored}`, {
    op: "save",
    value: stored,
  });
}

/** Header and bytes. */
export async function writeArray(one: Outgoing, write: Write): Promise<void> {
  await write(formatHeader(descrOf(one.stored)!, false, one.shape));
  if (one.byteLength) await write(await one.bytes());
}
