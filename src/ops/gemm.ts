/**
 * One batched matrix product on the GPU, without a graph: finds a kernel for the operands' layout and size, and packs
 * operands that it cannot read as vectors.
 * @module
 */
import type { Device } from "../gpu/device.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import type { Bindable } from "../gpu/recorder.ts";
import type { PooledTexture } from "../gpu/storage.ts";
import type { DType, FloatDType } from "../tensor/dtype.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { rawCast } from "./cast.ts";
import { halves } from "./half.ts";
import { groups, ready, run, strided } from "./launch.ts";
import { K_PER_LAUNCH, type MatmulKernel, planMatmul, readsAsVectors, TILES } from "./matmul_plan.ts";
import { fillPanels, fillTexture, panelVectors } from "./texture.ts";

/** Function applied to the result by the kernel itself. */
export type Activation = "none" | "relu";

/** What the kernel adds to the plain product. */
export interface Epilogue {
  /** One value per column, [N]. */
  bias?: Tensor | null;
  /** Applied after the bias. */
  activation?: Activation;
  /** Forces a kernel: for tests and benchmarks. */
  kernel?: MatmulKernel;
}

/** Where a product is written, if not into a new tensor: elements of a binding. */
export interface Destination {
  /** Memory. */
  binding: Bindable;
  /** First element. */
  start: number;
  /** From row to row. */
  row: number;
  /** From matrix to matrix. */
  batch: number;
  /**
   * Element type of the memory. Default f32. f16 takes sums of at most 49,152 products: longer ones are added up in parts,
   * which would be rounded in between.
   */
  dtype?: FloatDType;
  /** Takes the vectors instead, where the kernel can write them there; `start` and `row` are multiples of 4. */
  texture?: PooledTexture;
}

/** A matrix [1, rows, cols] in a texture, on software adapters: strides and start in elements. */
export interface TextureMatrix {
  device: Device;
  texture: PooledTexture;
  shape: readonly [batch: 1, rows: number, cols: number];
  start: number;
  row: number;
  col: number;
  dtype: "f32";
}

/** A matrix operand as kernels address it: strides in elements. */
interface Operand {
  /** Where it is, if not in a buffer; not this product's to give back. */
  texture?: PooledTexture;
  binding: Bindable;
  start: number;
  batch: number;
  row: number;
  col: number;
  /** The dense direction is along the rows' index: stored transposed. */
  transposed: boolean;
  dtype: DType;
}

/**
 * C[batch, M, N] = act(A[batch, M, K] B[batch, K, N] + bias). Operands may be views with any strides; a batch stride of
 * 0 repeats a matrix. All kernels give the same bits. Each of A, B and bias may be f16; sums are f32.
 * @param epilogue `dtype`: type of the result, by default f16 when A and B are f16, else f32
 */
export function gemm(
  a: Tensor | TextureMatrix,
  b: Tensor | TextureMatrix,
  epilogue: Epilogue & { dtype?: FloatDType } = {},
): Tensor {
  const [batch, m, k] = a.shape, n = b.shape[2];
  const wanted = epilogue.dtype ?? (a.dtype === "f16" ? b.dtype : "f32"), dtype = k > K_PER_LAUNCH ? "f32" : wanted;
  const out = empty(a.device, [batch, m, n], dtype);
  gemmInto(a, b, { binding: out, start: 0, row: n, batch: m * n, dtype }, epilogue);
  return dtype === wanted ? out : rawCast(out, wanted);
}

/**
 * {@link gemm} into memory that exists.
 * @returns true when the result is in the destination's texture, false when it is in its memory
 */
export function gemmInto(
  a: Tensor | TextureMatrix,
  b: Tensor | TextureMatrix,
  out: Destination,
  { bias = null, activation = "none", kernel: forced }: Epilogue = {},
): boolean {
  const { device } = a, [batch, m, k] = a.shape, n = b.shape[2];
  const { software, subgroups } = device.info;
  let left = operand(a), right = operand(b);
  const layout = { m, n, k, batch, transposedA: left.transposed, transposedB: right.transposed };
  let plan = planMatmul(layout, { software, subgroups, kernel: forced });
  if (plan.vectors) {
    if ("storage" in a && !fits(left, a)) left = pack(a);
    if ("storage" in b && !fits(right, b)) right = pack(b);
    plan = planMatmul({ ...layout, transposedA: left.transposed, transposedB: right.transposed }, {
      software,
      kernel: plan.kernel,
    });
  }
  const biases = bias && ready(bias), kernel = kernels[plan.kernel].multiply;
  const textures: { a?: PooledTexture; b?: PooledTexture } = {};
  let panels = false;
  if (software && plan.vectors) {
    const [rows, columns] = TILES[plan.kernel], lanes = plan.kernel === "matmulWide" ? columns * 8 : columns;
    if (!left.texture && Math.ceil(n / lanes) >= LOADS) left = intoTexture(device, left, [batch, m, k], textures, "a");
    panels = plan.kernel === "matmulWide" && right.transposed && right.batch === 0 && !right.texture && m >= PANEL_ROWS;
    if (panels) right = intoPanels(device, right, n, k, textures);
    else if (!right.texture && Math.ceil(m / rows) >= LOADS) {
      right = intoTexture(device, right, [batch, k, n], textures, "b");
    }
  }
  const owned = Object.values(textures), half = halves({ a: left, b: right, biases: bias, c: out });
  const [inA, inB] = [left.texture ?? textures.a, right.texture ?? textures.b];
  let bound: Record<string, PooledTexture> | undefined = inA || inB
    ? { ...(inA && { a: inA }), ...(inB && { b: inB }) }
    : undefined;
  const wide = plan.kernel === "matmulWide";
  const writes = wide && !!out.texture && n % 4 === 0 && !plan.launches.some((l) => l.add);
  const constants = { ...plan.constants, ...(wide && { PANELS: panels ? 1 : 0, OUT: writes ? 1 : 0 }) };
  const buffers = { a: left.binding, b: right.binding, biases: biases ?? left.binding, c: out.binding };
  if (wide) Object.assign(buffers, { out: device.faults.unused }); // nothing touches it but as a texture
  if (writes) bound = { ...bound, out: out.texture! };
  for (const launch of plan.launches) {
    run(device, kernel as typeof kernels.matmul16.multiply, buffers, {
      m,
      n,
      k0: launch.k0,
      k1: launch.k1,
      a_row: left.row,
      a_k: left.col,
      b_k: right.row,
      b_col: right.col,
      c_row: out.row,
      a_start: left.start,
      b_start: right.start,
      c_start: out.start,
      bias_start: 0,
      z0: launch.z0,
      inner: batch,
      a_outer: 0,
      a_inner: left.batch,
      b_outer: 0,
      b_inner: right.batch,
      c_outer: 0,
      c_inner: out.batch,
      bias: bias && launch.last ? 1 : 0,
      rows_on_x: plan.rowsOnX,
    }, {
      constants: { ...constants, ADD: launch.add ? 1 : 0, ACT: launch.last && activation === "relu" ? 1 : 0 },
      workgroups: launch.workgroups,
      half,
      textures: bound as { a?: PooledTexture },
    });
  }
  for (const texture of owned) device.pool.give(texture);
  return writes;
}

