/**
 * Rows in another order: packing, padding and permuting are one gather by a table that names each source row at most
 * once. The gradient is the gather by the inverse table, so nothing is ever added up and no atomics are needed.
 * @module
 */
import { DeviceError, ShapeError } from "../errors.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import { type DType, ELEMENT_BYTES } from "../tensor/dtype.ts";
import { numel, type Shape, show } from "../tensor/shape.ts";
import { type AnyTensor, empty, type Tensor } from "../tensor/tensor.ts";
import { apply, defineOp, type Op, type Sample, wantDType } from "./define.ts";
import { HostTensor } from "./host.ts";
import { checkIds } from "./ids.ts";
import { groups, part, ready, run } from "./launch.ts";
import { rowRanges } from "./rows.ts";

/** Which dims of a tensor are rows, and what becomes of them. */
export interface RowsPlace {
  /** First dim that counts rows; dims before it stay. Default 0. */
  readonly at?: number;
  /** Dims that count rows together, row-major. Default 1. */
  readonly dims?: number;
  /** The sizes that stand in their place. */
  readonly to: Shape;
  /** Value of rows without a source. Default 0. */
  readonly fill?: number;
}

/** A table and its inverse: `index[i]` is the source of row i, `inverse[j]` the row that source j goes to, -1 for none. */
export interface RowTable {
  /** i32, one entry per row of the result. */
  readonly index: Tensor<"i32">;
  /** i32, one entry per row of the source. */
  readonly inverse: Tensor<"i32">;
}

type PackAttrs = Required<RowsPlace>;

interface Sizes {
  /** Elements of the dims before the rows. */
  outer: number;
  /** Rows of the source. */
  rows: number;
  /** Rows of the result. */
  count: number;
  /** Elements per row. */
  width: number;
  /** Shape of the result. */
  shape: Shape;
}

function sizesOf(shape: Shape, index: Shape, inverse: Shape, { at, dims, to }: PackAttrs): Sizes {
  const rows = numel(shape.slice(at, at + dims)), count = numel(to);
  if (shape.length < at + dims || numel(index) !== count || numel(inverse) !== rows) {
    throw new ShapeError(
      `Cannot packRows ${show(shape)} from dim ${at} by tables ${show(index)} and ${show(inverse)}: wanted ${count} ` +
        `sources for rows ${show(to)} and a place for each of ${rows} rows`,
      { op: "packRows", shapes: [shape, index, inverse] },
    );
  }
  const behind = shape.slice(at + dims);
  return {
    outer: numel(shape.slice(0, at)),
    rows,
    count,
    width: numel(behind),
    shape: [...shape.slice(0, at), ...to, ...behind],
  };
}

type Params = { n: number; width: number; count: number; rows: number; low: number; high: number; fill: number };

function launch(x: AnyTensor, index: AnyTensor, out: AnyTensor, s: Sizes, fill: number): void {
  const { device } = x, { outer, rows, count, width: d } = s, four = d % 4 === 0, width = four ? d / 4 : d;
  // Neighbouring vectors of a row share what a lane looks up; on a GPU neighbouring lanes should read them instead.
  const COLUMNS = four && device.info.software ? [4, 2].find((c) => width % c === 0) ?? 1 : 1;
  const kernel = (four ? kernels.packRows.rows4 : kernels.packRows.rows1) as unknown as Kernel<
    string,
    Params,
    "WG" | "COLUMNS"
  >;
  const most = device.limits.maxStorageBufferBindingSize, bytes = outer * Math.max(rows, count) * d * ELEMENT_BYTES;
  if (outer > 1 && bytes > most) {
    throw new DeviceError(
      `Cannot packRows ${show(s.shape)}: ${bytes} bytes with dims before the rows, a binding holds ${most} ` +
        `(maxStorageBufferBindingSize); cut it along those dims`,
      { op: "packRows", shapes: [s.shape] },
    );
  }
  for (const [first, n] of outer > 1 ? [[0, outer * count]] : rowRanges(device, count, d, "packRows")) {
    for (const [low, bound] of outer > 1 ? [[0, outer * rows]] : rowRanges(device, rows, d, "packRows")) {
      const buffers = {
        index: outer > 1 ? index : part(index, first, n),
        [four ? "x" : "x1"]: part(x, low * d, bound * d),
        [four ? "out" : "out1"]: part(out, first * d, n * d),
      };
      const params = { n, width, count: outer > 1 ? count : n, rows, low, high: low + bound, fill };
      run(device, kernel, buffers, params, { constants: { COLUMNS }, workgroups: groups(n * width / COLUMNS) });
    }
  }
}

