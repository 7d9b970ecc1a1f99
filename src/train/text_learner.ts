/**
 * A learner for recurrent language models, with the settings of fastai's `TextLearner`.
 * @module
 */

import type { AnyTensor } from "../tensor/tensor.ts";
import { Learner } from "./learner.ts";
import type { LearnerOptions } from "./learner_options.ts";
import { ModelResetter, RNNRegularizer, type RNNRegularizerOptions } from "./rnn.ts";

/**
 * A {@link Learner} for models with a hidden state that return `[logits, raw, dropped]`: it resets the state before
 * training and validation, can regularise activations, and uses momenta `[0.8, 0.7, 0.8]`.
 *
 * `alpha` and `beta` default to 0: in released versions of fastai the terms are off unless they are asked for, although
 * the documentation names 2 and 1.
 */
export class TextLearner<X = AnyTensor, Y = AnyTensor> extends Learner<X, Y> {
  /** @param options those of a learner, and the weights of {@link RNNRegularizer} */
  constructor(options: LearnerOptions<X, Y> & RNNRegularizerOptions) {
    const { alpha, beta, callbacks = [], ...rest } = options;
    super({
      moms: [0.8, 0.7, 0.8],
      ...rest,
      callbacks: [new ModelResetter(), new RNNRegularizer({ alpha, beta }), ...callbacks],
    });
  }
}
