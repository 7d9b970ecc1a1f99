/**
 * Losses in the form that a learner wants: prediction and target of a batch to a scalar.
 * @module
 */

import * as functional from "../nn/functional.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * Cross-entropy over all positions of a batch: one class id per position, as in language models.
 * @param prediction logits `[..., classes]`
 * @param target class ids `[...]`
 * @returns the mean, a scalar
 */
export function crossEntropyFlat(prediction: Tensor, target: Tensor<"i32">): Tensor {
  return functional.crossEntropy(prediction.reshape([-1, prediction.shape.at(-1)!]), target.reshape([-1]));
}
