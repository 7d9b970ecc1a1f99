/**
 * How pickles of PyTorch describe tensors: storages, which are bytes with a key, and calls that lay a shape and strides
 * over one. Both layouts of files share it.
 * @module
 */
import { type Input, isSizes, shown } from "./input.ts";
import { pickleNames } from "./pickle_names.ts";
import { storedBytes, type StoredDType } from "./stored_dtype.ts";
import { StoredTensor, Stretch } from "./stored_tensor.ts";
import type { PickleNames, PyClass } from "./unpickler.ts";

/** Names of storage classes by element type, as files have them. */
export const STORAGES: Readonly<Record<string, StoredDType>> = {
  FloatStorage: "f32",
  DoubleStorage: "f64",
  HalfStorage: "f16",
  BFloat16Storage: "bf16",
  LongStorage: "i64",
  IntStorage: "i32",
  ShortStorage: "i16",
  CharStorage: "i8",
  ByteStorage: "u8",
  BoolStorage: "bool",
  ComplexFloatStorage: "c64",
  ComplexDoubleStorage: "c128",
};

/** Names of element types, as files have them. */
export const DTYPES: Readonly<Record<string, StoredDType>> = {
  float32: "f32",
  float64: "f64",
  float16: "f16",
  bfloat16: "bf16",
  int64: "i64",
  int32: "i32",
  int16: "i16",
  int8: "i8",
  uint64: "u64",
  uint32: "u32",
  uint16: "u16",
  uint8: "u8",
  bool: "bool",
  complex64: "c64",
  complex128: "c128",
};

/** Bytes under a key, with the element type that the file counts them in. */
export class TorchStorage {
  /** Element type; null for bytes whose tensors say theirs. */
  readonly stored: StoredDType | null;
  /** The bytes. */
  readonly stretch: Stretch;

  /** A storage. */
  constructor(stored: StoredDType | null, stretch: Stretch) {
    this.stored = stored;
    this.stretch = stretch;
  }

  /** Bytes of what the file counts. */
  get size(): number {
    return this.stored ? storedBytes(this.stored) : 1;
  }
}

function nameOf(type: unknown): string | undefined {
  const name = (type as Partial<PyClass> | null | undefined)?.name;
  return typeof name === "string" ? name : undefined;
}

/** Finds or makes the bytes under a key. */
export type Provide = (key: string, bytes: number, at: number) => Stretch;

/** Storages of one file. */
export class TorchStorages {
  readonly #input: Input;
  readonly #provide: Provide;
  readonly #found = new Map<string, TorchStorage>();
  readonly #views = new Map<string, [view: TorchStorage, root: Stretch, from: number]>();

  /** Storages whose bytes `provide` knows. */
  constructor(input: Input, provide: Provide) {
    this.#input = input;
    this.#provide = provide;
  }

  /** All that pickles have named so far, by key. */
  get all(): ReadonlyMap<string, TorchStorage> {
    return this.#found;
  }

  /** Gives views of storages their bytes, once the storages have theirs. */
  fillViews(): void {
    for (const [{ stretch }, { bytes }, from] of this.#views.values()) {
      stretch.bytes = bytes!.subarray(from, from + stretch.length);
    }
  }

