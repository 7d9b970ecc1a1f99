// torchMoji's tokenizer, words and sentences: its published test vectors, texts of ours against its own code
// (tests/golden/torchmoji/make.py), and where they are there its benchmark sets and vocabulary.
import assert from "node:assert/strict";
import * as w from "../mod.ts";
import { realData, realRows } from "./support/real_data.ts";

const golden: [text: string, tokens: string[], words: string[], ascii: string[]][] = JSON.parse(
  await Deno.readTextFile(new URL("golden/torchmoji.json", import.meta.url)),
);

// A part of torchMoji's tests/test_tokenizer.py; tokens are separated by spaces.
const VECTORS: Record<string, string> = {
  "200K words!": "200 K words !",
  "~<3~": "~ <3 ~",
  "<333": "<333",
  ">:-(": ">:-(",
  "www.sample.com": "www.sample.com",
  "#99_percent.": "#99_percent .",
  "the#99%": "the #99 %",
  "latte-express@mit.ed": "latte-express@mit.ed",
  "518)528-0252": "518 ) 528 - 0252",
  "2:00pm": "2 : 00 pm",
  "517.933£": "517 . 933 £",
  "1,000": "1 , 000",
  "f5162": "f 5162",
  "1202o-east": "1202 o-east",
  "1200's,)": "1200 ' s , )",
  "don''t": "don '' t",
  "don'tcha": "don'tcha",
  "no??!!..": "no ?? !! ..",
  "a.m.": "a.m.",
  ".s.u": ". s . u",
  "!!i..n__": "!! i .. n __",
  "lv(<3)w(3>)u Mr.!": "lv ( <3 ) w ( 3 > ) u Mr. !",
  "-->": "-- >",
  "##hello": "# #hello",
  "hello (@person)": "hello ( @person )",
  "♫♪★☆♥❤♡": "♫ ♪ ★ ☆ ♥ ❤ ♡",
  "i💖you to the ★'s": "i 💖 you to the ★ ' s",
  "it's 5:30pm": "it's 5 :3 0 pm",
};

Deno.test("TorchMojiTokenizer splits the published test vectors", () => {
  const tokenizer = new w.text.TorchMojiTokenizer();
  for (const [text, tokens] of Object.entries(VECTORS)) assert.equal(tokenizer.tokenize(text).join(" "), tokens, text);
});

Deno.test("TorchMojiTokenizer and WordGenerator do what torchMoji's code does", () => {
  const tokenizer = new w.text.TorchMojiTokenizer(), words = new w.text.WordGenerator();
  const ascii = new w.text.WordGenerator(w.text.VOCABULARY_WORDS);
  for (const [text, tokens, kept, plain] of golden) {
    assert.deepEqual(tokenizer.tokenize(text), tokens, text);
    assert.deepEqual(words.tokenize(text), kept, text);
    assert.deepEqual(ascii.tokenize(text), plain, text);
    for (const token of tokenizer.tokenizeWithOffsets(text)) {
      assert.equal(text.slice(token.start, token.end), token.text);
    }
  }
});

Deno.test("WordGenerator: runs, numbers, mentions, addresses, breaks, Unicode", () => {
  const words = (text: string, options?: w.text.WordGeneratorOptions) =>
    new w.text.WordGenerator(options).tokenize(text).join(" ");
  assert.equal(words("  SOOOO good!!!! \n"), "soo good !!");
  assert.equal(words("wooohoooo"), "woohooo"); // as in the published vocabulary
  assert.equal(words("12 or 3.5 or f12"), "CUSTOM_NUMBER or CUSTOM_NUMBER . CUSTOM_NUMBER or f CUSTOM_NUMBER");
  assert.equal(words("@you me@mit.edu http://x.y/@z"), "CUSTOM_AT CUSTOM_AT CUSTOM_AT");
  assert.equal(words("see https://a.b and www.c.d"), "see CUSTOM_URL and ww.c.d"); // shortened before it is looked at
  assert.equal(words("a\nb\\nc\\\\rd<br>e"), ["a", "b", "c", "d", "e"].join(" CUSTOM_BREAK "));
  assert.equal(words("a\nb", { breakReplacement: false }), "a b");
  assert.equal(words("“x”…— ❤️"), '" x " .. -- ❤');
  assert.equal(words("ok 😂❤️", w.text.VOCABULARY_WORDS), "ok");
  assert.equal(words("Dobrý den, jak se máš?", w.text.VOCABULARY_WORDS), "");
  assert.equal(words(""), "");
});

Deno.test("SentenceTokenizer cuts, fills up and reads back", () => {
  const table = { CUSTOM_MASK: 0, CUSTOM_UNKNOWN: 1, aasdf: 1000, basdf: 2000 };
  const tokenizer = new w.text.SentenceTokenizer(table, 4);
  const got = tokenizer.tokenizeSentences(["aasdf basdf ccc", "Basdf", "a b c d e f"]);
  assert.deepEqual(got.shape, [3, 4]);
  assert.deepEqual([...got.values], [1000, 2000, 1, 0, 2000, 0, 0, 0, 1, 1, 1, 1]);
  assert.deepEqual([...got.lengths], [3, 1, 4]);
  assert.ok(got.values instanceof Uint16Array);
  assert.equal(tokenizer.toSentence(got.values.subarray(0, 4)), "aasdf basdf CUSTOM_UNKNOWN");
  assert.equal(w.text.coverage(got.values), 1 - 5 / 8);
  assert.throws(() => tokenizer.toSentence([5000]), w.IndexError);
  assert.throws(() => tokenizer.tokenizeSentences(["a", "  "]), (error: w.ValueError) => {
    return error instanceof w.ValueError && error.position === 1 && /sentence 1 .* no words/.test(error.message);
  });
  assert.throws(() => new w.text.SentenceTokenizer(table, 0), w.ValueError);
  assert.throws(() => new w.text.SentenceTokenizer({ a: 70_000 }, 3), /16 bits/);
  const only = new w.text.SentenceTokenizer(table, 4, { ignoreOnlyCustom: true });
  const left = only.tokenizeSentences(["zzz", "aasdf"]);
  assert.deepEqual([left.shape, [...left.rows], [...left.values]], [[1, 4], [1], [1000, 0, 0, 0]]);
});

