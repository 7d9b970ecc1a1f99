/**
 * Schedules made of schedules: one after another, or all at once.
 * @module
 */
import { ValueError } from "../errors.ts";
import type { StateTree } from "../tensor/state_tree.ts";
import {
  checkCount,
  loadError,
  LRScheduler,
  type ScheduledOptimizer,
  type Scheduler,
  stateRecord,
} from "./scheduler.ts";

/** A schedule that can be part of another. */
export type Part = LRScheduler | SequentialLR | ChainedScheduler;

function checkParts(op: string, optimizer: ScheduledOptimizer | undefined, parts: readonly Part[]): void {
  if (!optimizer) throw new ValueError(`Cannot make ${op}: the list of schedules is empty`, { op });
  parts.forEach((part, i) => {
    if (!(part instanceof LRScheduler || part instanceof SequentialLR || part instanceof ChainedScheduler)) {
      throw new ValueError(`Cannot make ${op}: schedule ${i} wants a metric at its steps, or is none`, { op });
    }
    if (part.optimizer !== optimizer) {
      throw new ValueError(`Cannot make ${op}: schedule ${i} belongs to another optimiser`, { op });
    }
  });
}

/** States of the parts, loaded together: when one does not fit, those before it are put back. */
function loadParts(op: string, parts: readonly Part[], states: StateTree): void {
  if (!Array.isArray(states) || states.length !== parts.length) {
    throw loadError(
      op,
      `it has ${Array.isArray(states) ? states.length : "no"} schedules, this one has ${parts.length}`,
    );
  }
  const before = parts.map((part) => part.stateDict());
  try {
    parts.forEach((part, i) => part.loadStateDict(states[i]));
  } catch (error) {
    parts.forEach((part, i) => part.loadStateDict(before[i]));
    throw error;
  }
}

/**
 * One schedule after another: number i + 1 starts at `milestones[i]` from the initial rates, as if it were new.
 * @example
 * const { LinearLR, CosineAnnealingLR, SequentialLR } = w.optim.lrScheduler;
 * const parts = [new LinearLR(optimizer, { totalIters: 100 }), new CosineAnnealingLR(optimizer, 900)];
 * const scheduler = new SequentialLR(optimizer, parts, [100]);
 */
export class SequentialLR implements Scheduler {
  /** The optimiser whose groups are moved. */
  readonly optimizer: ScheduledOptimizer;
  /** Steps since the start. */
  lastEpoch = 0;
  readonly #parts: readonly Part[];
  readonly #milestones: readonly number[];

  /**
   * Sets the first rates of the first schedule.
   * @param milestones steps at which the next schedule starts, one less than schedules, ascending
   * @throws {ValueError} when they do not go together
   */
  constructor(optimizer: ScheduledOptimizer, schedulers: readonly Part[], milestones: readonly number[]) {
    checkParts("SequentialLR", schedulers.length ? optimizer : undefined, schedulers);
    if (milestones.length !== schedulers.length - 1) {
      throw new ValueError(
        `Cannot make SequentialLR: ${milestones.length} milestones for ${schedulers.length} schedules, wanted one less`,
        { op: "SequentialLR", value: milestones },
      );
    }
    milestones.forEach((m, i) => checkCount("SequentialLR", `milestones[${i}]`, m, i ? milestones[i - 1] + 1 : 1));
    this.optimizer = optimizer;
    this.#parts = schedulers;
    this.#milestones = milestones;
    this.restart();
  }

  get #current(): Part {
    return this.#parts[this.#milestones.filter((milestone) => milestone <= this.lastEpoch).length];
  }

  /** Starts anew from the initial rates. */
  restart(): void {
    this.lastEpoch = 0;
    for (const group of this.optimizer.paramGroups) group.lr = group.initialLr ?? group.lr;
    this.#parts[0].restart();
  }

  /** Moves on by a step. */
  step(): void {
    this.lastEpoch++;
    if (this.#milestones.includes(this.lastEpoch)) this.#current.restart();
    else this.#current.step();
  }

  /** Learning rate of each group as it was set last. */
  getLastLr(): number[] {
    return this.#current.getLastLr();
  }

  /** Steps, and the states of the schedules. */
  stateDict(): { [name: string]: StateTree } {
    return { lastEpoch: this.lastEpoch, schedulers: this.#parts.map((part) => part.stateDict()) };
  }

  /** Takes a state over. @throws {ValueError} for a state of something else: nothing is changed */
  loadStateDict(state: StateTree): void {
    const { lastEpoch, schedulers } = stateRecord("SequentialLR", state, ["lastEpoch", "schedulers"]);
    if (!Number.isInteger(lastEpoch) || lastEpoch as number < 0) {
      throw loadError("SequentialLR", `lastEpoch is ${lastEpoch}, wanted an integer of at least 0`);
    }
    loadParts("SequentialLR", this.#parts, schedulers);
    this.lastEpoch = lastEpoch as number;
  }
}

/**
 * All schedules at once, in this order: for those that scale the current rate, as all of `FactorLR` do, so that the
 * factors multiply.
 */
export class ChainedScheduler implements Scheduler {
  /** The optimiser whose groups are moved. */
  readonly optimizer: ScheduledOptimizer;
  readonly #parts: readonly Part[];
  #lastLr: number[];

  /** Leaves the rates as the schedules set them. @throws {ValueError} for no schedules, or of several optimisers */
  constructor(schedulers: readonly Part[]) {
    checkParts("ChainedScheduler", schedulers[0]?.optimizer, schedulers);
    this.optimizer = schedulers[0].optimizer;
    this.#parts = schedulers;
    this.#lastLr = this.optimizer.paramGroups.map((group) => group.lr);
  }

  /** Starts all anew; each but the first scales what the one before it has set. */
  restart(): void {
    for (const group of this.optimizer.paramGroups) group.lr = group.initialLr ?? group.lr;
    const before = this.optimizer.paramGroups.map((group) => group.lr), product = before.map(() => 1);
    for (const part of this.#parts) {
      part.restart();
      this.optimizer.paramGroups.forEach((group, i) => {
        if (before[i] !== 0) product[i] *= group.lr / before[i];
        group.lr = before[i];
      });
    }
    this.optimizer.paramGroups.forEach((group, i) => group.lr *= product[i]);
    this.#lastLr = this.optimizer.paramGroups.map((group) => group.lr);
  }

  /** Steps all. */
  step(): void {
    for (const part of this.#parts) part.step();
    this.#lastLr = this.optimizer.paramGroups.map((group) => group.lr);
  }

  /** Learning rate of each group after the last step. */
  getLastLr(): number[] {
    return [...this.#lastLr];
  }

  /** States of the schedules. */
  stateDict(): { [name: string]: StateTree } {
    return { lastLr: this.getLastLr(), schedulers: this.#parts.map((part) => part.stateDict()) };
  }

  /** Takes a state over. @throws {ValueError} for a state of something else: nothing is changed */
  loadStateDict(state: StateTree): void {
    const { lastLr, schedulers } = stateRecord("ChainedScheduler", state, ["lastLr", "schedulers"]);
    if (!Array.isArray(lastLr)) throw loadError("ChainedScheduler", `lastLr is ${lastLr}, wanted a list of numbers`);
    loadParts("ChainedScheduler", this.#parts, schedulers);
    this.#lastLr = [...lastLr as number[]];
  }
}
