/** Words are what stands between white space, or between a separator. */
import { ValueError } from "../errors.ts";
import { isSpace } from "./characters.ts";
import type { OffsetTokenizer, Token } from "./tokenizer.ts";

/** Options of {@link WhitespaceTokenizer}. */
export interface WhitespaceTokenizerOptions {
  /** Splits exactly here, so that two in a row have an empty token between them. Default: runs of any white space. */
  readonly separator?: string;
}

/**
 * Splits at white space like Python's `text.split()`, or at a separator like `text.split(separator)`, which with a space
 * is fastai's `BaseTokenizer`.
 */
export class WhitespaceTokenizer implements OffsetTokenizer {
  /** Where it splits; undefined: at runs of any white space. */
  readonly separator?: string;

  /** @throws {ValueError} an empty separator */
  constructor(options: WhitespaceTokenizerOptions = {}) {
    if (options.separator === "") {
      throw new ValueError(
        "Cannot make a WhitespaceTokenizer: the separator is empty, CharacterTokenizer splits everywhere",
      );
    }
    this.separator = options.separator;
  }

  /** The tokens of a text. */
  tokenize(text: string): string[] {
    if (this.separator !== undefined) return text.split(this.separator);
    return this.tokenizeWithOffsets(text).map((token) => token.text);
  }

  /** The tokens of a text with their places (UTF-16 units). */
  tokenizeWithOffsets(text: string): Token[] {
    const tokens: Token[] = [];
    const add = (start: number, end: number) => tokens.push({ text: text.slice(start, end), start, end });
    if (this.separator !== undefined) {
      let start = 0;
      for (const piece of text.split(this.separator)) {
        add(start, start + piece.length);
        start += piece.length + this.separator.length;
      }
      return tokens;
    }
    for (let at = 0; at < text.length; at++) {
      const start = at;
      while (at < text.length && !isSpace(text.charCodeAt(at))) at++;
      if (at > start) add(start, at);
    }
    return tokens;
  }
}
