/**
 * The two layouts of PyTorch's files: a zip archive with one entry per storage (since 1.6), and before that five pickles
 * in a row with the storages behind them.
 * @module
 */
import { type Input, shown } from "./input.ts";
import { pickleNames } from "./pickle_names.ts";
import { Stretch } from "./stored_tensor.ts";
import { TorchStorages } from "./torch_storages.ts";
import { Unpickler } from "./unpickler.ts";
import { openEntry, readDirectory, readEntry } from "./zip_read.ts";

/** What a file holds, and its storages. */
export interface TorchContents {
  /** The object that was saved. */
  readonly value: unknown;
  /** The bytes of its tensors. */
  readonly storages: TorchStorages;
}

const MAGIC = 0x1950a86a20f9469cfc6cn;

/** The zip layout. */
export async function readZip(input: Input, allow?: readonly string[]): Promise<TorchContents> {
  const entries = await readDirectory(input);
  const names = [...entries.keys()].filter((name) => /(^|\/)data\.pkl$/.test(name)).sort((a, b) => a.length - b.length);
  const [main] = names;
  if (main === undefined) input.fail("the archive has no data.pkl", "one that torch.save wrote");
  const prefix = main.slice(0, -"data.pkl".length);
  if (entries.has(`${prefix}constants.pkl`)) {
    input.fail("it is a program (TorchScript)", "weights: save model.state_dict() with torch.save");
  }
  const order = entries.get(`${prefix}byteorder`);
  if (order) {
    const text = new TextDecoder().decode(await readEntry(input, order)).trim();
    if (text !== "little") input.fail(`its byte order is ${text.slice(0, 20)}`, "little", order.offset);
  }
  const storages = new TorchStorages(input, (key, bytes, at) => {
    const entry = entries.get(`${prefix}data/${key}`);
    if (!entry) input.fail(`storage "${key}" is missing`, `an entry ${prefix}data/${key}`, at);
    if (entry.size !== bytes) {
      input.fail(`storage "${key}" has ${entry.size} bytes`, `${bytes}, as its tensors say`, entry.offset);
    }
    let opened: Promise<Stretch> | undefined;
    return new Stretch(
      input,
      bytes,
      null,
      async (from, length) => (await (opened ??= openEntry(input, entry))).part(from, length),
    );
  });
  const pickle = entries.get(main)!;
  const value = new Unpickler(input, await readEntry(input, pickle), storages.names(allow), 0, pickle.offset).read();
  return { value, storages };
}

/** The layout of before. */
export function readLegacy(input: Input & { readonly bytes: Uint8Array }, allow?: readonly string[]): TorchContents {
  const { bytes } = input;
  let at = 0;
  const next = (names = pickleNames(input)): unknown => {
    const pickle = new Unpickler(input, bytes, names, at);
    const value = pickle.read();
    at = pickle.end;
    return value;
  };
  const magic = next();
  if (magic !== MAGIC) input.fail("it does not begin with PyTorch's magic number", "a file that torch.save wrote", 0);
  const version = next();
  if (version !== 1001) input.fail(`its protocol is ${shown(version)}`, "1001", at);
  const system = next();
  if (!(system instanceof Map) || system.get("little_endian") !== true) {
    input.fail("it was written on a big-endian machine", "little-endian numbers; save it anew with torch.save", at);
  }
  const storages = new TorchStorages(input, (key, length, where) => {
    if (length > bytes.length) input.fail(`storage "${key}" should have ${length} bytes`, "a part of the file", where);
    return new Stretch(input, length, null);
  });
  const value = next(storages.names(allow));
  const keys = next();
  if (!Array.isArray(keys)) input.fail("the list of storages is missing", "their keys", at);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const key of keys) {
    const storage = typeof key === "string" ? storages.all.get(key) : undefined;
    if (!storage) input.fail(`no tensor lies in storage ${shown(key)}`, "storages of tensors", at);
    input.check(at, 8, `storage "${key}"`);
    const size = storage.size, count = Number(view.getBigUint64(at, true));
    if (count * size !== storage.stretch.length) {
      input.fail(`storage "${key}" has ${count} elements`, `${storage.stretch.length / size}, as its tensors say`, at);
    }
    input.check(at + 8, storage.stretch.length, `storage "${key}"`);
    storage.stretch.bytes = bytes.subarray(at + 8, at + 8 + storage.stretch.length);
    at += 8 + storage.stretch.length;
  }
  for (const [key, { stretch }] of storages.all) {
    if (!stretch.bytes) input.fail(`storage "${key}" is missing`, "its bytes behind the pickles", at);
  }
  storages.fillViews();
  return { value, storages };
}
