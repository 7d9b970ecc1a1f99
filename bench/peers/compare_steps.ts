/**
 * What the benchmarks of training steps share: sequences per second of a workload beside other libraries, as JSON lines
 * and two Markdown tables.
 * @module
 */
import { parseArgs } from "node:util";
import { compare } from "./compare.ts";
import { PEERS } from "./processes.ts";
import { median, ratios, type Result, rowsOf, table } from "./report.ts";
import { WORKLOADS } from "./workloads.ts";

/** What the sequences of some workloads are called. */
export interface Sequences {
  /** What a sequence is: `reviews`. */
  readonly name: string;
  /** What its steps are: `tokens`. */
  readonly steps: string;
}

/** Measures the workloads of these names, or those of them that the command line asks for, and prints the tables. */
export async function compareSteps(names: readonly string[], sequences: Sequences): Promise<void> {
  const { values: options } = parseArgs({
    options: {
      only: { type: "string", default: names.join() },
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
  const workloads = WORKLOADS.filter(({ name }) => names.includes(name) && options.only.split(",").includes(name));
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

  const results: Result[] = [];
  for (const workload of workloads) results.push(...await compare(workload, peers, settings));
  const rows = results.map((result) => {
    const { batch, steps } = workloads.find(({ name }) => name === result.workload)!;
    const own = results.find(({ workload, peer }) => workload === result.workload && peer.kind === "own")!;
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
  const { name, steps } = sequences;
  const columns = ["network", `${name} x ${steps}`, "implementation", `${name}/s`, "of wgrad's speed", "remarks"];
  console.log(`\n${table(columns, rows)}\n\n${rowsOf(results)}`);
}
