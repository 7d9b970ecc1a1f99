/**
 * Averaged stochastic gradient descent, and the trigger at which AWD-LSTM switches to it.
 *
 * Polyak, Juditsky: Acceleration of stochastic approximation by averaging (1992); Merity, Keskar, Socher: Regularizing
 * and optimizing LSTM language models (2018).
 * @module
 */
import { ValueError } from "../errors.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import type { StateTree } from "../tensor/state_tree.ts";
import { ClockKind } from "./clock.ts";
import { type Algorithm, Optimizer, type OptimizerOptions, type Params } from "./optimizer.ts";
import { flag, nonNegative } from "./options.ts";
import { stepGroups } from "./step_table.ts";

/** Options of {@link ASGD}. */
export interface ASGDOptions extends OptimizerOptions {
  /** Decay term. Default 1e-4. */
  lambd: number;
  /** Power of the decay of eta. Default 0.75. */
  alpha: number;
  /** Step after which the average begins. Default 1e6. */
  t0: number;
  /** Climbs instead of descending. Default false. */
  maximize: boolean;
}

const algorithm: Algorithm<ASGDOptions> = {
  name: "ASGD",
  state: () => ["ax"],
  numbers: ["eta", "mu"],
  rules: {
    lr: nonNegative,
    weightDecay: nonNegative,
    lambd: nonNegative,
    alpha: nonNegative,
    t0: nonNegative,
    maximize: flag,
  },
  tick: ({ lr, lambd, alpha, t0, maximize }) => ({
    kind: ClockKind.asgd,
    lr,
    decay: lambd,
    alpha,
    start: t0,
    maximize,
  }),
  record({ segment, buffers, state }, { lambd, weightDecay }) {
    const { first, count } = segment, params = { first, count, lambd, decay: weightDecay };
    segment.arena.device.recorder.dispatch(kernels.optimAverage.asgd, { ...buffers, average: state("ax") }, params, {
      workgroups: stepGroups(segment),
      label: "ASGD",
    });
  },
};

/**
 * `g += weightDecay * p; p = p * (1 - lambd * eta) - eta * g; ax += (p - ax) * mu`, where at step t
 * `eta = lr / (1 + lambd * lr * (t - 1))^alpha` and `mu = 1 / max(1, t - 1 - t0)`. As PyTorch's ASGD: `ax` is the
 * average, and follows the parameters until step t0. A change of lr counts one step later, as eta is worked out after a
 * step.
 * @example
 * const optimizer = new w.optim.ASGD(model.parameters(), { lr: 30, t0: 0, lambd: 0, weightDecay: 1.2e-6 });
 * optimizer.swapAverages(); // evaluate with the averages
 * const loss = await evaluate(model);
 * optimizer.swapAverages(); // go on with the weights
 */
export class ASGD extends Optimizer<ASGDOptions> {
  /**
   * Makes the optimiser.
   * @param params parameters, or groups `{ params, lr, ... }`
   * @param options defaults of the groups: lr 1e-2, lambd 1e-4, alpha 0.75, t0 1e6, weightDecay 0
   * @throws {ValueError} for options out of range, or no parameters
   */
  constructor(params: Params<ASGDOptions>, options: Partial<ASGDOptions> = {}) {
    const defaults = { lr: 1e-2, lambd: 1e-4, alpha: 0.75, t0: 1e6, weightDecay: 0, maximize: false };
    super(params, { ...defaults, ...options }, algorithm);
  }

  /** Exchanges the parameters that took part in a step with their averages; a second call changes them back. */
  swapAverages(): void {
    this.swapWith("ax");
  }

  /** ASGD has no momentum: nothing changes. */
  override setMomentum(_momentum: number): void {}
}

/**
 * Tells when a validation loss stops falling in the sense of AWD-LSTM: it is worse than the best one that lies more than
 * `window` evaluations back. Training then goes on with {@link ASGD} (`t0` 0, `lambd` 0).
 * @example
 * if (trigger.update(validLoss)) optimizer = new w.optim.ASGD(model.parameters(), { lr: 30, t0: 0, lambd: 0 });
 */
export class NonMonotonicTrigger {
  /** Evaluations that do not count as past yet. */
  readonly window: number;
  #losses: number[] = [];
  #triggered = false;

  /**
   * @param window evaluations that do not count as past yet; default 5
   * @throws {ValueError} unless it is an integer of at least 1
   */
  constructor(window = 5) {
    if (!Number.isInteger(window) || window < 1) {
      throw new ValueError(`Cannot make NonMonotonicTrigger: window is ${window}, wanted an integer of at least 1`, {
        op: "NonMonotonicTrigger",
        value: window,
      });
    }
    this.window = window;
  }

  /** True from the evaluation on at which it fired. */
  get triggered(): boolean {
    return this.#triggered;
  }

  /** Takes a validation loss; true once, when it is the one to switch at. */
  update(loss: number): boolean {
    const past = this.#losses.slice(0, -this.window);
    const fires = !this.#triggered && past.length > 0 && loss > Math.min(...past);
    this.#losses.push(loss);
    if (fires) this.#triggered = true;
    return fires;
  }

  /** Losses so far, and whether it fired. */
  stateDict(): { losses: number[]; triggered: boolean } {
    return { losses: [...this.#losses], triggered: this.#triggered };
  }

  /** Takes a state over. @throws {ValueError} for something else */
  loadStateDict(state: StateTree): void {
    const { losses, triggered } = (state ?? {}) as { losses?: unknown; triggered?: unknown };
    if (!Array.isArray(losses) || !losses.every((x) => typeof x === "number") || typeof triggered !== "boolean") {
      throw new ValueError("Cannot load the state of NonMonotonicTrigger: wanted { losses, triggered }", {
        op: "loadStateDict",
      });
    }
    this.#losses = [...losses];
    this.#triggered = triggered;
  }
}
