/**
 * Training in mixed precision: f16 products and activations, f32 parameters, losses, norms and sums, and a loss scale
 * that finds its own size.
 * @module
 */

import { autocast, requireHalf } from "../autograd/autocast.ts";
import { isFloat } from "../tensor/dtype.ts";
import type { StateTree } from "../tensor/state_tree.ts";
import type { AnyLearner, Callback } from "./callbacks.ts";
import { LossScale, type LossScaleOptions } from "./loss_scale.ts";

/**
 * Runs the model inside `w.autocast`, hands predictions on as f32, and trains on a scaled loss. A step whose gradients
 * are NaN or infinite is left out and halves the scale, which doubles after 2,000 others in a row; `scaler.report()` says
 * how many were left out. Nothing of it waits for the device.
 *
 * ```ts
 * const learner = new w.train.Learner({ model, loss, train, valid }).toFp16();
 * ```
 */
export class MixedPrecision implements Callback {
  /** Before gradients are clipped. */
  readonly order = 10;
  /** Key of its state. */
  readonly name = "MixedPrecision";
  /** The scale. */
  readonly scaler: LossScale;

  /** @param options of the scale */
  constructor(options: LossScaleOptions = {}) {
    this.scaler = new LossScale(options);
  }

  /** The scale. */
  stateDict(): StateTree {
    return this.scaler.stateDict();
  }

  /** Goes on with a scale. */
  loadStateDict(state: StateTree): void {
    this.scaler.loadStateDict(state);
  }

  /** @throws {DeviceError} when the device has no shader-f16 */
  beforeTrain(learner: AnyLearner): void {
    requireHalf("train in mixed precision", learner.model.parameters()[0].device);
    learner.context = autocast;
  }

  /** @throws {DeviceError} when the device has no shader-f16 */
  beforeValidate(learner: AnyLearner): void {
    this.beforeTrain(learner);
  }

  /** The prediction as f32, for any loss and metric. */
  afterPred(learner: AnyLearner): void {
    const { prediction } = learner;
    if (prediction && isFloat(prediction.dtype)) learner.prediction = prediction.to("f32");
  }

  /** Scales what backward is called on. */
  beforeBackward(learner: AnyLearner): void {
    learner.objective = this.scaler.scale(learner.objective!);
  }

  /** Divides the gradients again, and holds the step back when they are no numbers. */
  beforeStep(learner: AnyLearner): void {
    this.scaler.unscale(learner.model.parameters());
  }

  /** The next step is another one. */
  afterStep(): void {
    this.scaler.release();
  }

  /** Also where another callback left the rest of the batch out. */
  afterCancelBatch(): void {
    this.scaler.release();
  }

  /** Also after an error. */
  afterFit(): void {
    this.scaler.release();
  }
}
