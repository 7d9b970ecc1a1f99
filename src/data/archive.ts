/**
 * Tar archives as a stream, packed with gzip or not: entry by entry, in the memory of one piece. Names with a way out of
 * the archive are refused, and an archive that ends early says at which byte; nothing is ever written to a disk here.
 * @module
 */

import { FormatError } from "../errors.ts";
import { concatenated, type DataSource, openSource, type SourceOptions } from "./source.ts";
import { decodeText } from "./utf8.ts";

/** A file in an archive. Its bytes can be read until the next entry is asked for. */
export interface TarEntry {
  /** Path in the archive, with "/" between its parts and without "./" before it. */
  readonly name: string;
  /** Size in bytes. */
  readonly size: number;
  /** The bytes. @throws {FormatError} when the archive ends before they do */
  bytes(): Promise<Uint8Array>;
  /** The bytes as UTF-8. @throws {FormatError} naming file and byte of what is none */
  text(): Promise<string>;
  /** The bytes, piece by piece. */
  pieces(): AsyncGenerator<Uint8Array, void, void>;
}

const BLOCK = 512;

/** Bytes that are asked for in any number. */
class Puller {
  /** Bytes taken so far. */
  at = 0;
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#source = pieces[Symbol.asyncIterator]();
  }

  /** At most `most` bytes, at least one unless the source is at its end. */
  async some(most: number): Promise<Uint8Array> {
    while (!this.#rest.length) {
      const { value, done } = await this.#source.next();
      if (done) return this.#rest;
      this.#rest = value;
    }
    const taken = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(taken.length);
    this.at += taken.length;
    return taken;
  }

  /** That many bytes, or fewer at the end. */
  async take(length: number): Promise<Uint8Array> {
    let all = await this.some(length);
    if (all.length === length) return all;
    const parts = [all];
    for (let have = all.length; have < length && all.length; have += all.length) {
      parts.push(all = await this.some(length - have));
    }
    return concatenated(parts);
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }
}

/** A number of a header: octal digits, or binary where they do not suffice. */
function numberOf(field: Uint8Array): number {
  if (field[0] & 0x80) return field.subarray(1).reduce((sum, byte) => sum * 256 + byte, field[0] & 0x7f);
  return parseInt(latin(field).trim() || "0", 8);
}

/** Text up to a zero byte, one character per byte. */
function latin(field: Uint8Array): string {
  const end = field.indexOf(0);
  return String.fromCharCode(...(end < 0 ? field : field.subarray(0, end)));
}

/**
 * The files of a tar archive, in its order. Folders are not listed; links and devices, which no data set has, are errors.
 *
 * ```ts
 * for await (const entry of w.data.readTar("human_numbers.tgz")) {
 *   if (entry.name.endsWith("train.txt")) console.log(await entry.text());
 * }
 * ```
 *
 * @throws {FormatError} for what is no archive, ends early (with the byte), or holds an absolute name or one with ".."
 */
export async function* readTar(source: DataSource, options: SourceOptions = {}): AsyncGenerator<TarEntry, void, void> {
  const { name: file, pieces } = await openSource(source, options), input = new Puller(pieces);
  const fail = (state: string, wanted: string, at: number): never => {
    throw new FormatError(`Cannot read ${file}: ${state}, at byte ${at} of the unpacked archive; wanted ${wanted}`, {
      op: "readTar",
      file,
      offset: at,
      wanted,
    });
  };
  const early = (what: string) => fail(`${what} ends early`, "the whole archive: fetch it again", input.at);
  const exactly = async (length: number, what: string): Promise<Uint8Array> => {
    const bytes = await input.take(length);
    return bytes.length === length ? bytes : early(what);
  };
  const skip = async (length: number, what: string): Promise<void> => {
    for (let left = length; left > 0;) {
      const { length: some } = await input.some(left);
      if (!some) early(what);
      left -= some;
    }
  };
  let longName: string | null = null, longSize: number | null = null;
  try {
    for (;;) {
      const start = input.at, header = await input.take(BLOCK);
      if (header.length && header.length < BLOCK) early("a header");
      if (!header.length) {
        if (start === 0) fail("it is empty", "a tar archive", 0);
        early("the archive (its end mark is not there)");
      }
      if (header.every((byte) => byte === 0)) return;
      const sum = header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 32 : byte), 0);
      if (numberOf(header.subarray(148, 156)) !== sum) {
        fail(start ? "a header is damaged" : "it is no tar archive", "a header with its checksum", start);
      }
      const kind = String.fromCharCode(header[156] || 48);
      const size = longSize ?? numberOf(header.subarray(124, 136)), padding = (BLOCK - size % BLOCK) % BLOCK;
      if (!Number.isSafeInteger(size)) fail("a header has no size", "a number", start);
      const ustar = latin(header.subarray(257, 262)) === "ustar" && header[262] === 0;
      const field = (from: number, to: number): string => {
        const end = header.indexOf(0, from);
        return decodeText(header.subarray(from, end < 0 || end > to ? to : end), { name: file }, start + from);
      };
      const prefix = ustar && header[345] ? `${field(345, 500)}/` : "";
      const given = longName ?? prefix + field(0, 100);
      if (kind === "L" || kind === "x" || kind === "g") { // a long name, or records for the next entry or for all
        if (size > 1 << 20) fail(`the ${kind} header of ${given} has ${size} bytes`, "at most a megabyte", start);
        const bytes = await exactly(size, `the ${kind} header`);
        await skip(padding, `the ${kind} header`);
        if (kind === "L") longName = decodeText(bytes, { name: file }, start).replace(/\0.*$/s, "");
        if (kind === "x") {
          const records = paxRecords(decodeText(bytes, { name: file }, start));
          longName = records.get("path") ?? longName;
          longSize = records.has("size") ? Number(records.get("size")) : longSize;
        }
        continue;
      }
      longName = longSize = null;
      if (kind === "5") {
        await skip(size + padding, `folder ${given}`);
        continue;
      }
      if (kind !== "0" && kind !== "7") fail(`${JSON.stringify(given)} is a link or a device`, "files only", start);
      const name = given.replace(/^(\.\/)+/, "");
      if (/^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)|\0/.test(name) || !name) {
        fail(`the name ${JSON.stringify(given)} leads out of the archive`, "a relative path without ..", start);
      }
      let left = size;
      const what = `file ${name}`, begin = input.at;
      const read = async function* (): AsyncGenerator<Uint8Array, void, void> {
        while (left > 0) {
          if (input.at !== begin + size - left) {
            fail(`${what} is read too late`, "reading before the next entry", begin);
          }
          const some = await input.some(left);
          if (!some.length) early(what);
          left -= some.length;
          yield some;
        }
      };
      const bytes = async (): Promise<Uint8Array> => {
        if (left !== size) fail(`${what} was read before`, "one reading", begin);
        if (size === 0) return new Uint8Array(0);
        const all = await exactly(size, what);
        left = 0;
        return all;
      };
      const text = async () => decodeText(await bytes(), { ...options, name: `${name} in ${file}` });
      yield { name, size, bytes, text, pieces: read };
      await skip(left + padding, what);
      left = 0;
    }
  } finally {
    await input.close();
  }
}

/** Records "length key=value\n" of a pax header. */
function paxRecords(text: string): Map<string, string> {
  const records = new Map<string, string>();
  for (const [, key, value] of text.matchAll(/\d+ ([^=\n]+)=([^\n]*)\n/g)) records.set(key, value);
  return records;
}
