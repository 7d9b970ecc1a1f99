// Logs of runs: what stands in the files, also after kills, resumes and runs in a row. Reports: everything is escaped.
import { strict as assert } from "node:assert";
import * as w from "../mod.ts";
import { version } from "../src/platform/version.ts";
import { crc32c, histogramOf, tfRecord } from "../src/train/tfrecord.ts";
import type { AnyLearner } from "../src/train/callbacks.ts";
import config from "../deno.json" with { type: "json" };

await w.init();
const { CSVLogger, History, JSONLinesLogger, MetricObserver, ReportWriter, TensorBoardLogger } = w.train;

const root = Deno.makeTempDirSync({ prefix: "wgrad-logs-" });
globalThis.addEventListener("unload", () => Deno.removeSync(root, { recursive: true }));
const folder = (): string => Deno.makeTempDirSync({ dir: root });
const readLines = (path: string) => Deno.readTextFileSync(path).split("\n").slice(0, -1);

/** What loggers see of a learner: two steps per epoch. */
class FakeLearner {
  history = new History(["accuracy"]);
  epoch = 0;
  model = {
    namedParameters: () => [["weight", { data: () => Promise.resolve(Float32Array.of(-1, 0.5, 2, 0, NaN)) }]],
    parameters: () => [],
  };
  /** Runs epochs, with the events that loggers know. */
  async fit(callbacks: w.train.Callback[], epochs: number, states: readonly unknown[] = []): Promise<void> {
    const learner = this as unknown as AnyLearner;
    if (!states.length) this.history = new History(["accuracy"]), this.epoch = 0;
    for (const [i, callback] of callbacks.entries()) {
      await callback.beforeFit?.(learner);
      if (states.length) callback.loadStateDict?.(states[i] as null);
    }
    for (; this.epoch < epochs; this.epoch++) {
      const { loss, lr, momentum } = this.history.steps, e = this.epoch;
      loss.push(3 - e, 2.5 - e);
      lr.push(e ? .3 : .1, .2);
      momentum.push(.9, .85);
      const metrics = { accuracy: e ? 1 : .25 };
      this.history.epochs.push({ epoch: e, trainLoss: 2.5 - e, validLoss: e ? 1.3 : 2.1, metrics, seconds: 1.5 });
      for (const callback of callbacks) await callback.afterEpoch?.(learner);
    }
    for (const callback of callbacks) await callback.afterFit?.(learner);
  }
}

Deno.test("CSVLogger writes one row per epoch, NaN and empty cells as such", async () => {
  const path = `${folder()}/a/log.csv`, learner = new FakeLearner();
  await learner.fit([new CSVLogger(path)], 2);
  assert.deepEqual(readLines(path), [
    "epoch,train_loss,valid_loss,accuracy,lr,seconds",
    "0,2.5,2.1,0.25,0.2,1.5",
    "1,1.5,1.3,1,0.2,1.5",
  ]);
  const odd = new History([`"p", q`]);
  odd.epochs.push({ epoch: 0, trainLoss: NaN, validLoss: null, metrics: { '"p", q': NaN }, seconds: 1 });
  await new CSVLogger(path).afterEpoch({ history: odd } as unknown as AnyLearner);
  assert.deepEqual(readLines(path), ['epoch,train_loss,valid_loss,"""p"", q",lr,seconds', "0,NaN,,NaN,,1"]);
});

