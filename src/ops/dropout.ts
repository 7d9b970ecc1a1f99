/**
 * Dropout. The mask is a pure function of (seed, stream, call, element of the mask): it is drawn again in the backward
 * pass, never stored, and `dropoutMask` of `tensor/random.ts` gives the same one on the host. A mask smaller than the
 * tensor repeats along the dimensions in which it is 1: whole channels, or one mask for all steps of time.
 * @module
 */
import { ShapeError, ValueError } from "../errors.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import { type Draw, type Generator, generator as namedGenerator, philox4x32 } from "../tensor/random.ts";
import { broadcastStrides, collapse, contiguousStrides, numel, type Shape, show } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { bindWalk, mostElements } from "../tensor/walk.ts";
import { mul } from "./binary.ts";
import { apply, defineOp, type Op, wantDType } from "./define.ts";
import { embedding } from "./embedding.ts";
import { hostExpand, HostTensor, hostZip } from "./host.ts";
import { emptyLike, groups, pad8, part, ranges, ready, run } from "./launch.ts";
import { drawParams } from "./random.ts";

interface MaskAttrs {
  p: number;
  draw: Draw;
}

interface DropoutAttrs extends MaskAttrs {
  /** Shape of the mask, which broadcasts to that of x; absent when they are equal. */
  mask?: Shape;
}

/** 1 / (1 - p) as the kernels and the host mask use it; 0 when everything is dropped. */
function scaleOf(p: number): number {
  return p < 1 ? Math.fround(1 / (1 - Math.fround(p))) : 0;
}

/** Elements of a mask on the host: 0 or the scale. */
function hostMask({ p, draw: { seed, stream, call } }: MaskAttrs, numbers: Iterable<number>): number[] {
  return Array.from(numbers, (i) => {
    const word = philox4x32([Math.floor(i / 4), call[0], call[1], stream], seed)[i % 4];
    return (word >>> 8) * 2 ** -24 >= Math.fround(p) ? scaleOf(p) : 0;
  });
}

/** A mask of the tensor's own shape. */
function launchOwn(x: Tensor, out: Tensor, { p, draw }: DropoutAttrs): void {
  for (const [start, n] of ranges(x.device, x.numel)) {
    const params = { ...drawParams(draw, start / 4), n, p, scale: scaleOf(p) };
    run(x.device, kernels.dropout.apply, { x: part(x, start, n), out: part(out, start, n) }, params, {
      workgroups: groups(Math.ceil(n / 4)),
    });
  }
}

/** Vectors for which a lane draws once: a draw costs as much as many loads, but a GPU wants many lanes. */
const DRAWN_ONCE = { processor: 64, gpu: 8 };

/** [outer, repeats, inner] with a mask [outer, 1, inner]; `splat` when the mask has one element for whole vectors. */
function launchRepeated(
  x: Tensor,
  out: Tensor,
  { p, draw }: DropoutAttrs,
  [outer, repeats, inner]: readonly [number, number, number],
  splat: boolean,
): void {
  const most = Math.floor(mostElements(x) / 4) * 4, once = DRAWN_ONCE[x.device.info.software ? "processor" : "gpu"];
  // Whole outer rows where one fits a binding, else as many repeats of one as do.
  const rows = Math.max(1, Math.floor(most / (repeats * inner))), steps = Math.floor(most / inner / 4) * 4;
  for (let o = 0; o < outer; o += rows) {
    for (let r = 0; r < repeats; r += steps) {
      const n = Math.min(rows, outer - o), length = Math.min(steps, repeats - r), at = (o * repeats + r) * inner;
      const from = bindWalk(x, [n * length * inner], [1], at), to = bindWalk(out, [n * length * inner], [1], at);
      const vectors = splat ? length / 4 : length, width = splat ? 1 : inner / 4, chunks = Math.ceil(vectors / once);
      const params = {
        ...drawParams(draw),
        p,
        scale: scaleOf(p),
        n: n * width * chunks,
        inner: width,
        repeats: vectors,
        chunks,
        first: o * inner,
        x_start: from.start / 4,
        out_start: to.start / 4,
      };
      run(x.device, kernels.dropout.repeated, { x: from.binding, out: to.binding }, params, {
        workgroups: groups(params.n),
        constants: { SPLAT: splat ? 1 : 0 },
      });
    }
  }
}

/** Any mask that broadcasts. */
function launchStrided(
  x: Tensor,
  out: Tensor,
  { p, draw }: DropoutAttrs,
  shape: Shape,
  strides: readonly number[],
): void {
  for (const [first, n] of ranges(x.device, x.numel)) {
    const params = {
      ...drawParams(draw),
      p,
      scale: scaleOf(p),
      n,
      first,
      ndim: shape.length,
      shape: pad8(shape, "dropout"),
      strides: pad8(strides, "dropout"),
    };
    const buffers = { x1: part(x, first, n), out1: part(out, first, n) };
    run(x.device, kernels.dropout.strided, buffers, params, { workgroups: groups(n) });
  }
}

