/**
 * Pooling over time: what a sequence of vectors comes to as one vector. Padding does not count where its place is known,
 * from lengths or a mask.
 * @module
 */
import { DTypeError, ShapeError, ValueError } from "../errors.ts";
import { sameShape, type Shape, show } from "../tensor/shape.ts";
import type { AnyTensor, Tensor } from "../tensor/tensor.ts";
import { apply } from "./define.ts";
import { isTimeMajor } from "./pooling_layout.ts";
import { poolOp, type PoolPart } from "./pooling_op.ts";

/** Most steps that a pooling takes: what one invocation can walk over. */
const MOST_STEPS = 50_000;

/** Options of the poolings over time. */
export interface PoolOptions {
  /** x is [batch, time, features] in place of [time, batch, features]. Default false. */
  batchFirst?: boolean;
  /** Steps that count of every sequence, from the first on. By default all. */
  lengths?: readonly number[] | Int32Array | null;
  /**
   * True where a step counts, for padding that may stand anywhere: of x's first two dims. A sequence without any step
   * gives zeros.
   */
  mask?: Tensor<"bool"> | null;
}

/** A checked call. */
export interface Pooled {
  /** Sequences. */
  readonly batch: number;
  /** Steps of each, padding included. */
  readonly steps: number;
  /** Lengths, where some are shorter than `steps`. */
  readonly lengths?: readonly number[];
}

/**
 * Checks x, lengths and mask of a pooling.
 * @throws {ShapeError} unless x has 3 dims and the mask its first two @throws {DTypeError} for a mask that is not bool
 * @throws {ValueError} for lengths of a wrong number or out of range, or beside a mask
 */
export function checkPooling(op: string, { shape }: Tensor, { batchFirst, lengths, mask }: PoolOptions): Pooled {
  if (shape.length !== 3) {
    const wanted = batchFirst ? "[batch, time, features]" : "[time, batch, features]";
    throw new ShapeError(`Cannot ${op} x ${show(shape)}: wanted ${wanted}`, { op, shapes: [shape] });
  }
  const [batch, steps] = batchFirst ? shape : [shape[1], shape[0]];
  if (steps > MOST_STEPS) {
    throw new ShapeError(`Cannot ${op} x ${show(shape)}: ${steps} steps, wanted ${MOST_STEPS} at most`, {
      op,
      shapes: [shape],
    });
  }
  if (mask && lengths) {
    throw new ValueError(`Cannot ${op} x ${show(shape)} with lengths and a mask: wanted one of them`, {
      op,
      value: lengths,
    });
  }
  if (mask) checkMask(op, shape, mask as AnyTensor);
  if (!lengths) return { batch, steps };
  const found = checkLengths(op, shape, lengths, batch, steps);
  return { batch, steps, lengths: found.some((n) => n < steps) ? found : undefined };
}

function checkMask(op: string, shape: Shape, mask: AnyTensor): void {
  const facts = { op, shapes: [shape, mask.shape] };
  if (!sameShape(mask.shape, shape.slice(0, 2))) {
    throw new ShapeError(
      `Cannot ${op} x ${show(shape)} with a mask ${show(mask.shape)}: wanted ${show(shape.slice(0, 2))}`,
      facts,
    );
  }
  if (mask.dtype !== "bool") {
    throw new DTypeError(`Cannot ${op} with a mask of type ${mask.dtype}: wanted bool, true where a step counts`, {
      ...facts,
      value: mask.dtype,
    });
  }
}

function checkLengths(op: string, shape: Shape, lengths: ArrayLike<number>, batch: number, steps: number): number[] {
  const what = `Cannot ${op} x ${show(shape)}: `, wanted = `an integer from 1 to ${steps}`;
  if (typeof lengths !== "object" || lengths.length !== batch) {
    const given = typeof lengths === "object"
      ? `lengths has ${lengths.length} entries`
      : `lengths is ${String(lengths)}`;
    throw new ValueError(`${what}${given}, wanted ${batch}, each ${wanted}`, { op, value: lengths });
  }
  return Array.from(lengths, (n, i) => {
    if (Number.isInteger(n) && n >= 1 && n <= steps) return n;
    throw new ValueError(`${what}lengths[${i}] is ${n}, wanted ${wanted}`, { op, value: n, position: i });
  });
}

function pooled(op: string, x: Tensor, parts: readonly PoolPart[], options: PoolOptions): Tensor {
  const { lengths } = checkPooling(op, x, options), { batchFirst = false, mask } = options;
  const attrs = { parts, shape: x.shape, batchFirst, lengths, timeMajor: isTimeMajor(x, batchFirst) };
  return apply(poolOp, mask ? [x, mask as AnyTensor] : [x], attrs);
}

/**
 * Mean over each sequence's own steps.
 * @param x [time, batch, features], or [batch, time, features] with `batchFirst`
 * @returns [batch, features]
 * @throws {ShapeError} unless x has 3 dims and the mask its first two
 * @throws {ValueError} for lengths of a wrong number or out of range
 * @example
 * const y = w.nn.functional.meanPool(output, { lengths: [7, 3, 5] });
 */
export function meanPool(x: Tensor, options: PoolOptions = {}): Tensor {
  return pooled("meanPool", x, ["mean"], options);
}

/** Largest values over each sequence's own steps; the gradient goes to the first of equals. See {@link meanPool}. */
export function maxPool(x: Tensor, options: PoolOptions = {}): Tensor {
  return pooled("maxPool", x, ["max"], options);
}

/** Each sequence's own last step. See {@link meanPool}. */
export function lastPool(x: Tensor, options: PoolOptions = {}): Tensor {
  return pooled("lastPool", x, ["last"], options);
}

/** Options of {@link concatPool}. */
export interface ConcatPoolOptions extends PoolOptions {
  /** What stands beside each other, each part once. Default `["last", "max", "mean"]`, as in fastai. */
  parts?: readonly PoolPart[];
}

/**
 * Last step, maximum and mean beside each other, in one pass: fastai's concat pooling; with a mask its
 * `masked_concat_pool` (whose mask is true at padding: this one is its opposite).
 * @param x [time, batch, features], or [batch, time, features] with `batchFirst`
 * @returns [batch, parts * features]
 * @throws {ShapeError} unless x has 3 dims and the mask its first two
 * @throws {ValueError} for lengths of a wrong number or out of range, and for unknown or repeated parts
 * @example
 * const y = w.nn.functional.concatPool(output, { batchFirst: true, parts: ["max", "mean"] });
 */
export function concatPool(x: Tensor, { parts = ["last", "max", "mean"], ...options }: ConcatPoolOptions = {}): Tensor {
  checkParts("concatPool", parts);
  return pooled("concatPool", x, parts, options);
}

/**
 * Checks a list of parts.
 * @param doing what the op does, where its name is no verb
 * @throws {ValueError} for an empty list, and for unknown or repeated ones
 */
export function checkParts(op: string, parts: readonly PoolPart[], doing: string = op): void {
  const known = ["last", "max", "mean"],
    fine = Array.isArray(parts) && parts.length > 0 &&
      parts.every((name, i) => known.includes(name) && parts.indexOf(name) === i);
  if (fine) return;
  throw new ValueError(
    `Cannot ${doing}: parts is ${JSON.stringify(parts)}, wanted some of ${known.join(", ")}, each once`,
    {
      op,
      value: parts,
    },
  );
}
