/**
 * The recurrent workloads that all implementations run: sizes, and inputs and weights by a formula that is the same in
 * TypeScript and Python, so that their results can be compared without sharing files. Shapes and names are PyTorch's,
 * sequences are time-major.
 * @module
 */

/** What a step does: only the output, all gradients too, or a whole training step on word ids. */
export type Task = "forward" | "backward" | "languageModel" | "classifier" | "sentiment" | "toxicity";

/** One workload; all sizes are counts. */
export interface Workload {
  readonly name: string;
  readonly task: Task;
  readonly cell: "lstm" | "rnn";
  readonly batch: number;
  readonly steps: number;
  readonly inputs: number;
  readonly units: number;
  readonly layers: number;
  readonly bidirectional: boolean;
  /** Rows of the embedding of a training step; 0 otherwise. */
  readonly vocab: number;
  /** Features of the last linear layer of a training step; 0 otherwise. */
  readonly outputs: number;
  /** Learning rate of a training step: plain SGD for the classifier, Adam for the others. */
  readonly lr: number;
}

const plain = { cell: "lstm", layers: 1, bidirectional: false, vocab: 0, outputs: 0, lr: 0 } as const;

/** All workloads, in the order in which they run. */
export const WORKLOADS: readonly Workload[] = [
  { ...plain, name: "lstm_s1", task: "backward", batch: 32, steps: 35, inputs: 128, units: 256 },
  { ...plain, name: "lstm_s2", task: "backward", batch: 64, steps: 16, inputs: 64, units: 64, layers: 2 },
  { ...plain, name: "rnn_imdb", task: "backward", cell: "rnn", batch: 64, steps: 200, inputs: 100, units: 256 },
  {
    ...plain,
    name: "imdb_step",
    task: "classifier",
    cell: "rnn",
    batch: 64,
    steps: 200,
    inputs: 100,
    units: 256,
    vocab: 25_002,
    outputs: 1,
    lr: 0.1,
  },
  {
    ...plain,
    name: "imdb_upgrade",
    task: "sentiment",
    batch: 64,
    steps: 100,
    inputs: 100,
    units: 256,
    layers: 2,
    bidirectional: true,
    vocab: 25_002,
    outputs: 1,
    lr: 1e-3,
  },
  {
    ...plain,
    name: "jigsaw_step",
    task: "toxicity",
    batch: 32,
    steps: 220,
    inputs: 600,
    units: 128,
    layers: 2,
    bidirectional: true,
    vocab: 2000,
    outputs: 7,
    lr: 1e-3,
  },
  { ...plain, name: "lstm_s5", task: "forward", batch: 64, steps: 220, inputs: 600, units: 128, bidirectional: true },
  {
    ...plain,
    name: "lm_step",
    task: "languageModel",
    batch: 64,
    steps: 16,
    inputs: 64,
    units: 64,
    layers: 2,
    vocab: 30,
    outputs: 30,
    lr: 1e-2,
  },
];

/** A tensor that is made by the formula of {@link fill}. */
export interface Source {
  readonly name: string;
  readonly shape: readonly number[];
  /** Numbers are uniform in [-bound, bound); ids are integers in [0, below). */
  readonly bound: number;
  readonly below: number;
  readonly seed: number;
}

/** What a process is asked to prepare. */
export interface Job {
  readonly workload: Workload;
  readonly sources: readonly Source[];
}

/** True when there is a loss and an optimiser. */
export function trains({ task }: Workload): boolean {
  return task === "languageModel" || pools({ task }) || classifies({ task });
}

/** True when every sequence has one target, 0 or 1. */
export function classifies({ task }: Pick<Workload, "task">): boolean {
  return task === "classifier" || task === "sentiment";
}

/** True when maximum and mean over time are read by two linear layers beside each other, over a frozen embedding. */
export function pools({ task }: Pick<Workload, "task">): boolean {
  return task === "toxicity";
}

/** Features of what the last linear layer reads: of a classifier, the final states of both directions. */
export function features(workload: Workload): number {
  const { units, bidirectional } = workload;
  return units * (bidirectional ? 2 : 1) * (pools(workload) ? 2 : 1);
}

/** Suffixes of the parameters' names, layer by layer, the reversed direction behind the other. */
export function suffixes({ layers, bidirectional }: Workload): string[] {
  return Array.from({ length: layers }, (_, i) => bidirectional ? [`_l${i}`, `_l${i}_reverse`] : [`_l${i}`]).flat();
}

/** Inputs, targets and parameters of a workload. */
export function jobOf(workload: Workload): Job {
  const { cell, batch, steps, inputs, units, vocab, outputs } = workload;
  const sources: Source[] = [];
  const add = (name: string, shape: number[], bound: number, below = 0) =>
    sources.push({ name, shape, bound, below, seed: sources.length + 1 });
  if (trains(workload)) {
    add("x", [steps, batch], 0, vocab);
    const perSequence = pools(workload) ? [batch, outputs] : classifies(workload) ? [batch] : null;
    add("y", perSequence ?? [steps, batch], 0, perSequence ? 2 : vocab);
    add("embedding", [vocab, inputs], 1);
  } else add("x", [steps, batch, inputs], 1);
  const rows = units * (cell === "lstm" ? 4 : 1), bound = 1 / Math.sqrt(units);
  for (const suffix of suffixes(workload)) {
    const width = suffix.startsWith("_l0") ? inputs : units * (workload.bidirectional ? 2 : 1);
    add(`weight_ih${suffix}`, [rows, width], bound);
    add(`weight_hh${suffix}`, [rows, units], bound);
    add(`bias_ih${suffix}`, [rows], bound);
    add(`bias_hh${suffix}`, [rows], bound);
  }
  if (trains(workload)) {
    for (const name of pools(workload) ? ["linear1", "linear2"] : []) {
      add(`${name}.weight`, [features(workload), features(workload)], bound);
      add(`${name}.bias`, [features(workload)], bound);
    }
    add("head.weight", [outputs, features(workload)], bound);
    add("head.bias", [outputs], bound);
  }
  return { workload, sources };
}

/** The values of a source: a hash of seed and index, so neighbours are unrelated. */
export function fill({ shape, bound, below, seed }: Source): Float32Array {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1)), salt = Math.imul(seed, 0x9e3779b9);
  for (let i = 0; i < values.length; i++) {
    let h = Math.imul(i ^ salt, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    const u = ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
    values[i] = below ? Math.floor(u * below) : (2 * u - 1) * bound;
  }
  return values;
}

/** The transposed values of a matrix, [columns, rows]. */
export function transposed(values: ArrayLike<number>, rows: number, columns: number): Float32Array {
  const out = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = values[r * columns + c];
  return out;
}
