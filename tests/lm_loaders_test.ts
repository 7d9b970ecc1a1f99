// The two loaders of language models, batch samplers and padding under a DataLoader: what arrives as tensors, what a
// carried state needs, and going on at a saved place.
import { strict as assert } from "node:assert";
import * as w from "../mod.ts";
import golden from "./golden/samplers.json" with { type: "json" };

await w.init();
const { DataLoader, LanguageModelLoader, LMDataLoader, Ragged, RandomState } = w.data;
const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const ids = (n: number) => Int32Array.from({ length: n }, (_, i) => i);

type Pair = readonly [x: unknown, y: unknown];

/** The batches of one loop as nested lists, at most `most` of them. */
async function take(loader: AsyncIterable<w.data.TokenPair>, most = Infinity): Promise<Pair[]> {
  const seen: Pair[] = [];
  for await (const [x, y] of loader) {
    seen.push([await x.toArray(), await y.toArray()]);
    if (seen.length === most) break;
  }
  return seen;
}

const next = (x: unknown): unknown => Array.isArray(x) ? x.map(next) : x as number + 1;

Deno.test("LMDataLoader cuts a corpus into parallel streams", async () => {
  const texts = Ragged.from([range(5), range(6).map((i) => i + 5), range(8).map((i) => i + 11), [19, 20], [21, 22]]);
  const loader = new LMDataLoader(texts, { batchSize: 4, seqLen: 3 });
  const x0 = [[0, 1, 2], [5, 6, 7], [10, 11, 12], [15, 16, 17]], x1 = [[3, 4], [8, 9], [13, 14], [18, 19]];
  assert.equal(loader.length, 2);
  assert.deepEqual(await take(loader), [[x0, next(x0)], [x1, next(x1)]]);
  const two = await take(new LMDataLoader(ids(25), { batchSize: 4, seqLen: 3 }));
  assert.deepEqual(two.map(([x]) => (x as number[][]).map((row) => row[0])), [[0, 6, 12, 18], [3, 9, 15, 21]]);
  const flat = new LMDataLoader(texts, { batchSize: 4, seqLen: 3, timeMajor: true, flatTargets: true });
  assert.deepEqual((await take(flat, 1))[0], [[[0, 5, 10, 15], [1, 6, 11, 16], [2, 7, 12, 17]], [
    ...[1, 6, 11, 16],
    ...[2, 7, 12, 17],
    ...[3, 8, 13, 18],
  ]]);
  const numbers = new LMDataLoader(ids(63095), { batchSize: 64, seqLen: 16 });
  assert.equal(numbers.length, 62);
});

Deno.test("LMDataLoader shuffles texts, not words, and row b continues row b", async () => {
  const texts = Ragged.from(range(40).map((i) => range(i % 7).map((k) => 100 * i + k)));
  const loader = new LMDataLoader(texts, { batchSize: 3, seqLen: 5, shuffle: true, seed: 2 });
  const epochs = [await take(loader), await take(loader)] as [number[][], number[][]][][];
  const streams = epochs.map((batches) => range(3).flatMap((b) => batches.flatMap(([x]) => x[b])));
  assert.notDeepEqual(streams[0], streams[1]);
  for (const [e, stream] of streams.entries()) {
    assert.equal(stream.length, Math.floor((texts.tokens.length - 1) / 3) * 3);
    assert.equal(new Set(stream).size, stream.length, "every token at most once");
    stream.slice(1).forEach((token, i) => token % 100 && assert.equal(token, stream[i] + 1, "texts stay whole"));
    epochs[e].forEach(([x, y], k) => {
      x.forEach((row, b) => {
        assert.deepEqual(y[b].slice(0, -1), row.slice(1));
        if (k + 1 < epochs[e].length) assert.equal(y[b].at(-1), epochs[e][k + 1][0][b][0]);
      });
    });
  }
});

