/**
 * A Device owns everything that touches one GPU: memory, compiled kernels, the open batch, faults and the profiler.
 * There is no other state, so a device can be lost and another opened in the same process.
 * @module
 */
import { isDeno, os } from "../platform/env.ts";
import { DeviceError, StateError, ValueError } from "../errors.ts";
import { FAULT_BYTES, Faults } from "./faults.ts";
import { kernels } from "./kernels.gen.ts";
import { Pipelines } from "./pipelines.ts";
import { Pool, type Pooled, type PooledBuffer, type PooledTexture, type Storage, TEXTURE_ROW } from "./storage.ts";
import { Profiler } from "./profiler.ts";
import { Staging } from "./staging.ts";
import { broadcastsAmong8 } from "./subgroups.ts";
import { Recorder, type StagingCopy } from "./recorder.ts";

/** Options of {@link openDevice} and `w.init`. */
export interface DeviceOptions {
  /** Which adapter to prefer on a machine with two; the browser's choice by default. */
  powerPreference?: "low-power" | "high-performance";
  /**
   * 0 silent; 1 errors name the user's line; 2 also fills released buffers with NaN and reports tensors that were never
   * disposed; 3 also checks every result for NaN and Infinity. Default 0.
   */
  debug?: 0 | 1 | 2 | 3;
  /** Commands per submitted batch, 1 to 128. The numbers do not depend on it. Default 128. */
  maxBatch?: number;
  /** Reuse GPU buffers. Default true; false is for tests. */
  pool?: boolean;
  /** Ask for `shader-f16`, where the adapter has it: without it there are no f16 tensors. Default true. */
  f16?: boolean;
  /** `"adapter"` asks for the adapter's limits, `"default"` for WebGPU's guaranteed ones. Default `"adapter"`. */
  limits?: "adapter" | "default";
  /** An implementation to use in place of `navigator.gpu`. */
  gpu?: GPU;
}

/** What the adapter says about itself. */
export interface AdapterInfo {
  /** Human-readable name of adapter and driver. */
  readonly description: string;
  /** True for adapters that run on the processor (llvmpipe, SwiftShader): they want other kernel variants. */
  readonly software: boolean;
  /** True where the 8 lanes of a small workgroup can broadcast to each other; looked at on software adapters only. */
  readonly subgroups: boolean;
}

/** Memory in use, see `w.memory()`. */
export interface MemoryInfo {
  /** Bytes of buffers that hold tensors, parameters or saved activations. */
  bytes: number;
  /** Buffers that hold them. */
  buffers: number;
  /** Largest `bytes` so far. */
  peakBytes: number;
  /** Bytes held in all, free buffers of the pool included. */
  heldBytes: number;
  /** Bind groups in the cache. */
  bindGroups: number;
  /** Bind groups made since the device was opened. */
  bindGroupsCreated: number;
}

/** Limits that kernels and bindings depend on, by WebGPU's names. */
export interface Limits {
  /** Largest storage binding in bytes; 128 MiB are guaranteed. */
  maxStorageBufferBindingSize: number;
  /** Largest buffer in bytes; 256 MiB are guaranteed. */
  maxBufferSize: number;
  /** Storage buffers of one kernel; 8 are guaranteed. */
  maxStorageBuffersPerShaderStage: number;
  /** Workgroup memory in bytes; 16384 are guaranteed. */
  maxComputeWorkgroupStorageSize: number;
  /** Invocations of a workgroup; 256 are guaranteed. */
  maxComputeInvocationsPerWorkgroup: number;
  /** Invocations of a workgroup along x; 256 are guaranteed. */
  maxComputeWorkgroupSizeX: number;
  /** Workgroups along one dimension of a dispatch; 65535 are guaranteed. */
  maxComputeWorkgroupsPerDimension: number;
  /** Storage textures of one kernel; 4 are guaranteed. */
  maxStorageTexturesPerShaderStage: number;
}

const LIMITS: readonly (keyof Limits)[] = [
  "maxStorageBufferBindingSize",
  "maxBufferSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupsPerDimension",
  "maxStorageTexturesPerShaderStage",
];

/** Bytes that are staged together: with the fault word behind them, a power of two. */
const READ_BYTES = 2 ** 26 - 256;

/** A copy out of a buffer, and where it goes. */
type Copy = Omit<StagingCopy, "to">;

