/**
 * A checkpoint is one safetensors file: the tensors of a state tree under their paths, everything else in the header's
 * metadata, with SHA-256 sums of each tensor and of the whole. It is written whole or not at all, and what does not match
 * its sums is not loaded. Any reader of safetensors can take weights out of it.
 * @module
 */
import { FormatError, type WgradError } from "../errors.ts";
import { parse, serialize } from "../io/safetensors.ts";
import type { StoredTensor } from "../io/stored_tensor.ts";
import { type Folder, openFolder } from "../platform/folder.ts";
import type { StateTree } from "../tensor/state_tree.ts";
import { fromHost, type HostTree, toHost } from "./checkpoint_tree.ts";

const FORMAT = "wgrad.checkpoint", VERSION = "1";

/** Bytes that are handed to the disk at once. */
const PIECE = 1 << 22;

/** Facts beside the state, for people and programs that look at files: texts and numbers by name. */
export type CheckpointFacts = { [name: string]: string | number };

/** A file that was read and found whole. */
export interface CheckedFile {
  /** Name in errors. */
  readonly name: string;
  /** The state, on the host. */
  readonly tree: HostTree;
  /** Facts beside it. */
  readonly facts: CheckpointFacts;
}

/**
 * Writes a state to a file: all of it or nothing, even when the program is killed meanwhile. What was there before is
 * replaced. The tensors are copied before the promise is returned: training may go on while the file is written.
 * @param path file; in a page, of its origin private file system
 * @param state plain data, typed arrays and tensors, such as `learner.stateDict()`
 * @throws {ValueError} naming the place of what is no state @throws {StateError} when the file cannot be written
 * @example
 * await w.train.saveCheckpoint("runs/model.safetensors", { model: model.stateDict(), optimizer: optimizer.stateDict() });
 */
export async function saveCheckpoint(path: string | URL, state: StateTree): Promise<void> {
  const host = toHost(state), { folder, name } = placeOf(path);
  await writeCheckpoint(folder, name, await host, {});
}

/**
 * Reads what {@link saveCheckpoint} or {@link Checkpoint} wrote. Tensors come back as new ones on the default device;
 * release them with `disposeTree` when their values are taken over.
 * @param source path, bytes, or a Blob
 * @throws {FormatError} naming the file and the reason, when it is damaged, cut off, or something else
 * @throws {StateError} when it cannot be opened
 */
export async function loadCheckpoint(source: string | URL | Uint8Array | Blob): Promise<StateTree> {
  if (typeof source === "string" || source instanceof URL) {
    const { folder, name } = placeOf(source);
    return stateOf(await readCheckpoint(folder, name));
  }
  const bytes = source instanceof Uint8Array ? source : new Uint8Array(await source.arrayBuffer());
  return stateOf(await checkedFile(bytes, (source as File).name ?? "bytes"));
}

function placeOf(path: string | URL): { folder: Folder; name: string } {
  const text = path instanceof URL ? decodeURIComponent(path.pathname) : path;
  const at = Math.max(text.lastIndexOf("/"), text.lastIndexOf("\\")) + 1;
  return { folder: openFolder(text.slice(0, at) || "."), name: text.slice(at) };
}

/** Writes a state that is on the host already. */
export async function writeCheckpoint(
  folder: Folder,
  name: string,
  { text, tensors }: HostTree,
  facts: CheckpointFacts,
): Promise<void> {
  const sums = await sumsOf(tensors), about = JSON.stringify(facts);
  const sha256 = await wholeSum(text, about, tensors, sums);
  const metadata = { format: FORMAT, version: VERSION, sha256, facts: about, state: text, sums: JSON.stringify(sums) };
  const bytes = await serialize(tensors, { metadata });
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += PIECE) pieces.push(bytes.subarray(at, at + PIECE));
  await folder.write(name, pieces);
}

/**
 * Reads a file and checks that it is what was written.
 * @throws {FormatError} when it is not @throws {StateError} when it cannot be opened
 */
export async function readCheckpoint(folder: Folder, name: string): Promise<CheckedFile> {
  const file = await folder.open(name);
  return await checkedFile(await file.read(0, file.size), `${folder.path}/${name}`);
}

/** Checks the bytes of a file. */
async function checkedFile(bytes: Uint8Array, name: string): Promise<CheckedFile> {
  const { tensors, metadata } = parse(bytes, { name });
  const { format, version, sha256, facts, state, sums } = metadata;
  if (format !== FORMAT) {
    throw damaged(name, `it is a safetensors file but no checkpoint`, `metadata with the format ${FORMAT}`);
  }
  if (version !== VERSION) throw damaged(name, `it is of version ${version}`, `version ${VERSION}`);
  const wanted = record(sums, name), found = await sumsOf(tensors);
  for (const [tensor, sum] of Object.entries(found)) {
    if (sum !== wanted[tensor]) {
      throw damaged(name, `tensor "${tensor}" is damaged`, "bytes with the sum in the header");
    }
  }
  if (sha256 !== await wholeSum(state, facts, tensors, found)) {
    throw damaged(name, "its header is damaged", `a header with the sum ${sha256}`);
  }
  return { name, tree: { text: state, tensors }, facts: record(facts, name) as CheckpointFacts };
}

/**
 * The state of a checked file, with tensors on the default device.
 * @throws {FormatError} when it is not one that this program wrote
 */
export function stateOf({ name, tree }: CheckedFile): StateTree {
  try {
    return fromHost(tree);
  } catch (error) {
    if (!(error instanceof SyntaxError) && (error as WgradError).op !== "loadCheckpoint") throw error;
    throw damaged(name, (error as Error).message, "a state that this version writes", error);
  }
}

/** Sum per tensor. */
async function sumsOf(tensors: ReadonlyMap<string, StoredTensor>): Promise<Record<string, string>> {
  const sums: [string, Promise<string>][] = [];
  for (const [name, { bytes }] of tensors) sums.push([name, sha256Of(bytes)]);
  return Object.fromEntries(await Promise.all(sums.map(async ([name, sum]) => [name, await sum])));
}

/** One sum over everything that the header says, the tensors' sums included. */
function wholeSum(
  text: string,
  facts: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  sums: Readonly<Record<string, string>>,
): Promise<string> {
  const list = [...tensors].map(([name, { stored, shape }]) => [name, stored, shape, sums[name]])
    .sort(([a], [b]) => a! < b! ? -1 : 1);
  return sha256Of(new TextEncoder().encode(JSON.stringify([FORMAT, VERSION, text, facts, list])));
}

async function sha256Of(bytes: Uint8Array): Promise<string> {
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
  return Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function record(text: string, name: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch { /* the same as no object */ }
  throw damaged(name, "its header is damaged", "sums and facts by name");
}

function damaged(file: string, state: string, wanted: string, cause?: unknown): FormatError {
  return new FormatError(`Cannot load checkpoint ${file}: ${state}; wanted ${wanted}`, {
    op: "loadCheckpoint",
    file,
    wanted,
    cause,
  });
}
