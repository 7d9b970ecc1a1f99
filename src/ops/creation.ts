/**
 * Making tensors: from host data, filled, counted, drawn.
 * @module
 */
import { DTypeError, ShapeError, ValueError } from "../errors.ts";
import { getDevice } from "../gpu/default.ts";
import type { Device } from "../gpu/device.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import type { ValueRange } from "../gpu/storage.ts";
import { checkDType, type DType, isFloat, type NestedArray, toWords } from "../tensor/dtype.ts";
import { type Generator, generator as namedGenerator } from "../tensor/random.ts";
import { checkShape, inferShape, type Shape, show } from "../tensor/shape.ts";
import { type AnyTensor, empty as emptyOn, type Tensor } from "../tensor/tensor.ts";
import { rememberIds } from "./host_ids.ts";
import { groups, part, ranges } from "./launch.ts";
import * as draw from "./random.ts";

/** Options that every creation function takes. */
export interface TensorOptions<D extends DType = DType> {
  /** Element type, f32 by default. */
  dtype?: D;
  /** Whether `backward()` accumulates into its `.grad`. Default false. */
  requiresGrad?: boolean;
  /** Device, the default one by default. */
  device?: Device;
}

/** Layout of flat data. */
export interface ShapeOption {
  /** Sizes; one may be -1. The data's own shape by default. */
  shape?: Shape;
}

/** Options of the functions that draw random numbers. */
export interface RandomOptions extends TensorOptions<"f32"> {
  /** Stream to draw from; the program's own by default. */
  generator?: Generator;
}

/** What {@link tensor} takes: numbers or booleans, nested or in a typed array. */
export type TensorData = NestedArray | ArrayLike<number> | ArrayLike<boolean>;

function finish<D extends DType>(t: Tensor<D>, options: TensorOptions): Tensor<D> {
  if (options.requiresGrad) t.requiresGrad_();
  return t;
}

/**
 * A tensor with the given values.
 * @param data a number, nested arrays of equal lengths, or a flat typed array
 * @param options `shape` lays a flat array out (one size may be -1); `dtype` defaults to bool for booleans, to i32 and
 * u32 for Int32Array and Uint32Array, to f32 otherwise
 * @throws {ShapeError} for ragged or empty arrays
 * @throws {ValueError} for values that an integer dtype cannot hold
 */
export function tensor<D extends DType>(
  data: TensorData,
  options: TensorOptions<D> & ShapeOption & { dtype: D },
): Tensor<D>;
/** An i32 tensor of an Int32Array. */
export function tensor(data: Int32Array, options?: TensorOptions<"i32"> & ShapeOption): Tensor<"i32">;
/** A u32 tensor of a Uint32Array. */
export function tensor(data: Uint32Array, options?: TensorOptions<"u32"> & ShapeOption): Tensor<"u32">;
/** A bool tensor of booleans. */
export function tensor(data: NestedArray<boolean>, options?: TensorOptions<"bool"> & ShapeOption): Tensor<"bool">;
/** An f32 tensor of numbers. */
export function tensor(data: TensorData, options?: TensorOptions<"f32"> & ShapeOption): Tensor;
export function tensor(data: TensorData, options: TensorOptions & ShapeOption = {}): AnyTensor {
  const device = options.device ?? getDevice("make a tensor");
  const flat: (number | boolean)[] = [];
  let found: number[], values: ArrayLike<number | boolean> = flat;
  if (ArrayBuffer.isView(data)) {
    values = data as unknown as ArrayLike<number>;
    found = [values.length];
  } else found = flatten(data as NestedArray, flat, 0);
  const dtype = options.dtype ?? guess(data, flat);
  const shape = options.shape ? inferShape(options.shape, found, "tensor", "shape tensor") : found;
  checkShape(shape, "tensor", "make a tensor of shape");
  checkDType(dtype, "tensor");
  const t = emptyOn(device, shape, dtype);
  const words = toWords(values, dtype);
  if (!isFloat(dtype)) t.storage.range = checkIntegers(values, dtype);
  device.upload(t.storage, words);
  rememberIds(t.storage, words);
  return finish(t, options);
}

