// Poolings over time against PyTorch's numbers, the documents' own values, ties, lengths that are refused, memory.
import assert from "node:assert/strict";
import * as w from "../mod.ts";
import { type GoldenTensor, loadGolden, type PoolingCase, relativeL2, under } from "./golden/golden.ts";

await w.init();
const F = w.nn.functional;
const { tensors, meta } = await loadGolden("pooling");

function upload({ shape, data }: GoldenTensor, requiresGrad = false): w.Tensor {
  return w.tensor(data, { shape, dtype: "f32", requiresGrad });
}

async function close(name: string, got: w.Tensor, { shape, data }: GoldenTensor, tolerance = 2e-6): Promise<void> {
  assert.deepEqual([...got.shape], shape, name);
  const error = relativeL2(await got.data(), data);
  assert.ok(error < tolerance, `${name}: relative L2 ${error}`);
}

function optionsOf(one: PoolingCase, held: Map<string, GoldenTensor>): w.nn.functional.AttentionPoolOptions {
  const mask = held.get("mask");
  return {
    ...one.options,
    ...mask && { mask: w.tensor(Uint8Array.from(mask.data), { shape: mask.shape, dtype: "bool" }) },
  };
}

Deno.test("poolings by lengths, by masks and of all steps equal PyTorch", async () => {
  for (const one of meta.cases.filter((c) => c.kind === "pool")) {
    const held = under(tensors, one.name), x = upload(held.get("input")!, true);
    const y = F[one.function as "meanPool"](x, optionsOf(one, held));
    y.mul(upload(held.get("r/output")!)).sum().backward();
    await close(`${one.name} output`, y, held.get("output")!);
    await close(`${one.name} grad`, x.grad!, held.get("grad/input")!);
  }
});

Deno.test("both versions of attention pooling equal PyTorch", async () => {
  for (const one of meta.cases.filter((c) => c.kind === "attention")) {
    const held = under(tensors, one.name), x = upload(held.get("input")!, true);
    const { batchFirst, version, lengths, mask } = optionsOf(one, held);
    const layer = new w.nn.AttentionPool(x.shape[2], { batchFirst, version, returnAttention: true });
    layer.loadStateDict(under(held, "param"));
    const [y, weights] = layer.forward(x, { lengths, mask });
    const objective = y.mul(upload(held.get("r/output")!)).sum();
    objective.add(weights!.mul(upload(held.get("r/weights")!)).sum()).backward();
    await close(`${one.name} output`, y, held.get("output")!);
    await close(`${one.name} weights`, weights!, held.get("weights")!);
    await close(`${one.name} grad/input`, x.grad!, held.get("grad/input")!, 5e-6);
    await close(
      `${one.name} grad/attention_vector`,
      layer.attention_vector.grad!,
      held.get("grad/attention_vector")!,
      5e-6,
    );
    layer.dispose();
  }
  const silent = new w.nn.AttentionPool(2), std = await new w.nn.AttentionPool(5000).attention_vector.data();
  assert.equal(silent.forward(w.ones([3, 1, 2]))[1], null);
  assert.ok(Math.abs(Math.sqrt(std.reduce((sum, v) => sum + v * v, 0) / 5000) - .05) < .002);
});

Deno.test("gradients of attention pooling equal differences, and so do second derivatives of all poolings", async () => {
  const x = w.randn([4, 3, 5]),
    v = w.randn([5]),
    mask = w.tensor([[true, true, true, false], [false, true, false, true], [
      true,
      true,
      true,
      true,
    ]]).transpose(0, 1);
  for (const version of ["torchmoji", "keras"] as const) {
    await w.gradcheck((x, v) => F.attentionPool(x, v, { version }), [x, v]);
    await w.gradcheck((x, v, mask) => F.attentionPool(x, v, { version, mask }), [x, v, mask]);
  }
  await w.gradcheck((x) => F.concatPool(x, { lengths: [4, 1, 3] }).tanh(), [x]);
  await w.gradcheck((x, mask) => F.concatPool(x, { mask }).tanh(), [x, mask]);
  // d/dx of sum(tanh'(pool(x)) ...): against the same function by other ops, all rows having all steps.
  const second = async (f: (x: w.Tensor) => w.Tensor): Promise<Float32Array> => {
    const leaf = x.clone().requiresGrad_();
    const [g] = w.grad([f(leaf).tanh().sum()], [leaf], { createGraph: true });
    const [h] = w.grad([g.square().sum()], [leaf]);
    return await h.data();
  };
  const mine = await second((x) => F.concatPool(x, { parts: ["max", "mean"] }));
  const other = await second((x) => w.cat([x.max({ dim: 0 }).values, x.mean({ dim: 0 })], 1));
  assert.ok(relativeL2(mine, other) < 1e-5);
});

