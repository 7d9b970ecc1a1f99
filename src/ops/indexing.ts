/**
 * Whole slices by index, one-hot rows, and the selections that need a look at the values.
 * @module
 */
import { ShapeError, ValueError } from "../errors.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import type { DType } from "../tensor/dtype.ts";
import { broadcastShapes, contiguousStrides, normalizeDim, numel, show } from "../tensor/shape.ts";
import { alias, type AnyTensor, empty, type Tensor } from "../tensor/tensor.ts";
import { apply, defineOp, type Op, wantDType } from "./define.ts";
import { checked, walkParams } from "./gather.ts";
import { forEachIndex, HostTensor } from "./host.ts";
import { checkIds } from "./ids.ts";
import { ready, run } from "./launch.ts";
import { expand, reshape } from "./movement.ts";
import { gatherRows, scatterRows } from "./table.ts";

export { gather, scatterAdd } from "./gather.ts";

/** Rows along a dim: x with that dim in front, dense, as [size, rest]. */
function lines(x: AnyTensor, dim: number): { table: AnyTensor; rest: number[] } {
  const order = [dim, ...x.shape.map((_, d) => d).filter((d) => d !== dim)];
  const front = ready(alias(x, order.map((d) => x.shape[d]), order.map((d) => x.strides[d])));
  const rest = front.shape.slice(1), width = numel(rest);
  return { table: alias(front, [front.shape[0], width], [width, 1]), rest };
}

/** Undoes {@link lines}: [n, rest] as a tensor with the dim back in its place. */
function unlines(t: AnyTensor, rest: readonly number[], dim: number): Tensor {
  const shape = [t.shape[0], ...rest], strides = contiguousStrides(shape);
  const back = shape.map((_, d) => d < dim ? d + 1 : d === dim ? 0 : d);
  return alias(t, back.map((d) => shape[d]), back.map((d) => strides[d])) as unknown as Tensor;
}

const indexSelectOp: Op<{ dim: number }> = defineOp<{ dim: number }>({
  name: "indexSelect",
  forward({ save }, [x, index], { dim }) {
    wantDType("indexSelect", [index], "i32");
    if (index.ndim > 1 || x.ndim === 0) {
      throw new ShapeError(
        `Cannot indexSelect ${show(x.shape)} by indices ${show(index.shape)}: wanted a vector of indices`,
        { op: "indexSelect", shapes: [x.shape, index.shape] },
      );
    }
    checkIds("indexSelect", index, x.shape[dim], `positions of dim ${dim}`);
    const { table, rest } = lines(x, dim);
    save(index);
    return unlines(gatherRows(table, ready(index), -1, "indexSelect"), rest, dim);
  },
  backward: (
    { saved: [index], shapes },
    [g],
    { dim },
  ) => [apply(indexAddOp, [index, g!], { dim, size: shapes[0][dim] }), null],
  reference([x, index], { dim }) {
    const shape = x.shape.map((s, d) => d === dim ? index.numel : s),
      out = new HostTensor(shape, undefined, x.dtype),
      strides = contiguousStrides(x.shape);
    forEachIndex(
      shape,
      (at, i) =>
        out.values[i] = x.values[at.reduce((n, v, d) => n + (d === dim ? index.values[v] : v) * strides[d], 0)],
    );
    return out;
  },
  samples: [
    ...[1, 3, 7, 65, 257].map((n) => ({
      inputs: [{ shape: [5, 3] }, { shape: [n], dtype: "i32" as const, range: [0, 4] as const }],
      attrs: { dim: 0 },
    })),
    { inputs: [{ shape: [3, 7] }, { shape: [4], dtype: "i32", range: [0, 6] }], attrs: { dim: 1 } },
    { inputs: [{ shape: [2, 5, 4] }, { shape: [9], dtype: "i32", range: [0, 4] }], attrs: { dim: 1 } },
    {
      inputs: [{ shape: [6], dtype: "i32", range: [-9, 9] }, { shape: [4], dtype: "i32", range: [0, 5] }],
      attrs: { dim: 0 },
    },
  ],
  refusals: [
    {
      inputs: [{ shape: [3, 2] }, { shape: [2, 2], dtype: "i32", range: [0, 1] }],
      attrs: { dim: 0 },
      error: "ShapeError",
    },
    {
      inputs: [{ shape: [3, 2] }, { shape: [2], dtype: "i32", values: [0, 3] }],
      attrs: { dim: 0 },
      error: "IndexError",
    },
  ],
});

// The transpose of indexSelect.
const indexAddOp: Op<{ dim: number; size: number }> = defineOp<{ dim: number; size: number }>({
  name: "indexSelectGrad",
  forward({ save }, [index, g], { dim, size }) {
    const { table, rest } = lines(g, dim);
    save(index);
    return unlines(scatterRows(table as Tensor, ready(index), size, -1, "indexSelect backward"), rest, dim);
  },
  backward: ({ saved: [index] }, [g], { dim }) => [null, apply(indexSelectOp, [g!, index], { dim })],
  reference([index, g], { dim, size }) {
    const shape = g.shape.map((s, d) => d === dim ? size : s),
      out = new HostTensor(shape),
      strides = contiguousStrides(shape);
    forEachIndex(
      g.shape,
      (at, i) =>
        out.values[at.reduce((n, v, d) => n + (d === dim ? index.values[v] : v) * strides[d], 0)] += g.values[i],
    );
    return out;
  },
  samples: [{
    inputs: [{ shape: [9], dtype: "i32", range: [0, 4] }, { shape: [2, 9, 4] }],
    attrs: { dim: 1, size: 5 },
  }],
});

