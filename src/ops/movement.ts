/**
 * Views: reshape, permute, expand, slice, split and what is made of them. They share memory with their input; nothing is
 * copied until a kernel needs dense rows.
 * @module
 */
import { IndexError, ShapeError, ValueError } from "../errors.ts";
import type { DType } from "../tensor/dtype.ts";
import {
  broadcastDims,
  broadcastStrides,
  checkShape,
  contiguousStrides,
  inferShape,
  normalizeDim,
  sameShape,
  type Shape,
  show,
  viewStrides,
} from "../tensor/shape.ts";
import { alias, type AnyTensor, empty, type Tensor } from "../tensor/tensor.ts";
import { fillBits } from "./creation.ts";
import { apply, defineOp, type Op } from "./define.ts";
import { forEachIndex, hostExpand, hostStrided, HostTensor } from "./host.ts";
import { copyStrided, writeStrided } from "./launch.ts";
import { sumTo } from "./sum.ts";

const reshapeOp = defineOp<{ shape: Shape }>({
  name: "reshape",
  half: "native",
  forward(_, [x], { shape }) {
    const strides = viewStrides(x.shape, x.strides, shape);
    if (strides) return alias(x, shape, strides);
    return alias(copyStrided(x) as Tensor, shape, contiguousStrides(shape), 0);
  },
  backward: ({ shapes }, [g]) => [reshape(g!, shapes[0])],
  reference: ([x], { shape }) => new HostTensor(shape, x.values, x.dtype),
  samples: [
    { inputs: [{ shape: [2, 3, 4] }], attrs: { shape: [6, 4] } },
    { inputs: [{ shape: [7] }], attrs: { shape: [1, 7, 1] } },
  ],
});

/**
 * The same elements in another shape; a view where the memory allows it, else a copy.
 * @param shape sizes; one may be -1
 * @throws {ShapeError} when the element counts differ
 */
export function reshape<D extends DType>(x: Tensor<D>, shape: Shape): Tensor<D> {
  const to = inferShape(shape, x.shape, "reshape");
  return apply(reshapeOp, [x as AnyTensor], { shape: to }) as unknown as Tensor<D>;
}

/** {@link reshape} that never copies. @throws {ShapeError} where a copy would be needed */
export function view<D extends DType>(x: Tensor<D>, shape: Shape): Tensor<D> {
  const to = inferShape(shape, x.shape, "view");
  if (!viewStrides(x.shape, x.strides ?? contiguousStrides(x.shape), to)) {
    throw new ShapeError(
      `Cannot view ${show(x.shape)} as ${show(to)}: its elements are not laid out so (strides ${
        show(x.strides)
      }); use reshape`,
      { op: "view", shapes: [x.shape, to] },
    );
  }
  return reshape(x, to);
}

/** Merges dims `start` to `end` (both included; all by default). */
export function flatten<D extends DType>(x: Tensor<D>, start = 0, end = -1): Tensor<D> {
  const a = normalizeDim(start, x.shape.length, "flatten"), b = normalizeDim(end, x.shape.length, "flatten");
  if (a > b) {
    throw new IndexError(
      `Cannot flatten ${show(x.shape)} from dim ${a} to ${b}: the first must not be behind the last`,
      { op: "flatten", shapes: [x.shape] },
    );
  }
  return reshape(x, [...x.shape.slice(0, a), -1, ...x.shape.slice(b + 1)]);
}

/** Drops a dim of size 1 (all of them by default). A dim of another size stays, as in PyTorch. */
export function squeeze<D extends DType>(x: Tensor<D>, dim?: number): Tensor<D> {
  const at = dim === undefined ? -1 : normalizeDim(dim, x.shape.length, "squeeze");
  return reshape(x, x.shape.filter((size, i) => size !== 1 || (at >= 0 && i !== at)));
}

