/**
 * Trains the document's networks on toxic comments and writes `submission.csv`: the mean over networks of the weighted
 * mean over epochs, models, a report and, on demand, all that it is made of.
 *
 * ```sh
 * deno run -A --preload=tools/preload.ts examples/jigsaw/train.ts --data DIR --vectors crawl-300d-2M.vec --vectors glove.840B.300d.txt
 * ```
 * @module
 */

import { parseArgs } from "node:util";
import * as w from "../../mod.ts";
import { type Data, read, readTemplates } from "./data.ts";
import { countParameters } from "./model.ts";
import { loadModel, saveModel } from "./model_file.ts";
import { MAX_LENGTH, type Part, pickPart, prepare, type Prepared, type PrepareOptions } from "./prepare.ts";
import { auc, firstOutputs, outputsOf, predict, type Run, run, type RunOptions } from "./run.ts";

/** How {@link train} trains; the defaults are the document's. */
export interface TrainOptions extends Omit<RunOptions, "seed"> {
  /** Networks, each with a seed of its own; default 2. */
  models?: number;
  /** Seed of the first network; default 1234. */
  seed?: number;
  /** Only the last epoch's predictions count, not the weighted mean 1, 2, 4, 8, ... of all. Default false. */
  lastEpoch?: boolean;
  /** Trains on all parts but one, for each of so many parts, and chooses by that one. Default: on all comments. */
  folds?: number;
  /** Sentences made of templates, to measure bias by identity with. */
  templates?: Part;
  /** Folder of `submission.csv`, models and report; default: nothing is written. */
  out?: string;
  /** Folder of arrays: what was trained on, and the predictions of every epoch. */
  dump?: string;
}

/** What {@link train} gives. */
export interface TrainResult {
  /** Probability that a test comment is toxic, by id. */
  readonly submission: readonly { id: string; prediction: number }[];
  /** Area under the curve of the chosen weights' mean, per network or fold; empty where nothing was set aside. */
  readonly aucs: readonly number[];
  readonly histories: readonly w.train.History[];
  /** Bias by identity, where templates or identity columns were given. */
  readonly bias: w.train.metrics.BiasScores | null;
}

/** Weighted mean of the predictions of epochs: 1, 2, 4, 8, ...; or the last one. */
export function ensemble(predictions: readonly Float32Array[], lastEpoch = false): Float64Array {
  const mean = new w.optim.CheckpointEnsemble();
  for (const one of lastEpoch ? predictions.slice(-1) : predictions) mean.add(one);
  return mean.mean();
}

