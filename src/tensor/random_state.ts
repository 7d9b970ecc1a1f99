/**
 * NumPy's legacy `RandomState`, number for number: `np.random.seed(42); np.random.permutation(10)` is
 * `new RandomState(42).permutation(10)`. scikit-learn's shuffles are made of it, too.
 * @module
 */
import { ValueError } from "../errors.ts";
import { MT19937, type MT19937State, type Permuter } from "./mt19937.ts";
import type { StateTree } from "./state_tree.ts";

/** Options of {@link RandomState.choice}. */
export interface ChoiceOptions {
  /** Whether a number may be drawn more than once; default true. */
  replace?: boolean;
  /** Probability of each number; by default the same for all. */
  p?: ArrayLike<number>;
}

/** `np.random.RandomState(seed)`. */
export class RandomState extends MT19937 implements Permuter {
  #gauss: number | null = null;

  /** `"RandomState"`. */
  override get kind(): string {
    return "RandomState";
  }

  /**
   * As after `np.random.seed(seed)`.
   * @param seed an integer from 0 to 2^32 - 1, or several
   * @throws {ValueError} for anything else
   */
  constructor(seed: number | ArrayLike<number>) {
    const words = typeof seed === "number" ? [seed] : Array.from(seed);
    if (words.length === 0 || words.some((n) => !Number.isInteger(n) || n < 0 || n >= 2 ** 32)) {
      throw refuse("seed", `the seed is ${words}, wanted integers from 0 to 2^32 - 1`, seed);
    }
    super(typeof seed === "number" ? seed : words);
  }

  /** `random_sample(n)`, also called `rand(n)`. */
  rand(n: number): Float64Array<ArrayBuffer> {
    return Float64Array.from({ length: n }, () => this.random());
  }

  /** A number of the normal distribution (polar method). Its last bit is that of this machine's logarithm. */
  normal(loc = 0, scale = 1): number {
    let z = this.#gauss;
    this.#gauss = null;
    if (z === null) {
      let x1: number, x2: number, r2: number;
      do {
        x1 = 2 * this.random() - 1;
        x2 = 2 * this.random() - 1;
        r2 = x1 * x1 + x2 * x2;
      } while (r2 >= 1 || r2 === 0);
      const f = Math.sqrt(-2 * Math.log(r2) / r2);
      this.#gauss = f * x1;
      z = f * x2;
    }
    return loc + scale * z;
  }

  /** An integer from 0 to `max`, both included: words are cut to its bits until one is not larger. */
  interval(max: number): number {
    if (max === 0) return 0;
    const shift = Math.clz32(max), mask = 0xffffffff >>> shift;
    let value: number;
    do value = (this.word() & mask) >>> 0; while (value > max);
    return value;
  }

  /**
   * `randint(low, high, size)`: integers from `low` to `high - 1`, as with `dtype` int32 and int64.
   * @throws {ValueError} for an empty range or one outside of 32 bits
   */
  randint(low: number, high: number, size: number): Int32Array<ArrayBuffer> {
    if (!(low < high) || low < -(2 ** 31) || high > 2 ** 31 || !Number.isInteger(low) || !Number.isInteger(high)) {
      throw refuse("draw", `integers from ${low} to below ${high} were wanted`, [low, high]);
    }
    return Int32Array.from({ length: size }, () => low + this.interval(high - low - 1));
  }

  /** `shuffle(items)`: reorders an array in place, and returns it. */
  shuffle<A extends { readonly length: number; [index: number]: unknown }>(items: A): A {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.interval(i), held = items[i];
      items[i] = items[j];
      items[j] = held;
    }
    return items;
  }

  /** `permutation(n)`. */
  permutation(n: number): Int32Array<ArrayBuffer> {
    return this.shuffle(Int32Array.from({ length: n }, (_, i) => i));
  }

  /**
   * `choice(n, size, replace, p)`: numbers from 0 to n - 1.
   * @throws {ValueError} when there are none, not enough without replacement, or `p` are no n probabilities
   */
  choice(n: number, size: number, { replace = true, p }: ChoiceOptions = {}): Int32Array<ArrayBuffer> {
    if (!Number.isInteger(n) || n < 1) throw refuse("choose", `there are ${n} numbers`, n);
    if (p) this.#checkProbabilities(p, n);
    const there = p && !replace ? Array.from(p).filter((one) => one > 0).length : n;
    if (!replace && size > there) throw refuse("choose", `${size} of ${there} numbers without replacement`, size);
    if (!p) return replace ? this.randint(0, n, size) : this.permutation(n).slice(0, size);
    const weights = Float64Array.from(p),
      draw = (k: number): Int32Array<ArrayBuffer> => {
        const steps = cumulative(weights), total = steps[n - 1];
        return Int32Array.from(this.rand(k), (u) => firstAbove(steps, u, total));
      };
    if (replace) return draw(size);
    const found = new Set<number>();
    while (found.size < size) {
      for (const one of found) weights[one] = 0;
      for (const one of draw(size - found.size)) found.add(one);
    }
    return Int32Array.from(found);
  }

  #checkProbabilities(p: ArrayLike<number>, n: number): void {
    if (p.length !== n) throw refuse("choose", `there are ${p.length} probabilities for ${n} numbers`, p);
    let sum = 0;
    for (let i = 0; i < n; i++) {
      if (!(p[i] >= 0)) throw refuse("choose", `probability ${i} is ${p[i]}`, p, i);
      sum += p[i];
    }
    if (!(Math.abs(sum - 1) <= 1.5e-8)) throw refuse("choose", `the probabilities sum to ${sum}, wanted 1`, p);
  }

  /** Where the generator stands. */
  override stateDict(): MT19937State {
    return { ...super.stateDict(), gauss: this.#gauss };
  }

  /** Goes on where another one stood. @throws {ValueError} for something else: nothing is changed */
  override loadStateDict(tree: StateTree): void {
    const { gauss } = this.checkState(tree);
    super.loadStateDict(tree);
    this.#gauss = typeof gauss === "number" ? gauss : null;
  }
}

/** Running sums. */
export function cumulative(weights: ArrayLike<number>): Float64Array<ArrayBuffer> {
  let sum = 0;
  return Float64Array.from(weights, (weight) => sum += weight);
}

/** First position whose step, as a share of `total`, is above `u`. */
export function firstAbove(steps: Float64Array, u: number, total: number): number {
  let low = 0, high = steps.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle] / total <= u) low = middle + 1;
    else high = middle;
  }
  return low;
}

function refuse(verb: string, what: string, value?: unknown, position?: number): ValueError {
  return new ValueError(`Cannot ${verb} with NumPy's generator: ${what}`, { op: "RandomState", value, position });
}
