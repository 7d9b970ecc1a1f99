/**
 * The splitting itself: the best path through the pieces of a unigram model, merges in the order of a BPE model, words,
 * characters. Scores are added in single precision exactly where the reference does, so ties fall alike.
 */
import { ValueError } from "../errors.ts";
import { type Generator, philox4x32 } from "../tensor/random.ts";
import type { SentencePieceModel } from "./sentencepiece_model.ts";
import { childOffset, rootOf, trieFind, trieLongest, type TrieMatch } from "./sentencepiece_trie.ts";

/** Splits normalised bytes; the result stands in `ids` and `ends` until the next text. */
export interface Segmenter {
  /** Id of each piece. */
  ids: Int32Array;
  /** Byte behind each piece. */
  ends: Int32Array;
  /** Splits and returns the number of pieces. */
  run(bytes: Uint8Array, length: number, sampling?: { alpha: number; generator: Generator }): number;
}

/** Bytes of the character at a place, not beyond the end. */
const characterLength = (c: number, left: number) => Math.min(left, c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4);

/** The segmenter of a model. */
export function makeSegmenter(
  model: SentencePieceModel,
  trie: Uint32Array,
  symbols: Uint32Array,
  unk: number,
): Segmenter {
  if (model.type === "unigram") return new UnigramSegmenter(model, trie, unk);
  if (model.type === "bpe") return new BpeSegmenter(model, trie, symbols, unk);
  return new PlainSegmenter(model, trie, symbols, unk);
}

const UNUSED = 1, USER = 2;

function tables(model: SentencePieceModel): { scores: Float32Array; flags: Uint8Array } {
  const scores = Float32Array.from(model.pieces, ({ score }) => score);
  return {
    scores,
    flags: Uint8Array.from(model.pieces, ({ kind }) => kind === "unused" ? UNUSED : kind === "user" ? USER : 0),
  };
}

/** Uniform numbers in [0, 1), drawn one after the other. */
function uniforms(generator: Generator): () => number {
  const draw = generator.next();
  let block = 0, words = new Uint32Array(), left = 0;
  return () => {
    if (left === 0) words = philox4x32([block++, draw.call[0], draw.call[1], draw.stream], draw.seed), left = 4;
    return (words[--left] >>> 8) * 2 ** -24;
  };
}

class UnigramSegmenter implements Segmenter {
  ids: Int32Array = new Int32Array(256);
  ends: Int32Array = new Int32Array(256);
  readonly #scores: Float32Array;
  readonly #flags: Uint8Array;
  readonly #max: number;
  readonly #unkScore: number;
  #best = new Float32Array(256);
  #start = new Int32Array(256);
  #piece = new Int32Array(256);

  constructor(model: SentencePieceModel, readonly trie: Uint32Array, readonly unk: number) {
    const { scores, flags } = tables(model);
    this.#scores = scores, this.#flags = flags;
    let min = Infinity, max = -Infinity;
    model.pieces.forEach(({ kind }, id) => {
      if (kind === "normal") min = Math.min(min, scores[id]), max = Math.max(max, scores[id]);
    });
    this.#max = max === -Infinity ? 0 : max;
    this.#unkScore = Math.fround((min === Infinity ? 0 : min) - 10);
  }

