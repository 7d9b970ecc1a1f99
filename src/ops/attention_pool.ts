/**
 * Attention pooling: a weighted mean over time whose weights a learned vector gives. One op: it reads x twice forward and
 * twice backward, where matrix products with a single row or column would do so many times over.
 * @module
 */
import { ShapeError, ValueError } from "../errors.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import { type Shape, show } from "../tensor/shape.ts";
import { alias, type AnyTensor, empty, type Tensor } from "../tensor/tensor.ts";
import { add, div, mul, sub } from "./binary.ts";
import { cast } from "./cast.ts";
import { eq } from "./compare.ts";
import { tensor, zeros } from "./creation.ts";
import { applyMany, type BackwardContext, defineOp, type ForwardContext, type Op, wantDType } from "./define.ts";
import { amax } from "./extremes.ts";
import { groups, ready, run } from "./launch.ts";
import { matmul } from "./matmul.ts";
import { squeeze, transpose, unsqueeze } from "./movement.ts";
import { checkPooling, type PoolOptions } from "./pooling.ts";
import {
  forGradient,
  forRows,
  inOrder,
  inVectors,
  isTimeMajor,
  joined,
  type PoolLayout,
  type PoolSizes,
  sizesOf,
} from "./pooling_layout.ts";
import { sum } from "./sum.ts";
import { exp } from "./unary.ts";
import { where } from "./where.ts";

/** Whose arithmetic it is. */
export type AttentionVersion = "torchmoji" | "keras";

interface AttentionAttrs extends PoolLayout {
  readonly version: AttentionVersion;
  /** The memory of x goes step by step: so does that of its gradient. */
  readonly timeMajor: boolean;
}

/** Weights [batch, steps] from logits, their maxima and the steps that count. */
function weightsOf(logits: Tensor, mask: Tensor<"bool"> | undefined, version: AttentionVersion) {
  const top = version === "keras" ? amax(logits, { dim: 1, keepdim: true }) : amax(logits);
  const all = exp(sub(logits, top)),
    own = mask ? where(mask, all, 0) : all,
    total = sum(own, { dim: 1, keepdim: true });
  return { weights: div(own, version === "keras" ? add(total, 1e-7) : total), top };
}

/** Vectors, one for each sequence or one for all: [rows, features] with room for whole vectors. */
function rowsInVectors(v: Tensor, rows: number): Tensor {
  const dense = ready(v), features = v.numel / rows;
  return ready(inVectors(alias(dense, [1, rows, features], [v.numel, features, 1])));
}

function constantsOf({ steps, features, padded }: PoolSizes) {
  return { steps, width: padded / 4, tail: features - padded + 4 };
}

/** Dot products of every step with a vector (of its sequence): [batch, steps]. */
function dots(x: Tensor, v: Tensor, attrs: AttentionAttrs): Tensor {
  const s = sizesOf(attrs), rows = v.ndim === 1 ? 1 : s.batch, vectors = rowsInVectors(v, rows);
  const out1 = empty(x.device, [s.batch, s.steps], "f32"), params = constantsOf(s);
  forRows(x, attrs, s, (from, walk) => {
    const n = walk.n / params.width * s.steps, own = { ...params, ...walk, n, v_row: rows === 1 ? 0 : params.width };
    run(x.device, kernels.attention.dots, { x: from, v: vectors, out1 }, own, { workgroups: groups(n) });
  });
  return out1;
}

/** Sums of the steps with weights [batch, steps]: [batch, features]. */
function sums(x: Tensor, weights: Tensor, attrs: AttentionAttrs): Tensor {
  const s = sizesOf(attrs),
    out = empty(x.device, [s.batch, 1, s.padded], "f32"),
    params = { ...constantsOf(s), v_row: 0 };
  forRows(x, attrs, s, (from, walk) => {
    run(x.device, kernels.attention.sums, { x: from, weights, out }, { ...params, ...walk }, {
      workgroups: groups(walk.n),
    });
  });
  return joined(out, 1, s);
}

/** weights[b, t] g[b] + slopes[b, t] v, laid out as x is. */
function outer(weights: Tensor, g: Tensor, slopes: Tensor, v: Tensor, attrs: AttentionAttrs): Tensor {
  const s = sizesOf(attrs), { device } = g, { timeMajor } = attrs;
  const x = rowsInVectors(g, s.batch), vectors = rowsInVectors(v, 1), params = constantsOf(s);
  const out = empty(device, timeMajor ? [s.steps, s.batch, s.padded] : [s.batch, s.steps, s.padded], "f32");
  forGradient(out, timeMajor, s, (part, walk) => {
    const buffers = { x, v: vectors, weights, slopes, out: part };
    run(device, kernels.attention.outer, buffers, { ...params, ...walk, v_row: 0 }, { workgroups: groups(walk.n) });
  });
  return inOrder(out, attrs, timeMajor);
}

/** The mask as [batch, steps]. */
function rowMask(mask: AnyTensor | undefined, batchFirst: boolean): Tensor<"bool"> | undefined {
  const own = mask as Tensor<"bool"> | undefined;
  return own && !batchFirst ? transpose(own, 0, 1) : own;
}

function forward({ save }: ForwardContext, [x, vector, mask]: readonly Tensor[], attrs: AttentionAttrs): Tensor[] {
  wantDType("attentionPool", [x, vector], "f32");
  if (mask) wantDType("attentionPool", [mask], "bool");
  const logits = dots(x, vector, attrs);
  const { weights, top } = weightsOf(logits, rowMask(mask, attrs.batchFirst), attrs.version);
  save(weights, ...(attrs.version === "keras" ? [logits, top] : []));
  return [sums(x, weights, attrs), weights];
}

