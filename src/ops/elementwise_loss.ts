/**
 * Ops of the losses that compare a tensor with a target of the same shape, element by element, and reduce: one fused
 * kernel per direction. `losses.ts` is their public face.
 * @module
 */
import { ShapeError } from "../errors.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import { ELEMENT_BYTES } from "../tensor/dtype.ts";
import { broadcastShapes, broadcastStrides, sameShape, show } from "../tensor/shape.ts";
import { alias, type AnyTensor, empty, type Tensor } from "../tensor/tensor.ts";
import { softplus } from "./activations.ts";
import { add, minimum, mul, sub } from "./binary.ts";
import type { LossReduction } from "./cross_entropy.ts";
import { defineOp, type Op, type Sample, type SampleInput, wantDType } from "./define.ts";
import { HostTensor, hostZip } from "./host.ts";
import { groups, part, ready, run } from "./launch.ts";
import { mean } from "./reduce.ts";
import { sum } from "./sum.ts";
import { abs, exp, log, neg, square } from "./unary.ts";

/** Attributes of the elementwise losses. Inputs: x, target, then weights and positive weights where they are given. */
export interface LossAttrs {
  /** What becomes of the elements. */
  readonly reduction: LossReduction;
  /** A number the loss depends on (beta). */
  readonly a?: number;
  /** An input with a weight per element follows. */
  readonly weighted?: boolean;
  /** An input with a factor for the positive part follows. */
  readonly positive?: boolean;
}

interface Row {
  name: string;
  /** OP in the shader. */
  code: number;
  reference: (x: number, t: number, positive: number, a: number) => number;
  /** The elements by ops. */
  composite: (x: Tensor, t: Tensor, positive: Tensor | undefined, a: number) => Tensor;
  x?: Partial<SampleInput>;
  target?: Partial<SampleInput>;
  samples?: readonly Sample<LossAttrs>[];
  smooth?: boolean;
}

const CHUNK = 16384; // elements per workgroup of losses.partial

/** Pieces that fit a binding and hold whole chunks, so that the order of additions does not depend on the limit. */
function* chunks(x: AnyTensor): Generator<readonly [start: number, n: number]> {
  const most = Math.floor(x.device.limits.maxStorageBufferBindingSize / ELEMENT_BYTES / CHUNK) * CHUNK;
  for (let start = 0; start < x.numel; start += most) yield [start, Math.min(most, x.numel - start)];
}

function wide(t: Tensor, like: Tensor): Tensor {
  return sameShape(t.shape, like.shape)
    ? ready(t)
    : ready(alias(t, like.shape, broadcastStrides(t.shape, t.strides, like.shape)));
}

/** Dense inputs of the kernels; weights are repeated to the full shape. */
function operands(
  inputs: readonly Tensor[],
  attrs: LossAttrs,
): { x: Tensor; t: Tensor; weight: Tensor; positive: Tensor } {
  const x = ready(inputs[0]), t = ready(inputs[1]), rest = inputs.slice(2);
  const weight = attrs.weighted ? wide(rest.shift()!, x) : t;
  return { x, t, weight, positive: attrs.positive ? wide(rest.shift()!, x) : t };
}

