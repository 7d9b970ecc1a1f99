/**
 * What a training run leaves behind: one record per epoch and one number per step, as JSON, as a table and as a plot.
 * Everything but `seconds` is the same in two runs with the same seed.
 * @module
 */

import { ValueError } from "../errors.ts";
import { palette, type Panel, plot, type PlotOptions } from "./plot.ts";
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

/** Weight of the past in the smoothed training loss. */
export const smoothing = 0.98;

/**
 * Exponential moving average without the bias towards zero at the start: `e = beta * e + (1 - beta) * x`, shown as
 * `e / (1 - beta ** n)` after n values.
 * @param beta weight of the past; default 0.98, fastai's
 */
export function smooth(values: readonly number[], beta: number = smoothing): number[] {
  let average = 0, weight = 0;
  return values.map((value) => {
    average = beta * average + (1 - beta) * value;
    weight = beta * weight + (1 - beta);
    return average / weight;
  });
}

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
   * @param options heading and size; `logLoss` draws the losses on a logarithmic axis
   */
  plot(options: PlotOptions & { logLoss?: boolean } = {}): Promise<string> {
    const { epochs, steps } = this;
    const perEpoch = Math.max(1, steps.loss.length / Math.max(1, epochs.length));
    const overSteps = (values: readonly number[]) => values.map((value, i) => [(i + 1) / perEpoch, value] as const);
    const overEpochs = (value: (record: EpochRecord) => number | null) =>
      epochs.map((record, i) => [i + 1, value(record) ?? NaN] as const);
    const xRange = [0, Math.max(1, epochs.length)] as const;
    const loss: Panel = {
      title: "Loss",
      xLabel: "epoch",
      xRange,
      logY: options.logLoss,
      series: [
        { name: "batch", points: overSteps(steps.loss), color: palette[0], style: "faint" },
        { name: "training, smoothed", points: overSteps(smooth(steps.loss)), color: palette[0] },
        { name: "validation", points: overEpochs((record) => record.validLoss), color: palette[1], style: "dots" },
      ],
    };
    const metrics = this.metrics.map((name, i): Panel => ({
      title: name[0].toUpperCase() + name.slice(1),
      xLabel: "epoch",
      xRange,
      series: [{
        name: `validation ${name}`,
        points: overEpochs((record) => record.metrics[name]),
        color: palette[(i + 2) % palette.length],
        style: "dots",
      }],
    }));
    return plot([loss, ...metrics], options);
  }
}

/** Six decimals even where the value is whole, as for an accuracy of 1. */
function decimals(value: number | null): string | null {
  return value === null ? null : value.toFixed(6);
}
