/**
 * Adagrad: the gradient divided by the root of the sum of all its squares.
 *
 * Duchi, Hazan, Singer: Adaptive subgradient methods for online learning and stochastic optimization (2011).
 * @module
 */
import { kernels } from "../gpu/kernels.gen.ts";
import { ClockKind } from "./clock.ts";
import { type Algorithm, Optimizer, type OptimizerOptions, type Params, type StepContext } from "./optimizer.ts";
import { flag, nonNegative } from "./options.ts";
import { stepGroups } from "./step_table.ts";

/** Options of {@link Adagrad}. */
export interface AdagradOptions extends OptimizerOptions {
  /** The learning rate of step t is `lr / (1 + (t - 1) * lrDecay)`. Default 0. */
  lrDecay: number;
  /** What the sums start from. Default 0. */
  initialAccumulatorValue: number;
  /** Added to the root. Default 1e-10. */
  eps: number;
  /** Climbs instead of descending. Default false. */
  maximize: boolean;
}

/** Records one step: the kernel that PyTorch's and Keras' forms share. */
export function recordAdagrad(
  { segment, buffers, state }: StepContext,
  { eps, inside, decay, keep }: { eps: number; inside: boolean; decay: number; keep: number },
  label: string,
): void {
  const { first, count } = segment, unused = { alpha: 1, share: 1, momentum: 0, inner: 1, rate: 1 };
  segment.arena.device.recorder.dispatch(
    kernels.optimSquares.adagrad,
    { ...buffers, square: state("sum") },
    { ...unused, first, count, eps, decay, keep, inside: inside ? 1 : 0 },
    { workgroups: stepGroups(segment), label },
  );
}

const algorithm: Algorithm<AdagradOptions> = {
  name: "Adagrad",
  state: () => ["sum"],
  initial: ({ initialAccumulatorValue }) => ({ sum: initialAccumulatorValue }),
  rules: {
    lr: nonNegative,
    weightDecay: nonNegative,
    lrDecay: nonNegative,
    initialAccumulatorValue: nonNegative,
    eps: nonNegative,
    maximize: flag,
  },
  tick: ({ lr, lrDecay, maximize }) => ({ kind: ClockKind.adagrad, lr, decay: lrDecay, maximize }),
  record(context, { eps, weightDecay }) {
    recordAdagrad(context, { eps, inside: false, decay: weightDecay, keep: 1 }, "Adagrad");
  },
};

/**
 * `g += weightDecay * p; s += g²; p -= lr / (1 + (t - 1) * lrDecay) * g / (sqrt(s) + eps)`. As PyTorch's Adagrad.
 * @example
 * const optimizer = new w.optim.Adagrad(model.parameters(), { lr: 0.05 });
 */
export class Adagrad extends Optimizer<AdagradOptions> {
  /**
   * Makes the optimiser.
   * @param params parameters, or groups `{ params, lr, ... }`
   * @param options defaults of the groups: lr 1e-2, lrDecay 0, initialAccumulatorValue 0, eps 1e-10, weightDecay 0
   * @throws {ValueError} for options out of range, or no parameters
   */
  constructor(params: Params<AdagradOptions>, options: Partial<AdagradOptions> = {}) {
    const defaults = { lr: 1e-2, lrDecay: 0, weightDecay: 0, initialAccumulatorValue: 0, eps: 1e-10, maximize: false };
    super(params, { ...defaults, ...options }, algorithm);
  }

  /** Adagrad has no momentum: nothing changes. */
  override setMomentum(_momentum: number): void {}
}