function lossOp(row: Row): Op<LossAttrs> {
  const { name, code } = row;
  const constantsOf = (attrs: LossAttrs) => ({
    OP: code,
    WEIGHTED: attrs.weighted ? 1 : 0,
    POSITIVE: attrs.positive ? 1 : 0,
  });
  return defineOp<LossAttrs>({
    name,
    half: "f32",
    forward({ device, save }, inputs, attrs) {
      checkInputs(name, inputs);
      const all = operands(inputs, attrs),
        { x } = all,
        constants = constantsOf(attrs),
        each = attrs.reduction === "none";
      save(...inputs);
      let out = empty(device, each ? x.shape : x.numel > CHUNK ? [Math.ceil(x.numel / CHUNK)] : [], "f32");
      const scale = attrs.reduction === "mean" ? 1 / x.numel : 1;
      for (const [start, n] of chunks(x)) {
        const given = {
          x: part(x, start, n),
          t: part(all.t, start, n),
          weight: part(all.weight, start, n),
          positive: part(all.positive, start, n),
        };
        const params = { n, first: start / CHUNK, a: attrs.a ?? 0, scale: out.ndim === 0 ? scale : 1 };
        if (each) {
          run(device, kernels.losses.each, { ...given, out: part(out, start, n) }, params, {
            constants,
            workgroups: groups(Math.ceil(n / 4)),
          });
        } else {run(device, kernels.losses.partial, { ...given, sums: out }, params, {
            constants,
            workgroups: Math.ceil(n / CHUNK),
          });}
      }
      while (!each && out.ndim > 0) {
        const workgroups = Math.ceil(out.numel / 4096), sums = empty(device, workgroups > 1 ? [workgroups] : [], "f32");
        run(device, kernels.losses.combine, { addends: out, sums }, {
          n: out.numel,
          first: 0,
          a: 0,
          scale: workgroups > 1 ? 1 : scale,
        }, { workgroups });
        out = sums;
      }
      return out;
    },
    backward({ saved, needs }, [g0], attrs) {
      const all = operands(saved, attrs), { x } = all, g = ready(g0!), each = attrs.reduction === "none";
      const scale = attrs.reduction === "mean" ? 1 / x.numel : 1;
      const gradient = (byTarget: boolean): Tensor => {
        const out = empty(x.device, x.shape, "f32");
        const constants = { ...constantsOf(attrs), EACH: each ? 1 : 0, BY_TARGET: byTarget ? 1 : 0 };
        for (const [start, n] of chunks(x)) {
          const buffers = {
            x: part(x, start, n),
            t: part(all.t, start, n),
            weight: part(all.weight, start, n),
            positive: part(all.positive, start, n),
            out: part(out, start, n),
            grad: each ? part(g, start, n) : g,
            grad1: g,
          };
          run(x.device, kernels.losses.backward, buffers, { n, first: 0, a: attrs.a ?? 0, scale }, {
            constants,
            workgroups: groups(Math.ceil(n / 4)),
          });
        }
        return out;
      };
      return saved.map((_, i) => i < 2 && needs[i] ? gradient(i === 1) : null);
    },
    composite([x, t, ...rest], attrs) {
      const weight = attrs.weighted ? rest.shift() : undefined, positive = attrs.positive ? rest.shift() : undefined;
      const elements = row.composite(x, t, positive, attrs.a ?? 0), all = weight ? mul(elements, weight) : elements;
      return attrs.reduction === "none" ? all : attrs.reduction === "sum" ? sum(all) : mean(all);
    },
    reference([x, t, ...rest], attrs) {
      const one = new HostTensor([], [1]);
      const weight = attrs.weighted ? rest.shift()! : one, positive = attrs.positive ? rest.shift()! : one;
      const all = hostZip([x, t, weight, positive], (v, y, w, p) => w * row.reference(v, y, p, attrs.a ?? 0));
      if (attrs.reduction === "none") return all;
      const total = all.values.reduce((a, b) => a + b, 0);
      return new HostTensor([], [attrs.reduction === "mean" ? total / all.numel : total]);
    },
    samples: [...samplesOf(row), ...row.samples ?? []],
    refusals: [
      { inputs: [{ shape: [3] }, { shape: [1] }], attrs: { reduction: "mean" }, error: "ShapeError" },
      { inputs: [{ shape: [3] }, { shape: [3], dtype: "i32" }], attrs: { reduction: "mean" }, error: "DTypeError" },
    ],
    smooth: row.smooth,
  });
}

function checkInputs(op: string, inputs: readonly Tensor[]): void {
  const [x, t, ...rest] = inputs, shapes = inputs.map((i) => i.shape);
  wantDType(op, inputs, "f32");
  if (!sameShape(x.shape, t.shape)) {
    throw new ShapeError(`Cannot ${op} ${show(x.shape)} with target ${show(t.shape)}: the shapes must be equal`, {
      op,
      shapes,
    });
  }
  for (const w of rest) {
    if (!sameShape(broadcastShapes([x.shape, w.shape], op), x.shape)) {
      throw new ShapeError(
        `Cannot ${op} ${show(x.shape)} with weights ${show(w.shape)}: they do not broadcast to that shape`,
        { op, shapes },
      );
    }
  }
}

