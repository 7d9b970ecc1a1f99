/**
 * Attention pooling: a weighted mean over time whose weights a learned vector gives.
 * @module
 */
import { ShapeError, ValueError } from "../errors.ts";
import { show } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add, div, sub } from "./binary.ts";
import { tensor } from "./creation.ts";
import { amax } from "./extremes.ts";
import { matmul } from "./matmul.ts";
import { squeeze, transpose, unsqueeze } from "./movement.ts";
import { checkPooling, type PoolOptions } from "./pooling.ts";
import { sum } from "./sum.ts";
import { exp } from "./unary.ts";
import { where } from "./where.ts";

/** Options of {@link attentionPool}. */
export interface AttentionPoolOptions extends PoolOptions {
  /**
   * What keeps the exponentials in range, and the sum from being zero: `"torchmoji"` subtracts the maximum of the whole
   * batch, padding included; `"keras"` that of each sequence, and adds 1e-7 to the sum. Default `"torchmoji"`.
   */
  version?: "torchmoji" | "keras";
}

/**
 * Weights `a_t = exp(x_t v - max)` over each sequence's own steps, divided by their sum, and the mean `sum of a_t x_t`.
 * @param x [time, batch, features], or [batch, time, features] with `batchFirst`
 * @param vector [features]
 * @returns `[pooled, weights]`: [batch, features] and, in x's order of dims, [time, batch] or [batch, time]
 * @throws {ShapeError} unless x has 3 dims, the vector its features and the mask its first two dims
 * @throws {ValueError} for lengths of a wrong number or out of range, or an unknown version
 */
export function attentionPool(
  x: Tensor,
  vector: Tensor,
  { version = "torchmoji", ...options }: AttentionPoolOptions = {},
): [pooled: Tensor, weights: Tensor] {
  const op = "attentionPool", { batch, steps, lengths } = checkPooling(op, x, options), { batchFirst } = options;
  checkVersion(op, version);
  if (vector.shape.length !== 1 || vector.shape[0] !== x.shape[2]) {
    throw new ShapeError(
      `Cannot ${op} x ${show(x.shape)} with a vector ${show(vector.shape)}: wanted [${x.shape[2]}]`,
      { op, shapes: [x.shape, vector.shape] },
    );
  }
  const dim = batchFirst ? 1 : 0, keras = version === "keras";
  const logits = matmul(x, vector);
  const all = exp(sub(logits, keras ? amax(logits, { dim, keepdim: true }) : amax(logits)));
  const mask = options.mask ?? (lengths && maskOf(x, lengths, batch, steps, batchFirst));
  const own = mask ? where(mask, all, 0) : all, total = sum(own, { dim, keepdim: true });
  const weights = div(own, keras ? add(total, 1e-7) : total);
  const [a, rows] = batchFirst ? [weights, x] : [transpose(weights, 0, 1), transpose(x, 0, 1)];
  return [squeeze(matmul(unsqueeze(a, 1), rows), 1), weights];
}

/**
 * Checks the version of an attention pooling.
 * @param doing what the op does, where its name is no verb
 * @throws {ValueError} for an unknown one
 */
export function checkVersion(op: string, version: string, doing: string = op): void {
  if (version === "torchmoji" || version === "keras") return;
  throw new ValueError(`Cannot ${doing}: version is ${String(version)}, wanted "torchmoji" or "keras"`, {
    op,
    value: version,
  });
}

function maskOf(
  x: Tensor,
  lengths: readonly number[],
  batch: number,
  steps: number,
  batchFirst = false,
): Tensor<"bool"> {
  const shape = batchFirst ? [batch, steps] : [steps, batch], counts = new Uint8Array(batch * steps);
  for (let i = 0; i < counts.length; i++) {
    counts[i] = batchFirst
      ? Number(i % steps < lengths[Math.floor(i / steps)])
      : Number(Math.floor(i / batch) < lengths[i % batch]);
  }
  return tensor(counts, { shape, dtype: "bool", device: x.device });
}
