/**
 * Ctrl-C, or a button in a page, ends a run between two batches, with its state saved.
 * @module
 */

import { onInterrupt } from "../platform/signals.ts";
import type { AnyLearner, Callback } from "./callbacks.ts";

/** Options of {@link StopOnInterrupt}. */
export interface StopOnInterruptOptions {
  /** File for the learner's state; default: it is not saved. */
  path?: string;
  /** Ends the run too: for pages, which have no Ctrl-C. */
  signal?: AbortSignal;
}

/**
 * At the first Ctrl-C the run ends after its batch, the history stays, and with `path` the state is saved: `load` and the
 * same `fit` go on there. A second Ctrl-C ends the program as always.
 *
 * ```ts
 * const learner = new w.train.Learner({ model, loss, train, callbacks: [new w.train.StopOnInterrupt({ path: "run.safetensors" })] });
 * ```
 */
export class StopOnInterrupt implements Callback {
  /** After those whose state is saved. */
  readonly order = 190;
  /** It changes nothing. */
  readonly passive = true;
  /** True when the last run was ended by it. */
  interrupted = false;
  readonly #path: string | undefined;
  readonly #signal: AbortSignal | undefined;
  #asked = false;
  #stopListening: () => void = () => {};

  /** @param options where to save, and what else ends a run */
  constructor({ path, signal }: StopOnInterruptOptions = {}) {
    this.#path = path;
    this.#signal = signal;
  }

  /** Listens. */
  beforeFit(): void {
    this.interrupted = false;
    this.#asked = this.#signal?.aborted ?? false;
    const ask = (): void => void (this.#asked = true), release = onInterrupt(ask);
    this.#signal?.addEventListener("abort", ask);
    this.#stopListening = () => {
      release();
      this.#signal?.removeEventListener("abort", ask);
    };
  }

  /** Saves and ends the run when it was asked to. */
  async betweenBatches(learner: AnyLearner): Promise<void> {
    if (!this.#asked) return;
    this.#asked = false;
    this.interrupted = true;
    if (this.#path !== undefined) await learner.save(this.#path);
    learner.stop();
  }

  /** As between batches: it was asked to during validation. */
  async afterEpoch(learner: AnyLearner): Promise<void> {
    await this.betweenBatches(learner);
  }

  /** Listens no longer. */
  afterFit(): void {
    this.#stopListening();
    this.#stopListening = () => {};
  }
}
