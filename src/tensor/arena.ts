/**
 * Parameters live in arenas: one buffer for many parameters, a parallel one for their gradients, and more parallel ones
 * for an optimiser's state. An optimiser step, a norm or a clip is then a few dispatches, however many parameters there
 * are. A parameter never changes its place.
 * @module
 */
import { DTypeError, ShapeError } from "../errors.ts";
import { getDevice } from "../gpu/default.ts";
import type { Device } from "../gpu/device.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import { type PooledBuffer, Storage } from "../gpu/storage.ts";
import { assign } from "./walk.ts";
import { type DType, ELEMENT_BYTES } from "./dtype.ts";
import { keep } from "./scope.ts";
import { checkShape, numel, type Shape, show } from "./shape.ts";
import { Tensor } from "./tensor.ts";

/** Parameters start at multiples of this many bytes. */
export const BLOCK_BYTES = 256;
/** Elements of a block. */
export const BLOCK = BLOCK_BYTES / ELEMENT_BYTES;

const FIRST_SHARED = 1 << 20, LAST_SHARED = 1 << 24, ALONE = 1 << 22;

/** One buffer of parameters and the parallel buffer of their gradients. */
export class Arena {
  /** Device of the buffers. */
  readonly device: Device;
  /** Parameters. */
  readonly values: PooledBuffer;
  /** Bytes in use from the start. */
  used = 0;
  /** All values as one binding: what optimisers write. */
  readonly whole: Storage;
  /** True for the arena of one large parameter. */
  readonly alone: boolean;
  /** Called whenever a parameter has gone: holders of parallel buffers see whether they still need them. */
  readonly onRelease: Set<() => void> = new Set();
  #gradients: PooledBuffer | null = null;
  #wholeGradients: Storage | null = null;
  #live = 0;

  /** @param bytes capacity @param alone whether one parameter takes all of it */
  constructor(device: Device, bytes: number, alone: boolean) {
    this.device = device;
    this.alone = alone;
    this.values = device.pool.take(bytes);
    this.whole = Storage.within(device, this.values, 0, this.values.bytes, () => {});
  }

  /** All gradients as one binding: what optimisers read, what norms and clipping walk over. */
  get wholeGradients(): Storage {
    return this.#wholeGradients ??= Storage.within(this.device, this.gradients, 0, this.values.bytes, () => {});
  }

  /** A new zeroed buffer at whose offsets an optimiser keeps its state; the caller releases it. */
  parallel(): Storage {
    const storage = Storage.allocate(this.device, this.values.bytes);
    zeroBuffer(this.device, storage.buffer);
    return storage;
  }

