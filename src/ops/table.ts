/**
 * Rows of a table by id and the transpose, sums of rows by id: launching `embedding.wgsl`. The sums take no atomics and
 * run over ascending positions, 128 at a time, whichever variant computes them, so their bits depend on ids and values
 * only.
 * @module
 */
import type { Kernel } from "../gpu/kernel.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import type { Bindable } from "../gpu/recorder.ts";
import { type AnyTensor, empty, type Tensor } from "../tensor/tensor.ts";
import { fillBits } from "./creation.ts";
import { idsAreKnown } from "./ids.ts";
import { groups, part, run } from "./launch.ts";
import { sortIds } from "./radix.ts";
import { rowRanges } from "./rows.ts";

const NONE = 0xffffffff;
/** Positions summed in one go: chunks per row and vectors per lane together stay below 60,000 steps. */
const MOST_POSITIONS = 1 << 20;
/** Elements summed in one go: what every device can bind, so that the order of additions does not depend on limits. */
const MOST_ELEMENTS = 1 << 25;

type Params = { n: number; width: number; first: number; low: number; high: number; rows: number; zero: number };
type Launch = Kernel<string, Params, "WG" | "COLUMNS" | "ADD" | "CHECK" | "ZERO">;

/** Vectors per lane: neighbours share what a lane looks up. On a GPU neighbouring lanes should read neighbours instead. */
function columns(t: AnyTensor, vectors: number, choices: readonly number[]): number {
  return t.device.info.software ? choices.find((c) => vectors % c === 0) ?? 1 : 1;
}

/**
 * Copies rows by id, whatever their element type.
 * @param table dense [rows, d] @param ids dense i32, any shape @param zero a row that is read as zeros, or -1
 * @returns [ids.numel, d]
 */
export function gatherRows(table: AnyTensor, ids: AnyTensor, zero: number, op: string): AnyTensor {
  const { device } = table, [rows, d] = table.shape, n = ids.numel, out = empty(device, [n, d], table.dtype);
  const four = d % 4 === 0, width = four ? d / 4 : d, COLUMNS = four ? columns(table, width, [5, 4, 3, 2]) : 1;
  const kernel = (four ? kernels.embedding.gather4 : kernels.embedding.gather1) as unknown as Launch;
  const constants = { COLUMNS, CHECK: idsAreKnown(ids, rows) ? 0 : 1, ZERO: zero >= 0 ? 1 : 0 };
  for (const [first, count] of rowRanges(device, n, d, op)) {
    for (const [low, bound] of rowRanges(device, rows, d, op)) {
      const source = part(table, low * d, bound * d), target = part(out, first * d, count * d);
      const buffers = {
        ids: part(ids, first, count),
        [four ? "table" : "table1"]: source,
        [four ? "out" : "out1"]: target,
      };
      const params = { n: count, width, first, low, high: low + bound, rows, zero: zero < 0 ? NONE : zero };
      run(device, kernel, buffers, params, { constants, workgroups: groups(count * width / COLUMNS) });
    }
  }
  return out;
}

/**
 * Sums rows by id: row v of the result is the sum of the rows of `g` whose id is v.
 * @param g dense f32 [n, d] @param ids dense i32 of n elements @param rows rows of the result
 * @param zero a row that stays zero, or -1 @returns [rows, d]
 */
export function scatterRows(g: Tensor, ids: AnyTensor, rows: number, zero: number, op: string): Tensor {
  const { device } = g, [n, d] = g.shape, out = empty(device, [rows, d], "f32");
  const step = Math.max(64, Math.floor(Math.min(MOST_ELEMENTS / d, MOST_POSITIONS) / 64) * 64);
  for (let first = 0; first < n; first += step) {
    const count = Math.min(step, n - first), at = { g: part(g, first * d, count * d), count, d, rows, zero, op };
    if (n <= step && direct(n, rows, d)) directSums(at, ids, out);
    else sortedSums(at, ids, first, out, first > 0);
  }
  return out;
}

