/**
 * The two passes of a recurrent layer on the GPU: a hoisted input product over all steps, then fused kernels that do the
 * recurrent product and the gates of a step; backward is a pass in reverse time that stores gate gradients, then one
 * product per weight over all steps. What does not fit one binding runs in pieces of time that carry their state on.
 * @module
 */
import type { Device } from "../gpu/device.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import type { Bindable } from "../gpu/recorder.ts";
import type { PooledTexture } from "../gpu/storage.ts";
import { contiguousStrides } from "../tensor/shape.ts";
import { alias, type AnyTensor, empty, type Tensor } from "../tensor/tensor.ts";
import { add } from "./binary.ts";
import { fillBits } from "./creation.ts";
import { type BackwardContext, type ForwardContext, wantDType } from "./define.ts";
import { gemm, gemmInto, shared, type TextureMatrix } from "./gemm.ts";
import { toFloat } from "./half.ts";
import { copyStrided, groups, ready, run, writeStrided } from "./launch.ts";
import { launchAll, type Piece } from "./recurrent_launch.ts";
import { fillTexture } from "./texture.ts";
import {
  type Attrs,
  type Inputs,
  laid,
  paddedState,
  type Sizes,
  sizesOf,
  sortOut,
  stateOf,
  unpadded,
} from "./recurrent_layout.ts";
import {
  type CellKind,
  planRecurrent,
  recurrentPieces,
  type RecurrentPlan,
  type RecurrentShape,
} from "./recurrent_plan.ts";

/** Pieces of the layer, each in the order of its direction, with their plans. */
function piecesOf(kind: CellKind, inputs: Inputs, s: Sizes, attrs: Attrs, initialGradient = true): Piece[] {
  const { info, limits } = inputs.x.device, { steps, batch, units } = s;
  const shape: RecurrentShape = { kind, steps, batch, units, reverse: attrs.reverse, batchSizes: attrs.batchSizes };
  // A binding that begins inside a tensor may begin up to 255 bytes early.
  const most = attrs.most ?? Math.floor((limits.maxStorageBufferBindingSize - 256) / 4);
  const list = recurrentPieces(shape, most, s.inputs);
  return list.map((at) => {
    const plan = planRecurrent(at.shape, {
      algorithm: attrs.algorithm,
      tile: attrs.tile,
      initialGradient: initialGradient || list.length > 1,
      processor: info.software,
      subgroups: info.subgroups,
      maxInvocations: Math.min(limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX),
    });
    const own: Sizes = {
      ...s,
      steps: at.steps,
      batch: at.shape.batch,
      rows: plan.sizes.rows,
      dirs: at.dirs.length,
    };
    return { kind, attrs, inputs, at, plan, s: own };
  });
}

/** Rows of the layer's input that belong to a piece, as a matrix. */
function rowsOf({ inputs: { x }, at, s }: Piece): Tensor {
  return alias(x, [1, s.rows, s.inputs], [0, s.inputs, 1], x.offset + at.row * s.inputs);
}

/** The same for the products of all directions. */
function sharedRows(piece: Piece): Tensor | TextureMatrix {
  return piece.s.dirs > 1 ? shared(rowsOf(piece)) : rowsOf(piece);
}

function giveBack(device: Device, matrix: Tensor | TextureMatrix): void {
  if ("texture" in matrix) device.pool.give(matrix.texture);
}

/** Matrix d of several laid behind each other, as a batch of one. */
function matrix(t: Tensor, d: number, rows: number, columns: number, transposed = false): Tensor {
  const shape = transposed ? [1, columns, rows] : [1, rows, columns];
  return alias(t, shape, transposed ? [0, 1, columns] : [0, columns, 1], t.offset + d * rows * columns);
}

/** What a piece keeps for backward: gates, hidden states, LSTM: cell states, packed: the row table. */
type Kept = [z: Tensor, h: Tensor, ...more: Tensor[]];

/** Name under which a step of `pair` reads z from a texture. */
const READS_Z = { lstm: "z_in", gru: "z_in", rnn: "z" } as const;

