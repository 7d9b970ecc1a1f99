/**
 * torchMoji's (DeepMoji's) tokenizer: one alternation from the most special to any character. As in the original a flag
 * inside of the pattern makes all of it ignore case, and word boundaries are Python's (Unicode).
 */
import { SPACE, WORD } from "./characters.ts";
import type { OffsetTokenizer, Token } from "./tokenizer.ts";

// Python's letters a to z without regard to case are four more: U+0130, U+0131, U+017F and U+212A. The flags i and u of
// JavaScript give the last two.
const A = "a-z\\u0130\\u0131";
const BOUNDARY = `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`;

/** An address: `http://`, `https://` or `www.` and what may follow (from `$` to `_` is most of ASCII). */
const URL = `(?:https?://|www\\.)(?:[${A}$-_@&+!*(),]|%[0-9a-f]{2})+`;
const EMAIL = `${BOUNDARY}[${A}0-9_.+-]+@[${A}0-9-]+\\.[${A}0-9.-]+${BOUNDARY}`;
const NAME = `[${A}0-9_]+`;
const EMOTICON = [
  ...["-_-", "x_x", "^_^", "o.o", "o_o", "(:", "):", ");", "(;"].map(quote),
  "(?:>:|[:=;])[-,^'\"]?(?:d+|p+|v+|\\)+|o+|\\(+|3+|/+|\\|+|\\\\+)",
].join("|");
// The original lists the pound sign in a way that never matches it; here its runs are one token too, as was meant.
const SYMBOL = [
  ...Array.from("()<!?.,/'\"-_=\\§|´ˇ°[]>{}~$^&*;:%+£€`", (symbol) => `${quote(symbol)}+`),
  // A run ends before a hashtag or mention: "##hello" is "#", "#hello".
  `#+(?=#${NAME})`,
  `@+(?=@${NAME})`,
  "#+",
  "@+",
].join("|");

const PATTERN = [
  `[${SPACE}]+`,
  "(" + URL,
  EMAIL,
  `[${A}]+[-_][${A}]+`,
  `#${NAME}`,
  `@${NAME}`,
  "(?:<+/?3+)+",
  EMOTICON,
  `[${A}]+'[${A}]+`,
  "(?:mr|ms|mrs|dr|prof)\\.",
  `${BOUNDARY}(?<!\\.)(?:[${A}]\\.){2,}`,
  "[0-9]+",
  `[${A}]+`,
  SYMBOL,
  "[^])",
].join("|");

function quote(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&").replace(/-/g, "\\x2d");
}

/**
 * torchMoji's tokenizer. Text is taken as it is; {@link WordGenerator} cleans it and joins the two.
 *
 * @example
 * ```ts
 * new w.text.TorchMojiTokenizer().tokenize("200K words!"); // ["200", "K", "words", "!"]
 * ```
 */
export class TorchMojiTokenizer implements OffsetTokenizer {
  readonly #pattern: RegExp = new RegExp(PATTERN, "giu");

  /** The tokens of a text; white space is none. */
  tokenize(text: string): string[] {
    return this.tokenizeWithOffsets(text).map((token) => token.text);
  }

  /** The tokens of a text with their places. */
  tokenizeWithOffsets(text: string): Token[] {
    const tokens: Token[] = [];
    for (const match of text.matchAll(this.#pattern)) {
      const token = match[1];
      if (token !== undefined) tokens.push({ text: token, start: match.index, end: match.index + token.length });
    }
    return tokens;
  }
}
