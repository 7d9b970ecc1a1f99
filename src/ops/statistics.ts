/**
 * Variance, standard deviation, norms and logsumexp.
 * @module
 */
import { ValueError } from "../errors.ts";
import { contiguousStrides } from "../tensor/shape.ts";
import { alias, type Tensor } from "../tensor/tensor.ts";
import { add, div, mul, sub } from "./binary.ts";
import { cast } from "./cast.ts";
import { eq, ne } from "./compare.ts";
import { apply, defineOp, type Op, wantDType } from "./define.ts";
import { hostReduce, HostTensor } from "./host.ts";
import { abs, exp, log, sqrt } from "./math.ts";
import { amax, amin } from "./extremes.ts";
import { pow } from "./pow.ts";
import { FINISH, launchReduce, MAP, REDUCE } from "./reduction.ts";
import { type ReduceAttrs, reduceAttrs, type ReduceOptions, repeatDims, sampleAttrs, sum } from "./sum.ts";
import { mean } from "./reduce.ts";
import { maskedFill, where } from "./where.ts";

/** Options of variance and standard deviation. */
export interface VarOptions extends ReduceOptions {
  /** Subtracted from the number of elements in the divisor. Default 1. */
  correction?: number;
}

/** Options of {@link norm}. */
export interface NormOptions extends ReduceOptions {
  /** Exponent: 2 by default; 0 counts elements other than 0, Infinity and -Infinity take the extremes of |x|. */
  p?: number;
}

interface VarAttrs extends ReduceAttrs {
  readonly correction: number;
}

const count = ({ full, dims }: ReduceAttrs): number => dims.reduce((n, d) => n * full[d], 1);

function deviations(x: Tensor, attrs: ReduceAttrs): Tensor {
  return sub(x, mean(x, { dim: attrs.dims, keepdim: true }));
}

function host(x: HostTensor, { dims, reduced }: ReduceAttrs, fn: (v: number[]) => number): HostTensor {
  return new HostTensor(reduced, hostReduce(x, dims, true, fn).values);
}

function spread(v: number[], correction: number): number {
  const m = v.reduce((a, b) => a + b) / v.length;
  return v.reduce((a, b) => a + (b - m) ** 2, 0) / (v.length - correction);
}

const varAttrs = (full: number[], dims: number[], correction = 1, keepdim = false): VarAttrs => ({
  ...sampleAttrs(full, dims, keepdim),
  correction,
});
const varSamples: Op<VarAttrs>["samples"] = [
  ...[3, 7, 65, 257, 1300].map((n) => ({ inputs: [{ shape: [n] }], attrs: varAttrs([n], [0]) })),
  { inputs: [{ shape: [1] }], attrs: varAttrs([1], [0], 0) },
  { inputs: [{ shape: [5, 6, 7], range: [99, 101] }], attrs: varAttrs([5, 6, 7], [0, 2], 0) },
  { inputs: [{ shape: [5, 6, 7] }], attrs: varAttrs([5, 6, 7], [1], 1, true) },
];

const varOp: Op<VarAttrs> = defineOp<VarAttrs>({
  name: "var",
  half: "f32",
  forward({ save }, [x], attrs) {
    wantDType("var", [x], "f32");
    const d = deviations(x, attrs);
    save(x);
    const what = { op: REDUCE.sum, map: MAP.square, finish: FINISH.divide, divisor: count(attrs) - attrs.correction };
    return launchReduce(d, attrs.dims, attrs.reduced, what) as unknown as Tensor;
  },
  // Ops throughout: they record or not as the mode asks.
  backward: ({ saved: [x] }, [g], attrs) => {
    const each = mul(g!, 2 / (count(attrs) - attrs.correction));
    return [mul(repeatDims(each, attrs), deviations(x, attrs))];
  },
  reference: ([x], attrs) => host(x, attrs, (v) => spread(v, attrs.correction)),
  samples: varSamples,
  refusals: [{ inputs: [{ shape: [3], dtype: "i32" }], attrs: varAttrs([3], [0]), error: "DTypeError" }],
});

const normOp: Op<ReduceAttrs> = defineOp<ReduceAttrs>({
  name: "norm",
  half: "f32",
  forward({ save }, [x], attrs) {
    wantDType("norm", [x], "f32");
    const what = { op: REDUCE.sum, map: MAP.square, finish: FINISH.sqrt };
    const y = launchReduce(x, attrs.dims, attrs.reduced, what) as unknown as Tensor;
    save(x, y);
    return y;
  },
  // x / |x|, and 0 where the norm is 0.
  backward: ({ saved: [x, y] }, [g], attrs) => [mul(x, repeatDims(where(eq(y, 0), 0, div(g!, y)), attrs))],
  reference: ([x], attrs) => host(x, attrs, (v) => Math.sqrt(v.reduce((a, b) => a + b * b, 0))),
  samples: [
    ...[1, 3, 7, 65, 257, 1300].map((n) => ({
      inputs: [{ shape: [n], awayFromZero: 0.1 }],
      attrs: sampleAttrs([n], [0]),
    })),
    { inputs: [{ shape: [5, 6, 7] }], attrs: sampleAttrs([5, 6, 7], [0, 2]) },
    { inputs: [{ shape: [5, 6] }], attrs: sampleAttrs([5, 6], [1], true) },
  ],
  refusals: [{ inputs: [{ shape: [3], dtype: "i32" }], attrs: sampleAttrs([3], [0]), error: "DTypeError" }],
});

