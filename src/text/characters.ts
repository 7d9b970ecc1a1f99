/**
 * Classes of characters as Python's `str` and `re` have them, which the originals of these tokenizers were written for:
 * `\s` knows U+001C to U+001F and U+0085 but not U+FEFF, and `\w` holds letters and numbers of every script but no marks.
 * Newer code points follow the Unicode version of the engine.
 */

/** Python's `\s` as the inside of a class of a regular expression with the flag `u`; `str.isspace()` is the same set. */
export const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

/** Python's `\w` as the inside of a class of a regular expression with the flag `u`. */
export const WORD = "\\p{L}\\p{N}_";

const SPACE_TABLE = table(new RegExp(`[${SPACE}]`, "u"), 0x3001);
const wordCharacter = new RegExp(`[${WORD}]`, "u");
let wordTable: Uint8Array | undefined;

function table(pattern: RegExp, length: number): Uint8Array {
  const found = new Uint8Array(length);
  for (let code = 0; code < length; code++) found[code] = Number(pattern.test(String.fromCharCode(code)));
  return found;
}

/** Whether Python calls the UTF-16 unit white space (no white space lies beyond the basic plane). */
export function isSpace(unit: number): boolean {
  return unit <= 0x3000 && SPACE_TABLE[unit] === 1;
}

/** Length in UTF-16 units of the word character (Python's `\w`) at `at`, 0 when another character or the end is there. */
export function wordUnits(text: string, at: number): 0 | 1 | 2 {
  if (at >= text.length) return 0;
  const unit = text.charCodeAt(at);
  if (unit < 0xd800 || unit > 0xdfff) {
    wordTable ??= table(wordCharacter, 0x10000);
    return wordTable[unit] as 0 | 1;
  }
  const code = text.codePointAt(at)!;
  return code > 0xffff && wordCharacter.test(String.fromCodePoint(code)) ? 2 : 0;
}

/** Length in UTF-16 units of the character at `at`: 2 for a surrogate pair. */
export function unitsAt(text: string, at: number): 1 | 2 {
  if ((text.charCodeAt(at) & 0xfc00) !== 0xd800) return 1;
  return (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00 ? 2 : 1;
}

/** Python's `str.strip()`. */
export function strip(text: string): string {
  let start = 0, end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** Python's `str.split()`: what stands between runs of white space, never an empty string. */
export function splitSpace(text: string): string[] {
  const pieces: string[] = [];
  let start = -1;
  for (let i = 0; i < text.length; i++) {
    if (isSpace(text.charCodeAt(i))) {
      if (start >= 0) pieces.push(text.slice(start, i));
      start = -1;
    } else if (start < 0) start = i;
  }
  if (start >= 0) pieces.push(text.slice(start));
  return pieces;
}
