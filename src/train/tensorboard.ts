/**
 * Event files for TensorBoard: losses and learning rate per step, validation loss and metrics per epoch, and histograms
 * of the parameters if asked for. `tensorboard --logdir runs` shows each folder as a run.
 * @module
 */

import { ValueError } from "../errors.ts";
import { type Folder, openFolder } from "../platform/folder.ts";
import type { StateTree } from "../tensor/state_tree.ts";
import type { AnyLearner, Callback } from "./callbacks.ts";
import { countIn } from "./log_file.ts";
import { smooth } from "./smooth.ts";
import { histogramOf, startEvent, type Summary, summaryEvent, versionEvent } from "./tfrecord.ts";

/** Options of {@link TensorBoardLogger}. */
export interface TensorBoardOptions {
  /** Histograms of all parameters every so many epochs; default 0, none. Each is read from the device. */
  histograms?: number;
  /** Seconds since 1970; default: the clock. */
  now?: () => number;
}

/**
 * Writes events: `loss/train` (per batch), `loss/train_smoothed`, `lr` and `momentum` for every step, `loss/valid` and
 * `metric/<name>` for every epoch at its last step, and `parameter/<name>` histograms.
 *
 * Each program writes a file of its own; that of a resumed run tells TensorBoard to forget what the earlier one holds of
 * the steps that are repeated. Several runs of one learner follow each other: steps are counted through.
 */
export class TensorBoardLogger implements Callback {
  /** Key of its state. */
  readonly name = "TensorBoardLogger";
  /** After others, so that they can still change what is logged. */
  readonly order = 90;
  /** It only looks on. */
  readonly passive = true;
  readonly #folder: Folder;
  readonly #histograms: number;
  readonly #now: () => number;
  #file = "";
  /** Steps of the runs before. */
  #before = 0;
  /** Steps of this run that are in the file. */
  #written = 0;

  /**
   * @param folder of the run; it is made
   * @throws {ValueError} unless `histograms` is a number of epochs
   */
  constructor(folder: string | URL, { histograms = 0, now = () => Date.now() / 1000 }: TensorBoardOptions = {}) {
    if (!Number.isInteger(histograms) || histograms < 0) {
      throw new ValueError(`Cannot write histograms every ${histograms} epochs: wanted an integer, 0 for none`, {
        op: "TensorBoardLogger",
        value: histograms,
      });
    }
    this.#folder = openFolder(folder);
    this.#histograms = histograms;
    this.#now = now;
  }

  /** Steps that are in the file. */
  stateDict(): StateTree {
    return { before: this.#before, written: this.#written };
  }

  /** Goes on behind the steps of a saved state, in a new file. */
  loadStateDict(state: StateTree): void {
    const before = countIn(this.name, state, "before");
    this.#written = countIn(this.name, state, "written");
    this.#before = before;
    this.#file = "";
  }

  /** A run begins. */
  beforeFit(): void {
    this.#before += this.#written;
    this.#written = 0;
  }

  /** Writes the epoch's numbers. @throws {StateError} when the disk refuses */
  async afterEpoch(learner: AnyLearner): Promise<void> {
    const { history, model } = learner, { metrics, validLoss, epoch } = history.last;
    const events = await this.#stepEvents(learner), values: Summary[] = [];
    if (validLoss !== null) values.push(["loss/valid", validLoss]);
    for (const name of history.metrics) if (name in metrics) values.push([`metric/${name}`, metrics[name]]);
    if (this.#histograms && (epoch + 1) % this.#histograms === 0) {
      for (const [name, parameter] of model.namedParameters()) {
        const histogram = histogramOf(await parameter.data());
        if (histogram) values.push([`parameter/${name}`, histogram]);
      }
    }
    if (values.length) events.push(summaryEvent(this.#now(), this.#before + this.#written, values));
    await this.#append(events);
  }

  /** Of an interrupted run, writes the steps of the epoch that was not finished. */
  async afterFit(learner: AnyLearner): Promise<void> {
    if (learner.history.steps.loss.length > this.#written) await this.#append(await this.#stepEvents(learner));
  }

  /** Events of the steps that are not in the file; those that begin a file before them. */
  async #stepEvents({ history: { steps } }: AnyLearner): Promise<Uint8Array[]> {
    const time = this.#now(), smoothed = smooth(steps.loss);
    const events = this.#file ? [] : await this.#begin(time);
    for (; this.#written < steps.loss.length; this.#written++) {
      const i = this.#written,
        values: Summary[] = [["loss/train", steps.loss[i]], ["loss/train_smoothed", smoothed[i]]];
      if (i < steps.lr.length) values.push(["lr", steps.lr[i]]);
      if (!Number.isNaN(steps.momentum[i] ?? NaN)) values.push(["momentum", steps.momentum[i]]);
      events.push(summaryEvent(time, this.#before + i + 1, values));
    }
    return events;
  }

  /** Takes a name that no file has. */
  async #begin(time: number): Promise<Uint8Array[]> {
    const names = new Set((await this.#folder.list()).map(({ name }) => name));
    const stem = `events.out.tfevents.${String(Math.floor(time)).padStart(10, "0")}.wgrad`;
    let number = 0;
    do this.#file = `${stem}.${String(number++).padStart(3, "0")}`; while (names.has(this.#file));
    return [versionEvent(time), startEvent(time, this.#before + this.#written + 1)];
  }

  async #append(events: readonly Uint8Array[]): Promise<void> {
    const all = new Uint8Array(events.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const event of events) {
      all.set(event, at);
      at += event.length;
    }
    await this.#folder.append(this.#file, all);
  }
}
