/**
 * LayerNorm: every row is shifted to mean 0 and scaled to variance 1, then by a learned weight and bias.
 * @module
 */
import { layerNorm } from "../ops/normalization.ts";
import { Parameter } from "../tensor/arena.ts";
import { type Shape, show } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkInteger, checkNumber } from "./check.ts";
import { ones_ } from "./init.ts";
import { Module } from "./module.ts";

/** Options of {@link LayerNorm}. */
export interface LayerNormOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Whether there are a weight (ones at first) and a bias (zeros). Default true. */
  elementwiseAffine?: boolean;
  /** Whether there is a bias beside the weight. Default true. */
  bias?: boolean;
}

/**
 * `(x - mean) / sqrt(variance + eps) * weight + bias` with mean and biased variance over the last dims.
 */
export class LayerNorm extends Module<[x: Tensor], Tensor> {
  /** Of normalizedShape, or null. */
  weight: Parameter | null;
  /** Of normalizedShape, or null. */
  bias: Parameter | null;
  /** The last dims of the input. */
  readonly normalizedShape: Shape;
  /** Added to the variance. */
  readonly eps: number;

  /**
   * Makes the layer.
   * @param normalizedShape sizes of the last dims, a number for one
   * @throws {ValueError} for sizes that are no integers of at least 1, or a negative eps
   */
  constructor(
    normalizedShape: number | Shape,
    { eps = 1e-5, elementwiseAffine = true, bias = true }: LayerNormOptions = {},
  ) {
    super();
    const shape = typeof normalizedShape === "number" ? [normalizedShape] : [...normalizedShape];
    checkInteger("LayerNorm", "number of dims", shape.length);
    for (const size of shape) checkInteger("LayerNorm", "normalizedShape", size);
    checkNumber("LayerNorm", "eps", eps, 0);
    this.normalizedShape = shape;
    this.eps = eps;
    this.weight = elementwiseAffine ? ones_(new Parameter({ shape })) : null;
    this.bias = elementwiseAffine && bias ? new Parameter({ shape }) : null;
  }

  /** [..., ...normalizedShape] to the same shape. */
  override forward(x: Tensor): Tensor {
    return layerNorm(x, this.normalizedShape, this.weight, this.bias, this.eps);
  }

  /** Options for `toString()`. */
  protected override describe(): string {
    return `${show(this.normalizedShape)}, eps: ${this.eps}, elementwiseAffine: ${this.weight !== null}`;
  }
}
