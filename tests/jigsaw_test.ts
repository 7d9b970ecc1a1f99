import assert from "node:assert/strict";
import * as w from "../mod.ts";
import { pick, read, readTemplates } from "../examples/jigsaw/data.ts";
import { countParameters, JigsawModel } from "../examples/jigsaw/model.ts";
import { loadModel, saveModel } from "../examples/jigsaw/model_file.ts";
import { batches, MAX_LENGTH, pickPart, prepare } from "../examples/jigsaw/prepare.ts";
import { adviceFor, auc, predict, run } from "../examples/jigsaw/run.ts";
import { ensemble, parseOptions, predictWith, train } from "../examples/jigsaw/train.ts";

await w.init();

const HEADER = "id,target,comment_text,severe_toxicity,obscene,identity_attack,insult,threat";
const NICE = ["what a lovely garden", "thank you for the help", "the train is late today", "we agree on this"];
const RUDE = ["you are a stupid fool", "shut up, idiot", "what an idiot, a stupid one", "go away you fool"];

/** Comments in Kaggle's layout: with quotes, commas, line ends, an empty one, and targets of both kinds. */
function kaggle(rows: number): { train: string; test: string; ids: string[] } {
  const text = (i: number): string => {
    const rude = i % 3 === 0, base = (rude ? RUDE : NICE)[i % 4];
    if (i === 5) return "";
    return i % 7 === 0
      ? `"He said: ""${base}"",\nand then some more of the ${i}"`
      : `"${base}, don't you think ${i % 11}?"`;
  };
  const line = (i: number): string => {
    const target = i % 3 === 0 ? 0.5 + i % 5 / 10 : i % 5 / 12;
    return `${1000 + i},${target},${text(i)},${target / 4},${target / 2},${target / 8},${target / 2},${target / 9}`;
  };
  const ids = Array.from({ length: rows }, (_, i) => String(70_000 + i * 7919 % 9973));
  return {
    train: [HEADER, ...Array.from({ length: rows }, (_, i) => line(i))].join("\n") + "\n",
    test: ["id,comment_text", ...ids.map((id, i) => `${id},${text(i + 1)}`)].join("\r\n") + "\r\n",
    ids,
  };
}

/** Words of the comments, for vector files. */
const WORDS = [...new Set([...NICE, ...RUDE].join(" ").replaceAll(",", "").split(" "))];

/** A vector file of a width, by a formula; words end with `last` of the list. */
function vectors(width: number, words: readonly string[], header = false): string {
  const number = (i: number, j: number): string => Math.sin(i * 31 + j * 7 + width).toFixed(4);
  const rows = words.map((word, i) => [word, ...Array.from({ length: width }, (_, j) => number(i, j))].join(" "));
  return (header ? `${words.length} ${width}\n` : "") + rows.join("\n") + "\n";
}

async function folder(rows: number, files: Record<string, string> = {}): Promise<{ dir: string; ids: string[] }> {
  const dir = await Deno.makeTempDir({ prefix: "jigsaw" }), { train, test, ids } = kaggle(rows);
  const all = {
    "train.csv": train,
    "test.csv": test,
    "a.vec": vectors(6, WORDS, true),
    "b.txt": vectors(5, WORDS.slice(4)),
    ...files,
  };
  for (const [name, text] of Object.entries(all)) await Deno.writeTextFile(`${dir}/${name}`, text);
  return { dir, ids };
}

const SMALL = { units: 4, batchSize: 128, epochs: 2 };

