/**
 * What writers take: tensors of the GPU, tensors of other files, and arrays of the host, all turned into a type, a
 * shape, and bytes that are read when their turn comes.
 * @module
 */
import { ShapeError, ValueError } from "../errors.ts";
import type { Shape } from "../tensor/shape.ts";
import { numel, show } from "../tensor/shape.ts";
import { type AnyTensor, Tensor } from "../tensor/tensor.ts";
import { isRaw, type RawArray, storedBytes, type StoredDType, storedOf, storeNumbers } from "./stored_dtype.ts";
import { StoredTensor } from "./stored_tensor.ts";

/** An array of the host: numbers (f32 unless `dtype` says otherwise) or a typed array of any type that files have. */
export interface HostEntry {
  /** Sizes. */
  readonly shape: Shape;
  /** Elements, row-major. */
  readonly data: ArrayLike<number> | ArrayLike<bigint>;
  /** Element type in the file; by default that of the typed array. */
  readonly dtype?: StoredDType;
}

/** A value that is written as a tensor. */
export type Entry = AnyTensor | StoredTensor | HostEntry | RawArray;

/** Entries by name. */
export type Entries = Readonly<Record<string, Entry>> | ReadonlyMap<string, Entry>;

/** An entry that is ready to be written. */
export interface Outgoing {
  /** Name in the file. */
  readonly name: string;
  /** Element type in the file. */
  readonly stored: StoredDType;
  /** Sizes. */
  readonly shape: Shape;
  /** Number of bytes. */
  readonly byteLength: number;
  /** What two entries with the same bytes have in common. */
  readonly identity: unknown;
  /** Brings the bytes to the host. */
  bytes(): Promise<Uint8Array>;
}

/** Whether a value is written as a tensor. */
export function isEntry(value: unknown): value is Entry {
  if (value instanceof Tensor || value instanceof StoredTensor || ArrayBuffer.isView(value)) return true;
  const entry = value as HostEntry;
  return typeof value === "object" && value !== null && Array.isArray(entry.shape) && isList(entry.data);
}

function isList(data: unknown): boolean {
  return Array.isArray(data) || ArrayBuffer.isView(data) && storedOf(data) !== null;
}

/**
 * Everything about an entry but its bytes.
 * @throws {ValueError} for what is no tensor @throws {ShapeError} where shape and data differ
 */
export function outgoing(name: string, entry: Entry): Outgoing {
  if (entry instanceof Tensor) return ofTensor(name, entry);
  if (entry instanceof StoredTensor) {
    return {
      name,
      stored: entry.stored,
      shape: entry.shape,
      byteLength: entry.byteLength,
      identity: entry,
      bytes: async () => (await entry.read()).bytes,
    };
  }
  if (!isEntry(entry)) {
    throw new ValueError(`Cannot write "${name}": wanted a tensor, a typed array or { shape, data }`, {
      op: "write",
      value: entry,
    });
  }
  const { shape, data, dtype }: HostEntry = ArrayBuffer.isView(entry)
    ? { shape: [entry.length], data: entry as ArrayLike<number> }
    : entry;
  const stored = dtype ?? (ArrayBuffer.isView(data) ? storedOf(data) : null) ?? "f32";
  const byteLength = numel(shape) * storedBytes(stored);
  const raw = isRaw(data, stored) ? data : storeNumbers(data, stored, `"${name}"`);
  if (raw.byteLength !== byteLength) {
    throw new ShapeError(`Cannot write "${name}": ${data.length} values are not ${show(shape)}`, {
      op: "write",
      shapes: [shape],
    });
  }
  const bytes = new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength);
  return { name, stored, shape, byteLength, identity: data, bytes: () => Promise.resolve(bytes) };
}

function ofTensor(name: string, t: AnyTensor): Outgoing {
  const stored: StoredDType = t.dtype;
  const storage = t.use("write");
  return {
    name,
    stored,
    shape: t.shape,
    byteLength: t.numel * storedBytes(stored),
    identity: [storage, t.offset, ...t.strides],
    bytes: async () => {
      const data = await t.data();
      const raw = isRaw(data, stored) ? data : storeNumbers(data, stored, `"${name}"`);
      return new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength);
    },
  };
}

/** Whether two entries are the same bytes, so that a format that can may hold them once. */
export function sameBytes(a: Outgoing, b: Outgoing): boolean {
  if (a.stored !== b.stored || show(a.shape) !== show(b.shape)) return false;
  if (a.identity instanceof StoredTensor && b.identity instanceof StoredTensor) return a.identity.isSame(b.identity);
  if (!Array.isArray(a.identity) || !Array.isArray(b.identity)) return a.identity === b.identity;
  const other = b.identity;
  return a.identity.length === other.length && a.identity.every((v, i) => v === other[i]);
}

/** Entries in the order of their record or map. */
export function listEntries(entries: Entries): [string, Entry][] {
  return entries instanceof Map ? [...entries as ReadonlyMap<string, Entry>] : Object.entries(entries);
}
