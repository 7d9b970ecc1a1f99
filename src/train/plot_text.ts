/**
 * Line plots as text for a terminal: braille dots, eight to a character, with axes and a legend. Colours are optional;
 * without them every line after the first has a mark of its own.
 * @module
 */

import { ValueError } from "../errors.ts";
import type { Panel, Series } from "./plot.ts";
import { shortNumber } from "./plot_svg.ts";

/** Options of {@link plotText}. */
export interface TextPlotOptions {
  /** Characters per line; default 72. */
  width?: number;
  /** Lines of the plot area; default 12. */
  height?: number;
  /** Use terminal colours; default false. */
  color?: boolean;
}

/** Bits of the eight dots of a braille character, by row and column. */
const DOTS = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
/** Terminal colours in the order of the palette. */
const ANSI = [34, 31, 32, 35, 33, 37];
/** Marks of the lines where there is no colour; the first is drawn in braille dots. */
const MARKS = ["", "o", "x", "+", "*", "#"];

type Point = readonly [x: number, y: number];

/**
 * Draws panels as text, one below the other. Faint lines are left out, there is too little room for them.
 *
 * ```ts
 * console.log(w.train.plotText([{ title: "Loss", series: [{ name: "train", points: [[0, 2.7], [1, 1.6]] }] }]));
 * ```
 *
 * @throws {ValueError} when there is no panel, or no room for one
 */
export function plotText(panels: readonly Panel[], options: TextPlotOptions = {}): string {
  const { width = 72, height = 12, color = false } = options;
  if (panels.length === 0) throw new ValueError("Cannot plot: there is no panel", { op: "plotText" });
  if (!(width >= 24 && height >= 3)) {
    throw new ValueError(`Cannot plot in ${width} x ${height} characters: wanted at least 24 x 3`, {
      op: "plotText",
      value: [width, height],
    });
  }
  return panels.map((panel) => drawPanel(panel, width, height, color)).join("\n\n");
}

function drawPanel(panel: Panel, width: number, height: number, color: boolean): string {
  const all = panel.series.filter(({ style }) => style !== "faint");
  const series = (all.length ? all : panel.series).map((one) => ({ ...one, points: usable(one, panel) }));
  const points = series.flatMap((one) => one.points);
  const x = scale(points.map((p) => p[0]), panel.xRange, panel.logX);
  const y = scale(points.map((p) => p[1]), panel.yRange, panel.logY);
  const labels = Array.from({ length: height }, (_, row) => {
    const wanted = row === 0 || row === height - 1 || row === Math.floor((height - 1) / 2);
    return wanted ? shortNumber(y.value(1 - row / (height - 1))) : "";
  });
  const gutter = Math.max(...labels.map((label) => label.length)), columns = width - gutter - 2;
  const cells: (string | null)[][] = Array.from({ length: height }, () => Array(columns).fill(null));
  for (const { x: at } of panel.marks ?? []) {
    const column = Math.round(x.part(at) * (columns - 1));
    if (column >= 0 && column < columns) { for (const row of cells) row[column] = "┊"; }
  }
  series.forEach(({ points }, i) => {
    const paint = (symbol: string) => color ? `\x1b[${ANSI[i % ANSI.length]}m${symbol}\x1b[0m` : symbol;
    const bits = rasterize(points.map((p) => [x.part(p[0]), y.part(p[1])] as const), columns, height);
    const mark = color ? "" : MARKS[i % MARKS.length];
    bits.forEach((row, r) =>
      row.forEach((bit, c) => {
        if (bit) cells[r][c] = paint(mark || String.fromCharCode(0x2800 + bit));
      })
    );
  });
  const legend = series.map(({ name }, i) =>
    color
      ? `\x1b[${ANSI[i % ANSI.length]}m──\x1b[0m ${printable(name)}`
      : `${MARKS[i % MARKS.length] || "⠒"} ${printable(name)}`
  );
  const marks = (panel.marks ?? []).map(({ label }) => `┊ ${printable(label)}`);
  const left = shortNumber(x.value(0)), right = shortNumber(x.value(1)), middle = printable(panel.xLabel ?? "");
  const space = Math.max(2, columns - left.length - right.length - middle.length), before = Math.floor(space / 2);
  return [
    printable(panel.title) + "   " + [...legend, ...marks].join("   "),
    ...cells.map((row, r) =>
      `${labels[r].padStart(gutter)} ${labels[r] ? "┤" : "│"}${row.map((cell) => cell ?? " ").join("")}`.trimEnd()
    ),
    `${" ".repeat(gutter)} └${"─".repeat(columns)}`,
    `${" ".repeat(gutter + 2)}${left}${" ".repeat(before)}${middle}${" ".repeat(space - before)}${right}`,
  ].join("\n");
}

function usable({ points }: Series, { logX, logY, xRange, yRange }: Panel): Point[] {
  const good = (value: number, log?: boolean, range?: readonly number[]) =>
    Number.isFinite(value) && (!log || value > 0) && (!range || value >= range[0] && value <= range[1]);
  return points.filter(([x, y]) => good(x, logX, xRange) && good(y, logY, yRange));
}

/** From values to parts of an axis, 0 to 1, and back. */
function scale(values: readonly number[], range: readonly [number, number] | undefined, log = false): {
  part(value: number): number;
  value(part: number): number;
} {
  const to = log ? Math.log : (v: number) => v, from = log ? Math.exp : (v: number) => v;
  let low = Infinity, high = -Infinity;
  for (const value of range ?? values) {
    low = Math.min(low, to(value));
    high = Math.max(high, to(value));
  }
  if (low > high) [low, high] = [0, 1];
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  return {
    part: (value) => (to(value) - low) / (high - low),
    value: (part) => Number(from(low + part * (high - low)).toPrecision(12)),
  };
}

/** Bits of the braille characters that a line through the points touches. */
function rasterize(points: readonly Point[], columns: number, rows: number): number[][] {
  const bits = Array.from({ length: rows }, () => new Array<number>(columns).fill(0));
  const wide = columns * 2 - 1, high = rows * 4 - 1;
  const dot = (x: number, y: number) => bits[y >> 2][x >> 1] |= DOTS[y & 3][x & 1];
  let last: [number, number] | null = null;
  for (const [px, py] of points) {
    const x = Math.round(px * wide), y = Math.round((1 - py) * high);
    if (last) {
      const [x0, y0] = last, steps = Math.max(Math.abs(x - x0), Math.abs(y - y0), 1);
      for (let s = 1; s < steps; s++) {
        dot(Math.round(x0 + (x - x0) * s / steps), Math.round(y0 + (y - y0) * s / steps));
      }
    }
    dot(x, y);
    last = [x, y];
  }
  return bits;
}

/** Text without what moves a terminal's cursor. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex -- these are what must not get through
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ");
}
