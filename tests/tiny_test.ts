// Everything once, in about two seconds: run it on save. What it finds broken, the other files say more about.
import assert from "node:assert/strict";
import * as w from "../mod.ts";

const device = await w.init();
w.manualSeed(5);

async function near(t: w.Tensor, want: readonly number[], what: string): Promise<void> {
  const got = [...await t.data()];
  const fine = got.length === want.length &&
    got.every((v, i) => Math.abs(v - want[i]) <= 1e-5 * (1 + Math.abs(want[i])));
  assert.ok(fine, `${what}: ${got} is not ${want}`);
}

Deno.test("tensors, ops of every family, and their gradients", async () => {
  const x = w.tensor([[1, 2, 3], [4, 5, 6]], { requiresGrad: true }), rows = w.tensor(Int32Array.of(1, 0, 1));
  await Promise.all([
    near(x.add(1).mul(x).sub(w.tensor([1, 0, 2])).div(2), [0.5, 3, 5, 9.5, 15, 20], "arithmetic"),
    near(x.pow(2).sqrt().log().exp(), [1, 2, 3, 4, 5, 6], "unary and pow"),
    near(w.where(x.gt(3), x, 0), [0, 0, 0, 4, 5, 6], "where"),
    near(x.sum({ dim: 0 }), [5, 7, 9], "sum"),
    near(x.max({ dim: 1 }).values, [3, 6], "max"),
    near(x.mean({ dim: 1 }), [2, 5], "mean"),
    near(x.matmul(x.transpose()), [14, 32, 32, 77], "matmul"),
    near(w.softmax(x, 1).sum({ dim: 1 }), [1, 1], "softmax"),
    near(w.cat([x, x.at("1:2")]).at(":", 0), [1, 4, 4], "cat and slices"),
    near(w.cumsum(x, 1), [1, 3, 6, 4, 9, 15], "cumsum"),
    near(w.sort(x, { descending: true }).values, [3, 2, 1, 6, 5, 4], "sort"),
    near(w.indexSelect(x, 0, rows), [4, 5, 6, 1, 2, 3, 4, 5, 6], "indexSelect"),
    near(x.to("i32").add(1).to("f32").at(0), [2, 3, 4], "casts"),
    near(w.einsum("ij,kj->ik", x, x), [14, 32, 32, 77], "einsum"),
  ]);
  const draws = w.randn([1000]);
  assert.ok(Math.abs(await draws.mean().item()) < 0.1 && Math.abs(await draws.std().item() - 1) < 0.1, "randn");
  x.square().mul(x).sum().backward();
  await near(x.grad!, [3, 12, 27, 48, 75, 108], "gradient");
  const [slope] = w.grad(x.square().sum(), [x], { createGraph: true });
  await near(w.grad(slope.sum(), [x])[0], [2, 2, 2, 2, 2, 2], "second derivative");
  assert.throws(() => x.add(w.ones([2])), w.ShapeError);
});

/** A layer of each kind: ids [B, T] to scores [B, 2] of the last step. */
class Everything extends w.nn.Module<[w.Tensor<"i32">], w.Tensor> {
  embedding: w.nn.Embedding = new w.nn.Embedding(10, 8, { paddingIdx: 0 });
  rnn: w.nn.RNN = new w.nn.RNN(8, 8, { batchFirst: true });
  gru: w.nn.GRU = new w.nn.GRU(8, 8, { batchFirst: true });
  lstm: w.nn.LSTM = new w.nn.LSTM(8, 6, { batchFirst: true, bidirectional: true });
  layerNorm: w.nn.LayerNorm = new w.nn.LayerNorm(12);
  head: w.nn.Sequential = new w.nn.Sequential(
    new w.nn.Dropout(0.1),
    new w.nn.Linear(12, 8),
    new w.nn.BatchNorm1d(8),
    new w.nn.GELU(),
    new w.nn.Linear(8, 2),
  );
  forward(ids: w.Tensor<"i32">): w.Tensor {
    const [a] = this.rnn.forward(this.embedding.forward(ids)), [b] = this.gru.forward(a), [c] = this.lstm.forward(b);
    return this.head.forward(this.layerNorm.forward(c.at(":", -1)));
  }
}

Deno.test("a model with a layer of each kind, loader, learner and optimisers: it learns, saves and loads", async () => {
  // Which half has the larger id decides.
  const items = Array.from({ length: 64 }, (_, i) => {
    const a = 1 + i % 9, b = 1 + (i * 5 + 3) % 9;
    return [Int32Array.of(a, b), a > b ? 1 : 0] as const;
  });
  const collate = w.data.stackFields("i32", "i32");
  const train = new w.data.DataLoader(items, { batchSize: 32, shuffle: true, seed: 1, collate });
  const model = new Everything();
  const learner = new w.train.Learner<w.Tensor<"i32">, w.Tensor<"i32">>({
    model,
    train,
    valid: train,
    loss: w.nn.functional.crossEntropy,
    metrics: [w.train.accuracy],
  });
  const { epochs, last } = await learner.fitOneCycle(8, 0.03);
  assert.ok(last.trainLoss < epochs[0].trainLoss && last.metrics.accuracy > 0.8, JSON.stringify(last));

  const copy = new Everything();
  assert.deepEqual(copy.loadStateDict(model.stateDict()), { missingKeys: [], unexpectedKeys: [] });
  const ids = w.tensor(Int32Array.from([1, 9, 7, 2]), { shape: [2, 2] });
  const [a, b] = w.noGrad(() => [model.eval().forward(ids), copy.eval().forward(ids)]);
  assert.deepEqual(await a.data(), await b.data());

  for (const make of [w.optim.SGD, w.optim.Adam, w.optim.AdamW, w.optim.FastaiAdam]) {
    const p = new w.nn.Parameter({ shape: [2], data: [1, -1] }), optimizer = new make([p], { lr: 0.1 });
    w.tidy(() => p.square().sum().backward());
    w.nn.utils.clipGradNorm_([p], 10);
    optimizer.step();
    const [left, right] = await p.data();
    assert.ok(left < 1 && left >= 0.8 && right === -left, `${make.name}: ${left}, ${right}`);
  }
  await device.sync();
});
