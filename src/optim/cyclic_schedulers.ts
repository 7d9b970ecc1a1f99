/**
 * Learning rates that go up and down, with a momentum that goes the other way: cyclical rates and PyTorch's one-cycle.
 *
 * Smith: Cyclical learning rates for training neural networks (2017); A disciplined approach to neural network
 * hyper-parameters (2018).
 * @module
 */
import { ValueError } from "../errors.ts";
import {
  checkCount,
  checkRange,
  LRScheduler,
  momentumOf,
  perGroup,
  type ScheduledOptimizer,
  type SchedulerOptions,
} from "./scheduler.ts";

/** Throws unless every group has a momentum. */
export function checkMomentum(op: string, { paramGroups }: ScheduledOptimizer): void {
  const bad = paramGroups.findIndex((group) => Number.isNaN(momentumOf(group)));
  checkRange(op, "cycleMomentum", "true", bad < 0, `false: group ${bad} has no momentum`);
}

/** Options of {@link CyclicLR}. */
export interface CyclicLROptions extends SchedulerOptions {
  /** Steps of the rising half. Default 2000. */
  stepSizeUp?: number;
  /** Steps of the falling half. Default `stepSizeUp`. */
  stepSizeDown?: number;
  /** Height of the cycles: the same, halved each time, or times `gamma ** step`. Default `"triangular"`. */
  mode?: "triangular" | "triangular2" | "exp_range";
  /** For `"exp_range"`. Default 1. */
  gamma?: number;
  /** Height as a function of the cycle (from 1) or the step; in place of `mode`. */
  scaleFn?: (x: number) => number;
  /** What `scaleFn` is given. Default `"cycle"`. */
  scaleMode?: "cycle" | "iterations";
  /** Whether the momentum goes against the rate. Default true. */
  cycleMomentum?: boolean;
  /** Lowest momentum, at the highest rate; for all groups or for each. Default 0.8. */
  baseMomentum?: number | readonly number[];
  /** Highest momentum, at the lowest rate. Default 0.9. */
  maxMomentum?: number | readonly number[];
}

/**
 * `base + (max - base) * x * height`, where x rises from 0 to 1 over stepSizeUp steps and falls to 0 over stepSizeDown.
 * Called after every batch.
 * @example
 * const scheduler = new w.optim.lrScheduler.CyclicLR(optimizer, 1e-3, 6e-3, { stepSizeUp: 2000, mode: "triangular2" });
 */
export class CyclicLR extends LRScheduler {
  readonly #max: number[];
  readonly #up: number;
  readonly #total: number;
  readonly #height: (cycle: number, step: number) => number;
  readonly #momenta: readonly [low: number[], high: number[]] | null;

  /**
   * Sets the rates of step 0.
   * @param baseLr lowest rate, for all groups or for each
   * @param maxLr highest rate
   * @throws {ValueError} for values out of range, or cycleMomentum where a group has no momentum
   */
  constructor(
    optimizer: ScheduledOptimizer,
    baseLr: number | readonly number[],
    maxLr: number | readonly number[],
    options: CyclicLROptions = {},
  ) {
    super(optimizer, options);
    const { stepSizeUp = 2000, stepSizeDown = stepSizeUp, mode = "triangular", gamma = 1, scaleFn } = options;
    const { scaleMode = "cycle", cycleMomentum = true, baseMomentum = 0.8, maxMomentum = 0.9 } = options;
    this.baseLrs = perGroup("CyclicLR", "baseLr", baseLr, optimizer);
    this.#max = perGroup("CyclicLR", "maxLr", maxLr, optimizer);
    for (const [name, value] of Object.entries({ stepSizeUp, stepSizeDown })) {
      checkRange("CyclicLR", name, value, value > 0 && value < Infinity, "a finite number above 0");
    }
    checkRange("CyclicLR", "gamma", gamma, gamma > 0 && gamma < Infinity, "a finite number above 0");
    this.#up = stepSizeUp;
    this.#total = stepSizeUp + stepSizeDown;
    const heights = {
      triangular: () => 1,
      triangular2: (cycle: number) => 2 ** (1 - cycle),
      exp_range: (_: number, step: number) => gamma ** step,
    };
    checkRange("CyclicLR", "mode", mode, Object.hasOwn(heights, mode), Object.keys(heights).join(", "));
    this.#height = scaleFn ? (cycle, step) => scaleFn(scaleMode === "cycle" ? cycle : step) : heights[mode];
    if (cycleMomentum) checkMomentum("CyclicLR", optimizer);
    const each = (name: string, value: number | readonly number[]) => perGroup("CyclicLR", name, value, optimizer);
    this.#momenta = cycleMomentum ? [each("baseMomentum", baseMomentum), each("maxMomentum", maxMomentum)] : null;
    this.begin();
  }

