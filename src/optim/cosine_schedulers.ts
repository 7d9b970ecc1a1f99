/**
 * Cosine annealing, once or with warm restarts, and the annealing to a constant rate of stochastic weight averaging.
 *
 * Loshchilov, Hutter: SGDR: stochastic gradient descent with warm restarts (2017); Izmailov and others: Averaging weights
 * leads to wider optima and better generalization (2018).
 * @module
 */
import {
  checkCount,
  checkFinite,
  checkRange,
  LRScheduler,
  perGroup,
  type ScheduledOptimizer,
  type SchedulerOptions,
} from "./scheduler.ts";

/** `etaMin + (base - etaMin) * (1 + cos(pi * epoch / tMax)) / 2`: down to etaMin at tMax, and up again. */
export class CosineAnnealingLR extends LRScheduler {
  readonly #tMax: number;
  readonly #etaMin: number;

  /** @param tMax epochs of the way down @param options etaMin, default 0 @throws {ValueError} for values out of range */
  constructor(
    optimizer: ScheduledOptimizer,
    tMax: number,
    { etaMin = 0, ...options }: SchedulerOptions & { etaMin?: number } = {},
  ) {
    super(optimizer, options);
    checkCount("CosineAnnealingLR", "tMax", tMax);
    checkFinite("CosineAnnealingLR", "etaMin", etaMin);
    this.#tMax = tMax;
    this.#etaMin = etaMin;
    this.begin();
  }

  /** Scales the distance to etaMin; where it was 0, the rate climbs from there. */
  protected override next(lr: number, group: number): number {
    const { lastEpoch: epoch } = this, tMax = this.#tMax, etaMin = this.#etaMin;
    if (epoch === 0) return lr;
    const wave = (at: number) => 1 + Math.cos(Math.PI * at / tMax);
    if ((epoch - 1 - tMax) % (2 * tMax) === 0) return lr + (this.baseLrs[group] - etaMin) * (2 - wave(1)) / 2;
    return etaMin + (lr - etaMin) * wave(epoch) / wave(epoch - 1);
  }

  /** The formula above. */
  protected override closed(group: number): number {
    const wave = 1 + Math.cos(Math.PI * this.lastEpoch / this.#tMax);
    return this.#etaMin + (this.baseLrs[group] - this.#etaMin) * wave / 2;
  }
}

/**
 * Half a cosine wave from the initial rate to etaMin over t0 epochs, then from the start again over tMult times as many,
 * and so on.
 */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  readonly #t0: number;
  readonly #tMult: number;
  readonly #etaMin: number;
  #position = 0;
  #length: number;

  /**
   * @param t0 epochs of the first wave
   * @param options tMult, default 1; etaMin, default 0
   * @throws {ValueError} for values out of range
   */
  constructor(
    optimizer: ScheduledOptimizer,
    t0: number,
    { tMult = 1, etaMin = 0, ...options }: SchedulerOptions & { tMult?: number; etaMin?: number } = {},
  ) {
    super(optimizer, options);
    checkCount("CosineAnnealingWarmRestarts", "t0", t0);
    checkCount("CosineAnnealingWarmRestarts", "tMult", tMult);
    checkFinite("CosineAnnealingWarmRestarts", "etaMin", etaMin);
    this.#t0 = this.#length = t0;
    this.#tMult = tMult;
    this.#etaMin = etaMin;
    this.begin();
  }

  /**
   * Goes on by an epoch, or to an epoch that may lie between two: `step(epoch + batch / batches)` after every batch.
   * @throws {ValueError} for an epoch below 0
   */
  override step(epoch?: number): void {
    if (epoch === undefined) return super.step();
    checkFinite("CosineAnnealingWarmRestarts", "epoch", epoch);
    this.#length = this.#t0;
    this.#position = epoch;
    while (this.#position >= this.#length) {
      this.#position -= this.#length;
      this.#length *= this.#tMult;
    }
    this.lastEpoch = Math.floor(epoch);
    this.refresh();
  }

  /** Counts, and starts the next wave at the end of one. */
  protected override advance(): void {
    super.advance();
    if (++this.#position < this.#length) return;
    this.#position -= this.#length;
    this.#length *= this.#tMult;
  }

  /** Starts the first wave. */
  override restart(): void {
    this.#position = 0;
    this.#length = this.#t0;
    super.restart();
  }

  /** On the wave. */
  protected override next(_lr: number, group: number): number {
    const wave = 1 + Math.cos(Math.PI * this.#position / this.#length);
    return this.#etaMin + (this.baseLrs[group] - this.#etaMin) * wave / 2;
  }

  /** Epochs since the last restart and until the next. */
  protected override extraState(): Record<string, number> {
    return { position: this.#position, length: this.#length };
  }

  /** Takes them over. */
  protected override setExtraState({ position, length }: Record<string, number>): void {
    this.#position = position;
    this.#length = length;
  }
}

/** Options of {@link SWALR}. */
export interface SWALROptions extends SchedulerOptions {
  /** Rate of the end, for all groups or for each. */
  swaLr: number | readonly number[];
  /** Epochs until it is reached. Default 10. */
  annealEpochs?: number;
  /** Way there. Default `"cos"`. */
  annealStrategy?: "cos" | "linear";
}

/** Anneals the rate at hand to a constant one, with which stochastic weight averaging goes on. */
export class SWALR extends LRScheduler {
  readonly #rates: number[];
  readonly #epochs: number;
  readonly #linear: boolean;

  /** Makes the schedule. @throws {ValueError} for values out of range */
  constructor(optimizer: ScheduledOptimizer, options: SWALROptions) {
    super(optimizer, options);
    const { swaLr, annealEpochs = 10, annealStrategy = "cos" } = options;
    checkCount("SWALR", "annealEpochs", annealEpochs, 0);
    checkRange("SWALR", "annealStrategy", annealStrategy, /^(cos|linear)$/.test(annealStrategy), "cos or linear");
    this.#rates = perGroup("SWALR", "swaLr", swaLr, optimizer);
    this.#epochs = annealEpochs;
    this.#linear = annealStrategy === "linear";
    this.begin();
  }

  /** Takes the share of the last epoch out of the rate, and puts that of this one in. */
  protected override next(lr: number, group: number): number {
    const target = this.#rates[group], epoch = this.#epochs === 0 ? Math.max(1, this.lastEpoch) : this.lastEpoch;
    const share = (at: number) => {
      const t = Math.max(0, Math.min(1, at / Math.max(1, this.#epochs)));
      return this.#linear ? t : (1 - Math.cos(Math.PI * t)) / 2;
    };
    const before = share(epoch - 1), now = share(epoch);
    const start = before === 1 ? target : (lr - before * target) / (1 - before);
    return target * now + start * (1 - now);
  }
}
