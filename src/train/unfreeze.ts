/**
 * Trainings in stages, for models that were trained before: gradual unfreezing and chain-thaw.
 * @module
 */

import { ValueError } from "../errors.ts";
import { type LearningRate, slice } from "./groups.ts";
import type { History } from "./history.ts";
import type { Learner } from "./learner.ts";
import type { FitOptions } from "./learner_options.ts";
import { EarlyStopping, SaveBest } from "./trackers.ts";

/** One stage of {@link gradualUnfreeze}. */
export interface UnfreezeStage {
  /** First layer group that learns; negative numbers count from the end. 0 is all of them. */
  readonly to: number;
  /** Passes over the training data. */
  readonly epochs: number;
  /** Highest learning rates; default `slice(lr / 2.6 ** 4, lr)` of the learner's. */
  readonly lr?: LearningRate;
}

/** Options of {@link gradualUnfreeze}. */
export interface GradualUnfreezeOptions extends Pick<FitOptions, "resume"> {
  /** The stages; default: the last group, the last two, ... for an epoch each, and all of them for the last one. */
  stages?: readonly UnfreezeStage[];
  /** Called for every stage instead of `fitOneCycle`. */
  fit?(stage: UnfreezeStage, options: Pick<FitOptions, "resume">): Promise<History>;
}

/**
 * Unfreezes one layer group after the other, from the output to the input, and trains after each.
 *
 * Howard and Ruder, "Universal language model fine-tuning for text classification", arXiv 1801.06146.
 * @returns the records of all stages
 */
export async function gradualUnfreeze<X, Y>(
  learner: Learner<X, Y>,
  { stages, fit, resume }: GradualUnfreezeOptions = {},
): Promise<History[]> {
  const { count } = learner.groups, histories: History[] = [];
  const plan = stages ?? Array.from({ length: count }, (_, i): UnfreezeStage => ({ to: count - 1 - i, epochs: 1 }));
  for (const { to } of plan) learner.groups.from("gradualUnfreeze", to); // all of them, before anything is trained
  const usual = slice(learner.lr / 2.6 ** 4, learner.lr);
  const run = fit ??
    ((stage: UnfreezeStage, options: Pick<FitOptions, "resume">) =>
      learner.fitOneCycle(stage.epochs, stage.lr ?? usual, options));
  await learner.inStages(
    plan.map((stage) => async (options) => {
      learner.freezeTo(stage.to);
      histories.push(await run(stage, options));
    }),
    { resume },
  );
  return histories;
}

/** Options of {@link chainThaw}. */
export interface ChainThawOptions extends Pick<FitOptions, "resume"> {
  /** Largest number of epochs per stage; default 1000, as early stopping ends them. */
  epochs?: number;
  /** Learning rate of the first stage; default 1e-3. */
  lr?: number;
  /** Learning rate of the others; default a tenth of `lr`. */
  nextLr?: number;
  /** Epochs without a better validation loss after which a stage ends; default 5. */
  patience?: number;
  /** What is watched; default the validation loss. */
  monitor?: string;
  /** Layer groups that learn in each stage; default the last, each of the others from the input on, all. */
  order?: readonly (readonly number[])[];
  /** Callbacks of every stage. */
  callbacks?: FitOptions["callbacks"];
}

/**
 * Trains the last layer group, then every other one alone from the input on, then all together. Every stage begins with
 * an optimiser without history, ends by early stopping, and hands on its best weights.
 *
 * Felbo et al., "Using millions of emoji occurrences to learn any-domain representations", arXiv 1708.00524.
 * @returns the records of all stages
 * @throws {ValueError} when the learner has no validation data, or `order` names a group that is not there
 */
export async function chainThaw<X, Y>(learner: Learner<X, Y>, options: ChainThawOptions = {}): Promise<History[]> {
  const { epochs = 1000, lr = 1e-3, nextLr = lr / 10, patience = 5, monitor, callbacks = [], resume } = options;
  if (!learner.valid) {
    throw new ValueError("Cannot chainThaw: without validation batches no stage would know when to end", {
      op: "chainThaw",
    });
  }
  const { count } = learner.groups, all = Array.from({ length: count }, (_, i) => i);
  const order = options.order ?? [[count - 1], ...all.slice(0, -1).map((group) => [group]), all];
  for (const group of order.flat()) learner.groups.from("chainThaw", group);
  const histories: History[] = [];
  await learner.inStages(
    order.map((groups, i) => async ({ resume }) => {
      if (!resume || !learner.waiting) learner.optimizer.dispose?.();
      learner.trainOnly(...groups);
      const watch = [new SaveBest({ monitor }), new EarlyStopping({ monitor, patience })];
      histories.push(
        await learner.fit(epochs, i === 0 ? lr : nextLr, { resume, callbacks: [...callbacks, ...watch] }),
      );
    }),
    { resume },
  );
  return histories;
}
