/**
 * Unigram subword models by SentencePiece's training (Kudo 2018): seed pieces, expectation maximisation, pruning.
 *
 * Seeds are the repeated substrings of the corpus by count times length; two rounds of expectations and a digamma step
 * (a sparse prior) alternate with pruning of the pieces whose loss changes the likelihood least. Float rounding and the
 * order of sums follow the reference with its 16 threads, so that models agree piece by piece.
 * @module
 */

import { repeatedSubstrings, suffixArray } from "./unigram_trainer_suffix.ts";
import {
  compareCodePoints,
  finishModel,
  readCorpus,
  splitWords,
  type SubwordTrainerOptions,
} from "./unigram_trainer_corpus.ts";
import { Lattices, PieceTree } from "./unigram_trainer_lattice.ts";
import { pieceRules } from "./unigram_trainer_rules.ts";
import type { SentencePieceModel } from "./sentencepiece_model.ts";

/** Options of {@link trainUnigram}. */
export interface UnigramTrainerOptions extends SubwordTrainerOptions {
  /** Most seed pieces. Default: 1,000,000. */
  seedSize?: number;
  /** Share of the pieces that a pruning round keeps, below 1. Default: 0.75. */
  shrinkingFactor?: number;
  /** Rounds of expectations between two prunings. Default: 2. */
  emIterations?: number;
}

/** Parallel sums of the reference: each takes every 16th word, then they are added up. */
const LANES = 16;
/** Below the worst piece by this much: an unknown character. */
const UNKNOWN_PENALTY = 10;
const LEAST_EXPECTED = 0.5;
const UNKNOWN_CODE = 0x2585;

const f = Math.fround;

function digamma(x: number): number {
  let result = 0;
  for (; x < 7; x++) result -= 1 / x;
  x -= 0.5;
  const r = 1 / x;
  const r2 = r * r;
  const r4 = r2 * r2;
  return result + Math.log(x) + (1 / 24) * r2 - (7 / 960) * r4 + (31 / 8064) * r4 * r2 - (127 / 30720) * r4 * r4;
}

/** Pieces as parts of the text, with their scores. */
interface Pieces {
  starts: Int32Array;
  lengths: Int32Array;
  scores: Float32Array;
}

/** Keeps the pieces of these places, in this order, and gives the new names of the old ones. */
function select(pieces: Pieces, places: readonly number[]): { kept: Pieces; names: Int32Array } {
  const names = new Int32Array(pieces.starts.length).fill(-1);
  places.forEach((place, i) => names[place] = i);
  return {
    kept: {
      starts: Int32Array.from(places, (place) => pieces.starts[place]),
      lengths: Int32Array.from(places, (place) => pieces.lengths[place]),
      scores: Float32Array.from(places, (place) => pieces.scores[place]),
    },
    names,
  };
}

function lowest(scores: Float32Array): number {
  let low = Infinity;
  for (const score of scores) if (score < low) low = score;
  return low;
}

/**
 * Trains a unigram model.
 *
 * @param texts the corpus, one text per element
 * @param options size of the vocabulary and the rules; see {@link UnigramTrainerOptions}
 * @returns a model of type "unigram": special pieces at their ids, then the others by falling score
 * @throws {ValueError} when the corpus is empty, a text holds a lone surrogate, or the size of the vocabulary does not fit
 */