function backward(
  { saved: [weights, logits, top], inputs: [x, vector], needs }: BackwardContext,
  [given, ofWeights]: readonly (Tensor | null)[],
  attrs: AttentionAttrs,
): (Tensor | null)[] {
  const { batch, features } = sizesOf(attrs), g = given ? ready(given) : zeros([batch, features], { device: x.device });
  const reached = dots(x, g, attrs), held = mul(weights, ofWeights ? add(reached, ofWeights) : reached);
  let slopes = sub(held, mul(weights, sum(held, { dim: 1, keepdim: true }))); // of the logits
  if (attrs.version === "keras") {
    // With 1e-7 in the sum the weights do depend on the maximum that is subtracted; equal ones share its slope.
    const at = cast(eq(logits, top), "f32"), equal = sum(at, { dim: 1, keepdim: true });
    slopes = sub(slopes, mul(at, div(sum(slopes, { dim: 1, keepdim: true }), equal)));
  }
  return [
    needs[0] ? outer(weights, g, slopes, vector, attrs) : null,
    needs[1] ? sum(sums(x, slopes, attrs), { dim: 0 }) : null,
    null,
  ];
}

function composite([x, vector, mask]: readonly Tensor[], { version, batchFirst }: AttentionAttrs): Tensor[] {
  const rows = batchFirst ? x : transpose(x, 0, 1);
  const { weights } = weightsOf(matmul(rows, vector), rowMask(mask, batchFirst), version);
  return [squeeze(matmul(unsqueeze(weights, 1), rows), 1), weights];
}

function sampleOf(shape: Shape, version: AttentionVersion, batchFirst = true, timeMajor = !batchFirst): AttentionAttrs {
  return { shape, version, batchFirst, timeMajor };
}

const mask = { shape: [3, 5], dtype: "bool", values: [1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 1, 0, 1] } as const;

/** Inputs x, the vector and, where there is one, a mask of x's first two dims; weights come as [batch, steps]. */
const attentionOp: Op<AttentionAttrs> = defineOp<AttentionAttrs>({
  name: "attentionPool",
  forward,
  backward,
  composite,
  samples: [
    { inputs: [{ shape: [3, 5, 8] }, { shape: [8] }, mask], attrs: sampleOf([3, 5, 8], "torchmoji") },
    { inputs: [{ shape: [3, 5, 7] }, { shape: [7] }, mask], attrs: sampleOf([3, 5, 7], "keras") },
    {
      inputs: [{ shape: [5, 3, 4] }, { shape: [4] }, { ...mask, shape: [5, 3] }],
      attrs: sampleOf([5, 3, 4], "torchmoji", false),
    },
    { inputs: [{ shape: [5, 3, 4] }, { shape: [4] }], attrs: sampleOf([5, 3, 4], "keras", false, false) },
    { inputs: [{ shape: [1, 1, 1] }, { shape: [1] }], attrs: sampleOf([1, 1, 1], "keras") },
  ],
  refusals: [
    {
      inputs: [{ shape: [3, 5, 8], dtype: "i32" }, { shape: [8] }],
      attrs: sampleOf([3, 5, 8], "torchmoji"),
      error: "DTypeError",
    },
    {
      inputs: [{ shape: [3, 5, 8] }, { shape: [8] }, { shape: [3, 5] }],
      attrs: sampleOf([3, 5, 8], "torchmoji"),
      error: "DTypeError",
    },
  ],
});

/** Options of {@link attentionPool}. */
export interface AttentionPoolOptions extends PoolOptions {
  /**
   * What keeps the exponentials in range, and the sum from being zero: `"torchmoji"` subtracts the maximum of the whole
   * batch, padding included; `"keras"` that of each sequence, and adds 1e-7 to the sum. Default `"torchmoji"`.
   */
  version?: AttentionVersion;
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
  const op = "attentionPool",
    { batch, steps, lengths } = checkPooling(op, x, options),
    { batchFirst = false } = options;
  checkVersion(op, version);
  if (vector.shape.length !== 1 || vector.shape[0] !== x.shape[2]) {
    throw new ShapeError(
      `Cannot ${op} x ${show(x.shape)} with a vector ${show(vector.shape)}: wanted [${x.shape[2]}]`,
      { op, shapes: [x.shape, vector.shape] },
    );
  }
  const mask = options.mask ?? (lengths && maskOf(x, lengths, batch, steps, batchFirst));
  const attrs = { version, shape: x.shape, batchFirst, timeMajor: isTimeMajor(x, batchFirst) };
  const [pooled, weights] = applyMany(attentionOp, mask ? [x, vector, mask as AnyTensor] : [x, vector], attrs);
  return [pooled, batchFirst ? weights : transpose(weights, 0, 1)];
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

function maskOf(x: Tensor, lengths: readonly number[], batch: number, steps: number, batchFirst: boolean) {
  const shape = batchFirst ? [batch, steps] : [steps, batch];
  const counts = Uint8Array.from({ length: batch * steps }, (_, i) => {
    const [row, t] = batchFirst ? [Math.floor(i / steps), i % steps] : [i % batch, Math.floor(i / batch)];
    return Number(t < lengths[row]);
  });
  return tensor(counts, { shape, dtype: "bool", device: x.device });
}
