/**
 * Line plots as SVG text: panels side by side, each with axes, grid, legend and an optional logarithmic axis. The text
 * is a complete file that shows the same in a page, an editor or a printed report; nothing here touches a screen.
 * @module
 */

import { ValueError } from "../errors.ts";
import { type D3, loadD3, type Scale } from "../platform/d3.ts";

/** One line of a panel. */
export interface Series {
  /** Name in the legend. */
  name: string;
  /** Points `[x, y]` from left to right; points that are not finite (or not positive on a log axis) leave a gap. */
  points: readonly (readonly [x: number, y: number])[];
  /** CSS colour; by default the next one of {@link palette}. */
  color?: string;
  /** `line`: a strong line. `faint`: a thin pale one, for noisy data behind a smooth curve. `dots`: a line with a dot at every point. */
  style?: "line" | "faint" | "dots";
}

/** One pair of axes. */
export interface Panel {
  /** Heading above the axes. */
  title: string;
  /** Lines, drawn in this order. */
  series: readonly Series[];
  /** Name of the horizontal axis. */
  xLabel?: string;
  /** Name of the vertical axis. */
  yLabel?: string;
  /** Logarithmic horizontal axis; default false. */
  logX?: boolean;
  /** Logarithmic vertical axis; default false. */
  logY?: boolean;
  /** Range of the horizontal axis; by default that of the points. */
  xRange?: readonly [min: number, max: number];
  /** Range of the vertical axis; by default that of the points. */
  yRange?: readonly [min: number, max: number];
}

/** Options of {@link plot}. */
export interface PlotOptions {
  /** Heading above all panels. */
  title?: string;
  /** Pixels per panel; default 460. */
  width?: number;
  /** Pixels per panel; default 320. */
  height?: number;
}

/** Colours in order of use: distinct in print, on white, and for colour-blind readers (Okabe and Ito, darkened). */
export const palette: readonly string[] = ["#1f6fb4", "#d9682b", "#2a8f6a", "#a3528f", "#b08a1a", "#4d4d4d"];

const INK = "#2b2f36", MUTED = "#737b87", GRID = "#e6e9ee";
const MARGIN = { top: 62, right: 20, bottom: 46, left: 58 };

/**
 * Draws panels side by side.
 *
 * ```ts
 * const svg = await w.train.plot([{ title: "Loss", series: [{ name: "train", points: [[0, 2.7], [1, 1.6]] }] }]);
 * await Deno.writeTextFile("loss.svg", svg);
 * ```
 *
 * @returns the text of an SVG file
 * @throws {ValueError} when there is no panel
 */
export async function plot(panels: readonly Panel[], options: PlotOptions = {}): Promise<string> {
  if (panels.length === 0) throw new ValueError("Cannot plot: there is no panel", { op: "plot" });
  const { title, width = 460, height = 320 } = options;
  const d3 = await loadD3();
  const head = title ? 34 : 0;
  const total = { width: panels.length * width, height: height + head };
  const body = panels.map((panel, i) =>
    `<g transform="translate(${i * width} ${head})">\n${drawPanel(d3, panel, width, height)}\n</g>`
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${total.width}" height="${total.height}" ` +
    `viewBox="0 0 ${total.width} ${total.height}" role="img" font-size="12" ` +
    `font-family="system-ui, 'Segoe UI', Helvetica, Arial, sans-serif">`,
    `<title>${escape(title ?? panels.map((panel) => panel.title).join(", "))}</title>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    ...(title ? [text(total.width / 2, 30, title, `text-anchor="middle" font-size="17" font-weight="600"`)] : []),
    ...body,
    "</svg>\n",
  ].join("\n");
}

function drawPanel(d3: D3, panel: Panel, width: number, height: number): string {
  const left = MARGIN.left, right = width - MARGIN.right, top = MARGIN.top, bottom = height - MARGIN.bottom;
  const usable = panel.series.map((series) => ({
    ...series,
    points: series.points.map(([x, y]) => drawable(x, panel.logX) && drawable(y, panel.logY) ? [x, y] as const : null),
  }));
  const points = usable.flatMap((series) => series.points.filter((point) => point !== null));
  const x = axis(d3, panel.logX, panel.xRange ?? points.map((point) => point[0])).range([left, right]);
  const y = axis(d3, panel.logY, panel.yRange ?? points.map((point) => point[1])).range([bottom, top]);
  if (!panel.logY) y.nice(5); // a log axis would grow to whole powers of ten
  const color = (i: number) => panel.series[i].color ?? palette[i % palette.length];
  return [
    text(left, 22, panel.title, `font-size="14" font-weight="600"`),
    legend(usable.map((series, i) => ({ name: series.name, color: color(i), faint: series.style === "faint" })), left),
    ...ticksOf(y, panel.logY).map(([value, label]) =>
      `<line x1="${left}" x2="${right}" y1="${px(y(value))}" y2="${px(y(value))}" stroke="${GRID}"/>\n` +
      text(left - 8, y(value) + 4, label, `text-anchor="end" fill="${MUTED}"`)
    ),
    ...ticksOf(x, panel.logX).map(([value, label]) =>
      `<line x1="${px(x(value))}" x2="${px(x(value))}" y1="${bottom}" y2="${bottom + 5}" stroke="${MUTED}"/>\n` +
      text(x(value), bottom + 18, label, `text-anchor="middle" fill="${MUTED}"`)
    ),
    `<line x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}" stroke="${MUTED}"/>`,
    panel.xLabel ? text((left + right) / 2, height - 8, panel.xLabel, `text-anchor="middle" fill="${MUTED}"`) : "",
    panel.yLabel
      ? text(
        0,
        0,
        panel.yLabel,
        `text-anchor="middle" fill="${MUTED}" transform="translate(14 ${px((top + bottom) / 2)}) rotate(-90)"`,
      )
      : "",
    ...usable.map((series, i) => curve(d3, series, x, y, color(i))),
  ].filter((part) => part !== "").join("\n");
}

