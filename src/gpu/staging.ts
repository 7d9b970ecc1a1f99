/**
 * Buffers through which the processor reads what the GPU computed.
 *
 * Deno (2.9) waits for the GPU inside `mapAsync`, and then sleeps for ten milliseconds before the promise resolves. The
 * bytes can be taken before that. Anywhere else `getMappedRange` throws then, as the standard says, and the promise
 * counts. See docs/decisions/0008-reading.md.
 * @module
 */
import { isDeno } from "../platform/env.ts";

/** A buffer that can be mapped. */
export interface StagingBuffer {
  /** The buffer: MAP_READ and COPY_DST. */
  readonly gpu: GPUBuffer;
  /** Size. */
  readonly bytes: number;
  /** True once it was mapped: Deno panics when bytes are taken early from a buffer that never was. */
  mapped: boolean;
}

const LARGE = 2 ** 24, BREATH_MS = 20;

/** Staging buffers of a device, used again by size. */
export class Staging {
  readonly #gpu: GPUDevice;
  readonly #lost: Promise<never>;
  readonly #free = new Map<number, StagingBuffer[]>();
  #breath = 0;

  /** @param lost rejects when the device is lost */
  constructor(gpu: GPUDevice, lost: Promise<never>) {
    this.#gpu = gpu;
    this.#lost = lost;
  }

  /** A buffer of at least so many bytes. */
  take(wanted: number): StagingBuffer {
    const bytes = 2 ** Math.ceil(Math.log2(wanted));
    const free = this.#free.get(bytes)?.pop();
    return free ?? { gpu: this.#gpu.createBuffer({ size: bytes, usage: 0x1 | 0x8 }), bytes, mapped: false }; // MAP_READ | COPY_DST
  }

  /**
   * Calls `use` with the first bytes of a buffer when everything submitted so far is done; they are gone afterwards, and
   * the buffer is free.
   * @throws the reason of a lost device
   */
  async read<T>(buffer: StagingBuffer, bytes: number, use: (mapped: ArrayBuffer) => T): Promise<T> {
    const { gpu } = buffer, mapping = gpu.mapAsync(1, 0, bytes);
    let mapped = isDeno && buffer.mapped ? early(gpu, bytes) : null;
    if (mapped) mapping.catch(() => {}); // unmapping ends it
    else {
      await Promise.race([mapping, this.#lost]);
      mapped = gpu.getMappedRange(0, bytes);
      buffer.mapped = true;
      this.#breath = performance.now();
    }
    const result = use(mapped);
    gpu.unmap();
    this.#give(buffer);
    await this.#breathe();
    return result;
  }

  /** Timers and signals get their turn now and then: a loop of reads would starve them. */
  async #breathe(): Promise<void> {
    if (performance.now() - this.#breath < BREATH_MS) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#breath = performance.now();
  }

  #give(buffer: StagingBuffer): void {
    const free = this.#free.get(buffer.bytes);
    if (!free) this.#free.set(buffer.bytes, [buffer]);
    else if (free.length && buffer.bytes > LARGE) buffer.gpu.destroy(); // of the large ones one is enough
    else free.push(buffer);
  }
}

function early(gpu: GPUBuffer, bytes: number): ArrayBuffer | null {
  try {
    return gpu.getMappedRange(0, bytes);
  } catch {
    return null; // not mapped yet
  }
}
