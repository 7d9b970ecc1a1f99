/**
 * What a learner is made of and what its runs can be told.
 * @module
 */

import type { Generator } from "../tensor/random.ts";
import type { StateTree } from "../tensor/state_tree.ts";
import type { Splitter } from "./groups.ts";
import type { Module } from "../nn/module.ts";
import type { Parameter } from "../tensor/arena.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Callback } from "./callbacks.ts";
import type { LearnerOptimizer } from "./hyper.ts";
import type { Metric } from "./metrics.ts";

/** What a model returns: the prediction, alone or first in a list. */
export type ModelOutput = Tensor | readonly Tensor[];

/** A model that a learner can train. */
export type Model<X> = Module<[X], ModelOutput>;

/** Batches of inputs and targets, an epoch per iteration. */
export interface Batches<X, Y> extends AsyncIterable<readonly [X, Y] | readonly [X]> {
  /** Number of batches. */
  readonly length: number;
  /** Numbers of the items in the order of the last epoch; null for that of the data set. Predictions follow the data set. */
  readonly order?: ArrayLike<number> | null;
  /** Its place and order; without it, a resumed run skips the batches that were seen. */
  stateDict?(): StateTree;
  /** The next epoch goes on at a saved place. */
  loadStateDict?(state: StateTree): void;
}

/** Makes the optimiser from parameter groups. */
export type OptimizerFunction = (
  groups: { params: Parameter[]; lr: number; weightDecay: number }[],
) => LearnerOptimizer;

/** Keeps states of learners under names. */
export interface StateStore {
  /** Writes a state; the tensors are copied before the promise is first waited for. */
  save(path: string, state: StateTree): Promise<void>;
  /** Reads a state; its tensors are the caller's. */
  load(path: string): Promise<StateTree>;
}

/** What a learner is made of. */
export interface LearnerOptions<X, Y> {
  /** The model. */
  model: Model<X>;
  /** Loss of a batch, a scalar. */
  loss(prediction: Tensor, target: Y): Tensor;
  /** Training batches. */
  train: Batches<X, Y>;
  /** Validation batches; without them only the training loss is reported. */
  valid?: Batches<X, Y>;
  /** The optimiser; without it `optFunc` makes one. */
  optimizer?: LearnerOptimizer;
  /** Makes the optimiser from two groups, parameters that decay and those that do not; default: fastai's Adam. */
  optFunc?: OptimizerFunction;
  /** Divides the model into layer groups; default: one group, or the groups of `optimizer`. */
  splitter?: Splitter<Model<X>>;
  /** Whether batch normalisation learns in frozen groups, as in fastai; without, it does not follow the data there either. Default true. */
  trainBn?: boolean;
  /** Random generators of the model or the data, beside the program's own, whose state a resumed run needs. */
  generators?: Readonly<Record<string, Generator>>;
  /** What `save` and `load` use; default: files in the checkpoints' format. */
  store?: StateStore;
  /** Metrics of the validation data. */
  metrics?: readonly Metric[];
  /** Callbacks of all runs. */
  callbacks?: readonly Callback[];
  /** Learning rate of `fit` without one; default 1e-3. */
  lr?: number;
  /** Weight decay of the optimiser that `optFunc` makes; default 0.01. */
  wd?: number;
  /** Momenta of one-cycle training; default `[0.95, 0.85, 0.95]`. */
  moms?: readonly [number, number, number];
}

/** Options of {@link Learner.fit}. */
export interface FitOptions {
  /** Weight decay; by default that of the last run. With `optFunc`, biases and normalisation layers keep none. */
  wd?: number;
  /** Callbacks of this run only. */
  callbacks?: readonly Callback[];
  /** Ends the run after the current batch when it is aborted. */
  signal?: AbortSignal;
  /** Whether the run goes on from a state that was loaded; default true. False starts a new run with the loaded weights. */
  resume?: boolean;
}