Deno.test("LanguageModelLoader reads windows of the lengths that np.random draws", async () => {
  const lengths = async (loader: AsyncIterable<w.data.TokenPair>) => {
    const seen: number[] = [];
    for await (const [x, y] of loader) {
      assert.deepEqual([x.shape[1], y.shape], [2, [2 * x.shape[0]]]);
      seen.push(x.shape[0]);
    }
    return seen;
  };
  for (const { n, bptt, seed, epochs } of golden.windows) {
    const loader = new LanguageModelLoader(ids(2 * n + 1), { batchSize: 2, bptt, random: new RandomState(seed) });
    assert.deepEqual([await lengths(loader), await lengths(loader)], epochs);
  }
  const wanted = [
    95,
    64,
    71,
    71,
    75,
    67,
    67,
    56,
    74,
    67,
    66,
    66,
    72,
    70,
    67,
    66,
    74,
    64,
    69,
    68,
    71,
    83,
    75,
    36,
    74,
    64,
    62,
  ];
  assert.deepEqual(golden.windows[0].epochs[0], wanted, "the golden file is that of the specification");
  const own = (seed: number) => lengths(new LanguageModelLoader(ids(4000), { batchSize: 2, seed }));
  assert.deepEqual(await own(1), await own(1));
  assert.notDeepEqual(await own(1), await own(2));
  assert.equal((await own(1))[0], 95);
});

Deno.test("LanguageModelLoader lays streams side by side, forwards and backwards", async () => {
  const options = { batchSize: 4, bptt: 2, randomize: false };
  const all = await take(new LanguageModelLoader(ids(26), options));
  assert.deepEqual(all.map(([x]) => x), [
    [[0, 6, 12, 18], [1, 7, 13, 19]],
    [[2, 8, 14, 20], [3, 9, 15, 21]],
    [[4, 10, 16, 22]],
  ]);
  assert.deepEqual(all.map(([, y]) => y), [[1, 7, 13, 19, 2, 8, 14, 20], [3, 9, 15, 21, 4, 10, 16, 22], [
    5,
    11,
    17,
    23,
  ]]);
  const back = await take(new LanguageModelLoader(ids(26), { ...options, backwards: true, flatTargets: false }));
  assert.deepEqual(back[0], [[[5, 11, 17, 23], [4, 10, 16, 22]], [[4, 10, 16, 22], [3, 9, 15, 21]]]);
  assert.deepEqual(back[2], [[[1, 7, 13, 19]], [[0, 6, 12, 18]]]);
});

Deno.test("a saved place is gone back to inside an epoch, with carried generators and batches made ahead", async () => {
  const texts = Ragged.from(range(18).map((i) => range(20).map((k) => 20 * i + k))), lengths = texts.lengths;
  const items = range(18).map((i) => [Int32Array.of(i), Int32Array.of(i)] as const);
  const makers: Record<string, () => w.data.DataLoader<never, w.data.TokenPair>> = {
    lm: () => new LMDataLoader(texts, { batchSize: 4, seqLen: 30, shuffle: true, seed: 3, prefetch: 2 }),
    random: () => new LanguageModelLoader(texts.tokens, { batchSize: 2, bptt: 30, random: new RandomState(4) }),
    bucket: () => {
      const batchSampler = new w.data.BucketSampler(lengths, {
        batchSize: 4,
        pool: 2,
        random: new w.data.PythonRandom(1),
      });
      return new DataLoader(items, { batchSampler, prefetch: 3 }) as never;
    },
    sortish: () => {
      const sampler = new w.data.SortishSampler(lengths, { batchSize: 4, random: new RandomState(1) });
      return new DataLoader(items, { batchSize: 4, sampler }) as never;
    },
    weighted: () =>
      new DataLoader(items, { batchSize: 4, sampler: new w.data.WeightedSampler(lengths), seed: 8 }) as never,
  };
  for (const [name, make] of Object.entries(makers)) {
    const whole = make(), wanted = [...await take(whole), ...await take(whole), ...await take(whole)];
    const first = make(), per = wanted.length / 3;
    const seen = [...await take(first), ...await take(first, 2)];
    const second = make();
    second.loadStateDict(first.stateDict());
    seen.push(...await take(second), ...await take(second));
    assert.deepEqual(seen, wanted, name);
    assert.notDeepEqual(wanted.slice(0, per), wanted.slice(per, 2 * per), `${name}: epochs differ`);
  }
  const other = new LMDataLoader(texts, { batchSize: 4, seqLen: 31, shuffle: true });
  assert.throws(
    () => other.loadStateDict(makers.lm().stateDict()),
    /\(seqLen 30, shuffle true, 18 texts\).*this is a.*seqLen 31/,
  );
});

