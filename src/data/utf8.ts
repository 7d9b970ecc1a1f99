/**
 * Text from bytes that come in pieces. A decoder says only that something is wrong; this says at which byte.
 * @module
 */

import { FormatError } from "../errors.ts";
import { concatenated, type DataSource, openSource, type SourceOptions } from "./source.ts";

/**
 * Number of the first byte at which bytes stop to be UTF-8, or -1. A sequence that is cut off at the end counts.
 */
function firstInvalid(bytes: Uint8Array): number {
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at];
    if (first < 0x80) {
      at++;
      continue;
    }
    const more = first >= 0xc2 && first <= 0xdf ? 1 : first >> 4 === 0xe ? 2 : first >= 0xf0 && first <= 0xf4 ? 3 : 0;
    if (!more) return at;
    const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    for (let k = 1; k <= more; k++) {
      const next = bytes[at + k];
      if (!(next >= (k === 1 ? low : 0x80) && next <= (k === 1 ? high : 0xbf))) return at; // undefined behind the end
    }
    at += more + 1;
  }
  return -1;
}

/** Bytes at the end that may be the beginning of a character. */
function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

/**
 * The text of bytes that are all there.
 * @param start byte of the file at which they begin, for the message
 * @throws {FormatError} naming the file and the byte, unless `invalid` is "replace"
 */
export function decodeText(
  bytes: Uint8Array,
  { name = "bytes", invalid = "error" }: SourceOptions = {},
  start = 0,
): string {
  try {
    return new TextDecoder("utf-8", { fatal: invalid === "error", ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const at = Math.max(0, firstInvalid(bytes)), byte = bytes[at].toString(16).padStart(2, "0");
    throw new FormatError(
      `Cannot read ${name}: byte ${start + at} (0x${byte}) is no UTF-8; wanted a file in UTF-8, or ` +
        `{ invalid: "replace" } for U+FFFD in its place`,
      { op: "decodeText", file: name, offset: start + at, wanted: "UTF-8", cause },
    );
  }
}

/**
 * The text of a source, piece by piece and without a byte order mark at its beginning.
 * @throws {FormatError} naming the byte that is no UTF-8, unless `invalid` is "replace"
 */
export async function* textPieces(source: DataSource, options: SourceOptions): AsyncGenerator<string, void, void> {
  const { name, pieces } = await openSource(source, options), named = { ...options, name };
  let rest: Uint8Array = new Uint8Array(0), at = 0, begun = false;
  const take = (bytes: Uint8Array): string => {
    const text = decodeText(bytes, named, at);
    at += bytes.length;
    if (begun || !text) return text;
    begun = true;
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  };
  for await (const piece of pieces) {
    const bytes = rest.length ? concatenated([rest, piece]) : piece, keep = unfinished(bytes);
    rest = bytes.slice(bytes.length - keep);
    const text = take(bytes.subarray(0, bytes.length - keep));
    if (text) yield text;
  }
  if (rest.length) yield take(rest);
}

/**
 * The lines of a text, cut at "\n" only (other separators may stand in a text) and without "\r" before it. A last line
 * without an end counts.
 *
 * ```ts
 * for await (const line of w.data.readLines("wiki.train.tokens")) counts.addTokens(line.split(" "));
 * ```
 *
 * @throws {FormatError} for bytes that are no UTF-8, and for gzip data that is damaged or ends early
 * @throws {StateError} for a source that cannot be opened
 */
export async function* readLines(source: DataSource, options: SourceOptions = {}): AsyncGenerator<string, void, void> {
  let rest = "";
  for await (const piece of textPieces(source, options)) {
    let start = 0;
    for (let end = piece.indexOf("\n"); end >= 0; end = piece.indexOf("\n", start)) {
      const line = rest + piece.slice(start, end);
      yield line.endsWith("\r") ? line.slice(0, -1) : line;
      rest = "";
      start = end + 1;
    }
    rest += piece.slice(start);
  }
  if (rest) yield rest;
}
