/**
 * State trees as one text and a list of tensors, and back, without losing a bit: everything that JSON has stands in the
 * text, tensors and typed arrays are listed by their path, and what JSON lacks (NaN, infinities, -0) is marked. The
 * tensors' bytes are copied in one go, so a snapshot is of one moment, whatever happens while it is written.
 * @module
 */
import { noGrad } from "../autograd/mode.ts";
import { ValueError } from "../errors.ts";
import { getDevice } from "../gpu/default.ts";
import type { Device } from "../gpu/device.ts";
import { storedOf } from "../io/stored_dtype.ts";
import { StoredTensor } from "../io/stored_tensor.ts";
import { clone } from "../ops/assembly.ts";
import type { DType } from "../tensor/dtype.ts";
import type { StateTree } from "../tensor/state_tree.ts";
import { keep } from "../tensor/scope.ts";
import { type AnyTensor, empty, Tensor } from "../tensor/tensor.ts";

/** A state tree on the host. */
export interface HostTree {
  /** The tree as JSON, with the names of tensors in their places. */
  readonly text: string;
  /** The tensors by name. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** Key of objects that stand for something that JSON does not have. */
const MARK = "$";

/** What an object with {@link MARK} stands for. */
type Marked =
  | { $: "tensor"; name: string }
  | { $: "array"; name: string; type: string }
  | { $: "numbers"; name: string }
  | { $: "number"; value: string }
  | { $: "object"; entries: [string, unknown][] };

/** Arrays of numbers from this length on are stored as bytes. */
const LONG = 32;

/** Typed arrays by name. */
const ARRAYS: Readonly<Record<string, new (buffer: ArrayBuffer) => ArrayBufferView>> = {
  Float32Array,
  Float64Array,
  Int8Array,
  Int16Array,
  Int32Array,
  Uint8Array,
  Uint8ClampedArray,
  Uint16Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
};

/**
 * Copies a tree to the host. The copies of tensors are recorded before this function returns its promise, and everything
 * else is copied: the owner may change and release what it gave at once.
 * @throws {ValueError} naming the place of what is no state
 */
export function toHost(tree: StateTree): Promise<HostTree> {
  return new Snapshot(tree).read();
}

class Snapshot {
  readonly #text: string;
  readonly #names = new Set<string>();
  readonly #arrays = new Map<string, StoredTensor>();
  readonly #tensors: { name: string; tensor: AnyTensor; key: string }[] = [];

  constructor(tree: StateTree) {
    this.#text = JSON.stringify(this.#plain(tree, "", []));
  }

