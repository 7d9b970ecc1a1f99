/**
 * Byte pair encoding by SentencePiece's rules: the most frequent pair of neighbours is merged until the vocabulary is full.
 *
 * The corpus is words with counts. Among equally frequent pairs the shorter one wins, then the smaller one in code point
 * order. Counts are kept by lists of places and counted again only where a merge touched them; between full looks (every
 * 100 merges) only the most frequent twentieth of the pairs (at least 1,000) and those made since are candidates.
 * @module
 */

import {
  compareCodePoints,
  finishModel,
  readCorpus,
  splitWords,
  type SubwordTrainerOptions,
} from "./unigram_trainer_corpus.ts";
import { pieceRules } from "./unigram_trainer_rules.ts";
import type { SentencePieceModel } from "./sentencepiece_model.ts";

interface Symbol {
  text: string;
  codes: number[];
  unknown: boolean;
  left: Symbol | null;
  right: Symbol | null;
  /** 0 = to be counted again. */
  count: number;
  /** Places (index of the left symbol) in ascending order when `sorted`. */
  places: number[];
  sorted: boolean;
  id: number;
}

/** Full look at all pairs every so many merges, and the share of pairs that stays a candidate. */
const LOOK_EVERY = 100;
const LEAST_CANDIDATES = 1000;
const CANDIDATE_SHARE = 0.05;
/** Ids of symbols stay below this: a pair's key is exact in a double. */
const ID_BASE = 2 ** 26;

/**
 * Trains a byte pair encoding model by SentencePiece's rules: its merges, tie order and scores (minus the rank).
 *
 * @param texts the corpus, one text per element
 * @param options size of the vocabulary and the rules; see {@link SubwordTrainerOptions}
 * @returns a model of type "bpe"
 * @throws {ValueError} when the corpus is empty, a text holds a lone surrogate, or the size of the vocabulary does not fit
 */
