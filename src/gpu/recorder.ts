/**
 * The open batch. A dispatch becomes one plain command; `flush` writes all parameters at once, encodes one compute
 * pass (a new one after each copy into a texture) and submits it. Only reads wait.
 * @module
 */
import type { Device } from "./device.ts";
import type { Kernel } from "./kernel.ts";
import type { ElementType, Pipeline, Variant } from "./pipelines.ts";
import type { Pooled, PooledTexture, Storage } from "./storage.ts";
import { encodeTextureCopy, type TextureCopy } from "./texture_copy.ts";
import { DeviceError, StateError } from "../errors.ts";

/** What a kernel can be given for a storage buffer; a Tensor is one. */
export interface Bindable {
  /** Claim on the buffer. */
  readonly storage: Storage;
  /** First byte in the buffer: a multiple of 256. */
  readonly byteOffset: number;
  /** Bytes the kernel may touch. */
  readonly byteLength: number;
}

/** One recorded dispatch. */
export interface Command {
  /** Compiled kernel. */
  readonly pipeline: Pipeline;
  /** Buffers. */
  readonly bindGroup: GPUBindGroup;
  /** Byte offset of the parameters in the arena, or -1. */
  readonly offset: number;
  /** Workgroups along x, y, z. */
  readonly workgroups: readonly [number, number, number];
  /** Name for profiles and errors: the op, or the kernel. */
  readonly label: string;
  /** Running number in the device. */
  readonly number: number;
  /** Storages that the kernel writes, poisoned when the batch is rejected. */
  readonly outputs: readonly Storage[];
  /** The user's line, with debug level 1 and above. */
  readonly line: string;
  /** Copies that come before it. */
  readonly copies: readonly TextureCopy[] | null;
}

/** How a dispatch is launched. */
export interface DispatchOptions<C extends string = string, B extends string = string> {
  /** Workgroups: a number is folded into x and y when it exceeds the device's limit. */
  readonly workgroups: number | readonly [number, number, number];
  /** Override constants. */
  readonly constants?: { readonly [name in C]?: number };
  /** Element type of the module's `alias T`. */
  readonly type?: ElementType;
  /** Buffers of f16, where the module has an alias `name_t` for their element type. Always in the same order. */
  readonly half?: readonly B[];
  /** Textures that stand in for buffers, always in the same order. */
  readonly textures?: { readonly [name in B]?: PooledTexture };
  /** Label in profiles and errors; the op that is being recorded by default. */
  readonly label?: string;
}

/** A copy that rides on a flush: from a buffer into a staging buffer. */
export interface StagingCopy {
  /** Source. */
  readonly from: GPUBuffer;
  /** First byte. */
  readonly offset: number;
  /** Bytes, a multiple of 4. */
  readonly bytes: number;
  /** Destination. */
  readonly to: GPUBuffer;
  /** First byte in the destination. */
  readonly toOffset: number;
}

const SLOT = 256;
const SLOTS = 128;
const FLUSH_BYTES = 64 << 20;
const BIND_GROUPS = 4096;

/** Records commands of one device and submits them in batches. */
export class Recorder {
  readonly #device: Device;
  readonly #limit: number;
  readonly #words = new ArrayBuffer(SLOT * SLOTS);
  readonly #u32 = new Uint32Array(this.#words);
  readonly #i32 = new Int32Array(this.#words);
  readonly #f32 = new Float32Array(this.#words);
  readonly #arena: GPUBuffer;
  readonly #bindGroups = new Map<string, GPUBindGroup>();
  #commands: Command[] = [];
  #copies: TextureCopy[] | null = null;
  #newBytes = 0;
  /** Number of the open batch. */
  batch = 1;
  /** Commands recorded since the device was opened. */
  commandCount = 0;
  /** Bind groups created since the device was opened. */
  bindGroupsCreated = 0;
  /** Resolves when it is known whether WebGPU took the batches so far; if not, the device has an error by then. */
  checked: Promise<void> = Promise.resolve();
  /** Name of the op whose forward or backward is running. */
  currentOp: string | null = null;

