/**
 * Elementwise functions of one tensor: value and derivative are one `case` each in `shaders/unary.wgsl`, the rest is a
 * row here.
 * @module
 */
import { kernels } from "../gpu/kernels.gen.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { apply, defineOp, type Op, type Sample, type SampleInput, wantDType } from "./define.ts";
import { hostMap } from "./host.ts";
import { emptyLike, groups, part, ranges, ready, run } from "./launch.ts";
import { div, mul, sub } from "./binary.ts";

/** Up to two numbers that a function depends on (slope, alpha). */
export type UnaryParams = readonly [a?: number, b?: number];

interface Row {
  name: string;
  /** OP in the shader. */
  code: number;
  /** What the derivative reads: the input or the result. */
  reads: "x" | "y" | "";
  reference: (x: number, a: number, b: number) => number;
  /** The derivative times g, by ops, from what `reads` names: for second derivatives. */
  gradient: (g: Tensor, v: Tensor, params: UnaryParams) => Tensor;
  samples?: readonly Sample<UnaryParams>[];
  smooth?: boolean;
}

const SIZES = [1, 3, 7, 65, 257];

function unaryOp(row: Row): Op<UnaryParams> {
  const { name, code, reads } = row, constants = { OP: code };
  return defineOp<UnaryParams>({
    name,
    forward({ save }, [x0], [a = 0, b = 0]) {
      wantDType(name, [x0], "f32");
      const x = ready(x0), out = emptyLike(x);
      for (const [start, count] of ranges(x.device, x.numel)) {
        const n = Math.ceil(count / 4);
        run(x.device, kernels.unary.forward, { x: part(x, start, count), out: part(out, start, count) }, { n, a, b }, {
          constants,
          workgroups: groups(n),
        });
      }
      if (reads) save(reads === "x" ? x : out);
      return out;
    },
    backward({ saved: [v], createGraph }, [grad], params) {
      if (createGraph || !reads) return [row.gradient(grad!, v, params)];
      const [a = 0, b = 0] = params, g = ready(grad!), slopes = emptyLike(g);
      for (const [start, count] of ranges(g.device, g.numel)) {
        const n = Math.ceil(count / 4);
        const buffers = { x: part(v, start, count), grad: part(g, start, count), slopes: part(slopes, start, count) };
        run(g.device, kernels.unary.backward, buffers, { n, a, b }, { constants, workgroups: groups(n) });
      }
      return [slopes];
    },
    reference: ([x], [a = 0, b = 0]) => hostMap(x, (v) => row.reference(v, a, b)),
    samples: row.samples ?? sized({}),
    smooth: row.smooth,
    refusals: [{ inputs: [{ shape: [3], dtype: "i32" }], attrs: [], error: "DTypeError" }],
  });
}

function sized(more: Partial<SampleInput>, attrs: UnaryParams = []): readonly Sample<UnaryParams>[] {
  return SIZES.map((n) => ({ inputs: [{ shape: [n], ...more }], attrs }));
}

const positive = sized({ range: [0.2, 3] }), kinked = sized({ awayFromZero: 0.1 });

const expOp = unaryOp({ name: "exp", code: 0, reads: "y", reference: Math.exp, gradient: (g, y) => mul(g, y) });
const logOp = unaryOp({
  name: "log",
  code: 1,
  reads: "x",
  reference: Math.log,
  gradient: (g, x) => div(g, x),
  samples: positive,
});
const sqrtOp = unaryOp({
  name: "sqrt",
  code: 2,
  reads: "y",
  reference: Math.sqrt,
  gradient: (g, y) => div(mul(g, 0.5), y),
  samples: positive,
});
const negOp = unaryOp({ name: "neg", code: 4, reads: "", reference: (x) => -x, gradient: (g) => mul(g, -1) });
const squareOp = unaryOp({
  name: "square",
  code: 5,
  reads: "x",
  reference: (x) => x * x,
  gradient: (g, x) => mul(mul(g, x), 2),
});
const reluOp = unaryOp({
  name: "relu",
  code: 6,
  reads: "y",
  reference: (x) => Math.max(x, 0),
  gradient: (g, y) => g,
  samples: kinked,
});
const sigmoidOp = unaryOp({
  name: "sigmoid",
  code: 7,
  reads: "y",
  reference: (x) => 1 / (1 + Math.exp(-x)),
  gradient: (g, y) => mul(mul(g, y), sub(1, y)),
});
const tanhOp = unaryOp({
  name: "tanh",
  code: 8,
  reads: "y",
  reference: Math.tanh,
  gradient: (g, y) => mul(g, sub(1, mul(y, y))),
});

/** e^x, elementwise. */
export function exp(x: Tensor): Tensor {
  return apply(expOp, [x], []);
}

/** Natural logarithm, elementwise. */
export function log(x: Tensor): Tensor {
  return apply(logOp, [x], []);
}

/** √x, elementwise. */
export function sqrt(x: Tensor): Tensor {
  return apply(sqrtOp, [x], []);
}

/** -x, elementwise. */
export function neg(x: Tensor): Tensor {
  return apply(negOp, [x], []);
}

/** x², elementwise. */
export function square(x: Tensor): Tensor {
  return apply(squareOp, [x], []);
}

/** max(x, 0), elementwise. */
export function relu(x: Tensor): Tensor {
  return apply(reluOp, [x], []);
}

/** 1 / (1 + e^-x), elementwise. */
export function sigmoid(x: Tensor): Tensor {
  return apply(sigmoidOp, [x], []);
}

/** Hyperbolic tangent, elementwise. */
export function tanh(x: Tensor): Tensor {
  return apply(tanhOp, [x], []);
}
