/**
 * spaCy's English tokens: what threads of `w.data.tokenizeCorpus` load, and what predictions use.
 * @module
 */

import * as w from "../../mod.ts";

let tokenizer: w.text.SpacyTokenizer | undefined;

/** The tokens of each text. */
export default function tokenize(texts: readonly string[]): string[][] {
  tokenizer ??= new w.text.SpacyTokenizer();
  return texts.map((text) => tokenizer!.tokenize(text));
}
