/**
 * fastai's Adam: decoupled weight decay, its own defaults, a momentum that is scheduled against the learning rate, and
 * no decay for biases and normalisation layers.
 * @module
 */
import { BatchNorm1d } from "../nn/batch_norm.ts";
import { LayerNorm } from "../nn/layer_norm.ts";
import type { Module } from "../nn/module.ts";
import { Parameter } from "../tensor/arena.ts";
import { recordAdam } from "./adam.ts";
import { ClockKind } from "./clock.ts";
import { type Algorithm, Optimizer, type OptimizerOptions, type Params } from "./optimizer.ts";
import { nonNegative, rate } from "./options.ts";

/** Options of {@link FastaiAdam}. */
export interface FastaiAdamOptions extends OptimizerOptions {
  /** Decay rate of the average of the gradient. Default 0.9; one-cycle training moves it. */
  mom: number;
  /** Decay rate of the average of the squared gradient. Default 0.99. */
  sqrMom: number;
  /** Added to the root of the squares. Default 1e-5. */
  eps: number;
}

const algorithm: Algorithm<FastaiAdamOptions> = {
  name: "FastaiAdam",
  state: () => ["expAvg", "expAvgSq"],
  rules: { lr: nonNegative, weightDecay: nonNegative, mom: rate, sqrMom: rate, eps: nonNegative },
  tick: ({ lr, mom, sqrMom }) => ({ kind: ClockKind.adam, lr, betas: [mom, sqrMom] }),
  record(context, { lr, mom, sqrMom, eps, weightDecay }) {
    const keep = 1 - lr * weightDecay;
    recordAdam(context, { beta1: mom, beta2: sqrMom, eps, decay: 0, keep }, "FastaiAdam");
  },
};

/**
 * `p *= 1 - lr * weightDecay; m = mom m + (1 - mom) g; v = sqrMom v + (1 - sqrMom) g²;
 * p -= lr / (1 - mom^t) * m / (sqrt(v / (1 - sqrMom^t)) + eps)`, with the momentum of this step in `mom^t`, as fastai
 * computes it.
 * @example
 * const optimizer = new w.optim.FastaiAdam(w.optim.fastaiGroups(model), { lr: 1e-2, weightDecay: 0.1 });
 */
export class FastaiAdam extends Optimizer<FastaiAdamOptions> {
  /**
   * Makes the optimiser.
   * @param params parameters, or groups `{ params, lr, ... }`: {@link fastaiGroups} makes fastai's
   * @param options defaults of the groups: lr 1e-3, mom 0.9, sqrMom 0.99, eps 1e-5, weightDecay 0.01
   * @throws {ValueError} for options out of range, or no parameters
   */
  constructor(params: Params<FastaiAdamOptions>, options: Partial<FastaiAdamOptions> = {}) {
    super(params, { lr: 1e-3, weightDecay: 0.01, mom: 0.9, sqrMom: 0.99, eps: 1e-5, ...options }, algorithm);
  }

  /** Sets `mom` of all groups. */
  override setMomentum(momentum: number): void {
    for (const group of this.paramGroups) group.mom = momentum;
  }
}

/**
 * The parameters of a model in the two groups that fastai makes: with weight decay, and without. Without are all
 * parameters of BatchNorm and LayerNorm and the `bias` of other layers; the biases of recurrent layers are named
 * `bias_ih_l0` and so on, and decay.
 * @returns one group or two, the decaying one first
 */
export function fastaiGroups(model: Module): { params: Parameter[]; weightDecay?: number }[] {
  const still = new Set<Parameter>();
  for (const module of model.modules()) {
    if (module instanceof BatchNorm1d || module instanceof LayerNorm) {
      for (const p of module.parameters()) still.add(p);
    }
    const { bias } = module as { bias?: unknown };
    if (bias instanceof Parameter) still.add(bias);
  }
  const decaying = model.parameters().filter((p) => !still.has(p));
  const groups: { params: Parameter[]; weightDecay?: number }[] = [{ params: decaying }, {
    params: [...still],
    weightDecay: 0,
  }];
  return groups.filter((group) => group.params.length > 0);
}
