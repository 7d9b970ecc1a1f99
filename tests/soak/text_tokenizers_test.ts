// All 25,000 training reviews of IMDb, tokenised as spaCy, fastai 2 and fastai 0.7 do it: digests of 500 reviews each.
import assert from "node:assert/strict";
import { text } from "../../mod.ts";
import { realData, realRows } from "../support/real_data.ts";
import { digests, golden } from "../support/tokens.ts";

const { file, block } = golden.reviews;
const tokenizers = {
  spacy: () => new text.SpacyTokenizer("en"),
  fastai2: () => new text.FastaiTokenizer(),
  fastai07: () => new text.FastaiTokenizer({ version: "0.7" }),
};

for (const [key, make] of Object.entries(tokenizers)) {
  Deno.test({
    name: `25,000 reviews become the tokens of ${key}`,
    ignore: !realData(file),
    fn() {
      const reviews = [...realRows<{ text: string }>(file)].map((row) => row.text);
      assert.equal(reviews.length, 25_000);
      assert.deepEqual(digests(reviews, make(), block), golden.reviews[key as keyof typeof tokenizers]);
    },
  });
}
