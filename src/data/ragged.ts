/**
 * Sequences of different lengths in two typed arrays: all tokens one after another, and where each sequence begins. A
 * corpus of 100,000 texts is two objects instead of 100,000, reads are views, and files are the arrays as they are.
 * @module
 */

import { IndexError, ShapeError, ValueError } from "../errors.ts";
import type { Dataset } from "./dataset.ts";
import { requireLength } from "./sampler_base.ts";

/** Arrays that hold tokens: 32-bit ids, or 16-bit ones where the vocabulary has less than 65,536. */
export type Tokens = Int32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

/** A corpus: sequence i is `tokens[offsets[i]] .. tokens[offsets[i + 1] - 1]`. */
export class Ragged implements Dataset<Tokens> {
  /** All tokens, sequence after sequence. */
  readonly tokens: Tokens;
  /** Where each sequence begins, and the end of the last one. */
  readonly offsets: Uint32Array<ArrayBuffer>;

  /**
   * Takes the arrays over, without copying them.
   * @throws {ShapeError} unless the offsets begin at 0, never fall, and end at the number of tokens
   */
  constructor(tokens: Tokens, offsets: Uint32Array<ArrayBuffer>) {
    const bad = offsets[0] !== 0 ? 0 : offsets.findIndex((end, i) => i > 0 && end < offsets[i - 1]);
    if (offsets.length === 0 || bad >= 0 || offsets[offsets.length - 1] !== tokens.length) {
      const what = bad > 0 ? `offset ${bad} is below the one before` : "they do not lead from 0 to the last token";
      throw new ShapeError(`Cannot divide ${tokens.length} tokens by ${offsets.length} offsets: ${what}`, {
        op: "Ragged",
        shapes: [[tokens.length], [offsets.length]],
        position: Math.max(bad, 0),
      });
    }
    this.tokens = tokens;
    this.offsets = offsets;
  }

  /** A corpus of sequences. */
  static from(sequences: Iterable<ArrayLike<number>>): Ragged {
    const builder = new RaggedBuilder();
    for (const sequence of sequences) builder.push(sequence);
    return builder.finish();
  }

  /** Corpora one after another, as one. */
  static concat(parts: readonly Ragged[]): Ragged {
    const count = parts.reduce((n, part) => n + part.length, 0), total = parts.reduce((n, p) => n + p.tokens.length, 0);
    const small = parts.length > 0 && parts.every((part) => part.tokens instanceof Uint16Array);
    const tokens = small ? new Uint16Array(total) : new Int32Array(total), offsets = new Uint32Array(count + 1);
    let at = 0, sequence = 0;
    for (const part of parts) {
      tokens.set(part.tokens, at);
      for (let i = 0; i < part.length; i++) offsets[++sequence] = at + part.offsets[i + 1];
      at += part.tokens.length;
    }
    return new Ragged(tokens, offsets);
  }

  /** Number of sequences. */
  get length(): number {
    return this.offsets.length - 1;
  }

  /** Lengths of all sequences, as samplers want them. */
  get lengths(): Int32Array<ArrayBuffer> {
    const { offsets } = this, out = new Int32Array(this.length);
    for (let i = 0; i < out.length; i++) out[i] = offsets[i + 1] - offsets[i];
    return out;
  }

  /** Sequence `index`, a view. @throws {IndexError} when there is none */
  get(index: number): Tokens {
    if (!(index >= 0 && index < this.length)) {
      throw new IndexError(`Cannot read sequence ${index} of ${this.length}: wanted 0 to ${this.length - 1}`, {
        op: "Ragged",
        value: index,
      });
    }
    return this.tokens.subarray(this.offsets[index], this.offsets[index + 1]) as Tokens;
  }

  /** The sequences one after another, as views. */
  *[Symbol.iterator](): Generator<Tokens, void, void> {
    for (let i = 0; i < this.length; i++) yield this.get(i);
  }

  /** A corpus of the sequences at these positions, copied. */
  select(positions: ArrayLike<number>): Ragged {
    const builder = new RaggedBuilder({ small: this.tokens instanceof Uint16Array });
    for (let i = 0; i < positions.length; i++) builder.push(this.get(positions[i]));
    return builder.finish();
  }

  /**
   * A data set of pairs of sequence and label, without copies.
   * @throws {ShapeError} unless there is one label per sequence
   */
  withLabels<L>(labels: ArrayLike<L>): Dataset<readonly [ids: Tokens, label: L]> {
    requireLength("withLabels", "labels", labels.length, this.length);
    return { length: this.length, get: (index) => [this.get(index), labels[index]] };
  }
}

/** Options of {@link RaggedBuilder}. */
export interface RaggedBuilderOptions {
  /** Keep tokens in 16 bits; default false. */
  small?: boolean;
}

/** Builds a {@link Ragged} sequence by sequence, in arrays that double as they fill. */
export class RaggedBuilder {
  #tokens: Tokens;
  #offsets = new Uint32Array(1024);
  #length = 0;
  #at = 0;

  /** An empty one. */
  constructor({ small = false }: RaggedBuilderOptions = {}) {
    this.#tokens = small ? new Uint16Array(1 << 14) : new Int32Array(1 << 14);
  }

  /** Sequences so far. */
  get length(): number {
    return this.#length;
  }

  /**
   * Appends a sequence.
   * @throws {ValueError} naming the place of what is no id (a negative number, a fraction, more than fits)
   */
  push(ids: ArrayLike<number>): void {
    const end = this.#at + ids.length;
    if (end > this.#tokens.length) this.#tokens = grown(this.#tokens, end);
    const tokens = this.#tokens, from = this.#at;
    for (let i = 0; i < ids.length; i++) {
      tokens[from + i] = ids[i];
      if (tokens[from + i] === ids[i] && ids[i] >= 0) continue;
      throw new ValueError(`Cannot add sequence ${this.#length}: token ${i} is ${ids[i]}, wanted an id`, {
        op: "RaggedBuilder",
        value: ids[i],
        position: i,
      });
    }
    this.#at = end;
    if (++this.#length >= this.#offsets.length) this.#offsets = grown(this.#offsets, this.#length + 1);
    this.#offsets[this.#length] = end;
  }

  /** The corpus so far, in arrays of its own. */
  finish(): Ragged {
    return new Ragged(this.#tokens.slice(0, this.#at), this.#offsets.slice(0, this.#length + 1));
  }
}

/** A copy with room for `wanted` entries and as many again. */
function grown<A extends Tokens | Uint32Array<ArrayBuffer>>(array: A, wanted: number): A {
  const larger = new (array.constructor as new (n: number) => A)(Math.max(2 * array.length, wanted));
  larger.set(array);
  return larger;
}
