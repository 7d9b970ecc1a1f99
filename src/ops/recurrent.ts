/**
 * One recurrent layer (LSTM, GRU or RNN, one or two directions) as one op: a hoisted input product over all steps, then
 * fused kernels that do the recurrent product and the gates of a step; backward is a pass in reverse time that stores
 * gate gradients, then one product per weight over all steps.
 *
 * Saved for backward: the input, the gates [T, B, G H], and the hidden (and cell) states.
 * @module
 */
import type { Device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import { UNIFORM_BYTES } from "../gpu/pipelines.ts";
import type { Bindable } from "../gpu/recorder.ts";
import { contiguousStrides } from "../tensor/shape.ts";
import { alias, empty, type Tensor } from "../tensor/tensor.ts";
import { add, mul, sub } from "./binary.ts";
import { hardSigmoid, relu, sigmoid, tanh } from "./activations.ts";
import { fillBits } from "./creation.ts";
import { applyMany, type BackwardContext, defineOp, type ForwardContext, type Op, wantDType } from "./define.ts";
import { gemm, gemmInto } from "./gemm.ts";
import { ready, run, writeStrided } from "./launch.ts";
import { linear } from "./matmul.ts";
import { cat, stack } from "./assembly.ts";
import { chunk, select, slice, unsqueeze } from "./movement.ts";
import {
  type CellKind,
  GATES,
  planRecurrent,
  type RecurrentLaunch,
  type RecurrentPlan,
  WINDOW,
} from "./recurrent_plan.ts";
import {
  type Attrs,
  laid,
  paddedState,
  type RecurrentOptions,
  type RecurrentWeights,
  type Sizes,
  sizesOf,
  sortOut,
  stateOf,
  unpadded,
} from "./recurrent_layout.ts";
import { sum } from "./sum.ts";

export type { RecurrentActivation, RecurrentOptions, RecurrentWeights } from "./recurrent_layout.ts";

const LARGE = { lstm: kernels.lstm, gru: kernels.gru, rnn: kernels.rnn } as const;
const SMALL = { lstm: kernels.lstmSmall, gru: kernels.gruSmall, rnn: kernels.rnnSmall } as const;
const PAIR = { lstm: kernels.lstmPair, gru: kernels.gruPair, rnn: kernels.rnnPair } as const;

/** The two buffers through which the steps of a pass hand on what the recurrent product reads. */
function handing(device: Device): readonly [Tensor, Tensor] {
  return [empty(device, [WINDOW], "f32"), empty(device, [WINDOW], "f32")];
}

function launch(
  x: Tensor,
  kind: CellKind,
  plan: RecurrentPlan,
  pass: "forward" | "backward",
  one: RecurrentLaunch,
  own: Record<string, Bindable>,
  pair: readonly [Tensor, Tensor] | null,
  strides: { ys: number; yd: number; given?: number },
  { nonlinearity, recurrentActivation, bias }: Attrs,
): void {
  // The cells' modules have the same entries; their buffers differ, so the compiler cannot check the names here.
  const module = (plan.tile === 4 ? SMALL : one.algorithm === "pair" ? PAIR : LARGE)[kind] as Record<string, unknown>;
  const kernel = module[`${pass}${one.algorithm === "loop" ? "Loop" : "Step"}`];
  const buffers = pair ? { ...own, prev: pair[one.turn], next: pair[1 - one.turn] } : own;
  const vectors = strides.ys % 4 === 0 && strides.yd % 4 === 0 && plan.shape.units % 4 === 0;
  const constants: Record<string, number> = {
    WG: one.workgroup,
    Y: buffers.y === undefined && buffers.dy === buffers.w ? 0 : vectors ? 2 : 1,
  };
  if (kind === "rnn") constants.RELU = nonlinearity === "relu" ? 1 : 0;
  else constants.HARD = recurrentActivation === "hardSigmoid" ? 1 : 0;
  if (kind === "gru") constants.BIAS = bias ? 1 : 0;
  run(x.device, kernel as Kernel, buffers, { ...one.params, ...strides, given: strides.given ?? 0 }, {
    workgroups: one.workgroups,
    constants,
    uniform: ["w", "prev"].filter((name) => buffers[name] && fitsWindow(x.device, buffers[name])),
  });
}

/** Whether weights can be bound as a uniform window: software adapters load from one several times faster. */
function fitsWindow({ info }: Device, { storage, byteOffset, byteLength }: Bindable): boolean {
  return info.software && byteLength <= UNIFORM_BYTES && byteOffset + UNIFORM_BYTES <= storage.buffer.bytes;
}

function planOf(
  kind: CellKind,
  x: Tensor,
  s: Sizes,
  { reverse, algorithm, tile }: Attrs,
  initialGradient = true,
): RecurrentPlan {
  const { info, limits } = x.device;
  return planRecurrent({ kind, steps: s.steps, batch: s.batch, units: s.units, reverse }, {
    algorithm,
    tile,
    initialGradient,
    processor: info.software,
    maxInvocations: Math.min(limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX),
  });
}

function forward(kind: CellKind, { save }: ForwardContext, list: readonly Tensor[], attrs: Attrs): Tensor[] {
  wantDType(kind, list, "f32");
  const inputs = sortOut(list, attrs),
    s = sizesOf(kind, inputs),
    plan = planOf(kind, inputs.x, s, attrs),
    { sizes } = plan;
  const { device } = inputs.x, x = ready(inputs.x);
  const rows = alias(x, [1, sizes.rows, s.inputs], [0, s.inputs, 1]);
  const w = laid(inputs.directions.map((d) => d.wHh), s, true),
    wIh = laid(inputs.directions.map((d) => d.wIh), s, false);
  // GRU keeps b_hh apart: it stands inside the reset gate's product. Elsewhere both biases join the input product.
  const summed = attrs.bias ? inputs.directions.map((d) => kind === "gru" ? d.bIh! : add(d.bIh!, d.bHh!)) : [];
  const biases = attrs.bias ? laid(summed, s, false) : null;
  const hidden = kind === "gru" && attrs.bias ? laid(inputs.directions.map((d) => d.bHh!), s, false) : null;
  const z = empty(device, [sizes.z], "f32"), h = empty(device, [sizes.state], "f32");
  const c = kind === "lstm" ? empty(device, [sizes.state], "f32") : null;
  for (let d = 0; d < s.dirs; d++) {
    const weight = alias(
      wIh,
      [1, s.inputs, sizes.columns],
      [0, 1, s.inputs],
      wIh.offset + d * sizes.columns * s.inputs,
    );
    const bias = biases && alias(biases, [sizes.columns], [1], biases.offset + d * sizes.columns);
    gemmInto(rows, weight, { binding: z, start: d * sizes.zStride, row: sizes.columns, batch: 0 }, { bias });
  }
  const h0 = inputs.h0 && paddedState(inputs.h0, s), c0 = inputs.c0 && paddedState(inputs.c0, s);
  const { h4, sd, reverse, packed, count } = (plan.forward[0] ?? plan.backward[0]).params;
  const start = { h4, batch: s.batch, dirs: s.dirs, sd, given: (h0 ? 1 : 0) | (c0 ? 2 : 0), reverse, packed, count };
  const workgroups = Math.ceil(s.dirs * s.batch * h4 / 64);
  if (c) run(device, kernels.rnnState.startPair, { h0: h0 ?? w, h, c0: c0 ?? w, c, steps: w }, start, { workgroups });
  else run(device, kernels.rnnState.start, { h0: h0 ?? w, h, steps: w }, start, { workgroups });
  const y = empty(device, [s.steps, s.batch, s.dirs * s.units], "f32");
  const buffers: Record<string, Bindable> = { w, z, h, y, steps: w };
  if (c) buffers.c = c;
  if (kind === "gru") buffers.bias = hidden ?? w;
  if (sizes.sums) buffers.sums = empty(device, [sizes.sums], "f32");
  const pair = plan.algorithm.forward === "pair" ? handing(device) : null;
  if (pair && h0) writeStrided(h0, pair[0], h0.strides);
  else if (pair) fillBits(pair[0], 0);
  for (const one of plan.forward) {
    launch(x, kind, plan, "forward", one, buffers, pair, { ys: s.dirs * s.units, yd: s.units }, attrs);
  }
  save(x, z, h, ...(c ? [c] : []));
  const hN = stateOf(h, sizes.final, sizes.stateStride, s);
  return c ? [y, hN, stateOf(c, sizes.final, sizes.stateStride, s)] : [y, hN];
}

function backward(
  kind: CellKind,
  { saved, needs }: BackwardContext,
  grads: readonly (Tensor | null)[],
  attrs: Attrs,
  list: readonly Tensor[],
): (Tensor | null)[] {
  const inputs = sortOut(list, attrs), s = sizesOf(kind, inputs), [x, z, h, c] = saved, { device } = x;
  const each = attrs.bias ? 4 : 2, first = 1 + s.dirs * each;
  const plan = planOf(kind, x, s, attrs, attrs.states >= 1 && needs[first]), { sizes } = plan;
  const w = laid(inputs.directions.map((d) => d.wHh), s, true);
  const dg = empty(device, [sizes.dg], "f32"), dz = kind === "gru" ? s.dirs * sizes.dgStride : 0;
  const [dy0, dhN, dcN] = grads;
  const dy = dy0 && ready(dy0);
  // The kernels turn the gradients of the final states into those of the initial ones, in place: copies.
  const states = s.dirs * s.batch * s.padded, dh = empty(device, [sizes.dh], "f32");
  if (s.padded !== s.units && (dhN || dcN)) fillBits(dh, 0);
  if (dhN) writeStrided(dhN, dh, [s.batch * s.padded, s.padded, 1]);
  if (dcN) writeStrided(dcN, dh, [s.batch * s.padded, s.padded, 1], states);
  const buffers: Record<string, Bindable> = { w, dy: dy ?? w, dg, dh, steps: w };
  if (kind === "lstm") Object.assign(buffers, { gates: z, cs: c });
  else if (kind === "gru") Object.assign(buffers, { gates: z, hs: h });
  else buffers.hs = h;
  const given = (dhN ? 1 : 0) | (dcN ? 2 : 0);
  const pair = plan.algorithm.backward === "pair" ? handing(device) : null;
  for (const one of plan.backward) {
    launch(x, kind, plan, "backward", one, buffers, pair, { ys: s.dirs * s.units, yd: s.units, given }, attrs);
  }

  const out: (Tensor | null)[] = list.map(() => null);
  // Of the recurrent product, or from dz on of the input product; the same thing but in the GRU.
  const gradOf = (d: number, transposed: boolean, start: number): Tensor => {
    const at = start + d * sizes.dgStride;
    return transposed
      ? alias(dg, [1, sizes.columns, sizes.rows], [0, 1, sizes.columns], at)
      : alias(dg, [1, sizes.rows, sizes.columns], [0, sizes.columns, 1], at);
  };
  const rows = alias(x, [1, sizes.rows, s.inputs], [0, s.inputs, 1]);
  const wIh = needs[0] ? laid(inputs.directions.map((d) => d.wIh), s, false) : null;
  let dInput: Tensor | null = null;
  for (let d = 0; d < s.dirs; d++) {
    const at = 1 + d * each;
    if (wIh) {
      const weight = alias(
        wIh,
        [1, sizes.columns, s.inputs],
        [0, s.inputs, 1],
        wIh.offset + d * sizes.columns * s.inputs,
      );
      const part = gemm(gradOf(d, false, dz), weight);
      dInput = dInput ? add(dInput, part) : part;
    }
    if (needs[at]) out[at] = unpadded(gemm(gradOf(d, true, dz), rows), s, s.inputs, s.inputs);
    if (needs[at + 1]) {
      const before = alias(h, [1, sizes.rows, s.padded], [0, s.padded, 1], d * sizes.stateStride);
      out[at + 1] = unpadded(gemm(gradOf(d, true, 0), before), s, s.units, s.padded);
    }
    if (attrs.bias && (needs[at + 2] || needs[at + 3])) {
      const ofInput = unpadded(sum(gradOf(d, false, dz), { dim: 1 }), s, 0, 1);
      out[at + 2] = needs[at + 2] ? ofInput : null;
      if (needs[at + 3]) out[at + 3] = dz === 0 ? ofInput : unpadded(sum(gradOf(d, false, 0), { dim: 1 }), s, 0, 1);
    }
  }
  if (dInput) out[0] = alias(dInput, x.shape, contiguousStrides(x.shape));
  if (attrs.states >= 1 && needs[first]) out[first] = stateOf(dh, 0, s.batch * s.padded, s);
  if (attrs.states === 2 && needs[first + 1]) out[first + 1] = stateOf(dh, states, s.batch * s.padded, s);
  return out;
}

/** The same layer step by step, by plain ops. */
function composite(kind: CellKind, list: readonly Tensor[], attrs: Attrs): Tensor[] {
  const { x, directions, h0, c0 } = sortOut(list, attrs), [steps] = x.shape, units = directions[0].wHh.shape[1];
  const gate = attrs.recurrentActivation === "hardSigmoid" ? (t: Tensor) => hardSigmoid(t, { form: "keras" }) : sigmoid;
  const zero = mul(slice(linear(select(x, 0, 0), directions[0].wIh), 1, 0, units), 0);
  const outputs: Tensor[] = [], finalH: Tensor[] = [], finalC: Tensor[] = [];
  directions.forEach(({ wIh, wHh, bIh, bHh }, d) => {
    let h = h0 ? select(h0, 0, d) : zero, c = c0 ? select(c0, 0, d) : zero;
    const ys = new Array<Tensor>(steps);
    for (let i = 0; i < steps; i++) {
      const t = attrs.reverse[d] ? steps - 1 - i : i;
      const fromInput = linear(select(x, 0, t), wIh, bIh), fromState = linear(h, wHh, bHh);
      if (kind === "rnn") {
        const z = add(fromInput, fromState);
        h = attrs.nonlinearity === "relu" ? relu(z) : tanh(z);
      } else if (kind === "lstm") {
        const [zi, zf, zg, zo] = chunk(add(fromInput, fromState), 4, 1);
        c = add(mul(gate(zf), c), mul(gate(zi), tanh(zg)));
        h = mul(gate(zo), tanh(c));
      } else {
        const [xr, xz, xn] = chunk(fromInput, 3, 1), [hr, hz, hn] = chunk(fromState, 3, 1);
        const keep = gate(add(xz, hz)), n = tanh(add(xn, mul(gate(add(xr, hr)), hn)));
        h = add(n, mul(keep, sub(h, n)));
      }
      ys[t] = h;
    }
    outputs.push(stack(ys, 0));
    finalH.push(unsqueeze(h, 0));
    finalC.push(unsqueeze(c, 0));
  });
  const result = [cat(outputs, 2), cat(finalH, 0)];
  return kind === "lstm" ? [...result, cat(finalC, 0)] : result;
}

function samplesOf(kind: CellKind): Op<Attrs>["samples"] {
  const g = GATES[kind], states = kind === "lstm" ? 2 as const : 1 as const;
  const base: Attrs = { reverse: [false], nonlinearity: "tanh", recurrentActivation: "sigmoid", bias: true, states: 0 };
  const weights = (i: number, h: number, bias: boolean) => [
    { shape: [g * h, i], range: [-0.8, 0.8] as const },
    { shape: [g * h, h], range: [-0.8, 0.8] as const },
    ...(bias ? [{ shape: [g * h] }, { shape: [g * h] }] : []),
  ];
  const state = (d: number, b: number, h: number) => Array.from({ length: states }, () => ({ shape: [d, b, h] }));
  return [
    { inputs: [{ shape: [3, 2, 3] }, ...weights(3, 4, true)], attrs: base },
    { inputs: [{ shape: [4, 3, 2] }, ...weights(2, 3, true), ...state(1, 3, 3)], attrs: { ...base, states } },
    { inputs: [{ shape: [2, 1, 5] }, ...weights(5, 7, false)], attrs: { ...base, bias: false, reverse: [true] } },
    {
      inputs: [{ shape: [3, 2, 4] }, ...weights(4, 5, true), ...weights(4, 5, true), ...state(2, 2, 5)],
      attrs: { ...base, states, reverse: [false, true], recurrentActivation: "hardSigmoid" },
    },
    ...(kind === "rnn"
      ? [{ inputs: [{ shape: [2, 2, 3] }, ...weights(3, 4, true)], attrs: { ...base, nonlinearity: "relu" as const } }]
      : []),
  ];
}

function recurrentOp(kind: CellKind): Op<Attrs> {
  return defineOp<Attrs>({
    name: kind,
    forward: (context, inputs, attrs) => forward(kind, context, inputs, attrs),
    backward: (context, grads, attrs) => backward(kind, context, grads, attrs, context.inputs),
    composite: (inputs, attrs) => composite(kind, inputs, attrs),
    samples: samplesOf(kind),
    refusals: [{
      inputs: [{ shape: [3, 2, 3] }, { shape: [GATES[kind] * 4, 2] }, { shape: [GATES[kind] * 4, 4] }],
      attrs: { reverse: [false], nonlinearity: "tanh", recurrentActivation: "sigmoid", bias: false, states: 0 },
      error: "ShapeError",
    }],
    smooth: kind === "lstm", // relu and hard gates have corners
  });
}

const OPS: Readonly<Record<CellKind, Op<Attrs>>> = {
  lstm: recurrentOp("lstm"),
  gru: recurrentOp("gru"),
  rnn: recurrentOp("rnn"),
};

/**
 * One recurrent layer over a time-major sequence.
 * @param kind cell
 * @param x [T, B, I]
 * @param weights one entry per direction
 * @param states initial hidden state [directions, B, H], for the LSTM also the cell state; zeros by default
 * @returns output [T, B, directions H], final hidden state [directions, B, H], for the LSTM also the final cell state
 * @throws {ShapeError} when sizes do not fit
 */
export function recurrent(
  kind: CellKind,
  x: Tensor,
  weights: readonly RecurrentWeights[],
  states: readonly Tensor[] | null = null,
  options: RecurrentOptions = {},
): Tensor[] {
  const bias = !!weights[0].biasIh;
  const attrs: Attrs = {
    reverse: options.reverse ?? [false],
    nonlinearity: options.nonlinearity ?? "tanh",
    recurrentActivation: options.recurrentActivation ?? "sigmoid",
    bias,
    states: (states?.length ?? 0) as 0 | 1 | 2,
    algorithm: options.algorithm,
    tile: options.tile,
  };
  const list = [
    x,
    ...weights.flatMap((w) => bias ? [w.weightIh, w.weightHh, w.biasIh!, w.biasHh!] : [w.weightIh, w.weightHh]),
    ...(states ?? []),
  ];
  return applyMany(OPS[kind], list, attrs);
}
