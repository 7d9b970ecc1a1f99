// The dropouts with masks of their own shape, and WeightDrop: against masks drawn on the host and PyTorch's numbers.
import assert from "node:assert/strict";
import * as w from "../mod.ts";
import * as nn from "../src/nn/mod.ts";
import { type GoldenTensor, loadGolden, relativeL2, under } from "./golden/golden.ts";

const F = nn.functional;
await w.init();
const { tensors, meta } = await loadGolden("pooling");

/** The stream of the golden masks, at a draw. */
function golden(call: number): w.random.Generator {
  const generator = new w.random.Generator(11, "golden");
  generator.calls = call;
  return generator;
}

function upload({ shape, dtype, data }: GoldenTensor, requiresGrad = false): w.Tensor {
  return w.tensor(data, { shape, dtype: dtype === "i32" ? "i32" : "f32", requiresGrad } as never) as w.Tensor;
}

async function close(name: string, got: w.Tensor, { shape, data }: GoldenTensor, tolerance = 2e-6): Promise<void> {
  assert.deepEqual([...got.shape], shape, name);
  const error = relativeL2(await got.data(), data);
  assert.ok(error < tolerance, `${name}: relative L2 ${error}`);
}

Deno.test("masks are dropoutMask() of the mask's shape, bit for bit, whichever kernel draws them", async () => {
  const cases: [
    shape: number[],
    mask: number[],
    drop: (x: w.Tensor, options: nn.functional.MaskOptions) => w.Tensor,
  ][] = [
    [[70, 6, 40], [1, 6, 40], (x, o) => F.lockedDropout(x, .3, o)],
    [[5, 70, 12], [5, 1, 12], (x, o) => F.lockedDropout(x, .3, { ...o, batchFirst: true })],
    [[5, 9, 7], [5, 1, 7], (x, o) => new nn.SpatialDropout(.3, o).forward(x)],
    [[11, 6, 28], [11, 6, 1], (x, o) => F.dropout1d(x, .3, o)],
    [[6, 27], [6, 1], (x, o) => new nn.Dropout1d(.3, o).forward(x)],
    [[3, 5, 4, 6], [3, 5, 1, 1], (x, o) => F.dropout2d(x, .3, o)],
    [[3, 5, 3, 3], [3, 5, 1, 1], (x, o) => new nn.Dropout2d(.3, o).forward(x)],
    [[9, 13], [9, 13], (x, o) => F.dropout2d(x, .3, o)],
    [[2, 3, 4, 5], [3, 1, 5], (x, o) => F.dropout(x, .3, { ...o, mask: [3, 1, 5] })],
  ];
  for (const software of [true, false]) { // both kinds of adapter draw alike
    const info = w.getDevice().info as { software: boolean }, was = info.software;
    info.software = software;
    for (const [shape, mask, drop] of cases) {
      const generator = new w.random.Generator(5, "mine");
      generator.calls = 3;
      const wanted = w.tensor(w.random.dropoutMask(mask, .3, { seed: 5, stream: "mine", call: 3 }), { shape: mask });
      const x = w.randn(shape, { requiresGrad: true }), r = w.randn(shape), y = drop(x, { generator });
      const [g] = w.grad([y], [x], { gradOutputs: [r] }), label = `[${shape}] by [${mask}]`;
      assert.deepEqual(await y.add(0).data(), await x.mul(wanted).add(0).data(), label); // -0 is 0
      assert.deepEqual(await g.add(0).data(), await r.mul(wanted).add(0).data(), `gradient of ${label}`);
    }
    info.software = was;
  }
});

Deno.test("a tensor that exceeds a binding is dropped in pieces with the same mask", async () => {
  const limits = w.getDevice().limits as { maxStorageBufferBindingSize: number };
  const most = limits.maxStorageBufferBindingSize;
  const cases: [number[], number[]][] = [[[9, 4, 32], [1, 4, 32]], [[7, 9, 32], [7, 1, 32]], [[40, 3, 12], [40, 3, 1]]];
  for (const [shape, mask] of cases) {
    const x = w.ones(shape), run = () => F.dropout(x, .5, { mask, generator: golden(1) }).data();
    const whole = await run();
    limits.maxStorageBufferBindingSize = 1280;
    const pieces = await run().finally(() => limits.maxStorageBufferBindingSize = most);
    assert.deepEqual(pieces, whole, `[${shape}] by [${mask}]`);
  }
});

