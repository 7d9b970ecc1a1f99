// The two networks of examples/imdb_rnn against PyTorch: logits, loss, every gradient, the losses of 20 steps.
import { strict as assert } from "node:assert";
import * as w from "../mod.ts";
import {
  countParameters,
  RNN,
  type SentimentModel,
  SentimentRNN,
  type TextBatch,
} from "../examples/imdb_rnn/models.ts";
import { goldenTensor, goldenValues, type ImdbCase, loadGolden, relativeL2, under } from "./golden/golden.ts";

await w.init();
const { tensors, meta } = await loadGolden("imdb");

Deno.test("the networks have the document's numbers of parameters and names", () => {
  using simple = new RNN({ words: 25_002 });
  using upgrade = new SentimentRNN({ words: 25_002 });
  assert.equal(countParameters(simple), 2_592_105);
  assert.equal(countParameters(upgrade), 4_810_857);
  for (const { network, parameters } of meta.cases) {
    const model = network === "simple" ? simple : upgrade;
    assert.deepEqual(Object.keys(model.stateDict()), Object.keys(parameters));
  }
});

Deno.test("the final state of the simple network is the last output, that of the padding", async () => {
  using rnn = new w.nn.RNN(3, 4);
  const [output, hidden] = rnn.forward(w.randn([5, 2, 3]) as w.Tensor);
  assert.deepEqual(await output.at(-1).data(), await hidden.squeeze(0).data());
});

/** The network of a case with its weights: those that pytorch/imdb.py makes of their names. */
function networkOf({ network, sizes }: ImdbCase): SentimentModel {
  const model = network === "simple" ? new RNN(sizes) : new SentimentRNN({ ...sizes, dropout: 0 });
  const state = Object.entries(model.stateDict()).map(([name, { shape, numel }]) => {
    const table = name === "embedding.weight";
    const data = goldenValues(name, numel, table ? 1.75 : sizes.hiddenDim ** -0.5);
    if (table && network === "upgrade") data.fill(0, sizes.embeddingDim, 2 * sizes.embeddingDim);
    return [name, { shape, data }] as const;
  });
  model.loadStateDict(Object.fromEntries(state));
  return model;
}

/** Batch `number` of a case: ids with padding behind, falling lengths, labels. */
function batchOf({ sizes, time, batch }: ImdbCase, number: number): { x: TextBatch; y: w.Tensor; ids: Int32Array } {
  const unit = (what: string, n: number) => goldenValues(`${what}/${number}`, n, 1).map((value) => (value + 1) / 2);
  const lengths = Int32Array.from({ length: batch }, (_, i) => time - Math.floor(2 * time * i / (3 * batch)));
  const ids = Int32Array.from(
    unit("text", time * batch),
    (u, i) => Math.floor(i / batch) < lengths[i % batch] ? Math.floor(u * (sizes.words - 2)) + 2 : 1,
  );
  const text = w.tensor(ids, { shape: [time, batch], dtype: "i32" });
  return { x: [text, lengths], y: w.tensor(unit("label", batch).map((u) => Math.floor(2 * u))), ids };
}

for (const one of meta.cases) {
  Deno.test(`${one.name}: logits, loss and gradients are PyTorch's, and the losses of ${one.steps} steps`, async () => {
    using model = networkOf(one);
    const held = under(tensors, one.name), first: Record<string, number> = {};
    const optimizer = one.network === "simple"
      ? new w.optim.SGD(model.parameters(), { lr: one.lr })
      : new w.optim.Adam(model.parameters(), { lr: one.lr });
    const batches = Array.from({ length: one.batches }, (_, number) => batchOf(one, number));
    const log = new w.train.ScalarLog();
    for (let step = 0; step < one.steps; step++) {
      const { x, y, ids } = batches[step % one.batches];
      const logits = model.forward(x);
      const loss = w.nn.functional.binaryCrossEntropyWithLogits(logits, y);
      optimizer.zeroGrad();
      loss.backward();
      if (step === 0) {
        first.logits = relativeL2(await logits.data(), goldenTensor(held, "logits").data);
        for (const [name, parameter] of model.namedParameters()) {
          let grad: ArrayLike<number> = await parameter.grad!.data();
          const [norm] = goldenTensor(held, `norm/${name}`).data;
          first[`norm of ${name}`] = Math.abs(Math.hypot(...blocks(grad)) / norm - 1);
          if (name === "embedding.weight" && one.sizes.words > 100) grad = rowsOfFirst(grad as Float32Array, ids, one);
          const stride = one.strides[name];
          const kept = Array.from({ length: Math.ceil(grad.length / stride) }, (_, i) => grad[i * stride]);
          first[name] = relativeL2(kept, goldenTensor(held, `grad/${name}`).data);
        }
      }
      optimizer.step();
      log.add(loss);
      logits.dispose();
      loss.dispose();
    }
    await log.flush();
    for (const [name, off] of Object.entries(first)) assert.ok(off < 1e-4, `${name} is off by ${off}`);
    const losses = goldenTensor(held, "losses").data;
    const off = Math.max(...log.values.map((value, i) => Math.abs(value - losses[i])));
    assert.equal(log.values.length, losses.length);
    assert.ok(off < 1e-3, `a loss is off by ${off}`);
    for (const { x, y } of batches) for (const tensor of [x[0], y]) tensor.dispose();
  });
}

/** Norms of blocks, so that no call has millions of arguments. */
function blocks(values: ArrayLike<number>): number[] {
  const norms: number[] = [];
  for (let from = 0; from < values.length; from += 10_000) {
    let sum = 0;
    for (let i = from; i < Math.min(from + 10_000, values.length); i++) sum += values[i] ** 2;
    norms.push(Math.sqrt(sum));
  }
  return norms;
}

/** Rows of the embedding's gradient for the words of the first review. */
function rowsOfFirst(grad: Float32Array, ids: Int32Array, { sizes: { embeddingDim }, batch }: ImdbCase): Float32Array {
  const words = ids.filter((_, i) => i % batch === 0);
  const rows = new Float32Array(words.length * embeddingDim);
  words.forEach((word, i) => rows.set(grad.subarray(word * embeddingDim, (word + 1) * embeddingDim), i * embeddingDim));
  return rows;
}