Deno.test("2,000 rows in Kaggle's layout give a submission with every id in order, the weighted mean of all predictions", async () => {
  const { dir, ids } = await folder(2000);
  try {
    const lines: string[] = [], print = (line: string) => void lines.push(line);
    const data = await read(dir);
    assert.equal(data.notes[0], "2 comments are empty: they are all padding");
    const prepared = await prepare(data, { vectors: [`${dir}/a.vec`, `${dir}/b.txt`], print });
    assert.deepEqual(prepared.table.shape[1], 11);
    assert.ok(lines.some((line) => /^a\.vec: .* words found/.test(line)) && lines.some((line) => /unknown/.test(line)));
    const options = { ...SMALL, models: 2, bucketing: true, out: `${dir}/out`, dump: `${dir}/dump`, print };
    const { submission } = await train(prepared, options);
    assert.ok(lines.some((line) => /^Epoch 2\/2 \t loss=0\.\d{4} \t time=\d+\.\d\ds$/.test(line)), lines.join("\n"));
    const written: Record<string, string>[] = [];
    for await (const row of w.data.readCsv(`${dir}/out/submission.csv`)) written.push(row as Record<string, string>);
    assert.deepEqual(written.map(({ id }) => id), ids, "every id, in the order of test.csv");
    // the same by hand: (1 first + 2 second) / 3 of each network, and their mean; column 0 of 7
    const files = await Promise.all(
      [0, 1].map((model) =>
        Promise.all([0, 1].map((epoch) => w.io.npy.load(`${dir}/dump/predictions-${model}-${epoch}.npy`)))
      ),
    );
    const column = (file: unknown, row: number): number => (file as { data: Float32Array }).data[row * 7];
    for (let row = 0; row < ids.length; row++) {
      const wanted = files.reduce((sum, [a, b]) => sum + (column(a, row) + 2 * column(b, row)) / 3 / 2, 0);
      assert.ok(Math.abs(submission[row].prediction - wanted) < 1e-7);
      assert.ok(Math.abs(Number(written[row].prediction) - wanted) < 1e-7);
    }
    const html = await Deno.readTextFile(`${dir}/out/report.html`);
    assert.match(html, /Toxic comments/);
    // the networks, from their files
    const again = await predictWith([0, 1].map((i) => `${dir}/out/model-${i}.safetensors`), prepared, {
      batchSize: 128,
    });
    for (let row = 0; row < ids.length; row += 97) {
      const last = files.reduce((sum, [, b]) => sum + column(b, row) / 2, 0);
      assert.ok(Math.abs(again[row].prediction - last) < 1e-6);
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("vectors of 300 + 300 make the document's network of 1,671,687 trainable parameters", async () => {
  const odd = ["a\u00a0b", "2", ...WORDS]; // a no-break space inside a word, as in GloVe's file
  const { dir } = await folder(12, { "crawl.vec": vectors(300, WORDS, true), "glove.txt": vectors(300, odd) });
  try {
    const data = await read(dir);
    const { table } = await prepare(data, { vectors: [`${dir}/crawl.vec`, `${dir}/glove.txt`] });
    assert.equal(table.shape[1], 600);
    using model = new JigsawModel(table);
    assert.equal(countParameters(model), 1_671_687);
    assert.deepEqual([...table.data.subarray(0, 600)], Array(600).fill(0), "row 0 is the padding's");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("each option of the document does what it says", async (t) => {
  const { dir } = await folder(60);
  const data = await read(dir), files = [`${dir}/a.vec`, `${dir}/b.txt`];
  try {
    await t.step("contractions are written out before cleaning", async () => {
      const [plain, written] = await Promise.all(
        [false, true].map((contractions) => prepare(data, { vectors: files, contractions })),
      );
      // "don't" is cleaned to "don t", written out it is "do not"
      assert.equal(written.encode(["do not"])[0].length, 2);
      assert.deepEqual(written.encode(["don't"]), written.encode(["do not"]));
      assert.deepEqual(plain.encode(["don't"]), plain.encode(["don t"]));
    });
    await t.step("words are looked for in other cases and as stems", async () => {
      await Deno.writeTextFile(`${dir}/stems.txt`, vectors(3, ["agre", "TRAIN", "help"]));
      const found = async (fallbacks: boolean): Promise<number> => {
        const { table } = await prepare(data, { vectors: [`${dir}/stems.txt`], fallbacks });
        let rows = 0;
        for (let i = 0; i < table.data.length; i += 3) {
          rows += Number(table.data.subarray(i, i + 3).some((x) => x !== 0));
        }
        return rows;
      };
      assert.equal(await found(false), 1);
      assert.equal(await found(true), 3);
    });
    await t.step("vectors of equal width are averaged, others refused", async () => {
      await Deno.writeTextFile(`${dir}/c.txt`, vectors(5, WORDS));
      const { table } = await prepare(data, { vectors: [`${dir}/b.txt`, `${dir}/c.txt`], average: true });
      assert.equal(table.shape[1], 5);
      await assert.rejects(prepare(data, { vectors: files, average: true }), w.ShapeError);
    });
    await t.step("the vocabulary is capped", async () => {
      const { table, train } = await prepare(data, { vectors: files, maxWords: 9 });
      assert.equal(table.shape[0], 10);
      assert.ok(train.ids.every((ids) => ids.every((id) => id <= 9)));
    });
    const prepared = await prepare(data, { vectors: files });
    await t.step("bucketing cuts a batch to the 95th percentile of its lengths and keeps the end", async () => {
      const ids = Array.from({ length: 40 }, (_, i) => Int32Array.from({ length: i + 1 }, (_, k) => k + 1));
      const part = {
        ...prepared.train,
        ids,
        targets: new Float32Array(40 * 7),
        comments: pick(prepared.train.comments, [...ids.keys()]),
      };
      const shapes: number[] = [];
      for await (const [x] of batches(part, 7, { batchSize: 40, seed: 1, bucketing: true })) {
        shapes.push(x.shape[1]);
        assert.equal(Math.max(...await x.data()), 40, "the last words stay");
      }
      assert.deepEqual(shapes, [38]); // the percentile of 1 to 40 is 38.05
      for await (const [x] of batches(part, 7, { batchSize: 40 })) assert.deepEqual(x.shape, [40, MAX_LENGTH]);
    });
    await t.step("rates: 0.6 to the epoch, from the second one on demand, or cycles", async () => {
      const ratesOf = async (options: object): Promise<number[]> => {
        const { model, history } = await run(prepared, {
          ...SMALL,
          seed: 1,
          bucketing: true,
          batchSize: 30,
          ...options,
        });
        model.dispose();
        return history.steps.lr;
      };
      const close = (found: number[], wanted: number[]) =>
        found.forEach((lr, i) => assert.ok(Math.abs(lr - wanted[i]) < 1e-12, `${found}`));
      close(await ratesOf({}), [1e-3, 1e-3, 6e-4, 6e-4]);
      close(await ratesOf({ skipFirstRate: true }), [6e-4, 6e-4, 3.6e-4, 3.6e-4]);
      close(await ratesOf({ cyclical: true }), [0, 1, 2, 3].map((k) => 1e-3 + 2e-3 * (k / 300) * 0.99994 ** k));
    });
    await t.step("folds are set aside, each comment once", async () => {
      const { aucs, submission } = await train(prepared, { ...SMALL, epochs: 1, folds: 3, bucketing: true });
      assert.equal(aucs.length, 3);
      assert.ok(aucs.every((value) => value >= 0 && value <= 1));
      assert.equal(submission.length, 60);
    });
    await t.step("the last epoch instead of the mean", () => {
      const [a, b] = [Float32Array.of(0.25, 0.5), Float32Array.of(1, 0)];
      assert.deepEqual([...ensemble([a, b])], [0.75, 0.5 / 3]);
      assert.deepEqual([...ensemble([a, b], true)], [1, 0]);
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("smaller sets say which columns are derived; templated sentences give the bias metric", async () => {
  const rows = Array.from({ length: 30 }, (_, i) => ({
    text: (i % 2 ? RUDE : NICE)[i % 4],
    label: i % 2,
    split: i < 20 ? "train" : i < 25 ? "valid" : "test",
  }));
  const sentences = Array.from({ length: 16 }, (_, i) => ({
    text: `${i % 2 ? "stupid" : "lovely"} ${["gay", "male"][i >> 3]}`,
    label: i % 2,
    identity: [["gay", "male"][i >> 3]],
  }));
  const lines = (list: readonly object[]): string => list.map((row) => JSON.stringify(row)).join("\n") + "\n";
  const { dir } = await folder(8, { "set.jsonl": lines(rows), "templates.jsonl": lines(sentences) });
  try {
    const data = await read(`${dir}/set.jsonl`);
    assert.deepEqual(data.train.columns, ["target"]);
    assert.match(data.notes[0], /^Derived columns: id from the number of the line, target from label$/);
    assert.match(data.notes[1], /^Without severe_toxicity, .*: 1 auxiliary targets instead of 6$/);
    const prepared = await prepare(data, { vectors: [`${dir}/a.vec`] });
    const found = await readTemplates(`${dir}/templates.jsonl`);
    assert.deepEqual([...found.identities.male].slice(6, 10), [0, 0, 1, 1]);
    const templates = {
      comments: found,
      ids: prepared.encode(found.texts),
      targets: Float32Array.from(sentences.flatMap(({ label }) => [label, label])),
    };
    const { bias, aucs } = await train(prepared, { ...SMALL, models: 1, batchSize: 8, templates, bucketing: true });
    assert.equal(aucs.length, 1, "the validation part was used");
    assert.equal(bias!.subgroups.find(({ name }) => name === "male")!.size, 8);
    assert.ok(bias!.final >= 0 && bias!.final <= 1);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("six labels of the earlier competition take the place of all targets; without a test part the validation part is predicted", async () => {
  const rows = Array.from({ length: 24 }, (_, i) => ({
    id: `c${i}`,
    text: (i % 2 ? RUDE : NICE)[i % 4],
    ...{ toxic: i % 2, severe_toxic: 0, obscene: i % 2, threat: 0, insult: i % 3 ? 0 : 1, identity_hate: 0 },
    split: i < 16 ? "train" : "valid",
  }));
  const { dir } = await folder(8, { "six.jsonl": rows.map((row) => JSON.stringify(row)).join("\n") });
  try {
    const data = await read(`${dir}/six.jsonl`);
    assert.deepEqual(data.notes, [
      "No part is named test: the validation comments are predicted in its place",
      "Derived columns: target from toxic, severe_toxicity from severe_toxic, identity_attack from identity_hate",
    ]);
    assert.deepEqual([...data.train.targets!.subarray(18, 24)], [1, 0, 1, 0, 1, 0], "in the competition's order");
    const prepared = await prepare(data, { vectors: [`${dir}/a.vec`] });
    const { submission, aucs } = await train(prepared, { ...SMALL, models: 1, batchSize: 8, bucketing: true });
    assert.deepEqual(submission.map(({ id }) => id), rows.slice(16).map(({ id }) => id));
    assert.equal(aucs.length, 1);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("bad input is refused before training, naming place and remedy", async (t) => {
  const { dir } = await folder(12);
  const refused = (promise: Promise<unknown>, pattern: RegExp): Promise<void> => assert.rejects(promise, pattern);
  try {
    await t.step("columns that are missing or have other names", async () => {
      const { train } = kaggle(4);
      await Deno.writeTextFile(`${dir}/train.csv`, train.replace("comment_text", "text"));
      await refused(read(dir), /comment_text/);
      await Deno.writeTextFile(`${dir}/train.csv`, train.replace("insult", "insults"));
      await refused(read(dir), /insult/);
    });
    await t.step("a target out of range", async () => {
      await Deno.writeTextFile(`${dir}/train.csv`, `${HEADER}\n7,1.5,hello,0,0,0,0,0\n`);
      await refused(read(dir), /comment 7 .*: target is 1\.5; wanted a fraction of raters from 0 to 1/);
      await Deno.writeTextFile(`${dir}/train.csv`, `${HEADER}\n7,,hello,0,0,0,0,0\n`);
      await refused(read(dir), /target is NaN/);
    });
    await t.step("no comments, no folder, a set without labels", async () => {
      await Deno.writeTextFile(`${dir}/train.csv`, `${HEADER}\n`);
      await refused(read(dir), /no training comments|holds? no/i);
      await refused(read(`${dir}/nowhere`), /nowhere/);
      await Deno.writeTextFile(`${dir}/x.jsonl`, '{"text": "a", "split": "train"}\n');
      await refused(read(`${dir}/x.jsonl`), /its rows have text, split; wanted one of target, label, toxic/);
    });
    await Deno.writeTextFile(`${dir}/train.csv`, kaggle(12).train);
    const data = await read(dir), prepared = await prepare(data, { vectors: [`${dir}/a.vec`] });
    await t.step("vectors of another width in one file, and no file", async () => {
      await Deno.writeTextFile(`${dir}/odd.txt`, "the 1 2 3\nyou 1 2\n");
      await refused(prepare(data, { vectors: [`${dir}/odd.txt`] }), /line 2/i);
      await refused(prepare(data, { vectors: [] }), /--vectors/);
    });
    await t.step("a model of another vocabulary, of other vectors, or none at all", async () => {
      using model = new JigsawModel(prepared.table, { units: 4 });
      await saveModel(`${dir}/m.safetensors`, model, prepared.vocabulary);
      (await loadModel(`${dir}/m.safetensors`, prepared.table, prepared.vocabulary)).dispose();
      const capped = await prepare(data, { vectors: [`${dir}/a.vec`], maxWords: 5 });
      await refused(loadModel(`${dir}/m.safetensors`, capped.table, capped.vocabulary), /another vocabulary/);
      const wider = await prepare(data, { vectors: [`${dir}/a.vec`, `${dir}/b.txt`] });
      await refused(
        loadModel(`${dir}/m.safetensors`, wider.table, wider.vocabulary),
        /vectors of 6, those at hand have 11/,
      );
      await w.io.safetensors.save(`${dir}/x.safetensors`, { a: w.ones([2]) });
      await refused(loadModel(`${dir}/x.safetensors`, prepared.table, prepared.vocabulary), /format is not given/);
    });
    await t.step("memory that is not enough", () => {
      const { message } = adviceFor(new w.DeviceError("Cannot run lstm: out of memory"), 512) as Error;
      assert.match(message, /batches of 512 comments of up to 220 words.*--batch-size 256 or --bucketing/);
      const other = new w.ValueError("no");
      assert.equal(adviceFor(other, 512), other);
    });
    await t.step("numbers and names on the command line", () => {
      assert.throws(() => parseOptions(["--data", dir, "--epochs", "none"]), /--epochs none/);
      assert.throws(() => parseOptions([]), /--data/);
      assert.throws(() => parseOptions(["--data", dir, "--folds", "-1"]), /folds|ambiguous/i);
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("it learns: rude comments come before nice ones", async () => {
  const { dir } = await folder(120);
  try {
    const prepared = await prepare(await read(dir), { vectors: [`${dir}/a.vec`] });
    const { model, history, predictions } = await run(prepared, {
      units: 8,
      batchSize: 20,
      epochs: 10,
      lr: 2e-2,
      cyclical: true,
      dropout: 0,
      seed: 3,
      bucketing: true,
    });
    const known = {
      ...prepared.test,
      targets: Float32Array.from(prepared.test.ids.flatMap((_, i) => [(i + 1) % 3 === 0 ? 1 : 0, ...Array(6).fill(0)])),
      comments: { ...prepared.test.comments, columns: prepared.train.comments.columns },
    };
    const backwards = prepared.test.ids.map((_, i) => prepared.test.ids.length - 1 - i);
    const turned = await predict(model, pickPart(prepared.test, backwards), 20, true), last = predictions.at(-1)!;
    const far = backwards.filter((row, i) => Math.abs(turned[7 * i] - last[7 * row]) > 0.1).length;
    assert.ok(far <= 2, `${far} predictions are those of other comments`);
    assert.ok(history.last.trainLoss < history.epochs[0].trainLoss);
    assert.ok(auc(known, predictions.at(-1)!) > 0.9, `${auc(known, predictions.at(-1)!)}`);
    model.dispose();
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
