/**
 * How kernels are given tensors: dense and aligned, in pieces that fit one binding.
 * @module
 */
import type { Bindable, DispatchOptions } from "../gpu/recorder.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import { type DType, ELEMENT_BYTES } from "../tensor/dtype.ts";
import { collapse, type Shape, show } from "../tensor/shape.ts";
import { type AnyTensor, empty, type Tensor } from "../tensor/tensor.ts";
import type { Device } from "../gpu/device.ts";
import type { ElementType } from "../gpu/pipelines.ts";
import { ShapeError } from "../errors.ts";

/** Bindings start at multiples of this many bytes. */
export const ALIGN = 256;
/** Dimensions that strided kernels can walk, after merging. */
export const MAX_DIMS = 8;

/** Records a dispatch on the device of the first buffer. */
export function run<B extends string, P, C extends string>(
  device: Device,
  kernel: Kernel<B, P, C>,
  buffers: { readonly [name in B]: Bindable },
  params: P,
  options: DispatchOptions<C>,
): void {
  device.recorder.dispatch(kernel, buffers, params, options);
}

/** Element type of a kernel's `alias T` for a dtype. */
export function elementType(dtype: DType): ElementType {
  return dtype === "bool" ? "u32" : dtype;
}

/** A dense tensor whose first byte can be bound: the tensor itself, or a copy. */
export function ready<T extends AnyTensor>(t: T): T {
  return t.isContiguous && t.byteOffset % ALIGN === 0 ? t : copyStrided(t) as unknown as T;
}

/** A dense copy. */
export function copyStrided(t: AnyTensor): AnyTensor {
  const out = empty(t.device, t.shape, t.dtype);
  writeStrided(t, out, out.strides);
  return out;
}

/** Copies `from` into elements of `into` that `strides` name; both may be strided. */
export function writeStrided(from: AnyTensor, into: AnyTensor, strides: readonly number[], offset = 0): void {
  const { shape, strides: [a, b] } = collapse(from.shape, [from.strides, strides]);
  const source = strided(from), target = strided(into);
  run(from.device, kernels.copy.strided, { x: source.binding, out: target.binding }, {
    n: from.numel,
    ndim: shape.length,
    x_offset: source.start,
    out_offset: target.start + offset,
    shape: pad8(shape, "copy"),
    x_strides: pad8(a, "copy"),
    out_strides: pad8(b, "copy"),
  }, { workgroups: Math.ceil(from.numel / 64) });
}

/** A binding that a view's kernel can index with the view's strides, and the element at which the view starts in it. */
export function strided(t: AnyTensor): { binding: Bindable; start: number } {
  const bytes = span(t.shape, t.strides) * ELEMENT_BYTES;
  // From the start of the buffer, so that all views of it share one bind group; from nearby when that is too far.
  const far = t.byteOffset + bytes > t.device.limits.maxStorageBufferBindingSize;
  const byteOffset = far ? Math.floor(t.byteOffset / ALIGN) * ALIGN : 0;
  const start = (t.byteOffset - byteOffset) / ELEMENT_BYTES;
  return { binding: { storage: t.storage, byteOffset, byteLength: start * ELEMENT_BYTES + bytes }, start };
}

function span(shape: Shape, strides: readonly number[]): number {
  return shape.reduce((n, size, i) => n + (size - 1) * strides[i], 1);
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

/** Part of a dense tensor for a binding: `count` elements from element `start`, a multiple of 64. */
export function part(t: AnyTensor, start: number, count: number): Bindable {
  if (start === 0 && count === t.numel) return t;
  return { storage: t.storage, byteOffset: t.byteOffset + start * ELEMENT_BYTES, byteLength: count * ELEMENT_BYTES };
}

/** Cuts n elements into ranges that fit one binding; one range for nearly every tensor. */
export function* ranges(device: Device, n: number): Generator<readonly [start: number, count: number]> {
  const most = Math.floor(device.limits.maxStorageBufferBindingSize / ELEMENT_BYTES / 64) * 64;
  for (let start = 0; start < n; start += most) yield [start, Math.min(most, n - start)];
}

/** Workgroups of `size` lanes for `lanes` lanes. */
export function groups(lanes: number, size = 64): number {
  return Math.ceil(lanes / size);
}

/** A new f32 tensor. */
export function emptyLike(t: AnyTensor, shape: Shape = t.shape): Tensor {
  return empty(t.device, shape, "f32");
}
