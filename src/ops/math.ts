/**
 * Mathematical functions of one tensor, elementwise, f32.
 * @module
 */
import type { Tensor } from "../tensor/tensor.ts";
import { add, div, mul } from "./binary.ts";
import { apply, type Op, type Sample } from "./define.ts";
import { at, sized, unaryOp, type UnaryParams } from "./unary_op.ts";

type Unary = Op<UnaryParams>;
const positive: readonly Sample<UnaryParams>[] = sized({ range: [0.2, 3] });
const noKink: readonly Sample<UnaryParams>[] = sized({ awayFromZero: 0.1 });
const none = (g: Tensor): Tensor => mul(g, 0);

/** erf on float64: its series for small, its continued fraction for large arguments. */
export function erf64(x: number): number {
  const a = Math.abs(x);
  if (a > 3) {
    let f = 0;
    for (let k = 60; k > 0; k--) f = k / 2 / (a + f);
    return Math.sign(x) * (1 - Math.exp(-a * a) / ((a + f) * Math.sqrt(Math.PI)));
  }
  let term = x, total = x;
  for (let k = 1; k < 100; k++) total += (term *= -x * x / k) / (2 * k + 1);
  return 2 / Math.sqrt(Math.PI) * total;
}

function halfEven(x: number): number {
  const low = Math.floor(x), rest = x - low;
  return rest < 0.5 || rest === 0.5 && low % 2 === 0 ? low : low + 1;
}

const expOp: Unary = unaryOp({
  name: "exp",
  code: 0,
  reads: "y",
  reference: Math.exp,
  gradient: (g, y) => mul(g, y),
  samples: [...sized(), at([-87, -80, -40.3, -1e-6, 1e-6, 40.7, 80, 88])],
});
const expm1Op: Unary = unaryOp({
  name: "expm1",
  code: 1,
  reads: "y",
  reference: Math.expm1,
  gradient: (g, y) => mul(g, add(y, 1)),
  samples: [...sized(), at([1e-7, -1e-6, 3e-4, -0.01]), at([-30, -8, 10, 30])],
});
const logOp: Unary = unaryOp({
  name: "log",
  code: 2,
  reads: "x",
  reference: Math.log,
  gradient: (g, x) => div(g, x),
  samples: [...positive, at([1e-30, 1e-6, 0.7, 1.5, 1e20]), at([0.9999, 0.99999, 1.00001, 1.001])],
});
const log1pOp: Unary = unaryOp({
  name: "log1p",
  code: 3,
  reads: "x",
  reference: Math.log1p,
  gradient: (g, x) => div(g, add(x, 1)),
  samples: [...positive, at([1e-30, 1e-7, -1e-6, 3e-4, -0.01]), at([-0.99, -0.3, 0.42, 1e10])],
});
const sqrtOp: Unary = unaryOp({
  name: "sqrt",
  code: 4,
  reads: "y",
  reference: Math.sqrt,
  gradient: (g, y) => div(mul(g, 0.5), y),
  samples: positive,
});
const rsqrtOp: Unary = unaryOp({
  name: "rsqrt",
  code: 5,
  reads: "y",
  reference: (x) => 1 / Math.sqrt(x),
  gradient: (g, y) => mul(mul(g, -0.5), mul(y, mul(y, y))),
  samples: positive,
});
const squareOp: Unary = unaryOp({
  name: "square",
  code: 6,
  reads: "x",
  reference: (x) => x * x,
  gradient: (g, x) => mul(mul(g, x), 2),
});
const reciprocalOp: Unary = unaryOp({
  name: "reciprocal",
  code: 7,
  reads: "y",
  reference: (x) => 1 / x,
  gradient: (g, y) => mul(mul(g, -1), mul(y, y)),
  samples: sized({ awayFromZero: 0.3 }),
});
const absOp: Unary = unaryOp({
  name: "abs",
  code: 8,
  reads: "x",
  reference: Math.abs,
  gradient: (g, x) => mul(g, sign(x)),
  samples: noKink,
  smooth: false,
});
const negOp: Unary = unaryOp({
  name: "neg",
  code: 9,
  reads: "",
  reference: (x) => -x,
  gradient: (g) => mul(g, -1),
  smooth: false,
});
const signOp: Unary = unaryOp({
  name: "sign",
  code: 10,
  reads: "",
  reference: Math.sign,
  gradient: none,
  samples: [...noKink, at([-3, 0, 2])],
  smooth: false,
});
const rounding = { reads: "", gradient: none, smooth: false } as const;
const steps: readonly Sample<UnaryParams>[] = [...sized({ awayFromZero: 0.1 }), at([-1.5, -0.5, 0.5, 1.5, 2.5, -2, 7])];
const floorOp: Unary = unaryOp({ name: "floor", code: 11, reference: Math.floor, samples: steps, ...rounding });
const ceilOp: Unary = unaryOp({ name: "ceil", code: 12, reference: Math.ceil, samples: steps, ...rounding });
const roundOp: Unary = unaryOp({ name: "round", code: 13, reference: halfEven, samples: steps, ...rounding });
const sinOp: Unary = unaryOp({
  name: "sin",
  code: 14,
  reads: "x",
  reference: Math.sin,
  gradient: (g, x) => mul(g, cos(x)),
  samples: [...sized(), at([1e-6, 3, 100.5, -1000.25, 9999.5, -9999.875])],
});
const cosOp: Unary = unaryOp({
  name: "cos",
  code: 15,
  reads: "x",
  reference: Math.cos,
  gradient: (g, x) => mul(mul(g, -1), sin(x)),
  samples: [...sized(), at([1e-6, 3, 100.5, -1000.25, 9999.5, -9999.875])],
});
const erfOp: Unary = unaryOp({
  name: "erf",
  code: 16,
  reads: "x",
  reference: erf64,
  gradient: (g, x) => mul(mul(g, 2 / Math.sqrt(Math.PI)), exp(mul(square(x), -1))),
  samples: [...sized(), at([1e-7, -1e-5, 1e-3]), at([-0.91, 0.89, 2.9, -3.1, 5, 1e30])],
});

