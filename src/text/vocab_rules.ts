/**
 * Which tokens come into a vocabulary and in which order: the rules of torchtext, fastai 0.7, fastai 2, Keras and
 * torchMoji, each with its own treatment of ties. All take counts or documents of tokens.
 */
import { ValueError } from "../errors.ts";
import { SPECIAL_TOKENS } from "./fastai_rules.ts";
import { Vocab } from "./vocab.ts";
import { compareCodePoints, type Countable, Counter, toCounter } from "./vocab_counter.ts";

/** Tokens that torchMoji puts first, ids 0 to 9. */
export const TORCHMOJI_SPECIALS: readonly string[] = Object.freeze([
  "CUSTOM_MASK",
  "CUSTOM_UNKNOWN",
  "CUSTOM_AT",
  "CUSTOM_URL",
  "CUSTOM_NUMBER",
  "CUSTOM_BREAK",
  "CUSTOM_BLANK_6",
  "CUSTOM_BLANK_7",
  "CUSTOM_BLANK_8",
  "CUSTOM_BLANK_9",
]);

/** Options of {@link torchtextVocab}. */
export interface TorchtextVocabOptions {
  /** Most words, the special tokens not counted; default all. */
  maxSize?: number;
  /** Rarest words that are kept; default 1. */
  minFreq?: number;
  /** Token for unknown ones; default `<unk>`, null for none (as a LabelField). */
  unknown?: string | null;
  /** Token that fills up; default `<pad>`, null for none. */
  pad?: string | null;
  /** Token at the beginning of texts; default none. */
  init?: string | null;
  /** Token at the end of texts; default none. */
  eos?: string | null;
}

/**
 * torchtext's (0.10, legacy `Field.build_vocab`): special tokens (unknown, pad, init, eos), then words by falling count,
 * equal ones alphabetically by code points.
 * @throws {ValueError} nothing counted, or no word left
 */
export function torchtextVocab(source: Countable, options: TorchtextVocabOptions = {}): Vocab {
  const { maxSize = Infinity, minFreq = 1, unknown = "<unk>", pad = "<pad>", init = null, eos = null } = options;
  const counts = toCounter(source), specials = [unknown, pad, init, eos].filter((token) => token !== null);
  const words = [...counts].filter(([token, count]) => count >= Math.max(1, minFreq) && !specials.includes(token));
  words.sort((a, b) => b[1] - a[1] || compareCodePoints(a[0], b[0]));
  check("torchtextVocab", counts, words.length, `at least ${minFreq} times`);
  return new Vocab([...specials, ...words.slice(0, maxSize).map(([token]) => token)], {
    counts,
    unknown: unknown ?? undefined,
    pad: pad ?? undefined,
  });
}

/**
 * A vocabulary of labels by torchtext's rule (`LabelField`): no special tokens, so an unknown label is refused; by falling
 * count, equal ones alphabetically.
 * @throws {ValueError} no labels
 */
export function labelVocab(labels: Iterable<string>): Vocab {
  return torchtextVocab([labels], { unknown: null, pad: null });
}

/** Options of {@link fastai07Vocab}. */
export interface Fastai07VocabOptions {
  /** Most words, the two special tokens not counted; default 60,000. */
  maxVocab?: number;
  /** Words must occur more often than this; default 2. */
  minFreq?: number;
}

/**
 * fastai 0.7's (the ULMFiT notebook): `_unk_` 0, `_pad_` 1, then the most common words, equal ones in first-seen order.
 * @throws {ValueError} nothing counted, or no word left
 */
export function fastai07Vocab(source: Countable, options: Fastai07VocabOptions = {}): Vocab {
  const { maxVocab = 60_000, minFreq = 2 } = options, specials = ["_unk_", "_pad_"];
  const counts = toCounter(source);
  const words = counts.mostCommon(maxVocab).filter(([token, count]) => count > minFreq && !specials.includes(token));
  check("fastai07Vocab", counts, words.length, `more than ${minFreq} times`);
  return new Vocab([...specials, ...words.map(([token]) => token)], { counts, unknown: "_unk_", pad: "_pad_" });
}

/** Options of {@link fastaiVocab}. */
export interface FastaiVocabOptions {
  /** Rarest words that are kept; default 3. */
  minFreq?: number;
  /** Most tokens, the special ones counted; default 60,000. */
  maxVocab?: number;
  /** Tokens that come first; default `fastaiRules.SPECIAL_TOKENS`. The first stands for unknown tokens. */
  specials?: readonly string[];
}

