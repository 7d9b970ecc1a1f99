/**
 * Cross-entropy and negative log-likelihood with class targets: fused kernels that store no probabilities. Both come
 * from one definition; cross-entropy of x is the likelihood loss of logSoftmax(x), which is its composite.
 * @module
 */
import { ShapeError } from "../errors.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import { contiguousStrides, sameShape, type Shape, show } from "../tensor/shape.ts";
import { type AnyTensor, empty, type Tensor } from "../tensor/tensor.ts";
import { add, div, mul } from "./binary.ts";
import { fullLike, onesLike } from "./creation.ts";
import { apply, defineOp, type Op, type Refusal, type Sample, type SampleInput, wantDType } from "./define.ts";
import { forEachIndex, HostTensor } from "./host.ts";
import { checkIds } from "./ids.ts";
import { groups, part, ready, run } from "./launch.ts";
import { moveFromLast, moveToLast, rowLaunch, rowRanges, rowSpan } from "./rows.ts";
import { logSoftmax, rowStats } from "./softmax.ts";
import { sum } from "./sum.ts";
import { neg } from "./unary.ts";
import { unsqueeze } from "./movement.ts";

/** How a loss puts its elements together. */
export type LossReduction = "none" | "sum" | "mean";

/** Attributes of the two ops. Inputs: logits [N, C, d...], targets [N, d...], class weights [C] if any. */
export interface ClassLossAttrs {
  /** Mean divides by the sum of the weights of the targets that count. */
  readonly reduction: LossReduction;
  /** Target value whose rows count for nothing. */
  readonly ignoreIndex: number;
  /** Share of the target that is spread over all classes. */
  readonly labelSmoothing: number;
}

const REDUCTIONS = { none: 0, sum: 1, mean: 2 } as const;

type Params = { rows: number; cols: number; first: number; ignored: number; smoothing: number };
type Constants = "WG" | "LANES" | "LOGITS" | "WEIGHTED" | "SMOOTH" | "SPAN" | "REDUCTION";

/** What both directions derive from inputs and attributes. */
class Problem {
  readonly x: Tensor;
  readonly classes: AnyTensor;
  readonly weight: Tensor | undefined;
  readonly rows: number;
  readonly cols: number;
  readonly dim: number;
  readonly attrs: ClassLossAttrs;
  readonly constants: { readonly [name in Constants]?: number };
  readonly op: string;

  constructor(op: string, logits: boolean, [x, target, weight]: readonly AnyTensor[], attrs: ClassLossAttrs) {
    this.op = op;
    this.attrs = attrs;
    this.dim = x.ndim === 1 ? 0 : 1;
    this.cols = x.shape[this.dim];
    this.rows = target.numel;
    this.x = ready(moveToLast(x as Tensor, this.dim)); // [N, d..., C]
    this.classes = ready(target);
    this.weight = weight && ready(weight as Tensor);
    this.constants = {
      LOGITS: logits ? 1 : 0,
      WEIGHTED: weight ? 1 : 0,
      SMOOTH: attrs.labelSmoothing > 0 ? 1 : 0,
      REDUCTION: REDUCTIONS[attrs.reduction],
    };
  }

  params(rows: number, first = 0): Params {
    const { ignoreIndex, labelSmoothing } = this.attrs;
    return { rows, cols: this.cols, first, ignored: ignoreIndex, smoothing: labelSmoothing };
  }

  ranges(): Iterable<readonly [number, number]> {
    return rowRanges(this.x.device, this.rows, this.cols, this.op);
  }
}

function checkShapes(op: string, [x, target, weight]: readonly AnyTensor[]): void {
  const shapes = [x.shape, target.shape];
  const wanted = x.ndim === 1 ? [] : [x.shape[0], ...x.shape.slice(2)];
  if (x.ndim === 0 || !sameShape(target.shape, wanted)) {
    throw new ShapeError(
      `Cannot ${op} ${show(x.shape)} with targets ${
        show(target.shape)
      }: wanted scores [N, C, ...] and targets [N, ...]`,
      { op, shapes },
    );
  }
  const classes = x.shape[x.ndim === 1 ? 0 : 1];
  if (weight && !sameShape(weight.shape, [classes])) {
    throw new ShapeError(
      `Cannot ${op} ${show(x.shape)} with class weights ${show(weight.shape)}: wanted [${classes}]`,
      { op, shapes: [...shapes, weight.shape] },
    );
  }
}