function flatten(data: NestedArray, out: (number | boolean)[], depth: number): number[] {
  if (!Array.isArray(data)) {
    if (typeof data !== "number" && typeof data !== "boolean") {
      throw new DTypeError(
        `Cannot make a tensor of ${data === null ? "null" : typeof data}: wanted numbers or booleans`,
        { op: "tensor", value: data },
      );
    }
    out.push(data);
    return [];
  }
  let inner: number[] | null = null;
  for (const item of data as readonly NestedArray[]) {
    const shape = flatten(item, out, depth + 1);
    if (inner && (inner.length !== shape.length || inner.some((size, i) => size !== shape[i]))) {
      throw new ShapeError(
        `Cannot make a tensor of ragged arrays: ${show(inner)} beside ${show(shape)} at depth ${depth + 1}`,
        { op: "tensor", shapes: [inner, shape] },
      );
    }
    inner = shape;
  }
  return [data.length, ...(inner ?? [])];
}

function guess(data: TensorData, flat: readonly (number | boolean)[]): DType {
  if (data instanceof Int32Array) return "i32";
  if (data instanceof Uint32Array) return "u32";
  return typeof flat[0] === "boolean" ? "bool" : "f32";
}

/** Range of integer values and where its ends stand, or an error naming the first that does not fit. */
function checkIntegers(values: ArrayLike<number | boolean>, dtype: DType): ValueRange {
  const [low, high] = dtype === "i32" ? [-(2 ** 31), 2 ** 31 - 1] : dtype === "u32" ? [0, 2 ** 32 - 1] : [0, 1];
  let min = Infinity, max = -Infinity, minAt = 0, maxAt = 0;
  for (let i = 0; i < values.length; i++) {
    const v = Number(values[i]);
    if (!(v >= low && v <= high) || v !== Math.trunc(v)) {
      throw new ValueError(
        `Cannot make a ${dtype} tensor: value ${v} at position ${i} is not an integer from ${low} to ${high}`,
        { op: "tensor", value: v, position: i },
      );
    }
    if (v < min) [min, minAt] = [v, i];
    if (v > max) [max, maxAt] = [v, i];
  }
  return [min, max, minAt, maxAt];
}

/** A tensor filled with one value. */
export function full<D extends DType = "f32">(
  shape: Shape,
  value: number | boolean,
  options: TensorOptions<D> = {},
): Tensor<D> {
  checkShape(shape, "full", "fill a tensor of shape");
  const dtype = (options.dtype ?? (typeof value === "boolean" ? "bool" : "f32")) as D;
  checkDType(dtype, "full");
  const device = options.device ?? getDevice("fill a tensor");
  if (!isFloat(dtype)) checkIntegers([value], dtype);
  const t = emptyOn(device, shape, dtype);
  if (!isFloat(dtype)) t.storage.range = [Number(value), Number(value)];
  fillValue(t, value);
  return finish(t, options);
}

/** Writes one value into every element of a dense tensor with memory of its own. */
export function fillValue(t: AnyTensor, value: number | boolean): void {
  fillBits(t, new Uint32Array(toWords([value, value], t.dtype).buffer)[0]);
}

/** Writes one 32-bit pattern into every word of a dense tensor; f16 has two elements in a word. */
export function fillBits(t: AnyTensor, bits: number): void {
  for (const [start, count] of ranges(t.device, t.numel)) {
    const n = t.dtype === "f16" ? Math.ceil(count / 2) : count;
    t.device.recorder.dispatch(kernels.fill.bits, { out: part(t, start, count) }, { n, bits }, {
      workgroups: groups(n),
    });
  }
}

/** Zeros. */
export function zeros<D extends DType = "f32">(shape: Shape, options: TensorOptions<D> = {}): Tensor<D> {
  return full(shape, 0, options);
}

/** Ones. */
export function ones<D extends DType = "f32">(shape: Shape, options: TensorOptions<D> = {}): Tensor<D> {
  return full(shape, 1, options);
}

/** Zeros of another tensor's shape, dtype and device. */
export function zerosLike<D extends DType>(t: Tensor<D>, options: TensorOptions<D> = {}): Tensor<D> {
  return full(t.shape, 0, { dtype: t.dtype, device: t.device, ...options });
}

/** Ones of another tensor's shape, dtype and device. */
export function onesLike<D extends DType>(t: Tensor<D>, options: TensorOptions<D> = {}): Tensor<D> {
  return full(t.shape, 1, { dtype: t.dtype, device: t.device, ...options });
}

/** One value in another tensor's shape, dtype and device. */
export function fullLike<D extends DType>(
  t: Tensor<D>,
  value: number | boolean,
  options: TensorOptions<D> = {},
): Tensor<D> {
  return full(t.shape, value, { dtype: t.dtype, device: t.device, ...options });
}

