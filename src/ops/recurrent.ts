/**
 * One recurrent layer (LSTM, GRU or RNN, one or two directions, padded or packed rows) as one op. `recurrent_pass.ts`
 * runs it, `recurrent_plan.ts` picks kernels, `recurrent_layout.ts` lays weights out.
 *
 * Saved for backward: the input, the gates [rows, G H], and the hidden (and cell) states.
 * @module
 */
import type { Tensor } from "../tensor/tensor.ts";
import { hardSigmoid, relu, sigmoid, tanh } from "./activations.ts";
import { cat, stack } from "./assembly.ts";
import { add, mul, sub } from "./binary.ts";
import { applyMany, defineOp, type Op } from "./define.ts";
import { toFloat } from "./half.ts";
import { linear } from "./matmul.ts";
import { chunk, select, slice, unsqueeze } from "./movement.ts";
import { type Attrs, type RecurrentOptions, type RecurrentWeights, sortOut } from "./recurrent_layout.ts";
import { backwardPass, forwardPass } from "./recurrent_pass.ts";
import { type CellKind, GATES } from "./recurrent_plan.ts";

export type { RecurrentActivation, RecurrentOptions, RecurrentWeights } from "./recurrent_layout.ts";

/** The same layer step by step, by plain ops. */
function composite(kind: CellKind, list: readonly Tensor[], attrs: Attrs): Tensor[] {
  const { x, directions, h0, c0 } = sortOut(list, attrs), units = directions[0].wHh.shape[1], { batchSizes } = attrs;
  const steps = batchSizes?.length ?? x.shape[0], most = batchSizes?.[0] ?? x.shape[1];
  const sizes = Array.from({ length: steps }, (_, t) => batchSizes?.[t] ?? most);
  const offsets = sizes.map((_, t) => sizes.slice(0, t).reduce((a, b) => a + b, 0));
  const rowsAt = (t: number) => batchSizes ? slice(x, 0, offsets[t], offsets[t] + sizes[t]) : select(x, 0, t);
  const gate = attrs.recurrentActivation === "hardSigmoid" ? (t: Tensor) => hardSigmoid(t, { form: "keras" }) : sigmoid;
  const zero = mul(slice(linear(rowsAt(0), directions[0].wIh), 1, 0, units), 0);
  const outputs: Tensor[] = [], finalH: Tensor[] = [], finalC: Tensor[] = [];
  directions.forEach(({ wIh, wHh, bIh, bHh }, d) => {
    // States of all sequences; a step changes the first rows, those that are as long as it.
    let allH = h0 ? select(h0, 0, d) : zero, allC = c0 ? select(c0, 0, d) : zero;
    const ys = new Array<Tensor>(steps);
    for (let i = 0; i < steps; i++) {
      const t = attrs.reverse[d] ? steps - 1 - i : i, n = sizes[t];
      const own = (all: Tensor) => n === most ? all : slice(all, 0, 0, n);
      const put = (all: Tensor, rows: Tensor) => n === most ? rows : cat([rows, slice(all, 0, n, most)], 0);
      const fromInput = linear(rowsAt(t), wIh, bIh);
      let h = own(allH), c = own(allC);
      const fromState = linear(h, wHh, bHh);
      if (kind === "rnn") {
        const z = add(fromInput, fromState);
        h = attrs.nonlinearity === "relu" ? relu(z) : tanh(z);
      } else if (kind === "lstm") {
        const [zi, zf, zg, zo] = chunk(add(fromInput, fromState), 4, 1);
        c = add(mul(gate(zf), c), mul(gate(zi), tanh(zg)));
        h = mul(gate(zo), tanh(c));
        allC = put(allC, c);
      } else {
        const [xr, xz, xn] = chunk(fromInput, 3, 1), [hr, hz, hn] = chunk(fromState, 3, 1);
        const keep = gate(add(xz, hz)), n = tanh(add(xn, mul(gate(add(xr, hr)), hn)));
        h = add(n, mul(keep, sub(h, n)));
      }
      allH = put(allH, h);
      ys[t] = h;
    }
    outputs.push(batchSizes ? cat(ys, 0) : stack(ys, 0));
    finalH.push(unsqueeze(allH, 0));
    finalC.push(unsqueeze(allC, 0));
  });
  const y = cat(outputs, batchSizes ? 1 : 2);
  const result = [x.dtype === "f16" ? toFloat(y, "f16", true) : y, cat(finalH, 0)];
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
    {
      inputs: [{ shape: [6, 4] }, ...weights(4, 5, true), ...weights(4, 5, true), ...state(2, 3, 5)],
      attrs: { ...base, states, reverse: [false, true], batchSizes: [3, 2, 1] },
    },
    ...(kind === "rnn"
      ? [{ inputs: [{ shape: [2, 2, 3] }, ...weights(3, 4, true)], attrs: { ...base, nonlinearity: "relu" as const } }]
      : []),
  ];
}

function recurrentOp(kind: CellKind): Op<Attrs> {
  return defineOp<Attrs>({
    name: kind,
    autocast: "first",
    forward: (context, inputs, attrs) => forwardPass(kind, context, inputs, attrs),
    backward: (context, grads, attrs) => backwardPass(kind, context, grads, attrs, context.inputs),
    composite: (inputs, attrs) => composite(kind, inputs, attrs),
    half: "native",
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
 * @param x [T, B, I], or packed rows [rows, I] with `batchSizes`
 * @param weights one entry per direction
 * @param states initial hidden state [directions, B, H], for the LSTM also the cell state; zeros by default
 * @returns output [T, B, directions H] (packed: [rows, directions H]), final hidden state [directions, B, H], for the LSTM also the final cell state
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
    batchSizes: options.batchSizes,
    algorithm: options.algorithm,
    tile: options.tile,
    most: options.most,
  };
  const list = [
    x,
    ...weights.flatMap((w) => bias ? [w.weightIh, w.weightHh, w.biasIh!, w.biasHh!] : [w.weightIh, w.weightHh]),
    ...(states ?? []),
  ];
  return applyMany(OPS[kind], list, attrs);
}
