/**
 * A run as one HTML file that needs nothing else: curves, the table of epochs, configuration, environment, confusion
 * matrix, sample predictions, learning-rate finder. It loads nothing and runs no script; all text is escaped; colours
 * follow the reader's light or dark page.
 * @module
 */

import { version } from "../platform/version.ts";
import type { History } from "./history.ts";
import { historyPanels, type LrCurve, lrFinderPanel } from "./panels.ts";
import { plot } from "./plot.ts";
import { checkMatrix, plotConfusion } from "./plot_matrix.ts";
import { escape, shortNumber } from "./plot_svg.ts";
import { classScores, type CountMatrix } from "./metrics/scores.ts";
import { formatTime } from "./table.ts";

/** One prediction to show. */
export interface SamplePrediction {
  /** What the model got. */
  readonly input: string;
  /** What was right. */
  readonly target: string;
  /** What the model said. */
  readonly prediction: string;
  /** How sure it was, 0 to 1. */
  readonly probability?: number;
}

/** What a report holds beside the history. */
export interface ReportOptions {
  /** Heading; default `Training run`. */
  title?: string;
  /** A paragraph below the heading. */
  notes?: string;
  /** Whatever the run was made with: names and values, lists and objects inside it as JSON. */
  config?: Readonly<Record<string, unknown>>;
  /** Where it ran, such as adapter and seed; the version of wgrad is added. */
  environment?: Readonly<Record<string, unknown>>;
  /** Counts `matrix[target][predicted]`. */
  confusion?: CountMatrix | null;
  /** Names of the classes. */
  labels?: readonly string[];
  /** Predictions to show. */
  predictions?: readonly SamplePrediction[];
  /** What a learning-rate finder measured. */
  lrFinder?: LrCurve | null;
  /** Losses on a logarithmic axis; default false. */
  logLoss?: boolean;
}

const STYLE =
  `:root{color-scheme:light dark;--page:#fff;--ink:#2b2f36;--muted:#6a727e;--line:#e0e4ea;--good:#2a8f6a;--bad:#c2532f}
@media(prefers-color-scheme:dark){:root{--page:#16191f;--ink:#e4e7ec;--muted:#9aa3b0;--line:#2c323b;--good:#4fc39a;--bad:#f0935a}}
*{box-sizing:border-box}
body{margin:0 auto;padding:32px 24px 64px;max-width:1160px;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,'Segoe UI',Helvetica,Arial,sans-serif}
h1{font-size:26px;margin:0 0 4px}h2{font-size:18px;margin:36px 0 10px}p{margin:4px 0;max-width:75ch}
.muted{color:var(--muted)}.wide{overflow-x:auto}svg{display:block;max-width:100%;height:auto}
.facts{display:flex;flex-wrap:wrap;gap:8px 36px;margin:18px 0 0;padding:0}
.facts div{min-width:96px}.facts dt{color:var(--muted);font-size:13px}.facts dd{margin:0;font-size:20px;font-variant-numeric:tabular-nums}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:14px}
th,td{padding:5px 14px 5px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
th{color:var(--muted);font-weight:500}.number{text-align:right}.best{color:var(--good);font-weight:600}
td.text{min-width:14em;max-width:46em;white-space:pre-wrap}.wrong{color:var(--bad)}.columns{display:flex;flex-wrap:wrap;gap:0 56px}
`;

/** Forbids the page to load anything: whatever a text in it may say, nothing is asked of any server. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/**
 * Writes the report of a run.
 *
 * ```ts
 * const history = await learner.fit(5);
 * const html = await w.train.report(history, { title: "First try", config: { lr: 1e-3 } });
 * await Deno.writeTextFile("report.html", html);
 * ```
 *
 * @returns the text of an HTML file
 * @throws {ShapeError} when the confusion matrix is not square or has another number of labels
 */
export async function report(history: History, options: ReportOptions = {}): Promise<string> {
  const { title = "Training run", notes, config, environment, confusion, labels, predictions, lrFinder, logLoss } =
    options;
  const sections: [heading: string, body: string][] = [];
  const panels = historyPanels(history, { logLoss, schedule: history.steps.lr.length > 0 });
  const columns = Math.min(2, panels.length);
  sections.push(["Curves", await plot(panels, { columns, width: 540, height: 320 })]);
  if (history.epochs.length) sections.push(["Epochs", epochTable(history)]);
  if (lrFinder) {
    const logX = !(lrFinder as { linear?: boolean }).linear;
    sections.push(["Learning-rate finder", await plot([lrFinderPanel(lrFinder, { logX })], { width: 540 })]);
  }
  if (confusion?.length) sections.push(["Confusion matrix", confusionSection(confusion, labels)]);
  if (predictions?.length) sections.push(["Sample predictions", predictionTable(predictions)]);
  const facts = [
    config && `<div><h2>Configuration</h2>${factTable(config)}</div>`,
    `<div><h2>Environment</h2>${factTable({ ...environment, wgrad: version })}</div>`,
  ].filter(Boolean).join("\n");
  return [
    "<!DOCTYPE html>",
    `<html lang="en">`,
    "<head>",
    `<meta charset="utf-8">`,
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    `<meta name="viewport" content="width=device-width, initial-scale=1">`,
    `<title>${escape(title)}</title>`,
    `<style>${STYLE}</style>`,
    "</head>",
    "<body>",
    `<h1>${escape(title)}</h1>`,
    ...(notes ? [`<p>${escape(notes)}</p>`] : []),
    highlights(history),
    ...sections.map(([heading, body]) => `<section>\n<h2>${heading}</h2>\n<div class="wide">${body}</div>\n</section>`),
    `<section class="columns">\n${facts}\n</section>`,
    "</body>",
    "</html>\n",
  ].join("\n");
}