export function trainBpe(texts: Iterable<string>, options: SubwordTrainerOptions): SentencePieceModel {
  const corpus = readCorpus("trainBpe", texts, options);
  const words = splitWords(corpus.sentences, options.splitByWhitespace ?? true);
  const valid = pieceRules(options);
  let ids = 0;
  const characters = new Map<number, Symbol>();
  const cells: (Symbol | null)[] = [];
  const weights: number[] = [];
  for (const { word, count } of words) {
    for (const character of word) {
      const code = character.codePointAt(0) as number;
      let symbol = characters.get(code);
      if (symbol === undefined) {
        symbol = {
          text: character,
          codes: [code],
          unknown: code === 0x2585,
          left: null,
          right: null,
          count: 1,
          places: [],
          sorted: true,
          id: ids++,
        };
        characters.set(code, symbol);
      }
      cells.push(symbol);
      weights.push(count);
    }
    // A hole between words: nothing merges across it.
    cells.push(null);
    weights.push(0);
  }
  const lengthAt = (cell: number): number => (cells[cell] as Symbol).codes.length;
  // Previous symbol: the cell before is either a symbol's last cell; its start is kept for every symbol's last cell.
  const startOf = new Int32Array(cells.length);
  for (let i = 0; i < cells.length; i++) startOf[i] = i;
  const boundary = new Uint8Array(cells.length + 1);
  for (let i = 0; i < cells.length; i++) if (weights[i] === 0) boundary[i] = 1;
  boundary[cells.length] = 1;
  const nextOf = (cell: number): number => {
    const next = cell + lengthAt(cell);
    return boundary[next] === 1 ? -1 : next;
  };
  const previousOf = (cell: number): number => cell === 0 || boundary[cell - 1] === 1 ? -1 : startOf[cell - 1];

  const pairs = new Map<number, Symbol>();
  const refused = new Set<number>();
  let active = new Set<Symbol>();
  const keyOf = (left: Symbol, right: Symbol): number => left.id * ID_BASE + right.id;
  const pairAt = (left: number, right: number): Symbol | null => {
    const l = cells[left] as Symbol;
    const r = cells[right] as Symbol;
    if (l.unknown || r.unknown) return null;
    const key = keyOf(l, r);
    let symbol = pairs.get(key);
    if (symbol !== undefined) return symbol;
    if (refused.has(key)) return null;
    const codes = l.codes.concat(r.codes);
    if (!valid(codes, 0, codes.length)) {
      refused.add(key);
      return null;
    }
    symbol = {
      text: l.text + r.text,
      codes,
      unknown: false,
      left: l,
      right: r,
      count: 0,
      places: [],
      sorted: true,
      id: ids++,
    };
    pairs.set(key, symbol);
    return symbol;
  };
  const addPair = (left: number, right: number): void => {
    if (left < 0 || right < 0) return;
    const symbol = pairAt(left, right);
    if (symbol === null) return;
    active.add(symbol);
    const places = symbol.places;
    if (places.length > 0 && places[places.length - 1] >= left) symbol.sorted = false;
    places.push(left);
  };
  const forget = (left: number, right: number, best: Symbol): void => {
    if (left < 0 || right < 0) return;
    const symbol = pairAt(left, right);
    if (symbol !== null && symbol !== best) symbol.count = 0;
  };
  const recount = (symbol: Symbol): void => {
    if (symbol.count > 0) return;
    if (!symbol.sorted) {
      symbol.places.sort((a, b) => a - b);
      symbol.sorted = true;
    }
    const places = symbol.places;
    let kept = 0;
    let last = -1;
    for (const place of places) {
      if (place === last || cells[place] !== symbol.left) continue;
      const right = nextOf(place);
      if (right < 0 || cells[right] !== symbol.right) continue;
      last = place;
      places[kept++] = place;
      symbol.count += weights[place];
    }
    places.length = kept;
  };
  for (let cell = 1; cell < cells.length; cell++) {
    if (cells[cell] !== null && cells[cell - 1] !== null) addPair(cell - 1, cell);
  }

  const merges: string[] = [];
  const done = new Set<string>();
  const wanted = corpus.vocabSize - corpus.metaCount - corpus.required.length;
  while (merges.length < wanted) {
    if (merges.length % LOOK_EVERY === 0) {
      const all = [...pairs.values()];
      all.forEach(recount);
      const size = Math.min(Math.max(LEAST_CANDIDATES, Math.trunc(pairs.size * CANDIDATE_SHARE)), all.length);
      active = new Set(all.sort((a, b) => b.count - a.count).slice(0, size));
      options.onProgress?.({ stage: "merge", done: merges.length, total: wanted });
    }
    let best: Symbol | null = null;
    for (const symbol of active) {
      recount(symbol);
      if (
        best === null || symbol.count > best.count ||
        (symbol.count === best.count &&
          (symbol.codes.length < best.codes.length ||
            (symbol.codes.length === best.codes.length && compareCodePoints(symbol.text, best.text) < 0)))
      ) best = symbol;
    }
    if (best === null || best.left === null || best.right === null) break;
    const key = keyOf(best.left, best.right);
    if (done.has(best.text)) {
      pairs.delete(key);
      active.delete(best);
      continue;
    }
    done.add(best.text);
    merges.push(best.text);
    for (const place of best.places) {
      // A pair of equal symbols overlaps itself: the place may have been taken by the merge before.
      if (cells[place] !== best.left) continue;
      const right = nextOf(place);
      if (right < 0 || cells[right] !== best.right) continue;
      const next = nextOf(right);
      const previous = previousOf(place);
      forget(previous, place, best);
      forget(right, next, best);
      cells[place] = best;
      cells[right] = null;
      startOf[place + best.codes.length - 1] = place;
      addPair(previous, place);
      addPair(place, next);
    }
    pairs.delete(key);
    active.delete(best);
  }
  const finals = merges.concat(corpus.required.map(({ code }) => String.fromCodePoint(code)));
  return finishModel("trainBpe", "bpe", corpus, finals.map((text, rank) => ({ text, score: -rank })), options);
}
