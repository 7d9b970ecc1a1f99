/**
 * Matrix products: `matmul` with PyTorch's rules for vectors and batches, and `linear` with bias and activation fused.
 * @module
 */
import { isGradEnabled } from "../autograd/mode.ts";
import { ShapeError } from "../errors.ts";
import { broadcastShapes, contiguousStrides, numel, sameShape, type Shape, show } from "../tensor/shape.ts";
import { alias, type Tensor } from "../tensor/tensor.ts";
import { add } from "./binary.ts";
import { cast } from "./cast.ts";
import { apply, defineOp, wantDType } from "./define.ts";
import { type Activation, gemm } from "./gemm.ts";

export type { Activation } from "./gemm.ts";
import { hostExpand, HostTensor } from "./host.ts";
import { copyStrided, ready } from "./launch.ts";
import { expand, reshape, transpose, unsqueeze } from "./movement.ts";
import { sum, sumTo } from "./sum.ts";
import { relu } from "./activations.ts";

/** Rows of all batches as one matrix [1, rows, columns]: a view when the batches lie one behind the other. */
function fold(x: Tensor): Tensor {
  const columns = x.shape[x.ndim - 1], rows = x.numel / columns;
  if (x.ndim === 2) return alias(x, [1, ...x.shape], [0, ...x.strides]);
  const dense = ready(x);
  return alias(dense, [1, rows, columns], [0, columns, 1]);
}

/** [..., M, K] with batch dims `batch` as [count, M, K] with one batch stride. */
function batched(x: Tensor, batch: Shape): Tensor {
  const [rows, columns] = x.shape.slice(-2), count = numel(batch);
  const own = x.shape.slice(0, -2);
  const [rowStride, columnStride] = x.strides.slice(-2);
  if (numel(own) === 1) return alias(x, [count, rows, columns], [0, rowStride, columnStride]);
  const wide = sameShape(own, batch) ? x : expand(x, [...batch, rows, columns]);
  // One stride walks all batches when each dim continues where the one behind it ends.
  let step = 0, uniform = true;
  for (let i = batch.length - 1, size = 1; i >= 0; size *= batch[i--]) {
    if (batch[i] === 1) continue;
    if (step === 0 && size === 1) step = wide.strides[i];
    else if (wide.strides[i] !== step * size) uniform = false;
  }
  if (uniform) return alias(wide, [count, rows, columns], [step, rowStride, columnStride]);
  return alias(copyStrided(wide) as Tensor, [count, rows, columns], [rows * columns, columns, 1], 0);
}

const matmulOp = defineOp<null>({
  name: "matmul",
  half: "native",
  autocast: "inputs",
  forward({ save }, [a, b]) {
    wantDType("matmul", [a, b], "f32", "f16");
    if (a.ndim < 2 || b.ndim < 2 || a.shape.at(-1) !== b.shape.at(-2)) {
      const why = a.ndim < 2 || b.ndim < 2
        ? "wanted matrices"
        : `inner sizes ${a.shape.at(-1)} and ${b.shape.at(-2)} differ`;
      throw new ShapeError(`Cannot matmul ${show(a.shape)} and ${show(b.shape)}: ${why}`, {
        op: "matmul",
        shapes: [a.shape, b.shape],
      });
    }
    const batch = broadcastShapes([a.shape.slice(0, -2), b.shape.slice(0, -2)], "matmul");
    const shape = [...batch, a.shape.at(-2)!, b.shape.at(-1)!];
    save(a, b);
    const product = b.ndim === 2 ? gemm(fold(a), fold(b)) : gemm(batched(a, batch), batched(b, batch));
    return alias(product, shape, contiguousStrides(shape));
  },
  backward({ saved: [a, b], needs, shapes, createGraph }, [g]) {
    const da = needs[0] ? sumTo(matmul(g!, transpose(b)), shapes[0], createGraph) : null;
    if (!needs[1]) return [da, null];
    if (b.ndim > 2 || a.ndim === 2) return [da, sumTo(matmul(transpose(a), g!), shapes[1], createGraph)];
    // One matrix for all batches of a: its gradient is one product over all their rows.
    const rows = (x: Tensor) => reshape(x, [-1, x.shape.at(-1)!]);
    return [da, matmul(transpose(rows(a)), rows(g!))];
  },
  reference: ([a, b]) => hostMatmul(a, b),
  samples: [
    { inputs: [{ shape: [1, 1] }, { shape: [1, 1] }], attrs: null },
    { inputs: [{ shape: [3, 7] }, { shape: [7, 5] }], attrs: null },
    { inputs: [{ shape: [65, 30] }, { shape: [30, 17] }], attrs: null },
    { inputs: [{ shape: [2, 3, 8] }, { shape: [8, 4] }], attrs: null },
    { inputs: [{ shape: [2, 1, 3, 8] }, { shape: [5, 8, 4] }], attrs: null },
    { inputs: [{ shape: [257, 4] }, { shape: [4, 3] }], attrs: null },
  ],
  refusals: [
    { inputs: [{ shape: [2, 3] }, { shape: [4, 5] }], attrs: null, error: "ShapeError" },
    { inputs: [{ shape: [2, 3, 4] }, { shape: [3, 4, 5] }], attrs: null, error: "ShapeError" },
    { inputs: [{ shape: [2, 3], dtype: "i32" }, { shape: [3, 2], dtype: "i32" }], attrs: null, error: "DTypeError" },
  ],
});

