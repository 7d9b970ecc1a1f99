/**
 * Training and validation batches for the seven models: the corpus cut into sequences, the first 80 % of them for
 * training, in batches of 64.
 * @module
 */

import * as w from "../../mod.ts";
import { ids } from "./numbers.ts";

/** Sequences per batch. */
export const batchSize = 64;

/** Word ids and what follows them: the next word, or for every word the next one. */
export type Sequence = readonly [input: Int32Array, target: number | Int32Array];

/** Batches of `[batch, length]` input ids with `[batch]` or `[batch, length]` target ids. */
export type Loader = w.data.DataLoader<Sequence, [w.Tensor<"i32">, w.Tensor<"i32">]>;

/** Three words and the word after them, for models 1 to 3: 21,031 sequences. */
export function threeWords(): Sequence[] {
  return starts(3, 4).map((i) => [ids.slice(i, i + 3), ids[i + 3]]);
}

/** Sixteen words and the same shifted by one, for models 4 to 7: 3,943 sequences. */
export function sixteenWords(): Sequence[] {
  return starts(16, 17).map((i) => [ids.slice(i, i + 16), ids.slice(i + 1, i + 17)]);
}

/** First positions `0, step, 2 * step, ...` that leave room for `span` words and one more. */
function starts(step: number, span: number): number[] {
  return Array.from({ length: Math.ceil((ids.length - span) / step) }, (_, i) => i * step);
}

/**
 * The loaders of a model. From model 3 on the hidden state is carried over, so there row j of each batch continues
 * row j of the batch before, and only full batches are used.
 */
export function loaders(model: number): { train: Loader; valid: Loader } {
  const sequences = model <= 3 ? threeWords() : sixteenWords();
  const cut = Math.floor(sequences.length * 0.8);
  const carried = model >= 3;
  const load = (part: Sequence[], dropLast: boolean): Loader =>
    new w.data.DataLoader(carried ? w.data.groupChunks(part, batchSize) : part, {
      batchSize,
      dropLast,
      collate: w.data.stackFields("i32", "i32"),
    });
  return { train: load(sequences.slice(0, cut), true), valid: load(sequences.slice(cut), carried) };
}
