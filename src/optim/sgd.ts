/**
 * Stochastic gradient descent with momentum.
 * @module
 */
import { kernels } from "../gpu/kernels.gen.ts";
import { blockGroups } from "../tensor/blocks.ts";
import { type Algorithm, Optimizer, type OptimizerOptions, type Params } from "./optimizer.ts";
import { checkOptions, finite, flag, nonNegative } from "./options.ts";
import { ValueError } from "../errors.ts";

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

const algorithm: Algorithm<SGDOptions> = {
  name: "SGD",
  state: ["momentumBuffer"],
  rules: {
    lr: nonNegative,
    weightDecay: nonNegative,
    momentum: nonNegative,
    dampening: finite,
    nesterov: flag,
    maximize: flag,
  },
  slotKey: (step) => Math.min(step, 1),
  record({ segment, step, buffers, state }, { lr, weightDecay, momentum, dampening, nesterov, maximize }) {
    const params = {
      first: segment.first,
      count: segment.count,
      fresh: step === 1 ? 1 : 0,
      nesterov: nesterov ? 1 : 0,
      lr,
      momentum,
      share: 1 - dampening,
      decay: weightDecay,
      sign: maximize ? -1 : 1,
    };
    const { recorder } = segment.arena.device, launch = { workgroups: blockGroups(segment), label: "SGD" };
    if (momentum === 0) recorder.dispatch(kernels.optim.sgd, buffers, params, launch);
    else {
      recorder.dispatch(kernels.optim.sgdMomentum, { ...buffers, average: state("momentumBuffer") }, params, launch);
    }
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
    const defaults: SGDOptions = {
      lr: 1e-3,
      weightDecay: 0,
      momentum: 0,
      dampening: 0,
      nesterov: false,
      maximize: false,
      ...options,
    };
    checkOptions("SGD", algorithm.rules, defaults);
    if (defaults.nesterov && (defaults.momentum === 0 || defaults.dampening !== 0)) {
      throw new ValueError(
        `Cannot make SGD: nesterov needs momentum above 0 and dampening 0, given ${defaults.momentum} and ${defaults.dampening}`,
        { op: "SGD", value: [defaults.momentum, defaults.dampening] },
      );
    }
    super(params, defaults, algorithm);
  }

  /** Sets the momentum of all groups. */
  override setMomentum(momentum: number): void {
    for (const group of this.paramGroups) group.momentum = momentum;
  }
}
