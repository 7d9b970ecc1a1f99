/**
 * Shows a run while it goes on: the result table line by line, and under it a bar for the epoch where a terminal is
 * attached. A pipe or a log file gets the lines alone.
 * @module
 */

import { type Bar, openBar, printLine } from "../platform/terminal.ts";
import type { AnyLearner, Callback } from "./callbacks.ts";
import { TableWriter } from "./table.ts";

/** Options of {@link ProgressBar}. */
export interface ProgressBarOptions {
  /** Where lines go; default: the terminal. */
  print?: (line: string) => void;
  /** Draw a bar where a terminal is attached; default true. */
  bar?: boolean;
}

/** Prints the result table while a learner fits. */
export class ProgressBar implements Callback {
  /** After all others, so that they can still change what is shown. */
  readonly order = 100;
  /** It changes nothing. */
  readonly passive = true;
  readonly #print: (line: string) => void;
  readonly #wanted: boolean;
  #table: TableWriter | null = null;
  #bar: Bar | null = null;
  #done = 0;

  /** @param options where to print */
  constructor({ print = printLine, bar = true }: ProgressBarOptions = {}) {
    this.#print = print;
    this.#wanted = bar;
  }

  /** Prints the names of the columns. */
  beforeFit(learner: AnyLearner): void {
    this.#table = new TableWriter(learner.history.columns);
    this.#print(this.#table.header());
  }

  /** Opens the epoch's bar. */
  async beforeEpoch(learner: AnyLearner): Promise<void> {
    const batches = learner.train.length + (learner.valid?.length ?? 0);
    this.#done = 0;
    if (this.#wanted) this.#bar = await openBar(`epoch ${learner.epoch + 1}/${learner.epochs}`, batches);
  }

  /** Moves the bar; the loss shown is that of the steps whose losses have arrived. */
  afterBatch(learner: AnyLearner): void {
    const loss = learner.recorder.smoothedLoss;
    this.#bar?.update(++this.#done, Number.isNaN(loss) ? "" : `loss ${loss.toFixed(4)}`);
  }

  /** Replaces the bar by the epoch's line. */
  afterEpoch(learner: AnyLearner): void {
    this.#close();
    const { history } = learner;
    this.#print(this.#table!.row(history.row(history.last)));
  }

  /** Takes away the bar of an epoch that was not finished. */
  afterFit(): void {
    this.#close();
  }

  #close(): void {
    this.#bar?.close();
    this.#bar = null;
  }
}
