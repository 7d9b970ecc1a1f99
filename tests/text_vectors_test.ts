// Word vectors: exact numbers, the traps of real files, bad input with its place, tables with fallbacks; text cleaning.
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { text } from "../mod.ts";
import { parseNumbers } from "../src/text/vectors_numbers.ts";
import { invalidUtf8, WordSet } from "../src/text/vectors_words.ts";
import { realData, realLines } from "./support/real_data.ts";

const { readVectors } = text;
const encoder = new TextEncoder(), bytes = (lines: string) => encoder.encode(lines);
const quiet = { onWarning: () => {} };

/** All of a file's words with their numbers. */
async function entries(source: text.VectorSource, options: text.VectorOptions = {}) {
  const vectors = await readVectors(source, options);
  return Object.fromEntries(vectors.words.map((word) => [word, [...vectors.get(word)!]]));
}

Deno.test("numbers are those of parseFloat in single precision", () => {
  const out = new Float32Array(1),
    read = (token: string, keep = false) => {
      const line = encoder.encode(token + "\n");
      return parseNumbers(line, 0, line.length - 1, 1, out, 0, keep);
    };
  const tokens = [
    "0",
    "-0",
    "+1",
    "1.",
    ".5",
    "-.25",
    "0.418",
    "-0.00066023",
    "4.0071",
    "1e5",
    "1E-5",
    "1.5e+3",
    "-2e-07",
  ];
  tokens.push("9007199254740991", "9007199254740993", "123456789012345678901234567890", "0.1234567890123456789");
  tokens.push("1e22", "1e23", "1e-22", "1e-23", "1e-45", "7e-46", "1e-60", "3.4028235e38", "3.4028235677973362e38");
  tokens.push("16777217", "8.589973e9", "0.000000000000000000000000123", "2e-1000000", "00000000000000000000000001.5");
  for (let i = 0, x = 1; i < 20_000; i++) {
    x = Math.imul(x, 1664525) + 1013904223 | 0;
    const value = (x / 2 ** 31) * 10 ** (x & 15) / 1e7;
    tokens.push(i % 3 ? value.toPrecision(1 + (x >>> 4) % 17) : i % 2 ? value.toFixed(5) : String(value));
  }
  for (const token of tokens) {
    assert.equal(read(token), null, token);
    assert.ok(Object.is(out[0], Math.fround(parseFloat(token))), `${token}: ${out[0]}`);
  }
  for (
    const token of ["", "-", "+", ".", "1e", "1e+", "--1", "1.2.3", "0x10", "1_000", "1,5", "one", "1\t2", "٣", "1f"]
  ) {
    assert.deepEqual(read(token)?.notFinite, false, token);
  }
  for (const token of ["nan", "NaN", "-inf", "Infinity", "1e39", "-3.4028236e38", "1e999"]) {
    assert.deepEqual(read(token), { index: 0, text: token, notFinite: true });
    assert.equal(read(token, true), null);
    assert.ok(Object.is(out[0], /nan/i.test(token) ? NaN : token[0] === "-" ? -Infinity : Infinity), token);
  }
});

Deno.test("words are kept as bytes", () => {
  const words = Array.from({ length: 5000 }, (_, i) => `${i % 7 ? "w" : "ж€😀"}${i}`),
    set = WordSet.of([...words, "w1"]);
  assert.equal(set.size, 5000);
  assert.deepEqual(set.words(), words);
  words.forEach((word, i) => assert.equal(set.findWord(word), i));
  assert.equal(set.findWord("w5000"), -1);
  assert.equal(set.addWord(""), 5000);
  const valid = ["", "a", "ÿ", "߿", "ࠀ", "\ud7ff", "\ue000", "\uffff", "😀", "\u{10ffff}"];
  for (const word of valid) assert.equal(invalidUtf8(encoder.encode(word), 0, encoder.encode(word).length), -1);
  const wrong: [number[], number][] = [
    [[0x80], 0],
    [[0x61, 0xc0, 0x80], 1],
    [[0x61, 0xc3], 1],
    [[0xe0, 0x9f, 0xbf], 0],
    [[0xed, 0xa0, 0x80], 0],
    [[0xf0, 0x8f, 0xbf, 0xbf], 0],
    [[0xf4, 0x90, 0x80, 0x80], 0],
    [[0xf5, 0x80, 0x80, 0x80], 0],
    [[0x61, 0x62, 0xe2, 0x82, 0x28], 2],
  ];
  for (const [list, at] of wrong) assert.equal(invalidUtf8(Uint8Array.from(list), 0, list.length), at);
});

