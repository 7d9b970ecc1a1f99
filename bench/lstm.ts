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
import { ask, type Peer, PEERS, start, stop } from "./peers/processes.ts";
import { conclusions, type Result, rowsOf } from "./peers/report.ts";
import { jobOf, type Workload, WORKLOADS } from "./peers/workloads.ts";

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
const firstLimit = Number(options["first-limit"]), stepLimit = Number(options["step-limit"]);

const print = (line: object) => console.log(JSON.stringify(line));

/** Starts the processes one after another, so that no first call runs beside another one, then samples in turns. */
async function compare(workload: Workload, peers: readonly Peer[]): Promise<Result[]> {
  const results: Result[] = [];
  const running = [];
  for (const peer of peers) {
    const result: Result = { workload: workload.name, peer, samples: [] };
    results.push(result);
    const process = start(peer, options.python, options.verbose);
    try {
      const job = jobOf(workload);
      Object.assign(result, await ask(process, { op: "setup", job }, firstLimit, "the first step"));
      running.push({ process, result });
    } catch (error) {
      result.error = (error as Error).message;
      await stop(process);
    }
    const { impl, adapter, note, firstMs, error, checks } = result;
    print({ workload: workload.name, peer: peer.name, impl, adapter, note, firstMs, error, checks });
  }
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < running.length; i++) {
      const { process, result } = running[(i + round) % running.length]; // nobody always follows the same one
      if (result.error) continue;
      try {
        const sample = await ask(process, { op: "sample", ms }, stepLimit, "a step");
        result.samples[round] = sample as { ms: number; steps: number };
        print({ workload: workload.name, peer: result.peer.name, round, ...sample });
      } catch (error) {
        result.error = (error as Error).message;
        print({ workload: workload.name, peer: result.peer.name, round, error: result.error });
      }
    }
  }
  for (const { process } of running) await stop(process);
  return results;
}

print({ rounds, ms, deno: Deno.version.deno, cores: navigator.hardwareConcurrency, os: Deno.build.os });
const results: Result[] = [];
for (const workload of workloads) results.push(...await compare(workload, peers));
console.log(`\n${rowsOf(results)}\n\n${conclusions(results)}`);
