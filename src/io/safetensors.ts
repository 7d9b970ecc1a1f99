/**
 * Safetensors: a JSON header and the tensors' bytes behind it (https://github.com/huggingface/safetensors). Nothing in
 * such a file is code, and its sizes are checked as its authors' own reader does: the tensors cover the bytes behind the
 * header without overlap or hole. Written files are byte-equal to theirs.
 * @module
 */
import { ValueError } from "../errors.ts";
import { show } from "../tensor/shape.ts";
import { Input, isSizes, type ReadOptions, shown, type Source, utf8 } from "./input.ts";
import { type Entries, listEntries, type Outgoing, outgoing } from "./outgoing.ts";
import { collect, type Target, type Write, writeTo } from "./output.ts";
import { storedBytes, type StoredDType } from "./stored_dtype.ts";
import { StoredTensor, Stretch } from "./stored_tensor.ts";

/** Longest header that is read, as in the reference. */
const LONGEST_HEADER = 100_000_000;

/** Names in files, in the order of the reference: writers put the last type first, so that all are aligned. */
const NAMES = {
  BOOL: "bool",
  U8: "u8",
  I8: "i8",
  I16: "i16",
  U16: "u16",
  F16: "f16",
  BF16: "bf16",
  I32: "i32",
  U32: "u32",
  F32: "f32",
  C64: "c64",
  F64: "f64",
  I64: "i64",
  U64: "u64",
} as const satisfies Record<string, StoredDType>;

const BY_TYPE = new Map<StoredDType, string>(Object.entries(NAMES).map(([name, stored]) => [stored, name]));
const ORDER = Object.values(NAMES) as StoredDType[];

/** Tensors of a file and the texts beside them. */
export interface SafetensorsFile {
  /** Tensors by name, in the order of their bytes. */
  readonly tensors: Map<string, StoredTensor>;
  /** Texts by name. */
  readonly metadata: Record<string, string>;
}

