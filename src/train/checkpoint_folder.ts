/**
 * The checkpoints of a run in one folder: numbered ones, of which the last few are kept, and the best one. The last one
 * that is whole is found again, whatever happened to those after it.
 * @module
 */
import { FormatError, StateError } from "../errors.ts";
import { type Folder, openFolder } from "../platform/folder.ts";
import { type CheckedFile, type CheckpointFacts, readCheckpoint, writeCheckpoint } from "./checkpoint_file.ts";
import type { HostTree } from "./checkpoint_tree.ts";

const NUMBERED = /^checkpoint-(\d+)\.safetensors$/;

/** Name of the file with the best state. */
export const BEST = "best.safetensors";

/** The checkpoints in a folder. */
export class CheckpointFolder {
  /** The files. */
  readonly folder: Folder;
  #next: number | null = null;

  /** @param folder path, or files that somebody else keeps */
  constructor(folder: string | URL | Folder) {
    this.folder = typeof folder === "string" || folder instanceof URL ? openFolder(folder) : folder;
  }

  /** Path of a file, for messages. */
  path(name: string): string {
    return `${this.folder.path}/${name}`;
  }

  /** Names of the numbered checkpoints, the last one first. */
  async names(): Promise<string[]> {
    const numberOf = (name: string) => Number(NUMBERED.exec(name)?.[1] ?? -1);
    const names = (await this.folder.list()).map(({ name }) => name).filter((name) => NUMBERED.test(name));
    return names.sort((a, b) => numberOf(b) - numberOf(a));
  }

  /** Writes the next numbered checkpoint, then removes all but the last `keep`. Its name. */
  async add(tree: HostTree, facts: CheckpointFacts, keep: number): Promise<string> {
    if (this.#next === null) {
      await this.folder.clean();
      const [last] = await this.names();
      this.#next = last ? Number(NUMBERED.exec(last)![1]) + 1 : 1;
    }
    const name = `checkpoint-${String(this.#next).padStart(6, "0")}.safetensors`;
    await writeCheckpoint(this.folder, name, tree, facts);
    this.#next++;
    for (const old of (await this.names()).slice(keep)) await this.folder.remove(old);
    return name;
  }

  /** Writes the best state. */
  async putBest(tree: HostTree, facts: CheckpointFacts): Promise<void> {
    await writeCheckpoint(this.folder, BEST, tree, facts);
  }

  /** The best state. @throws {StateError} when there is none @throws {FormatError} when it is damaged */
  best(): Promise<CheckedFile> {
    return readCheckpoint(this.folder, BEST);
  }

  /**
   * The last numbered checkpoint that is whole; null when there is none at all.
   * @param warn is told about damaged ones after it
   * @throws {FormatError} of the last one, when there are some but all are damaged
   */
  async latest(warn: (message: string) => void): Promise<CheckedFile | null> {
    let first: Error | null = null;
    for (const name of await this.names()) {
      try {
        const file = await readCheckpoint(this.folder, name);
        if (first) warn(`${first.message}; going on from ${file.name}`);
        return file;
      } catch (error) {
        if (!(error instanceof FormatError || error instanceof StateError)) throw error;
        first ??= error;
      }
    }
    if (first) throw first;
    return null;
  }
}

/**
 * Path of the last checkpoint in a folder that is whole, or null when there is none. A damaged one is passed over with
 * a warning on the console.
 * @throws {FormatError} when there are checkpoints but all are damaged
 */
export async function latestCheckpoint(folder: string | URL | Folder): Promise<string | null> {
  return (await new CheckpointFolder(folder).latest(console.warn))?.name ?? null;
}
