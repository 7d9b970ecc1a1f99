/**
 * Schedules of ULMFiT and fastai 0.7, called after every batch: circular rates (`use_clr`), their form with three phases
 * and momentum (`use_clr_beta`), slanted triangular rates; and any function of the position as a schedule.
 *
 * Howard, Ruder: Universal language model fine-tuning for text classification (2018).
 * @module
 */
import { checkMomentum } from "./cyclic_schedulers.ts";
import type { Schedule } from "./lr_scheduler.ts";
import { checkCount, checkRange, LRScheduler, type ScheduledOptimizer, type SchedulerOptions } from "./scheduler.ts";

/** Part `x` of the way from `lr / div` to `lr`. */
function above(lr: number, div: number, x: number): number {
  return lr * (1 + x * (div - 1)) / div;
}

/** Options of {@link CircularLR}. */
export interface CircularLROptions extends SchedulerOptions {
  /** Batches of a cycle: those of an epoch times `cycle_len`. */
  steps: number;
  /** Ratio of highest to lowest rate. Default 32. */
  div?: number;
  /** The rate rises over `floor(steps / cutDiv)` batches. Default 10. */
  cutDiv?: number;
}

/**
 * `use_clr=(div, cutDiv)` of fastai 0.7: from `lr / div` on a line up to the group's rate, on a line down again, and anew.
 * @example
 * const scheduler = new w.optim.lrScheduler.CircularLR(optimizer, { steps: loader.length, div: 32, cutDiv: 10 });
 */
export class CircularLR extends LRScheduler {
  readonly #steps: number;
  readonly #div: number;
  readonly #cut: number;

  /** Sets the rates of the first batch. @throws {ValueError} for values out of range */
  constructor(optimizer: ScheduledOptimizer, options: CircularLROptions) {
    super(optimizer, options);
    const { steps, div = 32, cutDiv = 10 } = options;
    checkCount("CircularLR", "steps", steps, 2);
    checkRange("CircularLR", "div", div, div >= 1 && div < Infinity, "a finite number of at least 1");
    checkRange("CircularLR", "cutDiv", cutDiv, cutDiv > 1 && cutDiv <= steps, `a number above 1, at most ${steps}`);
    this.#steps = steps;
    this.#div = div;
    this.#cut = Math.floor(steps / cutDiv);
    this.begin();
  }

