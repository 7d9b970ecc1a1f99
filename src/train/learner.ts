/**
 * The learner: a model, its data and its optimiser, and the ways to train and use them. Names and defaults are fastai's.
 * @module
 */

import { StateError, ValueError } from "../errors.ts";
import { BatchNorm1d } from "../nn/batch_norm.ts";
import { combinedCosine, constant, oneCycle, type OneCycleOptions } from "../optim/lr_scheduler.ts";
import type { AnyTensor, Tensor } from "../tensor/tensor.ts";
import type { Parameter } from "../tensor/arena.ts";
import { type LearningRate, slice, spread } from "./groups.ts";
import type { History } from "./history.ts";
import { LearnerCore } from "./learner_core.ts";
import type { Batches, FitOptions, StateStore } from "./learner_options.ts";
import { copyOf } from "./learner_state.ts";
import { disposeTree } from "./checkpoint_tree.ts";
import { findLr, type LrFindOptions, type LrFindResult } from "./lr_find.ts";
import { MixedPrecision } from "./mixed_precision.ts";
import type { LossScaleOptions } from "./loss_scale.ts";
import { ParamScheduler } from "./param_scheduler.ts";
import { collectPredictions, type PredictionOptions, type Predictions } from "./predictions.ts";
import { showFirst, type ShowOptions } from "./show_results.ts";

/** Options of {@link Learner.fineTune}. */
export interface FineTuneOptions extends FitOptions, OneCycleOptions {
  /** Epochs with all groups but the last frozen; default 1. */
  freezeEpochs?: number;
  /** The first group learns so many times slower than the last; default 100. */
  lrMult?: number;
}

/** Options of {@link Learner.fitFlatCos}. */
export interface FlatCosOptions extends FitOptions {
  /** The run ends near the learning rate divided by this; default 1e5. */
  divFinal?: number;
  /** Part of the run with a constant learning rate; default 0.75. */
  pctStart?: number;
}

/** One run of a training of several: it hands its options on to `fit` or one of its kind. */
export type Stage = (options: Pick<FitOptions, "resume">) => Promise<unknown>;

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
export class Learner<X = AnyTensor, Y = AnyTensor> extends LearnerCore<X, Y> {
  /**
   * Trains with a constant learning rate.
   * @param epochs passes over the training data
   * @param lr learning rate, or {@link slice} of them for the layer groups; default: the learner's
   * @returns the records of the run
   * @throws {ValueError} naming `lr`, `epochs` or `wd` when it is not a usable number
   */
  async fit(epochs: number, lr: LearningRate = this.lr, options: FitOptions = {}): Promise<History> {
    return await this.runFit(epochs, spread("fit", "lr", lr, this.groups.count), options);
  }

  /**
   * Trains with one cycle of learning rate and momentum, see `w.optim.lrScheduler.oneCycle`.
   * @param epochs passes over the training data
   * @param lrMax highest learning rate, or {@link slice} of them for the layer groups
   * @returns the records of the run
   * @throws {ValueError} naming the argument that is not a usable number
   */
  async fitOneCycle(
    epochs: number,
    lrMax: LearningRate = this.lr,
    options: FitOptions & OneCycleOptions = {},
  ): Promise<History> {
    const { callbacks = [], wd, signal, resume, ...cycle } = options;
    const rates = spread("fitOneCycle", "lrMax", lrMax, this.groups.count);
    const cycles = rates.map((rate) => oneCycle(rate, { ...cycle, moms: cycle.moms ?? this.moms }));
    const schedule = new ParamScheduler({ lr: cycles.map(({ lr }) => lr), momentum: cycles[0].momentum });
    return await this.runFit(epochs, rates, { wd, signal, resume, callbacks: [...callbacks, schedule] });
  }

