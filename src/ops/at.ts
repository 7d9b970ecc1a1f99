/**
 * Index syntax: `x.at(0, ":", "1:-1", "...", null, ids)` for what Python writes as `x[0, :, 1:-1, ..., None, ids]`.
 * @module
 */
import { IndexError, ValueError } from "../errors.ts";
import type { DType } from "../tensor/dtype.ts";
import { show } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { HostTensor } from "./host.ts";
import { indexSelect } from "./indexing.ts";
import { select, slice, unsqueeze } from "./movement.ts";

/**
 * One place of an index: a number picks a position (the dim disappears); a string `"start:end:step"` with any part
 * missing, or an array `[start, end, step?]`, takes a range; `"..."` stands for all dims in between; `null` inserts a
 * dim of size 1; an i32 vector picks rows along that dim.
 */
export type Index = number | string | readonly [start: number, end: number, step?: number] | null | Tensor<"i32">;

/**
 * Indexes a tensor; ranges and numbers give views.
 * @throws {IndexError} for too many places or a position out of range
 * @throws {ValueError} for a string that is no range
 */
export function at<D extends DType>(x: Tensor<D>, ...places: readonly Index[]): Tensor<D> {
  const named = places.filter((p) => p !== null && p !== "...").length;
  if (named > x.shape.length) {
    throw new IndexError(`Cannot index ${show(x.shape)} with ${named} places: it has ${x.shape.length} dims`, {
      op: "at",
      shapes: [x.shape],
    });
  }
  if (places.filter((p) => p === "...").length > 1) {
    throw new ValueError(`Cannot index ${show(x.shape)}: "..." may stand only once`, { op: "at", shapes: [x.shape] });
  }
  let dim = 0, out = x;
  for (const place of places) {
    if (place === null) out = unsqueeze(out, dim++);
    else if (place === "...") dim += x.shape.length - named;
    else if (typeof place === "number") out = select(out, dim, place);
    else if (place instanceof Tensor || (place as unknown) instanceof HostTensor) {
      out = indexSelect(out as unknown as Tensor, dim++, place as Tensor<"i32">) as unknown as Tensor<D>;
    } else {
      const [start, end, step] = typeof place === "string"
        ? parseRange(place)
        : place as readonly [number, number, number?];
      out = slice(out, dim++, start, end, step);
    }
  }
  return out;
}

function parseRange(text: string): [number, number, number] {
  const match = /^\s*(-?\d+)?\s*:\s*(-?\d+)?\s*(?::\s*(-?\d+)?\s*)?$/.exec(text);
  if (!match) {
    throw new ValueError(
      `Cannot index with ${JSON.stringify(text)}: wanted "start:end:step" with any part missing, or "..."`,
      { op: "at", value: text },
    );
  }
  const [, start, end, step] = match;
  return [
    start === undefined ? 0 : Number(start),
    end === undefined ? Infinity : Number(end),
    step === undefined ? 1 : Number(step),
  ];
}