interface Piece {
  g: Bindable;
  count: number;
  d: number;
  rows: number;
  zero: number;
  op: string;
}

/** Looking at all ids from every row beats sorting them while there are few of both. */
function direct(n: number, rows: number, d: number): boolean {
  return n <= 16384 && n * rows * Math.ceil(d / 16) <= 1 << 17;
}

function directSums({ g, count, d, rows, zero, op }: Piece, ids: AnyTensor, out: Tensor): void {
  const four = d % 4 === 0, width = four ? d / 4 : d, COLUMNS = four ? [4, 2, 1].find((c) => width % c === 0)! : 1;
  const kernel = (four ? kernels.embedding.direct4 : kernels.embedding.direct1) as unknown as Launch;
  for (const [low, bound] of rowRanges(out.device, rows, d, op)) {
    const target = part(out, low * d, bound * d);
    const buffers = { ids4: ids, [four ? "grad" : "grad1"]: g, [four ? "sum" : "sum1"]: target };
    const params = { n: count, width, first: 0, low, high: low + bound, rows, zero: zero < 0 ? NONE : zero };
    run(out.device, kernel, buffers, params, { constants: { COLUMNS }, workgroups: groups(bound * width / COLUMNS) });
  }
}

function sortedSums(piece: Piece, ids: AnyTensor, first: number, out: Tensor, add: boolean): void {
  const { count, rows } = piece;
  const { keys, order } = sortIds(out.device, part(ids, first, count), count, rows);
  addRuns(piece, keys, order, out, add);
  keys.dispose();
  order.dispose();
}

/** Sums the runs of equal sorted keys; with `add` on top of what `out` holds. */
function addRuns(
  { g, count, d, rows, zero, op }: Piece,
  keys: AnyTensor,
  order: AnyTensor,
  out: Tensor,
  add: boolean,
): void {
  const { device } = out, four = d % 4 === 0, width = four ? d / 4 : d;
  const params = { n: count, width, first: 0, low: 0, high: rows, rows, zero: zero < 0 ? NONE : zero };
  const runs = empty(device, [rows, 2], "u32"),
    blocks = Math.ceil(count / 128),
    chunks = empty(device, [blocks, d], "f32");
  fillBits(runs, 0);
  run(device, kernels.embedding.bounds, { keys, runs_out: runs }, params, { workgroups: groups(count) });
  const grad = four ? "grad" : "grad1", sum = four ? "sum" : "sum1";
  const partials = (four ? kernels.embedding.partials4 : kernels.embedding.partials1) as unknown as Launch;
  run(device, partials, { keys, order, runs, [grad]: g, [sum]: chunks }, params, {
    workgroups: groups(blocks * width),
  });
  const sums = (four ? kernels.embedding.sums4 : kernels.embedding.sums1) as unknown as Launch;
  const constants = { COLUMNS: four ? columns(out, width, [5, 4, 3, 2]) : 1, ADD: add ? 1 : 0 };
  for (const [low, bound] of rowRanges(device, rows, d, op)) {
    const buffers = {
      order,
      runs,
      [grad]: g,
      [four ? "chunks" : "chunks1"]: chunks,
      [sum]: part(out, low * d, bound * d),
    };
    run(device, sums, buffers, { ...params, low, high: low + bound }, {
      constants,
      workgroups: groups(bound * width / constants.COLUMNS),
    });
  }
  runs.dispose();
  chunks.dispose();
}

/**
 * Adds single elements to places of a dense tensor: `out[places[i]] += g[i]`, ascending in i.
 * @param g dense f32 of n elements @param places dense u32 of n elements, each below out.numel
 */
export function addAtPlaces(g: Tensor, places: AnyTensor, out: Tensor, op: string): void {
  for (let first = 0; first < g.numel; first += MOST_POSITIONS) {
    const count = Math.min(MOST_POSITIONS, g.numel - first);
    sortedSums({ g: part(g, first, count), count, d: 1, rows: out.numel, zero: -1, op }, places, first, out, true);
  }
}
