/**
 * What a metric is: sums on the device while batches go by, and one read per epoch. The metrics themselves stand in
 * `metrics/`.
 * @module
 */

import { noGrad } from "../autograd/mode.ts";
import { StateError } from "../errors.ts";
import { tidy } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
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
export interface MetricState<V = number> {
  /** Takes a batch in. Must not wait. */
  add(batch: MetricBatch): void;
  /** The metric over all batches. */
  value(): Promise<V>;
  /** Releases what the sums occupy. */
  dispose(): void;
}

/** A metric: a name for the table, and new sums for every epoch. A learner takes those whose value is a number. */
export interface Metric<V = number> {
  /** Name of the column. */
  readonly name: string;
  /** Empty sums. */
  start(): MetricState<V>;
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
 * @param weight of a batch; default: its size
 */
export function averaged(
  name: string,
  ofBatch: (batch: MetricBatch) => Tensor,
  finish: (mean: number) => number = (mean) => mean,
  weight: (batch: MetricBatch) => number = ({ size }) => size,
): Metric {
  return {
    name,
    start: () => {
      const meter = new Meter();
      return {
        add: (batch) => tidy(() => noGrad(() => meter.add(ofBatch(batch), weight(batch)))),
        value: async () => finish(await meter.mean()),
        dispose: () => meter.reset(),
      };
    },
  };
}

/**
 * A metric of predictions at hand, without a learner.
 *
 * ```ts
 * const f1 = await w.train.metrics.measure(w.train.metrics.f1({ average: "macro" }), logits, classes);
 * ```
 *
 * @param loss what metrics of the loss are given, such as perplexity
 * @throws {StateError} when the metric asks for a loss and there is none
 */
export async function measure<V>(metric: Metric<V>, prediction: Tensor, target: unknown, loss?: Tensor): Promise<V> {
  const state = metric.start();
  try {
    state.add({
      prediction,
      target,
      size: prediction.shape[0] ?? 1,
      get loss(): Tensor {
        if (loss) return loss;
        throw new StateError(`Cannot measure ${metric.name}: it is computed from the loss; pass it as last argument`, {
          op: metric.name,
        });
      },
    });
    return await state.value();
  } finally {
    state.dispose();
  }
}
