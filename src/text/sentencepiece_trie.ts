/**
 * Tries over bytes as double arrays, in the layout that `spm.model` carries for its normalisation rules: the same walk serves
 * rules that Python compiled, rules compiled here, and the vocabulary.
 *
 * A unit holds a label in bits 0-7 (31 for leaves), whether a key ends here in bit 8, and the distance to its children,
 * by exclusive or, in bits 10-30 (times 256 where bit 9 is set). A leaf holds its value in bits 0-30.
 * S. Yata, K. Oono, K. Morita, M. Fuketa, T. Sumitomo, J. Aoe: A compact static double-array keeping character codes
 * (Information Processing and Management 43, 2007).
 */

/** Distance from a unit to its children. */
export const childOffset = (unit: number): number => (unit >>> 10) << ((unit & 512) >>> 6);

/** Where a walk begins: the children of the root. */
export const rootOf = (units: Uint32Array): number => units.length === 0 ? 0 : childOffset(units[0]);

const LABEL = 0x800000ff | 0;

/**
 * The value of the key `bytes[start, end)`, or -1.
 * @param units the double array
 */
export function trieFind(units: Uint32Array, bytes: Uint8Array, start: number, end: number): number {
  let at = rootOf(units), unit = 0;
  if (start >= end) return -1;
  for (let i = start; i < end; i++) {
    at ^= bytes[i];
    if (at >= units.length) return -1;
    unit = units[at] | 0;
    if ((unit & LABEL) !== bytes[i]) return -1;
    at ^= childOffset(unit);
  }
  return unit & 256 ? units[at] & 0x7fffffff : -1;
}

/** Result of {@link trieLongest}. */
export interface TrieMatch {
  /** Bytes of the longest key at the place, 0 for none. */
  length: number;
  /** Its value. */
  value: number;
}

/** The longest key that `bytes[start, end)` begins with. */
export function trieLongest(units: Uint32Array, bytes: Uint8Array, start: number, end: number, out: TrieMatch): void {
  out.length = 0;
  if (units.length === 0) return;
  let at = rootOf(units);
  for (let i = start; i < end; i++) {
    at ^= bytes[i];
    if (at >= units.length) return;
    const unit = units[at] | 0;
    if ((unit & LABEL) !== bytes[i]) return;
    at ^= childOffset(unit);
    if (unit & 256) out.length = i + 1 - start, out.value = units[at] & 0x7fffffff;
  }
}

/** Free slots are looked for in so many of the last units: more would fill hardly more gaps and take longer. */
const WINDOW = 16 * 256;

/** Lays out a trie. */
class TrieBuilder {
  units = new Int32Array(1024);
  // 1: the slot is taken, 2: some unit's children count from here
  taken = new Uint8Array(1024);
  size = 256;
  #firstFree = 1;

  constructor(readonly keys: readonly Uint8Array[], readonly values: ArrayLike<number>) {
    this.taken[0] = 1;
  }

  #grow(size: number): void {
    this.size = Math.max(this.size, Math.ceil(size / 256) * 256);
    if (this.size <= this.units.length) return;
    const length = Math.max(this.units.length * 2, this.size);
    const units = new Int32Array(length), taken = new Uint8Array(length);
    units.set(this.units), taken.set(this.taken);
    this.units = units, this.taken = taken;
  }

  #place(labels: number[]): number {
    while (this.taken[this.#firstFree] & 1) this.#firstFree++;
    const first = labels[0];
    for (let slot = Math.max(this.#firstFree, this.size - WINDOW);; slot++) {
      this.#grow(slot + 1);
      if (this.taken[slot] & 1) continue;
      const base = slot ^ first;
      if (base === 0) continue; // the root is no child
      this.#grow((base | 255) + 1);
      if (this.taken[base] & 2) continue;
      let fits = true;
      for (let i = 1; i < labels.length && fits; i++) fits = !(this.taken[base ^ labels[i]] & 1);
      if (!fits) continue;
      this.taken[base] |= 2;
      for (const label of labels) this.taken[base ^ label] |= 1;
      return base;
    }
  }

  // the sets of children so far, each once: equal ends of keys share their units, which for the rules saves nine tenths
  readonly #sets: { labels: number[]; targets: number[]; base: number }[] = [];
  readonly #ids = new Map<string, number>();

  /** The number of the set of children that the keys [from, to) have, which agree in the first `depth` bytes. */
  collect(from: number, to: number, depth: number): number {
    const labels: number[] = [], targets: number[] = [];
    for (let i = from; i < to;) {
      const label = depth < this.keys[i].length ? this.keys[i][depth] : 0;
      let next = i + 1;
      if (label !== 0) { while (next < to && this.keys[next][depth] === label) next++; }
      labels.push(label), targets.push(label === 0 ? this.values[i] : this.collect(i, next, depth + 1));
      i = next;
    }
    const key = labels.join() + ":" + targets.join();
    let id = this.#ids.get(key);
    if (id === undefined) {
      this.#ids.set(key, id = this.#sets.length);
      this.#sets.push({ labels, targets, base: -1 });
    }
    return id;
  }

  /** Lays out a set of children below a node. */
  node(node: number, id: number): void {
    const set = this.#sets[id], { labels, targets } = set, known = set.base >= 0;
    if (!known) set.base = this.#place(labels);
    // no array here has 2^21 units, so the long form of an offset is never needed
    this.units[node] |= (set.base ^ node) << 10;
    if (labels[0] === 0) this.units[node] |= 256;
    if (known) return;
    for (let i = 0; i < labels.length; i++) {
      this.units[set.base ^ labels[i]] = labels[i] === 0 ? targets[i] | 0x80000000 : labels[i];
    }
    for (let i = 0; i < labels.length; i++) if (labels[i] !== 0) this.node(set.base ^ labels[i], targets[i]);
  }

  /** The array, in which no free slot looks like somebody's child. */
  finish(): Uint32Array<ArrayBuffer> {
    for (let block = 0; block < this.size; block += 256) {
      let base = block;
      while (base < block + 255 && this.taken[base] & 2) base++;
      for (let i = block; i < block + 256; i++) if (!(this.taken[i] & 1)) this.units[i] = (i ^ base) & 255;
    }
    return new Uint32Array(this.units.buffer, 0, this.size).slice();
  }
}

/** Order of byte strings as `memcmp` has it. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

/**
 * A trie of keys in order ({@link compareBytes}) without repetitions, none empty or with a zero byte.
 * @param keys the keys @param values a number from 0 to 2^31 - 1 for each
 */
export function buildTrie(keys: readonly Uint8Array[], values: ArrayLike<number>): Uint32Array<ArrayBuffer> {
  if (keys.length === 0) return new Uint32Array();
  const builder = new TrieBuilder(keys, values);
  builder.node(0, builder.collect(0, keys.length, 0));
  return builder.finish();
}
