/**
 * `nn.utils.rnn`: batches of sequences of different lengths, packed and padded, with PyTorch's names.
 * Each direction is one copy of rows on the GPU; lengths are host numbers, so nothing ever waits.
 * @module
 */
import { ShapeError, ValueError } from "../../errors.ts";
import { cat } from "../../ops/assembly.ts";
import { tensor } from "../../ops/creation.ts";
import { select, slice } from "../../ops/movement.ts";
import { packRows } from "../../ops/pack.ts";
import type { DType } from "../../tensor/dtype.ts";
import { tidy } from "../../tensor/scope.ts";
import { sameShape, show } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { checkTensor } from "../check_tensor.ts";
import { checkLengths, type Lengths, PackedLayout } from "./packed_layout.ts";
import { PackedSequence } from "./packed_sequence.ts";

export { type Lengths, PackedLayout } from "./packed_layout.ts";
export { PackedSequence } from "./packed_sequence.ts";

/** Options of {@link packPaddedSequence}. */
export interface PackOptions {
  /** The padded tensor is [batch, time, ...] in place of [time, batch, ...]. Default false. */
  batchFirst?: boolean;
  /** Refuse lengths that grow, in place of sorting the sequences. Default true. */
  enforceSorted?: boolean;
}

/** Options of {@link padPackedSequence}. */
export interface PadOptions {
  /** Return [batch, time, ...] in place of [time, batch, ...]. Default false. */
  batchFirst?: boolean;
  /** Value behind the end of a sequence. Default 0. */
  paddingValue?: number;
  /** Steps of the result: at least the longest length, which is the default. */
  totalLength?: number | null;
}

/** Options of {@link padSequence}. */
export interface PadSequenceOptions {
  /** Return [batch, time, ...] in place of [time, batch, ...]. Default false. */
  batchFirst?: boolean;
  /** Value of the padding. Default 0. */
  paddingValue?: number;
  /** Where the padding stands. Default `"right"`. */
  paddingSide?: "right" | "left";
}

function checkSorted(op: string, lengths: readonly number[]): void {
  const at = lengths.findIndex((n, i) => i > 0 && n > lengths[i - 1]);
  if (at < 0) return;
  throw new ValueError(
    `Cannot ${op} with enforceSorted: lengths[${at}] is ${lengths[at]} behind ${
      lengths[at - 1]
    }, wanted lengths that ` +
      `do not grow; sort the sequences or pass { enforceSorted: false }`,
    { op, value: lengths, position: at },
  );
}

/** Batch and time of a padded tensor. @throws {ShapeError} when it has fewer than two dims */
function paddedSizes(op: string, x: Tensor<DType>, batchFirst: boolean): { batch: number; steps: number } {
  if (x.shape.length < 2) {
    const wanted = batchFirst ? "[batch, time, ...]" : "[time, batch, ...]";
    throw new ShapeError(`Cannot ${op} ${show(x.shape)}: wanted ${wanted}`, { op, shapes: [x.shape] });
  }
  const [a, b] = x.shape;
  return batchFirst ? { batch: a, steps: b } : { batch: b, steps: a };
}

/**
 * Leaves the padding of a batch out.
 * @param x [time, batch, ...features], or [batch, time, ...features] with `batchFirst`; any element type
 * @param lengths steps of each sequence, each from 1 to time
 * @returns data [sum of lengths, ...features]
 * @throws {ValueError} for other lengths, and for lengths that grow unless `enforceSorted` is false
 */
export function packPaddedSequence<D extends DType = Tensor["dtype"]>(
  x: Tensor<D>,
  lengths: Lengths,
  { batchFirst = false, enforceSorted = true }: PackOptions = {},
): PackedSequence<D> {
  const op = "packPaddedSequence";
  checkTensor(op, op, x);
  const { batch, steps } = paddedSizes(op, x as unknown as Tensor<DType>, batchFirst);
  const list = checkLengths(op, `${op} ${show(x.shape)}`, lengths, batch, steps);
  if (enforceSorted) checkSorted(op, list);
  const layout = new PackedLayout(list);
  return new PackedSequence(
    packRows(x, layout.padded(steps, batchFirst, x.device), { dims: 2, to: [layout.rows] }),
    layout,
  );
}

/**
 * The padded batch of a packed one, in the order in which the sequences were given.
 * @returns the batch [time, batch, ...features] (or batch first), and the length of each sequence
 * @throws {ValueError} when `totalLength` is below the longest length
 */
export function padPackedSequence<D extends DType = Tensor["dtype"]>(
  packed: PackedSequence<D>,
  { batchFirst = false, paddingValue = 0, totalLength = null }: PadOptions = {},
): [padded: Tensor<D>, lengths: number[]] {
  const { data, layout } = checkPacked("padPackedSequence", packed), steps = totalLength ?? layout.steps;
  if (!Number.isInteger(steps) || steps < layout.steps) {
    throw new ValueError(
      `Cannot padPackedSequence with totalLength ${totalLength}: wanted an integer of at least ${layout.steps}, the ` +
        `longest length`,
      { op: "padPackedSequence", value: totalLength },
    );
  }
  const { index, inverse } = layout.padded(steps, batchFirst, data.device, data.owner);
  const to = batchFirst ? [layout.batch, steps] : [steps, layout.batch];
  return [packRows(data, { index: inverse, inverse: index }, { to, fill: paddingValue }), [...layout.lengths]];
}