Deno.test("dropouts equal PyTorch with the same masks", async () => {
  for (const one of meta.cases.filter((c) => c.kind === "dropout")) {
    const held = under(tensors, one.name), x = upload(held.get("input")!, true);
    const mask = w.random.dropoutMask(one.mask!, one.p!, { seed: 11, stream: "golden", call: one.call });
    const layer = new nn[one.module as "Dropout1d"](one.p, { generator: golden(one.call!) }), y = layer.forward(x);
    y.mul(upload(held.get("r/output")!)).sum().backward();
    await close(`${one.name} output`, y, held.get("output")!);
    await close(`${one.name} grad`, x.grad!, held.get("grad/input")!);
    assert.ok(mask.includes(0) && mask.some((m) => m !== 0), one.name);
    assert.equal(layer.eval().forward(x), x);
  }
});

Deno.test("EmbeddingDropout drops rows of the table, as fastai's does", async () => {
  const one = meta.cases.find((c) => c.kind === "embedding")!, held = under(tensors, one.name);
  const [words, width] = one.args!, emb = new nn.Embedding(words, width, { paddingIdx: 2 });
  const layer = new nn.EmbeddingDropout(emb, one.p, { generator: golden(one.call!) });
  layer.loadStateDict(under(held, "param"));
  const ids = upload(held.get("input")!) as unknown as w.Tensor<"i32">, y = layer.forward(ids);
  y.mul(upload(held.get("r/output")!)).sum().backward();
  await close("output", y, held.get("output")!);
  await close("grad", emb.weight.grad!, held.get("grad/emb.weight")!);
  assert.deepEqual(await layer.eval().forward(ids).data(), await emb.forward(ids).data());
  // The table is shared with the encoder beside it, under fastai's names.
  class Encoder extends nn.Module<[w.Tensor<"i32">], w.Tensor> {
    encoder = emb;
    encoder_dp = layer;
    forward = (ids: w.Tensor<"i32">) => this.encoder_dp.forward(ids);
  }
  const encoder = new Encoder();
  assert.deepEqual(Object.keys(encoder.stateDict()), ["encoder.weight", "encoder_dp.emb.weight"]);
  assert.equal(encoder.parameters().length, 1);
  assert.throws(() => layer.train().forward(w.tensor([9], { dtype: "i32" })), w.IndexError);
});

Deno.test("WeightDrop equals PyTorch with dropped weights, in all layers and directions", async () => {
  for (const one of meta.cases.filter((c) => c.kind === "weight_drop")) {
    const held = under(tensors, one.name), [inputs, hidden] = one.args!;
    const lstm = new nn.LSTM(inputs, hidden, one.options as nn.GatedOptions);
    const layer = new nn.WeightDrop(lstm, one.p, { generator: golden(one.call!) });
    assert.deepEqual(layer.namedParameters().map(([name]) => name).sort(), [...under(held, "param").keys()].sort());
    layer.loadStateDict(under(held, "param"));
    const x = upload(held.get("input")!, true), [output, [hN, cN]] = layer.forward(x);
    const results = { output, h_n: hN, c_n: cN };
    const terms = Object.entries(results).map(([name, t]) => t.mul(upload(held.get(`r/${name}`)!)).sum());
    w.stack(terms).sum().backward();
    for (const [name, t] of Object.entries(results)) await close(`${one.name} ${name}`, t, held.get(name)!);
    await close(`${one.name} grad/input`, x.grad!, held.get("grad/input")!, 5e-6);
    for (const [name, p] of layer.namedParameters()) {
      await close(`${one.name} grad/${name}`, p.grad!, held.get(`grad/${name}`)!, 5e-6);
    }
    const plain = new nn.LSTM(inputs, hidden, one.options as nn.GatedOptions);
    plain.loadStateDict(new Map([...under(held, "param")].map(([k, t]) => [k.replace(/^module\.|_raw$/g, ""), t])));
    assert.deepEqual(await layer.eval().forward(x)[0].data(), await plain.forward(x)[0].data(), "whole in evaluation");
    assert.deepEqual(await lstm.forward(x)[0].data(), await plain.forward(x)[0].data(), "whole outside of a call");
    layer.dispose();
  }
});

