// States carried over batches: detached, kept past scopes, reset, and what happens when the batch changes its size.
import assert from "node:assert/strict";
import * as w from "../mod.ts";

await w.init();
type Pair = [h: w.Tensor, c: w.Tensor];

class Model extends w.nn.Module<[w.Tensor], w.Tensor> {
  lstm = new w.nn.LSTM(3, 4, { numLayers: 2, batchFirst: true });
  state: w.nn.CarriedState<Pair>;

  constructor(options?: w.nn.CarriedStateOptions) {
    super();
    this.state = new w.nn.CarriedState(options);
  }

  forward(x: w.Tensor): w.Tensor {
    const [output, states] = this.lstm.forward(x, this.state.get(x.shape[0]));
    this.state.set(states);
    return output;
  }
}

Deno.test("two halves with carried states give what the whole sequence gives, without history", async () => {
  const model = new Model(), x = w.randn([2, 6, 3]);
  const whole = await w.tidy(() => model.lstm.forward(x)[0]).data();
  const halves = w.tidy(() => w.cat([model.forward(x.slice(1, 0, 3)), model.forward(x.slice(1, 3, 6))], 1));
  assert.deepEqual(await halves.data(), whole);
  const [h, c] = model.state.value!;
  assert.deepEqual([h.requiresGrad, c.requiresGrad, h.disposed, [...h.shape]], [false, false, false, [2, 2, 4]]);
  w.tidy(() => model.forward(x).sum().backward()); // the first batch's graph is gone
  assert.ok(h.disposed && !model.state.value![0].disposed);
  model.reset();
  assert.equal(model.state.get(2), null);
  model.dispose();
});

Deno.test("a batch of another size starts over, or keeps the rows that both have", async () => {
  const x = w.randn([3, 2, 3]);
  const reset = new Model();
  w.tidy(() => reset.forward(x));
  assert.equal(reset.state.get(2), null);
  assert.equal(reset.state.value, null);

  const resize = new Model({ onBatchChange: "resize" });
  w.tidy(() => resize.forward(x));
  const before = await resize.state.get(3)![0].toArray() as number[][][];
  const fewer = await resize.state.get(2)![0].toArray();
  assert.deepEqual(fewer, before.map((layer) => layer.slice(0, 2)));
  const more = await resize.state.get(4)![0].toArray();
  assert.deepEqual(more, before.map((layer) => [...layer.slice(0, 2), [0, 0, 0, 0], [0, 0, 0, 0]]));
  assert.deepEqual([...w.tidy(() => resize.forward(w.randn([4, 2, 3]))).shape], [4, 2, 4]);
});

Deno.test("single tensors and lists of layers' states are carried alike", async () => {
  const one = new w.nn.CarriedState({ onBatchChange: "resize" });
  one.set(w.ones([2, 3]));
  assert.deepEqual(await one.get(3)!.toArray(), [[1, 1, 1], [1, 1, 1], [0, 0, 0]]);
  const list = new w.nn.CarriedState<Pair[]>({ onBatchChange: "resize", batchDim: 1 });
  w.tidy(() => list.set([[w.ones([1, 2, 3]), w.ones([1, 2, 3])], [w.ones([1, 2, 5]), w.ones([1, 2, 5])]]));
  assert.deepEqual(list.get(1)!.map((pair) => pair.map((t) => [...t.shape])), [[[1, 1, 3], [1, 1, 3]], [[1, 1, 5], [
    1,
    1,
    5,
  ]]]);
  list.set(null);
  assert.equal(list.get(1), null);
  assert.throws(
    () => new w.nn.CarriedState({ onBatchChange: "keep" as never }),
    /onBatchChange is keep, wanted "reset"/,
  );
  assert.throws(() => one.get(0), /batch is 0, wanted an integer of at least 1$/);
  assert.throws(() => one.set(w.ones([2])), /state \[2\]: it has no dim -2/);
});

Deno.test("ModelResetter starts carried states over, and carrying does not grow memory", async () => {
  const model = new Model({ onBatchChange: "resize" }), x = w.randn([4, 5, 3]), short = w.randn([2, 5, 3]);
  new w.train.ModelResetter().beforeTrain({ model } as never);
  const step = () => {
    w.tidy(() => model.forward(x).sum().backward());
    w.tidy(() => model.forward(short).sum().backward());
  };
  for (let i = 0; i < 3; i++) step();
  await x.device.sync();
  const { bytes, buffers } = w.memory();
  for (let i = 0; i < 20; i++) step();
  await x.device.sync();
  assert.deepEqual([w.memory().bytes, w.memory().buffers], [bytes, buffers]);
  assert.notEqual(model.state.value, null);
  new w.train.ModelResetter().afterFit({ model } as never);
  assert.equal(model.state.value, null);
});
