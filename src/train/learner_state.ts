/**
 * The state of a learner as one tree, and the pieces of it that the learner has no class of its own for.
 * @module
 */
import { StateError, ValueError } from "../errors.ts";
import { noGrad } from "../autograd/mode.ts";
import type { Module } from "../nn/module.ts";
import { clone } from "../ops/assembly.ts";
import { sameShape, show } from "../tensor/shape.ts";
import { keep } from "../tensor/scope.ts";
import type { StateTree } from "../tensor/state_tree.ts";
import { Tensor } from "../tensor/tensor.ts";

/** Where a run stands. */
export type TrainState = {
  /** Epochs of the run. */
  epochs: number;
  /** Epochs that are over. */
  epoch: number;
  /** Batches of the current epoch that are over. */
  batch: number;
  /** Steps of the run. */
  step: number;
  /** Number of the run in a training of several, such as `fineTune`. */
  stage: number;
  /** Names of the parameters that do not learn. */
  frozen: string[];
};

/** What `learner.stateDict()` returns. */
export type LearnerState = {
  /** Format number. */
  version: 1;
  /** Parameters and buffers by name. */
  model: { [name: string]: Tensor };
  /** Hidden states that go on with the next batch, by name of their cell. */
  carried: { [name: string]: StateTree };
  /** The optimiser's state and options, learning rates included. */
  optimizer: StateTree;
  /** Where schedules stand: the part of the run that is over. */
  scheduler: { position: number };
  /** Where the run stands. */
  train: TrainState;
  /** The training data's place and order; null where the loader has no state. */
  loader: StateTree;
  /** The same of the validation data, whose epochs count as well. */
  validLoader: StateTree;
  /** Random numbers: the program's, and those given to the learner. */
  generators: { program: StateTree; own: { [name: string]: StateTree } };
  /** States of callbacks by name. */
  callbacks: { [name: string]: StateTree };
  /** Records of the run. */
  history: StateTree;
};

/** Hidden states of a model, by name. */
export function carriedOf(model: Module): { [name: string]: StateTree } {
  return Object.fromEntries(model.namedStates().map(([name, state]) => [name, state.value as StateTree]));
}

/** Sets hidden states; those that are not named start over. */
export function loadCarried(model: Module, carried: Readonly<Record<string, StateTree>>): void {
  for (const [name, state] of model.namedStates()) state.set(copyOf(carried[name] ?? null));
}

/** A tree of its own: tensors are copied, and nobody but the caller releases them. */
export function copyOf<T extends StateTree>(tree: T): T {
  return mapTensors(tree, (tensor) => keep(noGrad(() => clone(tensor.detach())))) as T;
}

function mapTensors(tree: StateTree, fn: (tensor: Tensor) => Tensor): StateTree {
  if (tree instanceof Tensor) return fn(tree as Tensor);
  if (tree === null || typeof tree !== "object") return tree;
  if (ArrayBuffer.isView(tree)) return tree;
  if (Array.isArray(tree)) return tree.map((item) => mapTensors(item, fn));
  return Object.fromEntries(Object.entries(tree).map(([name, item]) => [name, mapTensors(item, fn)]));
}

/** @throws {ValueError} unless a tree is the state of a learner with this model: before anything is changed */
export function checkLearnerState(tree: StateTree, model: Module): LearnerState {
  const fail = (what: string): never => {
    throw new ValueError(`Cannot load the state of a learner: ${what}; nothing was changed`, { op: "loadStateDict" });
  };
  const state = (tree ?? {}) as LearnerState;
  if (typeof tree !== "object" || state.version !== 1) fail(`version ${state.version} where 1 is wanted`);
  const parts = ["model", "carried", "train", "generators", "callbacks"] as const;
  for (const name of parts) if (state[name] === null || typeof state[name] !== "object") fail(`it has no ${name}`);
  const { epoch, batch, step, epochs, stage } = state.train;
  for (const [name, value] of Object.entries({ epoch, batch, step, epochs, stage })) {
    if (!Number.isSafeInteger(value) || value < 0) fail(`train.${name} is ${value}`);
  }
  const own = model.stateDict(), wrong: string[] = [];
  for (const name of new Set([...Object.keys(own), ...Object.keys(state.model)])) {
    const [mine, given] = [own[name], state.model[name]];
    if (!given) wrong.push(`${name} is missing`);
    else if (!mine) wrong.push(`${name} is unexpected`);
    else if (!sameShape(mine.shape, given.shape)) {
      wrong.push(`${name} is ${show(given.shape)}, not ${show(mine.shape)}`);
    }
  }
  if (wrong.length) fail(wrong.join(", "));
  return state;
}

/** @throws {StateError} when an optimiser cannot hand out its state */
export function requireStateful<T extends { stateDict?(): unknown; loadStateDict?(state: unknown): void }>(
  optimizer: T,
): T & { stateDict(): unknown; loadStateDict(state: unknown): void } {
  if (optimizer.stateDict && optimizer.loadStateDict) return optimizer as ReturnType<typeof requireStateful<T>>;
  throw new StateError("Cannot save the state of a learner: its optimiser has no stateDict and loadStateDict", {
    op: "stateDict",
  });
}
