/**
 * Compiled kernels: one pipeline per (kernel, element type, override constants), one shader module per (file, element
 * type), one bind-group layout per buffer signature. All live in a Device and are made once.
 * @module
 */
import type { Kernel } from "./kernel.ts";
import { sources } from "./kernels.gen.ts";
import { DeviceError } from "../errors.ts";

/** Element types a kernel can be specialised to. */
export type ElementType = "f32" | "i32" | "u32" | "f16";

/** Override constants of one dispatch. */
export type Constants = Readonly<Record<string, number>>;

/** A pipeline ready to dispatch. */
export interface Pipeline {
  /** Kernel it runs. */
  readonly kernel: Kernel;
  /** Compiled pipeline. */
  readonly gpu: GPUComputePipeline;
  /** Layout of group 0. */
  readonly layout: GPUBindGroupLayout;
  /** Number of the layout, first part of a bind group's cache key. */
  readonly layoutId: number;
}

const ELEMENT_LINE = /^alias T = \w+;.*$/m;
const EMPTY: Constants = {};

/** WGSL text of a module with its element type set. */
export function source(module: string, type: ElementType): string {
  const text = sources[module];
  if (text === undefined) throw new DeviceError(`Cannot compile ${module}: no such shader; run \`deno task gen\``);
  const body = type === "f32" ? text : text.replace(ELEMENT_LINE, `alias T = ${type};`);
  return type === "f16" ? `enable f16;\n${body}` : body;
}

/** Pipelines of one device, compiled on first use or ahead of time. */
export class Pipelines {
  readonly #gpu: GPUDevice;
  readonly #modules = new Map<string, GPUShaderModule>();
  readonly #layouts = new Map<string, { id: number; gpu: GPUBindGroupLayout; pipeline: GPUPipelineLayout }>();
  readonly #byKernel = new Map<Kernel, Map<string, Pipeline>>();

  readonly #fail: (error: Error) => void;

  /** @param gpu device to compile for @param fail takes the error of a kernel that a driver rejects */
  constructor(gpu: GPUDevice, fail: (error: Error) => void) {
    this.#gpu = gpu;
    this.#fail = fail;
  }

  /** Number of compiled pipelines. */
  get size(): number {
    let n = 0;
    for (const variants of this.#byKernel.values()) n += variants.size;
    return n;
  }

  /** The pipeline of a kernel, compiled now when it is the first use. */
  get(kernel: Kernel, type: ElementType = "f32", constants: Constants = EMPTY): Pipeline {
    const key = variantKey(type, constants);
    let variants = this.#byKernel.get(kernel);
    if (!variants) this.#byKernel.set(kernel, variants = new Map());
    let pipeline = variants.get(key);
    if (!pipeline) {
      this.#gpu.pushErrorScope("validation");
      const { descriptor, layout, id } = this.#describe(kernel, type, constants);
      pipeline = { kernel, gpu: this.#gpu.createComputePipeline(descriptor), layout, layoutId: id };
      variants.set(key, pipeline);
      this.#gpu.popErrorScope().then((error) => {
        if (error) this.#fail(new DeviceError(`Cannot compile ${kernel.name}: ${error.message}`, { op: kernel.name }));
      }, () => {});
    }
    return pipeline;
  }

  /**
   * Compiles ahead of use, without blocking.
   * @throws {DeviceError} naming the kernel, when a driver rejects it
   */
  async prepare(list: readonly { kernel: Kernel; type?: ElementType; constants?: Constants }[]): Promise<void> {
    await Promise.all(list.map(async ({ kernel, type = "f32", constants = EMPTY }) => {
      const key = variantKey(type, constants);
      if (this.#byKernel.get(kernel)?.has(key)) return;
      const { descriptor, layout, id } = this.#describe(kernel, type, constants);
      const gpu = await this.#gpu.createComputePipelineAsync(descriptor).catch((cause) => {
        throw new DeviceError(`Cannot compile ${kernel.name}: ${cause?.message ?? cause}`, { op: kernel.name, cause });
      });
      let variants = this.#byKernel.get(kernel);
      if (!variants) this.#byKernel.set(kernel, variants = new Map());
      if (!variants.has(key)) variants.set(key, { kernel, gpu, layout, layoutId: id });
    }));
  }

  #describe(
    kernel: Kernel,
    type: ElementType,
    constants: Constants,
  ): { descriptor: GPUComputePipelineDescriptor; layout: GPUBindGroupLayout; id: number } {
    for (const name in constants) {
      if (!kernel.constants.includes(name)) {
        throw new DeviceError(`Cannot compile ${kernel.name}: it has no constant ${name}`, { op: kernel.name });
      }
    }
    const layout = this.#layout(kernel);
    const moduleKey = `${kernel.module}/${type}`;
    let module = this.#modules.get(moduleKey);
    if (!module) {
      module = this.#gpu.createShaderModule({ label: kernel.module, code: source(kernel.module, type) });
      this.#modules.set(moduleKey, module);
    }
    return {
      descriptor: {
        label: kernel.name,
        layout: layout.pipeline,
        compute: { module, entryPoint: kernel.entry, constants: { ...constants } },
      },
      layout: layout.gpu,
      id: layout.id,
    };
  }

  #layout(kernel: Kernel): { id: number; gpu: GPUBindGroupLayout; pipeline: GPUPipelineLayout } {
    const key = (kernel.params.length ? "p" : "-") + kernel.buffers.map((b) => `${b.binding}${b.access}`).join();
    let layout = this.#layouts.get(key);
    if (!layout) {
      const entries: GPUBindGroupLayoutEntry[] = kernel.buffers.map((b) => ({
        binding: b.binding,
        visibility: 4, // GPUShaderStage.COMPUTE
        buffer: { type: b.access === "read" ? "read-only-storage" : "storage" },
      }));
      if (kernel.params.length) {
        entries.push({ binding: 0, visibility: 4, buffer: { type: "uniform", hasDynamicOffset: true } });
      }
      const gpu = this.#gpu.createBindGroupLayout({ label: key, entries });
      const pipeline = this.#gpu.createPipelineLayout({ bindGroupLayouts: [gpu] });
      this.#layouts.set(key, layout = { id: this.#layouts.size, gpu, pipeline });
    }
    return layout;
  }
}

function variantKey(type: ElementType, constants: Constants): string {
  let key: string = type;
  for (const name in constants) key += `,${name}=${constants[name]}`;
  return key;
}
