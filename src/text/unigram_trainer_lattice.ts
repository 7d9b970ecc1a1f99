/**
 * The ways to spell a word with the pieces of a unigram model: expectations over all of them, and the best one.
 *
 * Sums are in single precision at the same points as in SentencePiece, so that the models come out alike. Which pieces
 * start where is found once per training (`Lattices`); afterwards pieces only disappear.
 * @module
 */

const f = Math.fround;

/** log(exp(x) + exp(y)). */
function logSumExp(x: number, y: number): number {
  const low = x < y ? x : y;
  const high = x < y ? y : x;
  if (high > f(low + 50)) return high;
  return f(high + Math.log(Math.exp(f(low - high)) + 1));
}

/** All pieces as a tree of symbols, in one hash table. */
export class PieceTree {
  /** Piece that ends at each node, -1 for none. */
  readonly pieceAt: Int32Array;
  #keys: Float64Array;
  #values: Int32Array;
  #mask: number;
  #nodes = 1;
  readonly #symbols: number;

  /**
   * @param text symbols that the pieces are parts of
   * @param starts where each piece starts
   * @param lengths and how long it is
   * @param symbols number of different symbols
   */
  constructor(text: Int32Array, starts: Int32Array, lengths: Int32Array, symbols: number) {
    let total = 1;
    for (const length of lengths) total += length;
    this.#symbols = symbols;
    // Pieces share their beginnings: half of the symbols is plenty to begin with, and the table grows.
    let size = 1024;
    while (size < total) size *= 2;
    this.#mask = size - 1;
    this.#keys = new Float64Array(size).fill(-1);
    this.#values = new Int32Array(size);
    const at = new Int32Array(total).fill(-1);
    for (let p = 0; p < starts.length; p++) {
      let node = 0;
      for (let k = 0; k < lengths[p]; k++) node = this.#step(node, text[starts[p] + k], true);
      at[node] = p;
    }
    this.pieceAt = at.slice(0, this.#nodes);
  }

  #step(node: number, symbol: number, grow: boolean): number {
    const key = node * this.#symbols + symbol;
    let slot = (Math.imul(node, 0x9e3779b1) ^ Math.imul(symbol + 1, 0x85ebca6b)) >>> 0;
    slot = (slot ^ (slot >>> 15)) & this.#mask;
    while (this.#keys[slot] !== key) {
      if (this.#keys[slot] === -1) {
        if (!grow) return -1;
        this.#keys[slot] = key;
        return this.#values[slot] = this.#nodes++;
      }
      slot = (slot + 1) & this.#mask;
    }
    return this.#values[slot];
  }

  /** The node below `node` by `symbol`, -1 for none. */
  next(node: number, symbol: number): number {
    return this.#step(node, symbol, false);
  }
}

/** Where each position's pieces lie: `edges[from[i]] ..`, as pairs of piece and length. */
export class Lattices {
  /** Start of each word in the positions; one more at the end. */
  readonly starts: Int32Array;
  readonly #from: Int32Array;
  #pieces: Int32Array;
  #lengths: Uint8Array;
  readonly #longest: number;
  readonly #alpha: Float32Array;
  readonly #beta: Float32Array;
  readonly #path: number[] = [];

  constructor(tree: PieceTree, words: readonly Int32Array[]) {
    this.starts = new Int32Array(words.length + 1);
    let longest = 0;
    for (let w = 0; w < words.length; w++) {
      this.starts[w + 1] = this.starts[w] + words[w].length;
      longest = Math.max(longest, words[w].length);
    }
    this.#longest = longest;
    this.#from = new Int32Array(this.starts[words.length] + 1);
    let pieces = new Int32Array(1024);
    let lengths = new Uint8Array(1024);
    let count = 0;
    let position = 0;
    for (const word of words) {
      for (let i = 0; i < word.length; i++) {
        this.#from[position++] = count;
        let node = 0;
        for (let j = i; j < word.length; j++) {
          node = tree.next(node, word[j]);
          if (node < 0) break;
          const piece = tree.pieceAt[node];
          if (piece < 0) continue;
          if (count === pieces.length) {
            const wider = new Int32Array(count * 2);
            wider.set(pieces);
            pieces = wider;
            const longer = new Uint8Array(count * 2);
            longer.set(lengths);
            lengths = longer;
          }
          pieces[count] = piece;
          lengths[count++] = j - i + 1;
        }
      }
    }
    this.#from[position] = count;
    this.#pieces = pieces.slice(0, count);
    this.#lengths = lengths.slice(0, count);
    this.#alpha = new Float32Array(longest + 1);
    this.#beta = new Float32Array(longest + 1);
  }

