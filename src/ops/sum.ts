/**
 * Sum, and its transpose: repeating along the summed dims. They are each other's gradient, and what broadcasting needs.
 * @module
 */
import type { DType } from "../tensor/dtype.ts";
import {
  broadcastDims,
  contiguousStrides,
  normalizeDims,
  reducedShape,
  sameShape,
  type Shape,
  viewStrides,
} from "../tensor/shape.ts";
import { alias, type AnyTensor, type Tensor } from "../tensor/tensor.ts";
import { apply, defineOp, type Op } from "./define.ts";
import { hostReduce, hostStrided, HostTensor } from "./host.ts";
import { launchReduce, REDUCE } from "./reduction.ts";

/** Element type of sums: bool counts as i32, and f16 is added up in f32. */
export type SumType<D extends DType> = D extends "bool" ? "i32" : D extends "f16" ? "f32" : D;

/** Which dims a reduction removes, and whether they stay as sizes of 1. */
export interface ReduceOptions {
  /** One dim or several, negative ones counted from the end; all by default. */
  dim?: number | readonly number[];
  /** Keep reduced dims as sizes of 1. Default false. */
  keepdim?: boolean;
}

/** Attributes of a reduction: the dims of the larger shape, and both shapes. */
export interface ReduceAttrs {
  /** Reduced (or repeated) dims of `full`. */
  readonly dims: readonly number[];
  /** The larger shape. */
  readonly full: Shape;
  /** The smaller shape, with or without the reduced dims. */
  readonly reduced: Shape;
}

/** Attributes from what users give. */
export function reduceAttrs(op: string, shape: Shape, { dim, keepdim = false }: ReduceOptions): ReduceAttrs {
  const dims = normalizeDims(dim, shape.length, op);
  return { dims, full: shape, reduced: reducedShape(shape, dims, keepdim) };
}

/** Sums `dims`. Without a graph. */
export function rawSum(x: AnyTensor, { dims, reduced }: ReduceAttrs): Tensor {
  const dtype: DType = x.dtype === "bool" ? "i32" : x.dtype;
  return launchReduce(x, dims, reduced, { op: REDUCE.sum }, dtype) as unknown as Tensor;
}

/** A view that repeats `x` along `dims`. Without a graph. */
export function rawRepeat(x: AnyTensor, { dims, full }: ReduceAttrs): Tensor {
  return alias(x, full, repeatedStrides(x.shape, x.strides, dims, full)) as unknown as Tensor;
}

function repeatedStrides(from: Shape, strides: readonly number[], dims: readonly number[], full: Shape): number[] {
  const kept = full.map((size, d) => dims.includes(d) ? 1 : size); // sizes of 1 apart, `from` has this shape
  return viewStrides(from, strides, kept)!.map((step, d) => dims.includes(d) ? 0 : step);
}

/** Attributes for a sample: reduced dims of a shape, dropped. */
export function sampleAttrs(full: Shape, dims: readonly number[], keepdim = false): ReduceAttrs {
  return { dims, full, reduced: reducedShape(full, dims, keepdim) };
}

const sumOp: Op<ReduceAttrs> = defineOp<ReduceAttrs>({
  name: "sum",
  half: "f32",
  forward: (_, [x], attrs) => rawSum(x, attrs),
  backward: ({ createGraph }, [g], attrs) => [createGraph ? apply(repeatOp, [g!], attrs) : rawRepeat(g!, attrs)],
  reference: ([x], { dims, reduced }) => {
    const y = hostReduce(x, dims, false, (v) => v.reduce((a, b) => a + b, 0), x.dtype === "bool" ? "i32" : x.dtype);
    return new HostTensor(reduced, y.values, y.dtype);
  },
  samples: [
    ...[1, 3, 7, 65, 257, 1300].map((n) => ({ inputs: [{ shape: [n] }], attrs: sampleAttrs([n], [0]) })),
    { inputs: [{ shape: [5, 6, 7] }], attrs: sampleAttrs([5, 6, 7], [0, 2]) },
    { inputs: [{ shape: [5, 6, 7] }], attrs: sampleAttrs([5, 6, 7], [1], true) },
    { inputs: [{ shape: [700, 6] }], attrs: sampleAttrs([700, 6], [0]) },
    { inputs: [{ shape: [] }], attrs: sampleAttrs([], []) },
    { inputs: [{ shape: [9, 60], dtype: "i32", range: [-9, 9] }], attrs: sampleAttrs([9, 60], [1]) },
    { inputs: [{ shape: [9, 60], dtype: "u32", range: [0, 9] }], attrs: sampleAttrs([9, 60], [0]) },
    { inputs: [{ shape: [9, 60], dtype: "bool" }], attrs: sampleAttrs([9, 60], [0, 1]) },
  ],
});

const repeatOp: Op<ReduceAttrs> = defineOp<ReduceAttrs>({
  name: "repeat_dims",
  forward: (_, [x], attrs) => rawRepeat(x, attrs),
  backward: ({ createGraph }, [g], attrs) => [createGraph ? apply(sumOp, [g!], attrs) : rawSum(g!, attrs)],
  reference: ([x], { dims, full }) =>
    hostStrided(x, full, repeatedStrides(x.shape, contiguousStrides(x.shape), dims, full), 0),
  samples: [{ inputs: [{ shape: [3, 7] }], attrs: sampleAttrs([3, 5, 7], [1]) }],
});

/**
 * Sum over `dim`: y = Σ x. Integers stay integers, bool counts as i32, f16 gives f32.
 * @param x any shape and element type
 * @throws {IndexError} for a dim that `x` does not have
 */
export function sum<D extends DType>(x: Tensor<D>, options: ReduceOptions = {}): Tensor<SumType<D>> {
  return apply(sumOp, [x], reduceAttrs("sum", x.shape, options)) as unknown as Tensor<SumType<D>>;
}

/** Repeats a reduced tensor along the dims that were reduced: the transpose of {@link sum}. A view. */
export function repeatDims(x: Tensor, attrs: ReduceAttrs): Tensor {
  return apply(repeatOp, [x], attrs);
}

/** Sums what {@link repeatDims} repeats. */
export function sumDims(x: Tensor, attrs: ReduceAttrs): Tensor {
  return apply(sumOp, [x], attrs);
}

/** Sums a gradient of the broadcast shape down to `shape`, by ops when `createGraph`. f32 where it is summed. */
export function sumTo(g: Tensor, shape: Shape, createGraph: boolean): Tensor {
  if (sameShape(g.shape, shape)) return g;
  const attrs: ReduceAttrs = { dims: broadcastDims(shape, g.shape), full: g.shape, reduced: shape };
  return createGraph || g.dtype === "f16" ? apply(sumOp, [g], attrs) : rawSum(g, attrs);
}
