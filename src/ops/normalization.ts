/**
 * Layer normalisation over the last dims and batch normalisation over all dims but the channels. Statistics are found in
 * two passes (mean, then squared distances), so a large mean costs no digits.
 * @module
 */
import { DeviceError, ShapeError, ValueError } from "../errors.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import type { Device } from "../gpu/device.ts";
import { numel, sameShape, type Shape, show } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { add, div, mul, sub } from "./binary.ts";
import { apply, defineOp, wantDType } from "./define.ts";
import { emptyLike, groups, part, ready, run } from "./launch.ts";
import { reshape } from "./movement.ts";
import { mean } from "./reduce.ts";
import { rowLaunch, rowRanges } from "./rows.ts";
import { sum } from "./sum.ts";
import { sqrt, square } from "./unary.ts";

interface LayerNormAttrs {
  /** Dims that are normalised, counted from the end. */
  dims: number;
  eps: number;
}

/** Rows of what is normalised together. */
function matrix(x: Tensor, dims: number): [rows: number, cols: number] {
  const cols = numel(x.shape.slice(x.ndim - dims));
  return [x.numel / cols, cols];
}

/** As {@link rowLaunch}; a row is walked twice, so long ones are shared even where that costs more than it saves. */
function launchRows(device: Device, rows: number, cols: number): ReturnType<typeof rowLaunch> {
  return cols <= 50_000 ? rowLaunch(device, rows, cols) : { constants: { LANES: 256, WG: 256 }, workgroups: rows };
}

const layerNormOp = defineOp<LayerNormAttrs>({
  name: "layerNorm",
  half: "f32",
  forward({ save }, [x0, weight, bias], { dims, eps }) {
    wantDType("layerNorm", [x0], "f32");
    const x = ready(x0), { device } = x, [rows, cols] = matrix(x, dims);
    const w = ready(weight ?? x), b = ready(bias ?? x), stats = empty(device, [rows, 2], "f32"), out = emptyLike(x);
    for (const [first, count] of rowRanges(device, rows, cols, "layerNorm")) {
      const at = part(x, first * cols, count * cols), found = part(stats, first * 2, count * 2);
      const params = { rows: count, cols, eps }, launch = launchRows(device, count, cols);
      if (cols % 4 === 0) run(device, kernels.layerNorm.stats4, { x: at, stats: found }, params, launch);
      else run(device, kernels.layerNorm.stats1, { x1: at, stats: found }, params, launch);
      const buffers = { x: at, weight: w, bias: b, row_stats: found, out: part(out, first * cols, count * cols) };
      run(device, kernels.layerNorm.forward, buffers, params, {
        constants: { SCALE: weight ? 1 : 0, SHIFT: bias ? 1 : 0 },
        workgroups: groups(Math.ceil(count * cols / 4)),
      });
    }
    save(x, stats, w);
    return out;
  },
  backward({ saved: [x, stats, weight], needs, shapes }, [grad], { dims, eps }) {
    const g = ready(grad!), { device } = g, [rows, cols] = matrix(x, dims), scaled = shapes.length > 1;
    const dots = empty(device, [rows, 2], "f32"), dx = emptyLike(x);
    const product = empty(device, needs[1] ? [rows, cols] : [1], "f32");
    for (const [first, count] of rowRanges(device, rows, cols, "layerNorm")) {
      const at = [first * cols, count * cols] as const, pair = [first * 2, count * 2] as const;
      const [x1, g1] = [part(x, ...at), part(g, ...at)],
        row_stats = part(stats, ...pair),
        row_dots = part(dots, ...pair);
      const params = { rows: count, cols, eps }, { constants, workgroups } = launchRows(device, count, cols);
      const SCALE = scaled ? 1 : 0, launch = { constants: { ...constants, SCALE }, workgroups };
      if (cols % 4 === 0) {
        run(device, kernels.layerNorm.dots4, { x: x1, grad: g1, weight, row_stats, stats: row_dots }, params, launch);
      } else {run(
          device,
          kernels.layerNorm.dots1,
          { x1, grad1: g1, weight, row_stats, stats: row_dots },
          params,
          launch,
        );}
      const terms = needs[1] ? part(product, ...at) : product;
      const buffers = { x: x1, grad: g1, weight, row_stats, row_dots, out: part(dx, ...at), product: terms };
      run(device, kernels.layerNorm.backward, buffers, params, {
        constants: { SCALE, PRODUCT: needs[1] ? 1 : 0 },
        workgroups: groups(Math.ceil(count * cols / 4)),
      });
    }
    const dw = needs[1] ? reshape(sum(product, { dim: 0 }), shapes[1]) : null;
    const db = needs[2] ? reshape(sum(reshape(g, [rows, cols]), { dim: 0 }), shapes[2]) : null;
    return [dx, dw, db].slice(0, shapes.length);
  },
  composite([x, weight, bias], { dims, eps }) {
    const over = { dim: Array.from({ length: dims }, (_, i) => -1 - i), keepdim: true };
    const centred = sub(x, mean(x, over));
    const normal = div(centred, sqrt(add(mean(square(centred), over), eps)));
    const scaled = weight ? mul(normal, weight) : normal;
    return bias ? add(scaled, bias) : scaled;
  },
  samples: [
    { inputs: [{ shape: [3, 7] }], attrs: { dims: 1, eps: 1e-5 } },
    { inputs: [{ shape: [5, 8] }, { shape: [8] }, { shape: [8] }], attrs: { dims: 1, eps: 1e-5 } },
    { inputs: [{ shape: [65, 3] }, { shape: [3] }, { shape: [3] }], attrs: { dims: 1, eps: 1e-3 } },
    { inputs: [{ shape: [2, 257] }, { shape: [257] }], attrs: { dims: 1, eps: 1e-5 } },
    { inputs: [{ shape: [2, 3, 4] }, { shape: [3, 4] }, { shape: [3, 4] }], attrs: { dims: 2, eps: 1e-5 } },
    { inputs: [{ shape: [4, 3], range: [9, 10] }], attrs: { dims: 1, eps: 1e-5 }, tolerance: 1e-3 },
  ],
  refusals: [{ inputs: [{ shape: [2, 3], dtype: "i32" }], attrs: { dims: 1, eps: 1e-5 }, error: "DTypeError" }],
});

