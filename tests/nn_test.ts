// Layers and losses as modules against PyTorch's numbers, values worked out by hand, refusals.
import assert from "node:assert/strict";
import * as w from "../mod.ts";
import * as nn from "../src/nn/mod.ts";
import { registry } from "../src/ops/define.ts";
import { checkOp } from "./support/ops.ts";
import { type GoldenTensor, type LayerCase, loadGolden, relativeL2, under } from "./golden/golden.ts";

await w.init();
const RECURRENT = ["RNN", "LSTM", "GRU"];

function upload({ shape, dtype, data }: GoldenTensor, requiresGrad = false): w.AnyTensor {
  const t = w.tensor(data, { shape, dtype: dtype === "i32" ? "i32" : "f32" });
  return requiresGrad && dtype === "f32" ? t.requiresGrad_() : t;
}

/** Compares many tensors with one wait. */
async function compare(
  pairs: readonly (readonly [string, w.Tensor, GoldenTensor])[],
  tolerance: number,
): Promise<void> {
  const all = w.tidy(() => w.cat(pairs.map(([, t]) => t.detach().reshape([-1]))));
  const data = await all.data();
  all.dispose();
  let at = 0;
  for (const [name, t, { shape, data: wanted }] of pairs) {
    assert.deepEqual([...t.shape], shape, name);
    const error = relativeL2(data.subarray(at, at += t.numel), wanted);
    assert.ok(error < tolerance, `${name}: relative L2 ${error}`);
  }
}

function make(one: LayerCase): nn.Module<[w.AnyTensor], w.Tensor> {
  // deno-lint-ignore no-explicit-any
  const layer = new (nn as any)[one.module](...one.args, ...(Object.keys(one.options).length ? [one.options] : []));
  return layer.train(one.mode === "train");
}

const { tensors, meta } = await loadGolden("layers");
for (const one of meta.cases.filter((c) => !RECURRENT.includes(c.module))) {
  Deno.test(`${one.module} equals PyTorch: ${one.name}`, async () => {
    const layer = make(one), own = under(tensors, one.name), pairs: [string, w.Tensor, GoldenTensor][] = [];
    layer.loadStateDict(under(own, "param"), { strict: false });
    assert.deepEqual(layer.namedParameters().map(([n]) => n).sort(), [...under(own, "param").keys()].sort());
    for (const step of one.steps ?? [""]) {
      const held = step ? under(own, step) : own, x = upload(held.get("input")!, true);
      layer.zeroGrad();
      if (step) layer.train(step !== "eval");
      const y = layer.forward(x);
      w.tidy(() => y.mul(upload(held.get("r/output")!) as w.Tensor).sum().backward());
      pairs.push([`${step} output`, y, held.get("output")!]);
      if (x.requiresGrad) pairs.push([`${step} grad/input`, x.grad!, held.get("grad/input")!]);
      for (const [name, p] of layer.namedParameters()) {
        pairs.push([`${step} grad/${name}`, p.grad!.clone(), held.get(`grad/${name}`)!]);
      }
      for (const [name, b] of layer.namedBuffers()) {
        const wanted = held.get(`buffer/${name}`);
        if (wanted) pairs.push([`${step} ${name}`, (b as w.Tensor).clone(), wanted]);
      }
    }
    await compare(pairs, 2e-6);
    layer.dispose();
  });
}

const losses = await loadGolden("losses");
const LOSSES: Record<string, keyof typeof nn> = {
  crossEntropy: "CrossEntropyLoss",
  nllLoss: "NLLLoss",
  binaryCrossEntropyWithLogits: "BCEWithLogitsLoss",
  mseLoss: "MSELoss",
  l1Loss: "L1Loss",
  smoothL1Loss: "SmoothL1Loss",
  klDiv: "KLDivLoss",
};

Deno.test("losses as modules equal PyTorch in all cases", async () => {
  const pairs: [string, w.Tensor, GoldenTensor][] = [];
  for (const one of losses.meta.cases) {
    const held = under(losses.tensors, one.name);
    const options = { ...one.options, ...Object.fromEntries(one.tensorOptions.map((n) => [n, upload(held.get(n)!)])) };
    // deno-lint-ignore no-explicit-any
    const loss = new (nn as any)[LOSSES[one.function]](options);
    const [input, ...others] = one.inputs.map((name) => upload(held.get(name)!, name === "input"));
    const y: w.Tensor = loss.forward(input, ...others);
    w.tidy(() => y.mul(upload(held.get("r/output")!) as w.Tensor).sum().backward());
    pairs.push([`${one.name} output`, y, held.get("output")!], [
      `${one.name} grad`,
      input.grad!,
      held.get("grad/input")!,
    ]);
  }
  await compare(pairs, 1e-5);
});