/** The numbers one looks for first. */
function highlights(history: History): string {
  const { epochs, steps, metrics } = history, last = epochs.at(-1);
  const facts: [string, string][] = [["epochs", String(epochs.length)], ["steps", String(steps.loss.length)]];
  if (last) {
    facts.push(["training loss", number(last.trainLoss)]);
    if (last.validLoss !== null) facts.push(["validation loss", number(last.validLoss)]);
    for (const name of metrics) facts.push([name.replaceAll("_", " "), number(last.metrics[name])]);
    facts.push(["time", formatTime(epochs.reduce((sum, { seconds }) => sum + seconds, 0))]);
  }
  const items = facts.map(([name, value]) => `<div><dt>${escape(name)}</dt><dd>${escape(value)}</dd></div>`);
  return `<dl class="facts">${items.join("")}</dl>`;
}

/** One row per epoch; the lowest validation loss stands out. */
function epochTable(history: History): string {
  const losses = history.epochs.map(({ validLoss }) => validLoss ?? NaN).filter((loss) => !Number.isNaN(loss));
  const lowest = losses.length > 1 ? Math.min(...losses) : NaN;
  const rows = history.epochs.map((record) =>
    history.row(record).map((cell, c) =>
      `<td class="number${c === 2 && record.validLoss === lowest ? " best" : ""}">${escape(String(cell ?? ""))}</td>`
    ).join("")
  );
  return table(history.columns.map((name) => `<th class="number">${escape(name)}</th>`), rows);
}

function confusionSection(matrix: CountMatrix, labels?: readonly string[]): string {
  const names = checkMatrix("report", matrix, labels);
  const rows = classScores(matrix).map(({ precision, recall, f1, support }, c) =>
    `<td>${escape(names[c])}</td>` +
    [number(precision), number(recall), number(f1), String(support)].map((v) => `<td class="number">${v}</td>`).join("")
  );
  const head = ["precision", "recall", "F1", "targets"].map((name) => `<th class="number">${name}</th>`);
  return `<div class="columns">${plotConfusion(matrix, { labels, title: "Counts; colour: part of the row" })}\n` +
    `<div>${table(["<th>class</th>", ...head], rows)}</div></div>`;
}

function predictionTable(predictions: readonly SamplePrediction[]): string {
  const sure = predictions.some(({ probability }) => probability !== undefined);
  const rows = predictions.map(({ input, target, prediction, probability }) =>
    `<td class="text">${escape(input)}</td><td>${escape(target)}</td>` +
    `<td${prediction === target ? "" : ` class="wrong"`}>${escape(prediction)}</td>` +
    (sure ? `<td class="number">${probability === undefined ? "" : `${(100 * probability).toFixed(1)} %`}</td>` : "")
  );
  const head = ["input", "target", "prediction"].map((name) => `<th>${name}</th>`);
  return table(sure ? [...head, `<th class="number">probability</th>`] : head, rows);
}

function factTable(facts: Readonly<Record<string, unknown>>): string {
  const rows = Object.entries(facts).map(([name, value]) => `<th>${escape(name)}</th><td>${escape(shown(value))}</td>`);
  return table([], rows);
}

function table(head: readonly string[], rows: readonly string[]): string {
  const first = head.length ? `<thead><tr>${head.join("")}</tr></thead>\n` : "";
  return `<table>\n${first}<tbody>\n${rows.map((row) => `<tr>${row}</tr>`).join("\n")}\n</tbody></table>`;
}

function shown(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || value === undefined || typeof value === "bigint") return String(value);
  if (typeof value === "function") return value.name || "function";
  try {
    return JSON.stringify(value, (_, inner) => typeof inner === "bigint" ? String(inner) : inner) ?? String(value);
  } catch {
    return String(value); // a circle
  }
}

/** Four decimals where that says something. */
function number(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? shortNumber(value) : value.toFixed(4);
}
