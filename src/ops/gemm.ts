/**
 * One batched matrix product on the GPU, without a graph: finds a kernel for the operands' layout and size, and packs
 * operands that it cannot read as vectors.
 * @module
 */
import { kernels } from "../gpu/kernels.gen.ts";
import type { Bindable } from "../gpu/recorder.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { groups, ready, run, strided } from "./launch.ts";
import { type MatmulKernel, planMatmul, readsAsVectors } from "./matmul_plan.ts";

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
}

/**
 * C[batch, M, N] = act(A[batch, M, K] B[batch, K, N] + bias). Operands may be views with any strides; a batch stride of
 * 0 repeats a matrix. All kernels give the same bits.
 */
export function gemm(a: Tensor, b: Tensor, epilogue: Epilogue = {}): Tensor {
  const [batch, m] = a.shape, n = b.shape[2], out = empty(a.device, [batch, m, n], "f32");
  gemmInto(a, b, { binding: out, start: 0, row: n, batch: m * n }, epilogue);
  return out;
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
    });
  }
}

function operand(t: Tensor): Operand {
  const { binding, start } = strided(t), [batchSize, rows, cols] = t.shape;
  const batch = batchSize === 1 ? 0 : t.strides[0];
  // The stride of a dimension of size 1 is never walked: it takes whatever value makes the matrix readable.
  let [, row, col] = t.strides;
  if (cols === 1 && rows === 1) [row, col] = [0, 1];
  else if (cols === 1) col = row === 1 ? 0 : 1;
  else if (rows === 1) row = col === 1 ? 0 : 1;
  return { binding, start, batch, row, col, transposed: row === 1 && col !== 1 };
}

function fits(o: Operand, t: Tensor): boolean {
  const [, rows, cols] = t.shape;
  const other = o.transposed ? (cols === 1 ? 0 : o.col) : (rows === 1 ? 0 : o.row);
  return readsAsVectors(o.start, o.transposed ? o.row : o.col, [other, o.batch]);
}

/** A dense copy whose rows are whole vectors, filled up with zeros. */
function pack(t: Tensor): Operand {
  const { device } = t, { binding, start } = strided(t), [batch, rows, cols] = t.shape;
  const width = Math.ceil(cols / 4) * 4, count = t.strides[0] === 0 ? 1 : batch;
  const out = empty(device, [count, rows, width], "f32"), vectors = out.numel / 4;
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
  }, { workgroups: groups(vectors) });
  return { binding: out, start: 0, batch: count === 1 ? 0 : rows * width, row: width, col: 1, transposed: false };
}
