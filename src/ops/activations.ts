/**
 * Activation functions, elementwise, f32.
 * @module
 */
import { ValueError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add, minimum, mul, sub } from "./binary.ts";
import { cast } from "./cast.ts";
import { gt, le, logicalAnd, lt } from "./compare.ts";
import { apply, type Op, type Sample } from "./define.ts";
import { erf, erf64, exp, square } from "./math.ts";
import { at, sized, unaryOp, type UnaryParams } from "./unary_op.ts";
import { where } from "./where.ts";

type Unary = Op<UnaryParams>;
const kinked = (...params: number[]): readonly Sample<UnaryParams>[] =>
  sized({ awayFromZero: 0.1 }, params as unknown as UnaryParams);
const sigmoid64 = (x: number): number => 1 / (1 + Math.exp(-x));
const tails = at([-80, -20, -5, 5, 20, 80]);

const reluOp: Unary = unaryOp({
  name: "relu",
  code: 19,
  reads: "y",
  reference: (x) => Math.max(x, 0),
  gradient: (g, y) => mul(g, cast(gt(y, 0), "f32")),
  samples: kinked(),
  smooth: false,
});
const leakyReluOp: Unary = unaryOp({
  name: "leakyRelu",
  code: 20,
  reads: "x",
  reference: (x, a) => x < 0 ? a * x : x,
  gradient: (g, x, a) => where(gt(x, 0), g, mul(g, a)),
  samples: kinked(0.2),
  smooth: false,
});
const eluOp: Unary = unaryOp({
  name: "elu",
  code: 21,
  reads: "x",
  reference: (x, a) => x < 0 ? a * Math.expm1(x) : x,
  gradient: (g, x, a) => where(gt(x, 0), g, mul(g, mul(exp(minimum(x, 0)), a))),
  samples: [...kinked(1.3), at([-80, -1e-5, 1e30], [1])],
});
const geluOp: Unary = unaryOp({
  name: "gelu",
  code: 22,
  reads: "x",
  reference: (x) => 0.5 * x * (1 + erf64(x / Math.SQRT2)),
  gradient(g, x) {
    const below = mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5),
      density = mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return mul(g, add(below, mul(x, density)));
  },
  samples: [...sized(), at([-6, -4, -1.3, -1e-6, 1e-6, 6, 80])],
});
const inner = (x: number): number => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
const geluTanhOp: Unary = unaryOp({
  name: "geluTanh",
  code: 23,
  reads: "x",
  reference: (x) => x * sigmoid64(2 * inner(x)),
  gradient(g, x) {
    const k = 2 * Math.sqrt(2 / Math.PI), xx = square(x);
    const s = sigmoid(mul(mul(x, k), add(mul(xx, 0.044715), 1))), slope = mul(add(mul(xx, 0.134145), 1), k);
    return mul(g, mul(s, add(mul(mul(x, sub(1, s)), slope), 1)));
  },
  samples: [...sized(), at([-6, -4, -1e-6, 1e-6, 6, 80])],
});
const siluOp: Unary = unaryOp({
  name: "silu",
  code: 24,
  reads: "x",
  reference: (x) => x * sigmoid64(x),
  gradient(g, x) {
    const s = sigmoid(x);
    return mul(g, mul(s, add(mul(x, sub(1, s)), 1)));
  },
  samples: [...sized(), tails],
});
const softplusOp: Unary = unaryOp({
  name: "softplus",
  code: 25,
  reads: "x",
  reference: (x, beta, threshold) => x * beta > threshold ? x : Math.log1p(Math.exp(beta * x)) / beta,
  gradient: (g, x, beta, threshold) => where(gt(mul(x, beta), threshold), g, mul(g, sigmoid(mul(x, beta)))),
  samples: [...sized({}, [1, 20]), ...sized({ range: [-1, 1] }, [2, 1]), at([-80, -20, 19, 21, 1e30], [1, 20])],
});
const sigmoidOp: Unary = unaryOp({
  name: "sigmoid",
  code: 18,
  reads: "y",
  reference: sigmoid64,
  gradient: (g, y) => mul(mul(g, y), sub(1, y)),
  samples: [...sized(), at([-80, -30.5]), at([-5, 5, 20, 80])],
});
const tanhOp: Unary = unaryOp({
  name: "tanh",
  code: 17,
  reads: "y",
  reference: Math.tanh,
  gradient: (g, y) => mul(g, sub(1, square(y))),
  samples: [...sized(), at([1e-7, -1e-5, 3e-3]), at([-80, -9, -0.5, 0.5, 9, 1e30])],
});
const hardSigmoidOp: Unary = unaryOp({
  name: "hardSigmoid",
  code: 27,
  reads: "y",
  reference: (x, slope, offset) => Math.min(1, Math.max(0, slope * x + offset)),
  gradient: (g, y, slope) => mul(g, mul(cast(logicalAnd(gt(y, 0), lt(y, 1)), "f32"), slope)),
  samples: [...sized({}, [1 / 6, 0.5]), {
    inputs: [{ shape: [6], values: [-4, -2.6, -1, 1, 2.4, 5] }],
    attrs: [0.2, 0.5],
  }],
  smooth: false,
});
const clampOp: Unary = unaryOp({
  name: "clamp",
  code: 26,
  reads: "x",
  reference: (x, min, max) => Math.min(max, Math.max(min, x)),
  gradient: (g, x, min, max) => mul(g, cast(logicalAnd(le(sub(min, x), 0), le(x, max)), "f32")),
  samples: [...sized({ awayFromZero: 0.1 }, [0, 9]), {
    inputs: [{ shape: [5], values: [-2, -0.5, 0.2, 1.5, 3] }],
    attrs: [-1, 1],
  }],
  smooth: false,
});

