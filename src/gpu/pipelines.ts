/**
 * Compiled kernels: one pipeline per (kernel, element type, override constants), one shader module per (file, element
 * type), one bind-group layout per buffer signature. All live in a Device and are made once.
 * @module
 */
import type { Kernel } from "./kernel.ts";
import { sources } from "./kernels.gen.ts";
import { TEXTURE_ROW } from "./storage.ts";
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

/** What a pipeline is specialised by, beside its kernel. */
export interface Variant {
  /** Element type of the module's `alias T`. Default f32. */
  readonly type?: ElementType;
  /** Override constants. */
  readonly constants?: Constants;
  /**
   * Buffers whose elements are f16, for modules that name the element type of each such buffer by an alias of its own:
   * `alias a_t = f32;` for buffer `a`.
   */
  readonly half?: readonly string[];
  /**
   * Buffers of 4-vectors that are bound as textures, always in the same order: software adapters load from a texture
   * several times faster than from a buffer. The module touches such a buffer `x` in one place only, in a function that
   * does nothing else: `fn x_at(i: u32) -> vec4f { return vec4f(x[i]); }` to read, `fn x_put(i: u32, v: vec4f) { x[i] = v; }`
   * to write.
   */
  readonly textures?: readonly string[];
}

const ELEMENT_TYPE = /alias T ?= ?\w+;/; // with or without the spaces that bundling drops
const EMPTY: Constants = {};
const NONE: readonly string[] = [];

/** Storage textures can be read. */
const READS_STORED =
  (globalThis.navigator?.gpu as { wgslLanguageFeatures?: ReadonlySet<string> } | undefined)?.wgslLanguageFeatures?.has(
    "readonly_and_readwrite_storage_textures",
  ) ?? false;

/**
 * WGSL text of a module with its element types and its textures set.
 * @param stored textures that are read as storage textures
 */
export function source(
  module: string,
  type: ElementType,
  half: readonly string[] = NONE,
  textures: readonly string[] = NONE,
  stored: readonly string[] = NONE,
): string {
  const text = sources[module];
  if (text === undefined) throw new DeviceError(`Cannot compile ${module}: no such shader; run \`deno task gen\``);
  if (type !== "f32" && !ELEMENT_TYPE.test(text)) {
    throw new DeviceError(`Cannot compile ${module} for ${type}: it has no line "alias T = f32;"`);
  }
  let body = type === "f32" ? text : text.replace(ELEMENT_TYPE, `alias T = ${type};`);
  for (const name of half) {
    const alias = new RegExp(`alias ${name}_t ?= ?f32;`);
    if (!alias.test(body)) throw new DeviceError(`Cannot compile ${module}: ${name} has no alias ${name}_t`);
    body = body.replace(alias, `alias ${name}_t = f16;`);
  }
  for (const name of textures) {
    const spot = `vec2u(i % ${TEXTURE_ROW}u, i / ${TEXTURE_ROW}u)`;
    const declared = new RegExp(`var<storage, ?(read|read_write)> ?${name}: ?array<(?:vec4<\\w+>|vec4f)>`);
    const reads = declared.exec(body)?.[1] === "read";
    const touch = new RegExp(reads ? `return vec4f\\(${name}\\[i\\]\\);` : `${name}\\[i\\] ?= ?v;`);
    if (!declared.test(body) || !touch.test(body)) {
      throw new DeviceError(`Cannot compile ${module}: ${name} is no list of vectors that can be a texture`);
    }
    const [type, level] = stored.includes(name)
      ? ["texture_storage_2d<rgba32float, read>", ""]
      : ["texture_2d<f32>", ", 0"];
    body = reads
      ? body.replace(declared, `var ${name}: ${type}`).replace(touch, `return textureLoad(${name}, ${spot}${level});`)
      : body.replace(declared, `var ${name}: texture_storage_2d<rgba32float, write>`)
        .replace(touch, `textureStore(${name}, ${spot}, v);`);
  }
  return type === "f16" || half.length ? `enable f16;\n${body}` : body;
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
  get(kernel: Kernel, variant: Variant): Pipeline {
    const key = variantKey(variant);
    let variants = this.#byKernel.get(kernel);
    if (!variants) this.#byKernel.set(kernel, variants = new Map());
    let pipeline = variants.get(key);
    if (!pipeline) {
      this.#gpu.pushErrorScope("validation");
      const { descriptor, layout, id } = this.#describe(kernel, variant);
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
  async prepare(list: readonly ({ kernel: Kernel } & Variant)[]): Promise<void> {
    await Promise.all(list.map(async ({ kernel, ...variant }) => {
      const key = variantKey(variant);
      if (this.#byKernel.get(kernel)?.has(key)) return;
      const { descriptor, layout, id } = this.#describe(kernel, variant);
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
    { type = "f32", constants = EMPTY, half = NONE, textures = NONE }: Variant,
  ): { descriptor: GPUComputePipelineDescriptor; layout: GPUBindGroupLayout; id: number } {
    for (const name in constants) {
      if (!kernel.constants.includes(name)) {
        throw new DeviceError(`Cannot compile ${kernel.name}: it has no constant ${name}`, { op: kernel.name });
      }
    }
    const stored = this.#stored(kernel, textures), layout = this.#layout(kernel, textures, stored);
    const moduleKey = `${kernel.module}/${type}/${half}/${textures}/${stored}`;
    let module = this.#modules.get(moduleKey);
    if (!module) {
      const code = source(kernel.module, type, half, textures, stored);
      module = this.#gpu.createShaderModule({ label: kernel.module, code });
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

  /**
   * Textures that a kernel reads as storage textures, as many as a device allows: without levels to choose from, a load
   * is shorter.
   */
  #stored(kernel: Kernel, textures: readonly string[]): string[] {
    if (!textures.length || !READS_STORED) return [];
    const used = kernel.buffers.filter((b) => textures.includes(b.name)),
      reads = used.filter((b) => b.access === "read");
    const room = this.#gpu.limits.maxStorageTexturesPerShaderStage - (used.length - reads.length);
    return reads.sort((a, b) => textures.indexOf(a.name) - textures.indexOf(b.name)).slice(0, room).map((b) => b.name);
  }

  #layout(
    kernel: Kernel,
    textures: readonly string[],
    stored: readonly string[],
  ): { id: number; gpu: GPUBindGroupLayout; pipeline: GPUPipelineLayout } {
    const key = (kernel.params.length ? "p" : "-") +
      kernel.buffers.map((b) => {
        const kind = stored.includes(b.name) ? "stored" : textures.includes(b.name) ? "texture" : "";
        return `${b.binding}${kind}${b.access}`;
      }).join();
    let layout = this.#layouts.get(key);
    if (!layout) {
      const entries: GPUBindGroupLayoutEntry[] = kernel.buffers.map((b) => {
        const at = { binding: b.binding, visibility: 4 }; // GPUShaderStage.COMPUTE
        if (!textures.includes(b.name)) {
          return { ...at, buffer: { type: b.access === "read" ? "read-only-storage" : "storage" } };
        }
        const access = b.access === "read" ? "read-only" : "write-only";
        return b.access === "read" && !stored.includes(b.name)
          ? { ...at, texture: { sampleType: "unfilterable-float" } }
          : { ...at, storageTexture: { access, format: "rgba32float" } };
      });
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

function variantKey({ type = "f32", constants = EMPTY, half, textures }: Variant): string {
  let key: string = type;
  for (const name in constants) key += `,${name}=${constants[name]}`;
  if (half?.length) key += `,f16 ${half}`;
  return textures?.length ? `${key},textures ${textures}` : key;
}
