/**
 * Elements picked and placed along one dim by an index tensor of the same rank: gather and scatterAdd. Sums over equal
 * indices run in ascending order, without atomics: a lane per place looks at all indices of its line where lines are
 * short, else the places are sorted.
 * @module
 */
import { ShapeError } from "../errors.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import type { DType } from "../tensor/dtype.ts";
import { collapse, contiguousStrides, normalizeDim, numel, sameShape, type Shape, show } from "../tensor/shape.ts";
import { type AnyTensor, empty, type Tensor } from "../tensor/tensor.ts";
import { fillBits } from "./creation.ts";
import { apply, defineOp, type Op, type Sample, wantDType } from "./define.ts";
import { forEachIndex, HostTensor } from "./host.ts";
import { checkIds, idsAreKnown } from "./ids.ts";
import { copyStrided, groups, pad8, ready, run, strided } from "./launch.ts";
import { addAtPlaces } from "./table.ts";

interface GatherAttrs {
  dim: number;
  /** No two indices of a line are equal: the gradient needs no sums. */
  unique?: boolean;
}

interface ScatterAttrs extends GatherAttrs {
  /** Shape of the result. */
  shape: Shape;
}

function checkIndex(op: string, shape: Shape, dim: number, index: AnyTensor): void {
  wantDType(op, [index], "i32");
  if (index.ndim !== shape.length || index.shape.some((size, d) => d !== dim && size > shape[d])) {
    throw new ShapeError(
      `Cannot ${op} ${show(shape)} along dim ${dim} by indices ${
        show(index.shape)
      }: wanted as many dims, and no other size larger`,
      {
        op,
        shapes: [shape, index.shape],
      },
    );
  }
  checkIds(op, index, shape[dim] ?? 1, `positions of dim ${dim}`);
}

/** Parameters of the kernels in `indexing.wgsl`. */
export interface WalkParams {
  /** Lanes. */
  n: number;
  /** Dims of the walk. */
  ndim: number;
  /** First element. */
  x_start: number;
  /** Stride along the dim. */
  step: number;
  /** Size of the dim. */
  size: number;
  /** Index elements along the dim. */
  count: number;
  /** Their stride. */
  index_step: number;
  /** Sizes of the walk. */
  shape: readonly number[];
  /** Strides of the walk. */
  strides: readonly number[];
  /** Sizes of the index. */
  index_shape: readonly number[];
}

/** Parameters of a walk over the index that addresses a tensor with the given strides. */
export function walkParams(
  index: Shape,
  strides: readonly number[],
  dim: number,
  size: number,
  op: string,
): WalkParams {
  const walked = collapse(index, [strides.map((s, d) => d === dim ? 0 : s)]);
  return {
    n: numel(index),
    ndim: walked.shape.length,
    x_start: 0,
    step: strides[dim] ?? 1,
    size,
    count: 0,
    index_step: 0,
    shape: pad8(walked.shape, op),
    strides: pad8(walked.strides[0], op),
    index_shape: pad8([], op),
  };
}

/** A launch that looks at the indices' range unless it is known to be right. */
export function checked(
  index: AnyTensor,
  size: number,
  lanes: number,
): { workgroups: number; constants: { CHECK: number } } {
  return { workgroups: groups(lanes), constants: { CHECK: idsAreKnown(index, size) ? 0 : 1 } };
}

const gatherOp: Op<GatherAttrs> = defineOp<GatherAttrs>({
  name: "gather",
  forward({ device, save }, [x, index0], { dim }) {
    checkIndex("gather", x.shape, dim, index0);
    const index = ready(index0), out = empty(device, index.shape, x.dtype), { binding, start } = strided(x);
    const params = { ...walkParams(index.shape, x.strides, dim, x.shape[dim] ?? 1, "gather"), x_start: start };
    run(device, kernels.indexing.gather, { index, x: binding, out }, params, checked(index, params.size, index.numel));
    save(index0);
    return out;
  },
  backward({ saved: [index], shapes }, [g], { dim, unique }) {
    return [apply(unique ? placeOp : sumOp, [index, g!], { dim, unique, shape: shapes[0] }), null];
  },
  reference([x, index], { dim }) {
    const out = new HostTensor(index.shape, undefined, x.dtype);
    hostPlaces(index, x.shape, dim, (place, i) => out.values[i] = x.values[place]);
    return out;
  },
  samples: gatherSamples(),
  refusals: [
    {
      inputs: [{ shape: [3, 4] }, { shape: [2], dtype: "i32", range: [0, 2] }],
      attrs: { dim: 1 },
      error: "ShapeError",
    },
    {
      inputs: [{ shape: [3, 4] }, { shape: [4, 2], dtype: "i32", range: [0, 2] }],
      attrs: { dim: 1 },
      error: "ShapeError",
    },
    { inputs: [{ shape: [3, 4] }, { shape: [3, 2] }], attrs: { dim: 1 }, error: "DTypeError" },
    {
      inputs: [{ shape: [3, 4] }, { shape: [3, 1], dtype: "i32", values: [0, 4, 1] }],
      attrs: { dim: 1 },
      error: "IndexError",
    },
  ],
});

