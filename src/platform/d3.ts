/**
 * The two plotting libraries, loaded when a plot is first asked for: d3-scale for axes, d3-shape for curves. Neither
 * needs a page, so plots are made in Deno and in browsers alike.
 * @module
 */

/** The part of a d3 scale that plots use. */
export interface Scale {
  /** Value to pixel. */
  (value: number): number;
  /** Sets the range of values. */
  domain(values: readonly [number, number]): Scale;
  /** Reads the range of values. */
  domain(): number[];
  /** Sets the range of pixels. */
  range(pixels: readonly [number, number]): Scale;
  /** Widens the domain to round values. */
  nice(count?: number): Scale;
  /** About `count` round values inside the domain. */
  ticks(count?: number): number[];
  /** A formatter for those values. */
  tickFormat(count?: number, specifier?: string): (value: number) => string;
}

/** The part of a d3 line generator that plots use. */
export interface Line {
  /** Path data for points in pixels; null for no points. */
  (points: readonly (readonly [number, number])[]): string | null;
}

/** What plots take from d3. */
export interface D3 {
  /** Linear axis. */
  scaleLinear(): Scale;
  /** Logarithmic axis. */
  scaleLog(): Scale;
  /** Straight lines from point to point. */
  line(): Line;
}

/** Loads d3-scale and d3-shape. */
export async function loadD3(): Promise<D3> {
  const [scale, shape] = await Promise.all([import("npm:d3-scale@4.0.3"), import("npm:d3-shape@3.2.1")]);
  return { scaleLinear: scale.scaleLinear, scaleLog: scale.scaleLog, line: shape.line } as unknown as D3;
}
