/**
 * The training step of examples/jigsaw against PyTorch on the processor and TensorFlow.js: comments per second. Prints
 * JSON lines, then two Markdown tables.
 *
 *     deno task bench bench/jigsaw.ts [--peers=tfjs,torch] [--rounds=5] [--python=python3]
 *         [--ms=300] [--first-limit=300] [--step-limit=120] [--verbose]
 *
 * bench/README.md says how the libraries run and what the columns of the second table are.
 */
import { parseArgs } from "node:util";
import { compare } from "./peers/compare.ts";
import { PEERS } from "./peers/processes.ts";
import { median, ratios, type Result, rowsOf, table } from "./peers/report.ts";
import { WORKLOADS } from "./peers/workloads.ts";

const { values: options } = parseArgs({
  options: {
    peers: { type: "string", default: "tfjs,torch" },
    rounds: { type: "string", default: "5" },
    python: { type: "string", default: "python3" },
    ms: { type: "string", default: "300" },
    "first-limit": { type: "string", default: "300" },
    "step-limit": { type: "string", default: "120" },
    verbose: { type: "boolean", default: false },
  },
});
const listed = (list: string, name: string) => list.split(",").some((prefix) => prefix && name.startsWith(prefix));
const workload = WORKLOADS.find(({ name }) => name === "jigsaw_step")!;
const peers = PEERS.filter(({ name }) => name === "wgrad" || listed(options.peers, name));
const { python, verbose } = options;
const settings = {
  rounds: Number(options.rounds),
  ms: Number(options.ms),
  firstLimit: Number(options["first-limit"]),
  stepLimit: Number(options["step-limit"]),
  python,
  verbose,
  print: (line: object) => console.log(JSON.stringify(line)),
};

const results: Result[] = await compare(workload, peers, settings);
const own = results.find(({ peer }) => peer.kind === "own")!;
const rows = results.map((result) => {
  const { batch, steps } = workload;
  const perSecond = median(result.samples.map(({ ms }) => batch / ms * 1000));
  const [speed, ratio] = [perSecond, 1 / median(ratios(result, own))].map((x) => Number.isFinite(x) ? x : NaN);
  const show = (x: number) => Number.isNaN(x) ? "-" : String(Number(x.toPrecision(3)));
  return [
    result.workload,
    `${batch} x ${steps}`,
    result.impl ?? result.peer.name,
    show(speed),
    show(ratio),
    result.error ?? "",
  ];
});
const columns = ["network", "comments x words", "implementation", "comments/s", "of wgrad's speed", "remarks"];
console.log(`\n${table(columns, rows)}\n\n${rowsOf(results)}`);
