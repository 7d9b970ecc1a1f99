import { strict as assert } from "node:assert";
import { ids, nameOf, text, tokens, trainLines, validLines, vocab } from "../examples/human_numbers/numbers.ts";
import { loaders, type Sequence, sixteenWords, threeWords } from "../examples/human_numbers/data.ts";
import { groupChunks } from "../src/data/dataset.ts";

async function sha256(content: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(content));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A corpus file: each name with a space before the line feed. */
const file = (lines: readonly string[]) => lines.map((line) => `${line} \n`).join("");

Deno.test("nameOf() spells numbers without and and without hyphens", () => {
  assert.deepEqual([1, 10, 13, 20, 42, 100, 101, 999, 1000, 1010, 7999, 8001].map(nameOf), [
    "one",
    "ten",
    "thirteen",
    "twenty",
    "forty two",
    "one hundred",
    "one hundred one",
    "nine hundred ninety nine",
    "one thousand",
    "one thousand ten",
    "seven thousand nine hundred ninety nine",
    "eight thousand one",
  ]);
});

Deno.test("the corpus files have the sizes and hashes of the original data set", async () => {
  assert.equal(trainLines.length, 7999);
  assert.equal(validLines.length, 1999);
  assert.equal(file(trainLines).length, 280_599);
  assert.equal(file(validLines).length, 74_884);
  assert.equal(await sha256(file(trainLines)), "194a5defcc1e77a1697d94422744f1b8552ddf5ad7f31e9c84cc1956014c16bf");
  assert.equal(await sha256(file(validLines)), "3a3e30cd8eddcd27477ef232bd07bc5d12b34b1ceec6295c607f0faff793ed5e");
});

Deno.test("the joined text, its words and its vocabulary are those of the document", async () => {
  assert.equal(text.length, 365_478);
  assert.equal(await sha256(text), "7ec22e8e4cc9b3b26cabd1829b80a75f77cb2367d1748b9c827f88770c9c61d5");
  assert.ok(text.slice(0, 100).endsWith("thirteen . fo"));
  assert.equal(tokens.length, 63_095);
  assert.deepEqual(tokens.slice(100, 110), [".", "forty", "two", ".", "forty", "three", ".", "forty", "four", "."]);
  assert.deepEqual(
    vocab,
    ("one . two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen " +
      "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand").split(" "),
  );
  assert.deepEqual([...ids.slice(0, 10)], [0, 1, 2, 1, 3, 1, 4, 1, 5, 1]);
  const count = (word: string) => tokens.filter((token) => token === word).length;
  assert.deepEqual([".", "hundred", "thousand"].map(count), [9997, 9000, 8999]);
});

Deno.test("sequences of three words are the document's 21,031", () => {
  const sequences = threeWords();
  assert.equal(sequences.length, 21_031);
  const plain = ([x, y]: Sequence) => [[...x], y];
  assert.deepEqual(sequences.slice(0, 3).map(plain), [[[0, 1, 2], 1], [[1, 3, 1], 4], [[4, 1, 5], 1]]);
  assert.deepEqual(plain(sequences.at(-1)!), [[29, 9, 28], 27]);
  const valid = sequences.slice(Math.floor(sequences.length * .8));
  assert.equal(valid.length, 4207);
  assert.equal(valid.filter(([, y]) => vocab[y as number] === "thousand").length, 638);
});

Deno.test("sequences of sixteen words are 3,943, each with itself shifted by one", () => {
  const sequences = sixteenWords();
  assert.equal(sequences.length, 3943);
  const [x, y] = sequences[0] as readonly [Int32Array, Int32Array];
  assert.deepEqual([...x.slice(1)], [...y.slice(0, -1)]);
  assert.deepEqual([...sequences[1][0]], [...ids.slice(16, 32)]);
  assert.equal(Math.floor(sequences.length * .8), 3154);
});

Deno.test("the loaders make 262 and 66 batches for models 1 and 2, 262 and 65 for 3, 49 and 12 for 4 to 7", () => {
  const batches = (model: number) => {
    const { train, valid } = loaders(model);
    return [train.length, valid.length];
  };
  assert.deepEqual([1, 2, 3, 4, 7].map(batches), [[262, 66], [262, 66], [262, 65], [49, 12], [49, 12]]);
});

Deno.test("groupChunks() puts row j of a batch after row j of the batch before", () => {
  const range = (n: number) => Array.from({ length: n }, (_, i) => i);
  const first = (n: number) => groupChunks(range(n), 64).slice(0, 4);
  assert.deepEqual(first(16_824), [0, 262, 524, 786]);
  assert.deepEqual(first(3154), [0, 49, 98, 147]);
  assert.deepEqual(first(4207), [0, 65, 130, 195]);
  assert.deepEqual(first(789), [0, 12, 24, 36]);
  const sequences = groupChunks(sixteenWords().slice(0, 3154), 64) as [Int32Array, Int32Array][];
  assert.equal(sequences.length, 49 * 64);
  for (const row of [0, 1, 63]) {
    const [, y] = sequences[row], [x] = sequences[64 + row];
    assert.equal(y.at(-1), x[0]);
  }
});
