// Python's and NumPy's generators, and what is drawn with them: samples, splits, folds, batches. golden/samplers.json
// holds what Python, NumPy and scikit-learn say.
import assert from "node:assert/strict";
import * as data from "../src/data/mod.ts";
import { IndexError, ShapeError, ValueError } from "../src/errors.ts";
import { Generator } from "../src/tensor/random.ts";
import golden from "./golden/samplers.json" with { type: "json" };

const { PythonRandom, RandomState } = data;
const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const random = () => new Generator(5, "sampler");
const ascending = (items: ArrayLike<number>) => Array.from(items).sort((a, b) => a - b);
const lengthsOf = (n: number) => range(n).map((i) => (i * 7919) % 53);

/** A list as the golden file has it: length, first five, hash. */
function short(numbers: ArrayLike<number>): [number, number[], number] {
  let hash = 0;
  for (let i = 0; i < numbers.length; i++) hash = (hash * 31 + numbers[i] + 1) % 2147483647;
  return [numbers.length, Array.from(numbers).slice(0, 5), hash];
}

Deno.test("PythonRandom draws what Python's random does, for 50 seeds", () => {
  assert.equal(golden.python.length, 50);
  for (const { seed, n, k, ...wanted } of golden.python) {
    const r = new PythonRandom(seed);
    assert.deepEqual(
      {
        sample: short(r.sampleIndices(n, k)),
        all: short(r.permutation(n)),
        shuffle: short(r.shuffle(range(n))),
        choice: range(4).map(() => r.choice(range(n))),
        bits: [1, 31, 32, 33, 53].map((bits) => r.getrandbits(bits)),
        range: [r.randrange(n), r.randrange(-n, n, 3), r.randint(5, 9)],
        random: r.random(),
      },
      wanted,
      `seed ${seed}`,
    );
  }
  assert.equal(new PythonRandom(-(2n ** 70n) - 12345n).getrandbits(32), golden.bigSeed);
  assert.deepEqual(
    new PythonRandom(3).sample(["a", "b", "c"], 3),
    new PythonRandom(3).permutation(3).values().map((i) => "abc"[i]).toArray(),
  );
});

Deno.test("RandomState draws what NumPy's legacy generator does, for 50 seeds", () => {
  assert.equal(golden.numpy.length, 50);
  for (const { seed, n, normal, ...wanted } of golden.numpy) {
    const r = new RandomState(seed), p = range(n).map((i) => (i + 1) / (n * (n + 1) / 2));
    const found = {
      permutation: short(r.permutation(n)),
      choice: short(r.choice(n, 2 * n)),
      shuffle: short(r.shuffle(range(n))),
      unique: short(r.choice(n, Math.floor(n / 2), { replace: false })),
      weighted: short(r.choice(n, n, { p })),
      weightedUnique: short(r.choice(n, Math.floor(n / 2), { replace: false, p })),
      randint: short(r.randint(-5, 70000, 9)),
      rand: [...r.rand(2)],
    };
    for (const one of normal) assert.ok(Math.abs(r.normal(70, 5) - one) < 1e-12 * Math.abs(one));
    assert.deepEqual({ ...found, after: r.random() }, wanted, `seed ${seed}`);
  }
  assert.equal(new RandomState([1, 2, 2 ** 32 - 1]).random(), golden.arraySeed);
});

Deno.test("words and numbers of well-known seeds", () => {
  const p = new PythonRandom(1234), n = new RandomState(42);
  assert.deepEqual(range(4).map(() => p.getrandbits(32)), [4150886329, 3342196574, 1892932127, 501869158]);
  assert.deepEqual(range(4).map(() => n.word()), [1608637542, 3421126067, 4083286876, 787846414]);
  const q = new PythonRandom(1234);
  assert.deepEqual(range(3).map(() => q.random()), [.9664535356921388, .4407325991753527, .007491470058587191]);
  assert.deepEqual([...new RandomState(42).rand(3)], [.3745401188473625, .9507143064099162, .7319939418114051]);
  assert.deepEqual([...new RandomState(42).permutation(10)], [8, 1, 5, 0, 7, 2, 9, 4, 3, 6]);
  assert.deepEqual([...new PythonRandom(1234).permutation(10)], [7, 1, 0, 9, 4, 6, 5, 3, 8, 2]);
  assert.deepEqual([...new RandomState(1234).rand(3)], [.1915194503788923, .6221087710398319, .4377277390071145]);
});

