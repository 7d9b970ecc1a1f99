/**
 * Integers that were uploaded and are still known on the host, so that a lookup in host memory needs no read. They are
 * forgotten with the storage, and when it is changed in place.
 * @module
 */
import type { Storage } from "../gpu/storage.ts";
import type { AnyTensor } from "../tensor/tensor.ts";

/** Most integers kept per storage: 4 MB. */
const MOST = 1 << 20;
const known = new WeakMap<Storage, { values: Int32Array; version: number }>();

/** Keeps what was just uploaded; the array must not change afterwards. */
export function rememberIds(storage: Storage, values: ArrayBufferView): void {
  if (values instanceof Int32Array && values.length <= MOST) known.set(storage, { values, version: storage.version });
}

/** The elements of an i32 tensor in row-major order, or null where only the GPU knows them. */
export function knownIds(ids: AnyTensor): Int32Array | null {
  const entry = known.get(ids.storage);
  if (!entry || entry.version !== ids.storage.version) return null;
  const { values } = entry, { shape, strides, numel, offset } = ids;
  if (ids.isContiguous) return values.subarray(offset, offset + numel);
  const out = new Int32Array(numel), index = shape.map(() => 0);
  for (let i = 0, at: number = offset; i < numel; i++) {
    out[i] = values[at];
    for (let d = shape.length - 1; d >= 0; d--) {
      at += strides[d];
      if (++index[d] < shape[d]) break;
      at -= strides[d] * shape[d];
      index[d] = 0;
    }
  }
  return out;
}