/**
 * `(x - mean) / sqrt(variance + eps) * weight + bias`, mean and (biased) variance over the last dims.
 * @param x [..., ...normalizedShape] @param normalizedShape the last dims, a number for one
 * @param weight of normalizedShape @param bias of normalizedShape, only with a weight
 * @throws {ShapeError} when x does not end in normalizedShape, or weight and bias are of another shape
 */
export function layerNorm(
  x: Tensor,
  normalizedShape: number | Shape,
  weight?: Tensor | null,
  bias?: Tensor | null,
  eps = 1e-5,
): Tensor {
  const shape = typeof normalizedShape === "number" ? [normalizedShape] : normalizedShape, dims = shape.length;
  if (dims === 0 || x.shape.length < dims || !sameShape(x.shape.slice(-dims), shape)) {
    throw new ShapeError(
      `Cannot layerNorm ${show(x.shape)} over ${show(shape)}: the last dims must be ${show(shape)}`,
      {
        op: "layerNorm",
        shapes: [x.shape, shape],
      },
    );
  }
  if (bias && !weight) {
    throw new ValueError("Cannot layerNorm with a bias alone: it needs a weight too", { op: "layerNorm" });
  }
  for (const [name, t] of Object.entries({ weight, bias })) {
    if (t && !sameShape(t.shape, shape)) {
      throw new ShapeError(`Cannot layerNorm over ${show(shape)}: ${name} is ${show(t.shape)}`, {
        op: "layerNorm",
        shapes: [x.shape, t.shape],
      });
    }
  }
  return apply(layerNormOp, [x, ...(weight ? [weight] : []), ...(bias ? [bias] : [])], { dims, eps });
}

