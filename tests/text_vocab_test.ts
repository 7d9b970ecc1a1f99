// Vocabularies: the five rules with their ties, ids and back, files, pretrained rows, what is refused; and where the real
// reviews are there, the vocabulary of the IMDb tutorial.
import assert from "node:assert/strict";
import * as w from "../mod.ts";
import { realData, realRows } from "./support/real_data.ts";

const { text } = w;
const documents = [["b", "a", "c", "a"], ["c", "b", "d", "\u{1f602}"], ["b", "\uffee", "c", "a"]]; // a 3, b 3, c 3, others 1

Deno.test("Counter counts as Python's", () => {
  const counts = new text.Counter().addAll(documents);
  assert.deepEqual(counts.mostCommon(2), [["b", 3], ["a", 3]]);
  assert.deepEqual([...counts].map(([token]) => token), ["b", "a", "c", "d", "\u{1f602}", "\uffee"]);
  assert.deepEqual([counts.size, counts.total(), counts.get("a"), counts.get("z"), counts.has("z")], [
    6,
    12,
    3,
    0,
    false,
  ]);
  assert.deepEqual(new text.Counter([["x", 0], ["y", 2], ["y", 1]]).mostCommon(), [["y", 3], ["x", 0]]);
  assert.throws(() => counts.add("a", -1), w.ValueError);
});

Deno.test("torchtextVocab: by count, ties by code points", () => {
  // U+FFEE is behind U+1F602 by UTF-16 units, before it by code points.
  const vocab = text.torchtextVocab(documents);
  assert.deepEqual(vocab.tokens, ["<unk>", "<pad>", "a", "b", "c", "d", "\uffee", "\u{1f602}"]);
  assert.deepEqual([vocab.unknownId, vocab.padId, vocab.id("zebra"), vocab.find("zebra")], [0, 1, 0, -1]);
  assert.deepEqual(text.torchtextVocab(documents, { maxSize: 2, eos: "<eos>" }).tokens, [
    "<unk>",
    "<pad>",
    "<eos>",
    "a",
    "b",
  ]);
  assert.equal(text.torchtextVocab(documents, { minFreq: 2 }).size, 5);
  assert.deepEqual(text.torchtextVocab([["<pad>", "a"]]).tokens, ["<unk>", "<pad>", "a"]);
  assert.deepEqual(text.torchtextVocab(documents).mostCommon(1), [["b", 3]]);
});

Deno.test("labelVocab: ties alphabetically, unknown labels refused with their place", () => {
  const labels = text.labelVocab(["pos", "neg", "neg", "pos"]);
  assert.deepEqual(labels.tokens, ["neg", "pos"]);
  assert.deepEqual([...labels.numericalize(["pos", "neg"])], [1, 0]);
  assert.throws(() => labels.numericalize(["neg", "positive"]), (error: w.IndexError) => {
    assert.match(
      error.message,
      /Cannot numericalize "positive" at position 1: it is none of the 2 tokens \("neg", "pos"\)/,
    );
    return error instanceof w.IndexError && error.position === 1 && error.value === "positive";
  });
  assert.throws(() => labels.id("Neg"), w.IndexError);
});

Deno.test("fastai07Vocab: more than two, first seen first, two special tokens", () => {
  const vocab = text.fastai07Vocab(documents);
  assert.deepEqual(vocab.tokens, ["_unk_", "_pad_", "b", "a", "c"]);
  assert.deepEqual(text.fastai07Vocab(documents, { maxVocab: 4, minFreq: 0 }).tokens.slice(2), ["b", "a", "c", "d"]);
  assert.deepEqual([...vocab.numericalize(["a", "d", "b"])], [3, 0, 2]);
});

Deno.test("fastaiVocab: special tokens first, xxfake up to a multiple of 8", () => {
  const vocab = text.fastaiVocab([["xxbos", "xxmaj", ...documents.flat()], ["xxbos", "xxfake", "xxfake", "xxfake"]]);
  assert.deepEqual(vocab.tokens.slice(0, 13), [...text.fastaiRules.SPECIAL_TOKENS, "b", "a", "c", "xxfake"]);
  assert.equal(vocab.size, 16);
  assert.deepEqual(vocab.tokens.slice(12), Array(4).fill("xxfake"));
  assert.equal(vocab.id("xxfake"), 0, "a filler is never found");
  assert.deepEqual(vocab.decode([1, 2, 15, 9]), ["xxbos", "xxfake", "b"]);
  const many = [Array.from({ length: 40 }, (_, i) => `w${i}`)];
  assert.equal(text.fastaiVocab(many, { minFreq: 1, maxVocab: 32 }).size, 40, "a full one gets eight more");
  assert.equal(text.fastaiVocab(many, { minFreq: 1, maxVocab: 31 }).size, 32);
});

