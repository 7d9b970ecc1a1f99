/**
 * spaCy's English tokenizer (version 3.8): words, punctuation, contractions, units, emoticons and addresses, token for
 * token. White space other than single spaces is a token too, so tokens and their `space` flags rebuild the text.
 *
 * Pieces between white space are split once and remembered, which is where the speed comes from.
 */
import { ValueError } from "../errors.ts";
import { isSpace } from "./characters.ts";
import { hashUnit, PieceTable } from "./piece_table.ts";
import { prefixLength, splitInfixes, suffixLength } from "./spacy_classes.ts";
import { SpecialCases } from "./spacy_special.ts";
import { isUrl } from "./spacy_url.ts";
import type { OffsetTokenizer, Token } from "./tokenizer.ts";

/** Pieces longer than this are not remembered. */
const LONGEST_CACHED = 128;

/** A token of {@link SpacyTokenizer}. */
export interface SpacyToken extends Token {
  /** Whether a space follows that is no token. */
  readonly space: boolean;
}

/** Options of {@link SpacyTokenizer}. */
export interface SpacyTokenizerOptions {
  /** More special cases: the text and the tokens that it becomes, which joined give the text. */
  readonly specialCases?: Readonly<Record<string, readonly string[]>>;
  /** Pieces of text whose tokens are remembered; when there are more, it starts again. Default 200,000. */
  readonly cacheSize?: number;
}

/** The tokens of a piece of text, and which of them may begin a special case. */
interface Piece {
  readonly tokens: readonly string[];
  readonly suspects: readonly number[];
}

/**
 * spaCy's word tokenizer for English, as `spacy.blank("en").tokenizer`.
 *
 * @example Words
 * ```ts
 * const tokenizer = new w.text.SpacyTokenizer("en");
 * tokenizer.tokenize("It's a 1920s film... I can't wait!");
 * // ["It", "'s", "a", "1920s", "film", "...", "I", "ca", "n't", "wait", "!"]
 * ```
 */
export class SpacyTokenizer implements OffsetTokenizer {
  readonly #special: SpecialCases = new SpecialCases((text) => split(text, undefined));
  readonly #cacheSize: number;
  /** Pieces of one harmless token, which are most of them, stand as that token. */
  readonly #cache: PieceTable<string | Piece> = new PieceTable();

  /**
   * A tokenizer; making it takes some milliseconds and reads nothing.
   * @param language only English is there
   * @throws {ValueError} another language, a special case whose tokens do not give its text
   */
  constructor(language: string = "en", options: SpacyTokenizerOptions = {}) {
    if (language !== "en") {
      throw new ValueError(`Cannot make a SpacyTokenizer for "${language}": only "en" is there`, { value: language });
    }
    const { specialCases = {}, cacheSize = 200_000 } = options;
    this.#cacheSize = cacheSize;
    for (const [text, tokens] of Object.entries(specialCases)) this.#special.add(text, tokens);
  }

  /**
   * Makes a text become the given tokens wherever it stands between other tokens.
   * @throws {ValueError} tokens that joined do not give the text
   */
  addSpecialCase(text: string, tokens: readonly string[]): void {
    this.#special.add(text, tokens);
    this.#cache.clear();
  }

  /** The tokens of a text; a text of any length takes time in proportion to it. */
  tokenize(text: string): string[] {
    const tokens: string[] = [], suspects: number[] = [];
    const cache = this.#cache, end = text.length;
    for (let at = 0; at < end;) {
      let start = at, hash = 0;
      const unit = text.charCodeAt(at++);
      if (unit <= 0x20 ? isSpace(unit) : unit >= 0x80 && isSpace(unit)) {
        if (unit === 0x20 && start > 0) start++; // the one that belongs to the token before
        else hash = hashUnit(0, unit);
        for (; at < end && isSpace(text.charCodeAt(at)); at++) hash = hashUnit(hash, text.charCodeAt(at));
        if (start === at) continue;
      } else {
        hash = hashUnit(0, unit);
        for (; at < end; at++) {
          const next = text.charCodeAt(at);
          if (next <= 0x20 ? isSpace(next) : next >= 0x80 && isSpace(next)) break;
          hash = hashUnit(hash, next);
        }
      }
      const piece = cache.find(text, start, at, hash) ?? this.#piece(text.slice(start, at), hash);
      if (typeof piece === "string") {
        tokens.push(piece);
        continue;
      }
      for (let i = 0; i < piece.suspects.length; i++) suspects.push(tokens.length + piece.suspects[i]);
      for (let i = 0; i < piece.tokens.length; i++) tokens.push(piece.tokens[i]);
    }
    return suspects.length > 0 ? this.#special.apply(text, tokens, suspects) : tokens;
  }

