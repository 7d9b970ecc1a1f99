// Corpora in typed arrays: building, reading, files, tokenising with any number of workers, and caches named by content.
import assert from "node:assert/strict";
import * as data from "../src/data/mod.ts";
import { Generator } from "../src/tensor/random.ts";
import { FormatError, IndexError, ShapeError, StateError, ValueError } from "../src/errors.ts";
import tokenize from "./support/tokenize.ts";

const { Ragged, RaggedBuilder } = data;
const TOKENIZE = new URL("./support/tokenize.ts", import.meta.url);
const lists = (ragged: data.Ragged) => [...ragged].map((ids) => [...ids]);

/** `count` texts of words that are drawn from a growing vocabulary; some are empty. */
function* texts(count: number): Iterable<string> {
  for (let i = 0; i < count; i++) {
    yield Array.from({ length: i % 13 }, (_, k) => `Word${(i * 31 + k * k) % (10 + i)}`).join(k(i)) +
      (i % 5 ? "." : "");
  }
  function k(i: number): string {
    return i % 2 ? " " : ", ";
  }
}

async function sum(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

Deno.test("a Ragged reads its sequences as views; building, selecting and joining copy once", () => {
  const ragged = Ragged.from([[1, 2], [], [3]]);
  assert.deepEqual([ragged.length, [...ragged.offsets], [...ragged.lengths]], [3, [0, 2, 2, 3], [2, 0, 1]]);
  assert.deepEqual(lists(ragged), [[1, 2], [], [3]]);
  assert.equal(ragged.get(0).buffer, ragged.tokens.buffer);
  assert.deepEqual(lists(ragged.select([2, 0, 2])), [[3], [1, 2], [3]]);
  assert.deepEqual(lists(Ragged.concat([ragged, Ragged.from([[9]])])), [[1, 2], [], [3], [9]]);
  assert.deepEqual(lists(Ragged.concat([])), []);
  const small = new RaggedBuilder({ small: true });
  for (let i = 0; i < 3000; i++) small.push(Array(20).fill(i));
  assert.ok(small.finish().tokens instanceof Uint16Array);
  assert.deepEqual([...small.finish().get(2999)], Array(20).fill(2999));
  const pairs = ragged.withLabels(["a", "b", "c"]);
  assert.deepEqual(pairs.get(2), [Int32Array.of(3), "c"]);
});

Deno.test("a Ragged names what it refuses", () => {
  const ragged = Ragged.from([[1, 2], [3]]);
  assert.throws(() => ragged.get(2), (e: unknown) => e instanceof IndexError && /sequence 2 of 2/.test(e.message));
  assert.throws(
    () => ragged.withLabels([1]),
    (e: unknown) => e instanceof ShapeError && /1 labels for 2 items/.test(e.message),
  );
  assert.throws(() => new Ragged(Int32Array.of(1, 2), Uint32Array.of(0, 1)), ShapeError);
  assert.throws(() => new Ragged(Int32Array.of(1, 2), Uint32Array.of(0, 2, 1, 2)), /offset 2 is below the one before/);
  assert.throws(() => new Ragged(Int32Array.of(), Uint32Array.of()), ShapeError);
  for (const [ids, small] of [[[1, -1]], [[1, .5]], [[1, 70000], true]] as [number[], boolean?][]) {
    assert.throws(() => new RaggedBuilder({ small }).push(ids), (e: unknown) => {
      assert.ok(e instanceof ValueError);
      return e.position === 1 && /Cannot add sequence 0: token 1 is/.test(e.message);
    });
  }
});

Deno.test("files hold the arrays and the words, and damage is found", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const small of [false, true]) {
      const builder = new RaggedBuilder({ small });
      for (const ids of [[5, 6, 7], [], [8]]) builder.push(ids);
      const path = `${folder}/corpus.safetensors`, words = ["a\n", '"', "é"];
      await data.saveRagged(path, builder.finish(), words);
      const back = await data.loadRagged(path);
      assert.deepEqual([lists(back.ragged), back.words], [[[5, 6, 7], [], [8]], words]);
      assert.equal(back.ragged.tokens instanceof Uint16Array, small);
      const bytes = await Deno.readFile(path);
      bytes[bytes.length - 2] ^= 1;
      await assert.rejects(data.parseRagged(bytes, "x"), (e: unknown) => {
        return e instanceof FormatError &&
          /^Cannot load corpus x: it is damaged; wanted arrays with the sum/.test(e.message);
      });
      await assert.rejects(data.parseRagged(bytes.subarray(0, 50)), FormatError);
    }
    await assert.rejects(data.loadRagged(`${folder}/nothing`), StateError);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("tokenised corpora are the same bytes for any number of workers and any chunk", async () => {
  const make = (options: data.TokenizeOptions) =>
    data.tokenizeCorpus(texts(400), TOKENIZE, { chunk: 60, rules: { lower: true }, ...options });
  const corpus = await make({});
  const wanted = await sum(await corpus.serialize());
  for (const options of [{ workers: 1 }, { workers: 2 }, { workers: 4 }, { chunk: 7 }]) {
    assert.equal(await sum(await (await make(options)).serialize()), wanted, JSON.stringify(options));
  }
  assert.notEqual(await sum(await (await make({ rules: null })).serialize()), wanted);

  const whole = await tokenize([...texts(400)], { lower: true });
  assert.deepEqual([0, 5, 399].map((i) => corpus.tokens(i)), [0, 5, 399].map((i) => whole[i]));
  const counter = new Map<string, number>();
  for (const token of whole.flat()) counter.set(token, (counter.get(token) ?? 0) + 1);
  assert.deepEqual([...corpus.words], [...counter.keys()], "in the order of first appearance");
  assert.deepEqual([...corpus.counts()], [...counter.values()]);
  assert.equal(corpus.counts([5, 6]).reduce((a, b) => a + b), whole[5].length + whole[6].length);
  const ids = corpus.numericalize((word) => word.length);
  assert.deepEqual([...ids.get(399)], whole[399].map((word) => word.length));
  assert.throws(() => corpus.numericalize(() => -1), /Cannot numericalize "[^"]+": its id is -1/);
  assert.throws(() => new data.TokenCorpus(Ragged.from([[0, 3]]), ["a"]), /Cannot use token 3 at place 1/);
});

Deno.test("an error of the tokenizer names the text", async () => {
  const bad = ["a", "b", "c", "fail", "d"];
  for (const options of [{ workers: 0 }, { workers: 2 }, { workers: 4, chunk: 500 }]) {
    const failed = data.tokenizeCorpus(bad, TOKENIZE, { chunk: 2, ...options });
    await assert.rejects(failed, (e: unknown) => {
      assert.ok(e instanceof StateError);
      assert.equal(e.message, 'Cannot tokenize text 3 ("fail"): a text that says so');
      return e.position === 3;
    });
  }
  await assert.rejects(data.tokenizeCorpus(bad, tokenize, { workers: 1 }), /pass the address of a module/);
  for (const workers of [-1, 1.5, NaN]) {
    await assert.rejects(
      data.tokenizeCorpus(bad, TOKENIZE, { workers }),
      /Cannot tokenize with .+ workers: it has to be/,
    );
  }
  for (const workers of [0, 1]) {
    const missing = data.tokenizeCorpus(bad, "file:///nowhere.ts", { workers });
    await assert.rejects(missing, /^StateError: Cannot use file:\/\/\/nowhere\.ts: it cannot be loaded/);
  }
  assert.equal((await data.tokenizeCorpus([], tokenize)).length, 0);
});

Deno.test("a tokenizer that leaves a text out, or returns something else, is told", async () => {
  const take = (returned: (texts: string[]) => unknown) =>
    data.tokenizeCorpus(["a b", "c", "d"], returned as data.TokenizeFunction);
  const words = (texts: string[]) => texts.map((text) => text.split(" "));
  await assert.rejects(
    take((texts) => words(texts).filter((tokens) => tokens.length > 1)),
    /Cannot tokenize text 1 \("c"\): the tokenizer returned 0 arrays of tokens for 1 texts; wanted one per text/,
  );
  await assert.rejects(
    take((texts) => texts.length > 1 ? words(texts.slice(1)) : words(texts)),
    /Cannot tokenize texts 0 to 2: the tokenizer returned 2 arrays of tokens for 3 texts/,
  );
  await assert.rejects(take(() => null), /Cannot tokenize text 0 \("a b"\): the tokenizer returned no array/);
  await assert.rejects(take((texts) => texts), /text 0 \("a b"\): its tokens are string; wanted an array of strings/);
  await assert.rejects(take((texts) => texts.map(() => ["x", undefined])), /token 1 is undefined; wanted a string/);
  assert.deepEqual((await take((texts) => texts.map(() => []))).ragged.length, 3, "empty texts stay texts");
});

Deno.test("caches are named by rules and content", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/train.txt`, text = new TextEncoder().encode("one two");
    await Deno.writeFile(file, text);
    let made = 0;
    const get = (rules: unknown, workers = 0, content: data.Content = file) =>
      data.cachedCorpus(`${folder}/cache`, { rules, files: [content] }, () => {
        made++;
        return data.tokenizeCorpus(texts(40), TOKENIZE, { workers, chunk: 9 });
      });
    const first = await get({ a: 1, b: [2] });
    assert.deepEqual(await get({ b: [2], a: 1 }, 2), first);
    await get({ a: 1, b: [2] }, 0, text);
    await get({ a: 1, b: [2] }, 0, new Blob([text]));
    assert.equal(made, 1, "the same content is the same name");
    await get({ a: 2, b: [2] });
    await Deno.writeTextFile(file, "one two three");
    await get({ a: 1, b: [2] }, 2);
    assert.equal(made, 3);
    const names = [...Deno.readDirSync(`${folder}/cache`)].map(({ name }) => name);
    assert.equal(names.length, 3);
    const sums = await Promise.all(names.map(async (name) => sum(await Deno.readFile(`${folder}/cache/${name}`))));
    assert.equal(new Set(sums).size, 1, "equal for any number of workers");
    for (const name of names) await Deno.truncate(`${folder}/cache/${name}`, 100);
    assert.deepEqual(await get({ a: 1, b: [2] }), first);
    assert.equal(made, 4, "a damaged cache is made again");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("100,000 texts are two arrays, sampled and batched in time that grows with their number", () => {
  const builder = new RaggedBuilder({ small: true }), n = 100_000, ids = Uint16Array.from({ length: 400 }, (_, i) => i);
  for (let i = 0; i < n; i++) builder.push(ids.subarray(0, (i * 7919) % 97));
  const corpus = builder.finish(), { lengths } = corpus, start = performance.now();
  const sampler = new data.BucketSampler(lengths, {
    batchSize: 64,
    sortWithinBatch: true,
    random: new data.PythonRandom(1),
  });
  const { items, offsets } = sampler.batches(0, new Generator(0));
  let padding = -corpus.tokens.length;
  for (let i = 0; i < offsets.length - 1; i++) {
    const rows = (items as Int32Array).subarray(offsets[i], offsets[i + 1]);
    padding += data.padBatch(Array.from(rows, (row) => corpus.get(row))).values.length;
  }
  assert.ok(padding < corpus.tokens.length * .02, `${padding} of ${corpus.tokens.length}`);
  assert.ok(performance.now() - start < 5000, "seconds would mean that something is quadratic");
});