Deno.test("kerasVocab: ids from 1, unknown tokens left out", () => {
  const vocab = text.kerasVocab(documents);
  assert.deepEqual(vocab.tokens.slice(0, 5), ["", "b", "a", "c", "d"]);
  assert.deepEqual([...vocab.numericalize(["z", "a", "z", "b"])], [2, 1]);
  const oov = text.kerasVocab(documents, { oovToken: "?", numWords: 4 });
  assert.deepEqual(oov.tokens, ["", "?", "b", "a"]);
  assert.deepEqual([...oov.numericalize(["c", "a"])], [1, 3]);
});

Deno.test("nothing counted, nothing left: refused with what to do", () => {
  const rules = [text.torchtextVocab, text.fastai07Vocab, text.fastaiVocab, text.kerasVocab, text.torchMojiVocab];
  for (const rule of rules) {
    for (const none of [[], [[], []]]) {
      assert.throws(() => rule(none), /no tokens were counted, count the training texts/);
    }
  }
  assert.throws(() => text.fastaiVocab([["a", "b"]]), /none of 2 different tokens occurs at least 3 times/);
  assert.throws(() => text.labelVocab([]), w.ValueError);
  assert.throws(() => new text.Vocab([]), /list of tokens is empty/);
  assert.throws(() => new text.Vocab(["a", "b", "a"]), /"a" stands at 0 and again at 2/);
  assert.throws(() => new text.Vocab(["a"], { unknown: "b" }), /its unknown token "b" is not in the list/);
  assert.throws(() => text.Vocab.fromIds({ a: -1 }), w.ValueError);
  assert.throws(() => text.Vocab.fromIds({ a: 1, b: 1 }), /"a" has it too/);
});

Deno.test("ids outside are refused with their place; empty documents are empty arrays", () => {
  const vocab = text.torchtextVocab(documents);
  assert.throws(() => vocab.decode([2, 3, 99]), (error: w.IndexError) => {
    assert.equal(error.message, "Cannot decode id 99 at position 2: the vocabulary has ids 0 to 7");
    return error instanceof w.IndexError && error.position === 2 && error.value === 99;
  });
  for (const id of [-1, 1.5, NaN, 8]) assert.throws(() => vocab.token(id), w.IndexError);
  assert.deepEqual(vocab.numericalize([]), new Int32Array(0));
  assert.deepEqual(vocab.decode([]), []);
  assert.deepEqual(vocab.numericalize(["a", "z"], { type: "uint16" }), Uint16Array.of(2, 0));
  assert.deepEqual(vocab.decode([1, 2, 1], { keepPad: true }), ["<pad>", "a", "<pad>"]);
  const large = new text.Vocab(Array.from({ length: 65_537 }, (_, i) => `${i}`));
  assert.throws(() => large.numericalize(["1"], { type: "uint16" }), w.ValueError);
  assert.deepEqual([...large.numericalize(["65536"])], [65_536]);
});

Deno.test("a vocabulary comes back from JSON, counts and all", () => {
  const counted = [["1999", "a", "\ud800", "__proto__", "a", "a", "1999", "1999"]];
  for (const vocab of [text.fastaiVocab(counted), text.kerasVocab(counted), text.torchtextVocab(counted)]) {
    const back = text.Vocab.fromJSON(JSON.stringify(vocab));
    assert.deepEqual(back.tokens, vocab.tokens);
    assert.deepEqual([back.unknownId, back.padId, back.missing, back.filler], [
      vocab.unknownId,
      vocab.padId,
      vocab.missing,
      vocab.filler,
    ]);
    assert.deepEqual(back.mostCommon(), vocab.mostCommon());
    assert.deepEqual(back.numericalize(counted[0]), vocab.numericalize(counted[0]));
    assert.deepEqual(text.Vocab.fromJSON(back.toJSON()).toJSON(), vocab.toJSON());
  }
  const good = new text.Vocab(["a", "b"]).toJSON();
  const bad = [{}, null, { ...good, version: 2 }, { ...good, tokens: [1] }, { ...good, pad: 1 }, {
    ...good,
    counts: [1],
  }, {
    ...good,
    counted: ["a"],
    counts: ["x"],
  }, { ...good, missing: "x" }];
  for (const value of bad) assert.throws(() => text.Vocab.fromJSON(JSON.stringify(value)), w.FormatError);
  assert.throws(() => text.Vocab.fromJSON("{"), w.FormatError);
});

