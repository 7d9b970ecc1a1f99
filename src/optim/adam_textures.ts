/**
 * Adam for large parameters on software adapters. They load from a storage buffer for several times what a copy into a
 * texture and a load from there cost, so gradient, value and state are copied first, some megabytes at a time; see
 * docs/decisions/0007-optimizer-step.md.
 * @module
 */
import { kernels } from "../gpu/kernels.gen.ts";
import { TEXTURE_ROW } from "../gpu/storage.ts";
import type { StepContext } from "./optimizer.ts";

/** Numbers that all vectors share. */
export type AdamParams = Record<"beta1" | "share1" | "beta2" | "share2" | "eps" | "decay" | "keep", number>;

const WINDOW = 32 * TEXTURE_ROW, GROUP_VECTORS = 64 * 4;

/** Records the step of a parameter that has an arena of its own. */
export function recordAdamByTextures(context: StepContext, clockAt: number, params: AdamParams, label: string): void {
  const { segment, buffers: { grad, value, clock }, state } = context, { device } = segment.arena;
  const average = state("expAvg"), square = state("expAvgSq"), vectors = 16 * segment.count;
  const sources = [grad, value, average, square], now = device.pool.takeTexture(1);
  device.recorder.copyToTexture(clock, clockAt, 1, now);
  for (let start = 0; start < vectors; start += WINDOW) {
    const n = Math.min(WINDOW, vectors - start);
    const textures = sources.map(() => device.pool.takeTexture(n));
    sources.forEach((source, i) => device.recorder.copyToTexture(source, start, n, textures[i]));
    const [first, second, third, fourth] = textures,
      old = { old_value: value, old_average: average, old_square: square };
    device.recorder.dispatch(
      kernels.optimTexture.adam,
      { clock, grad, value, average, square, ...old },
      { ...params, n, start },
      {
        workgroups: Math.ceil(n / GROUP_VECTORS),
        textures: { clock: now, grad: first, old_value: second, old_average: third, old_square: fourth },
        label,
      },
    );
    for (const texture of textures) device.pool.give(texture);
  }
  device.pool.give(now);
}
