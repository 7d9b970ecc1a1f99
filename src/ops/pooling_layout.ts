/**
 * How kernels that pool over time are given [time, batch, features] or [batch, time, features]: in whole vectors, in parts
 * that fit a binding, and in the order in which the memory goes already.
 * @module
 */
import type { Bindable } from "../gpu/recorder.ts";
import type { Shape } from "../tensor/shape.ts";
import { alias, empty, type Tensor } from "../tensor/tensor.ts";
import { bindWalk, copyElements, mostElements } from "../tensor/walk.ts";
import { copyStrided } from "./launch.ts";

/** What x is. */
export interface PoolLayout {
  /** Shape of x. */
  readonly shape: Shape;
  /** x is [batch, time, features] in place of [time, batch, features]. */
  readonly batchFirst: boolean;
}

/** Sizes of x. */
export interface PoolSizes {
  /** Sequences. */
  batch: number;
  /** Steps of each. */
  steps: number;
  /** Features of a step. */
  features: number;
  /** Features with room for whole vectors. */
  padded: number;
}

/** Sizes by what they mean. */
export function sizesOf({ shape, batchFirst }: PoolLayout): PoolSizes {
  const [a, b, features] = shape, [batch, steps] = batchFirst ? [a, b] : [b, a];
  return { batch, steps, features, padded: Math.ceil(features / 4) * 4 };
}

/** [d0, d1, features] in whole vectors: the tensor itself, or a copy (with room behind an odd number of features). */
export function inVectors(x: Tensor): Tensor {
  const [a, b, k] = x.shape, steps = [a === 1 ? 0 : x.strides[0], b === 1 ? 0 : x.strides[1], 1];
  const whole = k % 4 === 0 && x.strides[2] === 1 && x.byteOffset % 16 === 0 && steps[0] % 4 === 0 &&
    steps[1] % 4 === 0;
  if (whole) return alias(x, x.shape, steps);
  const out = empty(x.device, [a, b, Math.ceil(k / 4) * 4], "f32");
  copyElements(x, out, out.strides);
  return out;
}

/** Parts [batch, parts, padded] as [batch, parts * features]. */
export function joined(out: Tensor, count: number, { batch, features, padded }: PoolSizes): Tensor {
  const dense = features === padded
    ? out
    : copyStrided(alias(out, [batch, count, features], [count * padded, padded, 1])) as unknown as Tensor;
  return alias(dense, [batch, count * features], [count * features, 1]);
}

/** A gradient that was written batch by batch or step by step, in the order of x's dims. */
export function inOrder(
  out: Tensor,
  { shape, batchFirst }: PoolLayout,
  timeMajor: boolean,
): Tensor {
  const [outer, inner] = out.strides;
  return alias(out, shape, timeMajor !== batchFirst ? [outer, inner, 1] : [inner, outer, 1]);
}

/** Whether the memory of x goes step by step; the order of its dims where it has no strides (on the host). */
export function isTimeMajor(x: Tensor, batchFirst: boolean): boolean {
  const { shape, strides } = x as { shape: Shape; strides?: readonly number[] };
  const first = shape[0] === 1 || shape[1] === 1 || !strides || strides[0] >= strides[1];
  return first !== batchFirst;
}

/** Which part of x, or of its gradient, a dispatch walks over; in vectors. */
export interface PoolWalk {
  /** Lanes. */
  readonly n: number;
  /** Rows of the part. */
  readonly batch: number;
  /** The first of them. */
  readonly row: number;
  /** Where the part begins in its binding. */
  readonly x_start: number;
  /** From row to row. */
  readonly x_row: number;
  /** From step to step. */
  readonly x_step: number;
  /** First step that is written. */
  readonly first: number;
  /** End of the steps that are written. */
  readonly end: number;
  /** Lanes that share the steps of a row. */
  readonly chunks: number;
}

/** Calls `launch` with parts of x that fit a binding, whole rows of the batch each. */
export function forRows(
  x0: Tensor,
  { batchFirst }: Pick<PoolLayout, "batchFirst">,
  { batch, steps, padded }: PoolSizes,
  launch: (x: Bindable, params: PoolWalk) => void,
): void {
  let x = inVectors(x0);
  const shape = [batch, steps, padded], most = mostElements(x);
  if (!batchFirst) x = alias(x, shape, [x.strides[1], x.strides[0], 1]);
  const span = () => 1 + (batch - 1) * x.strides[0] + (steps - 1) * x.strides[1] + padded - 1;
  if (span() > most && x.strides[0] < x.strides[1]) x = copyStrided(x) as unknown as Tensor; // rows behind each other
  const rows = span() <= most ? batch : Math.max(1, Math.floor(most / x.strides[0]));
  for (let row = 0; row < batch; row += rows) {
    const n = Math.min(rows, batch - row),
      { binding, start } = bindWalk(x, [n, steps, padded], x.strides, row * x.strides[0]);
    launch(binding, {
      n: n * padded / 4,
      batch: n,
      row,
      x_start: start / 4,
      x_row: x.strides[0] / 4,
      x_step: x.strides[1] / 4,
      first: 0,
      end: steps,
      chunks: 1,
    });
  }
}

/** Steps that a lane writes: what it loads once costs as much, but a GPU wants many lanes. */
const WRITTEN = { processor: 64, gpu: 8 };

/** Calls `launch` with parts of a gradient that fit a binding: steps of a time-major one, else rows of the batch. */
export function forGradient(
  out: Tensor,
  timeMajor: boolean,
  { batch, steps, padded }: PoolSizes,
  launch: (out: Bindable, params: PoolWalk) => void,
): void {
  const [outer, inner] = timeMajor ? [steps, batch] : [batch, steps], width = padded / 4;
  const count = Math.max(1, Math.floor(mostElements(out) / (inner * padded)));
  for (let o = 0; o < outer; o += count) {
    const some = Math.min(count, outer - o), rows = timeMajor ? batch : some;
    const [first, end] = timeMajor ? [o, o + some] : [0, steps];
    const chunks = Math.ceil((end - first) / WRITTEN[out.device.info.software ? "processor" : "gpu"]);
    const { binding, start } = bindWalk(out, [some * inner * padded], [1], o * inner * padded);
    launch(binding, {
      n: rows * width * chunks,
      batch: rows,
      row: timeMajor ? 0 : o,
      x_start: start / 4,
      x_row: timeMajor ? width : steps * width,
      x_step: timeMajor ? batch * width : width,
      first,
      end,
      chunks,
    });
  }
}
