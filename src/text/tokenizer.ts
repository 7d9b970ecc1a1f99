/**
 * What every tokenizer of this folder can do, so that a data set takes any of them.
 */

/** Splits a text into tokens. */
export interface Tokenizer {
  /** The tokens of a text, in order. */
  tokenize(text: string): string[];
}

/** A tokenizer whose tokens are pieces of the text itself. */
export interface OffsetTokenizer extends Tokenizer {
  /** The tokens of a text with their places. */
  tokenizeWithOffsets(text: string): Token[];
}

/** A token and where it stands. */
export interface Token {
  /** The token. */
  readonly text: string;
  /** First UTF-16 unit in the text. */
  readonly start: number;
  /** UTF-16 unit behind the last one. */
  readonly end: number;
}

/** Changes a text before it is split, or a token afterwards. */
export type TextRule = (text: string) => string;
