import assert from "node:assert/strict";
import * as w from "../mod.ts";

const LINES = [
  "xxbos xxmaj the cat sat on the mat",
  "xxbos xxmaj a dog sat on a log , and the cat sang",
  "the rat ate the hat",
];
const texts = Array.from({ length: 60 }, (_, i) => `${LINES[i % 3]} ${"abcdefghij"[i % 10]}${i}`);

Deno.test("the size of a subword vocabulary is a quarter of the words, in eights, from 29 to the limit", () => {
  assert.equal(w.text.subwordVocabSize(["a b c"]), 29);
  const words = (n: number): string[] => [Array.from({ length: n }, (_, i) => `w${i}`).join("  ")];
  assert.equal(w.text.subwordVocabSize(words(400)), 104);
  assert.equal(w.text.subwordVocabSize(words(128)), 32);
  assert.equal(w.text.subwordVocabSize(words(1000), 100), 100);
  assert.equal(w.text.subwordVocabSize(words(200_000)), 30_000);
});

Deno.test("a subword tokenizer trains once, keeps fastai's tokens whole and comes back from its file", () => {
  const tokenizer = new w.text.SubwordTokenizer({ vocabSize: 60 }).setup(texts), { model } = tokenizer;
  assert.equal(tokenizer.setup(["other words"]).model, model, "trained once");
  assert.deepEqual(
    model.pieces.slice(0, 10).map(({ text }) => text),
    ["xxunk", "xxpad", "xxbos", "xxeos", "xxfld", "xxrep", "xxwrep", "xxup", "xxmaj"].map((token) => `\u2581${token}`)
      .concat(model.pieces[9].text),
  );
  assert.equal(model.pieces[9].kind, "unknown");
  assert.ok(tokenizer.vocabSize <= 60);
  const pieces = tokenizer.tokenize(LINES[1]);
  assert.deepEqual(pieces.slice(0, 2), ["\u2581xxbos", "\u2581xxmaj"]);
  assert.equal(pieces.join("").replaceAll("\u2581", " ").trim(), LINES[1]);
  assert.equal(tokenizer.decode(tokenizer.encode(LINES[2])), LINES[2]);
  const again = w.text.SubwordTokenizer.fromBytes(tokenizer.toBytes());
  for (const line of LINES) assert.deepEqual(again.encode(line), tokenizer.encode(line));
});

Deno.test("a subword tokenizer without a model, or of an impossible size, says so", () => {
  const tokenizer = new w.text.SubwordTokenizer();
  assert.throws(() => tokenizer.tokenize("a"), /Cannot tokenize with a SubwordTokenizer without a model: call setup/);
  assert.throws(() => tokenizer.toBytes(), w.StateError);
  assert.throws(() => new w.text.SubwordTokenizer({ vocabSize: 0 }), /vocabSize is 0/);
  assert.throws(() => tokenizer.setup([]), w.ValueError);
});
