/**
 * Sequences of different lengths as one array: padded on the left or right, cut to a length, time-major or batch-first.
 * This is the host's half; `pad_collate.ts` makes tensors of it.
 * @module
 */

import { IndexError, ShapeError, ValueError } from "../errors.ts";

/** Ids of one sequence. */
export type Ids = ArrayLike<number>;

/** Options of {@link padBatch}. */
export interface PadOptions {
  /** Id that fills up; default 0. */
  padId?: number;
  /** Where it is put; default "right". */
  side?: "left" | "right";
  /** Longest sequence: longer ones are cut. By default nothing is. */
  maxLength?: number;
  /** Length of the result whatever the batch holds (longer sequences are cut); by default that of the longest one. */
  length?: number;
  /** Which end of a sequence that is too long is cut off; default that of `side`. */
  truncate?: "left" | "right";
  /**
   * Sequence bucketing: cut to this percentile of the batch's lengths (95: at most the longest twentieth is cut), rounded
   * down, at least 1.
   */
  percentile?: number;
  /** Time first, `[T, B]`; default false: `[B, T]`. */
  timeMajor?: boolean;
  /** Size of the vocabulary: ids outside of it are refused here, with their place. By default they are not looked at. */
  vocabSize?: number;
}

/** A padded batch on the host. */
export interface PaddedIds {
  /** The ids, row-major. */
  readonly values: Int32Array<ArrayBuffer>;
  /** `[B, T]`, or `[T, B]` when time comes first. */
  readonly shape: readonly [number, number];
  /** Length of every sequence, after cutting. */
  readonly lengths: Int32Array<ArrayBuffer>;
}

/**
 * Pads sequences to one length.
 * @param sequences ids of every sequence; empty ones are all padding
 * @throws {ValueError} for no sequences, or an option out of range
 * @throws {IndexError} with `vocabSize`, naming sequence and place of an id that is outside
 */
export function padBatch(sequences: readonly Ids[], options: PadOptions = {}): PaddedIds {
  const { padId = 0, side = "right", truncate = side, percentile, timeMajor = false, vocabSize } = options;
  const { length, maxLength = length } = options, op = "padBatch", batch = sequences.length;
  if (batch === 0) throw new ValueError("Cannot pad a batch: it has no sequences", { op });
  for (const [name, value] of Object.entries({ length, maxLength })) {
    if (value === undefined || Number.isInteger(value) && value > 0) continue;
    throw new ValueError(`Cannot pad to ${name} ${value}: wanted a positive integer`, { op, value });
  }
  let most = maxLength ?? Infinity;
  if (percentile !== undefined) most = Math.min(most, percentileLength(sequences, percentile));
  const lengths = Int32Array.from(sequences, (ids) => Math.min(ids.length, most));
  const time = length ?? lengths.reduce((a, b) => Math.max(a, b));
  const shape: [number, number] = timeMajor ? [time, batch] : [batch, time];
  const values = new Int32Array(batch * time);
  if (padId !== 0) values.fill(padId);
  sequences.forEach((ids, row) => {
    if (vocabSize !== undefined) checkIds(ids, vocabSize, row);
    const kept = lengths[row], from = truncate === "left" ? ids.length - kept : 0;
    const to = side === "left" ? time - kept : 0;
    if (timeMajor) { for (let t = 0; t < kept; t++) values[(to + t) * batch + row] = ids[from + t]; }
    else if (ArrayBuffer.isView(ids)) values.set((ids as Int32Array).subarray(from, from + kept), row * time + to);
    else for (let t = 0; t < kept; t++) values[row * time + to + t] = ids[from + t];
  });
  return { values, shape, lengths };
}

/**
 * The length to which sequence bucketing cuts a batch: a percentile of its lengths as NumPy computes it (linear between
 * two lengths), rounded down, at least 1.
 * @param percentile from 0 to 100
 */
export function percentileLength(sequences: readonly Ids[], percentile: number): number {
  if (!(percentile >= 0 && percentile <= 100)) {
    throw new ValueError(`Cannot cut to percentile ${percentile}: wanted a number from 0 to 100`, {
      op: "percentileLength",
      value: percentile,
    });
  }
  const lengths = Int32Array.from(sequences, (ids) => ids.length).sort();
  const place = percentile / 100 * (lengths.length - 1), low = Math.floor(place), part = place - low;
  const a = lengths[low], b = lengths[Math.min(low + 1, lengths.length - 1)];
  return Math.max(1, Math.floor(part < 0.5 ? a + (b - a) * part : b - (b - a) * (1 - part)));
}

/** @throws {IndexError} naming the place of an id that is no row of the vocabulary */
function checkIds(ids: Ids, vocabSize: number, row: number): void {
  for (let t = 0; t < ids.length; t++) {
    if (ids[t] >= 0 && ids[t] < vocabSize && Number.isInteger(ids[t])) continue;
    throw new IndexError(
      `Cannot pad a batch: id ${ids[t]} at place ${t} of sequence ${row} is outside a vocabulary of ${vocabSize}`,
      { op: "padBatch", value: ids[t], position: t },
    );
  }
}

/** Options of {@link padChunk}. */
export interface PadChunkOptions {
  /** Id that fills up; default 1. */
  padId?: number;
  /** Whole chunks of padding before the text, the rest behind it; default true. Otherwise all behind it. */
  padFirst?: boolean;
  /** Length of a chunk; default 72. */
  seqLen?: number;
}

/**
 * Pads one sequence as fastai's `pad_chunk` does for classifiers that read a text chunk by chunk: the text begins at a
 * multiple of `seqLen`, with whole chunks of padding before it, so that a chunk is padding or text, and only the last one
 * both.
 * @param length of the result; at least that of the sequence
 * @throws {ShapeError} when the sequence is longer
 */
export function padChunk(ids: Ids, length: number, options: PadChunkOptions = {}): Int32Array<ArrayBuffer> {
  const { padId = 1, padFirst = true, seqLen = 72 } = options, missing = length - ids.length;
  if (!(missing >= 0)) {
    throw new ShapeError(`Cannot pad a sequence of ${ids.length} to ${length}: it is longer`, {
      op: "padChunk",
      shapes: [[ids.length], [length]],
    });
  }
  if (!Number.isInteger(seqLen) || seqLen < 1) {
    throw new ValueError(`Cannot pad by chunks of ${seqLen}: wanted a positive integer`, {
      op: "padChunk",
      value: seqLen,
    });
  }
  const out = new Int32Array(length).fill(padId);
  out.set(ids, padFirst ? missing - missing % seqLen : 0);
  return out;
}