/** Trains networks and predicts. @throws as {@link run} */
export async function train(prepared: Prepared, options: TrainOptions = {}): Promise<TrainResult> {
  const { models = 2, seed = 1234, lastEpoch = false, folds, out, dump, print = () => {} } = options;
  const { test, table, vocabulary } = prepared, outputs = outputsOf(prepared.train);
  for (const folder of [out, dump]) if (folder) await Deno.mkdir(folder, { recursive: true });
  if (dump) await dumpArrays(dump, prepared);
  const rounds = roundsOf(prepared, models, folds);
  const sum = new Float64Array(test.ids.length), aucs: number[] = [], histories: w.train.History[] = [];
  const templates = options.templates && new Float64Array(options.templates.ids.length);
  const mentioned: { part: Part; scores: Float64Array }[] = [];
  for (const [number, parts] of rounds.entries()) {
    const name = folds ? `Fold ${number + 1} of ${folds}` : `Model ${number}`;
    print(`${name}: ${parts.train.ids.length.toLocaleString("en-US")} comments`);
    const { model, history, predictions, validPredictions }: Run = await run({ ...parts, test, table }, {
      ...options,
      seed: seed + number,
    });
    try {
      if (number === 0) print(`${countParameters(model).toLocaleString("en-US")} trainable parameters`);
      firstOutputs(ensemble(predictions, lastEpoch), outputs).forEach((value, i) => sum[i] += value / rounds.length);
      if (parts.valid) {
        const found = ensemble(validPredictions, lastEpoch);
        aucs.push(auc(parts.valid, found));
        mentioned.push({ part: parts.valid, scores: firstOutputs(found, outputs) });
        print(`${name}: area under the curve ${aucs.at(-1)!.toFixed(4)} by the mean over epochs`);
      }
      if (templates) {
        const found = await predict(model, options.templates!, options.batchSize ?? 512, true);
        firstOutputs(found, outputs).forEach((value, i) => templates[i] += value / rounds.length);
      }
      histories.push(history);
      if (out) await saveModel(`${out}/model-${number}.safetensors`, model, vocabulary);
      if (dump) {
        for (const [epoch, data] of predictions.entries()) {
          const shape = [test.ids.length, outputs];
          await w.io.npy.save(`${dump}/predictions-${number}-${epoch}.npy`, { shape, data });
        }
      }
    } finally {
      model.dispose();
    }
  }
  if (aucs.length > 1) print(`Mean area under the curve ${(aucs.reduce((a, b) => a + b) / aucs.length).toFixed(4)}`);
  if (test.targets) print(`Test comments: area under the curve ${auc(test, sum).toFixed(4)} by the mean over networks`);
  const bias = biasOf(templates ? [{ part: options.templates!, scores: templates }] : mentioned);
  if (bias) printBias(bias, print);
  const submission = test.comments.ids.map((id, i) => ({ id, prediction: sum[i] }));
  if (out) {
    await w.data.writeCsv(`${out}/submission.csv`, submission, { columns: ["id", "prediction"] });
    await writeReport(out, options, { submission, aucs, histories, bias }, prepared);
  }
  return { submission, aucs, histories, bias };
}

/** Training parts of each network: all comments, or those outside of a fold. */
function roundsOf({ train, valid }: Prepared, models: number, folds?: number): { train: Part; valid: Part | null }[] {
  if (!folds) return Array.from({ length: models }, () => ({ train, valid }));
  const outputs = outputsOf(train), labels = Array.from(train.ids, (_, i) => train.targets![i * outputs]);
  return w.data.kFold(train.ids.length, { folds, shuffle: true, seed: 1234, labels }).map((fold) => ({
    train: pickPart(train, fold.train),
    valid: pickPart(train, fold.valid),
  }));
}

/** Bias by identity over parts behind each other; null where no comment mentions any. */
function biasOf(parts: readonly { part: Part; scores: Float64Array }[]): w.train.metrics.BiasScores | null {
  const names = Object.keys(parts[0]?.part.comments.identities ?? {});
  if (!names.length) return null;
  const joined = (of: (one: (typeof parts)[number]) => ArrayLike<number>): Float64Array =>
    Float64Array.from(parts.flatMap((one) => Array.from(of(one))));
  const labels = joined(({ part }) => firstOutputs(part.targets!, outputsOf(part)));
  const identities = Object.fromEntries(
    names.map((name) => [name, joined(({ part }) => part.comments.identities[name])]),
  );
  return w.train.metrics.biasScores(labels, joined(({ scores }) => scores), identities, { skipUndefined: true });
}

function printBias({ final, overallAuc, subgroups }: w.train.metrics.BiasScores, print: (line: string) => void): void {
  print(`Bias metric ${final.toFixed(4)}, area under the curve ${overallAuc.toFixed(4)}`);
  for (const { name, size, subgroupAuc, bpsnAuc, bnspAuc } of subgroups) {
    const numbers = [subgroupAuc, bpsnAuc, bnspAuc].map((value) => Number.isNaN(value) ? "  -   " : value.toFixed(4));
    print(`  ${name.padEnd(32)}${String(size).padStart(7)}  ${numbers.join("  ")}`);
  }
}

