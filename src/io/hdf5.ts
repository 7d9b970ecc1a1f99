/**
 * HDF5 files, such as Keras writes its weights in, read by jsfive. The library trusts what a file says about itself, so
 * everything it asks for is counted here, and a file that asks for more than it can hold is refused.
 * @module
 */
import { FormatError } from "../errors.ts";
import { type H5Dataset, type H5Group, type Jsfive, loadJsfive } from "../platform/jsfive.ts";
import { show } from "../tensor/shape.ts";
import { Input, type ReadOptions, type Source } from "./input.ts";
import { ObjectArray } from "./numpy_array.ts";
import { isStoredDType, storeNumbers } from "./stored_dtype.ts";
import { StoredTensor } from "./stored_tensor.ts";

/** What one reading may do: bytes that the library copies, and calls, which are a measure of time. */
class Work {
  static current: Work | null = null;
  readonly #input: Input;
  #left: number;
  #copied = 0;
  /** What a call counts for: chunks take as long as they are large, whatever is read of them. */
  weight = 64;

  constructor(input: Input) {
    this.#input = input;
    this.#left = 2 ** 27 + 16 * input.size;
  }

  add(bytes: number): void {
    this.#left -= Math.max(bytes, this.weight);
    if (this.#left < 0) this.#input.fail("its tables lead in circles or to more than it holds", "a file of HDF5");
    this.#input.charge(bytes, "what is unpacked");
    this.#copied += bytes;
  }

  /** Forgets copies that nobody holds any more. */
  release(): void {
    this.#input.release(this.#copied);
    this.#copied = 0;
  }
}

interface Opened {
  readonly input: Input;
  readonly jsfive: Jsfive;
}

const guarded = new WeakSet<object>();

/** Attributes are allocated by their headers before they are read: the check is put in front. */
function guardAttributes(file: H5Group): void {
  type Shaped = { determine_data_shape(bytes: ArrayBuffer, offset: number): number[] };
  const proto = Object.getPrototypeOf((file as unknown as { _dataobjects: object })._dataobjects) as Shaped;
  if (guarded.has(proto)) return;
  guarded.add(proto);
  const original = proto.determine_data_shape;
  proto.determine_data_shape = function (bytes, offset) {
    const shape = original.call(this, bytes, offset);
    if (8 * shape.reduce((a, b) => a * b, 1) > 2 ** 22 + bytes.byteLength) {
      throw new RangeError("an attribute is too large");
    }
    return shape;
  };
}

/** Opens a file, hands its root to `use`, and turns whatever goes wrong inside of the library into an error of ours. */
async function withFile<T>(
  source: Source,
  options: ReadOptions,
  use: (root: H5Group, opened: Opened) => T,
): Promise<T> {
  const input: Input = await (await Input.of(source, options)).whole(), bytes = input.bytes!;
  if (![0x89, 0x48, 0x44, 0x46].every((byte, i) => bytes[i] === byte)) {
    input.fail("it does not begin as an HDF5 file", "\\x89HDF; a torch pickle named .h5 is read by io.torch", 0);
  }
  const jsfive = await loadJsfive((length) => Work.current?.add(length));
  const isAlone = bytes.buffer instanceof ArrayBuffer && bytes.length === bytes.buffer.byteLength;
  if (!isAlone) input.charge(bytes.length, "a copy of the file");
  const buffer = isAlone ? bytes.buffer : bytes.slice().buffer;
  const work = new Work(input);
  // every table that the library follows is cut out by this method
  Object.defineProperty(buffer, "slice", {
    configurable: true,
    value(this: ArrayBuffer, from = 0, to = this.byteLength): ArrayBuffer {
      const part = Math.max(0, Math.min(to, this.byteLength) - from);
      work.add(Number.isFinite(part) ? part : 0);
      return ArrayBuffer.prototype.slice.call(this, from, to);
    },
  });
  Work.current = work; // the library is synchronous
  try {
    const file = new jsfive.File(buffer, input.name);
    guardAttributes(file);
    return use(file, { input, jsfive });
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    const said = cause instanceof Error ? cause.message : String(cause);
    return input.fail(
      `its tables make no sense (${said.slice(0, 200)})`,
      "an undamaged file of HDF5",
      undefined,
      cause,
    );
  } finally {
    Work.current = null;
    delete (buffer as { slice?: unknown }).slice;
  }
}

/**
 * Reads all arrays by their paths, such as `layers/dense/vars/0`.
 * @returns tensors, and `ObjectArray`s for texts
 * @throws {FormatError} for a file that is damaged or none, or holds other kinds of data
 */
export function load(source: Source, options: ReadOptions = {}): Promise<Map<string, StoredTensor | ObjectArray>> {
  return withFile(source, options, (root, opened) => {
    const found = new Map<string, StoredTensor | ObjectArray>();
    const walk = (group: H5Group, path: string, depth: number) => {
      if (depth > 64) opened.input.fail(`group "${path.slice(0, 80)}..." is too deep`, "at most 64 levels");
      for (const key of group.keys) {
        const member = group.get(key), name = path + key;
        if (member instanceof opened.jsfive.Dataset) found.set(name, readArray(member, name, opened));
        else if (member) walk(member, `${name}/`, depth + 1);
      }
    };
    walk(root, "", 0);
    return found;
  });
}

/**
 * Reads the weights that Keras 1 and 2 saved, in the order of layers, by their names: `dense/kernel:0`.
 * @throws {FormatError} for a file that is damaged or none, or was not written by Keras
 */
export function loadKeras(source: Source, options: ReadOptions = {}): Promise<Map<string, StoredTensor>> {
  return withFile(source, options, (root, opened) => {
    const input: Input = opened.input, { jsfive } = opened;
    const inside = root.keys.includes("model_weights") ? root.get("model_weights") : root;
    if (!inside || inside instanceof jsfive.Dataset) input.fail("model_weights is no group", "weights of Keras");
    const weights = new Map<string, StoredTensor>();
    for (const layer of texts(inside, "layer_names", input)) {
      const group = inside.get(layer);
      if (!group || group instanceof jsfive.Dataset) input.fail(`layer "${layer}" is no group`, "its weights");
      for (const weight of texts(group, "weight_names", input)) {
        const array = group.get(weight), name = weight.startsWith(`${layer}/`) ? weight : `${layer}/${weight}`;
        if (!(array instanceof jsfive.Dataset)) input.fail(`weight "${name}" is no array`, "its numbers");
        const read = readArray(array, name, opened);
        if (!(read instanceof StoredTensor) || weights.has(name)) input.fail(`weight "${name}"`, "numbers, once");
        weights.set(name, read);
      }
    }
    return weights;
  });
}

/** A list of names, which Keras spreads over several attributes when it is long. */
function texts(group: H5Group, name: string, input: Input): string[] {
  const { attrs } = group, list: unknown[] = [];
  if (Array.isArray(attrs[name])) list.push(...attrs[name]);
  else {
    for (let i = 0; Array.isArray(attrs[name + i]); i++) list.push(...attrs[name + i] as unknown[]);
    if (!list.length && !(name in attrs)) input.fail(`it has no attribute ${name}`, "weights that Keras saved");
  }
  return list.map((text) => String(text).replace(/\0+$/, ""));
}

function readArray(dataset: H5Dataset, name: string, { input }: Opened): StoredTensor | ObjectArray {
  const { shape, dtype } = dataset, count = shape.reduce((a, b) => a * b, 1);
  const [, kind, size] = /^[<>=|]?([a-zA-Z])(\d+)$/.exec(String(dtype)) ?? [];
  const bytes = kind && size ? Number(size) : 16;
  if (!dataset._dataobjects.chunks && count * bytes > input.size) {
    input.fail(`array "${name}" of shape ${show(shape)} should have ${count * bytes} bytes`, "a part of the file");
  }
  input.charge(count * (8 + bytes), `array "${name}"`); // the library makes a list of numbers
  const work = Work.current!, chunks = dataset._dataobjects.chunks;
  if (chunks) {
    work.weight = 64 + chunks.reduce((a, b) => a * b, 1) * bytes;
  }
  const values = dataset.value;
  work.weight = 64;
  work.release();
  const stored = `${kind}${8 * bytes}`;
  if (!isStoredDType(stored)) {
    if (values.some((text) => typeof text !== "string")) {
      input.fail(`array "${name}" is of type ${String(dtype).slice(0, 80)}`, "numbers or texts");
    }
    return new ObjectArray(shape, values.map((text) => String(text).replace(/\0+$/, "")));
  }
  const fill = Number(dataset.fillvalue ?? 0);
  for (let i = 0; i < count; i++) values[i] ??= fill;
  const numbers = storeNumbers(values as number[], stored, `array "${name}"`);
  input.release(count * 8);
  return StoredTensor.of(numbers, shape, stored, name);
}
