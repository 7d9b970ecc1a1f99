/**
 * The training loop: parts of a run with their events, batches, steps. The loop waits for the device once per epoch; a
 * step is ordinary eager code.
 * @module
 */

import { ShapeError, StateError, ValueError } from "../errors.ts";
import { noGrad } from "../autograd/mode.ts";
import { BatchNorm1d } from "../nn/batch_norm.ts";
import type { Parameter } from "../tensor/arena.ts";
import { FastaiAdam } from "../optim/fastai_adam.ts";
import { requireLearningRate } from "../optim/lr_scheduler.ts";
import { tidy, visitTensors } from "../tensor/scope.ts";
import type { AnyTensor, Tensor } from "../tensor/tensor.ts";
import { type AnyLearner, type BatchEvent, type Callback, type EventName, inOrder } from "./callbacks.ts";
import * as cancel from "./cancel.ts";
import { LayerGroups, type LearningRate, type Splitter, spread } from "./groups.ts";
import type { History } from "./history.ts";
import type { LearnerOptimizer } from "./hyper.ts";
import type { Batches, LearnerOptions, Model, ModelOutput } from "./learner_options.ts";
import { Recorder } from "./recorder.ts";

/** How long the loop may run before it lets timers, signals and pages have a turn. */
const BREATH_MS = 100;

const CANCEL = {
  Fit: cancel.CancelFitException,
  Epoch: cancel.CancelEpochException,
  Train: cancel.CancelTrainException,
  Validate: cancel.CancelValidException,
  Batch: cancel.CancelBatchException,
  Backward: cancel.CancelBackwardException,
  Step: cancel.CancelStepException,
} as const;

/** The loop of a {@link Learner}. */
export class LearnerLoop<X = AnyTensor, Y = AnyTensor> {
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
  /** Layer groups of the model, from input to output. */
  readonly groups: LayerGroups;

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
  /** True when the run goes on from a loaded state. */
  resumed = false;
  /** Inputs of the batch. */
  x!: X;
  /** Targets of the batch. */
  y!: Y;
  /** Items in the batch: the first size of the targets, or of the prediction where there are none. */
  size = 0;
  /** What the model returned. */
  output: ModelOutput | null = null;
  /** The prediction that loss and metrics get; callbacks may replace it in `afterPred`. */
  prediction: Tensor | null = null;
  /** The loss that is reported. */
  loss: Tensor | null = null;
  /** The loss that gradients are taken of; callbacks may add terms in `afterLoss`. */
  objective: Tensor | null = null;
  /** What the model runs in; mixed precision sets it in `beforeTrain` and `beforeValidate`, every run ends with none. */
  context: (<R>(fn: () => R) => R) | null = null;

  /** What the learner was made of. */
  protected readonly options: LearnerOptions<X, Y>;
  /** Number of the run in a training of several. */
  protected stage = 0;
  /** Callbacks of the run, in order. */
  protected active: Callback[] = [];
  /** True while a run or an evaluation goes on. */
  protected running = false;
  #stopped = false;
  /** See {@link ended}. */
  protected isEnded = false;
  #lastBreath = 0;
  /** What is over, for the state: epochs, and batches of the epoch. */
  protected over = { epoch: 0, batch: 0 };

  /** @throws {ValueError} when the learning rate or weight decay is NaN, infinite or negative */
  constructor(options: LearnerOptions<X, Y>) {
    const { model, train, valid = null, metrics = [], callbacks = [], lr = 1e-3, wd = 0.01 } = options;
    requireLearningRate("Learner", "lr", lr);
    requireLearningRate("Learner", "wd", wd);
    this.options = options;
    this.model = model;
    this.train = train;
    this.valid = valid;
    this.lr = lr;
    this.moms = options.moms ?? [0.95, 0.85, 0.95];
    this.callbacks = [...callbacks];
    this.recorder = new Recorder(metrics);
    const { optimizer, optFunc = (groups) => new FastaiAdam(groups) } = options;
    this.groups = new LayerGroups(model, options.splitter as Splitter | undefined, optimizer);
    this.optimizer = optimizer ?? optFunc(this.groups.forOptimizer(model, lr, wd));
  }

  /** Records of the current or last run. */
  get history(): History {
    return this.recorder.history;
  }

  /** The part of the run that is over, from 0 up to but not 1: where schedules are evaluated. */
  get position(): number {
    return (this.epoch + (this.training ? this.batch / this.batches : 1)) / this.epochs;
  }

  /** Sets the learning rate of all layer groups, or one for each. @throws {ValueError} for a rate that is out of range */
  setLr(lr: LearningRate): void {
    this.groups.setLr(this.optimizer, spread("setLr", "lr", lr, this.groups.count));
  }

  /** Ends the run after the current batch, or after the epoch when called between batches. */
  stop(): void {
    this.#stopped = true;
  }

  /** True when the last run was ended by {@link stop}, an abort signal or an interrupt. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** True when the run has come to its end: nothing stopped it, and no error. */
  get ended(): boolean {
    return this.isEnded;
  }

  /** Layers of batch normalisation that do not learn do not follow the data either, unless they are to. */
  protected restFrozen(): void {
    if (this.options.trainBn ?? true) return;
    for (const module of this.model.modules()) {
      if (module instanceof BatchNorm1d && module.parameters().every((p: Parameter) => !p.requiresGrad)) module.eval();
    }
  }

