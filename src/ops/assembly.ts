/**
 * New tensors out of the elements of others: cat, stack, flip, pad, clone.
 * @module
 */
import { ShapeError, ValueError } from "../errors.ts";
import type { DType } from "../tensor/dtype.ts";
import { contiguousStrides, normalizeDim, sameShape, type Shape, show } from "../tensor/shape.ts";
import { type AnyTensor, empty, type Tensor } from "../tensor/tensor.ts";
import { fillValue } from "./creation.ts";
import { apply, defineOp } from "./define.ts";
import { forEachIndex, hostStrided, HostTensor } from "./host.ts";
import { copyStrided, writeStrided } from "./launch.ts";
import { slice, unsqueeze } from "./movement.ts";

const catOp = defineOp<{ dim: number }>({
  name: "cat",
  half: "native",
  forward({ device }, xs, { dim }) {
    const shape = xs[0].shape.map((size, i) => i === dim ? xs.reduce((n, x) => n + x.shape[dim], 0) : size);
    const out = empty(device, shape, xs[0].dtype);
    let at = 0;
    for (const x of xs) {
      writeStrided(x, out, out.strides, at * out.strides[dim]);
      at += x.shape[dim];
    }
    return out;
  },
  backward({ shapes, needs }, [g], { dim }) {
    let at = 0;
    return shapes.map((shape, i) => {
      const start = at;
      at += shape[dim];
      return needs[i] ? slice(g!, dim, start, at) : null;
    });
  },
  reference(xs, { dim }) {
    const shape = xs[0].shape.map((size, i) => i === dim ? xs.reduce((n, x) => n + x.shape[dim], 0) : size);
    const out = new HostTensor(shape, undefined, xs[0].dtype), strides = contiguousStrides(shape);
    let at = 0;
    for (const x of xs) {
      forEachIndex(
        x.shape,
        (index, i) =>
          out.values[index.reduce((n, v, d) => n + (v + (d === dim ? at : 0)) * strides[d], 0)] = x.values[i],
      );
      at += x.shape[dim];
    }
    return out;
  },
  samples: [
    { inputs: [{ shape: [2, 3] }, { shape: [2, 1] }, { shape: [2, 7] }], attrs: { dim: 1 } },
    { inputs: [{ shape: [65] }, { shape: [1] }], attrs: { dim: 0 } },
  ],
});

/** Joins tensors along an existing dim. @throws {ShapeError} when other sizes or the dtypes differ */
export function cat<D extends DType>(tensors: readonly Tensor<D>[], dim = 0): Tensor<D> {
  if (tensors.length === 0) throw new ShapeError("Cannot cat: the list of tensors is empty", { op: "cat" });
  const first = tensors[0], at = normalizeDim(dim, first.shape.length, "cat");
  for (const t of tensors) {
    if (
      t.dtype !== first.dtype || t.shape.length !== first.shape.length ||
      t.shape.some((size, i) => i !== at && size !== first.shape[i])
    ) {
      throw new ShapeError(
        `Cannot cat ${show(first.shape)} ${first.dtype} and ${
          show(t.shape)
        } ${t.dtype} along dim ${at}: all other sizes and the dtypes must be equal`,
        {
          op: "cat",
          shapes: tensors.map((x) => x.shape),
        },
      );
    }
  }
  return tensors.length === 1
    ? first
    : apply(catOp, tensors as readonly AnyTensor[], { dim: at }) as unknown as Tensor<D>;
}

/** Joins tensors of one shape along a new dim. */
export function stack<D extends DType>(tensors: readonly Tensor<D>[], dim = 0): Tensor<D> {
  if (tensors.length === 0) throw new ShapeError("Cannot stack: the list of tensors is empty", { op: "stack" });
  for (const t of tensors) {
    if (!sameShape(t.shape, tensors[0].shape)) {
      throw new ShapeError(`Cannot stack ${show(tensors[0].shape)} and ${show(t.shape)}: the shapes must be equal`, {
        op: "stack",
        shapes: tensors.map((x) => x.shape),
      });
    }
  }
  return cat(tensors.map((t) => unsqueeze(t, dim)), dim);
}