  /** The tokens of a text with their places (UTF-16 units of the text) and whether a space follows them. */
  tokenizeWithOffsets(text: string): SpacyToken[] {
    const tokens = this.tokenize(text), starts = placesOf(text, tokens);
    return tokens.map((token, i) => {
      const start = starts[i], end = start + token.length;
      return { text: token, start, end, space: end < (starts[i + 1] ?? text.length) };
    });
  }

  /** The text that tokens with their `space` flags came from, exactly. */
  detokenize(tokens: readonly Pick<SpacyToken, "text" | "space">[]): string {
    return tokens.map(({ text, space }) => space ? text + " " : text).join("");
  }

  /** Splits a piece without white space, or of white space only, and remembers the outcome. */
  #piece(chunk: string, hash: number): string | Piece {
    const own = compact(chunk);
    const tokens = split(own, this.#special);
    const suspects: number[] = [];
    for (let i = 0; i < tokens.length; i++) if (this.#special.mayBegin(tokens[i])) suspects.push(i);
    const piece = tokens.length === 1 && suspects.length === 0 ? tokens[0] : { tokens, suspects };
    if (chunk.length <= LONGEST_CACHED) {
      if (this.#cache.size >= this.#cacheSize) this.#cache.clear();
      this.#cache.add(own, hash, piece);
    }
    return piece;
  }
}

/** The same characters in memory of their own: a slice would keep the whole text alive. */
const compact = (text: string) => text.length < 13 ? text : text.split("").join("");

/** Where each token begins. A space directly behind a word belongs to that word. */
export function placesOf(text: string, tokens: readonly string[]): number[] {
  const places: number[] = [];
  let at = 0, afterWord = false;
  for (const token of tokens) {
    if (afterWord && text.charCodeAt(at) === 0x20) at++;
    places.push(at);
    at += token.length;
    afterWord = at > 0 && !isSpace(text.charCodeAt(at - 1));
  }
  return places;
}

/** Takes affixes off until nothing changes or a special case is left, then cuts the rest at its infixes. */
function split(text: string, special: SpecialCases | undefined): readonly string[] {
  const whole = special?.get(text, 0, text.length);
  if (whole) return whole;
  const tokens: string[] = [], suffixes: string[] = [];
  let start = 0, end = text.length, found: readonly string[] | undefined;
  while (start < end && !(found = special?.get(text, start, end))) {
    const prefix = prefixLength(text, start, end);
    if (prefix > 0 && (found = special?.get(text, start + prefix, end))) {
      tokens.push(text.slice(start, start += prefix));
      break;
    }
    const suffix = suffixLength(text, start + prefix, end);
    if (suffix > 0 && (found = special?.get(text, start, end - suffix))) {
      suffixes.push(text.slice(end - suffix, end));
      end -= suffix;
      break;
    }
    if (prefix + suffix === 0) break;
    if (prefix > 0) tokens.push(text.slice(start, start += prefix));
    if (suffix > 0) suffixes.push(text.slice(end - suffix, end)), end -= suffix;
  }
  if (found) { for (const token of found) tokens.push(token); }
  else if (start < end) {
    const core = text.slice(start, end);
    if (isUrl(core)) tokens.push(core);
    else splitInfixes(core, 0, core.length, tokens);
  }
  for (let i = suffixes.length - 1; i >= 0; i--) tokens.push(suffixes[i]);
  return tokens;
}
