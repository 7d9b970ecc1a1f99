/**
 * Mean, product, any and all.
 * @module
 */
import type { DType, NumericDType } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul } from "./binary.ts";
import { cast } from "./cast.ts";
import { apply, defineOp, type Op, type Sample, wantDType } from "./define.ts";
import { hostReduce, HostTensor } from "./host.ts";
import { reshape, slice } from "./movement.ts";
import { FINISH, launchReduce, MAP, REDUCE } from "./reduction.ts";
import { rawRepeat, type ReduceAttrs, reduceAttrs, type ReduceOptions, repeatDims, sampleAttrs } from "./sum.ts";

const count = ({ full, dims }: ReduceAttrs): number => dims.reduce((n, d) => n * full[d], 1);

const meanOp: Op<ReduceAttrs> = defineOp<ReduceAttrs>({
  name: "mean",
  half: "f32",
  forward(_, [x], attrs) {
    wantDType("mean", [x], "f32");
    const what = { op: REDUCE.sum, finish: FINISH.divide, divisor: count(attrs) };
    return launchReduce(x, attrs.dims, attrs.reduced, what) as unknown as Tensor;
  },
  backward({ createGraph }, [g], attrs) {
    const each = mul(g!, 1 / count(attrs)); // with the graph that the mode asks for
    return [createGraph ? repeatDims(each, attrs) : rawRepeat(each, attrs)];
  },
  reference: ([x], { dims, reduced }) =>
    new HostTensor(reduced, hostReduce(x, dims, true, (v) => v.reduce((a, b) => a + b, 0) / v.length).values),
  samples: [
    ...[1, 3, 7, 65, 257, 5000].map((n) => ({ inputs: [{ shape: [n] }], attrs: sampleAttrs([n], [0]) })),
    { inputs: [{ shape: [5, 6, 7] }], attrs: sampleAttrs([5, 6, 7], [0, 2]) },
    { inputs: [{ shape: [5, 6, 7] }], attrs: sampleAttrs([5, 6, 7], [1], true) },
  ],
  refusals: [{ inputs: [{ shape: [3], dtype: "i32" }], attrs: sampleAttrs([3], [0]), error: "DTypeError" }],
});

/**
 * Mean over `dim`: y = Σ x / n.
 * @throws {DTypeError} for other types than f32
 * @throws {IndexError} for a dim that `x` does not have
 */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  return apply(meanOp, [x], reduceAttrs("mean", x.shape, options));
}

/** The product along one dim by multiplying halves: only ops, and good for zeros too. */
function byHalves(x: Tensor, dim: number): Tensor {
  let y = x, odd: Tensor | null = null;
  for (let n = x.shape[dim]; n > 1; n = Math.floor(n / 2)) {
    const half = Math.floor(n / 2);
    if (n % 2 === 1) {
      const last = slice(y, dim, n - 1, n);
      odd = odd ? mul(odd, last) : last;
    }
    y = mul(slice(y, dim, 0, half), slice(y, dim, half, 2 * half));
  }
  return odd ? mul(y, odd) : y;
}

const prodOp: Op<ReduceAttrs> = defineOp<ReduceAttrs>({
  name: "prod",
  half: "f32",
  forward(_, [x], { dims, reduced }) {
    wantDType("prod", [x], "f32", "i32", "u32");
    return launchReduce(x, dims, reduced, { op: REDUCE.prod }) as unknown as Tensor;
  },
  composite: ([x], { dims, reduced }) => reshape(dims.reduce(byHalves, x), reduced),
  reference: ([x], { dims, reduced }) =>
    new HostTensor(reduced, hostReduce(x, dims, true, (v) => v.reduce((a, b) => a * b, 1)).values, x.dtype),
  samples: [
    ...[1, 3, 7, 65, 700].map((
      n,
    ) => ({ inputs: [{ shape: [n], range: [0.9, 1.1] }], attrs: sampleAttrs([n], [0]) } as const)),
    { inputs: [{ shape: [2, 4], values: [1, 0, 2, 3, 0, 5, 0, 2] }], attrs: sampleAttrs([2, 4], [1]) },
    { inputs: [{ shape: [3, 4, 5] }], attrs: sampleAttrs([3, 4, 5], [0, 2]) },
    { inputs: [{ shape: [3, 4] }], attrs: sampleAttrs([3, 4], [0], true) },
    { inputs: [{ shape: [3, 9], dtype: "i32", range: [-3, 3] }], attrs: sampleAttrs([3, 9], [1]) },
  ],
  refusals: [{ inputs: [{ shape: [3], dtype: "bool" }], attrs: sampleAttrs([3], [0]), error: "DTypeError" }],
});

/**
 * Product over `dim`: y = Π x. The gradient holds for zeros too.
 * @param x f32, i32 or u32 @throws {IndexError} for a dim that x does not have @throws {DTypeError} for bool
 */
export function prod<D extends NumericDType>(x: Tensor<D>, options: ReduceOptions = {}): Tensor<D> {
  return apply(prodOp, [x], reduceAttrs("prod", x.shape, options)) as unknown as Tensor<D>;
}

function truthOp(name: "any" | "all", op: number, truth: (v: number[]) => boolean): Op<ReduceAttrs> {
  const bits = { dtype: "bool" } as const;
  const samples: Sample<ReduceAttrs>[] = [
    ...[1, 3, 7, 65, 257, 1300].map((n) => ({ inputs: [{ shape: [n], ...bits }], attrs: sampleAttrs([n], [0]) })),
    { inputs: [{ shape: [9, 2], ...bits }], attrs: sampleAttrs([9, 2], [1]) },
    { inputs: [{ shape: [2, 9], ...bits }], attrs: sampleAttrs([2, 9], [0], true) },
    { inputs: [{ shape: [9, 2], dtype: "i32", range: [-1, 1] }], attrs: sampleAttrs([9, 2], [1]) },
    { inputs: [{ shape: [3, 2], values: [0, 0, -0.5, 0, 1, 2], grad: false }], attrs: sampleAttrs([3, 2], [1]) },
  ];
  return defineOp<ReduceAttrs>({
    name,
    forward(_, [x], { dims, reduced }) {
      const flags = cast(x, "bool"); // NaN counts as true
      return launchReduce(flags, dims, reduced, { op, map: MAP.nonzero }) as unknown as Tensor;
    },
    reference: ([x], { dims, reduced }) =>
      new HostTensor(reduced, hostReduce(x, dims, true, (v) => truth(v) ? 1 : 0).values, "bool"),
    samples,
  });
}

const anyOp = truthOp("any", REDUCE.max, (v) => v.some((x) => x !== 0));
const allOp = truthOp("all", REDUCE.min, (v) => v.every((x) => x !== 0));

/** Whether any element over `dim` is not zero (or true). @throws {IndexError} for a dim that x does not have */
export function any(x: Tensor<DType>, options: ReduceOptions = {}): Tensor<"bool"> {
  return apply(anyOp, [x], reduceAttrs("any", x.shape, options)) as unknown as Tensor<"bool">;
}

/** Whether all elements over `dim` are not zero (or true). @throws {IndexError} for a dim that x does not have */
export function all(x: Tensor<DType>, options: ReduceOptions = {}): Tensor<"bool"> {
  return apply(allOp, [x], reduceAttrs("all", x.shape, options)) as unknown as Tensor<"bool">;
}
