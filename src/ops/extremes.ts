/**
 * Largest and smallest elements, and where they stand.
 * @module
 */
import { kernels } from "../gpu/kernels.gen.ts";
import type { FloatDType, NumericDType } from "../tensor/dtype.ts";
import { normalizeDim, type Shape } from "../tensor/shape.ts";
import { type AnyTensor, empty, type Tensor } from "../tensor/tensor.ts";
import { div, mul } from "./binary.ts";
import { bindWalk } from "../tensor/walk.ts";
import { cast } from "./cast.ts";
import { eq } from "./compare.ts";
import { apply, applyMany, defineOp, type Op, wantDType } from "./define.ts";
import { forEachIndex, hostReduce, HostTensor } from "./host.ts";
import { elementType, groups, part, ranges, ready, run } from "./launch.ts";
import { CHUNK, launchReduce, pieces, REDUCE } from "./reduction.ts";
import { type ReduceAttrs, reduceAttrs, type ReduceOptions, repeatDims, sampleAttrs, sumDims } from "./sum.ts";

/** Values and their indices along a dim. */
export interface Extremes<D extends NumericDType = FloatDType> {
  /** Largest or smallest elements. */
  values: Tensor<D>;
  /** Their places along the dim (in the flattened tensor without `dim`); i32. */
  indices: Tensor<"i32">;
}

/** Options of functions over one dim. */
export interface DimOptions {
  /** The dim, negative ones counted from the end. */
  dim: number;
  /** Keep the dim as a size of 1. Default false. */
  keepdim?: boolean;
}

interface ExtremeAttrs {
  /** 0 maximum, 1 minimum. */
  op: number;
  /** Sizes before, along and behind the dim. */
  view: readonly [outer: number, length: number, inner: number];
  /** Shape of the results. */
  shape: Shape;
}

/** Indices on the host: the first of equals. */
function hostBest(x: HostTensor, { op, view: [outer, length, inner], shape }: ExtremeAttrs): [HostTensor, HostTensor] {
  const values: number[] = [], indices: number[] = [];
  forEachIndex([outer, inner], ([o, i]) => {
    let best = 0;
    const at = (k: number): number => x.values[(o * length + k) * inner + i];
    for (let k = 1; k < length; k++) if (op === 0 ? at(k) > at(best) : at(k) < at(best)) best = k;
    values.push(at(best));
    indices.push(best);
  });
  return [new HostTensor(shape, values, x.dtype), new HostTensor(shape, indices, "i32")];
}

function launchExtreme(x0: AnyTensor, { op, view: [outer, all, inner], shape }: ExtremeAttrs): AnyTensor[] {
  let x = ready(x0), index: AnyTensor | null = null;
  const device = x.device, type = elementType(x.dtype), constants = { OP: op };
  for (let length = all;;) {
    const chunks = Math.ceil(length / CHUNK), to = chunks === 1 ? shape : [outer, chunks, inner];
    const out = empty(device, to, x.dtype), outIndex = empty(device, to, "i32");
    if (index) { // the results of a stage before are small
      const params = { items: outer * chunks * inner, length, inner, chunks, x_start: 0, out_start: 0, origin: 0 };
      const buffers = { x, index, out, out_index: outIndex };
      run(device, kernels.extreme.merge, buffers, params, { constants, type, workgroups: groups(params.items) });
    } else {
      for (const piece of pieces(device, outer, length, inner, chunks)) {
        const items = piece.outer * piece.chunks * inner;
        const source = bindWalk(x, [piece.outer * piece.length * inner], [1], piece.from);
        const target = bindWalk(out, [items], [1], piece.to), places = bindWalk(outIndex, [items], [1], piece.to);
        const params = {
          items,
          length: piece.length,
          inner,
          chunks: piece.chunks,
          x_start: source.start,
          out_start: target.start,
          origin: piece.first,
        };
        const buffers = { x: source.binding, out: target.binding, out_index: places.binding };
        const rows = inner === 1 && length > 32 && !device.info.software;
        run(device, rows ? kernels.extreme.rows : kernels.extreme.columns, buffers, params, {
          constants,
          type,
          workgroups: groups(items, rows ? 8 : 64),
        });
      }
    }
    if (chunks === 1) return [out, outIndex];
    [x, index, length] = [out, outIndex, chunks];
  }
}

/** What `spread` and `pick` know: the sizes around the dim, and both shapes. */
interface PlaceAttrs {
  view: readonly [outer: number, length: number, inner: number];
  full: Shape;
  reduced: Shape;
}

