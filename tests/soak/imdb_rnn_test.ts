// The IMDb networks on the real reviews, where they are there: what the document says of its network, and that the
// upgrade can learn. The PyTorch side of the upgrade is tests/golden/pytorch/imdb_upgrade.py.
import { strict as assert } from "node:assert";
import { type Parts, prepare } from "../../examples/imdb_rnn/data.ts";
import { UPGRADE } from "../../examples/imdb_rnn/models.ts";
import { train } from "../../examples/imdb_rnn/train.ts";
import { realData } from "../support/real_data.ts";

const folder = realData("imdb/train.jsonl.gz"), ignore = !folder || !realData("imdb/test.jsonl.gz");
const data = folder && decodeURIComponent(new URL(".", folder).pathname);
const print = console.log;

Deno.test({
  name: "the split and the vocabulary of all 25,000 reviews are the document's, but for the order of its files",
  ignore,
  async fn() {
    const { vocab, train, valid, test } = await prepare({ data });
    assert.deepEqual([train, valid, test].map(({ texts }) => texts.length), [17_500, 7_500, 25_000]);
    assert.equal(vocab.size, 25_002);
    assert.ok(vocab.counts.size > 100_000, "over 100,000 distinct words");
    const printed: Record<string, number> = {
      ...{ the: 201597, ",": 191954, ".": 164703, and: 109139, a: 108718, of: 100285, to: 93202, is: 75848, in: 61217 },
      ...{ I: 53700, it: 53206, that: 48662, '"': 44466, "'s": 42941, this: 42025, "-": 37475, "/><br": 35594 },
      ...{ was: 34753, as: 30313, with: 29819 },
    };
    for (const [token, count] of Object.entries(printed)) {
      const off = Math.abs(vocab.count(token) / count - 1);
      assert.ok(off < 0.02, `${token}: ${vocab.count(token)}, the document printed ${count}`);
    }
    const common = vocab.mostCommon(20).map(([token]) => token);
    assert.deepEqual(new Set(common), new Set(Object.keys(printed)));
  },
});

Deno.test({
  name: "two runs over 500 reviews give the same losses and weights",
  ignore,
  async fn() {
    const parts = await prepare({ data, limit: 500 });
    const runs = [];
    for (let k = 0; k < 2; k++) {
      const { model, lines, test, sha256 } = await train(parts, { epochs: 2 });
      model.dispose();
      runs.push({ lines: lines.map(({ seconds: _, ...line }) => line), test, sha256 });
    }
    assert.deepEqual(runs[0], runs[1]);
  },
});

Deno.test({
  name: "the document's network stays under 60 % on 2,000 reviews and five epochs",
  ignore,
  async fn() {
    const parts = await prepare({ data, limit: 2000 });
    const { model, lines, test } = await train(parts, { epochs: 5, print });
    model.dispose();
    for (const { validAccuracy } of lines) assert.ok(validAccuracy < 0.6);
    assert.ok(test.accuracy < 0.6 && Math.abs(test.loss - 0.693) < 0.02, `${test.loss} ${test.accuracy}`);
  },
});

Deno.test({
  name: "a review of 2,883 tokens trains with both networks",
  ignore,
  async fn() {
    const { vocab, ...parts } = await prepare({ data, limit: 32 });
    const long = Int32Array.from({ length: 2883 }, (_, i) => 2 + i % (vocab.size - 2));
    const train_ = { texts: [long, ...parts.train.texts], labels: [1, ...parts.train.labels] };
    const all: Parts = { ...parts, vocab, train: train_ };
    for (const steps of [{}, { ...UPGRADE, adam: true, hiddenDim: 64 }]) {
      const { model, lines } = await train(all, { ...steps, epochs: 1, batchSize: 33 });
      assert.ok(Number.isFinite(lines[0].trainLoss));
      assert.ok((await model.parameters()[0].data()).every(Number.isFinite));
      model.dispose();
    }
  },
});

Deno.test({
  name: "the upgrade reaches 95 % on its own 1,000 training reviews",
  ignore,
  async fn() {
    const parts = await prepare({ data, limit: 1000, maxLength: 100 });
    const options = { ...UPGRADE, adam: true, hiddenDim: 64, batchSize: 32, lr: 3e-3, epochs: 12 };
    // validated on what it was trained on: without dropout
    const { model, lines } = await train({ ...parts, valid: parts.train }, { ...options, print });
    model.dispose();
    assert.ok(Math.max(...lines.map(({ validAccuracy }) => validAccuracy)) >= 0.95);
  },
});