Deno.test("a log goes on where a checkpoint was made; what a kill left behind it is repaired", async () => {
  const dir = folder(), paths = [`${dir}/log.csv`, `${dir}/log.jsonl`];
  const make = () => [new CSVLogger(paths[0]), new JSONLinesLogger(paths[1], { steps: true })];
  const whole = new FakeLearner(), first = make();
  await whole.fit(first, 2);
  const want = paths.map(readLines);
  for (const text of ["", "2,1.", "2,1.5,1\n3", "2,0,0,0,0,0\n"]) {
    const states = first.map((logger) => logger.stateDict()); // of the checkpoint after two epochs
    for (const path of paths) await Deno.writeTextFile(path, text, { append: true });
    const resumed = new FakeLearner(), again = make();
    Object.assign(resumed, { history: History.fromJSON(JSON.parse(JSON.stringify(whole.history))), epoch: 2 });
    await resumed.fit(again, 3, states);
    assert.deepEqual(readLines(paths[0]), [...want[0], "2,0.5,1.3,1,0.2,1.5"]);
    assert.deepEqual(readLines(paths[1]).slice(0, want[1].length), want[1]);
    assert.deepEqual(readLines(paths[1]).slice(want[1].length).map((line) => JSON.parse(line)), [
      { step: 5, loss: 1, lr: .3, momentum: .9 },
      { step: 6, loss: .5, lr: .2, momentum: .85 },
      { epoch: 2, step: 6, train_loss: .5, valid_loss: 1.3, accuracy: 1, seconds: 1.5 },
    ]);
  }
  assert.throws(() => new CSVLogger("log").loadStateDict({ lines: "x" }), w.ValueError);
  const other = new FakeLearner();
  Object.assign(other, { history: new History(["f1"]) });
  const logger = new CSVLogger(paths[0]);
  await assert.rejects(other.fit([logger], 1, [{ lines: 2 }]), /Cannot continue .*log\.csv: its columns are epoch,/);
  assert.equal(readLines(paths[0]).length, 4, "the file is as it was");
});

Deno.test("runs of one learner follow each other; another program starts over unless it appends", async () => {
  const path = `${folder()}/log.csv`, logger = new CSVLogger(path), learner = new FakeLearner();
  await learner.fit([logger], 1);
  await learner.fit([logger], 2);
  assert.deepEqual(readLines(path).map((line) => line[0]), ["e", "0", "0", "1"]);
  await learner.fit([new CSVLogger(path, { append: true })], 1);
  assert.equal(readLines(path).length, 5);
  await learner.fit([new CSVLogger(path)], 1);
  assert.equal(readLines(path).length, 2);
  assert.throws(() => new CSVLogger("runs/"), w.ValueError);
});

Deno.test("JSONLinesLogger writes an object per line, NaN as null", async () => {
  const path = `${folder()}/log.jsonl`, learner = new FakeLearner();
  await learner.fit([new JSONLinesLogger(new URL(`file://${path}`))], 1);
  assert.equal(
    Deno.readTextFileSync(path),
    '{"epoch":0,"step":2,"train_loss":2.5,"valid_loss":2.1,"accuracy":0.25,"seconds":1.5}\n',
  );
});

Deno.test("TensorBoardLogger writes the bytes that TensorBoard was seen to read", async () => {
  const dir = folder(), learner = new FakeLearner();
  await learner.fit([new TensorBoardLogger(dir, { histograms: 1, now: () => 1700000000.25 })], 2);
  const [{ name }] = [...Deno.readDirSync(dir)], bytes = Deno.readFileSync(`${dir}/${name}`);
  assert.equal(name, "events.out.tfevents.1700000000.wgrad.000");
  const golden = new URL("golden/events.out.tfevents.golden", import.meta.url);
  if (Deno.env.get("WRITE_GOLDEN")) Deno.writeFileSync(golden, bytes);
  assert.deepEqual(bytes, Deno.readFileSync(golden));
});