/** Running statistics that a batch moves. */
export interface RunningStats {
  /** [channels]. */
  readonly mean: Tensor;
  /** [channels], of unbiased variances. */
  readonly variance: Tensor;
  /** Batches seen, a scalar. */
  readonly batches: Tensor<"i32">;
  /** Share of the new batch; null averages over all batches. */
  readonly momentum: number | null;
}

interface BatchNormAttrs {
  eps: number;
  running: RunningStats | null;
}

/** [channels, elements per channel, elements of a channel that lie behind each other]. */
function layout(x: { shape: Shape; numel: number }): [channels: number, count: number, length: number] {
  return [x.shape[1], x.numel / x.shape[1], x.shape[2] ?? 1];
}

/** Lanes per channel. It depends on the adapter and the sizes only. */
function launchChannels(device: Device, [channels, count, length]: readonly number[]): {
  constants: { CHANNELS: number; ROWS: number; WG: number };
  workgroups: number;
} {
  const alone = device.info.software && count <= 20_000;
  const CHANNELS = alone || length === 1 ? 8 : 1, ROWS = alone ? 1 : 256 / CHANNELS;
  return { constants: { CHANNELS, ROWS, WG: CHANNELS * ROWS }, workgroups: Math.ceil(channels / CHANNELS) };
}

const batchNormOp = defineOp<BatchNormAttrs>({
  name: "batchNorm",
  half: "f32",
  forward({ save }, [x0, weight, bias], { eps, running }) {
    wantDType("batchNorm", [x0], "f32");
    const x = ready(x0), { device } = x, sizes = layout(x), [channels, count, length] = sizes;
    const params = { channels, count, length, eps }, stats = empty(device, [channels, 4], "f32"), out = emptyLike(x);
    const launch = launchChannels(device, sizes), most = 30_000 * launch.constants.ROWS; // a lane walks its share twice
    if (count > most) {
      throw new DeviceError(`Cannot batchNorm ${show(x.shape)}: ${count} values per channel, ${most} at most`, {
        op: "batchNorm",
        shapes: [x.shape],
      });
    }
    run(device, kernels.batchNorm.measure, { x, out_stats: stats }, params, launch);
    const w = ready(weight ?? x), b = ready(bias ?? x);
    run(device, kernels.batchNorm.forward, { x, weight: w, bias: b, stats, out }, params, {
      constants: { SCALE: weight ? 1 : 0 },
      workgroups: groups(x.numel),
    });
    if (running) follow(device, running, stats, channels, count);
    save(x, stats, w);
    return out;
  },
  backward({ saved: [x, stats, weight], needs, shapes }, [grad], { eps }) {
    const g = ready(grad!), { device } = g, sizes = layout(x), [channels, count, length] = sizes;
    const params = { channels, count, length, eps };
    const sum0 = empty(device, [channels], "f32"), sum1 = empty(device, [channels], "f32");
    const sums = { x, grad: g, stats, out_sum0: sum0, out_sum1: sum1 };
    run(device, kernels.batchNorm.gradientSums, sums, params, launchChannels(device, sizes));
    const dx = needs[0] ? emptyLike(x) : null;
    if (dx) {
      run(device, kernels.batchNorm.backward, { x, grad: g, weight, stats, sum0, sum1, out: dx }, params, {
        constants: { SCALE: shapes.length > 1 ? 1 : 0 },
        workgroups: groups(x.numel),
      });
    }
    return [dx, needs[1] ? sum1 : null, needs[2] ? sum0 : null].slice(0, shapes.length);
  },
  composite: ([x, weight, bias], { eps }) => composeBatchNorm(x, weight, bias, eps),
  samples: [
    { inputs: [{ shape: [6, 4] }, { shape: [4] }, { shape: [4] }], attrs: { eps: 1e-5, running: null } },
    { inputs: [{ shape: [7, 3, 5] }, { shape: [3] }, { shape: [3] }], attrs: { eps: 1e-5, running: null } },
    { inputs: [{ shape: [65, 9] }], attrs: { eps: 1e-3, running: null } },
    { inputs: [{ shape: [2, 1, 3] }], attrs: { eps: 1e-5, running: null } },
  ],
});

