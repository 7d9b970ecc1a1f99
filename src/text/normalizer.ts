/**
 * SentencePiece's normalisation: the longest rule at every place, spaces trimmed, one put in front, all of them escaped.
 * Works on UTF-8 bytes, as the rules do, and can say for each byte which UTF-16 unit of the text it came from.
 */
import { FormatError } from "../errors.ts";
import { charsmapOf } from "./normalizer_rules.ts";
import type { SentencePieceNormalizer } from "./sentencepiece_model.ts";
import { trieLongest, type TrieMatch } from "./sentencepiece_trie.ts";

/** A text as a model sees it. */
export interface NormalizedText {
  /** UTF-8, of which `length` bytes count; the buffer is used again by the next text. */
  readonly bytes: Uint8Array;
  /** Bytes. */
  readonly length: number;
  /** For each byte and for the end the UTF-16 unit of the text, where asked for. */
  readonly origins?: Int32Array;
}

/** U+2581 in UTF-8. */
const SPACE = [0xe2, 0x96, 0x81];
const EMPTY = new Uint8Array(), NO_TRIE = new Uint32Array();
const encoder = new TextEncoder();

/** Splits compiled rules into their trie and the replacements, each ending with a zero byte. */
export function splitCharsmap(charsmap: Uint8Array): { trie: Uint32Array; replacements: Uint8Array } {
  if (charsmap.length === 0) return { trie: NO_TRIE, replacements: EMPTY };
  const view = new DataView(charsmap.buffer, charsmap.byteOffset, charsmap.byteLength);
  const size = charsmap.length >= 4 ? view.getUint32(0, true) : 0;
  if (size < 1024 || size % 1024 !== 0 || size > charsmap.length - 4) {
    throw new FormatError(
      `Cannot read the rules of normalisation: their trie has ${size} bytes of ${charsmap.length}, wanted a multiple of 1024 ` +
        "at byte 0",
      { op: "splitCharsmap", file: "precompiled_charsmap", offset: 0, wanted: "a trie and its replacements" },
    );
  }
  const trie = new Uint32Array(size / 4);
  for (let i = 0; i < trie.length; i++) trie[i] = view.getUint32(4 + i * 4, true);
  return { trie, replacements: charsmap.subarray(4 + size) };
}

/** Applies the rules of a model. */
export class Normalizer {
  readonly #trie: Uint32Array;
  readonly #replacements: Uint8Array;
  readonly #symbols: Uint32Array;
  readonly #prefix: boolean;
  readonly #trim: boolean;
  readonly #escape: boolean;
  readonly #suffix: boolean;
  // characters below 128 that no rule or symbol begins with, unless a character above follows
  readonly #plain = new Uint8Array(128);
  readonly #match: TrieMatch = { length: 0, value: 0 };
  #input = new Uint8Array(1024);
  #bytes = new Uint8Array(1024);
  #origins = new Int32Array(0);
  #length = 0;
  #from: Uint8Array = EMPTY;
  #fromStart = 0;
  #fromEnd = 0;

  /**
   * @param spec the rules and what is done about spaces
   * @param symbols a trie of the user-defined symbols, which are never changed
   * @param suffix the space that is put in front goes to the end instead
   * @throws {FormatError} damaged rules
   * @throws {ValueError} rules that are only named, by a name that is unknown
   */
  constructor(spec: SentencePieceNormalizer, symbols: Uint32Array = NO_TRIE, suffix = false) {
    const { trie, replacements } = splitCharsmap(spec.precompiledCharsmap ?? charsmapOf(spec.name));
    this.#trie = trie, this.#replacements = replacements, this.#symbols = symbols;
    this.#prefix = spec.addDummyPrefix ?? true;
    this.#trim = spec.removeExtraWhitespaces ?? true;
    this.#escape = spec.escapeWhitespaces ?? true;
    this.#suffix = suffix;
    for (let c = 0x21; c < 128; c++) this.#plain[c] = this.#isPlain(c) ? 1 : 0;
  }

