/**
 * Stochastic gradient descent with momentum.
 * @module
 */
import { kernels } from "../gpu/kernels.gen.ts";
import { ClockKind } from "./clock.ts";
import { type Algorithm, Optimizer, type OptimizerOptions, type Params, type StepContext } from "./optimizer.ts";
import { finite, flag, nonNegative } from "./options.ts";
import { ValueError } from "../errors.ts";
import { stepGroups } from "./step_table.ts";

/** Options of {@link SGD}. */
export interface SGDOptions extends OptimizerOptions {
  /** Share of the last step's direction that is kept. Default 0. */
  momentum: number;
  /** Share of the gradient that does not enter the momentum. Default 0. */
  dampening: number;
  /** Nesterov's momentum: steps along the direction that the next step would have. Default false. */
  nesterov: boolean;
  /** Climbs instead of descending. Default false. */
  maximize: boolean;
}

/** Numbers of one step of gradient descent, as the kernel takes them. */
export interface SGDStep {
  /** Share of the last direction that is kept; 0 keeps no buffer. */
  momentum: number;
  /** Steps along the direction that the next step would have. */
  nesterov: boolean;
  /** Share of the gradient that enters the buffer at the first step, later, and beside the buffer with nesterov. */
  shares: readonly [fresh: number, later: number, direct: number];
  /** Factor of the direction. */
  rate: number;
  /** `decay * p` is added to the gradient. */
  decay: number;
  /** The parameter is multiplied by it first. */
  keep: number;
}

/** Records one step of gradient descent: the kernels that PyTorch's and Keras' forms share. */
export function recordSGD({ segment, buffers, state }: StepContext, s: SGDStep, label: string): void {
  const { first, count } = segment, { momentum, rate, decay, keep } = s, [fresh, share, direct] = s.shares;
  const params = { first, count, momentum, rate, decay, keep, fresh, share, direct, nesterov: s.nesterov ? 1 : 0 };
  const { recorder } = segment.arena.device, launch = { workgroups: stepGroups(segment), label };
  if (momentum === 0) recorder.dispatch(kernels.optim.sgd, buffers, params, launch);
  else {
    recorder.dispatch(kernels.optim.sgdMomentum, { ...buffers, average: state("momentumBuffer") }, params, launch);
  }
}

const algorithm: Algorithm<SGDOptions> = {
  name: "SGD",
  state: ({ momentum }) => momentum === 0 ? [] : ["momentumBuffer"],
  stepless: true,
  rules: {
    lr: nonNegative,
    weightDecay: nonNegative,
    momentum: nonNegative,
    dampening: finite,
    nesterov: flag,
    maximize: flag,
  },
  check({ nesterov, momentum, dampening }) {
    if (!nesterov || (momentum > 0 && dampening === 0)) return;
    throw new ValueError(
      `Cannot use SGD: nesterov needs momentum above 0 and dampening 0, given ${momentum} and ${dampening}`,
      { op: "SGD", value: [momentum, dampening] },
    );
  },
  tick: ({ maximize }) => ({ kind: ClockKind.plain, maximize }),
  record(context, { lr, weightDecay, momentum, dampening, nesterov }) {
    const shares = [1, 1 - dampening, 1] as const;
    recordSGD(context, { momentum, nesterov, shares, rate: lr, decay: weightDecay, keep: 1 }, "SGD");
  },
};

/**
 * `d = grad + weightDecay * p; b = momentum * b + (1 - dampening) * d` (`b = d` at the first step);
 * `p -= lr * b`, with Nesterov `p -= lr * (d + momentum * b)`, without momentum `p -= lr * d`. As PyTorch's SGD.
 * @example
 * const optimizer = new w.optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
 */
export class SGD extends Optimizer<SGDOptions> {
  /**
   * Makes the optimiser.
   * @param params parameters, or groups `{ params, lr, ... }`
   * @param options defaults of the groups: lr 1e-3, everything else 0 or false
   * @throws {ValueError} for options out of range, Nesterov without momentum or with dampening, no parameters
   */
  constructor(params: Params<SGDOptions>, options: Partial<SGDOptions> = {}) {
    const defaults = { lr: 1e-3, weightDecay: 0, momentum: 0, dampening: 0, nesterov: false, maximize: false };
    super(params, { ...defaults, ...options }, algorithm);
  }

  /** Sets the momentum of all groups. */
  override setMomentum(momentum: number): void {
    for (const group of this.paramGroups) group.momentum = momentum;
  }
}