/** What a twin in another framework needs to train on the same. */
async function dumpArrays(folder: string, { train, valid, table }: Prepared): Promise<void> {
  const all = [...train.ids, ...valid?.ids ?? []], outputs = outputsOf(train);
  const { values, lengths } = w.data.padBatch(all, { side: "left", length: MAX_LENGTH });
  const targets = new Float32Array(all.length * outputs);
  targets.set(train.targets!);
  if (valid) targets.set(valid.targets!, train.targets!.length);
  const numbers = (from: number, count: number): Int32Array<ArrayBuffer> =>
    Int32Array.from({ length: count }, (_, i) => from + i);
  await w.io.npz.save(`${folder}/arrays.npz`, {
    ids: { shape: [all.length, MAX_LENGTH], data: values },
    lengths: { shape: [all.length], data: lengths },
    targets: { shape: [all.length, outputs], data: targets },
    train: { shape: [train.ids.length], data: numbers(0, train.ids.length) },
    valid: { shape: [all.length - train.ids.length], data: numbers(train.ids.length, all.length - train.ids.length) },
    table: { shape: [...table.shape], data: table.data },
  });
}

async function writeReport(
  folder: string,
  { templates: _, print: _p, onBatch: _b, ...config }: TrainOptions,
  { submission, aucs, histories, bias }: TrainResult,
  { test, table }: Prepared,
): Promise<void> {
  const count = Math.min(12, submission.length);
  const shown = Array.from({ length: count }, (_, k) => {
    const i = Math.floor(k * submission.length / count), { prediction } = submission[i]; // from all over the set
    return {
      input: test.comments.texts[i].slice(0, 400),
      target: test.targets ? test.targets[i * outputsOf(test)] ? "toxic" : "not toxic" : "not known",
      prediction: prediction >= 0.5 ? "toxic" : "not toxic",
      probability: prediction >= 0.5 ? prediction : 1 - prediction,
    };
  });
  const html = await w.train.report(histories[0], {
    title: "Toxic comments",
    notes: [
      aucs.length ? `Area under the curve ${aucs.map((value) => value.toFixed(4)).join(", ")}.` : "",
      bias ? `Bias metric ${bias.final.toFixed(4)}.` : "",
      "Curves are those of the first network.",
    ].filter(Boolean).join(" "),
    config: { ...config },
    environment: {
      adapter: w.getDevice().info.description,
      "peak memory": `${Math.round(w.memory().peakBytes / 2 ** 20)} MiB`,
      table: `${table.shape.join(" x ")}`,
    },
    predictions: shown,
  });
  await Deno.writeTextFile(`${folder}/report.html`, html);
}

/** What a command line asks for. */
export interface CommandLine {
  data: string;
  limit?: number;
  /** Identity columns of Kaggle's file are read. */
  identities: boolean;
  /** File of templated sentences. */
  templates?: string;
  prepare: PrepareOptions;
  train: TrainOptions;
  /** Files of networks that predict, without training. */
  models: readonly string[];
}