Deno.test("the three layouts give the same vectors, from every kind of source", async () => {
  const glove = "the 0.5 -1 2\nof 3 4 5\n";
  const wanted = { the: [0.5, -1, 2], of: [3, 4, 5] };
  const layouts = [
    glove,
    glove.trimEnd(),
    "2 3\n" + glove,
    "2 3\nthe 0.5 -1 2 \nof 3 4 5 \n",
    "2 3\r\n" + glove.replaceAll("\n", "\r\n"),
  ];
  layouts.push("\ufeff" + glove, "\ufeff2 3\n" + glove, glove + "\n\n");
  for (const layout of layouts) assert.deepEqual(await entries(bytes(layout)), wanted, JSON.stringify(layout));
  const path = await Deno.makeTempFile({ suffix: ".vec" }), all = bytes(layouts[2]), packed = gzipSync(all);
  const server = Deno.serve(
    { port: 0, onListen: () => {} },
    (request) => request.url.endsWith("none") ? new Response("", { status: 404 }) : new Response(packed),
  );
  const address = `http://localhost:${server.addr.port}/vectors`;
  try {
    await Deno.writeFile(path, packed);
    const stream = (data: Uint8Array, size: number) =>
      new ReadableStream<Uint8Array>({
        start(controller) {
          for (let i = 0; i < data.length; i += size) controller.enqueue(data.slice(i, i + size));
          controller.close();
        },
      });
    const sources: text.VectorSource[] = [
      packed,
      new Blob([packed]),
      path,
      new URL(`file://${path}`),
      address,
      new URL(address),
    ];
    for (const size of [1, 2, 3, 7, 100]) sources.push(stream(all, size), stream(packed, size));
    for (const source of sources) assert.deepEqual(await entries(source), wanted);
    await assert.rejects(readVectors(`${address}none`), { name: "StateError", message: /the server answered 404/ });
    await assert.rejects(readVectors(`${path}x`), { name: "StateError", message: /Cannot open/ });
  } finally {
    await server.shutdown();
    await Deno.remove(path);
  }
});

Deno.test("the traps of real files", async () => {
  // a header names no word, but a file of single numbers has none
  assert.deepEqual(await entries(bytes("1999995 3\na 1 2 3\n"), quiet), { a: [1, 2, 3] });
  assert.deepEqual(await entries(bytes("1999995 300\na 1\n"), { width: 1 }), { 1999995: [300], a: [1] });
  assert.deepEqual(await entries(bytes("7 8\n9 10\n"), { header: false }), { 7: [8], 9: [10] });
  // words hold spaces (GloVe's ". . ."), no-break spaces and line separators; Python's strip() would eat some of them
  const odd = [
    ". . .",
    "at name@domain.com",
    "\u00a0x",
    "x\u00a0",
    "a\u2028b",
    "a\u0085b",
    "\u3000",
    "1",
    "0.5",
    "-",
    "tab\tword",
  ];
  const lines = odd.map((word, i) => `${word} ${i} 0.5\n`).join("");
  assert.deepEqual(Object.keys(await entries(bytes("the 9 9\n" + lines))).sort(), ["the", ...odd].sort());
  const wanted = await entries(bytes("the 9 9\n" + lines), { words: ["\u00a0x", ".", "at", ". . ."] });
  assert.deepEqual(wanted, { ". . .": [0, 0.5], "\u00a0x": [2, 0.5] });
  // of words that stand twice the last one counts, as in a dictionary that is filled line by line
  const twice = bytes("a 1\nb 2\na 3\n");
  const last = await readVectors(twice), first = await readVectors(twice, { duplicates: "first" });
  assert.deepEqual([[...last.matrix], [...first.matrix], last.duplicates, last.entries], [[3, 2], [1, 2], 1, 3]);
  // lines of unwanted words are counted, their numbers are not read
  const some = await readVectors(bytes("a 1 2\nb x y\nc 3 4\n"), { words: new Set(["c", "zebra"]) });
  assert.deepEqual([some.words, [...some.matrix], some.entries], [["c"], [3, 4], 3]);
  assert.deepEqual([some.has("zebra"), some.get("a"), some.row("c")], [false, undefined, 0]);
  assert.deepEqual((await readVectors(twice, { limit: 1 })).words, ["a"]);
  const map = new Map([["b", 1]]), vocab = new text.Vocab(["<unk>", "b"], { unknown: "<unk>" });
  for (const words of [map, vocab]) assert.deepEqual((await readVectors(twice, { words })).words, ["b"]);
  // a header that promises more is worth a word
  const said: string[] = [];
  await readVectors(bytes("5 1\na 1\n"), { name: "x.vec", onWarning: (message) => said.push(message) });
  assert.deepEqual(said, [
    "x.vec: its header names 5 words, it has 1; a part of a file reads like that, and so does one that was cut",
  ]);
});

