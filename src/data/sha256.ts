/**
 * SHA-256 sums of bytes and files, and names made of them.
 * @module
 */

import { openFile } from "../platform/files.ts";

/** Bytes of a file that are summed at once. */
const PIECE = 1 << 26;

/** The sum in hexadecimal. */
export async function sha256(bytes: ArrayBufferView): Promise<string> {
  const sum = await crypto.subtle.digest("SHA-256", bytes as ArrayBufferView<ArrayBuffer>);
  return Array.from(new Uint8Array(sum), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Content that a name is made of: bytes, a Blob, or the path of a file. */
export type Content = Uint8Array | Blob | string | URL;

/** Sums of the content, 64 MiB at a time, so that files of any size need little memory. */
async function sums(content: Content): Promise<string[]> {
  const found: string[] = [];
  if (typeof content === "string" || content instanceof URL) {
    const file = await openFile(content);
    for (let at = 0; at < file.size; at += PIECE) found.push(await sha256(await file.read(at, PIECE)));
  } else if (content instanceof Uint8Array) {
    for (let at = 0; at < content.length; at += PIECE) found.push(await sha256(content.subarray(at, at + PIECE)));
  } else {
    for (let at = 0; at < content.size; at += PIECE) {
      found.push(await sha256(new Uint8Array(await content.slice(at, at + PIECE).arrayBuffer())));
    }
  }
  return found;
}

/**
 * A name that changes with the rules or with any byte of the files: 64 hexadecimal digits.
 * @param rules plain data; the order of keys does not matter
 * @param files contents in their order; a file and its bytes give the same name
 */
export async function contentKey(rules: unknown, files: readonly Content[] = []): Promise<string> {
  const all: string[][] = [];
  for (const file of files) all.push(await sums(file));
  return await sha256(new TextEncoder().encode(JSON.stringify([canonical(rules), all])));
}

/** The same data with the keys of every object in order. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1).map(([key, one]) => [key, canonical(one)]);
}
