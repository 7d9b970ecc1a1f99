/**
 * A Tensor is a handle: a shape and strides over a counted Storage, and a place in the graph of gradients. Operations
 * are added to it by `ops/methods.ts`; here is what every tensor has without them.
 * @module
 */
import { DeviceError, DTypeError, ShapeError, StateError } from "../errors.ts";
import type { Device } from "../gpu/device.ts";
import { userLine } from "../gpu/recorder.ts";
import { Storage } from "../gpu/storage.ts";
import type { GraphNode } from "../autograd/node.ts";
import {
  bytesOf,
  type DType,
  type FloatDType,
  fromWords,
  isFloat,
  type NestedArray,
  type TypedArrayOf,
} from "./dtype.ts";
import { currentScope, type Scope } from "./scope.ts";
import { contiguousStrides, isContiguous, numel, sameShape, type Shape, show } from "./shape.ts";

/** Debug level 2: what to say when a tensor is collected that nobody disposed. */
const leaks = new FinalizationRegistry<{ text: string; disposed: boolean }>((held) => {
  if (!held.disposed) console.warn(`wgrad: ${held.text} was never disposed; wrap its maker in w.tidy()`);
});

/**
 * An n-dimensional array on the GPU.
 * @typeParam D element type; `Tensor` alone is one of the float types, f32 nearly always
 */
export class Tensor<D extends DType = FloatDType> {
  /** Element type. */
  readonly dtype: D;
  /** Size per dimension; `[]` for a scalar. */
  readonly shape: Shape;
  /** Step in elements per dimension. */
  readonly strides: readonly number[];
  /** First element, counted from the start of the storage. */
  readonly offset: number;
  /** Number of elements. */
  readonly numel: number;
  /** Scope that will dispose this tensor; null when nobody will. */
  owner: Scope | null = null;
  /**
   * Node whose output this is; null for leaves and constants.
   * @internal
   */
  node: GraphNode | null = null;
  /** Which output of `node`. */
  outputIndex = 0;
  /**
   * Node that accumulates into `grad`, for leaves.
   * @internal
   */
  accumulator: GraphNode | null = null;
  #storage: Storage | null;
  #requiresGrad = false;
  #grad: Tensor | null = null;
  #end = "";
  #watch: { text: string; disposed: boolean } | null = null;

