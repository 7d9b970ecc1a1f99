/**
 * Walking over strided elements on the GPU: how a walk is cut into parts that fit a binding, how a part is bound, and
 * copying from one layout to another. Below the ops; the graph of gradients does not see it.
 * @module
 */
import { DeviceError, ShapeError, StateError } from "../errors.ts";
import type { Bindable } from "../gpu/recorder.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import { bytesOf, ELEMENT_BYTES } from "./dtype.ts";
import { collapse, numel, sameShape, type Shape, show } from "./shape.ts";
import { type AnyTensor, empty } from "./tensor.ts";

/** Bindings start at multiples of this many bytes. */
export const ALIGN = 256;
/** Dimensions that strided kernels can walk, after merging. */
export const MAX_DIMS = 8;

/** Part of a walk: sizes, steps per operand and where each operand starts, in elements. */
export interface Box {
  /** Sizes. */
  shape: readonly number[];
  /** Steps of each operand. */
  strides: readonly (readonly number[])[];
  /** First element of each operand. */
  starts: readonly number[];
}

/** Elements from the first to the last that strides reach, in either direction. */
function span(shape: Shape, strides: readonly number[]): number {
  return shape.reduce((n, size, i) => n + (size - 1) * Math.abs(strides[i]), 1);
}

/** Cuts a walk in halves along its first dimension until no operand spans more than `most` elements. */
export function* boxes(
  shape: Shape,
  strides: readonly (readonly number[])[],
  most: number,
  starts: readonly number[] = strides.map(() => 0),
): Generator<Box> {
  const fits = strides.every((s) => span(shape, s) <= most);
  if (fits || numel(shape) === 1) return yield { shape, strides, starts };
  if (shape[0] === 1) return yield* boxes(shape.slice(1), strides.map((s) => s.slice(1)), most, starts);
  const half = shape[0] >= 128 ? Math.ceil(shape[0] / 128) * 64 : Math.ceil(shape[0] / 2); // whole vectors where there are many
  yield* boxes([half, ...shape.slice(1)], strides, most, starts);
  yield* boxes([shape[0] - half, ...shape.slice(1)], strides, most, starts.map((at, k) => at + half * strides[k][0]));
}

/** Most elements of any type that a binding which starts anywhere can hold. */
export function mostElements(t: AnyTensor): number {
  return Math.floor((t.device.limits.maxStorageBufferBindingSize - ALIGN) / ELEMENT_BYTES);
}

/** Binding of what a walk from element `at` of a tensor covers, and where it starts in the binding. */
export function bindWalk(
  t: AnyTensor,
  shape: Shape,
  strides: readonly number[],
  at = 0,
): { binding: Bindable; start: number } {
  const below = shape.reduce((n, size, i) => n + (size - 1) * Math.min(strides[i], 0), 0);
  const size = bytesOf(t.dtype), bytes = span(shape, strides) * size, first = t.byteOffset + at * size;
  const lowest = first + below * size;
  // From the start of the buffer, so that all views of it share one bind group; from nearby when that is too far.
  const far = lowest + bytes > t.device.limits.maxStorageBufferBindingSize;
  const byteOffset = far ? Math.floor(lowest / ALIGN) * ALIGN : 0;
  return {
    binding: { storage: t.storage, byteOffset, byteLength: lowest - byteOffset + bytes },
    start: (first - byteOffset) / size,
  };
}

/** Eight words for a kernel's `array<vec4u, 2>`. */
export function pad8(values: readonly number[], op: string): number[] {
  if (values.length > MAX_DIMS) {
    throw new ShapeError(
      `Cannot ${op} a tensor that needs ${values.length} dims ${show(values)}: ${MAX_DIMS} at most after merging`,
      { op, shapes: [values] },
    );
  }
  return [...values, ...new Array<number>(MAX_DIMS - values.length).fill(0)];
}

/**
 * Copies the elements of `from` to places of `into`: from element `offset` of it by `strides`, which may be negative.
 * @throws {DeviceError} when a single row does not fit a binding
 */
export function copyElements(from: AnyTensor, into: AnyTensor, strides: readonly number[], offset = 0): void {
  const walk = collapse(from.shape, [from.strides, strides]);
  for (const { shape, strides: [a, b], starts } of boxes(walk.shape, walk.strides, mostElements(from))) {
    const x = bindWalk(from, shape, a, starts[0]), out = bindWalk(into, shape, b, offset + starts[1]);
    const n = numel(shape);
    from.device.recorder.dispatch(kernels.copy.strided, { x: x.binding, out: out.binding }, {
      n,
      ndim: shape.length,
      x_offset: x.start,
      out_offset: out.start,
      shape: pad8(shape, "copy"),
      x_strides: pad8(a, "copy"), // a negative step wraps in the kernel's u32, as it should
      out_strides: pad8(b, "copy"),
    }, { workgroups: Math.ceil(n / 64), type: from.dtype === "f16" ? "f16" : undefined });
  }
}

/**
 * Overwrites a tensor with the values of another one of the same shape and element type on the same device. New
 * parameters take their first values this way.
 * @throws {ShapeError} when the shapes differ
 * @throws {StateError} when the devices differ
 */
export function assign(target: AnyTensor, source: AnyTensor): void {
  if (!sameShape(target.shape, source.shape)) {
    throw new ShapeError(`Cannot copy ${show(source.shape)} into ${show(target.shape)}: the shapes must be equal`, {
      op: "copy",
      shapes: [source.shape, target.shape],
    });
  }
  if (target.device !== source.device) {
    throw new StateError(`Cannot copy ${show(source.shape)}: it is on another device; copy its data()`, { op: "copy" });
  }
  if (source.dtype !== target.dtype) {
    throw new DeviceError(`Cannot copy ${source.dtype} ${show(source.shape)} into ${target.dtype}: convert it first`, {
      op: "copy",
    });
  }
  target.storage.version++;
  if (source.storage === target.storage && source.offset === target.offset) return;
  if (source.storage.buffer !== target.storage.buffer) return copyElements(source, target, target.strides);
  // Both lie in one arena, and no dispatch may read and write one buffer: by way of a buffer of its own.
  const between = empty(source.device, source.shape, source.dtype);
  copyElements(source, between, between.strides);
  copyElements(between, target, target.strides);
  between.dispose();
}
