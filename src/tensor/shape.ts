/**
 * Pure functions over shapes: sizes, strides, broadcasting, axes. They throw before any GPU work, naming the operation.
 * @module
 */
import { IndexError, ShapeError } from "../errors.ts";

/** Sizes per dimension. */
export type Shape = readonly number[];

/** Product of the sizes; 1 for a scalar. */
export function numel(shape: Shape): number {
  let n = 1;
  for (const size of shape) n *= size;
  return n;
}

/** Element strides of a dense row-major tensor. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i];
  }
  return strides;
}

/** True when the elements lie dense and row-major; strides of sizes 1 do not matter. */
export function isContiguous(shape: Shape, strides: readonly number[]): boolean {
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== step) return false;
    step *= shape[i];
  }
  return true;
}

/** True when both shapes are equal. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

/** `[2, 3]`, as error messages show shapes. */
export function show(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/**
 * Checks that a shape is a list of positive integers.
 * @param op for the error @param doing what it does, where the op's name is no verb
 */
export function checkShape(shape: Shape, op: string, doing: string = op): void {
  if (!Array.isArray(shape)) {
    throw new ShapeError(`Cannot ${doing} ${String(shape)}: wanted a list of sizes, such as [2, 3]`, {
      op,
      value: shape,
    });
  }
  for (const size of shape) {
    if (!Number.isInteger(size) || size < 1) {
      throw new ShapeError(`Cannot ${doing} ${show(shape)}: every size must be an integer of at least 1`, {
        op,
        shapes: [shape],
      });
    }
  }
  if (numel(shape) > 0xffffffff) {
    throw new ShapeError(`Cannot ${doing} ${show(shape)}: more than 2^32 - 1 elements`, { op, shapes: [shape] });
  }
}

/** Turns an axis of -ndim..ndim-1 into 0..ndim-1. */
export function normalizeDim(dim: number, ndim: number, op: string): number {
  const size = Math.max(ndim, 1); // PyTorch lets a scalar be reduced over dim 0 or -1
  if (!Number.isInteger(dim) || dim < -size || dim >= size) {
    throw new IndexError(
      `Cannot ${op} over dim ${dim}: a tensor of ${ndim} dimensions has dims ${-size} to ${size - 1}`,
      { op, value: dim },
    );
  }
  return dim < 0 ? dim + size : dim;
}

/** Normalised, sorted axes without repeats; all axes when `dim` is undefined. */
export function normalizeDims(dim: number | readonly number[] | undefined, ndim: number, op: string): number[] {
  if (dim === undefined) return Array.from({ length: ndim }, (_, i) => i);
  const dims = (typeof dim === "number" ? [dim] : [...dim]).map((d) => normalizeDim(d, ndim, op)).sort((a, b) => a - b);
  for (let i = 1; i < dims.length; i++) {
    if (dims[i] === dims[i - 1]) {
      throw new IndexError(`Cannot ${op} over dims ${show(dims)}: dim ${dims[i]} appears twice`, { op, value: dim });
    }
  }
  return ndim === 0 ? [] : dims;
}

/** The shape that NumPy broadcasting gives for several shapes. */
export function broadcastShapes(shapes: readonly Shape[], op: string): number[] {
  const ndim = Math.max(...shapes.map((s) => s.length));
  const out = new Array<number>(ndim).fill(1);
  for (const shape of shapes) {
    for (let i = 0; i < shape.length; i++) {
      const at = ndim - shape.length + i;
      if (shape[i] === 1 || shape[i] === out[at]) continue;
      if (out[at] !== 1) {
        throw new ShapeError(
          `Cannot ${op} ${shapes.map(show).join(" and ")}: sizes ${out[at]} and ${shape[i]} at dim ${
            at - ndim
          } differ and neither is 1`,
          { op, shapes },
        );
      }
      out[at] = shape[i];
    }
  }
  return out;
}

/** Strides that read `shape` as if it had the (broadcast) shape `out`: 0 along repeated dimensions. */
export function broadcastStrides(shape: Shape, strides: readonly number[], out: Shape): number[] {
  const lead = out.length - shape.length;
  return out.map((_, i) => i < lead || shape[i - lead] === 1 ? 0 : strides[i - lead]);
}

/** Dimensions of `out` along which `shape` was repeated by broadcasting: its gradient is summed over them. */
export function broadcastDims(shape: Shape, out: Shape): number[] {
  const lead = out.length - shape.length;
  const dims: number[] = [];
  for (let i = 0; i < out.length; i++) if (i < lead || (shape[i - lead] === 1 && out[i] !== 1)) dims.push(i);
  return dims;
}

/** Shape after reducing `dims`. */
export function reducedShape(shape: Shape, dims: readonly number[], keepdim: boolean): number[] {
  return keepdim ? shape.map((size, i) => dims.includes(i) ? 1 : size) : shape.filter((_, i) => !dims.includes(i));
}

/** Fills in a single -1 of a requested shape, and checks that the element counts agree. */
export function inferShape(requested: Shape, from: Shape, op: string, doing: string = op): number[] {
  const total = numel(from), unknown = requested.indexOf(-1);
  const known = requested.reduce((n, size, i) => i === unknown ? n : n * size, 1);
  const shape = requested.map((size, i) => i === unknown ? total / known : size);
  const bad = shape.some((size) => !Number.isInteger(size) || size < 1);
  if (bad || numel(shape) !== total) {
    throw new ShapeError(
      `Cannot ${doing} ${show(from)} to ${show(requested)}: ${total} elements do not fill that shape`,
      { op, shapes: [from, requested] },
    );
  }
  return shape;
}

/** Strides of `to` over the same memory, or null when a reshape needs a copy. */
export function viewStrides(from: Shape, strides: readonly number[], to: Shape): number[] | null {
  const out = new Array<number>(to.length);
  let i = 0, j = 0;
  while (i < from.length || j < to.length) {
    if (i < from.length && from[i] === 1) {
      i++;
      continue;
    }
    if (j < to.length && to[j] === 1) {
      out[j++] = 0;
      continue;
    }
    // The next group: the fewest dimensions on both sides with equal products, dense inside on the `from` side.
    let a = from[i], b = to[j], iEnd = i + 1, jEnd = j + 1;
    while (a !== b) {
      if (a < b) a *= from[iEnd++];
      else b *= to[jEnd++];
    }
    for (let k = i; k < iEnd - 1; k++) {
      if (strides[k] !== strides[k + 1] * from[k + 1]) return null;
    }
    let step = strides[iEnd - 1];
    for (let k = jEnd - 1; k >= j; k--) {
      out[k] = step;
      step *= to[k];
    }
    i = iEnd;
    j = jEnd;
  }
  return out;
}

/**
 * Drops sizes of 1 and merges neighbouring dimensions that all operands walk through alike, so that kernels see as few
 * dimensions as possible.
 */
export function collapse(
  shape: Shape,
  operands: readonly (readonly number[])[],
): { shape: number[]; strides: number[][] } {
  const outShape: number[] = [], outStrides: number[][] = operands.map(() => []);
  for (let i = 0; i < shape.length; i++) {
    if (shape[i] === 1) continue;
    const last = outShape.length - 1;
    const merge = last >= 0 && operands.every((s, k) => outStrides[k][last] === s[i] * shape[i]);
    if (merge) {
      outShape[last] *= shape[i];
      operands.forEach((s, k) => outStrides[k][last] = s[i]);
    } else {
      outShape.push(shape[i]);
      operands.forEach((s, k) => outStrides[k].push(s[i]));
    }
  }
  return { shape: outShape, strides: outStrides };
}
