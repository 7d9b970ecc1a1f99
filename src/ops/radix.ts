/**
 * The stable radix sort behind sort, topk and every sum over equal ids: rows of unsigned keys with the positions they
 * came from. No atomics, no read-back; the same keys give the same order whatever the adapter.
 * @module
 */
import type { Device } from "../gpu/device.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import type { Bindable } from "../gpu/recorder.ts";
import type { DType } from "../tensor/dtype.ts";
import { type AnyTensor, empty, type Tensor } from "../tensor/tensor.ts";
import { groups, part, run } from "./launch.ts";
import { rowRanges } from "./rows.ts";

/** Kinds of keys in the shader. */
const KIND: Record<DType | "row", number> = { f32: 0, f16: 0, i32: 1, u32: 2, bool: 2, row: 3 };
const SHORT = 128;

/** Sorted keys and the position in its row that each came from. */
export interface SortedKeys {
  /** Keys in ascending order, [rows, cols]. */
  keys: Tensor<"u32">;
  /** Where each stood, [rows, cols]. */
  order: Tensor<"u32">;
}

function sizes(cols: number): { CHUNK: number; chunks: number } {
  const CHUNK = cols <= 1 << 16 ? 32 : 128;
  return { CHUNK, chunks: Math.ceil(cols / CHUNK) };
}

/** Sorts rows of dense words by their lowest `bits` bits after turning them into keys. */
function radix(
  device: Device,
  x: Bindable,
  rows: number,
  cols: number,
  bits: number,
  limit: number,
  constants: { KIND: number; DESCENDING: number },
): SortedKeys {
  const { CHUNK, chunks } = sizes(cols), shape = [rows, cols], u32 = () => empty(device, shape, "u32");
  let keys = u32(), order = u32(), keys2 = u32(), order2 = u32();
  const counts = empty(device, [rows, 16, chunks], "u32");
  const params = { rows, cols, chunks, shift: 0, limit };
  run(device, kernels.sort.makeKeys, { x, keys_out: keys, order_out: order }, params, {
    constants,
    workgroups: groups(rows * cols),
  });
  for (let shift = 0; shift < bits; shift += 4) {
    const round = { ...params, shift }, workgroups = groups(rows * chunks);
    run(device, kernels.sort.count, { keys, counts }, round, { constants: { CHUNK }, workgroups });
    run(device, kernels.sort.scan, { counts }, round, { workgroups: rows });
    const buffers = { keys, order, starts: counts, keys_out: keys2, order_out: order2 };
    run(device, kernels.sort.scatter, buffers, round, { constants: { CHUNK }, workgroups });
    [keys, keys2, order, order2] = [keys2, keys, order2, order];
  }
  for (const t of [keys2, order2, counts]) t.dispose();
  return { keys, order };
}

/**
 * Sorts `n` ids that stand for rows of a table with `rows` rows; ids outside count as the last one.
 * @returns one row of keys and positions
 */
export function sortIds(device: Device, ids: Bindable, n: number, rows: number): SortedKeys {
  const bits = Math.max(1, Math.ceil(Math.log2(rows)));
  return radix(device, ids, 1, n, bits, rows, { KIND: KIND.row, DESCENDING: 0 });
}

/**
 * Where the first `k` elements of every sorted row come from.
 * @param x dense [..., cols]
 * @returns i32 [rows, k], stable: equal elements keep their order
 */
export function sortedPositions(x: AnyTensor, k: number, descending: boolean): Tensor<"i32"> {
  const { device } = x, cols = x.shape.at(-1) ?? 1, rows = x.numel / cols;
  const indices = empty(device, [rows, k], "i32");
  const constants = { KIND: KIND[x.dtype], DESCENDING: descending ? 1 : 0 };
  for (const [first, count] of rowRanges(device, rows, cols, "sort")) {
    const at = part(x, first * cols, count * cols), out = part(indices, first * k, count * k);
    const params = { rows: count, cols, chunks: 0, shift: 0, limit: k };
    if (cols <= SHORT) {
      run(device, kernels.sort.rank, { x: at, indices: out }, params, { constants, workgroups: groups(count * cols) });
      continue;
    }
    const { keys, order } = radix(device, at, count, cols, 32, 0, constants);
    run(device, kernels.sort.take, { order, indices: out }, params, { workgroups: groups(count * k) });
    keys.dispose();
    order.dispose();
  }
  return indices;
}