  /** Where the step lies between lowest (0) and highest (1). */
  get #part(): number {
    const cycle = Math.floor(1 + this.lastEpoch / this.#total), x = 1 + this.lastEpoch / this.#total - cycle;
    const peak = this.#up / this.#total;
    return this.#height(cycle, this.lastEpoch) * (x <= peak ? x / peak : (x - 1) / (peak - 1));
  }

  /** Lowest rate plus a part of the way to the highest. */
  protected override next(_lr: number, group: number): number {
    return this.baseLrs[group] + (this.#max[group] - this.baseLrs[group]) * this.#part;
  }

  /** Highest momentum less the same part. */
  protected override momentum(group: number): number | undefined {
    if (!this.#momenta) return undefined;
    const [low, high] = this.#momenta;
    return high[group] - (high[group] - low[group]) * this.#part;
  }
}

/** Options of {@link OneCycleLR}. */
export interface OneCycleLROptions extends SchedulerOptions {
  /** Steps in all; or give `epochs` and `stepsPerEpoch`. */
  totalSteps?: number;
  /** Epochs. */
  epochs?: number;
  /** Steps of an epoch. */
  stepsPerEpoch?: number;
  /** Part of the steps in which the rate rises. Default 0.3. */
  pctStart?: number;
  /** Shape of the ways. Default `"cos"`. */
  annealStrategy?: "cos" | "linear";
  /** Whether the momentum goes against the rate. Default true. */
  cycleMomentum?: boolean;
  /** Lowest momentum, for all groups or for each. Default 0.85. */
  baseMomentum?: number | readonly number[];
  /** Highest momentum. Default 0.95. */
  maxMomentum?: number | readonly number[];
  /** The first rate is `maxLr / divFactor`. Default 25. */
  divFactor?: number;
  /** The last rate is the first one divided by it. Default 1e4. */
  finalDivFactor?: number;
  /** Down to the first rate symmetrically, then to the last; otherwise down in one. Default false. */
  threePhase?: boolean;
}

/** A stretch of a one-cycle run: up to a step, from one level to another. */
interface Phase {
  readonly end: number;
  readonly lr: readonly ["first" | "max" | "last", "first" | "max" | "last"];
  readonly momentum: readonly [from: 0 | 1, to: 0 | 1];
}

/**
 * One-cycle training in PyTorch's form: the peak lies at step `pctStart * totalSteps - 1`, the last rate is that of the
 * last step. `lrScheduler.oneCycle` is fastai's form.
 * @example
 * const scheduler = new w.optim.lrScheduler.OneCycleLR(optimizer, 0.01, { epochs: 10, stepsPerEpoch: loader.length });
 */
export class OneCycleLR extends LRScheduler {
  readonly #levels: { first: number; max: number; last: number }[];
  readonly #phases: readonly Phase[];
  readonly #steps: number;
  readonly #linear: boolean;
  readonly #momenta: readonly [low: number[], high: number[]] | null;

  /**
   * Sets the rates of step 0.
   * @param maxLr highest rate, for all groups or for each
   * @throws {ValueError} for values out of range, no number of steps, or cycleMomentum where a group has no momentum
   */
  constructor(optimizer: ScheduledOptimizer, maxLr: number | readonly number[], options: OneCycleLROptions) {
    super(optimizer, options);
    const { epochs = NaN, stepsPerEpoch = NaN, totalSteps = epochs * stepsPerEpoch, pctStart = 0.3 } = options;
    const { annealStrategy = "cos", cycleMomentum = true, baseMomentum = 0.85, maxMomentum = 0.95 } = options;
    const { divFactor = 25, finalDivFactor = 1e4, threePhase = false } = options;
    checkCount("OneCycleLR", "totalSteps (or epochs * stepsPerEpoch)", totalSteps);
    checkRange("OneCycleLR", "pctStart", pctStart, pctStart >= 0 && pctStart <= 1, "a number from 0 to 1");
    checkRange("OneCycleLR", "annealStrategy", annealStrategy, /^(cos|linear)$/.test(annealStrategy), "cos or linear");
    for (const [name, value] of Object.entries({ divFactor, finalDivFactor })) {
      checkRange("OneCycleLR", name, value, value > 0 && value < Infinity, "a finite number above 0");
    }
    this.#levels = perGroup("OneCycleLR", "maxLr", maxLr, optimizer).map((max) => {
      return { first: max / divFactor, max, last: max / divFactor / finalDivFactor };
    });
    this.baseLrs = this.#levels.map(({ first }) => first);
    optimizer.paramGroups.forEach((group, i) => group.initialLr = this.baseLrs[i]);
    const up = pctStart * totalSteps,
      end = totalSteps - 1,
      rise: Phase = { end: up - 1, lr: ["first", "max"], momentum: [1, 0] };
    this.#phases = threePhase
      ? [rise, { end: 2 * up - 2, lr: ["max", "first"], momentum: [0, 1] }, {
        end,
        lr: ["first", "last"],
        momentum: [1, 1],
      }]
      : [rise, { end, lr: ["max", "last"], momentum: [0, 1] }];
    this.#steps = totalSteps;
    this.#linear = annealStrategy === "linear";
    if (cycleMomentum) checkMomentum("OneCycleLR", optimizer);
    const each = (name: string, value: number | readonly number[]) => perGroup("OneCycleLR", name, value, optimizer);
    this.#momenta = cycleMomentum ? [each("baseMomentum", baseMomentum), each("maxMomentum", maxMomentum)] : null;
    this.begin();
  }

