/**
 * Saves a run while it goes on, and takes it up again: a run that is killed at any moment and resumed ends with the same
 * bits as one that was not.
 * @module
 */
import { StateError, ValueError } from "../errors.ts";
import type { Folder } from "../platform/folder.ts";
import type { Stateful, StateTree } from "../tensor/state_tree.ts";
import type { AnyLearner, Callback } from "./callbacks.ts";
import { type CheckedFile, type CheckpointFacts, stateOf } from "./checkpoint_file.ts";
import { BEST, CheckpointFolder } from "./checkpoint_folder.ts";
import { disposeTree, toHost } from "./checkpoint_tree.ts";

/** Options of {@link Checkpoint}. */
export interface CheckpointOptions {
  /** Saves after so many training batches. */
  everyBatches?: number;
  /** Saves after so many epochs; default 1 where neither batches nor seconds are given. */
  everyEpochs?: number;
  /** Saves between two batches when so many seconds have gone by since the last time. */
  everySeconds?: number;
  /** Numbered checkpoints that are kept; default 3. */
  keepLast?: number;
  /** Keeps the best epoch in `best.safetensors`, by `"validLoss"`, `"trainLoss"` or the name of a metric. */
  saveBest?: string;
  /** Whether less or more is better; default `"min"` for losses, `"max"` for metrics. */
  mode?: "min" | "max";
  /** Told about damaged checkpoints that were passed over; default `console.warn`. */
  warn?: (message: string) => void;
}

/**
 * Saves the learner's whole state in a folder. The state is copied between two batches; the file is written while
 * training goes on, and a later save waits for it.
 *
 * ```ts
 * const checkpoint = new w.train.Checkpoint("runs/lm", { everyBatches: 500, saveBest: "accuracy" });
 * const learner = new w.train.Learner({ model, loss, train, valid, callbacks: [checkpoint] });
 * await checkpoint.resume(learner); // false at first; after a crash or Ctrl-C, the run goes on where it was saved
 * await learner.fitOneCycle(10, 1e-3);
 * ```
 */
export class Checkpoint implements Callback, Stateful {
  /** After the others: their state is that of the same moment. */
  readonly order = 200;
  /** Key of its state. */
  readonly name = "checkpoint";
  /** It changes nothing. */
  readonly passive = true;
  /** The files. */
  readonly files: CheckpointFolder;
  readonly #every: { batches: number; epochs: number; seconds: number };
  readonly #keepLast: number;
  readonly #monitor: string | null;
  readonly #sign: 1 | -1;
  readonly #warn: (message: string) => void;
  #best: number | null = null;
  #lastTime = performance.now();
  #writing: Promise<unknown> = Promise.resolve();
  #error: unknown = null;

  /**
   * @param folder path of a folder (in a page, of the origin private file system), or a {@link Folder}
   * @throws {ValueError} naming the option that is out of range
   */
  constructor(folder: string | URL | Folder, options: CheckpointOptions = {}) {
    const { everyBatches = 0, everySeconds = 0, keepLast = 3, saveBest = null, mode, warn } = options;
    const { everyEpochs = everyBatches || everySeconds ? 0 : 1 } = options;
    for (const [name, value] of Object.entries({ everyBatches, everyEpochs, keepLast })) {
      if (!Number.isSafeInteger(value) || value < (name === "keepLast" ? 1 : 0)) throw outOfRange(name, value);
    }
    if (!(everySeconds >= 0)) throw outOfRange("everySeconds", everySeconds);
    if (mode !== undefined && mode !== "min" && mode !== "max") throw outOfRange("mode", mode);
    this.files = new CheckpointFolder(folder);
    this.#every = { batches: everyBatches, epochs: everyEpochs, seconds: everySeconds };
    this.#keepLast = keepLast;
    this.#monitor = saveBest;
    this.#sign = (mode ?? (saveBest === "validLoss" || saveBest === "trainLoss" ? "min" : "max")) === "min" ? -1 : 1;
    this.#warn = warn ?? ((message) => console.warn(message));
  }

  /** The best value so far, null before the first. */
  get best(): number | null {
    return this.#best;
  }

