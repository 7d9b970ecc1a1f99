/**
 * The text rules of fastai 2: what happens to a text before it is split into words, and to each token afterwards. Rules are
 * functions from text to text, in the order of {@link RULES} by default; any list of them makes a tokenizer.
 * @module
 */
import { isSpace, strip, unitsAt, wordUnits } from "./characters.ts";
import { repeatedCharacters } from "./fastai_repeats.ts";
import { htmlUnescape } from "./html.ts";
import type { TextRule } from "./tokenizer.ts";

/** Tokens with a meaning, in the order of their ids: unknown, padding, begin, end, field, and the marks of the rules. */
export const SPECIAL_TOKENS: readonly string[] = [
  "xxunk",
  "xxpad",
  "xxbos",
  "xxeos",
  "xxfld",
  "xxrep",
  "xxwrep",
  "xxup",
  "xxmaj",
];

/** Replaces remains of HTML and of other people's tokenizers by the characters that they stand for. */
export function fixHtml(text: string): string {
  if (text.includes(";")) {
    text = text.replaceAll("#39;", "'").replaceAll("amp;", "&").replaceAll("#146;", "'").replaceAll("nbsp;", " ")
      .replaceAll("#36;", () => "$");
  }
  if (text.includes("\\")) text = text.replaceAll("\\n", "\n");
  if (text.includes(";")) text = text.replaceAll("quot;", "'");
  if (text.includes("<")) text = text.replaceAll("<br />", "\n");
  if (text.includes("\\")) text = text.replaceAll('\\"', '"');
  if (text.includes("<")) text = text.replaceAll("<unk>", "xxunk");
  if (text.includes(" @")) text = text.replaceAll(" @.@ ", ".").replaceAll(" @-@ ", "-");
  if (text.includes("...")) text = text.replaceAll("...", " …");
  return htmlUnescape(text);
}

/** `cccc` becomes ` xxrep 4 c `, from three on. */
export function replaceRep(text: string): string {
  return repeatedCharacters(text, 3, "xxrep");
}

/** `word word word` becomes ` xxwrep 3 word `, from three on; they must be written alike. */
export function replaceWrep(text: string): string {
  let result = "", done = 0;
  for (let at = 0; at < text.length;) {
    let end = at, units: number;
    while ((units = wordUnits(text, end)) > 0) end += units;
    const found = end > at && (at === 0 || at - 1 >= done) ? repeats(text, at, end) : undefined;
    if (found) {
      result += text.slice(done, Math.max(at - 1, done)) +
        ` xxwrep ${found.count} ${text.slice(at, end)} ${text.slice(found.last, found.end)}`;
      at = done = found.end;
    } else at = end;
    while (at < text.length && !isSpace(text.charCodeAt(at))) at++;
    while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  }
  return done === 0 ? text : result + text.slice(done);
}

/** How often the word `[at, end)` stands there, where the last one ends, and where the character behind that ends. */
function repeats(text: string, at: number, end: number): { count: number; last: number; end: number } | undefined {
  const word = text.slice(at, end), length = end - at;
  let count = 1, last = end, next = end;
  while (next < text.length && isSpace(text.charCodeAt(next))) {
    do next++; while (next < text.length && isSpace(text.charCodeAt(next)));
    if (!text.startsWith(word, next)) break;
    next += length;
    if (wordUnits(text, next) > 0) break; // the beginning of another word
    count++, last = next;
  }
  if (count < 3) return undefined;
  return { count, last, end: last < text.length ? last + unitsAt(text, last) : last };
}

/** Puts spaces around slashes, backslashes and `#`. */
export function specAddSpaces(text: string): string {
  return text.replace(/[/#\\]/g, " $& ");
}

/** Several spaces become one. */
export function rmUselessSpaces(text: string): string {
  return text.includes("  ") ? text.replace(/ {2,}/g, " ") : text;
}

/** `WORD` becomes `xxup word`; a single capital is only lowered. */
export function replaceAllCaps(text: string): string {
  return lowerTokens(text, false);
}

/** `Word` becomes `xxmaj word`; a single capital is only lowered. */
export function replaceMaj(text: string): string {
  return lowerTokens(text, true);
}

/** Lowers tokens between white space that begin with A to Z and go on without capitals, or else without small letters. */
function lowerTokens(text: string, onlyFirst: boolean): string {
  const from = onlyFirst ? 0x41 : 0x61, to = from + 25, mark = onlyFirst ? "xxmaj " : "xxup ";
  let result = "", done = 0;
  for (let at = 0; at < text.length;) {
    const start = at;
    let unit = text.charCodeAt(at);
    let fits = unit >= 0x41 && unit <= 0x5a;
    for (;;) {
      if (unit <= 0x20 ? isSpace(unit) : unit >= 0x80 && isSpace(unit)) break;
      if (unit >= from && unit <= to && at > start) fits = false;
      if (++at >= text.length) break;
      unit = text.charCodeAt(at);
    }
    if (fits) {
      result += text.slice(done, start) + (at - start > 1 ? mark : "") + text.slice(start, at).toLowerCase();
      done = at;
    }
    at++;
  }
  return done === 0 ? text : result + text.slice(done);
}

/** Lowers a text, takes white space off its ends and puts `xxbos` before it. */
export function lowercase(text: string): string {
  return "xxbos " + strip(text.toLowerCase());
}

/** Lowers a text like {@link lowercase}, with `xxbos` before and `xxeos` behind it only where wanted. */
export function lowercaseWith({ bos = true, eos = false }: { bos?: boolean; eos?: boolean } = {}): TextRule {
  return (text) => (bos ? "xxbos " : "") + strip(text.toLowerCase()) + (eos ? " xxeos" : "");
}

/** Spaces inside a token become `▁`, so that tokens joined by spaces can be split again. */
export function replaceSpace(token: string): string {
  return token.includes(" ") ? token.replaceAll(" ", "▁") : token;
}

/** The rules for texts, in order. */
export const RULES: readonly TextRule[] = [
  fixHtml,
  replaceRep,
  replaceWrep,
  specAddSpaces,
  rmUselessSpaces,
  replaceAllCaps,
  replaceMaj,
  lowercase,
];

/** The rules for tokens, in order. */
export const POST_RULES: readonly TextRule[] = [replaceSpace];