export function trainUnigram(texts: Iterable<string>, options: UnigramTrainerOptions): SentencePieceModel {
  const op = "trainUnigram";
  const corpus = readCorpus(op, texts, options);
  const shrink = options.shrinkingFactor ?? 0.75;
  const rounds = options.emIterations ?? 2;
  const { codes, symbols, text } = encode(corpus.sentences);
  let pieces = seeds(text, codes, options);
  const tree = new PieceTree(text, pieces.starts, pieces.lengths, symbols);
  const rankOf = new Map<number, number>();
  codes.forEach((code, rank) => rankOf.set(code, rank));
  const words = splitWords(corpus.sentences, options.splitByWhitespace ?? true);
  const weights = Float32Array.from(words, ({ count }) => count);
  const lattices = new Lattices(
    tree,
    words.map(({ word }) =>
      Int32Array.from(word, (character) => rankOf.get(character.codePointAt(0) as number) as number)
    ),
  );
  const wanted = Math.trunc(corpus.vocabSize * 1.1);
  for (;;) {
    for (let round = 0; round < rounds; round++) {
      const expected = expectations(lattices, weights, pieces.scores);
      const places: number[] = [];
      let sum = 0;
      for (let i = 0; i < expected.length; i++) {
        if (expected[i] < LEAST_EXPECTED) continue;
        places.push(i);
        sum = f(sum + expected[i]);
      }
      const { kept, names } = select(pieces, places);
      const total = f(digamma(sum));
      for (let i = 0; i < places.length; i++) kept.scores[i] = digamma(expected[places[i]]) - total;
      lattices.rename(names);
      pieces = kept;
    }
    options.onProgress?.({ stage: "expect", done: pieces.starts.length, total: wanted });
    if (pieces.starts.length <= wanted) break;
    const places = prune(
      lattices,
      weights,
      text,
      symbols,
      pieces,
      Math.max(wanted, Math.trunc(f(shrink) * pieces.starts.length)),
    );
    // Nothing more to prune: every piece left has no other spelling.
    if (places.length === pieces.starts.length) break;
    const { kept, names } = select(pieces, places);
    lattices.rename(names);
    pieces = kept;
  }
  return finishModel(
    op,
    "unigram",
    corpus,
    finals(corpus.required, corpus.vocabSize - corpus.metaCount, pieces, text, codes),
    options,
  );
}

/** The sentences as ranks of their characters, each ended by 0; `codes` gives the code point of a rank. */
function encode(sentences: readonly string[]): { codes: number[]; symbols: number; text: Int32Array } {
  const present = new Set<number>();
  let length = 0;
  for (const sentence of sentences) {
    for (const character of sentence) {
      present.add(character.codePointAt(0) as number);
      length++;
    }
    length++;
  }
  const codes = [0, ...[...present].sort((a, b) => a - b)];
  const rankOf = new Map(codes.map((code, rank) => [code, rank]));
  const text = new Int32Array(length);
  let at = 0;
  for (const sentence of sentences) {
    for (const character of sentence) text[at++] = rankOf.get(character.codePointAt(0) as number) as number;
    at++;
  }
  return { codes, symbols: codes.length, text };
}

function seeds(text: Int32Array, codes: readonly number[], options: UnigramTrainerOptions): Pieces {
  const first = new Int32Array(codes.length).fill(-1);
  const counts = new Float64Array(codes.length);
  for (let i = 0; i < text.length; i++) {
    if (first[text[i]] < 0) first[text[i]] = i;
    counts[text[i]]++;
  }
  const ranks = codes.map((_, rank) => rank).filter((rank) => rank > 0 && codes[rank] !== UNKNOWN_CODE)
    .sort((a, b) => counts[b] - counts[a] || a - b);
  const valid = pieceRules(options);
  const longest = options.maxPieceLength ?? 16;
  const buffer = new Array<number>(longest);
  const starts: number[] = [];
  const lengths: number[] = [];
  const scores: number[] = [];
  repeatedSubstrings(text, suffixArray(text, codes.length), (start, whole, count, above) => {
    // A word that the same word or space always follows ends there, unless a shorter node is that word already.
    let length = 1;
    while (length < whole && text[start + length] !== 0 && codes[text[start + length]] !== 0x2581) length++;
    if (length <= above || length <= 1 || length > longest || text[start] === 0) return;
    for (let i = 0; i < length; i++) buffer[i] = codes[text[start + i]];
    if (!valid(buffer, 0, length)) return;
    starts.push(start);
    lengths.push(length);
    scores.push(count * length);
  });
  const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[b] - scores[a] || a - b)
    .slice(0, options.seedSize ?? 1_000_000);
  const size = ranks.length + order.length;
  const pieces = { starts: new Int32Array(size), lengths: new Int32Array(size), scores: new Float32Array(size) };
  let sum = 0;
  for (let i = 0; i < size; i++) {
    const single = i < ranks.length;
    const k = single ? ranks[i] : order[i - ranks.length];
    pieces.starts[i] = single ? first[k] : starts[k];
    pieces.lengths[i] = single ? 1 : lengths[k];
    pieces.scores[i] = single ? counts[k] : scores[k];
    sum = f(sum + pieces.scores[i]);
  }
  const total = f(Math.log(sum));
  for (let i = 0; i < size; i++) pieces.scores[i] = Math.log(pieces.scores[i]) - total;
  return pieces;
}

