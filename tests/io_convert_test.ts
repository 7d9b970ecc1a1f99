// Names and published weights: what the converters give is what PyTorch has, and layers with converted weights compute
// what Keras does.
import assert from "node:assert/strict";
import * as w from "../mod.ts";
import { expected, facts, golden } from "./support/formats.ts";

const { convert, hdf5, names, npz, torch } = w.io;

Deno.test("language models of fastai get the names of its second version", async () => {
  const old = await torch.loadState(golden("fwd_wt103.h5")), recent = await torch.loadState(golden("lstm_fwd.pth"));
  const first = convert.awdLstm(old), second = convert.awdLstm(recent);
  const layer = (i: number) =>
    ["weight_hh_l0_raw", "module.weight_ih_l0", "module.bias_ih_l0", "module.bias_hh_l0"]
      .map((name) => `0.rnns.${i}.${name}`);
  const wanted = ["0.encoder.weight", "0.encoder_dp.emb.weight", ...[0, 1, 2].flatMap(layer), "1.decoder.weight"];
  assert.deepEqual([...first.keys()].sort(), [...wanted].sort());
  assert.deepEqual([...second.keys()], [...wanted, "1.decoder.bias"]);
  assert.ok(first.get("0.encoder.weight")!.isSame(first.get("1.decoder.weight")!), "tied");
  const before = expected("fwd_wt103.h5");
  const after = await facts(first);
  assert.deepEqual(after["0.encoder_dp.emb.weight"], before["0.encoder_with_dropout.embed.weight"]);
  assert.deepEqual(after["0.rnns.2.weight_hh_l0_raw"], before["0.rnns.2.module.weight_hh_l0_raw"]);
  // an encoder saved alone has no prefix
  assert.ok(convert.awdLstm(names.under(old, "0.")).has("encoder_dp.emb.weight"));
});

Deno.test("DeepMoji of Keras is torchMoji of PyTorch", async () => {
  const converted = convert.deepMoji(await hdf5.loadKeras(golden("deepmoji_weights.hdf5")));
  assert.deepEqual(
    await facts([...converted].sort()),
    Object.fromEntries(Object.entries(expected("deepmoji converted")).sort()),
  );
  const moji = await torch.loadState(golden("torchmoji.bin"));
  assert.deepEqual([...converted.keys()].sort(), [...moji.keys()].sort());
  assert.deepEqual(await facts(convert.torchMoji(moji)), expected("torchmoji.bin"));

  const longer = convert.torchMoji(moji, { head: false, extraRows: Float32Array.of(1, 2, 3, 4) });
  assert.ok(![...longer.keys()].some((name) => name.includes("output_layer")));
  assert.deepEqual(longer.get("embed.weight")!.shape, [7, 4]);
  assert.deepEqual([...longer.get("embed.weight")!.data.slice(-5)], [
    moji.get("embed.weight")!.data.at(-1),
    1,
    2,
    3,
    4,
  ]);
  assert.throws(() => convert.torchMoji(moji, { extraRows: new Float32Array(3) }), { name: "ShapeError" });
  assert.throws(() => convert.deepMoji(moji), { name: "ValueError", message: /embedding\/embeddings/ });
});

Deno.test("LSTM and GRU with weights of Keras compute what Keras does", async () => {
  await w.init();
  const weights = await hdf5.loadKeras(golden("keras_model.h5"));
  const outputs = await npz.load(golden("keras_outputs.npz")) as Map<string, w.io.StoredTensor>;
  const x = outputs.get("x")!.toTensor() as w.Tensor;
  const part = (kind: string, what: string) => weights.get(`${kind}/${kind}_cell/${what}:0`)!;
  for (
    const [kind, layer, to] of [
      ["lstm", new w.nn.LSTM(3, 4), convert.kerasLstm],
      ["gru", new w.nn.GRU(3, 4), convert.kerasGru],
    ] as const
  ) {
    const parts = to(part(kind, "kernel"), part(kind, "recurrent_kernel"), part(kind, "bias"));
    layer.loadStateDict(names.rename(parts, [[/$/, "_l0"]]));
    const [output] = (layer as w.nn.LSTM).forward(x);
    const got = await output.data(), wanted = outputs.get(kind)!.data;
    assert.ok(wanted.every((value, i) => Math.abs(value - got[i]) < 2e-6), kind);
  }
  const old = w.io.StoredTensor.of(new Float32Array(12), [12], "f32");
  assert.throws(() => convert.kerasGru(part("gru", "kernel"), part("gru", "recurrent_kernel"), old), {
    name: "ShapeError",
  });
  assert.throws(() => convert.kerasLstm(part("gru", "kernel"), part("gru", "recurrent_kernel"), null), {
    name: "ShapeError",
  });
});

Deno.test("names are changed by rules, and compared with those of a module", () => {
  const values = new Map([["module.0.weight", 1], ["module.0.bias", 2], ["other", 3]]);
  assert.deepEqual([...names.rename(values, [["module.", ""], [/^0\./, "first."]]).keys()], [
    "first.weight",
    "first.bias",
    "other",
  ]);
  assert.deepEqual([...names.under(values, "module.0.")], [["weight", 1], ["bias", 2]]);
  assert.throws(() => names.rename(values, [[/.*/, "same"]]), { name: "ValueError" });

  const source = new Map(Object.entries({ a: { shape: [2, 3] }, b: { shape: [2] }, d: { shape: [] } }));
  const report = names.compare({ a: { shape: [2, 3] }, b: { shape: [3] }, c: { shape: [1] } }, source);
  assert.deepEqual([report.matched, report.missing, report.unexpected], [["a"], ["c"], ["d"]]);
  assert.deepEqual(report.mismatched, [{ name: "b", wanted: [3], given: [2] }]);
  assert.equal(report.fits, false);
  assert.match(`${report}`, /1 tensors fit\nmissing {5}c\nunexpected {2}d\nmismatched {2}b: \[2\], wanted \[3\]/);
});
