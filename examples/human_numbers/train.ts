/**
 * Trains one of the seven models as the document does.
 *
 * ```sh
 * deno run -A --preload=tools/preload.ts examples/human_numbers/train.ts --model 6 --epochs 15 --lr 1e-2 --seed 0
 * ```
 * @module
 */

import { parseArgs } from "node:util";
import * as w from "../../mod.ts";
import { loaders } from "./data.ts";
import { type LanguageModel, LMModel1, LMModel2, LMModel3, LMModel4, LMModel5, LMModel6, LMModel7 } from "./models.ts";
import { vocab } from "./numbers.ts";

/** Epochs and highest learning rate of the document, by model. */
export const recipes: Readonly<Record<number, { epochs: number; lr: number }>> = {
  1: { epochs: 4, lr: 1e-3 },
  2: { epochs: 4, lr: 1e-3 },
  3: { epochs: 10, lr: 3e-3 },
  4: { epochs: 15, lr: 3e-3 },
  5: { epochs: 15, lr: 3e-3 },
  6: { epochs: 15, lr: 1e-2 },
  7: { epochs: 15, lr: 1e-2 },
};

/** What {@link createModel} makes. */
export interface ModelOptions {
  /** Number of the model, 1 to 7; default 7. */
  model?: number;
  /** Size of the hidden state; default 64. */
  hidden?: number;
  /** Recurrent layers of models 5 to 7; default 2. */
  layers?: number;
  /** Dropout of model 7; default 0.4. */
  p?: number;
}

/** One of the seven models, with weights drawn from the program's `init` stream. */
export function createModel({ model = 7, hidden = 64, layers = 2, p = 0.4 }: ModelOptions = {}): LanguageModel {
  switch (model) {
    case 1:
      return new LMModel1(vocab.length, hidden);
    case 2:
      return new LMModel2(vocab.length, hidden);
    case 3:
      return new LMModel3(vocab.length, hidden);
    case 4:
      return new LMModel4(vocab.length, hidden);
    case 5:
      return new LMModel5(vocab.length, hidden, layers);
    case 6:
      return new LMModel6(vocab.length, hidden, layers);
    case 7:
      return new LMModel7(vocab.length, hidden, layers, p);
    default:
      throw new w.ValueError(`Cannot create model ${model}: there are models 1 to 7`, { value: model });
  }
}

/** How {@link train} trains. */
export interface TrainOptions extends ModelOptions {
  /** Passes over the training data; default: the document's. */
  epochs?: number;
  /** Highest learning rate; default: the document's. */
  lr?: number;
  /** Seed of weights and dropout; default 0. */
  seed?: number;
  /** Weights of activation regularisation and temporal activation regularisation of model 7; default 0. */
  alpha?: number;
  /** See `alpha`. */
  beta?: number;
  /** Mixed precision, where the adapter has shader-f16; default false. */
  half?: boolean;
  /** More callbacks, such as `new w.train.ProgressBar()`. */
  callbacks?: readonly w.train.Callback[];
}

/** Trains a model on the human numbers. */
export async function train(options: TrainOptions = {}): Promise<{ model: LanguageModel; history: w.train.History }> {
  const { model: number = 7, seed = 0, alpha, beta, half = false, callbacks: own = [] } = options;
  const callbacks = half ? [new w.train.MixedPrecision(), ...own] : own;
  await w.init();
  w.manualSeed(seed);
  const model = createModel(options);
  const { epochs = recipes[number].epochs, lr = recipes[number].lr } = options;
  const parts = { model, ...loaders(number), loss: w.train.crossEntropyFlat, metrics: [w.train.accuracy] };

  if (number === 7) {
    const learner = new w.train.TextLearner({ ...parts, alpha, beta, callbacks });
    return { model, history: await learner.fitOneCycle(epochs, lr, { wd: 0.1 }) };
  }
  const resetter = number >= 3 ? [new w.train.ModelResetter()] : [];
  const learner = new w.train.Learner({ ...parts, callbacks: [...resetter, ...callbacks] });
  return { model, history: await learner.fitOneCycle(epochs, lr) };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      model: { type: "string", default: "7" },
      epochs: { type: "string" },
      lr: { type: "string" },
      seed: { type: "string", default: "0" },
      alpha: { type: "string" },
      beta: { type: "string" },
    },
  });
  const number = (text?: string): number | undefined => text === undefined ? undefined : Number(text);
  const model = Number(values.model), seed = Number(values.seed);
  const { history } = await train({
    model,
    seed,
    epochs: number(values.epochs),
    lr: number(values.lr),
    alpha: number(values.alpha),
    beta: number(values.beta),
    callbacks: [new w.train.ProgressBar()],
  });
  const folder = `runs/human_numbers/model${model}-seed${seed}`;
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/history.json`, JSON.stringify(history));
  const title = `Human numbers, LMModel${model}, seed ${seed}`;
  await Deno.writeTextFile(`${folder}/history.svg`, await history.plot({ title }));
  console.log(`\nhistory and plot: ${folder}/history.json, history.svg`);
}
