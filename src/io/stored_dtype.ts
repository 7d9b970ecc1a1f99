/**
 * Element types of files, which are more than those of tensors: their sizes, their typed arrays, and how their numbers
 * become those of a tensor. Bytes are little-endian, as is every machine that has WebGPU.
 * @module
 */
import { DTypeError, ValueError } from "../errors.ts";
import { type DType, halfOf, numberOf } from "../tensor/dtype.ts";

/**
 * Element types of files. `f16` and `bf16` are 16-bit floats, `c64` and `c128` complex numbers as pairs, `bool` a byte
 * of 0 or 1.
 */
export type StoredDType =
  | "f64"
  | "f32"
  | "f16"
  | "bf16"
  | "i64"
  | "i32"
  | "i16"
  | "i8"
  | "u64"
  | "u32"
  | "u16"
  | "u8"
  | "bool"
  | "c64"
  | "c128";

/** Typed arrays of numbers as they are stored; 16-bit floats are their bits, complex numbers pairs. */
export type RawArray =
  | Float64Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | BigUint64Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

/** Typed arrays that tensors are made of. */
export type HostArray =
  | Float32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

interface RawConstructor {
  new (buffer: ArrayBuffer, byteOffset?: number, length?: number): RawArray;
  readonly BYTES_PER_ELEMENT: number;
}

interface Kind {
  /** Bytes of an element. */
  readonly bytes: number;
  /** Array of the stored numbers. */
  readonly array: RawConstructor;
  /** Element type of a tensor that takes the numbers; null where none does. */
  readonly dtype: Exclude<DType, "f16"> | null;
}

const KINDS: Readonly<Record<StoredDType, Kind>> = {
  f64: { bytes: 8, array: Float64Array, dtype: "f32" },
  f32: { bytes: 4, array: Float32Array, dtype: "f32" },
  f16: { bytes: 2, array: Uint16Array, dtype: "f32" },
  bf16: { bytes: 2, array: Uint16Array, dtype: "f32" },
  i64: { bytes: 8, array: BigInt64Array, dtype: "i32" },
  i32: { bytes: 4, array: Int32Array, dtype: "i32" },
  i16: { bytes: 2, array: Int16Array, dtype: "i32" },
  i8: { bytes: 1, array: Int8Array, dtype: "i32" },
  u64: { bytes: 8, array: BigUint64Array, dtype: "u32" },
  u32: { bytes: 4, array: Uint32Array, dtype: "u32" },
  u16: { bytes: 2, array: Uint16Array, dtype: "i32" },
  u8: { bytes: 1, array: Uint8Array, dtype: "i32" },
  bool: { bytes: 1, array: Uint8Array, dtype: "bool" },
  c64: { bytes: 8, array: Float32Array, dtype: null },
  c128: { bytes: 16, array: Float64Array, dtype: null },
};

/** Bytes of one element. */
export function storedBytes(stored: StoredDType): number {
  return KINDS[stored].bytes;
}

/** Whether there is such a type. */
export function isStoredDType(name: unknown): name is StoredDType {
  return typeof name === "string" && Object.hasOwn(KINDS, name);
}

/** Element type of a tensor that takes the numbers: 16-bit and double floats are f32, small integers and i64 are i32. */
export function tensorDType(stored: StoredDType): Exclude<DType, "f16"> | null {
  return KINDS[stored].dtype;
}

/** The type whose raw array that is; null for arrays of no stored type. Bytes are u8. */
export function storedOf(array: ArrayBufferView): StoredDType | null {
  for (const name of ["f64", "f32", "i64", "i32", "i16", "i8", "u64", "u32", "u16", "u8"] as const) {
    if (array instanceof KINDS[name].array) return name;
  }
  return array instanceof Uint8ClampedArray ? "u8" : null;
}

/** Whether `array` holds elements of that type just as a file does. */
export function isRaw(array: unknown, stored: StoredDType): array is RawArray {
  return array instanceof KINDS[stored].array;
}

/** Bytes as numbers: a view where they are aligned, a copy where not. */
export function rawArray(bytes: Uint8Array, stored: StoredDType): RawArray {
  const { array } = KINDS[stored], size = array.BYTES_PER_ELEMENT;
  const held = bytes.byteOffset % size === 0 && bytes.buffer instanceof ArrayBuffer ? bytes : bytes.slice();
  return new array(held.buffer as ArrayBuffer, held.byteOffset, held.byteLength / size);
}

