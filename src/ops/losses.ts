/**
 * Losses. The names and options are PyTorch's; `reduction` is `"mean"` (default), `"sum"` or `"none"`.
 * @module
 */
import { ValueError } from "../errors.ts";
import { isFloat } from "../tensor/dtype.ts";
import { sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add, div, mul } from "./binary.ts";
import { columns, crossEntropyOp, type LossReduction, nllOp } from "./cross_entropy.ts";
import { apply } from "./define.ts";
import { bceLogitsOp, bceOp, klLogOp, klOp, l1Op, mseOp, smoothL1Op } from "./elementwise_loss.ts";
import { logSoftmax } from "./softmax.ts";
import { sum } from "./sum.ts";
import { neg } from "./unary.ts";

export type { LossReduction };

/** Options of {@link nllLoss}. */
export interface NLLLossOptions {
  /** Factor per class, [C]; a constant. */
  weight?: Tensor;
  /** Target value whose rows count for nothing, -100 by default. */
  ignoreIndex?: number;
  /** `"mean"` (default) divides by the sum of the weights of the rows that count; `"sum"`; `"none"` gives [N, d...]. */
  reduction?: LossReduction;
}

/** Options of {@link crossEntropy}. */
export interface CrossEntropyOptions extends NLLLossOptions {
  /** Share of the target that is spread over all classes, from 0 (default) to 1. */
  labelSmoothing?: number;
}

/**
 * Cross-entropy of logits: logsumexp(z) - z[target], without storing probabilities.
 * @param input logits [N, C], [N, C, d...] or [C]
 * @param target class numbers, i32 [N], [N, d...] or []; or probabilities, f32 of the input's shape
 * @throws {ShapeError} when the shapes do not fit
 * @throws {IndexError} for a class outside 0..C-1: at once when the targets were uploaded, else at the next read
 */
export function crossEntropy(input: Tensor, target: Tensor<"i32"> | Tensor, options: CrossEntropyOptions = {}): Tensor {
  const { weight, ignoreIndex = -100, reduction = "mean", labelSmoothing = 0 } = options;
  wantReduction("crossEntropy", reduction);
  wantInteger("crossEntropy", ignoreIndex);
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ValueError(`Cannot crossEntropy with labelSmoothing ${labelSmoothing}: wanted a number from 0 to 1`, {
      op: "crossEntropy",
      value: labelSmoothing,
    });
  }
  if (isFloat(target.dtype) && sameShape(target.shape, input.shape)) {
    return softTargets(input, target as Tensor, labelSmoothing, reduction, weight);
  }
  const inputs = [input, target as Tensor, ...weight ? [weight] : []];
  return apply(crossEntropyOp, inputs, { reduction, ignoreIndex, labelSmoothing });
}

function softTargets(input: Tensor, target: Tensor, spread: number, reduction: LossReduction, weight?: Tensor): Tensor {
  const dim = input.ndim === 1 ? 0 : 1, classes = input.shape[dim];
  const logp = logSoftmax(input, dim), aim = spread > 0 ? add(mul(target, 1 - spread), spread / classes) : target;
  const rows = neg(sum(mul(weight ? mul(logp, columns(weight, input.ndim)) : logp, aim), { dim }));
  return reduction === "none" ? rows : reduction === "sum" ? sum(rows) : div(sum(rows), input.numel / classes);
}

/**
 * Negative log-likelihood: -input[target], for log-probabilities. Arguments as {@link crossEntropy}, class numbers only.
 */
export function nllLoss(input: Tensor, target: Tensor<"i32">, options: NLLLossOptions = {}): Tensor {
  const { weight, ignoreIndex = -100, reduction = "mean" } = options;
  wantReduction("nllLoss", reduction);
  wantInteger("nllLoss", ignoreIndex);
  const inputs = [input, target as unknown as Tensor, ...weight ? [weight] : []];
  return apply(nllOp, inputs, { reduction, ignoreIndex, labelSmoothing: 0 });
}

/** Option of the elementwise losses. */
export interface LossOptions {
  /** `"mean"` over all elements (default), `"sum"`, or `"none"` for the elements themselves. */
  reduction?: LossReduction;
}

