/**
 * Operations on rows: any dim is moved to the end, rows are cut where one binding cannot hold them all, and the adapter
 * decides how many lanes share a row.
 * @module
 */
import type { Device } from "../gpu/device.ts";
import { DeviceError } from "../errors.ts";
import { ELEMENT_BYTES } from "../tensor/dtype.ts";
import { alias, type AnyTensor } from "../tensor/tensor.ts";

/** The order of dims with `dim` last. */
function lastOrder(ndim: number, dim: number): number[] {
  return [...Array.from({ length: ndim }, (_, i) => i).filter((i) => i !== dim), dim];
}

/** A view with `dim` moved to the end; the tensor itself when it is there already. */
export function moveToLast<T extends AnyTensor>(t: T, dim: number): T {
  if (dim >= t.ndim - 1) return t;
  const order = lastOrder(t.ndim, dim);
  return alias(t, order.map((d) => t.shape[d]), order.map((d) => t.strides[d])) as unknown as T;
}

/** Undoes {@link moveToLast}: a view with the last dim moved back to `dim`. */
export function moveFromLast<T extends AnyTensor>(t: T, dim: number): T {
  if (dim >= t.ndim - 1) return t;
  const order = lastOrder(t.ndim, dim), back = order.map((_, i) => order.indexOf(i));
  return alias(t, back.map((d) => t.shape[d]), back.map((d) => t.strides[d])) as unknown as T;
}

/**
 * Cuts `rows` rows into runs whose `cols` elements per row fit one binding; one run for nearly every tensor. Runs start
 * at multiples of 64 rows, so that tensors with few elements per row are aligned too.
 * @throws {DeviceError} when 64 rows exceed a binding
 */
export function* rowRanges(
  device: Device,
  rows: number,
  cols: number,
  op: string,
): Generator<readonly [first: number, count: number]> {
  const limit = device.limits.maxStorageBufferBindingSize;
  const fit = Math.floor(limit / ELEMENT_BYTES / cols);
  if (fit >= rows) return yield [0, rows];
  const most = Math.floor(fit / 64) * 64;
  if (most === 0) {
    throw new DeviceError(
      `Cannot ${op} rows of ${cols} elements: 64 of them exceed the device's ${limit} bytes per binding (maxStorageBufferBindingSize)`,
      { op, value: cols },
    );
  }
  for (let first = 0; first < rows; first += most) yield [first, Math.min(most, rows - first)];
}

/** How a row kernel is launched: lanes per row, lanes per workgroup, workgroups. */
export interface RowLaunch {
  /** Override constants. */
  readonly constants: { readonly LANES: number; readonly WG: number };
  /** Workgroups. */
  readonly workgroups: number;
}

/**
 * Lanes per row. One lane walks a whole row on adapters that run on the processor (workgroup memory costs more there than
 * it saves) and where rows are short; else a workgroup shares a row. It depends on the adapter and the length only.
 */
export function rowLaunch(device: Device, rows: number, cols: number): RowLaunch {
  const alone = device.info.software ? 200_000 : 32; // a lane must stay below 60,000 steps of four columns
  const lanes = cols <= alone ? 1 : cols <= 4096 ? 64 : 256;
  if (lanes > 1) return { constants: { LANES: lanes, WG: lanes }, workgroups: rows };
  const size = device.info.software ? 8 : 64;
  return { constants: { LANES: 1, WG: size }, workgroups: Math.ceil(rows / size) };
}

/** Rows that four neighbouring elements of a dense matrix may belong to: 1 in rows of whole vectors, else 2 or 4. */
export function rowSpan(cols: number): 1 | 2 | 4 {
  return cols % 4 === 0 ? 1 : cols >= 3 ? 2 : 4;
}
