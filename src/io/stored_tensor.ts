/**
 * A tensor as it lies in a file: type, shape and bytes, which are looked at only when they are wanted. Several may share
 * bytes (tied weights), be views with strides (PyTorch), or not have been read yet (large files).
 * @module
 */
import { ShapeError, StateError } from "../errors.ts";
import { tensor, type TensorOptions } from "../ops/creation.ts";
import type { DType } from "../tensor/dtype.ts";
import { contiguousStrides, isContiguous, type Shape, show } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Input } from "./input.ts";
import {
  type HostArray,
  hostArray,
  type RawArray,
  rawArray,
  storedBytes,
  type StoredDType,
  tensorDType,
} from "./stored_dtype.ts";

/** Bytes of a file that one or more tensors lie in. */
export class Stretch {
  /** The file. */
  readonly input: Input;
  /** Number of bytes. */
  readonly length: number;
  /** The bytes, once they are in memory. */
  bytes: Uint8Array | null;
  readonly #read: (from: number, length: number) => Promise<Uint8Array>;

  /** Bytes at hand, or a way to read them. */
  constructor(
    input: Input,
    length: number,
    bytes: Uint8Array | null,
    read: (from: number, length: number) => Promise<Uint8Array> = () => Promise.resolve(bytes!),
  ) {
    this.input = input;
    this.length = length;
    this.bytes = bytes;
    this.#read = read;
  }

  /** A part of a file as it lies there. */
  static of(input: Input, offset: number, length: number, what: string): Stretch {
    input.check(offset, length, what);
    return new Stretch(
      input,
      length,
      input.bytes?.subarray(offset, offset + length) ?? null,
      (from, size) => input.read(offset + from, size, what),
    );
  }

  /** Reads all of it. */
  async read(): Promise<Uint8Array> {
    return this.bytes ??= await this.#read(0, this.length);
  }

  /** Reads a part, without keeping it. */
  async part(from: number, length: number): Promise<Uint8Array> {
    return this.bytes ? this.bytes.subarray(from, from + length) : await this.#read(from, length);
  }
}

/** Where the elements of a tensor lie in its stretch, in elements. */
export interface Layout {
  /** First element. */
  readonly offset: number;
  /** Steps per dimension. */
  readonly strides: readonly number[];
}

/**
 * A tensor of a file. It is what `loadStateDict` takes; `toTensor()` uploads it.
 * @example
 * const weights = await w.io.safetensors.load("model.safetensors");
 * model.loadStateDict(weights);
 * const embedding = weights.get("0.weight")!.toTensor();
 */
export class StoredTensor {
  /** Name in the file, or "". */
  readonly name: string;
  /** Element type in the file. */
  readonly stored: StoredDType;
  /** Size per dimension. */
  readonly shape: Shape;
  /** Number of elements. */
  readonly numel: number;
  readonly #stretch: Stretch;
  readonly #layout: Layout;
  #dense: Uint8Array | null = null;
  #data: HostArray | null = null;

  /**
   * Made by readers, which have checked what the file says about itself as far as the stretch.
   * @throws {FormatError} when elements lie outside the stretch
   * @internal
   */
  constructor(name: string, stored: StoredDType, shape: Shape, stretch: Stretch, layout?: Layout) {
    this.name = name;
    this.stored = stored;
    this.shape = shape;
    this.#stretch = stretch;
    this.numel = shape.reduce((a, b) => a * b, 1);
    this.#layout = layout ?? { offset: 0, strides: contiguousStrides(shape) };
    const { offset, strides } = this.#layout;
    const whole = [...shape, ...strides, offset, this.numel].every((v) => Number.isSafeInteger(v) && v >= 0);
    const last = shape.reduce((sum, size, i) => sum + (size - 1) * strides[i], offset);
    const held = Math.floor(stretch.length / storedBytes(stored));
    if (!whole || shape.length !== strides.length || (this.numel > 0 && !(last < held)) || offset > held) {
      stretch.input.fail(
        `tensor ${this.#title()} of shape ${show(shape)}, strides ${
          show(strides)
        } and offset ${offset} leaves its storage`,
        `all elements among its ${held}`,
      );
    }
  }

  /** A tensor of host data, for writing or for `loadStateDict`. */
  static of(data: RawArray, shape: Shape, stored: StoredDType, name = ""): StoredTensor {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const numel = shape.reduce((a, b) => a * b, 1);
    if (numel * storedBytes(stored) !== bytes.length) {
      throw new ShapeError(
        `Cannot make a tensor ${show(shape)} of ${stored}: ${bytes.length} bytes are not that many`,
        {
          op: "StoredTensor.of",
          shapes: [shape],
        },
      );
    }
    return new StoredTensor(name, stored, shape, new Stretch(Input.ofBytes(bytes), bytes.length, bytes));
  }

  /**
   * Where the bytes are.
   * @internal
   */
  get stretch(): Stretch {
    return this.#stretch;
  }

  /** Element type of the tensor that {@link toTensor} makes; "f32" for the complex types, which it refuses. */
  get dtype(): Exclude<DType, "f16"> {
    return tensorDType(this.stored) ?? "f32";
  }

  /** Number of dimensions. */
  get ndim(): number {
    return this.shape.length;
  }

  /** Bytes of the elements, dense. */
  get byteLength(): number {
    return this.numel * storedBytes(this.stored);
  }

  /** False while the bytes are still in the file only. */
  get isRead(): boolean {
    return this.stretch.bytes !== null;
  }

  /** Brings the bytes into memory; tensors that share them are read with it. */
  async read(): Promise<this> {
    await this.stretch.read();
    return this;
  }