function wantInteger(op: string, ignoreIndex: number): void {
  if (Number.isInteger(ignoreIndex)) return;
  throw new ValueError(`Cannot ${op} with ignoreIndex ${ignoreIndex}: wanted an integer`, { op, value: ignoreIndex });
}

function wantReduction(op: string, reduction: string, ...more: string[]): void {
  const known = ["none", "sum", "mean", ...more];
  if (!known.includes(reduction)) {
    throw new ValueError(`Cannot ${op} with reduction ${JSON.stringify(reduction)}: wanted ${known.join(", ")}`, {
      op,
      value: reduction,
    });
  }
}

/** (input - target)². @throws {ShapeError} unless both shapes are equal */
export function mseLoss(input: Tensor, target: Tensor, { reduction = "mean" }: LossOptions = {}): Tensor {
  wantReduction("mseLoss", reduction);
  return apply(mseOp, [input, target], { reduction });
}

/** |input - target|. @throws {ShapeError} unless both shapes are equal */
export function l1Loss(input: Tensor, target: Tensor, { reduction = "mean" }: LossOptions = {}): Tensor {
  wantReduction("l1Loss", reduction);
  return apply(l1Op, [input, target], { reduction });
}

/**
 * d² / (2 beta) where d = |input - target| is below `beta`, d - beta / 2 elsewhere.
 * @param options `beta` is 1 by default, 0 gives {@link l1Loss}
 */
export function smoothL1Loss(
  input: Tensor,
  target: Tensor,
  { reduction = "mean", beta = 1 }: LossOptions & { beta?: number } = {},
): Tensor {
  wantReduction("smoothL1Loss", reduction);
  if (!(beta >= 0 && beta < Infinity)) {
    throw new ValueError(`Cannot smoothL1Loss with beta ${beta}: wanted a number of at least 0`, {
      op: "smoothL1Loss",
      value: beta,
    });
  }
  return beta === 0 ? l1Loss(input, target, { reduction }) : apply(smoothL1Op, [input, target], { reduction, a: beta });
}

/**
 * Binary cross-entropy of logits: max(z, 0) - z t + log(1 + e^-|z|), exact for large |z|.
 * @param options `weight` and `posWeight` (a factor on the part of t = 1) broadcast to the input's shape; constants
 */
export function binaryCrossEntropyWithLogits(
  input: Tensor,
  target: Tensor,
  { reduction = "mean", weight, posWeight }: LossOptions & { weight?: Tensor; posWeight?: Tensor } = {},
): Tensor {
  wantReduction("binaryCrossEntropyWithLogits", reduction);
  const inputs = [input, target, ...weight ? [weight] : [], ...posWeight ? [posWeight] : []];
  return apply(bceLogitsOp, inputs, { reduction, weighted: weight !== undefined, positive: posWeight !== undefined });
}

/** Binary cross-entropy of probabilities; logarithms are cut at -100. Prefer {@link binaryCrossEntropyWithLogits}. */
export function binaryCrossEntropy(
  input: Tensor,
  target: Tensor,
  { reduction = "mean", weight }: LossOptions & { weight?: Tensor } = {},
): Tensor {
  wantReduction("binaryCrossEntropy", reduction);
  return apply(bceOp, weight ? [input, target, weight] : [input, target], {
    reduction,
    weighted: weight !== undefined,
  });
}

/**
 * Kullback-Leibler divergence, elementwise t (log t - input); `input` holds logarithms of probabilities.
 * @param options `logTarget`: the target holds logarithms too; reduction `"batchmean"` divides the sum by the first size
 */
export function klDiv(
  input: Tensor,
  target: Tensor,
  { reduction = "mean", logTarget = false }: { reduction?: LossReduction | "batchmean"; logTarget?: boolean } = {},
): Tensor {
  wantReduction("klDiv", reduction, "batchmean");
  const inner = reduction === "batchmean" ? "sum" : reduction;
  const out = apply(logTarget ? klLogOp : klOp, [input, target], { reduction: inner });
  return reduction === "batchmean" ? div(out, input.shape[0] ?? 1) : out;
}
