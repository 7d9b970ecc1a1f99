/**
 * What a recurrent layer is given, and how its weights and states are laid out for the kernels: directions behind each
 * other, every gate filled up with zeros to a multiple of 4 units.
 * @module
 */
import { ShapeError, ValueError } from "../errors.ts";
import { contiguousStrides, sameShape, show } from "../tensor/shape.ts";
import { alias, empty, type Tensor } from "../tensor/tensor.ts";
import { fillBits } from "./creation.ts";
import { copyStrided, ready, writeStrided } from "./launch.ts";
import { type CellKind, GATES, type RecurrentAlgorithm, type RowTile } from "./recurrent_plan.ts";

/** Gate activation: PyTorch's sigmoid, or Keras' clip(0.2 x + 0.5, 0, 1). */
export type RecurrentActivation = "sigmoid" | "hardSigmoid";

/** How a layer is computed. */
export interface RecurrentOptions {
  /** Directions in the order of their weights: false runs forward in time, true backward. Default [false]. */
  reverse?: readonly boolean[];
  /** RNN: tanh or relu. */
  nonlinearity?: "tanh" | "relu";
  /** Gates of LSTM and GRU. Default sigmoid. */
  recurrentActivation?: RecurrentActivation;
  /** Packed rows: sequences in each step, not increasing. The input is then [rows, I], the output [rows, directions H]. */
  batchSizes?: readonly number[];
  /** Forces an algorithm; all give the same bits. */
  algorithm?: RecurrentAlgorithm;
  /** Forces the rows that a lane works on. */
  tile?: RowTile;
  /** Forces pieces: elements that a binding holds. The device's limit by default. */
  most?: number;
}

/** Weights of one direction, with PyTorch's shapes: G is 1 (RNN), 3 (GRU: r, z, n) or 4 (LSTM: i, f, g, o). */
export interface RecurrentWeights {
  /** [G H, I] */
  weightIh: Tensor;
  /** [G H, H] */
  weightHh: Tensor;
  /** [G H], or none. */
  biasIh?: Tensor | null;
  /** [G H], or none. */
  biasHh?: Tensor | null;
}

/** Attributes of the recurrent ops. */
export interface Attrs extends Required<Omit<RecurrentOptions, "batchSizes" | "algorithm" | "tile" | "most">> {
  bias: boolean;
  /** Initial states among the inputs: 0 none, 1 h, 2 h and c. */
  states: 0 | 1 | 2;
  batchSizes?: readonly number[];
  algorithm?: RecurrentAlgorithm;
  tile?: RowTile;
  most?: number;
}

/** The inputs of the op, sorted out. */
export interface Inputs {
  x: Tensor;
  directions: { wIh: Tensor; wHh: Tensor; bIh: Tensor | null; bHh: Tensor | null }[];
  h0: Tensor | null;
  c0: Tensor | null;
}

/** The op's list of inputs by name. */
export function sortOut(inputs: readonly Tensor[], { reverse, bias, states }: Attrs): Inputs {
  const each = bias ? 4 : 2, first = 1 + reverse.length * each;
  return {
    x: inputs[0],
    directions: reverse.map((_, d) => {
      const [wIh, wHh, bIh = null, bHh = null] = inputs.slice(1 + d * each, 1 + (d + 1) * each);
      return { wIh, wHh, bIh, bHh };
    }),
    h0: states >= 1 ? inputs[first] : null,
    c0: states === 2 ? inputs[first + 1] : null,
  };
}

/** Sizes of a layer; `padded` is H rounded up to a multiple of 4. */
export interface Sizes {
  steps: number;
  batch: number;
  rows: number;
  inputs: number;
  units: number;
  padded: number;
  gates: number;
  dirs: number;
}