const dropoutOp: Op<DropoutAttrs> = defineOp<DropoutAttrs>({
  name: "dropout",
  forward(_, [x0], attrs) {
    wantDType("dropout", [x0], "f32");
    const x = ready(x0), out = emptyLike(x), mask = attrs.mask ?? x.shape;
    if (numel(mask) === x.numel) {
      launchOwn(x, out, attrs);
      return out;
    }
    const steps = broadcastStrides(mask, contiguousStrides(mask), x.shape);
    const { shape, strides: [, walked] } = collapse(x.shape, [contiguousStrides(x.shape), steps]);
    const d = walked.indexOf(0), inner = shape[d + 1] ?? 1, repeats = shape[d];
    const splat = inner === 1 && repeats % 4 === 0;
    if (d <= 1 && shape.length <= d + 2 && (splat || inner % 4 === 0 && 4 * inner <= mostElements(x))) {
      launchRepeated(x, out, attrs, [d === 0 ? 1 : shape[0], repeats, inner], splat);
    } else launchStrided(x, out, attrs, shape, walked);
    return out;
  },
  backward: (_, [g], attrs) => [apply(dropoutOp, [g!], attrs)], // linear: the same mask on the gradient
  reference([x], attrs) {
    const shape = attrs.mask ?? x.shape;
    const mask = hostExpand(new HostTensor(shape, hostMask(attrs, Array(numel(shape)).keys())), x.shape);
    return hostZip([x, mask], (v, m) => v * m);
  },
  samples: [
    ...[1, 3, 7, 65, 257].map((n) => ({ inputs: [{ shape: [n] }], attrs: sampleAttrs(0.5) })),
    ...[0, 0.1, 1].map((p) => ({ inputs: [{ shape: [5, 7] }], attrs: sampleAttrs(p) })),
    ...([
      [[70, 3, 4], [1, 3, 4]], // one mask over time
      [[3, 9, 8], [3, 1, 8]],
      [[3, 9, 5], [3, 1, 5]],
      [[5, 3, 2, 6], [5, 3, 1, 1]], // planes
      [[5, 3, 7], [5, 3, 1]],
      [[2, 3, 4, 5], [2, 1, 4, 1]],
      [[4, 6], [6]],
      [[2, 6], []],
    ] as const).map(([shape, mask]) => ({ inputs: [{ shape }], attrs: sampleAttrs(0.5, mask) })),
  ],
  refusals: [{ inputs: [{ shape: [3], dtype: "i32" }], attrs: sampleAttrs(0.5), error: "DTypeError" }],
});

function sampleAttrs(p: number, mask?: Shape): DropoutAttrs {
  return { p, draw: { seed: [7, 0], stream: 3, call: [5, 0] }, mask };
}

/** The elements of a mask that ids name, [...ids, 1]: factors of rows of a table. Ids are checked where rows are read. */
const factorsOp: Op<MaskAttrs> = defineOp<MaskAttrs>({
  name: "dropoutFactors",
  forward(_, [ids0], { p, draw }) {
    wantDType("dropoutFactors", [ids0], "i32");
    const ids = ready(ids0), out1 = emptyLike(ids, [...ids.shape, 1]);
    for (const [start, n] of ranges(ids.device, ids.numel)) {
      const params = { ...drawParams(draw), n, p, scale: scaleOf(p) };
      run(ids.device, kernels.dropout.factors, { ids: part(ids, start, n), out1: part(out1, start, n) }, params, {
        workgroups: groups(n),
      });
    }
    return out1;
  },
  reference: ([ids], attrs) => new HostTensor([...ids.shape, 1], hostMask(attrs, ids.values)),
  samples: [
    { inputs: [{ shape: [7, 3], dtype: "i32", range: [0, 9] }], attrs: sampleAttrs(0.5) },
    { inputs: [{ shape: [65], dtype: "i32", range: [0, 999] }], attrs: sampleAttrs(0.1) },
  ],
  refusals: [{ inputs: [{ shape: [3] }], attrs: sampleAttrs(0.5), error: "DTypeError" }],
});

/** What all dropouts take. */
export interface MaskOptions {
  /** False returns the input itself. Default true. */
  training?: boolean;
  /** Stream to draw the mask from; the program's `dropout` stream by default. */
  generator?: Generator;
}

/** Options of {@link dropout}. */
export interface DropoutOptions extends MaskOptions {
  /** Shape of the mask: it broadcasts to the input's shape. That shape by default: elements fall one by one. */
  mask?: Shape;
}

