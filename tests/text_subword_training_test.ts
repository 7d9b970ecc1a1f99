/**
 * Training of subword models: against what the reference SentencePiece trained on the same texts (golden file made by
 * `tests/golden/sentencepiece_train.py`), and the errors for corpora and sizes that do not fit.
 */
import assert from "node:assert/strict";
import { ValueError } from "../src/errors.ts";
import { SentencePieceTokenizer } from "../src/text/sentencepiece.ts";
import { trainBpe, trainUnigram } from "../src/text/mod.ts";
import { realData, realRows } from "./support/real_data.ts";

interface Golden {
  texts: Record<string, string[]>;
  cases: { texts: string; type: string; vocabSize: number; pieces: [string, number][] }[];
  imdb: Record<"unigram" | "bpe", { vocabSize: number; tokens: number; pieces: string[] }>;
}
function refuses(run: () => unknown, part: string): void {
  assert.throws(run, (error: unknown) => error instanceof ValueError && error.message.includes(part));
}

const golden: Golden = JSON.parse(
  Deno.readTextFileSync(new URL("golden/sentencepiece_train.json", import.meta.url)),
);

Deno.test("BPE: pieces and scores are the reference's", () => {
  for (const { texts, vocabSize, pieces } of golden.cases.filter(({ type }) => type === "bpe")) {
    const model = trainBpe(golden.texts[texts], { vocabSize });
    assert.deepEqual(model.pieces.map(({ text, score }) => [text, score]), pieces);
  }
});

Deno.test("unigram: the size asked for, special pieces in their places, texts come back", () => {
  const texts = golden.texts.rhyme;
  const model = trainUnigram(texts, { vocabSize: 80, userDefinedSymbols: ["▁cat"], unkId: 3 });
  assert.deepEqual(model.pieces.length, 80);
  assert.deepEqual(model.pieces[3], { text: "<unk>", score: 0, kind: "unknown" });
  assert.deepEqual(model.pieces[0], { text: "▁cat", score: 0, kind: "user" });
  const tokenizer = new SentencePieceTokenizer(model);
  assert.deepEqual(tokenizer.decode(tokenizer.encode(texts[0])), texts[0]);
  assert.deepEqual(trainUnigram(texts, { vocabSize: 80, userDefinedSymbols: ["▁cat"], unkId: 3 }), model);
});

Deno.test("training refuses what it cannot do and says what would do", () => {
  const texts = golden.texts.rhyme;
  for (const train of [trainUnigram, trainBpe]) {
    refuses(() => train([], { vocabSize: 50 }), "no text is left");
    refuses(() => train(texts, { vocabSize: 20 }), "set it to at least");
    refuses(() => train(["a b", "x\ud800"], { vocabSize: 20 }), "text 1 holds a lone surrogate at 1");
    refuses(() => train(texts, { vocabSize: 0 }), "positive integer");
  }
  refuses(() => trainUnigram(texts, { vocabSize: 5000 }), "set it to at most");
  assert(trainUnigram(texts, { vocabSize: 5000, hardVocabLimit: false }).pieces.length < 200);
  // Reserved characters in the text do no harm.
  trainUnigram([...texts, "a\0b\u2581c d"], { vocabSize: 80 });
  refuses(() => trainUnigram(["a".repeat(1_000_000)], { vocabSize: 10 }), "1 left out");
});

Deno.test("one line of a million characters is read in bounded time", () => {
  const line = Array.from({ length: 125_000 }, (_, i) => `w${(i * 7919) % 500}`).join(" ").padEnd(1_000_000, " x");
  assert.deepEqual(trainUnigram([line], { vocabSize: 60, maxSentenceLength: 2e6 }).pieces.length, 60);
});

Deno.test({
  name: "2,000 IMDb reviews: unigram within 1 % of the reference's tokens, BPE its pieces",
  ignore: realData("imdb/train.jsonl.gz") === undefined,
  fn() {
    const texts = [...realRows<{ text: string }>("imdb/train.jsonl.gz", 2000)].map(({ text }) => text);
    const begin = performance.now();
    const unigram = trainUnigram(texts, { vocabSize: 1000 });
    const seconds = (performance.now() - begin) / 1000;
    assert(seconds < 60, `training took ${seconds} s`);
    const tokenizer = new SentencePieceTokenizer(unigram);
    const tokens = texts.reduce((sum, text) => sum + tokenizer.encode(text).length, 0);
    assert(tokens <= golden.imdb.unigram.tokens * 1.01, `${tokens} tokens, reference ${golden.imdb.unigram.tokens}`);
    assert.deepEqual(trainBpe(texts, { vocabSize: 1000 }).pieces.map(({ text }) => text), golden.imdb.bpe.pieces);
  },
});
