/**
 * The text rules of fastai 0.7: the clean-up of its language-model notebooks and what its tokenizer does before spaCy. Rules
 * are functions from text to text, in the order of {@link RULES} by default.
 * @module
 */
import { SPACE, splitSpace, wordUnits } from "./characters.ts";
import { repeatedCharacters } from "./fastai_repeats.ts";
import { htmlUnescape } from "./html.ts";
import type { TextRule } from "./tokenizer.ts";

/** Tokens that spaCy must leave whole. */
export const SPECIAL_TOKENS: readonly string[] = ["<eos>", "<bos>", "<unk>"];

const LINE_BREAK = new RegExp(`<[${SPACE}]*br[${SPACE}]*/?>`, "giu");

/** Replaces remains of HTML and of other people's tokenizers, puts spaces around backslashes, joins runs of spaces. */
export function fixup(text: string): string {
  if (text.includes(";")) {
    text = text.replaceAll("#39;", "'").replaceAll("amp;", "&").replaceAll("#146;", "'").replaceAll("nbsp;", " ")
      .replaceAll("#36;", () => "$");
  }
  if (text.includes("\\")) text = text.replaceAll("\\n", "\n");
  if (text.includes(";")) text = text.replaceAll("quot;", "'");
  if (text.includes("<")) text = text.replaceAll("<br />", "\n");
  if (text.includes("\\")) text = text.replaceAll('\\"', '"');
  if (text.includes("<")) text = text.replaceAll("<unk>", "u_n");
  if (text.includes(" @")) text = text.replaceAll(" @.@ ", ".").replaceAll(" @-@ ", "-");
  if (text.includes("\\")) text = text.replaceAll("\\", " \\ ");
  return joinSpaces(htmlUnescape(text));
}

/** `cccc` becomes ` tk_rep 4 c `, from four on. */
export function replaceRep(text: string): string {
  return repeatedCharacters(text, 4, "tk_rep");
}

/**
 * A word that stands four times or more, each time with the same characters behind it, becomes ` tk_wrep 4 word `. The
 * count is that of pieces between white space, so `a-a-a-a-` counts as two.
 */
export function replaceWrep(text: string): string {
  let result = "", done = 0;
  for (let at = 0; at < text.length;) {
    const word = wordEnd(text, at);
    const next = otherEnd(text, word);
    if (word === at) {
      at = next;
      continue;
    }
    const unit = next > word && next < text.length ? text.slice(at, next) : "";
    let end = next, copies = 0;
    while (unit && text.startsWith(unit, end)) end += unit.length, copies++;
    if (copies >= 3) {
      result += `${text.slice(done, at)} tk_wrep ${splitSpace(text.slice(next, end)).length + 1} ${unit} `;
      at = done = end;
    } else at = next;
  }
  return done === 0 ? text : result + text.slice(done);
}

/** Lowers a text; runs of three or more characters in capitals get ` t_up ` before them. */
export function markCaps(text: string): string {
  const eachRun = text.includes("Σ"); // the only letter whose lower case depends on what stands around it
  let result = "", done = 0;
  for (let at = 0; at < text.length;) {
    const end = wordUnits(text, at) > 0 ? wordEnd(text, at) : otherEnd(text, at);
    const capitals = end - at > 2 && isUpper(text, at, end);
    if (capitals || eachRun) {
      result += text.slice(done, at).toLowerCase() + (capitals ? " t_up " : "") + text.slice(at, end).toLowerCase();
      done = end;
    }
    at = end;
  }
  return result + text.slice(done).toLowerCase();
}

/** Puts spaces around slashes and `#`, then joins runs of spaces. */
export function addSpaces(text: string): string {
  return joinSpaces(text.replace(/[/#]/g, " $& "));
}

/** `<br>` and `<br/>` become line feeds. */
export function replaceBr(text: string): string {
  return text.includes("<") ? text.replace(LINE_BREAK, "\n") : text;
}

/** The rules, in order; without the first they are what fastai's `proc_text` does. */
export const RULES: readonly TextRule[] = [fixup, replaceRep, replaceWrep, markCaps, addSpaces, replaceBr];

const joinSpaces = (text: string) => text.includes("  ") ? text.replace(/ {2,}/g, " ") : text;

/** End of the word characters from `at` on. */
function wordEnd(text: string, at: number): number {
  for (let units: number; (units = wordUnits(text, at)) > 0;) at += units;
  return at;
}

/** End of the other characters from `at` on. */
function otherEnd(text: string, at: number): number {
  while (at < text.length && wordUnits(text, at) === 0) at++;
  return at;
}

/** Python's `isupper()` of more than two characters: no small or title letter, and one capital. */
function isUpper(text: string, start: number, end: number): boolean {
  let capital = false;
  for (let at = start; at < end; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x61 && unit <= 0x7a) return false;
    if (unit >= 0x41 && unit <= 0x5a) capital = true;
    if (unit >= 0x80) {
      const run = text.slice(start, end);
      return [...run].length > 2 && !/[\p{Lowercase}\p{Lt}]/u.test(run) && /\p{Uppercase}/u.test(run);
    }
  }
  return capital;
}
