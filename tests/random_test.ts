// Random numbers: the known answers of Random123, host and GPU bit for bit, and dropout's masks.
import assert from "node:assert/strict";
import { grad } from "../src/autograd/backward.ts";
import { StateError, ValueError } from "../src/errors.ts";
import { init } from "../src/gpu/default.ts";
import { kernels } from "../src/gpu/kernels.gen.ts";
import { tensor } from "../src/ops/creation.ts";
import { dropout } from "../src/ops/dropout.ts";
import { multinomial } from "../src/ops/multinomial.ts";
import { slice } from "../src/ops/movement.ts";
import * as draw from "../src/ops/random.ts";
import { type Draw, dropoutMask, Generator, manualSeed, philox4x32, streamId } from "../src/tensor/random.ts";
import { empty } from "../src/tensor/tensor.ts";

const device = await init();

/** counter, key, rounds, output; hexadecimal, as Random123 prints them. */
const KNOWN: readonly [string, string, number, string][] = [
  ["00000000 00000000 00000000 00000000", "00000000 00000000", 10, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
  ["ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", 10, "408f276d 41c83b0e a20bc7c6 6d5451fd"],
  ["243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", 10, "d16cfe09 94fdcceb 5001e420 24126ea1"],
  ["00000001 00000000 00000000 00000000", "00000001 00000000", 10, "ac08141b dfc5ccbe 79c07a47 a7f66093"],
  ["00000000 00000001 00000000 00000000", "00000001 00000000", 10, "833ff8dc 225c963c 232b88b3 0b334b07"],
  ["00000000 00000000 00000000 00000000", "000004d2 00000000", 10, "2090b348 da7cf0ab 4401906f cbca470e"],
  ["00000001 00000000 00000000 00000000", "000004d2 00000000", 10, "9eeede35 1cbe137c fa277093 147edd50"],
  ["00000000 00000000 00000000 00000000", "12345678 9abcdef0", 10, "0279b337 ecb5bd8d e611c4f6 44ece875"],
  ["00000000 00000000 00000000 00000000", "00000000 00000000", 7, "5f6fb709 0d893f64 4f121f81 4f730a48"],
];

const hex = (text: string) => text.split(" ").map((word) => parseInt(word, 16));
const stream: Draw = { seed: [1234, 0], stream: 0, call: [0, 0] };

Deno.test("philox4x32() gives the known answers", () => {
  for (const [counter, key, rounds, out] of KNOWN) {
    assert.deepEqual([...philox4x32(hex(counter), hex(key), rounds)], hex(out), `${counter} / ${key}`);
  }
});

/** Random123's own list, where it stands beside the project; the rows above are enough without it. */
async function longList(): Promise<typeof KNOWN> {
  const text = await Deno.readTextFile(new URL("../../shared/data/random123/kat.json", import.meta.url)).catch(() =>
    "[]"
  );
  type Answer = { gen: string; rounds: number; ctr: string[]; key: string[]; out: string[] };
  return (JSON.parse(text) as Answer[]).filter(({ gen }) => gen === "philox4x32")
    .map(({ rounds, ctr, key, out }) => [ctr.join(" "), key.join(" "), rounds, out.join(" ")]);
}

Deno.test("philox4x32() gives every answer of Random123's list", async () => {
  for (const [counter, key, rounds, out] of await longList()) {
    assert.deepEqual([...philox4x32(hex(counter), hex(key), rounds)], hex(out), `${counter} / ${key}`);
  }
});

Deno.test("the kernel gives the known words for every counter and key", async () => {
  const answers = [...KNOWN, ...await longList()].filter(([, , rounds]) => rounds === 10);
  await Promise.all(answers.map(async ([counter, key, , out]) => {
    const words = empty(device, [4], "u32");
    const params = { counter: hex(counter), key: hex(key), n: 4, lo: 0, a: 0, b: 0, c: 0, size: 0 };
    device.recorder.dispatch(kernels.random.bits, { words }, params, { workgroups: 1 });
    assert.deepEqual([...await words.data()], hex(out), `${counter} / ${key}`);
  }));
});

Deno.test("words and uniform numbers are the same bits on host and GPU, at every size", async () => {
  await Promise.all([1, 3, 7, 65, 257, 4099].map(async (n) => {
    const host = new Generator(99, "somewhere"), gpu = new Generator(99, "somewhere");
    host.calls = gpu.calls = 2 ** 32 + 5;
    const [words, uniform] = await Promise.all([
      draw.words(device, [n], gpu.next()).data(),
      draw.uniform(device, [n], gpu.next(), 0, 1).data(),
    ]);
    assert.deepEqual(words, host.words(n));
    assert.deepEqual(uniform, host.uniform(n));
  }));
});

Deno.test("uniform() with seed 1234 begins with the published numbers", async () => {
  const wanted = [
    .1272079348564148,
    .8534688949584961,
    .26564884185791016,
    .796055257320404,
    .6208323240280151,
    .11227530241012573,
    .9771642684936523,
    .08006078004837036,
  ];
  const found = await draw.uniform(device, [8], stream, 0, 1).data();
  assert.deepEqual([...found], wanted);
});

Deno.test("uniform() stays below its upper end", async () => {
  const [wide, narrow] = await Promise.all([
    draw.uniform(device, [65537], stream, -3, 5).data(),
    draw.uniform(device, [65537], stream, 1, 1 + 2 ** -22).data(),
  ]);
  assert.ok(wide.every((v) => v >= -3 && v < 5));
  assert.ok(narrow.every((v) => v >= 1 && v < 1 + 2 ** -22));
  assert.ok(Math.abs(wide.reduce((a, b) => a + b) / wide.length - 1) < .05);
});

Deno.test("normal() pairs words as Box and Muller do", async () => {
  const found = await draw.normal(device, [4], { ...stream, seed: [0, 0] }, 0, 1).data();
  const wanted = [.29895681875882885, -.4063368613072499, -.9976956760377875, -.08980372326371376];
  wanted.forEach((v, i) => assert.ok(Math.abs(found[i] - v) < 2e-7, `${found[i]} is not ${v}`));
});

Deno.test("normal() has the moments of a normal distribution", async () => {
  const z = await draw.normal(device, [100_001], stream, 0, 1).data(), n = z.length;
  const moment = (k: number) => z.reduce((sum, v) => sum + v ** k, 0) / n;
  assert.ok(Math.abs(moment(1)) < .015 && Math.abs(moment(2) - 1) < .02, "mean, variance");
  assert.ok(Math.abs(moment(3)) < .05 && Math.abs(moment(4) - 3) < .15, "skew, kurtosis");
});

Deno.test("bernoulli() and randint() draw from the same words", async () => {
  const words = new Generator(1234, 0).words(1000);
  const [coins, faces, all] = await Promise.all([
    draw.bernoulli(device, [1000], stream, .25).data(),
    draw.randint(device, [1000], stream, -3, 4).data(),
    draw.randint(device, [1000], stream, -(2 ** 31), 2 ** 31).data(),
  ]);
  words.forEach((word, i) => {
    assert.equal(coins[i], (word >>> 8) * 2 ** -24 < .25 ? 1 : 0);
    assert.equal(faces[i], -3 + Math.floor(word / 2 ** 32 * 7));
    assert.equal(all[i], word + 2 ** 31 | 0);
  });
});

Deno.test("drawing into a tensor leaves what lies behind its end alone, and raises its version", async () => {
  const t = tensor([1, 2, 3, 4, 5, 6, 7]), { version } = t.storage;
  draw.uniformInto(slice(t, 0, 0, 3), stream, 0, 1);
  assert.equal(t.storage.version, version + 1);
  const found = await t.data();
  assert.deepEqual(found.subarray(0, 3), new Generator(1234, 0).uniform(3));
  assert.deepEqual([...found.subarray(3)], [4, 5, 6, 7]);
  assert.throws(() => draw.uniformInto(slice(t, 0, 0, 7, 2), stream, 0, 1), StateError);
});

Deno.test("dropout() drops what the mask on the host drops, forward and backward", async () => {
  const n = 1031, x = tensor(Float32Array.from({ length: n }, (_, i) => i + 1)).requiresGrad_();
  const generator = new Generator(42, "dropout");
  generator.calls = 3;
  const y = dropout(x, .3, { generator });
  const [slope] = grad(y, [x], { gradOutputs: [tensor(new Float32Array(n).fill(1))] });
  const mask = dropoutMask([n], .3, { seed: 42, call: 3 });
  const [out, back] = await Promise.all([y.data(), slope.data()]);
  assert.deepEqual(back, mask);
  assert.deepEqual(out, mask.map((m, i) => m * (i + 1)));
  assert.ok(Math.abs(mask.filter((m) => m === 0).length / n - .3) < .05);
});

Deno.test("dropout() keeps everything at p = 0 and out of training, nothing at p = 1, and refuses other p", async () => {
  const x = tensor([1, 2, 3, 4, 5]);
  assert.equal(dropout(x, 0), x);
  assert.equal(dropout(x, .5, { training: false }), x);
  assert.deepEqual([...await dropout(x, 1).data()], [0, 0, 0, 0, 0]);
  for (const p of [-.1, 1.1, NaN]) assert.throws(() => dropout(x, p), ValueError);
});

Deno.test("manualSeed() makes two runs of dropout equal, a further call another mask", async () => {
  const x = tensor(new Float32Array(257).fill(1));
  manualSeed(7);
  const a = dropout(x), b = dropout(x);
  manualSeed(7);
  const [first, second, again] = await Promise.all([a.data(), b.data(), dropout(x).data()]);
  assert.deepEqual(first, again);
  assert.notDeepEqual(first, second);
});

Deno.test("streams of different names have different numbers", () => {
  assert.notEqual(streamId("dropout"), streamId("loader"));
  assert.notDeepEqual(new Generator(1, "dropout").words(4), new Generator(1, "loader").words(4));
});

Deno.test("multinomial() draws by weight, with and without replacement", async () => {
  const rows = 3000,
    weights = tensor(Float32Array.from({ length: rows * 4 }, (_, i) => [1, 0, 3, 6][i % 4]), { shape: [rows, 4] });
  const [many, two] = await Promise.all([
    multinomial(weights, 3, { replacement: true, generator: new Generator(1) }).data(),
    multinomial(weights, 2, { generator: new Generator(1) }).data(),
  ]);
  const share = (values: Int32Array, k: number) => values.filter((v) => v === k).length / values.length;
  [.1, 0, .3, .6].forEach((p, k) => assert.ok(Math.abs(share(many, k) - p) < .02, `${k}: ${share(many, k)}`));
  const first = two.filter((_, i) => i % 2 === 0);
  [.1, 0, .3, .6].forEach((p, k) => assert.ok(Math.abs(share(first, k) - p) < .03, `${k}: ${share(first, k)}`));
  for (let i = 0; i < rows; i++) assert.notEqual(two[2 * i], two[2 * i + 1]);
});

Deno.test("multinomial() refuses bad counts at once and bad weights at the read", async () => {
  assert.throws(() => multinomial(tensor([1, 2]), 3), ValueError);
  assert.throws(() => multinomial(tensor([1, 2]), 0), ValueError);
  await assert.rejects(multinomial(tensor([1, -1]), 1).data(), ValueError);
  await assert.rejects(multinomial(tensor([0, 0]), 1).data(), ValueError);
  await assert.rejects(multinomial(tensor([0, 1]), 2).data(), ValueError);
});
