/**
 * LRScheduler: what moves the learning rates of an optimiser's groups from step to step, in PyTorch's manner: `step()` is
 * called after the optimiser's, once per epoch or per batch. Schedules that scale the current rate can be chained.
 * @module
 */
import { ValueError } from "../errors.ts";
import type { StateTree } from "../tensor/state_tree.ts";

/** Options of a parameter group that schedules read and set. */
export interface ScheduledGroup {
  /** Learning rate. */
  lr: number;
  /** Learning rate before any schedule; noted by the first one. */
  initialLr?: number;
  /** Momentum of SGD and RMSprop. */
  momentum?: number;
  /** Momentum of fastai's Adam. */
  mom?: number;
  /** Adam's decay rates; the first is its momentum. */
  betas?: readonly [number, number];
  /** First decay rate of Keras' Adam. */
  beta1?: number;
}

/** An optimiser as a schedule sees it. */
export interface ScheduledOptimizer {
  /** Groups whose rates are moved. */
  readonly paramGroups: readonly ScheduledGroup[];
}

/** Options of every schedule. */
export interface SchedulerOptions {
  /**
   * True where `step()` stands before the optimiser's steps, as before PyTorch 1.1: the first call then only confirms
   * the rate of epoch 0, which the constructor has set. Default false.
   */
  stepFirst?: boolean;
}

/** What schedules have in common; `ReduceLROnPlateau` wants a metric for its steps. */
export interface Scheduler {
  /** The optimiser. */
  readonly optimizer: ScheduledOptimizer;
  /** Moves on to the next epoch (or batch). */
  step(metric?: number): void;
  /** Learning rate of each group as it was set last. */
  getLastLr(): number[];
  /** What is needed to go on. */
  stateDict(): { [name: string]: StateTree };
  /** Takes a state over. */
  loadStateDict(state: StateTree): void;
}

/** Momentum of a group whatever its optimiser calls it; NaN where there is none. */
export function momentumOf(group: ScheduledGroup): number {
  return group.betas?.[0] ?? group.mom ?? group.beta1 ?? group.momentum ?? NaN;
}

/** Sets what {@link momentumOf} reads. */
export function setMomentumOf(group: ScheduledGroup, value: number): void {
  if (group.betas) group.betas = [value, group.betas[1]];
  else if (group.mom !== undefined) group.mom = value;
  else if (group.beta1 !== undefined) group.beta1 = value;
  else group.momentum = value;
}

/** One value per group, of a number or of a list. @throws {ValueError} when the list is not as long */
export function perGroup(
  op: string,
  name: string,
  value: number | readonly number[],
  { paramGroups }: ScheduledOptimizer,
): number[] {
  const list = typeof value === "number" ? paramGroups.map(() => value) : [...value];
  if (list.length !== paramGroups.length) {
    throw new ValueError(`Cannot make ${op}: ${name} has ${list.length} values for ${paramGroups.length} groups`, {
      op,
      value: list,
    });
  }
  list.forEach((x) => checkRange(op, name, x, x >= 0 && x < Infinity, "a finite number, zero or above"));
  return list;
}

/** Throws unless `good`, naming what was wanted. */
export function checkRange(op: string, name: string, value: unknown, good: boolean, wanted: string): void {
  if (!good) throw new ValueError(`Cannot make ${op}: ${name} is ${value}, wanted ${wanted}`, { op, value });
}

/** Throws unless `value` is an integer of at least `least`. */
export function checkCount(op: string, name: string, value: number, least = 1): void {
  const good = Number.isInteger(value) && value >= least;
  checkRange(op, name, value, good, `an integer of at least ${least}`);
}

/** Throws unless `value` is finite and at least `least`. */
export function checkFinite(op: string, name: string, value: number, least = 0): void {
  const good = Number.isFinite(value) && value >= least;
  checkRange(op, name, value, good, `a finite number of at least ${least}`);
}

/** Base class of the schedules that count their own steps. */
export abstract class LRScheduler implements Scheduler {
  /** The optimiser whose groups are moved. */
  readonly optimizer: ScheduledOptimizer;
  /** Steps since the start: 0 after construction. */
  lastEpoch = 0;
  /** Learning rate of each group that the schedule starts from. */
  baseLrs: number[];
  #waits: boolean;
  #lastLr: number[] = [];

  /** Notes the rates of the groups; subclasses then call {@link LRScheduler.begin}. */
  constructor(optimizer: ScheduledOptimizer, { stepFirst = false }: SchedulerOptions = {}) {
    this.optimizer = optimizer;
    for (const group of optimizer.paramGroups) group.initialLr ??= group.lr;
    this.baseLrs = optimizer.paramGroups.map((group) => group.initialLr!);
    this.#waits = stepFirst;
  }

