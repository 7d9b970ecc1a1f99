/**
 * Schedules that multiply learning rates: LambdaLR, StepLR, MultiStepLR, ExponentialLR, warm-up and their kin. Names,
 * options and values are PyTorch's. All but LambdaLR scale the current rate, so they can be chained.
 * @module
 */
import { ValueError } from "../errors.ts";
import {
  checkCount,
  checkFinite,
  checkRange,
  LRScheduler,
  type ScheduledOptimizer,
  type SchedulerOptions,
} from "./scheduler.ts";

/** Learning rate, or factor of it, at an epoch. */
export type EpochFunction = (epoch: number) => number;

function functions(
  op: string,
  fn: EpochFunction | readonly EpochFunction[],
  optimizer: ScheduledOptimizer,
): EpochFunction[] {
  const list = typeof fn === "function" ? optimizer.paramGroups.map(() => fn) : [...fn];
  if (list.length === optimizer.paramGroups.length) return list;
  throw new ValueError(`Cannot make ${op}: ${list.length} functions for ${optimizer.paramGroups.length} groups`, {
    op,
  });
}

/**
 * Initial rate times `factor(epoch)`.
 * @example
 * const scheduler = new w.optim.lrScheduler.LambdaLR(optimizer, (epoch) => 0.6 ** epoch);
 * for (let epoch = 0; epoch < 4; epoch++) {
 *   train();
 *   scheduler.step(); // with { stepFirst: true } it stands before train() and gives the same rates
 * }
 */
export class LambdaLR extends LRScheduler {
  readonly #factors: EpochFunction[];

  /** @param factor one function for all groups, or one for each @throws {ValueError} when there are not as many */
  constructor(
    optimizer: ScheduledOptimizer,
    factor: EpochFunction | readonly EpochFunction[],
    options?: SchedulerOptions,
  ) {
    super(optimizer, options);
    this.#factors = functions("LambdaLR", factor, optimizer);
    this.begin();
  }

  /** Initial rate times the factor. */
  protected override next(_lr: number, group: number): number {
    return this.baseLrs[group] * this.#factors[group](this.lastEpoch);
  }
}

/** The rate is multiplied by `factor(epoch)` at every epoch after the first. */
export class MultiplicativeLR extends LRScheduler {
  readonly #factors: EpochFunction[];

  /** @param factor one function for all groups, or one for each @throws {ValueError} when there are not as many */
  constructor(
    optimizer: ScheduledOptimizer,
    factor: EpochFunction | readonly EpochFunction[],
    options?: SchedulerOptions,
  ) {
    super(optimizer, options);
    this.#factors = functions("MultiplicativeLR", factor, optimizer);
    this.begin();
  }

  /** The rate before times the factor. */
  protected override next(lr: number, group: number): number {
    return this.lastEpoch > 0 ? lr * this.#factors[group](this.lastEpoch) : lr;
  }
}

/** A schedule whose rate alone would be initial rate times {@link FactorLR.factor}. */
export abstract class FactorLR extends LRScheduler {
  /** Factor of the initial rate at an epoch. */
  protected abstract factor(epoch: number): number;

  /** Scales by what the factor changed by. */
  protected override next(lr: number): number {
    const before = this.lastEpoch > 0 ? this.factor(this.lastEpoch - 1) : 1, now = this.factor(this.lastEpoch);
    return before === now ? lr : lr * (now / before);
  }

  /** Initial rate times the factor. */
  protected override closed(group: number): number {
    return this.baseLrs[group] * this.factor(this.lastEpoch);
  }
}

/** Multiplies by `gamma` every `stepSize` epochs. */
export class StepLR extends FactorLR {
  readonly #stepSize: number;
  readonly #gamma: number;

  /** @param options gamma, default 0.1 @throws {ValueError} for a stepSize below 1 or a gamma that is not above 0 */
  constructor(
    optimizer: ScheduledOptimizer,
    stepSize: number,
    { gamma = 0.1, ...options }: SchedulerOptions & { gamma?: number } = {},
  ) {
    super(optimizer, options);
    checkCount("StepLR", "stepSize", stepSize);
    checkGamma("StepLR", gamma);
    this.#stepSize = stepSize;
    this.#gamma = gamma;
    this.begin();
  }

  /** `gamma ** floor(epoch / stepSize)`. */
  protected override factor(epoch: number): number {
    return this.#gamma ** Math.floor(epoch / this.#stepSize);
  }
}

/** Multiplies by `gamma` at each of the `milestones`. */
export class MultiStepLR extends FactorLR {
  readonly #milestones: readonly number[];
  readonly #gamma: number;

  /** @param options gamma, default 0.1 @throws {ValueError} for milestones that are no epochs, or gamma not above 0 */
  constructor(
    optimizer: ScheduledOptimizer,
    milestones: readonly number[],
    { gamma = 0.1, ...options }: SchedulerOptions & { gamma?: number } = {},
  ) {
    super(optimizer, options);
    milestones.forEach((m, i) => checkCount("MultiStepLR", `milestones[${i}]`, m, 0));
    checkGamma("MultiStepLR", gamma);
    this.#milestones = milestones;
    this.#gamma = gamma;
    this.begin();
  }

