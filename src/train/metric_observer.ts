/**
 * A metric of any kind of value beside a learner's own: a confusion matrix, the AUCs of every identity.
 * @module
 */

import type { AnyLearner, Callback } from "./callbacks.ts";
import type { Metric, MetricState } from "./metrics.ts";

/**
 * Computes a metric of the validation data in every epoch, and in `learner.validate()`.
 *
 * ```ts
 * const confusion = new w.train.MetricObserver(w.train.metrics.confusionMatrix());
 * const learner = new w.train.Learner({ ...options, callbacks: [confusion] });
 * await learner.fit(3);
 * console.log(w.train.confusionText(confusion.value!));
 * ```
 */
export class MetricObserver<V> implements Callback {
  /** Right after the recorder, so that other callbacks find the value. */
  readonly order = -99;
  /** It only looks on. */
  readonly passive = true;
  /** The metric. */
  readonly metric: Metric<V>;
  /** Its value on the last validation; null before the first. */
  value: V | null = null;
  #state: MetricState<V> | null = null;

  /** @param metric what to compute */
  constructor(metric: Metric<V>) {
    this.metric = metric;
  }

  /** Empties the sums. */
  beforeValidate(): void {
    this.#state?.dispose();
    this.#state = this.metric.start();
  }

  /** Adds a validation batch. */
  afterBatch({ training, prediction, y, loss, size }: AnyLearner): void {
    if (!training && loss && prediction) this.#state?.add({ prediction, target: y, loss, size });
  }

  /** Reads the value. */
  async afterValidate(): Promise<void> {
    const state = this.#state;
    this.#state = null;
    if (!state) return;
    try {
      this.value = await state.value();
    } finally {
      state.dispose();
    }
  }

  /** Releases the sums of a validation that was not finished. */
  afterFit(): void {
    this.#state?.dispose();
    this.#state = null;
  }
}