/**
 * fastai 2's `make_vocab`: special tokens, then the most common words, equal ones in first-seen order; then `xxfake` up to
 * the next multiple of 8 (eight of them when it is one already, so the largest has 60,008 ids).
 * @throws {ValueError} nothing counted, or no word left
 */
export function fastaiVocab(source: Countable, options: FastaiVocabOptions = {}): Vocab {
  const { minFreq = 3, maxVocab = 60_000, specials = SPECIAL_TOKENS } = options;
  const counts = toCounter(source), first = new Set(specials);
  // The limit cuts twice: among all tokens, special ones included, and again with the special ones in front.
  const words = counts.mostCommon(maxVocab).filter(([token, count]) => count >= minFreq && !first.has(token));
  check("fastaiVocab", counts, words.length, `at least ${minFreq} times`);
  const tokens = [...first, ...words.map(([token]) => token)].slice(0, maxVocab);
  const fake = Array.from({ length: 8 - tokens.length % 8 }, () => "xxfake");
  return new Vocab([...tokens, ...fake], {
    counts,
    unknown: tokens[0],
    pad: tokens.includes("xxpad") ? "xxpad" : undefined,
    filler: "xxfake",
  });
}

/** Options of {@link kerasVocab}. */
export interface KerasVocabOptions {
  /** Ids are below this, so it keeps `numWords - 1` words; default all. */
  numWords?: number;
  /** Token with id 1 for unknown ones; without it they are left out. */
  oovToken?: string;
}

/**
 * Keras' `Tokenizer`: id 0 is padding (an empty token that no text contains), words from 1 on by falling count, equal
 * ones in first-seen order.
 * @throws {ValueError} nothing counted, or no word left
 */
export function kerasVocab(source: Countable, options: KerasVocabOptions = {}): Vocab {
  const { numWords = Infinity, oovToken } = options, counts = toCounter(source);
  const words = counts.mostCommon().map(([token]) => token).filter((token) => token !== oovToken && token !== "");
  check("kerasVocab", counts, words.length, "at all");
  const tokens = ["", ...(oovToken === undefined ? [] : [oovToken]), ...words].slice(0, numWords || Infinity);
  return new Vocab(tokens, { counts, unknown: oovToken, pad: "", filler: "", missing: "skip" });
}

/** Options of {@link torchMojiVocab}. */
export interface TorchMojiVocabOptions {
  /** Most tokens, the ten special ones counted; default 100,000. */
  limit?: number;
  /** Rarest words that are kept; default 1. */
  minWords?: number;
}

/**
 * torchMoji's: ten special tokens, then words of 1 to 30 characters by falling count, equal ones in first-seen order.
 * Several counts are brought to the size of the largest before they are added up, as its `MasterVocab` does.
 * @throws {ValueError} nothing counted, or no word left
 */
export function torchMojiVocab(source: Countable | readonly Counter[], options: TorchMojiVocabOptions = {}): Vocab {
  const { limit = 100_000, minWords = 1 } = options, specials = new Set(TORCHMOJI_SPECIALS);
  const many = Array.isArray(source) && source.length > 0 && source[0] instanceof Counter;
  const counters = many ? source as readonly Counter[] : [toCounter(source as Countable)];
  const kept = counters.map((counter) =>
    [...counter].filter(([token, count]) => count >= minWords && !specials.has(token) && torchMojiWord(token))
  );
  const sizes = kept.map((words) => words.reduce((sum, [, count]) => sum + count, 0)), counts = new Counter();
  const largest = sizes.reduce((a, b) => Math.max(a, b), 0);
  kept.forEach((words, i) => words.forEach(([token, count]) => counts.add(token, count * (largest / sizes[i]))));
  check("torchMojiVocab", counters[0], counts.size, `at least ${minWords} times with 1 to 30 characters`);
  const tokens = [...specials, ...counts.mostCommon().map(([token]) => token)].slice(0, limit);
  return new Vocab(tokens, { counts, unknown: "CUSTOM_UNKNOWN", pad: "CUSTOM_MASK" });
}

/** Whether torchMoji counts a word: 1 to 30 characters. */
export function torchMojiWord(word: string): boolean {
  // More than 60 units are more than 30 characters whatever they are.
  return word.length > 0 && word.length <= 60 && (word.length <= 30 || Array.from(word).length <= 30);
}

function check(op: string, counts: Counter, left: number, wanted: string): void {
  if (counts.size === 0) {
    throw new ValueError("Cannot make a vocabulary: no tokens were counted, count the training texts first", { op });
  }
  if (left > 0) return;
  throw new ValueError(`Cannot make a vocabulary: none of ${counts.size} different tokens occurs ${wanted}`, { op });
}
