/**
 * The browser's twin of `folder.ts`: folders of the origin private file system (OPFS). A file is written under a
 * temporary name and moved; where a browser cannot move files, its own writable stream swaps the content when closed.
 * @module
 */
import { StateError } from "../errors.ts";
import type { Folder, FolderEntry, Pieces } from "./folder.ts";

export type { Folder, FolderEntry, Pieces } from "./folder.ts";

interface FileHandle {
  readonly kind: "file" | "directory";
  getFile(): Promise<File>;
  createWritable(options?: { keepExistingData?: boolean }): Promise<{
    write(data: unknown): Promise<void>;
    seek(position: number): Promise<void>;
    close(): Promise<void>;
    abort(): Promise<void>;
  }>;
  move?(name: string): Promise<void>;
}

interface DirectoryHandle {
  entries(): AsyncIterable<[string, FileHandle]>;
  getFileHandle(name: string, options?: { create?: boolean }): Promise<FileHandle>;
  getDirectoryHandle(name: string, options?: { create?: boolean }): Promise<DirectoryHandle>;
  removeEntry(name: string): Promise<void>;
}

let temporaries = 0;

/** A folder of the page's origin: `/` or `a/b`; it need not be there yet. */
export function openFolder(path: string | URL): Folder {
  const base = (path instanceof URL ? decodeURIComponent(path.pathname) : path).replace(/\/+$/, "");
  const refused = (what: string, cause: unknown): StateError =>
    new StateError(`Cannot ${what}: ${(cause as Error)?.message ?? cause}`, { op: "folder", value: base, cause });
  const find = async (create: boolean): Promise<DirectoryHandle | null> => {
    const { storage } = globalThis.navigator as unknown as { storage?: { getDirectory?(): Promise<DirectoryHandle> } };
    if (!storage?.getDirectory) throw refused(`use folder ${base}`, "this browser has no private file system (OPFS)");
    let folder = await storage.getDirectory();
    try {
      for (const name of base.split("/").filter((name) => name && name !== ".")) {
        folder = await folder.getDirectoryHandle(name, { create });
      }
    } catch (cause) {
      if (!create && (cause as Error).name === "NotFoundError") return null;
      throw refused(`open folder ${base}`, cause);
    }
    return folder;
  };
  return {
    path: base,
    async list() {
      const entries: FolderEntry[] = [];
      for await (const [name, handle] of (await find(false))?.entries() ?? []) {
        if (handle.kind === "file" && !name.endsWith(".tmp")) {
          entries.push({ name, bytes: (await handle.getFile()).size });
        }
      }
      return entries.sort((a, b) => a.name < b.name ? -1 : 1);
    },
    async open(name) {
      const handle = await (await find(false))?.getFileHandle(name).catch(() => null);
      if (!handle) throw refused(`open ${base}/${name}`, "there is no such file");
      const file = await handle.getFile();
      return {
        size: file.size,
        blob: file,
        read: async (offset, length) => new Uint8Array(await file.slice(offset, offset + length).arrayBuffer()),
      };
    },
    async write(name, pieces: Pieces) {
      const folder = (await find(true))!;
      const temporary = `.${name}.${Date.now().toString(36)}-${temporaries++}.tmp`;
      try {
        let handle = await folder.getFileHandle(temporary, { create: true });
        if (!handle.move) {
          await folder.removeEntry(temporary);
          handle = await folder.getFileHandle(name, { create: true });
        }
        const stream = await handle.createWritable();
        try {
          for await (const piece of pieces) await stream.write(piece);
          await stream.close();
        } catch (error) {
          await stream.abort().catch(() => {});
          throw error;
        }
        await handle.move?.(name);
      } catch (cause) {
        await folder.removeEntry(temporary).catch(() => {});
        throw refused(`write ${base}/${name}`, cause);
      }
    },
    async append(name, data) {
      try {
        const handle = await (await find(true))!.getFileHandle(name, { create: true });
        const stream = await handle.createWritable({ keepExistingData: true });
        await stream.seek((await handle.getFile()).size);
        await stream.write(data);
        await stream.close();
      } catch (cause) {
        throw refused(`append to ${base}/${name}`, cause);
      }
    },
    async remove(name) {
      await (await find(false))?.removeEntry(name).catch((cause) => {
        if ((cause as Error).name !== "NotFoundError") throw refused(`remove ${base}/${name}`, cause);
      });
    },
    async rename(name, to) {
      const folder = await find(false), handle = await folder?.getFileHandle(name).catch(() => null);
      if (!folder || !handle) throw refused(`rename ${base}/${name}`, "there is no such file");
      if (handle.move) return await handle.move(to);
      const file = await handle.getFile();
      await this.write(to, [new Uint8Array(await file.arrayBuffer())]);
      await folder.removeEntry(name);
    },
    async clean() {
      const folder = await find(false), broken: string[] = [];
      for await (const [name] of folder?.entries() ?? []) if (/^\..*\.tmp$/.test(name)) broken.push(name);
      for (const name of broken) await folder!.removeEntry(name).catch(() => {});
    },
  };
}