  async read(): Promise<HostTree> {
    const copies: Promise<Map<string, Uint8Array<ArrayBuffer>>>[] = [];
    for (const device of new Set(this.#tensors.map(({ tensor }) => tensor.device))) {
      copies.push(readTensors(device, this.#tensors.filter(({ tensor }) => tensor.device === device)));
    }
    const shapes = new Map(this.#tensors.map(({ name, tensor: { shape, dtype } }) => [name, { shape, dtype }]));
    const tensors = new Map(this.#arrays);
    for (const read of await Promise.all(copies)) {
      for (const [name, bytes] of read) {
        const { shape, dtype } = shapes.get(name)!;
        const data = dtype === "bool" ? Uint8Array.from(words(bytes), (v) => v ? 1 : 0) : bytes;
        tensors.set(name, StoredTensor.of(data, shape, dtype, name));
      }
    }
    return { text: this.#text, tensors };
  }

  /** What JSON holds for a part of the tree. */
  #plain(value: unknown, path: string, above: readonly unknown[]): unknown {
    if (value === null || typeof value === "boolean" || typeof value === "string") return value;
    if (typeof value === "number") {
      const odd = !Number.isFinite(value) || Object.is(value, -0);
      return odd ? { $: "number", value: Object.is(value, -0) ? "-0" : String(value) } satisfies Marked : value;
    }
    if (value instanceof Tensor) return { $: "tensor", name: this.#tensor(value as AnyTensor, path) } satisfies Marked;
    if (ArrayBuffer.isView(value)) {
      const type = (value as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] ?? "";
      if (!Object.hasOwn(ARRAYS, type)) throw refuse(path, `a ${type}`, value);
      return { $: "array", type, name: this.#array(value, path) } satisfies Marked;
    }
    if (typeof value !== "object") throw refuse(path, `a ${typeof value}`, value);
    if (above.includes(value)) throw refuse(path, "an object that contains itself", value);
    const inside = [...above, value], at = (key: string | number) => path === "" ? `${key}` : `${path}.${key}`;
    if (Array.isArray(value)) {
      if (value.length >= LONG && value.every((v) => typeof v === "number")) {
        return { $: "numbers", name: this.#array(Float64Array.from(value), path) } satisfies Marked;
      }
      return value.map((item, i) => this.#plain(item, at(i), inside));
    }
    const kind = Object.getPrototypeOf(value);
    if (kind !== Object.prototype && kind !== null) throw refuse(path, `a ${value.constructor?.name}`, value);
    const entries = Object.entries(value).filter(([, item]) => item !== undefined)
      .map(([key, item]): [string, unknown] => [key, this.#plain(item, at(key), inside)]);
    const special = entries.some(([key]) => key === MARK || key === "__proto__");
    return special ? { $: "object", entries } satisfies Marked : Object.fromEntries(entries);
  }

  #name(path: string): string {
    const base = path === "" ? "state" : path;
    let name = base;
    for (let i = 2; this.#names.has(name) || name === "__metadata__"; i++) name = `${base}#${i}`;
    this.#names.add(name);
    return name;
  }

  /** Name of a tensor; the same elements have one name, so tied weights are stored once. */
  #tensor(tensor: AnyTensor, path: string): string {
    const storage = tensor.use("save"); // throws when it was disposed
    const key = `${tensor.dtype} ${tensor.shape} ${tensor.strides} ${tensor.offset}`;
    const same = this.#tensors.find((other) => other.tensor.storage === storage && other.key === key);
    if (same) return same.name;
    const name = this.#name(path);
    this.#tensors.push({ name, tensor, key });
    return name;
  }

  #array(view: ArrayBufferView, path: string): string {
    const stored = view instanceof DataView || view instanceof Uint8ClampedArray ? "u8" : storedOf(view)!;
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice(), name = this.#name(path);
    const size = view instanceof DataView ? 1 : (view as Uint8Array).BYTES_PER_ELEMENT;
    this.#arrays.set(name, StoredTensor.of(bytes, [bytes.length / size], stored, name));
    return name;
  }
}

function refuse(path: string, what: string, value: unknown): ValueError {
  return new ValueError(
    `Cannot save the state at "${path}": it is ${what}; wanted plain data, typed arrays and tensors`,
    { op: "saveCheckpoint", value },
  );
}

function words(bytes: Uint8Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

/** Bytes of tensors as they lie on the device. The copies are recorded before the first wait. */
function readTensors(
  device: Device,
  list: readonly { name: string; tensor: AnyTensor }[],
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const copies: AnyTensor[] = [];
  const pieces = list.map(({ tensor }) => {
    let dense = tensor;
    if (!tensor.isContiguous || tensor.byteOffset % 4 !== 0) copies.push(dense = noGrad(() => keep(clone(tensor))));
    return { storage: dense.storage, byteOffset: dense.byteOffset, bytes: Math.ceil(dense.byteLength / 4) * 4 };
  });
  const lengths = list.map(({ tensor }) => tensor.byteLength);
  const read = device.readAll(pieces);
  for (const copy of copies) copy.dispose();
  return read.then((all) => new Map(list.map(({ name }, i) => [name, all[i].subarray(0, lengths[i])])));
}

/**
 * The tree of a text and its tensors, which are uploaded to the default device; no scope releases them.
 * @throws {ValueError} when the text is not what {@link toHost} writes, or a tensor is missing
 */
export function fromHost({ text, tensors }: HostTree): StateTree {
  const made = new Map<string, AnyTensor>();
  const find = (name: unknown): StoredTensor => {
    const found = tensors.get(name as string);
    if (!found) throw unreadable(`its tensor "${name}" is missing`);
    return found;
  };
  const revive = (value: unknown): StateTree => {
    if (value === null || typeof value !== "object") return value as StateTree;
    if (Array.isArray(value)) return value.map(revive);
    const mark = value as Marked;
    switch ((value as { $?: unknown }).$ === undefined ? undefined : mark.$) {
      case undefined:
        return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revive(item)]));
      case "tensor": {
        const { name } = mark as { name: string };
        let tensor = made.get(name);
        if (!tensor) made.set(name, tensor = upload(find(name)));
        return tensor;
      }
      case "array": {
        const { name, type } = mark as { name: string; type: string };
        if (!Object.hasOwn(ARRAYS, type)) throw unreadable(`it has an array of type ${type}`);
        return new ARRAYS[type](find(name).bytes.slice().buffer as ArrayBuffer);
      }
      case "numbers":
        return Array.from(new Float64Array(find((mark as { name: string }).name).bytes.slice().buffer));
      case "number":
        return Number((mark as { value: string }).value);
      case "object": {
        const { entries } = mark as { entries: [string, unknown][] };
        const object: { [key: string]: StateTree } = {};
        for (const [key, item] of entries) {
          Object.defineProperty(object, key, {
            value: revive(item),
            ...{ enumerable: true, writable: true, configurable: true },
          });
        }
        return object;
      }
      default:
        throw unreadable(`it has a mark ${JSON.stringify(mark.$)}`);
    }
  };
  try {
    return revive(JSON.parse(text));
  } catch (error) {
    for (const tensor of made.values()) tensor.dispose();
    throw error;
  }
}

function unreadable(what: string): ValueError {
  return new ValueError(`Cannot read a state: ${what}`, { op: "loadCheckpoint" });
}

/** A tensor with the same bits. */
function upload({ stored, shape, bytes, name }: StoredTensor): AnyTensor {
  if (!["f32", "f16", "i32", "u32", "bool"].includes(stored)) throw unreadable(`its tensor "${name}" is ${stored}`);
  const tensor = keep(empty(getDevice("load a checkpoint"), shape, stored as DType));
  const whole = stored === "bool" ? new Uint8Array(Uint32Array.from(bytes).buffer) : padded(bytes);
  tensor.device.upload(tensor.storage, whole);
  return tensor;
}

function padded(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  all.set(bytes);
  return all;
}

/** Releases the tensors of a tree. */
export function disposeTree(tree: StateTree): void {
  if (tree instanceof Tensor) tree.dispose();
  else if (tree !== null && typeof tree === "object" && !ArrayBuffer.isView(tree)) {
    Object.values(tree as object).forEach((item) => disposeTree(item as StateTree));
  }
}
