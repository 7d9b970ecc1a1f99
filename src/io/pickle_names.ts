/**
 * The classes that a pickle may name: Python's containers and NumPy's arrays. What is not here is refused; nothing here
 * does more than to put data together.
 * @module
 */
import { type Input, isSizes, shown } from "./input.ts";
import { decodeArray, type Descr, ObjectArray, parseDescr } from "./numpy_array.ts";
import { rawArray } from "./stored_dtype.ts";
import { type StoredTensor, Stretch } from "./stored_tensor.ts";
import { Pending, type PickleNames, type PyClass, PyObject } from "./unpickler.ts";

/** An element type in a pickle; its byte order comes after it. */
class NumpyDType {
  readonly #input: Input;
  readonly #letters: string;
  #order = "<";

  constructor(input: Input, letters: unknown) {
    this.#input = input;
    this.#letters = typeof letters === "string" ? letters : input.fail("a type is no text", "one of NumPy's");
  }

  setState(state: unknown): void {
    if (Array.isArray(state) && (state[1] === ">" || state[1] === "<" || state[1] === "|")) this.#order = state[1];
    if (Array.isArray(state) && state[4] instanceof Map) this.#input.fail("an array has a structure", "plain elements");
  }

  get descr(): Descr {
    return parseDescr(this.#input, this.#order + this.#letters);
  }
}

/** Bytes of a text in which each character is one, as Python 2 has them; bytes are themselves. */
function toBytes(input: Input, value: unknown, at: number): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value !== "string") input.fail("the contents of an array are no bytes", "bytes", at);
  if (/[^\0-\xff]/.test(value)) input.fail("a text stands for bytes and has other characters", "Latin-1", at);
  input.charge(value.length, "an array", at);
  return Uint8Array.from(value, (character) => character.charCodeAt(0));
}

function array(input: Input, shape: unknown, dtype: unknown, columns: unknown, data: unknown, at: number): unknown {
  const sizes = typeof shape === "number" ? [shape] : shape;
  if (!(dtype instanceof NumpyDType) || !isSizes(sizes)) input.fail("an array has no type or shape", "both", at);
  const { descr } = dtype;
  if (descr.kind === "O") {
    if (!Array.isArray(data) || data.length !== sizes.reduce((a, b) => a * b, 1)) {
      input.fail("an array of objects has not as many as its shape says", "a list of them", at);
    }
    return new ObjectArray(sizes, data);
  }
  const bytes = toBytes(input, data, at);
  return decodeArray(new Stretch(input, bytes.length, bytes), descr, sizes, columns === true, "array");
}

/** The value of a NumPy scalar. */
function scalar(input: Input, dtype: unknown, data: unknown, at: number): unknown {
  if (!(dtype instanceof NumpyDType)) input.fail("a number has no type", "one of NumPy's", at);
  if (dtype.descr.kind === "O") return data;
  const made = array(input, [1], dtype, false, data, at) as StoredTensor | ObjectArray;
  if (made instanceof ObjectArray) return made.values[0];
  if (made.stored === "bool") return made.bytes[0] !== 0;
  if (made.stored === "i64" || made.stored === "u64") {
    const [value] = rawArray(made.bytes, made.stored) as BigInt64Array;
    return BigInt(Number(value)) === value ? Number(value) : value;
  }
  return made.stored.startsWith("c")
    ? [...made.raw as Float64Array]
    : made.stored === "f64"
    ? made.raw[0]
    : made.data[0];
}

/** Copies what a dictionary is made of: another, or pairs. */
function dictionary(input: Input, from: unknown, at: number): Map<unknown, unknown> {
  if (from === undefined) return new Map();
  const length = from instanceof Map ? from.size : Array.isArray(from) ? from.length : 0;
  input.charge(64 * length, "a copy of a dictionary", at); // one may be copied again and again
  if (from instanceof Map) return new Map(from);
  if (!Array.isArray(from) || !from.every((pair) => Array.isArray(pair) && pair.length === 2)) {
    input.fail("a dictionary is made of something else", "pairs or a dictionary", at);
  }
  return new Map(from as [unknown, unknown][]);
}

