/**
 * Layer groups: the parts of a model, from input to output, that are frozen and unfrozen together and may learn at
 * different rates.
 * @module
 */
import { ValueError } from "../errors.ts";
import type { Module } from "../nn/module.ts";
import { fastaiGroups } from "../optim/fastai_adam.ts";
import { requireLearningRate } from "../optim/lr_scheduler.ts";
import type { Parameter } from "../tensor/arena.ts";
import type { HyperGroup, LearnerOptimizer } from "./hyper.ts";

/** Divides the parameters of a model into groups, those nearest to the input first. */
export type Splitter<M = Module> = (model: M) => readonly (readonly Parameter[])[];

/** Learning rates from `low` for the first group to `high` for the last; see {@link slice}. */
export class LrSlice {
  /** Of the first group; null: a tenth of `high` for all groups but the last. */
  readonly low: number | null;
  /** Of the last group. */
  readonly high: number;

  /** Use {@link slice}. */
  constructor(low: number | null, high: number) {
    this.low = low;
    this.high = high;
  }
}

/**
 * Discriminative learning rates, as fastai's `slice`: `slice(1e-5, 1e-3)` grows by the same factor from group to group,
 * `slice(1e-3)` is 1e-3 for the last group and a tenth of it for the others.
 * @throws {ValueError} for rates that are no finite numbers above 0
 */
export function slice(high: number): LrSlice;
export function slice(low: number, high: number): LrSlice;
export function slice(first: number, second?: number): LrSlice {
  for (const rate of second === undefined ? [first] : [first, second]) {
    if (rate > 0 && rate < Infinity) continue;
    throw new ValueError(`Cannot use slice with ${rate}: it has to be a finite number above 0`, {
      op: "slice",
      value: rate,
    });
  }
  return second === undefined ? new LrSlice(null, first) : new LrSlice(first, second);
}

/** One learning rate for all groups, one for each, or a range. */
export type LearningRate = number | readonly number[] | LrSlice;

/**
 * The rate of each of `groups` layer groups.
 * @throws {ValueError} when a rate is no finite number of at least 0, or a list has another length
 */
export function spread(op: string, name: string, lr: LearningRate, groups: number): number[] {
  if (lr instanceof LrSlice) {
    const { low, high } = lr;
    if (low === null) return Array.from({ length: groups }, (_, i) => i === groups - 1 ? high : high / 10);
    if (groups === 1) return [high];
    return Array.from({ length: groups }, (_, i) => low * (high / low) ** (i / (groups - 1)));
  }
  if (typeof lr === "number") {
    requireLearningRate(op, name, lr);
    return new Array(groups).fill(lr);
  }
  if (lr.length !== groups) {
    throw new ValueError(`Cannot use ${lr.length} learning rates in ${op}: the model has ${groups} layer groups`, {
      op,
      value: lr,
    });
  }
  lr.forEach((rate, i) => requireLearningRate(op, `${name}[${i}]`, rate));
  return [...lr];
}

/** The layer groups of a model and the optimiser's parameter groups that belong to them. */
export class LayerGroups {
  /** Parameters of every layer group. */
  readonly params: readonly (readonly Parameter[])[];
  /** Number of the layer group, by number of the optimiser's group. */
  #of: readonly number[] = [];
  /** Parameters that were frozen when the learner was made. */
  readonly #fixed: ReadonlySet<Parameter>;
  #frozen = 0;

  /** @throws {ValueError} when a parameter is in no group, or in two */
  constructor(model: Module, splitter: Splitter | undefined, optimizer: LearnerOptimizer | undefined) {
    const all = model.parameters();
    this.#fixed = new Set(splitter ? [] : all.filter((parameter) => !parameter.requiresGrad));
    const own = optimizer?.paramGroups.map((group) => (group as HyperGroup & { params?: Parameter[] }).params ?? []);
    this.params = splitter?.(model) ?? own ?? [all];
    if (splitter) checkSplit(all, this.params);
    if (own) this.#of = splitter ? own.map((params, i) => this.#find(params, i)) : own.map((_, i) => i);
  }

  /** How many there are. */
  get count(): number {
    return this.params.length;
  }

  /** How many are frozen, counted from the input. */
  get frozen(): number {
    return this.#frozen;
  }

  /** Parameter groups for an optimiser: every layer group as one that decays and one that does not, where it has both. */
  forOptimizer(model: Module, lr: number, wd: number): { params: Parameter[]; lr: number; weightDecay: number }[] {
    const still = new Set(fastaiGroups(model).find((group) => group.weightDecay === 0)?.params);
    const groups = this.params.flatMap((params, layer) => [
      { layer, params: params.filter((parameter) => !still.has(parameter)), weightDecay: wd },
      { layer, params: params.filter((parameter) => still.has(parameter)), weightDecay: 0 },
    ]).filter((group) => group.params.length > 0);
    this.#of = groups.map((group) => group.layer);
    this.#still = new Set(groups.flatMap((group, i) => still.has(group.params[0]) ? [i] : []));
    return groups.map(({ params, weightDecay }) => ({ params, lr, weightDecay }));
  }

  #still: ReadonlySet<number> = new Set();

  /** Sets learning rates, one per layer group. */
  setLr(optimizer: LearnerOptimizer, rates: readonly number[]): void {
    if (rates.every((rate) => rate === rates[0])) optimizer.setLr(rates[0]);
    else optimizer.paramGroups.forEach((group, i) => group.lr = rates[this.#of[i]]);
  }

  /** Sets the weight decay of the groups that decay. */
  setDecay(optimizer: LearnerOptimizer, wd: number): void {
    optimizer.paramGroups.forEach((group, i) => {
      if (!this.#still.has(i)) group.weightDecay = wd;
    });
  }

  /**
   * Lets the given layer groups learn and freezes the others.
   * @param always parameters that learn in frozen groups too
   */
  train(groups: readonly number[], always: ReadonlySet<Parameter> = new Set()): void {
    this.params.forEach((params, i) => {
      for (const parameter of params) {
        if (!this.#fixed.has(parameter)) parameter.requiresGrad_(groups.includes(i) || always.has(parameter));
      }
    });
    this.#frozen = groups.length ? Math.min(...groups) : this.count;
  }

  /**
   * Numbers of the groups from `n` on; negative numbers count from the end.
   * @throws {ValueError} when there are not so many
   */
  from(op: string, n: number): number[] {
    const first = n < 0 ? n + this.count : n;
    if (!Number.isInteger(n) || first < 0 || first > this.count) {
      throw new ValueError(`Cannot ${op}(${n}): the model has ${this.count} layer groups`, { op, value: n });
    }
    return Array.from({ length: this.count - first }, (_, i) => first + i);
  }

  #find(params: readonly Parameter[], number: number): number {
    const found = this.params.findIndex((group) => params.every((parameter) => group.includes(parameter)));
    if (found >= 0) return found;
    throw new ValueError(
      `Cannot make Learner: parameter group ${number} of the optimiser lies in no layer group of the splitter`,
      { op: "Learner", value: number },
    );
  }
}

function checkSplit(all: readonly Parameter[], groups: readonly (readonly Parameter[])[]): void {
  const seen = new Set(groups.flat()), twice = groups.flat().length - seen.size;
  const missing = all.filter((parameter) => !seen.has(parameter)).length;
  if (twice === 0 && missing === 0 && groups.every((group) => group.length > 0)) return;
  throw new ValueError(
    `Cannot split the model into ${groups.length} layer groups: ${missing} parameters are in none, ${twice} in two, ` +
      `${groups.filter((group) => group.length === 0).length} groups are empty`,
    { op: "splitter" },
  );
}