Deno.test("a resumed run gives TensorBoard a new file that starts at its first step", async () => {
  const dir = folder(), learner = new FakeLearner(), first = new TensorBoardLogger(dir, { now: () => 5 });
  await learner.fit([first], 1);
  const state = first.stateDict();
  const resumed = new FakeLearner();
  Object.assign(resumed, { history: learner.history, epoch: 1 });
  await resumed.fit([new TensorBoardLogger(dir, { now: () => 5 })], 2, [state]);
  const files = [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
  assert.deepEqual(files, ["000", "001"].map((n) => `events.out.tfevents.0000000005.wgrad.${n}`));
  const second = Deno.readFileSync(`${dir}/${files[1]}`), steps: number[] = [];
  for (let at = 0; at < second.length;) { // records: the step is field 2 behind the 9 bytes of the time
    const length = new DataView(second.buffer).getUint32(at, true), data = second.subarray(at + 12, at + 12 + length);
    assert.deepEqual(tfRecord(data), second.subarray(at, at + length + 16));
    if (data[9] === 0x10) steps.push(data[10]);
    at += length + 16;
  }
  assert.deepEqual(steps, [3, 3, 4, 4]); // start, two steps, the epoch
  const { before, written } = first.stateDict() as { before: number; written: number };
  assert.deepEqual([before, written], [0, 2]);
  await learner.fit([first], 1);
  assert.deepEqual(first.stateDict(), { before: 2, written: 2 });
  assert.throws(() => new TensorBoardLogger(dir, { histograms: .5 }), w.ValueError);
});

Deno.test("crc32c() is the one of RFC 3720; histograms count finite values", () => {
  assert.equal(crc32c(new TextEncoder().encode("123456789")), 0xe3069283);
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  const histogram = histogramOf([0, 1, 2, 3, 4, Infinity], 4)!;
  assert.deepEqual(histogram.counts, [1, 1, 1, 2]);
  assert.deepEqual(histogram.limits, [1, 2, 3, 4]);
  assert.equal(histogramOf([NaN]), null);
  assert.equal(histogramOf([2, 2])!.counts.reduce((a, b) => a + b), 2);
});

Deno.test("report() holds the run in one file that loads nothing and runs nothing", async () => {
  const learner = new FakeLearner(), evil = `<script>alert('1')</script>"><img src=x onerror=alert(1)>`;
  await learner.fit([], 2);
  const html = await w.train.report(learner.history, {
    title: evil,
    notes: evil,
    config: { lr: 1e-3, [evil]: { [evil]: 1n }, list: [1, 2] },
    environment: { adapter: evil, seed: 7 },
    confusion: [[3, 1], [0, 2]],
    labels: [evil, "b"],
    predictions: [{ input: evil, target: "a", prediction: evil, probability: .25 }, {
      input: "i",
      target: "a",
      prediction: "a",
    }],
    lrFinder: { lrs: [1e-3, 1e-2, 1e-1], losses: [3, 1, 2], suggestions: { [evil]: 1e-2 } },
  });
  assert.ok(!/<script|<img|onerror=[^&]*>|javascript:/i.test(html.replaceAll("onerror=alert(1)&gt;", "")));
  assert.ok(!/\b(src|href|url|@import)\s*[=(]/i.test(html.replaceAll("&lt;img src=x", "")), "nothing is loaded");
  assert.match(html, /Content-Security-Policy" content="default-src 'none'/);
  assert.equal(html.match(/&lt;script&gt;/g)!.length > 8, true);
  for (const heading of ["Curves", "Epochs", "Learning-rate finder", "Confusion matrix", "Sample predictions"]) {
    assert.ok(html.includes(`<h2>${heading}</h2>`), heading);
  }
  for (const part of ["<td>0.001</td>", "<td>[1,2]</td>", `<td>${version}</td>`, "25.0 %", `class="wrong"`]) {
    assert.ok(html.includes(part), part);
  }
  assert.ok(html.includes(`<td class="number best">1.300000</td>`));
  assert.ok((await w.train.report(new History())).endsWith("</html>\n"), "an empty run has a report too");
});

Deno.test("the version is that of deno.json", () => assert.equal(version, config.version));

Deno.test("a learner writes its report and logs, and observes a confusion matrix", async () => {
  const dir = folder(),
    x = w.tensor([[1, 0], [0, 1], [1, 1], [2, 0], [0, 2]]),
    y = w.tensor([0, 1, 1, 0, 1], {
      dtype: "i32",
    });
  const batches = {
    length: 2,
    async *[Symbol.asyncIterator]() {
      yield [x, y] as const;
      yield [x, y] as const;
    },
  };
  const confusion = new MetricObserver(w.train.metrics.confusionMatrix());
  const learner = new w.train.Learner({
    model: new w.nn.Linear(2, 2),
    loss: w.train.crossEntropyFlat,
    train: batches,
    valid: batches,
    metrics: [w.train.accuracy, w.train.metrics.f1()],
    callbacks: [
      confusion,
      new CSVLogger(`${dir}/log.csv`),
      new JSONLinesLogger(`${dir}/log.jsonl`, { steps: true }),
      new TensorBoardLogger(dir),
      new ReportWriter(`${dir}/report.html`, () => ({ title: "Points", confusion: confusion.value })),
    ],
  });
  const history = await learner.fit(2, .1);
  assert.equal(confusion.value!.flat().reduce((a, b) => a + b), 10);
  assert.equal(readLines(`${dir}/log.csv`).length, 3);
  assert.equal(readLines(`${dir}/log.jsonl`).length, 2 + 4);
  const row = readLines(`${dir}/log.csv`)[2].split(",").map(Number);
  assert.deepEqual(row.slice(1, 5), [
    history.last.trainLoss,
    history.last.validLoss,
    history.last.metrics.accuracy,
    history.last.metrics.f1,
  ]);
  const html = Deno.readTextFileSync(`${dir}/report.html`);
  assert.ok(html.includes("<h1>Points</h1>") && html.includes("<th>adapter</th>") && html.includes("<th>seed</th>"));
  assert.deepEqual([...Deno.readDirSync(dir)].map(({ name }) => name.replace(/\d{10}/, "T")).sort(), [
    "events.out.tfevents.T.wgrad.000",
    "log.csv",
    "log.jsonl",
    "report.html",
  ]);
});

Deno.test("logs of an interrupted and resumed learner are those of one that was not", async () => {
  const x = w.tensor([[1, 0], [0, 1], [1, 1], [2, 0], [0, 2]]), y = w.tensor([0, 1, 1, 0, 1], { dtype: "i32" });
  const data = Array.from({ length: 3 }, () => [x, y] as const);
  const batches = () =>
    new w.data.DataLoader(data, { batchSize: 1, collate: ([[x, y]]) => [x.clone(), y.clone()] as const });
  const make = (dir: string, callbacks: w.train.Callback[] = []) => {
    w.manualSeed(3);
    const logs = [new CSVLogger(`${dir}/log.csv`), new JSONLinesLogger(`${dir}/log.jsonl`, { steps: true })];
    return new w.train.Learner({
      model: new w.nn.Linear(2, 2),
      loss: w.train.crossEntropyFlat,
      train: batches(),
      valid: batches(),
      callbacks: [...logs, ...callbacks],
    });
  };
  const logsOf = (dir: string) =>
    [`${dir}/log.csv`, `${dir}/log.jsonl`].map((path) =>
      Deno.readTextFileSync(path).replace(/("seconds":|,)\d+\.\d+(}?)$/gm, "$1SECONDS$2")
    );
  const whole = folder(), cut = folder();
  await make(whole).fit(3, .1);
  for (const stop of [2, 3, 5]) {
    const dies = make(cut, [
      new w.train.Checkpoint(`${cut}/saved`, { everyBatches: 1, keepLast: 1 }),
      {
        beforeStep: ({ step }) => {
          if (step === stop) throw new Error("power cut");
        },
      },
    ]);
    await assert.rejects(dies.fit(3, .1), /power cut/);
    Deno.writeTextFileSync(`${cut}/log.csv`, "1,0.5", { append: true });
    const resumed = make(cut);
    await resumed.load((await w.train.latestCheckpoint(`${cut}/saved`))!);
    await resumed.fit(3, .1);
    assert.deepEqual(logsOf(cut), logsOf(whole), `stopped before step ${stop}`);
    Deno.removeSync(cut, { recursive: true });
  }
});
