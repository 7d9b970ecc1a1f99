/**
 * One network from its first weights to predictions: the document's loop, with the predictions of every epoch.
 * @module
 */

import * as w from "../../mod.ts";
import { JigsawModel, type Sizes } from "./model.ts";
import { batches, MAX_LENGTH, type Part } from "./prepare.ts";

/** How a network is trained; the defaults are the document's. */
export interface RunOptions extends Omit<Sizes, "auxiliary"> {
  /** Passes over the training comments; default 4. */
  epochs?: number;
  /** Comments per batch; default 512. */
  batchSize?: number;
  /** Learning rate of the first epoch; default 1e-3. Each further epoch has 0.6 times the one before. */
  lr?: number;
  /** Rates begin at the second one, 0.6 times `lr`, as the same code does from PyTorch 1.1 on. Default false. */
  skipFirstRate?: boolean;
  /** Rates go up and down between `lr` and three times as much, a little less each time, batch by batch. Default false. */
  cyclical?: boolean;
  /** Batches of comments of similar lengths, cut to the 95th percentile of them. Default false. */
  bucketing?: boolean;
  /** Seed of weights, dropout and orders. */
  seed: number;
  /** Where lines go; default: nowhere. */
  print?: (line: string) => void;
  /** Called after every batch. */
  onBatch?: (batch: number, batches: number, epoch: number) => void;
}

/** What a network was trained on and asked about. */
export interface Parts {
  readonly train: Part;
  readonly valid: Part | null;
  /** Comments to predict after every epoch. */
  readonly test: Part;
  readonly table: w.nn.HostTable;
}

/** What became of a network, which is the caller's. */
export interface Run {
  readonly model: JigsawModel;
  readonly history: w.train.History;
  /** Probabilities `[comments, outputs]` of the test comments after each epoch. */
  readonly predictions: readonly Float32Array[];
  /** The same of the comments to choose by; empty without any. */
  readonly validPredictions: readonly Float32Array[];
}

/** Targets of a comment: the hard one and the soft ones. */
export function outputsOf({ comments: { columns } }: Part): number {
  return 1 + columns.length;
}

/**
 * Trains a network.
 * @throws {w.DeviceError} when the GPU's memory is not enough; the message says which batch size to try
 */
export async function run({ train, valid, test, table }: Parts, options: RunOptions): Promise<Run> {
  const { epochs = 4, batchSize = 512, lr = 1e-3, seed, cyclical = false, bucketing = false, print = () => {} } =
    options;
  const outputs = outputsOf(train), { units, dropout, skipFirstRate = false, onBatch } = options;
  await w.init();
  w.manualSeed(seed);
  const model = new JigsawModel(table, { units, dropout, auxiliary: outputs - 1 });
  const optimizer = new w.optim.Adam(model.parameters().filter((p) => p.requiresGrad), { lr });
  const { LambdaLR, CyclicLR } = w.optim.lrScheduler;
  const scheduler = cyclical
    ? new CyclicLR(optimizer, lr, 3 * lr, { stepSizeUp: 300, mode: "exp_range", gamma: 0.99994, cycleMomentum: false })
    : new LambdaLR(optimizer, (epoch) => 0.6 ** (epoch + Number(skipFirstRate)));
  const loader = batches(train, outputs, { batchSize, seed, bucketing });
  const history = new w.train.History(valid ? ["auc"] : []), predictions: Float32Array[] = [];
  const validPredictions: Float32Array[] = [];
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const start = performance.now(), losses: w.Tensor[] = []; // read at the end of the epoch, so that no step waits
      model.train();
      let batch = 0;
      for await (const [ids, targets] of loader) {
        losses.push(w.tidy(() => {
          const loss = w.nn.functional.binaryCrossEntropyWithLogits(model.forward(ids), targets);
          optimizer.zeroGrad();
          loss.backward();
          optimizer.step();
          return loss;
        }));
        history.steps.lr.push(optimizer.paramGroups[0].lr);
        if (cyclical) scheduler.step();
        onBatch?.(++batch, loader.length, epoch);
      }
      if (!cyclical) scheduler.step();
      using all = w.tidy(() => w.stack(losses));
      const values = [...await all.data()];
      for (const loss of losses) loss.dispose();
      history.steps.loss.push(...values);
      // a short last batch counts like a full one, as in the document
      const trainLoss = values.reduce((sum, loss) => sum + loss, 0) / values.length;
      predictions.push(await predict(model, test, batchSize, bucketing));
      const metrics: Record<string, number> = {};
      if (valid) {
        const values = await predict(model, valid, batchSize, bucketing);
        validPredictions.push(values);
        metrics.auc = auc(valid, values);
      }
      const seconds = (performance.now() - start) / 1000;
      history.epochs.push({ epoch, trainLoss, validLoss: null, metrics, seconds });
      const more = valid ? ` \t auc=${metrics.auc.toFixed(4)}` : "";
      print(`Epoch ${epoch + 1}/${epochs} \t loss=${trainLoss.toFixed(4)} \t time=${seconds.toFixed(2)}s${more}`);
    }
    return { model, history, predictions, validPredictions };
  } catch (error) {
    model.dispose();
    throw adviceFor(error, batchSize);
  }
}

/** Probabilities `[comments, outputs]`, in the order of the comments. */
export async function predict(
  model: JigsawModel,
  part: Part,
  batchSize: number,
  bucketing = false,
): Promise<Float32Array> {
  const { training } = model, outputs = 1 + model.linear_aux_out.outFeatures;
  const loader = batches({ ...part, targets: null }, outputs, { batchSize, bucketing });
  const all = new Float32Array(part.ids.length * outputs), logits: Float32Array[] = [];
  model.eval();
  for await (const [ids] of loader) {
    using found = w.tidy(() => w.noGrad(() => model.forward(ids)));
    logits.push(await found.data());
  }
  model.train(training);
  const order = loader.order ?? Int32Array.from(part.ids, (_, i) => i);
  let at = 0;
  for (const values of logits) {
    for (let i = 0; i < values.length; i += outputs, at++) {
      for (let k = 0; k < outputs; k++) all[order[at] * outputs + k] = 1 / (1 + Math.exp(-values[i + k]));
    }
  }
  return all;
}

/** The first output of each comment. */
export function firstOutputs(predictions: ArrayLike<number>, outputs: number): Float64Array {
  return Float64Array.from({ length: predictions.length / outputs }, (_, i) => predictions[i * outputs]);
}

/** Area under the curve of the first output against the hard target. */
export function auc({ targets, comments }: Part, predictions: ArrayLike<number>): number {
  const outputs = 1 + comments.columns.length, width = predictions.length / comments.ids.length;
  return w.train.metrics.rocAucScore(firstOutputs(targets!, outputs), firstOutputs(predictions, width));
}

/** A failure of the GPU for want of memory as one that says what to try; others as they are. */
export function adviceFor(error: unknown, batchSize: number): unknown {
  if (!(error instanceof w.DeviceError) || !/alloca|memory|was lost|binding/i.test(error.message)) return error;
  return new w.DeviceError(
    `Cannot train on batches of ${batchSize} comments of up to ${MAX_LENGTH} words: the GPU's memory is not enough; try ` +
      `--batch-size ${Math.max(1, Math.floor(batchSize / 2))} or --bucketing, which shortens them (${error.message})`,
    { op: "train", cause: error, value: batchSize },
  );
}
