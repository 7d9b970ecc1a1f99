/**
 * Puts the operations on Tensor as methods (`x.add(y)` for `add(x, y)`), and on HostTensor, so that a function written
 * with methods also runs in float64 on the host.
 * @module
 */
import { backward, type BackwardOptions, installKit, registerHook } from "../autograd/backward.ts";
import type { Hook } from "../autograd/node.ts";
import type { DType, FloatDType, NumericDType } from "../tensor/dtype.ts";
import type { Shape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import * as activations from "./activations.ts";
import { clone, contiguous, flip, pad } from "./assembly.ts";
import { at, type Index } from "./at.ts";
import { add, div, maximum, minimum, mul, remainder, sub } from "./binary.ts";
import { cast } from "./cast.ts";
import { clamp, type ClampOptions } from "./clamp.ts";
import * as compare from "./compare.ts";
import { onesLike } from "./creation.ts";
import { amax, amin, argmax, argmin, type DimOptions, type Extremes, max, min } from "./extremes.ts";
import { HostTensor } from "./host.ts";
import { gather, indexSelect, scatterAdd } from "./indexing.ts";
import { copy_, fill_, zero_ } from "./inplace.ts";
import { matmul } from "./matmul.ts";
import * as movement from "./movement.ts";
import { pow } from "./pow.ts";
import { all, any, mean, prod } from "./reduce.ts";
import { cumsum } from "./scan.ts";
import { logSoftmax, softmax } from "./softmax.ts";
import { argsort, sort, type Sorted, type SortOptions, topk, type TopkOptions } from "./sort.ts";
import { logsumexp, norm, type NormOptions, std, variance, type VarOptions } from "./statistics.ts";
import { type ReduceOptions, sum, type SumType } from "./sum.ts";
import { tril, triu } from "./triangle.ts";
import * as unary from "./unary.ts";
import { maskedFill } from "./where.ts";

type Operand<D extends DType> = Tensor<D> | number;

declare module "../tensor/tensor.ts" {
  interface Tensor<D extends DType = FloatDType> {
    // Graph
    /** Accumulates gradients into the leaves behind this tensor, see `backward`. */
    backward(this: Tensor, options?: BackwardOptions): void;
    /** Sees (and may replace) this tensor's gradient during backward; returns a function that removes the hook. */
    registerHook(this: Tensor, hook: Hook): () => void;

    // Elementwise
    /** e^x. */
    exp(this: Tensor): Tensor;
    /** e^x - 1, accurate near 0. */
    expm1(this: Tensor): Tensor;
    /** Natural logarithm. */
    log(this: Tensor): Tensor;
    /** log(1 + x), accurate near 0. */
    log1p(this: Tensor): Tensor;
    /** Square root. */
    sqrt(this: Tensor): Tensor;
    /** 1 / √x. */
    rsqrt(this: Tensor): Tensor;
    /** x². */
    square(this: Tensor): Tensor;
    /** 1 / x. */
    reciprocal(this: Tensor): Tensor;
    /** |x|. */
    abs(this: Tensor): Tensor;
    /** -x. */
    neg(this: Tensor): Tensor;
    /** -1, 0 or 1. */
    sign(this: Tensor): Tensor;
    /** Largest integer not above x. */
    floor(this: Tensor): Tensor;
    /** Smallest integer not below x. */
    ceil(this: Tensor): Tensor;
    /** Nearest integer, halves to even. */
    round(this: Tensor): Tensor;
    /** Sine. */
    sin(this: Tensor): Tensor;
    /** Cosine. */
    cos(this: Tensor): Tensor;
    /** Error function. */
    erf(this: Tensor): Tensor;
    /** max(x, 0). */
    relu(this: Tensor): Tensor;
    /** x · sigmoid(x). */
    silu(this: Tensor): Tensor;
    /** 1 / (1 + e^-x). */
    sigmoid(this: Tensor): Tensor;
    /** Hyperbolic tangent. */
    tanh(this: Tensor): Tensor;
    /** x where positive, else negativeSlope · x. */
    leakyRelu(this: Tensor, options?: { negativeSlope?: number }): Tensor;
    /** x where positive, else alpha · (e^x - 1). */
    elu(this: Tensor, options?: { alpha?: number }): Tensor;
    /** Gaussian error linear unit. */
    gelu(this: Tensor, options?: { approximate?: "none" | "tanh" }): Tensor;
    /** log(1 + e^(beta x)) / beta. */
    softplus(this: Tensor, options?: { beta?: number; threshold?: number }): Tensor;
    /** Piecewise linear sigmoid, in PyTorch's or Keras' form. */
    hardSigmoid(this: Tensor, options?: { form?: "torch" | "keras" }): Tensor;
    /** Another element type, see `cast`. */
    to<N extends DType>(dtype: N): Tensor<N>;
    /** Where this = other. */
    eq(other: Tensor<DType> | number): Tensor<"bool">;
    /** Where this ≠ other. */
    ne(other: Tensor<DType> | number): Tensor<"bool">;
    /** Where this < other. */
    lt(other: Tensor<DType> | number): Tensor<"bool">;
    /** Where this ≤ other. */
    le(other: Tensor<DType> | number): Tensor<"bool">;
    /** Where this > other. */
    gt(other: Tensor<DType> | number): Tensor<"bool">;
    /** Where this ≥ other. */
    ge(other: Tensor<DType> | number): Tensor<"bool">;
    /** Where both are not 0. */
    logicalAnd(other: Tensor<DType>): Tensor<"bool">;
    /** Where one or both are not 0. */
    logicalOr(other: Tensor<DType>): Tensor<"bool">;
    /** Where exactly one is not 0. */
    logicalXor(other: Tensor<DType>): Tensor<"bool">;
    /** Where this is 0. */
    logicalNot(): Tensor<"bool">;
    /** Sum with broadcasting. */
    add<N extends NumericDType>(this: Tensor<N>, other: Operand<N>): Tensor<N>;
    /** Difference with broadcasting. */
    sub<N extends NumericDType>(this: Tensor<N>, other: Operand<N>): Tensor<N>;
    /** Elementwise product with broadcasting. */
    mul<N extends NumericDType>(this: Tensor<N>, other: Operand<N>): Tensor<N>;
    /** Quotient with broadcasting. */
    div(this: Tensor, other: Operand<FloatDType>): Tensor;
    /** Larger of two, with broadcasting. */
    maximum<N extends NumericDType>(this: Tensor<N>, other: Operand<N>): Tensor<N>;
    /** Smaller of two, with broadcasting. */
    minimum<N extends NumericDType>(this: Tensor<N>, other: Operand<N>): Tensor<N>;
    /** Remainder with the sign of the divisor. */
    remainder<N extends NumericDType>(this: Tensor<N>, other: Operand<N>): Tensor<N>;
    /** Power with broadcasting. */
    pow(this: Tensor, exponent: Operand<FloatDType>): Tensor;
    /** Limits to min..max. */
    clamp<N extends NumericDType>(this: Tensor<N>, options: ClampOptions): Tensor<N>;
    /** `value` where the mask is true. */
    maskedFill(mask: Tensor<"bool">, value: number): Tensor<D>;

    // Reductions
    /** Sum over dims (all by default). */
    sum(options?: ReduceOptions): Tensor<SumType<D>>;
    /** Mean over dims (all by default). */
    mean(this: Tensor, options?: ReduceOptions): Tensor;
    /** Product over dims. */
    prod<N extends NumericDType>(this: Tensor<N>, options?: ReduceOptions): Tensor<N>;
    /** Whether any element over dims is not 0. */
    any(options?: ReduceOptions): Tensor<"bool">;
    /** Whether all elements over dims are not 0. */
    all(options?: ReduceOptions): Tensor<"bool">;
    /** Largest element, or with `dim` the largest along it and their places. */
    max<N extends NumericDType>(this: Tensor<N>): Tensor<N>;
    max<N extends NumericDType>(this: Tensor<N>, options: DimOptions): Extremes<N>;
    /** Smallest element, or with `dim` the smallest along it and their places. */
    min<N extends NumericDType>(this: Tensor<N>): Tensor<N>;
    min<N extends NumericDType>(this: Tensor<N>, options: DimOptions): Extremes<N>;
    /** Largest element over dims. */
    amax<N extends NumericDType>(this: Tensor<N>, options?: ReduceOptions): Tensor<N>;
    /** Smallest element over dims. */
    amin<N extends NumericDType>(this: Tensor<N>, options?: ReduceOptions): Tensor<N>;
    /** Place of the largest element along a dim (in the flattened tensor without one). */
    argmax(this: Tensor<NumericDType>, options?: { dim?: number; keepdim?: boolean }): Tensor<"i32">;
    /** Place of the smallest element. */
    argmin(this: Tensor<NumericDType>, options?: { dim?: number; keepdim?: boolean }): Tensor<"i32">;
    /** Variance, see `variance`. */
    var(this: Tensor, options?: VarOptions): Tensor;
    /** Standard deviation. */
    std(this: Tensor, options?: VarOptions): Tensor;
    /** p-norm. */
    norm(this: Tensor, options?: NormOptions): Tensor;
    /** Logarithm of the sum of e^x. */
    logsumexp(this: Tensor, options?: ReduceOptions): Tensor;
    /** Running sums along a dim. */
    cumsum(dim: number): Tensor<SumType<D>>;

    // Products and rows
    /** Matrix product, see `matmul`. */
    matmul(this: Tensor, other: Tensor): Tensor;
    /** Softmax over a dim (the last by default). */
    softmax(this: Tensor, dim?: number): Tensor;
    /** Logarithm of softmax over a dim (the last by default). */
    logSoftmax(this: Tensor, dim?: number): Tensor;

    // Layout
    /** The same elements in another shape; one size may be -1. */
    reshape(shape: Shape): Tensor<D>;
    /** {@link reshape} that never copies. */
    view(shape: Shape): Tensor<D>;
    /** Merges dims `start` to `end`. */
    flatten(start?: number, end?: number): Tensor<D>;
    /** Drops dims of size 1. */
    squeeze(dim?: number): Tensor<D>;
    /** Inserts a dim of size 1. */
    unsqueeze(dim: number): Tensor<D>;
    /** Reorders dims. */
    permute(dims: readonly number[]): Tensor<D>;
    /** Swaps two dims, the last two by default. */
    transpose(dim0?: number, dim1?: number): Tensor<D>;
    /** Repeats sizes of 1 without copying. */
    expand(shape: Shape): Tensor<D>;
    /** Tiles. */
    repeat(times: readonly number[]): Tensor<D>;
    /** A range along a dim, as a view. */
    slice(dim: number, start?: number, end?: number, step?: number): Tensor<D>;
    /** One position along a dim, which disappears. */
    select(dim: number, index: number): Tensor<D>;
    /** Index syntax, see `at`. */
    at(...places: readonly Index[]): Tensor<D>;
    /** Pieces of given sizes along a dim. */
    split(sizes: number | readonly number[], dim?: number): Tensor<D>[];
    /** At most n pieces along a dim. */
    chunk(n: number, dim?: number): Tensor<D>[];
    /** Reverses dims. */
    flip(dims: number | readonly number[]): Tensor<D>;
    /** Surrounds with a value. */
    pad(padding: readonly number[], value?: number): Tensor<D>;
    /** Lower triangles. */
    tril(diagonal?: number): Tensor<D>;
    /** Upper triangles. */
    triu(diagonal?: number): Tensor<D>;
    /** A dense copy. */
    clone(): Tensor<D>;
    /** Dense and row-major: itself or a copy. */
    contiguous(): Tensor<D>;

    // Indices
    /** Elements at given places along a dim, see `gather`. */
    gather(dim: number, index: Tensor<"i32">): Tensor<D>;
    /** Rows at given places along a dim. */
    indexSelect(dim: number, index: Tensor<"i32">): Tensor<D>;
    /** Adds `source` at given places along a dim; the additions have a fixed order. */
    scatterAdd(this: Tensor, dim: number, index: Tensor<"i32">, source: Tensor): Tensor;
    /** Sorted along a dim, with the places the elements came from. */
    sort(options?: SortOptions): Sorted<D>;
    /** Places that would sort a dim. */
    argsort(options?: SortOptions): Tensor<"i32">;
    /** The k largest (or smallest) along a dim, with their places. */
    topk(k: number, options?: TopkOptions): Sorted<D>;

    // In place
    /** Copies values into this tensor, see `copy_`. */
    copy_(source: Tensor<D> | ArrayLike<number>): Tensor<D>;
    /** Sets every element. */
    fill_(value: number | boolean): Tensor<D>;
    /** Sets every element to zero. */
    zero_(): Tensor<D>;
  }
}

const { exp, expm1, log, log1p, sqrt, rsqrt, square, reciprocal, abs, neg, sign, floor, ceil, round, sin, cos, erf } =
  unary;
const { relu, leakyRelu, elu, gelu, silu, softplus, sigmoid, tanh, hardSigmoid } = activations;
const { eq, ne, lt, le, gt, ge, logicalAnd, logicalOr, logicalXor, logicalNot } = compare;
const { reshape, view, flatten, squeeze, unsqueeze, permute, transpose, expand, repeat } = movement;
const { slice, select, split, chunk } = movement;

/** Functions whose first argument becomes `this`. */
const shared = {
  ...{ exp, expm1, log, log1p, sqrt, rsqrt, square, reciprocal, abs, neg, sign, floor, ceil, round, sin, cos, erf },
  ...{ relu, leakyRelu, elu, gelu, silu, softplus, sigmoid, tanh, hardSigmoid, to: cast },
  ...{ eq, ne, lt, le, gt, ge, logicalAnd, logicalOr, logicalXor, logicalNot },
  ...{ add, sub, mul, div, maximum, minimum, remainder, pow, clamp, maskedFill },
  ...{ max, min, amax, amin, argmax, argmin, var: variance, std, norm, logsumexp, cumsum },
  ...{ gather, indexSelect, scatterAdd, sort, argsort, topk },
  ...{ sum, mean, prod, any, all, matmul, softmax, logSoftmax, tril, triu, at },
  ...{ reshape, view, flatten, squeeze, unsqueeze, permute, transpose, expand, repeat },
  ...{ slice, select, split, chunk, flip, pad, clone, contiguous },
};

// deno-lint-ignore no-explicit-any
type Fn = (first: any, ...rest: any[]) => unknown;

function install(target: object, functions: Record<string, Fn>): void {
  for (const [name, fn] of Object.entries(functions)) {
    Object.defineProperty(target, name, {
      value(this: unknown, ...rest: unknown[]) {
        return fn(this, ...rest);
      },
      configurable: true,
      writable: true,
    });
  }
}

install(Tensor.prototype, { ...shared, copy_, fill_, zero_, backward, registerHook });
install(HostTensor.prototype, shared);
installKit({ add, contiguous, clone, onesLike: (t) => onesLike(t) });
