/**
 * Runs that go on: the state of a learner, and epochs from the place where a state was saved, as if nothing had happened
 * in between.
 * @module
 */

import { StateError, ValueError } from "../errors.ts";
import { requireLearningRate } from "../optim/lr_scheduler.ts";
import { generatorState, loadGeneratorState } from "../tensor/random.ts";
import type { StateTree } from "../tensor/state_tree.ts";
import type { AnyTensor, Tensor } from "../tensor/tensor.ts";
import { type Callback, inOrder, named } from "./callbacks.ts";
import { disposeTree } from "./checkpoint_tree.ts";
import type { History } from "./history.ts";
import type { FitOptions } from "./learner_options.ts";
import { LearnerLoop } from "./learner_loop.ts";
import {
  carriedOf,
  checkLearnerState,
  copyOf,
  type LearnerState,
  loadCarried,
  requireStateful,
} from "./learner_state.ts";

/** What a resumed run has to put back behind events that start things over. */
type Resumed = Pick<LearnerState, "carried" | "callbacks" | "history" | "generators" | "train">;

/** A {@link Learner} without the ways of calling it. */
export class LearnerCore<X = AnyTensor, Y = AnyTensor> extends LearnerLoop<X, Y> {
  #pending: Resumed | null = null;

  /**
   * Everything that the rest of a run depends on. The tensors are the learner's own: copy or read them before the next
   * step. Call it between two batches: in `betweenBatches`, `afterEpoch` (with a high order) or outside of runs.
   * @throws {StateError} when the optimiser has no state
   */
  stateDict(): LearnerState {
    const { epoch, batch } = this.over, { epochs, step, stage, model, train } = this;
    const callbacks = named(inOrder([...this.callbacks, ...this.active.filter((c) => !this.callbacks.includes(c))]));
    callbacks.delete("Recorder");
    return {
      version: 1,
      model: model.stateDict() as { [name: string]: Tensor },
      carried: carriedOf(model),
      optimizer: requireStateful(this.optimizer).stateDict() as StateTree,
      scheduler: { position: epochs ? (epoch + (batch ? batch / train.length : 0)) / epochs : 0 },
      train: { epochs, epoch, batch, step, stage, frozen: this.#frozenNames() },
      loader: train.stateDict?.() ?? null,
      validLoader: this.valid?.stateDict?.() ?? null,
      generators: {
        program: generatorState(),
        own: Object.fromEntries(Object.entries(this.options.generators ?? {}).map(([k, g]) => [k, g.stateDict()])),
      },
      callbacks: Object.fromEntries([...callbacks].map(([name, callback]) => [name, callback.stateDict!()])),
      history: this.recorder.stateDict(),
    };
  }

  /**
   * Takes a state over; the next run goes on where it was saved and ends with the bits of one that was not interrupted.
   * It has to be called with the same arguments. Values are copied: the caller may release the tensors.
   * @throws {ValueError} when the state does not fit model, optimiser, metrics or data: before anything is changed
   */
  loadStateDict(tree: StateTree): void {
    if (this.running) throw new StateError("Cannot load a state: this learner is running", { op: "loadStateDict" });
    const state = checkLearnerState(tree, this.model);
    const { train: data, valid } = this, before = [data.stateDict?.(), valid?.stateDict?.()];
    try {
      if (state.loader !== null) data.loadStateDict?.(state.loader);
      if (state.validLoader !== null) valid?.loadStateDict?.(state.validLoader);
      requireStateful(this.optimizer).loadStateDict(state.optimizer);
    } catch (error) {
      if (before[0] !== undefined) data.loadStateDict?.(before[0]);
      if (before[1] !== undefined) valid?.loadStateDict?.(before[1]);
      throw error;
    }
    this.model.loadStateDict(state.model);
    const frozen = new Set(state.train.frozen);
    for (const [name, parameter] of this.model.namedParameters()) parameter.requiresGrad_(!frozen.has(name));
    this.#forget();
    const { carried, callbacks, history, generators, train } = state;
    this.#pending = copyOf({ carried, callbacks, history, generators, train } as StateTree) as Resumed;
    this.#put(this.#pending, []);
    this.recorder.loadStateDict(history);
    ({ epochs: this.epochs, epoch: this.epoch, step: this.step, stage: this.stage } = train);
    this.batch = train.batch;
    this.over = { epoch: train.epoch, batch: train.batch };
  }

  /** Puts everything back that a run has changed; nothing is left to resume. For searches such as `lrFind`. */
  protected restore(tree: LearnerState): void {
    this.loadStateDict(tree);
    this.#put(this.#pending!, named(inOrder(this.callbacks)));
    this.#forget();
  }

  /** True when a state was loaded and the next run is to go on in it. */
  get waiting(): boolean {
    return this.#pending !== null;
  }

  /** The stage that a loaded state goes on in. */
  protected get pendingStage(): number {
    return this.#pending?.train.stage ?? 0;
  }

  /** The next run is a new one. */
  #forget(): void {
    if (this.#pending) disposeTree(this.#pending as unknown as StateTree);
    this.#pending = null;
  }

  /** Puts back what events have started over. */
  #put(state: Resumed, callbacks: Iterable<readonly [string, Callback]>): void {
    loadCarried(this.model, state.carried);
    for (const [name, callback] of callbacks) {
      if (callback === this.recorder) this.recorder.loadStateDict(state.history);
      else if (Object.hasOwn(state.callbacks, name)) callback.loadStateDict!(state.callbacks[name]);
    }
    loadGeneratorState(state.generators.program);
    for (const [name, generator] of Object.entries(this.options.generators ?? {})) {
      if (Object.hasOwn(state.generators.own, name)) generator.loadStateDict(state.generators.own[name]);
    }
  }

