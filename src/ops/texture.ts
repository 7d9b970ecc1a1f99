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
  if (from && (dtype ?? "f32") === "f32") {
    device.recorder.copyToTexture(from, start, vectors, texture);
    return;
  }
  const x = from ?? device.faults.binding; // nothing reads it then
  run(device, kernels.texture.fill, { x, out: x }, { n: vectors, start, given: from ? 1 : 0 }, {
    workgroups: groups(vectors),
    half: dtype === "f16" ? ["x"] : undefined,
    textures: { out: texture },
  });
}

/** Rows of vectors in a buffer. */
export interface PanelSource {
  /** First vector. */
  start: number;
  /** From row to row. */
  stride: number;
  /** Rows: columns of B. */
  columns: number;
  /** Vectors of a row. */
  depth: number;
  /** Element type. */
  dtype?: DType;
}

/** Vectors of a texture for {@link fillPanels}. */
export function panelVectors({ columns, depth }: PanelSource): number {
  return Math.ceil(columns / 64) * 64 * depth;
}

/** Fills a texture with an operand B that lies along k, in the panels in which `matmul_wide` reads it without leaps. */
export function fillPanels(device: Device, texture: PooledTexture, x: Bindable, from: PanelSource): void {
  const { start, stride, columns, depth, dtype } = from, n = panelVectors(from);
  run(device, kernels.texture.panels, { x, out: x }, { n, columns, depth, start, stride }, {
    workgroups: groups(n),
    half: dtype === "f16" ? ["x"] : undefined,
    textures: { out: texture },
  });
}