/** Reads a command line. @throws {w.ValueError} for a number that is none, or without data */
export function parseOptions(args: readonly string[]): CommandLine {
  const text = { type: "string" } as const, many = { type: "string", multiple: true } as const;
  const flag = { type: "boolean", default: false } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{
        data: text,
        vectors: many,
        templates: text,
        out: { ...text, default: "runs/jigsaw" },
        dump: text,
        load: many,
      },
      ...{
        limit: text,
        epochs: text,
        "batch-size": text,
        lr: text,
        units: text,
        models: text,
        seed: text,
        folds: text,
      },
      ...{ contractions: flag, fallbacks: flag, average: flag, "max-words": text, identities: flag },
      ...{ cyclical: flag, bucketing: flag, "last-epoch": flag, "skip-first-rate": flag },
    },
  });
  const number = (
    name: "limit" | "epochs" | "batch-size" | "lr" | "units" | "models" | "seed" | "folds" | "max-words",
  ) => {
    const given = values[name];
    if (given === undefined) return undefined;
    const value = Number(given), whole = name === "lr" || Number.isSafeInteger(value);
    if (given.trim() !== "" && whole && (value > 0 || name === "seed" && value === 0)) return value;
    throw new w.ValueError(`Cannot use --${name} ${given}: wanted a positive ${name === "lr" ? "number" : "integer"}`, {
      value: given,
    });
  };
  if (!values.data) {
    throw new w.ValueError("Cannot train without data: pass --data with a folder that holds train.csv and test.csv");
  }
  const { contractions, fallbacks, average, identities, cyclical, bucketing, out, dump, vectors = [], load = [] } =
    values;
  return {
    data: values.data,
    limit: number("limit"),
    identities,
    templates: values.templates,
    prepare: { vectors, contractions, fallbacks, average, maxWords: number("max-words") },
    train: {
      epochs: number("epochs"),
      batchSize: number("batch-size"),
      lr: number("lr"),
      units: number("units"),
      models: number("models"),
      seed: number("seed"),
      folds: number("folds"),
      cyclical,
      bucketing,
      lastEpoch: values["last-epoch"],
      skipFirstRate: values["skip-first-rate"],
      out,
      dump,
    },
    models: load,
  };
}

/** Predictions of networks from files: their mean, as a submission. */
export async function predictWith(
  files: readonly string[],
  { test, table, vocabulary }: Prepared,
  { out, batchSize = 512 }: TrainOptions,
): Promise<TrainResult["submission"]> {
  await w.init();
  const sum = new Float64Array(test.ids.length);
  for (const file of files) {
    const model = await loadModel(file, table, vocabulary), outputs = 1 + model.linear_aux_out.outFeatures;
    const found = await predict(model, test, batchSize, true);
    firstOutputs(found, outputs).forEach((value, i) => sum[i] += value / files.length);
    model.dispose();
  }
  const submission = test.comments.ids.map((id, i) => ({ id, prediction: sum[i] }));
  if (out) {
    await Deno.mkdir(out, { recursive: true });
    await w.data.writeCsv(`${out}/submission.csv`, submission, { columns: ["id", "prediction"] });
  }
  return submission;
}

/** Does what the command line says. */
export async function main(line: CommandLine, print: (line: string) => void = console.log): Promise<void> {
  const start = performance.now();
  const data: Data = await read(line.data, { limit: line.limit, identities: line.identities });
  for (const note of data.notes) print(note);
  const prepared = await prepare(data, { ...line.prepare, print });
  print(`Prepared in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  if (line.models.length) {
    await predictWith(line.models, prepared, line.train);
    return print(`Predictions: ${line.train.out}/submission.csv`);
  }
  const sentences = line.templates ? await readTemplates(line.templates, line.limit) : null;
  const templates = sentences
    ? {
      comments: sentences,
      ids: prepared.encode(sentences.texts),
      targets: Float32Array.from(sentences.texts.flatMap((_, i) => [sentences.targets![i], sentences.targets![i]])),
    }
    : undefined;
  const { submission } = await train(prepared, { ...line.train, templates, print, onBatch: progress });
  print(`${submission.length.toLocaleString("en-US")} predictions: ${line.train.out}/submission.csv, report.html`);
}

/** Shows where training is, where somebody is watching. */
function progress(batch: number, batches: number, epoch: number): void {
  if (!Deno.stderr.isTerminal()) return;
  const line = `epoch ${epoch + 1}: batch ${batch} of ${batches}`;
  Deno.stderr.writeSync(new TextEncoder().encode(`\r${line}\x1b[K${batch === batches ? "\r\x1b[K" : ""}`));
}

if (import.meta.main) {
  try {
    await main(parseOptions(Deno.args));
  } catch (error) {
    if (!(error instanceof w.WgradError)) throw error;
    console.error(error.message); // the message says what to do
    Deno.exit(1);
  }
}