/** Class weights and row sums for label smoothing, or stand-ins that no kernel reads. */
function smoothRows(p: Problem, stats: Tensor): Tensor | null {
  if (!p.constants.SMOOTH) return null;
  const { device } = p.x, smooth = empty(device, [p.rows, 2], "f32");
  for (const [first, rows] of p.ranges()) {
    const { constants, workgroups } = rowLaunch(device, rows, p.cols);
    run(
      device,
      kernels.crossEntropy.smoothRows,
      {
        x1: part(p.x, first * p.cols, rows * p.cols),
        row_stats: part(stats, first * 2, rows * 2),
        class_weight: p.weight ?? p.x,
        smooth_out: part(smooth, first * 2, rows * 2),
      },
      p.params(rows),
      { constants: { ...p.constants, ...constants }, workgroups },
    );
  }
  return smooth;
}

function forwardRows(p: Problem, stats: Tensor | null, smooth: Tensor | null, out: Tensor): void {
  const each = p.attrs.reduction === "none", size = each ? 1 : 2;
  const kernel = (each ? kernels.crossEntropy.rowLosses : kernels.crossEntropy.rowTerms) as unknown as Kernel<
    string,
    Params,
    Constants
  >;
  for (const [first, rows] of p.ranges()) {
    run(
      p.x.device,
      kernel,
      {
        x1: part(p.x, first * p.cols, rows * p.cols),
        classes: part(p.classes, first, rows),
        row_stats: stats ? part(stats, first * 2, rows * 2) : p.classes,
        class_weight: p.weight ?? p.classes,
        row_smooth: smooth ? part(smooth, first * 2, rows * 2) : p.classes,
        [each ? "losses" : "terms"]: part(out, first * size, rows * size),
      },
      p.params(rows, first),
      { constants: p.constants, workgroups: groups(rows) },
    );
  }
}

/** The sums of [rows, 2] terms, and the loss made of them. */
function total(p: Problem, terms: Tensor): { sums: Tensor; loss: Tensor } {
  const { device } = p.x, loss = empty(device, [], "f32");
  let sums = terms;
  for (let n = p.rows; n > 0; n = n > 4096 ? Math.ceil(n / 4096) : 0) {
    const workgroups = Math.ceil(n / 4096), next = empty(device, [workgroups, 2], "f32");
    run(device, kernels.crossEntropy.total, { addends: sums, sums: next, loss }, p.params(n), {
      constants: p.constants,
      workgroups,
    });
    sums = next;
  }
  return { sums, loss };
}

interface Backward {
  stats: Tensor | null;
  sums: Tensor | null;
  grad: Tensor;
}

function gradient(p: Problem, { stats, sums, grad }: Backward): Tensor {
  const { device } = p.x, smooth = stats && smoothRows(p, stats), size = smooth ? 8 : 4;
  const factors = empty(device, [p.rows, size], "f32"), out = empty(device, p.x.shape, "f32");
  const each = p.attrs.reduction === "none", g = ready(grad);
  for (const [first, rows] of p.ranges()) {
    const params = p.params(rows), factor = part(factors, first * size, rows * size);
    run(
      device,
      kernels.crossEntropy.rowFactors,
      {
        grad: each ? part(g, first, rows) : g,
        classes: part(p.classes, first, rows),
        row_stats: stats ? part(stats, first * 2, rows * 2) : p.classes,
        class_weight: p.weight ?? p.classes,
        row_smooth: smooth ? part(smooth, first * 2, rows * 2) : p.classes,
        totals: sums ?? p.classes,
        factors_out: factor,
      },
      params,
      { constants: p.constants, workgroups: groups(rows) },
    );
    run(
      device,
      kernels.crossEntropy.backward,
      {
        x: part(p.x, first * p.cols, rows * p.cols),
        factors: factor,
        class_weight: p.weight ?? p.classes,
        out: part(out, first * p.cols, rows * p.cols),
      },
      params,
      { constants: { ...p.constants, SPAN: rowSpan(p.cols) }, workgroups: groups(Math.ceil(rows * p.cols / 4)) },
    );
  }
  return moveFromLast(out, p.dim);
}