/** One piece forward. @param states initial [dirs, B, H] @param y takes the output, [rows, dirs H] @param keep for backward */
function forwardPiece(
  piece: Piece,
  states: readonly Tensor[],
  y: Tensor,
  keep: boolean,
): { kept: Kept; finals: Tensor[] } {
  const { kind, attrs, inputs, at, plan, s } = piece, { sizes } = plan, { device } = inputs.x;
  const directions = at.dirs.map((d) => inputs.directions[d]), rows = sharedRows(piece);
  // The weights are f32 masters; what an f16 input meets is an f16 copy.
  const { dtype } = inputs.x, own = (list: Tensor[], square: boolean) => toFloat(laid(list, s, square), dtype, false);
  const w = own(directions.map((d) => d.wHh), true), wIh = own(directions.map((d) => d.wIh), false);
  // GRU keeps b_hh apart: it stands inside the reset gate's product. Elsewhere both biases join the input product.
  const summed = attrs.bias ? directions.map((d) => kind === "gru" ? d.bIh! : add(d.bIh!, d.bHh!)) : [];
  const biases = attrs.bias ? laid(summed, s, false) : null;
  const hidden = kind === "gru" && attrs.bias ? own(directions.map((d) => d.bHh!), false) : null;
  const z = empty(device, [sizes.z], dtype), h = empty(device, [sizes.state], "f32");
  const c = kind === "lstm" ? empty(device, [sizes.state], "f32") : null;
  // On software adapters the steps read z from a texture, which the product writes where it can.
  const inTexture = device.info.software && dtype === "f32" && plan.algorithm.forward === "pair";
  const texture = inTexture ? device.pool.takeTexture(Math.ceil(sizes.z / 4)) : null;
  let written = texture !== null;
  for (let d = 0; d < s.dirs; d++) {
    const bias = biases && alias(biases, [sizes.columns], [1], biases.offset + d * sizes.columns);
    const into = { binding: z, start: d * sizes.zStride, row: sizes.columns, batch: 0, dtype };
    const columns = matrix(wIh, d, sizes.columns, s.inputs, true);
    written = gemmInto(rows, columns, { ...into, texture: texture ?? undefined }, { bias }) && written;
  }
  if (texture && !written) fillTexture(device, texture, z, { vectors: Math.floor(z.numel / 4) });
  giveBack(device, rows);
  const [h0, c0] = states.map((state) => paddedState(state, s)), steps = tableOf(device, plan);
  const { h4, sd, reverse, packed, count } = (plan.forward[0] ?? plan.backward[0]).params;
  const start = { h4, batch: s.batch, dirs: s.dirs, sd, given: (h0 ? 1 : 0) | (c0 ? 2 : 0), reverse, packed, count };
  const workgroups = Math.ceil(s.dirs * s.batch * h4 / 64), table = steps ?? w;
  if (c) {
    run(device, kernels.rnnState.startPair, { h0: h0 ?? w, h, c0: c0 ?? w, c, steps: table }, start, { workgroups });
  } else run(device, kernels.rnnState.start, { h0: h0 ?? w, h, steps: table }, start, { workgroups });
  const whole = s.padded === s.units ? y : empty(device, [s.rows, s.dirs * s.padded], dtype);
  const buffers: Record<string, Bindable> = { w, z, h, y: whole, steps: table };
  if (c) buffers.c = c;
  if (kind === "gru") buffers.bias = hidden ?? w;
  if (sizes.sums && plan.algorithm.forward !== "pair") buffers.sums = empty(device, [sizes.sums], "f32");
  launchAll(piece, "forward", buffers, { keep }, c ? [h0, c0] : [h0], texture ? { [READS_Z[kind]]: texture } : {});
  if (texture) device.pool.give(texture);
  if (whole !== y) {
    writeStrided(alias(whole, [s.rows, s.dirs, s.units], [s.dirs * s.padded, s.padded, 1]), y, [
      s.dirs * s.units,
      s.units,
      1,
    ]);
  }
  const finals = [h, ...(c ? [c] : [])].map(() => empty(device, [s.dirs, s.batch, s.units], "f32")), [hn, cn] = finals;
  const last = { n: hn.numel, units: s.units, batch: s.batch, h4, sd, final_row: sizes.rows };
  if (c) run(device, kernels.rnnState.finishPair, { hs: h, hn, cs: c, cn }, last, { workgroups: groups(last.n) });
  else run(device, kernels.rnnState.finish, { hs: h, hn }, last, { workgroups: groups(last.n) });
  return { kept: [z, h, ...(c ? [c] : []), ...(steps ? [steps] : [])], finals };
}

/** The row table of packed rows on the device. */
function tableOf(device: Device, { table }: RecurrentPlan): Tensor | null {
  if (!table) return null;
  const t = empty(device, [table.length], "u32");
  device.upload(t.storage, table);
  return t as AnyTensor as Tensor;
}