const oneHotOp: Op<{ classes: number }> = defineOp<{ classes: number }>({
  name: "oneHot",
  forward({ device }, [ids0], { classes }) {
    wantDType("oneHot", [ids0], "i32");
    checkIds("oneHot", ids0, classes, "classes");
    const index = ready(ids0), out = empty(device, [...index.shape, classes], "i32");
    const params = { ...walkParams([], [], 0, classes, "oneHot"), n: out.numel };
    run(device, kernels.indexing.oneHot, { index, out }, params, checked(index, classes, out.numel));
    return out as unknown as Tensor;
  },
  reference: ([ids], { classes }) =>
    new HostTensor(
      [...ids.shape, classes],
      Array.from(
        { length: ids.numel * classes },
        (_, i) => ids.values[Math.floor(i / classes)] === i % classes ? 1 : 0,
      ),
      "i32",
    ),
  samples: [
    { inputs: [{ shape: [7], dtype: "i32", range: [0, 4] }], attrs: { classes: 5 } },
    { inputs: [{ shape: [3, 2], dtype: "i32", range: [0, 64] }], attrs: { classes: 65 } },
  ],
  refusals: [
    { inputs: [{ shape: [2] }], attrs: { classes: 3 }, error: "DTypeError" },
    { inputs: [{ shape: [2], dtype: "i32", values: [0, 3] }], attrs: { classes: 3 }, error: "IndexError" },
  ],
});

/**
 * Whole slices along `dim`, in the order of a vector of indices.
 * @param index i32 [n] @returns the shape of `x` with size n at `dim`
 * @throws {IndexError} as {@link gather}
 */
export function indexSelect<D extends DType>(x: Tensor<D>, dim: number, index: Tensor<"i32">): Tensor<D> {
  return apply(indexSelectOp, [x as AnyTensor, index as AnyTensor], {
    dim: normalizeDim(dim, x.ndim, "indexSelect"),
  }) as unknown as Tensor<D>;
}

/**
 * A row per id with 1 at the id and 0 elsewhere.
 * @param numClasses length of the rows; the largest uploaded id + 1 by default
 * @returns i32 [..., numClasses]
 */
export function oneHot(ids: Tensor<"i32">, numClasses?: number): Tensor<"i32"> {
  const known = ids instanceof HostTensor ? Math.max(...ids.values) : ids.storage.range?.[1];
  const classes = numClasses ?? (known === undefined ? NaN : known + 1);
  if (!Number.isInteger(classes) || classes < 1) {
    throw new ValueError(
      `Cannot oneHot with numClasses ${numClasses}: wanted an integer of at least 1; it can be left out only for ids that were uploaded`,
      {
        op: "oneHot",
        value: numClasses,
      },
    );
  }
  return apply(oneHotOp, [ids as AnyTensor], { classes }) as unknown as Tensor<"i32">;
}

/**
 * Positions of the elements that are not zero, in row-major order. Waits for the GPU.
 * @returns i32 [n, ndim]; n may be 0
 */
export async function nonzero(x: AnyTensor): Promise<Tensor<"i32">> {
  const { device, shape } = x, data = await x.data(), positions: number[] = [];
  forEachIndex(shape, (index, i) => data[i] !== 0 && positions.push(...index));
  const out = empty(device, [positions.length / Math.max(shape.length, 1), shape.length], "i32");
  if (positions.length) device.upload(out.storage, Int32Array.from(positions));
  out.storage.range = [0, Math.max(0, ...shape.map((s) => s - 1))];
  return out;
}

/**
 * The elements where a mask is true, in row-major order. Waits for the mask; the gradient flows to the elements.
 * @param mask bool, broadcasts with `x`
 * @throws {ShapeError} when nothing is selected
 */
export async function maskedSelect<D extends DType>(x: Tensor<D>, mask: Tensor<"bool">): Promise<Tensor<D>> {
  const shape = broadcastShapes([x.shape, mask.shape], "maskedSelect");
  const data = await expand(mask, shape).data(), positions: number[] = [];
  data.forEach((v, i) => v && positions.push(i));
  if (positions.length === 0) {
    throw new ShapeError(`Cannot maskedSelect from ${show(x.shape)}: the mask selects nothing`, {
      op: "maskedSelect",
      shapes: [x.shape, mask.shape],
    });
  }
  const index = empty(x.device, [positions.length], "i32");
  x.device.upload(index.storage, Int32Array.from(positions));
  return indexSelect(reshape(expand(x, shape), [numel(shape)]), 0, index);
}
