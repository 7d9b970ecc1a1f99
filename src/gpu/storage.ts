/**
 * GPU memory: a Storage is a counted claim on (part of) a GPU buffer, and the pool hands buffers out and takes them
 * back. WebGPU buffers are never collected in practice, so every claim is counted and every release is explicit.
 * @module
 */
import type { Device } from "./device.ts";

/** One GPUBuffer or GPUTexture with what the caches need to know about it. */
export interface Pooled {
  /** The WebGPU object. */
  readonly gpu: GPUBuffer | GPUTexture;
  /** Unique in its device, never reused: the bind-group cache keys on it. */
  readonly id: number;
  /** Bytes of the size class. */
  readonly bytes: number;
  /** Number of the batch that used it last: an upload into a buffer of the open batch must flush first. */
  usedInBatch: number;
  /** Keys of cached bind groups that name this buffer; dropped with it. */
  bindGroups: Set<string> | null;
}

/** A buffer of the pool. */
export interface PooledBuffer extends Pooled {
  readonly gpu: GPUBuffer;
}

/** A texture of the pool: a list of 4-vectors that software adapters load from several times faster than from a buffer. */
export interface PooledTexture extends Pooled {
  readonly gpu: GPUTexture;
  /** All of it. */
  readonly view: GPUTextureView;
}

/** Vectors in a row of a texture. Vector i is texel (i % 4096, i / 4096); WebGPU guarantees 8,192 rows. */
export const TEXTURE_ROW = 4096;

const MIB = 1 << 20;

/** Bytes that may lie unused however little was in use. */
const KEPT_FREE = 256 * MIB;

/** Rounds a byte count up to its size class: powers of two from 256 B to 1 MiB, then steps of an eighth of the power of two. */
export function sizeClass(bytes: number): number {
  if (bytes <= 256) return 256;
  const power = 2 ** Math.ceil(Math.log2(bytes));
  if (power <= MIB) return power;
  const step = power / 16; // an eighth of the power of two below
  return Math.ceil(bytes / step) * step;
}

/**
 * Free buffers by size class. The free buffer with the lowest id is taken first: a training step then gets the same
 * buffers as the step before, and every bind group is already cached.
 */
export class Pool {
  readonly #device: Device;
  readonly #free = new Map<number, Pooled[]>(); // each list sorted by descending id: the lowest is popped
  #nextId = 1;
  /** Bytes handed out. */
  bytesInUse = 0;
  /** Buffers handed out. */
  buffersInUse = 0;
  /** Bytes waiting for reuse. */
  bytesFree = 0;
  /** Largest `bytesInUse` since {@link resetPeak}. */
  peakBytes = 0;

  /** @param device owner of the buffers */
  constructor(device: Device) {
    this.#device = device;
  }

  /** Starts a new peak measurement at the bytes in use now. */
  resetPeak(): void {
    this.peakBytes = this.bytesInUse;
  }

  /** Bytes of GPU memory held: in use and free. */
  get bytesHeld(): number {
    return this.bytesInUse + this.bytesFree;
  }

  /** Takes a buffer of at least `bytes` bytes; its content is undefined. */
  take(bytes: number): PooledBuffer {
    const size = sizeClass(bytes), free = this.#taken(size, this.#free.get(size)?.pop() as PooledBuffer);
    if (free) return free;
    this.#shrink();
    return this.#taken(size, this.#device.createBuffer(size, this.#nextId++), true)!;
  }

  /** Takes a texture of at least `vectors` 4-vectors; its content is undefined. */
  takeTexture(vectors: number): PooledTexture {
    const rows = 2 ** Math.ceil(Math.log2(Math.ceil(vectors / TEXTURE_ROW) || 1)), size = rows * TEXTURE_ROW * 16;
    const free = this.#taken(size, this.#free.get(-size)?.pop() as PooledTexture);
    if (free) return free;
    this.#shrink();
    return this.#taken(size, this.#device.createTexture(rows, this.#nextId++), true)!;
  }

