/**
 * Embedding: a table of vectors, looked up by id.
 * @module
 */
import { ShapeError, ValueError } from "../errors.ts";
import { embedding } from "../ops/embedding.ts";
import { writeStrided } from "../ops/launch.ts";
import { zeros } from "../ops/creation.ts";
import { Parameter, type ParameterSource } from "../tensor/arena.ts";
import { sameShape, show } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkInteger } from "./check.ts";
import { normal_ } from "./init.ts";
import { Module } from "./module.ts";

/** Options of {@link Embedding}. */
export interface EmbeddingOptions {
  /** Id whose row starts as zeros and never gets a gradient; negative ids count from the end. Default none. */
  paddingIdx?: number;
  /** A parameter [numEmbeddings, embeddingDim] to share, in place of a new one; it is left as it is. */
  weight?: Parameter;
  /** Keeps the table out of training. Default false. */
  freeze?: boolean;
}

/**
 * Rows of `weight` [numEmbeddings, embeddingDim] by id. The rows start standard normal.
 * @example
 * const vectors = w.nn.Embedding.fromPretrained({ shape: [vocab.length, 300], data });
 */
export class Embedding extends Module<[ids: Tensor<"i32">], Tensor> {
  /** [numEmbeddings, embeddingDim]. */
  weight: Parameter;
  /** Number of rows. */
  readonly numEmbeddings: number;
  /** Size of a row. */
  readonly embeddingDim: number;
  /** Id whose row gets no gradient, or null. */
  readonly paddingIdx: number | null;

  /**
   * Makes the layer.
   * @throws {ValueError} for sizes that are no integers of at least 1, or a padding id outside the table
   * @throws {ShapeError} when a shared weight is of another shape
   */
  constructor(
    numEmbeddings: number,
    embeddingDim: number,
    { paddingIdx, weight, freeze = false }: EmbeddingOptions = {},
  ) {
    super();
    checkInteger("Embedding", "numEmbeddings", numEmbeddings);
    checkInteger("Embedding", "embeddingDim", embeddingDim);
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.paddingIdx = paddingIdx === undefined ? null : paddingIdx < 0 ? paddingIdx + numEmbeddings : paddingIdx;
    if (
      this.paddingIdx !== null &&
      !(Number.isInteger(this.paddingIdx) && this.paddingIdx >= 0 && this.paddingIdx < numEmbeddings)
    ) {
      throw new ValueError(
        `Cannot make Embedding: paddingIdx is ${paddingIdx}, wanted an integer from ${-numEmbeddings} to ${
          numEmbeddings - 1
        }`,
        { op: "Embedding", value: paddingIdx },
      );
    }
    const shape = [numEmbeddings, embeddingDim];
    if (weight && !sameShape(weight.shape, shape)) {
      throw new ShapeError(`Cannot make Embedding with weight ${show(weight.shape)}: ${show(shape)} is wanted`, {
        op: "Embedding",
        shapes: [weight.shape, shape],
      });
    }
    this.weight = weight ?? normal_(new Parameter({ shape }));
    if (!weight && this.paddingIdx !== null) {
      const nothing = zeros([embeddingDim]);
      writeStrided(nothing, this.weight, [1], this.paddingIdx * embeddingDim);
      nothing.dispose();
    }
    if (freeze) this.weight.requiresGrad_(false);
  }

  /**
   * A table with given rows.
   * @param rows a tensor [V, D], whose values are copied, or a shape and values
   * @param options `freeze` is true by default here
   */
  static fromPretrained(
    rows: Tensor | ParameterSource,
    { freeze = true, paddingIdx }: Omit<EmbeddingOptions, "weight"> = {},
  ): Embedding {
    if (rows.shape.length !== 2) {
      throw new ShapeError(`Cannot make Embedding from rows ${show(rows.shape)}: 2 dims are wanted`, {
        op: "Embedding",
        shapes: [rows.shape],
      });
    }
    return new Embedding(rows.shape[0], rows.shape[1], { paddingIdx, freeze, weight: new Parameter(rows) });
  }

  /**
   * Ids of any shape to [...ids, embeddingDim].
   * @throws {IndexError} for an id outside the table, at once where the ids came from the host
   */
  override forward(ids: Tensor<"i32">): Tensor {
    return embedding(ids, this.weight, { paddingIdx: this.paddingIdx });
  }

  /** Sizes for `toString()`. */
  protected override describe(): string {
    const padding = this.paddingIdx === null ? "" : `, paddingIdx: ${this.paddingIdx}`;
    return `${this.numEmbeddings}, ${this.embeddingDim}${padding}`;
  }
}
