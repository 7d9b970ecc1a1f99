/**
 * A set of words kept as UTF-8: found by the bytes of a line without making a string, at about 25 bytes per word. Words
 * have consecutive numbers in the order of their arrival.
 */

const encoder = new TextEncoder(), decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Words by their bytes. */
export class WordSet {
  /** Number of words. */
  size = 0;
  #bytes = new Uint8Array(1 << 12);
  /** Where each word begins in `#bytes`; one more entry than words. */
  #starts = new Uint32Array(1 << 9);
  #hashes = new Int32Array(1 << 9);
  /** Word number + 1 by hash, 0 for a free place. */
  #table = new Int32Array(1 << 10);

  /** A set of strings. */
  static of(words: Iterable<string>): WordSet {
    const set = new WordSet();
    for (const word of words) set.addWord(word);
    return set;
  }

  /** Number of a word, new or not. */
  addWord(word: string): number {
    const bytes = encoder.encode(word);
    return this.add(bytes, 0, bytes.length);
  }

  /** Number of a word, or -1. */
  findWord(word: string): number {
    const bytes = encoder.encode(word);
    return this.find(bytes, 0, bytes.length);
  }

  /** Number of the word in a part of `bytes`, or -1. */
  find(bytes: Uint8Array, from: number, end: number): number {
    return this.#table[this.#place(bytes, from, end, hashOf(bytes, from, end))] - 1;
  }

  /** Number of the word in a part of `bytes`, which becomes a member. */
  add(bytes: Uint8Array, from: number, end: number): number {
    const hash = hashOf(bytes, from, end), place = this.#place(bytes, from, end, hash);
    const known = this.#table[place] - 1;
    if (known >= 0) return known;
    const id = this.size++, at = this.#starts[id], length = at + end - from;
    if (length > this.#bytes.length) this.#bytes = grown(this.#bytes, length);
    if (id + 2 > this.#starts.length) this.#starts = grown(this.#starts, id + 2);
    if (id + 1 > this.#hashes.length) this.#hashes = grown(this.#hashes, id + 1);
    this.#bytes.set(bytes.subarray(from, end), at);
    this.#starts[id + 1] = length;
    this.#hashes[id] = hash;
    this.#table[place] = id + 1;
    if (this.size * 2 > this.#table.length) this.#rehash();
    return id;
  }

  /** The word of a number. */
  word(id: number): string {
    return decoder.decode(this.#bytes.subarray(this.#starts[id], this.#starts[id + 1]));
  }

  /** All words by number. */
  words(): string[] {
    return Array.from({ length: this.size }, (_, id) => this.word(id));
  }

  #place(bytes: Uint8Array, from: number, end: number, hash: number): number {
    const mask = this.#table.length - 1, own = this.#bytes, starts = this.#starts;
    search: for (let place = (hash ^ hash >>> 15) & mask;; place = (place + 1) & mask) {
      const id = this.#table[place] - 1;
      if (id < 0) return place;
      const start = starts[id];
      if (this.#hashes[id] !== hash || starts[id + 1] - start !== end - from) continue;
      for (let i = from, j = start; i < end; i++, j++) if (bytes[i] !== own[j]) continue search;
      return place;
    }
  }

  #rehash(): void {
    const mask = this.#table.length * 2 - 1, table = new Int32Array(mask + 1);
    for (let id = 0; id < this.size; id++) {
      const hash = this.#hashes[id];
      let place = (hash ^ hash >>> 15) & mask;
      while (table[place]) place = (place + 1) & mask;
      table[place] = id + 1;
    }
    this.#table = table;
  }
}

function hashOf(bytes: Uint8Array, from: number, end: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = from; i < end; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return hash;
}

function grown<T extends Uint8Array | Uint32Array | Int32Array>(array: T, length: number): T {
  const larger = new (array.constructor as new (length: number) => T)(Math.max(length, array.length * 2));
  larger.set(array);
  return larger;
}

/** First byte of a part that is no valid UTF-8, or -1. */
export function invalidUtf8(bytes: Uint8Array, from: number, end: number): number {
  for (let i = from; i < end;) {
    const first = bytes[i];
    if (first < 0x80) {
      i++;
      continue;
    }
    const more = first < 0xc2 ? -1 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : -1;
    if (more < 0 || i + more >= end) return i;
    const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    if (bytes[i + 1] < low || bytes[i + 1] > high) return i;
    for (let k = 2; k <= more; k++) if ((bytes[i + k] & 0xc0) !== 0x80) return i;
    i += more + 1;
  }
  return -1;
}
