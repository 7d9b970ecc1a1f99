/**
 * File formats of weights and arrays: `w.io`.
 * @module
 */
export * as safetensors from "./safetensors.ts";
export type { ReadOptions, Source } from "./input.ts";
export type { Target } from "./output.ts";
export type { Entries, Entry, HostEntry } from "./outgoing.ts";
export type { HostArray, RawArray, StoredDType } from "./stored_dtype.ts";
export { StoredTensor } from "./stored_tensor.ts";
