/**
 * Mixed precision: what `autocast` makes of operations, and a loss scale that leaves out steps on the GPU. Skipped where
 * the adapter has no shader-f16, but for the scale itself, which works in f32 too.
 * @module
 */
import assert from "node:assert/strict";
import * as w from "../mod.ts";
import { fingerprint, Speaker, speaker, wordBatches } from "./support/learners.ts";

const device = await w.init();
const ignore = !device.features.has("shader-f16");
const { LossScale, MixedPrecision } = w.train;

const int = (...values: number[]): w.Tensor<"i32"> => w.tensor(Int32Array.from(values));
const bits = async (model: w.nn.Module): Promise<string> => await fingerprint(model.stateDict() as w.StateTree);

Deno.test({
  name: "autocast() gives f16 to products and recurrent layers, and leaves losses, norms and softmax in f32",
  ignore,
  fn() {
    const x = w.randn([2, 3, 4]), weight = new w.nn.Parameter(w.randn([5, 4])), ids = int(0, 1, 2);
    const layer = new w.nn.LSTM(4, 4), table = new w.nn.Embedding(3, 4);
    const forms: [string, w.DType, () => w.AnyTensor][] = [
      ["linear", "f16", () => w.linear(x, weight)],
      ["matmul", "f16", () => x.matmul(weight.transpose())],
      ["embedding", "f16", () => table.forward(ids)],
      ["lstm", "f16", () => layer.forward(x)[0]],
      ["state of the lstm", "f32", () => layer.forward(x)[1][1]],
      ["relu behind linear", "f16", () => w.linear(x, weight).relu()],
      ["relu", "f32", () => x.relu()],
      ["softmax", "f32", () => w.linear(x, weight).softmax(-1)],
      ["layerNorm", "f32", () => w.nn.functional.layerNorm(w.linear(x, weight), [5])],
      ["mean", "f32", () => w.linear(x, weight).mean()],
      ["crossEntropy", "f32", () => w.nn.functional.crossEntropy(table.forward(ids), ids)],
    ];
    for (const [name, dtype, form] of forms) {
      assert.equal(w.autocast(form).dtype, dtype, name);
      assert.equal(form().dtype, "f32", `${name} outside`);
    }
    w.autocast(() => {
      assert.ok(w.isAutocastEnabled());
      w.autocast(() => assert.equal(table.forward(ids).dtype, "f16"));
      assert.equal(table.forward(ids).dtype, "f16");
    });
    assert.ok(!w.isAutocastEnabled());
    assert.throws(() => w.autocast(() => Promise.resolve()), /Cannot use autocast on an async function/);
    assert.throws(() => w.autocast(() => w.linear(x, w.ones([5, 3]))), w.ShapeError);
    assert.ok(!w.isAutocastEnabled());
  },
});

Deno.test({
  name: "under autocast() a parameter is copied once, again when it changed, and nothing is left behind",
  ignore,
  async fn() {
    const weight = new w.nn.Parameter(w.randn([8, 8])), x = w.randn([3, 8]);
    const casts = async (fn: () => void) => {
      const rows = await w.profile(() => w.tidy(fn));
      return rows.filter(({ label }) => label.startsWith("cast ")).reduce((sum, row) => sum + row.count, 0);
    };
    assert.equal(await casts(() => w.autocast(() => w.linear(w.linear(x, weight), weight))), 2); // x and the weight
    assert.equal(
      await casts(() =>
        w.autocast(() => {
          w.linear(x, weight);
          w.noGrad(() => weight.fill_(0.5));
          w.linear(x, weight);
        })
      ),
      4,
    );
    const step = () => {
      weight.grad = null;
      w.tidy(() => w.autocast(() => w.linear(w.linear(x, weight), weight)).sum().backward());
      return w.memory().bytes;
    };
    assert.equal(step(), step());
    const want = w.tidy(() => {
      const g = w.ones([3, 8]), h = x.matmul(weight.transpose());
      return g.transpose().matmul(h).add(g.matmul(weight).transpose().matmul(x)) as w.Tensor;
    });
    const got = await weight.grad!.data();
    (await want.data()).forEach((v, i) => assert.ok(Math.abs(v - got[i]) < 2e-2 * (1 + Math.abs(v)), `${v} ${got[i]}`));
  },
});

Deno.test("LossScale leaves out steps with NaN or Infinity, halves, counts, and doubles after N others", async () => {
  const layer = new w.nn.Linear(3, 2), optimizer = new w.optim.Adam(layer.parameters(), { lr: 0.1 });
  const scaler = new LossScale({ initScale: 2 ** 20, growthInterval: 3 }), x = w.randn([4, 3]);
  const step = (factor: number): void =>
    w.tidy(() => {
      const loss = layer.forward(x).square().mean().mul(factor);
      optimizer.zeroGrad();
      scaler.scale(loss).backward();
      scaler.unscale(layer.parameters());
      optimizer.step();
      scaler.release();
    });
  const report = async () => Object.values(await scaler.report());
  assert.deepEqual(await report(), [2 ** 20, 0, 0]);
  const start = await bits(layer);
  for (const factor of [3e38, NaN, -Infinity]) step(factor);
  assert.equal(await bits(layer), start);
  assert.deepEqual(await report(), [2 ** 17, 0, 3]);
  for (const expected of [[2 ** 17, 1, 3], [2 ** 17, 2, 3], [2 ** 18, 0, 3]]) {
    step(1);
    assert.deepEqual(await report(), expected);
  }
  step(1);
  step(NaN);
  assert.deepEqual(await report(), [2 ** 17, 0, 4]);
});