/** Rows that a piece's sequences have in a state [1, B, H] of all sequences. */
function firstRows(state: Tensor, { s }: Piece): Tensor {
  return alias(state, [1, s.batch, s.units], [s.batch * s.units, s.units, 1]);
}

/** A state of one direction, [1, B, H], that pieces overwrite: a copy of what is given, or zeros. */
function running(device: Device, given: Tensor | null, d: number, { batch, units }: Sizes): Tensor {
  const state = empty(device, [1, batch, units], "f32");
  if (given) {
    writeStrided(alias(given, state.shape, given.strides, given.offset + d * given.strides[0]), state, state.strides);
  } else fillBits(state, 0);
  return state;
}

/** Outputs of a layer; saves the input, and per piece gates and states. */
export function forwardPass(
  kind: CellKind,
  { save, needs }: ForwardContext,
  list: readonly Tensor[],
  attrs: Attrs,
): Tensor[] {
  const given = sortOut(list, attrs), states0 = list.slice(1 + attrs.reverse.length * (attrs.bias ? 4 : 2));
  wantDType(kind, list.slice(0, list.length - states0.length), "f32", "f16");
  wantDType(kind, states0, "f32", "f16"); // carried in f32 whatever they come as
  const s = sizesOf(kind, given, attrs), inputs = { ...given, x: ready(given.x) };
  const pieces = piecesOf(kind, inputs, s, attrs), { device } = inputs.x;
  const y = empty(
    device,
    attrs.batchSizes ? [s.rows, s.dirs * s.units] : [s.steps, s.batch, s.dirs * s.units],
    inputs.x.dtype,
  );
  const initial = [inputs.h0, inputs.c0].filter((state) => state !== null).map((t) => toFloat(t, "f32", false));
  const keep = needs.includes(true);
  save(inputs.x);
  if (pieces.length === 1) {
    const { kept, finals } = forwardPiece(pieces[0], initial, y, keep);
    save(...kept);
    return [y, ...finals];
  }
  const count = kind === "lstm" ? 2 : 1;
  const states = attrs.reverse.map((_, d) =>
    Array.from({ length: count }, (_, i) => running(device, initial[i] ?? null, d, s))
  );
  for (const piece of pieces) {
    const [d] = piece.at.dirs, own = empty(device, [piece.s.rows, s.units], inputs.x.dtype);
    const { kept, finals } = forwardPiece(piece, states[d].map((state) => firstRows(state, piece)), own, keep);
    finals.forEach((state, i) => writeStrided(state, states[d][i], state.strides));
    writeStrided(own, y, [s.dirs * s.units, 1], piece.at.row * s.dirs * s.units + d * s.units);
    own.dispose();
    save(...kept);
  }
  return [y, ...Array.from({ length: count }, (_, i) => joined(states.map((own) => own[i])))];
}

/** [1, B, H] of each direction as [directions, B, H]. */
function joined(states: readonly Tensor[]): Tensor {
  if (states.length === 1) return states[0];
  const [, batch, units] = states[0].shape, out = empty(states[0].device, [states.length, batch, units], "f32");
  states.forEach((state, d) => writeStrided(state, out, out.strides, d * batch * units));
  return out;
}

/** Gradients that a piece of backward adds up, by position in the op's list of inputs. */
interface Gradients {
  /** Of the piece's rows of x, [1, rows, I], one for each direction. */
  x: Tensor[];
  /** Of each direction's weights and biases, in their order; null where none is wanted. */
  weights: (Tensor | null)[][];
  /** Of the initial states, [dirs, B, H]. */
  states: Tensor[];
}