  /** @param device owner @param maxBatch commands per batch, 1 to 128 */
  constructor(device: Device, maxBatch: number) {
    this.#device = device;
    this.#limit = Math.max(1, Math.min(SLOTS, maxBatch));
    this.#arena = device.gpu.createBuffer({ label: "parameters", size: SLOT * SLOTS, usage: 0x40 | 0x8 }); // UNIFORM | COPY_DST
  }

  /** Device that the commands run on. */
  get device(): Device {
    return this.#device;
  }

  /** Commands waiting for the next flush. */
  get pending(): number {
    return this.#commands.length + (this.#copies?.length ?? 0);
  }

  /** Bind groups in the cache. */
  get bindGroups(): number {
    return this.#bindGroups.size;
  }

  /**
   * Records one dispatch.
   * @throws {DeviceError} when a binding exceeds the device's limit, or the device has failed
   */
  dispatch<B extends string, P, C extends string>(
    kernel: Kernel<B, P, C>,
    buffers: { readonly [name in B]: Bindable },
    params: P,
    options: DispatchOptions<C, B>,
  ): void {
    const device = this.#device;
    if (device.failure) throw device.takeFailure();
    const label = options.label ?? this.currentOp ?? kernel.name;
    const workgroups = this.#grid(options.workgroups, label);
    const textures = options.textures as Record<string, PooledTexture> | undefined;
    const variant = textures ? { ...options, textures: Object.keys(textures) } : options;
    const pipeline = device.pipelines.get(kernel as unknown as Kernel, variant as Variant);
    const number = ++this.commandCount;
    const outputs: Storage[] = [];
    const bindGroup = this.#bind(pipeline, buffers, outputs, label, textures);
    let offset = -1;
    if (kernel.params.length) {
      const slot = this.#commands.length;
      offset = slot * SLOT;
      this.#write(
        kernel as unknown as Kernel,
        params as Record<string, number | readonly number[]>,
        offset >> 2,
        number,
      );
    }
    const line = device.options.debug >= 1 ? userLine() : "";
    device.faults.note(number, label, line);
    const copies = this.#copies;
    this.#copies = null;
    this.#commands.push({ pipeline, bindGroup, offset, workgroups, label, number, outputs, line, copies });
    if (this.#commands.length >= this.#limit) this.flush();
  }

