// The vocabulary of the ULMFiT notebook from 90,000 reviews of IMDb, where they are there.
import assert from "node:assert/strict";
import { text } from "../../mod.ts";
import { RandomState } from "../../src/tensor/random_state.ts";
import { realData, realRows } from "../support/real_data.ts";

const files = ["train", "unsup", "test"].map((name) => `imdb/${name}.jsonl.gz`);

Deno.test({
  name: "90,000 reviews give 60,002 words",
  ignore: !files.every(realData),
  fn() {
    const texts = files.flatMap((file) => [...realRows<{ text: string }>(file)].map((row) => row.text));
    assert.equal(texts.length, 100_000);
    // The notebook's last split is not seeded, so its counts cannot be met exactly.
    const kept = new RandomState(42).permutation(texts.length).subarray(10_000);
    const tokenizer = new text.FastaiTokenizer({ version: "0.7" }), counts = new text.Counter();
    for (const i of kept) counts.addTokens(tokenizer.tokenize(text.markFields([texts[i]], "0.7")));
    const vocab = text.fastai07Vocab(counts);
    assert.deepEqual([kept.length, vocab.size], [90_000, 60_002]);
    const printed: Record<string, number> = {
      ...{ the: 1208449, ".": 992545, ",": 986614, and: 587567, a: 583520, of: 525412, to: 484871, is: 393923 },
      ...{ it: 341485, in: 337351, i: 307751, this: 270410, that: 261107, '"': 237920, "'s": 222037, "-": 188209 },
      ...{ was: 180235, "\n\n": 179009, as: 166145, with: 159253, for: 158601, movie: 157735, but: 150659 },
      ...{ film: 144618, you: 123979 },
    };
    const most = vocab.mostCommon(25).map(([token, count]) => `${JSON.stringify(token)} ${count}`).join(" ");
    for (const [token, count] of Object.entries(printed)) {
      const off = Math.abs(vocab.count(token) / count - 1);
      assert.ok(off < 0.015, `${token}: ${vocab.count(token)}, the notebook printed ${count}; ours: ${most}`);
    }
    // The ids of the notebook's first text, as far as they do not hang on the split.
    assert.equal(vocab.tokens.slice(0, 15).join(" "), "_unk_ _pad_ the . , and a of to is it in i this that");
    assert.deepEqual(vocab.tokens.slice(39, 43), ["1", "\n", "xbos", "xfld"]);
    assert.equal(vocab.id("dragon*con"), 0);
  },
});