  /** Rises until the cut, then falls. */
  protected override next(_lr: number, group: number): number {
    const at = this.lastEpoch % this.#steps, cut = this.#cut;
    const x = at <= cut ? at / cut : 1 - (at - cut) / (this.#steps - cut);
    return above(this.baseLrs[group], this.#div, x);
  }
}

/** Options of {@link CircularBetaLR}. */
export interface CircularBetaLROptions extends SchedulerOptions {
  /** Batches of a cycle. */
  steps: number;
  /** Ratio of highest to lowest rate of the two lines. Default 10. */
  div?: number;
  /** Percent of the batches after the two lines. Default 10. */
  pct?: number;
  /** Momentum at the lowest and at the highest rate; without it the momentum stays. */
  momenta?: readonly [high: number, low: number];
}

/**
 * `use_clr_beta=(div, pct, high, low)` of fastai 0.7, the one-cycle of that time: two lines of equal length, up from
 * `lr / div` to the group's rate and down, then the last `pct` percent from there to a hundredth of `lr / div`; the
 * momentum goes from high to low, back, and stays high.
 */
export class CircularBetaLR extends LRScheduler {
  readonly #steps: number;
  readonly #div: number;
  readonly #half: number;
  readonly #momenta: readonly [high: number, low: number] | undefined;

  /** Sets the rates of the first batch. @throws {ValueError} for values out of range, or momenta where a group has none */
  constructor(optimizer: ScheduledOptimizer, options: CircularBetaLROptions) {
    super(optimizer, options);
    const { steps, div = 10, pct = 10, momenta } = options;
    checkCount("CircularBetaLR", "steps", steps, 2);
    checkRange("CircularBetaLR", "div", div, div >= 1 && div < Infinity, "a finite number of at least 1");
    const half = Math.floor(steps * (1 - pct / 100) / 2);
    checkRange("CircularBetaLR", "pct", pct, pct >= 0 && half >= 1, "a percentage that leaves two batches");
    momenta?.forEach((m, i) =>
      checkRange("CircularBetaLR", `momenta[${i}]`, m, m >= 0 && m < 1, "a number from 0 to below 1")
    );
    if (momenta) checkMomentum("CircularBetaLR", optimizer);
    this.#steps = steps;
    this.#div = div;
    this.#half = half;
    this.#momenta = momenta;
    this.begin();
  }

  /** Part of the way up; below 0 in the last phase, -1 at its end. */
  get #part(): number {
    const at = this.lastEpoch % this.#steps, half = this.#half;
    if (at > 2 * half) return -(at - 2 * half) / (this.#steps - 2 * half);
    return at > half ? 1 - (at - half) / half : at / half;
  }

  /** On the lines, or below them. */
  protected override next(_lr: number, group: number): number {
    const x = this.#part, lr = this.baseLrs[group];
    return x < 0 ? lr * (1 + x * 0.99) / this.#div : above(lr, this.#div, x);
  }

  /** Against the rate. */
  protected override momentum(): number | undefined {
    if (!this.#momenta) return undefined;
    const [high, low] = this.#momenta;
    return high + Math.max(0, this.#part) * (low - high);
  }
}

/** Options of {@link SlantedTriangularLR}. */
export interface SlantedTriangularLROptions extends SchedulerOptions {
  /** Batches in all. */
  steps: number;
  /** Part of them in which the rate rises. Default 0.1. */
  cutFrac?: number;
  /** Ratio of highest to lowest rate. Default 32. */
  ratio?: number;
}

/**
 * Slanted triangular rates as ULMFiT's paper has them: with `cut = floor(steps * cutFrac)` the part p is `t / cut` before
 * the cut and `1 - (t - cut) / (cut * (1 / cutFrac - 1))` after it; the rate is `lr * (1 + p * (ratio - 1)) / ratio`.
 * After the last batch it stays at `lr / ratio`.
 */
export class SlantedTriangularLR extends LRScheduler {
  readonly #cut: number;
  readonly #fall: number;
  readonly #ratio: number;

  /** Sets the rates of the first batch. @throws {ValueError} for values out of range */
  constructor(optimizer: ScheduledOptimizer, options: SlantedTriangularLROptions) {
    super(optimizer, options);
    const { steps, cutFrac = 0.1, ratio = 32 } = options;
    checkCount("SlantedTriangularLR", "steps", steps, 2);
    const cut = Math.floor(steps * cutFrac), good = cutFrac < 1 && cut >= 1;
    checkRange("SlantedTriangularLR", "cutFrac", cutFrac, good, `a number below 1, at least 1 / ${steps}`);
    checkRange("SlantedTriangularLR", "ratio", ratio, ratio >= 1 && ratio < Infinity, "a finite number of at least 1");
    this.#cut = cut;
    this.#fall = cut * (1 / cutFrac - 1);
    this.#ratio = ratio;
    this.begin();
  }

  /** Rises until the cut, then falls. */
  protected override next(_lr: number, group: number): number {
    const at = this.lastEpoch, cut = this.#cut, p = at < cut ? at / cut : Math.max(0, 1 - (at - cut) / this.#fall);
    return above(this.baseLrs[group], this.#ratio, p);
  }
}

/** Options of {@link ScheduleLR}. */
export interface ScheduleLROptions extends SchedulerOptions {
  /** Batches in all: after k of them the position is `k / steps`. */
  steps: number;
  /** Learning rate; without it the rates stay. */
  lr?: Schedule;
  /** Momentum; without it the momenta stay. */
  momentum?: Schedule;
}

/**
 * A plain function of the position in the run as a schedule: fastai's one-cycle outside of a learner.
 * @example
 * const scheduler = new w.optim.lrScheduler.ScheduleLR(optimizer, { steps: 1000, ...w.optim.lrScheduler.oneCycle(0.01) });
 */
export class ScheduleLR extends LRScheduler {
  readonly #options: ScheduleLROptions;

  /** Sets the rates of the first batch. @throws {ValueError} for steps below 1, or a momentum where a group has none */
  constructor(optimizer: ScheduledOptimizer, options: ScheduleLROptions) {
    super(optimizer, options);
    checkCount("ScheduleLR", "steps", options.steps);
    if (options.momentum) checkMomentum("ScheduleLR", optimizer);
    this.#options = options;
    this.begin();
  }

  /** What the function says. */
  protected override next(lr: number): number {
    return this.#options.lr?.(this.lastEpoch / this.#options.steps) ?? lr;
  }

  /** What the function says. */
  protected override momentum(): number | undefined {
    return this.#options.momentum?.(this.lastEpoch / this.#options.steps);
  }
}