/** One piece backward. @param dy gradient of its output, [rows, dirs H] @param finals gradients of its final states */
function backwardPiece(
  piece: Piece,
  [z, h, ...more]: Kept,
  dy0: Tensor | null,
  finals: readonly (Tensor | null)[],
  needs: readonly boolean[],
  wantStates: boolean,
): Gradients {
  const { kind, attrs, inputs, at, plan, s } = piece, { sizes } = plan, { device } = inputs.x;
  const directions = at.dirs.map((d) => inputs.directions[d]), each = attrs.bias ? 4 : 2;
  const [dhN, dcN = null] = finals, steps = plan.table ? more.at(-1)! : null;
  const { dtype } = inputs.x, w = toFloat(laid(directions.map((d) => d.wHh), s, true), dtype, false);
  // On software adapters the gate gradients, which are loaded many times over, exist as a texture only.
  const inTexture = device.info.software && plan.algorithm.backward === "pair";
  const texture = inTexture ? device.pool.takeTexture(sizes.dg / 4) : null;
  const dg = inTexture ? w : empty(device, [sizes.dg], "f32"), dz = kind === "gru" ? s.dirs * sizes.dgStride : 0;
  // The kernels turn the gradients of the final states into those of the initial ones, in place: copies.
  const states = s.dirs * s.batch * s.padded, dh = empty(device, [sizes.dh], "f32");
  if (s.padded !== s.units && (dhN || dcN)) fillBits(dh, 0);
  if (dhN) writeStrided(dhN, dh, [s.batch * s.padded, s.padded, 1]);
  if (dcN) writeStrided(dcN, dh, [s.batch * s.padded, s.padded, 1], states);
  let dy = dy0;
  if (dy0 && s.padded !== s.units) {
    dy = empty(device, [s.rows, s.dirs * s.padded], dtype);
    fillBits(dy, 0);
    const from = alias(dy0, [s.rows, s.dirs, s.units], [s.dirs * s.units, s.units, 1]);
    writeStrided(from, dy, [s.dirs * s.padded, s.padded, 1]);
  }
  const buffers: Record<string, Bindable> = { w, dy: dy ?? w, dg, dh, steps: steps ?? w };
  if (kind === "lstm") Object.assign(buffers, { gates: z, cs: more[0] });
  else if (kind === "gru") Object.assign(buffers, { gates: z, hs: h });
  else buffers.hs = h;
  const given = (dhN ? 1 : 0) | (dcN ? 2 : 0);
  launchAll(piece, "backward", buffers, { given }, [], texture ? { dg: texture } : {});

  // Of the recurrent product, or from dz on of the input product; the same thing but in the GRU.
  const gradOf = (d: number, transposed: boolean, start: number): Tensor | TextureMatrix => {
    const from = start + d * sizes.dgStride, { columns } = sizes;
    if (texture) {
      const at = { device, texture, start: from, dtype: "f32" as const };
      return transposed
        ? { ...at, shape: [1, columns, sizes.rows], row: 1, col: columns }
        : { ...at, shape: [1, sizes.rows, columns], row: columns, col: 1 };
    }
    return transposed
      ? alias(dg, [1, sizes.columns, sizes.rows], [0, 1, sizes.columns], from)
      : alias(dg, [1, sizes.rows, sizes.columns], [0, sizes.columns, 1], from);
  };
  const ofWeights = at.dirs.some((d) => needs[1 + d * each]), rows = ofWeights ? sharedRows(piece) : rowsOf(piece);
  const wIh = needs[0] ? toFloat(laid(directions.map((d) => d.wIh), s, false), dtype, false) : null;
  const x: Tensor[] = [];
  const wanted = (k: number): boolean => attrs.bias && at.dirs.some((d) => needs[1 + d * each + k]);
  const ofInput = wanted(2) || (dz === 0 && wanted(3)) ? biasGradients(piece, dg, texture, dz) : null;
  const ofState = dz === 0 ? ofInput : wanted(3) ? biasGradients(piece, dg, texture, 0) : null;
  const weights = at.dirs.map((direction, d): (Tensor | null)[] => {
    const own = needs.slice(1 + direction * each, 1 + (direction + 1) * each);
    if (wIh) x.push(gemm(gradOf(d, false, dz), matrix(wIh, d, sizes.columns, s.inputs)));
    const before = alias(h, [1, sizes.rows, s.padded], [0, s.padded, 1], d * sizes.stateStride);
    const bias = (all: Tensor): Tensor =>
      unpadded(alias(all, [sizes.columns], [1], all.offset + d * all.strides[0]), s, 0, 1);
    return [
      own[0] ? unpadded(gemm(gradOf(d, true, dz), rows), s, s.inputs, s.inputs) : null,
      own[1] ? unpadded(gemm(gradOf(d, true, 0), before), s, s.units, s.padded) : null,
      own[2] ? bias(ofInput!) : null,
      own[3] ? bias(ofState!) : null,
    ].slice(0, each);
  });
  giveBack(device, rows);
  if (texture) device.pool.give(texture);
  const initial = Array.from(
    { length: wantStates ? (kind === "lstm" ? 2 : 1) : 0 },
    (_, i) => stateOf(dh, i * states, s.batch * s.padded, s),
  );
  return { x, weights, states: initial };
}

