// SentencePiece: pieces, ids, places and decoding as Python's package has them, its rules of normalisation, its file format.
import assert from "node:assert/strict";
import { Generator } from "../src/tensor/random.ts";
import { FormatError, IndexError, ValueError } from "../src/errors.ts";
import { splitCharsmap } from "../src/text/normalizer.ts";
import { charsmapOf } from "../src/text/normalizer_rules.ts";
import { parseSentencePieceModel, type SentencePieceModel } from "../src/text/sentencepiece_model.ts";
import { SentencePieceTokenizer, serializeSentencePieceModel } from "../src/text/sentencepiece.ts";
import { childOffset } from "../src/text/sentencepiece_trie.ts";
import { realData, realRows } from "./support/real_data.ts";

const folder = new URL("golden/sentencepiece/", import.meta.url);
const json = (name: string) => JSON.parse(Deno.readTextFileSync(new URL(name, folder)));

/** A reference model; most are stored without their rules, which are then made here. */
function load(name: string): SentencePieceModel {
  const model = parseSentencePieceModel(Deno.readFileSync(new URL(`${name}.model`, folder)));
  if (model.normalizer.precompiledCharsmap!.length > 0) return model;
  return { ...model, normalizer: { ...model.normalizer, precompiledCharsmap: undefined } };
}

interface Row {
  ids: number[];
  pieces: string[];
  offsets: number[];
  decoded: string;
  from_pieces: string;
}
const golden: { texts: string[]; models: Record<string, { rows: Row[]; around: number[] }> } = json("encode.json");

for (const [name, { rows, around }] of Object.entries(golden.models)) {
  Deno.test(`the ${name} model splits and joins as in Python`, () => {
    const model = load(name), tokenizer = new SentencePieceTokenizer(model);
    golden.texts.forEach((text, i) => {
      const row = rows[i], about = `${name} ${JSON.stringify(text)}`, tokens = tokenizer.tokenizeWithOffsets(text);
      assert.deepEqual(tokenizer.tokenize(text), row.pieces, about);
      assert.deepEqual(tokenizer.encode(text), row.ids, about);
      assert.deepEqual(tokens.map(({ text }) => text), row.pieces, about);
      assert.deepEqual(tokens.map(({ id }) => id), row.ids, about);
      assert.deepEqual(tokens.flatMap(({ start, end }) => [start, end]), row.offsets, about);
      assert.equal(tokenizer.decode(row.ids), row.decoded, about);
      assert.equal(tokenizer.decode(row.pieces), row.from_pieces, about);
    });
    const options = { addBos: true, addEos: true, reverse: true };
    assert.deepEqual(new SentencePieceTokenizer(model, options).encode("one two"), around);
    const copy = SentencePieceTokenizer.fromBytes(serializeSentencePieceModel(model));
    golden.texts.forEach((text, i) => assert.deepEqual(copy.encode(text), rows[i].ids));
  });
}

/** Compiled rules as a map. */
function decompile(charsmap: Uint8Array): Map<string, string> {
  const { trie, replacements } = splitCharsmap(charsmap), rules = new Map<string, string>();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const visit = (at: number, path: number[]) => {
    for (let c = 1; c < 256; c++) {
      const child = at ^ c;
      if (child >= trie.length || (trie[child] & 0x800000ff) !== c) continue;
      const next = child ^ childOffset(trie[child]), key = [...path, c];
      if (trie[child] & 256) {
        const from = trie[next] & 0x7fffffff;
        rules.set(
          decoder.decode(Uint8Array.from(key)),
          decoder.decode(replacements.subarray(from, replacements.indexOf(0, from))),
        );
      }
      visit(next, key);
    }
  };
  visit(childOffset(trie[0]), []);
  return rules;
}

Deno.test("the rules made here are the reference's, but for characters younger than the engine's Unicode", () => {
  for (const [name, file] of [["nmt_nfkc", "unigram"], ["nfkc_cf", "bytes"]]) {
    const own = decompile(charsmapOf(name)), reference = decompile(load(file).normalizer.precompiledCharsmap!);
    const young: string[] = [];
    for (const [from, to] of reference) if (own.get(from) !== to) young.push(from);
    for (const from of own.keys()) assert.ok(reference.has(from), JSON.stringify(from));
    // an unassigned character is neither a letter nor anything else
    for (const from of young) assert.ok(/\p{Cn}/u.test(from), JSON.stringify(from));
    assert.ok(young.length <= 41 && own.size > 220_000, `${name}: ${young.length} differ of ${own.size}`);
  }
});

