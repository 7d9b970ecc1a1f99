/**
 * Logs that other programs read: one row per epoch as CSV, one object per epoch (and per step) as JSON lines. They are
 * on the disk when an epoch is over. A run that is resumed goes on with its log: what was written behind the checkpoint
 * is written again, and a last line that a kill has cut short is repaired. Several runs of one learner follow each other
 * in the file; another program's log is replaced unless `append` keeps it.
 * @module
 */

import type { StateTree } from "../tensor/state_tree.ts";
import type { AnyLearner, Callback } from "./callbacks.ts";
import type { EpochRecord, History } from "./history.ts";
import { countIn, LogFile } from "./log_file.ts";

/** Options of logs. */
export interface LoggerOptions {
  /** Keep what the file holds of other runs, and go on behind it; default false. */
  append?: boolean;
}

/**
 * Writes one CSV row per epoch: `epoch,train_loss,valid_loss,<metrics>,lr,seconds` under a line of names. Numbers have
 * all their digits, NaN is `NaN`, what there is none of is empty.
 *
 * ```ts
 * const learner = new w.train.Learner({ ...options, callbacks: [new w.train.CSVLogger("runs/first/log.csv")] });
 * ```
 */
export class CSVLogger implements Callback {
  /** Key of its state. */
  readonly name = "CSVLogger";
  /** After others, so that they can still change what is logged. */
  readonly order = 90;
  /** It only looks on. */
  readonly passive = true;
  readonly #file: LogFile;

  /** @param path of the file; its folder is made @throws {ValueError} when the path names no file */
  constructor(path: string | URL, { append = false }: LoggerOptions = {}) {
    this.#file = new LogFile("log", path, append);
  }

  /** Rows of the run so far. */
  stateDict(): StateTree {
    return { lines: this.#file.lines };
  }

  /** Goes on behind the rows of a saved state. */
  loadStateDict(state: StateTree): void {
    this.#file.rewind(countIn(this.name, state, "lines"));
  }

  /**
   * Writes the epoch's row.
   * @throws {StateError} when the file that is to be continued has other columns, or the disk refuses
   */
  async afterEpoch({ history }: AnyLearner): Promise<void> {
    const { epoch, trainLoss, validLoss, metrics, seconds } = history.last;
    const values = history.metrics.map((name) => metrics[name] ?? null);
    const row = [epoch, trainLoss, validLoss, ...values, history.steps.lr.at(-1) ?? null, seconds];
    await this.#file.write([csvLine(row)], csvLine(columnsOf(history)));
  }
}

/** Options of {@link JSONLinesLogger}. */
export interface JSONLinesOptions extends LoggerOptions {
  /** Also write an object per training step, `{"step":1,"loss":2.7,"lr":0.001}`; default false. */
  steps?: boolean;
}

/**
 * Writes one JSON object per line: `{"epoch":0,"step":120,"train_loss":2.1,"valid_loss":1.9,"accuracy":0.5,...}` per
 * epoch, NaN as null.
 */
export class JSONLinesLogger implements Callback {
  /** Key of its state. */
  readonly name = "JSONLinesLogger";
  /** After others, so that they can still change what is logged. */
  readonly order = 90;
  /** It only looks on. */
  readonly passive = true;
  readonly #file: LogFile;
  readonly #steps: boolean;
  #written = 0;

  /** @param path of the file; its folder is made @throws {ValueError} when the path names no file */
  constructor(path: string | URL, { append = false, steps = false }: JSONLinesOptions = {}) {
    this.#file = new LogFile("log", path, append);
    this.#steps = steps;
  }

  /** Lines and steps of the run so far. */
  stateDict(): StateTree {
    return { lines: this.#file.lines, steps: this.#written };
  }

  /** Goes on behind the lines of a saved state. */
  loadStateDict(state: StateTree): void {
    const lines = countIn(this.name, state, "lines");
    this.#written = countIn(this.name, state, "steps");
    this.#file.rewind(lines);
  }

  /** A run begins. */
  beforeFit(): void {
    this.#written = 0;
  }

  /** Writes the epoch's object. @throws {StateError} when the disk refuses */
  async afterEpoch({ history }: AnyLearner): Promise<void> {
    const { epoch, ...rest } = epochScalars(history.last);
    const line = JSON.stringify({ epoch, step: history.steps.loss.length, ...rest });
    await this.#file.write([...this.#stepLines(history), line]);
  }

  /** Of an interrupted run, writes the steps of the epoch that was not finished. */
  async afterFit({ history }: AnyLearner): Promise<void> {
    const lines = this.#stepLines(history);
    if (lines.length) await this.#file.write(lines);
  }

  #stepLines({ steps }: History): string[] {
    if (!this.#steps) return [];
    const lines: string[] = [];
    for (; this.#written < steps.loss.length; this.#written++) {
      const i = this.#written;
      lines.push(JSON.stringify({ step: i + 1, loss: steps.loss[i], lr: steps.lr[i], momentum: steps.momentum[i] }));
    }
    return lines;
  }
}

/** Names of the columns of a CSV log. */
function columnsOf(history: History): string[] {
  return ["epoch", "train_loss", "valid_loss", ...history.metrics, "lr", "seconds"];
}

/** The numbers of an epoch by the names that logs use. */
function epochScalars({ epoch, trainLoss, validLoss, metrics, seconds }: EpochRecord): Record<string, number | null> {
  return { epoch, train_loss: trainLoss, valid_loss: validLoss, ...metrics, seconds };
}

function csvLine(cells: readonly (string | number | null)[]): string {
  return cells.map((cell) => {
    const text = String(cell ?? "");
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""').replace(/[\r\n]+/g, " ")}"` : text;
  }).join(",");
}
