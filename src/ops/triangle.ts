/**
 * Lower and upper triangles of matrices.
 * @module
 */
import { ShapeError } from "../errors.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import type { DType } from "../tensor/dtype.ts";
import { show } from "../tensor/shape.ts";
import { type AnyTensor, empty, type Tensor } from "../tensor/tensor.ts";
import { apply, defineOp, type Op } from "./define.ts";
import { hostMap } from "./host.ts";
import { groups, ready, run } from "./launch.ts";

interface TriangleAttrs {
  diagonal: number;
}

function triangleOp(name: string, upper: boolean): Op<TriangleAttrs> {
  const op: Op<TriangleAttrs> = defineOp<TriangleAttrs>({
    name,
    forward({ device }, [x0], { diagonal }) {
      if (x0.ndim < 2) {
        throw new ShapeError(`Cannot ${name} ${show(x0.shape)}: wanted at least 2 dims`, {
          op: name,
          shapes: [x0.shape],
        });
      }
      const x = ready(x0), out = empty(device, x.shape, x.dtype), [rows, cols] = x.shape.slice(-2);
      run(device, kernels.triangle.keep, { x, out }, { n: x.numel, rows, cols, diagonal, upper: upper ? 1 : 0 }, {
        workgroups: groups(x.numel),
      });
      return out;
    },
    backward: (_, [g], attrs) => [apply(op, [g!], attrs)],
    reference([x], { diagonal }) {
      const [rows, cols] = x.shape.slice(-2);
      return hostMap(x, (v, i) => {
        const beyond = i % cols - Math.floor(i / cols) % rows - diagonal;
        return (upper ? beyond >= 0 : beyond <= 0) ? v : 0;
      });
    },
    samples: [
      { inputs: [{ shape: [3, 7] }], attrs: { diagonal: 0 } },
      { inputs: [{ shape: [2, 5, 3] }], attrs: { diagonal: -1 } },
      { inputs: [{ shape: [65, 65] }], attrs: { diagonal: 2 } },
    ],
    refusals: [{ inputs: [{ shape: [3] }], attrs: { diagonal: 0 }, error: "ShapeError" }],
  });
  return op;
}

const trilOp = triangleOp("tril", false), triuOp = triangleOp("triu", true);

/** Elements on and below a diagonal of each matrix (the main one is 0, above it is positive); the rest is zero. */
export function tril<D extends DType>(x: Tensor<D>, diagonal = 0): Tensor<D> {
  return apply(trilOp, [x as AnyTensor], { diagonal }) as unknown as Tensor<D>;
}

/** Elements on and above a diagonal of each matrix; the rest is zero. */
export function triu<D extends DType>(x: Tensor<D>, diagonal = 0): Tensor<D> {
  return apply(triuOp, [x as AnyTensor], { diagonal }) as unknown as Tensor<D>;
}