Deno.test("extend and fromIds", () => {
  const vocab = new text.Vocab(["u", "a"], { unknown: "u" }), more = vocab.extend(["b", "a", "c", "b"]);
  assert.deepEqual(more.tokens, ["u", "a", "b", "c"]);
  assert.deepEqual([vocab.size, more.unknownId], [2, 0]);
  const holes = text.Vocab.fromIds({ z: 3, a: 1 }, { filler: "-" });
  assert.deepEqual(holes.tokens, ["-", "a", "-", "z"]);
  assert.equal(holes.has("-"), false);
});

Deno.test("matchEmbeddings: own rows, mean row for others, bias too", () => {
  const old = {
    vocab: ["the", "cat", "sat"],
    values: Float32Array.of(1, 2, 3, 4, 8, 12),
    bias: Float32Array.of(1, 2, 6),
  };
  const vocab = new text.Vocab(["xxunk", "cat", "the", "xxfake", "xxfake"], { unknown: "xxunk", filler: "xxfake" });
  const got = text.matchEmbeddings(old, vocab);
  assert.deepEqual([...got.values], [4, 6, 3, 4, 1, 2, 4, 6, 4, 6]);
  assert.deepEqual([...got.bias!], [3, 2, 1, 3, 3]);
  assert.deepEqual([got.shape, got.found, got.missing], [[5, 2], 2, ["xxunk", "xxfake", "xxfake"]]);
  const zero = text.matchEmbeddings({ vocab: new text.Vocab(old.vocab), values: old.values }, vocab, {
    unknown: "zero",
  });
  assert.deepEqual([...zero.values], [0, 0, 3, 4, 1, 2, 0, 0, 0, 0]);
  assert.equal(zero.bias, undefined);
  assert.throws(() => text.matchEmbeddings({ ...old, values: new Float32Array(7) }, vocab), w.ShapeError);
  assert.throws(() => text.matchEmbeddings({ ...old, bias: new Float32Array(2) }, vocab), w.ShapeError);
  assert.throws(() => text.matchEmbeddings(old, vocab, { unknown: "max" as "mean" }), w.ValueError);
});

const train = "imdb/train.jsonl.gz";
Deno.test({
  name: "the vocabulary of the IMDb tutorial: 25,002 of more than 100,000 words",
  ignore: !realData(train),
  fn() {
    const rows = [...realRows<{ id: string; text: string; label: number }>(train)];
    const order = (row: { id: string; label: number }) => `${1 - row.label}${row.id.split("/").pop()}`;
    rows.sort((a, b) => order(a) < order(b) ? -1 : 1); // pos before neg, files by name: the tutorial's order is not known
    const [part] = w.data.torchtextSplit(rows.length), tokenizer = new text.SpacyTokenizer("en");
    const counts = new text.Counter();
    for (const i of part) counts.addTokens(tokenizer.tokenize(rows[i].text));
    const vocab = text.torchtextVocab(counts, { maxSize: 25_000 });
    assert.deepEqual([part.length, vocab.size], [17_500, 25_002]);
    assert.ok(counts.size > 100_000, `${counts.size} different words`);
    assert.equal(vocab.tokens.slice(0, 10).join(" "), "<unk> <pad> the , . and a of to is");
    const want: Record<string, number> = {
      ...{ the: 201597, ",": 191954, ".": 164703, and: 109139, a: 108718, of: 100285, to: 93202, is: 75848, in: 61217 },
      ...{ I: 53700, it: 53206, that: 48662, '"': 44466, "'s": 42941, this: 42025, "-": 37475, "/><br": 35594 },
      ...{ was: 34753, as: 30313, with: 29819 },
    };
    assert.deepEqual(vocab.mostCommon(20).map(([token]) => token), Object.keys(want));
    for (const [token, count] of Object.entries(want)) {
      const off = Math.abs(vocab.count(token) / count - 1);
      assert.ok(off < 0.015, `${token}: ${vocab.count(token)}, the tutorial printed ${count}`);
    }
  },
});