/** Batch normalisation by plain ops: the oracle, second derivatives, and inputs that one binding cannot hold. */
function composeBatchNorm(x: Tensor, weight: Tensor | undefined, bias: Tensor | undefined, eps: number): Tensor {
  const over = { dim: x.shape.length === 3 ? [0, 2] : [0], keepdim: true };
  const centred = sub(x, mean(x, over));
  const normal = div(centred, sqrt(add(mean(square(centred), over), eps)));
  return affine(normal, weight, bias);
}

/** Channels of [channels] beside those of [batch, channels, length]. */
function affine(x: Tensor, weight: Tensor | undefined, bias: Tensor | undefined): Tensor {
  const column = (t: Tensor) => x.shape.length === 3 ? reshape(t, [t.numel, 1]) : t;
  return weight && bias ? add(mul(x, column(weight)), column(bias)) : x;
}

/** Moves running statistics towards those of a batch. */
function follow(device: Device, running: RunningStats, stats: Tensor, channels: number, count: number): void {
  const { mean: running_mean, variance: running_var, batches, momentum } = running;
  run(device, kernels.batchNorm.update, { running_mean, running_var, batches, stats }, {
    channels,
    momentum: momentum ?? 0,
    unbiased: count / (count - 1),
    cumulative: momentum === null ? 1 : 0,
  }, { workgroups: 1 });
  for (const t of [running_mean, running_var, batches]) t.storage.version++;
}

/** What {@link batchNorm} takes beside its input. */
export interface BatchNormOptions {
  /** [channels], only together with a bias. */
  weight?: Tensor | null;
  /** [channels]. */
  bias?: Tensor | null;
  /** Statistics: used in evaluation, moved in training. */
  running?: RunningStats | null;
  /** Whether the batch's own statistics are used. Without `running` they always are. Default false. */
  training?: boolean;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
}

/**
 * `(x - mean) / sqrt(variance + eps) * weight + bias` per channel; training takes mean and biased variance over all
 * other dims and moves the running mean and (unbiased) variance, evaluation takes the running ones.
 * @param x [batch, channels] or [batch, channels, length]
 * @throws {ShapeError} for other shapes, channels that differ, or one value per channel in training
 */
export function batchNorm(x: Tensor, options: BatchNormOptions = {}): Tensor {
  const { weight, bias, running = null, training = false, eps = 1e-5 } = options;
  if (x.shape.length !== 2 && x.shape.length !== 3) {
    throw new ShapeError(`Cannot batchNorm ${show(x.shape)}: wanted [batch, channels] or [batch, channels, length]`, {
      op: "batchNorm",
      shapes: [x.shape],
    });
  }
  const [channels, count] = layout(x);
  for (const [name, t] of Object.entries({ weight, bias, mean: running?.mean, variance: running?.variance })) {
    if (t && !sameShape(t.shape, [channels])) {
      throw new ShapeError(
        `Cannot batchNorm ${show(x.shape)}: ${name} is ${show(t.shape)}, wanted ${show([channels])}`,
        {
          op: "batchNorm",
          shapes: [x.shape, t.shape],
        },
      );
    }
  }
  if (!weight !== !bias) {
    throw new ValueError("Cannot batchNorm: weight and bias are given together or not at all", { op: "batchNorm" });
  }
  if (running && !training) {
    const column = (t: Tensor) => x.shape.length === 3 ? reshape(t, [channels, 1]) : t;
    const normal = div(sub(x, column(running.mean)), column(sqrt(add(running.variance, eps))));
    return affine(normal, weight ?? undefined, bias ?? undefined);
  }
  if (count < 2) {
    throw new ShapeError(
      `Cannot batchNorm ${show(x.shape)} in training: a channel has one value, at least 2 are needed`,
      {
        op: "batchNorm",
        shapes: [x.shape],
      },
    );
  }
  return apply(batchNormOp, [x, ...(weight && bias ? [weight, bias] : [])], { eps, running });
}
