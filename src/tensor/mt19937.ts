/**
 * The Mersenne Twister MT19937, the source of Python's `random` and of NumPy's `RandomState`: replays splits and orders
 * that were drawn there. New programs draw from {@link Generator} (Philox), which needs no state beside a count.
 *
 * Matsumoto, Nishimura: Mersenne Twister (ACM TOMACS 8, 1998); both ways of seeding are those of its 2002 version.
 * @module
 */
import { ValueError } from "../errors.ts";
import type { Stateful, StateTree } from "./state_tree.ts";

const N = 624, M = 397;

/** Something that orders positions at random: Philox, Python's generator or NumPy's. */
export interface Permuter {
  /** A random order of 0..n-1. */
  permutation(n: number): ArrayLike<number>;
}

/** What {@link MT19937.stateDict} returns; subclasses add to it. */
export type MT19937State = { kind: string; words: Uint32Array; index: number; [key: string]: StateTree };

/** 32-bit words of the Mersenne Twister. */
export class MT19937 implements Stateful {
  readonly #words = new Uint32Array(N);
  #index = N;

  /** Which generator it is: states of another one are refused. */
  get kind(): string {
    return "MT19937";
  }

  /** @param seed a 32-bit number (NumPy's way), or 32-bit words (Python's way: `init_by_array`) */
  constructor(seed: number | ArrayLike<number>) {
    if (typeof seed === "number") this.#fromNumber(seed);
    else this.#fromWords(seed);
  }

  #fromNumber(seed: number): void {
    const words = this.#words;
    words[0] = seed;
    for (let i = 1; i < N; i++) words[i] = Math.imul(words[i - 1] ^ (words[i - 1] >>> 30), 1812433253) + i;
    this.#index = N;
  }

  #fromWords(key: ArrayLike<number>): void {
    this.#fromNumber(19650218);
    const words = this.#words;
    let i = 1, j = 0;
    const step = (factor: number, add: number) => {
      words[i] = (words[i] ^ Math.imul(words[i - 1] ^ (words[i - 1] >>> 30), factor)) + add;
      if (++i < N) return;
      words[0] = words[N - 1];
      i = 1;
    };
    for (let k = Math.max(N, key.length); k > 0; k--) {
      step(1664525, key[j] + j);
      if (++j === key.length) j = 0;
    }
    for (let k = N - 1; k > 0; k--) step(1566083941, -i);
    words[0] = 0x80000000;
  }

  #refill(): void {
    const words = this.#words;
    for (let i = 0; i < N; i++) {
      const y = (words[i] & 0x80000000) | (words[(i + 1) % N] & 0x7fffffff);
      words[i] = words[(i + M) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#index = 0;
  }

  /** The next word, an integer from 0 to 2^32 - 1. */
  word(): number {
    if (this.#index >= N) this.#refill();
    let y = this.#words[this.#index++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** The next number in [0, 1), a multiple of 2^-53: Python's `random()` and NumPy's `random_sample()`. */
  random(): number {
    const high = this.word() >>> 5, low = this.word() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** Where the generator stands. */
  stateDict(): MT19937State {
    return { kind: this.kind, words: this.#words.slice(), index: this.#index };
  }

  /**
   * Goes on where another generator stood.
   * @throws {ValueError} for something else: nothing is changed
   */
  loadStateDict(tree: StateTree): void {
    const { words, index } = this.checkState(tree);
    this.#words.set(words);
    this.#index = index;
  }

  /** The state, when it is one of this kind. @throws {ValueError} when it is not */
  protected checkState(tree: StateTree): MT19937State {
    const state = (tree ?? {}) as MT19937State, { kind, words, index } = state, mine = this.kind;
    const whole = ArrayBuffer.isView(words) && words.length === N && Number.isInteger(index) && index >= 0 &&
      index <= N;
    if (whole && kind === mine) return state;
    throw new ValueError(
      `Cannot load the state of a ${mine}: ${
        whole ? `it is of a ${kind}` : "wanted { words, index }"
      }; nothing was changed`,
      { op: "loadStateDict", value: tree },
    );
  }
}