  run(bytes: Uint8Array, length: number, sampling?: { alpha: number; generator: Generator }): number {
    if (this.#best.length <= length) {
      const size = Math.max(length + 1, this.#best.length * 2);
      this.#best = new Float32Array(size), this.#start = new Int32Array(size), this.#piece = new Int32Array(size);
      this.ids = new Int32Array(size), this.ends = new Int32Array(size);
    }
    const starts = this.#start, pieces = this.#piece;
    if (sampling) this.#draw(bytes, length, sampling.alpha, uniforms(sampling.generator));
    else this.#viterbi(bytes, length);
    let count = 0;
    for (let end = length; end > 0; end = starts[end]) this.ids[count] = pieces[end], this.ends[count++] = end;
    this.ids.subarray(0, count).reverse(), this.ends.subarray(0, count).reverse();
    return count;
  }

  #viterbi(bytes: Uint8Array, length: number): void {
    const trie = this.trie, root = rootOf(trie), size = trie.length;
    const best = this.#best, starts = this.#start, pieces = this.#piece, scores = this.#scores, flags = this.#flags;
    const max = this.#max, unkScore = this.#unkScore, unk = this.unk;
    starts.fill(-1, 0, length + 1);
    best[0] = 0;
    for (let from = 0; from < length;) {
      const before = best[from], character = characterLength(bytes[from], length - from);
      let single = false;
      for (let end = from, at = root; end < length;) {
        const c = bytes[end];
        at ^= c;
        if (at >= size) break;
        const unit = trie[at];
        if ((unit & 0x800000ff) !== c) break;
        at ^= childOffset(unit);
        end++;
        if (!(unit & 256)) continue;
        const id = trie[at] & 0x7fffffff, flag = flags[id];
        if (flag & UNUSED) continue;
        // sums are rounded before they are compared: equal ones keep the arrival from further left
        const sum = Math.fround(before + (flag & USER ? Math.fround((end - from) * max - 0.1) : scores[id]));
        if (starts[end] < 0 || sum > best[end]) best[end] = sum, starts[end] = from, pieces[end] = id;
        if (end - from === character) single = true;
      }
      if (!single) {
        const end = from + character, sum = Math.fround(before + unkScore);
        if (starts[end] < 0 || sum > best[end]) best[end] = sum, starts[end] = from, pieces[end] = unk;
      }
      from += character;
    }
  }

  /** Forward filtering, backward sampling: a split with probability proportional to exp(alpha * score). */
  #draw(bytes: Uint8Array, length: number, alpha: number, uniform: () => number): void {
    const trie = this.trie, root = rootOf(trie), starts = this.#start, pieces = this.#piece;
    const mass = new Float64Array(length + 1).fill(-Infinity);
    mass[0] = 0;
    const random = uniform;
    for (let from = 0; from < length;) {
      const character = characterLength(bytes[from], length - from), before = mass[from];
      let single = false;
      const arrive = (end: number, id: number, score: number) => {
        const log = before + alpha * score, old = mass[end], high = Math.max(old, log);
        mass[end] = high + Math.log(Math.exp(old - high) + Math.exp(log - high));
        // keeps one arrival per place, each with its share: the same as drawing backwards, in one pass
        if (old === -Infinity || random() < Math.exp(log - mass[end])) starts[end] = from, pieces[end] = id;
      };
      for (let end = from, at = root; end < length;) {
        at ^= bytes[end];
        if (at >= trie.length || (trie[at] & 0x800000ff) !== bytes[end]) break;
        const unit = trie[at];
        at ^= childOffset(unit);
        end++;
        if (!(unit & 256)) continue;
        const id = trie[at] & 0x7fffffff, flag = this.#flags[id];
        if (flag & UNUSED) continue;
        arrive(end, id, flag & USER ? (end - from) * this.#max - 0.1 : this.#scores[id]);
        if (end - from === character) single = true;
      }
      if (!single) arrive(from + character, this.unk, this.#unkScore);
      from += character;
    }
  }
}

class BpeSegmenter implements Segmenter {
  ids: Int32Array = new Int32Array(0);
  ends: Int32Array = new Int32Array(0);
  readonly #scores: Float32Array;
  readonly #flags: Uint8Array;

  constructor(
    model: SentencePieceModel,
    readonly trie: Uint32Array,
    readonly symbols: Uint32Array,
    readonly unk: number,
  ) {
    const { scores, flags } = tables(model);
    this.#scores = scores, this.#flags = flags;
  }

