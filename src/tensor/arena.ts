/**
 * Parameters live in arenas: one buffer for many parameters, a parallel one for their gradients, and more parallel ones
 * for an optimiser's state. An optimiser step, a norm or a clip is then a few dispatches, however many parameters there
 * are. A parameter never changes its place.
 * @module
 */
import type { Device } from "../gpu/device.ts";
import { type PooledBuffer, Storage } from "../gpu/storage.ts";
import { ELEMENT_BYTES } from "./dtype.ts";
import { keep } from "./scope.ts";
import { numel, type Shape } from "./shape.ts";
import { alias, Tensor } from "./tensor.ts";
import { kernels } from "../gpu/kernels.gen.ts";

/** Parameters start at multiples of this many bytes. */
export const BLOCK_BYTES = 256;
/** Elements of a block. */
export const BLOCK = BLOCK_BYTES / ELEMENT_BYTES;

const FIRST_ARENA = 1 << 20;

/** One buffer of parameters and the parallel buffer of their gradients. */
export class Arena {
  /** Device of the buffers. */
  readonly device: Device;
  /** Parameters. */
  readonly values: PooledBuffer;
  /** Bytes in use from the start. */
  used = 0;
  #gradients: PooledBuffer | null = null;
  #live = 0;

  /** @param bytes capacity */
  constructor(device: Device, bytes: number) {
    this.device = device;
    this.values = device.pool.take(bytes);
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
    if (--this.#live > 0) return;
    arenasOf(this.device).delete(this);
    this.device.pool.give(this.values);
    if (this.#gradients) this.device.pool.give(this.#gradients);
    this.#gradients = null;
  }
}

function zeroBuffer(device: Device, buffer: PooledBuffer): void {
  const storage = Storage.within(device, buffer, 0, buffer.bytes, () => {});
  const words = buffer.bytes / 4;
  device.recorder.dispatch(kernels.fill.bits, { out: { storage, byteOffset: 0, byteLength: 0 } }, { n: words, bits: 0 }, {
    workgroups: Math.ceil(words / 64),
    label: "arena",
  });
}

function arenasOf(device: Device): Set<Arena> {
  let arenas = device.extras.get("arenas") as Set<Arena> | undefined;
  if (!arenas) device.extras.set("arenas", arenas = new Set());
  return arenas;
}

function place(device: Device, bytes: number): { arena: Arena; storage: Storage } {
  const arenas = arenasOf(device);
  let last: Arena | undefined;
  for (const arena of arenas) last = arena;
  if (!last?.fits(bytes)) {
    const limit = device.limits.maxStorageBufferBindingSize;
    const size = Math.max(bytes, Math.min(limit, last ? last.values.bytes * 2 : FIRST_ARENA));
    arenas.add(last = new Arena(device, size));
    zeroBuffer(device, last.values);
  }
  return { arena: last, storage: last.claim(bytes) };
}

/**
 * A trainable f32 tensor in an arena. Modules register the parameters that are assigned to their fields.
 */
export class Parameter extends Tensor<"f32"> {
  /** Arena of values and gradients. */
  readonly arena: Arena;
  #hasGrad = false;
  #view: Tensor | null = null;

  /** A parameter of undefined content on a device; `nn.Parameter` users give a tensor, see `ops/parameter.ts`. */
  constructor(device: Device, shape: Shape, requiresGrad = true) {
    const { arena, storage } = place(device, numel(shape) * ELEMENT_BYTES);
    super(storage, "f32", shape);
    keep(this);
    this.arena = arena;
    this.requiresGrad_(requiresGrad);
  }

  /** The gradient slot in the arena, or null while nothing was accumulated. */
  override get grad(): Tensor | null {
    return this.#hasGrad ? this.gradSlot : null;
  }

  /** Null forgets the gradient; a tensor is copied into the slot by the caller that owns the copy (autograd). */
  override set grad(value: Tensor | null) {
    if (value !== null && value !== this.#view) {
      throw new TypeError("Cannot assign a tensor to the grad of a parameter: copy into it with parameter.grad.copy_(), or call backward()");
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

/** A plain handle on a parameter's memory. */
export function valueOf(parameter: Parameter): Tensor {
  return alias(parameter as Tensor, parameter.shape, parameter.strides);
}
