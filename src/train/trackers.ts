/**
 * Callbacks that watch a number: they stop a run that does not get better, keep the best weights, lower the learning
 * rate, or end a run that is lost.
 * @module
 */

import { StateError, ValueError } from "../errors.ts";
import type { StateTree } from "../tensor/state_tree.ts";
import type { AnyLearner, Callback } from "./callbacks.ts";
import { CancelFitException } from "./cancel.ts";
import { copyOf } from "./learner_state.ts";
import { disposeTree } from "./checkpoint_tree.ts";

/** Options of {@link Tracker} and those that watch like it. */
export interface TrackerOptions {
  /** `"validLoss"` (the default), `"trainLoss"` or the name of a metric. */
  monitor?: string;
  /** Whether less or more is better; default `"min"` for losses and errors, `"max"` for other metrics, as fastai guesses. */
  mode?: "min" | "max";
  /** Better by less than this does not count; default 0. */
  minDelta?: number;
  /** Whether every run starts with no best value; default true. */
  resetOnFit?: boolean;
}

/** Knows after every epoch whether it was the best so far. */
export abstract class Tracker implements Callback {
  /** After metrics are known. */
  readonly order: number = 60;
  /** Key of its state. */
  abstract readonly name: string;
  /** It has no part in the gradients. */
  readonly passive = true;
  /** What is watched. */
  readonly monitor: string;
  /** The best value so far; null before the first. */
  best: number | null = null;
  readonly #sign: 1 | -1;
  readonly #minDelta: number;
  readonly #reset: boolean;

  /** @throws {ValueError} for an option out of range */
  constructor({ monitor = "validLoss", mode, minDelta = 0, resetOnFit = true }: TrackerOptions = {}) {
    if (mode !== undefined && mode !== "min" && mode !== "max") throw outOfRange("mode", mode, '"min" or "max"');
    if (!(minDelta >= 0 && minDelta < Infinity)) {
      throw outOfRange("minDelta", minDelta, "a finite number of at least 0");
    }
    this.monitor = monitor;
    this.#sign = (mode ?? (/loss|error|perplexity/i.test(monitor) ? "min" : "max")) === "min" ? -1 : 1;
    this.#minDelta = minDelta;
    this.#reset = resetOnFit;
  }

  /** The best value, and what the callback counts. */
  stateDict(): StateTree {
    return { best: this.best };
  }

  /** @throws {ValueError} for something else */
  loadStateDict(state: StateTree): void {
    const { best } = (state ?? {}) as { best?: unknown };
    if (best !== null && typeof best !== "number") {
      throw outOfRange("the best value of a state", best, "a number or null");
    }
    this.best = best;
  }

  /** A run begins. */
  beforeFit(_learner: AnyLearner): void {
    if (this.#reset) this.best = null;
  }

  /** Whether the epoch is the best so far, which it then is for those that follow. NaN never is. */
  protected isBest({ history }: AnyLearner): boolean {
    const { last } = history,
      all: Record<string, number | null> = {
        ...last.metrics,
        validLoss: last.validLoss,
        trainLoss: last.trainLoss,
      };
    const value = all[this.monitor];
    if (typeof value !== "number") {
      throw new StateError(
        `Cannot watch ${this.monitor} in ${this.name}: the epoch has ${
          Object.keys(all).filter((name) => all[name] !== null).join(", ")
        }`,
        { op: this.name, value: this.monitor },
      );
    }
    const gain = this.best === null ? Infinity : this.#sign * (value - this.best) - this.#minDelta;
    if (Number.isNaN(value) || !(gain > 0)) return false;
    this.best = value;
    return true;
  }
}

/** Options of {@link EarlyStopping}. */
export interface EarlyStoppingOptions extends TrackerOptions {
  /** Epochs without a better one after which the run ends; default 1. */
  patience?: number;
}

/** Does something when epochs have not become better for a while. */
export abstract class PatientTracker extends Tracker {
  /** Epochs since the best one. */
  wait = 0;
  /** Epochs without a better one after which something happens. */
  readonly patience: number;

  /** @throws {ValueError} for an option out of range */
  constructor({ patience = 1, ...options }: EarlyStoppingOptions = {}) {
    super(options);
    if (!Number.isSafeInteger(patience) || patience < 1) throw outOfRange("patience", patience, "a positive integer");
    this.patience = patience;
  }

  /** The best value and the count. */
  override stateDict(): StateTree {
    return { best: this.best, wait: this.wait };
  }

  /** @throws {ValueError} for something else */
  override loadStateDict(state: StateTree): void {
    const { wait } = (state ?? {}) as { wait?: unknown };
    if (!Number.isSafeInteger(wait)) throw outOfRange("the count of a state", wait, "an integer");
    super.loadStateDict(state);
    this.wait = wait as number;
  }

  /** A run begins. */
  override beforeFit(learner: AnyLearner): void {
    super.beforeFit(learner);
    this.wait = 0;
  }

  /** Counts the epoch. */
  afterEpoch(learner: AnyLearner): void {
    if (this.isBest(learner)) this.wait = 0;
    else if (++this.wait >= this.patience) this.enough(learner);
  }