function gatherSamples(): Sample<GatherAttrs>[] {
  const sample = (x: Shape, index: Shape, dim: number): Sample<GatherAttrs> => ({
    inputs: [{ shape: x }, { shape: index, dtype: "i32", range: [0, x[dim] - 1] }],
    attrs: { dim },
  });
  return [
    ...[1, 3, 7, 65, 257].map((n) => sample([2, n], [2, 5], 1)),
    sample([7, 5], [4, 3], 0),
    sample([3, 7, 2], [2, 9, 2], 1),
    sample([5], [300], 0),
  ];
}

/** Calls `fn` with the place in a tensor of `shape` that element i of the index names. */
function hostPlaces(index: HostTensor, shape: Shape, dim: number, fn: (place: number, i: number) => void): void {
  const strides = contiguousStrides(shape);
  forEachIndex(
    index.shape,
    (at, i) => fn(at.reduce((n, v, d) => n + (d === dim ? index.values[i] : v) * strides[d], 0), i),
  );
}

function hostSum([index, g]: readonly HostTensor[], { dim, shape }: ScatterAttrs): HostTensor {
  const out = new HostTensor(shape);
  hostPlaces(index, shape, dim, (place, i) => out.values[place] += g.values[i]);
  return out;
}

// The transpose of a gather without repeated indices: every element has a place of its own.
const placeOp: Op<ScatterAttrs> = defineOp<ScatterAttrs>({
  name: "place",
  forward({ device, save }, [index0, g0], { dim, shape }) {
    const index = ready(index0), g = ready(g0), out = empty(device, shape, g.dtype);
    fillBits(out, 0);
    const params = walkParams(index.shape, out.strides, dim, shape[dim] ?? 1, "gather");
    run(device, kernels.indexing.place, { index, x: g, out }, params, checked(index, params.size, index.numel));
    save(index0);
    return out;
  },
  backward: ({ saved: [index] }, [g], { dim }) => [null, gatherUnique(g!, dim, index as unknown as Tensor<"i32">)],
  reference: hostSum,
  samples: [{
    inputs: [{ shape: [2, 3], dtype: "i32", values: [0, 4, 2, 3, 1, 0] }, { shape: [2, 3] }],
    attrs: { dim: 1, shape: [2, 5] },
  }, {
    inputs: [{ shape: [3, 2], dtype: "i32", values: [0, 4, 2, 3, 1, 0] }, { shape: [3, 2] }],
    attrs: { dim: 0, shape: [5, 2] },
  }],
});

/** Adds `g` onto a dense f32 tensor at the places that the index names. */
function addAt(out: Tensor, index0: AnyTensor, g0: Tensor, dim: number, op: string): void {
  const { device } = out,
    index = ready(index0),
    g = ready(g0),
    size = out.shape[dim] ?? 1,
    count = index.shape[dim] ?? 1;
  if (count <= 32 || count <= 16384 && out.numel * count <= 1 << 19) {
    const params = {
      ...walkParams([], [], 0, size, op),
      n: out.numel,
      ndim: out.ndim,
      step: out.strides[dim] ?? 1,
      count,
      index_step: index.strides[dim] ?? 1,
      shape: pad8(out.shape, op),
      strides: pad8(contiguousStrides(index.shape).map((s, d) => d === dim ? 0 : s), op),
      index_shape: pad8(index.shape.map((s, d) => d === dim ? size : s), op),
    };
    run(device, kernels.indexing.scatterAdd, { index, source: g, sum: out }, params, checked(index, size, out.numel));
    return;
  }
  const places = empty(device, [index.numel], "u32");
  const params = walkParams(index.shape, out.strides, dim, size, op);
  run(device, kernels.indexing.places, { index, out: places }, params, checked(index, size, index.numel));
  addAtPlaces(g, places, out, op);
}

