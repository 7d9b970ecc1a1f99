/**
 * From outputs of a model to class ids: the class with the highest score, or for two classes with one score per item
 * whether its probability is above a threshold.
 * @module
 */

import { DTypeError, ShapeError, ValueError } from "../../errors.ts";
import { isFloat } from "../../tensor/dtype.ts";
import { sameShape, show } from "../../tensor/shape.ts";
import type { AnyTensor, Tensor } from "../../tensor/tensor.ts";

/** How one score per item becomes one of two classes. */
export interface ThresholdOptions {
  /** Probability above which the class is 1; default 0.5. */
  threshold?: number;
  /** A probability that equals the threshold is class 1 too; default false, as `round(sigmoid(z))` has it. */
  inclusive?: boolean;
  /** Scores are logits, of which the sigmoid is taken; default true. False for probabilities. */
  logits?: boolean;
}

/** Class ids of a batch, dense and one per target. */
export interface Decided {
  /** Ids that the model says, i32 [n]. */
  readonly predicted: Tensor<"i32">;
  /** Ids that are right, i32 [n]. */
  readonly wanted: Tensor<"i32">;
  /** Number of classes. */
  readonly classes: number;
}

/** @throws {ValueError} unless the threshold is between 0 and 1 */
export function checkThreshold(op: string, { threshold = 0.5 }: ThresholdOptions): void {
  if (threshold >= 0 && threshold <= 1) return;
  throw new ValueError(`Cannot make ${op} with threshold ${threshold}: it is a probability, wanted 0 to 1`, {
    op,
    value: threshold,
  });
}

/** The targets of a batch as a tensor. @throws {DTypeError} when they are something else */
export function targetTensor(op: string, target: unknown): AnyTensor {
  if (target !== null && typeof target === "object" && "dtype" in target && "shape" in target) {
    return target as AnyTensor;
  }
  throw new DTypeError(`Cannot compute ${op}: the targets are no tensor; wrap the metric and pass it one`, { op });
}

/** True where a score belongs to class 1; same shape. */
export function isPositive(scores: Tensor, options: ThresholdOptions): Tensor<"bool"> {
  const { threshold = 0.5, inclusive = false, logits = true } = options;
  const probability = logits ? scores.sigmoid() : scores;
  return inclusive ? probability.ge(threshold) : probability.gt(threshold);
}

/** Targets of two classes: floats (as BCE takes them) are class 1 from 0.5 on, i32 [n]. */
export function binaryTargets(target: AnyTensor): Tensor<"i32"> {
  return (isFloat(target.dtype) ? (target as Tensor).ge(0.5) : target).to("i32").reshape([-1]);
}

/**
 * Class ids of predictions `[..., classes]` with targets `[...]`, or of one score per target.
 * @throws {ShapeError} when the shapes fit neither
 */
export function decide(op: string, prediction: Tensor, target: AnyTensor, options: ThresholdOptions): Decided {
  if (oneScore(prediction, target)) {
    return {
      predicted: isPositive(prediction, options).to("i32").reshape([-1]),
      wanted: binaryTargets(target),
      classes: 2,
    };
  }
  checkClasses(op, prediction, target);
  return {
    predicted: prediction.argmax({ dim: -1 }).reshape([-1]),
    wanted: target.to("i32").reshape([-1]),
    classes: prediction.shape.at(-1)!,
  };
}

/** True when there is one score per target, which may stand in a last dim of size 1. */
export function oneScore(prediction: AnyTensor, target: AnyTensor): boolean {
  return prediction.numel === target.numel &&
    (sameShape(prediction.shape, target.shape) || sameShape(squeezed(prediction), squeezed(target)));
}

/** @throws {ShapeError} unless prediction is `[..., classes]` for targets `[...]` */
export function checkClasses(op: string, prediction: AnyTensor, target: AnyTensor): void {
  if (prediction.ndim === target.ndim + 1 && sameShape(prediction.shape.slice(0, -1), target.shape)) return;
  throw new ShapeError(
    `Cannot compute ${op} of predictions ${show(prediction.shape)} and targets ${show(target.shape)}: wanted one ` +
      `score per target, or predictions [..., classes] for targets [...]`,
    { op, shapes: [prediction.shape, target.shape] },
  );
}

function squeezed({ shape }: AnyTensor): readonly number[] {
  return shape.at(-1) === 1 ? shape.slice(0, -1) : shape;
}
