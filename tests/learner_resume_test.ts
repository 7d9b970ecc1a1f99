/**
 * A run that is interrupted at any batch and goes on in another learner ends with the bits of one that was not.
 * @module
 */
import assert from "node:assert/strict";
import * as w from "../mod.ts";
import { copyOf, type LearnerState } from "../src/train/learner_state.ts";
import { fingerprint, speaker, type Words } from "./support/learners.ts";

const device = await w.init();
const half = device.features.has("shader-f16");
const { EarlyStopping, GradientAccumulation, GradientClip, ReduceLROnPlateau, SaveBest, TerminateOnNaN } = w.train;

/** Ends the run after some batches, with a copy of its state. */
class StopAfter implements w.train.Callback {
  readonly order = 150;
  state: LearnerState | null = null;
  constructor(readonly batches: number) {}
  betweenBatches(learner: w.train.AnyLearner): void {
    if (learner.epoch * learner.batches + learner.batch !== this.batches || this.state) return;
    this.state = copyOf(learner.stateDict() as w.StateTree) as LearnerState;
    learner.stop();
  }
}

/** Everything that a run ends with. */
async function end(learner: Words): Promise<string> {
  return await fingerprint(learner.stateDict() as w.StateTree) +
    JSON.stringify(learner.history, (key, value) => key === "seconds" ? 0 : value);
}

interface Case {
  name: string;
  options?: () => Parameters<typeof speaker>[1];
  fit(learner: Words, callbacks: w.train.Callback[]): Promise<unknown>;
  stops: number[];
}

const cases: Case[] = [
  {
    name: "one cycle, accumulated and clipped gradients",
    options: () => ({ callbacks: [new GradientAccumulation(12), new GradientClip({ maxNorm: 0.5 })] }),
    fit: (l, callbacks) => l.fitOneCycle(3, 2e-2, { callbacks }),
    stops: [1, 5, 6, 11, 17, 18],
  },
  {
    name: "a constant rate that falls on a plateau, the best weights at the end",
    options: () => ({
      callbacks: [new ReduceLROnPlateau({ monitor: "accuracy" }), new SaveBest(), new TerminateOnNaN(4)],
    }),
    fit: (l, callbacks) => l.fit(3, 1e-2, { wd: 0.1, callbacks }),
    stops: [4, 13],
  },
  {
    name: "fine-tuning in two stages",
    options: () => ({
      splitter: (model) => {
        const all = model.parameters();
        return [all.slice(0, 3), all.slice(3)];
      },
    }),
    fit: (l, callbacks) => l.fineTune(2, 1e-2, { callbacks }),
    stops: [2, 9],
  },
  ...(half
    ? [{
      name: "mixed precision with a scale that moves",
      options: () => ({ callbacks: [new w.train.MixedPrecision({ initScale: 2 ** 24, growthInterval: 3 })] }),
      fit: (l: Words, callbacks: w.train.Callback[]) => l.fitFlatCos(2, 1e-2, { callbacks }),
      stops: [7],
    }]
    : []),
];

for (const { name, options = () => ({}), fit, stops } of cases) {
  Deno.test(`a resumed run ends with the same bits: ${name}`, async () => {
    const whole = speaker(5, options());
    await fit(whole, []);
    const wanted = await end(whole);
    for (const batches of stops) {
      const stop = new StopAfter(batches), first = speaker(5, options());
      await fit(first, [stop]);
      assert.ok(stop.state, `not stopped after ${batches} batches`);
      const second = speaker(99, options());
      second.loadStateDict(stop.state as w.StateTree);
      w.train.disposeTree(stop.state as w.StateTree);
      assert.ok(second.waiting);
      await fit(second, []);
      assert.ok(!second.waiting);
      assert.equal(await end(second), wanted, `after ${batches} batches`);
      for (const learner of [first, second]) learner.model.dispose();
    }
  });
}

Deno.test("a loader without a state is asked again for the batches that were seen", async () => {
  const plain = () => {
    const loader = speaker(1).valid!;
    return { length: loader.length, [Symbol.asyncIterator]: () => loader[Symbol.asyncIterator]() };
  };
  const whole = speaker(3, { train: plain() });
  const stop = new StopAfter(9);
  await whole.fit(2, 1e-2);
  const first = speaker(3, { train: plain() });
  await first.fit(2, 1e-2, { callbacks: [stop] });
  const second = speaker(3, { train: plain() });
  second.loadStateDict(stop.state as w.StateTree);
  await second.fit(2, 1e-2);
  assert.equal(await end(second), await end(whole));
});

