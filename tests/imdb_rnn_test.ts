// examples/imdb_rnn: the two networks against PyTorch (logits, loss, every gradient, the losses of 20 steps), and the way
// from a folder of reviews to predictions, on texts made here.
import { strict as assert } from "node:assert";
import * as w from "../mod.ts";
import {
  countParameters,
  RNN,
  type SentimentModel,
  SentimentRNN,
  type TextBatch,
  UPGRADE,
} from "../examples/imdb_rnn/models.ts";
import { loader, prepare } from "../examples/imdb_rnn/data.ts";
import { loadModel, saveModel, weightsHash } from "../examples/imdb_rnn/model_file.ts";
import { predictSentiment } from "../examples/imdb_rnn/predict.ts";
import { printTable } from "../examples/imdb_rnn/table.ts";
import { parseOptions, test, train, type TrainOptions } from "../examples/imdb_rnn/train.ts";
import { pretrained } from "../examples/imdb_rnn/vectors.ts";
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

/** Words that make a made-up review good or bad, and words that say nothing. */
const GOOD = ["great", "lovely", "superb", "moving"], BAD = ["awful", "dull", "clumsy", "boring"];
const PLAIN = [
  "the",
  "film",
  "was",
  "a",
  "story",
  "of",
  "two",
  "friends",
  ",",
  "and",
  "it",
  "'s",
  "music",
  "ended",
  ".",
];

/** The text of review number `i`: 3 to 40 words, two of which say what it is worth. */
function review(i: number, positive: boolean): string {
  const draw = (list: readonly string[], k: number) => list[(Math.imul(i * 131 + k, 0x9e3779b1) >>> 9) % list.length];
  const words = Array.from({ length: 3 + i * 7 % 38 }, (_, k) => draw(PLAIN, k));
  for (const k of [1, 2]) words[k % words.length] = draw(positive ? GOOD : BAD, 100 + k);
  return `I saw number ${i}. ${words.join(" ")}`;
}

/** A folder as aclImdb, with `count` reviews of each kind in each part. */
async function folderOf(count: number): Promise<string> {
  const root = await Deno.makeTempDir({ prefix: "imdb" });
  for (const part of ["train", "test"]) {
    for (const kind of ["pos", "neg"]) {
      await Deno.mkdir(`${root}/aclImdb/${part}/${kind}`, { recursive: true });
      for (let i = 0; i < count; i++) {
        const text = review(part === "train" ? i : 1000 + i, kind === "pos");
        await Deno.writeTextFile(`${root}/aclImdb/${part}/${kind}/${i}_${kind === "pos" ? 9 : 2}.txt`, text);
      }
    }
  }
  return root;
}

const root = await folderOf(60), data = `${root}/aclImdb`;
addEventListener("unload", () => Deno.removeSync(root, { recursive: true }));
const SMALL = { batchSize: 16, embeddingDim: 12, hiddenDim: 24, epochs: 2 } as const;

Deno.test("reviews are split, numbered and batched as torchtext does", async () => {
  const { vocab, train, valid, test } = await prepare({ data });
  assert.deepEqual([train, valid, test].map(({ texts }) => texts.length), [84, 36, 120]);
  assert.deepEqual(vocab.tokens.slice(0, 2), ["<unk>", "<pad>"]);
  assert.ok(!vocab.has("great film"));
  const ordered = [...vocab.tokens.slice(2)].sort((a, b) => vocab.count(b) - vocab.count(a) || (a < b ? -1 : 1));
  assert.deepEqual(vocab.tokens.slice(2), ordered);
  assert.deepEqual([...new Set(train.labels)].sort(), [0, 1]);
  const cut = await prepare({ data, limit: 20, maxLength: 6 });
  assert.deepEqual([cut.train, cut.valid, cut.test].map(({ texts }) => texts.length), [20, 9, 20]);
  assert.equal(Math.max(...cut.train.texts.map((ids) => ids.length)), 6);
  assert.deepEqual(cut.train.labels, train.labels.slice(0, 20));
  assert.ok(cut.test.labels.includes(0) && cut.test.labels.includes(1), "a limit takes both kinds of test reviews");
  const lengths: number[][] = [];
  for await (const [[text, own], y] of loader(valid, { batchSize: 8, train: false })) {
    assert.deepEqual([text.shape, y.shape], [[own[0], own.length], [own.length]]);
    lengths.push([...own]);
  }
  assert.deepEqual(
    lengths.flatMap((own) => own.toReversed()),
    valid.texts.map((ids) => ids.length).sort((a, b) => a - b),
  );
});

Deno.test("tokens from the cache are those made anew", async () => {
  const cache = `${root}/cache`, seen: number[] = [];
  const onProgress = (done: number) => void seen.push(done);
  const first = await prepare({ data, cache, onProgress }), again = seen.length;
  assert.deepEqual(await prepare({ data, cache, onProgress }), first);
  assert.equal(seen.length, again, "nothing is tokenized twice");
  assert.deepEqual(await prepare({ data }), first);
});

