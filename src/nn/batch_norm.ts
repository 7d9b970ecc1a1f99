/**
 * BatchNorm1d: every channel is shifted to mean 0 and scaled to variance 1 over the batch, then by a learned weight and
 * bias. Running statistics stand in for the batch's in evaluation; they have PyTorch's names.
 * @module
 */
import { ones, zeros } from "../ops/creation.ts";
import { batchNorm } from "../ops/normalization.ts";
import { Parameter } from "../tensor/arena.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkInteger, checkNumber } from "./check.ts";
import { ones_ } from "./init.ts";
import { Module } from "./module.ts";

/** Options of {@link BatchNorm1d}. */
export interface BatchNormOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Share of a new batch in the running statistics; null averages over all batches. Default 0.1. */
  momentum?: number | null;
  /** Whether there are a weight (ones at first) and a bias (zeros). Default true. */
  affine?: boolean;
  /** Whether running statistics are kept; without them the batch's are used in evaluation too. Default true. */
  trackRunningStats?: boolean;
}

/**
 * `(x - mean) / sqrt(variance + eps) * weight + bias` per channel of [batch, channels] or [batch, channels, length].
 * Training takes mean and biased variance of the batch and moves `running_mean` and `running_var` (unbiased) towards
 * them; evaluation takes the running ones.
 */
export class BatchNorm1d extends Module<[x: Tensor], Tensor> {
  /** [numFeatures], or null. */
  weight: Parameter | null;
  /** [numFeatures], or null. */
  bias: Parameter | null;
  /** [numFeatures], or null; a buffer. */
  declare running_mean: Tensor | null;
  /** [numFeatures], or null; a buffer. */
  declare running_var: Tensor | null;
  /** Number of batches seen in training, or null; a buffer. */
  declare num_batches_tracked: Tensor<"i32"> | null;
  /** Number of channels. */
  readonly numFeatures: number;
  /** Added to the variance. */
  readonly eps: number;
  /** Share of a new batch; null averages over all batches. May be changed. */
  momentum: number | null;

  /**
   * Makes the layer.
   * @throws {ValueError} for sizes and options out of range
   */
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super();
    const { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true } = options;
    checkInteger("BatchNorm1d", "numFeatures", numFeatures);
    checkNumber("BatchNorm1d", "eps", eps, 0);
    if (momentum !== null) checkNumber("BatchNorm1d", "momentum", momentum, 0);
    this.numFeatures = numFeatures;
    this.eps = eps;
    this.momentum = momentum;
    const shape = [numFeatures];
    this.weight = affine ? ones_(new Parameter({ shape })) : null;
    this.bias = affine ? new Parameter({ shape }) : null;
    this.registerBuffer("running_mean", trackRunningStats ? zeros(shape) : null);
    this.registerBuffer("running_var", trackRunningStats ? ones(shape) : null);
    this.registerBuffer("num_batches_tracked", trackRunningStats ? zeros([], { dtype: "i32" }) : null);
  }

  /**
   * [batch, channels] or [batch, channels, length] to the same shape.
   * @throws {ShapeError} for other shapes, or one value per channel in training
   */
  override forward(x: Tensor): Tensor {
    const { weight, bias, running_mean: mean, running_var: variance, num_batches_tracked: batches, momentum, eps } =
      this;
    const running = mean && variance && batches ? { mean, variance, batches, momentum } : null;
    return batchNorm(x, { weight, bias, running, training: this.training, eps });
  }

  /** Options for `toString()`. */
  protected override describe(): string {
    const { numFeatures, eps, momentum, weight, running_mean } = this;
    return `${numFeatures}, eps: ${eps}, momentum: ${momentum}, affine: ${weight !== null}, trackRunningStats: ${
      running_mean !== null
    }`;
  }
}