  /** Renames pieces; those whose new name is negative disappear. */
  rename(names: Int32Array): void {
    let kept = 0;
    for (let i = 0, edge = 0; i + 1 < this.#from.length; i++) {
      const end = this.#from[i + 1];
      this.#from[i] = kept;
      for (; edge < end; edge++) {
        const name = names[this.#pieces[edge]];
        if (name < 0) continue;
        this.#pieces[kept] = name;
        this.#lengths[kept++] = this.#lengths[edge];
      }
    }
    this.#from[this.#from.length - 1] = kept;
    this.#pieces = this.#pieces.subarray(0, kept);
    this.#lengths = this.#lengths.subarray(0, kept);
  }

  /** Adds the expected number of uses of each piece in word `w`, times `weight`. */
  expect(w: number, weight: number, scores: Float32Array, unknown: number, expected: Float32Array): void {
    const base = this.starts[w];
    const n = this.starts[w + 1] - base;
    const alpha = this.#alpha, beta = this.#beta, from = this.#from, pieces = this.#pieces, lengths = this.#lengths;
    alpha.fill(NaN, 1, n + 1);
    alpha[0] = 0;
    for (let i = 0; i < n; i++) {
      const a = alpha[i];
      let single = false;
      for (let e = from[base + i]; e < from[base + i + 1]; e++) {
        const to = i + lengths[e];
        if (lengths[e] === 1) single = true;
        const value = f(scores[pieces[e]] + a);
        // Not yet reached: bits of NaN.
        alpha[to] = Number.isNaN(alpha[to]) ? value : logSumExp(alpha[to], value);
      }
      if (!single) {
        const value = f(unknown + a);
        alpha[i + 1] = Number.isNaN(alpha[i + 1]) ? value : logSumExp(alpha[i + 1], value);
      }
    }
    const z = alpha[n];
    beta[n] = 0;
    for (let i = n - 1; i >= 0; i--) {
      let single = false;
      let sum = NaN;
      for (let e = from[base + i]; e < from[base + i + 1]; e++) {
        if (lengths[e] === 1) single = true;
        const value = f(scores[pieces[e]] + beta[i + lengths[e]]);
        sum = Number.isNaN(sum) ? value : logSumExp(sum, value);
      }
      if (!single) {
        const value = f(unknown + beta[i + 1]);
        sum = Number.isNaN(sum) ? value : logSumExp(sum, value);
      }
      beta[i] = sum;
    }
    for (let i = 0; i < n; i++) {
      for (let e = from[base + i]; e < from[base + i + 1]; e++) {
        const piece = pieces[e];
        expected[piece] += weight * Math.exp(f(f(f(alpha[i] + scores[piece]) + beta[i + lengths[e]]) - z));
      }
    }
  }

  /**
   * The pieces of the best spelling of word `w`, -1 for an unknown character; the array is used again by the next call.
   * `without` names a piece that must not be used as the whole word.
   */
  best(w: number, scores: Float32Array, unknown: number, without = -1): readonly number[] {
    const base = this.starts[w];
    const n = this.starts[w + 1] - base;
    const from = this.#from, pieces = this.#pieces, lengths = this.#lengths;
    const score = this.#alpha, back = bestBack(this.#longest), used = bestUsed(this.#longest);
    score.fill(-Infinity, 1, n + 1);
    score[0] = 0;
    for (let i = 0; i < n; i++) {
      let single = false;
      for (let e = from[base + i]; e < from[base + i + 1]; e++) {
        const length = lengths[e];
        const piece = pieces[e];
        if (length === 1) single = true;
        if (piece === without && length === n) continue;
        const value = f(score[i] + scores[piece]);
        if (value > score[i + length]) {
          score[i + length] = value;
          back[i + length] = i;
          used[i + length] = piece;
        }
      }
      if (!single && f(score[i] + unknown) > score[i + 1]) {
        score[i + 1] = score[i] + unknown;
        back[i + 1] = i;
        used[i + 1] = -1;
      }
    }
    const path = this.#path;
    path.length = 0;
    for (let i = n; i > 0; i = back[i]) path.push(used[i]);
    return path.reverse();
  }
}

let backs = new Int32Array(0);
let useds = new Int32Array(0);

function bestBack(longest: number): Int32Array {
  if (backs.length <= longest) backs = new Int32Array(longest + 1);
  return backs;
}

function bestUsed(longest: number): Int32Array {
  if (useds.length <= longest) useds = new Int32Array(longest + 1);
  return useds;
}