function classLossOp(name: string, logits: boolean, rest: Partial<Op<ClassLossAttrs>>): Op<ClassLossAttrs> {
  return defineOp<ClassLossAttrs>({
    name,
    half: "f32",
    forward({ save, needs }, inputs, attrs) {
      const [x, target, weight] = inputs;
      wantDType(name, weight ? [x, weight] : [x], "f32");
      wantDType(name, [target], "i32");
      checkShapes(name, inputs);
      const p = new Problem(name, logits, inputs, attrs);
      checkIds(name, target, p.cols, "classes", attrs.ignoreIndex);
      const stats = logits ? rowStats(p.x, p.rows, p.cols, false, name) : null;
      const smooth = stats && smoothRows(p, stats);
      const terms = empty(x.device, attrs.reduction === "none" ? target.shape : [p.rows, 2], "f32");
      forwardRows(p, stats, smooth, terms);
      const { sums, loss } = attrs.reduction === "none" ? { sums: null, loss: terms } : total(p, terms);
      if (needs[0]) save(...inputs, ...[stats, sums].filter((t) => t !== null));
      return loss;
    },
    backward({ saved, shapes, createGraph }, [g], attrs) {
      const inputs = saved.slice(0, shapes.length), extra = saved.slice(shapes.length);
      const p = new Problem(name, logits, inputs, attrs);
      const stats = logits ? extra[0] : null, sums = extra[logits ? 1 : 0] ?? null;
      const none = shapes.slice(1).map(() => null);
      if (!createGraph) return [gradient(p, { stats, sums, grad: g! }), ...none];
      // The likelihood loss is linear: its gradient is a constant times that of the result.
      const slope = gradient(p, { stats, sums, grad: onesLike(g!) });
      return [mul(slope, attrs.reduction === "none" && p.x.ndim > 1 ? unsqueeze(g!, 1) : g!), ...none];
    },
    reference: (inputs, attrs) => reference(inputs, attrs, logits),
    samples: samples(logits),
    refusals,
    ...rest,
  });
}

function reference([x, target, weight]: readonly HostTensor[], attrs: ClassLossAttrs, logits: boolean): HostTensor {
  const { reduction, ignoreIndex, labelSmoothing } = attrs, dim = x.ndim === 1 ? 0 : 1, cols = x.shape[dim];
  const strides = contiguousStrides(x.shape), out = new HostTensor(target.shape);
  let weights = 0;
  forEachIndex(target.shape, (index, i) => {
    const y = target.values[i];
    if (y === ignoreIndex) return;
    const start = x.ndim === 1 ? 0 : index.reduce((n, v, d) => n + v * strides[d === 0 ? 0 : d + 1], 0);
    const row = Array.from({ length: cols }, (_, c) => x.values[start + c * strides[dim]]), most = Math.max(...row);
    const lse = logits ? most + Math.log(row.reduce((n, v) => n + Math.exp(v - most), 0)) : 0;
    const w = (c: number) => weight ? weight.values[c] : 1;
    const spread = row.reduce((n, v, c) => n + w(c) * (lse - v), 0) / cols;
    out.values[i] = (1 - labelSmoothing) * w(y) * (lse - row[y]) + labelSmoothing * spread;
    weights += w(y);
  });
  if (reduction === "none") return out;
  const total = out.values.reduce((a, b) => a + b, 0);
  return new HostTensor([], [reduction === "sum" ? total : total / weights]);
}

