/**
 * The training loop: epochs of training and validation, with schedules, metrics and callbacks. The loop waits for the
 * device once per epoch; a step is ordinary eager code inside `w.tidy`.
 * @module
 */

import { ShapeError, StateError, ValueError } from "../errors.ts";
import { noGrad } from "../autograd/mode.ts";
import { oneCycle, type OneCycleOptions, requireLearningRate } from "../optim/lr_scheduler.ts";
import { FastaiAdam, fastaiGroups } from "../optim/fastai_adam.ts";
import { tidy, visitTensors } from "../tensor/scope.ts";
import type { AnyTensor, Tensor } from "../tensor/tensor.ts";
import { type BatchEvent, type Callback, type EventName, inOrder } from "./callbacks.ts";
import type { History } from "./history.ts";
import type { LearnerOptimizer } from "./hyper.ts";
import type { Batches, FitOptions, LearnerOptions, Model, ModelOutput } from "./learner_options.ts";
import { ParamScheduler } from "./param_scheduler.ts";
import { Recorder } from "./recorder.ts";

/** How long the loop may run before it lets timers, signals and pages have a turn. */
const BREATH_MS = 100;

/**
 * Trains a model.
 *
 * ```ts
 * const learner = new w.train.Learner({
 *   model,
 *   loss: w.nn.functional.crossEntropy,
 *   train: trainLoader,
 *   valid: validLoader,
 *   metrics: [w.train.accuracy],
 *   callbacks: [new w.train.ProgressBar()],
 * });
 * const history = await learner.fitOneCycle(4, 1e-3);
 * ```
 */
export class Learner<X = AnyTensor, Y = AnyTensor> {
  /** The model. */
  readonly model: Model<X>;
  /** The optimiser. */
  readonly optimizer: LearnerOptimizer;
  /** Callbacks of all runs, without the recorder. */
  readonly callbacks: Callback[];
  /** Keeper of the history. */
  readonly recorder: Recorder;
  /** Learning rate of `fit` without one. */
  readonly lr: number;
  /** Momenta of one-cycle training. */
  readonly moms: readonly [number, number, number];
  /** Training batches. */
  readonly train: Batches<X, Y>;
  /** Validation batches. */
  readonly valid: Batches<X, Y> | null;

  /** Epochs of the run. */
  epochs = 0;
  /** Current epoch, from 0. */
  epoch = 0;
  /** Current batch of the epoch's part, from 0. */
  batch = 0;
  /** Batches in the epoch's part. */
  batches = 0;
  /** Training steps made in the run. */
  step = 0;
  /** True in the training part of an epoch. */
  training = false;
  /** Inputs of the batch. */
  x!: X;
  /** Targets of the batch. */
  y!: Y;
  /** Items in the batch: the first size of the targets. */
  size = 0;
  /** What the model returned. */
  output: ModelOutput | null = null;
  /** The prediction that loss and metrics get; callbacks may replace it in `afterPred`. */
  prediction: Tensor | null = null;
  /** The loss that is reported. */
  loss: Tensor | null = null;
  /** The loss that gradients are taken of; callbacks may add terms in `afterLoss`. */
  objective: Tensor | null = null;

  readonly #options: LearnerOptions<X, Y>;
  /** Groups that never decay. */
  readonly #spared: ReadonlySet<unknown> = new Set();
  #active: Callback[] = [];
  #running = false;
  #stopped = false;
  #lastBreath = 0;

  /** @throws {ValueError} when the learning rate or weight decay is NaN, infinite or negative */
  constructor(options: LearnerOptions<X, Y>) {
    const { model, train, valid = null, metrics = [], callbacks = [], lr = 1e-3, wd = 0.01 } = options;
    requireLearningRate("Learner", "lr", lr);
    requireLearningRate("Learner", "wd", wd);
    this.#options = options;
    this.model = model;
    this.train = train;
    this.valid = valid;
    this.lr = lr;
    this.moms = options.moms ?? [0.95, 0.85, 0.95];
    this.callbacks = [...callbacks];
    this.recorder = new Recorder(metrics);
    const { optimizer, optFunc = (groups) => new FastaiAdam(groups) } = options;
    if (optimizer) this.optimizer = optimizer;
    else {
      const groups = fastaiGroups(model).map((group) => ({ lr, weightDecay: wd, ...group }));
      this.optimizer = optFunc(groups);
      this.#spared = new Set(this.optimizer.paramGroups.slice(1));
    }
  }

