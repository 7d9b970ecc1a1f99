/**
 * From comments to ids and a table of word vectors: cleaning, Keras' tokenizer over training and test comments, padding on
 * the left, vectors side by side or averaged.
 * @module
 */

import * as w from "../../mod.ts";
import { type Comments, type Data, pick } from "./data.ts";

/** Longest comment, in words: of longer ones the end is read. */
export const MAX_LENGTH = 220;

/** How comments become ids, and words vectors. */
export interface PrepareOptions {
  /** Files of word vectors; the document has two. */
  vectors: readonly string[];
  /** Contractions are written out before cleaning ("isn't" becomes "is not"). Default false. */
  contractions?: boolean;
  /** Words that a file has not are looked for in other cases and as stems. Default false. */
  fallbacks?: boolean;
  /** Vectors of several files are averaged instead of put side by side. Default false. */
  average?: boolean;
  /** Only so many words have ids, the most frequent ones; default all. */
  maxWords?: number;
  /** Where lines go; default: nowhere. */
  print?: (line: string) => void;
}

/** What a network is trained on. */
export interface Prepared {
  readonly train: Part;
  readonly valid: Part | null;
  readonly test: Part;
  /** Rows by id; row 0 is the padding's, of zeros. */
  readonly table: w.nn.HostTable;
  /** Turns more comments into ids as those were. */
  readonly encode: (texts: readonly string[]) => Int32Array[];
  /** Sum of the words in their order: models of other vocabularies are refused by it. */
  readonly vocabulary: string;
}

/** Comments as ids. */
export interface Part {
  readonly comments: Comments;
  /** Ids, from 1 to {@link MAX_LENGTH} of them: a comment without words is one id of padding. */
  readonly ids: readonly Int32Array[];
  /** `[comments, 1 + columns]`: the hard target, then the soft ones; null where nothing is known. */
  readonly targets: Float32Array | null;
}

/**
 * Prepares comments.
 * @throws {w.FormatError} for a damaged vector file, or one whose vectors are of another width, with its line
 * @throws {w.ShapeError} when tables are to be averaged and have different widths
 */
export async function prepare({ train, valid, test }: Data, options: PrepareOptions): Promise<Prepared> {
  const { vectors, contractions = false, fallbacks = false, average = false, maxWords, print } = options;
  if (!vectors.length) throw new w.ValueError("Cannot prepare comments without a file of word vectors: pass --vectors");
  const clean = (text: string): string =>
    w.text.cleanPunctuation(contractions ? w.text.expandContractions(text) : text);
  const tokenizer = new w.text.KerasTokenizer({ numWords: maxWords === undefined ? undefined : maxWords + 1 });
  const cleaned = [train, ...(valid && valid !== test ? [valid] : []), test].map(({ texts }) => texts.map(clean));
  for (const texts of cleaned) tokenizer.fitOnTexts(texts);
  const words = tokenizer.indexWord.slice(1, maxWords === undefined ? undefined : maxWords + 1);
  if (!words.length) throw new w.ValueError("Cannot prepare comments: after cleaning, none of them has a word");
  const cut = (ids: Int32Array): Int32Array => ids.length ? ids.slice(-MAX_LENGTH) : Int32Array.of(0);
  const encode = (texts: readonly string[]): Int32Array[] =>
    tokenizer.textsToSequences(texts.map(clean)).map((ids) => cut(Int32Array.from(ids)));
  const part = (comments: Comments): Part => ({
    comments,
    ids: encode(comments.texts),
    targets: comments.targets && withHard(comments.targets, comments.columns.length),
  });

  const index = new Map(words.map((word, i) => [word, i + 1]));
  const reading = { fallbacks: fallbacks ? w.text.WORD_FALLBACKS : [], print, rows: words.length + 1 };
  const table = average && vectors.length > 1
    ? w.text.averageVectors(
      await Promise.all(vectors.map((path) => w.text.buildEmbeddingMatrix(index, path, reading))),
    )
    : await w.text.buildEmbeddingMatrix(index, vectors, reading);
  print?.(`Vocabulary of ${words.length.toLocaleString("en-US")} words, vectors of ${table.shape[1]}`);
  return {
    train: part(train),
    valid: valid && part(valid),
    test: part(test),
    table,
    encode,
    vocabulary: await w.data.contentKey(words),
  };
}

/** Some comments of a part. */
export function pickPart({ comments, ids, targets }: Part, rows: ArrayLike<number>): Part {
  const outputs = targets ? targets.length / ids.length : 0,
    at = Array.from(rows),
    picked = new Float32Array(at.length * outputs);
  at.forEach((row, i) => targets && picked.set(targets.subarray(row * outputs, (row + 1) * outputs), i * outputs));
  return { comments: pick(comments, at), ids: at.map((row) => ids[row]), targets: targets && picked };
}

/** The hard target in front of the soft ones. */
function withHard(soft: Float32Array, columns: number): Float32Array {
  const rows = soft.length / columns, all = new Float32Array(rows * (columns + 1));
  for (let row = 0; row < rows; row++) {
    all[row * (columns + 1)] = soft[row * columns] >= 0.5 ? 1 : 0;
    all.set(soft.subarray(row * columns, (row + 1) * columns), row * (columns + 1) + 1);
  }
  return all;
}

/** How {@link batches} cuts and orders. */
export interface BatchOptions {
  /** Comments per batch. */
  batchSize: number;
  /** New random orders, for training; otherwise the order of the comments. */
  seed?: number;
  /**
   * Sequence bucketing: comments of similar lengths come together, and a batch is as long as its longest comment, or the
   * 95th percentile of its lengths. Default false: every batch is {@link MAX_LENGTH} long.
   */
  bucketing?: boolean;
}

/** Batches of ids `[batch, time]`, padded on the left, and targets; in prediction targets are zeros where unknown. */
export type Loader = w.data.DataLoader<w.data.LabelledIds, [w.Tensor<"i32">, w.Tensor]>;

/** A loader over a part. */
export function batches({ ids, targets }: Part, outputs: number, options: BatchOptions): Loader {
  const { batchSize, seed, bucketing = false } = options, training = seed !== undefined;
  const none = new Float32Array(outputs);
  const items = ids.map((own, i) => [own, targets ? targets.subarray(i * outputs, (i + 1) * outputs) : none] as const);
  const collate = w.data.padCollate({
    side: "left",
    labels: "f32",
    ...bucketing ? { maxLength: MAX_LENGTH, percentile: training ? 95 : 100 } : { length: MAX_LENGTH },
  });
  if (!bucketing) return new w.data.DataLoader(items, { batchSize, shuffle: training, seed, collate });
  const lengths = ids.map((own) => own.length);
  return new w.data.DataLoader(items, {
    batchSampler: new w.data.BucketSampler(lengths, {
      batchSize,
      train: training,
      sortWithinBatch: true,
      random: training ? new w.data.PythonRandom(seed) : undefined,
    }),
    collate,
  });
}
