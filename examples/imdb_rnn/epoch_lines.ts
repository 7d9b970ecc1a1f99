/**
 * What the document prints and keeps: two lines per epoch with means over batches, and the weights of the epoch with the
 * lowest validation loss in a file.
 * @module
 */

import * as w from "../../mod.ts";
import { saveModel, type Trained } from "./model_file.ts";

/** The loss as the document sums it up: every batch counts the same, the last short one too. */
export const batchLoss: w.train.Metric = w.train.averaged("batch_loss", ({ loss }) => loss, undefined, () => 1);

/** The document's `binary_accuracy`, summed up like its loss. */
export const batchAccuracy: w.train.Metric = w.train.metrics.binaryAccuracy({ over: "batches" });

/** One epoch as the document prints it. */
export interface EpochLine {
  trainLoss: number;
  trainAccuracy: number;
  validLoss: number;
  validAccuracy: number;
  seconds: number;
}

/** Prints the document's lines, and how much memory the epoch took. */
export class EpochLines implements w.train.Callback {
  readonly order = 90;
  readonly passive = true;
  /** All lines so far. */
  readonly lines: EpochLine[] = [];
  readonly #print: (line: string) => void;
  #states: w.train.MetricState[] = [];

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  beforeTrain(): void {
    this.#states = [batchLoss, batchAccuracy].map((metric) => metric.start());
  }

  afterBatch({ training, prediction, y: target, loss, size }: w.train.AnyLearner): void {
    if (!training) return;
    for (const state of this.#states) state.add({ prediction: prediction!, target, loss: loss!, size });
  }

  async afterEpoch({ history, epoch, model }: w.train.AnyLearner): Promise<void> {
    const [trainLoss, trainAccuracy] = await Promise.all(this.#states.map((state) => state.value()));
    const { seconds, metrics: { batch_loss: validLoss, accuracy: validAccuracy } } = history.last;
    this.lines.push({ trainLoss, trainAccuracy, validLoss, validAccuracy, seconds });
    const [minutes, rest] = [Math.floor(seconds / 60), Math.floor(seconds % 60)];
    this.#print(`Epoch: ${String(epoch + 1).padStart(2, "0")} | Epoch Time: ${minutes}m ${rest}s`);
    this.#print(`\tTrain Loss: ${trainLoss.toFixed(3)} | Train Acc: ${percent(trainAccuracy)}`);
    this.#print(`\t Val. Loss: ${validLoss.toFixed(3)} |  Val. Acc: ${percent(validAccuracy)}`);
    const { peakBytes, heldBytes } = model.parameters()[0].device!.memory();
    this.#print(`\t   Memory: ${mebibytes(peakBytes)} at most in use, ${mebibytes(heldBytes)} held`);
  }

  afterFit(): void {
    for (const state of this.#states) state.dispose();
    this.#states = [];
  }
}

/** Writes the network after every epoch that is the best so far, by validation loss. */
export class SaveModel extends w.train.Tracker {
  readonly name = "SaveModel";
  readonly #path: string;
  readonly #parts: Trained;

  constructor(path: string, parts: Trained) {
    super({ monitor: batchLoss.name });
    this.#path = path;
    this.#parts = parts;
  }

  async afterEpoch(learner: w.train.AnyLearner): Promise<void> {
    if (this.isBest(learner)) await saveModel(this.#path, this.#parts);
  }
}

/** A part as a percentage with two decimals. */
export function percent(part: number): string {
  return `${(part * 100).toFixed(2)}%`;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20).toLocaleString("en-US")} MiB`;
}
