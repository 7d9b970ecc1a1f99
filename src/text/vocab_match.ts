/**
 * Rows of a pretrained embedding for a new vocabulary: a word that the old one has keeps its row (and decoder bias), all
 * others begin as the mean row.
 */
import { ShapeError, ValueError } from "../errors.ts";
import { Vocab } from "./vocab.ts";

/** A pretrained table. */
export interface EmbeddingTable {
  /** `[vocabulary, width]`, row-major. */
  readonly values: Float32Array;
  /** Its words: a vocabulary, or a list in the order of the rows (of words that stand twice the last row counts). */
  readonly vocab: Vocab | readonly string[];
  /** Bias of the decoder, one number per word. */
  readonly bias?: Float32Array;
}

/** Options of {@link matchEmbeddings}. */
export interface MatchOptions {
  /** Row of words that are not in the old vocabulary: the mean of all old rows (default) or zeros. */
  unknown?: "mean" | "zero";
}

/** A table for the new vocabulary. */
export interface MatchedEmbeddings {
  /** `[vocabulary, width]`, row-major. */
  readonly values: Float32Array<ArrayBuffer>;
  /** `[rows, width]`. */
  readonly shape: readonly [number, number];
  /** Bias of the decoder, where the old table has one. */
  readonly bias?: Float32Array<ArrayBuffer>;
  /** Number of words that the old vocabulary has. */
  readonly found: number;
  /** Words that it has not, in the order of their ids. */
  readonly missing: string[];
}

/**
 * Carries a pretrained embedding over to a vocabulary, as fastai does before fine-tuning.
 *
 * The mean is that of all old rows, summed in double precision. Entries that only take up ids count as missing.
 * @throws {ShapeError} values that are no whole rows of the old vocabulary, or a bias of another length
 */
export function matchEmbeddings(old: EmbeddingTable, vocab: Vocab, options: MatchOptions = {}): MatchedEmbeddings {
  const { unknown = "mean" } = options, rows = old.vocab instanceof Vocab ? old.vocab.size : old.vocab.length;
  const op = "matchEmbeddings", width = old.values.length / rows;
  if (unknown !== "mean" && unknown !== "zero") {
    throw new ValueError(`Cannot match embeddings: unknown is "${unknown}", wanted "mean" or "zero"`, {
      op,
      value: unknown,
    });
  }
  if (!Number.isInteger(width) || width === 0) {
    const message = `Cannot match embeddings: ${old.values.length} numbers are no whole rows for ${rows} words`;
    throw new ShapeError(message, { op, shapes: [[old.values.length], [rows]] });
  }
  if (old.bias && old.bias.length !== rows) {
    const message = `Cannot match embeddings: the bias has ${old.bias.length} numbers for ${rows} words`;
    throw new ShapeError(message, { op, shapes: [[old.bias.length], [rows]] });
  }
  const row = finder(old.vocab), values = new Float32Array(vocab.size * width), missing: string[] = [];
  const bias = old.bias && new Float32Array(vocab.size);
  const rest = unknown === "mean" ? meanRow(old.values, width) : new Float32Array(width);
  const restBias = old.bias && unknown === "mean" ? meanRow(old.bias, 1)[0] : 0;
  vocab.tokens.forEach((token, id) => {
    const from = token === vocab.filler ? -1 : row(token);
    values.set(from < 0 ? rest : old.values.subarray(from * width, (from + 1) * width), id * width);
    if (bias) bias[id] = from < 0 ? restBias : old.bias![from];
    if (from < 0) missing.push(token);
  });
  return { values, shape: [vocab.size, width], bias, found: vocab.size - missing.length, missing };
}

function finder(vocab: Vocab | readonly string[]): (token: string) => number {
  if (vocab instanceof Vocab) return (token) => vocab.find(token);
  const rows = new Map(vocab.map((token, i) => [token, i]));
  return (token) => rows.get(token) ?? -1;
}

function meanRow(values: Float32Array, width: number): Float32Array<ArrayBuffer> {
  const sums = new Float64Array(width), rows = values.length / width;
  for (let i = 0; i < values.length; i += width) for (let k = 0; k < width; k++) sums[k] += values[i + k];
  return Float32Array.from(sums, (sum) => sum / rows);
}