  /** Records of the current or last run. */
  get history(): History {
    return this.recorder.history;
  }

  /** The part of the run that is over, from 0 up to but not 1: where schedules are evaluated. */
  get position(): number {
    return (this.epoch + (this.training ? this.batch / this.batches : 1)) / this.epochs;
  }

  /**
   * Trains with a constant learning rate.
   * @param epochs passes over the training data
   * @param lr learning rate; default: the learner's
   * @returns the records of the run
   * @throws {ValueError} naming `lr`, `epochs` or `wd` when it is not a usable number
   */
  async fit(epochs: number, lr: number = this.lr, options: FitOptions = {}): Promise<History> {
    requireLearningRate("fit", "lr", lr);
    return await this.#run(epochs, lr, options);
  }

  /**
   * Trains with one cycle of learning rate and momentum, see `w.optim.lrScheduler.oneCycle`.
   * @param epochs passes over the training data
   * @param lrMax highest learning rate
   * @returns the records of the run
   * @throws {ValueError} naming the argument that is not a usable number
   */
  async fitOneCycle(
    epochs: number,
    lrMax: number = this.lr,
    options: FitOptions & OneCycleOptions = {},
  ): Promise<History> {
    const { callbacks = [], wd, signal, ...cycle } = options;
    const schedule = new ParamScheduler(oneCycle(lrMax, { ...cycle, moms: cycle.moms ?? this.moms }));
    return await this.#run(epochs, lrMax, { wd, signal, callbacks: [...callbacks, schedule] });
  }

  /**
   * Evaluates the model.
   * @param batches default: the validation batches
   * @returns mean loss, and metrics by name
   */
  async validate(batches?: Batches<X, Y>): Promise<{ loss: number; metrics: Record<string, number> }> {
    const data = batches ?? this.valid;
    if (!data) throw new StateError("Cannot validate: the learner has no validation batches", { op: "validate" });
    this.#begin("validate", []);
    try {
      await this.#validate(data);
    } catch (error) {
      await this.#finish().catch(() => {});
      throw error;
    }
    const { loss, metrics } = await this.recorder.results();
    await this.#finish();
    return { loss: loss!, metrics };
  }

  /** Ends the run after the current batch, or after the epoch when called between batches. */
  stop(): void {
    this.#stopped = true;
  }