function expectations(lattices: Lattices, weights: Float32Array, scores: Float32Array): Float32Array {
  const unknown = f(lowest(scores) - UNKNOWN_PENALTY);
  const sum = new Float32Array(scores.length);
  const lane = new Float32Array(scores.length);
  for (let n = 0; n < LANES; n++) {
    const into = n === 0 ? sum : lane.fill(0);
    for (let w = n; w < weights.length; w += LANES) lattices.expect(w, weights[w], scores, unknown, into);
    if (n > 0) { for (let i = 0; i < sum.length; i++) sum[i] += lane[i]; }
  }
  return sum;
}

/** The pieces that stay, in the order of the reference: those without a choice first, then by falling loss. */
function prune(
  lattices: Lattices,
  weights: Float32Array,
  text: Int32Array,
  symbols: number,
  pieces: Pieces,
  size: number,
): number[] {
  const { scores, starts, lengths } = pieces;
  const count = scores.length;
  const unknown = f(lowest(scores) - UNKNOWN_PENALTY);
  const own = new Lattices(
    new PieceTree(text, starts, lengths, symbols),
    Array.from(starts, (start, i) => text.subarray(start, start + lengths[i])),
  );
  const uses = new Float32Array(count);
  const words = new Float32Array(count);
  const lanes = new Float32Array(count);
  let all = 0;
  for (let n = 0; n < LANES; n++) {
    lanes.fill(0);
    let sum = 0;
    for (let w = n; w < weights.length; w += LANES) {
      sum = f(sum + weights[w]);
      for (const piece of lattices.best(w, scores, unknown)) {
        if (piece < 0) continue;
        lanes[piece] += weights[w];
        words[piece] += weights[w];
      }
    }
    all = f(all + sum);
    for (let i = 0; i < count; i++) uses[i] += lanes[i];
  }
  let total = 0;
  for (let i = 0; i < count; i++) total += uses[i];
  total = f(total);
  const logTotal = f(Math.log(total));
  const kept: number[] = [];
  const places: number[] = [];
  const losses: number[] = [];
  for (let i = 0; i < count; i++) {
    if (lengths[i] === 1) {
      kept.push(i);
      continue;
    }
    if (own.best(i, scores, unknown).length > 1) {
      // Its best spelling is split: it goes unless words use it, which they then cannot.
      if (uses[i] > 0) kept.push(i);
      continue;
    }
    const other = own.best(i, scores, unknown, i);
    if (uses[i] === 0) {
      // Kept for its own sake by the reference's rule: the loss of an unused piece is not a number there, zero here.
      places.push(i);
      losses.push(0);
      continue;
    }
    const share = f(words[i] / all);
    const now = f(Math.log(uses[i]) - logTotal);
    const logOther = f(Math.log(f(total + f(uses[i] * (other.length - 1)))));
    let then = 0;
    for (const piece of other) {
      then = f(then + (Math.log(f((piece < 0 ? 0 : uses[piece]) + uses[i])) - logOther));
    }
    places.push(i);
    losses.push(f(share * f(now - then)));
  }
  const order = places.map((_, i) => i).sort((a, b) => losses[b] - losses[a] || places[a] - places[b]);
  for (const i of order) {
    if (kept.length >= size) break;
    kept.push(places[i]);
  }
  return kept;
}

function finals(
  required: readonly { code: number }[],
  size: number,
  pieces: Pieces,
  text: Int32Array,
  codes: readonly number[],
): { text: string; score: number }[] {
  const all = Array.from(pieces.starts, (start, i) => ({
    text: String.fromCodePoint(...Array.from(text.subarray(start, start + pieces.lengths[i]), (rank) => codes[rank])),
    score: pieces.scores[i],
  })).sort(fallingScore);
  const scores = new Map(all.map((piece) => [piece.text, piece.score]));
  const chosen = new Map<string, number>();
  const low = lowest(pieces.scores);
  let penalty = 0;
  for (const { code } of required) {
    const character = String.fromCodePoint(code);
    const score = scores.get(character);
    chosen.set(character, score ?? f(low + penalty));
    if (score === undefined) penalty = f(penalty + f(0.0001));
  }
  for (const piece of all) {
    if (chosen.has(piece.text)) continue;
    if (chosen.size >= size) break;
    chosen.set(piece.text, piece.score);
  }
  return [...chosen].map(([text, score]) => ({ text, score })).sort(fallingScore);
}

function fallingScore(a: { text: string; score: number }, b: { text: string; score: number }): number {
  return b.score - a.score || compareCodePoints(a.text, b.text);
}
