/**
 * Launches reductions. A dense tensor is seen as kept and reduced runs of dimensions; each reduced run is a middle
 * dimension of [outer, length, inner] and is reduced in stages of 512 elements. The bits depend on the reduced lengths
 * alone: not on the device, nor on which kernel ran.
 * @module
 */
import { kernels } from "../gpu/kernels.gen.ts";
import type { Device } from "../gpu/device.ts";
import { type DType, ELEMENT_BYTES } from "../tensor/dtype.ts";
import type { Shape } from "../tensor/shape.ts";
import { type AnyTensor, empty } from "../tensor/tensor.ts";
import { bindWalk } from "../tensor/walk.ts";
import { elementType, groups, ready, run } from "./launch.ts";

/** Elements that one stage reduces to one. */
export const CHUNK = 512;

/** Functions of `reduce.wgsl`. */
export const REDUCE = { sum: 0, prod: 1, max: 2, min: 3 } as const;
/** Functions applied to elements before. */
export const MAP = { none: 0, square: 1, nonzero: 2, abs: 3 } as const;
/** Functions applied to the result. */
export const FINISH = { none: 0, divide: 1, sqrt: 2 } as const;

/** What a reduction computes. */
export interface Reduction {
  /** Function of two elements. */
  readonly op: number;
  /** Applied to every element first. */
  readonly map?: number;
  /** Applied to the result. */
  readonly finish?: number;
  /** Divisor of `FINISH.divide`. */
  readonly divisor?: number;
}

/** A tensor seen as [outer, length, inner] with `length` to be reduced. */
export interface Run {
  /** Product of the sizes before. */
  outer: number;
  /** Product of the reduced sizes. */
  length: number;
  /** Product of the sizes behind. */
  inner: number;
}

/** The reduced runs of a shape, last one first, each as the shape that the earlier ones leave. */
export function reducedRuns(shape: Shape, dims: readonly number[]): Run[] {
  const runs: Run[] = [];
  const reduced = (d: number): boolean => dims.includes(d) || shape[d] === 1;
  let inner = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    if (!dims.includes(d)) {
      inner *= shape[d];
      continue;
    }
    let length = shape[d];
    while (d > 0 && reduced(d - 1)) length *= shape[--d];
    let outer = 1;
    for (let k = 0; k < d; k++) outer *= shape[k];
    if (length > 1) runs.push({ outer, length, inner });
  }
  return runs.length ? runs : [{ outer: 1, length: 1, inner }];
}

/** Reduces `dims` of `x`; the result has the shape `out` (with or without the reduced dims). */
export function launchReduce(
  x0: AnyTensor,
  dims: readonly number[],
  out: Shape,
  what: Reduction,
  dtype: DType = x0.dtype,
): AnyTensor {
  let x = ready(x0), map = what.map ?? MAP.none;
  const type = elementType(x.dtype), runs = reducedRuns(x.shape, dims);
  for (let r = 0; r < runs.length; r++) {
    const { outer, inner } = runs[r];
    for (let length = runs[r].length; length > 0;) {
      const chunks = Math.ceil(length / CHUNK), last = chunks === 1 && r === runs.length - 1;
      const to = empty(x.device, last ? out : [outer, chunks, inner], dtype);
      stage(
        x,
        to,
        { outer, length, inner },
        chunks,
        what.op,
        map,
        last ? what.finish ?? FINISH.none : FINISH.none,
        what.divisor ?? 1,
        type,
      );
      map = MAP.none;
      x = to;
      length = chunks === 1 ? 0 : chunks;
    }
  }
  return x;
}

function stage(
  x: AnyTensor,
  out: AnyTensor,
  { outer, length, inner }: Run,
  chunks: number,
  OP: number,
  map: number,
  finish: number,
  divisor: number,
  type: ReturnType<typeof elementType>,
): void {
  const device = x.device, constants = { OP, MAP: map, FINISH: finish };
  for (const piece of pieces(device, outer, length, inner, chunks)) {
    const items = piece.outer * piece.chunks * inner;
    const from = bindWalk(x, [piece.outer * piece.length * inner], [1], piece.from);
    const to = bindWalk(out, [items], [1], piece.to);
    const params = {
      items,
      length: piece.length,
      inner,
      chunks: piece.chunks,
      x_start: from.start,
      out_start: to.start,
      divisor,
    };
    const buffers = { x: from.binding, out: to.binding };
    // Eight lanes to a chunk read side by side on a GPU; processors, and short rows, are better off with one lane each.
    if (inner === 1 && length > 32 && !device.info.software) {
      run(device, kernels.reduce.rows, buffers, params, { constants, type, workgroups: groups(items, 8) });
    } else run(device, kernels.reduce.columns, buffers, params, { constants, type, workgroups: groups(items) });
  }
}

/** Part of a stage that fits bindings. */
export interface Piece extends Run {
  /** Chunks of each row of the piece. */
  chunks: number;
  /** First element of each row of the piece, counted along the row. */
  first: number;
  /** First element of the input. */
  from: number;
  /** First element of the output. */
  to: number;
}

/** Cuts a stage by rows, or one long row by chunks (with `whole` not: a row too long is refused when it is bound). */
export function* pieces(
  device: Device,
  outer: number,
  length: number,
  inner: number,
  chunks: number,
  whole = false,
): Generator<Piece> {
  const most = device.limits.maxStorageBufferBindingSize / ELEMENT_BYTES - 64;
  const row = length * inner;
  if (row <= most || whole) {
    const rows = Math.max(1, Math.floor(most / row));
    for (let o = 0; o < outer; o += rows) {
      yield {
        outer: Math.min(rows, outer - o),
        length,
        inner,
        chunks,
        first: 0,
        from: o * row,
        to: o * chunks * inner,
      };
    }
    return;
  }
  const step = Math.max(1, Math.floor(most / (CHUNK * inner)));
  for (let o = 0; o < outer; o++) {
    for (let c = 0; c < chunks; c += step) {
      const n = Math.min(step, chunks - c);
      const part = Math.min(n * CHUNK, length - c * CHUNK);
      yield {
        outer: 1,
        length: part,
        inner,
        chunks: n,
        first: c * CHUNK,
        from: o * row + c * CHUNK * inner,
        to: (o * chunks + c) * inner,
      };
    }
  }
}
