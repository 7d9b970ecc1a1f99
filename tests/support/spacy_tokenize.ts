/**
 * spaCy's tokens for corpora under test, in workers too.
 * @module
 */
import { SpacyTokenizer } from "../../src/text/spacy.ts";

const tokenizer = new SpacyTokenizer();

/** Tokens of each text. */
export default function tokenize(texts: string[]): string[][] {
  return texts.map((text) => tokenizer.tokenize(text));
}
