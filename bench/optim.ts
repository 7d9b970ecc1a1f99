/**
 * Steps of optimisers over 10 million parameters against PyTorch on the processor, whose steps are its usual ones and the
 * fused ones. Every implementation is a process of its own that gives one sample when asked, so samples interleave.
 *
 *     deno task bench bench/optim.ts [--only=adam_10m] [--rounds=5] [--ms=300] [--python=python3] [--verbose]
 *
 * bench/README.md says how such a comparison runs, and what the columns are.
 */
import { parseArgs } from "node:util";
import { ask, type Peer, start, stop } from "./peers/processes.ts";
import { conclusions, type Result, rowsOf } from "./peers/report.ts";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    rounds: { type: "string", default: "5" },
    ms: { type: "string", default: "300" },
    python: { type: "string", default: "python3" },
    verbose: { type: "boolean", default: false },
  },
});

const PEERS: readonly Peer[] = [
  { name: "wgrad", kind: "own", args: ["bench/peers/optim_wgrad.ts"] },
  { name: "torch", kind: "processor", args: ["bench/peers/optim_torch.py"] },
  { name: "torch-fused", kind: "processor", args: ["bench/peers/optim_torch.py", "--fused"] },
];

const MILLION = 1e6;
const WORKLOADS = [
  { name: "adam_10m", optimizer: "Adam", options: { lr: 1e-4 }, torchOptions: { lr: 1e-4 }, count: 1 },
  { name: "adam_10m_of_200", optimizer: "Adam", options: { lr: 1e-4 }, torchOptions: { lr: 1e-4 }, count: 200 },
  {
    name: "adamw_amsgrad_10m",
    optimizer: "AdamW",
    options: { lr: 1e-4, weightDecay: .01, amsgrad: true },
    torchOptions: { lr: 1e-4, weight_decay: .01, amsgrad: true },
    count: 1,
  },
  {
    name: "sgd_momentum_10m",
    optimizer: "SGD",
    options: { lr: 1e-4, momentum: .9 },
    torchOptions: { lr: 1e-4, momentum: .9 },
    count: 1,
  },
] as const;

const rounds = Number(options.rounds), ms = Number(options.ms);
const print = (line: object) => console.log(JSON.stringify(line));
const results: Result[] = [];
print({ rounds, ms, deno: Deno.version.deno, cores: navigator.hardwareConcurrency, os: Deno.build.os });
for (const workload of WORKLOADS) {
  if (options.only && !options.only.split(",").some((prefix) => workload.name.startsWith(prefix))) continue;
  const shape = [10 * MILLION / workload.count];
  const source = (name: string, seed: number) => ({ name, shape, seed, bound: 1, below: 0 });
  const numbers = Array.from({ length: workload.count }, (_, i) => i);
  const sources = [...numbers.map((i) => source(`p${i}`, i)), ...numbers.map((i) => source(`g${i}`, 1000 + i))];
  const running = [];
  for (const peer of PEERS) {
    const result: Result = { workload: workload.name, peer, samples: [] };
    results.push(result);
    const process = start(peer, options.python, options.verbose);
    try {
      Object.assign(result, await ask(process, { op: "setup", job: { workload, sources } }, 120, "the first step"));
      running.push({ process, result });
    } catch (error) {
      result.error = (error as Error).message;
      await stop(process);
    }
    print({ ...result, peer: peer.name, samples: undefined });
  }
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < running.length; i++) {
      const { process, result } = running[(i + round) % running.length]; // nobody always follows the same one
      if (result.error) continue;
      try {
        const sample = await ask(process, { op: "sample", ms }, 60, "a step");
        result.samples[round] = sample as { ms: number; steps: number };
        print({ workload: workload.name, peer: result.peer.name, round, ...sample });
      } catch (error) {
        result.error = (error as Error).message;
        print({ workload: workload.name, peer: result.peer.name, round, error: result.error });
      }
    }
  }
  for (const { process } of running) await stop(process);
}
console.log(`\n${rowsOf(results)}\n\n${conclusions(results)}`);
