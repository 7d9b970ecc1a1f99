/**
 * Reductions built on the tree of `reduction.ts`: mean and, with it, what statistics need.
 * @module
 */
import type { Tensor } from "../tensor/tensor.ts";
import { mul } from "./binary.ts";
import { apply, defineOp, type Op, wantDType } from "./define.ts";
import { hostReduce, HostTensor } from "./host.ts";
import { FINISH, launchReduce, REDUCE } from "./reduction.ts";
import { rawRepeat, type ReduceAttrs, reduceAttrs, type ReduceOptions, repeatDims, sampleAttrs } from "./sum.ts";

const count = ({ full, dims }: ReduceAttrs): number => dims.reduce((n, d) => n * full[d], 1);

const meanOp: Op<ReduceAttrs> = defineOp<ReduceAttrs>({
  name: "mean",
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
