/**
 * torchMoji's word generator: a sentence is cleaned, tokenized, and its numbers, mentions and addresses become special
 * tokens. It behaves as the Python 2 original did, with which the published vocabulary was made; under Python 3 that never
 * shortens words and rejects every sentence where Unicode is not allowed.
 */
import { splitSpace, strip } from "./characters.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { asciiPunctuation } from "./torchmoji_punctuation.ts";
import { TorchMojiTokenizer } from "./torchmoji_tokenizer.ts";

/** Options of {@link WordGenerator}. */
export interface WordGeneratorOptions {
  /** Whether words beyond ASCII are kept; otherwise a sentence with one has no words. Default true. */
  allowUnicode?: boolean;
  /** Whether emojis are removed from words that hold more than ASCII; default false. */
  ignoreEmojis?: boolean;
  /** Whether U+FE00 to U+FE0F, which choose how a character looks, are removed; default true. */
  removeVariationSelectors?: boolean;
  /** Whether line breaks, `\n` and `\r` spelt out, and `<br>` become CUSTOM_BREAK; default true. */
  breakReplacement?: boolean;
}

/** Options with which words for a vocabulary are generated: ASCII sentences only, emojis removed. */
export const VOCABULARY_WORDS: Readonly<WordGeneratorOptions> = Object.freeze({
  allowUnicode: false,
  ignoreEmojis: true,
});

const tokenizer = new TorchMojiTokenizer();
const BREAK = /\\{1,2}[nr]|[\n\r]|<br>/g;
const VARIATION = /[\ufe00-\ufe0f]/g;
// deno-lint-ignore no-control-regex
const ASCII = /^[\x00-\x7f]*$/;
// Letters of flags count as emojis only in pairs, which single characters are not.
const EMOJI = /(?![0-9#*\u{1f1e6}-\u{1f1ff}])\p{Emoji}/gu;
const NUMBER = /^\p{Nd}+$/u;
const MENTION = /@[a-zA-Z0-9_]/;
const ADDRESS = /(?:https?:\/\/|www\.)[a-zA-Z0-9$-_@&+!*(),]/;

/**
 * torchMoji's word generator.
 *
 * @example
 * ```ts
 * new w.text.WordGenerator().tokenize("Sooooo good!!! @you 42"); // ["soo", "good", "!!", "CUSTOM_AT", "CUSTOM_NUMBER"]
 * ```
 */
export class WordGenerator implements Tokenizer {
  /** The options, with their defaults. */
  readonly options: Readonly<Required<WordGeneratorOptions>>;

  /** A generator of words. */
  constructor(options: WordGeneratorOptions = {}) {
    const defaults = {
      allowUnicode: true,
      ignoreEmojis: false,
      removeVariationSelectors: true,
      breakReplacement: true,
    };
    this.options = Object.freeze({ ...defaults, ...options });
  }

  /** Words of a sentence; none where it holds Unicode that is not allowed, or nothing but white space. */
  tokenize(sentence: string): string[] {
    const { allowUnicode, ignoreEmojis, removeVariationSelectors, breakReplacement } = this.options;
    let text = strip(sentence).toLowerCase();
    if (breakReplacement) text = text.replace(BREAK, " CUSTOM_BREAK ");
    if (removeVariationSelectors) text = text.replace(VARIATION, "");
    const words = splitSpace(text);
    for (let i = 0; i < words.length; i++) {
      if (ASCII.test(words[i])) continue;
      words[i] = asciiPunctuation(words[i].normalize("NFKC"));
      if (ignoreEmojis) words[i] = words[i].replace(EMOJI, "");
      if (!allowUnicode && !ASCII.test(words[i])) return [];
    }
    return tokenizer.tokenize(words.join(" ")).map(special);
  }
}

/** A token in the form that the vocabulary has: runs shortened, numbers, mentions and addresses by name. */
function special(token: string): string {
  const word = ASCII.test(token) ? shorten(token) : token;
  if (NUMBER.test(word)) return "CUSTOM_NUMBER";
  if (MENTION.test(word)) return "CUSTOM_AT";
  return ADDRESS.test(word) ? "CUSTOM_URL" : word;
}

/**
 * Runs of three or more equal characters become two, one run after another by plain replacement: as in the original the
 * first can shorten a longer one to three ("wooohoooo" is "woohooo", which is a word of the published vocabulary).
 */
function shorten(word: string): string {
  const runs = word.match(/(.)\1{2,}/g);
  return runs === null ? word : runs.reduce((text, run) => text.replaceAll(run, () => run[0] + run[0]), word);
}