/** Options of {@link save} and {@link serialize}. */
export interface SafetensorsOptions {
  /** Texts by name, put in the header. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Reads all tensors.
 * @throws {FormatError} for a file that is damaged or none
 * @example
 * model.loadStateDict(await w.io.safetensors.load("model.safetensors"));
 */
export async function load(source: Source, options?: ReadOptions): Promise<Map<string, StoredTensor>> {
  const { bytes, name } = await (await Input.of(source, options)).whole();
  return parse(bytes, { ...options, name }).tensors;
}

/**
 * Reads the header only: each tensor is read by `await tensor.read()`, or in part by `await tensor.rows(from, to)`.
 * @throws {FormatError} for a file that is damaged or none
 */
export async function open(source: Source, options?: ReadOptions): Promise<SafetensorsFile> {
  const input = await Input.of(source, options);
  const length = headerLength(input, await input.read(0, 8, "the length of the header"));
  return contents(input, await input.read(8, length, "the header"));
}

/**
 * Tensors and metadata of bytes at hand; the tensors are views of them.
 * @throws {FormatError} for bytes that are damaged or no such file
 */
export function parse(bytes: Uint8Array | ArrayBuffer, options?: ReadOptions): SafetensorsFile {
  const input = Input.ofBytes(bytes, options);
  input.check(0, 8, "the length of the header");
  const length = headerLength(input, input.bytes!.subarray(0, 8));
  return contents(input, input.bytes!.subarray(8, 8 + length));
}

function headerLength(input: Input, bytes: Uint8Array): number {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (length > LONGEST_HEADER) input.fail(`its header is ${length} bytes long`, `at most ${LONGEST_HEADER}`, 0);
  input.check(8, length, "the header");
  return length;
}

interface Place {
  readonly name: string;
  readonly stored: StoredDType;
  readonly shape: number[];
  readonly from: number;
  readonly to: number;
}

function contents(input: Input, header: Uint8Array): SafetensorsFile {
  if (header[0] !== 0x7b) input.fail(`its header begins with byte ${header[0]}`, 'a JSON object, "{"', 8);
  const text = utf8(header);
  if (text === null) input.fail("its header is no UTF-8", "a JSON object", 8);
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(text);
  } catch (cause) {
    input.fail(`its header is no JSON (${(cause as Error).message})`, "a JSON object", 8, cause);
  }
  const metadata: Record<string, string> = {};
  const places: Place[] = [];
  for (const [name, field] of Object.entries(fields)) {
    if (name !== "__metadata__") places.push(place(input, name, field));
    else {
      if (!isRecord(field)) input.fail("__metadata__ is no object", "texts by name", 8);
      for (const [key, value] of Object.entries(field)) {
        if (typeof value !== "string") input.fail(`__metadata__ has no text for "${key}"`, "texts by name", 8);
        Object.defineProperty(metadata, key, { value, enumerable: true, writable: true, configurable: true });
      }
    }
  }
  places.sort((a, b) => a.from - b.from || a.to - b.to);
  const start = 8 + header.length;
  let end = 0;
  for (const { name, from, to } of places) {
    if (from !== end) {
      input.fail(`tensor "${name}" begins at ${from} of the data`, `${end}, where the one before ends`, start + from);
    }
    end = to;
  }
  if (start + end !== input.size) {
    input.fail(`its tensors end at byte ${start + end}`, `the end of the file, ${input.size}`, start + end);
  }
  const tensors = new Map(places.map(({ name, stored, shape, from, to }) => {
    const stretch = Stretch.of(input, start + from, to - from, `tensor "${name}"`);
    return [name, new StoredTensor(name, stored, shape, stretch)];
  }));
  return { tensors, metadata };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function place(input: Input, name: string, field: unknown): Place {
  const { dtype, shape, data_offsets: offsets } = isRecord(field) ? field : {};
  const stored = typeof dtype === "string" && Object.hasOwn(NAMES, dtype) ? NAMES[dtype as keyof typeof NAMES] : null;
  if (!stored) {
    input.fail(`tensor "${name}" is of type ${shown(dtype)}`, Object.keys(NAMES).join(", "), 8);
  }
  if (!isSizes(shape) || shape.length > 64) {
    input.fail(`tensor "${name}" has no shape`, "a list of at most 64 sizes", 8);
  }
  if (!isSizes(offsets) || offsets.length !== 2) {
    input.fail(`tensor "${name}" has no data_offsets`, "first and last byte of the data", 8);
  }
  const [from, to] = offsets, bytes = shape.reduce((a, b) => a * b, 1) * storedBytes(stored);
  if (to - from !== bytes || !Number.isSafeInteger(bytes)) {
    input.fail(`tensor "${name}" lies at ${from} to ${to}`, `${bytes} bytes for ${show(shape)} of ${dtype}`, 8);
  }
  return { name, stored, shape, from, to };
}

/**
 * Writes a file: one tensor after another is read from the GPU and passed on. Tied tensors are written under each name.
 * @throws {ValueError} for metadata that is not text
 * @example
 * await w.io.safetensors.save("model.safetensors", model.stateDict(), { metadata: { format: "pt" } });
 */
export function save(target: Target, tensors: Entries, options: SafetensorsOptions = {}): Promise<void> {
  const plan = prepare(tensors, options);
  return writeTo(target, (write) => pour(plan, write));
}

/** The bytes of a file. */
export function serialize(tensors: Entries, options: SafetensorsOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  const plan = prepare(tensors, options);
  return collect((write) => pour(plan, write));
}

interface Plan {
  readonly header: Uint8Array;
  readonly list: readonly Outgoing[];
}

function prepare(tensors: Entries, { metadata }: SafetensorsOptions): Plan {
  const list = listEntries(tensors).map(([name, entry]) => outgoing(name, entry));
  const names = list.map(({ name }) => new TextEncoder().encode(name));
  const bytesOf = new Map(list.map((one, i) => [one, names[i]]));
  for (const { name, stored } of list) {
    if (!BY_TYPE.has(stored)) refuse(`"${name}" is of type ${stored}, which the format does not have`, stored);
    if (name === "__metadata__") refuse(`a tensor cannot be named __metadata__`, name);
  }
  list.sort((a, b) =>
    ORDER.indexOf(b.stored) - ORDER.indexOf(a.stored) || compareBytes(bytesOf.get(a)!, bytesOf.get(b)!)
  );
  const fields: string[] = [];
  if (metadata) {
    const wrong = Object.entries(metadata).find(([, value]) => typeof value !== "string");
    if (wrong) refuse(`the metadata "${wrong[0]}" is no text`, wrong[1]);
    fields.push(`"__metadata__":${JSON.stringify(metadata)}`);
  }
  let offset = 0;
  for (const { name, stored, shape, byteLength } of list) {
    const place = { dtype: BY_TYPE.get(stored), shape, data_offsets: [offset, offset += byteLength] };
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(place)}`);
  }
  const text = new TextEncoder().encode(`{${fields.join(",")}}`);
  const header = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(text, 8);
  return { header, list };
}

function refuse(state: string, value: unknown): never {
  throw new ValueError(`Cannot write safetensors: ${state}`, { op: "save", value });
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

async function pour({ header, list }: Plan, write: Write): Promise<void> {
  await write(header);
  for (const one of list) {
    if (one.byteLength) await write(await one.bytes());
  }
}
