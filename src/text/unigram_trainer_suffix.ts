/**
 * Suffix array and repeated substrings of an integer text, for the seed pieces of the unigram trainer.
 *
 * `suffixArray` sorts in linear time (induced sorting, Nong, Zhang and Chan 2009); `repeatedSubstrings` reports the inner
 * nodes of the suffix tree in the order in which a left-to-right pass over the array closes them, so that equal texts
 * give equal orders. Both keep to typed arrays: about 16 bytes per character at the peak.
 * @module
 */

function bucketStarts(counts: Int32Array): Int32Array {
  const starts = new Int32Array(counts.length);
  for (let i = 1; i < counts.length; i++) starts[i] = starts[i - 1] + counts[i - 1];
  return starts;
}

/** Sorts all suffixes from the sorted order of the leftmost S suffixes. */
function induce(
  text: Int32Array,
  isS: Uint8Array,
  counts: Int32Array,
  leftmost: Int32Array,
  leftmostCount: number,
  order: Int32Array,
): void {
  const n = text.length;
  order.fill(-1);
  const starts = bucketStarts(counts);
  const ends = new Int32Array(counts.length);
  for (let i = 0; i < counts.length; i++) ends[i] = starts[i] + counts[i];
  const tails = ends.slice();
  // Leftmost S suffixes go to the tails of their buckets, in the order given.
  for (let k = leftmostCount - 1; k >= 0; k--) order[--tails[text[leftmost[k]]]] = leftmost[k];
  const heads = starts.slice();
  order[heads[text[n - 1]]++] = n - 1;
  // The last suffix is of type L and precedes all: it may have displaced nothing, its bucket's L part is never S.
  for (let i = 0; i < n; i++) {
    const v = order[i];
    if (v >= 1 && isS[v - 1] === 0) order[heads[text[v - 1]]++] = v - 1;
  }
  for (let i = n - 1; i >= 0; i--) {
    const v = order[i];
    if (v >= 1 && isS[v - 1] === 1) order[--ends[text[v - 1]]] = v - 1;
  }
}

/**
 * The suffix array of a text of symbols 0 to `symbols - 1`; a suffix that is a prefix of another sorts first.
 *
 * @param text the symbols
 * @param symbols number of different symbols, one more than the largest
 * @returns start positions of the suffixes in ascending order
 */
export function suffixArray(text: Int32Array, symbols: number): Int32Array {
  const n = text.length;
  const order = new Int32Array(n);
  if (n < 2) return order;
  const isS = new Uint8Array(n);
  for (let i = n - 2; i >= 0; i--) {
    isS[i] = text[i] === text[i + 1] ? isS[i + 1] : text[i] < text[i + 1] ? 1 : 0;
  }
  const counts = new Int32Array(symbols);
  for (let i = 0; i < n; i++) counts[text[i]]++;
  let m = 0;
  for (let i = 1; i < n; i++) if (isS[i] === 1 && isS[i - 1] === 0) m++;
  const leftmost = new Int32Array(m);
  const rank = new Int32Array(n).fill(-1);
  for (let i = 1, k = 0; i < n; i++) {
    if (isS[i] === 1 && isS[i - 1] === 0) {
      rank[i] = k;
      leftmost[k++] = i;
    }
  }
  induce(text, isS, counts, leftmost, m, order);
  if (m === 0) return order;
  const sorted = new Int32Array(m);
  for (let i = 0, k = 0; i < n; i++) if (rank[order[i]] >= 0) sorted[k++] = order[i];
  const reduced = new Int32Array(m);
  let names = 0;
  reduced[rank[sorted[0]]] = 0;
  for (let k = 1; k < m; k++) {
    let l = sorted[k - 1];
    let r = sorted[k];
    const endL = rank[l] + 1 < m ? leftmost[rank[l] + 1] : n;
    const endR = rank[r] + 1 < m ? leftmost[rank[r] + 1] : n;
    let same = endL - l === endR - r;
    if (same) {
      while (l < endL && text[l] === text[r]) {
        l++;
        r++;
      }
      if (l === n || r === n || text[l] !== text[r]) same = false;
    }
    if (!same) names++;
    reduced[rank[sorted[k]]] = names;
  }
  if (names + 1 < m) {
    const inner = suffixArray(reduced, names + 1);
    for (let k = 0; k < m; k++) sorted[k] = leftmost[inner[k]];
  }
  induce(text, isS, counts, sorted, m, order);
  return order;
}

/**
 * Calls `visit` for every substring that occurs at least twice and is followed by different symbols (or once by the
 * end): the inner nodes of the suffix tree, children before parents, in ascending order of the text.
 *
 * @param text the symbols
 * @param order the suffix array of `text`
 * @param visit receives a start position, the length, the number of occurrences, and the length of the node above: every length
 * over that occurs equally often
 */
export function repeatedSubstrings(
  text: Int32Array,
  order: Int32Array,
  visit: (start: number, length: number, count: number, above: number) => void,
): void {
  const n = text.length;
  if (n === 0) return;
  // Common prefixes in text order (Karkkainen, Manzini and Puglisi 2009), then in suffix order.
  const before = new Int32Array(n);
  before[order[0]] = order[n - 1];
  for (let i = 1; i < n; i++) before[order[i]] = order[i - 1];
  let h = 0;
  for (let i = 0; i < n; i++) {
    const j = before[i];
    while (i + h < n && j + h < n && text[i + h] === text[j + h]) h++;
    before[i] = h;
    if (h > 0) h--;
  }
  const firsts: number[] = [-1];
  const depths: number[] = [-1];
  for (let i = 0;; i++) {
    let first = i;
    const depth = i === n || i === 0 ? -1 : before[order[i]];
    while (depths[depths.length - 1] > depth) {
      const start = firsts.pop() as number;
      const length = depths.pop() as number;
      if (i - start > 1) visit(order[start], length, i - start, Math.max(depths[depths.length - 1], depth, 0));
      first = start;
    }
    if (depths[depths.length - 1] < depth) {
      firsts.push(first);
      depths.push(depth);
    }
    if (i === n) break;
    firsts.push(i);
    depths.push(n - order[i] + 1);
  }
}