  /** Evaluates; the caller begins and finishes. */
  protected async runValidation(batches: Batches<X, Y>): Promise<void> {
    this.model.eval();
    this.training = false;
    await this.part("Validate", () => this.forEach(batches, () => noGrad(() => this.#forward()), 0));
  }

  /** Runs one evaluation with its events, outside of a fit, and `read` before the sums are released. */
  protected async evaluate<R>(
    op: string,
    batches: Batches<X, Y>,
    callbacks: readonly Callback[],
    read: () => Promise<R>,
  ): Promise<R> {
    this.begin(op, callbacks);
    const { training } = this.model;
    let result: R;
    try {
      await this.runValidation(batches);
      result = await read();
    } catch (error) {
      await this.finish().catch(() => {});
      throw error;
    } finally {
      this.model.train(training);
    }
    await this.finish();
    return result;
  }

  /** Events around a part of a run, and the end of it where a callback cancels it. */
  protected async part(name: "Fit" | "Epoch" | "Train" | "Validate", run: () => Promise<void>): Promise<void> {
    try {
      await this.#fire(`before${name}`);
      await run();
    } catch (error) {
      if (!(error instanceof CANCEL[name])) throw error;
      if (name === "Train") this.training = false;
      await this.#fire(`afterCancel${name}`);
    }
    if (name === "Fit" || this.#stopped) return; // in the middle of an epoch: there is nothing to report about it
    if (name === "Epoch") this.over = { epoch: this.epoch + 1, batch: 0 };
    await this.#fire(`after${name}`);
  }

  #partOfBatch(name: "Batch" | "Backward" | "Step", run: () => void): void {
    try {
      this.#fireInBatch(`before${name}`);
      run();
    } catch (error) {
      if (!(error instanceof CANCEL[name])) throw error;
      this.#fireInBatch(`afterCancel${name}`);
    }
    this.#fireInBatch(`after${name}`);
  }

  protected async forEach(batches: Batches<X, Y>, run: () => void, from: number): Promise<void> {
    this.batch = batches.loadStateDict ? from : 0;
    this.batches = batches.length;
    for await (const [x, y] of batches) {
      if (this.batch < from) { // a loader without a state: what was seen goes by again
        this.batch++;
        continue;
      }
      this.x = x;
      this.y = y as Y;
      this.size = y === undefined ? 0 : batchSize(y);
      try {
        tidy(() => this.#partOfBatch("Batch", run));
      } finally {
        this.output =
          this.prediction =
          this.loss =
          this.objective =
            null;
      }
      this.batch++;
      await this.#breathe(); // before the event: who was asked to stop meanwhile still saves
      if (this.training) {
        this.over = { epoch: this.epoch, batch: this.batch };
        await this.#fire("betweenBatches");
      }
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
    const run = () => this.model.forward(this.x);
    this.output = this.context ? this.context(run) : run();
    this.prediction = Array.isArray(this.output) ? null : this.output as Tensor;
    this.#fireInBatch("afterPred");
    if (!this.prediction) {
      throw new StateError(
        `Cannot compute the loss: the model returned ${
          (this.output as readonly Tensor[]).length
        } tensors; return one, or add a callback that sets learner.prediction, such as RNNRegularizer`,
        { op: "Learner" },
      );
    }
    if (this.y === undefined && !this.training) return void (this.size = this.prediction.shape[0] ?? 1);
    this.loss = this.objective = this.options.loss(this.prediction, this.y);
    if (this.loss.numel !== 1) {
      throw new ShapeError(
        `Cannot train on a loss of shape [${this.loss.shape}]: it has to be a scalar, take its mean`,
        { op: "Learner", shapes: [this.loss.shape] },
      );
    }
    this.#fireInBatch("afterLoss");
  }

  protected trainStep(): void {
    this.#forward();
    this.#partOfBatch("Backward", () => this.objective!.backward());
    this.#partOfBatch("Step", () => this.optimizer.step());
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

  protected begin(op: string, callbacks: readonly Callback[]): void {
    if (this.running) {
      throw new StateError(`Cannot ${op}: this learner is running; await the other call first`, { op });
    }
    this.running = true;
    this.#stopped = this.isEnded = false;
    this.active = inOrder([this.recorder, ...this.callbacks, ...callbacks]);
    this.#lastBreath = performance.now();
  }

  /** Tells every callback that the run is over, also when one of them throws. */
  protected async finish(): Promise<void> {
    const callbacks = this.active, errors: unknown[] = [];
    this.training = false;
    for (const callback of callbacks) {
      try {
        await callback.afterFit?.(this as unknown as AnyLearner);
      } catch (error) {
        errors.push(error);
      }
    }
    this.active = [];
    this.running = false;
    this.context = null;
    if (errors.length > 0) throw errors[0];
  }

  async #fire(event: Exclude<EventName, BatchEvent>): Promise<void> {
    for (const callback of this.active) await callback[event]?.(this as unknown as AnyLearner);
  }

  #fireInBatch(event: BatchEvent): void {
    for (const callback of this.active) {
      const result: unknown = callback[event]?.(this as unknown as AnyLearner);
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
