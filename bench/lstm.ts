/**
 * Recurrent layers and training steps against TensorFlow.js, jax-js (both on WebGPU and on wasm) and PyTorch on the
 * processor. Every implementation is a process of its own that gives one sample when asked, so samples interleave and
 * nothing of one is in the memory or on the threads of another's. Prints JSON lines, then Markdown tables.
 *
 *     deno task bench bench/lstm.ts [--only=lstm_s1,lm_step] [--peers=tfjs,jaxjs,torch] [--rounds=5] [--python=python3]
 *         [--ms=300] [--first-limit=180] [--step-limit=60] [--verbose]
 *
 * bench/README.md says what is measured, and what the columns are.
 */
import { parseArgs } from "node:util";
import { compare } from "./peers/compare.ts";
import { PEERS } from "./peers/processes.ts";
import { conclusions, type Result, rowsOf } from "./peers/report.ts";
import { WORKLOADS } from "./peers/workloads.ts";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    peers: { type: "string", default: "tfjs,jaxjs,torch" },
    rounds: { type: "string", default: "5" },
    python: { type: "string", default: "python3" },
    ms: { type: "string", default: "300" },
    "first-limit": { type: "string", default: "180" },
    "step-limit": { type: "string", default: "60" },
    verbose: { type: "boolean", default: false },
  },
});
const listed = (list: string, name: string) => list.split(",").some((prefix) => prefix && name.startsWith(prefix));
const workloads = WORKLOADS.filter(({ name }) => !options.only || listed(options.only, name));
const peers = PEERS.filter(({ name }) => name === "wgrad" || listed(options.peers, name));
const rounds = Number(options.rounds), ms = Number(options.ms);
const [firstLimit, stepLimit] = [Number(options["first-limit"]), Number(options["step-limit"])];

const print = (line: object) => console.log(JSON.stringify(line));
const { python, verbose } = options;
const settings = { rounds, ms, firstLimit, stepLimit, python, verbose, print };

print({ rounds, ms, deno: Deno.version.deno, cores: navigator.hardwareConcurrency, os: Deno.build.os });
const results: Result[] = [];
for (const workload of workloads) results.push(...await compare(workload, peers, settings));
console.log(`\n${rowsOf(results)}\n\n${conclusions(results)}`);