/** A value as the 32 bits of an element type. */
function bitsOf(value: number, dtype: DType): number {
  return dtype === "f32" ? new Uint32Array(Float32Array.of(value).buffer)[0] : value >>> 0;
}

const packRowsOp: Op<PackAttrs> = defineOp<PackAttrs>({
  name: "packRows",
  forward({ device, save }, [x, index, inverse], attrs) {
    wantDType("packRows", [x], "f32", "i32", "u32", "bool"); // the kernels move words of 32 bits
    wantDType("packRows", [index, inverse], "i32");
    const s = sizesOf(x.shape, index.shape, inverse.shape, attrs), out = empty(device, s.shape, x.dtype);
    checkIds("packRows", index, s.rows, "rows", -1);
    checkIds("packRows", inverse, s.count, "rows", -1);
    launch(ready(x), ready(index), out, s, bitsOf(attrs.fill, x.dtype));
    save(index, inverse);
    return out;
  },
  backward({ saved: [index, inverse], shapes: [shape] }, [g], { at, dims, to }) {
    const attrs = { at, dims: to.length, to: shape.slice(at, at + dims), fill: 0 };
    return [apply(packRowsOp, [g!, inverse, index], attrs), null, null];
  },
  reference([x, index, inverse], attrs) {
    const { outer, rows, count, width, shape } = sizesOf(x.shape, index.shape, inverse.shape, attrs);
    const out = new HostTensor(shape, undefined, x.dtype);
    out.values.fill(attrs.fill);
    for (let o = 0; o < outer; o++) {
      index.values.forEach((row, i) => {
        const from = (o * rows + row) * width;
        if (row >= 0) out.values.set(x.values.subarray(from, from + width), (o * count + i) * width);
      });
    }
    return out;
  },
  samples: samples(),
  refusals: [
    { inputs: inputs([3, 2, 4], [0, 1, 2], [0, 1, 2]), attrs: attrs({ dims: 2, to: [3] }), error: "ShapeError" },
    { inputs: inputs([3, 4], [0, 1], [0, 1, -1]), attrs: attrs({ to: [3] }), error: "ShapeError" },
    { inputs: inputs([3, 4], [0, 3], [0, -1, -1]), attrs: attrs({ to: [2] }), error: "IndexError" },
    {
      inputs: [{ shape: [2, 2] }, { shape: [2] }, { shape: [2], dtype: "i32", values: [0, 1] }],
      attrs: attrs({ to: [2] }),
      error: "DTypeError",
    },
  ],
});

function attrs({ at = 0, dims = 1, to, fill = 0 }: RowsPlace): PackAttrs {
  return { at, dims, to, fill };
}

function inputs(shape: Shape, index: readonly number[], inverse: readonly number[]): Sample<PackAttrs>["inputs"] {
  return [
    { shape },
    { shape: [index.length], dtype: "i32", values: index },
    { shape: [inverse.length], dtype: "i32", values: inverse },
  ];
}

function samples(): Sample<PackAttrs>[] {
  // [T, B] = [3, 2] with lengths 2 and 3, sorted, is packed to rows (0, 1), (0, 0), (1, 1), (1, 0), (2, 1).
  const pack = [1, 0, 3, 2, 5], unpack = [1, 0, 3, 2, -1, 4];
  return [
    { inputs: inputs([3, 2, 8], pack, unpack), attrs: attrs({ dims: 2, to: [5] }) },
    { inputs: inputs([3, 2, 3], pack, unpack), attrs: attrs({ dims: 2, to: [5] }) },
    { inputs: inputs([5, 2, 6], unpack, pack), attrs: attrs({ to: [3, 2], fill: 2.5 }) },
    { inputs: inputs([5], unpack, pack), attrs: attrs({ to: [3, 2], fill: -1 }) },
    { inputs: inputs([2, 3, 8], [2, 0, 1], [1, 2, 0]), attrs: attrs({ at: 1, to: [3] }) },
    { inputs: inputs([3, 4, 5], [3, -1, 0], [2, -1, -1, 0]), attrs: attrs({ at: 1, to: [3] }) },
  ];
}

/**
 * Rows of `x` in the order of a table.
 * @param x [..., rows, ...features], any element type
 * @returns `x` with the dims of its rows replaced by `place.to`
 * @throws {ShapeError} when the tables do not have one entry per row
 */
export function packRows<D extends DType>(x: Tensor<D>, { index, inverse }: RowTable, place: RowsPlace): Tensor<D> {
  return apply(packRowsOp, [x as AnyTensor, index, inverse], attrs(place)) as unknown as Tensor<D>;
}
