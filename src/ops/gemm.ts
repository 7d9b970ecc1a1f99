/**
 * One batched matrix product on the GPU, without a graph: chooses a kernel by the operands' layout and size.
 * @module
 */
import { kernels } from "../gpu/kernels.gen.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { ready, run, strided } from "./launch.ts";

/** Function applied to the result by the kernel itself. */
export type Activation = "none" | "relu";

/** What the kernel adds to the plain product. */
export interface Epilogue {
  /** One value per column, [N]. */
  bias?: Tensor | null;
  /** Applied after the bias. */
  activation?: Activation;
}

const ACTIVATIONS: readonly Activation[] = ["none", "relu"];

/**
 * C[batch, M, N] = A[batch, M, K] B[batch, K, N] (+ bias). Operands may be views with any strides; a batch stride of 0
 * repeats a matrix.
 */
export function gemm(a: Tensor, b: Tensor, { bias = null, activation = "none" }: Epilogue = {}): Tensor {
  const [batch, m, k] = a.shape, n = b.shape[2];
  const out = empty(a.device, [batch, m, n], "f32");
  const left = strided(a), right = strided(b);
  run(a.device, kernels.matmulStrided.main, { a: left.binding, b: right.binding, bias: bias ? ready(bias) : left.binding, c: out }, {
    m,
    n,
    k,
    activation: ACTIVATIONS.indexOf(activation),
    a_start: left.start,
    a_row: a.strides[1],
    a_col: a.strides[2],
    a_batch: a.strides[0],
    b_start: right.start,
    b_row: b.strides[1],
    b_col: b.strides[2],
    b_batch: b.strides[0],
    c_batch: m * n,
    bias: bias ? 1 : 0,
  }, { workgroups: [Math.ceil(n / 32), Math.ceil(m / 32), batch] });
  return out;
}
