/**
 * All operations: functions with the tensor first, which are also methods of Tensor.
 * @module
 */
import "./methods.ts";

export { elu, gelu, hardSigmoid, leakyRelu, relu, sigmoid, silu, softplus, tanh } from "./activations.ts";
export { at, type Index } from "./at.ts";
export { add, div, maximum, minimum, mul, remainder, sub } from "./binary.ts";
export { cast } from "./cast.ts";
export { clamp, type ClampOptions } from "./clamp.ts";
export { eq, ge, gt, le, logicalAnd, logicalNot, logicalOr, logicalXor, lt, ne } from "./compare.ts";
export * from "./creation.ts";
export { einsum } from "./einsum.ts";
export { amax, amin, argmax, argmin, type DimOptions, type Extremes, max, min } from "./extremes.ts";
export { linear, matmul } from "./matmul.ts";
export * from "./movement.ts";
export { pow } from "./pow.ts";
export { all, any, mean, prod } from "./reduce.ts";
export { cumsum } from "./scan.ts";
export { logsumexp, norm, type NormOptions, std, variance, variance as var, type VarOptions } from "./statistics.ts";
export { logSoftmax, softmax } from "./softmax.ts";
export { type ReduceOptions, sum } from "./sum.ts";
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
