/**
 * Zip archives written as a stream: stored or deflated entries, zip64 where sizes need it. The same entries give the
 * same bytes: times are fixed.
 * @module
 */
import { crc32 } from "./crc32.ts";
import type { Write } from "./output.ts";

const LARGE = 0xffffffff;
/** 1 January 1980, the first date there is. */
const DATE = 0x21;

interface Written {
  readonly name: Uint8Array;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
}

/** Options of one entry. */
export interface ZipEntryOptions {
  /** Multiple at which the bytes shall begin. Default 1. */
  readonly align?: number;
  /** Packs the bytes. Default false. */
  readonly deflate?: boolean;
}

/** An archive that is being written. */
export class ZipWriter {
  readonly #write: Write;
  readonly #entries: Written[] = [];
  #at = 0;

  /** Passes the archive on piece by piece. */
  constructor(write: Write) {
    this.#write = write;
  }

  /** Adds a file. */
  async add(path: string, bytes: Uint8Array, { align = 1, deflate = false }: ZipEntryOptions = {}): Promise<void> {
    const name = new TextEncoder().encode(path), crc = crc32(bytes), method = deflate ? 8 : 0;
    const packed = deflate ? await deflated(bytes) : bytes;
    const entry = { name, method, crc, packed: packed.length, size: bytes.length, offset: this.#at };
    const wide = packed.length >= LARGE || bytes.length >= LARGE;
    const extra = [...wide ? [wideField([entry.size, entry.packed])] : []];
    const start = this.#at + 30 + name.length + (wide ? 20 : 0);
    if (align > 1 && start % align) {
      const fill = (2 * align - (start + 4) % align) % align;
      const field = new Uint8Array(4 + fill).fill(0x5a, 4); // a field that readers pass over: "FB", length, Z...
      field.set([0x46, 0x42, fill & 255, fill >> 8]);
      extra.push(field);
    }
    await this.#put([header(0x04034b50, entry, wide, length(extra)), name, ...extra, packed]);
    this.#entries.push(entry);
  }

  /** Writes the directory; nothing can be added after it. */
  async close(): Promise<void> {
    const start = this.#at, count = this.#entries.length;
    for (const entry of this.#entries) {
      const wide = [entry.size, entry.packed].some((v) => v >= LARGE), far = entry.offset >= LARGE;
      const field = [...wide ? [entry.size, entry.packed] : [], ...far ? [entry.offset] : []];
      const extra = field.length ? [wideField(field)] : [];
      await this.#put([header(0x02014b50, entry, wide, length(extra)), entry.name, ...extra]);
    }
    const size = this.#at - start;
    if (start >= LARGE || size >= LARGE || count >= 0xffff) {
      const end = new DataView(new ArrayBuffer(76)), at = this.#at;
      end.setUint32(0, 0x06064b50, true);
      end.setBigUint64(4, 44n, true);
      end.setUint16(12, 45, true);
      end.setUint16(14, 45, true);
      [count, count, size, start].forEach((value, i) => end.setBigUint64(24 + 8 * i, BigInt(value), true));
      end.setUint32(56, 0x07064b50, true);
      end.setBigUint64(64, BigInt(at), true);
      end.setUint32(72, 1, true);
      await this.#put([new Uint8Array(end.buffer)]);
    }
    const end = new DataView(new ArrayBuffer(22));
    end.setUint32(0, 0x06054b50, true);
    end.setUint16(8, Math.min(count, 0xffff), true);
    end.setUint16(10, Math.min(count, 0xffff), true);
    end.setUint32(12, Math.min(size, LARGE), true);
    end.setUint32(16, Math.min(start, LARGE), true);
    await this.#put([new Uint8Array(end.buffer)]);
  }

  async #put(pieces: readonly Uint8Array[]): Promise<void> {
    for (const piece of pieces) {
      if (piece.length) await this.#write(piece);
      this.#at += piece.length;
    }
  }
}

function length(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

function wideField(values: readonly number[]): Uint8Array {
  const field = new DataView(new ArrayBuffer(4 + 8 * values.length));
  field.setUint16(0, 1, true);
  field.setUint16(2, 8 * values.length, true);
  values.forEach((value, i) => field.setBigUint64(4 + 8 * i, BigInt(value), true));
  return new Uint8Array(field.buffer);
}

/** The fixed part of a local header or of an entry of the directory. */
function header(signature: number, entry: Written, wide: boolean, extra: number): Uint8Array {
  const central = signature === 0x02014b50, fields = new DataView(new ArrayBuffer(central ? 46 : 30));
  const version = wide || entry.offset >= LARGE ? 45 : 20;
  let at = 0;
  const u16 = (value: number) => (fields.setUint16(at, value, true), at += 2);
  const u32 = (value: number) => (fields.setUint32(at, value, true), at += 4);
  u32(signature);
  if (central) u16(version);
  u16(version);
  u16(0x800); // names are UTF-8
  u16(entry.method);
  u16(0);
  u16(DATE);
  u32(entry.crc);
  u32(wide ? LARGE : entry.packed);
  u32(wide ? LARGE : entry.size);
  u16(entry.name.length);
  u16(extra);
  if (central) {
    at += 10; // comment, disk and attributes: none
    u32(Math.min(entry.offset, LARGE));
  }
  return new Uint8Array(fields.buffer);
}

async function deflated(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes.slice()]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
