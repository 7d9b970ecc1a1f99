/**
 * Poolings over time as layers.
 * @module
 */
import { checkParts, concatPool, lastPool, maxPool, meanPool, type PoolOptions } from "../ops/pooling.ts";
import type { PoolPart } from "../ops/pooling_op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";

/** Options of the pooling layers. */
export interface PoolLayerOptions {
  /** x is [batch, time, features] in place of [time, batch, features]. Default false. */
  batchFirst?: boolean;
}

/** Which steps count, of one call. */
export type PoolSteps = Pick<PoolOptions, "lengths" | "mask">;

/** What the pooling layers share. */
abstract class PoolLayer extends Module<[x: Tensor, steps?: PoolSteps], Tensor> {
  /** Whether the batch is the first dim of x. */
  readonly batchFirst: boolean;

  constructor({ batchFirst = false }: PoolLayerOptions) {
    super();
    this.batchFirst = batchFirst;
  }

  /** Options for `toString()`. */
  protected override describe(): string {
    return this.batchFirst ? "batchFirst: true" : "";
  }
}

/** Mean over each sequence's own steps: [time, batch, features] to [batch, features]. */
export class MeanPool extends PoolLayer {
  /** Makes the layer. */
  constructor(options: PoolLayerOptions = {}) {
    super(options);
  }

  /**
   * Pools.
   * @param steps `lengths`, or a `mask` that is true where a step counts; all steps by default
   * @throws {ValueError} for lengths of a wrong number or out of range
   */
  override forward(x: Tensor, steps: PoolSteps = {}): Tensor {
    return meanPool(x, { ...steps, batchFirst: this.batchFirst });
  }
}

/** Largest values over each sequence's own steps: [time, batch, features] to [batch, features]. */
export class MaxPool extends PoolLayer {
  /** Makes the layer. */
  constructor(options: PoolLayerOptions = {}) {
    super(options);
  }

  /**
   * Pools; the gradient goes to the first of equals.
   * @param steps `lengths`, or a `mask` that is true where a step counts; all steps by default
   * @throws {ValueError} for lengths of a wrong number or out of range
   */
  override forward(x: Tensor, steps: PoolSteps = {}): Tensor {
    return maxPool(x, { ...steps, batchFirst: this.batchFirst });
  }
}

/** Each sequence's own last step: [time, batch, features] to [batch, features]. */
export class LastPool extends PoolLayer {
  /** Makes the layer. */
  constructor(options: PoolLayerOptions = {}) {
    super(options);
  }

  /**
   * Pools.
   * @param steps `lengths`, or a `mask` that is true where a step counts; all steps by default
   * @throws {ValueError} for lengths of a wrong number or out of range
   */
  override forward(x: Tensor, steps: PoolSteps = {}): Tensor {
    return lastPool(x, { ...steps, batchFirst: this.batchFirst });
  }
}

/**
 * Last step, maximum and mean beside each other: [time, batch, features] to [batch, 3 * features], as fastai's
 * classifiers pool.
 * @example
 * const pool = new w.nn.ConcatPool({ batchFirst: true });
 * const y = pool.forward(output, { mask: ids.ne(padding) });
 */
export class ConcatPool extends PoolLayer {
  /** What stands beside each other. */
  readonly parts: readonly PoolPart[];

  /**
   * Makes the layer.
   * @param options `parts`, `["last", "max", "mean"]` by default
   * @throws {ValueError} for unknown or repeated parts
   */
  constructor(
    { parts = ["last", "max", "mean"], ...options }: PoolLayerOptions & { parts?: readonly PoolPart[] } = {},
  ) {
    super(options);
    checkParts("ConcatPool", parts, "make ConcatPool");
    this.parts = [...parts];
  }

  /**
   * Pools.
   * @param steps `lengths`, or a `mask` that is true where a step counts; all steps by default
   * @throws {ValueError} for lengths of a wrong number or out of range
   */
  override forward(x: Tensor, steps: PoolSteps = {}): Tensor {
    return concatPool(x, { ...steps, parts: this.parts, batchFirst: this.batchFirst });
  }
}