Deno.test("two trainings give the same lines and weights, another seed others; the model file predicts the same", async () => {
  const parts = await prepare({ data });
  const printed: string[] = [], out = `${root}/run`;
  const options = { ...SMALL, ...UPGRADE, adam: true, lr: 1e-2, epochs: 4 };
  const first = await train(parts, { ...options, out, print: (line) => void printed.push(line) });
  const second = await train(parts, options);
  const other = await train(parts, { ...options, seed: 5, epochs: 1 });
  const losses = (run: typeof first) => run.lines.map(({ trainLoss, validLoss }) => [trainLoss, validLoss]);
  assert.deepEqual(losses(first), losses(second));
  assert.deepEqual([first.sha256, first.test], [second.sha256, second.test]);
  assert.notEqual(first.sha256, other.sha256);
  assert.ok(first.test.accuracy > 0.8, `accuracy ${first.test.accuracy} of words that tell`);

  const lines = printed.join("\n");
  assert.match(lines, /^The model has [\d,]+ trainable parameters$/m);
  assert.match(lines, /^Epoch: 04 \| Epoch Time: \d+m \d+s$/m);
  assert.match(lines, /^\tTrain Loss: \d\.\d{3} \| Train Acc: \d+\.\d\d%$/m);
  assert.match(lines, /^\t Val\. Loss: \d\.\d{3} \| {2}Val\. Acc: \d+\.\d\d%$/m);
  assert.match(lines, /^Test Loss: \d\.\d{3} \| Test Acc: \d+\.\d\d%$/m);
  assert.match(await Deno.readTextFile(`${out}/report.html`), /I saw number/);

  const loaded = await loadModel(`${out}/model.safetensors`, parts.vocab);
  assert.equal(await weightsHash(loaded.model), await weightsHash(first.model));
  assert.deepEqual(await test(`${out}/model.safetensors`, parts, 16), first.test);
  for (const [text, positive] of [["It was superb, great.", true], ["It was dull, awful.", false]] as const) {
    const probability = await predictSentiment(loaded, text);
    assert.equal(probability > 0.5, positive, `${text}: ${probability}`);
    assert.equal(probability, await predictSentiment(first, text));
  }
  for (const { model } of [first, second, other, loaded]) model.dispose();
});

Deno.test("the document's network is trained without any step; the best epoch is tested", async () => {
  const parts = await prepare({ data });
  const { model, network, lines, test, history } = await train(parts, { ...SMALL, epochs: 3 });
  assert.ok(model instanceof RNN);
  assert.equal(network.steps, null);
  // the document's means are those of batches: the last batches are short here
  const { batch_loss: mean } = history.last.metrics;
  assert.equal(mean, lines[2].validLoss);
  assert.notEqual(mean, history.last.validLoss);
  assert.ok(test.loss > 0.6 && test.loss < 0.8, `${test.loss}`);
  model.dispose();
});

Deno.test("every single step can be taken alone", async () => {
  const parts = await prepare({ data, limit: 16 });
  const vectors = `${root}/vectors.txt`;
  await Deno.writeTextFile(vectors, "film 1 2 3\nwas -1 0 1\nnever-seen 9 9 9\n");
  const steps: TrainOptions[] = [
    { packed: true },
    { vectors },
    { lstm: true },
    { bidirectional: true },
    { layers: 2 },
    { dropout: 0.5 },
    { adam: true },
  ];
  for (const step of steps) {
    const { model, network } = await train(parts, {
      ...SMALL,
      epochs: 1,
      embeddingDim: step.vectors ? undefined : 12,
      ...step,
    });
    assert.equal(network.steps === null, step.adam === true);
    assert.equal(network.embeddingDim, step.vectors ? 3 : 12);
    model.dispose();
  }
  assert.deepEqual(parseOptions(["--upgrade", "--layers", "3", "--no-packed"]).train.packed, false);
  const { train: options } = parseOptions(["--upgrade", "--layers", "3"]);
  assert.deepEqual([options.packed, options.layers, options.dropout, options.adam], [true, 3, 0.5, true]);
});

Deno.test("the table has a row per step", async () => {
  const parts = await prepare({ data, limit: 16, maxLength: 8 }), lines: string[] = [];
  const usual = { ...SMALL, hiddenDim: 8, epochs: 1 };
  await printTable((steps) => train(parts, { ...usual, ...steps }), undefined, (line) => void lines.push(line));
  const rows = lines.slice(3).map((line) => line.split("|").map((cell) => cell.trim()));
  const names = ["none, all", "packed sequences", "LSTM", "bidirectional", "two layers", "dropout", "Adam"];
  assert.deepEqual(rows.map(([, name]) => name), names);
  for (const [, , alone, rest] of rows) for (const cell of [alone, rest]) assert.match(cell, /^\d+\.\d\d% \(\d+ s\)$/);
});

