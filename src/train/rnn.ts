/**
 * What recurrent language models need of a training loop: a hidden state that starts over where the text does, and
 * regularisation of activations.
 * @module
 */

import { StateError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { AnyLearner, Callback } from "./callbacks.ts";

/** Calls `model.reset()` before training, before validation and after the run. */
export class ModelResetter implements Callback {
  /** Training starts at the beginning of the text. */
  beforeTrain(learner: AnyLearner): void {
    learner.model.reset();
  }

  /** So does validation. */
  beforeValidate(learner: AnyLearner): void {
    learner.model.reset();
  }

  /** The last hidden state is released. */
  afterFit(learner: AnyLearner): void {
    learner.model.reset();
  }
}

/** Options of {@link RNNRegularizer}. */
export interface RNNRegularizerOptions {
  /** Weight of activation regularisation; default 0 (none). */
  alpha?: number;
  /** Weight of temporal activation regularisation; default 0 (none). */
  beta?: number;
}

/**
 * For models that return `[logits, raw, dropped]`: passes the logits on to loss and metrics, and adds to the objective
 *
 * ```txt
 * alpha * mean(dropped ** 2)                      activation regularisation (AR): small activations
 * beta * mean((raw[:, 1:] - raw[:, :-1]) ** 2)    temporal (TAR): activations that change little between steps
 * ```
 *
 * `raw` and `dropped` are the last layer's `[batch, time, hidden]` output before and after dropout. The reported loss
 * stays without these terms. Source: Merity, McCann and Socher, "Revisiting Activation Regularization for Language
 * RNNs", arXiv 1708.01009.
 */
export class RNNRegularizer implements Callback {
  /** Weight of activation regularisation. */
  readonly alpha: number;
  /** Weight of temporal activation regularisation. */
  readonly beta: number;
  #raw: Tensor | null = null;
  #dropped: Tensor | null = null;

  /** @param options weights of the two terms */
  constructor({ alpha = 0, beta = 0 }: RNNRegularizerOptions = {}) {
    this.alpha = alpha;
    this.beta = beta;
  }

  /** Takes the activations out of the model's output. */
  afterPred(learner: AnyLearner): void {
    const output = learner.output;
    if (!Array.isArray(output) || output.length !== 3) {
      throw new StateError("Cannot regularise: the model did not return [logits, raw, dropped]", {
        op: "RNNRegularizer",
      });
    }
    [learner.prediction, this.#raw, this.#dropped] = output as [Tensor, Tensor, Tensor];
  }

  /** Adds the terms to the objective. */
  afterLoss(learner: AnyLearner): void {
    const raw = this.#raw!, dropped = this.#dropped!;
    this.#raw = this.#dropped = null; // they are released with the step
    if (!learner.training) return;
    if (this.alpha !== 0) learner.objective = learner.objective!.add(dropped.square().mean().mul(this.alpha));
    if (this.beta !== 0 && raw.shape[1] > 1) {
      const change = raw.slice(1, 1).sub(raw.slice(1, 0, -1));
      learner.objective = learner.objective!.add(change.square().mean().mul(this.beta));
    }
  }
}
