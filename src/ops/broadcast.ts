/**
 * Launches elementwise kernels of two operands: which entry fits (equal shapes, vectors, strided), and how operands are
 * cut when one binding cannot hold them. `binary.wgsl`, `compare.wgsl` and others share the entries' signature.
 * @module
 */
import type { Kernel } from "../gpu/kernel.ts";
import type { ElementType } from "../gpu/pipelines.ts";
import type { DType } from "../tensor/dtype.ts";
import { broadcastStrides, collapse, isContiguous, numel, sameShape, type Shape } from "../tensor/shape.ts";
import { type AnyTensor, empty } from "../tensor/tensor.ts";
import { bindWalk, type Box, boxes, mostElements } from "../tensor/walk.ts";
import { ALIGN, elementType, groups, pad8, part, ranges, ready, run } from "./launch.ts";

type FlatParams = { n: number; bits: number };
type WalkParams = {
  n: number;
  ndim: number;
  out_start: number;
  a_start: number;
  b_start: number;
  a_splat: number;
  b_splat: number;
  shape: readonly number[];
  a_strides: readonly number[];
  b_strides: readonly number[];
};

/** The entries of a shader file for two operands. */
export interface PairKernels {
  /** Equal shapes, dense. */
  same: Kernel<"a" | "b" | "out", FlatParams, "OP" | "WG" | "SWAP">;
  /** A tensor and a number. */
  number: Kernel<"a" | "out", FlatParams, "OP" | "WG" | "SWAP">;
  /** Any strides, one element per lane. */
  strided: Kernel<"a1" | "b1" | "out1", WalkParams, "OP" | "WG" | "SWAP">;
  /** Strides that let a lane handle four elements. */
  vectors: Kernel<"a" | "b" | "out", WalkParams, "OP" | "WG" | "SWAP">;
}

const scratch = new DataView(new ArrayBuffer(4));

/** The 32 bits of a number as an element of a dtype. */
export function bitsOf(value: number, dtype: DType): number {
  if (dtype === "f32") scratch.setFloat32(0, value);
  else scratch.setUint32(0, value >>> 0);
  return scratch.getUint32(0);
}

/** A tensor and a number: `op(x, number)`, or `op(number, x)` with `swap`. */
export function launchNumber(
  set: PairKernels,
  code: number,
  x0: AnyTensor,
  value: number,
  swap: boolean,
  dtype: DType,
): AnyTensor {
  const x = ready(x0), out = empty(x.device, x.shape, dtype);
  const bits = bitsOf(value, x.dtype), constants = { OP: code, SWAP: swap ? 1 : 0 }, type = elementType(x.dtype);
  for (const [start, count] of ranges(x.device, x.numel)) {
    const n = Math.ceil(count / 4);
    run(x.device, set.number, { a: part(x, start, count), out: part(out, start, count) }, { n, bits }, {
      constants,
      type,
      workgroups: groups(n),
    });
  }
  return out;
}

/** Two tensors that broadcast to `shape`. */
export function launchPair(
  set: PairKernels,
  code: number,
  a: AnyTensor,
  b: AnyTensor,
  shape: Shape,
  dtype: DType,
): AnyTensor {
  const device = a.device, type = elementType(a.dtype), out = empty(device, shape, dtype);
  const constants = { OP: code };
  if (sameShape(a.shape, b.shape) && dense(a) && dense(b)) {
    for (const [start, count] of ranges(device, out.numel)) {
      const n = Math.ceil(count / 4);
      const buffers = { a: part(a, start, count), b: part(b, start, count), out: part(out, start, count) };
      run(device, set.same, buffers, { n, bits: 0 }, { constants, type, workgroups: groups(n) });
    }
    return out;
  }
  const walked = collapse(shape, [
    broadcastStrides(a.shape, a.strides, shape),
    broadcastStrides(b.shape, b.strides, shape),
    out.strides,
  ]);
  for (const box of boxes(walked.shape, walked.strides, mostElements(a))) {
    launchBox(set, constants, type, a, b, out, box);
  }
  return out;
}

function dense(t: AnyTensor): boolean {
  return t.byteOffset % ALIGN === 0 && isContiguous(t.shape, t.strides);
}

function launchBox(
  set: PairKernels,
  constants: { OP: number },
  type: ElementType,
  a: AnyTensor,
  b: AnyTensor,
  out: AnyTensor,
  { shape, strides, starts }: Box,
): void {
  const from = [a, b, out].map((t, k) => bindWalk(t, shape, strides[k], starts[k]));
  const n = numel(shape), last = shape.length - 1;
  // Four neighbours at once: every operand steps by 1 along the last dimension, from multiples of 4, or stands still.
  const inner = shape[last] ?? 1;
  const vectors = inner % 4 === 0 && from.every(({ start }, k) => {
    const s = strides[k];
    return s[last] === 0 || s[last] === 1 && start % 4 === 0 && s.every((step, d) => d === last || step % 4 === 0);
  });
  const params: WalkParams = {
    n,
    ndim: shape.length,
    out_start: from[2].start,
    a_start: from[0].start,
    b_start: from[1].start,
    a_splat: strides[0][last] === 0 ? 1 : 0,
    b_splat: strides[1][last] === 0 ? 1 : 0,
    shape: pad8(shape, "broadcast"),
    a_strides: pad8(strides[0], "broadcast"),
    b_strides: pad8(strides[1], "broadcast"),
  };
  if (vectors) {
    const buffers = { a: from[0].binding, b: from[1].binding, out: from[2].binding };
    run(a.device, set.vectors, buffers, params, { constants, type, workgroups: groups(n / 4) });
  } else {
    const buffers = { a1: from[0].binding, b1: from[1].binding, out1: from[2].binding };
    run(a.device, set.strided, buffers, params, { constants, type, workgroups: groups(n) });
  }
}
