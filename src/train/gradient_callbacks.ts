/**
 * What happens between backward and the optimiser's step: clipping, and gradients of several batches together.
 * @module
 */

import { ValueError } from "../errors.ts";
import { clipGradNorm_, clipGradValue_ } from "../nn/utils/clip_grad.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { StateTree } from "../tensor/state_tree.ts";
import type { AnyLearner, Callback } from "./callbacks.ts";
import { CancelBatchException } from "./cancel.ts";

/** Options of {@link GradientClip}. */
export interface GradientClipOptions {
  /** Largest norm of all gradients together; default 1 where no `value` is given. */
  maxNorm?: number;
  /** Largest element. */
  value?: number;
}

/** Scales the gradients down to a norm, or cuts their elements off, before every step. */
export class GradientClip implements Callback {
  /** After mixed precision has divided the gradients by its scale. */
  readonly order = 11;
  readonly #maxNorm: number | undefined;
  readonly #value: number | undefined;

  /** @throws {ValueError} for a limit below 0 */
  constructor({ maxNorm, value }: GradientClipOptions = {}) {
    for (const [name, limit] of Object.entries({ maxNorm, value })) {
      if (limit !== undefined && !(limit >= 0)) throw outOfRange("GradientClip", name, limit, "a number of at least 0");
    }
    this.#maxNorm = maxNorm ?? (value === undefined ? 1 : undefined);
    this.#value = value;
  }

  /** Clips. */
  beforeStep(learner: AnyLearner): void {
    const parameters = learner.model.parameters();
    if (this.#maxNorm !== undefined) clipGradNorm_(parameters, this.#maxNorm);
    if (this.#value !== undefined) clipGradValue_(parameters, this.#value);
  }
}

/**
 * Makes a step only after `nAcc` items: gradients of several batches add up as those of one large batch. The learning
 * rate's schedule goes on with every batch, as in fastai.
 */
export class GradientAccumulation implements Callback {
  /** Before mixed precision looks at the gradients. */
  readonly order = 6;
  /** Key of its state. */
  readonly name = "GradientAccumulation";
  /** Items per step. */
  readonly nAcc: number;
  #count = 0;
  #learner: AnyLearner | null = null;

  /** @param nAcc items per step; default 32 @throws {ValueError} unless it is a positive integer */
  constructor(nAcc = 32) {
    if (!Number.isSafeInteger(nAcc) || nAcc < 1) {
      throw outOfRange("GradientAccumulation", "nAcc", nAcc, "a positive integer");
    }
    this.nAcc = nAcc;
  }

  /** Items that wait for their step, and the gradients so far. */
  stateDict(): StateTree {
    const parameters = this.#count ? this.#learner?.model.parameters() ?? [] : [];
    return { count: this.#count, gradients: parameters.map(({ grad }) => grad) };
  }

  /** @throws {ValueError} for something else */
  loadStateDict(state: StateTree): void {
    const { count, gradients } = (state ?? {}) as { count: number; gradients: (Tensor | null)[] };
    if (!Number.isSafeInteger(count) || !Array.isArray(gradients)) {
      throw new ValueError("Cannot load the state of GradientAccumulation: wanted { count, gradients }", {
        op: "loadStateDict",
      });
    }
    this.#count = count;
    this.#learner?.model.parameters().forEach((parameter, i) => {
      if (gradients[i] instanceof Tensor) parameter.grad = gradients[i];
    });
  }

  /** A run begins with none. */
  beforeFit(learner: AnyLearner): void {
    this.#learner = learner;
    this.#count = 0;
  }

  /** The batch's part of the mean over `nAcc` items. */
  afterLoss(learner: AnyLearner): void {
    if (learner.training) learner.objective = learner.objective!.mul(learner.size / this.nAcc);
  }

  /** Leaves the step out until there are enough. */
  beforeStep(learner: AnyLearner): void {
    this.#count += learner.size;
    if (this.#count < this.nAcc) throw new CancelBatchException();
    this.#count = 0;
  }
}

function outOfRange(op: string, name: string, value: number, wanted: string): ValueError {
  return new ValueError(`Cannot make ${op}: ${name} is ${value}, wanted ${wanted}`, { op, value });
}
