/**
 * Dawn, Chromium's implementation of WebGPU, loaded into Deno as a native module: it compiles WGSL with Tint, which is
 * stricter than the compiler in Deno. `open()` is the only way in; `preload.ts` puts it in the place of `navigator.gpu`.
 * @module
 */

// Not a literal, so that only running this adds the 51 MB package to an installation; `tests/deno.lock` pins it.
const PACKAGE = "npm:webgpu@0.6.2";

interface DawnModule {
  create(flags: string[]): GPU;
  globals: Record<string, unknown>;
}

/** Dawn crashes when an instance is collected before its devices: none ever is. */
const instances: GPU[] = [];

/**
 * Starts Dawn and defines WebGPU's global names (`GPUBufferUsage`, `GPUError`, ...) as it has them.
 * @param flags Dawn's own switches, such as `backend=vulkan`
 */
export async function open(flags: string[] = []): Promise<GPU> {
  const { create, globals } = await import(PACKAGE) as DawnModule;
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  const gpu = create(flags);
  instances.push(gpu);
  return gpu;
}