Deno.test("Dropout draws its own stream while training and is the identity in evaluation", async () => {
  const layer = new nn.Dropout(.3, { generator: new w.random.Generator(9, "mine") }), x = w.ones([50, 3]);
  const mask = (call: number) => w.random.dropoutMask([50, 3], .3, { seed: 9, stream: "mine", call });
  assert.deepEqual(await layer.forward(x).data(), mask(0));
  assert.deepEqual(await layer.forward(x).data(), mask(1));
  assert.equal(layer.eval().forward(x), x);
  assert.throws(() => new nn.Dropout(1.5), w.ValueError);
  assert.throws(() => new nn.Dropout(NaN), w.ValueError);
});

Deno.test("Embedding: the padding row starts as zeros, gets no gradient, and pretrained rows are frozen", async () => {
  const table = new nn.Embedding(5, 3, { paddingIdx: -1 }), ids = w.tensor([[4, 1], [1, 4]], { dtype: "i32" });
  assert.equal(table.paddingIdx, 4);
  w.tidy(() => table.forward(ids).sum().backward());
  const values = await table.weight.data(), grads = await table.weight.grad!.data();
  assert.deepEqual([...values.subarray(12)], [0, 0, 0]);
  assert.ok(values.subarray(0, 12).every((v) => v !== 0));
  assert.deepEqual([...grads], [0, 0, 0, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  const fixed = nn.Embedding.fromPretrained({ shape: [2, 2], data: [1, 2, 3, 4] });
  assert.equal(fixed.weight.requiresGrad, false);
  assert.deepEqual([...await fixed.forward(w.tensor([1], { dtype: "i32" })).data()], [3, 4]);
  assert.ok(nn.Embedding.fromPretrained(w.ones([2, 2]), { freeze: false }).weight.requiresGrad);
  assert.throws(() => table.forward(w.tensor([5], { dtype: "i32" })), w.IndexError);
  assert.throws(() => new nn.Embedding(5, 3, { paddingIdx: 5 }), w.ValueError);
  assert.throws(() => new nn.Embedding(5, 3, { weight: fixed.weight }), w.ShapeError);
  assert.throws(() => nn.Embedding.fromPretrained(w.ones([4])), w.ShapeError);
});

Deno.test("tied Embedding and Linear sum their gradients and stay equal through a step", async () => {
  const table = new nn.Embedding(4, 2), decoder = new nn.Linear(2, 4, { weight: table.weight });
  const model = new nn.Sequential(table, decoder), optimizer = new w.optim.SGD(model.parameters(), { lr: .1 });
  assert.equal(model.parameters().length, 2);
  w.tidy(() => model.forward(w.tensor([0, 3], { dtype: "i32" })).sum().backward());
  const before = await table.weight.data(), grad = await table.weight.grad!.data();
  // sum over outputs of W e: each row gets e0 + e3; rows 0 and 3 also get the column sums of W
  const e = [0, 1].map((k) => before[k] + before[6 + k]),
    columns = [0, 1].map((k) => before[k] + before[2 + k] + before[4 + k] + before[6 + k]);
  const wanted = [0, 1, 2, 3].flatMap((row) => [0, 1].map((k) => e[k] + (row === 0 || row === 3 ? columns[k] : 0)));
  assert.ok(relativeL2(grad, wanted) < 1e-6);
  optimizer.step();
  assert.deepEqual(await decoder.weight.data(), await table.weight.data());
});

Deno.test("BatchNorm1d gives the values worked out by hand", async () => {
  const layer = new nn.BatchNorm1d(2);
  const y = layer.forward(w.tensor([[1, 2], [3, -2], [5, 0], [-1, 4]]));
  assert.ok(relativeL2((await y.data()).subarray(0, 2), [-.44721315, .44721315]) < 1e-6);
  const [mean, variance, batches] = layer.buffers();
  assert.ok(relativeL2(await (mean as w.Tensor).data(), [.2, .1]) < 1e-6);
  assert.ok(relativeL2(await (variance as w.Tensor).data(), [1.5666667, 1.5666667]) < 1e-6);
  assert.equal(await batches.item(), 1);
});

Deno.test("BatchNorm1d with momentum null averages over all batches", async () => {
  const layer = new nn.BatchNorm1d(1, { momentum: null });
  for (const values of [[0, 2], [2, 4], [4, 12]]) layer.forward(w.tensor(values, { shape: [2, 1] })).dispose();
  assert.ok(Math.abs(await layer.running_mean!.item() - 4) < 1e-6); // means 1, 3, 8
  assert.ok(Math.abs(await layer.running_var!.item() - 12) < 1e-5); // unbiased variances 2, 2, 32
});

Deno.test("BatchNorm1d without running statistics uses the batch's in evaluation", async () => {
  const layer = new nn.BatchNorm1d(2, { trackRunningStats: false }).eval();
  assert.deepEqual(layer.buffers(), []);
  const y = await layer.forward(w.tensor([[1, 2], [3, -2]])).data();
  assert.ok(relativeL2(y, [-1, 1, 1, -1]) < 1e-4);
});

Deno.test("BatchNorm1d leaves its statistics alone after a fault", async () => {
  const layer = new nn.BatchNorm1d(2), { device } = layer.weight!;
  device.upload(device.faults.binding.storage, new Uint32Array([device.recorder.commandCount, 0, 5, 0]));
  layer.forward(w.ones([3, 2]));
  await assert.rejects(device.sync(), w.IndexError);
  assert.deepEqual([...await layer.running_var!.data()], [1, 1]);
  assert.equal(await layer.num_batches_tracked!.item(), 0);
});

Deno.test("normalisation refuses shapes that do not fit", () => {
  const norm = new nn.BatchNorm1d(3), layer = new nn.LayerNorm([2, 3]);
  for (const shape of [[3], [4, 2], [2, 2, 3], [1, 3], [2, 3, 4, 5]]) {
    assert.throws(() => norm.forward(w.ones(shape)), w.ShapeError, `[${shape}]`);
  }
  for (const shape of [[3], [4, 3], [3, 2]]) {
    assert.throws(() => layer.forward(w.ones(shape)), w.ShapeError, `[${shape}]`);
  }
  assert.throws(() => w.nn.functional.layerNorm(w.ones([2, 3]), 3, w.ones([2])), w.ShapeError);
  assert.throws(() => w.nn.functional.layerNorm(w.ones([2, 3]), 3, null, w.ones([3])), w.ValueError);
  assert.throws(() => w.nn.functional.batchNorm(w.ones([2, 3]), { weight: w.ones([3]) }), w.ValueError);
  assert.throws(() => norm.forward(w.ones([2, 3], { dtype: "i32" }) as unknown as w.Tensor), w.DTypeError);
});

for (const name of ["layerNorm", "batchNorm"]) {
  Deno.test(`${name} agrees with its reference in the variants for graphics cards too`, async () => {
    const device = await w.openDevice();
    (device.info as { software: boolean }).software = false;
    await checkOp(device, registry.get(name)!);
    device.close();
  });
}

Deno.test("losses keep weights as buffers under PyTorch's names", () => {
  const loss = new nn.BCEWithLogitsLoss({ weight: w.ones([3]), posWeight: w.ones([3]) });
  assert.deepEqual(Object.keys(loss.stateDict()), ["weight", "pos_weight"]);
  assert.deepEqual(Object.keys(new nn.CrossEntropyLoss({ weight: w.ones([3]) }).stateDict()), ["weight"]);
  assert.deepEqual(Object.keys(new nn.MSELoss().stateDict()), []);
});

Deno.test("Flatten, Identity and Softplus as modules", async () => {
  const x = w.ones([2, 3, 4]);
  assert.deepEqual(new nn.Flatten().forward(x).shape, [2, 12]);
  assert.equal(new nn.Identity().forward(x), x);
  assert.ok(Math.abs((await new nn.Softplus({ beta: 2 }).forward(w.zeros([1])).item()) - Math.log(2) / 2) < 1e-6);
});