Deno.test("a scaled training without overflow has the bits of a plain one, and a fault is still reported", async () => {
  const run = async (scale: boolean): Promise<string> => {
    w.manualSeed(4);
    const layer = new w.nn.Linear(3, 2), optimizer = new w.optim.Adam(layer.parameters(), { lr: 0.1 });
    const scaler = new LossScale({ initScale: 2 ** 10 }), x = w.randn([4, 3]);
    for (let i = 0; i < 5; i++) {
      w.tidy(() => {
        // The second step overflows where there is a scale, and is not made where there is none.
        if (!scale && i === 1) return;
        const loss = layer.forward(x).square().mean().mul(scale && i === 1 ? Infinity : 1);
        optimizer.zeroGrad();
        (scale ? scaler.scale(loss) : loss).backward();
        if (scale) scaler.unscale(layer.parameters());
        optimizer.step();
        if (scale) scaler.release();
      });
    }
    return await bits(layer) + await fingerprint(optimizer.stateDict() as w.StateTree);
  };
  assert.equal(await run(true), await run(false));

  const table = new w.nn.Embedding(3, 2), optimizer = new w.optim.SGD(table.parameters(), { lr: 1 });
  const scaler = new LossScale(), ids = int(1, 2).add(int(1, 1)) as w.Tensor<"i32">; // made on the GPU: 2 and 3
  const before = await bits(table);
  scaler.scale(table.forward(ids).sum()).backward();
  scaler.unscale(table.parameters());
  optimizer.step();
  scaler.release();
  await assert.rejects(w.sync(), w.IndexError);
  assert.equal(await bits(table), before);
  assert.deepEqual(Object.values(await scaler.report()), [65536, 0, 0]);
});

Deno.test("LossScale refuses what is no power of two, and states that are none", () => {
  for (const initScale of [0, -2, 3, NaN, Infinity, 2 ** 30]) {
    assert.throws(() => new LossScale({ initScale }), w.ValueError);
  }
  for (const growthInterval of [0, 1.5]) assert.throws(() => new LossScale({ growthInterval }), w.ValueError);
  assert.throws(() => new LossScale().loadStateDict({ scale: 1, counts: 2 }), /wanted { scale, counts }/);
});

Deno.test({
  name: "toFp16() trains nearly as f32 does, hands on f32, counts left-out steps, and makes no new buffers",
  ignore,
  async fn() {
    const losses: number[] = [];
    for (const half of [false, true]) {
      const measured: w.MemoryInfo[] = [], types = new Set<string>();
      const learner = speaker(3, {
        train: wordBatches(),
        callbacks: [{
          afterLoss: (l) => void types.add(`${l.prediction!.dtype} ${l.loss!.dtype}`),
          afterEpoch: () => void measured.push({ ...w.memory() }),
        }],
      });
      if (half) learner.toFp16({ initScale: 2 ** 24 });
      const { last } = await learner.fit(12, 5e-3);
      losses.push(last.trainLoss);
      assert.deepEqual([...types], ["f32 f32"]);
      assert.equal(measured[11].bytes, measured[6].bytes);
      assert.equal(measured[11].bindGroupsCreated, measured[6].bindGroupsCreated);
      const validated = await learner.validate();
      assert.ok(Number.isFinite(validated.loss));
      assert.equal(learner.context, null);
      if (!half) continue;
      const mixed = learner.callbacks.find((callback) => callback instanceof MixedPrecision) as w.train.MixedPrecision;
      const { good, skipped, scale } = await mixed.scaler.report();
      assert.ok(skipped > 0 && good > 0 && good + skipped <= learner.step);
      assert.equal(scale, 2 ** (24 - skipped));
      assert.equal(learner.toFp32().callbacks.includes(mixed), false);
      learner.model.dispose();
    }
    assert.ok(Math.abs(losses[0] - losses[1]) < 0.1, `${losses}`);
  },
});

Deno.test("a device without shader-f16 is named", async () => {
  await w.init({ f16: false });
  try {
    assert.throws(() => w.autocast(() => 1), { name: "DeviceError", message: /no shader-f16; train in f32/ });
    w.manualSeed(1);
    const learner = new w.train.Learner({
      model: new Speaker(),
      loss: w.train.crossEntropyFlat,
      train: wordBatches(),
    });
    await assert.rejects(learner.toFp16().fit(1), /Cannot train in mixed precision: .* has no shader-f16/);
  } finally {
    await w.init();
  }
});
