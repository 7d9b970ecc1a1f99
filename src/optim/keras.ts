/**
 * Keras' forms of SGD, Adam, RMSprop and Adagrad. They differ from PyTorch's in where epsilon stands, in a momentum that
 * holds learning rates, in their defaults, and in clipping that is an option of the optimiser.
 *
 * Checked against Keras 3.15. Keras 2.0 (2017) had epsilon 1e-8 in place of 1e-7, and its clipnorm was that of all
 * gradients together: `globalClipnorm` here.
 * @module
 */
import { ValueError } from "../errors.ts";
import { clipGradValue_ } from "../nn/utils/clip_grad.ts";
import { recordAdagrad } from "./adagrad.ts";
import { adamState, recordAdam } from "./adam.ts";
import { ClockKind } from "./clock.ts";
import { type Algorithm, Optimizer, type OptimizerOptions, type Params } from "./optimizer.ts";
import { type Check, flag, nonNegative, positiveOrNull, rate } from "./options.ts";
import { recordRMSprop, rmspropState } from "./rmsprop.ts";
import { recordSGD } from "./sgd.ts";

/** Options of all Keras forms. `weightDecay` is decoupled: `p *= 1 - lr * weightDecay` before the step; default 0. */
export interface KerasOptions extends OptimizerOptions {
  /** Largest norm of the gradient of each parameter; null for any. Default null. */
  clipnorm: number | null;
  /** Largest norm of all gradients together; null for any. Default null. */
  globalClipnorm: number | null;
  /** Gradients are limited to [-clipvalue, clipvalue], in place; null for any. Default null. */
  clipvalue: number | null;
}

/** Options of {@link KerasSGD}. */
export interface KerasSGDOptions extends KerasOptions {
  /** Share of the last step that is kept. Default 0. */
  momentum: number;
  /** Nesterov's momentum. Default false. */
  nesterov: boolean;
}

/** Options of {@link KerasAdam}. */
export interface KerasAdamOptions extends KerasOptions {
  /** Decay rate of the average of the gradient. Default 0.9. */
  beta1: number;
  /** Decay rate of the average of its square. Default 0.999. */
  beta2: number;
  /** Added to the root of the squares before the correction. Default 1e-7. */
  epsilon: number;
  /** Divides by the root of the largest average of squares so far. Default false. */
  amsgrad: boolean;
}

/** Options of {@link KerasRMSprop}. */
export interface KerasRMSpropOptions extends KerasOptions {
  /** Decay rate of the mean of squares. Default 0.9. */
  rho: number;
  /** Share of the last step that is kept. Default 0. */
  momentum: number;
  /** Added under the root. Default 1e-7. */
  epsilon: number;
  /** Divides by the standard deviation in place of the root of the mean square. Default false. */
  centered: boolean;
}

/** Options of {@link KerasAdagrad}. */
export interface KerasAdagradOptions extends KerasOptions {
  /** What the sums of squares start from. Default 0.1. */
  initialAccumulatorValue: number;
  /** Added under the root. Default 1e-7. */
  epsilon: number;
}

const CLIPS = ["clipnorm", "globalClipnorm", "clipvalue"] as const;
const SHARED = { weightDecay: 0, clipnorm: null, globalClipnorm: null, clipvalue: null };

/** An algorithm with the options that all Keras forms have. */
function keras<O extends KerasOptions>(
  own: Omit<Algorithm<O>, "rules"> & { rules: Record<Exclude<keyof O, keyof KerasOptions>, Check> },
): Algorithm<O> {
  const rules = {
    lr: nonNegative,
    weightDecay: nonNegative,
    clipnorm: positiveOrNull,
    globalClipnorm: positiveOrNull,
    clipvalue: positiveOrNull,
  };
  return {
    ...own,
    rules: { ...rules, ...own.rules } as unknown as Algorithm<O>["rules"],
    check(options) {
      const given = CLIPS.filter((name) => options[name] !== null);
      if (given.length < 2) return;
      throw new ValueError(`Cannot use ${own.name}: ${given.join(" and ")} are set, wanted one of them at most`, {
        op: own.name,
      });
    },
    clip({ clipnorm, globalClipnorm }) {
      const limit = clipnorm ?? globalClipnorm;
      return limit === null ? null : { limit, all: clipnorm === null };
    },
    prepare(params, { clipvalue }) {
      if (clipvalue !== null) clipGradValue_(params, clipvalue);
    },
  };
}

const kept = ({ lr, weightDecay }: OptimizerOptions) => ({ decay: 0, keep: 1 - lr * weightDecay });

const sgd = keras<KerasSGDOptions>({
  name: "KerasSGD",
  state: ({ momentum }) => momentum === 0 ? [] : ["momentumBuffer"],
  stepless: true,
  rules: { momentum: rate, nesterov: flag },
  tick: () => ({ kind: ClockKind.plain }),
  record(context, options) {
    const { lr, momentum, nesterov } = options, shares = [lr, lr, lr] as const;
    // The buffer holds steps, with the learning rates of their time.
    recordSGD(context, { ...kept(options), momentum, nesterov, shares, rate: momentum === 0 ? lr : 1 }, "KerasSGD");
  },
});

const adam = keras<KerasAdamOptions>({
  name: "KerasAdam",
  state: adamState,
  rules: { beta1: rate, beta2: rate, epsilon: nonNegative, amsgrad: flag },
  tick: ({ lr, beta1, beta2 }) => ({ kind: ClockKind.kerasAdam, lr, betas: [beta1, beta2] }),
  record(context, options) {
    const { beta1, beta2, epsilon: eps, amsgrad } = options;
    recordAdam(context, { ...kept(options), beta1, beta2, eps, amsgrad }, "KerasAdam");
  },
});

