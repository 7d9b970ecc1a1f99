/**
 * File formats of weights and arrays: `w.io`.
 * @module
 */
export * as convert from "./convert.ts";
export * as hdf5 from "./hdf5.ts";
export * as names from "./names.ts";
export * as npy from "./npy.ts";
export * as npz from "./npz.ts";
export * as pickle from "./pickle.ts";
export * as safetensors from "./safetensors.ts";
export * as torch from "./torch.ts";
export type { ReadOptions, Source } from "./input.ts";
export { ObjectArray } from "./numpy_array.ts";
export type { Target } from "./output.ts";
export type { Entries, Entry, HostEntry } from "./outgoing.ts";
export type { HostArray, RawArray, StoredDType } from "./stored_dtype.ts";
export { StoredTensor } from "./stored_tensor.ts";
