/**
 * Changes in place: copy_, fill_, zero_. Each raises the version of the memory, so that a backward pass which saved the
 * old values refuses to run instead of computing nonsense.
 * @module
 */
import { isGradEnabled } from "../autograd/mode.ts";
import { DTypeError, ShapeError, StateError } from "../errors.ts";
import { type DType, isFloat, toWords } from "../tensor/dtype.ts";
import { broadcastDims, broadcastShapes, sameShape, show } from "../tensor/shape.ts";
import type { AnyTensor, Tensor } from "../tensor/tensor.ts";
import { fillValue } from "./creation.ts";
import { rememberIds } from "./host_ids.ts";
import { copyStrided, writeStrided } from "./launch.ts";
import { expand } from "./movement.ts";

/** Throws unless `t` may be changed in place; then raises its version. */
export function beginInPlace(t: AnyTensor, op: string): void {
  t.use(op);
  if (t.requiresGrad && isGradEnabled()) {
    throw new StateError(`Cannot ${op} tensor ${show(t.shape)} in place: it requires grad; do it inside w.noGrad()`, {
      op,
      shapes: [t.shape],
    });
  }
  if (!t.isContiguous || t.offset !== 0 || t.byteLength !== t.storage.bytes) {
    throw new StateError(
      `Cannot ${op} tensor ${
        show(t.shape)
      } in place: it is a view of part of another tensor; change that one, or a clone`,
      { op, shapes: [t.shape] },
    );
  }
  t.storage.version++;
}

/**
 * Copies values into a tensor; the memory and its place stay.
 * @param source a tensor that broadcasts to the shape, or a flat array of all elements
 * @throws {StateError} when the tensor is a view, or requires grad outside `noGrad`
 */
export function copy_<D extends DType>(t: Tensor<D>, source: Tensor<D> | ArrayLike<number>): Tensor<D> {
  const target = t as AnyTensor;
  if (!isTensor(source)) {
    if (source.length !== t.numel) {
      throw new ShapeError(`Cannot copy_ ${source.length} values into ${show(t.shape)}: it has ${t.numel} elements`, {
        op: "copy_",
        shapes: [t.shape],
      });
    }
    beginInPlace(target, "copy_");
    t.storage.range = null;
    const words = toWords(source, t.dtype);
    t.device.upload(t.storage, words);
    rememberIds(t.storage, words);
    return t;
  }
  if (source.use("copy_", "copy_ from").device !== t.use("copy_").device) {
    throw new StateError(
      `Cannot copy_ ${show(source.shape)} into ${show(t.shape)}: they are on different devices; copy its data()`,
      { op: "copy_", shapes: [t.shape, source.shape] },
    );
  }
  if (source.dtype !== t.dtype) {
    throw new DTypeError(`Cannot copy_ ${source.dtype} into ${t.dtype} ${show(t.shape)}: convert it with to() first`, {
      op: "copy_",
      shapes: [t.shape, source.shape],
    });
  }
  if (!sameShape(broadcastShapes([t.shape, source.shape], "copy_"), t.shape)) {
    throw new ShapeError(
      `Cannot copy_ ${show(source.shape)} into ${show(t.shape)}: it does not broadcast to that shape`,
      { op: "copy_", shapes: [t.shape, source.shape] },
    );
  }
  if (source.storage === t.storage && source.offset === t.offset && source.isContiguous) return t;
  beginInPlace(target, "copy_");
  t.storage.range = source.storage.range;
  const wide = broadcastDims(source.shape, t.shape).length ? expand(source.detach(), t.shape) : source;
  // One dispatch may not read and write the same buffer, and parameters share one.
  const apart = wide.storage.buffer === t.storage.buffer ? copyStrided(wide as AnyTensor) : wide as AnyTensor;
  writeStrided(apart, target, t.strides);
  if (apart !== source as AnyTensor && apart !== wide as AnyTensor) apart.dispose();
  if (wide !== source) wide.dispose();
  return t;
}

/** Sets every element. @throws {StateError} as {@link copy_} */
export function fill_<D extends DType>(t: Tensor<D>, value: number | boolean): Tensor<D> {
  beginInPlace(t as AnyTensor, "fill_");
  t.storage.range = isFloat(t.dtype) ? null : [Number(value), Number(value)];
  fillValue(t as AnyTensor, value);
  return t;
}

/** Sets every element to zero. @throws {StateError} as {@link copy_} */
export function zero_<D extends DType>(t: Tensor<D>): Tensor<D> {
  return fill_(t, 0);
}

function isTensor<D extends DType>(value: Tensor<D> | ArrayLike<number>): value is Tensor<D> {
  return "storage" in value;
}