  #frozenNames(): string[] {
    return this.model.namedParameters().filter(([, parameter]) => !parameter.requiresGrad).map(([name]) => name);
  }

  /** Runs epochs. `rates` are set at the start of a new run, one per layer group. */
  protected async runFit(epochs: number, rates: readonly number[], options: FitOptions): Promise<History> {
    const { wd, callbacks = [], signal, resume = true } = options;
    if (!Number.isSafeInteger(epochs) || epochs < 1) {
      throw new ValueError(`Cannot fit for epochs = ${epochs}: it has to be a positive integer`, {
        op: "fit",
        value: epochs,
      });
    }
    if (wd !== undefined) requireLearningRate("fit", "wd", wd);
    const resumed = resume ? this.#pending : null;
    if (resumed && resumed.train.epochs !== epochs) {
      throw new StateError(
        `Cannot resume: the state is that of a run of ${resumed.train.epochs} epochs, not of ${epochs}; pass the same ` +
          `arguments, or { resume: false } for a new run`,
        { op: "fit", value: epochs },
      );
    }
    this.begin("fit", callbacks);
    this.resumed = resumed !== null;
    if (!resumed) {
      this.#forget();
      this.setLr(rates);
      if (wd !== undefined) this.groups.setDecay(this.optimizer, wd);
      this.step = 0;
      this.over = { epoch: 0, batch: 0 };
    }
    const abort = (): void => this.stop();
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) this.stop();
    this.epochs = epochs;
    this.optimizer.zeroGrad();
    try {
      await this.part("Fit", async () => {
        if (resumed) this.#put(resumed, named(this.active));
        const first = this.over.epoch;
        for (this.epoch = first; this.epoch < epochs && !this.stopped; this.epoch++) {
          await this.part("Epoch", () => this.#runEpoch(this.epoch === first ? resumed : null));
        }
      });
      this.isEnded = !this.stopped;
    } catch (error) {
      await this.finish().catch(() => {}); // the first error is the one to see
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#forget();
    }
    await this.finish();
    return this.history;
  }

  async #runEpoch(resumed: Resumed | null): Promise<void> {
    this.over = { epoch: this.epoch, batch: resumed?.train.batch ?? 0 };
    this.model.train();
    this.restFrozen();
    this.training = true;
    try {
      await this.part("Train", async () => {
        if (resumed && resumed.train.batch > 0) this.#put(resumed, named(this.active));
        await this.forEach(this.train, () => this.trainStep(), this.over.batch);
        this.training = false;
      });
    } finally {
      this.training = false;
    }
    if (this.valid && !this.stopped) await this.runValidation(this.valid);
  }
}
