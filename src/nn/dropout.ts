/**
 * The dropouts: elements, channels, planes, features over all of time, or words set to zero at random while training.
 * Every mask depends on the seed, the generator's count of draws and the number of the mask's element only;
 * `random.dropoutMask` gives the same one on the host.
 * @module
 */
import { dropout, dropout1d, dropout2d, embeddingDropout, lockedDropout, type MaskOptions } from "../ops/dropout.ts";
import type { Generator } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkProbability } from "./check.ts";
import type { Embedding } from "./embedding.ts";
import { Module } from "./module.ts";

/** Options of the dropout layers. */
export interface DropoutLayerOptions {
  /** Stream to draw from; the program's stream "dropout" by default. */
  generator?: Generator;
}

/** What the dropout layers share: a probability, a stream, and that they do nothing in evaluation. */
abstract class DropoutLayer extends Module<[x: Tensor], Tensor> {
  /** Probability of zero; may be changed. */
  p: number;
  readonly #generator: Generator | undefined;

  constructor(name: string, p: number, { generator }: DropoutLayerOptions) {
    super();
    checkProbability(name, "p", p);
    this.p = p;
    this.#generator = generator;
  }

  /** What the functions are told. */
  protected get options(): MaskOptions {
    return { training: this.training, generator: this.#generator };
  }

  /** Probability for `toString()`. */
  protected override describe(): string {
    return `p: ${this.p}`;
  }
}

/**
 * While training: each element is zero with probability `p`, the others are divided by `1 - p`. In evaluation: the input
 * itself. The mask depends on the seed, the generator's count of draws and the element's number only.
 */
export class Dropout extends DropoutLayer {
  /**
   * Makes the layer.
   * @param p probability of zero, 0.5 by default
   * @throws {ValueError} unless 0 <= p <= 1
   */
  constructor(p = 0.5, options: DropoutLayerOptions = {}) {
    super("Dropout", p, options);
  }

  /** Any shape. */
  override forward(x: Tensor): Tensor {
    return dropout(x, this.p, this.options);
  }
}

/** Drops whole channels of [batch, channels, length] (or [channels, length]), as PyTorch's layer of this name. */
export class Dropout1d extends DropoutLayer {
  /**
   * Makes the layer.
   * @param p probability of zero, 0.5 by default
   * @throws {ValueError} unless 0 <= p <= 1
   */
  constructor(p = 0.5, options: DropoutLayerOptions = {}) {
    super("Dropout1d", p, options);
  }

  /**
   * Mask [batch, channels, 1].
   * @throws {ShapeError} for another number of dims
   */
  override forward(x: Tensor): Tensor {
    return dropout1d(x, this.p, this.options);
  }
}

/**
 * Drops whole planes of [batch, channels, height, width], or lines of [batch, channels, length]. A matrix counts as
 * [batch, channels] without planes: its elements fall one by one, as in PyTorch (torchMoji relies on it).
 */
export class Dropout2d extends DropoutLayer {
  /**
   * Makes the layer.
   * @param p probability of zero, 0.5 by default
   * @throws {ValueError} unless 0 <= p <= 1
   */
  constructor(p = 0.5, options: DropoutLayerOptions = {}) {
    super("Dropout2d", p, options);
  }

  /**
   * Mask [batch, channels, 1, 1].
   * @throws {ShapeError} for less than 2 dims
   */
  override forward(x: Tensor): Tensor {
    return dropout2d(x, this.p, this.options);
  }
}

/**
 * Drops features of [batch, time, features] for a whole sequence: mask [batch, 1, features]. Keras' SpatialDropout1D; in
 * PyTorch people write it by permuting for Dropout2d.
 */
export class SpatialDropout extends DropoutLayer {
  /**
   * Makes the layer.
   * @param p probability of zero, 0.5 by default
   * @throws {ValueError} unless 0 <= p <= 1
   */
  constructor(p = 0.5, options: DropoutLayerOptions = {}) {
    super("SpatialDropout", p, options);
  }

  /**
   * Mask [batch, 1, features].
   * @throws {ShapeError} unless x has 3 dims
   */
  override forward(x: Tensor): Tensor {
    return lockedDropout(x, this.p, { ...this.options, batchFirst: true });
  }
}

/**
 * One mask for all steps of time (variational dropout): [time, batch, features] with a mask [1, batch, features], or
 * [batch, time, features] with a mask [batch, 1, features] when `batchFirst`. Gal and Ghahramani, arXiv 1512.05287.
 */
export class LockedDropout extends DropoutLayer {
  /** Whether the batch is the first dim. */
  readonly batchFirst: boolean;

  /**
   * Makes the layer.
   * @param p probability of zero, 0.5 by default
   * @param options `batchFirst`, false by default
   * @throws {ValueError} unless 0 <= p <= 1
   */
  constructor(p = 0.5, { batchFirst = false, ...options }: DropoutLayerOptions & { batchFirst?: boolean } = {}) {
    super("LockedDropout", p, options);
    this.batchFirst = batchFirst;
  }

  /** @throws {ShapeError} unless x has 3 dims */
  override forward(x: Tensor): Tensor {
    return lockedDropout(x, this.p, { ...this.options, batchFirst: this.batchFirst });
  }
}

/** {@link LockedDropout} under fastai's name, which takes [batch, time, features]. */
export class RNNDropout extends LockedDropout {
  /**
   * Makes the layer.
   * @param p probability of zero, 0.5 by default
   * @param options `batchFirst`, true by default
   * @throws {ValueError} unless 0 <= p <= 1
   */
  constructor(p = 0.5, { batchFirst = true, ...options }: DropoutLayerOptions & { batchFirst?: boolean } = {}) {
    super(p, { batchFirst, ...options });
  }
}

/**
 * Looks up in another layer's table of which, while training, whole rows are dropped: the same words for the whole
 * batch. Rows that stay are divided by `1 - p`. The table is shared, not copied; its name here is fastai's, `emb.weight`.
 * @example
 * encoder = new w.nn.Embedding(words, 400, { paddingIdx: 1 });
 * encoder_dp = new w.nn.EmbeddingDropout(this.encoder, 0.05);
 */
export class EmbeddingDropout extends Module<[ids: Tensor<"i32">], Tensor> {
  /** The layer with the table. */
  emb: Embedding;
  /** Probability of dropping a row; may be changed. */
  p: number;
  readonly #generator: Generator | undefined;

  /**
   * Makes the layer.
   * @param emb layer with the table, which also says which id is padding
   * @param p probability of dropping a row, 0.1 by default
   * @throws {ValueError} unless 0 <= p <= 1
   */
  constructor(emb: Embedding, p = 0.1, { generator }: DropoutLayerOptions = {}) {
    super();
    checkProbability("EmbeddingDropout", "p", p);
    this.emb = emb;
    this.p = p;
    this.#generator = generator;
  }

  /**
   * Ids of any shape to [...ids, embeddingDim]. Mask [numEmbeddings, 1].
   * @throws {IndexError} for an id outside the table, at once where the ids came from the host
   */
  override forward(ids: Tensor<"i32">): Tensor {
    const { weight, paddingIdx } = this.emb;
    return embeddingDropout(ids, weight, this.p, {
      paddingIdx,
      training: this.training,
      generator: this.#generator,
    });
  }
}
