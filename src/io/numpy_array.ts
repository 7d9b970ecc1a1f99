/**
 * Arrays as NumPy describes them: an element type such as `<f4`, a shape, and rows or columns first. Numbers become
 * tensors; texts and objects become lists with a shape.
 * @module
 */
import { contiguousStrides, type Shape, show } from "../tensor/shape.ts";
import type { Input } from "./input.ts";
import { storedBytes, type StoredDType } from "./stored_dtype.ts";
import { StoredTensor, Stretch } from "./stored_tensor.ts";

/** An array of texts or of Python objects. */
export class ObjectArray {
  /** Sizes. */
  readonly shape: Shape;
  /** Elements, row-major. */
  readonly values: unknown[];

  /** Elements in a shape. */
  constructor(shape: Shape, values: unknown[]) {
    this.shape = shape;
    this.values = values;
  }
}

/** An element type of NumPy. */
export interface Descr {
  /** As NumPy writes it. */
  readonly text: string;
  /** Bytes of an element. */
  readonly bytes: number;
  /** Type of numbers; null for texts and objects. */
  readonly stored: StoredDType | null;
  /** `U` text of 4-byte characters, `S` text of bytes, `O` Python objects, "" numbers. */
  readonly kind: "" | "U" | "S" | "O";
  /** Whether the bytes stand the other way round. */
  readonly swap: boolean;
}

const TYPES: Readonly<Record<string, StoredDType>> = {
  b1: "bool",
  i1: "i8",
  i2: "i16",
  i4: "i32",
  i8: "i64",
  u1: "u8",
  u2: "u16",
  u4: "u32",
  u8: "u64",
  f2: "f16",
  f4: "f32",
  f8: "f64",
  c8: "c64",
  c16: "c128",
};

/** NumPy's name of a type; null for bf16, which it does not have. */
export function descrOf(stored: StoredDType): string | null {
  const [found] = Object.entries(TYPES).find(([, type]) => type === stored) ?? [null];
  return found && `${storedBytes(stored) === 1 ? "|" : "<"}${found}`;
}

/**
 * The meaning of an element type.
 * @throws {FormatError} for one that is not read: structures, dates, long doubles
 */
export function parseDescr(input: Input, text: unknown, at?: number): Descr {
  const [, order, kind, digits] = /^([<>|=]?)([a-zA-Z?])(\d{0,9})$/.exec(typeof text === "string" ? text : "") ?? [];
  const size = Number(digits || 0);
  if (kind === "U") return { text: text as string, bytes: 4 * size, stored: null, kind, swap: order === ">" };
  if (kind === "S" || kind === "a") return { text: text as string, bytes: size, stored: null, kind: "S", swap: false };
  if (kind === "O") return { text: text as string, bytes: 8, stored: null, kind, swap: false };
  const name = kind === "?" ? "b1" : `${kind}${digits}`;
  if (!Object.hasOwn(TYPES, name)) {
    input.fail(`elements of type ${JSON.stringify(text) ?? text}`.slice(0, 200), "numbers, texts or objects", at);
  }
  const stored = TYPES[name];
  return {
    text: text as string,
    bytes: storedBytes(stored),
    stored,
    kind: "",
    swap: order === ">" && storedBytes(stored) > 1,
  };
}

/**
 * An array of the bytes of a stretch, which has to be as long as the shape says.
 * @param columns first index fastest (Fortran)
 */
export function decodeArray(
  stretch: Stretch,
  descr: Descr,
  shape: Shape,
  columns: boolean,
  name: string,
): StoredTensor | ObjectArray {
  const { input } = stretch, count = shape.reduce((a, b) => a * b, 1);
  if (shape.length > 64 || shape.some((v) => !Number.isSafeInteger(v) || v < 0) || !Number.isSafeInteger(count)) {
    input.fail(`array "${name}" has the shape ${show(shape).slice(0, 200)}`, "at most 64 sizes of at least 0");
  }
  if (count * descr.bytes !== stretch.length) {
    input.fail(
      `array "${name}" has ${stretch.length} bytes`,
      `${count * descr.bytes} for ${show(shape)} of ${descr.text}`,
    );
  }
  const strides = columns ? columnStrides(shape) : contiguousStrides(shape);
  if (descr.stored) {
    const held = descr.swap ? swapped(stretch, descr) : stretch;
    return new StoredTensor(name, descr.stored, shape, held, { offset: 0, strides });
  }
  if (!stretch.bytes) input.fail(`array "${name}" is of texts`, "to be read at once");
  input.charge(count * (32 + descr.bytes / 2), `array "${name}"`);
  const texts = new StoredTensor(name, "u8", [...shape, descr.bytes], stretch, {
    offset: 0,
    strides: [...strides.map((v) => v * descr.bytes), 1],
  }).bytes;
  const read = descr.kind === "U" ? wideText : byteText;
  return new ObjectArray(
    shape,
    Array.from({ length: count }, (_, i) => read(texts.subarray(i * descr.bytes, (i + 1) * descr.bytes), descr.swap)),
  );
}

/** Steps of an array whose first index runs fastest. */
export function columnStrides(shape: Shape): number[] {
  let step = 1;
  return shape.map((size) => {
    const held = step;
    step *= Math.max(1, size);
    return held;
  });
}

function swapped(stretch: Stretch, { bytes, stored }: Descr): Stretch {
  // a complex number is two that are swapped each
  const size = stored === "c64" || stored === "c128" ? bytes / 2 : bytes;
  const turn = (from: Uint8Array) => {
    const all = new Uint8Array(from.length);
    for (let i = 0; i < all.length; i += size) {
      for (let b = 0; b < size; b++) all[i + b] = from[i + size - 1 - b];
    }
    return all;
  };
  if (stretch.bytes) stretch.input.charge(stretch.length, "the array in the other byte order");
  return new Stretch(
    stretch.input,
    stretch.length,
    stretch.bytes && turn(stretch.bytes),
    async (from, length) => turn(await stretch.part(from, length)),
  );
}

/** A text of 4-byte characters, which zeros fill up. */
function wideText(bytes: Uint8Array, swap: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = "";
  for (let i = 0, end = 0; i < bytes.length; i += 4) {
    const code = view.getUint32(i, !swap);
    if (!code) continue;
    for (; end < i; end += 4) text += "\0"; // a zero inside the text
    text += code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
    end = i + 4;
  }
  return text;
}

/** A text of bytes, which zeros fill up. */
function byteText(bytes: Uint8Array): string {
  let end = bytes.length;
  while (end && !bytes[end - 1]) end--;
  return new TextDecoder().decode(bytes.subarray(0, end));
}
