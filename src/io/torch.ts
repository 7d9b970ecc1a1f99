/**
 * PyTorch's files (`.pt`, `.pth`, `.bin`, and the torch pickles that are named `.h5`): both layouts are read, without
 * running anything that they name, and files are written that `torch.load(weights_only=True)` reads.
 * @module
 */
import { Input, type Source } from "./input.ts";
import { type Entry, isEntry, type Outgoing, outgoing, sameBytes } from "./outgoing.ts";
import { collect, type Target, type Write, writeTo } from "./output.ts";
import type { PickleOptions } from "./pickle.ts";
import { Call, Name, Persistent, Pickler, Tuple } from "./pickler.ts";
import { contiguousStrides } from "../tensor/shape.ts";
import { StoredTensor } from "./stored_tensor.ts";
import { readLegacy, readZip } from "./torch_read.ts";
import { DTYPES, STORAGES } from "./torch_storages.ts";
import { isZip } from "./zip_read.ts";
import { ZipWriter } from "./zip_write.ts";

/** Options of {@link load}. */
export interface TorchOptions extends PickleOptions {
  /** Leaves the bytes of tensors in the file until `await tensor.read()`, where the layout is the zip one. Default false. */
  readonly lazy?: boolean;
}

/** Options of {@link loadState}. */
export interface TorchStateOptions extends TorchOptions {
  /** Keys that lead to the tensors, such as `["model"]`. */
  readonly at?: readonly string[];
}

/**
 * Reads what `torch.save` wrote. Dictionaries become Maps, lists and tuples arrays, tensors `StoredTensor`s; tensors that
 * share a storage there share their bytes here.
 * @throws {FormatError} for a file that is damaged or none, and for names of classes that are not known to hold data only
 * @example
 * const checkpoint = await w.io.torch.load("checkpoint.pt") as Map<string, unknown>;
 */
export async function load(source: Source, options: TorchOptions = {}): Promise<unknown> {
  return (await read(source, options)).value;
}

/**
 * Reads a state dict: the tensors of a dictionary by name, in its order. Other values in it are passed over.
 * @throws {FormatError} where there are none
 * @example
 * model.loadStateDict(await w.io.torch.loadState("checkpoint.pt", { at: ["model"] }));
 */
export async function loadState(source: Source, options: TorchStateOptions = {}): Promise<Map<string, StoredTensor>> {
  const { at = [] } = options;
  const contents = await read(source, options), input: Input = contents.input;
  let found = contents.value;
  for (const key of at) {
    if (!(found instanceof Map) || !found.has(key)) input.fail(`it has nothing at "${at.join(".")}"`, keysOf(found));
    found = found.get(key);
  }
  const tensors = new Map<string, StoredTensor>();
  for (const [name, tensor] of found instanceof Map ? found : []) {
    if (typeof name === "string" && tensor instanceof StoredTensor) tensors.set(name, tensor.named(name));
  }
  if (!tensors.size) input.fail(`it has no tensors by name${at.length ? ` at "${at.join(".")}"` : ""}`, keysOf(found));
  return tensors;
}

function keysOf(value: unknown): string {
  if (!(value instanceof Map)) return "a dictionary of tensors";
  const keys = [...value.keys()].filter((key) => typeof key === "string").slice(0, 20);
  return `{ at } with one of its keys: ${keys.join(", ").slice(0, 400)}`;
}

async function read(source: Source, options: TorchOptions): Promise<{ input: Input; value: unknown }> {
  const found = await Input.of(source, options);
  const start = await found.read(0, Math.min(found.size, 512));
  if (!isZip(start)) {
    if (new TextDecoder().decode(start.subarray(257, 262)) === "ustar") {
      found.fail("it is a tar archive, PyTorch's layout before 2017", "a zip archive or the layout of pickles", 257);
    }
    const input = await found.whole();
    return { input, value: readLegacy(input, options.allow).value };
  }
  const input = options.lazy ? found : await found.whole();
  const { value, storages } = await readZip(input, options.allow);
  if (!options.lazy) { for (const { stretch } of storages.all.values()) await stretch.read(); }
  return { input, value };
}

/**
 * Writes what `torch.load(weights_only=True)` reads: tensors, numbers, texts, lists, and dictionaries (Maps and plain
 * objects). One tensor after another is read from the GPU; tied ones are written once.
 * @throws {ValueError} for anything else, naming where it is
 * @example
 * await w.io.torch.save("model.pt", model.stateDict());
 */
export function save(target: Target, value: unknown): Promise<void> {
  const plan = prepare(value);
  return writeTo(target, (write) => pour(plan, write));
}

/** The bytes of a file. */
export function serialize(value: unknown): Promise<Uint8Array<ArrayBuffer>> {
  const plan = prepare(value);
  return collect((write) => pour(plan, write));
}

interface Plan {
  readonly pickle: Uint8Array;
  readonly storages: readonly Outgoing[];
}

const STORAGE_OF = new Map(Object.entries(STORAGES).map(([name, stored]) => [stored, name]));
const DTYPE_OF = new Map(Object.entries(DTYPES).map(([name, stored]) => [stored, name]));

function prepare(value: unknown): Plan {
  const storages: Outgoing[] = [];
  const pickler = new Pickler((part, path) => {
    if (!isEntry(part)) return undefined;
    const one = outgoing(path, part as Entry);
    let key = storages.findIndex((other) => sameBytes(one, other));
    if (key < 0) key = storages.push(one) - 1;
    return rebuild(one, key);
  });
  return { pickle: pickler.dump(value), storages };
}

/** The call that makes the tensor. */
function rebuild({ stored, shape, byteLength }: Outgoing, key: number): Call {
  const typed = STORAGE_OF.get(stored); // the unsigned types came without a class of storage
  const count = shape.reduce((a, b) => a * b, 1);
  const type = typed ? new Name("torch", typed) : new Name("torch.storage", "UntypedStorage");
  const storage = new Persistent(new Tuple(["storage", type, String(key), "cpu", typed ? count : byteLength]));
  const hooks = new Call(new Name("collections", "OrderedDict"), []);
  const args = [storage, 0, new Tuple(shape), new Tuple(contiguousStrides(shape)), false, hooks];
  return typed
    ? new Call(new Name("torch._utils", "_rebuild_tensor_v2"), args)
    : new Call(new Name("torch._utils", "_rebuild_tensor_v3"), [...args, new Name("torch", DTYPE_OF.get(stored)!)]);
}

async function pour({ pickle, storages }: Plan, write: Write): Promise<void> {
  const zip = new ZipWriter(write), text = (value: string) => new TextEncoder().encode(value);
  const add = (name: string, bytes: Uint8Array) => zip.add(`archive/${name}`, bytes, { align: 64 });
  await add("data.pkl", pickle);
  await add(".format_version", text("1"));
  await add(".storage_alignment", text("64"));
  await add("byteorder", text("little"));
  for (const [key, one] of storages.entries()) await add(`data/${key}`, await one.bytes());
  await add("version", text("3\n"));
  await zip.close();
}