function list(input: Input, from: unknown, at: number): unknown[] {
  if (from !== undefined && !Array.isArray(from)) input.fail("a list is made of something else", "a list", at);
  input.charge(32 * (from?.length ?? 0), "a copy of a list", at);
  return from === undefined ? [] : [...from];
}

type Calls = Readonly<Record<string, PyClass["call"]>>;

/** Classes of Python itself. */
function pythonCalls(input: Input): Calls {
  return {
    "collections.OrderedDict": ([from], at) => dictionary(input, from, at),
    "collections.Counter": ([from], at) => dictionary(input, from, at),
    "collections.defaultdict": ([, from], at) => dictionary(input, from, at),
    "builtins.dict": ([from], at) => dictionary(input, from, at),
    "builtins.list": ([from], at) => list(input, from, at),
    "builtins.tuple": ([from], at) => list(input, from, at),
    "builtins.set": ([from], at) => new Set(list(input, from, at)),
    "builtins.frozenset": ([from], at) => new Set(list(input, from, at)),
    "builtins.bytearray": ([from, code], at) => {
      if (from === undefined) return new Uint8Array();
      return code === undefined || code === "latin-1" ? toBytes(input, from, at) : input.fail("bytes", "Latin-1", at);
    },
    // Python 3 writes bytes in this way where the protocol has none
    "_codecs.encode": ([from, code], at) => {
      if (code !== "latin1" && code !== "latin-1") input.fail(`a text in ${shown(code)}`, "latin1", at);
      return toBytes(input, from, at);
    },
    "builtins.bytes": ([from], at) => from === undefined ? new Uint8Array() : toBytes(input, from, at),
    "builtins.complex": ([re, im]) => [re, im],
    // mentioned as the factory of a defaultdict or the base of a class
    "builtins.int": undefined,
    "builtins.long": undefined,
    "builtins.unicode": undefined,
    "builtins.float": undefined,
    "builtins.str": undefined,
    "builtins.bool": undefined,
    "builtins.object": undefined,
  };
}

/** Arrays, under the names of all versions of NumPy. */
function numpyCalls(input: Input): Calls {
  const reconstruct: PyClass["call"] = () =>
    new Pending((state, at) => {
      const [shape, dtype, columns, data] = Array.isArray(state) ? state.slice(-4) : [];
      return array(input, shape, dtype, columns, data, at);
    });
  const fromBuffer: PyClass["call"] = ([data, dtype, shape, order], at) =>
    array(input, shape, dtype, order === "F", data, at);
  const number: PyClass["call"] = ([dtype, data], at) => scalar(input, dtype, data, at);
  const calls: Record<string, PyClass["call"]> = {
    "numpy.ndarray": undefined,
    "numpy.dtype": ([letters]) => new NumpyDType(input, letters),
  };
  for (const core of ["numpy.core", "numpy._core"]) {
    calls[`${core}.multiarray._reconstruct`] = reconstruct;
    calls[`${core}.multiarray.scalar`] = number;
    calls[`${core}.numeric._frombuffer`] = fromBuffer;
  }
  return calls;
}

/**
 * The list of allowed names.
 * @param allow further classes, whose objects become {@link PyObject}
 * @param more what a format adds
 */
export function pickleNames(input: Input, allow: readonly string[] = [], more: Calls = {}): PickleNames {
  const calls: Calls = { ...pythonCalls(input), ...numpyCalls(input), ...more };
  return {
    find(name) {
      if (Object.hasOwn(calls, name)) return { name, call: calls[name] };
      return allow.includes(name) ? { name, call: (args) => new PyObject(name, args) } : undefined;
    },
  };
}