/** Rows that one lane adds up at most, where more lanes are to be had. */
const BIAS_ROWS = 256;

/** Sums over the rows of gate gradients, [dirs, at least columns]: in chunks of rows, then over the chunks. */
function biasGradients({ plan, s, inputs }: Piece, dg: Tensor, texture: PooledTexture | null, from: number): Tensor {
  const { device } = inputs.x, { sizes } = plan, columns = sizes.columns / 4;
  const pass = (
    source: Tensor,
    texture: PooledTexture | null,
    { rows, start, gd }: { rows: number; start: number; gd: number },
    chunks: number,
  ): Tensor => {
    const sd = Math.ceil(chunks * columns / 16) * 16, sums = empty(device, [s.dirs, 4 * sd], "f32");
    const each = Math.ceil(rows / chunks);
    run(device, kernels.rnnState.bias, { dg: source, sums }, { columns, rows, each, chunks, start, gd, sd }, {
      workgroups: [Math.ceil(chunks * columns / 64), 1, s.dirs],
      textures: texture ? { dg: texture } : undefined,
    });
    return sums;
  };
  const rows = { rows: sizes.rows, start: from / 4, gd: sizes.dgStride / 4 };
  const chunks = Math.min(BIAS_ROWS, Math.ceil(sizes.rows / BIAS_ROWS));
  if (chunks === 1) return pass(dg, texture, rows, 1);
  const parts = pass(dg, texture, rows, chunks);
  return pass(parts, null, { rows: chunks, start: 0, gd: parts.strides[0] / 4 }, 1);
}

/** Gradients of a layer's inputs. */
export function backwardPass(
  kind: CellKind,
  { saved: [x, ...kept], needs }: BackwardContext,
  [dy0, ...finals]: readonly (Tensor | null)[],
  attrs: Attrs,
  list: readonly Tensor[],
): (Tensor | null)[] {
  const inputs = { ...sortOut(list, attrs), x }, s = sizesOf(kind, inputs, attrs), { device } = x;
  const each = attrs.bias ? 4 : 2, first = 1 + s.dirs * each, out: (Tensor | null)[] = list.map(() => null);
  const pieces = piecesOf(kind, inputs, s, attrs, attrs.states >= 1 && needs[first]);
  const per = kept.length / pieces.length, dy = dy0 && ready(dy0);
  const keptOf = (i: number): Kept => kept.slice(i * per, (i + 1) * per) as Kept;
  const put = (states: readonly Tensor[]): void => {
    for (let i = 0; i < attrs.states; i++) if (needs[first + i]) out[first + i] = states[i];
  };
  if (pieces.length === 1) {
    const found = backwardPiece(pieces[0], keptOf(0), dy, finals, needs, needs.slice(first).includes(true));
    if (needs[0]) out[0] = alias(found.x.reduce((a, b) => add(a, b)), x.shape, contiguousStrides(x.shape));
    found.weights.flat().forEach((t, i) => out[1 + i] = t);
    put(found.states);
    return out;
  }
  const count = kind === "lstm" ? 2 : 1;
  const states = attrs.reverse.map((_, d) =>
    Array.from({ length: count }, (_, i) => running(device, finals[i] ?? null, d, s))
  );
  const dx = attrs.reverse.map(() => needs[0] ? empty(device, x.shape, "f32") : null);
  for (let i = pieces.length - 1; i >= 0; i--) {
    const piece = pieces[i], [d] = piece.at.dirs, from = piece.at.row * s.dirs * s.units + d * s.units;
    const own = dy &&
      copyStrided(alias(dy, [piece.s.rows, s.units], [s.dirs * s.units, 1], dy.offset + from)) as Tensor;
    const found = backwardPiece(piece, keptOf(i), own, states[d].map((state) => firstRows(state, piece)), needs, true);
    found.states.forEach((state, i) => writeStrided(state, states[d][i], state.strides));
    if (dx[d]) writeStrided(found.x[0], dx[d], found.x[0].strides, piece.at.row * s.inputs);
    found.weights[0].forEach((t, k) => {
      const before = out[1 + d * each + k];
      out[1 + d * each + k] = before && t ? add(before, t) : t;
    });
  }
  if (needs[0]) out[0] = dx.map((t) => t!).reduce((a, b) => add(a, b));
  put(Array.from({ length: count }, (_, i) => joined(states.map((own) => own[i]))));
  return out;
}