  /** What a pickle may name. */
  names(allow: readonly string[] = []): PickleNames {
    const names = pickleNames(this.#input, allow, this.#calls());
    return { ...names, persistent: (id, at) => this.#storage(id, at) };
  }

  #storage(id: unknown, at: number): TorchStorage {
    const [tag, type, rawKey, , count, view] = Array.isArray(id) ? id : [];
    const input: Input = this.#input;
    if (tag !== "storage") {
      input.fail(`its pickle refers to ${shown(tag)}`, "storages: state dicts, not whole models", at);
    }
    if (typeof rawKey !== "string" && typeof rawKey !== "number") input.fail("a storage has no key", "a text", at);
    const key = String(rawKey);
    const name = nameOf(type) ?? "none", plain = name.replace(/^torch\.(cuda\.|storage\.)?/, "");
    const stored = Object.hasOwn(STORAGES, plain) ? STORAGES[plain] : null;
    if (!stored && plain !== "UntypedStorage") input.fail(`storage "${key}" is of class ${name}`, "a known one", at);
    const size = stored ? storedBytes(stored) : 1;
    if (!Number.isSafeInteger(count) || count < 0) input.fail(`storage "${key}" has no size`, "its elements", at);
    let storage = this.#found.get(key);
    if (!storage) {
      storage = new TorchStorage(stored, this.#provide(key, count * size, at));
      this.#found.set(key, storage);
    }
    if (storage.stored !== stored || storage.stretch.length !== count * size) {
      input.fail(`storage "${key}" is named twice, differently`, "the same class and size", at);
    }
    return Array.isArray(view) ? this.#view(storage, size, view, at) : storage;
  }

  /** A part of a storage that old files treat as one of its own. */
  #view(root: TorchStorage, size: number, [key, from, count]: unknown[], at: number): TorchStorage {
    if (typeof key !== "string" || !isSizes([from, count])) {
      this.#input.fail("a view of a storage has no key or place", "a text and two numbers", at);
    }
    const known = this.#views.get(key);
    if (known) return known[0];
    const start = Number(from) * size, length = Number(count) * size;
    if (!(start >= 0 && length >= 0 && start + length <= root.stretch.length && Number.isSafeInteger(length))) {
      this.#input.fail(`a view of a storage begins at ${start} and has ${length} bytes`, "a part of it", at);
    }
    const storage = new TorchStorage(root.stored, new Stretch(this.#input, length, null));
    this.#views.set(key, [storage, root.stretch, start]);
    return storage;
  }

  #tensor(
    storage: unknown,
    offset: unknown,
    shape: unknown,
    strides: unknown,
    dtype: unknown,
    at: number,
  ): StoredTensor {
    const input: Input = this.#input;
    const named = nameOf(dtype)?.replace(/^torch\./, "");
    if (!(storage instanceof TorchStorage) || !isSizes(shape) || !isSizes(strides) || !isSizes([offset])) {
      input.fail("a tensor lacks its storage, sizes or strides", "all of them, without negative numbers", at);
    }
    if (shape.length > 64) input.fail(`a tensor has ${shape.length} dimensions`, "at most 64", at);
    const stored = named !== undefined && Object.hasOwn(DTYPES, named)
      ? DTYPES[named]
      : (storage as TorchStorage).stored;
    if (!stored) input.fail(`a tensor is of type ${named}`, "one that files have", at);
    return new StoredTensor("", stored, shape, (storage as TorchStorage).stretch, {
      offset: offset as number,
      strides,
    });
  }

  #calls(): Record<string, PyClass["call"]> {
    const first: PyClass["call"] = ([value], at) =>
      value instanceof StoredTensor ? value : this.#input.fail("a parameter has no values", "a tensor", at);
    const calls: Record<string, PyClass["call"]> = {
      "torch._utils._rebuild_tensor": ([s, offset, shape, strides], at) =>
        this.#tensor(s, offset, shape, strides, undefined, at),
      "torch._utils._rebuild_tensor_v2": ([s, offset, shape, strides], at) =>
        this.#tensor(s, offset, shape, strides, undefined, at),
      "torch._utils._rebuild_tensor_v3": ([s, offset, shape, strides, , , dtype], at) =>
        this.#tensor(s, offset, shape, strides, dtype, at),
      "torch._utils._rebuild_parameter": first,
      "torch._utils._rebuild_parameter_with_state": first,
      "torch.Size": ([sizes], at) => isSizes(sizes) ? sizes : this.#input.fail("a size is none", "integers", at),
      "torch.device": (parts) => parts.filter((part) => typeof part !== "object").join(":"),
      "torch.Tensor": undefined,
      "torch.nn.parameter.Parameter": undefined,
      "torch.storage.UntypedStorage": undefined,
    };
    for (const name of Object.keys(STORAGES)) calls[`torch.${name}`] = calls[`torch.cuda.${name}`] = undefined;
    for (const name of Object.keys(DTYPES)) calls[`torch.${name}`] = undefined;
    return calls;
  }
}
