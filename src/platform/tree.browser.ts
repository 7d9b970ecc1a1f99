/**
 * The browser's twin of `tree.ts`: folders of the origin private file system.
 * @module
 */
import { StateError } from "../errors.ts";
import type { TreeFile } from "./tree.ts";

export type { TreeFile } from "./tree.ts";

interface Handle {
  readonly kind: "file" | "directory";
  getFile(): Promise<File>;
  entries(): AsyncIterable<[string, Handle]>;
  getDirectoryHandle(name: string): Promise<Handle>;
  getFileHandle(name: string): Promise<Handle>;
}

async function find(path: string | URL): Promise<Handle | null> {
  const { storage } = globalThis.navigator as unknown as { storage?: { getDirectory?(): Promise<Handle> } };
  let handle = await storage?.getDirectory?.() ?? null;
  for (const name of String(path).split("/").filter((name) => name && name !== ".")) {
    if (handle?.kind !== "directory") return null;
    const folder: Handle = handle;
    handle = await folder.getDirectoryHandle(name).catch(() => folder.getFileHandle(name)).catch(() => null);
  }
  return handle;
}

/** Whether a path of the private file system is a folder. */
export async function kindOf(path: string | URL): Promise<"folder" | "file" | null> {
  const found = await find(path);
  return found && (found.kind === "directory" ? "folder" : "file");
}

/** Every file below a folder of the private file system, sorted by path. */
export async function listTree(path: string | URL): Promise<TreeFile[]> {
  const root = await find(path), files: TreeFile[] = [];
  if (root?.kind !== "directory") {
    throw new StateError(`Cannot list ${path}: this page has no such folder; pass an archive as a Blob or an address`, {
      op: "listTree",
      value: path,
    });
  }
  const read = async (handle: Handle, from = 0, length?: number) =>
    new Uint8Array(await (await handle.getFile()).slice(from, length && from + length).arrayBuffer());
  const walk = async (folder: Handle, before: string): Promise<void> => {
    for await (const [name, handle] of folder.entries()) {
      if (name.startsWith(".")) continue;
      if (handle.kind === "directory") await walk(handle, `${before}${name}/`);
      else {
        const open = async () => ({
          size: (await handle.getFile()).size,
          read: (from: number, length: number) => read(handle, from, length),
        });
        files.push({ name: before + name, open, read: () => read(handle) });
      }
    }
  };
  await walk(root, "");
  return files.sort((a, b) => a.name < b.name ? -1 : 1);
}