Deno.test("generators go on where a state says, and refuse the states of others", () => {
  const p = new PythonRandom(8), n = new RandomState(8);
  p.random(), n.normal();
  const states = [p.stateDict(), n.stateDict()], wanted = [p.random(), n.normal(), n.random()];
  const [q, m] = [new PythonRandom(0), new RandomState(0)];
  q.loadStateDict(states[0]), m.loadStateDict(states[1]);
  assert.deepEqual([q.random(), m.normal(), m.random()], wanted);
  assert.throws(
    () => p.loadStateDict(states[1]),
    /state of a PythonRandom: it is of a RandomState; nothing was changed/,
  );
  assert.throws(() => p.loadStateDict(null), ValueError);
  assert.throws(() => new PythonRandom(1.5), /the seed is 1.5/);
  assert.throws(() => new RandomState(-1), /the seed is -1/);
  assert.throws(() => p.sampleIndices(3, 4), /4 of 3 items were wanted/);
  assert.throws(() => p.choice([]), /there are no items/);
  assert.throws(() => p.randrange(3, 3), /range\(3, 3, 1\) is empty/);
  assert.throws(() => n.choice(0, 1), /there are 0 numbers/);
  assert.throws(() => n.choice(2, 3, { replace: false }), /3 of 2 numbers without replacement/);
  assert.throws(() => n.choice(2, 1, { p: [.5, .4] }), /sum to 0.9/);
  assert.throws(() => n.choice(2, 1, { p: [2, -1] }), (e: unknown) => e instanceof ValueError && e.position === 1);
  assert.throws(() => n.randint(3, 3, 1), /integers from 3 to below 3/);
});

Deno.test("torchtextSplit() is that of random.seed(1234)", () => {
  const [train, valid] = data.torchtextSplit(25000);
  assert.deepEqual([train.length, valid.length], [17500, 7500]);
  assert.deepEqual([...train.slice(0, 12)], [
    14441,
    3828,
    245,
    2970,
    19078,
    1144,
    22005,
    22711,
    2750,
    3225,
    11620,
    7759,
  ]);
  assert.deepEqual([...valid.slice(0, 6)], [9397, 13036, 22610, 21027, 15133, 24063]);
  // torchtext puts the global state back, so that the first epoch is drawn from the same state
  const sampler = new data.BucketSampler(new Int32Array(17500), { batchSize: 17500, random: new PythonRandom(1234) });
  const { items } = sampler.batches(0, random());
  assert.deepEqual(Array.from(items).slice(0, 12), [
    14441,
    3828,
    245,
    2970,
    1144,
    2750,
    3225,
    11620,
    7759,
    571,
    1009,
    519,
  ]);
  assert.deepEqual(data.torchtextSplit(10, { ratio: [.5, .2, .3] }).map((part) => part.length), [5, 2, 3]);
  assert.deepEqual(
    data.torchtextSplit(5, { ratio: .5 }).map((part) => part.length),
    [2, 3],
    "halves go to even numbers",
  );
});

Deno.test("folds and splits are scikit-learn's when its generator is replayed", () => {
  for (const { n, folds, seed, plain, stratified, split, three } of golden.folds) {
    const labels = range(n).map((i) => (i * i) % 7 % 3);
    const kFold = data.kFold(n, { folds, random: new RandomState(seed) });
    assert.deepEqual(kFold.map(({ valid }) => short(valid)), plain);
    assert.deepEqual(ascending([...kFold[1].train, ...kFold[1].valid]), range(n));
    const strata = data.kFold(n, { folds, labels, random: new RandomState(seed) });
    assert.deepEqual(strata.map(({ valid }) => short(valid)), stratified);
    assert.deepEqual(data.trainTestSplit(n, { testSize: .1, random: seed }).map(short), split);
    assert.deepEqual(data.trainValidTestSplit(n, { random: seed }).map(short), three);
  }
  assert.deepEqual(data.trainValidTestSplit(10).map((part) => part.length), [7, 1, 2]);
  assert.throws(
    () => data.kFold(4, { folds: 3, labels: [0, 0, 1, 1], random: new RandomState(0) }),
    /largest class has 2/,
  );
  assert.throws(() => data.trainTestSplit(1), /into 0 to train and 1 to test/);
});