  /** Copies f32 vectors of a buffer, from vector `start` on, into a texture: before the next dispatch. */
  copyToTexture(from: Bindable, start: number, vectors: number, to: PooledTexture): void {
    const { storage } = from;
    if (storage.poison) throw storage.poison;
    storage.buffer.usedInBatch = to.usedInBatch = this.batch;
    (this.#copies ??= []).push({
      from: storage.buffer.gpu,
      offset: from.byteOffset + start * 16,
      vectors,
      to: to.gpu,
    });
  }

  /** Counts bytes of new output, so that a batch with large results is submitted early. */
  allocated(bytes: number): void {
    this.#newBytes += bytes;
    if (this.#newBytes >= FLUSH_BYTES && this.#commands.length) this.flush();
  }

  /** Submits the open batch, followed by the given copies. */
  flush(copies: readonly StagingCopy[] = []): void {
    const commands = this.#commands, device = this.#device, last = this.#copies;
    if (!commands.length && !copies.length && !last) return;
    this.#commands = [];
    this.#copies = null;
    this.#newBytes = 0;
    this.batch++;
    const gpu = device.gpu;
    gpu.pushErrorScope("validation");
    if (commands.length) gpu.queue.writeBuffer(this.#arena, 0, this.#words, 0, commands.length * SLOT);
    const encoder = gpu.createCommandEncoder();
    if (device.profiler.active) device.profiler.encode(encoder, commands, encode);
    else {
      for (let start = 0, end = 0; start < commands.length; start = end) {
        commands[start].copies?.forEach((copy) => encodeTextureCopy(encoder, copy));
        do end++; while (end < commands.length && !commands[end].copies);
        const pass = encoder.beginComputePass();
        encode(pass, commands, start, end);
        pass.end();
      }
    }
    last?.forEach((copy) => encodeTextureCopy(encoder, copy));
    for (const c of copies) encoder.copyBufferToBuffer(c.from, c.offset, c.to, c.toOffset, c.bytes);
    gpu.queue.submit([encoder.finish()]);
    const before = this.checked;
    this.checked = gpu.popErrorScope().then((error) => error ? this.#failed(commands, error.message) : undefined)
      .catch(() => {}).then(() => before);
    device.flushed();
  }

  /** Forgets every bind group that names a buffer which is about to be destroyed. */
  forget(buffer: Pooled): void {
    if (buffer.bindGroups) { for (const key of buffer.bindGroups) this.#bindGroups.delete(key); }
    buffer.bindGroups = null;
  }

  /** Destroys the parameter arena. */
  destroy(): void {
    this.#commands = [];
    this.#copies = null;
    this.#bindGroups.clear();
    this.#arena.destroy();
  }

  #grid(w: number | readonly [number, number, number], label: string): readonly [number, number, number] {
    const max = this.#device.limits.maxComputeWorkgroupsPerDimension;
    if (typeof w === "number") {
      if (w <= max) return [w, 1, 1];
      const y = Math.ceil(w / max);
      return [Math.ceil(w / y), y, 1];
    }
    if (w[0] > max || w[1] > max || w[2] > max) {
      throw new DeviceError(
        `Cannot run ${label} on ${w.join(" x ")} workgroups: the device allows ${max} per dimension`,
        {
          op: label,
          value: w,
        },
      );
    }
    return w;
  }

  #bind(
    pipeline: Pipeline,
    buffers: { readonly [name: string]: Bindable },
    outputs: Storage[],
    label: string,
    textures?: Record<string, PooledTexture>,
  ): GPUBindGroup {
    const device = this.#device;
    const slots = pipeline.kernel.buffers;
    let key = String(pipeline.layoutId);
    for (const slot of slots) {
      const texture = textures?.[slot.name];
      if (texture) {
        texture.usedInBatch = this.batch;
        key += `:${texture.id}`;
        continue;
      }
      const b = slot.name === "fault" ? device.faults.binding : buffers[slot.name];
      if (b === undefined) {
        throw new DeviceError(`Cannot run ${label}: buffer ${slot.name} of ${pipeline.kernel.name} is not given`, {
          op: label,
        });
      }
      const storage = b.storage;
      if (storage.device !== device) {
        throw new StateError(
          `Cannot run ${label}: ${slot.name} belongs to another device; copy it over with its data`,
          {
            op: label,
          },
        );
      }
      if (storage.poison) throw storage.poison;
      if (b.byteLength > device.limits.maxStorageBufferBindingSize) {
        throw new DeviceError(
          `Cannot run ${label}: ${slot.name} needs ${b.byteLength} bytes in one binding, the device allows ` +
            `${device.limits.maxStorageBufferBindingSize} (maxStorageBufferBindingSize)`,
          { op: label, value: b.byteLength },
        );
      }
      if (slot.access === "read_write") outputs.push(storage);
      storage.buffer.usedInBatch = this.batch;
      key += `:${storage.buffer.id}.${b.byteOffset}`;
    }
    const cached = this.#bindGroups.get(key);
    if (cached) return cached;
    const entries: GPUBindGroupEntry[] = slots.map((slot) => {
      const texture = textures?.[slot.name];
      if (texture) {
        (texture.bindGroups ??= new Set()).add(key);
        return { binding: slot.binding, resource: texture.view };
      }
      const b = slot.name === "fault" ? device.faults.binding : buffers[slot.name];
      const buffer = b.storage.buffer;
      (buffer.bindGroups ??= new Set()).add(key);
      const size = Math.min(buffer.bytes - b.byteOffset, device.limits.maxStorageBufferBindingSize);
      return { binding: slot.binding, resource: { buffer: buffer.gpu, offset: b.byteOffset, size } };
    });
    if (pipeline.kernel.params.length) {
      entries.push({ binding: 0, resource: { buffer: this.#arena, offset: 0, size: SLOT } });
    }
    const group = device.gpu.createBindGroup({ layout: pipeline.layout, entries });
    this.bindGroupsCreated++;
    this.#bindGroups.set(key, group);
    if (this.#bindGroups.size > BIND_GROUPS) this.#bindGroups.delete(this.#bindGroups.keys().next().value!);
    return group;
  }

  #write(kernel: Kernel, params: Record<string, number | readonly number[]>, base: number, number: number): void {
    for (const field of kernel.params) {
      const at = base + field.word;
      const view = field.type === "f32" ? this.#f32 : field.type === "i32" ? this.#i32 : this.#u32;
      const value = field.name === "command" ? number : params[field.name];
      if (typeof value === "number") view[at] = value;
      else if (value === undefined) {
        if (!field.name.startsWith("pad")) {
          throw new DeviceError(`Cannot run ${kernel.name}: parameter ${field.name} is not given`, { op: kernel.name });
        }
      } else for (let i = 0; i < field.length; i++) view[at + i] = value[i] ?? 0;
    }
  }

  /** Finds the guilty command of a rejected batch by encoding each one alone, without submitting. */
  async #failed(commands: readonly Command[], message: string): Promise<void> {
    const gpu = this.#device.gpu;
    let guilty: Command | null = null;
    for (const command of commands) {
      gpu.pushErrorScope("validation");
      const encoder = gpu.createCommandEncoder();
      const pass = encoder.beginComputePass();
      encode(pass, [command]);
      pass.end();
      encoder.finish();
      const error = await gpu.popErrorScope().catch(() => null);
      if (error) {
        guilty = command;
        message = error.message;
        break;
      }
    }
    const where = guilty ? ` in ${guilty.label} (${guilty.pipeline.kernel.name})${guilty.line}` : "";
    const error = new DeviceError(
      `Cannot run a batch of ${commands.length} commands: WebGPU rejected it${where}: ${message}`,
      {
        op: guilty?.label,
      },
    );
    for (const command of commands) this.#poison(command.outputs, error);
    this.#device.fail(error);
    await new Promise((resolve) => setTimeout(resolve, 0)); // events of the same cause come now: the first error stays
  }

  #poison(outputs: readonly Storage[], error: Error): void {
    for (const storage of outputs) storage.poison = error;
    this.#device.faults.binding.storage.poison = this.#device.faults.unused.storage.poison = null;
  }
}

function encode(pass: GPUComputePassEncoder, commands: readonly Command[], start = 0, end = commands.length): void {
  let last: GPUComputePipeline | null = null;
  const offsets = [0];
  for (let i = start; i < end; i++) {
    const c = commands[i];
    if (c.pipeline.gpu !== last) pass.setPipeline(last = c.pipeline.gpu);
    if (c.offset >= 0) {
      offsets[0] = c.offset;
      pass.setBindGroup(0, c.bindGroup, offsets);
    } else pass.setBindGroup(0, c.bindGroup);
    pass.dispatchWorkgroups(c.workgroups[0], c.workgroups[1], c.workgroups[2]);
  }
}

const HERE = new URL("..", import.meta.url).href;

/** The first stack frame outside the library, as ` at file:line`, or an empty string. */
export function userLine(): string {
  const frames = new Error().stack?.split("\n").slice(1) ?? [];
  const frame = frames.find((f) => !f.includes(HERE) && !f.includes("ext:"));
  const place = frame?.match(/\(?((?:file|https?):[^)\s]+)\)?$/)?.[1];
  return place ? ` at ${place}` : "";
}
