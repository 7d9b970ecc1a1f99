/**
 * Keeps the books of a run: the loss of every step, losses and metrics of every epoch. Sums stay on the device; the
 * host waits once per epoch, for all of them together.
 * @module
 */

import type { AnyLearner, Callback } from "./callbacks.ts";
import { type EpochRecord, History, smoothing, type StepRecords } from "./history.ts";
import { momentumOf } from "./hyper.ts";
import { ValueError } from "../errors.ts";
import type { StateTree } from "../tensor/state_tree.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Meter } from "./meter.ts";
import type { Metric, MetricState } from "./metrics.ts";
import { ScalarLog } from "./scalar_log.ts";

interface RecorderState {
  version: number;
  metrics: string[];
  epochs: EpochRecord[];
  steps: Record<keyof StepRecords, Float64Array>;
  pending: Tensor[];
}

/** The learner's first callback: writes {@link History}. */
export class Recorder implements Callback {
  /** Before other callbacks, so that they find the epoch's results in the history. */
  readonly order = -100;
  /** Key of its state. */
  readonly name = "Recorder";
  /** Records of the current or last run. */
  history: History;
  readonly #metrics: readonly Metric[];
  #losses = new ScalarLog();
  #validLoss = new Meter();
  #states: MetricState[] = [];
  #average = 0;
  #averageWeight = 0;
  #taken = 0;
  #epochStart = 0;

  /** @param metrics metrics of the validation data */
  constructor(metrics: readonly Metric[]) {
    this.#metrics = metrics;
    this.history = new History(metrics.map((metric) => metric.name));
  }

  /** Smoothed training loss over the steps whose losses have arrived so far; NaN before the first ones. */
  get smoothedLoss(): number {
    const { loss } = this.history.steps;
    for (; this.#taken < this.#losses.values.length; this.#taken++) {
      const value = this.#losses.values[this.#taken];
      loss.push(value);
      this.#average = smoothing * this.#average + (1 - smoothing) * value;
      this.#averageWeight = smoothing * this.#averageWeight + (1 - smoothing);
    }
    return this.#average / this.#averageWeight;
  }

  /** Lets the device catch up when the host is more than a block of steps ahead of it. */
  catchUp(): Promise<void> {
    return this.#losses.catchUp();
  }

  /** Waits until the losses of all steps are in the history. */
  async flush(): Promise<void> {
    await this.#losses.flush();
    void this.smoothedLoss;
  }

  /** Records of the run, those that are still on the device too. */
  stateDict(): StateTree {
    void this.smoothedLoss;
    const { steps } = this.history;
    return {
      version: 1,
      metrics: [...this.history.metrics],
      epochs: this.history.epochs.map((record) => ({ ...record })) as unknown as StateTree,
      steps: Object.fromEntries(Object.entries(steps).map(([name, list]) => [name, Float64Array.from(list)])),
      pending: this.#losses.pending(),
    };
  }

  /** Goes on with saved records. @throws {ValueError} for something else, or the records of other metrics */
  loadStateDict(state: StateTree): void {
    const { version, metrics, epochs, steps, pending } = (state ?? {}) as unknown as RecorderState;
    const names = this.#metrics.map((metric) => metric.name);
    if (version !== 1 || metrics?.join() !== names.join()) {
      throw new ValueError(
        `Cannot load records of the metrics ${metrics?.join(", ") || "none"}: this learner has ${
          names.join(", ") || "none"
        }`,
        { op: "loadStateDict" },
      );
    }
    const history = new History(names);
    history.epochs.push(...epochs.map((record) => ({ ...record })));
    for (const name of Object.keys(history.steps) as (keyof StepRecords)[]) {
      if (name !== "loss") { for (const value of steps[name]) history.steps[name].push(value); }
    }
    this.#startOver(history);
    this.#losses.restore(Array.from(steps.loss), pending);
  }

  /** A run begins with empty records. */
  beforeFit(): void {
    this.#startOver(new History(this.#metrics.map((metric) => metric.name)));
  }

  #startOver(history: History): void {
    this.history = history;
    this.#losses.dispose();
    this.#losses = new ScalarLog();
    this.#average = this.#averageWeight = this.#taken = 0;
  }

  /** The epoch's clock starts. */
  beforeEpoch(): void {
    this.#epochStart = performance.now();
  }

  /** Empties the sums over the validation data. */
  beforeValidate(): void {
    this.#release();
    this.#states = this.#metrics.map((metric) => metric.start());
  }

  /** Notes a training step, or adds a validation batch to the sums. */
  afterBatch(learner: AnyLearner): void {
    if (!learner.loss) return; // the batch was left out, or has no targets
    if (learner.training) {
      const { steps } = this.history, group = learner.optimizer.paramGroups.at(-1)!;
      this.#losses.add(learner.loss);
      steps.lr.push(group.lr);
      steps.momentum.push(momentumOf(group));
    } else {
      const batch = {
        prediction: learner.prediction!,
        target: learner.y,
        loss: learner.loss,
        size: learner.size,
      };
      this.#validLoss.add(batch.loss, batch.size);
      for (const state of this.#states) state.add(batch);
    }
  }

  /** Reads the results of a validation: its mean loss and the metrics by name. */
  async results(): Promise<{ loss: number | null; metrics: Record<string, number> }> {
    const seen = this.#validLoss.weight > 0;
    const [loss, ...values] = await Promise.all([
      this.#validLoss.mean(),
      ...this.#states.map((state) => state.value()),
    ]);
    const metrics: Record<string, number> = {};
    this.#states.forEach((_, i) => metrics[this.#metrics[i].name] = values[i]);
    this.#release();
    return { loss: seen ? loss : null, metrics };
  }

  /** Reads everything and writes the epoch's record. */
  async afterEpoch(learner: AnyLearner): Promise<void> {
    const [{ loss, metrics }] = await Promise.all([this.results(), this.#losses.flush()]);
    this.history.epochs.push({
      epoch: learner.epoch,
      trainLoss: this.smoothedLoss,
      validLoss: loss,
      metrics,
      seconds: (performance.now() - this.#epochStart) / 1000,
    });
  }

  /** An interrupted run keeps the losses of the steps it made. */
  async afterFit(): Promise<void> {
    this.#release();
    await this.flush();
  }

  #release(): void {
    this.#validLoss.reset();
    for (const state of this.#states) state.dispose();
    this.#states = [];
  }
}