/** The sizes of a layer. @throws {ShapeError} when inputs do not fit together */
export function sizesOf(kind: CellKind, { x, directions, h0, c0 }: Inputs, { batchSizes }: Attrs): Sizes {
  const inputs = x.shape.at(-1)!, [steps, batch] = batchSizes ? [batchSizes.length, batchSizes[0]] : x.shape;
  const dirs = directions.length, gates = GATES[kind], units = directions[0].wHh.shape[1];
  const rows = batchSizes ? batchSizes.reduce((a, b) => a + b, 0) : steps * batch;
  if (batchSizes?.some((n, t) => !(Number.isInteger(n) && n >= 1 && n <= batchSizes[Math.max(0, t - 1)]))) {
    throw new ValueError(
      `Cannot ${kind} with batchSizes ${show(batchSizes)}: wanted integers >= 1 that never increase`,
      {
        op: kind,
        value: batchSizes,
      },
    );
  }
  if (batchSizes && (x.ndim !== 2 || x.shape[0] !== rows)) {
    throw new ShapeError(
      `Cannot ${kind} packed ${show(x.shape)}: wanted [${rows}, I], as batchSizes has ${rows} rows in ${steps} steps`,
      { op: kind, shapes: [x.shape] },
    );
  }
  for (const { wIh, wHh, bIh, bHh } of directions) {
    const fine = (batchSizes || x.ndim === 3) && sameShape(wIh.shape, [gates * units, inputs]) &&
      sameShape(wHh.shape, [gates * units, units]) &&
      (!bIh || sameShape(bIh.shape, [gates * units])) && (!bHh || sameShape(bHh.shape, [gates * units]));
    if (!fine) {
      throw new ShapeError(
        `Cannot ${kind} ${show(x.shape)} with weights ${show(wIh.shape)} and ${
          show(wHh.shape)
        }: wanted [T, B, I], [${gates} H, I] and [${gates} H, H]`,
        { op: kind, shapes: [x.shape, wIh.shape, wHh.shape] },
      );
    }
  }
  for (const state of [h0, c0]) {
    if (state && !sameShape(state.shape, [dirs, batch, units])) {
      throw new ShapeError(
        `Cannot ${kind} with initial state ${show(state.shape)}: wanted ${
          show([dirs, batch, units])
        } ([directions, B, H])`,
        {
          op: kind,
          shapes: [x.shape, state.shape],
        },
      );
    }
  }
  return { steps, batch, rows, inputs, units, padded: Math.ceil(units / 4) * 4, gates, dirs };
}

/**
 * Matrices of all directions behind each other, [dirs, G Hp, columns], with every gate's rows (and, for squares, the
 * columns) filled up with zeros to a multiple of 4. Nothing is copied where nothing needs to be.
 */
export function laid(list: readonly Tensor[], { gates, units, padded }: Sizes, square: boolean): Tensor {
  const [first] = list, vector = first.ndim === 1, columns = vector ? 1 : square ? padded : first.shape[1];
  const shape = [list.length, gates * padded, columns];
  if (list.length === 1 && padded === units) return alias(ready(first), shape, contiguousStrides(shape));
  const out = empty(first.device, shape, first.dtype);
  if (padded !== units) fillBits(out, 0);
  list.forEach((t, d) => {
    const from = alias(t, [gates, units, vector ? 1 : t.shape[1]], [
      units * t.strides[0],
      t.strides[0],
      vector ? 1 : t.strides[1],
    ]);
    writeStrided(from, out, [padded * columns, columns, 1], d * gates * padded * columns);
  });
  return out;
}

/** The part of [G Hp, columns] that exists, [G H, columns]. */
export function unpadded(t: Tensor, { gates, units, padded }: Sizes, columns: number, width: number): Tensor {
  const shape = columns === 0 ? [gates * units] : [gates * units, columns];
  if (padded === units) return alias(t, shape, contiguousStrides(shape));
  const rows = Math.max(columns, 1);
  const view = alias(t, [gates, units, rows], [padded * width, width, 1]);
  const dense = copyStrided(view) as Tensor;
  return alias(dense, shape, contiguousStrides(shape));
}

/** [dirs, B, H] padded to [dirs, B, Hp]. */
export function paddedState(state: Tensor, { units, padded }: Sizes): Tensor {
  if (units === padded) return ready(state);
  const out = empty(state.device, [state.shape[0], state.shape[1], padded], "f32");
  fillBits(out, 0);
  writeStrided(state, out, out.strides);
  return out;
}

/** The part of a padded state buffer that exists, as a tensor of its own. */
export function stateOf(buffer: Tensor, start: number, stride: number, { dirs, batch, units, padded }: Sizes): Tensor {
  return copyStrided(alias(buffer, [dirs, batch, units], [stride, padded, 1], start)) as Tensor;
}
