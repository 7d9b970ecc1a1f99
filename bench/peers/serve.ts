/**
 * The process side of a comparison: one implementation, one workload, one answer per line. `setup` runs and times the
 * first step and reports what it computed, `sample` times steps, `end` ends the process. Everything else that a library
 * prints goes to standard error.
 * @module
 */
import { fill, type Job, trains } from "./workloads.ts";

/** A workload made ready by an implementation. */
export interface Subject {
  /** Hands one step to the library; its results have to be computed, read or not. */
  step(): void;
  /** Resolves when all steps so far are finished. */
  wait(): Promise<void>;
  /** Results of the last step: the loss, and arrays whose lengths (L2 norms) are compared. */
  read(): Promise<Reading>;
}

/** Numbers of a step; arrays are in PyTorch's layout where a training step is compared with its initial values. */
export interface Reading {
  readonly loss?: number;
  readonly arrays: Readonly<Record<string, ArrayLike<number>>>;
}

/** What an implementation says about itself. */
export interface About {
  /** Name, version and backend. */
  readonly impl: string;
  /** What differs from the other implementations. */
  readonly note?: string;
}

/** Training steps whose losses are compared. */
const TRAINED = 3;

/** Lines of a stream, without their ends. */
export async function* lines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}

/** Answers requests until `end`, or until standard input closes. */
export async function serve(open: (job: Job) => Promise<[subject: Subject, about: About]>): Promise<void> {
  console.log = console.info = console.error;
  const gpu = watchGPU();
  let subject: Subject | undefined, count = 1;
  const answer = async (request: { op: string; job: Job; ms: number }): Promise<object> => {
    if (request.op === "setup") {
      const [opened, about] = await open(request.job);
      subject = opened;
      const start = performance.now();
      subject.step();
      await subject.wait();
      const first = performance.now() - start;
      const checks = await check(subject, request.job);
      return { ...about, adapter: gpu.adapter, firstMs: first, checks };
    }
    for (;;) {
      const start = performance.now();
      for (let i = 0; i < count; i++) subject!.step();
      await subject!.wait();
      const took = performance.now() - start;
      if (took >= request.ms) return { ms: took / count, steps: count };
      count = Math.ceil(count * Math.min(50, 1.2 * request.ms / Math.max(took, 1)));
    }
  };
  for await (const line of lines(Deno.stdin.readable)) {
    const request = JSON.parse(line);
    if (request.op === "end") break;
    const reply = await answer(request).catch((error) => ({ error: String(error?.message ?? error) }));
    const text = JSON.stringify(gpu.error ? { error: gpu.error } : reply);
    await Deno.stdout.write(new TextEncoder().encode(text + "\n"));
  }
  Deno.exit(0);
}

/** Norms of the first step's results; for a training step the losses of three, and how far parameters moved. */
async function check(subject: Subject, { workload, sources }: Job): Promise<Record<string, number>> {
  const checks: Record<string, number> = {};
  if (!trains(workload)) {
    const { loss, arrays } = await subject.read();
    if (loss !== undefined) checks.loss = loss;
    for (const [name, values] of Object.entries(arrays)) checks[name] = norm(values);
    return checks;
  }
  for (let i = 1;; i++) {
    const { loss, arrays } = await subject.read();
    checks[`loss ${i}`] = loss!;
    if (i === TRAINED) {
      for (const [name, values] of Object.entries(arrays)) {
        checks[`moved ${name}`] = norm(values, fill(sources.find((source) => source.name === name)!));
      }
      return checks;
    }
    subject.step();
    await subject.wait();
  }
}

function norm(values: ArrayLike<number>, from?: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] - (from ? from[i] : 0)) ** 2;
  return Math.sqrt(sum);
}

/** Notes which adapter the library takes, and the first error that it would otherwise only print. */
function watchGPU(): { adapter?: string; error?: string } {
  const seen: { adapter?: string; error?: string } = {};
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (descriptor) {
    const device = await requestDevice.call(this, descriptor);
    seen.adapter = this.info.description;
    device.addEventListener("uncapturederror", (event) => {
      seen.error ??= (event as GPUUncapturedErrorEvent).error.message;
    });
    return device;
  };
  return seen;
}