Deno.test("VocabBuilder counts, extendVocab appends the most frequent unseen words", () => {
  const builder = new w.text.VocabBuilder().addSentences([
    "b a b c",
    "c d 12",
    "žluť",
    "",
    "abcdefghijklmnopqrstuvwxyzabcde",
    "é b",
  ]);
  assert.equal(builder.rejected, 3);
  assert.deepEqual(builder.counts.mostCommon(5), [["b", 2], ["c", 2], ["CUSTOM_NUMBER", 1], ["a", 1], ["d", 1]]);
  const vocab = w.text.torchMojiVocab(builder.counts);
  assert.deepEqual(vocab.tokens, [...w.text.TORCHMOJI_SPECIALS, "b", "c", "a", "d"]);
  const more = new w.text.VocabBuilder().addSentences(["e f f a", "g"]);
  assert.deepEqual(w.text.extendVocab(vocab, more, 2).tokens.slice(-3), ["d", "f", "e"]);
  assert.deepEqual(w.text.extendVocab(vocab, more).tokens.slice(-4), ["d", "f", "e", "g"]);
  assert.equal(w.text.extendVocab(vocab, more, 0).size, vocab.size);
  assert.throws(() => w.text.extendVocab(vocab, more, -1), w.ValueError);
  const sentences = new w.text.SentenceTokenizer(vocab, 3);
  assert.equal(sentences.extend(["f f e"]), 2);
  assert.deepEqual([...sentences.tokenizeSentences(["f e g"]).values], [14, 15, 1]);
});

Deno.test("torchMojiVocab brings several counts to one size", () => {
  const large = new w.text.Counter([["a", 6], ["b", 4]]), small = new w.text.Counter([["c", 3], ["b", 2]]);
  const vocab = w.text.torchMojiVocab([large, small]);
  assert.deepEqual(vocab.mostCommon(), [["b", 8], ["a", 6], ["c", 6]]);
});

Deno.test("the 64 emojis and the most probable ones", () => {
  assert.equal(new Set(w.text.EMOJI_CLASSES).size, 64);
  assert.deepEqual([0, 8, 16, 63].map((i) => w.text.EMOJI_CLASSES[i]), ["😂", "❤", "☺", "✨"]);
  const probabilities = new Float32Array(64).fill(0.01);
  probabilities[36] = 0.5, probabilities[4] = 0.2;
  assert.deepEqual(w.text.topEmojis(probabilities, 3).map((score) => score.index), [36, 4, 0]);
});

const sets = "deepmoji/vocabulary.json.gz";
Deno.test({
  name: "sentences get the ids of the published vocabulary",
  ignore: !realData(sets),
  async fn() {
    const bytes = await Deno.readFile(realData(sets)!);
    const table = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
    const tokenizer = new w.text.SentenceTokenizer(table, 30), vocab = tokenizer.vocab;
    assert.equal(vocab.size, 50_000);
    assert.deepEqual(vocab.tokens.slice(0, 10), w.text.TORCHMOJI_SPECIALS);
    const want: [string, number[]][] = [
      ["I love mom's cooking", [18, 87, 3497, 1864]],
      ["I love how you never reply back..", [18, 87, 79, 13, 122, 935, 85, 34]],
      ["I love cruising with my homies", [18, 87, 11824, 31, 41, 5113]],
      ["I love messing with yo mind!!", [18, 87, 3745, 31, 2324, 440, 50]],
      ["I love you and now you're just gone..", [18, 87, 13, 12, 111, 102, 42, 642, 34]],
      ["This is shit", [22, 28, 172]],
      ["This is the shit", [22, 28, 10, 172]],
    ];
    const { values, lengths } = tokenizer.tokenizeSentences(want.map(([sentence]) => sentence));
    want.forEach(([, ids], i) => assert.deepEqual([...values.subarray(30 * i, 30 * i + lengths[i])], ids));
    // Everything that is kept of the published words comes out of the word generator as it is, but what shortening changes.
    const words = new w.text.WordGenerator();
    const changed = vocab.tokens.slice(10).filter((token) => words.tokenize(token).join(" ") !== token);
    assert.ok(changed.length < 200, `${changed.length}: ${changed.slice(0, 20)}`);
  },
});

Deno.test({
  name: "the 61 test vectors of torchMoji",
  ignore: !realData("deepmoji/kat_tokenizer.jsonl"),
  fn() {
    const tokenizer = new w.text.TorchMojiTokenizer();
    const rows = [...realRows<{ text: string; tokens: string[] }>("deepmoji/kat_tokenizer.jsonl")];
    assert.equal(rows.length, 61);
    for (const { text, tokens } of rows) assert.deepEqual(tokenizer.tokenize(text), tokens, text);
  },
});