  /** `gamma` to the power of the milestones behind. */
  protected override factor(epoch: number): number {
    return this.#gamma ** this.#milestones.filter((milestone) => milestone <= epoch).length;
  }
}

/** The rate times `factor` for `totalIters` epochs, then the whole rate. */
export class ConstantLR extends FactorLR {
  readonly #factor: number;
  readonly #totalIters: number;

  /** @param options factor, default 1/3; totalIters, default 5 @throws {ValueError} for values out of range */
  constructor(
    optimizer: ScheduledOptimizer,
    { factor = 1 / 3, totalIters = 5, ...options }: SchedulerOptions & { factor?: number; totalIters?: number } = {},
  ) {
    super(optimizer, options);
    checkGamma("ConstantLR", factor, "factor");
    checkCount("ConstantLR", "totalIters", totalIters, 0);
    this.#factor = factor;
    this.#totalIters = totalIters;
    this.begin();
  }

  /** `factor`, then 1. */
  protected override factor(epoch: number): number {
    return epoch < this.#totalIters ? this.#factor : 1;
  }
}

/** Options of {@link LinearLR}. */
export interface LinearLROptions extends SchedulerOptions {
  /** Factor at the start, above 0. Default 1/3. */
  startFactor?: number;
  /** Factor at the end. Default 1. */
  endFactor?: number;
  /** Epochs until the end. Default 5. */
  totalIters?: number;
}

/**
 * The factor of the rate moves on a line from `startFactor` to `endFactor` over `totalIters` epochs: linear warm-up.
 * @example
 * const warmUp = new w.optim.lrScheduler.LinearLR(optimizer, { startFactor: 0.01, totalIters: 500 });
 */
export class LinearLR extends FactorLR {
  readonly #options: Required<Omit<LinearLROptions, "stepFirst">>;

  /** Sets the first rate. @throws {ValueError} for values out of range */
  constructor(optimizer: ScheduledOptimizer, options: LinearLROptions = {}) {
    super(optimizer, options);
    const { startFactor = 1 / 3, endFactor = 1, totalIters = 5 } = options;
    checkRange(
      "LinearLR",
      "startFactor",
      startFactor,
      startFactor > 0 && startFactor <= 1,
      "a number above 0, at most 1",
    );
    checkRange("LinearLR", "endFactor", endFactor, endFactor >= 0 && endFactor <= 1, "a number from 0 to 1");
    checkCount("LinearLR", "totalIters", totalIters);
    this.#options = { startFactor, endFactor, totalIters };
    this.begin();
  }

  /** On the line, or at its end. */
  protected override factor(epoch: number): number {
    const { startFactor, endFactor, totalIters } = this.#options;
    return startFactor + (endFactor - startFactor) * Math.min(epoch, totalIters) / totalIters;
  }
}

/** Multiplies by `gamma` at every epoch. */
export class ExponentialLR extends FactorLR {
  readonly #gamma: number;

  /** @param gamma above 0 @throws {ValueError} for another one */
  constructor(optimizer: ScheduledOptimizer, gamma: number, options?: SchedulerOptions) {
    super(optimizer, options);
    checkGamma("ExponentialLR", gamma);
    this.#gamma = gamma;
    this.begin();
  }

  /** `gamma ** epoch`. */
  protected override factor(epoch: number): number {
    return this.#gamma ** epoch;
  }

  /** The rate before times gamma: the power may be too small for a number. */
  protected override next(lr: number): number {
    return this.lastEpoch > 0 ? lr * this.#gamma : lr;
  }
}

/** The factor is `(1 - epoch / totalIters) ** power`, and 0 from `totalIters` on. */
export class PolynomialLR extends FactorLR {
  readonly #totalIters: number;
  readonly #power: number;

  /** @param options totalIters, default 5; power, default 1 @throws {ValueError} for values out of range */
  constructor(
    optimizer: ScheduledOptimizer,
    { totalIters = 5, power = 1, ...options }: SchedulerOptions & { totalIters?: number; power?: number } = {},
  ) {
    super(optimizer, options);
    checkCount("PolynomialLR", "totalIters", totalIters);
    checkFinite("PolynomialLR", "power", power);
    this.#totalIters = totalIters;
    this.#power = power;
    this.begin();
  }

  /** `(1 - epoch / totalIters) ** power`. */
  protected override factor(epoch: number): number {
    return (1 - Math.min(epoch, this.#totalIters) / this.#totalIters) ** this.#power;
  }
}

function checkGamma(op: string, gamma: number, name = "gamma"): void {
  checkRange(op, name, gamma, gamma > 0 && gamma < Infinity, "a finite number above 0");
}
