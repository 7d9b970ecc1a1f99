/**
 * The panels that people look at: losses, metrics, learning rate and momentum of a run, a schedule, a learning-rate
 * finder. `plot` and `plotText` draw them.
 * @module
 */

import { ValueError } from "../errors.ts";
import type { History } from "./history.ts";
import type { Mark, Panel } from "./plot.ts";
import { palette, shortNumber } from "./plot_svg.ts";
import { smooth } from "./smooth.ts";

/** Which panels {@link historyPanels} makes. */
export interface HistoryPanelOptions {
  /** Losses on a logarithmic axis; default false. */
  logLoss?: boolean;
  /** Panels of learning rate and momentum over the steps; default false. */
  schedule?: boolean;
}

/** Losses, then a panel per metric, then (if asked for) learning rate and momentum. */
export function historyPanels(history: History, { logLoss, schedule }: HistoryPanelOptions = {}): Panel[] {
  const { epochs, steps } = history;
  const perEpoch = Math.max(1, steps.loss.length / Math.max(1, epochs.length));
  const xRange = [0, Math.max(1, steps.loss.length / perEpoch, epochs.length)] as const;
  const overSteps = (values: readonly number[]) => values.map((value, i) => [(i + 1) / perEpoch, value] as const);
  const overEpochs = (value: (number | null)[]) => value.map((value, i) => [i + 1, value ?? NaN] as const);
  const loss: Panel = {
    title: "Loss",
    xLabel: "epoch",
    xRange,
    logY: logLoss,
    series: [
      { name: "batch", points: overSteps(steps.loss), color: palette[0], style: "faint" },
      { name: "training, smoothed", points: overSteps(smooth(steps.loss)), color: palette[0] },
      { name: "validation", points: overEpochs(epochs.map((e) => e.validLoss)), color: palette[1], style: "dots" },
    ],
  };
  const metrics = history.metrics.map((name, i): Panel => ({
    title: heading(name),
    xLabel: "epoch",
    xRange,
    series: [{
      name: `validation ${name}`,
      points: overEpochs(epochs.map(({ metrics }) => metrics[name])),
      color: palette[(i + 2) % palette.length],
      style: "dots",
    }],
  }));
  if (!schedule) return [loss, ...metrics];
  const shown = [curvePanel("Learning rate", steps.lr, { color: palette[0] })];
  if (steps.momentum.some((value) => !Number.isNaN(value))) {
    shown.push(curvePanel("Momentum", steps.momentum, { color: palette[1] }));
  }
  return [loss, ...metrics, ...shown];
}

/** Options of {@link curvePanel}. */
export interface CurveOptions {
  /** Name of the horizontal axis; default `step`. */
  xLabel?: string;
  /** Name of the line; default the title in small letters. */
  name?: string;
  /** CSS colour; default the first of the palette. */
  color?: string;
  /** Logarithmic vertical axis; default false. */
  logY?: boolean;
}

/**
 * One value per step, as of a schedule before anything is trained:
 *
 * ```ts
 * const cycle = w.optim.lrScheduler.oneCycle(1e-2);
 * const values = Array.from({ length: 100 }, (_, i) => cycle.lr(i / 100));
 * const svg = await w.train.plot([w.train.curvePanel("One cycle", values)]);
 * ```
 */
export function curvePanel(title: string, values: readonly number[], options: CurveOptions = {}): Panel {
  const { xLabel = "step", name = title.toLowerCase(), color = palette[0], logY } = options;
  return { title, xLabel, logY, series: [{ name, color, points: values.map((value, i) => [i, value] as const) }] };
}

/** What a learning-rate finder measured. */
export interface LrCurve {
  /** Learning rates that were tried, ascending. */
  readonly lrs: readonly number[];
  /** Loss at each. */
  readonly losses: readonly number[];
  /** Suggested learning rates by the name of the rule; null where a rule found none. */
  readonly suggestions?: Readonly<Record<string, number | null>>;
}

/**
 * Loss over the learning rate with the suggestions marked.
 * @param logX logarithmic horizontal axis; default true
 * @throws {ValueError} when there are not as many losses as learning rates
 */
export function lrFinderPanel({ lrs, losses, suggestions = {} }: LrCurve, { logX = true } = {}): Panel {
  if (lrs.length !== losses.length) {
    throw new ValueError(`Cannot plot ${losses.length} losses over ${lrs.length} learning rates: wanted as many`, {
      op: "lrFinderPanel",
      value: losses.length,
    });
  }
  const marks = Object.entries(suggestions).filter(([, x]) => x !== null).map(([name, x]): Mark => {
    let near = 0;
    for (let i = 0; i < lrs.length; i++) {
      if (Math.abs(Math.log(lrs[i] / x!)) < Math.abs(Math.log(lrs[near] / x!))) near = i;
    }
    return { x: x!, y: losses[near], label: `${name} ${shortNumber(x!)}` };
  });
  return {
    title: "Learning-rate finder",
    xLabel: "learning rate",
    yLabel: "loss",
    logX,
    yRange: descent(losses),
    marks,
    series: [{ name: "loss", color: palette[0], points: lrs.map((lr, i) => [lr, losses[i]] as const) }],
  };
}

/** Losses from the lowest to a little above the start: a loss that explodes at the end must not flatten the descent. */
function descent(losses: readonly number[]): [number, number] | undefined {
  const finite = losses.filter(Number.isFinite);
  if (finite.length < 2) return undefined;
  const low = finite.reduce((a, b) => Math.min(a, b)), before = finite.slice(0, finite.indexOf(low) + 1);
  const high = before.reduce((a, b) => Math.max(a, b)), all = finite.reduce((a, b) => Math.max(a, b));
  return high > low ? [low, Math.min(all, low + 1.4 * (high - low))] : undefined;
}

/** A name as a heading. */
function heading(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1).replaceAll("_", " ");
}