/** A gradient at the places that indices name, zero elsewhere; and what stands at these places. Each other's gradient. */
const spreadOp: Op<PlaceAttrs> = defineOp<PlaceAttrs>({
  name: "spread",
  forward({ save }, [x0, index0], { view: [outer, length, inner], full }) {
    const x = ready(x0), index = ready(index0), out = empty(x.device, full, "f32");
    save(index0);
    for (const [start, count] of ranges(x.device, outer * length * inner)) {
      const params = { items: count, length, inner, chunks: 0, x_start: 0, out_start: start, origin: 0 };
      run(x.device, kernels.extreme.spread, { x, index, out: part(out, start, count) }, params, {
        workgroups: groups(count),
      });
    }
    return out;
  },
  backward: ({ saved: [index] }, [g], attrs) => [apply(pickOp, [g!, index], attrs), null],
  reference: ([x, index], { view: [outer, length, inner], full }) => {
    const y = new HostTensor(full);
    forEachIndex([outer, inner], ([o, i], n) => y.values[(o * length + index.values[n]) * inner + i] = x.values[n]);
    return y;
  },
  samples: [{
    inputs: [{ shape: [2, 3] }, { shape: [2, 3], dtype: "i32", range: [0, 4] }],
    attrs: { view: [2, 5, 3], full: [2, 5, 3], reduced: [2, 3] },
  }],
});

const pickOp: Op<PlaceAttrs> = defineOp<PlaceAttrs>({
  name: "pick",
  forward({ save }, [x0, index0], { view: [outer, length, inner], reduced }) {
    const x = ready(x0), index = ready(index0), out = empty(x.device, reduced, "f32");
    save(index0);
    const params = { items: outer * inner, length, inner, chunks: 0, x_start: 0, out_start: 0, origin: 0 };
    run(x.device, kernels.extreme.pick, { x, index, out }, params, { workgroups: groups(outer * inner) });
    return out;
  },
  backward: ({ saved: [index] }, [g], attrs) => [apply(spreadOp, [g!, index], attrs), null],
  reference: ([x, index], { view: [outer, length, inner], reduced }) => {
    const y = new HostTensor(reduced);
    forEachIndex([outer, inner], ([o, i], n) => y.values[n] = x.values[(o * length + index.values[n]) * inner + i]);
    return y;
  },
  samples: [{
    inputs: [{ shape: [2, 5, 3] }, { shape: [2, 3], dtype: "i32", range: [0, 4] }],
    attrs: { view: [2, 5, 3], full: [2, 5, 3], reduced: [2, 3] },
  }],
});

const extremeOp: Op<ExtremeAttrs & { full: Shape }> = defineOp<ExtremeAttrs & { full: Shape }>({
  name: "extreme",
  forward({ save }, [x], attrs) {
    wantDType(attrs.op === 0 ? "max" : "min", [x], "f32", "i32", "u32");
    const [values, indices] = launchExtreme(x, attrs);
    save(indices);
    return [values, indices] as unknown as Tensor[];
  },
  backward: (
    { saved: [indices] },
    [g],
    { view, full, shape },
  ) => [g && apply(spreadOp, [g, indices], { view, full, reduced: shape })],
  reference: ([x], attrs) => hostBest(x, attrs),
  samples: [
    ...[1, 3, 7, 65, 257].map((
      n,
    ) => ({
      inputs: [{ shape: [n], distinct: true }],
      attrs: { op: 0, view: [1, n, 1], shape: [], full: [n] },
    } as const)),
    {
      inputs: [{ shape: [2, 70, 3], distinct: true }],
      attrs: { op: 1, view: [2, 70, 3], shape: [2, 3], full: [2, 70, 3] },
    },
    { inputs: [{ shape: [4, 9], distinct: true }], attrs: { op: 1, view: [4, 9, 1], shape: [4, 1], full: [4, 9] } },
    {
      inputs: [{ shape: [2, 1500], dtype: "i32", range: [-9, 9] }],
      attrs: { op: 0, view: [2, 1500, 1], shape: [2], full: [2, 1500] },
    },
    {
      inputs: [{ shape: [1100, 2], dtype: "u32", range: [5, 99] }],
      attrs: { op: 1, view: [1, 1100, 2], shape: [2], full: [1100, 2] },
    },
  ],
  refusals: [{
    inputs: [{ shape: [3], dtype: "bool" }],
    attrs: { op: 0, view: [1, 3, 1], shape: [], full: [3] },
    error: "DTypeError",
  }],
});

function extremeOf<D extends NumericDType>(
  name: string,
  op: number,
  x: Tensor<D>,
  options: ReduceOptions,
): Extremes<D> {
  const dim = options.dim === undefined ? undefined : normalizeDim(options.dim as number, x.ndim, name);
  const { full, reduced } = reduceAttrs(name, x.shape, { dim, keepdim: options.keepdim });
  const [a, b] = dim === undefined ? [0, x.ndim] : [dim, dim + 1];
  const size = (sizes: Shape): number => sizes.reduce((n, s) => n * s, 1);
  const view = [size(full.slice(0, a)), size(full.slice(a, b)), size(full.slice(b))] as const;
  const [values, indices] = applyMany(extremeOp, [x], { op, view, shape: reduced, full });
  return { values, indices } as unknown as Extremes<D>;
}