  /**
   * Trains with a constant learning rate, and in the last quarter with one that falls on a cosine.
   * @throws {ValueError} naming the argument that is not a usable number
   */
  async fitFlatCos(epochs: number, lr: LearningRate = this.lr, options: FlatCosOptions = {}): Promise<History> {
    const { callbacks = [], divFinal = 1e5, pctStart = 0.75, ...rest } = options;
    const rates = spread("fitFlatCos", "lr", lr, this.groups.count);
    const schedules = rates.map((rate) =>
      pctStart === 1 ? constant(rate) : combinedCosine(pctStart, rate, rate, rate / divFinal)
    );
    return await this.runFit(epochs, rates, {
      ...rest,
      callbacks: [...callbacks, new ParamScheduler({ lr: schedules })],
    });
  }

  /**
   * Trains the last layer group first, then, with discriminative learning rates, all of them.
   * @param epochs passes with all groups
   * @param baseLr highest learning rate of the first part; half of it counts in the second
   * @returns the records of the second part
   */
  async fineTune(epochs: number, baseLr = 2e-3, options: FineTuneOptions = {}): Promise<History> {
    const { freezeEpochs = 1, lrMult = 100, pctStart = 0.3, div = 5, resume, ...rest } = options;
    spread("fineTune", "baseLr", baseLr, 1);
    const half = baseLr / 2;
    await this.inStages([
      async ({ resume }) => {
        this.freeze();
        await this.fitOneCycle(freezeEpochs, slice(baseLr), { ...rest, pctStart: 0.99, resume });
      },
      async ({ resume }) => {
        this.unfreeze();
        await this.fitOneCycle(epochs, slice(half / lrMult, half), { ...rest, pctStart, div, resume });
      },
    ], { resume });
    return this.history;
  }

  /**
   * Runs several trainings one after the other. After a state was loaded, those that are over are left out, and the one
   * that was interrupted goes on. A run that was stopped ends the others too.
   */
  async inStages(stages: readonly Stage[], { resume = true }: Pick<FitOptions, "resume"> = {}): Promise<void> {
    const first = resume ? this.pendingStage : 0;
    try {
      for (let i = first; i < stages.length; i++) {
        this.stage = i;
        await stages[i]({ resume: resume && i === first });
        if (this.stopped) break;
      }
    } finally {
      this.stage = 0;
    }
  }

  /** Lets the layer groups from `n` on learn and freezes those before; negative numbers count from the end. */
  freezeTo(n: number): void {
    this.#train(this.groups.from("freezeTo", n));
  }

  /** Freezes all layer groups but the last. */
  freeze(): void {
    this.freezeTo(-1);
  }

  /** Lets all layer groups learn. */
  unfreeze(): void {
    this.freezeTo(0);
  }