  async #run(epochs: number, lr: number, { wd, callbacks = [], signal }: FitOptions): Promise<History> {
    if (!Number.isSafeInteger(epochs) || epochs < 1) {
      throw new ValueError(`Cannot fit for epochs = ${epochs}: it has to be a positive integer`, {
        op: "fit",
        value: epochs,
      });
    }
    if (wd !== undefined) requireLearningRate("fit", "wd", wd);
    this.#begin("fit", callbacks);
    this.optimizer.setLr(lr);
    if (wd !== undefined) this.#setDecay(wd);
    const abort = (): void => this.stop();
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) this.stop();
    this.epochs = epochs;
    this.step = 0;
    this.optimizer.zeroGrad();
    try {
      await this.#fire("beforeFit");
      for (this.epoch = 0; this.epoch < epochs && !this.#stopped; this.epoch++) {
        await this.#fire("beforeEpoch");
        await this.#trainEpoch();
        if (this.valid && !this.#stopped) await this.#validate(this.valid);
        if (this.#stopped) break; // in the middle of an epoch: there is nothing to report about it
        await this.#fire("afterEpoch");
      }
    } catch (error) {
      await this.#finish().catch(() => {}); // the first error is the one to see
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
    await this.#finish();
    return this.history;
  }

  async #trainEpoch(): Promise<void> {
    this.model.train();
    this.training = true;
    await this.#fire("beforeTrain");
    await this.#forEach(this.train, () => this.#trainStep());
    this.training = false;
    if (!this.#stopped) await this.#fire("afterTrain");
  }

  async #validate(batches: Batches<X, Y>): Promise<void> {
    this.model.eval();
    this.training = false;
    await this.#fire("beforeValidate");
    await this.#forEach(batches, () => noGrad(() => this.#forward()));
    await this.#fire("afterValidate");
  }

  async #forEach(batches: Batches<X, Y>, run: () => void): Promise<void> {
    this.batch = 0;
    this.batches = batches.length;
    for await (const [x, y] of batches) {
      this.x = x;
      this.y = y;
      this.size = batchSize(y);
      try {
        tidy(() => {
          this.#fireInBatch("beforeBatch");
          run();
          this.#fireInBatch("afterBatch");
        });
      } finally {
        this.output =
          this.prediction =
          this.loss =
          this.objective =
            null;
      }
      this.batch++;
      if (this.training) await this.#fire("betweenBatches");
      await this.#breathe();
      if (this.#stopped) break;
    }
    if (this.batch === 0) {
      const part = this.training ? "train" : "validate";
      throw new ValueError(
        `Cannot ${part}: the loader has no batches; with dropLast it needs at least one full batch`,
        {
          op: part,
        },
      );
    }
  }

  #forward(): void {
    this.output = this.model.forward(this.x);
    this.prediction = Array.isArray(this.output) ? null : this.output as Tensor;
    this.#fireInBatch("afterPred");
    if (!this.prediction) {
      throw new StateError(
        `Cannot compute the loss: the model returned ${
          (this.output as readonly Tensor[]).length
        } tensors; return one, ` +
          `or add a callback that sets learner.prediction, such as RNNRegularizer`,
        { op: "Learner" },
      );
    }
    this.loss = this.objective = this.#options.loss(this.prediction, this.y);
    if (this.loss.numel !== 1) {
      throw new ShapeError(
        `Cannot train on a loss of shape [${this.loss.shape}]: it has to be a scalar, take its mean`,
        {
          op: "Learner",
          shapes: [this.loss.shape],
        },
      );
    }
    this.#fireInBatch("afterLoss");
  }

  #trainStep(): void {
    this.#forward();
    this.#fireInBatch("beforeBackward");
    this.objective!.backward();
    this.#fireInBatch("afterBackward");
    this.#fireInBatch("beforeStep");
    this.optimizer.step();
    this.#fireInBatch("afterStep");
    this.optimizer.zeroGrad();
    this.step++;
  }

  /** Gives timers, signals and pages a turn now and then, and the device time to catch up. */
  async #breathe(): Promise<void> {
    await this.recorder.catchUp();
    const now = performance.now();
    if (now - this.#lastBreath < BREATH_MS) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#lastBreath = performance.now();
  }

  #begin(op: string, callbacks: readonly Callback[]): void {
    if (this.#running) {
      throw new StateError(`Cannot ${op}: this learner is running; await the other call first`, { op });
    }
    this.#running = true;
    this.#stopped = false;
    this.#active = inOrder([this.recorder, ...this.callbacks, ...callbacks]);
    this.#lastBreath = performance.now();
  }

  /** Tells every callback that the run is over, also when one of them throws. */
  async #finish(): Promise<void> {
    const callbacks = this.#active, errors: unknown[] = [];
    this.training = false;
    this.#active = [];
    for (const callback of callbacks) {
      try {
        await callback.afterFit?.(this);
      } catch (error) {
        errors.push(error);
      }
    }
    this.#running = false;
    if (errors.length > 0) throw errors[0];
  }

  #setDecay(wd: number): void {
    for (const group of this.optimizer.paramGroups) if (!this.#spared.has(group)) group.weightDecay = wd;
  }

  async #fire(event: Exclude<EventName, BatchEvent>): Promise<void> {
    for (const callback of this.#active) await callback[event]?.(this);
  }

  #fireInBatch(event: BatchEvent): void {
    for (const callback of this.#active) {
      const result: unknown = callback[event]?.(this);
      if (result instanceof Promise) {
        throw new StateError(`Cannot wait in ${event}: a callback of ${callback.constructor.name} is async`, {
          op: event,
        });
      }
    }
  }
}

function batchSize(target: unknown): number {
  const sizes: number[] = [];
  visitTensors(target, (tensor) => void sizes.push(tensor.shape[0] ?? 1));
  return sizes[0] ?? 1;
}