  #taken<T extends Pooled>(size: number, pooled: T | undefined, fresh = false): T | undefined {
    if (!pooled) return undefined;
    if (!fresh) this.bytesFree -= size;
    this.bytesInUse += size;
    this.buffersInUse++;
    if (this.bytesInUse > this.peakBytes) this.peakBytes = this.bytesInUse;
    return pooled;
  }

  /** Gives a buffer or texture back. Commands already recorded still see their data: later commands run after them. */
  give(buffer: Pooled): void {
    this.bytesInUse -= buffer.bytes;
    this.buffersInUse--;
    if (!this.#device.options.pool) return this.#device.destroyAfterFlush(buffer);
    this.bytesFree += buffer.bytes;
    const key = "view" in buffer ? -buffer.bytes : buffer.bytes, free = this.#free.get(key);
    if (!free) {
      this.#free.set(key, [buffer]);
      return;
    }
    let low = 0, high = free.length; // first place whose id is below ours
    while (low < high) {
      const middle = (low + high) >> 1;
      if (free[middle].id > buffer.id) low = middle + 1;
      else high = middle;
    }
    free.splice(low, 0, buffer);
  }

  /**
   * Before something new is made: when more lies unused than was ever in use at once, what was not used for longest is
   * destroyed. Training steps of one size make nothing new; those of ever new lengths would keep a buffer for each.
   */
  #shrink(): void {
    const most = Math.max(KEPT_FREE, this.peakBytes);
    if (this.bytesFree <= most) return;
    const all = [...this.#free.values()].flat().sort((a, b) => a.usedInBatch - b.usedInBatch);
    for (const buffer of all) {
      if (this.bytesFree <= most / 2) break;
      const list = this.#free.get("view" in buffer ? -buffer.bytes : buffer.bytes)!;
      list.splice(list.indexOf(buffer), 1);
      this.bytesFree -= buffer.bytes;
      this.#device.destroyAfterFlush(buffer);
    }
  }

  /** Destroys every free buffer (after the open batch). */
  trim(): void {
    for (const list of this.#free.values()) for (const buffer of list) this.#device.destroyAfterFlush(buffer);
    this.#free.clear();
    this.bytesFree = 0;
  }
}

/** Smallest and largest of uploaded values, and the element numbers where they stand if known. */
export type ValueRange = readonly [min: number, max: number, minAt?: number, maxAt?: number];

/** A counted claim on bytes of a buffer: tensors, saved activations and pending reads hold one count each. */
export class Storage {
  /** Device of the buffer. */
  readonly device: Device;
  /** Buffer that holds the bytes. */
  readonly buffer: PooledBuffer;
  /** First byte, a multiple of 256. */
  readonly byteOffset: number;
  /** Bytes that belong to this storage. */
  readonly bytes: number;
  /** Raised by every change in place; a saved tensor whose version moved cannot be differentiated. */
  version = 0;
  /** Smallest and largest value known on the host (uploaded integers), for range checks before GPU work. */
  range: ValueRange | null = null;
  /** Set when the batch that was to write this storage failed. */
  poison: Error | null = null;
  #count = 1;
  readonly #onFree: (storage: Storage) => void;

  private constructor(
    device: Device,
    buffer: PooledBuffer,
    byteOffset: number,
    bytes: number,
    onFree: (s: Storage) => void,
  ) {
    this.device = device;
    this.buffer = buffer;
    this.byteOffset = byteOffset;
    this.bytes = bytes;
    this.#onFree = onFree;
  }

  /** A storage with a buffer of its own, out of the pool. */
  static allocate(device: Device, bytes: number): Storage {
    return new Storage(device, device.pool.take(Math.max(bytes, 4)), 0, bytes, giveBack);
  }

  /** A storage inside a buffer that somebody else owns (a parameter arena). */
  static within(
    device: Device,
    buffer: PooledBuffer,
    byteOffset: number,
    bytes: number,
    onFree: (s: Storage) => void,
  ): Storage {
    return new Storage(device, buffer, byteOffset, bytes, onFree);
  }

  /** Holders of this storage. */
  get count(): number {
    return this.#count;
  }

  /** One more holder. */
  retain(): this {
    this.#count++;
    return this;
  }

  /** One holder less; the last one gives the bytes back. */
  release(): void {
    if (--this.#count === 0) this.#onFree(this);
  }
}

function giveBack(storage: Storage): void {
  storage.device.released(storage);
  storage.device.pool.give(storage.buffer);
}
