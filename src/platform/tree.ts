/**
 * Folders with folders in them: every file below one, by its path.
 * @module
 */
import { StateError } from "../errors.ts";
import { openFile, type ReadableFile } from "./files.ts";

/** A file below a folder. */
export interface TreeFile {
  /** Path below the folder, with "/" between its parts. */
  readonly name: string;
  /** Opens it. */
  open(): Promise<ReadableFile>;
  /** Reads all of it. */
  read(): Promise<Uint8Array>;
}

/** Whether a path is a folder: "folder", "file", or null where nothing is. */
export async function kindOf(path: string | URL): Promise<"folder" | "file" | null> {
  const { stat } = await import("node:fs/promises");
  const found = await stat(path).catch(() => null);
  return found && (found.isDirectory() ? "folder" : "file");
}

/**
 * Every file below a folder, sorted by path (by code units). Names that begin with a dot are left out.
 * @throws {StateError} when the folder cannot be read
 */
export async function listTree(path: string | URL): Promise<TreeFile[]> {
  const root = (path instanceof URL ? decodeURIComponent(path.pathname) : path).replace(/[/\\]+$/, "") || "/";
  const { readdir, readFile } = await import("node:fs/promises"), files: TreeFile[] = [];
  const walk = async (folder: string): Promise<void> => {
    const at = folder ? `${root}/${folder}` : root;
    const found = await readdir(at, { withFileTypes: true }).catch((cause) => {
      throw new StateError(`Cannot list ${at}: ${cause.message}`, { op: "listTree", value: at, cause });
    });
    for (const entry of found) {
      const name = folder ? `${folder}/${entry.name}` : entry.name;
      if (entry.name.startsWith(".")) continue;
      if (entry.isDirectory()) await walk(name);
      else files.push({ name, open: () => openFile(`${root}/${name}`), read: () => readFile(`${root}/${name}`) });
    }
  };
  await walk("");
  return files.sort((a, b) => a.name < b.name ? -1 : 1);
}
