/**
 * The tables of a comparison. Ratios are medians over the rounds of one process' sample divided by this library's
 * sample of the same round: what else the machine does falls on both.
 * @module
 */
import type { Peer } from "./processes.ts";

/** What came of one implementation and workload. */
export interface Result {
  readonly workload: string;
  readonly peer: Peer;
  /** One per round; missing after an error. */
  readonly samples: { ms: number; steps: number }[];
  impl?: string;
  adapter?: string;
  note?: string;
  firstMs?: number;
  checks?: Record<string, number>;
  error?: string;
}

/** Greatest relative difference of results that count as the same. */
const TOLERANCE = 1e-3;

/** Middle value; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b), middle = sorted.length >> 1;
  if (!sorted.length) return NaN;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const digits = (value: number) => Number.isFinite(value) ? String(Number(value.toPrecision(3))) : "-";

/** One row per workload and implementation. */
export function rowsOf(results: readonly Result[]): string {
  const rows = results.map((result) => {
    const times = result.samples.map(({ ms }) => ms), own = ownOf(result, results);
    return [
      result.workload,
      result.impl ?? result.peer.name,
      digits(result.firstMs ?? NaN),
      digits(median(times)),
      digits(Math.min(...times)),
      `${times.length} x ${Math.round(median(result.samples.map(({ steps }) => steps))) || 0}`,
      digits(median(ratios(result, own))),
      agreement(result, own),
      [adapterNote(result, own), result.note, result.error].filter(Boolean).join("; "),
    ];
  });
  return table(
    ["workload", "implementation", "first ms", "median ms", "least ms", "samples", "ratio", "results", "remarks"],
    rows,
  );
}

/** One row per workload: the fastest of each kind. */
export function conclusions(results: readonly Result[]): string {
  const names = [...new Set(results.map(({ workload }) => workload))];
  const best = (workload: string, kind: Peer["kind"], flushed = false): string => {
    const found = results
      .filter(({ workload: name, peer }) => name === workload && peer.kind === kind)
      .filter(({ peer }) => kind !== "processor" || peer.name.endsWith("flush") === flushed)
      .map((result) => ({ result, ratio: median(ratios(result, ownOf(result, results))) }))
      .filter(({ ratio }) => Number.isFinite(ratio))
      .sort((a, b) => a.ratio - b.ratio)[0];
    return found ? `${digits(found.ratio)} (${found.result.peer.name})` : "-";
  };
  const rows = names.map((name) => {
    const own = results.find(({ workload, peer }) => workload === name && peer.kind === "own")!;
    return [
      name,
      digits(median(own.samples.map(({ ms }) => ms))),
      best(name, "webgpu"),
      best(name, "wasm"),
      best(name, "processor"),
      best(name, "processor", true),
    ];
  });
  return table(
    ["workload", "wgrad ms", "fastest WebGPU", "fastest wasm", "PyTorch", "PyTorch, denormals flushed"],
    rows,
  );
}

function ownOf({ workload }: Result, results: readonly Result[]): Result | undefined {
  return results.find((other) => other.workload === workload && other.peer.kind === "own");
}

/** A library's times over those of this one, round by round: above 1, this one is faster. */
export function ratios({ samples }: Result, own: Result | undefined): number[] {
  return samples.flatMap(({ ms }, round) => own?.samples[round] ? [ms / own.samples[round].ms] : []);
}

/** "same", or the number that differs most. */
function agreement({ checks, peer }: Result, own: Result | undefined): string {
  if (peer.kind === "own" || !checks || !own?.checks) return "-";
  const known = own.checks, names = Object.keys(checks).filter((name) => name in known);
  const differences = names.map((name) => {
    const scale = Math.max(Math.abs(checks[name]), Math.abs(known[name]));
    return { name, by: scale === 0 ? 0 : Math.abs(checks[name] - known[name]) / scale };
  });
  const far = differences.filter(({ by }) => !(by <= TOLERANCE)).sort((a, b) => b.by - a.by)[0];
  if (far) return `DIFFER: ${far.name} by ${digits(far.by)}`;
  return names.length ? "same" : "nothing to compare";
}

function adapterNote({ peer, adapter }: Result, own: Result | undefined): string {
  if (peer.kind === "own") return adapter ?? "";
  return peer.kind === "webgpu" && adapter && own?.adapter && adapter !== own.adapter
    ? `OTHER ADAPTER: ${adapter}`
    : "";
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll(/[|\n]/g, " ")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