// The transpose of a gather: sums of what names the same place.
const sumOp: Op<ScatterAttrs> = defineOp<ScatterAttrs>({
  name: "gatherGrad",
  forward({ device, save }, [index, g], { dim, shape }) {
    const out = empty(device, shape, "f32");
    fillBits(out, 0);
    addAt(out, index, g, dim, "gather backward");
    save(index);
    return out;
  },
  backward: ({ saved: [index] }, [g], { dim }) => [null, apply(gatherOp, [g!, index], { dim })],
  reference: hostSum,
  samples: gatherSamples().map(({ inputs: [x, index], attrs }) => ({
    inputs: [index, { shape: index.shape }],
    attrs: { ...attrs, shape: x.shape },
  })),
});

const scatterAddOp: Op<GatherAttrs> = defineOp<GatherAttrs>({
  name: "scatterAdd",
  forward({ save }, [x, index, source], { dim }) {
    wantDType("scatterAdd", [x, source], "f32");
    checkIndex("scatterAdd", x.shape, dim, index);
    if (!sameShape(index.shape, source.shape)) {
      throw new ShapeError(
        `Cannot scatterAdd ${show(source.shape)} by indices ${show(index.shape)}: the shapes must be equal`,
        {
          op: "scatterAdd",
          shapes: [x.shape, index.shape, source.shape],
        },
      );
    }
    const out = copyStrided(x) as Tensor;
    addAt(out, index, source, dim, "scatterAdd");
    save(index);
    return out;
  },
  backward({ saved: [index], needs }, [g], { dim }) {
    return [g, null, needs[2] ? apply(gatherOp, [g!, index], { dim }) : null];
  },
  reference([x, index, source], { dim }) {
    const out = new HostTensor(x.shape, x.values);
    hostPlaces(index, x.shape, dim, (place, i) => out.values[place] += source.values[i]);
    return out;
  },
  samples: [
    ...gatherSamples().map(({ inputs: [x, index], attrs }) => ({ inputs: [x, index, { shape: index.shape }], attrs })),
    { // so many that they are sorted
      inputs: [{ shape: [40], grad: false }, { shape: [20000], dtype: "i32", range: [0, 9] }, {
        shape: [20000],
        grad: false,
      }],
      attrs: { dim: 0 },
    },
  ],
  refusals: [
    {
      inputs: [{ shape: [3, 4] }, { shape: [3, 2], dtype: "i32", range: [0, 2] }, { shape: [3, 3] }],
      attrs: { dim: 1 },
      error: "ShapeError",
    },
    {
      inputs: [{ shape: [2] }, { shape: [1], dtype: "i32", values: [2] }, { shape: [1] }],
      attrs: { dim: 0 },
      error: "IndexError",
    },
  ],
});

/**
 * Elements of `x` along `dim` by index: out[i][j] = x[index[i][j]][j] for dim 0.
 * @param index i32, as many dims as `x`, no other size larger
 * @throws {IndexError} for an index out of range: at once when it was uploaded, else at the next read
 */
export function gather<D extends DType>(x: Tensor<D>, dim: number, index: Tensor<"i32">): Tensor<D> {
  return apply(gatherOp, [x as AnyTensor, index as AnyTensor], {
    dim: normalizeDim(dim, x.ndim, "gather"),
  }) as unknown as Tensor<D>;
}

/** {@link gather} by indices that differ along `dim`, as a sort's do: the gradient is then a mere placement. */
export function gatherUnique<D extends DType>(x: Tensor<D>, dim: number, index: Tensor<"i32">): Tensor<D> {
  return apply(gatherOp, [x as AnyTensor, index as AnyTensor], {
    dim: normalizeDim(dim, x.ndim, "gather"),
    unique: true,
  }) as unknown as Tensor<D>;
}

/**
 * `x` plus the elements of `source` at the places that `index` names: out[index[i][j]][j] += source[i][j] for dim 0.
 * Repeated places add up in ascending order, the same way every time.
 * @param index i32 of the source's shape, as many dims as `x`, no other size larger
 * @throws {IndexError} as {@link gather}
 */
export function scatterAdd(x: Tensor, dim: number, index: Tensor<"i32">, source: Tensor): Tensor {
  return apply(scatterAddOp, [x, index as AnyTensor, source], { dim: normalizeDim(dim, x.ndim, "scatterAdd") });
}
