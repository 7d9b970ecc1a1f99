/**
 * What a training run leaves behind: one record per epoch and one number per step, as JSON, as a table and as a plot.
 * Everything but `seconds` is the same in two runs with the same seed.
 * @module
 */

import { ValueError } from "../errors.ts";
import { type HistoryPanelOptions, historyPanels } from "./panels.ts";
import { plot, type PlotOptions } from "./plot.ts";
import { plotText, type TextPlotOptions } from "./plot_text.ts";
import { smooth, smoothing } from "./smooth.ts";
import { type Cell, formatTable, formatTime } from "./table.ts";

/** Results of one epoch. */
export interface EpochRecord {
  /** Number of the epoch, from 0. */
  readonly epoch: number;
  /** Smoothed training loss at the end of the epoch. */
  readonly trainLoss: number;
  /** Mean validation loss; null without validation data. */
  readonly validLoss: number | null;
  /** Value per metric name, on the validation data. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Duration of training and validation. */
  readonly seconds: number;
}

/** One list per quantity, one entry per training step. */
export interface StepRecords {
  /** Loss of the batch, without regularisation terms. */
  readonly loss: number[];
  /** Learning rate of the last parameter group. */
  readonly lr: number[];
  /** Momentum (Adam's first beta) of the last parameter group; NaN where the optimiser has none. */
  readonly momentum: number[];
}

/** The JSON form of a {@link History}; NaN becomes null. */
export interface HistoryJSON {
  /** Format number. */
  readonly version: 1;
  /** Names of the metrics, in table order. */
  readonly metrics: readonly string[];
  /** One record per epoch. */
  readonly epochs: readonly EpochRecord[];
  /** One entry per training step. */
  readonly steps: StepRecords;
}

export { smooth, smoothing };

/** Records of a run, filled in by the learner's recorder. */
export class History {
  /** Names of the metrics, in table order. */
  readonly metrics: readonly string[];
  /** One record per finished epoch. */
  readonly epochs: EpochRecord[] = [];
  /** One entry per training step. */
  readonly steps: StepRecords = { loss: [], lr: [], momentum: [] };

  /** @param metrics names of the metrics */
  constructor(metrics: readonly string[] = []) {
    this.metrics = [...metrics];
  }

  /** The last finished epoch. @throws {ValueError} before the first one */
  get last(): EpochRecord {
    const last = this.epochs.at(-1);
    if (!last) throw new ValueError("Cannot read the last epoch: no epoch is finished", { op: "History.last" });
    return last;
  }

  /** Columns of the table: epoch, losses, metrics, time. */
  get columns(): string[] {
    return ["epoch", "train_loss", "valid_loss", ...this.metrics, "time"];
  }

  /** The table's row of an epoch. */
  row(record: EpochRecord): Cell[] {
    const { epoch, trainLoss, validLoss, metrics, seconds } = record;
    const values = this.metrics.map((name) => metrics[name] ?? null).map(decimals);
    return [epoch, decimals(trainLoss), decimals(validLoss), ...values, formatTime(seconds)];
  }

  /** The table that was printed during the run. */
  toString(): string {
    return formatTable(this.columns, this.epochs.map((record) => this.row(record)));
  }

  /** For `JSON.stringify`. */
  toJSON(): HistoryJSON {
    const { metrics, epochs, steps } = this;
    return { version: 1, metrics, epochs, steps };
  }

  /**
   * Reads what `JSON.parse` made of {@link History.toJSON}.
   * @throws {ValueError} when it is something else
   */
  static fromJSON(json: HistoryJSON): History {
    if (json?.version !== 1 || !Array.isArray(json.epochs)) {
      throw new ValueError("Cannot read a history: wanted an object with version 1 and epochs", { op: "fromJSON" });
    }
    const number = (value: number | null): number => value ?? NaN;
    const history = new History(json.metrics);
    for (const record of json.epochs) {
      const metrics: Record<string, number> = {};
      for (const name of json.metrics) metrics[name] = number(record.metrics[name]);
      history.epochs.push({ ...record, trainLoss: number(record.trainLoss), metrics });
    }
    for (const key of ["loss", "lr", "momentum"] as const) history.steps[key].push(...json.steps[key].map(number));
    return history;
  }

  /**
   * The run as an SVG file: losses on the left, one panel per metric beside it.
   * @param options heading, size, and which panels
   */
  plot(options: HistoryPanelOptions & PlotOptions = {}): Promise<string> {
    return plot(historyPanels(this, options), options);
  }

  /** The same as text for a terminal. */
  plotText(options: HistoryPanelOptions & TextPlotOptions = {}): string {
    return plotText(historyPanels(this, options), options);
  }
}

/** Six decimals even where the value is whole, as for an accuracy of 1. */
function decimals(value: number | null): string | null {
  return value === null ? null : value.toFixed(6);
}