  /** The learning rate of a group at epoch `lastEpoch`, from its rate at the epoch before. */
  protected abstract next(lr: number, group: number): number;

  /** The learning rate at `lastEpoch` where it does not depend on the one before. */
  protected closed(group: number): number {
    return this.next(this.optimizer.paramGroups[group].lr, group);
  }

  /** Momentum of a group at `lastEpoch`; undefined leaves it. */
  protected momentum(_group: number): number | undefined {
    return undefined;
  }

  /** Sets the rates of epoch 0. */
  protected begin(): void {
    this.lastEpoch = 0;
    this.#set((lr, group) => this.next(lr, group));
  }

  /** Starts anew from the initial rates, inside of a sequence. */
  restart(): void {
    this.lastEpoch = 0;
    this.#set((_, group) => this.closed(group));
  }

  /** Moves on by one epoch (or batch). */
  step(): void {
    if (this.#waits) {
      this.#waits = false;
      return;
    }
    this.advance();
    this.#set((lr, group) => this.next(lr, group));
  }

  /** Counts an epoch. */
  protected advance(): void {
    this.lastEpoch++;
  }

  /** Sets the rates of `lastEpoch`. */
  protected refresh(): void {
    this.#set((lr, group) => this.next(lr, group));
  }

  #set(rate: (lr: number, group: number) => number): void {
    const { paramGroups } = this.optimizer;
    const rates = this.baseLrs.map((_, i) => rate(paramGroups[i].lr, i));
    rates.forEach((lr, i) => {
      paramGroups[i].lr = lr;
      const momentum = this.momentum(i);
      if (momentum !== undefined) setMomentumOf(paramGroups[i], momentum);
    });
    this.#lastLr = rates;
  }

  /** Learning rate of each group as it was set last. */
  getLastLr(): number[] {
    return [...this.#lastLr];
  }

  /** Numbers beyond the common ones that a subclass needs to go on. */
  protected extraState(): Record<string, number> {
    return {};
  }

  /** Takes over what {@link extraState} gave. */
  protected setExtraState(_state: Record<string, number>): void {}

  /** Epoch, rates, and what the schedule keeps beside; its options are the constructor's. */
  stateDict(): { [name: string]: StateTree } {
    const { lastEpoch, baseLrs } = this;
    return { lastEpoch, baseLrs: [...baseLrs], lastLr: this.getLastLr(), waits: this.#waits, ...this.extraState() };
  }

  /**
   * Takes a state over. The groups' rates are part of the optimiser's state.
   * @throws {ValueError} for a state of something else: nothing is changed
   */
  loadStateDict(state: StateTree): void {
    const op = this.constructor.name, count = this.baseLrs.length;
    const given = stateRecord(op, state, [
      "lastEpoch",
      "baseLrs",
      "lastLr",
      "waits",
      ...Object.keys(this.extraState()),
    ]);
    const rates = (name: string) => {
      const list = given[name];
      if (Array.isArray(list) && list.length === count && list.every(Number.isFinite)) return list as number[];
      throw loadError(op, `${name} is ${list}, wanted ${count} numbers`);
    };
    const [baseLrs, lastLr] = [rates("baseLrs"), rates("lastLr")], { lastEpoch, waits } = given;
    if (!Number.isInteger(lastEpoch) || lastEpoch as number < 0) {
      throw loadError(op, `lastEpoch is ${lastEpoch}, wanted an integer of at least 0`);
    }
    const extra = Object.fromEntries(
      Object.keys(this.extraState()).map((name) => {
        if (typeof given[name] === "number") return [name, given[name]];
        throw loadError(op, `${name} is ${given[name]}, wanted a number`);
      }),
    );
    this.setExtraState(extra);
    this.lastEpoch = lastEpoch as number;
    this.baseLrs = [...baseLrs];
    this.#lastLr = [...lastLr];
    this.#waits = waits === true;
  }
}

/** The error of a state that does not fit. */
export function loadError(op: string, what: string): ValueError {
  return new ValueError(`Cannot load the state of ${op}: ${what}; nothing was changed`, { op: "loadStateDict" });
}

/** A state with these names. @throws {ValueError} when one is missing */
export function stateRecord(op: string, state: StateTree, names: readonly string[]): Record<string, StateTree> {
  const missing = names.filter((name) => !(typeof state === "object" && state !== null && name in state));
  if (missing.length) throw loadError(op, `${missing.join(", ")} missing`);
  return state as Record<string, StateTree>;
}
