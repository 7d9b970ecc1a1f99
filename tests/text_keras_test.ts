// Keras' Tokenizer and pad_sequences against Keras itself (tests/golden/keras/make_text.py), and what they refuse.
import assert from "node:assert/strict";
import * as w from "../mod.ts";
import { close } from "./support/distance.ts";

interface Case {
  options: Record<string, unknown>;
  word_counts: [string, number][];
  word_docs: Record<string, number>;
  word_index: [string, number][];
  document_count: number;
  sequences: number[][];
  texts: string[];
  matrices: Record<w.text.KerasMatrixMode, number[][]>;
  json: string;
}
const golden: {
  fitted: string[];
  other: string[];
  cases: Case[];
  sequences: number[][];
  padded: { options: Record<string, unknown>; shape: number[]; values: number[] }[];
} = JSON.parse(await Deno.readTextFile(new URL("golden/keras_text.json", import.meta.url)));

/** Keras' names as ours: num_words, numWords. */
function camel(options: Record<string, unknown>): Record<string, unknown> {
  const name = (key: string) => key.replace(/_(.)/g, (_, c: string) => c.toUpperCase());
  return Object.fromEntries(Object.entries(options).map(([key, value]) => [name(key), value]));
}
const lists = (sequences: Iterable<number>[]) => sequences.map((ids) => [...ids]);

for (const one of golden.cases) {
  Deno.test(`KerasTokenizer is Keras' with ${JSON.stringify(one.options)}`, () => {
    const tokenizer = new w.text.KerasTokenizer(camel(one.options)).fitOnTexts(golden.fitted);
    assert.deepEqual([...tokenizer.wordCounts], one.word_counts);
    assert.deepEqual(Object.fromEntries(tokenizer.wordDocs), one.word_docs);
    assert.deepEqual(new Map(tokenizer.wordIndex), new Map(one.word_index));
    assert.equal(tokenizer.documentCount, one.document_count);
    const sequences = tokenizer.textsToSequences([...golden.fitted, ...golden.other]);
    assert.deepEqual(lists(sequences), one.sequences);
    assert.deepEqual(tokenizer.sequencesToTexts([...sequences, [0, 1, 2, 3, 99], []]), one.texts);
    const few = [...sequences.slice(-4), sequences[1]];
    for (const [mode, want] of Object.entries(one.matrices)) {
      const { values, shape } = tokenizer.sequencesToMatrix(few, mode as w.text.KerasMatrixMode);
      assert.deepEqual(shape, [want.length, want[0].length]);
      close(mode, values, want.flat(), 1e-14);
    }
  });

  Deno.test(`KerasTokenizer reads and writes Keras' file with ${JSON.stringify(one.options)}`, () => {
    const read = w.text.KerasTokenizer.fromJSON(one.json);
    assert.deepEqual(lists(read.textsToSequences([...golden.fitted, ...golden.other])), one.sequences);
    assert.deepEqual([...read.wordCounts], one.word_counts);
    const again = w.text.KerasTokenizer.fromJSON(JSON.stringify(read));
    assert.deepEqual([...again.wordIndex], [...read.wordIndex]);
    assert.deepEqual(again.indexWord, read.indexWord);
    const parts = (json: string) => {
      const { config } = JSON.parse(json);
      for (const key of ["word_counts", "word_docs", "index_docs", "index_word", "word_index"]) {
        config[key] = JSON.parse(config[key]);
      }
      return config;
    };
    if (one.options.oov_token !== "the") assert.deepEqual(parts(JSON.stringify(read)), parts(one.json));
  });
}

Deno.test("the vocabulary of a KerasTokenizer gives the same ids", () => {
  for (const options of [{}, { numWords: 5 }, { oovToken: "<OOV>" }, { numWords: 4, oovToken: "<OOV>" }]) {
    const tokenizer = new w.text.KerasTokenizer(options).fitOnTexts(golden.fitted), vocab = tokenizer.toVocab();
    const rule = w.text.kerasVocab(golden.fitted.map((text) => tokenizer.tokenize(text)), options);
    assert.deepEqual(rule.tokens, vocab.tokens);
    for (const text of [...golden.fitted, ...golden.other]) {
      assert.deepEqual(vocab.numericalize(tokenizer.tokenize(text)), tokenizer.textToSequence(text));
    }
    assert.equal(vocab.padId, 0);
    assert.deepEqual(vocab.decode([0, 0, 1]), [vocab.tokens[1]]);
  }
});