Deno.test("concat pooling with a mask gives fastai's masked_concat_pool (golden 7.3 f)", async () => {
  const x = w.arange(0, 16, 1, { dtype: "f32" }).reshape([2, 4, 2]);
  const padding = w.tensor([[true, true, false, false], [false, false, false, true]]);
  const pool = new w.nn.ConcatPool({ batchFirst: true });
  const y = pool.forward(x, { mask: padding.logicalNot() });
  assert.deepEqual(await y.toArray(), [[6, 7, 6, 7, 5, 6], [12, 13, 12, 13, 10, 11]]);
  const all = (name: "LastPool" | "MaxPool" | "MeanPool") => new w.nn[name]().forward(x, { lengths: [1, 1, 2, 1] });
  assert.deepEqual(await all("LastPool").toArray(), [[0, 1], [2, 3], [12, 13], [6, 7]]);
  assert.deepEqual(await all("MaxPool").toArray(), [[0, 1], [2, 3], [12, 13], [6, 7]]);
  assert.deepEqual(await all("MeanPool").toArray(), [[0, 1], [2, 3], [8, 9], [6, 7]]);
});

Deno.test("a row that a mask leaves nothing of gives zeros and gets no gradient; NaN reaches the maximum", async () => {
  const x = w.ones([2, 3, 4], { requiresGrad: true });
  const mask = w.tensor([[false, false, false], [true, true, false]]);
  const y = F.concatPool(x, { batchFirst: true, mask });
  y.sum().backward();
  assert.deepEqual((await y.toArray() as number[][]).map((row) => row[4]), [0, 1]);
  assert.deepEqual([...(await x.grad!.data()).subarray(0, 12)], new Array(12).fill(0));
  assert.deepEqual(await F.maxPool(w.tensor([[[1], [NaN], [2]]]), { batchFirst: true }).toArray(), [[NaN]]);
});

Deno.test("pooling a view of another order gives the same bytes, and a gradient in that order", async () => {
  const x = w.randn([9, 5, 8]), lengths = [9, 2, 5, 1, 7];
  const a = F.concatPool(x, { lengths }), b = F.concatPool(x.transpose(0, 1), { lengths, batchFirst: true });
  assert.deepEqual(await a.data(), await b.data());
  const gradient = async (batchFirst: boolean) => {
    const leaf = x.clone().requiresGrad_();
    F.concatPool(batchFirst ? leaf.transpose(0, 1) : leaf, { lengths, batchFirst }).square().sum().backward();
    return await leaf.grad!.data();
  };
  assert.deepEqual(await gradient(true), await gradient(false));
});

Deno.test("what exceeds a binding is pooled in pieces with the same bytes", async () => {
  const limits = w.getDevice().limits as { maxStorageBufferBindingSize: number }, lengths = [9, 2, 5, 1, 7];
  const most = limits.maxStorageBufferBindingSize, values = w.randn([5, 9, 8]), r = w.randn([5, 24]);
  const vector = w.randn([8], { requiresGrad: true });
  for (const batchFirst of [true, false]) {
    const run = async () => {
      const x = (batchFirst ? values : values.transpose(0, 1)).clone().requiresGrad_();
      const y = F.concatPool(x, { lengths, batchFirst }), [g] = w.grad([y], [x], { gradOutputs: [r] });
      const [z] = F.attentionPool(x, vector, { lengths, batchFirst });
      const found = w.grad([z], [x, vector], { gradOutputs: [r.slice(1, 0, 8)] });
      return await Promise.all([y, g, z, ...found].map((t) => t.data()));
    };
    const whole = await run();
    limits.maxStorageBufferBindingSize = 1024;
    const pieces = await run().finally(() => limits.maxStorageBufferBindingSize = most);
    assert.deepEqual(pieces, whole);
  }
});

