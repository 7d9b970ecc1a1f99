/**
 * Adam for large parameters on software adapters. They load from a storage buffer for several times what a copy into a
 * texture and a load from there cost, so gradient, value and state are copied first, some megabytes at a time; see
 * docs/decisions/0007-optimizer-step.md.
 * @module
 */
import { kernels } from "../gpu/kernels.gen.ts";
import type { Bindable } from "../gpu/recorder.ts";
import { TEXTURE_ROW } from "../gpu/storage.ts";
import type { StepContext } from "./optimizer.ts";

/** Numbers that all vectors share. */
export type AdamParams = Record<"beta1" | "share1" | "beta2" | "share2" | "eps" | "decay" | "keep", number>;

const WINDOW = 32 * TEXTURE_ROW, GROUP_VECTORS = 128 * 2;

/** Records the step of a parameter that has an arena of its own. */
export function recordAdamByTextures(context: StepContext, clockAt: number, numbers: AdamParams, label: string): void {
  const { segment, buffers: { grad, value, clock }, state } = context, { recorder, pool } = segment.arena.device;
  const average = state("expAvg"), square = state("expAvgSq"), vectors = 16 * segment.count;
  const { decay, keep, ...shared } = numbers, DECAYS = decay !== 0 || keep !== 1 ? 1 : 0;
  const now = pool.takeTexture(2);
  recorder.dispatch(kernels.optimTexture.share, { clock, out: clock }, { at: clockAt, ...shared }, {
    workgroups: 1,
    textures: { out: now },
    label,
  });
  for (let start = 0; start < vectors; start += WINDOW) {
    const n = Math.min(WINDOW, vectors - start);
    const copied = [grad, value, average, square].map((source) => {
      const texture = pool.takeTexture(n);
      recorder.copyToTexture(source, start, n, texture);
      return texture;
    });
    const [first, second, third, fourth] = copied;
    const part = ({ storage, byteOffset }: Bindable): Bindable => (
      { storage, byteOffset: byteOffset + 16 * start, byteLength: 16 * n }
    );
    const out = { value: part(value), average: part(average), square: part(square) };
    recorder.dispatch(
      kernels.optimTexture.adam,
      { now: clock, grad, old_value: value, old_average: average, old_square: square, ...out },
      { n, decay, keep },
      {
        workgroups: Math.ceil(n / GROUP_VECTORS),
        constants: { CHECKS: n % GROUP_VECTORS ? 1 : 0, DECAYS },
        textures: { now, grad: first, old_value: second, old_average: third, old_square: fourth },
        label,
      },
    );
    for (const texture of copied) pool.give(texture);
  }
  pool.give(now);
}
