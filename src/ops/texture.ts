/**
 * Lists of 4-vectors in textures. Software adapters load from a texture for a fraction of what a load from a storage
 * buffer costs, so what a kernel loads many times over is copied into one first.
 * @module
 */
import type { Device } from "../gpu/device.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import type { Bindable } from "../gpu/recorder.ts";
import type { PooledTexture } from "../gpu/storage.ts";
import type { DType } from "../tensor/dtype.ts";
import { groups, run } from "./launch.ts";

/** What of a buffer goes into a texture. */
export interface TextureSource {
  /** First vector. Default 0. */
  start?: number;
  /** Vectors. */
  vectors: number;
  /** Element type of the buffer; a texture always holds f32. Default f32. */
  dtype?: DType;
}

/** Fills a texture from a buffer, or with zeros where there is none. */
export function fillTexture(
  device: Device,
  texture: PooledTexture,
  from: Bindable | null,
  { start = 0, vectors, dtype }: TextureSource,
): void {
  const x = from ?? device.faults.binding; // nothing reads it then
  run(device, kernels.texture.fill, { x, out: x }, { n: vectors, start, given: from ? 1 : 0 }, {
    workgroups: groups(vectors),
    half: dtype === "f16" ? ["x"] : undefined,
    textures: { out: texture },
  });
}