Deno.test("a finished run goes on to nothing; another number of epochs and another model are refused", async () => {
  const learner = speaker(2);
  await learner.fit(1, 1e-2);
  const state = copyOf(learner.stateDict() as w.StateTree), before = await end(learner);
  learner.loadStateDict(state);
  assert.equal((await learner.fit(1, 1e-2)).epochs.length, 1);
  assert.equal(await end(learner), before);
  learner.loadStateDict(state);
  await assert.rejects(learner.fit(2, 1e-2), /Cannot resume: the state is that of a run of 1 epochs, not of 2/);
  assert.equal((await learner.fit(2, 1e-2, { resume: false })).epochs.length, 2);

  const other = new w.train.Learner({
    model: new w.nn.Linear(2, 3),
    loss: learner.stateDict as never,
    train: learner.train as never,
  });
  const untouched = await fingerprint(other.stateDict() as w.StateTree);
  assert.throws(
    () => other.loadStateDict(state),
    /Cannot load the state of a learner: .*embedding.weight is unexpected.*nothing was changed/,
  );
  assert.throws(() => other.loadStateDict({ version: 2 }), /version 2 where 1 is wanted/);
  assert.throws(() => other.loadStateDict(null), /version undefined/);
  assert.equal(await fingerprint(other.stateDict() as w.StateTree), untouched);
});

Deno.test("save() and load() use a store, and files by default", async () => {
  const kept = new Map<string, w.StateTree>();
  const store: w.train.StateStore = {
    save: (path, state) => Promise.resolve(void kept.set(path, copyOf(state))),
    load: (path) => Promise.resolve(kept.get(path)!),
  };
  const folder = await Deno.makeTempDir();
  for (const options of [{ store }, {}]) {
    const learner = speaker(4, options), path = `${folder}/state.safetensors`;
    await learner.fit(1, 1e-2);
    const wanted = await end(learner);
    await learner.save(path);
    const second = speaker(8, options);
    await second.load(path);
    await second.fit(1, 1e-2);
    assert.equal(await end(second), wanted);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("an interrupt saves, ends the run between two batches and keeps the history", async () => {
  const folder = await Deno.makeTempDir(), path = `${folder}/run.safetensors`;
  const whole = speaker(6);
  await whole.fitOneCycle(2, 1e-2);
  const heard = new Set<() => void>(), { addSignalListener, removeSignalListener } = Deno;
  Deno.addSignalListener = (name, fn) => void (name === "SIGINT" && heard.add(fn));
  Deno.removeSignalListener = (_, fn) => void heard.delete(fn);
  for (const how of ["signal", "button"]) {
    const button = new AbortController();
    const stop = new w.train.StopOnInterrupt({ path, signal: button.signal });
    const press: w.train.Callback = {
      afterBatch: (l) => {
        if (!l.training || l.step !== 4) return;
        if (how === "button") button.abort();
        else heard.forEach((fn) => fn()); // a real signal would end `deno test`
      },
    };
    const learner = speaker(6, { callbacks: [stop] });
    const history = await learner.fitOneCycle(2, 1e-2, { callbacks: [press] });
    assert.ok(stop.interrupted);
    assert.equal(heard.size, 0);
    assert.equal(history.steps.loss.length, 4);
    const second = speaker(60);
    await second.load(path);
    await second.fitOneCycle(2, 1e-2);
    assert.equal(await end(second), await end(whole));
  }
  Object.assign(Deno, { addSignalListener, removeSignalListener });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("early stopping is counted over an interruption", async () => {
  const make = () => speaker(7, { callbacks: [new EarlyStopping({ patience: 2, minDelta: 10 })] });
  const stop = new StopAfter(9), first = make();
  await first.fit(6, 1e-3, { callbacks: [stop] });
  const second = make();
  second.loadStateDict(stop.state as w.StateTree);
  assert.equal((await second.fit(6, 1e-3)).epochs.length, 3);
});
