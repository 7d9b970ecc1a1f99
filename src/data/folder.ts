/**
 * Texts in folders named after their labels, as aclImdb has them (`train/pos/0_9.txt`): from a folder on the disk, or
 * from a tar archive of it without unpacking it. The order does not depend on the system: by class, then by the first
 * number in a file's name, then by name.
 * @module
 */

import { FormatError, ValueError } from "../errors.ts";
import { kindOf, listTree } from "../platform/tree.ts";
import { readTar } from "./archive.ts";
import { type DataSource, nameOf, type SourceOptions } from "./source.ts";
import { decodeText } from "./utf8.ts";

/** Texts with a label each. */
export interface LabelledTexts {
  /** The texts. */
  readonly texts: string[];
  /** Label of each: a position in `names`. */
  readonly labels: Uint8Array<ArrayBuffer>;
  /** Names of the labels, sorted. */
  readonly names: string[];
}

/** What {@link readTextFolder} gives. */
export interface TextFolder extends LabelledTexts {
  /** File of each text, below the folder that was read. */
  readonly files: string[];
}

/** Options of {@link readTextFolder}. */
export interface TextFolderOptions extends SourceOptions {
  /** Folder inside the source that holds the class folders, such as `train`; default the source itself. */
  folder?: string;
  /** The classes, in the order in which their texts come; default all folders, sorted. Labels are sorted names anyway. */
  classes?: readonly string[];
  /** Names of the labels in the order of their numbers, where that is not the sorted one. */
  labels?: readonly string[];
  /** Files that are read; default those that end in `.txt`. */
  files?: RegExp;
  /** What happens to a file without a text: kept as an empty one (default), or an error that names it. */
  empty?: "keep" | "error";
}

interface Found {
  readonly label: string;
  readonly file: string;
  readonly text: string;
}

/**
 * Reads a folder of class folders.
 *
 * ```ts
 * const { texts, labels, names } = await w.data.readTextFolder("aclImdb", { folder: "train", classes: ["neg", "pos"] });
 * ```
 *
 * @param source path of a folder, or a tar archive (.tar, .tar.gz) as path, address, Blob, stream or bytes
 * @throws {ValueError} for a class that is not there, with those that are
 * @throws {FormatError} for a damaged archive, a file that is no UTF-8 (with the byte), or no text at all
 */
export async function readTextFolder(source: DataSource, options: TextFolderOptions = {}): Promise<TextFolder> {
  const { folder = "", classes, files: wanted = /\.txt$/, empty = "keep" } = options;
  const name = options.name ?? (typeof source === "string" || source instanceof URL ? nameOf(source) : "the archive");
  const found: Found[] = [], seen = new Set<string>();
  const wants = (path: string): { label: string; file: string } | null => {
    const parts = path.split("/"), file = parts.pop()!, label = parts.pop();
    const above = parts.join("/");
    if (label === undefined || !(above === folder || (folder && above.endsWith(`/${folder}`)))) return null;
    seen.add(label);
    return wanted.test(file) && (classes?.includes(label) ?? true) ? { label, file: `${label}/${file}` } : null;
  };
  const add = (path: string, one: { label: string; file: string }, bytes: Uint8Array): void => {
    const text = decodeText(bytes, { ...options, name: `${path} in ${name}` });
    if (!text && empty === "error") {
      throw new FormatError(`Cannot read ${path} in ${name}: it is empty; { empty: "keep" } takes it as a text`, {
        op: "readTextFolder",
        file: path,
        offset: 0,
      });
    }
    found.push({ ...one, text: text.charCodeAt(0) === 0xfeff ? text.slice(1) : text });
  };
  if ((typeof source === "string" || source instanceof URL) && await isFolder(source)) {
    for (const file of await listTree(source)) {
      const one = wants(file.name);
      if (one) add(file.name, one, await file.read());
    }
  } else {
    for await (const entry of readTar(source, options)) {
      const one = wants(entry.name);
      if (one) add(entry.name, one, await entry.bytes());
    }
  }
  const order = classes ?? [...new Set(found.map(({ label }) => label))].sort(),
    names = options.labels ?? [...order].sort();
  const missing = order.find((label) => !found.some((one) => one.label === label));
  const strange = order.find((label) => !names.includes(label));
  if (missing !== undefined || strange !== undefined || names.length > 256) {
    const state = missing !== undefined
      ? `there are no files of class ${JSON.stringify(missing)}`
      : strange !== undefined
      ? `class ${JSON.stringify(strange)} has no label among ${names.join(", ")}`
      : `there are ${names.length} classes, and at most 256 have a label`;
    throw new ValueError(
      `Cannot read ${folder || "the texts"} of ${name}: ${state}; there is ${[...seen].sort().join(", ") || "none"}`,
      { op: "readTextFolder", value: missing ?? strange },
    );
  }
  if (!found.length) {
    throw new FormatError(
      `Cannot read ${folder || "the texts"} of ${name}: no file ${wanted} lies in a folder of its class; wanted ` +
        `${folder ? `${folder}/` : ""}CLASS/NAME.txt`,
      { op: "readTextFolder", file: name },
    );
  }
  const place = new Map(order.map((label, i) => [label, i]));
  found.sort((a, b) => place.get(a.label)! - place.get(b.label)! || byNumber(a.file, b.file));
  return {
    texts: found.map(({ text }) => text),
    labels: Uint8Array.from(found, ({ label }) => names.indexOf(label)),
    names: [...names],
    files: found.map(({ file }) => file),
  };
}

/** Whether a path is a folder. */
async function isFolder(source: string | URL): Promise<boolean> {
  return !/^(https?|blob|data):/.test(String(source)) && await kindOf(source) === "folder";
}

/** Order of files: the first number in the name, then the name. */
export function byNumber(a: string, b: string): number {
  const number = (path: string) => Number(/(\d+)[^/]*$/.exec(path)?.[1] ?? Infinity);
  return number(a) - number(b) || (a < b ? -1 : a > b ? 1 : 0);
}
