/**
 * Python's `random.Random`, number for number: `random.seed(1234); random.sample(range(25000), 25000)` is
 * `new PythonRandom(1234).permutation(25000)`. Integers are exact up to 2^53.
 * @module
 */
import { ValueError } from "../errors.ts";
import { MT19937, type Permuter } from "./mt19937.ts";

/** `random.Random(seed)` of Python 3. */
export class PythonRandom extends MT19937 implements Permuter {
  /** `"PythonRandom"`. */
  override get kind(): string {
    return "PythonRandom";
  }

  /**
   * As after `random.seed(seed)`.
   * @param seed an integer; like Python, its sign is ignored
   * @throws {ValueError} for another number: Python's hashes of texts and fractions are not replayed
   */
  constructor(seed: number | bigint) {
    if (typeof seed === "number" && !Number.isSafeInteger(seed)) {
      throw refuse("seed", `the seed is ${seed}, wanted an integer (a bigint beyond 2^53)`, seed);
    }
    const words: number[] = [];
    let rest = BigInt(seed);
    if (rest < 0n) rest = -rest;
    do {
      words.push(Number(rest & 0xffffffffn));
      rest >>= 32n;
    } while (rest > 0n);
    super(words);
  }

  /** An integer of `bits` random bits. @param bits from 0 to 53 */
  getrandbits(bits: number): number {
    if (!Number.isInteger(bits) || bits < 0 || bits > 53) {
      throw refuse("draw", `wanted 0 to 53 bits, not ${bits}`, bits);
    }
    if (bits === 0) return 0;
    if (bits <= 32) return this.word() >>> (32 - bits);
    const low = this.word();
    return (this.word() >>> (64 - bits)) * 2 ** 32 + low;
  }

  /** An integer from 0 to n - 1. @throws {ValueError} when n is no integer from 1 to 2^53 - 1 */
  randbelow(n: number): number {
    if (!Number.isSafeInteger(n) || n < 1) throw refuse("draw", `wanted integers below ${n}`, n);
    const bits = n < 2 ** 32 ? 32 - Math.clz32(n) : 64 - Math.clz32(Math.floor(n / 2 ** 32));
    let r = this.getrandbits(bits);
    while (r >= n) r = this.getrandbits(bits);
    return r;
  }

  /** `randrange(stop)` or `randrange(start, stop, step)`. @throws {ValueError} for an empty range */
  randrange(start: number, stop?: number, step = 1): number {
    if (stop === undefined) [start, stop] = [0, start];
    const count = Math.ceil((stop - start) / step);
    if (!Number.isSafeInteger(count) || count < 1 || ![start, stop, step].every(Number.isSafeInteger)) {
      throw refuse("draw", `range(${start}, ${stop}, ${step}) is empty`, [start, stop, step]);
    }
    return start + step * this.randbelow(count);
  }

  /** `randint(a, b)`: an integer from a to b, both included. */
  randint(a: number, b: number): number {
    return this.randrange(a, b + 1);
  }

  /** `uniform(a, b)`: a + (b - a) * random(). */
  uniform(a: number, b: number): number {
    return a + (b - a) * this.random();
  }

  /** `choice(items)`. @throws {ValueError} when there are none */
  choice<T>(items: ArrayLike<T>): T {
    if (items.length === 0) throw refuse("choose", "there are no items");
    return items[this.randbelow(items.length)];
  }

  /** `shuffle(items)`: reorders an array in place, and returns it. */
  shuffle<A extends { readonly length: number; [index: number]: unknown }>(items: A): A {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.randbelow(i + 1), held = items[i];
      items[i] = items[j];
      items[j] = held;
    }
    return items;
  }

  /** `sample(items, k)`: k items of different places. @throws {ValueError} when k is not from 0 to their number */
  sample<T>(items: ArrayLike<T>, k: number): T[] {
    return Array.from(this.sampleIndices(items.length, k), (i) => items[i]);
  }

  /** `sample(range(n), k)`. @throws {ValueError} when k is no integer from 0 to n */
  sampleIndices(n: number, k: number): Int32Array<ArrayBuffer> {
    if (!Number.isInteger(k) || k < 0 || !(k <= n)) throw refuse("sample", `${k} of ${n} items were wanted`, k);
    const out = new Int32Array(k);
    let most = 21; // Python: a list of all items costs less than a set of those taken, up to this many
    if (k > 5) { for (most = 4; most < 3 * k; most *= 4); }
    if (n <= (k > 5 ? most + 21 : most)) {
      const pool = Int32Array.from({ length: n }, (_, i) => i);
      for (let i = 0; i < k; i++) {
        const j = this.randbelow(n - i);
        out[i] = pool[j];
        pool[j] = pool[n - i - 1];
      }
      return out;
    }
    const taken = new Set<number>();
    for (let i = 0; i < k; i++) {
      let j = this.randbelow(n);
      while (taken.has(j)) j = this.randbelow(n);
      taken.add(j);
      out[i] = j;
    }
    return out;
  }

  /** `sample(range(n), n)`: torchtext's way to shuffle. */
  permutation(n: number): Int32Array<ArrayBuffer> {
    return this.sampleIndices(n, n);
  }
}

function refuse(verb: string, what: string, value?: unknown): ValueError {
  return new ValueError(`Cannot ${verb} with Python's generator: ${what}`, { op: "PythonRandom", value });
}
