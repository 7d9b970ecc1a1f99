// The Checkpoint callback: what it saves and when, what is kept, and that a load that fails changes nothing.
import { strict as assert } from "node:assert";
import * as w from "../mod.ts";
import { openFolder } from "../src/platform/folder.ts";
import { disposeTree } from "../src/train/checkpoint_tree.ts";
import { makeLearner, sumOf } from "./support/resume_child.ts";

await w.init();
const EPOCHS = 2, LR = 1e-2;
type Learner = ReturnType<typeof makeLearner>["learner"];

async function withFolder<R>(fn: (path: string) => Promise<R>): Promise<R> {
  const path = await Deno.makeTempDir();
  try {
    return await fn(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

const names = (path: string) => Array.fromAsync(Deno.readDir(path), ({ name }) => name).then((list) => list.sort());

/** Ends a run after some of its steps. */
const stopAt = (steps: number): w.train.Callback => ({
  betweenBatches: (learner) => void (learner.step === steps && learner.stop()),
});

Deno.test("a run that is stopped after any batch and resumed in a new learner ends with the same bits", () =>
  withFolder(async (path) => {
    const whole = makeLearner(`${path}/whole`);
    await whole.learner.fitOneCycle(EPOCHS, LR);
    const wanted = await sumOf(whole.learner), { length } = whole.learner.train;
    assert.deepEqual((await names(`${path}/whole`)).length, 3, "the last two and the best");
    // The first batch, the middle, the last batch of an epoch, and the last one of all.
    for (const [i, step] of [1, 6, length, length + 3, 2 * length].entries()) {
      const folder = `${path}/${step}`, first = makeLearner(folder, { prefetch: i });
      await first.learner.fitOneCycle(EPOCHS, LR, { callbacks: [stopAt(step)] });
      const second = makeLearner(folder, { prefetch: 2 * i % 3 });
      assert.equal(await second.checkpoint.resume(second.learner), true);
      assert.equal(second.learner.step, step);
      await second.learner.fitOneCycle(EPOCHS, LR);
      assert.equal(await sumOf(second.learner), wanted, `stopped after ${step}`);
      // The same learner can go on, too.
      if (step === 6) {
        assert.equal(await first.checkpoint.resume(first.learner), true);
        await first.learner.fitOneCycle(EPOCHS, LR);
        assert.equal(await sumOf(first.learner), wanted, "in the same learner");
      }
    }
  }));

Deno.test("files are kept, the best one is found again, and an empty folder resumes nothing", () =>
  withFolder(async (path) => {
    const { learner, checkpoint } = makeLearner(path);
    assert.equal(await checkpoint.resume(learner), false);
    await learner.fit(EPOCHS, LR);
    // 11 batches an epoch: after 4, 8, the epoch, 12, 16, 20 and the epoch.
    assert.deepEqual(await names(path), [
      "best.safetensors",
      "checkpoint-000006.safetensors",
      "checkpoint-000007.safetensors",
    ]);
    const accuracies = learner.history.epochs.map(({ metrics }) => metrics.accuracy);
    assert.equal(checkpoint.best, Math.max(...accuracies));
    await checkpoint.loadBest(learner);
    assert.equal(learner.epoch, accuracies.indexOf(checkpoint.best!) + 1, "epochs that are over");
    const saved = await checkpoint.save(learner);
    assert.match(saved, /checkpoint-000008\.safetensors$/);
    assert.equal(await w.train.latestCheckpoint(path), saved);
  }));

Deno.test("a checkpoint of another model, optimiser or data is refused by name, and nothing is changed", () =>
  withFolder(async (path) => {
    const { learner, checkpoint } = makeLearner(path);
    await learner.fit(1, LR);
    const before = await sumOf(learner), position = JSON.stringify(learner.train.stateDict!());
    const file = await checkpoint.save(learner), state = await w.train.loadCheckpoint(file) as w.train.LearnerState;
    const other = new w.train.Checkpoint(`${path}/other`);
    const refused = async (change: (state: Any) => Any, said: RegExp) => {
      await w.train.saveCheckpoint(`${path}/other/checkpoint-000001.safetensors`, change({ ...state }));
      await assert.rejects(other.resume(learner), (error: unknown) => {
        assert.ok(error instanceof w.WgradError, `${error}`);
        assert.match(error.message, said);
        return true;
      });
      assert.equal(await sumOf(learner), before, `${said}`);
      assert.equal(JSON.stringify(learner.train.stateDict!()), position, `${said}`);
    };
    const wide = w.zeros([4, 12]);
    await refused((s) => ({ ...s, model: { ...s.model, "out.weight": wide } }), /out\.weight.*\[4, 12\].*\[3, 12\]/);
    await refused(({ model: { "out.bias": _, ...model }, ...s }) => ({ ...s, model }), /out\.bias/);
    await refused((s) => ({ ...s, model: { ...s.model, more: wide } }), /more/);
    await refused((s) => ({ ...s, version: 2 }), /version 2/);
    await refused((s) => ({ ...s, loader: { ...s.loader, batchSize: 3 } }), /batchSize 3/);
    await refused((s) => ({ ...s, validLoader: { ...s.validLoader, items: 3 } }), /items 3/);
    await refused((s) => ({ ...s, optimizer: { ...s.optimizer, paramGroups: [] } }), /groups/);
    await refused(() => ({ model: state.model }), /version undefined/);
    wide.dispose();
    disposeTree(state);
    // A damaged one is passed over for the one before it, with a warning.
    const warnings: string[] = [], numbers = await names(path);
    await Deno.truncate(`${path}/${numbers.at(-2)}`, 1000);
    const careful = new w.train.Checkpoint(path, { warn: (message) => void warnings.push(message) });
    assert.equal(await careful.resume(learner), true);
    assert.match(warnings.join(), new RegExp(`${numbers.at(-2)}: .*; going on from .*${numbers.at(-3)}`));
  }));

// deno-lint-ignore no-explicit-any -- states are changed in ways that types forbid
type Any = any;

Deno.test("a disk that refuses is an error of the run, told at the next event", () =>
  withFolder(async (path) => {
    const folder = openFolder(path);
    const full = { ...folder, write: () => Promise.reject(new w.StateError("Cannot write: the disk is full")) };
    const { learner, checkpoint } = makeLearner(full);
    await assert.rejects(learner.fit(1, LR), /the disk is full/);
    assert.ok(learner.step >= 4 && learner.step <= 8, `${learner.step}`);
    await assert.rejects(checkpoint.save(learner), /the disk is full/);
  }));

Deno.test("seconds, and options that make no sense", () =>
  withFolder(async (path) => {
    const make = (options: w.train.CheckpointOptions) => new w.train.Checkpoint(path, options);
    const learner = { step: 3, epoch: 0, batch: 3, stopped: false, stateDict: () => ({ a: 1 }) } as unknown as Learner;
    const timed = make({ everySeconds: 0.05 });
    timed.beforeFit();
    await timed.betweenBatches(learner);
    await timed.afterFit();
    assert.deepEqual(await names(path), []);
    await new Promise((resolve) => setTimeout(resolve, 60));
    await timed.betweenBatches(learner);
    await timed.betweenBatches(learner);
    await timed.afterFit();
    assert.deepEqual(await names(path), ["checkpoint-000001.safetensors"]);
    const wrong = [{ everyBatches: -1 }, { everyEpochs: 0.5 }, { everySeconds: NaN }, { keepLast: 0 }, { mode: "up" }];
    for (const options of wrong) assert.throws(() => make(options as w.train.CheckpointOptions), w.ValueError);
    const best = make({ saveBest: "f1" });
    const history = { last: { trainLoss: 1, validLoss: null, metrics: { accuracy: 1 } } };
    await assert.rejects(
      best.afterEpoch({ ...learner, history } as unknown as Learner),
      /Cannot save the best epoch: it has no f1; wanted one of accuracy, validLoss, trainLoss/,
    );
  }));