/** What can go wrong with a shape, for the error message. */
type Fits = (shape: Shape) => readonly number[] | string;

function masked(op: string, x: Tensor, p: number, { training = true, generator }: MaskOptions, maskOf: Fits): Tensor {
  checkP(op, p);
  const mask = maskOf(x.shape);
  if (typeof mask === "string") {
    throw new ShapeError(`Cannot ${op} ${show(x.shape)}: ${mask}`, { op, shapes: [x.shape] });
  }
  if (!training || p === 0) return x;
  return apply(dropoutOp, [x], { p, draw: (generator ?? namedGenerator("dropout")).next(), mask });
}

function checkP(op: string, p: number): void {
  if (!(p >= 0 && p <= 1)) throw new ValueError(`Cannot ${op} with p = ${p}: wanted 0 <= p <= 1`, { op, value: p });
}

/**
 * Sets each element to 0 with probability `p` and multiplies the others by 1 / (1 - p). With a `mask` shape all elements
 * that it does not tell apart share their fate: `[1, batch, features]` drops the same features at every step.
 * @param p probability of dropping, 0.5 by default
 * @throws {ValueError} unless 0 <= p <= 1
 * @throws {ShapeError} when the mask's shape does not broadcast to that of x
 */
export function dropout(x: Tensor, p = 0.5, { mask, ...options }: DropoutOptions = {}): Tensor {
  return masked("dropout", x, p, options, (shape) => {
    if (mask === undefined) return shape;
    const lead = shape.length - mask.length;
    const fits = lead >= 0 && mask.every((size, i) => size === 1 || size === shape[lead + i]);
    return fits ? mask : `a mask ${show(mask)} does not broadcast to it`;
  });
}

/**
 * Drops whole channels.
 * @param x [batch, channels, length], or [channels, length]
 * @throws {ValueError} unless 0 <= p <= 1 @throws {ShapeError} for another number of dims
 */
export function dropout1d(x: Tensor, p = 0.5, options: MaskOptions = {}): Tensor {
  const wanted = "wanted [batch, channels, length] or [channels, length]";
  return masked("dropout1d", x, p, options, (s) => s.length === 2 || s.length === 3 ? [...s.slice(0, -1), 1] : wanted);
}

/**
 * Drops whole planes of [batch, channels, height, width] (or lines of [batch, channels, length]). A matrix counts as
 * [batch, channels] without planes: its elements fall one by one, as in PyTorch.
 * @throws {ValueError} unless 0 <= p <= 1 @throws {ShapeError} for less than 2 dims
 */
export function dropout2d(x: Tensor, p = 0.5, options: MaskOptions = {}): Tensor {
  const wanted = "wanted [batch, channels, height, width] or [batch, channels]";
  return masked("dropout2d", x, p, options, (s) => s.length < 2 ? wanted : s.map((size, d) => d < 2 ? size : 1));
}

/**
 * One mask for all steps of time (variational dropout): what is dropped for a sample is dropped at every step.
 * @param x [time, batch, features], or [batch, time, features] with `batchFirst`
 * @throws {ValueError} unless 0 <= p <= 1 @throws {ShapeError} unless x has 3 dims
 */
export function lockedDropout(
  x: Tensor,
  p = 0.5,
  { batchFirst = false, ...options }: MaskOptions & { batchFirst?: boolean } = {},
): Tensor {
  const wanted = `wanted ${batchFirst ? "[batch, time, features]" : "[time, batch, features]"}`,
    time = batchFirst ? 1 : 0;
  return masked("lockedDropout", x, p, options, (s) => s.length === 3 ? s.with(time, 1) : wanted);
}

/**
 * Looks ids up in a table of which whole rows are dropped, the same ones for the whole batch; the other rows are
 * multiplied by 1 / (1 - p). Element v of the mask belongs to row v. No copy of the table is made.
 * @param ids i32, any shape [...] @param weight [rows, features] @param p probability of dropping a row, 0.1 by default
 * @param options `paddingIdx`: a row that gets no gradient
 * @returns [..., features]
 * @throws {ValueError} unless 0 <= p <= 1 @throws {IndexError} for an id outside the table
 */
export function embeddingDropout(
  ids: Tensor<"i32">,
  weight: Tensor,
  p = 0.1,
  { paddingIdx, training = true, generator }: MaskOptions & { paddingIdx?: number | null } = {},
): Tensor {
  checkP("embeddingDropout", p);
  const rows = embedding(ids, weight, { paddingIdx });
  if (!training || p === 0) return rows;
  const draw = (generator ?? namedGenerator("dropout")).next();
  return mul(rows, apply(factorsOp, [ids as unknown as Tensor], { p, draw }));
}
