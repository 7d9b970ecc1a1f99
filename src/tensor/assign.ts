/**
 * Copying one tensor's values over another's, below the ops: new parameters take their first values this way. The graph
 * of gradients does not see it.
 * @module
 */
import { DeviceError, ShapeError, StateError } from "../errors.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import { ELEMENT_BYTES } from "./dtype.ts";
import { collapse, sameShape, show } from "./shape.ts";
import { type AnyTensor, empty } from "./tensor.ts";

/**
 * Overwrites a tensor with the values of another one of the same shape and element type on the same device.
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
  target.storage.version++;
  if (source.storage === target.storage && source.offset === target.offset) return;
  if (source.storage.buffer !== target.storage.buffer) return copy(source, target);
  // Both lie in one arena, and no dispatch may read and write one buffer: by way of a buffer of its own.
  const between = empty(source.device, source.shape, source.dtype);
  copy(source, between);
  copy(between, target);
  between.dispose();
}

function copy(source: AnyTensor, target: AnyTensor): void {
  const { shape, strides: [from, to] } = collapse(source.shape, [source.strides, target.strides]);
  if (shape.length > 8) {
    throw new DeviceError(`Cannot copy ${show(source.shape)}: its layout needs ${shape.length} dims, 8 at most`, {
      op: "copy",
    });
  }
  const eight = (values: readonly number[]): number[] => [...values, ...new Array<number>(8 - values.length).fill(0)];
  const x = bound(source), out = bound(target);
  source.device.recorder.dispatch(kernels.copy.strided, { x: x.binding, out: out.binding }, {
    n: source.numel,
    ndim: shape.length,
    x_offset: x.start,
    out_offset: out.start,
    shape: eight(shape),
    x_strides: eight(from),
    out_strides: eight(to),
  }, { workgroups: Math.ceil(source.numel / 64), label: "copy" });
}

/** From the nearest multiple of 256 bytes before the first element. */
function bound(
  t: AnyTensor,
): { binding: { storage: AnyTensor["storage"]; byteOffset: number; byteLength: number }; start: number } {
  const byteOffset = Math.floor(t.byteOffset / 256) * 256, start = (t.byteOffset - byteOffset) / ELEMENT_BYTES;
  const last = t.shape.reduce((n, size, i) => n + (size - 1) * t.strides[i], 0);
  return { binding: { storage: t.storage, byteOffset, byteLength: (start + last + 1) * ELEMENT_BYTES }, start };
}