function amOp(name: "amax" | "amin", op: number): Op<ReduceAttrs> {
  return defineOp<ReduceAttrs>({
    name,
    forward({ save }, [x], { dims, reduced }) {
      wantDType(name, [x], "f32", "i32", "u32");
      const y = launchReduce(x, dims, reduced, { op }) as unknown as Tensor;
      save(x, y);
      return y;
    },
    // Ops throughout: they record or not as the mode asks. Equal elements share the gradient evenly.
    backward({ saved: [x, y] }, [g], attrs) {
      const mask = cast(eq(x, repeatDims(y, attrs)), "f32");
      return [mul(mask, repeatDims(div(g!, sumDims(mask, attrs)), attrs))];
    },
    reference: ([x], { dims, reduced }) => {
      const fn = op === REDUCE.max
        ? (v: number[]) => v.reduce((a, b) => Math.max(a, b))
        : (v: number[]) => v.reduce((a, b) => Math.min(a, b));
      return new HostTensor(reduced, hostReduce(x, dims, true, fn).values, x.dtype);
    },
    samples: [
      ...[1, 3, 7, 65, 257, 1300].map((n) => ({
        inputs: [{ shape: [n], distinct: true }],
        attrs: sampleAttrs([n], [0]),
      })),
      { inputs: [{ shape: [4, 5, 6], distinct: true }], attrs: sampleAttrs([4, 5, 6], [0, 2]) },
      { inputs: [{ shape: [4, 5, 6], distinct: true }], attrs: sampleAttrs([4, 5, 6], [1], true) },
      { inputs: [{ shape: [3, 40], dtype: "i32", range: [-99, 99] }], attrs: sampleAttrs([3, 40], [1]) },
      { inputs: [{ shape: [40, 3], dtype: "u32", range: [0, 99] }], attrs: sampleAttrs([40, 3], [0]) },
    ],
    refusals: [{ inputs: [{ shape: [3], dtype: "bool" }], attrs: sampleAttrs([3], [0]), error: "DTypeError" }],
    smooth: false,
  });
}

const amaxOp = amOp("amax", REDUCE.max), aminOp = amOp("amin", REDUCE.min);

/**
 * Largest element over one or several dims; NaN where there is one. Equal elements share the gradient evenly.
 * @param x f32, i32 or u32 @throws {IndexError} for a dim that x does not have
 */
export function amax<D extends NumericDType>(x: Tensor<D>, options: ReduceOptions = {}): Tensor<D> {
  return apply(amaxOp, [x], reduceAttrs("amax", x.shape, options)) as unknown as Tensor<D>;
}

/** Smallest element over one or several dims; see {@link amax}. */
export function amin<D extends NumericDType>(x: Tensor<D>, options: ReduceOptions = {}): Tensor<D> {
  return apply(aminOp, [x], reduceAttrs("amin", x.shape, options)) as unknown as Tensor<D>;
}

/**
 * Without `dim` the largest element of all, like {@link amax}. With `dim` the largest elements along it and their
 * places (the first of equals, or the first NaN); the gradient goes to these places.
 * @throws {IndexError} for a dim that x does not have @throws {DTypeError} for bool
 */
export function max<D extends NumericDType>(x: Tensor<D>): Tensor<D>;
/** Largest elements along a dim, with their places. */
export function max<D extends NumericDType>(x: Tensor<D>, options: DimOptions): Extremes<D>;
export function max<D extends NumericDType>(x: Tensor<D>, options?: DimOptions): Tensor<D> | Extremes<D> {
  return options === undefined ? amax(x) : extremeOf("max", 0, x, options);
}

/** Smallest elements; see {@link max}. */
export function min<D extends NumericDType>(x: Tensor<D>): Tensor<D>;
/** Smallest elements along a dim, with their places. */
export function min<D extends NumericDType>(x: Tensor<D>, options: DimOptions): Extremes<D>;
export function min<D extends NumericDType>(x: Tensor<D>, options?: DimOptions): Tensor<D> | Extremes<D> {
  return options === undefined ? amin(x) : extremeOf("min", 1, x, options);
}

/**
 * Place of the largest element along `dim`, or in the flattened tensor without it; the first of equals. i32.
 * @throws {IndexError} for a dim that x does not have @throws {DTypeError} for bool
 */
export function argmax(x: Tensor<NumericDType>, options: { dim?: number; keepdim?: boolean } = {}): Tensor<"i32"> {
  return extremeOf("argmax", 0, x, options).indices;
}

/** Place of the smallest element; see {@link argmax}. */
export function argmin(x: Tensor<NumericDType>, options: { dim?: number; keepdim?: boolean } = {}): Tensor<"i32"> {
  return extremeOf("argmin", 1, x, options).indices;
}
