/**
 * Initialisers with PyTorch's names and formulas. They overwrite a tensor in place and return it; random ones draw from
 * the program's stream "init" (or a generator that is given), so initial weights depend on the seed and the order of
 * construction only.
 * @module
 */
import { noGrad } from "../autograd/mode.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { copy_, fill_ } from "../ops/inplace.ts";
import { normalInto, uniformInto } from "../ops/random.ts";
import { type Generator, generator as streamOf } from "../tensor/random.ts";
import { show } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Where a random initialiser draws from. */
export interface DrawOptions {
  /** Generator; the program's stream "init" by default. */
  generator?: Generator;
}

/** Nonlinearities that {@link calculateGain} knows. */
export type Nonlinearity = "linear" | "sigmoid" | "tanh" | "relu" | "leakyRelu" | "selu";

/** Options of the Kaiming initialisers. */
export interface KaimingOptions extends DrawOptions {
  /** Negative slope of a leaky ReLU. Default 0. */
  a?: number;
  /** `"fanIn"` keeps the size of activations, `"fanOut"` that of gradients. Default `"fanIn"`. */
  mode?: "fanIn" | "fanOut";
  /** What follows the layer. Default `"leakyRelu"`. */
  nonlinearity?: Nonlinearity;
}

const stream = ({ generator }: DrawOptions): Generator => generator ?? streamOf("init");

/**
 * Uniform in [a, b), by default [0, 1).
 * @throws {ValueError} unless a and b are finite and a <= b
 */
export function uniform_<T extends Tensor>(
  t: T,
  { a = 0, b = 1, ...draw }: DrawOptions & { a?: number; b?: number } = {},
): T {
  if (!Number.isFinite(a) || !Number.isFinite(b) || a > b) {
    throw new ValueError(`Cannot init uniform_ from ${a} to ${b}: wanted finite numbers with a <= b`, {
      op: "uniform_",
      value: [a, b],
    });
  }
  uniformInto(t, stream(draw).next(), a, b);
  return t;
}

/**
 * Normal, by default of mean 0 and standard deviation 1.
 * @throws {ValueError} unless both are finite and std is not negative
 */
export function normal_<T extends Tensor>(
  t: T,
  { mean = 0, std = 1, ...draw }: DrawOptions & { mean?: number; std?: number } = {},
): T {
  if (!Number.isFinite(mean) || !Number.isFinite(std) || std < 0) {
    throw new ValueError(
      `Cannot init normal_ with mean ${mean} and std ${std}: wanted finite numbers, std at least 0`,
      {
        op: "normal_",
        value: [mean, std],
      },
    );
  }
  normalInto(t, stream(draw).next(), mean, std);
  return t;
}

/** One value everywhere. */
export function constant_<T extends Tensor>(t: T, value: number): T {
  noGrad(() => void fill_(t, value));
  return t;
}

/** Zeros. */
export function zeros_<T extends Tensor>(t: T): T {
  return constant_(t, 0);
}

/** Ones. */
export function ones_<T extends Tensor>(t: T): T {
  return constant_(t, 1);
}

/**
 * The factor by which a nonlinearity shrinks signals.
 * @param param negative slope for `"leakyRelu"`, 0.01 by default
 */
export function calculateGain(nonlinearity: Nonlinearity, param = 0.01): number {
  switch (nonlinearity) {
    case "linear":
    case "sigmoid":
      return 1;
    case "tanh":
      return 5 / 3;
    case "relu":
      return Math.SQRT2;
    case "leakyRelu":
      return Math.sqrt(2 / (1 + param * param));
    case "selu":
      return 3 / 4;
    default:
      nonlinearity satisfies never;
      throw new ValueError(`Cannot calculate the gain of "${nonlinearity}": it is not a known nonlinearity`, {
        op: "calculateGain",
        value: nonlinearity,
      });
  }
}

/**
 * Numbers of inputs and outputs of a weight [out, in, ...].
 * @throws {ShapeError} for fewer than two dims
 */
export function calculateFanInAndFanOut(t: Tensor): [fanIn: number, fanOut: number] {
  if (t.ndim < 2) {
    throw new ShapeError(`Cannot find the fans of a tensor ${show(t.shape)}: it needs at least 2 dims`, {
      op: "init",
      shapes: [t.shape],
    });
  }
  const field = t.numel / (t.shape[0] * t.shape[1]);
  return [t.shape[1] * field, t.shape[0] * field];
}

