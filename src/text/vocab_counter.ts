/**
 * Counts of tokens with the orders of Python's `collections.Counter`: first seen first, and among equal counts the one
 * seen first. Every vocabulary begins as one of these.
 */
import { ValueError } from "../errors.ts";

/** A token and how often it was counted. */
export type TokenCount = readonly [token: string, count: number];

/**
 * How often each token occurs, in first-seen order.
 *
 * @example
 * ```ts
 * const counts = new w.text.Counter().addAll([["a", "b"], ["b"]]);
 * counts.get("b"); // 2
 * counts.mostCommon(1); // [["b", 2]]
 * ```
 */
export class Counter implements Iterable<TokenCount> {
  readonly #counts: Map<string, number> = new Map();

  /** A counter of these tokens and counts; a token that comes twice is added up. */
  constructor(entries: Iterable<TokenCount> = []) {
    for (const [token, count] of entries) this.add(token, count);
  }

  /** Number of different tokens. */
  get size(): number {
    return this.#counts.size;
  }

  /** Counts a token `times` more; 0 only notes that it exists. */
  add(token: string, times: number = 1): void {
    if (!(times >= 0 && times < Infinity)) {
      throw new ValueError(`Cannot count "${token}" ${times} times: wanted a number from 0 on`, { value: times });
    }
    this.#counts.set(token, (this.#counts.get(token) ?? 0) + times);
  }

  /** Counts every token of one document. */
  addTokens(tokens: Iterable<string>): this {
    const counts = this.#counts;
    for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
    return this;
  }

  /** Counts the tokens of many documents; a generator is read once and not kept. */
  addAll(documents: Iterable<Iterable<string>>): this {
    for (const tokens of documents) this.addTokens(tokens);
    return this;
  }

  /** Count of a token, 0 for one never seen. */
  get(token: string): number {
    return this.#counts.get(token) ?? 0;
  }

  /** Whether the token was seen. */
  has(token: string): boolean {
    return this.#counts.has(token);
  }

  /** All counts together. */
  total(): number {
    let sum = 0;
    for (const count of this.#counts.values()) sum += count;
    return sum;
  }

  /** The `n` most frequent tokens (default all) with their counts; ties in first-seen order. */
  mostCommon(n: number = Infinity): TokenCount[] {
    return [...this.#counts].sort((a, b) => b[1] - a[1]).slice(0, Math.max(0, n));
  }

  /** Tokens and counts in first-seen order. */
  [Symbol.iterator](): IterableIterator<[string, number]> {
    return this.#counts.entries();
  }
}

/** What vocabularies are made of: counts, or documents of tokens that are counted on the way. */
export type Countable = Counter | Iterable<Iterable<string>>;

/** The counter itself, or a new one over documents. */
export function toCounter(source: Countable): Counter {
  return source instanceof Counter ? source : new Counter().addAll(source);
}

/** Python's order of strings: by code points, where JavaScript compares UTF-16 units. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i), y = b.charCodeAt(i);
    if (x === y) continue;
    // A surrogate stands for a code point above all of the basic plane, U+E000 to U+FFFF included.
    const high = Number((x & 0xf800) === 0xd800) - Number((y & 0xf800) === 0xd800);
    return high || x - y;
  }
  return a.length - b.length;
}