const flipOp = defineOp<{ dims: readonly number[] }>({
  name: "flip",
  half: "native",
  forward(_, [x], { dims }) {
    const out = empty(x.device, x.shape, x.dtype);
    // Strides of u32 kernels wrap, so a negative step is as good as a positive one.
    const strides = out.strides.map((s, i) => dims.includes(i) ? -s : s);
    writeStrided(x, out, strides, dims.reduce((n, d) => n + (x.shape[d] - 1) * out.strides[d], 0));
    return out;
  },
  backward: (_, [g], { dims }) => [flip(g!, dims)],
  reference([x], { dims }) {
    const strides = contiguousStrides(x.shape);
    return hostStrided(
      x,
      x.shape,
      strides.map((s, i) => dims.includes(i) ? -s : s),
      dims.reduce((n, d) => n + (x.shape[d] - 1) * strides[d], 0),
    );
  },
  samples: [{ inputs: [{ shape: [3, 7] }], attrs: { dims: [1] } }, {
    inputs: [{ shape: [2, 3, 5] }],
    attrs: { dims: [0, 2] },
  }],
});

/** Reverses the order along dims. */
export function flip<D extends DType>(x: Tensor<D>, dims: number | readonly number[]): Tensor<D> {
  const list = (typeof dims === "number" ? [dims] : dims).map((d) => normalizeDim(d, x.shape.length, "flip"));
  return apply(flipOp, [x as AnyTensor], { dims: list }) as unknown as Tensor<D>;
}

const padOp = defineOp<{ before: readonly number[]; shape: Shape; value: number }>({
  name: "pad",
  half: "native",
  forward({ device }, [x], { before, shape, value }) {
    const out = empty(device, shape, x.dtype);
    fillValue(out, value);
    writeStrided(x, out, out.strides, before.reduce((n, b, i) => n + b * out.strides[i], 0));
    return out;
  },
  backward: (
    { shapes },
    [g],
    { before },
  ) => [before.reduce((t, from, d) => slice(t, d, from, from + shapes[0][d]), g!)],
  reference([x], { before, shape, value }) {
    const out = new HostTensor(shape, undefined, x.dtype), strides = contiguousStrides(shape);
    out.values.fill(value);
    forEachIndex(
      x.shape,
      (index, i) => out.values[index.reduce((n, v, d) => n + (v + before[d]) * strides[d], 0)] = x.values[i],
    );
    return out;
  },
  samples: [{ inputs: [{ shape: [2, 3] }], attrs: { before: [0, 1], shape: [2, 6], value: 0.5 } }],
});

/**
 * Surrounds the tensor with a value.
 * @param padding [before, after] of the last dim, then of the one before it, ... as PyTorch's `pad`
 */
export function pad<D extends DType>(x: Tensor<D>, padding: readonly number[], value = 0): Tensor<D> {
  const n = padding.length / 2, ndim = x.shape.length;
  if (!Number.isInteger(n) || n > ndim || padding.some((p) => !Number.isInteger(p) || p < 0)) {
    throw new ValueError(
      `Cannot pad ${show(x.shape)} by ${
        show(padding)
      }: wanted pairs of integers of at least 0, at most one pair per dim`,
      { op: "pad", shapes: [x.shape], value: padding },
    );
  }
  const before = x.shape.map((_, i) => i >= ndim - n ? padding[2 * (ndim - 1 - i)] : 0);
  const shape = x.shape.map((size, i) => i >= ndim - n ? size + before[i] + padding[2 * (ndim - 1 - i) + 1] : size);
  return apply(padOp, [x as AnyTensor], { before, shape, value }) as unknown as Tensor<D>;
}

const cloneOp = defineOp<null>({
  name: "clone",
  half: "native",
  forward: (_, [x]) => copyStrided(x) as Tensor,
  backward: (_, [g]) => [g],
  reference: ([x]) => new HostTensor(x.shape, x.values, x.dtype),
  samples: [{ inputs: [{ shape: [3, 7] }], attrs: null }],
});

/** A dense copy with memory of its own; gradients pass through. */
export function clone<D extends DType>(x: Tensor<D>): Tensor<D> {
  return apply(cloneOp, [x as AnyTensor], null) as unknown as Tensor<D>;
}

/** The tensor itself when its elements lie dense and row-major, else a dense copy. */
export function contiguous<D extends DType>(x: Tensor<D>): Tensor<D> {
  return x instanceof HostTensor || x.isContiguous ? x : clone(x);
}
