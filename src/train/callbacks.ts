/**
 * The events of a training run. A callback is any object with methods named after events; the learner calls them in
 * the order below, callbacks with a lower `order` first, those with the same order as they were given.
 *
 * ```txt
 * beforeFit
 *   per epoch:  beforeEpoch
 *                 beforeTrain     per batch:  beforeBatch  afterPred  afterLoss
 *                                             beforeBackward  afterBackward  beforeStep  afterStep  afterBatch
 *                                             betweenBatches
 *                 afterTrain
 *                 beforeValidate  per batch:  beforeBatch  afterPred  afterLoss  afterBatch
 *                 afterValidate
 *               afterEpoch
 * afterFit                        always, also after an error
 * ```
 *
 * A callback that throws `CancelStepException` leaves out the optimiser's step: `afterCancelStep` is called, then
 * `afterStep`. In the same way `CancelBackwardException`, `CancelBatchException`, `CancelTrainException`,
 * `CancelValidException`, `CancelEpochException` and `CancelFitException` end the part of the run that they name; what
 * lies inside it is left without its events. Any other error ends the run.
 *
 * Events of a batch run inside the step: they must not be async, and tensors they make are released with the step
 * unless kept. The other events may be async and are waited for.
 * @module
 */

import type { StateTree } from "../tensor/state_tree.ts";
import type { Learner } from "./learner.ts";

/** What callbacks are given: a learner whatever its data. */
// deno-lint-ignore no-explicit-any -- a callback works for learners of all kinds of batches
export type AnyLearner = Learner<any, any>;

/** Reactions to the events of a run; every method is optional. */
export interface Callback {
  /** Callbacks with a lower order are called first; default 0. The recorder has -100, a progress bar 100. */
  readonly order?: number;
  /** Key of its state in `learner.stateDict()`; default: the name of its class, and its number where there are more. */
  readonly name?: string;
  /** True where it only looks on (a progress bar, a log, a checkpoint): `lrFind` goes without it. */
  readonly passive?: boolean;
  /** Its state, where it has one that a resumed run needs. */
  stateDict?(): StateTree;
  /** Goes on from a saved state. Called after `beforeFit`, and in the middle of an epoch after `beforeTrain` too. */
  loadStateDict?(state: StateTree): void;
  /** The run begins: hyper-parameters are set, no batch was loaded yet. */
  beforeFit?(learner: AnyLearner): void | Promise<void>;
  /** An epoch begins. */
  beforeEpoch?(learner: AnyLearner): void | Promise<void>;
  /** The training part of an epoch begins; the model is in training mode. */
  beforeTrain?(learner: AnyLearner): void | Promise<void>;
  /** A batch is there: `x` and `y` are set. */
  beforeBatch?(learner: AnyLearner): void;
  /** The model has run: `prediction` is set and may be replaced. */
  afterPred?(learner: AnyLearner): void;
  /** The loss is there: `loss` is what is reported; terms for backward are added to `objective`. */
  afterLoss?(learner: AnyLearner): void;
  /** Training only: before gradients are computed. */
  beforeBackward?(learner: AnyLearner): void;
  /** Training only: gradients are there. */
  afterBackward?(learner: AnyLearner): void;
  /** Training only: before the optimiser changes the parameters. */
  beforeStep?(learner: AnyLearner): void;
  /** Training only: the parameters are changed, the gradients still there. */
  afterStep?(learner: AnyLearner): void;
  /** The batch is done; its tensors are released right after. */
  afterBatch?(learner: AnyLearner): void;
  /**
   * Training only: the batch's tensors are released and the learner counts the next batch, so its state is that of a
   * run between two batches. Outside the step: it may be async.
   */
  betweenBatches?(learner: AnyLearner): void | Promise<void>;
  /** The training part of an epoch is over. */
  afterTrain?(learner: AnyLearner): void | Promise<void>;
  /** The validation part of an epoch begins; the model is in evaluation mode. */
  beforeValidate?(learner: AnyLearner): void | Promise<void>;
  /** The validation part of an epoch is over. */
  afterValidate?(learner: AnyLearner): void | Promise<void>;
  /** The epoch's results are in `history.last`. */
  afterEpoch?(learner: AnyLearner): void | Promise<void>;
  /** The run is over, for whatever reason. */
  afterFit?(learner: AnyLearner): void | Promise<void>;
  /** Backward was left out. */
  afterCancelBackward?(learner: AnyLearner): void;
  /** The step was left out. */
  afterCancelStep?(learner: AnyLearner): void;
  /** The rest of the batch was left out. */
  afterCancelBatch?(learner: AnyLearner): void;
  /** The training part was ended early. */
  afterCancelTrain?(learner: AnyLearner): void | Promise<void>;
  /** The validation part was ended early. */
  afterCancelValidate?(learner: AnyLearner): void | Promise<void>;
  /** The epoch was ended early. */
  afterCancelEpoch?(learner: AnyLearner): void | Promise<void>;
  /** The run was ended early. */
  afterCancelFit?(learner: AnyLearner): void | Promise<void>;
}

/** Names of the events of a batch. */
export type BatchEvent =
  | "beforeBatch"
  | "afterPred"
  | "afterLoss"
  | "beforeBackward"
  | "afterBackward"
  | "beforeStep"
  | "afterStep"
  | "afterBatch"
  | "afterCancelBackward"
  | "afterCancelStep"
  | "afterCancelBatch";

/** Names of all events. */
export type EventName = Exclude<keyof Callback, "order" | "name" | "passive" | "stateDict" | "loadStateDict">;

/** Callbacks in the order in which they are called. */
export function inOrder(callbacks: readonly Callback[]): Callback[] {
  return callbacks.toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0));
}

/** Callbacks with state under the keys of their states. */
export function named(callbacks: readonly Callback[]): Map<string, Callback> {
  const found = new Map<string, Callback>();
  for (const callback of callbacks) {
    if (!callback.stateDict || !callback.loadStateDict) continue;
    const name = callback.name ?? callback.constructor.name;
    let key = name;
    for (let i = 2; found.has(key); i++) key = `${name} ${i}`;
    found.set(key, callback);
  }
  return found;
}
