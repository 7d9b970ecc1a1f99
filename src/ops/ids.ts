/**
 * Range checks of class numbers and indices on the host, where the range of what was uploaded is known. Ids made on the
 * GPU are checked by the kernels, which write the fault word.
 * @module
 */
import { IndexError } from "../errors.ts";
import type { AnyTensor } from "../tensor/tensor.ts";
import { show } from "../tensor/shape.ts";

/**
 * Throws when a value that was uploaded is outside 0..size-1.
 * @param what what the ids number, for the message
 * @param ignored a value that is accepted too
 * @throws {IndexError} with the value, and its position where that is known
 */
export function checkIds(op: string, ids: AnyTensor, size: number, what: string, ignored?: number): void {
  const { range, bytes } = ids.storage;
  if (!range || ids.byteLength !== bytes) return; // a view may have left out the value that is at fault
  const [min, max, minAt, maxAt] = range, wrong = (v: number) => (v < 0 || v >= size) && v !== ignored;
  if (!wrong(min) && !wrong(max)) return;
  const [value, at] = wrong(min) ? [min, minAt] : [max, maxAt];
  const position = ids.isContiguous ? at : undefined; // of a transposed view it would be another element's
  throw new IndexError(
    `Cannot ${op} with ${show(ids.shape)} indices: index ${value}${
      position === undefined ? "" : ` at position ${position}`
    } is out of range for ${size} ${what}`,
    { op, shapes: [ids.shape], value, position },
  );
}

/** True when every id is known to be inside 0..size-1, so that kernels need not look. */
export function idsAreKnown(ids: AnyTensor, size: number): boolean {
  const { range } = ids.storage;
  return range !== null && range[0] >= 0 && range[1] < size;
}