Deno.test("damaged and foreign models are refused with their byte", () => {
  const bytes = Deno.readFileSync(new URL("plain.model", folder));
  for (let length = 0; length < bytes.length; length += length < 300 ? 1 : 37) {
    try {
      parseSentencePieceModel(bytes.subarray(0, length));
      assert.ok(length > bytes.length - 12, `${length}`); // only the empty rules after decoding are missing
    } catch (error) {
      assert.ok(error instanceof FormatError && error.offset! <= length, String(error));
      assert.match(error.message, /^Cannot read spm.model: .* at byte \d+, wanted a SentencePiece model$/);
    }
  }
  for (const foreign of ["{}", "PK\x03\x04", "hello world", "\x00\x00"]) {
    assert.throws(() => SentencePieceTokenizer.fromBytes(new TextEncoder().encode(foreign)), FormatError);
  }
  const model = load("plain"), piece = model.pieces[5];
  const make = (change: Partial<SentencePieceModel>) => () => new SentencePieceTokenizer({ ...model, ...change });
  assert.throws(make({ pieces: [...model.pieces, piece] }), { message: /pieces 5 and \d+ are both/ });
  assert.throws(make({ pieces: [...model.pieces, { ...piece, text: "" }] }), { message: /piece \d+ is empty/ });
  assert.throws(make({ pieces: model.pieces.filter(({ kind }) => kind !== "unknown") }), /unknown/);
  assert.throws(make({ byteFallback: true }), { message: /byte fallback without a piece for byte 0/ });
  assert.throws(make({ normalizer: { name: "nfd" } }), ValueError);
  assert.throws(make({ normalizer: { name: "x", precompiledCharsmap: new Uint8Array(9) } }), FormatError);
  assert.throws(() => new SentencePieceTokenizer({ ...model, bosId: -1 }, { addBos: true }), ValueError);
});

Deno.test("ids outside the vocabulary are refused with their position", () => {
  const tokenizer = new SentencePieceTokenizer(load("plain")), { vocabSize } = tokenizer;
  for (const id of [-1, vocabSize, 1.5, NaN]) {
    assert.throws(
      () => tokenizer.decode([3, id]),
      (error: IndexError) => error instanceof IndexError && error.position === 1,
    );
    assert.throws(() => tokenizer.idToPiece(id), IndexError);
  }
  assert.equal(tokenizer.pieceToId("no such piece"), tokenizer.model.unkId);
  for (let id = 0; id < vocabSize; id++) assert.equal(tokenizer.pieceToId(tokenizer.idToPiece(id)), id);
});

Deno.test("a text of a million tokens is split in one go", () => {
  for (const name of ["unigram", "bpe"]) {
    const tokenizer = new SentencePieceTokenizer(load(name)), text = "one hundred and twenty-seven, ";
    const one = tokenizer.encode(text).length, times = Math.ceil(1e6 / one), ids = tokenizer.encode(text.repeat(times));
    assert.equal(ids.length, one * times);
    assert.equal(tokenizer.decode(ids).length, text.length * times - 1);
  }
});

Deno.test("splits drawn at random join to the same text and follow their probabilities", () => {
  for (const name of ["unigram", "bpe"]) {
    const tokenizer = new SentencePieceTokenizer(load(name)), text = "twenty-seven thousand, three hundred";
    const seen = new Set<string>();
    const draw = (seed: number, alpha: number) => {
      const generator = new Generator(seed, "splits");
      return Array.from({ length: 50 }, () => tokenizer.sample(text, { alpha, generator }));
    };
    for (const ids of draw(1, 0.1)) seen.add(ids.join()), assert.equal(tokenizer.decode(ids), text);
    assert.ok(seen.size > 10, `${name}: ${seen.size}`);
    assert.deepEqual(draw(1, 0.1), draw(1, 0.1));
    if (name === "bpe") assert.deepEqual(draw(1, 0)[0], tokenizer.encode(text));
    else assert.deepEqual(draw(1, 1000)[0], tokenizer.encode(text));
  }
  // two splits with log-probabilities -1 ("ab") and -2 ("a", "b")
  const pieces = [["<unk>", 0], ["a", -1], ["b", -1], ["ab", -1]].map(([text, score], i) => ({
    text: String(text),
    score: Number(score),
    kind: i === 0 ? "unknown" as const : "normal" as const,
  }));
  const tokenizer = new SentencePieceTokenizer({
    type: "unigram",
    pieces,
    unkId: 0,
    bosId: -1,
    eosId: -1,
    padId: -1,
    normalizer: { name: "identity", addDummyPrefix: false },
  });
  const generator = new Generator(3, "splits");
  let whole = 0;
  for (let i = 0; i < 4000; i++) whole += tokenizer.sample("ab", { alpha: 1, generator }).length === 1 ? 1 : 0;
  const wanted = Math.E / (Math.E + 1);
  assert.ok(Math.abs(whole / 4000 - wanted) < 0.03, `${whole / 4000}, wanted ${wanted}`);
  assert.throws(() => tokenizer.sample("ab", { alpha: NaN, generator }), ValueError);
});

Deno.test({
  name: "1,000 reviews have the reference's ids",
  ignore: !realData("imdb/train.jsonl.gz"),
  fn: async () => {
    const digests = json("imdb.json"),
      reviews = [...realRows<{ text: string }>("imdb/train.jsonl.gz", 3000)].map(({ text }) => text);

    for (const kind of ["unigram", "bpe"]) {
      const tokenizer = new SentencePieceTokenizer(load(`imdb_${kind}`));
      let tokens = 0;
      for (let part = 0; part < 20; part++) {
        const ids = reviews.slice(2000 + part * 50, 2050 + part * 50).map((text) => tokenizer.encode(text));
        for (const row of ids) tokens += row.length;
        const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(ids)));
        assert.equal(
          new Uint8Array(digest).toHex(),
          digests[kind].sha256[part],
          `${kind}, fifty from ${2000 + part * 50}`,
        );
      }
      assert.equal(tokens, digests[kind].tokens);
    }
  },
});