  /**
   * The elements' bytes, row-major and little-endian: a view of the file's where they lie so.
   * @throws {StateError} before they were read
   * @throws {FormatError} when repeating elements (strides of 0) would fill the memory
   */
  get bytes(): Uint8Array {
    if (this.#dense) return this.#dense;
    const { stretch: { bytes, input } } = this, { offset, strides } = this.#layout, size = storedBytes(this.stored);
    if (!bytes) {
      throw new StateError(`Cannot use tensor ${this.#title()}: it was not read yet; call await tensor.read()`, {
        op: "bytes",
      });
    }
    if (this.numel === 0 || isContiguous(this.shape, strides)) {
      return this.#dense = bytes.subarray(offset * size, offset * size + this.byteLength);
    }
    input.charge(this.byteLength, `tensor ${this.#title()} of shape ${show(this.shape)}`);
    return this.#dense = gather(bytes, size, this.shape, this.#layout);
  }

  /** The elements as they are stored; f16 and bf16 as their bits. */
  get raw(): RawArray {
    return rawArray(this.bytes, this.stored);
  }

  /**
   * The elements as a tensor of `dtype` takes them.
   * @throws {ValueError} for an i64 or u64 beyond 32 bits and an f64 beyond f32; `raw` has them
   * @throws {DTypeError} for complex numbers
   */
  get data(): HostArray {
    return this.#data ??= hostArray(this.raw, this.stored, `tensor ${this.#title()}`);
  }

  /**
   * Rows `from` to `to` of the first dimension; of a tensor not yet read, only they are read.
   * @throws {ShapeError} for rows that it does not have
   */
  async rows(from: number, to: number): Promise<StoredTensor> {
    const [count] = this.shape, { offset, strides } = this.#layout, size = storedBytes(this.stored);
    if (!this.ndim || !(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= count)) {
      throw new ShapeError(`Cannot take rows ${from} to ${to} of ${show(this.shape)}: wanted 0 <= from <= to <= rows`, {
        op: "rows",
        shapes: [this.shape],
      });
    }
    const shape = [to - from, ...this.shape.slice(1)];
    if (!this.isRead && isContiguous(this.shape, strides)) {
      const row = this.byteLength / Math.max(1, count);
      const bytes = await this.stretch.part(offset * size + from * row, (to - from) * row);
      return new StoredTensor(this.name, this.stored, shape, new Stretch(this.stretch.input, bytes.length, bytes));
    }
    await this.read();
    return new StoredTensor(this.name, this.stored, shape, this.stretch, {
      offset: offset + from * strides[0],
      strides,
    });
  }

  /**
   * The same elements with the dimensions in another order, the reverse one by default.
   * @throws {ShapeError} for an order that does not name every dimension once
   */
  permute(order: readonly number[] = this.shape.map((_, i) => this.ndim - 1 - i)): StoredTensor {
    if (order.length !== this.ndim || this.shape.some((_, i) => !order.includes(i))) {
      throw new ShapeError(`Cannot permute ${show(this.shape)} by ${show(order)}: wanted every dimension once`, {
        op: "permute",
        shapes: [this.shape],
      });
    }
    const { offset, strides } = this.#layout;
    return new StoredTensor(this.name, this.stored, order.map((i) => this.shape[i]), this.stretch, {
      offset,
      strides: order.map((i) => strides[i]),
    });
  }

  /** The same tensor under another name and, if given, in another shape of as many elements, for dense tensors. */
  named(name: string, shape: Shape = this.shape): StoredTensor {
    if (shape === this.shape) return new StoredTensor(name, this.stored, shape, this.stretch, this.#layout);
    const { bytes } = this, held = new Stretch(this.stretch.input, bytes.length, bytes);
    if (shape.reduce((a, b) => a * b, 1) !== this.numel) {
      throw new ShapeError(`Cannot reshape ${show(this.shape)} to ${show(shape)}: the numbers of elements differ`, {
        op: "named",
        shapes: [this.shape, shape],
      });
    }
    return new StoredTensor(name, this.stored, shape, held);
  }

  /** Whether both are the same elements of the same bytes. */
  isSame(other: StoredTensor): boolean {
    return this.stretch === other.stretch && this.stored === other.stored && show(this.shape) === show(other.shape) &&
      this.#layout.offset === other.#layout.offset && show(this.#layout.strides) === show(other.#layout.strides);
  }

  /**
   * A tensor on the GPU with these values.
   * @param options `dtype` other than the natural one, device, requiresGrad
   * @throws {StateError} before the bytes were read
   */
  toTensor(options: TensorOptions = {}): Tensor<DType> {
    return tensor(this.data, { ...options, shape: this.shape, dtype: options.dtype ?? this.dtype });
  }

  #title(): string {
    return this.name ? `"${this.name}"` : "of the file";
  }
}

/** Elements in row-major order, dense. */
function gather(bytes: Uint8Array, size: number, shape: Shape, { offset, strides }: Layout): Uint8Array {
  const all = new Uint8Array(shape.reduce((a, b) => a * b, 1) * size);
  const inner = shape.at(-1)!, step = strides.at(-1)! * size;
  const index = shape.map(() => 0);
  for (let at = 0, start = offset * size; at < all.length;) {
    for (let i = 0, from = start; i < inner; i++, from += step) {
      for (let b = 0; b < size; b++) all[at++] = bytes[from + b];
    }
    for (let d = shape.length - 2; d >= 0; d--) {
      start += strides[d] * size;
      if (++index[d] < shape[d]) break;
      start -= shape[d] * strides[d] * size;
      index[d] = 0;
    }
  }
  return all;
}
