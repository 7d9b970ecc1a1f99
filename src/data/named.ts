/**
 * What the loaders of well-known data sets share: where a set comes from. A path, Blob or stream is read as it is; an
 * address, by default the official one, is downloaded once and kept.
 * @module
 */

import { kindOf, listTree } from "../platform/tree.ts";
import { download, type DownloadOptions } from "./download.ts";
import { type DataSource, nameOf } from "./source.ts";

/** Where a data set comes from, and how its texts are read. */
export interface NamedSource {
  /** What is there already: the path of a folder or file, a Blob, a stream, bytes. Each loader says which layouts it reads. */
  path?: DataSource;
  /** Address of a mirror that has the official file; its checksum is checked where one is published. */
  url?: string;
  /** Folder of downloads; see `download`. */
  cacheDir?: string | URL;
  /** Called while downloading with the bytes that are there and those of the file. */
  onProgress?: (received: number, total?: number) => void;
  /** Bytes that are no UTF-8: an error that names file and byte (default), or U+FFFD. */
  invalid?: "error" | "replace";
  /** False takes a mirror's file whatever its checksum; default true. */
  verify?: boolean;
}

/** A file of the network, as it is published. */
export interface Official {
  /** Address. */
  readonly url: string;
  /** Published checksum. */
  readonly md5?: string;
  /** Published checksum. */
  readonly sha256?: string;
}

/** What is to be read, downloaded if need be. */
export async function sourceFor(source: NamedSource, official: Official): Promise<DataSource> {
  if (source.path !== undefined) return source.path;
  const { url, md5, sha256 } = official, { cacheDir, onProgress, verify = true } = source;
  const options: DownloadOptions = { cacheDir, onProgress, ...verify ? { md5, sha256 } : {} };
  return (await download(source.url ?? url, options)).source;
}

/** A file of a folder by the end of its path (the first that is there), or null; null too where the source is no folder. */
export async function fileIn(source: DataSource, names: readonly string[]): Promise<DataSource | null> {
  if (!(await isFolder(source))) return null;
  const files = await listTree(source as string | URL);
  for (const name of names) {
    const found = files.find((file) => file.name === name || file.name.endsWith(`/${name}`));
    if (!found) continue;
    const { blob } = await found.open();
    return blob ?? `${String(pathOf(source as string | URL)).replace(/[/\\]+$/, "")}/${found.name}`;
  }
  return null;
}

/** Whether a source is a folder. */
export async function isFolder(source: DataSource): Promise<boolean> {
  if (typeof source !== "string" && !(source instanceof URL)) return false;
  return !/^(https?|blob|data):/.test(String(source)) && await kindOf(source) === "folder";
}

/** A path as text. */
export function pathOf(path: string | URL): string {
  return path instanceof URL ? decodeURIComponent(path.pathname) : path;
}

/** Name of a source, as far as it has one. */
export function sourceName(source: DataSource): string {
  return typeof source === "string" || source instanceof URL ? nameOf(source) : (source as File).name ?? "";
}