  /** What happens then. */
  protected abstract enough(learner: AnyLearner): void;
}

/** Ends the run when the validation loss (or what `monitor` says) has not become better for `patience` epochs. */
export class EarlyStopping extends PatientTracker {
  /** Key of its state. */
  readonly name = "EarlyStopping";

  /** @throws {ValueError} for an option out of range */
  constructor(options: EarlyStoppingOptions = {}) {
    super(options);
  }

  /** Ends the run. */
  protected override enough(): void {
    throw new CancelFitException();
  }
}

/** Options of {@link ReduceLROnPlateau}. */
export interface ReduceLROnPlateauOptions extends EarlyStoppingOptions {
  /** The learning rates are divided by it; default 10. */
  factor?: number;
  /** They do not fall below it; default 0. */
  minLr?: number;
}

/** Divides the learning rates when the validation loss has not become better for `patience` epochs. */
export class ReduceLROnPlateau extends PatientTracker {
  /** Key of its state. */
  readonly name = "ReduceLROnPlateau";
  readonly #factor: number;
  readonly #minLr: number;

  /** @throws {ValueError} for an option out of range */
  constructor({ factor = 10, minLr = 0, ...options }: ReduceLROnPlateauOptions = {}) {
    super(options);
    if (!(factor > 1 && factor < Infinity)) throw outOfRange("factor", factor, "a finite number above 1");
    if (!(minLr >= 0)) throw outOfRange("minLr", minLr, "a number of at least 0");
    this.#factor = factor;
    this.#minLr = minLr;
  }

  /** Lowers the rates. */
  protected override enough({ optimizer }: AnyLearner): void {
    for (const group of optimizer.paramGroups) {
      group.lr = Math.min(group.lr, Math.max(group.lr / this.#factor, this.#minLr));
    }
    this.wait = 0;
  }
}

/** Options of {@link SaveBest}. */
export interface SaveBestOptions extends TrackerOptions {
  /** Where the learner's state is saved, too; default: the weights are kept in memory only. */
  path?: string;
  /** Whether the run ends with the best weights; default true. */
  restore?: boolean;
}

/** Keeps the weights of the best epoch, and ends the run with them, as fastai's SaveModelCallback does. */
export class SaveBest extends Tracker {
  /** Before those that end a run: its last epoch may be the best. */
  override readonly order: number = 59;
  /** Key of its state. */
  readonly name = "SaveBest";
  readonly #path: string | undefined;
  readonly #restore: boolean;
  #weights: StateTree = null;

  /** @throws {ValueError} for an option out of range */
  constructor({ path, restore = true, ...options }: SaveBestOptions = {}) {
    super(options);
    this.#path = path;
    this.#restore = restore;
  }

  /** The best value and its weights. */
  override stateDict(): StateTree {
    return { best: this.best, weights: this.#weights };
  }

  /** @throws {ValueError} for something else */
  override loadStateDict(state: StateTree): void {
    super.loadStateDict(state);
    this.#keep((state as { weights: StateTree }).weights ?? null);
  }

  /** A run begins. */
  override beforeFit(learner: AnyLearner): void {
    super.beforeFit(learner);
    if (this.best === null) this.#keep(null);
  }

  /** Keeps the weights of the best epoch. */
  async afterEpoch(learner: AnyLearner): Promise<void> {
    if (!this.isBest(learner)) return;
    this.#keep(learner.model.stateDict() as StateTree);
    if (this.#path !== undefined) await learner.save(this.#path);
  }

  /** Goes back to the best weights. */
  afterFit(learner: AnyLearner): void {
    if (this.#restore && this.#weights !== null && learner.ended) {
      learner.model.loadStateDict(this.#weights as Parameters<typeof learner.model.loadStateDict>[0]);
    }
  }

  #keep(weights: StateTree): void {
    const old = this.#weights;
    this.#weights = copyOf(weights);
    disposeTree(old);
  }
}

/** Ends the run when a training loss is NaN or infinite. The losses are looked at every `every` batches, in one read. */
export class TerminateOnNaN implements Callback {
  /** After the others. */
  readonly order = 50;
  /** It has no part in the gradients. */
  readonly passive = true;
  readonly #every: number;
  #seen = 0;

  /** @param every batches between two looks; default 16 @throws {ValueError} unless it is a positive integer */
  constructor(every = 16) {
    if (!Number.isSafeInteger(every) || every < 1) throw outOfRange("every", every, "a positive integer");
    this.#every = every;
  }

  /** Starts over. */
  beforeFit(): void {
    this.#seen = 0;
  }

  /** Looks at the losses since the last time. */
  async betweenBatches({ recorder, batch, batches }: AnyLearner): Promise<void> {
    if (batch % this.#every !== 0 && batch < batches) return;
    await recorder.flush();
    const { loss } = recorder.history.steps;
    for (; this.#seen < loss.length; this.#seen++) {
      if (!Number.isFinite(loss[this.#seen])) throw new CancelFitException();
    }
  }
}

function outOfRange(name: string, value: unknown, wanted: string): ValueError {
  return new ValueError(`Cannot use ${name} = ${String(value)} in a callback: wanted ${wanted}`, {
    op: "callback",
    value,
  });
}
