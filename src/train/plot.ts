/**
 * Line plots as SVG text: panels side by side, each with axes, grid, legend and an optional logarithmic axis. The text
 * is a complete file that shows the same in a page, an editor or a printed report; nothing here touches a screen.
 * @module
 */

import { ValueError } from "../errors.ts";
import { type D3, loadD3, type Scale } from "../platform/d3.ts";
import { line, paint, palette, px, shortNumber, svgFile, text, textWidth, type Theme, tone } from "./plot_svg.ts";

export { palette, type Theme } from "./plot_svg.ts";

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

/** A point that is pointed out: a vertical line with a label. */
export interface Mark {
  /** Where. */
  x: number;
  /** A dot on the line, if given. */
  y?: number;
  /** What it is. */
  label: string;
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
  /** Points to point out. */
  marks?: readonly Mark[];
  /** Range of the horizontal axis, outside of which nothing is drawn; by default that of the points. */
  xRange?: readonly [min: number, max: number];
  /** Range of the vertical axis, outside of which nothing is drawn; by default that of the points. */
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
  /** Panels per row; default all. */
  columns?: number;
  /** Colours; default `auto`, which follows the page or the system. */
  theme?: Theme;
}

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
  const { title, width = 460, height = 320, columns = panels.length, theme } = options;
  if (!Number.isInteger(columns) || columns < 1) {
    throw new ValueError(`Cannot plot in ${columns} columns: wanted a positive integer`, {
      op: "plot",
      value: columns,
    });
  }
  const d3 = await loadD3();
  const head = title ? 34 : 0, across = Math.min(columns, panels.length), down = Math.ceil(panels.length / across);
  const frame = {
    width: across * width,
    height: down * height + head,
    title: title ?? panels.map((panel) => panel.title).join(", "),
    description: panels.map(describe).join(" "),
    theme,
  };
  const body = panels.map((panel, i) =>
    `<g transform="translate(${i % across * width} ${Math.floor(i / across) * height + head})">\n` +
    `${drawPanel(d3, panel, width, height)}\n</g>`
  );
  const heading = title
    ? [text(frame.width / 2, 30, title, `text-anchor="middle" font-size="17" font-weight="600"`)]
    : [];
  return svgFile(frame, [...heading, ...body]);
}

/** A panel in a sentence. */
function describe({ title, xLabel, series, marks = [] }: Panel): string {
  const lines = series.map(({ name, points }) => {
    const finite = points.filter((point) => point.every(Number.isFinite)), first = finite[0], last = finite.at(-1);
    return first && last
      ? `${name} from ${shortNumber(first[1])} to ${shortNumber(last[1])}, ${finite.length} points`
      : `${name} without points`;
  });
  const pointed = marks.map(({ label, x }) => `${label} at ${shortNumber(x)}`);
  return `${title}${xLabel ? ` over ${xLabel}` : ""}: ${[...lines, ...pointed].join("; ")}.`;
}

function drawPanel(d3: D3, panel: Panel, width: number, height: number): string {
  const left = MARGIN.left, right = width - MARGIN.right, top = MARGIN.top, bottom = height - MARGIN.bottom;
  const { logX, logY, xRange, yRange, marks = [] } = panel;
  const usable = panel.series.map((series) => ({
    ...series,
    points: series.points.map(([x, y]) =>
      drawable(x, logX, xRange) && drawable(y, logY, yRange) ? [x, y] as const : null
    ),
  }));
  const points = usable.flatMap((series) => series.points.filter((point) => point !== null));
  const x = axis(d3, logX, xRange ?? points.map((point) => point[0])).range([left, right]);
  const y = axis(d3, logY, yRange ?? points.map((point) => point[1])).range([bottom, top]);
  if (!logY) y.nice(5); // a log axis would grow to whole powers of ten
  const color = (i: number) => panel.series[i].color ?? palette[i % palette.length];
  const muted = tone("muted");
  return [
    text(left, 22, panel.title, `font-size="14" font-weight="600"`),
    legend(usable.map((series, i) => ({ name: series.name, color: color(i), faint: series.style === "faint" })), left),
    ...ticksOf(y, logY).flatMap(([value, label]) => [
      line(left, y(value), right, y(value), "grid"),
      text(left - 8, y(value) + 4, label, `text-anchor="end"`, muted),
    ]),
    ...ticksOf(x, logX).flatMap(([value, label]) => [
      line(x(value), bottom, x(value), bottom + 5, "muted"),
      text(x(value), bottom + 18, label, `text-anchor="middle"`, muted),
    ]),
    line(left, bottom, right, bottom, "muted"),
    panel.xLabel ? text((left + right) / 2, height - 8, panel.xLabel, `text-anchor="middle"`, muted) : "",
    panel.yLabel
      ? text(
        0,
        0,
        panel.yLabel,
        `text-anchor="middle" transform="translate(14 ${px((top + bottom) / 2)}) rotate(-90)"`,
        muted,
      )
      : "",
    ...usable.map((series, i) => curve(d3, series, x, y, color(i))),
    ...marks.filter((mark) => drawable(mark.x, logX, x.domain())).map((mark, i) =>
      drawMark(
        mark,
        x(mark.x),
        drawable(mark.y ?? NaN, logY, y.domain()) ? y(mark.y!) : null,
        { right, top, bottom },
        i,
      )
    ),
  ].filter((part) => part !== "").join("\n");
}

/** A dashed line, a label on the side where there is room, and a ring at the point. */
function drawMark(
  mark: Mark,
  x: number,
  y: number | null,
  { right, top, bottom }: { right: number; top: number; bottom: number },
  number: number,
): string {
  const label = mark.label, fits = x + 6 + textWidth(label) <= right;
  return [
    line(x, top, x, bottom, "muted", `stroke-dasharray="4 3"`),
    text(x + (fits ? 6 : -6), top + 12 + 16 * number, label, fits ? "" : `text-anchor="end"`),
    y === null
      ? ""
      : `<circle cx="${px(x)}" cy="${px(y)}" r="5" fill="none" ${tone("ink", "stroke")} stroke-width="2"/>`,
  ].filter(Boolean).join("\n");
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

function legend(entries: readonly { name: string; color: string; faint: boolean }[], left: number): string {
  let at = left;
  return entries.map(({ name, color, faint }) => {
    const start = at;
    at += 32 + textWidth(name);
    return `<line x1="${px(start)}" x2="${px(start + 16)}" y1="40" y2="40" ${
      paint(color, "stroke")
    } stroke-width="3" ` +
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
  const stroke = `<path d="${path}" fill="none" ${paint(color, "stroke")} stroke-width="${faint ? 1 : 2}" ` +
    `stroke-linejoin="round" stroke-linecap="round"${faint ? ` stroke-opacity="0.35"` : ""}/>`;
  if (series.style !== "dots") return stroke;
  const dots = runs.flat().map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" ${paint(color, "fill")}/>`);
  return [stroke, ...dots].join("\n");
}

function drawable(value: number, log: boolean | undefined, range?: readonly number[]): boolean {
  if (!Number.isFinite(value) || log && value <= 0) return false;
  if (!range) return true;
  const slack = 1e-9 * Math.abs(range[1] - range[0]); // the last of many steps may stand a rounding behind the end
  return value >= range[0] - slack && value <= range[1] + slack;
}
