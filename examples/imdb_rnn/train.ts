/**
 * Trains one of the two networks on IMDb's reviews as the document does, tests the best epoch, and writes the model and
 * a report.
 *
 * ```sh
 * deno run -A --preload=tools/preload.ts examples/imdb_rnn/train.ts --data aclImdb
 * ```
 * @module
 */

import { parseArgs } from "node:util";
import * as w from "../../mod.ts";
import { type DataOptions, loader, type Part, type Parts, prepare, SEED } from "./data.ts";
import { withAdvice } from "./advice.ts";
import { batchAccuracy, batchLoss, type EpochLine, EpochLines, percent, SaveModel } from "./epoch_lines.ts";
import { createModel, loadModel, type Network, type Trained, weightsHash } from "./model_file.ts";
import { countParameters, type Steps, type TextBatch, UPGRADE } from "./models.ts";
import { printTable } from "./table.ts";
import { writeReport } from "./run_report.ts";
import { pretrained } from "./vectors.ts";

/** How {@link train} trains. Without any of the steps it is the document's network and its optimiser. */
export interface TrainOptions extends Steps {
  /** File of word vectors, which start the embedding and say how wide it is. */
  vectors?: string;
  /** Adam in place of plain gradient descent. */
  adam?: boolean;
  /** Passes over the training reviews; default 5. */
  epochs?: number;
  /** Reviews per batch; default 64. */
  batchSize?: number;
  /** Learning rate; default 1e-3. */
  lr?: number;
  /** Size of a word's vector where no file says it; default 100. */
  embeddingDim?: number;
  /** Size of the hidden state; default 256. */
  hiddenDim?: number;
  /** Seed of weights, dropout and order; default 1234. */
  seed?: number;
  /** Folder of model and report; default: no report, and the best weights are kept in memory only. */
  out?: string;
  /** Where lines go; default: nowhere. */
  print?: (line: string) => void;
  /** More callbacks, such as a progress bar. */
  callbacks?: readonly w.train.Callback[];
}

/** What {@link train} gives; the model is the caller's. */
export interface TrainResult extends Trained {
  lines: EpochLine[];
  history: w.train.History;
  /** Loss and accuracy of the best epoch's weights on the test reviews. */
  test: { loss: number; accuracy: number };
  /** SHA-256 of the weights after the last epoch. */
  sha256: string;
}

/** The network that options ask for: the document's own when no step is taken. */
export function networkOf(words: number, options: TrainOptions, embeddingDim = options.embeddingDim ?? 100): Network {
  const { packed = false, lstm = false, bidirectional = false, layers = 1, dropout = 0, hiddenDim = 256 } = options;
  const steps = { packed, lstm, bidirectional, layers, dropout };
  const none = !packed && !lstm && !bidirectional && layers === 1 && dropout === 0 && !options.vectors;
  return { words, embeddingDim, hiddenDim, steps: none ? null : steps };
}

/**
 * Trains a network.
 * @throws {w.DeviceError} when the GPU's memory is not enough; the message says which batch size or length to try
 */
export async function train({ vocab, train, valid, test }: Parts, options: TrainOptions = {}): Promise<TrainResult> {
  const { epochs = 5, batchSize = 64, lr = 1e-3, seed = SEED, out, print = () => {} } = options;
  const device = await w.init();
  w.manualSeed(seed);
  const vectors = options.vectors === undefined
    ? null
    : await pretrained(options.vectors, vocab, options.embeddingDim, print);
  const network = networkOf(vocab.size, options, vectors?.shape[1]);
  const model = createModel(network);
  if (vectors) model.loadStateDict({ "embedding.weight": vectors }, { strict: false });
  print(`The model has ${countParameters(model).toLocaleString("en-US")} trainable parameters`);
  print(`On ${device.info.description}`);

  const trained = { model, network, vocab }, parameters = model.parameters();
  const lines = new EpochLines(print), path = out && `${out}/model.safetensors`;
  const loaders = {
    train: loader(train, { batchSize, train: true, sortWithinBatch: options.packed, seed }),
    valid: loader(valid, { batchSize, train: false }),
  };
  if (out) await Deno.mkdir(out, { recursive: true });
  const best = path ? new SaveModel(path, trained) : new w.train.SaveBest({ monitor: batchLoss.name });
  const learner = new w.train.Learner<TextBatch, w.Tensor>({
    model,
    ...loaders,
    loss: w.nn.functional.binaryCrossEntropyWithLogits,
    optimizer: options.adam ? new w.optim.Adam(parameters, { lr }) : new w.optim.SGD(parameters, { lr }),
    metrics: [batchLoss, batchAccuracy],
    callbacks: [best, lines, ...options.callbacks ?? []],
  });
  let sha256 = "";
  const hash: w.train.Callback = { order: 50, afterFit: async () => void (sha256 = await weightsHash(model)) };
  const result = withAdvice({ batchSize, parts: [train, valid, test] }, async () => {
    const history = await learner.fit(epochs, lr, { callbacks: [hash] });
    if (path) model.loadStateDict(await w.io.safetensors.load(path));
    const tested = await evaluate(learner, test, batchSize);
    print(`Test Loss: ${tested.loss.toFixed(3)} | Test Acc: ${percent(tested.accuracy)}`);
    const { callbacks: _c, print: _p, ...config } = { ...options, epochs, batchSize, lr, seed };
    if (out) await writeReport(out, { ...trained, config, history, testPart: test, test: tested, sha256 });
    return { ...trained, lines: lines.lines, history, test: tested, sha256 };
  });
  result.catch(() => model.dispose());
  return await result;
}

