// Models trained here, as Python's package reads them: on 2,000 real reviews, where they are there. The wanted numbers are
// what tests/golden/sentencepiece_check.py prints for the files that this test writes into WGRAD_OUT.
import assert from "node:assert/strict";
import * as w from "../../mod.ts";
import { realData } from "../support/real_data.ts";

const url = realData("imdb/train.jsonl.gz");

/** What Python's package found in the model files of this library. */
const WANTED: Record<string, { tokens: number; sha256: string }> = {
  unigram: { tokens: 465_164, sha256: "e44c2fe85a9ab9384f764659c00aa033273f99834085832768acc675a7aec133" },
  bpe: { tokens: 464_848, sha256: "f6f4a4c87cb38e476ed8b2a94d474568ec1845294d39bbf3d62f6e424aa71163" },
  subword: { tokens: 469_497, sha256: "18af777293862e15b4992c73f699753cbe3141e46c4784565db17fb904521beb" },
};

Deno.test({
  name: "models trained on 2,000 reviews encode 1,000 of them as Python's package does with the same files",
  ignore: !url,
  async fn() {
    const texts: string[] = [];
    for await (const { text } of w.data.readJsonLines<{ text: string }>(url!)) if (texts.push(text) === 2000) break;
    const some = texts.slice(0, 1000), out = Deno.env.get("WGRAD_OUT");
    const subword = new w.text.SubwordTokenizer({ vocabSize: 1000 }).setup(texts);
    const models = {
      unigram: w.text.trainUnigram(texts, { vocabSize: 1000 }),
      bpe: w.text.trainBpe(texts, { vocabSize: 1000 }),
      subword: subword.model,
    };
    if (out) await Deno.writeTextFile(`${out}/texts.json`, JSON.stringify(some));
    for (const [name, model] of Object.entries(models)) {
      const bytes = w.text.serializeSentencePieceModel(model);
      if (out) await Deno.writeFile(`${out}/${name}.model`, bytes);
      const tokenizer = w.text.SentencePieceTokenizer.fromBytes(bytes);
      const ids = Int32Array.from(some.flatMap((text) => tokenizer.encode(text)));
      const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", ids));
      assert.deepEqual(
        { tokens: ids.length, sha256: hash.toHex() },
        { tokens: WANTED[name].tokens, sha256: WANTED[name].sha256 },
        name,
      );
    }
    assert.equal(subword.model.pieces[9].kind, "unknown");
    assert.equal(subword.model.pieces[2].text, "\u2581xxbos");
  },
});
