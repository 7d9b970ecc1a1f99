/**
 * The human numbers data set: the English names of 1 to 9,999, generated instead of downloaded. It is the small corpus
 * of fastai's chapter 12, and like that corpus it lacks the number 8,000, which falls between its two files.
 * @module
 */

const ones = ("one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen " +
  "seventeen eighteen nineteen").split(" ");
const tens = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");

/** The English name of a number from 1 to 9,999, without "and" and without hyphens: `forty two`. */
export function nameOf(n: number): string {
  const words: string[] = [];
  if (n >= 1000) words.push(ones[Math.floor(n / 1000) - 1], "thousand");
  n %= 1000;
  if (n >= 100) words.push(ones[Math.floor(n / 100) - 1], "hundred");
  n %= 100;
  if (n >= 20) {
    words.push(tens[Math.floor(n / 10) - 2]);
    n %= 10;
  }
  if (n > 0) words.push(ones[n - 1]);
  return words.join(" ");
}

/** Names of the numbers `from` to `to`, both included. */
export function names(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => nameOf(from + i));
}

/** The lines of `train.txt`: 1 to 7,999. */
export const trainLines: readonly string[] = names(1, 7999);

/** The lines of `valid.txt`: 8,001 to 9,999. */
export const validLines: readonly string[] = names(8001, 9999);

/** The whole corpus in one string: `one . two . three . ... . nine thousand nine hundred ninety nine`. */
export const text: string = [...trainLines, ...validLines].join(" . ");

/** The 63,095 words of the corpus; the separator `.` is a word too. */
export const tokens: readonly string[] = text.split(" ");

/** The 30 different words, in the order in which they first appear: `one` is 0, `.` is 1, `thousand` is 29. */
export const vocab: readonly string[] = [...new Set(tokens)];

/** Id of a word. */
export const idOf: ReadonlyMap<string, number> = new Map(vocab.map((word, id) => [word, id]));

/** The corpus as word ids. */
export const ids: Int32Array = Int32Array.from(tokens, (word) => idOf.get(word)!);