/**
 * Uniform within `gain * sqrt(6 / (fanIn + fanOut))`. Glorot, Bengio: Understanding the difficulty of training deep
 * feedforward neural networks (2010).
 */
export function xavierUniform_<T extends Tensor>(t: T, { gain = 1, ...draw }: DrawOptions & { gain?: number } = {}): T {
  const [fanIn, fanOut] = calculateFanInAndFanOut(t), bound = gain * Math.sqrt(6 / (fanIn + fanOut));
  return uniform_(t, { a: -bound, b: bound, ...draw });
}

/** Normal with standard deviation `gain * sqrt(2 / (fanIn + fanOut))`. */
export function xavierNormal_<T extends Tensor>(t: T, { gain = 1, ...draw }: DrawOptions & { gain?: number } = {}): T {
  const [fanIn, fanOut] = calculateFanInAndFanOut(t);
  return normal_(t, { std: gain * Math.sqrt(2 / (fanIn + fanOut)), ...draw });
}

/**
 * Uniform within `gain * sqrt(3 / fan)`. He and others: Delving deep into rectifiers (2015).
 */
export function kaimingUniform_<T extends Tensor>(t: T, options: KaimingOptions = {}): T {
  const bound = Math.sqrt(3) * kaimingStd(t, options);
  return uniform_(t, { a: -bound, b: bound, generator: options.generator });
}

/** Normal with standard deviation `gain / sqrt(fan)`. */
export function kaimingNormal_<T extends Tensor>(t: T, options: KaimingOptions = {}): T {
  return normal_(t, { std: kaimingStd(t, options), generator: options.generator });
}

function kaimingStd(t: Tensor, { a = 0, mode = "fanIn", nonlinearity = "leakyRelu" }: KaimingOptions): number {
  if (mode !== "fanIn" && mode !== "fanOut") {
    throw new ValueError(`Cannot init with mode "${mode}": wanted "fanIn" or "fanOut"`, {
      op: "kaiming_",
      value: mode,
    });
  }
  const fan = calculateFanInAndFanOut(t)[mode === "fanIn" ? 0 : 1];
  return calculateGain(nonlinearity, a) / Math.sqrt(fan);
}

/**
 * A (semi-)orthogonal matrix times `gain`: of [rows, rest] the shorter side is orthonormal. Computed on the host in
 * float64. Saxe and others: Exact solutions to the nonlinear dynamics of learning in deep linear neural networks (2013).
 * @throws {ShapeError} for fewer than two dims
 */
export function orthogonal_<T extends Tensor>(t: T, { gain = 1, ...draw }: DrawOptions & { gain?: number } = {}): T {
  calculateFanInAndFanOut(t);
  const rows = t.shape[0], columns = t.numel / rows;
  const count = Math.min(rows, columns), length = Math.max(rows, columns);
  const vectors = orthonormal(count, length, stream(draw));
  const values = new Float32Array(t.numel);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < length; j++) values[rows < columns ? i * columns + j : j * columns + i] = gain * vectors[i][j];
  }
  noGrad(() => void copy_(t, values));
  return t;
}

/** Normal vectors made orthonormal by Gram and Schmidt, twice over because once loses digits. */
function orthonormal(count: number, length: number, g: Generator): Float64Array[] {
  const u = g.uniform(2 * count * length), vectors: Float64Array[] = [];
  for (let i = 0; i < count; i++) {
    const v = new Float64Array(length);
    for (let j = 0; j < length; j++) {
      const at = 2 * (i * length + j);
      v[j] = Math.sqrt(-2 * Math.log(1 - u[at])) * Math.cos(2 * Math.PI * u[at + 1]);
    }
    for (let pass = 0; pass < 2; pass++) {
      for (const w of vectors) {
        const along = dot(v, w);
        for (let j = 0; j < length; j++) v[j] -= along * w[j];
      }
    }
    const norm = Math.sqrt(dot(v, v));
    vectors.push(v.map((x) => x / norm));
  }
  return vectors;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