const rmsprop = keras<KerasRMSpropOptions>({
  name: "KerasRMSprop",
  state: rmspropState,
  rules: { rho: rate, momentum: rate, epsilon: nonNegative, centered: flag },
  tick: () => ({ kind: ClockKind.plain }),
  record(context, options) {
    const { lr, rho: alpha, momentum, epsilon: eps, centered } = options,
      rates = { inner: lr, rate: momentum ? 1 : lr };
    const step = { ...kept(options), ...rates, alpha, eps, momentum, centered, inside: true };
    recordRMSprop(context, step, "KerasRMSprop");
  },
});

const adagrad = keras<KerasAdagradOptions>({
  name: "KerasAdagrad",
  state: () => ["sum"],
  initial: ({ initialAccumulatorValue }) => ({ sum: initialAccumulatorValue }),
  rules: { initialAccumulatorValue: nonNegative, epsilon: nonNegative },
  tick: ({ lr }) => ({ kind: ClockKind.adagrad, lr }),
  record(context, options) {
    recordAdagrad(context, { ...kept(options), eps: options.epsilon, inside: true }, "KerasAdagrad");
  },
});

/**
 * `m = momentum * m - lr * g; p += m`, with nesterov `p += momentum * m - lr * g`, without momentum `p -= lr * g`. Differs
 * from {@link SGD} when the learning rate changes.
 */
export class KerasSGD extends Optimizer<KerasSGDOptions> {
  /**
   * Makes the optimiser.
   * @param params parameters, or groups `{ params, lr, ... }`
   * @param options defaults of the groups: lr 0.01, momentum 0, nesterov false
   * @throws {ValueError} for options out of range, or no parameters
   */
  constructor(params: Params<KerasSGDOptions>, options: Partial<KerasSGDOptions> = {}) {
    super(params, { ...SHARED, lr: 0.01, momentum: 0, nesterov: false, ...options }, sgd);
  }

  /** Sets the momentum of all groups. */
  override setMomentum(momentum: number): void {
    for (const group of this.paramGroups) group.momentum = momentum;
  }
}

/**
 * `m += (1 - beta1)(g - m); v += (1 - beta2)(g² - v);
 * p -= lr * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon)`: epsilon is added before the correction of v, so it
 * weighs more in the first steps than {@link Adam}'s.
 * @example
 * const optimizer = new w.optim.KerasAdam(model.parameters(), { lr: 1e-3, epsilon: 1e-8, globalClipnorm: 1 });
 */
export class KerasAdam extends Optimizer<KerasAdamOptions> {
  /**
   * Makes the optimiser.
   * @param params parameters, or groups `{ params, lr, ... }`
   * @param options defaults of the groups: lr 1e-3, beta1 0.9, beta2 0.999, epsilon 1e-7, amsgrad false
   * @throws {ValueError} for options out of range, or no parameters
   */
  constructor(params: Params<KerasAdamOptions>, options: Partial<KerasAdamOptions> = {}) {
    const defaults = { ...SHARED, lr: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, amsgrad: false };
    super(params, { ...defaults, ...options }, adam);
  }

  /** Sets beta1 of all groups. */
  override setMomentum(momentum: number): void {
    for (const group of this.paramGroups) group.beta1 = momentum;
  }
}

/**
 * `v = rho v + (1 - rho) g²; d = lr * g / sqrt(v + epsilon); p -= d`, with momentum `m = momentum * m + d; p -= m`; centered
 * subtracts the square of the gradient's mean from v. Epsilon stands under the root.
 */
export class KerasRMSprop extends Optimizer<KerasRMSpropOptions> {
  /**
   * Makes the optimiser.
   * @param params parameters, or groups `{ params, lr, ... }`
   * @param options defaults of the groups: lr 1e-3, rho 0.9, momentum 0, epsilon 1e-7, centered false
   * @throws {ValueError} for options out of range, or no parameters
   */
  constructor(params: Params<KerasRMSpropOptions>, options: Partial<KerasRMSpropOptions> = {}) {
    super(params, { ...SHARED, lr: 1e-3, rho: 0.9, momentum: 0, epsilon: 1e-7, centered: false, ...options }, rmsprop);
  }

  /** Sets the momentum of all groups. */
  override setMomentum(momentum: number): void {
    for (const group of this.paramGroups) group.momentum = momentum;
  }
}

/** `s += g²; p -= lr * g / sqrt(s + epsilon)`, s from 0.1: epsilon stands under the root. */
export class KerasAdagrad extends Optimizer<KerasAdagradOptions> {
  /**
   * Makes the optimiser.
   * @param params parameters, or groups `{ params, lr, ... }`
   * @param options defaults of the groups: lr 1e-3, initialAccumulatorValue 0.1, epsilon 1e-7
   * @throws {ValueError} for options out of range, or no parameters
   */
  constructor(params: Params<KerasAdagradOptions>, options: Partial<KerasAdagradOptions> = {}) {
    super(params, { ...SHARED, lr: 1e-3, initialAccumulatorValue: 0.1, epsilon: 1e-7, ...options }, adagrad);
  }

  /** Adagrad has no momentum: nothing changes. */
  override setMomentum(_momentum: number): void {}
}
