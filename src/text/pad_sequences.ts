/**
 * Keras' `pad_sequences`: sequences of any length as rows of one typed array. `data.padBatch` is PyTorch's counterpart,
 * with lengths and time-major batches.
 */
import { IndexError, ValueError } from "../errors.ts";

const TYPES = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/** Element types of {@link padSequences}. */
export type PadDType = keyof typeof TYPES;

/** Array of an element type of {@link padSequences}. */
export type PadArray<T extends PadDType> = InstanceType<(typeof TYPES)[T]>;

/** Options of {@link padSequences}. */
export interface PadSequencesOptions<T extends PadDType = "int32"> {
  /** Length of the rows; default that of the longest sequence. */
  maxlen?: number;
  /** Element type; default int32. Numbers with a fraction lose it in integer types. */
  dtype?: T;
  /** Where short sequences are filled up: before ("pre", default) or behind. */
  padding?: "pre" | "post";
  /** Where long sequences are cut: their beginning ("pre", default) or their end. */
  truncating?: "pre" | "post";
  /** What fills up; default 0. */
  value?: number;
}

/** Sequences as rows. */
export interface PaddedSequences<T extends PadDType = "int32"> {
  /** `[sequences, maxlen]`, row-major. */
  readonly values: PadArray<T>;
  /** `[sequences, maxlen]`. */
  readonly shape: [number, number];
}

/**
 * Pads and cuts sequences to one length, as Keras does: both at the beginning unless told otherwise. An empty sequence is
 * all padding.
 *
 * @example
 * ```ts
 * w.text.padSequences([[1, 2, 3, 4, 5], [], [6]], { maxlen: 3 }).values; // Int32Array [3,4,5, 0,0,0, 0,0,6]
 * ```
 * @throws {ValueError} an unknown option, or neither sequences nor `maxlen`
 * @throws {IndexError} a number that the type cannot hold, with its sequence and place
 */
export function padSequences<T extends PadDType = "int32">(
  sequences: readonly ArrayLike<number>[],
  options: PadSequencesOptions<T> = {},
): PaddedSequences<T> {
  const { dtype = "int32" as T, padding = "pre", truncating = "pre", value = 0 } = options, op = "padSequences";
  for (const [name, side] of [["padding", padding], ["truncating", truncating]]) {
    if (side === "pre" || side === "post") continue;
    throw new ValueError(`Cannot pad sequences: ${name} is "${side}", wanted "pre" or "post"`, { op, value: side });
  }
  const { maxlen = longest(sequences) } = options, type = TYPES[dtype];
  if (!type) {
    const message = `Cannot pad sequences: dtype is "${dtype}", wanted ${Object.keys(TYPES).join(", ")}`;
    throw new ValueError(message, { op, value: dtype });
  }
  if (!Number.isInteger(maxlen) || maxlen < 0 || maxlen === 0 && options.maxlen === 0) {
    throw new ValueError(`Cannot pad sequences: maxlen is ${maxlen}, wanted a positive integer`, { op, value: maxlen });
  }
  const limits = integerLimits(dtype), values = new type(sequences.length * maxlen) as PadArray<T>;
  if (value !== 0) values.fill(checked(value, limits, dtype));
  sequences.forEach((ids, row) => {
    const kept = Math.min(ids.length, maxlen), from = truncating === "pre" ? ids.length - kept : 0;
    const to = row * maxlen + (padding === "pre" ? maxlen - kept : 0);
    for (let t = 0; t < kept; t++) values[to + t] = checked(ids[from + t], limits, dtype, row, from + t);
  });
  return { values, shape: [sequences.length, maxlen] };
}

function longest(sequences: readonly ArrayLike<number>[]): number {
  if (sequences.length > 0) return sequences.reduce((most, ids) => Math.max(most, ids.length), 0);
  throw new ValueError("Cannot pad sequences: there are none, and no maxlen is given", { op: "padSequences" });
}

function integerLimits(dtype: PadDType): [number, number] | undefined {
  if (dtype.startsWith("float")) return undefined;
  const signed = dtype.startsWith("int"), bits = Number(dtype.replace(/\D+/, ""));
  return signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
}

/** The number, if the type holds it once its fraction is gone. */
function checked(
  id: number,
  limits: [number, number] | undefined,
  dtype: PadDType,
  row?: number,
  place?: number,
): number {
  if (!limits || id > limits[0] - 1 && id < limits[1] + 1) return id;
  const where = row === undefined ? "the padding" : `sequence ${row}, position ${place},`;
  const message = `Cannot pad sequences: ${where} is ${id}, ${dtype} holds ${limits[0]} to ${limits[1]}`;
  throw new IndexError(message, { op: "padSequences", value: id, position: place });
}
