/**
 * A folder of files that are written whole or not at all: a reader, or whoever comes after a crash, finds the old
 * content or the new one, never a part. A file is written under a temporary name, flushed to the disk and renamed.
 * @module
 */
import { StateError } from "../errors.ts";
import { openFile, type ReadableFile } from "./files.ts";

/** One file of a folder. */
export interface FolderEntry {
  /** Name inside the folder. */
  readonly name: string;
  /** Size in bytes. */
  readonly bytes: number;
}

/** Pieces of a file, one after another; each is a write of its own. */
export type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Files by name. */
export interface Folder {
  /** Where it is, for messages. */
  readonly path: string;
  /** Its files by name, without the temporary ones; empty where there is no such folder. */
  list(): Promise<FolderEntry[]>;
  /** Opens a file for reading. @throws {StateError} when there is none */
  open(name: string): Promise<ReadableFile>;
  /** Writes a file, all of it or nothing; makes the folder. @throws {StateError} when the disk refuses */
  write(name: string, pieces: Pieces): Promise<void>;
  /** Adds to the end of a file, or begins it. @throws {StateError} when the disk refuses */
  append(name: string, data: Uint8Array | string): Promise<void>;
  /** Removes a file; one that is not there is no error. @throws {StateError} when the disk refuses */
  remove(name: string): Promise<void>;
  /** Gives a file another name; one that has it already is replaced. @throws {StateError} when there is none */
  rename(name: string, to: string): Promise<void>;
  /** Removes what broken writes left behind. Not while another program writes to the folder. */
  clean(): Promise<void>;
}

const TEMPORARY = /^\..*\.tmp$/;
let temporaries = 0;

/** Name under which a file is written before it gets its own. */
function temporaryName(name: string): string {
  const random = crypto.getRandomValues(new Uint32Array(1))[0].toString(36);
  return `.${name}.${random}-${temporaries++}.tmp`;
}

/** True for such names. */
function isTemporary(name: string): boolean {
  return TEMPORARY.test(name);
}

/** Throws unless a name is that of a file in the folder itself. */
function checkName(name: string, path: string): void {
  if (/^[^/\\]+$/.test(name) && name !== "." && name !== "..") return;
  throw new StateError(`Cannot use the file name ${JSON.stringify(name)} in ${path}: wanted a name without a path`, {
    op: "folder",
    value: name,
  });
}

const fs = () => import("node:fs/promises");

/** A folder on the disk; it need not be there yet. */
export function openFolder(path: string | URL): Folder {
  const root = path instanceof URL ? decodeURIComponent(path.pathname) : path;
  const base = root.replace(/[/\\]+$/, "") || root.slice(0, 1) || ".";
  const at = (name: string): string => {
    checkName(name, base);
    return `${base}/${name}`;
  };
  const refused = (what: string, cause: unknown): StateError =>
    new StateError(`Cannot ${what}: ${(cause as Error).message}`, { op: "folder", value: base, cause });
  return {
    path: base,
    async list() {
      const { readdir, stat } = await fs();
      const found = await readdir(base).catch((cause) => {
        if (cause.code === "ENOENT") return [];
        throw refused(`list ${base}`, cause);
      });
      const entries: FolderEntry[] = [];
      for (const name of found.sort()) {
        const info = isTemporary(name) ? null : await stat(`${base}/${name}`).catch(() => null);
        if (info?.isFile()) entries.push({ name, bytes: info.size });
      }
      return entries;
    },
    open: (name) => openFile(at(name)),
    async write(name, pieces) {
      const target = at(name), temporary = at(temporaryName(name));
      const { mkdir, open, rename, rm } = await fs();
      try {
        await mkdir(base, { recursive: true });
        const file = await open(temporary, "wx");
        try {
          for await (const piece of pieces) {
            for (let done = 0; done < piece.length;) done += (await file.write(piece, done)).bytesWritten;
          }
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(temporary, target);
      } catch (cause) {
        await rm(temporary, { force: true }).catch(() => {});
        throw refused(`write ${target}`, cause);
      }
      // The name is on the disk only with the folder; not every system lets a folder be flushed.
      await open(base, "r").then((folder) => folder.sync().finally(() => folder.close())).catch(() => {});
    },
    async append(name, data) {
      const { appendFile, mkdir } = await fs();
      try {
        await mkdir(base, { recursive: true });
        await appendFile(at(name), data);
      } catch (cause) {
        throw cause instanceof StateError ? cause : refused(`append to ${base}/${name}`, cause);
      }
    },
    async remove(name) {
      const { rm } = await fs();
      await rm(at(name), { force: true }).catch((cause) => {
        throw refused(`remove ${base}/${name}`, cause);
      });
    },
    async rename(name, to) {
      const from = at(name), target = at(to), { rename } = await fs();
      await rename(from, target).catch((cause) => {
        throw refused(`rename ${from} to ${to}`, cause);
      });
    },
    async clean() {
      const { readdir, rm } = await fs();
      const found = await readdir(base).catch(() => [] as string[]);
      for (const name of found) if (isTemporary(name)) await rm(`${base}/${name}`, { force: true }).catch(() => {});
    },
  };
}
