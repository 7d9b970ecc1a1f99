/** Every character is a token. */
import { unitsAt } from "./characters.ts";
import type { OffsetTokenizer, Token } from "./tokenizer.ts";

/** Splits a text into its code points, as Python's `list(text)`; a surrogate without its other half is one too. */
export class CharacterTokenizer implements OffsetTokenizer {
  /** The characters of a text. */
  tokenize(text: string): string[] {
    return Array.from(text);
  }

  /** The characters of a text with their places (UTF-16 units). */
  tokenizeWithOffsets(text: string): Token[] {
    const tokens: Token[] = [];
    for (let start = 0; start < text.length;) {
      const end = start + unitsAt(text, start);
      tokens.push({ text: text.slice(start, end), start, end });
      start = end;
    }
    return tokens;
  }
}