Deno.test("batches of a batch sampler do not depend on workers; views are sent, not the corpus", async () => {
  const corpus = Float32Array.from({ length: 5000 }, (_, i) => i), lengths = range(23).map((i) => i % 5);
  const items = range(23).map((i) => [corpus.subarray(2 * i, 2 * i + 2), i] as const);
  const make = (workers: number, transform = new URL("./support/transform.ts", import.meta.url).href) =>
    new DataLoader(items, {
      seed: 6,
      batchSampler: new w.data.BucketSampler(lengths, { batchSize: 4, pool: 3, random: new w.data.PythonRandom(5) }),
      transform,
      collate: w.data.stackFields("f32", "i32"),
      workers,
    });
  const all = async (loader: AsyncIterable<[w.Tensor, w.Tensor<"i32">]>) => {
    const seen: string[] = [];
    for await (const [x, y] of loader) seen.push((await Promise.all([x.data(), y.data()])).join(" "));
    return seen;
  };
  const wanted = await all(make(0));
  assert.equal(wanted.length, 6);
  assert.deepEqual(await all(make(2)), wanted);
  const sizes = "data:text/javascript,export default (items) => items.map(([x]) => [x, x.buffer.byteLength])";
  assert.match((await all(make(1, sizes)))[0], / 8,8,8,8$/);
});

Deno.test("collate functions pad texts with labels", async () => {
  const texts = Ragged.from([[5, 6, 7, 8], [9], [10, 11]]).withLabels([1, 0, 1]);
  const first = async <B extends readonly unknown[]>(collate: (items: readonly w.data.LabelledIds[]) => B) => {
    const seen: unknown[][] = [];
    for await (const batch of new DataLoader<w.data.LabelledIds, B>(texts, { batchSize: 3, collate })) {
      seen.push(await Promise.all(batch.flat().map((one) => one instanceof w.Tensor ? one.toArray() : one)));
    }
    return seen[0];
  };
  assert.deepEqual(await first(w.data.padCollate({ side: "left", padId: 1 })), [
    [[5, 6, 7, 8], [1, 1, 1, 9], [1, 1, 10, 11]],
    [1, 0, 1],
  ]);
  assert.deepEqual(await first(w.data.padCollateLengths({ timeMajor: true, maxLength: 2, labels: "f32" })), [
    [[5, 9, 10], [6, 0, 11]],
    Int32Array.of(2, 1, 2),
    [1, 0, 1],
  ]);
  assert.deepEqual(await first(w.data.padChunkCollate({ seqLen: 2 })), [
    [[5, 6, 7, 8], [1, 1, 9, 1], [1, 1, 10, 11]],
    [1, 0, 1],
  ]);
});

Deno.test("loaders name what they refuse", async () => {
  const texts = Ragged.from([[1, 2, 3]]);
  assert.throws(
    () => new LMDataLoader(texts, { batchSize: 3 }),
    /Cannot make batches of 3 tokens: 3 streams want at least 4/,
  );
  assert.throws(() => new LMDataLoader(Ragged.from([])), /Cannot sample from 0 items/);
  assert.throws(() => new LMDataLoader(texts, { batchSize: 0 }), /batchSize = 0/);
  assert.throws(() => new LanguageModelLoader(ids(100), { batchSize: 2 }), /2 streams want at least 280 tokens/);
  const batchSampler = new w.data.BucketSampler([1, 2], { batchSize: 2 });
  assert.throws(() => new DataLoader([], { batchSampler, shuffle: true }), /a batchSampler beside batchSize, shuffle/);
  const outside = new DataLoader([[ids(1)]], { batchSize: 2, sampler: { length: 3, indices: () => [0, 0, 7] } });
  await assert.rejects(async () => {
    for await (const _ of outside);
  }, (e: unknown) => {
    assert.ok(e instanceof w.IndexError);
    assert.equal(e.message, "Cannot make batch 1 of epoch 0: the sampler's item 2 is number 7 of a data set of 1");
    return e.position === 2;
  });
});