  run(bytes: Uint8Array, length: number, sampling?: { alpha: number; generator: Generator }): number {
    const { trie } = this, match: TrieMatch = { length: 0, value: 0 };
    const skip = sampling && sampling.alpha > 0 ? uniforms(sampling.generator) : undefined;
    // symbols: [start, end) in the bytes, linked; end === start once merged away
    const starts = new Int32Array(length + 1), ends = new Int32Array(length), frozen = new Uint8Array(length);
    let count = 0;
    for (let at = 0; at < length; count++) {
      trieLongest(this.symbols, bytes, at, length, match);
      starts[count] = at;
      if (match.length > 0) frozen[count] = 1, at += match.length;
      else at += characterLength(bytes[at], length - at);
      ends[count] = at;
    }
    const previous = Int32Array.from({ length: count }, (_, i) => i - 1);
    const following = Int32Array.from({ length: count }, (_, i) => i + 1 < count ? i + 1 : -1);
    // a heap of pairs: the highest score first, the leftmost of equal ones; at most two more per merge
    const capacity = 3 * count + 3, heap = new Int32Array(capacity);
    const lefts = new Int32Array(capacity), rights = new Int32Array(capacity), sizes = new Int32Array(capacity);
    const scores = new Float32Array(capacity);
    let pairs = 0, heaped = 0;
    const before = (a: number, b: number) => scores[a] > scores[b] || (scores[a] === scores[b] && lefts[a] < lefts[b]);
    // how a merged piece that is out of use comes apart again
    const parts = new Map<number, number>();
    const add = (left: number, right: number) => {
      if (left < 0 || right < 0 || frozen[left] || frozen[right]) return;
      const id = trieFind(trie, bytes, starts[left], ends[right]);
      if (id < 0) return;
      const pair = pairs++;
      lefts[pair] = left, rights[pair] = right, scores[pair] = this.#scores[id];
      sizes[pair] = ends[right] - starts[left];
      if (this.#flags[id] & UNUSED) parts.set(id, ends[left] - starts[left]);
      let place = heaped++;
      while (place > 0) {
        const parent = (place - 1) >> 1;
        if (!before(pair, heap[parent])) break;
        heap[place] = heap[parent], place = parent;
      }
      heap[place] = pair;
    };
    for (let i = 1; i < count; i++) add(i - 1, i);
    while (heaped > 0) {
      const top = heap[0], last = heap[--heaped];
      for (let place = 0;;) {
        let child = 2 * place + 1;
        if (child >= heaped) {
          heap[place] = last;
          break;
        }
        if (child + 1 < heaped && before(heap[child + 1], heap[child])) child++;
        if (!before(heap[child], last)) {
          heap[place] = last;
          break;
        }
        heap[place] = heap[child], place = child;
      }
      const left = lefts[top], right = rights[top];
      const a = ends[left] - starts[left], b = ends[right] - starts[right];
      if (a === 0 || b === 0 || a + b !== sizes[top]) continue;
      if (skip && skip() < sampling!.alpha) continue;
      ends[left] = ends[right];
      const next = following[left] = following[right];
      if (next >= 0) previous[next] = left;
      ends[right] = starts[right];
      add(previous[left], left), add(left, next);
    }
    if (this.ids.length < length) this.ids = new Int32Array(length), this.ends = new Int32Array(length);
    let out = 0;
    const emit = (start: number, end: number) => {
      const id = trieFind(trie, bytes, start, end),
        first = id >= 0 && this.#flags[id] & UNUSED ? parts.get(id) : undefined;
      if (first !== undefined) emit(start, start + first), emit(start + first, end);
      else this.ids[out] = id < 0 ? this.unk : id, this.ends[out++] = end;
    };
    for (let i = count > 0 ? 0 : -1; i >= 0; i = following[i]) emit(starts[i], ends[i]);
    return out;
  }
}

/** Words at U+2581, or single characters; user-defined symbols stay whole among characters. */
class PlainSegmenter implements Segmenter {
  ids: Int32Array = new Int32Array(0);
  ends: Int32Array = new Int32Array(0);

  constructor(
    readonly model: SentencePieceModel,
    readonly trie: Uint32Array,
    readonly symbols: Uint32Array,
    readonly unk: number,
  ) {}

  run(bytes: Uint8Array, length: number, sampling?: { alpha: number; generator: Generator }): number {
    if (sampling) {
      throw new ValueError(`Cannot sample with a ${this.model.type} model: its split is fixed, wanted unigram or BPE`, {
        op: "sample",
      });
    }
    if (this.ids.length < length) this.ids = new Int32Array(length), this.ends = new Int32Array(length);
    const words = this.model.type === "word", suffix = this.model.treatWhitespaceAsSuffix;
    const space = (at: number) => bytes[at] === 0xe2 && bytes[at + 1] === 0x96 && bytes[at + 2] === 0x81;
    const match: TrieMatch = { length: 0, value: 0 };
    let out = 0;
    for (let at = 0; at < length;) {
      let end = at;
      if (words) {
        do end += characterLength(bytes[end], length - end); while (
          end < length && !(suffix ? space(end - 3) : space(end))
        );
      } else {
        trieLongest(this.symbols, bytes, at, length, match);
        end += match.length || characterLength(bytes[at], length - at);
      }
      const id = trieFind(this.trie, bytes, at, end);
      this.ids[out] = id < 0 ? this.unk : id, this.ends[out++] = end;
      at = end;
    }
    return out;
  }
}
