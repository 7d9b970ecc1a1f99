/**
 * HostTensor: a float64 array on the host that every operation also works on. It is the oracle of the tests: an op's
 * `reference` (or its composite, run on HostTensors) is compared with the GPU, and its central differences with the
 * GPU's gradients. Speed does not matter here, plainness does.
 * @module
 */
import { broadcastShapes, broadcastStrides, contiguousStrides, numel, type Shape } from "../tensor/shape.ts";
import type { DType } from "../tensor/dtype.ts";

/** A dense row-major float64 array with a shape. Integers and booleans are numbers in it too. */
export class HostTensor {
  /** Size per dimension. */
  readonly shape: Shape;
  /** Elements in row-major order. */
  readonly values: Float64Array;
  /** Element type of the tensor it stands for. */
  readonly dtype: DType;

  /** @param shape sizes @param values elements, zeros by default */
  constructor(shape: Shape, values: ArrayLike<number> = new Float64Array(numel(shape)), dtype: DType = "f32") {
    this.shape = [...shape];
    this.values = Float64Array.from(values);
    this.dtype = dtype;
    if (this.values.length !== numel(shape)) {
      throw new RangeError(`HostTensor: ${this.values.length} values for shape [${shape}]`);
    }
  }

  /** Number of elements. */
  get numel(): number {
    return this.values.length;
  }

  /** Number of dimensions. */
  get ndim(): number {
    return this.shape.length;
  }

  /** Never: gradients of HostTensors are taken by differences. */
  get requiresGrad(): boolean {
    return false;
  }
}

/** Elementwise function of one tensor. */
export function hostMap(x: HostTensor, fn: (v: number, i: number) => number, dtype: DType = x.dtype): HostTensor {
  return new HostTensor(x.shape, x.values.map(fn), dtype);
}

/** Elementwise function of several tensors with broadcasting. */
export function hostZip(
  xs: readonly HostTensor[],
  fn: (...v: number[]) => number,
  dtype: DType = xs[0].dtype,
): HostTensor {
  const shape = broadcastShapes(xs.map((x) => x.shape), "hostZip");
  const all = xs.map((x) => hostExpand(x, shape).values);
  return new HostTensor(
    shape,
    Float64Array.from({ length: numel(shape) }, (_, i) => fn(...all.map((v) => v[i]))),
    dtype,
  );
}

/** A tensor repeated to a shape it broadcasts to. */
export function hostExpand(x: HostTensor, shape: Shape): HostTensor {
  return hostStrided(x, shape, broadcastStrides(x.shape, contiguousStrides(x.shape), shape), 0);
}

/** Reads elements by strides, as a view would. */
export function hostStrided(x: HostTensor, shape: Shape, strides: readonly number[], offset: number): HostTensor {
  const out = new HostTensor(shape, undefined, x.dtype);
  forEachIndex(shape, (index, i) => {
    let at = offset;
    for (let d = 0; d < index.length; d++) at += index[d] * strides[d];
    out.values[i] = x.values[at];
  });
  return out;
}

/** Calls `fn` with every index of a shape in row-major order; the array is reused. */
export function forEachIndex(shape: Shape, fn: (index: number[], i: number) => void): void {
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0, n = numel(shape); i < n; i++) {
    fn(index, i);
    for (let d = shape.length - 1; d >= 0 && ++index[d] === shape[d]; d--) index[d] = 0;
  }
}

/** Reduces dims by a function of the values along them (in row-major order). */
export function hostReduce(
  x: HostTensor,
  dims: readonly number[],
  keepdim: boolean,
  fn: (values: number[]) => number,
  dtype: DType = x.dtype,
): HostTensor {
  const kept = x.shape.map((size, i) => dims.includes(i) ? 1 : size), strides = contiguousStrides(kept);
  const groups: number[][] = Array.from({ length: numel(kept) }, () => []);
  forEachIndex(x.shape, (index, i) => {
    let at = 0;
    for (let d = 0; d < index.length; d++) if (!dims.includes(d)) at += index[d] * strides[d];
    groups[at].push(x.values[i]);
  });
  return new HostTensor(keepdim ? kept : x.shape.filter((_, i) => !dims.includes(i)), groups.map(fn), dtype);
}
