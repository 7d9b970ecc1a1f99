/**
 * All operations: functions with the tensor first, which are also methods of Tensor.
 * @module
 */
import "./methods.ts";

export { elu, gelu, hardSigmoid, leakyRelu, relu, sigmoid, silu, softplus, tanh } from "./activations.ts";
export { at, type Index } from "./at.ts";
export { add, div, maximum, minimum, mul, type Operand, remainder, sub } from "./binary.ts";
export { cast } from "./cast.ts";
export { clamp, type ClampOptions } from "./clamp.ts";
export { eq, ge, gt, le, logicalAnd, logicalNot, logicalOr, logicalXor, lt, ne } from "./compare.ts";
export * from "./creation.ts";
export { dropout, type DropoutOptions, type MaskOptions } from "./dropout.ts";
export { einsum } from "./einsum.ts";
export { embedding } from "./embedding.ts";
export { amax, amin, argmax, argmin, type DimOptions, type Extremes, max, min } from "./extremes.ts";
export { gradcheck, type GradcheckFunction, type GradcheckInputs, type GradcheckOptions } from "./gradcheck.ts";
export { gather, indexSelect, maskedSelect, nonzero, oneHot, scatterAdd } from "./indexing.ts";
export { copy_, fill_, zero_ } from "./inplace.ts";
export { type Activation, linear, matmul } from "./matmul.ts";
export * from "./assembly.ts";
export * from "./movement.ts";
export { multinomial, type MultinomialOptions } from "./multinomial.ts";
export { pow } from "./pow.ts";
export { all, any, mean, prod } from "./reduce.ts";
export { cumsum } from "./scan.ts";
export { logsumexp, norm, type NormOptions, std, variance, variance as var, type VarOptions } from "./statistics.ts";
export { logSoftmax, softmax } from "./softmax.ts";
export { argsort, sort, type Sorted, type SortOptions, topk, type TopkOptions } from "./sort.ts";
export { type ReduceOptions, sum, type SumType } from "./sum.ts";
export { tril, triu } from "./triangle.ts";
export {
  abs,
  ceil,
  cos,
  erf,
  exp,
  expm1,
  floor,
  log,
  log1p,
  neg,
  reciprocal,
  round,
  rsqrt,
  sign,
  sin,
  sqrt,
  square,
} from "./unary.ts";
export { maskedFill, where } from "./where.ts";
