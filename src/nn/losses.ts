/**
 * Losses as modules: an object that carries its options to where the loss is taken. The formulas stand with the functions
 * of `nn.functional`.
 * @module
 */
import * as f from "../ops/losses.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";

type Inputs = [input: Tensor, target: Tensor];

/**
 * Base of the losses: holds the options of the function.
 * @typeParam In input and target @typeParam O options
 */
export abstract class Loss<In extends readonly unknown[], O extends object> extends Module<In, Tensor> {
  readonly #options: O;

  /**
   * Makes the loss.
   * @param options given to the function at every call
   */
  constructor(options: O) {
    super();
    this.#options = options;
  }

  /** Options of the function. */
  protected get options(): O {
    return this.#options;
  }
}

/** Options of {@link CrossEntropyLoss}. */
export type CrossEntropyLossOptions = NonNullable<Parameters<typeof f.crossEntropy>[2]>;

/** Cross-entropy of logits [N, C] or [N, C, d...] with class numbers, or with probabilities of the input's shape. */
export class CrossEntropyLoss extends Loss<[input: Tensor, target: Tensor | Tensor<"i32">], CrossEntropyLossOptions> {
  /** Factor per class, or null; a buffer. */
  declare weight: Tensor | null;

  /**
   * Makes the loss.
   * @param options `weight`, `ignoreIndex` (-100), `reduction` ("mean"), `labelSmoothing` (0)
   */
  constructor(options: CrossEntropyLossOptions = {}) {
    super(options);
    this.registerBuffer("weight", options.weight ?? null);
  }

  /** A scalar, or one value per row with `reduction: "none"`. */
  override forward(input: Tensor, target: Tensor | Tensor<"i32">): Tensor {
    return f.crossEntropy(input, target, { ...this.options, weight: this.weight ?? undefined });
  }
}

/** Options of {@link NLLLoss}. */
export type NLLLossOptions = NonNullable<Parameters<typeof f.nllLoss>[2]>;

/** Minus the log-probability of the target class. */
export class NLLLoss extends Loss<[input: Tensor, target: Tensor<"i32">], NLLLossOptions> {
  /** Factor per class, or null; a buffer. */
  declare weight: Tensor | null;

  /**
   * Makes the loss.
   * @param options `weight`, `ignoreIndex` (-100), `reduction` ("mean")
   */
  constructor(options: NLLLossOptions = {}) {
    super(options);
    this.registerBuffer("weight", options.weight ?? null);
  }

  /** A scalar, or one value per row with `reduction: "none"`. */
  override forward(input: Tensor, target: Tensor<"i32">): Tensor {
    return f.nllLoss(input, target, { ...this.options, weight: this.weight ?? undefined });
  }
}

/** Options of {@link BCEWithLogitsLoss}. */
export type BCEWithLogitsLossOptions = NonNullable<Parameters<typeof f.binaryCrossEntropyWithLogits>[2]>;

/** Binary cross-entropy of logits, elementwise. */
export class BCEWithLogitsLoss extends Loss<Inputs, BCEWithLogitsLossOptions> {
  /** Factor that broadcasts to the input, or null; a buffer. */
  declare weight: Tensor | null;
  /** Factor of the positive term, or null; a buffer. */
  declare pos_weight: Tensor | null;

  /**
   * Makes the loss.
   * @param options `weight`, `posWeight`, `reduction` ("mean")
   */
  constructor(options: BCEWithLogitsLossOptions = {}) {
    super(options);
    this.registerBuffer("weight", options.weight ?? null);
    this.registerBuffer("pos_weight", options.posWeight ?? null);
  }

  /** A scalar, or the input's shape with `reduction: "none"`. */
  override forward(input: Tensor, target: Tensor): Tensor {
    const weight = this.weight ?? undefined, posWeight = this.pos_weight ?? undefined;
    return f.binaryCrossEntropyWithLogits(input, target, { ...this.options, weight, posWeight });
  }
}

/** Options of {@link MSELoss}. */
export type MSELossOptions = NonNullable<Parameters<typeof f.mseLoss>[2]>;

/** Squared differences. */
export class MSELoss extends Loss<Inputs, MSELossOptions> {
  /**
   * Makes the loss.
   * @param options `reduction` ("mean")
   */
  constructor(options: MSELossOptions = {}) {
    super(options);
  }

  /** A scalar, or the input's shape with `reduction: "none"`. */
  override forward(input: Tensor, target: Tensor): Tensor {
    return f.mseLoss(input, target, this.options);
  }
}

/** Options of {@link L1Loss}. */
export type L1LossOptions = NonNullable<Parameters<typeof f.l1Loss>[2]>;

/** Absolute differences. */
export class L1Loss extends Loss<Inputs, L1LossOptions> {
  /**
   * Makes the loss.
   * @param options `reduction` ("mean")
   */
  constructor(options: L1LossOptions = {}) {
    super(options);
  }

  /** A scalar, or the input's shape with `reduction: "none"`. */
  override forward(input: Tensor, target: Tensor): Tensor {
    return f.l1Loss(input, target, this.options);
  }
}

/** Options of {@link SmoothL1Loss}. */
export type SmoothL1LossOptions = NonNullable<Parameters<typeof f.smoothL1Loss>[2]>;

/** Squared differences below `beta`, absolute ones above. */
export class SmoothL1Loss extends Loss<Inputs, SmoothL1LossOptions> {
  /**
   * Makes the loss.
   * @param options `reduction` ("mean"), `beta` (1)
   */
  constructor(options: SmoothL1LossOptions = {}) {
    super(options);
  }

  /** A scalar, or the input's shape with `reduction: "none"`. */
  override forward(input: Tensor, target: Tensor): Tensor {
    return f.smoothL1Loss(input, target, this.options);
  }
}

/** Options of {@link KLDivLoss}. */
export type KLDivLossOptions = NonNullable<Parameters<typeof f.klDiv>[2]>;

/** Divergence of log-probabilities from target probabilities. */
export class KLDivLoss extends Loss<Inputs, KLDivLossOptions> {
  /**
   * Makes the loss.
   * @param options `reduction` ("mean"; "batchmean" is the mathematical one), `logTarget` (false)
   */
  constructor(options: KLDivLossOptions = {}) {
    super(options);
  }

  /** A scalar, or the input's shape with `reduction: "none"`. */
  override forward(input: Tensor, target: Tensor): Tensor {
    return f.klDiv(input, target, this.options);
  }
}