/** The numbers as a tensor takes them: as they are, widened, or narrowed where all of them fit. */
export function hostArray(raw: RawArray, stored: StoredDType, what: string): HostArray {
  switch (stored) {
    case "f32":
    case "i32":
    case "u32":
      return raw as HostArray;
    case "f64":
      return narrowFloats(raw as Float64Array<ArrayBuffer>, what);
    case "f16":
      return Float32Array.from(raw as Uint16Array<ArrayBuffer>, numberOf);
    case "bf16": {
      const wide = new Uint32Array(raw.length);
      for (let i = 0; i < wide.length; i++) wide[i] = (raw[i] as number) << 16;
      return new Float32Array(wide.buffer);
    }
    case "i64":
      return narrowIntegers(raw as BigInt64Array<ArrayBuffer>, new Int32Array(raw.length), what);
    case "u64":
      return narrowIntegers(raw as BigUint64Array<ArrayBuffer>, new Uint32Array(raw.length), what);
    case "i16":
    case "i8":
    case "u16":
    case "u8":
      return new Int32Array(raw as Uint8Array);
    case "bool":
      return (raw as Uint8Array<ArrayBuffer>).every((v) => v <= 1)
        ? raw as Uint8Array<ArrayBuffer>
        : (raw as Uint8Array<ArrayBuffer>).map((v) => v ? 1 : 0);
    case "c64":
    case "c128":
      throw new DTypeError(`Cannot make numbers of ${what}: it is complex (${stored}); read its pairs by .raw`, {
        op: "data",
        value: stored,
      });
  }
}

function narrowFloats(raw: Float64Array<ArrayBuffer>, what: string): Float32Array<ArrayBuffer> {
  const numbers = new Float32Array(raw);
  const at = numbers.findIndex((v, i) => !Number.isFinite(v) && Number.isFinite(raw[i]));
  if (at >= 0) refuse(what, "f64", "f32", raw[at], at);
  return numbers;
}

function narrowIntegers<T extends Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(
  raw: BigInt64Array | BigUint64Array,
  numbers: T,
  what: string,
): T {
  const signed = numbers instanceof Int32Array;
  const words = new Uint32Array(raw.buffer, raw.byteOffset, 2 * raw.length);
  for (let i = 0; i < numbers.length; i++) {
    const low = words[2 * i], high = words[2 * i + 1];
    if (high !== (signed ? (low | 0) < 0 ? 0xffffffff : 0 : 0)) {
      refuse(what, signed ? "i64" : "u64", signed ? "i32" : "u32", raw[i], i);
    }
    numbers[i] = low;
  }
  return numbers;
}

function refuse(what: string, from: string, to: string, value: number | bigint, position: number): never {
  throw new ValueError(
    `Cannot make ${to} of ${what}: element ${position} is ${value}, which only ${from} holds; read it by .raw`,
    { op: "data", value, position },
  );
}

const single = new Float32Array(1), bits = new Uint32Array(single.buffer);

/** The 16 bits of a number as bf16: rounded to f32, then to the nearest bf16, ties to even. */
export function brainOf(value: number): number {
  single[0] = value;
  if ((bits[0] & 0x7fffffff) > 0x7f800000) return bits[0] >>> 16 | 0x40;
  return bits[0] + 0x7fff + (bits[0] >>> 16 & 1) >>> 16;
}

/**
 * Numbers as a file of that type holds them.
 * @throws {ValueError} for numbers that an integer type cannot hold
 */
export function storeNumbers(numbers: ArrayLike<number | bigint>, stored: StoredDType, what: string): RawArray {
  const kind = KINDS[stored], raw = new kind.array(new ArrayBuffer(numbers.length * kind.bytes));
  if (kind.dtype === null) {
    throw new DTypeError(`Cannot write ${what} as ${stored}: wanted pairs in a ${kind.array.name}`, { op: "write" });
  }
  const big = raw instanceof BigInt64Array || raw instanceof BigUint64Array;
  const whole = big || kind.dtype !== "f32";
  for (let i = 0; i < raw.length; i++) {
    const value = numbers[i];
    if (stored === "f16") raw[i] = halfOf(Number(value));
    else if (stored === "bf16") raw[i] = brainOf(Number(value));
    else if (big) raw[i] = typeof value === "bigint" || Number.isInteger(value) ? BigInt(value) : 0n;
    else raw[i] = Number(value);
    const exact = stored === "bool" ? Number(value) === 0 || Number(value) === 1 : raw[i] == value;
    if (whole && !exact) {
      throw new ValueError(`Cannot write ${what} as ${stored}: element ${i} is ${value}, which it cannot hold`, {
        op: "write",
        value,
        position: i,
      });
    }
  }
  return raw;
}