/** A scale over the values, with some room where they are all the same. */
function axis(d3: D3, log: boolean | undefined, values: readonly number[]): Scale {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) [low, high] = log ? [0.1, 1] : [0, 1];
  if (low === high) [low, high] = log ? [low / 2, high * 2] : [low - 0.5, high + 0.5];
  return (log ? d3.scaleLog() : d3.scaleLinear()).domain([low, high]);
}

/** About five marks per axis; on a log axis powers of ten, and the steps between where there are few powers. */
function ticksOf(scale: Scale, log: boolean | undefined): [value: number, label: string][] {
  if (!log) {
    const format = scale.tickFormat(5);
    return scale.ticks(5).map((value) => [value, format(value)]);
  }
  const [low, high] = scale.domain();
  const decades = Math.log10(high / low);
  const steps = decades < 1.2 ? [1, 2, 3, 4, 5, 7] : decades < 2.5 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.round(decades / 6));
  const ticks: [number, string][] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    if (power % every !== 0) continue;
    for (const step of steps) {
      const value = step * 10 ** power;
      if (value >= low * 0.999 && value <= high * 1.001) ticks.push([value, shortNumber(value)]);
    }
  }
  return ticks;
}

function shortNumber(value: number): string {
  return value >= 1e-3 && value < 1e5
    ? String(Number(value.toPrecision(3)))
    : Number(value.toPrecision(3)).toExponential().replace("e+", "e");
}

function legend(entries: readonly { name: string; color: string; faint: boolean }[], left: number): string {
  let at = left;
  return entries.map(({ name, color, faint }) => {
    const start = at;
    at += 32 + name.length * 6.6; // about the width of a name at 12 px
    return `<line x1="${px(start)}" x2="${px(start + 16)}" y1="40" y2="40" stroke="${color}" stroke-width="3" ` +
      `stroke-linecap="round"${faint ? ` stroke-opacity="0.35"` : ""}/>\n` + text(start + 22, 44, name);
  }).join("\n");
}

function curve(
  d3: D3,
  series: { points: readonly (readonly [number, number] | null)[]; style?: Series["style"] },
  x: Scale,
  y: Scale,
  color: string,
): string {
  const runs: [number, number][][] = [[]];
  for (const point of series.points) {
    if (point) runs.at(-1)!.push([Math.round(x(point[0]) * 10) / 10, Math.round(y(point[1]) * 10) / 10]);
    else if (runs.at(-1)!.length > 0) runs.push([]);
  }
  const faint = series.style === "faint";
  const path = runs.map((run) => d3.line()(run) ?? "").join("");
  const stroke = `<path d="${path}" fill="none" stroke="${color}" stroke-width="${faint ? 1 : 2}" ` +
    `stroke-linejoin="round" stroke-linecap="round"${faint ? ` stroke-opacity="0.35"` : ""}/>`;
  if (series.style !== "dots") return stroke;
  const dots = runs.flat().map(([cx, cy]) =>
    `<circle cx="${cx}" cy="${cy}" r="3" fill="${color}" stroke="#fff" stroke-width="1"/>`
  );
  return [stroke, ...dots].join("\n");
}

function drawable(value: number, log: boolean | undefined): boolean {
  return Number.isFinite(value) && (!log || value > 0);
}

function text(x: number, y: number, content: string, attributes = ""): string {
  const fill = attributes.includes("fill=") ? "" : ` fill="${INK}"`;
  return `<text x="${px(x)}" y="${px(y)}"${fill}${attributes ? " " + attributes : ""}>${escape(content)}</text>`;
}

function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escape(content: string): string {
  return content.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]!);
}
