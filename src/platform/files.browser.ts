/**
 * The browser's twin of `files.ts`: a page has no paths.
 * @module
 */
import { StateError } from "../errors.ts";
import type { ReadableFile } from "./files.ts";

export type { ReadableFile } from "./files.ts";

/** Always fails. */
export function openFile(path: string | URL): Promise<ReadableFile> {
  return Promise.reject(
    new StateError(`Cannot open ${path}: a page has no files; pass a Blob, or the bytes that fetch brought`, {
      op: "open",
      value: path,
    }),
  );
}

/** Always fails. */
export function createFile(path: string | URL): Promise<WritableStream<Uint8Array>> {
  return Promise.reject(
    new StateError(`Cannot create ${path}: a page has no files; pass a WritableStream`, { op: "create", value: path }),
  );
}