Deno.test("bad vector files are refused with line, byte, what was found and what helps", async () => {
  const cases: [string | Uint8Array, RegExp, { position?: number; offset?: number }, text.VectorOptions?][] = [
    ["", /it is empty; wanted lines of a word and its numbers/, { offset: 0 }],
    ["\n\n", /it is empty/, {}],
    ["3 2\n", /a header and no vectors/, {}],
    ["a 1 2\nb 1\n", /line 2 \("b 1"\) has 1 numbers, wanted 2; pass width if .*badLines: "skip"/, {
      position: 2,
      offset: 6,
    }],
    ["2 2\na 1 2\nb 1 2 3\n", /line 3 \("b 1 2 3"\) has 3 numbers, wanted 2 as the header says/, {
      position: 3,
      offset: 10,
    }],
    ["a 1 2\nb\n", /line 2 \("b"\) has 0 numbers/, { position: 2 }],
    ["a 1 2\n\nb 1 2\n", /line 2 is empty/, { position: 2 }],
    ["a 1 2\n 1 2\n", /line 2 begins with a space, wanted a word/, { position: 2 }],
    ["2 3\na 1 2\n", /line 2 \("a 1 2"\) has 2 numbers, wanted 3 as the header says/, { position: 2 }],
    ["2 3\na 1 2\n", /header in line 1 names vectors of 3 numbers, wanted 2; pass width: 3/, { position: 1 }, {
      width: 2,
    }],
    ["a 1 2\n", /line 1 is no header: "a 1 2"; wanted two integers/, { position: 1 }, { header: true }],
    ["hello\n", /line 1 is "hello"; wanted a word, a space and numbers/, { position: 1 }],
    ["a 1 2\nb 1 x,5\n", /number 2 of line 2 \("b"\) is "x,5", no number/, { position: 2 }],
    ["a 1 2\nb 1  2\n", /number 2 of line 2|line 2/, { position: 2 }],
    ["a 1 2\nb 1 nan\n", /number 2 of line 2 \("b"\) is "nan", not finite; pass nonFinite: "keep"/, { position: 2 }],
    ["a 1 2\nb -inf 2\n", /number 1 of line 2 \("b"\) is "-inf", not finite/, { position: 2 }],
    ["a 1 2\nb 1e39 2\n", /"1e39", not finite/, { position: 2 }],
    [
      Uint8Array.of(...bytes("a 1\nb"), 0xff, ...bytes(" 1\n")),
      /line 2 has no valid UTF-8 at byte 5 \(0xff\).*invalid: "replace"/,
      {
        position: 2,
        offset: 5,
      },
    ],
    [gzipSync(bytes("a 1 2\n".repeat(100))).subarray(0, 30), /Cannot unpack bytes: the gzip data ends early/, {}],
    [Uint8Array.of(...gzipSync(bytes("a 1\n")), ...gzipSync(bytes("b 1\n"))), /pack it as one gzip member/, {}],
  ];
  for (const [source, message, facts, options] of cases) {
    const data = typeof source === "string" ? bytes(source) : source;
    for (const size of [1 << 20, 3]) {
      const stream = new Blob([data as Uint8Array<ArrayBuffer>]).stream().pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform(piece, controller) {
            for (let i = 0; i < piece.length; i += size) controller.enqueue(piece.slice(i, i + size));
          },
        }),
      );
      const error = await readVectors(stream, { ...options, name: "bytes" }).then(
        () => assert.fail(String(source)),
        (e) => e,
      );
      assert.equal(error.name, "FormatError", String(source));
      assert.match(error.message, message);
      assert.equal(error.file, "bytes");
      for (const [key, value] of Object.entries(facts)) assert.equal(error[key], value, `${key} of ${error.message}`);
    }
  }
  const broken = bytes("a 1 2\nb 1\n\nc 1 x\nd 3 4\n"), said: string[] = [];
  const rest = await readVectors(broken, { badLines: "skip", name: "v", onWarning: (message) => said.push(message) });
  assert.deepEqual([rest.words, rest.skipped.map(({ line }) => line), said.length], [["a", "d"], [2, 3, 4], 1]);
  assert.match(said[0], /^v: left 3 lines out: line 2/);
  const replaced = await entries(Uint8Array.of(...bytes("a 1\nb"), 0xff, ...bytes(" 1\n")), { invalid: "replace" });
  assert.deepEqual(replaced, { a: [1], "b\ufffd": [1] });
  assert.deepEqual(await entries(bytes("a nan -inf\n"), { nonFinite: "keep" }), { a: [NaN, -Infinity] });
  for (
    const [options, message] of [
      [{ words: [] }, /words is empty, wanted at least one word/],
      [{ words: "abc" }, /words is a string/],
      [{ width: 0 }, /width is 0, wanted an integer of at least 1/],
      [{ limit: 1.5 }, /limit is 1.5/],
      [{ duplicates: "both" }, /duplicates is "both", wanted "first" or "last"/],
    ] as [text.VectorOptions, RegExp][]
  ) await assert.rejects(readVectors(bytes("a 1\n"), options), { name: "ValueError", message });
  await assert.rejects(readVectors(42 as unknown as Uint8Array), { name: "ValueError" });
});

