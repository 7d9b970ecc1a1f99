/**
 * ReduceLROnPlateau: the rate goes down when a metric no longer improves. As PyTorch's.
 * @module
 */
import type { StateTree } from "../tensor/state_tree.ts";
import {
  checkCount,
  checkFinite,
  checkRange,
  loadError,
  perGroup,
  type ScheduledOptimizer,
  type Scheduler,
  stateRecord,
} from "./scheduler.ts";

/** Options of {@link ReduceLROnPlateau}. */
export interface PlateauOptions {
  /** Whether the metric shall fall (a loss) or rise (an accuracy). Default `"min"`. */
  mode?: "min" | "max";
  /** The rate is multiplied by it, below 1. Default 0.1. */
  factor?: number;
  /** Epochs without improvement that are borne. Default 10. */
  patience?: number;
  /** What counts as an improvement. Default 1e-4. */
  threshold?: number;
  /** Whether the threshold is a part of the best value or a difference to it. Default `"rel"`. */
  thresholdMode?: "rel" | "abs";
  /** Epochs after a reduction that do not count. Default 0. */
  cooldown?: number;
  /** Lowest rate, for all groups or for each. Default 0. */
  minLr?: number | readonly number[];
  /** Reductions by less are left out. Default 1e-8. */
  eps?: number;
}

/**
 * Multiplies the rates by `factor` when the metric has not improved for more than `patience` epochs.
 * @example
 * const scheduler = new w.optim.lrScheduler.ReduceLROnPlateau(optimizer, { patience: 3 });
 * scheduler.step(validLoss); // once per epoch
 */
export class ReduceLROnPlateau implements Scheduler {
  /** The optimiser whose groups are moved. */
  readonly optimizer: ScheduledOptimizer;
  readonly #options: Required<PlateauOptions>;
  readonly #least: number[];
  #best: number;
  #bad = 0;
  #cooling = 0;
  #epoch = 0;
  #lastLr: number[];

  /** Leaves the rates as they are. @throws {ValueError} for options out of range */
  constructor(optimizer: ScheduledOptimizer, options: PlateauOptions = {}) {
    const op = "ReduceLROnPlateau", { mode = "min", factor = 0.1, patience = 10, threshold = 1e-4 } = options;
    const { thresholdMode = "rel", cooldown = 0, minLr = 0, eps = 1e-8 } = options;
    checkRange(op, "mode", mode, mode === "min" || mode === "max", "min or max");
    checkRange(op, "factor", factor, factor >= 0 && factor < 1, "a number from 0 to below 1");
    checkCount(op, "patience", patience, 0);
    checkFinite(op, "threshold", threshold);
    checkRange(op, "thresholdMode", thresholdMode, thresholdMode === "rel" || thresholdMode === "abs", "rel or abs");
    checkCount(op, "cooldown", cooldown, 0);
    checkFinite(op, "eps", eps);
    this.optimizer = optimizer;
    this.#options = { mode, factor, patience, threshold, thresholdMode, cooldown, minLr, eps };
    this.#least = perGroup(op, "minLr", minLr, optimizer);
    this.#best = mode === "min" ? Infinity : -Infinity;
    this.#lastLr = optimizer.paramGroups.map((group) => group.lr);
  }

  /** Takes the metric of an epoch; NaN is no improvement. */
  step(metric: number): void {
    checkRange("ReduceLROnPlateau", "metric", metric, typeof metric === "number", "a number");
    const { factor, patience, cooldown, eps } = this.#options;
    this.#epoch++;
    if (this.#improves(metric)) {
      this.#best = metric;
      this.#bad = 0;
    } else this.#bad++;
    if (this.#cooling > 0) {
      this.#cooling--;
      this.#bad = 0;
    }
    if (this.#bad > patience) {
      this.optimizer.paramGroups.forEach((group, i) => {
        const lr = Math.max(group.lr * factor, this.#least[i] ?? 0);
        if (group.lr - lr > eps) group.lr = lr;
      });
      this.#cooling = cooldown;
      this.#bad = 0;
    }
    this.#lastLr = this.optimizer.paramGroups.map((group) => group.lr);
  }

  #improves(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.#options, sign = mode === "min" ? -1 : 1, best = this.#best;
    const bar = thresholdMode === "rel" ? best * (1 + sign * threshold) : best + sign * threshold;
    return mode === "min" ? metric < bar : metric > bar;
  }

  /** Learning rate of each group after the last step. */
  getLastLr(): number[] {
    return [...this.#lastLr];
  }

  /** Best metric, counters and rates; the options are the constructor's. */
  stateDict(): { [name: string]: StateTree } {
    const numbers = {
      best: this.#best,
      numBadEpochs: this.#bad,
      cooldownCounter: this.#cooling,
      lastEpoch: this.#epoch,
    };
    return { ...numbers, lastLr: this.getLastLr() };
  }

  /** Takes a state over. @throws {ValueError} for a state of something else: nothing is changed */
  loadStateDict(state: StateTree): void {
    const names = ["best", "numBadEpochs", "cooldownCounter", "lastEpoch"], op = "ReduceLROnPlateau";
    const given = stateRecord(op, state, [...names, "lastLr"]);
    for (const name of names) {
      if (typeof given[name] !== "number") throw loadError(op, `${name} is ${given[name]}, wanted a number`);
    }
    const { lastLr } = given;
    if (!Array.isArray(lastLr)) throw loadError(op, `lastLr is ${lastLr}, wanted a list of numbers`);
    [this.#best, this.#bad, this.#cooling, this.#epoch] = names.map((name) => given[name] as number);
    this.#lastLr = [...lastLr as number[]];
  }
}