Deno.test("pretrained vectors start the embedding, words without one are drawn, <unk> and <pad> are zero", async () => {
  const vocab = new w.text.Vocab(["<unk>", "<pad>", "film", "was", "odd"], { unknown: "<unk>", pad: "<pad>" });
  const path = `${root}/vectors.vec`, said: string[] = [];
  await Deno.writeTextFile(path, "<pad> 5 5\nwas -1 0.5\nfilm 1 2\n");
  const { shape, data } = await pretrained(path, vocab, 2, (line) => void said.push(line));
  assert.deepEqual(shape, [5, 2]);
  assert.deepEqual([...data.subarray(0, 8)], [0, 0, 0, 0, 1, 2, -1, 0.5]);
  assert.ok(data.subarray(8).every((value) => value !== 0));
  assert.match(said.join(), /3 of 5 words found/);
});

Deno.test("what cannot be trained on is refused before training, with its place and what to do", async () => {
  const refused = async (run: () => Promise<unknown>, ...messages: RegExp[]) => {
    const error = await run().then(() => null, (error) => error);
    assert.ok(error instanceof w.WgradError, `${error}`);
    for (const message of messages) assert.match(error.message, message);
  };
  await refused(() => prepare({ data: `${root}/nowhere` }), /nowhere/);
  await Deno.mkdir(`${root}/renamed/train/positive`, { recursive: true });
  await refused(() => prepare({ data: `${root}/renamed` }), /pos/);
  const empty = await folderOf(4);
  await Deno.writeTextFile(`${empty}/aclImdb/train/neg/2_2.txt`, " \n");
  await refused(() => prepare({ data: `${empty}/aclImdb` }), /number 3 of the neg ones is empty; take it out/);
  await Deno.remove(empty, { recursive: true });
  const lines = `${root}/lines`;
  await Deno.mkdir(lines);
  await Deno.writeTextFile(`${lines}/train.jsonl`, '{"text": "a", "label": 0}\n{"text": "b", "label": 2}\n');
  await refused(
    () => prepare({ data: lines }),
    /line 2 of .*train\.jsonl: its label is 2; wanted .*0 or "neg", 1 or "pos"/,
  );
  await refused(() => prepare({ data, limit: 0 }), /--limit 0/);
  await refused(() => prepare({ data, maxLength: 2.5 }), /--max-length 2.5/);
  await refused(async () => await parseOptions(["--epochs", "five"]), /--epochs five/);

  const parts = await prepare({ data, limit: 16 }), vectors = `${root}/odd.txt`;
  await Deno.writeTextFile(vectors, "film 1 2 3\nwas 1 2\n");
  await refused(() => train(parts, { ...SMALL, vectors }), /odd\.txt/);
  await Deno.writeTextFile(vectors, "film 1 2 3\nwas 1 2 4\n");
  await refused(() => train(parts, { ...SMALL, vectors }), /they have 3 numbers and the embedding has 12/);

  const path = `${root}/other.safetensors`, { model, network, vocab } = await train(parts, { ...SMALL, epochs: 1 });
  await saveModel(path, { model, network, vocab });
  const others = await prepare({ data, limit: 17 });
  await refused(() => test(path, others), /a model of another vocabulary/, /in place of/, /--limit and --seed/);
  await refused(() => loadModel(`${root}/run/report.html`), /report\.html/);
  await w.io.safetensors.save(path, model.stateDict());
  await refused(() => loadModel(path), /its format is not given; wanted a model/);
  await saveModel(path, { model, network, vocab: new w.text.Vocab(vocab.tokens.slice(1)) });
  await refused(() => loadModel(path), /words and \d+ word vectors/);
  await refused(() => predictSentiment({ model, vocab }, "  \n"), /a text without words/);
  model.dispose();
});

Deno.test("out of GPU memory, the message says which batch size or length to try", async () => {
  const parts = await prepare({ data, limit: 16 }), longest = Math.max(...parts.train.texts.map((ids) => ids.length));
  const cause = new w.DeviceError("Cannot allocate 300000000 bytes: the device allows 268435456 per buffer");
  const fail: w.train.Callback = {
    beforeBatch() {
      throw cause;
    },
  };
  const error = await train({ ...parts, valid: parts.train, test: parts.train }, { ...SMALL, callbacks: [fail] }).catch(
    (error) => error,
  );
  assert.ok(error instanceof w.DeviceError);
  assert.match(
    error.message,
    /batches of 16 reviews .*try --batch-size 8 or --max-length \d+ \(Cannot allocate 300000000/,
  );
  assert.match(error.message, new RegExp(`up to ${longest} tokens.*--max-length ${Math.floor(longest / 2)} `));
  assert.equal(error.cause, cause);
});
