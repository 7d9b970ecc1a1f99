/**
 * A log of text lines, one record each, which a run extends and a resumed run goes on with. A line that a kill has cut
 * short is left out when the log is read again; what is rewritten is replaced as a whole, so that no crash loses it.
 * @module
 */

import { StateError, ValueError } from "../errors.ts";
import { type Folder, openFolder } from "../platform/folder.ts";
import type { StateTree } from "../tensor/state_tree.ts";

/** Folder and name of a path. @throws {ValueError} when it names no file */
export function splitPath(op: string, path: string | URL): { folder: Folder; name: string } {
  const text = path instanceof URL ? decodeURIComponent(path.pathname) : path;
  const [, folder, name] = /^(.*[/\\])?([^/\\]+)$/.exec(text) ?? [];
  if (!name || name === "." || name === "..") {
    throw new ValueError(`Cannot ${op} to ${JSON.stringify(text)}: wanted the path of a file`, { op, value: text });
  }
  return { folder: openFolder(folder ?? ""), name };
}

/** Lines of a file that one run after the other extends. */
export class LogFile {
  readonly #op: string;
  readonly #folder: Folder;
  readonly #name: string;
  /** Lines to keep when the file is next opened. */
  #keep: number;
  /** Lines in the file, without the header. */
  #lines = 0;
  #open = false;

  /**
   * Touches nothing before the first line is written.
   * @param op what wants the file, for messages
   * @param append keep what is there, instead of starting over
   */
  constructor(op: string, path: string | URL, append: boolean) {
    const { folder, name } = splitPath(op, path);
    this.#op = op;
    this.#folder = folder;
    this.#name = name;
    this.#keep = append ? Infinity : 0;
  }

  /** Number of lines, without the header. */
  get lines(): number {
    return this.#lines;
  }

  /** Goes on behind the first so many lines: what follows them was written by a run that did not get on. */
  rewind(lines: number): void {
    this.#keep = this.#lines = lines;
    this.#open = false;
  }

  /**
   * Adds lines.
   * @param header first line of the file, where it has one
   * @throws {StateError} when a file that is to be continued has another header, or the disk refuses
   */
  async write(lines: readonly string[], header?: string): Promise<void> {
    if (!this.#open) {
      const [first, ...rest] = await this.#read(), there = header === undefined ? [first, ...rest] : rest;
      const kept = there.filter((line) => line !== undefined).slice(0, this.#keep);
      if (header !== undefined && kept.length && first !== header) {
        throw new StateError(
          `Cannot continue ${this.#folder.path}/${this.#name}: its columns are ${first}, those of the run ${header}; ` +
            "log to another file",
          { op: this.#op, value: first },
        );
      }
      await this.#folder.write(this.#name, [encode(header === undefined ? kept : [header, ...kept])]);
      this.#lines = kept.length;
      this.#open = true;
    }
    if (lines.length) await this.#folder.append(this.#name, encode(lines));
    this.#lines += lines.length;
  }

  /** The whole lines that are there; none where there is no file. */
  async #read(): Promise<string[]> {
    if (!(await this.#folder.list()).some(({ name }) => name === this.#name)) return [];
    const file = await this.#folder.open(this.#name);
    const text = new TextDecoder().decode(await file.read(0, file.size));
    return text.split("\n").slice(0, -1).map((line) => line.replace(/\r$/, "")); // behind the last end: nothing, or a part
  }
}

/** A count in the state of a log. @throws {ValueError} when it is none */
export function countIn(op: string, state: StateTree, name: string): number {
  const value = (state as Record<string, unknown> | null)?.[name];
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new ValueError(`Cannot load the state of ${op}: ${name} is ${value}, wanted a count`, { op, value });
}

function encode(lines: readonly string[]): Uint8Array {
  return new TextEncoder().encode(lines.map((line) => line + "\n").join(""));
}
