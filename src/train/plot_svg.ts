/**
 * The parts that all plots share: the frame of an SVG file with its colours for light and dark pages, text, and numbers
 * as people write them.
 * @module
 */

import { ValueError } from "../errors.ts";

/** Which colours a plot has: `auto` (default) follows the page or the system, the others stay. */
export type Theme = "auto" | "light" | "dark";

/** Colours in order of use: distinct in print, on white, and for colour-blind readers (Okabe and Ito, darkened). */
export const palette: readonly string[] = ["#1f6fb4", "#d9682b", "#2a8f6a", "#a3528f", "#b08a1a", "#4d4d4d"];

/** The same colours on dark pages. */
const darkPalette = ["#5aa9e6", "#f0935a", "#4fc39a", "#d088bf", "#dcb84a", "#b9bec7"];

/** A colour on white, and what it is on dark pages. */
const COLORS = {
  page: ["#fff", "#16191f"],
  ink: ["#2b2f36", "#e4e7ec"],
  muted: ["#6a727e", "#9aa3b0"],
  grid: ["#e6e9ee", "#2c323b"],
} as const;

/** Names of the colours that are not data. */
export type Tone = keyof typeof COLORS;

/** Attributes that paint an element in a tone. */
export function tone(name: Tone, attribute: "fill" | "stroke" = "fill"): string {
  return `class="wg-${name}-${attribute}" ${attribute}="${COLORS[name][0]}"`;
}

/** Attributes that paint an element in a data colour: the palette's change with the page, others stay. */
export function paint(color: string, attribute: "fill" | "stroke"): string {
  const number = palette.indexOf(color);
  return `${number < 0 ? "" : `class="wg-${number}-${attribute}" `}${attribute}="${escape(color)}"`;
}

/** What changes on dark pages: rules win over the attributes that hold the light colours. */
function darkRules(): string {
  const rules: string[] = [];
  const add = (name: string | number, color: string) => {
    for (const attribute of ["fill", "stroke"]) rules.push(`.wg-${name}-${attribute}{${attribute}:${color}}`);
  };
  for (const [name, [, dark]] of Object.entries(COLORS)) add(name, dark);
  darkPalette.forEach((color, number) => add(number, color));
  return rules.join("");
}

/** What stands in the frame of {@link svgFile}. */
export interface Frame {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Name of the picture, for those who cannot see it. */
  readonly title: string;
  /** What it shows, for those who cannot see it. */
  readonly description: string;
  /** Colours. */
  readonly theme?: Theme;
}

/** An SVG file around elements. @throws {ValueError} when the theme is none of the three */
export function svgFile({ width, height, title, description, theme = "auto" }: Frame, body: readonly string[]): string {
  if (!["auto", "light", "dark"].includes(theme)) {
    throw new ValueError(`Cannot plot in theme ${theme}: wanted "auto", "light" or "dark"`, {
      op: "plot",
      value: theme,
    });
  }
  const rules = darkRules(), style = theme === "auto" ? `@media(prefers-color-scheme:dark){${rules}}` : rules;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${px(width)}" height="${px(height)}" ` +
    `viewBox="0 0 ${px(width)} ${px(height)}" role="img" font-size="12" ` +
    `font-family="system-ui, 'Segoe UI', Helvetica, Arial, sans-serif">`,
    `<title>${escape(title)}</title>`,
    `<desc>${escape(description)}</desc>`,
    ...(theme === "light" ? [] : [`<style>${style}</style>`]),
    `<rect width="100%" height="100%" ${tone("page")}/>`,
    ...body,
    "</svg>\n",
  ].join("\n");
}

/** A text element; ink where no colour is given. */
export function text(x: number, y: number, content: string, attributes = "", color: string = tone("ink")): string {
  return `<text x="${px(x)}" y="${px(y)}" ${color}${attributes ? " " + attributes : ""}>${escape(content)}</text>`;
}

/** A straight line in a tone. */
export function line(x1: number, y1: number, x2: number, y2: number, color: Tone, attributes = ""): string {
  return `<line x1="${px(x1)}" x2="${px(x2)}" y1="${px(y1)}" y2="${px(y2)}" ${tone(color, "stroke")}${
    attributes ? " " + attributes : ""
  }/>`;
}

/** About the width of a text at 12 pixels. */
export function textWidth(content: string): number {
  return content.length * 6.6;
}

/** A pixel position with one decimal. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Three digits, with an exponent where zeros would be counted. */
export function shortNumber(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value), digits = Number(value.toPrecision(3));
  return size >= 1e-3 && size < 1e5 ? String(digits) : digits.toExponential().replace("e+", "e");
}

/** Text for SVG and HTML: what has a meaning there is written as a reference, control characters are dropped. */
export function escape(content: string): string {
  // deno-lint-ignore no-control-regex -- XML forbids them even as references
  return content.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "")
    .replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c]!);
}
