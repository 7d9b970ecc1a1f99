/**
 * RMSprop: the gradient divided by the root of a running mean of its squares.
 *
 * Tieleman, Hinton: Lecture 6.5, RMSprop (2012); Graves: Generating sequences with recurrent neural networks (2013).
 * @module
 */
import { kernels } from "../gpu/kernels.gen.ts";
import { ClockKind } from "./clock.ts";
import { type Algorithm, Optimizer, type OptimizerOptions, type Params, type StepContext } from "./optimizer.ts";
import { flag, nonNegative, rate } from "./options.ts";
import { stepGroups } from "./step_table.ts";

/** Options of {@link RMSprop}. */
export interface RMSpropOptions extends OptimizerOptions {
  /** Decay rate of the mean of squares. Default 0.99. */
  alpha: number;
  /** Added to the root. Default 1e-8. */
  eps: number;
  /** Share of the last step that is kept. Default 0. */
  momentum: number;
  /** Divides by the standard deviation in place of the root of the mean square. Default false. */
  centered: boolean;
  /** Climbs instead of descending. Default false. */
  maximize: boolean;
}

/** Numbers of one step, as the kernels take them. */
export interface RMSpropStep {
  /** Decay rate of the means. */
  alpha: number;
  /** Added to the root, or under it. */
  eps: number;
  /** Adds eps under the root. */
  inside: boolean;
  /** Share of the last step that is kept; 0 keeps no buffer. */
  momentum: number;
  /** Subtracts the squared mean of the gradient. */
  centered: boolean;
  /** Factor of what enters the momentum. */
  inner: number;
  /** Factor of the step. */
  rate: number;
  /** `decay * p` is added to the gradient. */
  decay: number;
  /** The parameter is multiplied by it first. */
  keep: number;
}

/** Records one step: the kernels that PyTorch's and Keras' forms share. */
export function recordRMSprop({ segment, buffers, state }: StepContext, s: RMSpropStep, label: string): void {
  const { first, count } = segment, { inside, centered, ...numbers } = s;
  const params = { ...numbers, first, count, share: 1 - s.alpha, inside: inside ? 1 : 0 };
  const { recorder } = segment.arena.device, launch = { workgroups: stepGroups(segment), label };
  const square = { ...buffers, square: state("squareAvg") };
  const mean = () => ({ mean: state("gradAvg") }), moved = () => ({ moved: state("momentumBuffer") });
  const { rmsprop, rmspropCentered, rmspropMomentum, rmspropBoth } = kernels.optimSquares;
  if (centered && s.momentum) recorder.dispatch(rmspropBoth, { ...square, ...mean(), ...moved() }, params, launch);
  else if (centered) recorder.dispatch(rmspropCentered, { ...square, ...mean() }, params, launch);
  else if (s.momentum) recorder.dispatch(rmspropMomentum, { ...square, ...moved() }, params, launch);
  else recorder.dispatch(rmsprop, square, params, launch);
}

/** Names of RMSprop's state tensors. */
export function rmspropState({ momentum, centered }: { momentum: number; centered: boolean }): string[] {
  return ["squareAvg", ...centered ? ["gradAvg"] : [], ...momentum ? ["momentumBuffer"] : []];
}

const algorithm: Algorithm<RMSpropOptions> = {
  name: "RMSprop",
  state: rmspropState,
  rules: {
    lr: nonNegative,
    weightDecay: nonNegative,
    alpha: rate,
    eps: nonNegative,
    momentum: nonNegative,
    centered: flag,
    maximize: flag,
  },
  tick: ({ maximize }) => ({ kind: ClockKind.plain, maximize }),
  record(context, { lr, alpha, eps, momentum, centered, weightDecay }) {
    const step = { alpha, eps, momentum, centered, inside: false, inner: 1, rate: lr, decay: weightDecay, keep: 1 };
    recordRMSprop(context, step, "RMSprop");
  },
};

/**
 * `g += weightDecay * p; v = alpha v + (1 - alpha) g²; d = g / (sqrt(v) + eps); p -= lr * d`, with momentum
 * `b = momentum * b + d; p -= lr * b`; centered: `m = alpha m + (1 - alpha) g` and `sqrt(v - m²)` in place of `sqrt(v)`
 * (0 where rounding leaves less, where PyTorch gives NaN). As PyTorch's RMSprop.
 * @example
 * const optimizer = new w.optim.RMSprop(model.parameters(), { lr: 1e-3, momentum: 0.9 });
 */
export class RMSprop extends Optimizer<RMSpropOptions> {
  /**
   * Makes the optimiser.
   * @param params parameters, or groups `{ params, lr, ... }`
   * @param options defaults of the groups: lr 1e-2, alpha 0.99, eps 1e-8, momentum 0, centered false, weightDecay 0
   * @throws {ValueError} for options out of range, or no parameters
   */
  constructor(params: Params<RMSpropOptions>, options: Partial<RMSpropOptions> = {}) {
    const defaults = {
      lr: 1e-2,
      alpha: 0.99,
      eps: 1e-8,
      weightDecay: 0,
      momentum: 0,
      centered: false,
      maximize: false,
    };
    super(params, { ...defaults, ...options }, algorithm);
  }

  /** Sets the momentum of all groups. */
  override setMomentum(momentum: number): void {
    for (const group of this.paramGroups) group.momentum = momentum;
  }
}
