/**
 * Corpora in files: one safetensors file with the two arrays of a {@link Ragged}, and the words when tokens are numbers
 * of words. It is written whole or not at all, carries a SHA-256 sum, and is the same bytes for the same corpus.
 * @module
 */

import { FormatError } from "../errors.ts";
import { parse, serialize } from "../io/safetensors.ts";
import { openFolder } from "../platform/folder.ts";
import { Ragged, type Tokens } from "./ragged.ts";
import { sha256 } from "./sha256.ts";

const FORMAT = "wgrad.ragged", VERSION = "1";

/** Bytes that are handed to the disk at once. */
const PIECE = 1 << 22;

/** What a file holds. */
export interface RaggedFile {
  /** The corpus. */
  readonly ragged: Ragged;
  /** The words that its tokens are numbers of, or null. */
  readonly words: readonly string[] | null;
}

/** The bytes of a file. */
export async function serializeRagged(ragged: Ragged, words?: readonly string[]): Promise<Uint8Array<ArrayBuffer>> {
  const { tokens, offsets } = ragged;
  const arrays: Record<string, Tokens | Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>> = { offsets, tokens };
  if (words) arrays.words = new TextEncoder().encode(JSON.stringify(words)) as Uint8Array<ArrayBuffer>;
  const metadata = { format: FORMAT, version: VERSION, sha256: await sumOf(offsets, tokens, arrays.words) };
  return await serialize(arrays, { metadata });
}

/**
 * What the bytes of a file hold; the arrays are views of them where they are aligned.
 * @throws {FormatError} when they are damaged, or something else
 */
export async function parseRagged(bytes: Uint8Array, name = "bytes"): Promise<RaggedFile> {
  const { tensors, metadata } = parse(bytes, { name });
  const fail = (state: string, wanted: string) =>
    new FormatError(`Cannot load corpus ${name}: ${state}; wanted ${wanted}`, { op: "loadRagged", file: name, wanted });
  if (metadata.format !== FORMAT || metadata.version !== VERSION) {
    throw fail(`it is ${metadata.format ?? "another file"} ${metadata.version ?? ""}`, `${FORMAT} ${VERSION}`);
  }
  const offsets = tensors.get("offsets")?.raw, tokens = tensors.get("tokens")?.raw;
  const words = tensors.get("words")?.raw;
  const whole = offsets instanceof Uint32Array && (tokens instanceof Int32Array || tokens instanceof Uint16Array) &&
    (words === undefined || words instanceof Uint8Array);
  if (!whole) throw fail("it has no offsets and tokens", "u32 offsets, i32 or u16 tokens");
  if (metadata.sha256 !== await sumOf(offsets, tokens, words)) {
    throw fail("it is damaged", `arrays with the sum ${metadata.sha256}`);
  }
  const ragged = new Ragged(tokens, offsets);
  return { ragged, words: words ? JSON.parse(new TextDecoder().decode(words)) : null };
}

/**
 * Writes a corpus.
 * @param path file; in a page, of its origin private file system
 * @throws {StateError} when it cannot be written
 */
export async function saveRagged(path: string | URL, ragged: Ragged, words?: readonly string[]): Promise<void> {
  const { folder, name } = placeOf(path), bytes = await serializeRagged(ragged, words);
  await openFolder(folder).write(name, pieces(bytes));
}

/**
 * Reads what {@link saveRagged} wrote.
 * @throws {FormatError} when it is damaged, or something else @throws {StateError} when it cannot be opened
 */
export async function loadRagged(path: string | URL): Promise<RaggedFile> {
  const { folder, name } = placeOf(path), file = await openFolder(folder).open(name);
  return await parseRagged(await file.read(0, file.size), name);
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

function placeOf(path: string | URL): { folder: string; name: string } {
  const text = path instanceof URL ? decodeURIComponent(path.pathname) : path;
  const at = Math.max(text.lastIndexOf("/"), text.lastIndexOf("\\")) + 1;
  return { folder: text.slice(0, at) || ".", name: text.slice(at) };
}

async function sumOf(...arrays: (ArrayBufferView | undefined)[]): Promise<string> {
  const sums = await Promise.all(arrays.map((array) => array ? sha256(array) : ""));
  return await sha256(new TextEncoder().encode(sums.join(" ")));
}