Deno.test("vectors one after the other, and progress", async () => {
  const seen: [string, number[], number][] = [];
  for await (const { word, vector, line } of text.iterateVectors(bytes("2 2\na 1 2\nb 3 4\na 5 6\n"), quiet)) {
    seen.push([word, [...vector], line]);
  }
  assert.deepEqual(seen, [["a", [1, 2], 2], ["b", [3, 4], 3], ["a", [5, 6], 4]]);
  for await (const { word } of text.iterateVectors(bytes("a 1\nb 2\n"))) {
    assert.equal(word, "a");
    break;
  }
  const large = bytes("word 0.25 0.5\n".repeat(200_000)), steps: text.VectorProgress[] = [];
  await readVectors(new Blob([large]), { progress: (step) => steps.push(step) });
  assert.ok(steps.length >= 3);
  assert.deepEqual(steps.at(-1), { bytes: large.length, totalBytes: large.length, lines: 200_000, words: 1 });
});

Deno.test("vectors at hand", () => {
  const vectors = text.WordVectors.of(["a", "b"], Float32Array.of(1, 2, 3, 4));
  assert.deepEqual([vectors.width, vectors.get("b"), vectors.size], [2, Float32Array.of(3, 4), 2]);
  assert.throws(() => text.WordVectors.of(["a", "a"], new Float32Array(4)), {
    name: "ValueError",
    message: /"a" stands twice/,
  });
  assert.throws(() => text.WordVectors.of(["a", "b"], new Float32Array(3)), {
    name: "ShapeError",
    message: /3 numbers/,
  });
});

Deno.test("a table by the fallback order: the word, its cases, its stems", async () => {
  const words = ["word", "LOWER", "upper", "capital", "Flying", "maximum", "generously", "relational", "nowhere"];
  const rows = ["word", "lower", "UPPER", "Capital", "fli", "maxim", "generous", "relat", "Word", "WORD"];
  const source = bytes(rows.map((row, i) => `${row} ${i + 1} ${-i - 1}\n`).join("")), said: string[] = [];
  const table = await text.buildEmbeddingMatrix(new Map(words.map((word, i) => [word, i + 1])), source, {
    fallbacks: text.WORD_FALLBACKS,
    print: (line) => said.push(line),
  });
  assert.deepEqual(table.shape, [10, 2]);
  assert.deepEqual([...table.data].filter((_, i) => i % 2 === 0), [0, 1, 2, 3, 4, 5, 6, 7, 8, 0]);
  const [{ by, found, missing }] = table.coverage;
  assert.deepEqual(by, { exact: 1, lower: 1, upper: 1, capitalized: 1, porter: 1, lancaster: 1, snowball: 2 });
  assert.deepEqual([found, missing], [8, ["nowhere"]]);
  assert.deepEqual(said, [
    "bytes: 8 of 9 words found (1 by lower, 1 by upper, 1 by capitalized, 1 by porter, 1 by lancaster, 2 by snowball), 1 unknown: nowhere",
  ]);
  const exact = await text.buildEmbeddingMatrix(words, source);
  assert.deepEqual([exact.shape, exact.coverage[0].missing], [[9, 2], words.slice(1)]);
  const own = await text.buildEmbeddingMatrix(["drow"], source, {
    fallbacks: [(word) => [...word].reverse().join("")],
  });
  assert.deepEqual([...own.data], [1, -1]);
});

