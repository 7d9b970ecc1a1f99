/**
 * Activation functions as modules, for use in Sequential. None has parameters; the formulas stand with the functions of
 * the same names.
 * @module
 */
import * as f from "../ops/activations.ts";
import { flatten } from "../ops/movement.ts";
import { logSoftmax, softmax } from "../ops/softmax.ts";
import type { AnyTensor, Tensor } from "../tensor/tensor.ts";
import { checkNumber } from "./check.ts";
import { Module } from "./module.ts";

/** `max(x, 0)`, elementwise. */
export class ReLU extends Module<[x: Tensor], Tensor> {
  /** Any shape. */
  override forward(x: Tensor): Tensor {
    return f.relu(x);
  }
}

/** `x` above 0, `negativeSlope * x` below, elementwise. */
export class LeakyReLU extends Module<[x: Tensor], Tensor> {
  /** Slope below 0. */
  readonly negativeSlope: number;

  /**
   * Makes the layer.
   * @param negativeSlope 0.01 by default
   * @throws {ValueError} unless finite
   */
  constructor(negativeSlope = 0.01) {
    super();
    checkNumber("LeakyReLU", "negativeSlope", negativeSlope);
    this.negativeSlope = negativeSlope;
  }

  /** Any shape. */
  override forward(x: Tensor): Tensor {
    return f.leakyRelu(x, { negativeSlope: this.negativeSlope });
  }

  /** Slope for `toString()`. */
  protected override describe(): string {
    return `negativeSlope: ${this.negativeSlope}`;
  }
}

/** `x` above 0, `alpha * (e^x - 1)` below, elementwise. */
export class ELU extends Module<[x: Tensor], Tensor> {
  /** Minus the limit far below 0. */
  readonly alpha: number;

  /**
   * Makes the layer.
   * @param alpha 1 by default
   * @throws {ValueError} unless finite
   */
  constructor(alpha = 1) {
    super();
    checkNumber("ELU", "alpha", alpha);
    this.alpha = alpha;
  }

  /** Any shape. */
  override forward(x: Tensor): Tensor {
    return f.elu(x, { alpha: this.alpha });
  }

  /** Alpha for `toString()`. */
  protected override describe(): string {
    return `alpha: ${this.alpha}`;
  }
}

/** `x * Phi(x)` with the normal distribution function, elementwise. */
export class GELU extends Module<[x: Tensor], Tensor> {
  /** `"none"` for the exact function, `"tanh"` for its approximation. */
  readonly approximate: "none" | "tanh";

  /**
   * Makes the layer.
   * @param options `approximate`, `"none"` by default
   */
  constructor({ approximate = "none" }: { approximate?: "none" | "tanh" } = {}) {
    super();
    this.approximate = approximate;
  }

  /** Any shape. */
  override forward(x: Tensor): Tensor {
    return f.gelu(x, { approximate: this.approximate });
  }

  /** Form for `toString()`. */
  protected override describe(): string {
    return `approximate: "${this.approximate}"`;
  }
}

/** `x * sigmoid(x)`, elementwise. */
export class SiLU extends Module<[x: Tensor], Tensor> {
  /** Any shape. */
  override forward(x: Tensor): Tensor {
    return f.silu(x);
  }
}

/** `log(1 + e^(beta x)) / beta`, and `x` where `beta x` exceeds `threshold`, elementwise. */
export class Softplus extends Module<[x: Tensor], Tensor> {
  /** Sharpness of the bend. */
  readonly beta: number;
  /** Where the function becomes `x`. */
  readonly threshold: number;

  /**
   * Makes the layer.
   * @param options `beta` 1 and `threshold` 20 by default
   * @throws {ValueError} unless finite
   */
  constructor({ beta = 1, threshold = 20 }: { beta?: number; threshold?: number } = {}) {
    super();
    checkNumber("Softplus", "beta", beta);
    checkNumber("Softplus", "threshold", threshold);
    this.beta = beta;
    this.threshold = threshold;
  }

  /** Any shape. */
  override forward(x: Tensor): Tensor {
    return f.softplus(x, { beta: this.beta, threshold: this.threshold });
  }

  /** Numbers for `toString()`. */
  protected override describe(): string {
    return `beta: ${this.beta}, threshold: ${this.threshold}`;
  }
}

/** `1 / (1 + e^-x)`, elementwise. */
export class Sigmoid extends Module<[x: Tensor], Tensor> {
  /** Any shape. */
  override forward(x: Tensor): Tensor {
    return f.sigmoid(x);
  }
}

/** `relu6(x + 3) / 6`, elementwise. */
export class Hardsigmoid extends Module<[x: Tensor], Tensor> {
  /** Any shape. */
  override forward(x: Tensor): Tensor {
    return f.hardSigmoid(x);
  }
}

/** Hyperbolic tangent, elementwise. */
export class Tanh extends Module<[x: Tensor], Tensor> {
  /** Any shape. */
  override forward(x: Tensor): Tensor {
    return f.tanh(x);
  }
}

/** `e^x` divided by its sum over one dim. */
export class Softmax extends Module<[x: Tensor], Tensor> {
  /** Dim whose elements sum to 1. */
  readonly dim: number;

  /**
   * Makes the layer.
   * @param options `dim`, the last by default
   */
  constructor({ dim = -1 }: { dim?: number } = {}) {
    super();
    this.dim = dim;
  }

  /** Any shape with that dim. */
  override forward(x: Tensor): Tensor {
    return softmax(x, this.dim);
  }

  /** Dim for `toString()`. */
  protected override describe(): string {
    return `dim: ${this.dim}`;
  }
}

/** The logarithm of {@link Softmax}. */
export class LogSoftmax extends Module<[x: Tensor], Tensor> {
  /** Dim over which probabilities sum to 1. */
  readonly dim: number;

  /**
   * Makes the layer.
   * @param options `dim`, the last by default
   */
  constructor({ dim = -1 }: { dim?: number } = {}) {
    super();
    this.dim = dim;
  }

  /** Any shape with that dim. */
  override forward(x: Tensor): Tensor {
    return logSoftmax(x, this.dim);
  }

  /** Dim for `toString()`. */
  protected override describe(): string {
    return `dim: ${this.dim}`;
  }
}

/** The input itself. */
export class Identity extends Module<[x: AnyTensor], AnyTensor> {
  /** Any tensor. */
  override forward<T extends AnyTensor>(x: T): T {
    return x;
  }
}

/** Dims `start` to `end` become one. */
export class Flatten extends Module<[x: Tensor], Tensor> {
  /** First dim. */
  readonly start: number;
  /** Last dim. */
  readonly end: number;

  /**
   * Makes the layer.
   * @param start 1 by default, which keeps the batch
   * @param end -1, the last, by default
   */
  constructor(start = 1, end = -1) {
    super();
    this.start = start;
    this.end = end;
  }

  /** Any shape with those dims. */
  override forward(x: Tensor): Tensor {
    return flatten(x, this.start, this.end);
  }

  /** Dims for `toString()`. */
  protected override describe(): string {
    return `${this.start}, ${this.end}`;
  }
}
