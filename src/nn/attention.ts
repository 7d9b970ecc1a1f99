/**
 * Attention pooling as a layer.
 * @module
 */
import { attentionPool, type AttentionPoolOptions, checkVersion } from "../ops/attention_pool.ts";
import { Parameter } from "../tensor/arena.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkInteger } from "./check.ts";
import { normal_ } from "./init.ts";
import { Module } from "./module.ts";
import type { PoolSteps } from "./pooling.ts";

/** Options of {@link AttentionPool}. */
export interface AttentionPoolLayerOptions extends Pick<AttentionPoolOptions, "batchFirst" | "version"> {
  /** Whether `forward` returns the weights too. Default false. */
  returnAttention?: boolean;
}

/**
 * The weighted mean over each sequence's own steps whose weights the parameter `attention_vector` [features] gives: the
 * attention of DeepMoji and torchMoji. It starts normal with standard deviation 0.05.
 * @example
 * const pool = new w.nn.AttentionPool(2304, { batchFirst: true, returnAttention: true });
 * const [y, weights] = pool.forward(x, { lengths }); // x [B, T, 2304]: y [B, 2304], weights [B, T]
 */
export class AttentionPool extends Module<[x: Tensor, steps?: PoolSteps], [pooled: Tensor, weights: Tensor | null]> {
  /** [features]. */
  attention_vector: Parameter;
  /** Whether the batch is the first dim of x. */
  readonly batchFirst: boolean;
  /** Whether `forward` returns the weights too. */
  readonly returnAttention: boolean;
  /** Whose arithmetic it is. */
  readonly version: "torchmoji" | "keras";

  /**
   * Makes the layer.
   * @throws {ValueError} for a number of features that is no integer of at least 1, or an unknown version
   */
  constructor(
    features: number,
    { batchFirst = false, version = "torchmoji", returnAttention = false }: AttentionPoolLayerOptions = {},
  ) {
    super();
    checkInteger("AttentionPool", "features", features);
    checkVersion("AttentionPool", version, "make AttentionPool");
    this.attention_vector = normal_(new Parameter({ shape: [features] }), { std: 0.05 });
    this.batchFirst = batchFirst;
    this.returnAttention = returnAttention;
    this.version = version;
  }

  /**
   * Pools.
   * @param x [time, batch, features], or [batch, time, features] with `batchFirst`
   * @param steps `lengths`, or a `mask` that is true where a step counts; all steps by default
   * @returns `[pooled, weights]`: [batch, features], and weights of x's first two dims or null
   * @throws {ValueError} for lengths of a wrong number or out of range
   */
  override forward(x: Tensor, steps: PoolSteps = {}): [pooled: Tensor, weights: Tensor | null] {
    const { batchFirst, version } = this;
    const [pooled, weights] = attentionPool(x, this.attention_vector, { ...steps, batchFirst, version });
    return [pooled, this.returnAttention ? weights : null];
  }

  /** Features and version for `toString()`. */
  protected override describe(): string {
    return `${this.attention_vector.shape[0]}, version: "${this.version}"${
      this.batchFirst ? ", batchFirst: true" : ""
    }`;
  }
}