/** e^x, elementwise. x: f32 of any shape. @throws {DTypeError} for other types */
export function exp(x: Tensor): Tensor {
  return apply(expOp, [x], []);
}

/** e^x - 1, accurate near 0. See {@link exp}. */
export function expm1(x: Tensor): Tensor {
  return apply(expm1Op, [x], []);
}

/** Natural logarithm; -Infinity at 0, NaN below. See {@link exp}. */
export function log(x: Tensor): Tensor {
  return apply(logOp, [x], []);
}

/** log(1 + x), accurate near 0. See {@link exp}. */
export function log1p(x: Tensor): Tensor {
  return apply(log1pOp, [x], []);
}

/** √x; NaN below 0. See {@link exp}. */
export function sqrt(x: Tensor): Tensor {
  return apply(sqrtOp, [x], []);
}

/** 1 / √x. See {@link exp}. */
export function rsqrt(x: Tensor): Tensor {
  return apply(rsqrtOp, [x], []);
}

/** x². See {@link exp}. */
export function square(x: Tensor): Tensor {
  return apply(squareOp, [x], []);
}

/** 1 / x. See {@link exp}. */
export function reciprocal(x: Tensor): Tensor {
  return apply(reciprocalOp, [x], []);
}

/** |x|; gradient 0 at 0. See {@link exp}. */
export function abs(x: Tensor): Tensor {
  return apply(absOp, [x], []);
}

/** -x. See {@link exp}. */
export function neg(x: Tensor): Tensor {
  return apply(negOp, [x], []);
}

/** -1, 0 or 1; gradient 0. See {@link exp}. */
export function sign(x: Tensor): Tensor {
  return apply(signOp, [x], []);
}

/** Largest integer not above x; gradient 0. See {@link exp}. */
export function floor(x: Tensor): Tensor {
  return apply(floorOp, [x], []);
}

/** Smallest integer not below x; gradient 0. See {@link exp}. */
export function ceil(x: Tensor): Tensor {
  return apply(ceilOp, [x], []);
}

/** Nearest integer, halves to the even one; gradient 0. See {@link exp}. */
export function round(x: Tensor): Tensor {
  return apply(roundOp, [x], []);
}

/** Sine; good to |x| of about 30,000. See {@link exp}. */
export function sin(x: Tensor): Tensor {
  return apply(sinOp, [x], []);
}

/** Cosine; good to |x| of about 30,000. See {@link exp}. */
export function cos(x: Tensor): Tensor {
  return apply(cosOp, [x], []);
}

/** Error function 2/√π ∫₀ˣ e^-t² dt. See {@link exp}. */
export function erf(x: Tensor): Tensor {
  return apply(erfOp, [x], []);
}
