/**
 * Chooses a matmul kernel, its constants and its dispatches for a shape, as pure functions. All kernels give the same
 * bits, so the choice is about speed only; it touches no device.
 * @module
 */

/** Kernels with the interface of `shaders/matmul16.wgsl`, by the name of their module. */
export type MatmulKernel = "matmul16" | "matmul8" | "matmul4" | "matmulWide" | "matmulStaged";

/** Rows and columns of C that an invocation computes. */
export const TILES: Readonly<Record<MatmulKernel, readonly [rows: number, columns: number]>> = {
  matmul16: [16, 16],
  matmul8: [8, 8],
  matmul4: [4, 4],
  matmulWide: [32, 8],
  matmulStaged: [64, 64],
};

/** C[batch, m, n] = A[batch, m, k] B[batch, k, n]. */
export interface MatmulShape {
  /** Rows of C, at least 1. */
  readonly m: number;
  /** Columns of C, at least 1. */
  readonly n: number;
  /** Products per element of C; 0 gives zeros. */
  readonly k: number;
  /** Matrices; default 1. */
  readonly batch?: number;
  /** A lies along m (unit stride from row to row) instead of along k. Default false. */
  readonly transposedA?: boolean;
  /** B lies along k instead of along n. Default false. */
  readonly transposedB?: boolean;
}

/** What is known about the adapter, or forced. */
export interface MatmulChoice {
  /** The adapter is a processor: loads are dear, workgroup memory buys nothing. */
  readonly software: boolean;
  /** Largest register tile to use: some drivers compile 16 x 16 slowly, or run 8 x 8 as fast. Default 16. */
  readonly largestTile?: 16 | 8 | 4;
  /** 8 neighbouring lanes can broadcast to each other: default false. */
  readonly subgroups?: boolean;
  /** Force a kernel. */
  readonly kernel?: MatmulKernel;
}

/** One dispatch of a plan. */
export interface MatmulLaunch {
  /** First k. */
  readonly k0: number;
  /** End of the range of k. */
  readonly k1: number;
  /** Number of the first matrix of the batch. */
  readonly z0: number;
  /** Adds to what an earlier launch wrote: constant ADD is 1, and bias and activation wait for the last launch. */
  readonly add: boolean;
  /** This launch ends the sum: bias and activation belong here. */
  readonly last: boolean;
  /** Workgroups along x, y, z. */
  readonly workgroups: readonly [number, number, number];
}

/** How to compute a product. */
export interface MatmulPlan {
  /** Module whose entry `multiply` is dispatched. */
  readonly kernel: MatmulKernel;
  /** Override constants, beside ADD and ACT. */
  readonly constants: Readonly<Record<string, number>>;
  /** Parameter `rows_on_x`. */
  readonly rowsOnX: 0 | 1;
  /** The kernel reads A and B as vectors: see {@link readsAsVectors}. False: any strides will do. */
  readonly vectors: boolean;
  /** Dispatches, in order. */
  readonly launches: readonly MatmulLaunch[];
}

/**
 * Products that one dispatch adds up. It bounds the loop iterations of an invocation (some drivers stop loops after
 * 65,535 iterations in total) and, being the same for all kernels, keeps their bits equal.
 */
export const K_PER_LAUNCH = 49_152;

/** Workgroups along one dimension that every device allows. */
const MAX_GROUPS = 65_535;

/** Lanes that a processor runs together, neighbours along x. */
const LANES = 8;

/**
 * Whether the register-tile kernels can read an operand as it is: matrices lie along one direction with unit stride, and
 * every other stride and the start are multiples of 4. What does not fit is packed first (`matmul_pack.wgsl`).
 * @param start first element
 * @param along stride in the direction that must be dense
 * @param others all other strides, of the matrix and of the batch; those of dimensions of size 1 do not matter and may be 0
 */
export function readsAsVectors(start: number, along: number, others: readonly number[]): boolean {
  return along === 1 && start % 4 === 0 && others.every((stride) => stride % 4 === 0);
}