  #isPlain(c: number): boolean {
    const probe = Uint8Array.of(c, 0);
    for (const units of [this.#trie, this.#symbols]) {
      if (units.length === 0) continue;
      for (let next = 1; next < 128; next++) {
        // a longest match only knows whole keys, so symbols are plain only if none begins with c
        probe[1] = next;
        trieLongest(units, probe, 0, 2, this.#match);
        if (this.#match.length > 0) return false;
      }
    }
    return !this.#beginsSymbol(c) && !this.#longRule(c);
  }

  #beginsSymbol(c: number): boolean {
    return walks(this.#symbols, [c]);
  }

  #longRule(c: number): boolean {
    for (let next = 1; next < 128; next++) if (walks(this.#trie, [c, next])) return true;
    return false;
  }

  /**
   * A text as a model sees it.
   * @param text the text; half a surrogate pair counts as U+FFFD
   * @param withOrigins also tells where each byte came from
   */
  normalize(text: string, withOrigins = false): NormalizedText {
    if (this.#input.length < text.length * 3) this.#input = new Uint8Array(text.length * 3);
    const input = this.#input, end = encoder.encodeInto(text, input).written;
    this.#length = 0;
    let at = 0, unit = 0, length = 0;
    if (this.#trim) {
      for (; at < end; at += length) {
        length = this.#rule(input, at, end);
        if (!(this.#fromEnd - this.#fromStart === 1 && this.#from[this.#fromStart] === 0x20)) break;
        unit += unitsOf(input, at, at + length);
      }
    }
    if (at === end) {
      if (withOrigins) this.#origins = Int32Array.of(unit);
      return { bytes: this.#bytes, length: 0, origins: withOrigins ? this.#origins : undefined };
    }
    const origins = withOrigins;
    if (origins && this.#origins.length < this.#bytes.length + 1) {
      this.#origins = new Int32Array(this.#bytes.length + 1);
    }
    if (this.#prefix && !this.#suffix) this.#space(unit, origins);
    const plain = this.#plain;
    let afterSpace = this.#trim;
    while (at < end) {
      const c = input[at];
      if (c < 128 && plain[c] === 1 && (at + 1 === end || input[at + 1] < 128)) {
        if (this.#length === this.#bytes.length) this.#grow(1, origins);
        if (origins) this.#origins[this.#length] = unit;
        this.#bytes[this.#length++] = c;
        afterSpace = false;
        at++, unit++;
        continue;
      }
      length = this.#rule(input, at, end);
      let from = this.#fromStart;
      const to = this.#fromEnd, source = this.#from;
      while (afterSpace && from < to && source[from] === 0x20) from++;
      if (from < to) {
        for (let i = from; i < to; i++) {
          if (source[i] === 0x20) this.#space(unit, origins);
          else {
            if (this.#length === this.#bytes.length) this.#grow(1, origins);
            if (origins) this.#origins[this.#length] = unit;
            this.#bytes[this.#length++] = source[i];
          }
        }
        afterSpace = source[to - 1] === 0x20;
      }
      if (!this.#trim) afterSpace = false;
      unit += unitsOf(input, at, at + length);
      at += length;
    }
    if (this.#trim) {
      while (this.#endsWithSpace()) {
        this.#length -= this.#escape ? 3 : 1;
        if (origins) unit = this.#origins[this.#length];
      }
    }
    if (this.#prefix && this.#suffix) this.#space(unit, origins);
    if (origins) {
      this.#grow(1, true);
      this.#origins[this.#length] = unit;
    }
    return { bytes: this.#bytes, length: this.#length, origins: origins ? this.#origins : undefined };
  }

  /** A text as a model sees it, as a text. */
  normalizeToString(text: string): string {
    const { bytes, length } = this.normalize(text);
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, length));
  }

  /** What stands at a place after the rules: sets #from, #fromStart and #fromEnd. Returns the bytes taken from the input. */
  #rule(input: Uint8Array, at: number, end: number): number {
    const match = this.#match;
    if (this.#symbols.length > 0) {
      trieLongest(this.#symbols, input, at, end, match);
      if (match.length > 0) return this.#same(input, at, match.length);
    }
    trieLongest(this.#trie, input, at, end, match);
    if (match.length === 0) {
      const c = input[at];
      return this.#same(input, at, c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4);
    }
    const replacements = this.#replacements;
    let to = match.value;
    while (to < replacements.length && replacements[to] !== 0) to++;
    this.#from = replacements, this.#fromStart = match.value, this.#fromEnd = to;
    return match.length;
  }

  #same(input: Uint8Array, at: number, length: number): number {
    this.#from = input, this.#fromStart = at, this.#fromEnd = at + length;
    return length;
  }

  #space(unit: number, origins: boolean): void {
    this.#grow(3, origins);
    if (!this.#escape) {
      if (origins) this.#origins[this.#length] = unit;
      this.#bytes[this.#length++] = 0x20;
      return;
    }
    for (const byte of SPACE) {
      if (origins) this.#origins[this.#length] = unit;
      this.#bytes[this.#length++] = byte;
    }
  }

  #endsWithSpace(): boolean {
    const bytes = this.#bytes, n = this.#length;
    if (!this.#escape) return n > 0 && bytes[n - 1] === 0x20;
    return n > 2 && bytes[n - 1] === SPACE[2] && bytes[n - 2] === SPACE[1] && bytes[n - 3] === SPACE[0];
  }

  #grow(more: number, origins: boolean): void {
    const wanted = this.#length + more;
    if (wanted > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, wanted));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    if (origins && this.#origins.length < this.#bytes.length + 1) {
      const grown = new Int32Array(this.#bytes.length + 1);
      grown.set(this.#origins);
      this.#origins = grown;
    }
  }
}

function walks(units: Uint32Array, path: readonly number[]): boolean {
  if (units.length === 0) return false;
  let at = (units[0] >>> 10) << ((units[0] & 512) >>> 6);
  for (const byte of path) {
    at ^= byte;
    if (at >= units.length || (units[at] & 0x800000ff) !== byte) return false;
    at ^= (units[at] >>> 10) << ((units[at] & 512) >>> 6);
  }
  return true;
}

function unitsOf(bytes: Uint8Array, from: number, to: number): number {
  let units = 0;
  for (let i = from; i < to; i++) {
    const c = bytes[i];
    if ((c & 0xc0) !== 0x80) units += c >= 0xf0 ? 2 : 1;
  }
  return units;
}
