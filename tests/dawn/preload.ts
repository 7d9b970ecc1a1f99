/**
 * Preloaded by `deno task test:dawn`: from here on `navigator.gpu` is Dawn, so the framework and its tests run unchanged.
 * @module
 */
import { open } from "./dawn.ts";

/** Deno's own WebGPU, for tests that compare the two compilers. */
export const denoGpu: GPU = navigator.gpu;

const gpu = await open();
const adapter = await gpu.requestAdapter();
if (!adapter) throw new Error("Cannot run under Dawn: it finds no adapter; is SwiftShader there?");
Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
