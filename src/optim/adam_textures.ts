/**
 * Adam for large parameters on software adapters. They load from a storage buffer for several times what a copy into a
 * texture and a load from there cost, so gradient, value and state are copied first, some megabytes at a time; see
 * docs/decisions/0007-optimizer-step.md.
 * @module
 */
import { kernels } from "../gpu/kernels.gen.ts";
import type { Bindable } from "../gpu/recorder.ts";
import { type PooledTexture, TEXTURE_ROW } from "../gpu/storage.ts";
import type { StepContext } from "./optimizer.ts";

/** Numbers that all vectors share. */
export type AdamParams = Record<"beta1" | "share1" | "beta2" | "share2" | "eps" | "decay" | "keep", number>;

const VECTOR_BYTES = 16, ROW_BYTES = TEXTURE_ROW * VECTOR_BYTES, WINDOW = 16 * TEXTURE_ROW, GROUP_VECTORS = 64 * 4;

/** Records the step of a parameter that has an arena of its own. */
export function recordAdamByTextures(context: StepContext, clockAt: number, params: AdamParams, label: string): void {
  const { segment, buffers: { grad, value, clock }, state } = context, { device } = segment.arena;
  const average = state("expAvg"), square = state("expAvgSq"), vectors = 16 * segment.count;
  const sources = [grad, value, average, square];
  for (let start = 0; start < vectors; start += WINDOW) {
    const n = Math.min(WINDOW, vectors - start);
    const textures = sources.map(() => device.pool.takeTexture(n));
    device.recorder.flush(); // what it holds comes before the copies, what follows comes after them
    const encoder = device.gpu.createCommandEncoder();
    sources.forEach((source, i) => copy(encoder, source, start, n, textures[i]));
    device.gpu.queue.submit([encoder.finish()]);
    const [first, second, third, fourth] = textures,
      old = { old_value: value, old_average: average, old_square: square };
    device.recorder.dispatch(
      kernels.optimTexture.adam,
      { clock, grad, value, average, square, ...old },
      { ...params, n, start, clock_at: clockAt },
      {
        workgroups: Math.ceil(n / GROUP_VECTORS),
        textures: { grad: first, old_value: second, old_average: third, old_square: fourth },
        label,
      },
    );
    for (const texture of textures) device.pool.give(texture);
  }
}

/** Copies vectors of a buffer into a texture, row by row. */
function copy(encoder: GPUCommandEncoder, from: Bindable, start: number, n: number, to: PooledTexture): void {
  const rows = Math.floor(n / TEXTURE_ROW), rest = n % TEXTURE_ROW, buffer = from.storage.buffer.gpu;
  const offset = from.byteOffset + start * VECTOR_BYTES;
  const part = (y: number, width: number, height: number) =>
    encoder.copyBufferToTexture(
      { buffer, offset: offset + y * ROW_BYTES, bytesPerRow: ROW_BYTES },
      { texture: to.gpu, origin: [0, y] },
      [width, height],
    );
  if (rows) part(0, TEXTURE_ROW, rows);
  if (rest) part(rows, rest, 1);
}
