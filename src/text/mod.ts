/**
 * Texts to tokens: `w.text`.
 * @module
 */
export { CharacterTokenizer } from "./character.ts";
export {
  FastaiTokenizer,
  type FastaiTokenizerOptions,
  type FastaiVersion,
  markFields,
  WordTokenizer,
  type WordTokenizerOptions,
} from "./fastai.ts";
export * as fastaiRules from "./fastai_rules.ts";
export * as fastaiRules07 from "./fastai_rules_07.ts";
export { htmlUnescape } from "./html.ts";
export { type SpacyToken, SpacyTokenizer, type SpacyTokenizerOptions } from "./spacy.ts";
export type { OffsetTokenizer, TextRule, Token, Tokenizer } from "./tokenizer.ts";
export { WhitespaceTokenizer, type WhitespaceTokenizerOptions } from "./whitespace.ts";