/** Inserts a dim of size 1. */
export function unsqueeze<D extends DType>(x: Tensor<D>, dim: number): Tensor<D> {
  const at = normalizeDim(dim, x.shape.length + 1, "unsqueeze");
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

const permuteOp = defineOp<{ dims: readonly number[] }>({
  name: "permute",
  half: "native",
  forward: (_, [x], { dims }) => alias(x, dims.map((d) => x.shape[d]), dims.map((d) => x.strides[d])),
  backward: (_, [g], { dims }) => [permute(g!, dims.map((_, i) => dims.indexOf(i)))],
  reference([x], { dims }) {
    const strides = contiguousStrides(x.shape);
    return hostStrided(x, dims.map((d) => x.shape[d]), dims.map((d) => strides[d]), 0);
  },
  samples: [
    { inputs: [{ shape: [3, 7] }], attrs: { dims: [1, 0] } },
    { inputs: [{ shape: [2, 3, 5] }], attrs: { dims: [2, 0, 1] } },
  ],
});

/** Reorders dims. @throws {IndexError} unless `dims` names every dim once */
export function permute<D extends DType>(x: Tensor<D>, dims: readonly number[]): Tensor<D> {
  const list = dims.map((d) => normalizeDim(d, x.shape.length, "permute"));
  if (list.length !== x.shape.length || new Set(list).size !== list.length) {
    throw new IndexError(`Cannot permute ${show(x.shape)} by ${show(dims)}: every dim must appear once`, {
      op: "permute",
      shapes: [x.shape],
      value: dims,
    });
  }
  return apply(permuteOp, [x as AnyTensor], { dims: list }) as unknown as Tensor<D>;
}

/** Swaps two dims (the last two by default). */
export function transpose<D extends DType>(x: Tensor<D>, dim0 = -2, dim1 = -1): Tensor<D> {
  const dims = x.shape.map((_, i) => i),
    a = normalizeDim(dim0, dims.length, "transpose"),
    b = normalizeDim(dim1, dims.length, "transpose");
  [dims[a], dims[b]] = [dims[b], dims[a]];
  return permute(x, dims);
}

const expandOp = defineOp<{ shape: Shape }>({
  name: "expand",
  half: "native",
  forward: (_, [x], { shape }) => alias(x, shape, broadcastStrides(x.shape, x.strides, shape)),
  backward: ({ shapes, createGraph }, [g]) => [sumTo(g!, shapes[0], createGraph)],
  reference: ([x], { shape }) => hostExpand(x, shape),
  samples: [
    { inputs: [{ shape: [3, 1] }], attrs: { shape: [2, 3, 7] } },
    { inputs: [{ shape: [] }], attrs: { shape: [5] } },
  ],
});

/**
 * Repeats sizes of 1 without copying; -1 keeps a size.
 * @throws {ShapeError} for a size that is neither 1 nor the requested one
 */
export function expand<D extends DType>(x: Tensor<D>, shape: Shape): Tensor<D> {
  const lead = shape.length - x.shape.length;
  const to = shape.map((size, i) => size === -1 && i >= lead ? x.shape[i - lead] : size);
  if (lead < 0 || to.some((size, i) => i >= lead && x.shape[i - lead] !== 1 && x.shape[i - lead] !== size)) {
    throw new ShapeError(`Cannot expand ${show(x.shape)} to ${show(shape)}: only sizes of 1 can grow`, {
      op: "expand",
      shapes: [x.shape, shape],
    });
  }
  checkShape(to, "expand", "expand to");
  return sameShape(to, x.shape) ? x : apply(expandOp, [x as AnyTensor], { shape: to }) as unknown as Tensor<D>;
}

/** Tiles the tensor `times[i]` times along each dim; more numbers than dims add dims in front. */
export function repeat<D extends DType>(x: Tensor<D>, times: readonly number[]): Tensor<D> {
  const lead = times.length - x.shape.length;
  if (lead < 0 || times.some((n) => !Number.isInteger(n) || n < 1)) {
    throw new ValueError(
      `Cannot repeat ${show(x.shape)} by ${show(times)}: wanted at least ${x.shape.length} integers of at least 1`,
      { op: "repeat", value: times },
    );
  }
  const sizes = times.map((_, i) => i < lead ? 1 : x.shape[i - lead]);
  const spread = expand(reshape(x, sizes.flatMap((size) => [1, size])), sizes.flatMap((size, i) => [times[i], size]));
  return reshape(spread, sizes.map((size, i) => size * times[i]));
}

interface SliceAttrs {
  starts: readonly number[];
  sizes: readonly number[];
  steps: readonly number[];
}

const sliceOp: Op<SliceAttrs> = defineOp<SliceAttrs>({
  name: "slice",
  half: "native",
  forward: (_, [x], { starts, sizes, steps }) =>
    alias(
      x,
      sizes,
      x.strides.map((s, i) => s * steps[i]),
      x.offset + starts.reduce((n, s, i) => n + s * x.strides[i], 0),
    ),
  backward: ({ shapes }, [g], attrs) => [apply(sliceScatterOp, [g!], { ...attrs, shape: shapes[0] })],
  reference([x], { starts, sizes, steps }) {
    const strides = contiguousStrides(x.shape);
    return hostStrided(
      x,
      sizes,
      strides.map((s, i) => s * steps[i]),
      starts.reduce((n, s, i) => n + s * strides[i], 0),
    );
  },
  samples: [
    { inputs: [{ shape: [7, 5] }], attrs: { starts: [1, 0], sizes: [3, 5], steps: [2, 1] } },
    { inputs: [{ shape: [65] }], attrs: { starts: [64], sizes: [1], steps: [1] } },
  ],
});

// The transpose of slicing: x written into zeros.
const sliceScatterOp: Op<SliceAttrs & { shape: Shape }> = defineOp<SliceAttrs & { shape: Shape }>({
  name: "sliceScatter",
  half: "native",
  forward({ device }, [x], { starts, steps, shape }) {
    const out = empty(device, shape, x.dtype);
    fillBits(out, 0);
    writeStrided(
      x,
      out,
      out.strides.map((s, i) => s * steps[i]),
      starts.reduce((n, s, i) => n + s * out.strides[i], 0),
    );
    return out;
  },
  backward: (_, [g], { starts, sizes, steps }) => [apply(sliceOp, [g!], { starts, sizes, steps })],
  reference([x], { starts, steps, shape }) {
    const out = new HostTensor(shape), strides = contiguousStrides(shape);
    forEachIndex(
      x.shape,
      (index, i) => out.values[index.reduce((n, v, d) => n + (starts[d] + v * steps[d]) * strides[d], 0)] = x.values[i],
    );
    return out;
  },
  samples: [{ inputs: [{ shape: [3, 5] }], attrs: { starts: [1, 0], sizes: [3, 5], steps: [2, 1], shape: [7, 5] } }],
});

/**
 * Elements `start`, `start + step`, ... before `end` along one dim, as a view. Negative positions count from the end,
 * and positions are clamped to the size, as in Python.
 * @throws {ValueError} for a step below 1 @throws {IndexError} when nothing is left
 */
export function slice<D extends DType>(
  x: Tensor<D>,
  dim: number,
  start = 0,
  end: number = Infinity,
  step = 1,
): Tensor<D> {
  const at = normalizeDim(dim, x.shape.length, "slice"), size = x.shape[at];
  if (!Number.isInteger(step) || step < 1) {
    throw new ValueError(
      `Cannot slice ${show(x.shape)} by step ${step}: wanted an integer of at least 1; use flip to go backwards`,
      { op: "slice", value: step },
    );
  }
  const clamp = (v: number) => Math.max(0, Math.min(size, v < 0 ? v + size : v));
  const from = clamp(start), to = clamp(end), count = Math.ceil((to - from) / step);
  if (!(count >= 1)) {
    throw new IndexError(`Cannot slice ${show(x.shape)} from ${start} to ${end} along dim ${at}: nothing is left`, {
      op: "slice",
      shapes: [x.shape],
      value: [start, end],
    });
  }
  if (from === 0 && count === size) return x;
  return apply(sliceOp, [x as AnyTensor], {
    starts: x.shape.map((_, i) => i === at ? from : 0),
    sizes: x.shape.map((s, i) => i === at ? count : s),
    steps: x.shape.map((_, i) => i === at ? step : 1),
  }) as unknown as Tensor<D>;
}

/** One position along a dim, which disappears. @throws {IndexError} outside -size..size-1 */
export function select<D extends DType>(x: Tensor<D>, dim: number, index: number): Tensor<D> {
  const at = normalizeDim(dim, x.shape.length, "select"), size = x.shape[at];
  if (!Number.isInteger(index) || index < -size || index >= size) {
    throw new IndexError(`Cannot select ${index} along dim ${at} of ${show(x.shape)}: wanted ${-size} to ${size - 1}`, {
      op: "select",
      shapes: [x.shape],
      value: index,
    });
  }
  const i = index < 0 ? index + size : index;
  const one = size === 1 ? x : slice(x, at, i, i + 1);
  return reshape(one, x.shape.filter((_, d) => d !== at));
}

/** Pieces of `sizes` (or of one size, the last may be shorter) along a dim, as views. */
export function split<D extends DType>(x: Tensor<D>, sizes: number | readonly number[], dim = 0): Tensor<D>[] {
  const at = normalizeDim(dim, x.shape.length, "split"), total = x.shape[at];
  const list = typeof sizes !== "number"
    ? sizes
    : Array.from({ length: Math.ceil(total / sizes) }, (_, i) => Math.min(sizes, total - i * sizes));
  if (list.length === 0 || list.some((s) => !Number.isInteger(s) || s < 1) || list.reduce((a, b) => a + b) !== total) {
    throw new ShapeError(
      `Cannot split ${show(x.shape)} into ${JSON.stringify(sizes)} along dim ${at}: the sizes must add up to ${total}`,
      { op: "split", shapes: [x.shape], value: sizes },
    );
  }
  let start = 0;
  return list.map((size) => slice(x, at, start, start += size));
}

/** At most `n` pieces of equal size (the last may be shorter) along a dim. */
export function chunk<D extends DType>(x: Tensor<D>, n: number, dim = 0): Tensor<D>[] {
  if (!Number.isInteger(n) || n < 1) {
    throw new ValueError(`Cannot chunk ${show(x.shape)} into ${n} pieces: wanted an integer of at least 1`, {
      op: "chunk",
      value: n,
    });
  }
  return split(x, Math.ceil(x.shape[normalizeDim(dim, x.shape.length, "chunk")] / n), dim);
}

/** Repeats along leading dims so that shapes broadcast; exported for ops that need explicit operands. */
export function broadcastTo<D extends DType>(x: Tensor<D>, shape: Shape): Tensor<D> {
  return broadcastDims(x.shape, shape).length === 0 ? x : expand(x, shape);
}