/** max(x, 0), elementwise; gradient 0 at 0. x: f32 of any shape. @throws {DTypeError} for other types */
export function relu(x: Tensor): Tensor {
  return apply(reluOp, [x], []);
}

/** x for x > 0, negativeSlope · x below (0.01 by default). See {@link relu}. */
export function leakyRelu(x: Tensor, { negativeSlope = 0.01 }: { negativeSlope?: number } = {}): Tensor {
  return apply(leakyReluOp, [x], [finite("leakyRelu", "negativeSlope", negativeSlope)]);
}

/** x for x > 0, alpha · (e^x - 1) below (alpha 1 by default). See {@link relu}. */
export function elu(x: Tensor, { alpha = 1 }: { alpha?: number } = {}): Tensor {
  return apply(eluOp, [x], [finite("elu", "alpha", alpha)]);
}

/**
 * x · Φ(x) with the normal distribution function Φ; `approximate: "tanh"` takes the older form with tanh. See {@link relu}.
 */
export function gelu(x: Tensor, { approximate = "none" }: { approximate?: "none" | "tanh" } = {}): Tensor {
  if (approximate !== "none" && approximate !== "tanh") {
    throw new ValueError(`Cannot gelu: approximate is ${approximate}, wanted "none" or "tanh"`, {
      op: "gelu",
      value: approximate,
    });
  }
  return apply(approximate === "tanh" ? geluTanhOp : geluOp, [x], []);
}

/** x / (1 + e^-x), also called swish. See {@link relu}. */
export function silu(x: Tensor): Tensor {
  return apply(siluOp, [x], []);
}

/** log(1 + e^(beta x)) / beta, and x itself where beta x > threshold. Defaults 1 and 20. See {@link relu}. */
export function softplus(x: Tensor, { beta = 1, threshold = 20 }: { beta?: number; threshold?: number } = {}): Tensor {
  if (!(Math.abs(beta) > 0) || !Number.isFinite(beta)) {
    throw new ValueError(`Cannot softplus: beta is ${beta}, wanted a finite number other than 0`, {
      op: "softplus",
      value: beta,
    });
  }
  return apply(softplusOp, [x], [beta, threshold]);
}

/** 1 / (1 + e^-x). See {@link relu}. */
export function sigmoid(x: Tensor): Tensor {
  return apply(sigmoidOp, [x], []);
}

/** Hyperbolic tangent. See {@link relu}. */
export function tanh(x: Tensor): Tensor {
  return apply(tanhOp, [x], []);
}

/**
 * A sigmoid of three straight pieces: relu6(x + 3) / 6 as in PyTorch, or with `form: "keras"` clip(0.2 x + 0.5, 0, 1).
 * See {@link relu}.
 */
export function hardSigmoid(x: Tensor, { form = "torch" }: { form?: "torch" | "keras" } = {}): Tensor {
  if (form !== "torch" && form !== "keras") {
    throw new ValueError(`Cannot hardSigmoid: form is ${form}, wanted "torch" or "keras"`, {
      op: "hardSigmoid",
      value: form,
    });
  }
  return apply(hardSigmoidOp, [x], form === "keras" ? [0.2, 0.5] : [1 / 6, 0.5]);
}

/** For f32: see `clamp` in `clamp.ts`. */
export function clampFloat(x: Tensor, min: number, max: number): Tensor {
  return apply(clampOp, [x], [min, max]);
}

function finite(op: string, name: string, value: number): number {
  if (!Number.isFinite(value)) {
    throw new ValueError(`Cannot ${op}: ${name} is ${value}, wanted a finite number`, { op, value });
  }
  return value;
}
