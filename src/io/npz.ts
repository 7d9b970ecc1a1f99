/**
 * NumPy's archives of arrays by name, `.npz`: zip files of `.npy` files.
 * @module
 */
import { Input, type Source } from "./input.ts";
import { checkArray, parseArray, writeArray } from "./npy_parts.ts";
import type { ObjectArray } from "./numpy_array.ts";
import { type Entries, listEntries, outgoing } from "./outgoing.ts";
import { collect, type Target, type Write, writeTo } from "./output.ts";
import type { PickleOptions } from "./pickle.ts";
import type { StoredTensor } from "./stored_tensor.ts";
import { openEntry, readDirectory } from "./zip_read.ts";
import { ZipWriter } from "./zip_write.ts";

/** Options of {@link save} and {@link serialize}. */
export interface NpzOptions {
  /** Packs the arrays. Default false. */
  readonly deflate?: boolean;
}

/**
 * Reads all arrays.
 * @returns tensors by name, and `ObjectArray`s for texts and objects
 * @throws {FormatError} for a file that is damaged or none
 */
export async function load(
  source: Source,
  options: PickleOptions = {},
): Promise<Map<string, StoredTensor | ObjectArray>> {
  const input: Input = await (await Input.of(source, options)).whole();
  const arrays = new Map<string, StoredTensor | ObjectArray>();
  for (const entry of (await readDirectory(input)).values()) {
    const stretch = await openEntry(input, entry), name = entry.name.replace(/\.npy$/, "");
    arrays.set(name, parseArray(stretch, name, options));
  }
  return arrays;
}

/**
 * Writes arrays, one after another.
 * @throws {ValueError} for bf16, which NumPy does not have
 */
export function save(target: Target, arrays: Entries, options: NpzOptions = {}): Promise<void> {
  return writeTo(target, plan(arrays, options));
}

/** The bytes of an archive. */
export function serialize(arrays: Entries, options: NpzOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  return collect(plan(arrays, options));
}

function plan(arrays: Entries, { deflate = false }: NpzOptions): (write: Write) => Promise<void> {
  const list = listEntries(arrays).map(([name, entry]) => outgoing(name, entry));
  list.forEach(checkArray);
  return async (write) => {
    const zip = new ZipWriter(write);
    for (const one of list) {
      await zip.add(`${one.name}.npy`, await collect((piece) => writeArray(one, piece)), { align: 64, deflate });
    }
    await zip.close();
  };
}