function samplesOf({ x = {}, target = {} }: Row): Sample<LossAttrs>[] {
  const pair = (shape: number[]) => [{ ...x, shape }, { ...target, shape }];
  const reductions: LossReduction[] = ["none", "sum", "mean"];
  return [
    ...[1, 3, 7, 65, 257].map((n) => ({ inputs: pair([n]), attrs: { reduction: "mean" as const, a: 0.7 } })),
    ...reductions.map((reduction) => ({ inputs: pair([5, 7]), attrs: { reduction, a: 0.7 } })),
  ];
}

/** Squared difference. */
export const mseOp: Op<LossAttrs> = lossOp({
  name: "mseLoss",
  code: 0,
  reference: (x, t) => (x - t) ** 2,
  composite: (x, t) => square(sub(x, t)),
  samples: [{
    inputs: [{ shape: [3, 20000], grad: false }, { shape: [3, 20000], grad: false }],
    attrs: { reduction: "mean" },
  }],
});
/** Absolute difference. */
export const l1Op: Op<LossAttrs> = lossOp({
  name: "l1Loss",
  code: 1,
  x: { range: [0.1, 2] },
  target: { range: [-2, 0] },
  reference: (x, t) => Math.abs(x - t),
  composite: (x, t) => abs(sub(x, t)),
});
/** Squared near 0, absolute beyond `a`. */
export const smoothL1Op: Op<LossAttrs> = lossOp({
  name: "smoothL1Loss",
  code: 2,
  reference: (x, t, _, beta) => Math.abs(x - t) < beta ? (x - t) ** 2 / (2 * beta) : Math.abs(x - t) - beta / 2,
  composite(x, t, _, beta) {
    const d = abs(sub(x, t)), near = minimum(d, beta);
    return mul(mul(near, sub(d, mul(near, 0.5))), 1 / beta);
  },
});
/** Binary cross-entropy of logits. */
export const bceLogitsOp: Op<LossAttrs> = lossOp({
  name: "binaryCrossEntropyWithLogits",
  code: 3,
  target: { range: [0, 1] },
  reference: (x, t, p) => (1 - t) * x + (1 + (p - 1) * t) * (Math.log1p(Math.exp(-Math.abs(x))) + Math.max(-x, 0)),
  composite(x, t, p) {
    const soft = softplus(neg(x)), factor = p && add(mul(sub(p, 1), t), 1);
    return add(mul(sub(1, t), x), factor ? mul(factor, soft) : soft);
  },
  samples: (["none", "mean"] as const).map((reduction) => ({
    inputs: [{ shape: [5, 7] }, { shape: [5, 7], range: [0, 1] }, { shape: [5, 1], range: [0.5, 1], grad: false }, {
      shape: [7],
      range: [1, 4],
      grad: false,
    }],
    attrs: { reduction, weighted: true, positive: true },
  })),
});
/** Binary cross-entropy of probabilities. */
export const bceOp: Op<LossAttrs> = lossOp({
  name: "binaryCrossEntropy",
  code: 4,
  x: { range: [0.05, 0.95] },
  target: { range: [0, 1] },
  reference: (x, t) => -(t * Math.max(Math.log(x), -100) + (1 - t) * Math.max(Math.log(1 - x), -100)),
  composite: (x, t) => neg(add(mul(t, log(x)), mul(sub(1, t), log(sub(1, x))))),
  samples: [{
    inputs: [{ shape: [3], values: [0, 1, 0.5], grad: false }, { shape: [3], values: [1, 0, 1], grad: false }],
    attrs: { reduction: "none" },
  }],
});
/** Kullback-Leibler divergence from a target of probabilities. */
export const klOp: Op<LossAttrs> = lossOp({
  name: "klDiv",
  code: 5,
  target: { range: [0.05, 0.95] },
  reference: (x, t) => t > 0 ? t * (Math.log(t) - x) : 0,
  composite: (x, t) => mul(t, sub(log(t), x)),
});
/** Kullback-Leibler divergence from a target of logarithms. */
export const klLogOp: Op<LossAttrs> = lossOp({
  name: "klDivLog",
  code: 6,
  reference: (x, t) => Math.exp(t) * (t - x),
  composite: (x, t) => mul(exp(t), sub(t, x)),
});
