/**
 * From the reviews to batches, as torchtext 0.10 does it: spaCy's tokens, 70 % of the training reviews by Python's
 * `random.seed(1234)`, the 25,000 most frequent words of those, and its BucketIterator in both regimes.
 * @module
 */

import * as w from "../../mod.ts";
import type { TextBatch } from "./models.ts";

/** Seed of the document: of the split and of the order of batches. */
export const SEED = 1234;

/** Words of the vocabulary, beside `<unk>` and `<pad>`. */
const MAX_VOCAB_SIZE = 25_000;

/** A part of the data: ids of every review, and 1 for positive. */
export interface Part {
  /** Ids, cut to the greatest length. */
  readonly texts: readonly Int32Array[];
  /** 0 negative, 1 positive. */
  readonly labels: readonly number[];
}

/** The three parts and the words that their ids stand for. */
export interface Parts {
  readonly vocab: w.text.Vocab;
  readonly train: Part;
  readonly valid: Part;
  readonly test: Part;
}

/** How {@link prepare} chooses and cuts. */
export interface DataOptions {
  /**
   * Folder `aclImdb`, its `.tar.gz`, or a folder with `train.jsonl` and `test.jsonl` (also `.gz`); default: the official
   * archive is downloaded once.
   */
  data?: string;
  /** Training and test reviews at most, and 3/7 of it to validate; default all. */
  limit?: number;
  /** Tokens of a review at most: the rest is cut off. By default nothing is. */
  maxLength?: number;
  /** Seed of the split, and of which reviews a limit takes; default that of the document. */
  seed?: number;
  /** Folder that keeps tokens from run to run; default: nothing is kept. */
  cache?: string;
  /** Threads that make tokens; default: one per core, for 2,000 reviews and more. */
  workers?: number;
  /** Called while tokens are made. */
  onProgress?: (done: number, total: number) => void;
}

/**
 * Reads, splits and numbers the reviews.
 * @throws {w.ValueError} for an empty review, or limits that are no positive integers
 */
export async function prepare(options: DataOptions): Promise<Parts> {
  const { data, limit, maxLength, seed = SEED, cache, onProgress } = options;
  for (const [name, value] of Object.entries({ limit, "max-length": maxLength })) {
    if (value === undefined || Number.isSafeInteger(value) && value > 0) continue;
    throw new w.ValueError(`Cannot prepare reviews with --${name} ${value}: it has to be a positive integer`, {
      value,
    });
  }
  const [train, test] = [await read("train", data), await read("test", data)];
  const split = w.data.torchtextSplit(train.texts.length, { random: seed });
  const trainAt = split[0].subarray(0, limit);
  const validAt = split[1].subarray(0, limit && Math.max(1, Math.round(limit * 3 / 7)));
  // the test set stands in two blocks, so a part of it is drawn
  const testAt = limit
    ? Int32Array.from(new w.data.PythonRandom(seed).permutation(test.texts.length).subarray(0, limit))
    : Int32Array.from(test.texts, (_, i) => i);

  const picked = [...pick(train, trainAt), ...pick(train, validAt), ...pick(test, testAt)];
  const texts = picked.map(({ text }) => text),
    { workers = texts.length < 2000 ? 0 : navigator.hardwareConcurrency } = options;
  const make = () =>
    w.data.tokenizeCorpus(texts, new URL("./tokenize.ts", import.meta.url), {
      workers,
      onProgress: (done) => onProgress?.(done, texts.length),
    });
  const corpus = cache
    ? await w.data.cachedCorpus(
      cache,
      { rules: { tokens: "spaCy 3.4" }, files: [new Blob([JSON.stringify(texts)])] },
      make,
    )
    : await make();

  const vocab = vocabularyOf(corpus, trainAt.length);
  const ids = corpus.numericalize((word) => vocab.id(word));
  let at = 0;
  const next = (count: number): Part => {
    const from = at;
    at += count;
    return {
      texts: Array.from({ length: count }, (_, i) => ids.get(from + i).slice(0, maxLength) as Int32Array),
      labels: picked.slice(from, at).map(({ label }) => label),
    };
  };
  return { vocab, train: next(trainAt.length), valid: next(validAt.length), test: next(testAt.length) };
}

/** All reviews of one kind, the positive ones first, as torchtext has them. */
async function read(split: "train" | "test", path?: string): Promise<w.data.LabelledTexts> {
  const reviews = await w.data.imdb({ path }, { split });
  const empty = reviews.texts.findIndex((text) => text.trim() === "");
  if (empty < 0) return reviews;
  const kind = reviews.names[reviews.labels[empty]], before = reviews.labels.indexOf(reviews.labels[empty]);
  throw new w.ValueError(
    `Cannot use the ${split} reviews of ${path ?? "IMDb"}: number ${
      empty - before + 1
    } of the ${kind} ones is empty; ` +
      "take it out",
    { value: empty },
  );
}

function pick({ texts, labels }: w.data.LabelledTexts, at: Int32Array): { text: string; label: number }[] {
  return Array.from(at, (i) => ({ text: texts[i], label: labels[i] }));
}

/** The vocabulary of the first `count` texts. */
function vocabularyOf(corpus: w.data.TokenCorpus, count: number): w.text.Vocab {
  const counts = corpus.counts(Array.from({ length: count }, (_, i) => i));
  const seen = corpus.words.map((word, i) => [word, counts[i]] as const).filter(([, times]) => times > 0);
  return w.text.torchtextVocab(new w.text.Counter(seen), { maxSize: MAX_VOCAB_SIZE });
}

/** Batches of reviews and labels. */
export type Loader = w.data.DataLoader<w.data.LabelledIds, [TextBatch, w.Tensor]>;

/** How {@link loader} orders. */
export interface LoaderOptions {
  /** Reviews per batch; default 64. */
  batchSize?: number;
  /** The order of training or that of evaluation. */
  train: boolean;
  /** Whether reviews of similar lengths come together in training; the document's do not. Default false. */
  sortWithinBatch?: boolean;
  /** Seed of the training order; default that of the document. */
  seed?: number;
}

/** torchtext's BucketIterator over a part: random batches to train, by length to evaluate. Ids are `[time, batch]`. */
export function loader(part: Part, { batchSize = 64, train, sortWithinBatch, seed = SEED }: LoaderOptions): Loader {
  const lengths = part.texts.map((ids) => ids.length);
  return new w.data.DataLoader(part.texts.map((ids, i) => [ids, part.labels[i]] as const), {
    batchSampler: new w.data.BucketSampler(lengths, {
      batchSize,
      train,
      sortWithinBatch: train ? sortWithinBatch ?? false : true,
      random: new w.data.PythonRandom(seed),
    }),
    collate: w.data.padCollateLengths({ padId: 1, timeMajor: true, labels: "f32" }),
  });
}