Deno.test("WeightDrop loads the state dicts of fastai 0.7, 1 and 2, and of plain layers", async () => {
  const layer = new nn.WeightDrop(new nn.LSTM(3, 2), .5), names = Object.keys(layer.stateDict());
  assert.deepEqual(names, [
    "weight_hh_l0_raw",
    "module.weight_ih_l0",
    "module.bias_ih_l0",
    "module.bias_hh_l0",
  ]);
  const rest = Object.fromEntries(names.slice(1).map((name) => [name, layer.stateDict()[name]]));
  const raw = Float32Array.from({ length: 16 }, (_, i) => i), dropped = raw.map((v, i) => i % 2 ? 2 * v : 0);
  const load = async (own: Record<string, Float32Array>) => {
    nn.init.zeros_(layer.stateDict().weight_hh_l0_raw as nn.Parameter);
    const report = layer.loadStateDict({ ...rest, ...own });
    assert.deepEqual(report, { missingKeys: [], unexpectedKeys: [] });
    return await layer.stateDict().weight_hh_l0_raw.data();
  };
  assert.deepEqual(await load({ weight_hh_l0_raw: raw, "module.weight_hh_l0": dropped }), raw);
  assert.deepEqual(await load({ "module.weight_hh_l0": dropped, weight_hh_l0_raw: raw }), raw);
  assert.deepEqual(await load({ "module.weight_hh_l0_raw": raw }), raw);
  assert.deepEqual(await load({ "module.weight_hh_l0": raw }), raw);
  assert.throws(() => layer.loadStateDict(rest), /missing weight_hh_l0_raw/);
});

Deno.test("WeightDrop draws anew at every call and repeats without growing", async () => {
  const layer = new nn.WeightDrop(new nn.GRU(3, 4, { numLayers: 2 }), .5), x = w.randn([5, 2, 3]);
  assert.deepEqual(layer.layerNames, ["weight_hh_l0", "weight_hh_l1"]);
  const [a, b] = [layer.forward(x)[0], layer.forward(x)[0]];
  assert.notDeepEqual(await a.data(), await b.data());
  const step = () => w.tidy(() => layer.forward(x)[0].square().mean().backward());
  for (let i = 0; i < 3; i++) step();
  await x.device.sync();
  const { bytes, buffers } = w.memory();
  for (let i = 0; i < 20; i++) step();
  await x.device.sync();
  assert.deepEqual([w.memory().bytes, w.memory().buffers], [bytes, buffers]);
  const one = new nn.WeightDrop(new nn.GRU(3, 4, { numLayers: 2 }), .5, { layerNames: ["weight_ih_l1"] });
  assert.ok("weight_ih_l1_raw" in one.stateDict() && "module.weight_hh_l0" in one.stateDict());
});

Deno.test("dropouts refuse what does not fit", () => {
  const x = w.zeros([3, 4]),
    bad: [() => unknown, RegExp][] = [
      [() => F.lockedDropout(x), /lockedDropout \[3, 4\]: wanted \[time, batch, features\]$/],
      [() => F.lockedDropout(x, .5, { batchFirst: true }), /wanted \[batch, time, features\]$/],
      [() => F.dropout1d(w.zeros([2, 2, 2, 2])), /wanted \[batch, channels, length\] or \[channels, length\]$/],
      [() => F.dropout2d(w.zeros([4])), /wanted \[batch, channels, height, width\] or \[batch, channels\]$/],
      [() => F.dropout(x, .5, { mask: [4, 1] }), /\[3, 4\]: a mask \[4, 1\] does not broadcast to it$/],
      [() => F.dropout(x, .5, { mask: [1, 3, 4] }), /does not broadcast/],
      [() => F.dropout1d(x, 2), /dropout1d with p = 2: wanted 0 <= p <= 1$/],
      [() => F.embeddingDropout(w.tensor([0], { dtype: "i32" }), x, -1), /embeddingDropout with p = -1/],
      [() => new nn.SpatialDropout(2), /make SpatialDropout: p is 2/],
      [() => new nn.RNNDropout(NaN), /make LockedDropout: p is NaN/],
      [() => new nn.EmbeddingDropout(new nn.Embedding(2, 2), 2), /make EmbeddingDropout: p is 2/],
      [() => new nn.WeightDrop(new nn.LSTM(2, 2), -1), /make WeightDrop: p is -1/],
      [() => new nn.WeightDrop(new nn.Linear(2, 2)), /WeightDrop of Linear: no parameter begins with weight_hh/],
      [
        () => new nn.WeightDrop(new nn.LSTM(2, 2), .5, { layerNames: ["weight_hh_l1"] }),
        /has no parameter weight_hh_l1/,
      ],
    ];
  for (const [call, message] of bad) assert.throws(call, (e) => e instanceof w.WgradError && message.test(e.message));
});
