/**
 * Files that are one pickle: lists of words (`itos_wt103.pkl`), dictionaries, arrays.
 * @module
 */
import { Input, type ReadOptions, type Source } from "./input.ts";
import { ObjectArray } from "./numpy_array.ts";
import { pickleNames } from "./pickle_names.ts";
import { Unpickler } from "./unpickler.ts";

export { PyObject } from "./unpickler.ts";

/** Options of readers of pickles. */
export interface PickleOptions extends ReadOptions {
  /** Full names of further classes to accept; their objects become `PyObject`s: name, arguments and fields as data. */
  readonly allow?: readonly string[];
}

/**
 * Reads a pickle. Lists and tuples become arrays, dictionaries Maps, sets Sets, bytes Uint8Arrays, integers numbers or
 * bigints, arrays of numbers `StoredTensor`s and other arrays `ObjectArray`s.
 * @throws {FormatError} for bytes that are none, and for names of classes that are not known to hold data only
 */
export async function load(source: Source, options: PickleOptions = {}): Promise<unknown> {
  const input = await (await Input.of(source, options)).whole();
  return new Unpickler(input, input.bytes, pickleNames(input, options.allow)).read();
}

/**
 * Reads a pickled list (or array) of texts, such as a vocabulary.
 * @throws {FormatError} when it holds anything else
 * @example
 * const words = await w.io.pickle.loadStrings("itos_wt103.pkl");
 */
export async function loadStrings(source: Source, options: PickleOptions = {}): Promise<string[]> {
  const input: Input = await (await Input.of(source, options)).whole();
  const value = new Unpickler(input, input.bytes!, pickleNames(input, options.allow)).read();
  const list = value instanceof ObjectArray ? value.values : value;
  if (!Array.isArray(list)) input.fail("it holds no list", "a list of texts");
  const wrong = list.findIndex((text) => typeof text !== "string");
  if (wrong >= 0) input.fail(`element ${wrong} of the list is no text`, "a list of texts");
  return list;
}