/**
 * Matrix product. Vectors count as a row on the left and a column on the right, and that dim disappears again; dims
 * before the last two broadcast. Transposed views are read as they are, without a copy. Each of both may be f16: sums are
 * f32 all the same, and the result is f16 when both are.
 * @param a [..., M, K] or [K] @param b [..., K, N] or [K]
 * @returns [..., M, N]
 * @throws {ShapeError} when the inner sizes differ, or the batch dims do not broadcast
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  if (a.shape.length === 0 || b.shape.length === 0) {
    throw new ShapeError(
      `Cannot matmul ${show(a.shape)} and ${show(b.shape)}: a scalar has no dims to multiply over; use mul`,
      { op: "matmul", shapes: [a.shape, b.shape] },
    );
  }
  const left = a.shape.length === 1 ? unsqueeze(a, 0) : a, right = b.shape.length === 1 ? unsqueeze(b, 1) : b;
  const out = apply(matmulOp, [left, right], null);
  if (left === a && right === b) return out;
  const drop = [...(right === b ? [] : [out.shape.length - 1]), ...(left === a ? [] : [out.shape.length - 2])];
  return reshape(out, out.shape.filter((_, i) => !drop.includes(i)));
}

interface LinearAttrs {
  activation: Activation;
}

const linearOp = defineOp<LinearAttrs>({
  name: "linear",
  half: "native",
  autocast: "inputs",
  forward({ save }, [x, weight, bias], { activation }) {
    wantDType("linear", bias ? [x, weight, bias] : [x, weight], "f32", "f16");
    const [outputs, inputs] = weight.shape;
    if (weight.ndim !== 2 || x.shape.at(-1) !== inputs || (bias && !sameShape(bias.shape, [outputs]))) {
      throw new ShapeError(
        `Cannot linear ${show(x.shape)} with weight ${show(weight.shape)}${
          bias ? ` and bias ${show(bias.shape)}` : ""
        }: ` +
          `wanted [..., in], [out, in] and [out]`,
        { op: "linear", shapes: [x.shape, weight.shape, ...(bias ? [bias.shape] : [])] },
      );
    }
    const shape = [...x.shape.slice(0, -1), outputs];
    const product = gemm(fold2(x), fold(transpose(weight)), { bias, activation });
    const out = alias(product, shape, contiguousStrides(shape));
    save(x, weight);
    return out;
  },
  // Only for activation "none": see linear().
  backward({ saved: [x, weight], needs, shapes }, [g0]) {
    const g = fold2(g0!);
    const dx = needs[0] ? gemm(g, fold(weight), { dtype: x.dtype }) : null;
    const dw = needs[1] ? gemm(transpose(g), fold2(x), { dtype: weight.dtype }) : null;
    const grads = [
      dx && alias(dx, shapes[0], contiguousStrides(shapes[0])),
      dw && alias(dw, shapes[1], contiguousStrides(shapes[1])),
    ];
    if (shapes.length === 2) return grads;
    return [...grads, needs[2] ? reshape(sum(g, { dim: 1 }), shapes[2]) : null];
  },
  composite([x, weight, bias], { activation }) {
    const product = matmul(x, transpose(weight)), out = bias ? cast(add(product, bias), product.dtype) : product;
    return activation === "relu" ? relu(out) : out;
  },
  samples: [
    { inputs: [{ shape: [1] }, { shape: [1, 1] }, { shape: [1] }], attrs: { activation: "none" } },
    { inputs: [{ shape: [3, 7] }, { shape: [5, 7] }], attrs: { activation: "none" } },
    { inputs: [{ shape: [65, 8] }, { shape: [30, 8] }, { shape: [30] }], attrs: { activation: "none" } },
    { inputs: [{ shape: [2, 3, 4] }, { shape: [9, 4] }, { shape: [9] }], attrs: { activation: "none" } },
    {
      inputs: [{ shape: [7, 4], grad: false }, { shape: [9, 4], grad: false }, { shape: [9], grad: false }],
      attrs: { activation: "relu" },
    },
  ],
  refusals: [
    { inputs: [{ shape: [3, 4] }, { shape: [5, 7] }], attrs: { activation: "none" }, error: "ShapeError" },
    {
      inputs: [{ shape: [3, 7] }, { shape: [5, 7] }, { shape: [7] }],
      attrs: { activation: "none" },
      error: "ShapeError",
    },
  ],
});

/**
 * x W^T + b, with an optional activation fused. Each of the three may be f16; the result is when x and W are.
 * @param x [..., in] @param weight [out, in] @param bias [out]
 * @returns [..., out]
 * @throws {ShapeError} when the sizes do not fit
 */
export function linear(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor | null,
  { activation = "none" }: { activation?: Activation } = {},
): Tensor {
  const inputs = bias ? [x, weight, bias] : [x, weight];
  // The derivative of an activation needs its own result: fused only where nothing is recorded.
  const recording = activation !== "none" && isGradEnabled() && inputs.some((t) => t.requiresGrad);
  return recording ? relu(apply(linearOp, inputs, { activation: "none" })) : apply(linearOp, inputs, { activation });
}

/** All rows as [1, rows, columns]; a vector is one row. */
function fold2(x: Tensor): Tensor {
  return x.ndim === 1 ? alias(x, [1, 1, x.shape[0]], [0, 0, x.strides[0]]) : fold(x);
}

function hostMatmul(a: HostTensor, b: HostTensor): HostTensor {
  const batch = broadcastShapes([a.shape.slice(0, -2), b.shape.slice(0, -2)], "matmul"), count = numel(batch);
  const [m, k] = a.shape.slice(-2), n = b.shape.at(-1)!;
  const left = hostExpand(a, [...batch, m, k]).values, right = hostExpand(b, [...batch, k, n]).values;
  const out = new HostTensor([...batch, m, n]);
  for (let z = 0; z < count; z++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let total = 0;
        for (let q = 0; q < k; q++) total += left[(z * m + i) * k + q] * right[(z * k + q) * n + j];
        out.values[(z * m + i) * n + j] = total;
      }
    }
  }
  return out;
}