  /** Counts a step. @throws {ValueError} after the last one */
  protected override advance(): void {
    if (this.lastEpoch >= this.#steps) {
      throw new ValueError(`Cannot step OneCycleLR: all of its ${this.#steps} steps are done`, { op: "OneCycleLR" });
    }
    super.advance();
  }

  /** Phase of the step, and how much of it is over. */
  get #place(): { phase: Phase; part: number } {
    let start = 0;
    for (const phase of this.#phases) {
      if (this.lastEpoch <= phase.end || phase === this.#phases.at(-1)) {
        return { phase, part: (this.lastEpoch - start) / (phase.end - start) };
      }
      start = phase.end;
    }
    throw new Error("no phase");
  }

  #between(from: number, to: number, part: number): number {
    return this.#linear ? from + (to - from) * part : to + (from - to) / 2 * (1 + Math.cos(Math.PI * part));
  }

  /** Between the levels of the phase. */
  protected override next(_lr: number, group: number): number {
    const { phase: { lr: [from, to] }, part } = this.#place, levels = this.#levels[group];
    return this.#between(levels[from], levels[to], part);
  }

  /** Between lowest and highest momentum. */
  protected override momentum(group: number): number | undefined {
    if (!this.#momenta) return undefined;
    const { phase: { momentum: [from, to] }, part } = this.#place;
    return this.#between(this.#momenta[from][group], this.#momenta[to][group], part);
  }
}