const logsumexpOp: Op<ReduceAttrs> = defineOp<ReduceAttrs>({
  name: "logsumexp",
  half: "f32",
  forward({ save }, [x], attrs) {
    wantDType("logsumexp", [x], "f32");
    const most = amax(x, { dim: attrs.dims, keepdim: true });
    const shift = where(eq(abs(most), Infinity), 0, most); // all -Infinity, or one Infinity: not Infinity - Infinity
    const total = log(sum(exp(sub(x, shift)), { dim: attrs.dims, keepdim: true }));
    const y = alias(add(total, shift), attrs.reduced, contiguousStrides(attrs.reduced));
    save(x, y);
    return y;
  },
  backward: ({ saved: [x, y] }, [g], attrs) => [mul(repeatDims(g!, attrs), exp(sub(x, repeatDims(y, attrs))))],
  reference: ([x], attrs) =>
    host(x, attrs, (v) => {
      const most = Math.max(...v);
      return Math.abs(most) === Infinity ? most : most + Math.log(v.reduce((a, b) => a + Math.exp(b - most), 0));
    }),
  samples: [
    ...[1, 3, 7, 65, 257, 1300].map((n) => ({ inputs: [{ shape: [n] }], attrs: sampleAttrs([n], [0]) })),
    { inputs: [{ shape: [5, 6, 7], range: [-99, 99] }], attrs: sampleAttrs([5, 6, 7], [0, 2]) },
    { inputs: [{ shape: [5, 6] }], attrs: sampleAttrs([5, 6], [1], true) },
    {
      inputs: [{ shape: [2, 2], values: [-Infinity, -Infinity, Infinity, 1], grad: false }],
      attrs: sampleAttrs([2, 2], [1]),
    },
  ],
  refusals: [{ inputs: [{ shape: [3], dtype: "i32" }], attrs: sampleAttrs([3], [0]), error: "DTypeError" }],
});

/**
 * Variance over `dim`: y = Σ (x - mean)² / (n - correction); NaN when nothing is left to divide by. Its name in the
 * package is `var`.
 * @throws {DTypeError} for other types than f32 @throws {IndexError} for a dim that x does not have
 */
export function variance(x: Tensor, { correction = 1, ...options }: VarOptions = {}): Tensor {
  if (!Number.isFinite(correction)) {
    throw new ValueError(`Cannot var: correction is ${correction}, wanted a finite number`, {
      op: "var",
      value: correction,
    });
  }
  return apply(varOp, [x], { ...reduceAttrs("var", x.shape, options), correction });
}

export { variance as var };

/** Standard deviation √var over `dim`; the gradient of a deviation of 0 is 0. See {@link variance}. */
export function std(x: Tensor, options: VarOptions = {}): Tensor {
  const v = variance(x, options), none = eq(v, 0);
  return maskedFill(sqrt(maskedFill(v, none, 1)), none, 0); // a root has no slope at 0
}

/**
 * p-norm over `dim`: y = (Σ |x|^p)^(1/p); the gradient where a norm is 0 is 0.
 * @throws {DTypeError} for other types than f32 @throws {IndexError} for a dim that x does not have
 * @throws {ValueError} when p is NaN
 */
export function norm(x: Tensor, { p = 2, ...options }: NormOptions = {}): Tensor {
  if (Number.isNaN(p)) throw new ValueError("Cannot norm: p is NaN, wanted a number", { op: "norm", value: p });
  if (p === 2) return apply(normOp, [x], reduceAttrs("norm", x.shape, options));
  if (p === 1) return sum(abs(x), options);
  if (p === Infinity) return amax(abs(x), options);
  if (p === -Infinity) return amin(abs(x), options);
  if (p === 0) return sum(cast(ne(x, 0), "f32"), options);
  const total = sum(pow(abs(x), p), options), none = eq(total, 0);
  return maskedFill(pow(maskedFill(total, none, 1), 1 / p), none, 0); // a root has no slope at 0
}

/**
 * log Σ e^x over `dim`, without overflow.
 * @throws {DTypeError} for other types than f32 @throws {IndexError} for a dim that x does not have
 */
export function logsumexp(x: Tensor, options: ReduceOptions = {}): Tensor {
  return apply(logsumexpOp, [x], reduceAttrs("logsumexp", x.shape, options));
}
