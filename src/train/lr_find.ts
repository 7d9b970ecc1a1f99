/**
 * The learning-rate finder: a short training with a growing learning rate, read as a curve.
 *
 * Smith, "Cyclical learning rates for training neural networks", arXiv 1506.01186.
 * @module
 */

import { ValueError } from "../errors.ts";
import type { AnyLearner, Callback } from "./callbacks.ts";
import { CancelFitException, CancelValidException } from "./cancel.ts";
import type { StepRecords } from "./history.ts";
import { minimum, slide, steep, type SuggestionRule, valley } from "./lr_suggest.ts";
import { lrFinderPanel } from "./panels.ts";
import { type Panel, plot, type PlotOptions } from "./plot.ts";
import { smooth } from "./smooth.ts";

/** Options of `learner.lrFind`. */
export interface LrFindOptions {
  /** Learning rate of the first batch; default 1e-7. A linear search begins at 0. */
  startLr?: number;
  /** Learning rate behind the last batch; default 10. */
  endLr?: number;
  /** Batches; default 100, at least 6. */
  numIt?: number;
  /** Grow by the same amount from batch to batch, not by the same factor; default false. */
  linear?: boolean;
  /** Stop when the smoothed loss is four times the best one, or NaN; default true. */
  stopDiv?: boolean;
}

/** What a finder found. */
export class LrFindResult {
  /** Learning rates that were tried, ascending. */
  readonly lrs: readonly number[];
  /** Smoothed training loss at each. */
  readonly losses: readonly number[];
  /** Suggestions by rule, made from the curve without its first tenth and its last five points. */
  readonly suggestions: Readonly<Record<"valley" | "minimum" | "steep" | "slide", number | null>>;
  /** True when the learning rates were tried in equal steps. */
  readonly linear: boolean;

  /** @param numIt batches that were wanted */
  constructor(lrs: readonly number[], losses: readonly number[], numIt: number, linear = false) {
    this.lrs = lrs;
    this.losses = losses;
    this.linear = linear;
    const from = Math.floor(numIt / 10), shown = losses.slice(from, -5), nan = shown.findIndex(Number.isNaN);
    const usable = nan < 0 ? shown : shown.slice(0, nan), rates = lrs.slice(from, from + usable.length);
    const by = (rule: SuggestionRule) => rule(rates, usable);
    this.suggestions = { valley: by(valley), minimum: by(minimum), steep: by(steep), slide: by(slide) };
  }

  /** The suggestion to begin with: the valley's. @throws {ValueError} when the curve is too short for any */
  get lr(): number {
    const { valley, steep, minimum } = this.suggestions, lr = valley ?? steep ?? minimum;
    if (lr !== null) return lr;
    throw new ValueError(`Cannot suggest a learning rate from ${this.losses.length} losses: try more batches`, {
      op: "lrFind",
      value: this.losses.length,
    });
  }

  /**
   * The curve as a panel for `plot` and `plotText`.
   * @param options `skipEnd`: points left out at the end, where the loss explodes; default 5
   */
  panel({ skipEnd = 5 }: { skipEnd?: number } = {}): Panel {
    const end = Math.max(1, this.lrs.length - skipEnd), { suggestions, linear } = this;
    return lrFinderPanel({ lrs: this.lrs.slice(0, end), losses: this.losses.slice(0, end), suggestions }, {
      logX: !linear,
    });
  }

  /** The curve as the text of an SVG file. */
  plot(options: PlotOptions & { skipEnd?: number } = {}): Promise<string> {
    return plot([this.panel(options)], options);
  }
}

/** Batches between two looks at the losses; what was trained too much is thrown away anyway. */
const LOOK = 10;

/** Sets the learning rates and looks when to stop. */
class LRFinder implements Callback {
  /** Behind schedules, before the recorder. */
  readonly order = -150;
  readonly name = "LRFinder";
  readonly #rate: (position: number) => number;
  readonly #batches: number;
  readonly #stop: boolean;

  constructor(rate: (position: number) => number, batches: number, stop: boolean) {
    this.#rate = rate;
    this.#batches = batches;
    this.#stop = stop;
  }

  beforeBatch(learner: AnyLearner): void {
    if (learner.training) learner.setLr(this.#rate(learner.recorder.history.steps.lr.length / this.#batches));
  }

  async betweenBatches({ recorder }: AnyLearner): Promise<void> {
    const made = recorder.history.steps.lr.length;
    if (made < this.#batches && made % LOOK > 0) return;
    await recorder.flush();
    if (made >= this.#batches || this.#stop && diverged(recorder.history.steps.loss) !== null) {
      throw new CancelFitException();
    }
  }

  beforeValidate(): void {
    throw new CancelValidException();
  }
}

/** Number of the first batch whose smoothed loss is NaN or four times the best one before; null for none. */
function diverged(losses: readonly number[]): number | null {
  let best = Infinity;
  for (const [i, loss] of smooth(losses).entries()) {
    if (Number.isNaN(loss) || loss > 4 * best) return i;
    best = Math.min(best, loss);
  }
  return null;
}

/**
 * Searches.
 * @param length batches per epoch
 * @param run trains for some epochs with a callback and returns what it recorded
 * @throws {ValueError} naming the option that is out of range
 */
export async function findLr(
  { startLr = 1e-7, endLr = 10, numIt = 100, linear = false, stopDiv = true }: LrFindOptions,
  length: number,
  run: (epochs: number, callback: Callback) => Promise<StepRecords>,
): Promise<LrFindResult> {
  const fail = (name: string, value: number, wanted: string): never => {
    throw new ValueError(`Cannot use ${name} = ${value} in lrFind: it has to be ${wanted}`, { op: "lrFind", value });
  };
  if (!(startLr > 0 && startLr < Infinity)) fail("startLr", startLr, "a finite number above 0");
  if (!(endLr > startLr && endLr < Infinity)) fail("endLr", endLr, "a finite number above startLr");
  if (!Number.isSafeInteger(numIt) || numIt < 6) fail("numIt", numIt, "an integer of at least 6");
  const rate = linear ? (x: number) => endLr * x : (x: number) => startLr * (endLr / startLr) ** x;
  const { lr, loss } = await run(Math.floor(numIt / length) + 1, new LRFinder(rate, numIt, stopDiv));
  const end = (stopDiv ? diverged(loss) : null) ?? loss.length - 1;
  return new LrFindResult(lr.slice(0, end + 1), smooth(loss).slice(0, end + 1), numIt, linear);
}
