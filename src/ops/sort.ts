/**
 * Sorting rows: sort, argsort, topk. Always stable, so equal elements keep their order and two runs agree.
 * @module
 */
import { ValueError } from "../errors.ts";
import type { DType, FloatDType } from "../tensor/dtype.ts";
import { contiguousStrides, normalizeDim, show } from "../tensor/shape.ts";
import { alias, type AnyTensor, type Tensor } from "../tensor/tensor.ts";
import { apply, defineOp, type Op } from "./define.ts";
import { forEachIndex, HostTensor } from "./host.ts";
import { gatherUnique } from "./gather.ts";
import { ready } from "./launch.ts";
import { sortedPositions } from "./radix.ts";
import { moveFromLast, moveToLast } from "./rows.ts";

/** Sorted or selected values and where they came from. */
export interface Sorted<D extends DType = FloatDType> {
  /** Values. */
  values: Tensor<D>;
  /** Position of each along the dim. */
  indices: Tensor<"i32">;
}

interface SortAttrs {
  dim: number;
  k: number;
  descending: boolean;
}

const argsortOp: Op<SortAttrs> = defineOp<SortAttrs>({
  name: "argsort",
  forward(_, [x0], { dim, k, descending }) {
    const x = ready(moveToLast(x0, dim));
    const indices = sortedPositions(x, k, descending);
    const shape = x.ndim ? [...x.shape.slice(0, -1), k] : [];
    return moveFromLast(alias(indices, shape, contiguousStrides(shape)), dim) as unknown as Tensor;
  },
  reference([x], { dim, k, descending }) {
    if (x.ndim === 0) return new HostTensor([], [0], "i32");
    const out = new HostTensor(x.shape.map((s, d) => d === dim ? k : s), undefined, "i32");
    const strides = contiguousStrides(x.shape), outStrides = contiguousStrides(out.shape), size = x.shape[dim];
    forEachIndex(x.shape.map((s, d) => d === dim ? 1 : s), (index) => {
      const at = (s: readonly number[]) => index.reduce((n, v, d) => n + v * s[d], 0),
        from = at(strides),
        to = at(outStrides);
      const key = (i: number) => {
        const v = x.values[from + i * strides[dim]];
        return Number.isNaN(v) ? Infinity : v;
      };
      const order = Array.from({ length: size }, (_, i) => i).sort((a, b) =>
        (key(a) === key(b) ? 0 : (key(a) < key(b)) === descending ? 1 : -1) || a - b
      );
      for (let i = 0; i < k; i++) out.values[to + i * outStrides[dim]] = order[i];
    });
    return out;
  },
  samples: [
    ...[1, 3, 7, 65, 257].map((n) => ({ inputs: [{ shape: [3, n] }], attrs: { dim: 1, k: n, descending: n === 7 } })),
    { inputs: [{ shape: [2, 300], dtype: "i32", range: [-9, 9] }], attrs: { dim: 1, k: 300, descending: true } },
    { inputs: [{ shape: [9, 4], dtype: "i32", range: [-3, 3] }], attrs: { dim: 0, k: 4, descending: false } },
    { inputs: [{ shape: [3000], dtype: "u32", range: [0, 500] }], attrs: { dim: 0, k: 10, descending: false } },
    { inputs: [{ shape: [6], values: [0, -0, -1, 0, 5, -Infinity] }], attrs: { dim: 0, k: 6, descending: false } },
  ],
});

function positions<D extends DType>(x: Tensor<D>, attrs: SortAttrs): Tensor<"i32"> {
  return apply(argsortOp, [x as AnyTensor], attrs) as unknown as Tensor<"i32">;
}

/** Options of {@link sort} and {@link argsort}. */
export interface SortOptions {
  /** Dim to sort along, the last by default. */
  dim?: number;
  /** Largest first. Default false. */
  descending?: boolean;
  /** Accepted for the sake of PyTorch's name: every sort is stable. */
  stable?: boolean;
}

function attrsOf(x: AnyTensor, { dim = -1, descending = false }: SortOptions, op: string): SortAttrs {
  const at = normalizeDim(dim, x.ndim, op);
  return { dim: at, k: x.shape[at] ?? 1, descending };
}

/**
 * Sorts along a dim. NaN counts as the largest number; the gradient goes back to where each value came from.
 * @returns values and their positions (i32)
 */
export function sort<D extends DType>(x: Tensor<D>, options: SortOptions = {}): Sorted<D> {
  const attrs = attrsOf(x as AnyTensor, options, "sort"), indices = positions(x, attrs);
  return { values: x.ndim ? gatherUnique(x, attrs.dim, indices) : x, indices };
}

/** Positions that would sort `x` along a dim, as i32. */
export function argsort<D extends DType>(x: Tensor<D>, options: SortOptions = {}): Tensor<"i32"> {
  return positions(x, attrsOf(x as AnyTensor, options, "argsort"));
}

/** Options of {@link topk}. */
export interface TopkOptions {
  /** Dim to select along, the last by default. */
  dim?: number;
  /** The largest (default) or the smallest. */
  largest?: boolean;
  /** Accepted for the sake of PyTorch's name: the result is always sorted. */
  sorted?: boolean;
}

/**
 * The `k` largest (or smallest) elements along a dim, in order; of equal ones the first come first.
 * @throws {ValueError} unless 1 <= k <= size of the dim
 */
export function topk<D extends DType>(
  x: Tensor<D>,
  k: number,
  { dim = -1, largest = true }: TopkOptions = {},
): Sorted<D> {
  const attrs = { ...attrsOf(x as AnyTensor, { dim, descending: largest }, "topk") };
  if (!Number.isInteger(k) || k < 1 || k > attrs.k) {
    throw new ValueError(`Cannot topk ${show(x.shape)} along dim ${attrs.dim}: k is ${k}, wanted 1 to ${attrs.k}`, {
      op: "topk",
      shapes: [x.shape],
      value: k,
    });
  }
  const indices = positions(x, { ...attrs, k });
  return { values: x.ndim ? gatherUnique(x, attrs.dim, indices) : x, indices };
}