Deno.test("splits of our own cover every item once, by size, class or position", () => {
  const parts = data.randomSplit(103, [.8, .1, .1], { seed: 3 });
  assert.deepEqual(parts.map((part) => part.length), [83, 10, 10]);
  assert.deepEqual(ascending(parts.flatMap((part) => [...part])), range(103));
  assert.deepEqual(data.randomSplit(103, [.8, .1, .1], { seed: 3 }), parts);
  assert.notDeepEqual(data.randomSplit(103, [.8, .1, .1], { seed: 4 }), parts);
  assert.deepEqual(data.randomSplit(10, [7, 3]).map((part) => part.length), [7, 3]);

  const labels = range(1000).map((i) => i % 10 === 0 ? "rare" : i % 3 ? "a" : "b");
  const strata = data.stratifiedSplit(labels, [.7, .2, .1], { seed: 1 });
  assert.deepEqual(ascending(strata.flatMap((part) => [...part])), range(1000));
  assert.deepEqual(strata.map((part) => part.length), [700, 200, 100]);
  assert.deepEqual(strata.map((part) => part.filter((i) => labels[i] === "rare").length), [70, 20, 10]);
  assert.ok(strata[0].some((item, i) => i > 0 && labels[item] !== labels[strata[0][i - 1]]), "classes are mixed");

  assert.deepEqual(data.indexSplit(5, [3, 1]), [Int32Array.of(0, 2, 4), Int32Array.of(3, 1)]);
  assert.throws(() => data.indexSplit(5, [3, 5]), (e: unknown) => {
    assert.ok(e instanceof IndexError);
    assert.equal(e.message, "Cannot split 5 items by position: entry 1 is 5, wanted 0 to 4");
    return e.position === 1;
  });
  assert.throws(() => data.indexSplit(5, [3, 3]), /entry 1 is 3, which was there before/);
  assert.throws(() => data.randomSplit(5, [.5, .6]), /parts of 0.5, 0.6: wanted fractions that sum to 1/);
  assert.throws(() => data.randomSplit(0, [.5, .5]), /the data set is empty/);
  assert.deepEqual(data.pick("abc", [2, 0]), ["c", "a"]);
  assert.throws(() => data.pick("abc", [0, 3]), (e: unknown) => e instanceof IndexError && e.position === 1);
});

Deno.test("BucketSampler makes torchtext's batches in both regimes, epoch after epoch", () => {
  for (const { n, size, pool, within, seed, epochs, evaluation } of golden.buckets) {
    const lengths = lengthsOf(n), options = { batchSize: size, pool, sortWithinBatch: within };
    const sampler = new data.BucketSampler(lengths, { ...options, random: new PythonRandom(seed) });
    const epoch = () => {
      const { items, offsets } = sampler.batches(0, random());
      return [Array.from({ length: offsets.length - 1 }, (_, i) => offsets[i + 1] - offsets[i]), short(items)];
    };
    const first = epoch(), state = sampler.stateDict();
    assert.deepEqual([first, epoch()], epochs);
    sampler.loadStateDict(state);
    assert.deepEqual(epoch(), epochs[1]);
    const valid = new data.BucketSampler(lengths, { batchSize: size, train: false });
    assert.deepEqual(short(valid.batches(0, random()).items), evaluation);
    assert.equal(valid.length, Math.ceil(n / size));
    assert.throws(() => valid.loadStateDict(state), /Cannot load the state of a sampler: it is of a BucketSampler of/);
  }
});

Deno.test("BucketSampler without a generator depends on seed and epoch alone", () => {
  const sampler = new data.BucketSampler(lengthsOf(300), { batchSize: 8, sortWithinBatch: true });
  const items = (seed: number) => sampler.batches(0, new Generator(seed, "sampler")).items;
  assert.deepEqual(items(1), items(1));
  assert.notDeepEqual(items(1), items(2));
  assert.deepEqual(ascending(items(1)), range(300));
});

Deno.test("SortishSampler is fastai's, and SortSampler goes from long to short", () => {
  const lengths = range(20).map((i) => (7 * i) % 20 + 1);
  const sampler = new data.SortishSampler(lengths, { batchSize: 2, random: new RandomState(42) });
  assert.deepEqual([...sampler.indices(0, random())], [
    17,
    14,
    1,
    18,
    19,
    16,
    3,
    0,
    15,
    12,
    11,
    8,
    7,
    4,
    13,
    10,
    9,
    6,
    5,
    2,
  ]);
  for (const { n, size, chunk, seed, epochs } of golden.sortish) {
    const one = new data.SortishSampler(lengthsOf(n), { batchSize: size, chunk, random: new RandomState(seed) });
    assert.deepEqual([short(one.indices(0, random())), short(one.indices(1, random()))], epochs);
  }
  const own = new data.SortishSampler(lengthsOf(203), { batchSize: 4 });
  assert.deepEqual(ascending(own.indices(0, random())), range(203));
  assert.deepEqual([...new data.SortSampler([3, 5, 3, 9, 5]).indices()], [3, 1, 4, 0, 2]);
  assert.deepEqual([...new data.SortSampler([3, 5, 3.5, 9, 5], { descending: false }).indices()], [0, 2, 1, 4, 3]);
});