  /** Lets only these layer groups learn; negative numbers count from the end. */
  trainOnly(...groups: number[]): void {
    this.#train(groups.map((n) => {
      const [first] = this.groups.from("trainOnly", n);
      if (first !== undefined) return first;
      throw new ValueError(`Cannot trainOnly(${n}): the model has ${this.groups.count} layer groups`, {
        op: "trainOnly",
        value: n,
      });
    }));
  }

  #train(groups: readonly number[]): void {
    const always = new Set<Parameter>();
    if (this.options.trainBn ?? true) {
      for (const module of this.model.modules()) {
        if (module instanceof BatchNorm1d) { for (const parameter of module.parameters()) always.add(parameter); }
      }
    }
    this.groups.train(groups, always);
  }

  /**
   * Trains in mixed precision from now on: see {@link MixedPrecision}.
   * @throws {DeviceError} when the device has no shader-f16
   */
  toFp16(options: LossScaleOptions = {}): this {
    this.toFp32();
    this.callbacks.push(new MixedPrecision(options));
    return this;
  }

  /** Trains in f32 again. */
  toFp32(): this {
    const kept = this.callbacks.filter((callback) => !(callback instanceof MixedPrecision));
    this.callbacks.splice(0, this.callbacks.length, ...kept);
    return this;
  }

  /**
   * Looks for a learning rate: trains for a hundred batches while it grows from 1e-7 to 10, and stops where the loss
   * grows. Model, optimiser, random generators, loader and history are afterwards what they were.
   * @throws {StateError} when optimiser or training data have no state to put back
   */
  async lrFind(options: LrFindOptions = {}): Promise<LrFindResult> {
    if (this.waiting) {
      throw new StateError("Cannot lrFind: a loaded state waits for its run to go on; call fit first", {
        op: "lrFind",
      });
    }
    if (!this.train.stateDict) {
      throw new StateError("Cannot lrFind: the training data have no stateDict, so their place could not be put back", {
        op: "lrFind",
      });
    }
    const state = copyOf(this.stateDict()), { training } = this.model, removed: typeof this.callbacks = [];
    for (let i = this.callbacks.length - 1; i >= 0; i--) {
      if (this.callbacks[i].passive) removed.unshift(...this.callbacks.splice(i, 1));
    }
    const all = [...this.callbacks, ...removed];
    try {
      return await findLr(options, this.train.length, async (epochs, callback) => {
        await this.runFit(epochs, spread("lrFind", "lr", 0, this.groups.count), { callbacks: [callback] });
        return this.history.steps;
      });
    } finally {
      this.callbacks.splice(0, this.callbacks.length, ...all);
      this.restore(state);
      disposeTree(state);
      this.optimizer.zeroGrad();
      this.model.train(training);
    }
  }

  /**
   * Evaluates the model.
   * @param batches default: the validation batches
   * @returns mean loss, and metrics by name
   */
  async validate(batches?: Batches<X, Y>): Promise<{ loss: number; metrics: Record<string, number> }> {
    const data = this.#data("validate", batches);
    const { loss, metrics } = await this.evaluate("validate", data, [], () => this.recorder.results());
    return { loss: loss!, metrics };
  }

  /**
   * Predictions for all items, in the order of the data set.
   * @param options `batches`: default the validation batches; they may come without targets
   * @returns tensors that belong to the caller
   */
  async getPreds(options: PredictionOptions<X, Y> = {}): Promise<Predictions> {
    const data = this.#data("getPreds", options.batches), collector = collectPredictions(this.options.loss, options);
    try {
      return await this.evaluate("getPreds", data, [collector], () => Promise.resolve(collector.result(data.order)));
    } finally {
      collector.dispose();
    }
  }

  /**
   * Prediction for one batch of inputs, after softmax or sigmoid where the loss has one, and the classes.
   * @param x inputs as the loader yields them, for one item a batch of one
   */
  async predict(x: X): Promise<{ prediction: Tensor; decoded: AnyTensor }> {
    const one: Batches<X, Y> = {
      length: 1,
      async *[Symbol.asyncIterator]() {
        yield await Promise.resolve([x] as const);
      },
    };
    const { predictions, decoded } = await this.getPreds({ batches: one, decode: true });
    return { prediction: predictions, decoded: decoded! };
  }

  /** A table of inputs, targets and predictions of the first items. */
  async showResults(options: ShowOptions<X, Y> = {}): Promise<string> {
    const data = this.#data("showResults", options.batches), shower = showFirst(this.options.loss, options);
    return await this.evaluate("showResults", data, [shower], () => shower.table());
  }

  /**
   * Saves the whole state in a file, to go on with {@link load}.
   * @throws {StateError} when it cannot be written
   */
  async save(path: string): Promise<void> {
    await (await this.#store()).save(path, this.stateDict());
  }

  /** Loads a state that {@link save} wrote. The next `fit` goes on in it, unless it is told `{ resume: false }`. */
  async load(path: string): Promise<void> {
    const state = await (await this.#store()).load(path);
    try {
      this.loadStateDict(state);
    } finally {
      disposeTree(state);
    }
  }

  async #store(): Promise<StateStore> {
    if (this.options.store) return this.options.store;
    const { loadCheckpoint: load, saveCheckpoint: save } = await import("./checkpoint_file.ts");
    return { load, save };
  }

  #data(op: string, batches: Batches<X, Y> | undefined): Batches<X, Y> {
    const data = batches ?? this.valid;
    if (!data) throw new StateError(`Cannot ${op}: the learner has no validation batches`, { op });
    return data;
  }
}