Deno.test("10,000 steps are pooled as exactly as few", async () => {
  const x = w.rand([10_000, 1, 4]), y = F.meanPool(x);
  const data = await x.data(), found = await y.data();
  for (let k = 0; k < 4; k++) {
    let sum = 0;
    for (let t = 0; t < 10_000; t++) sum += data[4 * t + k];
    assert.ok(Math.abs(found[k] - sum / 10_000) < 2e-7);
  }
});

Deno.test("each pooling is one dispatch, and its gradient another", () => {
  w.tidy(() => {
    const x = w.randn([9, 5, 8], { requiresGrad: true }), r = w.randn([5, 24]);
    const { recorder } = x.device, before = recorder.commandCount;
    const y = F.concatPool(x, { lengths: [9, 2, 5, 1, 7] });
    assert.equal(recorder.commandCount - before, 1);
    w.grad([y], [x], { gradOutputs: [r] });
    assert.equal(recorder.commandCount - before, 2);
  });
});

Deno.test("poolings repeat without growing", async () => {
  const x = w.randn([9, 5, 8], { requiresGrad: true }), layer = new w.nn.AttentionPool(8);
  const step = () =>
    w.tidy(() => {
      const lengths = [9, 2, 5, 1, 7];
      F.concatPool(x, { lengths }).sum().add(layer.forward(x, { lengths })[0].sum()).backward();
      x.grad = null;
    });
  for (let i = 0; i < 3; i++) step();
  await x.device.sync();
  const { bytes, buffers } = w.memory();
  for (let i = 0; i < 20; i++) step();
  await x.device.sync();
  assert.deepEqual([w.memory().bytes, w.memory().buffers], [bytes, buffers]);
});

Deno.test("poolings refuse what does not fit, naming the argument", () => {
  const x = w.zeros([5, 3, 4]),
    bad: [() => unknown, RegExp][] = [
      [() => F.meanPool(x, { lengths: [1, 0, 2] }), /lengths\[1\] is 0, wanted an integer from 1 to 5$/],
      [() => F.maxPool(x, { lengths: [1, 2, -1] }), /lengths\[2\] is -1, wanted an integer from 1 to 5$/],
      [() => F.lastPool(x, { lengths: [6, 2, 1] }), /lengths\[0\] is 6, wanted an integer from 1 to 5$/],
      [() => F.lastPool(x, { lengths: [2, 1.5, 1] }), /lengths\[1\] is 1.5/],
      [() => F.concatPool(x, { lengths: [1, 2] }), /lengths has 2 entries, wanted 3, each an integer from 1 to 5$/],
      [() => F.concatPool(x, { lengths: 3 as never }), /lengths is 3, wanted 3, each/],
      [() => F.attentionPool(x, w.zeros([4]), { lengths: new Int32Array([1, 9, 1]) }), /lengths\[1\] is 9/],
      [() => F.attentionPool(x, w.zeros([3])), /with a vector \[3\]: wanted \[4\]/],
      [
        () => F.attentionPool(x, w.zeros([4]), { version: "tf" as never }),
        /version is tf, wanted "torchmoji" or "keras"/,
      ],
      [() => F.meanPool(w.zeros([5, 3])), /x \[5, 3\]: wanted \[time, batch, features\]/],
      [() => F.meanPool(w.zeros([5]), { batchFirst: true }), /wanted \[batch, time, features\]/],
      [() => F.meanPool(x, { mask: w.ones([3, 5], { dtype: "bool" }) }), /a mask \[3, 5\]: wanted \[5, 3\]/],
      [() => F.meanPool(x, { mask: w.ones([5, 3]) as never }), /a mask of type f32: wanted bool/],
      [() => F.meanPool(x, { lengths: [1, 1, 1], mask: w.ones([5, 3], { dtype: "bool" }) }), /lengths and a mask/],
      [() => F.concatPool(x, { parts: ["max", "max"] }), /parts is \["max","max"\], wanted some of last, max, mean/],
      [() => new w.nn.ConcatPool({ parts: [] }), /Cannot make ConcatPool: parts is \[\]/],
      [() => new w.nn.AttentionPool(0), /features is 0/],
      [() => F.meanPool(w.zeros([50_001, 1, 1])), /50001 steps, wanted 50000 at most/],
    ];
  for (const [call, message] of bad) {
    assert.throws(call, (e) => e instanceof w.WgradError && message.test(e.message) && !e.message.endsWith("."));
  }
});