Deno.test("BalancedSampler draws as DeepMoji does, in torchMoji and in Keras", () => {
  const first = (n: number) => [...new data.BalancedSampler(new Int32Array(n)).indices(0).slice(0, 12)];
  assert.deepEqual(first(1213), [1126, 860, 1130, 1095, 1044, 121, 466, 330, 87, 1123, 871, 130]);
  assert.deepEqual(first(1242), [1126, 860, 1130, 1095, 1044, 121, 466, 1238, 330, 87, 1123, 871]);
  const labels = range(500).map((i) => i % 9 ? 0 : 1);
  const torchMoji = new data.BalancedSampler(labels, { upsample: true, epochSize: 200 });
  assert.deepEqual(torchMoji.indices(0), torchMoji.indices(3), "drawn once");
  assert.equal(torchMoji.indices(0).reduce((sum, i) => sum + labels[i], 0), 100);
  const keras = new data.BalancedSampler(labels, { redraw: true, epochSize: 100, drawSize: 200 });
  const epochs = range(4).map((epoch) => [...keras.indices(epoch)]), all = new RandomState(42);
  assert.deepEqual([...epochs[0], ...epochs[1]], [...all.choice(500, 200)]);
  assert.deepEqual([...epochs[2], ...epochs[3]], [...all.choice(500, 200)]);
  assert.deepEqual([...keras.indices(1)], epochs[1], "an epoch is a function of its number");
  assert.throws(() => new data.BalancedSampler([0, 1, 2], { upsample: true }), (e: unknown) => {
    assert.ok(e instanceof ValueError);
    return e.position === 2 && /label 2 is 2, wanted 0 or 1/.test(e.message);
  });
  assert.throws(() => new data.BalancedSampler([0, 0], { upsample: true }), /no item is of class 1/);
  assert.throws(() => new data.BalancedSampler([0, 1], { upsample: true, epochSize: 5 }), /5 items are not two halves/);
});

Deno.test("WeightedSampler draws in proportion, with and without putting back", () => {
  const weights = [1, 0, 3, 6], n = 20000;
  const drawn = new data.WeightedSampler(weights, { length: n }).indices(0, random());
  const share = weights.map((_, i) => drawn.filter((item) => item === i).length / n);
  share.forEach((found, i) => assert.ok(Math.abs(found - weights[i] / 10) < .015, `${share}`));
  const once = new data.WeightedSampler(weights, { length: 3, replacement: false });
  const heaviest = range(400).map((seed) => once.indices(0, new Generator(seed, "sampler")));
  assert.deepEqual(ascending(heaviest[0]), [0, 2, 3]);
  assert.ok(Math.abs(heaviest.filter(([first]) => first === 3).length / 400 - .6) < .08);
  const replay = new data.WeightedSampler(weights, { random: new RandomState(1) });
  assert.deepEqual(replay.indices(0, random()), new RandomState(1).choice(4, 4, { p: [.1, 0, .3, .6] }));
  assert.throws(() => new data.WeightedSampler([1, -1]), (e: unknown) => e instanceof ValueError && e.position === 1);
  assert.throws(() => new data.WeightedSampler([0, 0]), /no weight is above 0/);
  assert.throws(() => new data.WeightedSampler([1, 0], { replacement: false }), /2 items without replacement.*1 have/);
});

Deno.test("plain samplers: in order, at random, grouped for a carried state", () => {
  assert.deepEqual([...new data.SequentialSampler(3).indices()], [0, 1, 2]);
  const shuffled = new data.RandomSampler(50);
  assert.deepEqual(ascending(shuffled.indices(0, random())), range(50));
  assert.deepEqual(
    Array.from(new data.RandomSampler(10, { random: new PythonRandom(1234) }).indices(0, random())),
    [7, 1, 0, 9, 4, 6, 5, 3, 8, 2],
  );
  assert.deepEqual([...new data.GroupedSampler(7, 2).indices()], data.groupChunks(range(7), 2));
  const grouped = new data.GroupedSampler(16824, 64);
  assert.deepEqual([...grouped.indices().slice(0, 4), grouped.length], [0, 262, 524, 786, 262 * 64]);
  for (const empty of [() => new data.RandomSampler(0), () => new data.BucketSampler([], { batchSize: 1 })]) {
    assert.throws(empty, /Cannot sample from 0 items: wanted at least one/);
  }
  assert.throws(() => new data.BucketSampler([1], { batchSize: 0 }), /batchSize = 0/);
  assert.throws(() => new data.GroupedSampler(3, 4), /do not fill one/);
});