  /** Gradients, at the same offsets as the values; zero until written. */
  get gradients(): PooledBuffer {
    if (!this.#gradients) {
      this.#gradients = this.device.pool.take(this.values.bytes);
      zeroBuffer(this.device, this.#gradients);
    }
    return this.#gradients;
  }

  /** True when `bytes` more fit. */
  fits(bytes: number): boolean {
    return this.used + bytes <= this.values.bytes;
  }

  /** Claims the next bytes; the tail of the last block is zero, as optimisers walk over whole blocks. */
  claim(bytes: number): Storage {
    const at = this.used;
    this.used += Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
    this.#live++;
    return Storage.within(this.device, this.values, at, bytes, () => this.#free());
  }

  /** A claim on the gradient bytes that belong to a parameter. */
  gradient(parameter: Storage): Storage {
    return Storage.within(this.device, this.gradients, parameter.byteOffset, parameter.bytes, () => {});
  }

  #free(): void {
    for (const look of [...this.onRelease]) look();
    if (--this.#live > 0) return;
    arenasOf(this.device).delete(this);
    this.device.pool.give(this.values);
    if (this.#gradients) this.device.pool.give(this.#gradients);
    this.#gradients = this.#wholeGradients = null;
  }
}

function zeroBuffer(device: Device, buffer: PooledBuffer): void {
  const storage = Storage.within(device, buffer, 0, buffer.bytes, () => {});
  const limit = Math.floor(device.limits.maxStorageBufferBindingSize / BLOCK_BYTES) * BLOCK_BYTES;
  for (let byteOffset = 0; byteOffset < buffer.bytes; byteOffset += limit) {
    const byteLength = Math.min(limit, buffer.bytes - byteOffset), words = byteLength / ELEMENT_BYTES;
    device.recorder.dispatch(kernels.fill.bits, { out: { storage, byteOffset, byteLength } }, { n: words, bits: 0 }, {
      workgroups: Math.ceil(words / 64),
      label: "arena",
    });
  }
}

/** Arenas that take further parameters, the newest last. */
function arenasOf(device: Device): Set<Arena> {
  let arenas = device.extras.get("arenas") as Set<Arena> | undefined;
  if (!arenas) device.extras.set("arenas", arenas = new Set());
  return arenas;
}

/**
 * Memory for a parameter: a large one gets an arena of its own and of its size, small ones share arenas that double from
 * 1 to 16 MiB. So little lies idle, gradients and optimiser state included.
 */
function place(device: Device, bytes: number): { arena: Arena; storage: Storage } {
  const shared = arenasOf(device);
  let last: Arena | undefined;
  for (const arena of shared) last = arena;
  if (bytes >= ALONE || !last?.fits(bytes)) {
    const size = bytes >= ALONE ? bytes : last ? Math.min(LAST_SHARED, 2 * last.values.bytes) : FIRST_SHARED;
    const arena = new Arena(device, Math.max(size, bytes), bytes >= ALONE);
    zeroBuffer(device, arena.values);
    if (bytes < ALONE) shared.add(arena);
    last = arena;
  }
  return { arena: last, storage: last.claim(bytes) };
}

/** What a {@link Parameter} is made from where there is no tensor to copy. */
export interface ParameterSource {
  /** Shape. */
  readonly shape: Shape;
  /** Values in row-major order; zeros by default. */
  readonly data?: ArrayLike<number>;
  /** Device; the default device by default. */
  readonly device?: Device;
}

/**
 * A trainable f32 tensor. It lives in an arena beside the other parameters, so that an optimiser step is a few
 * dispatches; it never changes its place, and no scope releases it. Modules register the parameters that are assigned
 * to their fields.
 * @example
 * const scale = new w.nn.Parameter(w.ones([4]));
 * const shift = new w.nn.Parameter({ shape: [4] }); // zeros
 */
export class Parameter extends Tensor<"f32"> {
  /** Arena of values and gradients. */
  readonly arena: Arena;
  #hasGrad = false;
  #view: Tensor | null = null;

  /**
   * Copies a tensor's values (the tensor stays the caller's), or takes a shape with or without values.
   * @throws {ShapeError} when a size is below 1, or `data` is not as long as `shape` says
   * @throws {DTypeError} for a tensor of another type than f32
   */
  constructor(source: Tensor | ParameterSource, { requiresGrad = true }: { requiresGrad?: boolean } = {}) {
    const { shape } = source, data = source instanceof Tensor ? undefined : source.data;
    checkShape(shape, "Parameter", "make a parameter of shape");
    if (source instanceof Tensor && source.dtype as DType !== "f32") {
      throw new DTypeError(
        `Cannot make a parameter of tensor ${show(shape)}: it is ${source.dtype}, wanted f32; convert it with to()`,
        {
          op: "Parameter",
          shapes: [shape],
          value: source.dtype,
        },
      );
    }
    if (data && data.length !== numel(shape)) {
      throw new ShapeError(
        `Cannot make a parameter ${show(shape)} of ${data.length} values: ${numel(shape)} are wanted`,
        {
          op: "Parameter",
          shapes: [shape],
          value: data.length,
        },
      );
    }
    const { arena, storage } = place(source.device ?? getDevice("make a parameter"), numel(shape) * ELEMENT_BYTES);
    super(storage, "f32", [...shape]);
    keep(this);
    this.arena = arena;
    if (source instanceof Tensor) assign(this, source);
    else if (data) storage.device.upload(storage, Float32Array.from(data));
    this.requiresGrad_(requiresGrad);
  }

  /** The gradient slot in the arena, or null while nothing was accumulated. */
  override get grad(): Tensor | null {
    return this.#hasGrad ? this.gradSlot : null;
  }

  /** Null forgets the gradient; another tensor's values are copied into the slot, the tensor stays the caller's. */
  override set grad(value: Tensor | null) {
    if (value !== null && value !== this.#view) {
      this.checkGrad(value);
      assign(this.gradSlot, value);
    }
    this.#hasGrad = value !== null;
  }

  /** The slot whether or not it holds a gradient. */
  get gradSlot(): Tensor {
    this.#view ??= keep(new Tensor(this.arena.gradient(this.storage), "f32", this.shape));
    return this.#view;
  }

  /** Releases the slot and the place in the arena. */
  override dispose(): void {
    if (this.disposed) return;
    this.#view?.dispose();
    this.#view = null;
    this.#hasGrad = false;
    super.dispose();
  }
}
