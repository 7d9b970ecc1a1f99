/**
 * Random tensors on the GPU. Element i of a draw is word i mod 4 of Philox4x32-10 with counter (i div 4, call, stream)
 * and the seed as key, so a value depends only on (seed, stream, call, element). The `...Into` forms fill a tensor that
 * is already there.
 * @module
 */
import { StateError } from "../errors.ts";
import type { Device } from "../gpu/device.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import type { Draw } from "../tensor/random.ts";
import { type Shape, show } from "../tensor/shape.ts";
import { type AnyTensor, empty, type Tensor } from "../tensor/tensor.ts";
import { ALIGN, groups, part, ranges, run } from "./launch.ts";

/** Counter and key of a draw as kernels take them; `block` is the number of the first block of four. */
export function drawParams(
  { seed, stream, call }: Draw,
  block = 0,
): { counter: readonly number[]; key: readonly number[] } {
  return { counter: [block, call[0], call[1], stream], key: seed };
}

interface Numbers {
  lo?: number;
  a?: number;
  b?: number;
  c?: number;
  size?: number;
}

type Params = Required<Numbers> & { counter: readonly number[]; key: readonly number[]; n: number };

const OUTPUT = { bits: "words", floats: "out", normal: "out", bernoulli: "out", randint: "integers" } as const;

function fill(
  t: AnyTensor,
  entry: keyof typeof OUTPUT,
  draw: Draw,
  { lo = 0, a = 0, b = 0, c = 0, size = 0 }: Numbers,
): void {
  if (!t.isContiguous || t.byteOffset % ALIGN !== 0) {
    throw new StateError(
      `Cannot draw into tensor ${show(t.shape)} in place: it is a view; draw a new tensor and copy it`,
      { op: entry, shapes: [t.shape] },
    );
  }
  const kernel = kernels.random[entry] as unknown as Kernel<string, Params>;
  for (const [start, n] of ranges(t.device, t.numel)) {
    run(t.device, kernel, { [OUTPUT[entry]]: part(t, start, n) }, {
      ...drawParams(draw, start / 4),
      n,
      lo,
      a,
      b,
      c,
      size,
    }, {
      workgroups: groups(Math.ceil(n / 4)),
    });
  }
  t.storage.version++;
  t.storage.range = null;
}

function fresh<T extends AnyTensor>(t: T, write: (t: T) => void): T {
  write(t);
  t.storage.version = 0;
  return t;
}

/** The 32-bit words of a draw. */
export function words(device: Device, shape: Shape, draw: Draw): Tensor<"u32"> {
  return fresh(empty(device, shape, "u32"), (t) => fill(t, "bits", draw, {}));
}

/** Uniform in [lo, hi): `lo + (hi - lo) u` with u a multiple of 2^-24, below `hi` also after rounding. */
export function uniform(device: Device, shape: Shape, draw: Draw, lo: number, hi: number): Tensor {
  return fresh(empty(device, shape, "f32"), (t) => uniformInto(t, draw, lo, hi));
}

/** Fills a dense f32 tensor as {@link uniform}. @throws {StateError} for a view that is not dense */
export function uniformInto(t: Tensor, draw: Draw, lo: number, hi: number): void {
  const a = Math.fround(lo), end = Math.fround(hi);
  fill(t, "floats", draw, { a, b: Math.fround(hi - lo), c: end > a ? below(end) : end });
}

/** Normal with mean and standard deviation: pairs of Box and Muller over words (0, 1) and (2, 3) of each block. */
export function normal(device: Device, shape: Shape, draw: Draw, mean: number, std: number): Tensor {
  return fresh(empty(device, shape, "f32"), (t) => normalInto(t, draw, mean, std));
}

/** Fills a dense f32 tensor as {@link normal}. @throws {StateError} for a view that is not dense */
export function normalInto(t: Tensor, draw: Draw, mean: number, std: number): void {
  fill(t, "normal", draw, { a: mean, b: std });
}

/** 1 with probability `p`, else 0, as f32. */
export function bernoulli(device: Device, shape: Shape, draw: Draw, p: number): Tensor {
  return fresh(empty(device, shape, "f32"), (t) => bernoulliInto(t, draw, p));
}

/** Fills a dense f32 tensor as {@link bernoulli}. @throws {StateError} for a view that is not dense */
export function bernoulliInto(t: Tensor, draw: Draw, p: number): void {
  fill(t, "bernoulli", draw, { a: p });
}

/** Integers from `lo` to `hi - 1`, as i32; all equally likely up to (hi - lo) / 2^32. */
export function randint(device: Device, shape: Shape, draw: Draw, lo: number, hi: number): Tensor<"i32"> {
  return fresh(empty(device, shape, "i32"), (t) => randintInto(t, draw, lo, hi));
}

/** Fills a dense i32 tensor as {@link randint}. @throws {StateError} for a view that is not dense */
export function randintInto(t: Tensor<"i32">, draw: Draw, lo: number, hi: number): void {
  fill(t, "randint", draw, { lo, size: (hi - lo) % 2 ** 32 });
}

/** The largest float below `x`. */
function below(x: number): number {
  const bits = new Int32Array(1), float = new Float32Array(bits.buffer);
  float[0] = x;
  if (x === 0) return -(2 ** -149);
  bits[0] += x > 0 ? -1 : 1;
  return float[0];
}
