/**
 * Adam in PyTorch's two forms: Adam adds the weight decay to the gradient, AdamW shrinks the parameter by itself.
 *
 * Kingma, Ba: Adam: a method for stochastic optimization (2015); Loshchilov, Hutter: Decoupled weight decay
 * regularization (2019); Reddi, Kale, Kumar: On the convergence of Adam and beyond (2018).
 * @module
 */
import { kernels } from "../gpu/kernels.gen.ts";
import { recordAdamByTextures } from "./adam_textures.ts";
import { ClockKind } from "./clock.ts";
import { type Algorithm, Optimizer, type OptimizerOptions, type Params, type StepContext } from "./optimizer.ts";
import { flag, nonNegative, rates } from "./options.ts";
import { stepGroups } from "./step_table.ts";

/** Options of {@link Adam} and {@link AdamW}. */
export interface AdamOptions extends OptimizerOptions {
  /** Decay rates of the averages of the gradient and of its square. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the root of the squares. Default 1e-8. */
  eps: number;
  /** Divides by the root of the largest average of squares so far. Default false. */
  amsgrad: boolean;
  /** Climbs instead of descending. Default false. */
  maximize: boolean;
}

/** Numbers of one Adam step, as the kernel takes them; the corrections for the step count come from the clock. */
export interface AdamStep {
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
  /** Divides by the largest root so far. */
  amsgrad?: boolean;
}

/** Records one Adam step: the kernels shared by {@link Adam}, {@link AdamW}, fastai's form and Keras'. */
export function recordAdam(context: StepContext, s: AdamStep, label: string): void {
  const { segment, buffers, state, aloneAt } = context, { first, count } = segment, { device } = segment.arena;
  const { beta1, beta2, eps, decay, keep } = s;
  const numbers = { beta1, share1: 1 - beta1, beta2, share2: 1 - beta2, eps, decay, keep };
  if (aloneAt !== null && device.info.software && !s.amsgrad) {
    return recordAdamByTextures(context, aloneAt, numbers, label);
  }
  const params = { ...numbers, first, count }, launch = { workgroups: stepGroups(segment), label };
  const both = { ...buffers, average: state("expAvg"), square: state("expAvgSq") };
  if (!s.amsgrad) device.recorder.dispatch(kernels.optim.adam, both, params, launch);
  else device.recorder.dispatch(kernels.optim.amsgrad, { ...both, largest: state("maxExpAvgSq") }, params, launch);
}

/** Names of Adam's state tensors. */
export function adamState({ amsgrad }: { amsgrad: boolean }): string[] {
  return ["expAvg", "expAvgSq", ...amsgrad ? ["maxExpAvgSq"] : []];
}

function algorithm(name: string, decoupled: boolean): Algorithm<AdamOptions> {
  return {
    name,
    state: adamState,
    rules: { lr: nonNegative, weightDecay: nonNegative, betas: rates, eps: nonNegative, amsgrad: flag, maximize: flag },
    tick: ({ lr, betas, maximize }) => ({ kind: ClockKind.adam, lr, betas, maximize }),
    record(context, { lr, betas: [beta1, beta2], eps, weightDecay, amsgrad }) {
      const decay = decoupled ? 0 : weightDecay, keep = decoupled ? 1 - lr * weightDecay : 1;
      recordAdam(context, { beta1, beta2, eps, decay, keep, amsgrad }, name);
    },
  };
}

const coupled = algorithm("Adam", false), decoupled = algorithm("AdamW", true);
const DEFAULTS = { lr: 1e-3, betas: [0.9, 0.999] as const, eps: 1e-8, amsgrad: false, maximize: false };

/** What {@link Adam} and {@link AdamW} share. */
export abstract class AdamBase extends Optimizer<AdamOptions> {
  /** Sets beta1 of all groups. */
  override setMomentum(momentum: number): void {
    for (const group of this.paramGroups) group.betas = [momentum, group.betas[1]];
  }
}

/**
 * `g += weightDecay * p; m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g²;
 * p -= lr * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)`, t counted per parameter; with amsgrad the largest v
 * so far divides. As PyTorch's Adam.
 * @example
 * const optimizer = new w.optim.Adam(model.parameters(), { lr: 1e-3 });
 */
export class Adam extends AdamBase {
  /**
   * Makes the optimiser.
   * @param params parameters, or groups `{ params, lr, ... }`
   * @param options defaults of the groups: lr 1e-3, betas [0.9, 0.999], eps 1e-8, weightDecay 0, amsgrad false
   * @throws {ValueError} for options out of range, or no parameters
   */
  constructor(params: Params<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(params, { ...DEFAULTS, weightDecay: 0, ...options }, coupled);
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
   * @param options defaults of the groups: lr 1e-3, betas [0.9, 0.999], eps 1e-8, weightDecay 0.01, amsgrad false
   * @throws {ValueError} for options out of range, or no parameters
   */
  constructor(params: Params<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(params, { ...DEFAULTS, weightDecay: 0.01, ...options }, decoupled);
  }
}