Deno.test("padBatch() pads and cuts either side, batch-first and time-major", () => {
  const pad = (sequences: number[][], options?: data.PadOptions) => {
    const { values, shape } = data.padBatch(sequences, options);
    return range(shape[0]).map((row) => [...values.subarray(row * shape[1], (row + 1) * shape[1])]);
  };
  const left = { side: "left" } as const, five = [[1, 2, 3, 4, 5], [], [6]];
  assert.deepEqual(pad([[1], [1, 2], [1, 2, 3]], left), [[0, 0, 1], [0, 1, 2], [1, 2, 3]]);
  assert.deepEqual(pad([[1], [1, 2], [1, 2, 3]], { ...left, length: 2 }), [[0, 1], [1, 2], [2, 3]]);
  assert.deepEqual(pad(five, { ...left, length: 3 }), [[3, 4, 5], [0, 0, 0], [0, 0, 6]]);
  assert.deepEqual(pad(five, { length: 3, padId: 9 }), [[1, 2, 3], [9, 9, 9], [6, 9, 9]]);
  assert.deepEqual(pad([[1, 2, 3], [4]], { timeMajor: true, padId: 7 }), [[1, 4], [2, 7], [3, 7]]);
  assert.deepEqual(pad([[1, 2, 3], [4]], { ...left, timeMajor: true, padId: 7 }), [[1, 7], [2, 7], [3, 4]]);
  assert.deepEqual(pad([[1, 2, 3]], { ...left, truncate: "right", maxLength: 2 }), [[1, 2]]);
  assert.deepEqual([...data.padBatch(five, { maxLength: 3 }).lengths], [3, 0, 1]);
  assert.deepEqual(pad([[], []], { length: 2 }), [[0, 0], [0, 0]]);
  assert.throws(() => data.padBatch([[1], [2, 9]], { vocabSize: 9 }), (e: unknown) => {
    assert.ok(e instanceof IndexError);
    assert.equal(e.message, "Cannot pad a batch: id 9 at place 1 of sequence 1 is outside a vocabulary of 9");
    return e.position === 1;
  });
  assert.throws(() => data.padBatch([]), /it has no sequences/);
  assert.throws(() => data.padBatch([[1]], { maxLength: 0 }), /maxLength 0/);
});

Deno.test("sequence bucketing cuts to a percentile of the lengths, as NumPy computes it", () => {
  for (const [n, wanted] of golden.percentiles as [number, number[]][]) {
    const sequences = range(n).map((i) => new Int32Array((i * i * 31 + 7) % 97));
    const found = [0, 50, 90, 95, 99, 100].map((q) => data.percentileLength(sequences, q));
    assert.deepEqual(found, wanted.map((length) => Math.max(1, length)));
  }
  const twenty = range(20).map((i) => range(i + 1)),
    { shape, values, lengths } = data.padBatch(twenty, {
      side: "left",
      percentile: 95,
    });
  assert.deepEqual([shape, lengths[18], lengths[19]], [[20, 19], 19, 19]);
  assert.deepEqual([...values.subarray(19 * 19)], range(20).slice(1), "all 19 columns, not 18");
});

Deno.test("padChunk() begins texts at whole chunks", () => {
  const texts = [[1, 2, 3, 4, 5, 6], [1, 2, 3], [1, 2]], options = { seqLen: 2, padId: 0 };
  assert.deepEqual(texts.map((ids) => [...data.padChunk(ids, 6, options)]), [
    [1, 2, 3, 4, 5, 6],
    [0, 0, 1, 2, 3, 0],
    [0, 0, 0, 0, 1, 2],
  ]);
  assert.deepEqual(texts.map((ids) => [...data.padChunk(ids, 6, { ...options, padFirst: false })]), [
    [1, 2, 3, 4, 5, 6],
    [1, 2, 3, 0, 0, 0],
    [1, 2, 0, 0, 0, 0],
  ]);
  assert.throws(() => data.padChunk([1, 2], 1), ShapeError);
});
