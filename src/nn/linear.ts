/**
 * Linear: a matrix product with the weight, plus a bias.
 * @module
 */
import { ShapeError } from "../errors.ts";
import { linear } from "../ops/matmul.ts";
import { Parameter } from "../tensor/arena.ts";
import { sameShape, show } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkInteger } from "./check.ts";
import { uniform_ } from "./init.ts";
import { Module } from "./module.ts";

/** Options of {@link Linear}. */
export interface LinearOptions {
  /** Whether a bias is added. Default true. */
  bias?: boolean;
  /** A parameter [outFeatures, inFeatures] to share with another layer, in place of one of its own. */
  weight?: Parameter;
}

/**
 * `y = x W^T + b`: [..., inFeatures] to [..., outFeatures]. Weight [outFeatures, inFeatures] and bias [outFeatures] start
 * uniform within 1 / sqrt(inFeatures).
 * @example
 * const decoder = new w.nn.Linear(64, 30, { weight: embedding.weight }); // tied weights
 */
export class Linear extends Module<[x: Tensor], Tensor> {
  /** [outFeatures, inFeatures]. */
  weight: Parameter;
  /** [outFeatures], or null. */
  bias: Parameter | null;
  /** Size of the last dimension of the input. */
  readonly inFeatures: number;
  /** Size of the last dimension of the output. */
  readonly outFeatures: number;

  /**
   * Makes the layer.
   * @throws {ValueError} when a size is not an integer of at least 1
   * @throws {ShapeError} when a shared weight is of another shape
   */
  constructor(inFeatures: number, outFeatures: number, { bias = true, weight }: LinearOptions = {}) {
    super();
    checkInteger("Linear", "inFeatures", inFeatures);
    checkInteger("Linear", "outFeatures", outFeatures);
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    const shape = [outFeatures, inFeatures];
    if (weight && !sameShape(weight.shape, shape)) {
      throw new ShapeError(`Cannot make Linear with weight ${show(weight.shape)}: ${show(shape)} is wanted`, {
        op: "Linear",
        shapes: [weight.shape, shape],
      });
    }
    const bound = 1 / Math.sqrt(inFeatures);
    this.weight = weight ?? uniform_(new Parameter({ shape }), { a: -bound, b: bound });
    this.bias = bias ? uniform_(new Parameter({ shape: [outFeatures] }), { a: -bound, b: bound }) : null;
  }

  /** [..., inFeatures] to [..., outFeatures]. */
  override forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias ?? undefined);
  }

  /** Sizes for `toString()`. */
  protected override describe(): string {
    return `${this.inFeatures}, ${this.outFeatures}, bias: ${this.bias !== null}`;
  }
}