Deno.test("stems are those of the three published algorithms", async () => {
  const stems: Record<string, [porter: string, lancaster: string, snowball: string]> = {
    flying: ["fly", "fly", "fli"],
    university: ["univers", "univers", "univers"],
    generously: ["gener", "gen", "generous"],
    compensation: ["compens", "compens", "compens"],
    house: ["hous", "hous", "hous"],
    skies: ["ski", "sky", "sky"],
    relational: ["relat", "rel", "relat"],
    maximum: ["maximum", "maxim", "maximum"],
  };
  const all = await Promise.all((["porter", "lancaster", "snowball"] as const).map(text.stemmer));
  for (const [word, wanted] of Object.entries(stems)) assert.deepEqual(all.map((stem) => stem(word)), wanted, word);
  assert.equal(all[2]("Dog’s"), "dog");
  await assert.rejects(text.stemmer("german" as "porter"), {
    name: "ValueError",
    message: /wanted "porter", "lancaster"/,
  });
});

Deno.test("several files stand side by side; tables are joined and averaged", async () => {
  const a = bytes("x 1 2\ny 3 4\n"), b = text.WordVectors.of(["y", "z"], Float32Array.of(5, 6, 7, 8, 9, 10));
  const index = new Map([["x", 1], ["y", 2], ["z", 3]]);
  const table = await text.buildEmbeddingMatrix(index, [a, b], { rows: 5 });
  assert.deepEqual(table.shape, [5, 5]);
  const wanted = [0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 3, 4, 5, 6, 7, 0, 0, 8, 9, 10, 0, 0, 0, 0, 0];
  assert.deepEqual([...table.data], wanted);
  assert.deepEqual(table.coverage.map(({ missing }) => missing), [["z"], ["x"]]);
  const parts = [
    await text.buildEmbeddingMatrix(index, a, { rows: 5 }),
    await text.buildEmbeddingMatrix(index, b, { rows: 5 }),
  ];
  assert.deepEqual(text.concatenateVectors(parts), { shape: [5, 5], data: table.data });
  const one = { shape: [1, 2] as const, data: Float32Array.of(1, 2) },
    two = { shape: [1, 2] as const, data: Float32Array.of(3, 10) };
  assert.deepEqual(text.averageVectors([one, two]), { shape: [1, 2], data: Float32Array.of(2, 6) });
  assert.deepEqual(text.averageVectors([one, two], [3, 1]).data, Float32Array.of(1.5, 4));
  const filled = await text.buildEmbeddingMatrix(index, a, { missing: (row, word) => row.fill(word.length) });
  assert.deepEqual([...filled.data.subarray(6)], [1, 1]);
  const vocab = new text.Vocab(["<unk>", "xxfake", "y", "xxfake"], { unknown: "<unk>", filler: "xxfake" });
  const fast = await text.buildEmbeddingMatrix(vocab, a);
  assert.deepEqual([fast.shape, fast.coverage[0].missing], [[4, 2], ["<unk>"]]);
  const refusals: [() => unknown, string, RegExp][] = [
    [() => text.buildEmbeddingMatrix([], a), "ValueError", /the vocabulary is empty/],
    [() => text.buildEmbeddingMatrix(new Map(), a), "ValueError", /the vocabulary is empty/],
    [() => text.buildEmbeddingMatrix(["x"], []), "ValueError", /there are no vectors/],
    [() => text.buildEmbeddingMatrix(index, a, { rows: 3 }), "ValueError", /"z" has row 3 and the table has 3 rows/],
    [
      () => text.buildEmbeddingMatrix(["x"], a, { fallbacks: ["stem" as "porter"] }),
      "ValueError",
      /"stem": wanted a function/,
    ],
    [async () => await text.averageVectors(parts), "ShapeError", /of 2 and 3 numbers/],
    [async () => await text.averageVectors([one, two], [1, -1]), "ValueError", /a sum other than 0/],
    [async () => await text.averageVectors([one, two], [1]), "ValueError", /weights \[1\] for 2 tables/],
    [async () => await text.concatenateVectors([]), "ValueError", /there are no tables/],
    [async () => await text.concatenateVectors([one, parts[0]]), "ShapeError", /wanted 1 rows/],
  ];
  for (const [run, name, message] of refusals) await assert.rejects(run as () => Promise<unknown>, { name, message });
});