/** Kernel, constants and dispatches for a shape. */
export function planMatmul(shape: MatmulShape, choice: MatmulChoice): MatmulPlan {
  const { m, n, k, batch = 1 } = shape;
  const kernel = choice.kernel ?? chooseKernel(shape, choice);
  const [high, wide] = TILES[kernel], rows = Math.ceil(m / high), columns = Math.ceil(n / wide);
  let rowsOnX: 0 | 1 = 0;
  let workgroups = [columns, rows];
  let constants = {};
  if (kernel !== "matmulStaged") {
    rowsOnX = kernel !== "matmulWide" && lanesWasted(rows) < lanesWasted(columns) ? 1 : 0;
    workgroups = rowsOnX ? [Math.ceil(rows / LANES), columns] : [Math.ceil(columns / LANES), rows];
    constants = {
      TA: Number(!!shape.transposedA),
      TB: Number(!!shape.transposedB),
      TAIL: Number(k % 4 !== 0),
      WG: LANES,
    };
  }
  const launches: MatmulLaunch[] = [];
  for (let z0 = 0; z0 < batch; z0 += MAX_GROUPS) {
    let k0 = 0;
    do {
      const k1 = Math.min(k, k0 + K_PER_LAUNCH), depth = Math.min(MAX_GROUPS, batch - z0);
      launches.push({ k0, k1, z0, add: k0 > 0, last: k1 === k, workgroups: [workgroups[0], workgroups[1], depth] });
      k0 = k1;
    } while (k0 < k);
  }
  return { kernel, constants, rowsOnX, vectors: kernel !== "matmulStaged", launches };
}

/** Part of the lanes without work when `tiles` neighbours share groups of 8. */
function lanesWasted(tiles: number): number {
  return 1 - tiles / (Math.ceil(tiles / LANES) * LANES);
}

/** A vector load of one lane takes about as long as this many multiply-adds of eight lanes (Mesa's llvmpipe). */
const LOAD = 5;

/** Groups of lanes that should at least be there, so that no core waits. */
const CORES = 4;

/** Multiply-adds from which a tile's longer compilation (0.1 s, 0.2 s, 1 s) is worth it. */
const WORTH: readonly (readonly [tile: 16 | 8 | 4, work: number])[] = [[4, 0], [8, 1 << 15], [16, 1 << 20]];

function chooseKernel(
  { m, n, k, batch = 1 }: MatmulShape,
  { software, largestTile = 16, subgroups = false }: MatmulChoice,
): MatmulKernel {
  if (!software) return "matmulStaged";
  let best: MatmulKernel = "matmul4", least = Infinity;
  for (const [tile, work] of WORTH) {
    if (tile > largestTile || batch * m * n * k < work) return best;
    const time = tileTime(tile, m, n, batch);
    if (time < least) [best, least] = [`matmul${tile}`, time];
  }
  return subgroups && wideTime(m, n, batch) < least ? "matmulWide" : best;
}

/** {@link tileTime} of `matmul_wide`, whose lanes load a part of A each; a broadcast takes about 3 multiply-adds. */
function wideTime(m: number, n: number, batch: number): number {
  const [rows, columns] = TILES.matmulWide, groups = batch * Math.ceil(m / rows) * Math.ceil(n / (columns * LANES));
  const busy = Math.min(CORES, groups) / CORES;
  return groups * (LANES * (rows / LANES + columns) * LOAD + 3 * rows + 4 * rows * columns) / busy;
}

/** Relative time per 4 k: every lane's loads, and the multiply-adds of every group of lanes, filled or not. */
function tileTime(tile: number, m: number, n: number, batch: number): number {
  const rows = Math.ceil(m / tile), columns = Math.ceil(n / tile);
  const groups = batch * Math.min(Math.ceil(rows / LANES) * columns, rows * Math.ceil(columns / LANES));
  const busy = Math.min(CORES, groups) / CORES;
  return (batch * rows * columns * 2 * tile * LOAD + groups * 4 * tile * tile) / busy;
}
