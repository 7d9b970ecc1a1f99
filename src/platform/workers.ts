/**
 * Threads that run one function of one module. Deno and browsers have the same `Worker`, so this file serves both; where
 * there is none, asking for threads is an error and doing without them is not.
 * @module
 */
import { StateError } from "../errors.ts";

/** A function that a module exports as its default, by the module's address. */
type Call = (...args: unknown[]) => unknown;

interface Answer {
  id: number;
  result?: unknown;
  error?: { name: string; message: string; stack?: string };
}

interface Waiting {
  worker: Worker;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

// The program of a thread: text, because a bundle has no second file. Arguments and results are copied.
const PROGRAM = `let call;
onmessage = async ({ data: { id, url, args } }) => {
  try {
    call ??= import(url).then((module) => module.default);
    postMessage({ id, result: await (await call)(...args) });
  } catch (e) {
    postMessage({ id, error: { name: e?.name ?? "Error", message: e?.message ?? String(e), stack: e?.stack } });
  }
};`;

/** Loads the default export of a module into this thread. @throws {StateError} when it is not there, or no function */
export async function loadFunction(module: string): Promise<Call> {
  const { default: call } = await import(module).catch((cause) => {
    throw new StateError(`Cannot use ${module}: it cannot be loaded (${cause?.message ?? cause})`, {
      op: "loadFunction",
      cause,
    });
  }) as { default?: unknown };
  if (typeof call === "function") return call as Call;
  throw new StateError(`Cannot use ${module}: its default export is no function`, { op: "loadFunction" });
}

/** Several threads with the same module; calls go to the one with the fewest open ones. */
export class WorkerPool {
  readonly #module: string;
  readonly #workers: Worker[];
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  /**
   * Starts the threads.
   * @param module address of a module whose default export is the function
   * @throws {StateError} where there are no threads
   */
  constructor(module: string, threads: number) {
    if (typeof Worker === "undefined") {
      throw new StateError(`Cannot start ${threads} workers: this runtime has none; use workers: 0`, { op: "Worker" });
    }
    this.#module = module;
    const address = URL.createObjectURL(new Blob([PROGRAM], { type: "text/javascript" }));
    this.#workers = Array.from({ length: threads }, () => this.#start(address));
  }

  #start(address: string): Worker {
    const worker = new Worker(address, { type: "module" });
    worker.onmessage = ({ data: { id, result, error } }: MessageEvent<Answer>) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (!error) return waiting?.resolve(result);
      const { name, message, stack } = error;
      waiting?.reject(Object.assign(new Error(message), { name, stack: stack ?? message }));
    };
    worker.onerror = (event) => { // the thread itself failed: its calls have no answer to wait for
      event.preventDefault();
      const error = new StateError(`Cannot run ${this.#module} in a worker: ${event.message}`, { op: "Worker" });
      for (const [id, waiting] of this.#waiting) {
        if (waiting.worker === worker && this.#waiting.delete(id)) waiting.reject(error);
      }
    };
    return worker;
  }

  /** Calls the function in a thread. Rejects with the error that it throws there. */
  call(...args: unknown[]): Promise<unknown> {
    const open = (worker: Worker) => [...this.#waiting.values()].filter((waiting) => waiting.worker === worker).length;
    const worker = this.#workers.reduce((best, one) => open(one) < open(best) ? one : best);
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { worker, resolve, reject });
      worker.postMessage({ id, url: this.#module, args });
    });
  }

  /** Ends the threads; calls without an answer reject. */
  close(): void {
    for (const worker of this.#workers) worker.terminate();
    for (const { reject } of this.#waiting.values()) {
      reject(new StateError("Cannot finish the call: its worker was closed", { op: "Worker" }));
    }
    this.#waiting.clear();
  }
}
