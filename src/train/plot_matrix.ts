/**
 * A confusion matrix to look at: counts in cells whose strength is the part of the row, as SVG and as text.
 * @module
 */

import { ShapeError } from "../errors.ts";
import { type CountMatrix, normalizeRows } from "./metrics/scores.ts";
import { escape, paint, palette, px, svgFile, text, textWidth, type Theme, tone } from "./plot_svg.ts";

/** Options of {@link plotConfusion}. */
export interface ConfusionPlotOptions {
  /** Names of the classes; their numbers by default. */
  labels?: readonly string[];
  /** Heading; default `Confusion matrix`. */
  title?: string;
  /** Colours; default `auto`. */
  theme?: Theme;
  /** Pixels per cell; default 52, less for many classes. */
  cell?: number;
}

/** Letters of a name that are shown. */
const LONGEST = 18;
/** Cells narrower than this have no counts in them. */
const SMALLEST = 30;

/**
 * Draws `matrix[target][predicted]`: rows are what was right, columns what was predicted. The colour of a cell is its
 * part of the row, so that rare classes are as readable as frequent ones; the number is the count.
 *
 * ```ts
 * const counts = await w.train.metrics.measure(w.train.metrics.confusionMatrix(), logits, classes);
 * const svg = w.train.plotConfusion(counts, { labels: ["cat", "dog"] });
 * ```
 *
 * @returns the text of an SVG file
 * @throws {ShapeError} when the matrix is not square or has another number of labels
 */
export function plotConfusion(matrix: CountMatrix, options: ConfusionPlotOptions = {}): string {
  const labels = checkMatrix("plotConfusion", matrix, options.labels).map(short), n = matrix.length;
  const { title = "Confusion matrix", theme, cell = Math.max(6, Math.min(52, Math.floor(560 / n))) } = options;
  const every = Math.max(1, Math.ceil(18 / cell)), shown = (i: number) => i % every === 0;
  const room = Math.max(20, ...labels.map(textWidth));
  const slanted = labels.some((label) => textWidth(label) > cell - 4);
  const left = 36 + room, top = 44, right = 24, below = (slanted ? room * 0.75 : 16) + 44;
  const width = Math.max(left + n * cell + right + (slanted ? 8 : 0), left + textWidth(title) * 1.2);
  const parts = normalizeRows(matrix), color = paint(palette[0], "fill"), muted = tone("muted");
  const cells = matrix.flatMap((row, r) =>
    row.map((count, c) => {
      const x = left + c * cell, y = top + r * cell, part = parts[r][c];
      const box = `<rect x="${px(x)}" y="${px(y)}" width="${px(cell - 1)}" height="${px(cell - 1)}"`;
      const hint = `<title>${escape(`${labels[r]} as ${labels[c]}: ${count}, ${(100 * part).toFixed(1)} %`)}</title>`;
      const number = cell >= SMALLEST
        ? text(
          x + cell / 2,
          y + cell / 2 + 4,
          compact(count, cell),
          `text-anchor="middle"`,
          part > 0.55 ? tone("page") : count ? tone("ink") : muted,
        )
        : "";
      return `${box} ${tone("grid")} fill-opacity="0.6"/>\n${box} ${color} fill-opacity="${
        part.toFixed(3)
      }">${hint}</rect>` +
        (number && `\n${number}`);
    })
  );
  const names = labels.flatMap((label, i) => {
    if (!shown(i)) return [];
    const at = i * cell + cell / 2, y = top + n * cell;
    return [
      text(left - 8, top + at + 4, label, `text-anchor="end"`),
      slanted
        ? text(0, 0, label, `text-anchor="end" transform="translate(${px(left + at + 4)} ${px(y + 14)}) rotate(-45)"`)
        : text(left + at, y + 17, label, `text-anchor="middle"`),
    ];
  });
  const height = top + n * cell + below, middle = n * cell / 2;
  const described = `${n} classes, ${matrix.flat().reduce((a, b) => a + b, 0)} items; ` +
    labels.map((label, i) => `${label}: ${matrix[i][i]} of ${matrix[i].reduce((a, b) => a + b, 0)} right`).slice(0, 50)
      .join("; ");
  return svgFile({ width, height, title, description: described, theme }, [
    text(left, 26, title, `font-size="14" font-weight="600"`),
    ...cells,
    ...names,
    text(left + middle, height - 10, "predicted", `text-anchor="middle"`, muted),
    text(
      0,
      0,
      "target",
      `text-anchor="middle" transform="translate(16 ${px(top + middle)}) rotate(-90)"`,
      muted,
    ),
  ]);
}

/**
 * A confusion matrix as text, one line per target class, with the part of each row that is right.
 * @throws {ShapeError} when the matrix is not square or has another number of labels
 */
export function confusionText(matrix: CountMatrix, labels?: readonly string[]): string {
  const names = checkMatrix("confusionText", matrix, labels).map(short), corner = "target \\ predicted";
  const rows = matrix.map((row, r) => {
    const sum = row.reduce((a, b) => a + b, 0);
    return [names[r], ...row.map(String), sum ? `${(100 * row[r] / sum).toFixed(1)} %` : ""];
  });
  const table = [[corner, ...names, "right"], ...rows];
  const widths = table[0].map((_, c) => Math.max(...table.map((row) => row[c].length)));
  return table.map((row) =>
    row.map((cell, c) => c ? cell.padStart(widths[c]) : cell.padEnd(widths[c])).join("  ").trimEnd()
  ).join("\n");
}

/** The labels. @throws {ShapeError} when they or the rows are not as many as the columns */
export function checkMatrix(op: string, matrix: CountMatrix, labels?: readonly string[]): readonly string[] {
  const n = matrix.length;
  if (n === 0 || matrix.some((row) => row.length !== n)) {
    throw new ShapeError(`Cannot ${op} of ${n} rows: wanted a square matrix, matrix[target][predicted]`, {
      op,
      shapes: [[n, matrix[0]?.length ?? 0]],
    });
  }
  if (labels && labels.length !== n) {
    throw new ShapeError(`Cannot ${op} of ${n} classes with ${labels.length} labels: wanted a label per class`, {
      op,
      shapes: [[n, n], [labels.length]],
    });
  }
  return labels ?? matrix.map((_, i) => String(i));
}

function short(label: string): string {
  const letters = [...label];
  return letters.length > LONGEST ? letters.slice(0, LONGEST - 1).join("") + "…" : label;
}

/** A count that fits a cell: 12345 may become 12k. */
function compact(count: number, cell: number): string {
  const full = String(count);
  if (textWidth(full) <= cell - 6) return full;
  return count >= 1e6 ? `${(count / 1e6).toPrecision(2)}M` : `${Math.round(count / 1e3)}k`;
}