/** Loads of each vector from which copying an operand into a texture pays on a software adapter. */
const LOADS = 2;

/** Rows of A from which laying B out in panels pays. */
const PANEL_ROWS = 256;

/** Lays B, which lies along k, out in panels. */
function intoPanels(device: Device, o: Operand, columns: number, k: number, textures: { b?: PooledTexture }): Operand {
  const from = { start: o.start / 4, stride: o.col / 4, columns, depth: Math.ceil(k / 4), dtype: o.dtype };
  textures.b = device.pool.takeTexture(panelVectors(from));
  fillPanels(device, textures.b, o.binding, from);
  return { ...o, start: 0, col: from.depth, dtype: "f32" };
}

/** Copies what a product reads of an operand into a texture, unless that is mostly what lies between its rows. */
function intoTexture(
  device: Device,
  o: Operand,
  [batch, rows, cols]: readonly number[],
  textures: { a?: PooledTexture; b?: PooledTexture },
  name: "a" | "b",
): Operand {
  const count = o.batch === 0 ? 1 : batch;
  const vectors = Math.ceil(((count - 1) * o.batch + (rows - 1) * o.row + (cols - 1) * o.col + 1) / 4);
  if (vectors > count * rows * cols / 2) return o;
  fillTexture(device, textures[name] = device.pool.takeTexture(vectors), o.binding, {
    start: o.start / 4,
    vectors,
    dtype: o.dtype,
  });
  return { ...o, start: 0, dtype: "f32" };
}

/**
 * A matrix [1, rows, cols] as a texture that several products share, where that pays: its caller gives the texture back.
 * @returns the tensor itself on graphics adapters, and when its rows are no whole vectors
 */
export function shared(t: Tensor): Tensor | TextureMatrix {
  const { device } = t, [, rows, cols] = t.shape, o = operand(t);
  if (!device.info.software || !fits(o, t)) return t;
  const made: { a?: PooledTexture } = {}, { start, row, col } = intoTexture(device, o, t.shape, made, "a");
  return made.a ? { device, texture: made.a, shape: [1, rows, cols], start, row, col, dtype: "f32" } : t;
}

function operand(t: Tensor | TextureMatrix): Operand {
  if ("texture" in t) {
    const { texture, start, row, col, dtype } = t, { binding } = t.device.faults;
    return { texture, binding, start, batch: 0, row, col, transposed: row === 1 && col !== 1, dtype };
  }
  const { binding, start } = strided(t), [batchSize, rows, cols] = t.shape;
  const batch = batchSize === 1 ? 0 : t.strides[0];
  // The stride of a dimension of size 1 is never walked: it takes whatever value makes the matrix readable.
  let [, row, col] = t.strides;
  if (cols === 1 && rows === 1) [row, col] = [0, 1];
  else if (cols === 1) col = row === 1 ? 0 : 1;
  else if (rows === 1) row = col === 1 ? 0 : 1;
  return { binding, start, batch, row, col, transposed: row === 1 && col !== 1, dtype: t.dtype };
}

function fits(o: Operand, t: Tensor): boolean {
  const [, rows, cols] = t.shape;
  const other = o.transposed ? (cols === 1 ? 0 : o.col) : (rows === 1 ? 0 : o.row);
  return readsAsVectors(o.start, o.transposed ? o.row : o.col, [other, o.batch]);
}

/** A dense copy whose rows are whole vectors, filled up with zeros. */
function pack(t: Tensor): Operand {
  const { device, dtype } = t, { binding, start } = strided(t), [batch, rows, cols] = t.shape;
  const width = Math.ceil(cols / 4) * 4, count = t.strides[0] === 0 ? 1 : batch;
  const out = empty(device, [count, rows, width], t.dtype), vectors = out.numel / 4;
  run(device, kernels.matmulPack.pack, { x: binding, out }, {
    rows,
    cols,
    count: vectors,
    x_start: start,
    x_row: t.strides[1],
    x_col: t.strides[2],
    inner: count,
    x_outer: 0,
    x_inner: t.strides[0],
  }, { workgroups: groups(vectors), type: dtype });
  return {
    binding: out,
    start: 0,
    batch: count === 1 ? 0 : rows * width,
    row: width,
    col: 1,
    transposed: false,
    dtype,
  };
}