Deno.test("documents that are split already are taken as they are, lower-cased", () => {
  const tokenizer = new w.text.KerasTokenizer().fitOnTexts([["New York", "is"], ["Is", "it?"]]);
  assert.deepEqual([...tokenizer.wordIndex], [["is", 1], ["new york", 2], ["it?", 3]]);
});

Deno.test("KerasTokenizer refuses what it cannot do", () => {
  const empty = new w.text.KerasTokenizer();
  assert.throws(() => empty.textsToSequences(["a"]), /knows no words, call fitOnTexts/);
  assert.throws(() => empty.sequencesToMatrix([[1]]), w.StateError);
  assert.throws(() => empty.toVocab(), w.StateError);
  assert.throws(() => empty.fitOnTexts("a text"), w.ValueError);
  assert.throws(() => new w.text.KerasTokenizer({ numWords: 0 }), w.ValueError);
  assert.throws(() => new w.text.KerasTokenizer({ split: "" }), w.ValueError);
  const fitted = empty.fitOnTexts(["a"]);
  assert.throws(() => fitted.sequencesToMatrix([[1]], "other" as "count"), w.ValueError);
  for (const text of ["", "[]", "{}", '{"config":{"word_index":"{"}}']) {
    assert.throws(() => w.text.KerasTokenizer.fromJSON(text), w.FormatError, text);
  }
});

Deno.test("padSequences is Keras'", () => {
  for (const { options, shape, values } of golden.padded) {
    const got = w.text.padSequences(golden.sequences, options as w.text.PadSequencesOptions<"int32">);
    assert.deepEqual(got.shape, shape);
    assert.deepEqual([...got.values], values);
  }
  const cut = (ids: number[][], maxlen?: number) => [...w.text.padSequences(ids, { maxlen }).values];
  assert.deepEqual(cut([[1], [1, 2], [1, 2, 3]]), [0, 0, 1, 0, 1, 2, 1, 2, 3]);
  assert.deepEqual(cut([[1], [1, 2], [1, 2, 3]], 2), [0, 1, 1, 2, 2, 3]);
  assert.deepEqual(cut([[1, 2, 3, 4, 5], [], [6]], 3), [3, 4, 5, 0, 0, 0, 0, 0, 6]);
  assert.deepEqual(cut([[], []], 2), [0, 0, 0, 0]);
  assert.deepEqual(cut([[1.9, 2.9]], 3), [0, 1, 2]);
  assert.deepEqual(w.text.padSequences([[], []]).shape, [2, 0]);
  assert.deepEqual(w.text.padSequences([], { maxlen: 4 }).shape, [0, 4]);
  const post = { maxlen: 3, padding: "post", truncating: "post", value: 9 } as const;
  assert.deepEqual([...w.text.padSequences([[1, 2, 3, 4, 5], [], [6]], post).values], [1, 2, 3, 9, 9, 9, 6, 9, 9]);
});

Deno.test("padSequences names what a type cannot hold, and refuses unknown options", () => {
  assert.throws(() => w.text.padSequences([[1], [2, 300]], { dtype: "uint8" }), (error: w.IndexError) => {
    assert.match(error.message, /sequence 1, position 1, is 300, uint8 holds 0 to 255/);
    return error instanceof w.IndexError && error.position === 1 && error.value === 300;
  });
  assert.throws(() => w.text.padSequences([[NaN]]), w.IndexError);
  assert.throws(() => w.text.padSequences([[1]], { dtype: "uint8", value: -1 }), w.IndexError);
  assert.throws(() => w.text.padSequences([]), w.ValueError);
  assert.throws(() => w.text.padSequences([[1]], { maxlen: 0 }), w.ValueError);
  assert.throws(() => w.text.padSequences([[1]], { padding: "left" as "pre" }), w.ValueError);
  assert.throws(() => w.text.padSequences([[1]], { dtype: "int9" as "int8" }), w.ValueError);
});
