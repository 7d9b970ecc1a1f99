/**
 * How kernels are given tensors: dense and aligned, in pieces that fit one binding.
 * @module
 */
import type { Bindable, DispatchOptions } from "../gpu/recorder.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { bytesOf, type DType, ELEMENT_BYTES } from "../tensor/dtype.ts";
import type { Shape } from "../tensor/shape.ts";
import { type AnyTensor, empty, type Tensor } from "../tensor/tensor.ts";
import type { Device } from "../gpu/device.ts";
import type { ElementType } from "../gpu/pipelines.ts";
import { ALIGN, bindWalk, copyElements } from "../tensor/walk.ts";

export { ALIGN, copyElements as writeStrided, MAX_DIMS, pad8 } from "../tensor/walk.ts";

/** Records a dispatch on the device of the first buffer. */
export function run<B extends string, P, C extends string>(
  device: Device,
  kernel: Kernel<B, P, C>,
  buffers: { readonly [name in B]: Bindable },
  params: P,
  options: DispatchOptions<C, B>,
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
  copyElements(t, out, out.strides);
  return out;
}

/** A binding that a view's kernel can index with the view's strides, and the element at which the view starts in it. */
export function strided(t: AnyTensor): { binding: Bindable; start: number } {
  return bindWalk(t, t.shape, t.strides);
}

/** Part of a dense tensor for a binding: `count` elements from element `start`, a multiple of 64 (f16: of 128). */
export function part(t: AnyTensor, start: number, count: number): Bindable {
  if (start === 0 && count === t.numel) return t;
  const size = bytesOf(t.dtype);
  return { storage: t.storage, byteOffset: t.byteOffset + start * size, byteLength: count * size };
}

/** Cuts n elements into ranges that fit one binding; one range for nearly every tensor. */
export function* ranges(device: Device, n: number): Generator<readonly [start: number, count: number]> {
  const most = Math.floor(device.limits.maxStorageBufferBindingSize / ELEMENT_BYTES / 128) * 128;
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