/**
 * start, start + step, ... below `end` (above it for a negative step). `arange(n)` counts from 0.
 * @param options dtype i32 by default when all three are integers, f32 otherwise
 */
export function arange<D extends DType = "i32">(
  start: number,
  end?: number,
  step = 1,
  options: TensorOptions<D> = {},
): Tensor<D> {
  const [from, to] = end === undefined ? [0, start] : [start, end];
  const n = Math.ceil((to - from) / step);
  if (!Number.isFinite(n) || n < 1) {
    throw new ValueError(`Cannot arange from ${from} to ${to} by ${step}: that gives no elements`, {
      op: "arange",
      value: [from, to, step],
    });
  }
  const integers = [from, to, step].every(Number.isInteger);
  const values = Float64Array.from({ length: n }, (_, i) => from + i * step);
  return tensor(values, { ...options, dtype: (options.dtype ?? (integers ? "i32" : "f32")) as D });
}

/** `steps` evenly spaced f32 values from `start` to `end`, both included. */
export function linspace(start: number, end: number, steps: number, options: TensorOptions<"f32"> = {}): Tensor {
  checkShape([steps], "linspace", "make a linspace of shape");
  return tensor(
    Float64Array.from({ length: steps }, (_, i) => steps === 1 ? start : start + (end - start) * i / (steps - 1)),
    { ...options, dtype: "f32" },
  );
}

/** Ones on the diagonal of an [n, m] matrix. */
export function eye(n: number, m: number = n, options: TensorOptions<"f32"> = {}): Tensor {
  checkShape([n, m], "eye", "make an eye of shape");
  const values = new Float32Array(n * m);
  for (let i = 0; i < Math.min(n, m); i++) values[i * m + i] = 1;
  return tensor(values, { ...options, shape: [n, m], dtype: "f32" });
}

/** Uniform in [0, 1). */
export function rand(shape: Shape, options: RandomOptions = {}): Tensor {
  checkShape(shape, "rand", "draw a tensor of shape");
  const device = options.device ?? getDevice("draw a tensor");
  return finish(draw.uniform(device, shape, (options.generator ?? namedGenerator()).next(), 0, 1), options);
}

/** Standard normal. */
export function randn(shape: Shape, options: RandomOptions = {}): Tensor {
  checkShape(shape, "randn", "draw a tensor of shape");
  const device = options.device ?? getDevice("draw a tensor");
  return finish(draw.normal(device, shape, (options.generator ?? namedGenerator()).next(), 0, 1), options);
}

/** Integers from `low` to `high - 1`, as i32. */
export function randint(
  low: number,
  high: number,
  shape: Shape,
  options: Omit<RandomOptions, "dtype" | "requiresGrad"> = {},
): Tensor<"i32"> {
  checkShape(shape, "randint", "draw a tensor of shape");
  if (!Number.isInteger(low) || !Number.isInteger(high) || high <= low) {
    throw new ValueError(`Cannot draw integers from ${low} to ${high}: wanted integers with low < high`, {
      op: "randint",
      value: [low, high],
    });
  }
  const t = draw.randint(
    options.device ?? getDevice("draw a tensor"),
    shape,
    (options.generator ?? namedGenerator()).next(),
    low,
    high,
  );
  t.storage.range = [low, high - 1];
  return t;
}

/** A random order of 0..n-1, as i32. */
export function randperm(n: number, options: Omit<RandomOptions, "dtype" | "requiresGrad"> = {}): Tensor<"i32"> {
  checkShape([n], "randperm", "draw a permutation of shape");
  return tensor((options.generator ?? namedGenerator()).permutation(n), { device: options.device, dtype: "i32" });
}

/**
 * 1 with probability `p`, else 0, as f32.
 * @throws {ValueError} unless 0 <= p <= 1
 */
export function bernoulli(shape: Shape, p: number, options: RandomOptions = {}): Tensor {
  checkShape(shape, "bernoulli", "draw a tensor of shape");
  if (!(p >= 0 && p <= 1)) {
    throw new ValueError(`Cannot draw bernoulli with p = ${p}: wanted 0 <= p <= 1`, { op: "bernoulli", value: p });
  }
  const device = options.device ?? getDevice("draw a tensor");
  return finish(draw.bernoulli(device, shape, (options.generator ?? namedGenerator()).next(), p), options);
}
