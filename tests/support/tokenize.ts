/**
 * A tokenizer for corpora under test: words and punctuation, slower for some texts so that chunks finish out of order; a
 * text that says "fail" throws.
 * @module
 */

/** Tokens of each text, lower-cased where the rules say so. */
export default async function tokenize(texts: string[], rules: unknown): Promise<string[][]> {
  await new Promise((resolve) => setTimeout(resolve, texts[0].length % 3));
  return texts.map((text) => {
    if (text === "fail") throw new RangeError("a text that says so");
    return ((rules as { lower?: boolean } | null)?.lower ? text.toLowerCase() : text).match(/\w+|[^\w\s]/g) ?? [];
  });
}