/** One open WebGPU device. */
export class Device {
  /** The WebGPU device. */
  readonly gpu: GPUDevice;
  /** Options in force. */
  readonly options: Required<Omit<DeviceOptions, "powerPreference" | "gpu">>;
  /** Adapter. */
  readonly info: AdapterInfo;
  /** Features that were granted. */
  readonly features: ReadonlySet<string>;
  /** Limits in force. */
  readonly limits: Limits;
  /**
   * Compiled kernels.
   * @internal
   */
  readonly pipelines: Pipelines;
  /**
   * Free and used buffers.
   * @internal
   */
  readonly pool: Pool;
  /**
   * The fault word.
   * @internal
   */
  readonly faults: Faults;
  /**
   * The open batch.
   * @internal
   */
  readonly recorder: Recorder;
  /**
   * Timestamps.
   * @internal
   */
  readonly profiler: Profiler;
  /** Error of an earlier batch or a lost device, thrown by the next public call. */
  failure: Error | null = null;
  /** Things other layers keep per device (parameter arenas, tables), by key. */
  readonly extras: Map<string, unknown> = new Map();
  #closed = false;
  readonly #staging: Staging;
  #doomed: Pooled[] = [];

  /** Use {@link openDevice}. */
  constructor(gpu: GPUDevice, info: AdapterInfo, options: DeviceOptions) {
    this.gpu = gpu;
    this.info = info;
    this.options = {
      debug: options.debug ?? 0,
      maxBatch: options.maxBatch ?? 128,
      pool: options.pool ?? true,
      f16: options.f16 ?? true,
      limits: options.limits ?? "adapter",
    };
    this.features = new Set(gpu.features as unknown as Iterable<string>);
    this.limits = Object.fromEntries(LIMITS.map((name) => [name, gpu.limits[name]])) as unknown as Limits;
    gpu.addEventListener("uncapturederror", (event) => {
      const { message } = (event as unknown as { error: { message: string } }).error;
      this.fail(new DeviceError(`Cannot go on: WebGPU reported an error: ${message}`));
    });
    const lost = gpu.lost.then<never>((lost) => {
      const error = new DeviceError(
        `Cannot go on: the GPU device was lost (${lost.reason}): ${lost.message}; open a new one with w.init()`,
      );
      if (!this.#closed) this.fail(error);
      throw error;
    });
    lost.catch(() => {});
    this.#staging = new Staging(gpu, lost);
    this.pipelines = new Pipelines(gpu, (error) => this.fail(error));
    this.pool = new Pool(this);
    this.faults = new Faults(this);
    this.profiler = new Profiler(this);
    this.recorder = new Recorder(this, this.options.maxBatch);
  }

  /** True after {@link close}. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Makes a storage buffer; used by the pool and by arenas.
   * @internal
   */
  createBuffer(bytes: number, id: number): PooledBuffer {
    if (this.failure) throw this.takeFailure();
    if (bytes > this.limits.maxBufferSize) {
      throw new DeviceError(
        `Cannot allocate ${bytes} bytes: the device allows ${this.limits.maxBufferSize} per buffer (maxBufferSize)`,
        {
          value: bytes,
        },
      );
    }
    const gpu = this.gpu.createBuffer({ size: bytes, usage: 0x80 | 0x40 | 0x8 | 0x4 }); // STORAGE | UNIFORM | COPY_DST | COPY_SRC
    return { gpu, id, bytes, usedInBatch: 0, bindGroups: null };
  }

  /**
   * Makes a texture of so many rows of 4-vectors; used by the pool.
   * @internal
   */
  createTexture(rows: number, id: number): PooledTexture {
    if (this.failure) throw this.takeFailure();
    const usage = 0x2 | 0x4 | 0x8; // COPY_DST | TEXTURE_BINDING | STORAGE_BINDING
    const gpu = this.gpu.createTexture({ size: [TEXTURE_ROW, rows], format: "rgba32float", usage });
    const bytes = rows * TEXTURE_ROW * 16;
    return { gpu, view: gpu.createView(), id, bytes, usedInBatch: 0, bindGroups: null };
  }

  /**
   * Writes host data into a storage; the open batch runs first when it uses that buffer.
   * @internal
   */
  upload(storage: Storage, data: ArrayBufferView<ArrayBuffer>, byteOffset = 0): void {
    if (this.failure) throw this.takeFailure();
    if (data.byteLength === 0) return; // Deno 2.9 ends the process on an empty write
    if (storage.buffer.usedInBatch === this.recorder.batch) this.recorder.flush();
    const at = storage.byteOffset + byteOffset;
    this.gpu.queue.writeBuffer(storage.buffer.gpu, at, data.buffer, data.byteOffset, data.byteLength);
  }

  /**
   * Reads bytes of a storage. The copy is recorded at once: what happens to the storage afterwards does not matter.
   * @throws {IndexError | NumericError} when a kernel before it met a bad value
   * @throws {DeviceError} when a batch was rejected or the device is lost
   * @internal
   */
  read(storage: Storage, byteOffset: number, bytes: number): Promise<ArrayBuffer> {
    if (storage.poison) throw storage.poison;
    return this.#stage([{ from: storage.buffer.gpu, offset: byteOffset, bytes, toOffset: 0 }], bytes);
  }

  /**
   * Reads pieces of storages; all copies are recorded at once, so the bytes are of one moment, and few flushes do for
   * many small pieces.
   * @param pieces first bytes and lengths, multiples of 4
   * @throws as {@link read}
   * @internal
   */
  async readAll(
    pieces: readonly { readonly storage: Storage; readonly byteOffset: number; readonly bytes: number }[],
  ): Promise<Uint8Array<ArrayBuffer>[]> {
    for (const { storage } of pieces) if (storage.poison) throw storage.poison;
    const groups: { copies: Copy[]; bytes: number; start: number }[] = [], starts: number[] = [];
    let total = 0;
    for (const { storage, byteOffset, bytes } of pieces) {
      starts.push(total);
      for (let done = 0; done < bytes;) { // a piece may go on in the next group
        let group = groups.at(-1);
        if (!group || group.bytes >= READ_BYTES) groups.push(group = { copies: [], bytes: 0, start: total });
        const part = Math.min(bytes - done, READ_BYTES - group.bytes);
        group.copies.push({
          from: storage.buffer.gpu,
          offset: byteOffset + done,
          bytes: part,
          toOffset: group.bytes,
        });
        group.bytes += part;
        done += part;
        total += part;
      }
    }
    const read = groups.map(({ copies, bytes }) => this.#stage(copies, bytes)); // records everything before the first wait
    const all = new Uint8Array(total);
    (await Promise.all(read)).forEach((bytes, i) => all.set(new Uint8Array(bytes), groups[i].start));
    return pieces.map(({ bytes }, i) => all.subarray(starts[i], starts[i] + bytes));
  }

  /** Submits the open batch and waits until the GPU has finished everything; raises pending faults. */
  async sync(): Promise<void> {
    await this.#stage([], 0);
  }

  /** Stores an error for the next public call; the first one wins. */
  fail(error: Error): void {
    this.failure ??= error;
  }

  /** The stored error. A lost device keeps it; other failures are reported once. */
  takeFailure(): Error {
    const failure = this.failure!;
    if (!this.#closed && !failure.message.includes("was lost")) this.failure = null;
    return failure;
  }

  /** Called by the recorder after each submit: buffers may be destroyed only now. */
  flushed(): void {
    for (const buffer of this.#doomed) {
      this.recorder.forget(buffer);
      buffer.gpu.destroy();
    }
    this.#doomed = [];
  }

  /**
   * Destroys a buffer once no recorded command can name it.
   * @internal
   */
  destroyAfterFlush(buffer: Pooled): void {
    this.#doomed.push(buffer);
    if (this.recorder.pending === 0) this.flushed();
  }

  /**
   * Called when the last holder of a storage let go; debug level 2 fills the bytes with NaN (also as f16).
   * @internal
   */
  released(storage: Storage): void {
    if (this.options.debug >= 2 && !this.#closed && !this.failure) fillWithNaN(this, storage);
  }

  /** Memory in use. */
  memory(): MemoryInfo {
    return {
      bytes: this.pool.bytesInUse,
      buffers: this.pool.buffersInUse,
      peakBytes: this.pool.peakBytes,
      heldBytes: this.pool.bytesHeld,
      bindGroups: this.recorder.bindGroups,
      bindGroupsCreated: this.recorder.bindGroupsCreated,
    };
  }

  /** Destroys the device; tensors on it can no longer be used. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.failure = new StateError("Cannot use this device: it was closed; open a new one with w.init()");
    this.recorder.destroy();
    this.gpu.destroy();
  }

  /** Copies with the fault word behind them into a staging buffer, and returns the copied bytes. */
  async #stage(copies: readonly Copy[], bytes: number): Promise<ArrayBuffer> {
    if (this.failure) throw this.takeFailure();
    const padded = Math.ceil(bytes / 16) * 16, all = padded + FAULT_BYTES, staging = this.#staging.take(all);
    const list: StagingCopy[] = copies.map((c) => ({ ...c, bytes: Math.ceil(c.bytes / 4) * 4, to: staging.gpu }));
    const fault = this.faults.binding.storage.buffer.gpu;
    list.push({ from: fault, offset: 0, bytes: FAULT_BYTES, to: staging.gpu, toOffset: padded });
    this.recorder.flush(list);
    const take = (mapped: ArrayBuffer) => [mapped.slice(0, bytes), new Uint32Array(mapped.slice(padded))] as const;
    const [result, words] = await this.#staging.read(staging, all, take).catch((cause) => {
      throw this.failure ? this.takeFailure() : cause;
    });
    await this.recorder.checked;
    const raised = this.faults.check(words);
    if (raised) throw raised;
    if (this.failure) throw this.takeFailure();
    return result;
  }
}

function fillWithNaN(device: Device, storage: Storage): void {
  const words = Math.ceil(storage.bytes / 4);
  device.recorder.dispatch(
    kernels.fill.bits,
    { out: { storage, byteOffset: storage.byteOffset, byteLength: 0 } },
    { n: words, bits: 0x7fc07fc0 },
    { workgroups: Math.ceil(words / 64), label: "release" },
  );
}

const INSTALL = os === "linux"
  ? "install a Vulkan driver (on Debian: apt-get install mesa-vulkan-drivers libvulkan1) and set DENO_WEBGPU_BACKEND=vulkan"
  : "install a current graphics driver";

/**
 * Opens a WebGPU device.
 * @throws {DeviceError} when there is no WebGPU, no adapter, or only an OpenGL fallback; the message says what to install
 * @throws {ValueError} for options outside their range
 */
export async function openDevice(options: DeviceOptions = {}): Promise<Device> {
  const { maxBatch = 128, debug = 0 } = options;
  if (!Number.isInteger(maxBatch) || maxBatch < 1 || maxBatch > 128) {
    throw new ValueError(`Cannot open a device: maxBatch is ${maxBatch}, wanted an integer from 1 to 128`, {
      op: "init",
      value: maxBatch,
    });
  }
  if (![0, 1, 2, 3].includes(debug)) {
    throw new ValueError(`Cannot open a device: debug is ${debug}, wanted 0, 1, 2 or 3`, { op: "init", value: debug });
  }
  const gpu = options.gpu ?? (globalThis.navigator as { gpu?: GPU } | undefined)?.gpu;
  if (!gpu) {
    throw new DeviceError(
      "Cannot open a device: this runtime has no WebGPU; use Deno 2.9 or newer, or a browser with WebGPU (Chrome 113, Safari 26, Firefox 141)",
      { op: "init" },
    );
  }
  const adapter = await gpu.requestAdapter({ powerPreference: options.powerPreference });
  if (!adapter) {
    throw new DeviceError(`Cannot open a device: WebGPU finds no adapter; ${INSTALL}`, { op: "init" });
  }
  const description = adapter.info.description ||
    [adapter.info.vendor, adapter.info.architecture].filter(Boolean).join(" ");
  if (isDeno && !adapter.features.has("shader-f16") && !adapter.features.has("bgra8unorm-storage")) {
    // Without a Vulkan driver Deno falls back to OpenGL without a word; a first matmul then takes 16 seconds.
    throw new DeviceError(`Cannot open a device: the only adapter (${description}) is OpenGL; ${INSTALL}`, {
      op: "init",
    });
  }
  const requiredLimits: Record<string, number> = {};
  if (options.limits !== "default") { for (const name of LIMITS) requiredLimits[name] = adapter.limits[name]; }
  const wanted: GPUFeatureName[] = options.f16 === false ? ["timestamp-query"] : ["timestamp-query", "shader-f16"];
  const requiredFeatures = wanted.filter((feature) => adapter.features.has(feature));
  const software = /llvmpipe|lavapipe|swiftshader|software|basic render/i.test(description) ||
    (adapter.info as { isFallbackAdapter?: boolean }).isFallbackAdapter === true;
  const { subgroupMinSize, subgroupMaxSize } = adapter.info as { subgroupMinSize?: number; subgroupMaxSize?: number };
  const request = (features: GPUFeatureName[]): Promise<GPUDevice> =>
    adapter.requestDevice({ requiredLimits, requiredFeatures: features });
  let device: GPUDevice | null = null;
  if (isDeno && software && subgroupMinSize === 8 && subgroupMaxSize === 8) {
    device = await request([...requiredFeatures, "subgroups" as GPUFeatureName]).catch(() => null);
  }
  const subgroups = device !== null && await broadcastsAmong8(device, description);
  device ??= await request(requiredFeatures).catch((cause) => {
    throw new DeviceError(`Cannot open a device on ${description}: ${cause?.message ?? cause}`, { op: "init", cause });
  });
  return new Device(device, { description, software, subgroups }, options);
}
