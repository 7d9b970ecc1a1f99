/**
 * What the loaders of well-known data sets share: where a set comes from. A path, Blob or stream is read as it is; an
 * address, by default the official one, is downloaded once and kept.
 * @module
 */

import { ValueError } from "../errors.ts";
import { Input } from "../io/input.ts";
import { isZip, readDirectory, readEntry } from "../io/zip_read.ts";
import { kindOf, listTree } from "../platform/tree.ts";
import { readTar } from "./archive.ts";
import { download, type DownloadOptions } from "./download.ts";
import { concatenated, type DataSource, nameOf, openSource } from "./source.ts";

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
  const name = find(files.map(({ name }) => name), names);
  if (name === null) return null;
  const { blob } = await files.find((file) => file.name === name)!.open();
  return blob ?? `${pathOf(source as string | URL).replace(/[/\\]+$/, "")}/${name}`;
}

/** The first of the names that one of the paths ends in; with a "/" before it, that one of them is. */
function find(paths: readonly string[], names: readonly string[]): string | null {
  for (const name of names) {
    const ends = name.startsWith("/") ? null : `/${name}`;
    const found = paths.find((path) => ends === null ? `/${path}` === name : `/${path}`.endsWith(ends));
    if (found !== undefined) return found;
  }
  return null;
}

/** A file and its name. */
export interface Member {
  /** The file. */
  readonly source: DataSource;
  /** Its name in errors. */
  readonly name: string;
}

/**
 * One file of a data set: out of a folder, a zip file or a tar archive; what is none of these is the file itself.
 * @param names what the file may be called, in the order of preference
 * @throws {ValueError} listing what is there when it is not
 */
export async function memberOf(source: DataSource, names: readonly string[], set: string): Promise<Member> {
  const own = sourceName(source),
    missing = (there: readonly string[]) =>
      new ValueError(
        `Cannot load ${set}: ${own || "the source"} has no ${names.join(" or ")}, but ${
          there.slice(0, 10).join(", ") || "nothing"
        }`,
        { op: set, value: names },
      );
  if (await isFolder(source)) {
    const found = await fileIn(source, names);
    if (!found) throw missing((await listTree(source as string | URL)).map(({ name }) => name));
    return { source: found, name: sourceName(found) };
  }
  if (/\.zip$/i.test(own) || (source instanceof Uint8Array && isZip(source))) {
    const bytes = typeof source === "object" && (source instanceof ReadableStream || source instanceof ArrayBuffer);
    const whole = bytes || /^https?:/.test(String(source)) ? await bytesOf(source) : source as string | URL | Blob;
    const input = await Input.of(whole, { name: own || "the zip file", maxBytes: MOST_UNPACKED });
    const entries = await readDirectory(input), name = find([...entries.keys()], names);
    if (name === null) throw missing([...entries.keys()]);
    return { source: await readEntry(input, entries.get(name)!), name: `${name} in ${own}` };
  }
  if (/\.(tgz|tar(\.gz)?)$/i.test(own)) {
    const there: string[] = [];
    let best: Member | null = null, rank = names.length;
    for await (const entry of readTar(source)) {
      there.push(entry.name);
      const at = names.findIndex((name) => find([entry.name], [name]) !== null);
      if (at < 0 || at >= rank) continue;
      best = { source: await entry.bytes(), name: `${entry.name} in ${own}` };
      if (at === 0) break;
      rank = at;
    }
    if (!best) throw missing(there);
    return best;
  }
  return { source, name: own || names[0] };
}

/** Most bytes of a file out of a zip archive. */
const MOST_UNPACKED = 2 ** 31;

/** All bytes of a source. */
async function bytesOf(source: DataSource): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of (await openSource(source)).pieces) pieces.push(piece);
  return concatenated(pieces);
}

/** Whether a source is a folder. */
export async function isFolder(source: DataSource): Promise<boolean> {
  if (typeof source !== "string" && !(source instanceof URL)) return false;
  return !/^(https?|blob|data):/.test(String(source)) && await kindOf(source) === "folder";
}

/** A path as text. */
function pathOf(path: string | URL): string {
  return path instanceof URL ? decodeURIComponent(path.pathname) : path;
}

/** Name of a source, as far as it has one. */
export function sourceName(source: DataSource): string {
  return typeof source === "string" || source instanceof URL ? nameOf(source) : (source as File).name ?? "";
}
