// What a training run meets: ids out of range that only the GPU knows, learning rates that become NaN, data that ends, state
// that does not fit. Each is told with op, position and value, and parameters and optimiser state keep their bits.
import assert from "node:assert/strict";
import * as w from "../mod.ts";
import { type Any, checkError, disposed, int, keepsTraining, model, optimizer, step } from "./support/training.ts";

const { IndexError, StateError, ValueError } = w, F = w.nn.functional;
const other = await w.openDevice();
const one = (...shape: number[]) => w.ones(shape);
/** Ids that the host does not know. */
const made = (...values: number[]) => int(...values).add(int(...values.map(() => 0)));

const faults: readonly [op: string, value: number, position: number, run: () => w.AnyTensor][] = [
  ["embedding", 6, 2, () => model.embedding.forward(made(0, 5, 6))],
  ["embedding", -3, 0, () => model.embedding.forward(made(-3, 5))],
  ["crossEntropy", 3, 1, () => F.crossEntropy(one(2, 3), made(0, 3))],
  ["nllLoss", -1, 0, () => F.nllLoss(one(2, 3), made(-1, 3))],
  ["gather", 4, 0, () => w.gather(one(1, 3), 1, made(4).reshape([1, 1]))],
  ["indexSelect", 9, 1, () => w.indexSelect(one(2, 3), 0, made(1, 9))],
  ["scatterAdd", 2, 0, () => w.scatterAdd(one(2), 0, made(2), one(1))],
];
for (const [op, value, position, run] of faults) {
  Deno.test(`index ${value} made on the GPU for ${op}: no step counts before the read that tells of it`, async () => {
    await keepsTraining(async () => {
      const result = w.tidy(run);
      for (let i = 0; i < 3; i++) step().dispose();
      await assert.rejects(
        () => result.data(),
        (e) => checkError(e, op, IndexError, { op, value, position }, /index .* at position .* is out of range/),
      );
      await w.sync(); // told once
      result.dispose();
    });
  });
}

Deno.test("training steps on ids out of range change neither parameters nor the optimiser's state", async () => {
  await keepsTraining(async () => {
    const losses = [0, 1].map(() => step(made(0, 1, 2, 3, 4, 60).reshape([2, 3])));
    await assert.rejects(
      () => losses[1].item(),
      (e) => checkError(e, "step", IndexError, { op: "embedding", value: 60, position: 5 }, /nothing was changed/),
    );
  });
});

Deno.test("a learning rate that becomes NaN, infinite or negative stops step() before it changes anything", async () => {
  await keepsTraining(() => {
    const [group] = optimizer.paramGroups, { lr: good } = group;
    for (const lr of [NaN, Infinity, -1]) {
      for (const change of [() => void (group.lr = lr), () => optimizer.setLr(lr)]) {
        change();
        assert.throws(() => step(), (e) => checkError(e, `lr ${lr}`, ValueError, { op: "Adam", value: lr }, /lr is/));
      }
    }
    optimizer.setLr(good);
  });
});

Deno.test("a learner refuses unusable rates, data that is empty, and reports ids out of range; then it goes on", async () => {
  const { lr, betas } = optimizer.paramGroups[0];
  await keepsTraining(async () => {
    const load = (rows: readonly number[][]) =>
      new w.data.DataLoader(rows.map((row) => [Int32Array.from(row), Int32Array.of(0, 1, 2)]), { batchSize: 2 });
    const learner = (rows: readonly number[][]) =>
      new w.train.Learner<Any, Any>({ model, optimizer, train: load(rows) as Any, loss: w.train.crossEntropyFlat });
    const rejects = (run: Promise<unknown>, op: string, value: unknown, message: RegExp, error: Any = ValueError) =>
      assert.rejects(run, (e) => checkError(e, String(message), error, { op, value }, message));
    for (const rate of [NaN, Infinity, -1]) {
      await rejects(learner([[0, 1, 2]]).fit(1, rate), "fit", rate, /lr = /);
      await rejects(learner([[0, 1, 2]]).fitOneCycle(1, rate), "fitOneCycle", rate, /lrMax = /);
      await rejects(learner([[0, 1, 2]]).fit(1, lr, { wd: rate }), "fit", rate, /wd = /);
    }
    await rejects(learner([]).fit(1, lr), "DataLoader", undefined, /the data set is empty/);
    await rejects(learner([[0, 9, 2]]).fit(1, lr), "embedding", 9, /9 at position 1/, IndexError);
    optimizer.setLr(lr);
    optimizer.setMomentum(betas[0]);
  });
});

Deno.test("a state that does not fit changes nothing, of a model or of an optimiser", async () => {
  await keepsTraining(() => {
    const good = model.stateDict(), state = optimizer.stateDict();
    for (
      const [bad, message] of [
        [{ ...good, "out.bias": one(4) }, /mismatched out\.bias \(\[4\] where \[3\] is wanted\); nothing was changed/],
        [{ ...good, "out.bias": int(1, 2, 3) }, /i32 where f32 is wanted/],
        [{ ...good, "out.bias": w.ones([3], { device: other }) }, /out\.bias \(it is on another device\)/],
        [{ ...good, "out.bias": disposed(one(3)) }, /out\.bias \(it was disposed\)/],
        [{ ...good, extra: one(1) }, /unexpected extra/],
        [{ "out.bias": one(3) }, /missing embedding\.weight/],
        [null, /null is not one/],
      ] as const
    ) {
      const check = (e: unknown) => checkError(e, String(message), ValueError, { op: "loadStateDict" }, message);
      assert.throws(() => model.loadStateDict(bad as Any), check);
    }
    const first = { ...state.state[0], expAvg: one(1) }, group = { ...state.paramGroups[0], lr: NaN };
    for (
      const bad of [
        { ...state, state: { ...state.state, 0: first } },
        { ...state, state: { ...state.state, 99: state.state[0] } },
        { ...state, paramGroups: [] },
        { ...state, paramGroups: [group] },
      ]
    ) assert.throws(() => optimizer.loadStateDict(bad), ValueError);
  });
});

Deno.test("a read of a disposed tensor rejects", async () => {
  for (const read of ["data", "item", "toArray"] as const) {
    await assert.rejects(
      async () => await disposed(one(1))[read](),
      (e) => checkError(e, read, StateError, { op: "data", shapes: [[1]] }, /Cannot read tensor \[1\]/),
    );
  }
});

Deno.test("a closed device refuses new work and reads", async () => {
  const brief = await w.openDevice(), x = w.ones([2], { device: brief });
  brief.close();
  const closed = (e: unknown) => e instanceof w.WgradError && /closed/.test(e.message);
  assert.throws(() => x.add(1), closed);
  await assert.rejects(() => x.data(), closed);
});
