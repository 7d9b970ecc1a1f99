/**
 * LSTM with projections, `h_t = W_hr (o_t * tanh(c_t))`, on the kernels of the plain LSTM. With m_t = o_t * tanh(c_t) the
 * gates of step t + 1 take W_hh h_t = (W_hh W_hr) m_t: a plain LSTM over m whose recurrent weight is the product
 * W_hh W_hr [4 H, H], made once per call. Its output m is projected for all steps at once, so no step costs more
 * dispatches than without. Only an h_0 that was given is no projection of an m: it enters each sequence's first step by
 * columns of the input that hold it there and zeros elsewhere, with W_hh beside W_ih. Gradients follow by the ops used.
 * See docs/decisions/0006-projections.md for what it costs.
 * @module
 */
import { cat, pad } from "../ops/assembly.ts";
import { zerosLike } from "../ops/creation.ts";
import { linear, matmul } from "../ops/matmul.ts";
import { select, slice, unsqueeze } from "../ops/movement.ts";
import { packRows } from "../ops/pack.ts";
import type { RecurrentWeights } from "../ops/recurrent.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { PackedLayout } from "./utils/packed_layout.ts";

/** Weights of one direction with its projection [P, H]. */
export type ProjectedWeights = RecurrentWeights & { readonly weightHr: Tensor };

/** What the plain LSTM is given in place of a projected one. */
export interface Unprojected {
  /** Input, widened by P columns per direction where h0 is given. */
  readonly x: Tensor;
  /** One entry per direction. */
  readonly weights: RecurrentWeights[];
  /** m before the first step (zeros) and c0, or none. */
  readonly states: readonly [Tensor, Tensor] | null;
}

/**
 * A projected layer as a plain one.
 * @param x [T, B, I], or packed [rows, I] with a layout
 * @param states h0 [directions, B, P] and c0 [directions, B, H]
 */
export function unproject(
  x: Tensor,
  weights: readonly ProjectedWeights[],
  states: readonly Tensor[] | null,
  layout: PackedLayout | null,
): Unprojected {
  const effective = weights.map((w) => ({ ...w, weightHh: matmul(w.weightHh, w.weightHr) }));
  if (!states) return { x, weights: effective, states: null };
  const [h0, c0] = states, size = h0.shape[2], last = weights.length - 1;
  const columns = weights.map((_, d) => firstSteps(select(h0, 0, d), x, d === 1, layout));
  return {
    x: cat([x, ...columns], x.ndim - 1),
    weights: effective.map((w, d) => {
      // Columns of the other direction's h0 have no weight here.
      const beside = last === 0 ? weights[d].weightHh : pad(weights[d].weightHh, [d * size, (last - d) * size]);
      return { ...w, weightIh: cat([w.weightIh, beside], 1) };
    }),
    states: [zerosLike(c0), c0],
  };
}

/** Rows like those of x that hold a state [B, P] at the first step of each sequence in its direction, else zeros. */
function firstSteps(state: Tensor, x: Tensor, reverse: boolean, layout: PackedLayout | null): Tensor {
  if (layout && reverse) return packRows(state, layout.last(x.device, x.owner), { to: [layout.rows] });
  if (layout) return pad(state, [0, 0, 0, layout.rows - layout.batch]);
  const others = x.shape[0] - 1;
  return pad(unsqueeze(state, 0), [0, 0, 0, 0, reverse ? others : 0, reverse ? 0 : others]);
}

/** Projects the output [..., directions H] of the plain LSTM to [..., directions P]. */
export function projectOutput(m: Tensor, weights: readonly ProjectedWeights[]): Tensor {
  if (weights.length === 1) return linear(m, weights[0].weightHr);
  const dim = m.ndim - 1, size = weights[0].weightHr.shape[1];
  return cat(weights.map((w, d) => linear(slice(m, dim, d * size, (d + 1) * size), w.weightHr)), dim);
}

/** Projects the final m [directions, B, H] to h [directions, B, P]. */
export function projectState(m: Tensor, weights: readonly ProjectedWeights[]): Tensor {
  return cat(weights.map((w, d) => linear(slice(m, 0, d, d + 1), w.weightHr)), 0);
}