  /** The best value so far. */
  stateDict(): { best: number | null } {
    return { best: this.#best };
  }

  /** @throws {ValueError} for something else */
  loadStateDict(tree: StateTree): void {
    const { best } = (tree ?? {}) as { best?: unknown };
    if (best !== null && typeof best !== "number") throw outOfRange("the best value of a state", best);
    this.#best = best;
  }

  /**
   * Loads the last checkpoint that is whole; the next `fit` with the same arguments goes on there.
   * @returns false when the folder has none
   * @throws {FormatError} when all are damaged
   * @throws {ValueError} when the state does not fit the learner, which is not changed then
   */
  async resume(learner: AnyLearner): Promise<boolean> {
    await this.#writing;
    const file = await this.files.latest(this.#warn);
    if (file) await load(file, learner);
    return file !== null;
  }

  /** Loads the best state, as {@link resume} does the last one. @throws {StateError} when there is none */
  async loadBest(learner: AnyLearner): Promise<void> {
    await this.#writing;
    await load(await this.files.best(), learner);
  }

  /** Saves now and waits for the file. Its path. @throws {StateError} when it cannot be written */
  async save(learner: AnyLearner): Promise<string> {
    await this.#save(learner, true, false);
    const name = await this.#writing as string;
    this.#raise();
    return this.files.path(name);
  }

  /** The clock starts. */
  beforeFit(): void {
    this.#lastTime = performance.now();
  }

  /** Saves when it is time to, and when the run was stopped. */
  async betweenBatches(learner: AnyLearner): Promise<void> {
    this.#raise();
    const { batches, seconds } = this.#every;
    const due = batches > 0 && learner.step % batches === 0 ||
      seconds > 0 && performance.now() - this.#lastTime >= seconds * 1000;
    if (due || learner.stopped) await this.#save(learner, true, false);
  }

  /** Saves when it is time to, when the epoch was the best, and when the run was stopped. */
  async afterEpoch(learner: AnyLearner): Promise<void> {
    this.#raise();
    const { epochs } = this.#every, better = this.#isBetter(learner);
    const due = epochs > 0 && (learner.epoch + 1) % epochs === 0 || learner.stopped;
    if (due || better) await this.#save(learner, due, better);
  }

  /** Waits for the last file. */
  async afterFit(): Promise<void> {
    await this.#writing;
    this.#raise();
  }

  #isBetter({ history }: AnyLearner): boolean {
    if (this.#monitor === null) return false;
    const { last } = history, values = { ...last.metrics, validLoss: last.validLoss, trainLoss: last.trainLoss };
    const value = values[this.#monitor as keyof typeof values] as number | null | undefined;
    if (typeof value !== "number") {
      throw new StateError(
        `Cannot save the best epoch: it has no ${this.#monitor}; wanted one of ${Object.keys(values).join(", ")}`,
        { op: "Checkpoint", value: this.#monitor },
      );
    }
    if (Number.isNaN(value) || this.#best !== null && !(this.#sign * value > this.#sign * this.#best)) return false;
    this.#best = value;
    return true;
  }

  /** Copies the state once the file before is written, then writes while the caller goes on. */
  async #save(learner: AnyLearner, numbered: boolean, best: boolean): Promise<void> {
    await this.#writing;
    this.#raise();
    const copied = toHost(learner.stateDict());
    const { epoch, batch, step } = learner, facts: CheckpointFacts = { epoch, batch, step };
    this.#lastTime = performance.now();
    this.#writing = (async () => {
      const tree = await copied;
      if (best) await this.files.putBest(tree, facts);
      return numbered ? await this.files.add(tree, facts, this.#keepLast) : BEST;
    })().catch((error) => void (this.#error ??= error)); // told by the next event
  }

  #raise(): void {
    const error = this.#error;
    this.#error = null;
    if (error !== null) throw error;
  }
}

async function load(file: CheckedFile, learner: AnyLearner): Promise<void> {
  const state = stateOf(file);
  try {
    await learner.loadStateDict(state);
  } finally {
    disposeTree(state);
  }
}

function outOfRange(name: string, value: unknown): ValueError {
  return new ValueError(`Cannot make a Checkpoint: ${name} is ${value}`, { op: "Checkpoint", value });
}
