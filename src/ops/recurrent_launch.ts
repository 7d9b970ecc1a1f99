/**
 * The dispatches of a recurrent pass: which kernel runs each launch of a plan, and the textures or buffers through which
 * steps read weights and hand states on.
 * @module
 */
import type { Device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import type { Bindable } from "../gpu/recorder.ts";
import type { PooledTexture } from "../gpu/storage.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { fillBits } from "./creation.ts";
import { run, writeStrided } from "./launch.ts";
import type { Attrs, Inputs, Sizes } from "./recurrent_layout.ts";
import type { CellKind, RecurrentLaunch, RecurrentPiece, RecurrentPlan } from "./recurrent_plan.ts";
import { fillTexture } from "./texture.ts";

const LARGE = { lstm: kernels.lstm, gru: kernels.gru, rnn: kernels.rnn } as const;
const SMALL = { lstm: kernels.lstmSmall, gru: kernels.gruSmall, rnn: kernels.rnnSmall } as const;
const WIDE = { lstm: kernels.lstmWide, gru: kernels.gruWide, rnn: kernels.rnnWide } as const;
const PAIR = { lstm: kernels.lstmPair, gru: kernels.gruPair, rnn: kernels.rnnPair } as const;

/** Lists that a step of `pair` reads by a function, so that they can be textures. */
const READ = {
  lstm: { forward: [], backward: ["gates", "dy", "cs"] },
  gru: { forward: [], backward: ["gates", "dy", "hs"] },
  rnn: { forward: [], backward: ["dy", "hs"] },
} as const;

/** A layer's pass over one piece of time. */
export interface Piece {
  kind: CellKind;
  attrs: Attrs;
  inputs: Inputs;
  at: RecurrentPiece;
  plan: RecurrentPlan;
  /** Sizes of the piece, with its own directions. */
  s: Sizes;
}

/**
 * Runs the launches of a pass.
 * @param states what the first step of `pair` finds, forward: h, and c of the LSTM; none is zeros
 * @param given textures in place of buffers, for `pair`: what its steps read, and backward where gate gradients go
 */
export function launchAll(
  piece: Piece,
  pass: "forward" | "backward",
  own: Record<string, Bindable>,
  options: { given?: number; keep?: boolean },
  states: readonly (Tensor | null | undefined)[],
  given: Record<string, PooledTexture> = {},
): void {
  const { kind, plan, inputs: { x: { device } } } = piece, { software } = device.info, taken: PooledTexture[] = [];
  const texture = (vectors: number): PooledTexture => {
    taken.push(device.pool.takeTexture(vectors));
    return taken[taken.length - 1];
  };
  const textures: Record<string, PooledTexture> = { ...given };
  const w = own.w as Tensor;
  if (software) fillTexture(device, textures.w = texture(w.numel / 4), w, { vectors: w.numel / 4, dtype: w.dtype });
  const handed = plan.sizes.handed[pass], pair = plan.algorithm[pass] === "pair";
  const lists = [0, 1].map(() => {
    if (!pair) return {};
    return software ? { texture: texture(handed / 4) } : { buffer: empty(device, [handed], "f32") };
  });
  // Packed rows that run backwards begin one after the other: until then both lists hold their initial state.
  const first = pair && pass === "forward" ? initial(device, states, handed) : null;
  for (const { texture, buffer } of first ? lists.slice(0, plan.table ? 2 : 1) : []) {
    if (texture) fillTexture(device, texture, first, { vectors: handed / 4 });
    else writeStrided(first!, buffer!, [1]);
  }
  // What each step reads of whole sequences: memory moves into a texture faster than lanes load it from a buffer.
  for (const name of pair && software ? READ[kind][pass] : []) {
    const from = own[name] as Tensor;
    if (from.dtype !== "f32" || from === w) continue;
    const vectors = Math.floor(from.numel / 4);
    fillTexture(device, textures[name] = texture(vectors), from, { vectors });
  }
  for (const one of plan[pass]) {
    if (!pair) {
      launch(piece, pass, one, own, textures, options);
      continue;
    }
    const prev = lists[one.turn], next = lists[1 - one.turn];
    const buffers = software ? own : { ...own, prev: prev.buffer!, next: next.buffer! };
    const bound: Record<string, PooledTexture> = software
      ? { w: textures.w, prev: prev.texture!, next: next.texture!, ...textures }
      : textures;
    launch(piece, pass, one, buffers, bound, options);
  }
  for (const one of taken) device.pool.give(one);
}

/** States laid behind each other; none is zeros. */
function initial(device: Device, states: readonly (Tensor | null | undefined)[], size: number): Tensor {
  const list = empty(device, [size], "f32"), each = size / states.length;
  if (!states.every(Boolean)) fillBits(list, 0);
  states.forEach((state, i) => {
    if (state) writeStrided(state, list, state.strides, i * each);
  });
  return list;
}

function launch(
  { kind, plan, s, attrs: { nonlinearity, recurrentActivation, bias }, inputs: { x } }: Piece,
  pass: "forward" | "backward",
  one: RecurrentLaunch,
  buffers: Record<string, Bindable>,
  textures: Record<string, PooledTexture>,
  { given = 0, keep = false }: { given?: number; keep?: boolean },
): void {
  // The cells' modules have the same entries; their buffers differ, so the compiler cannot check the names here.
  const module =
    (plan.tile === 32 ? WIDE : plan.tile === 4 ? SMALL : one.algorithm === "pair" ? PAIR : LARGE)[kind] as Record<
      string,
      unknown
    >;
  const kernel = module[`${pass}${one.algorithm === "loop" ? "Loop" : "Step"}`];
  const constants: Record<string, number> = {
    WG: one.workgroup,
    Y: pass === "backward" && buffers.dy === buffers.w ? 0 : 1,
  };
  if (kind === "rnn") constants.RELU = nonlinearity === "relu" ? 1 : 0;
  else {
    constants.HARD = recurrentActivation === "hardSigmoid" ? 1 : 0;
    if (pass === "forward") constants.KEEP = keep ? 1 : 0;
  }
  if (kind === "gru") constants.BIAS = bias ? 1 : 0;
  if (kind !== "rnn" && pass === "forward" && one.algorithm === "pair") {
    constants.COPY = textures.z_in ? 1 : 0;
    buffers = { ...buffers, z_in: buffers.w }; // nothing reads it where there is no texture
  }
  run(x.device, kernel as Kernel, buffers, { ...one.params, ys: s.dirs * s.padded / 4, yd: s.padded / 4, given }, {
    workgroups: one.workgroups,
    constants,
    type: x.dtype,
    textures,
  });
}
