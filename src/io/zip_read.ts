/**
 * Zip archives by their directory: stored and deflated entries, zip64. Sizes are checked against the file before
 * anything is allocated, inflating stops at the size that the directory promised, and checksums are compared.
 * @module
 */
import { crc32 } from "./crc32.ts";
import { type Input, utf8 } from "./input.ts";
import { Stretch } from "./stored_tensor.ts";

/** A file in an archive. */
export interface ZipEntry {
  /** Path in the archive. */
  readonly name: string;
  /** Bytes in the archive. */
  readonly packed: number;
  /** Bytes when unpacked. */
  readonly size: number;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  /** Checksum of the unpacked bytes. */
  readonly crc: number;
  /** Where its local header stands. */
  readonly offset: number;
}

const END = 0x06054b50, END64 = 0x06064b50, LOCATOR64 = 0x07064b50, CENTRAL = 0x02014b50, LOCAL = 0x04034b50;

/** Deflate makes of a byte no more than this. */
const MOST = 1032;

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Whether a file begins as an archive does. */
export function isZip(start: Uint8Array): boolean {
  return start.length >= 4 && (view(start).getUint32(0, true) === LOCAL || view(start).getUint32(0, true) === END);
}

interface Directory {
  readonly count: number;
  readonly size: number;
  readonly offset: number;
}

/** Reads the record at the end of the file, which says where the directory is. */
async function findDirectory(input: Input): Promise<Directory> {
  const length = Math.min(input.size, 22 + 65535), start = input.size - length;
  const tail = view(await input.read(start, length, "the end of the archive"));
  let at = length - 22;
  while (at >= 0 && !(tail.getUint32(at, true) === END && at + 22 + tail.getUint16(at + 20, true) <= length)) at--;
  if (at < 0) input.fail("it has no directory of an archive", "a zip file", Math.max(0, input.size - 22));
  const found = {
    count: tail.getUint16(at + 10, true),
    size: tail.getUint32(at + 12, true),
    offset: tail.getUint32(at + 16, true),
  };
  if (found.count < 0xffff && found.size < 0xffffffff && found.offset < 0xffffffff) return found;
  if (at < 20 || tail.getUint32(at - 20, true) !== LOCATOR64) return found;
  const place = Number(tail.getBigUint64(at - 12, true));
  const end = view(await input.read(place, 56, "the directory's end"));
  if (end.getUint32(0, true) !== END64) input.fail("the directory's end is not there", "a zip64 record", place);
  return {
    count: Number(end.getBigUint64(32, true)),
    size: Number(end.getBigUint64(40, true)),
    offset: Number(end.getBigUint64(48, true)),
  };
}

/**
 * The entries of an archive by name.
 * @throws {FormatError} for a file that is none, and for entries that are encrypted or packed in another way
 */
export async function readDirectory(input: Input): Promise<Map<string, ZipEntry>> {
  const { count, size, offset } = await findDirectory(input);
  const bytes = await input.read(offset, size, "the directory of the archive"), all = view(bytes);
  const entries = new Map<string, ZipEntry>();
  let packed = 0;
  for (let i = 0, at = 0; i < count; i++) {
    if (at + 46 > size || all.getUint32(at, true) !== CENTRAL) {
      input.fail(`entry ${i} of the directory is missing`, `${count} entries`, offset + at);
    }
    const nameLength = all.getUint16(at + 28, true), extraLength = all.getUint16(at + 30, true);
    const next = at + 46 + nameLength + extraLength + all.getUint16(at + 32, true);
    if (next > size) input.fail(`entry ${i} leaves the directory`, "the whole entry", offset + at);
    const raw = bytes.subarray(at + 46, at + 46 + nameLength);
    const name = utf8(raw) ?? String.fromCharCode(...raw);
    const extra = bytes.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
    const entry = widened(input, {
      name,
      packed: all.getUint32(at + 20, true),
      size: all.getUint32(at + 24, true),
      method: all.getUint16(at + 10, true),
      crc: all.getUint32(at + 16, true),
      offset: all.getUint32(at + 42, true),
    }, extra);
    if (all.getUint16(at + 8, true) & 1) input.fail(`entry "${name}" is encrypted`, "none that is", offset + at);
    if (entry.method !== 0 && entry.method !== 8) {
      input.fail(`entry "${name}" is packed by method ${entry.method}`, "stored or deflated ones", offset + at);
    }
    if (entry.method === 0 && entry.size !== entry.packed) {
      input.fail(`entry "${name}" has ${entry.packed} bytes of ${entry.size}`, "equal sizes when stored", offset + at);
    }
    if (entries.has(name)) input.fail(`entry "${name}" is there twice`, "different names", offset + at);
    input.check(entry.offset, 30 + entry.packed, `entry "${name}"`);
    packed += entry.packed;
    if (packed > input.size) input.fail(`entry "${name}" overlaps others`, "entries beside each other", offset + at);
    input.charge(200, "the directory of the archive", offset + at);
    entries.set(name, entry);
    at = next;
  }
  return entries;
}

