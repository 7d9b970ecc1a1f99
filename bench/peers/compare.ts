/**
 * One workload by several implementations: a process each, asked for a sample in turns.
 * @module
 */
import { ask, type Peer, start, stop } from "./processes.ts";
import type { Result } from "./report.ts";
import { jobOf, type Workload } from "./workloads.ts";

/** How {@link compare} measures. */
export interface Settings {
  /** Samples of each. */
  readonly rounds: number;
  /** Least milliseconds of a sample. */
  readonly ms: number;
  /** Seconds for loading and the first steps. */
  readonly firstLimit: number;
  /** Seconds for a sample. */
  readonly stepLimit: number;
  /** Interpreter with torch and numpy. */
  readonly python: string;
  /** Whether the standard errors of the processes are shown. */
  readonly verbose: boolean;
  /** Takes what is measured, as it is measured. */
  readonly print: (line: object) => void;
}

/** Starts the processes one after another, so that no first call runs beside another one, then samples in turns. */
export async function compare(workload: Workload, peers: readonly Peer[], settings: Settings): Promise<Result[]> {
  const { rounds, ms, firstLimit, stepLimit, python, verbose, print } = settings;
  const results: Result[] = [];
  const running = [];
  for (const peer of peers) {
    const result: Result = { workload: workload.name, peer, samples: [] };
    results.push(result);
    const process = start(peer, python, verbose);
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
