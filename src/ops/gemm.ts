/**
 * One batched matrix product on the GPU, without a graph: finds a kernel for the operands' layout and size, and packs
 * operands that it cannot read as vectors.
 * @module
 */
import type { Device } from "../gpu/device.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import { UNIFORM_BYTES } from "../gpu/pipelines.ts";
import type { Bindable } from "../gpu/recorder.ts";
import type { DType, FloatDType } from "../tensor/dtype.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { rawCast } from "./cast.ts";
import { halves } from "./half.ts";
import { groups, ready, run, strided } from "./launch.ts";
import {
  K_PER_LAUNCH,
  type MatmulKernel,
  type MatmulShape,
  planMatmul,
  readsAsVectors,
  windowParts,
} from "./matmul_plan.ts";

/** Function applied to the result by the kernel itself. */
export type Activation = "none" | "relu";

/** What the kernel adds to the plain product. */
export interface Epilogue {
  /** One value per column, [N]. */
  bias?: Tensor | null;
  /** Applied after the bias. */
  activation?: Activation;
  /** Forces a kernel: for tests and benchmarks. */
  kernel?: MatmulKernel;
}

/** Where a product is written, if not into a new tensor: elements of a binding. */
export interface Destination {
  /** Memory. */
  binding: Bindable;
  /** First element. */
  start: number;
  /** From row to row. */
  row: number;
  /** From matrix to matrix. */
  batch: number;
  /**
   * Element type of the memory. Default f32. f16 takes sums of at most 49,152 products: longer ones are added up in parts,
   * which would be rounded in between.
   */
  dtype?: FloatDType;
}

/** A matrix operand as kernels address it: strides in elements. */
interface Operand {
  binding: Bindable;
  start: number;
  batch: number;
  row: number;
  col: number;
  /** The dense direction is along the rows' index: stored transposed. */
  transposed: boolean;
  dtype: DType;
}

/**
 * C[batch, M, N] = act(A[batch, M, K] B[batch, K, N] + bias). Operands may be views with any strides; a batch stride of
 * 0 repeats a matrix. All kernels give the same bits. Each of A, B and bias may be f16; sums are f32.
 * @param epilogue `dtype`: type of the result, by default f16 when A and B are f16, else f32
 */
export function gemm(a: Tensor, b: Tensor, epilogue: Epilogue & { dtype?: FloatDType } = {}): Tensor {
  const [batch, m, k] = a.shape, n = b.shape[2];
  const wanted = epilogue.dtype ?? (a.dtype === "f16" ? b.dtype : "f32"), dtype = k > K_PER_LAUNCH ? "f32" : wanted;
  const out = empty(a.device, [batch, m, n], dtype);
  gemmInto(a, b, { binding: out, start: 0, row: n, batch: m * n, dtype }, epilogue);
  return dtype === wanted ? out : rawCast(out, wanted);
}

/** {@link gemm} into memory that exists. */
export function gemmInto(
  a: Tensor,
  b: Tensor,
  out: Destination,
  { bias = null, activation = "none", kernel: forced }: Epilogue = {},
): void {
  const { device } = a, [batch, m, k] = a.shape, n = b.shape[2];
  const { software } = device.info;
  let left = operand(a), right = operand(b);
  const layout = { m, n, k, batch, transposedA: left.transposed, transposedB: right.transposed };
  let plan = planMatmul(layout, { software, kernel: forced });
  if (plan.vectors) {
    if (!fits(left, a)) left = pack(a);
    if (!fits(right, b)) right = pack(b);
    plan = planMatmul({ ...layout, transposedA: left.transposed, transposedB: right.transposed }, {
      software,
      kernel: plan.kernel,
    });
  }
  const biases = bias && ready(bias), kernel = kernels[plan.kernel].multiply;
  const half = halves({ a: left, b: right, biases: bias, c: out });
  if (software && plan.kernel === "matmul16" && batch === 1 && !forced && !half) {
    const product = { m, n, k, transposedA: left.transposed, transposedB: right.transposed };
    if (throughWindows(device, product, left, right, out, biases, activation)) return;
  }
  for (const launch of plan.launches) {
    run(device, kernel, { a: left.binding, b: right.binding, biases: biases ?? left.binding, c: out.binding }, {
      m,
      n,
      k0: launch.k0,
      k1: launch.k1,
      a_row: left.row,
      a_k: left.col,
      b_k: right.row,
      b_col: right.col,
      c_row: out.row,
      a_start: left.start,
      b_start: right.start,
      c_start: out.start,
      bias_start: 0,
      z0: launch.z0,
      inner: batch,
      a_outer: 0,
      a_inner: left.batch,
      b_outer: 0,
      b_inner: right.batch,
      c_outer: 0,
      c_inner: out.batch,
      bias: bias && launch.last ? 1 : 0,
      rows_on_x: plan.rowsOnX,
    }, {
      constants: { ...plan.constants, ADD: launch.add ? 1 : 0, ACT: launch.last && activation === "relu" ? 1 : 0 },
      workgroups: launch.workgroups,
      half,
    });
  }
}

