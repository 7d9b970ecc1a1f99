/**
 * Adam in PyTorch's two forms: Adam adds the weight decay to the gradient, AdamW shrinks the parameter by itself.
 *
 * Kingma, Ba: Adam: a method for stochastic optimization (2015); Loshchilov, Hutter: Decoupled weight decay
 * regularization (2019).
 * @module
 */
import { kernels } from "../gpu/kernels.gen.ts";
import { blockGroups } from "../tensor/blocks.ts";
import { type Algorithm, Optimizer, type OptimizerOptions, type Params, type StepContext } from "./optimizer.ts";
import { flag, nonNegative, rates } from "./options.ts";

/** Options of {@link Adam} and {@link AdamW}. */
export interface AdamOptions extends OptimizerOptions {
  /** Decay rates of the averages of the gradient and of its square. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the root of the squares. Default 1e-8. */
  eps: number;
  /** Climbs instead of descending. Default false. */
  maximize: boolean;
}

/** Numbers of one Adam step, as the kernel takes them. */
export interface AdamStep {
  /** Learning rate. */
  lr: number;
  /** Decay rate of the average of the gradient. */
  beta1: number;
  /** Decay rate of the average of its square. */
  beta2: number;
  /** Added to the root of the squares. */
  eps: number;
  /** `decay * p` is added to the gradient. */
  decay: number;
  /** The parameter is multiplied by it first. */
  keep: number;
  /** Climbs. */
  maximize: boolean;
}

/** Records one Adam step: the kernel shared by {@link Adam}, {@link AdamW} and fastai's form. */
export function recordAdam({ segment, step, buffers, state }: StepContext, s: AdamStep, label: string): void {
  segment.arena.device.recorder.dispatch(
    kernels.optim.adam,
    { ...buffers, average: state("expAvg"), square: state("expAvgSq") },
    {
      first: segment.first,
      count: segment.count,
      beta1: s.beta1,
      share1: 1 - s.beta1,
      beta2: s.beta2,
      share2: 1 - s.beta2,
      rate: s.lr / (1 - s.beta1 ** step),
      root: 1 / Math.sqrt(1 - s.beta2 ** step),
      eps: s.eps,
      decay: s.decay,
      keep: s.keep,
      sign: s.maximize ? -1 : 1,
    },
    { workgroups: blockGroups(segment), label },
  );
}

function algorithm(name: string, decoupled: boolean): Algorithm<AdamOptions> {
  return {
    name,
    state: ["expAvg", "expAvgSq"],
    rules: { lr: nonNegative, weightDecay: nonNegative, betas: rates, eps: nonNegative, maximize: flag },
    record(context, { lr, betas: [beta1, beta2], eps, weightDecay, maximize }) {
      const decay = decoupled ? 0 : weightDecay, keep = decoupled ? 1 - lr * weightDecay : 1;
      recordAdam(context, { lr, beta1, beta2, eps, decay, keep, maximize }, name);
    },
  };
}

const coupled = algorithm("Adam", false), decoupled = algorithm("AdamW", true);

/** What {@link Adam} and {@link AdamW} share. */
export abstract class AdamBase extends Optimizer<AdamOptions> {
  /** Sets beta1 of all groups. */
  override setMomentum(momentum: number): void {
    for (const group of this.paramGroups) group.betas = [momentum, group.betas[1]];
  }
}

/**
 * `g += weightDecay * p; m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g²;
 * p -= lr * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)`, t counted per parameter. As PyTorch's Adam.
 * @example
 * const optimizer = new w.optim.Adam(model.parameters(), { lr: 1e-3 });
 */
export class Adam extends AdamBase {
  /**
   * Makes the optimiser.
   * @param params parameters, or groups `{ params, lr, ... }`
   * @param options defaults of the groups: lr 1e-3, betas [0.9, 0.999], eps 1e-8, weightDecay 0
   * @throws {ValueError} for options out of range, or no parameters
   */
  constructor(params: Params<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(params, { lr: 1e-3, weightDecay: 0, betas: [0.9, 0.999], eps: 1e-8, maximize: false, ...options }, coupled);
  }
}

/**
 * Adam with decoupled weight decay: `p *= 1 - lr * weightDecay` before a step of {@link Adam} without decay. As
 * PyTorch's AdamW.
 * @example
 * const optimizer = new w.optim.AdamW(model.parameters(), { lr: 1e-3, weightDecay: 0.1 });
 */
export class AdamW extends AdamBase {
  /**
   * Makes the optimiser.
   * @param params parameters, or groups `{ params, lr, ... }`
   * @param options defaults of the groups: lr 1e-3, betas [0.9, 0.999], eps 1e-8, weightDecay 0.01
   * @throws {ValueError} for options out of range, or no parameters
   */
  constructor(params: Params<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(
      params,
      { lr: 1e-3, weightDecay: 0.01, betas: [0.9, 0.999], eps: 1e-8, maximize: false, ...options },
      decoupled,
    );
  }
}