Deno.test("Jigsaw's cleaning blanks 58 characters and nothing else", () => {
  const hex =
    "2f 2d 27 3f 21 2e 2c 23 24 25 27 28 29 2a 2b 2d 2f 3a 3b 3c 3d 3e 40 5b 5c 5d 5e 5f 60 7b 7c 7d 7e 60 22 22 201c " +
    "201d 2019 221e 3b8 f7 3b1 2022 e0 2212 3b2 2205 b3 3c0 2018 20b9 b4 b0 a3 20ac 5c d7 2122 221a b2 2014 2013 26";
  const blanked = new Set(hex.split(" ").map((code) => parseInt(code, 16)));
  assert.equal(blanked.size, 58);
  assert.equal(new Set(text.JIGSAW_PUNCTUATION).size, 58);
  for (let code = 0; code < 0x10000; code++) {
    const character = String.fromCharCode(code);
    assert.equal(text.cleanPunctuation(character), blanked.has(code) ? " " : character);
  }
  assert.equal(text.cleanPunctuation("Don't…\n(bàd)  “😀”"), "Don t…\n b d    😀 ");
});

Deno.test("contractions are written out before the cleaning takes their apostrophes", () => {
  const expand = text.expandContractions;
  assert.equal(expand("it is'nt so"), "it is not so");
  assert.equal(expand("you’d say I`m what´s ‘cause"), "you would say I am what is because");
  assert.equal(expand("don't, can't\nwon't  didn't"), "don't, can't\nwon't  did not");
  assert.equal(expand("Don't"), "Don't");
  assert.equal(expand("Don't CAN'T They're x's", { ignoreCase: true }), "Do not Cannot They are x's");
  assert.equal(expand("lol brb", { table: new Map([["brb", "be right back"]]) }), "lol be right back");
  assert.equal(text.cleanPunctuation(expand("isn’t it")), "is not it");
  for (const [from, to] of text.CONTRACTIONS) {
    assert.match(from, /^[a-zI']+$/);
    assert.doesNotMatch(to, /'/);
    assert.notEqual(from, to);
  }
  assert.ok(text.CONTRACTIONS.size >= 120);
});

const real = [
  "glove.6B.50d.top600.txt",
  "glove.6B.50d.top9163.txt.gz",
  "glove.twitter.27B.25d.12k.txt.gz",
  "fasttext.wiki.en.head.vec.gz",
]
  .map((name) => `wordvec/${name}`);

Deno.test({
  name: "real GloVe and fastText files, number by number",
  ignore: !real.every(realData),
  async fn() {
    for (const path of real) {
      const said: string[] = [],
        vectors = await readVectors(realData(path)!, { onWarning: (message) => said.push(message) });
      const lines = [...realLines(path)].filter(Boolean), head = path.includes("fasttext");
      if (head) lines.shift();
      assert.equal(said.length, head ? 1 : 0);
      assert.deepEqual([vectors.size, vectors.entries, vectors.duplicates], [lines.length, lines.length, 0]);
      for (const line of lines) {
        const [word, ...numbers] = line.trimEnd().split(" ");
        assert.deepEqual(vectors.get(word), Float32Array.from(numbers, parseFloat));
      }
    }
    const known = JSON.parse(await Deno.readTextFile(realData("wordvec/kat_cosine.json")!));
    const table = await text.buildEmbeddingMatrix(["king", "queen", "Paris", "zzzqq"], realData(real[1])!, {
      fallbacks: ["lower"],
    });
    assert.deepEqual([table.shape, table.coverage[0].missing, table.coverage[0].by], [[4, 50], ["zzzqq"], {
      exact: 2,
      lower: 1,
    }]);
    const vectors = await readVectors(realData(real[1])!);
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);
    for (const [one, two, wanted] of known.cosine) {
      const [a, b] = [vectors.get(one)!, vectors.get(two)!];
      assert.ok(Math.abs(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)) - wanted) < 1e-6, `${one} ${two}`);
    }
  },
});
