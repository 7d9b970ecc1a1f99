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

/** Tests that say nothing more on Dawn, and would take SwiftShader minutes: they are listed as ignored. */
const IGNORED: ReadonlySet<unknown> = new Set([
  // Two minutes; LSTM and GRU run by the same plan.
  "rnn agrees by the kernels for the other kind of adapter too",
]);

const { test } = Deno;
Object.defineProperty(Deno, "test", {
  value: Object.assign((...args: unknown[]) => {
    const register = (IGNORED.has(args[0]) ? test.ignore : test) as (...args: unknown[]) => void;
    register(...args);
  }, test),
});
