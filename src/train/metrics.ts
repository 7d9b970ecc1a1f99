/**
 * Metrics: what a learner reports about the validation data beside the loss. A metric sums on the device while batches
 * go by and is read once per epoch.
 * @module
 */

import type { AnyTensor, Tensor } from "../tensor/tensor.ts";
import { Meter } from "./meter.ts";

/** What a metric sees of a batch. */
export interface MetricBatch {
  /** Output of the model, as the loss function got it. */
  readonly prediction: Tensor;
  /** Targets; a tensor in most cases. */
  readonly target: unknown;
  /** Loss of the batch, a scalar. */
  readonly loss: Tensor;
  /** Number of items in the batch. */
  readonly size: number;
}

/** Sums of one metric over one epoch. */
export interface MetricState {
  /** Takes a batch in. Must not wait. */
  add(batch: MetricBatch): void;
  /** The metric over all batches. */
  value(): Promise<number>;
  /** Releases what the sums occupy. */
  dispose(): void;
}

/** A metric: a name for the table, and new sums for every epoch. */
export interface Metric {
  /** Name of the column. */
  readonly name: string;
  /** Empty sums. */
  start(): MetricState;
}

/**
 * A metric that is a mean over batches, weighted by their sizes.
 *
 * ```ts
 * const meanAbsoluteError = w.train.averaged("mae", ({ prediction, target }) => prediction.sub(target).abs().mean());
 * ```
 *
 * @param name name of the column
 * @param ofBatch mean of one batch, a scalar tensor
 * @param finish applied to the mean over all batches; default: nothing
 */
export function averaged(
  name: string,
  ofBatch: (batch: MetricBatch) => Tensor,
  finish: (mean: number) => number = (mean) => mean,
): Metric {
  return {
    name,
    start: () => {
      const meter = new Meter();
      return {
        add: (batch) => meter.add(ofBatch(batch), batch.size),
        value: async () => finish(await meter.mean()),
        dispose: () => meter.reset(),
      };
    },
  };
}

/** Part of the targets whose class has the highest score: prediction `[..., classes]`, target `[...]` of class ids. */
export const accuracy: Metric = averaged("accuracy", ({ prediction, target }) => {
  const classes = target as AnyTensor;
  return prediction.argmax({ dim: -1 }).reshape(classes.shape).eq(classes).to("f32").mean();
});

/** `exp` of the mean loss: the number of words a language model hesitates between. */
export const perplexity: Metric = averaged("perplexity", ({ loss }) => loss, Math.exp);