function samples(logits: boolean): Sample<ClassLossAttrs>[] {
  const plain: ClassLossAttrs = { reduction: "mean", ignoreIndex: -100, labelSmoothing: 0 };
  const ids = (shape: Shape, high: number): SampleInput => ({ shape, dtype: "i32", range: [0, high] });
  const weight: SampleInput = { shape: [7], range: [0.5, 1.5], grad: false };
  const list: Sample<ClassLossAttrs>[] = [
    ...[1, 3, 7, 65, 257].map((n) => ({ inputs: [{ shape: [5, n] }, ids([5], n - 1)], attrs: plain })),
    ...[2, 8].map((n) => ({ inputs: [{ shape: [9, n] }, ids([9], n - 1)], attrs: plain })),
    { inputs: [{ shape: [4100, 2] }, ids([4100], 1)], attrs: plain },
    { inputs: [{ shape: [6] }, ids([], 5)], attrs: plain },
    { inputs: [{ shape: [3, 7, 2] }, ids([3, 2], 6), weight], attrs: { ...plain, ignoreIndex: 2 } },
    { inputs: [{ shape: [5, 7] }, ids([5], 6), weight], attrs: { ...plain, ignoreIndex: 3, reduction: "none" } },
    { inputs: [{ shape: [3, 4, 2, 2] }, ids([3, 2, 2], 3)], attrs: { ...plain, reduction: "sum" } },
    { inputs: [{ shape: [2, 4, 3] }, ids([2, 3], 3)], attrs: { ...plain, reduction: "none" } },
  ];
  if (!logits) return list;
  for (const [cols, weights] of [[7, [weight]], [7, []], [8, []]] as const) {
    for (const reduction of ["none", "sum", "mean"] as const) {
      const attrs = { reduction, ignoreIndex: 1, labelSmoothing: 0.1 };
      list.push({ inputs: [{ shape: [5, cols] }, ids([5], 6), ...weights], attrs });
    }
  }
  return list;
}

const refusals: readonly Refusal<ClassLossAttrs>[] = (() => {
  const attrs: ClassLossAttrs = { reduction: "mean", ignoreIndex: -100, labelSmoothing: 0 };
  const refuse = (error: Refusal<ClassLossAttrs>["error"], ...inputs: SampleInput[]) => ({ inputs, attrs, error });
  const ids: SampleInput = { shape: [5], dtype: "i32", range: [0, 2] };
  return [
    refuse("ShapeError", { shape: [4, 3] }, ids),
    refuse("ShapeError", { shape: [5, 3, 2] }, ids),
    refuse("ShapeError", { shape: [5, 3] }, ids, { shape: [5] }),
    refuse("DTypeError", { shape: [5, 3] }, { shape: [5] }),
    refuse("IndexError", { shape: [5, 3] }, { shape: [5], dtype: "i32", values: [0, 1, 3, 0, 1] }),
    refuse("IndexError", { shape: [5, 3] }, { shape: [5], dtype: "i32", values: [0, 1, -1, 0, 1] }),
  ];
})();

/** Negative log-likelihood of log-probabilities. */
export const nllOp: Op<ClassLossAttrs> = classLossOp("nllLoss", false, {});

/** Cross-entropy of logits. */
export const crossEntropyOp: Op<ClassLossAttrs> = classLossOp("crossEntropy", true, {
  composite([x, target, weight], attrs) {
    const { labelSmoothing: spread, reduction } = attrs,
      weights = weight ? [weight] : [],
      plain = { ...attrs, labelSmoothing: 0 };
    const dim = x.ndim === 1 ? 0 : 1,
      logp = logSoftmax(x, dim),
      likelihood = apply(nllOp, [logp, target, ...weights], plain);
    if (spread === 0) return likelihood;
    // The likelihood of -1 everywhere counts the rows: with weights for the divisor, without to leave ignored rows out.
    const minusOne = fullLike(x.detach(), -1),
      counts = (...w: Tensor[]) => apply(nllOp, [minusOne, target, ...w], { ...plain, reduction: "none" });
    const scaled = weight ? mul(logp, columns(weight, x.ndim)) : logp;
    const rows = mul(neg(sum(scaled, { dim })), counts());
    const smooth = reduction === "none"
      ? rows
      : reduction === "sum"
      ? sum(rows)
      : div(sum(rows), sum(counts(...weights)));
    return add(mul(likelihood, 1 - spread), mul(smooth, spread / x.shape[dim]));
  },
});

/** Class weights [C] as a view that broadcasts over scores [N, C, d...]. */
export function columns(weight: Tensor, ndim: number): Tensor {
  let out = weight;
  for (let i = 2; i < ndim; i++) out = unsqueeze(out, -1);
  return out;
}