/** Takes the sizes that 32 bits do not hold from the extra field. */
function widened(input: Input, entry: ZipEntry, extra: Uint8Array): ZipEntry {
  const wide = { ...entry }, data = view(extra);
  for (let at = 0; at + 4 <= extra.length;) {
    const id = data.getUint16(at, true), end = at + 4 + data.getUint16(at + 2, true);
    if (id === 1 && end <= extra.length) {
      let place = at + 4;
      for (const field of ["size", "packed", "offset"] as const) {
        if (entry[field] !== 0xffffffff) continue;
        if (place + 8 > end) input.fail(`entry "${entry.name}" lacks its ${field}`, "a zip64 field", entry.offset);
        wide[field] = Number(data.getBigUint64(place, true));
        place += 8;
      }
    }
    at = end;
  }
  return wide;
}

/** Where the bytes of an entry begin. */
async function dataOffset(input: Input, { name, offset, packed }: ZipEntry): Promise<number> {
  const header = view(await input.read(offset, 30, `the header of "${name}"`));
  if (header.getUint32(0, true) !== LOCAL) input.fail(`entry "${name}" has no header`, "one of an archive", offset);
  const start = offset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  input.check(start, packed, `entry "${name}"`);
  return start;
}

/** The bytes of an entry that is needed at once. */
export async function readEntry(input: Input, entry: ZipEntry): Promise<Uint8Array> {
  return await (await openEntry(input, entry)).read();
}

/**
 * The bytes of an entry: those of a stored one stay where they are, a deflated one is unpacked.
 * @throws {FormatError} when the bytes do not fit their checksum, once they are read
 */
export async function openEntry(input: Input, entry: ZipEntry): Promise<Stretch> {
  const start = await dataOffset(input, entry), what = `entry "${entry.name}"`;
  const check = (bytes: Uint8Array) => {
    // PyTorch can be told to leave checksums out, and then writes 0
    if (entry.crc && crc32(bytes) !== entry.crc) {
      input.fail(`the checksum of ${what} is another`, "the bytes it was made of", start);
    }
    return bytes;
  };
  if (entry.method === 0) {
    if (input.bytes) return new Stretch(input, entry.size, check(input.bytes.subarray(start, start + entry.size)));
    return new Stretch(input, entry.size, null, async (from, length) => {
      const bytes = await input.read(start + from, length, what);
      return length === entry.size ? check(bytes) : bytes;
    });
  }
  if (entry.size > MOST * entry.packed + 64) {
    input.fail(`${what} should unpack ${entry.packed} bytes to ${entry.size}`, "what deflate can do", entry.offset);
  }
  input.charge(entry.size, `${what}, unpacked,`, entry.offset);
  const packed = await input.read(start, entry.packed, what);
  return new Stretch(input, entry.size, check(await inflate(input, packed, entry.size, what, start)));
}

/** Unpacks raw deflate data that has to give `size` bytes. */
async function inflate(input: Input, packed: Uint8Array, size: number, what: string, at: number): Promise<Uint8Array> {
  const stream = new DecompressionStream("deflate-raw"), writer = stream.writable.getWriter();
  const fed = writer.write(packed.slice()).then(() => writer.close());
  fed.catch(() => {}); // the reader says what is wrong
  const reader = stream.readable.getReader();
  const all = new Uint8Array(size);
  let done = 0;
  try {
    for (;;) {
      const { value, done: ended } = await reader.read();
      if (ended) break;
      if (done + value.length > size) {
        await reader.cancel();
        done = size + 1;
        break;
      }
      all.set(value, done);
      done += value.length;
    }
  } catch (cause) {
    input.fail(`${what} cannot be unpacked (${(cause as Error).message})`, "deflated data", at, cause);
  }
  if (done !== size) input.fail(`${what} does not unpack to ${size} bytes`, "what its directory says", at);
  return all;
}
