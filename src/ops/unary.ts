/**
 * Elementwise functions of one tensor: mathematical ones and activations.
 * @module
 */
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
} from "./math.ts";
export { elu, gelu, hardSigmoid, leakyRelu, relu, sigmoid, silu, softplus, tanh } from "./activations.ts";
