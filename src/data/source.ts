/**
 * What data sets are read from: paths, addresses, Blobs, streams and bytes behind one face, piece by piece and unpacked
 * where they are gzip. Whatever is read as text is checked: bytes that are no UTF-8 are an error that names the byte, or
 * U+FFFD where that is asked for.
 * @module
 */

import { FormatError, StateError, ValueError, WgradError } from "../errors.ts";
import { openFile } from "../platform/files.ts";
import { gunzip } from "../platform/gunzip.ts";

/** Where data comes from: a path (not in a page), an `http` address, a Blob or File, a stream, or bytes. */
export type DataSource = string | URL | Blob | ReadableStream<Uint8Array> | Uint8Array | ArrayBuffer;

/** Options of everything that reads a {@link DataSource}. */
export interface SourceOptions {
  /** Name in errors; by default the last part of the path or address, the File's name, or "bytes" or "stream". */
  name?: string;
  /** Bytes that are no UTF-8: an error that names the place (default), or U+FFFD in the text. */
  invalid?: "error" | "replace";
  /** Called while reading with the bytes read and the size of the source (undefined where nobody knows it). */
  onProgress?: (bytes: number, size?: number) => void;
}

/** An open source. */
export interface OpenSource {
  /** Name in errors. */
  readonly name: string;
  /** Bytes of the source as it is stored, where they are known. */
  readonly size?: number;
  /** Its bytes, unpacked; to be read once. */
  readonly pieces: AsyncIterable<Uint8Array>;
}

const PIECE = 1 << 20;

/**
 * Opens a source. What begins as gzip does is unpacked, whatever its name.
 * @throws {ValueError} for what is no source @throws {StateError} for what cannot be opened or fetched
 */
export async function openSource(source: DataSource, options: SourceOptions = {}): Promise<OpenSource> {
  const { name, size, pieces } = await open(source, options.name);
  return { name, size, pieces: unpacked(name, watched(pieces, size, options.onProgress)) };
}

async function open(source: DataSource, given?: string): Promise<OpenSource> {
  if (source instanceof ArrayBuffer) source = new Uint8Array(source);
  if (source instanceof Uint8Array) {
    const bytes = source;
    return { name: given ?? "bytes", size: bytes.length, pieces: parts(bytes.length, (at) => part(bytes, at)) };
  }
  if (source instanceof Blob) {
    const blob = source, read = async (at: number) => new Uint8Array(await blob.slice(at, at + PIECE).arrayBuffer());
    return { name: given ?? (blob as File).name ?? "blob", size: blob.size, pieces: parts(blob.size, read) };
  }
  if (source instanceof ReadableStream) return { name: given ?? "stream", pieces: streamed(source) };
  if (typeof source !== "string" && !(source instanceof URL)) {
    throw new ValueError(`Cannot read ${source}: wanted a path, an address, a Blob, a stream or bytes`, {
      op: "openSource",
      value: source,
    });
  }
  const name = given ?? nameOf(source);
  if (/^(https?|blob|data):/.test(String(source))) return await fetched(String(source), name);
  const file = await openFile(source);
  return { name, size: file.size, pieces: parts(file.size, (at) => file.read(at, PIECE)) };
}

/** The last part of a path or address. */
export function nameOf(source: string | URL): string {
  return String(source).replace(/[?#].*$/, "").replace(/[/\\]+$/, "").replace(/^.*[/\\]/, "") || String(source);
}

const part = (bytes: Uint8Array, at: number) => Promise.resolve(bytes.subarray(at, at + PIECE));

async function* parts(size: number, read: (at: number) => Promise<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < size;) {
    const piece = await read(at);
    if (!piece.length) return; // the file became shorter: whoever reads its format says so
    at += piece.length;
    yield piece;
  }
}

async function* streamed(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

async function fetched(address: string, name: string): Promise<OpenSource> {
  const failed = (why: string, cause?: unknown) =>
    new StateError(`Cannot fetch ${address}: ${why}`, { op: "openSource", value: address, cause });
  const response = await fetch(address).catch((cause) => {
    throw failed(`${(cause as Error).message}; is the network there, and does the server allow this page?`, cause);
  });
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    throw failed(`the server answered ${response.status} ${response.statusText}`.trim());
  }
  const length = response.headers.get("content-length"), encoded = response.headers.has("content-encoding");
  return { name, size: length && !encoded ? Number(length) : undefined, pieces: streamed(response.body) };
}

async function* watched(
  pieces: AsyncIterable<Uint8Array>,
  size: number | undefined,
  onProgress: SourceOptions["onProgress"],
): AsyncGenerator<Uint8Array, void, void> {
  let done = 0;
  for await (const piece of pieces) {
    onProgress?.(done += piece.length, size);
    yield piece;
  }
}

/** Unpacks what begins as gzip does. */
async function* unpacked(name: string, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const source = pieces[Symbol.asyncIterator]();
  let first: Uint8Array = new Uint8Array(0), fed = 0, ended = false;
  async function* all(): AsyncGenerator<Uint8Array, void, void> {
    fed = first.length;
    if (fed) yield first;
    for (let next = await source.next(); !next.done; next = await source.next()) {
      fed += next.value.length;
      yield next.value;
    }
    ended = true;
  }
  try {
    while (first.length < 2) { // a piece may be a single byte
      const { value, done } = await source.next();
      if (done) break;
      first = concatenated([first, value]);
    }
    if (first[0] !== 0x1f || first[1] !== 0x8b) return yield* all();
    try {
      yield* gunzip(all());
    } catch (cause) {
      if (cause instanceof WgradError) throw cause;
      const early = ended && (cause as { code?: string }).code === "Z_BUF_ERROR";
      const state = early ? "its gzip data ends early" : `its gzip data is damaged (${(cause as Error).message})`;
      throw new FormatError(
        `Cannot read ${name}: ${state}, ${early ? "at" : "at or before"} byte ${fed}; wanted the whole file: ` +
          "compare its size or checksum, and fetch it again",
        { op: "gunzip", file: name, offset: fed, wanted: "a whole gzip file", cause },
      );
    }
  } finally {
    await source.return?.();
  }
}

/** Runs of bytes as one. */
export function concatenated(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