  /**
   * Takes over one count of `storage`. Users make tensors with `w.tensor`, `w.zeros` and the operations.
   * @internal
   */
  constructor(storage: Storage, dtype: D, shape: Shape, strides?: readonly number[], offset = 0) {
    this.#storage = storage;
    this.dtype = dtype;
    this.shape = shape;
    this.strides = strides ?? contiguousStrides(shape);
    this.offset = offset;
    this.numel = numel(shape);
    currentScope()?.adopt(this as unknown as Tensor<DType>);
    if (storage.device.options.debug >= 2) {
      this.#watch = { text: `tensor ${show(shape)} made${userLine() || " by wgrad"}`, disposed: false };
      leaks.register(this, this.#watch);
    }
  }

  /**
   * The memory.
   * @throws {StateError} after dispose
   * @internal
   */
  get storage(): Storage {
    return this.#storage ?? this.use("use");
  }

  /**
   * The memory, for an operation that errors shall name.
   * @param op the operation @param doing what it does, where the name is no verb
   * @throws {StateError} after dispose
   * @internal
   */
  use(op: string, doing: string = op): Storage {
    if (!this.#storage) {
      throw new StateError(
        `Cannot ${doing} tensor ${
          show(this.shape)
        } (${this.dtype}): it was disposed${this.#end}; return it from w.tidy() or w.keep() it`,
        { op, shapes: [this.shape] },
      );
    }
    return this.#storage;
  }

  /** Device of the memory. */
  get device(): Device {
    return this.storage.device;
  }

  /** True after {@link dispose}. */
  get disposed(): boolean {
    return this.#storage === null;
  }

  /** Number of dimensions. */
  get ndim(): number {
    return this.shape.length;
  }

  /** First byte in the buffer. */
  get byteOffset(): number {
    return this.storage.byteOffset + this.offset * bytesOf(this.dtype);
  }

  /** Bytes of the elements. */
  get byteLength(): number {
    return this.numel * bytesOf(this.dtype);
  }

  /** True when the elements lie dense and row-major. */
  get isContiguous(): boolean {
    return isContiguous(this.shape, this.strides);
  }

  /** Size of one dimension, negative axes counted from the end. */
  size(dim: number): number {
    const size = this.shape.at(dim);
    if (size === undefined) {
      throw new ShapeError(`Cannot take size(${dim}) of ${show(this.shape)}: no such dim`, {
        op: "size",
        shapes: [this.shape],
      });
    }
    return size;
  }

  /** True when `backward()` will reach this tensor. */
  get requiresGrad(): boolean {
    return this.#requiresGrad;
  }

  /** True for tensors that no operation with a gradient made. */
  get isLeaf(): boolean {
    return this.node === null;
  }

  /**
   * Asks for (or stops) gradients on a leaf.
   * @throws {DTypeError} for integers and bool
   * @throws {StateError} when stopping on a computed tensor: use `detach()`
   */
  requiresGrad_(value = true): this {
    if (value && !isFloat(this.dtype)) {
      throw new DTypeError(
        `Cannot require grad of a ${this.dtype} tensor ${show(this.shape)}: gradients exist for f32 and f16 only`,
        { op: "requiresGrad_", shapes: [this.shape] },
      );
    }
    if (!value && this.node) {
      throw new StateError("Cannot stop gradients of a computed tensor: use detach()", {
        op: "requiresGrad_",
        shapes: [this.shape],
      });
    }
    this.#requiresGrad = value;
    return this;
  }

  /**
   * Called by the graph: this tensor is an output of `node`.
   * @internal
   */
  attach(node: GraphNode, index: number): void {
    this.node = node.retain();
    this.outputIndex = index;
    this.#requiresGrad = true;
  }

  /** Gradient that `backward()` accumulated, or null. Owned by this tensor. */
  get grad(): Tensor | null {
    return this.#grad;
  }

  /**
   * Replaces the gradient; the old one is disposed.
   * @throws {ShapeError | DTypeError | StateError} unless the new one is of this tensor's type and shape and on its device
   */
  set grad(value: Tensor | null) {
    if (value) this.checkGrad(value);
    if (value === this.#grad) return;
    this.#grad?.dispose();
    if (value) value.owner = null;
    this.#grad = value;
  }

  /**
   * Throws unless a tensor can be the gradient of this one.
   * @internal
   */
  checkGrad(value: Tensor): void {
    const facts = { op: "grad", shapes: [value.shape, this.shape] };
    const what = `Cannot set grad ${show(value.shape)} of a tensor ${show(this.shape)}`;
    if (!sameShape(value.shape, this.shape)) throw new ShapeError(`${what}: the shapes must be equal`, facts);
    if (value.dtype as DType !== this.dtype) {
      throw new DTypeError(`${what}: it is ${value.dtype}, wanted ${this.dtype}`, facts);
    }
    if (value.use("grad", "set as grad").device !== this.use("grad", "set grad of").device) {
      throw new StateError(`${what}: it is on another device; copy its data()`, facts);
    }
  }

  /** The same memory without a place in the graph. */
  detach(): Tensor<D> {
    return new Tensor(this.use("detach").retain(), this.dtype, this.shape, this.strides, this.offset);
  }

  /**
   * Copies the elements to the host, in row-major order. Waits for the GPU.
   * @returns a typed array: Float32Array (for f16 too, which fits exactly), Int32Array, Uint32Array, or Uint8Array of 0 and 1 for bool
   */
  async data(): Promise<TypedArrayOf<D>> {
    const { shape, strides, dtype } = this, storage = this.use("data", "read");
    const { isContiguous: dense, byteOffset, byteLength, numel } = this,
      Words = dtype === "f16" ? Uint16Array : Uint32Array;
    const span = shape.reduce((n, size, i) => n + (size - 1) * strides[i], 1), before = byteOffset % 4; // copies are of words
    const bytes = await storage.device.read(storage, byteOffset - before, before + span * Words.BYTES_PER_ELEMENT);
    if (dense) return fromWords(before ? bytes.slice(before, before + byteLength) : bytes, dtype);
    const words = new Words(bytes), out = new Words(numel), index = new Array<number>(shape.length).fill(0);
    for (let i = 0, at = before / 2; i < out.length; i++) {
      out[i] = words[at];
      for (let d = shape.length - 1; d >= 0; d--) {
        at += strides[d];
        if (++index[d] < shape[d]) break;
        at -= strides[d] * shape[d];
        index[d] = 0;
      }
    }
    return fromWords(out.buffer, dtype);
  }

  /** The only element as a number (bool: a boolean). @throws {ShapeError} when there are more */
  async item(): Promise<D extends "bool" ? boolean : number> {
    if (this.numel !== 1) {
      throw new ShapeError(`Cannot take item() of ${show(this.shape)}: it has ${this.numel} elements, not 1`, {
        op: "item",
        shapes: [this.shape],
      });
    }
    const [value] = await this.data();
    return (this.dtype === "bool" ? value !== 0 : value) as D extends "bool" ? boolean : number;
  }

  /** The elements as nested arrays. */
  async toArray(): Promise<NestedArray<D extends "bool" ? boolean : number>> {
    const data = await this.data();
    const bool = this.dtype === "bool";
    const nest = (dim: number, at: number, size: number): NestedArray => {
      if (dim === this.ndim) return bool ? data[at] !== 0 : data[at];
      const step = size / this.shape[dim];
      return Array.from({ length: this.shape[dim] }, (_, i) => nest(dim + 1, at + i * step, step));
    };
    return nest(0, 0, this.numel) as NestedArray<D extends "bool" ? boolean : number>;
  }

  /** Releases the memory (other holders keep theirs) and the place in the graph. A second call does nothing. */
  dispose(): void {
    const storage = this.#storage;
    if (!storage) return;
    if (storage.device.options.debug >= 1) this.#end = userLine();
    this.#storage = null;
    this.owner = null;
    if (this.#watch) this.#watch.disposed = true;
    this.#grad?.dispose();
    this.#grad = null;
    this.node?.release();
    this.node = null;
    this.accumulator?.release();
    this.accumulator = null;
    storage.release();
  }

  /** `using t = ...` disposes here. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** `Tensor [2, 3] f32`. */
  toString(): string {
    return `Tensor ${show(this.shape)} ${this.dtype}${this.disposed ? " (disposed)" : ""}`;
  }

  /** What `console.log` shows in Deno: the values are on the GPU and need an await. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }
}

/** A tensor of any element type. */
export type AnyTensor = Tensor<DType>;

/** A new tensor with undefined content. @throws {DeviceError} for f16 on a device that has none */
export function empty<D extends DType>(device: Device, shape: Shape, dtype: D): Tensor<D> {
  if (dtype === "f16" && !device.features.has("shader-f16")) {
    const op = device.recorder.currentOp ?? "make a tensor";
    throw new DeviceError(
      `Cannot ${op} ${show(shape)} of type f16: ${
        device.options.f16
          ? `the adapter (${device.info.description}) has no shader-f16`
          : "w.init({ f16: false }) left it off"
      }; use f32`,
      { op, shapes: [shape] },
    );
  }
  const bytes = numel(shape) * bytesOf(dtype);
  const storage = Storage.allocate(device, bytes);
  device.recorder.allocated(bytes);
  return new Tensor(storage, dtype, shape);
}

/** Another handle on the same memory with another shape; no graph. */
export function alias<D extends DType>(
  t: Tensor<D>,
  shape: Shape,
  strides: readonly number[],
  offset: number = t.offset,
): Tensor<D> {
  return new Tensor(t.storage.retain(), t.dtype, shape, strides, offset);
}