/**
 * Packs a list of sequences.
 * @param sequences each [length, ...features]
 * @throws {ValueError} for an empty list, and for lengths that grow unless `enforceSorted` is false
 * @throws {ShapeError} when features or element types differ
 */
export function packSequence<D extends DType = Tensor["dtype"]>(
  sequences: readonly Tensor<D>[],
  { enforceSorted = true }: Pick<PackOptions, "enforceSorted"> = {},
): PackedSequence<D> {
  const lengths = sequenceLengths("packSequence", sequences);
  if (enforceSorted) checkSorted("packSequence", lengths);
  const layout = new PackedLayout(lengths);
  return tidy(() => {
    const joined = cat(sequences, 0);
    return new PackedSequence(packRows(joined, layout.joined(joined.device), { to: [layout.rows] }), layout);
  });
}

/**
 * The sequences of a packed batch, in the order in which they were given.
 * @returns one tensor [length, ...features] each
 */
export function unpackSequence<D extends DType = Tensor["dtype"]>(packed: PackedSequence<D>): Tensor<D>[] {
  const { data, layout } = checkPacked("unpackSequence", packed);
  const { index, inverse } = layout.joined(data.device, data.owner);
  return tidy(() => {
    const joined = packRows(data, { index: inverse, inverse: index }, { to: [layout.rows] });
    let at = 0;
    return layout.lengths.map((n) => slice(joined, 0, at, at += n));
  });
}

/**
 * One padded batch out of a list of sequences.
 * @param sequences each [length, ...features]
 * @returns [longest, batch, ...features], or batch first
 * @throws {ValueError} for an empty list
 * @throws {ShapeError} when features or element types differ
 */
export function padSequence<D extends DType = Tensor["dtype"]>(
  sequences: readonly Tensor<D>[],
  { batchFirst = false, paddingValue = 0, paddingSide = "right" }: PadSequenceOptions = {},
): Tensor<D> {
  if (paddingSide !== "right" && paddingSide !== "left") {
    throw new ValueError(`Cannot padSequence with paddingSide ${String(paddingSide)}: wanted "right" or "left"`, {
      op: "padSequence",
      value: paddingSide,
    });
  }
  const lengths = sequenceLengths("padSequence", sequences), batch = lengths.length, steps = Math.max(...lengths);
  const index = new Int32Array(steps * batch).fill(-1), inverse = new Int32Array(lengths.reduce((a, b) => a + b));
  lengths.reduce((start, n, b) => {
    for (let i = 0; i < n; i++) {
      const t = paddingSide === "right" ? i : steps - n + i, place = batchFirst ? b * steps + t : t * batch + b;
      index[place] = start + i;
      inverse[start + i] = place;
    }
    return start + n;
  }, 0);
  const to = batchFirst ? [batch, steps] : [steps, batch], { device } = sequences[0];
  return tidy(() => {
    const [from, back] = [index, inverse].map((values) => tensor(values, { device }));
    return packRows(cat(sequences, 0), { index: from, inverse: back }, { to, fill: paddingValue });
  });
}

/**
 * The sequences of a padded batch, as views of it.
 * @param x [time, batch, ...features], or [batch, time, ...features] with `batchFirst`
 * @returns one tensor [length, ...features] each
 * @throws {ValueError} for lengths that are not integers from 1 to time
 */
export function unpadSequence<D extends DType = Tensor["dtype"]>(
  x: Tensor<D>,
  lengths: Lengths,
  { batchFirst = false }: Pick<PackOptions, "batchFirst"> = {},
): Tensor<D>[] {
  checkTensor("unpadSequence", "unpadSequence", x);
  const { batch, steps } = paddedSizes("unpadSequence", x as unknown as Tensor<DType>, batchFirst);
  const list = checkLengths("unpadSequence", `unpadSequence ${show(x.shape)}`, lengths, batch, steps);
  return list.map((n, b) => slice(select(x, batchFirst ? 0 : 1, b), 0, 0, n));
}

function checkPacked<D extends DType>(op: string, packed: PackedSequence<D>): PackedSequence<D> {
  if (packed instanceof PackedSequence) return packed;
  throw new ValueError(`Cannot ${op} ${String(packed)}: wanted a PackedSequence`, { op, value: packed });
}

/** Lengths of a list of sequences that fit together. */
function sequenceLengths(op: string, sequences: readonly Tensor<DType>[] | readonly Tensor[]): number[] {
  const list = sequences as readonly Tensor<DType>[];
  if (!Array.isArray(list) || list.length === 0) {
    throw new ValueError(`Cannot ${op}: wanted a list of at least one tensor`, { op, value: sequences });
  }
  for (const t of list) {
    checkTensor(op, op, t);
    if (t.shape.length >= 1 && t.dtype === list[0].dtype && sameShape(t.shape.slice(1), list[0].shape.slice(1))) {
      continue;
    }
    throw new ShapeError(
      `Cannot ${op} ${show(list[0].shape)} ${list[0].dtype} and ${
        show(t.shape)
      } ${t.dtype}: wanted [length, ...features] ` +
        `with equal features and element types`,
      { op, shapes: list.map((x) => x.shape) },
    );
  }
  return list.map((t) => t.shape[0]);
}