/** Part of an operand from element `at`, and whether a uniform window can be laid over it. */
function part(o: Operand, at: number): { binding: Bindable; start: number; uniform: boolean } {
  const first = o.start + at, bytes = Math.floor(first / 64) * 256, byteOffset = o.binding.byteOffset + bytes;
  const { storage, byteLength } = o.binding;
  return {
    binding: { storage, byteOffset, byteLength: Math.min(byteLength - bytes, UNIFORM_BYTES) },
    start: first % 64,
    uniform: byteOffset + UNIFORM_BYTES <= storage.buffer.bytes,
  };
}

/**
 * A product in parts whose operands fit uniform windows, from which software adapters load several times faster.
 * @returns false where that takes too many parts
 */
function throughWindows(
  device: Device,
  shape: MatmulShape,
  a: Operand,
  b: Operand,
  out: Destination,
  biases: Tensor | null,
  activation: Activation,
): boolean {
  const { m, n, k } = shape;
  const parts = windowParts(
    shape,
    a.transposed
      ? { start: a.start, along: m, others: k, stride: a.col }
      : { start: a.start, along: k, others: m, stride: a.row },
    b.transposed
      ? { start: b.start, along: k, others: n, stride: b.col }
      : { start: b.start, along: n, others: k, stride: b.row },
  );
  if (!parts) return false;
  for (let k0 = 0; k0 < k; k0 += parts.k) {
    for (let m0 = 0; m0 < m; m0 += parts.m) {
      for (let n0 = 0; n0 < n; n0 += parts.n) {
        const one = {
          ...shape,
          m: Math.min(parts.m, m - m0),
          n: Math.min(parts.n, n - n0),
          k: Math.min(parts.k, k - k0),
        };
        const plan = planMatmul(one, { software: true, kernel: "matmul16" }), last = k0 + one.k === k;
        const left = part(a, m0 * a.row + k0 * a.col), right = part(b, k0 * b.row + n0 * b.col);
        const uniform: ("a" | "b")[] = [];
        if (left.uniform) uniform.push("a");
        if (right.uniform) uniform.push("b");
        const buffers = { a: left.binding, b: right.binding, biases: biases ?? left.binding, c: out.binding };
        run(device, kernels.matmul16.multiply, buffers, {
          m: one.m,
          n: one.n,
          k0: 0,
          k1: one.k,
          a_row: a.row,
          a_k: a.col,
          b_k: b.row,
          b_col: b.col,
          c_row: out.row,
          a_start: left.start,
          b_start: right.start,
          c_start: out.start + m0 * out.row + n0,
          bias_start: n0,
          z0: 0,
          inner: 1,
          a_outer: 0,
          a_inner: 0,
          b_outer: 0,
          b_inner: 0,
          c_outer: 0,
          c_inner: 0,
          bias: biases && last ? 1 : 0,
          rows_on_x: plan.rowsOnX,
        }, {
          constants: { ...plan.constants, ADD: k0 > 0 ? 1 : 0, ACT: last && activation === "relu" ? 1 : 0 },
          workgroups: plan.launches[0].workgroups,
          uniform,
        });
      }
    }
  }
  return true;
}

function operand(t: Tensor): Operand {
  const { binding, start } = strided(t), [batchSize, rows, cols] = t.shape;
  const batch = batchSize === 1 ? 0 : t.strides[0];
  // The stride of a dimension of size 1 is never walked: it takes whatever value makes the matrix readable.
  let [, row, col] = t.strides;
  if (cols === 1 && rows === 1) [row, col] = [0, 1];
  else if (cols === 1) col = row === 1 ? 0 : 1;
  else if (rows === 1) row = col === 1 ? 0 : 1;
  return { binding, start, batch, row, col, transposed: row === 1 && col !== 1, dtype: t.dtype };
}

function fits(o: Operand, t: Tensor): boolean {
  const [, rows, cols] = t.shape;
  const other = o.transposed ? (cols === 1 ? 0 : o.col) : (rows === 1 ? 0 : o.row);
  return readsAsVectors(o.start, o.transposed ? o.row : o.col, [other, o.batch]);
}

/** A dense copy whose rows are whole vectors, filled up with zeros. */
function pack(t: Tensor): Operand {
  const { device, dtype } = t, { binding, start } = strided(t), [batch, rows, cols] = t.shape;
  const width = Math.ceil(cols / 4) * 4, count = t.strides[0] === 0 ? 1 : batch;
  const out = empty(device, [count, rows, width], t.dtype), vectors = out.numel / 4;
  run(device, kernels.matmulPack.pack, { x: binding, out }, {
    rows,
    cols,
    count: vectors,
    x_start: start,
    x_row: t.strides[1],
    x_col: t.strides[2],
    inner: count,
    x_outer: 0,
    x_inner: t.strides[0],
  }, { workgroups: groups(vectors), type: dtype });
  return {
    binding: out,
    start: 0,
    batch: count === 1 ? 0 : rows * width,
    row: width,
    col: 1,
    transposed: false,
    dtype,
  };
}