/** Loss and accuracy over all batches of a part, as the document means them. */
async function evaluate(
  learner: w.train.Learner<TextBatch, w.Tensor>,
  part: Part,
  batchSize: number,
): Promise<{ loss: number; accuracy: number }> {
  const { metrics } = await learner.validate(loader(part, { batchSize, train: false }));
  return { loss: metrics.batch_loss, accuracy: metrics.accuracy };
}

/**
 * Tests a network from a file.
 * @throws {w.ValueError} when it is a model of another vocabulary than that of these reviews
 */
export async function test(
  path: string,
  { vocab, test }: Parts,
  batchSize = 64,
): Promise<{ loss: number; accuracy: number }> {
  await w.init();
  const { model } = await loadModel(path, vocab);
  const learner = new w.train.Learner<TextBatch, w.Tensor>({
    model,
    train: loader(test, { batchSize, train: false }),
    loss: w.nn.functional.binaryCrossEntropyWithLogits,
    metrics: [batchLoss, batchAccuracy],
  });
  try {
    return await withAdvice({ batchSize, parts: [test] }, () => evaluate(learner, test, batchSize));
  } finally {
    model.dispose();
  }
}

/** What a command line asks for. */
export interface CommandLine {
  data: DataOptions;
  train: TrainOptions;
  /** Trains with and without each step. */
  table: boolean;
  /** File of a network that is only tested. */
  test?: string;
}

/** Reads a command line; `--upgrade` takes all steps, those named beside it count instead. */
export function parseOptions(args: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      data: { type: "string" },
      cache: { type: "string", default: "runs/imdb_rnn/tokens" },
      out: { type: "string", default: "runs/imdb_rnn" },
      limit: { type: "string" },
      "max-length": { type: "string" },
      epochs: { type: "string" },
      "batch-size": { type: "string" },
      lr: { type: "string" },
      seed: { type: "string" },
      upgrade: { type: "boolean", default: false },
      packed: { type: "boolean" },
      vectors: { type: "string" },
      lstm: { type: "boolean" },
      bidirectional: { type: "boolean" },
      layers: { type: "string" },
      dropout: { type: "string" },
      hidden: { type: "string" },
      adam: { type: "boolean" },
      table: { type: "boolean", default: false },
      test: { type: "string" },
    },
  });
  const number = (
    name: "limit" | "max-length" | "epochs" | "batch-size" | "lr" | "seed" | "layers" | "dropout" | "hidden",
  ) => {
    const text = values[name];
    if (text === undefined) return undefined;
    if (text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
    throw new w.ValueError(`Cannot use --${name} ${text}: it has to be a number`, { value: text });
  };
  const { data, cache, out, upgrade, packed, vectors, lstm, bidirectional, adam } = values;
  const steps = { packed, lstm, bidirectional, layers: number("layers"), dropout: number("dropout"), adam };
  const given = Object.fromEntries(Object.entries(steps).filter(([, value]) => value !== undefined));
  const seed = number("seed");
  return {
    data: { data, cache, seed, limit: number("limit"), maxLength: number("max-length") },
    train: {
      ...upgrade ? { ...UPGRADE, adam: true } : {},
      ...given,
      vectors,
      epochs: number("epochs"),
      batchSize: number("batch-size"),
      lr: number("lr"),
      hiddenDim: number("hidden"),
      seed,
      out,
    },
    table: values.table,
    test: values.test,
  };
}

/** Does what the command line says. */
async function main({ data, train: options, table, test: tested }: CommandLine, print = console.log): Promise<void> {
  const start = performance.now();
  const parts = await prepare({
    ...data,
    onProgress: (done, total) => progress(`tokens of ${done} of ${total} reviews`),
  });
  const count = (n: number): string => n.toLocaleString("en-US");
  print(`Number of training examples: ${count(parts.train.texts.length)}`);
  print(`Number of validation examples: ${count(parts.valid.texts.length)}`);
  print(`Number of testing examples: ${count(parts.test.texts.length)}`);
  print(`Unique tokens in TEXT vocabulary: ${count(parts.vocab.size)}`);
  print(`Prepared in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  if (table) {
    const { vectors, ...usual } = options;
    await printTable((steps) => train(parts, { ...usual, ...steps, out: undefined }), vectors, print);
  } else if (tested) {
    const { loss, accuracy } = await test(tested, parts, options.batchSize);
    print(`Test Loss: ${loss.toFixed(3)} | Test Acc: ${percent(accuracy)}`);
  } else {
    const callbacks = [new w.train.ProgressBar({ print: () => {} })];
    const { sha256 } = await train(parts, { ...options, print, callbacks });
    print(`Weights after the last epoch: sha256 ${sha256}`);
    print(`Model and report: ${options.out}/model.safetensors, report.html`);
  }
}

/** Shows a line that the next one replaces, where somebody is watching. */
function progress(line: string): void {
  if (Deno.stderr.isTerminal()) Deno.stderr.writeSync(new TextEncoder().encode(`\r${line}\x1b[K`));
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
