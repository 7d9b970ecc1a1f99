// Tables in host memory: the same bits as an embedding on the GPU, tables beyond the device's limits, refusals.
import assert from "node:assert/strict";
import * as w from "../mod.ts";

const { HostEmbedding } = w.nn, device = await w.init({ limits: "default" });
const hash = (i: number) => ((Math.imul(i, 0x9e3779b1) ^ i >>> 7) | 0) / 2 ** 31;
const table = (rows: number, width: number) => ({
  shape: [rows, width],
  data: Float32Array.from({ length: rows * width }, (_, i) => hash(i)),
});
const batch = (shape: number[], rows: number, seed: number) =>
  Int32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.imul(i + seed, 40503) >>> 8 & 0xffff)
    .map(
      (v) => v % rows,
    );

Deno.test("a host table gives the bits of an embedding, for all ids that the host knows", async () => {
  const own = table(301, 24), host = HostEmbedding.fromPretrained(own, { paddingIdx: -301 });
  const gpu = w.nn.Embedding.fromPretrained(own, { paddingIdx: 0 });
  assert.deepEqual([host.paddingIdx, host.numEmbeddings, host.embeddingDim], [0, 301, 24]);
  assert.equal(String(host), "HostEmbedding(301, 24, paddingIdx: 0)");
  const ids = w.tensor(batch([4, 33], 301, 1), { shape: [4, 33], dtype: "i32" });
  for (
    const view of [ids, ids.reshape([33, 4]), ids.transpose(0, 1), ids.slice(1, 3, 30), ids.detach()]
  ) {
    const [a, b] = [host.forward(view), gpu.forward(view)];
    assert.deepEqual(a.shape, [...view.shape, 24]);
    assert.deepEqual(await a.data(), await b.data());
  }
  ids.copy_(batch([4, 33], 301, 2));
  assert.deepEqual(await host.forward(ids).data(), await gpu.forward(ids).data());
  const list = [7, 7, 0, 300];
  assert.deepEqual(await host.lookup(list).data(), await gpu.forward(w.tensor(list, { dtype: "i32" })).data());
});

Deno.test("a table larger than any buffer of the device is looked up batch by batch in steady memory", async () => {
  const limits = device.limits as { maxBufferSize: number; maxStorageBufferBindingSize: number };
  const { maxBufferSize, maxStorageBufferBindingSize } = limits, own = table(20_000, 60), host = new HostEmbedding(own);
  Object.assign(limits, { maxBufferSize: 1 << 20, maxStorageBufferBindingSize: 1 << 17 });
  try {
    assert.throws(() => w.nn.Embedding.fromPretrained(own), {
      name: "DeviceError",
      message: /the device allows 1048576 per buffer/,
    });
    let held = 0;
    for (let step = 0; step < 6; step++) {
      const values = batch([8, 90], 20_000, step * 1000);
      const ids = w.tensor(values, { shape: [8, 90] }), out = host.forward(ids), got = await out.data();
      values.forEach((id, i) => {
        assert.deepEqual(got.subarray(i * 60, i * 60 + 60), own.data.subarray(id * 60, id * 60 + 60));
      });
      ids.dispose(), out.dispose();
      if (step === 2) held = w.memory().heldBytes;
      if (step > 2) assert.equal(w.memory().heldBytes, held);
    }
  } finally {
    Object.assign(limits, { maxBufferSize, maxStorageBufferBindingSize });
  }
});

Deno.test("a host table inside a model: no parameter, frozen, saved and loaded by itself", async () => {
  class Model extends w.nn.Module<[ids: w.Tensor<"i32">], w.Tensor> {
    embedding = new HostEmbedding(table(50, 8));
    out = new w.nn.Linear(8, 2);
    override forward(ids: w.Tensor<"i32">): w.Tensor {
      return this.out.forward(this.embedding.forward(ids)).mean();
    }
  }
  const model = new Model();
  assert.deepEqual(Object.keys(model.stateDict()), ["out.weight", "out.bias"]);
  model.forward(w.tensor([3, 4, 3], { dtype: "i32" })).backward();
  assert.ok(model.out.weight.grad);
  assert.throws(() => model.embedding.requiresGrad_(), { name: "StateError", message: /use Embedding to train/ });
  model.requiresGrad_(false).requiresGrad_(true);
  const bytes = await w.io.safetensors.serialize({ "embedding.weight": model.embedding.table });
  const stored = (await w.io.safetensors.load(bytes)).get("embedding.weight")!;
  const other = new HostEmbedding({ shape: [50, 8], data: new Float32Array(400) });
  other.loadTable({ shape: stored.shape, data: stored.data as Float32Array });
  assert.deepEqual(other.table, model.embedding.table);
  assert.throws(() => other.loadTable({ shape: [8, 50], data: new Float32Array(400) }), {
    name: "ShapeError",
    message: "Cannot load a table [8, 50] of 400 numbers: wanted [50, 8]",
  });
  other.dispose();
  assert.throws(() => other.lookup([1]), { name: "StateError", message: /disposed/ });
});

Deno.test("a host table refuses what it cannot look up", async () => {
  const host = new HostEmbedding(table(50, 8));
  assert.throws(() => host.forward(w.tensor([[1, 2], [50, 3]], { dtype: "i32" })), {
    name: "IndexError",
    message: "Cannot look up [2, 2] ids: id 50 at position 2 is out of range for 50 rows",
    position: 2,
  });
  for (const id of [-1, 1.5, NaN]) assert.throws(() => host.lookup([id]), { name: "IndexError" });
  assert.throws(() => host.lookup([1, 2, 3], [2, 2]), { name: "ShapeError" });
  assert.throws(() => host.lookup([]), { name: "ShapeError", message: /^Cannot look up ids of shape \[0\]/ });
  const made = w.tensor([[0.1, 0.9], [3, 2]]).argmax({ dim: 1 });
  assert.throws(() => host.forward(made), { name: "StateError", message: /lookup\(await ids\.data\(\), ids\.shape\)/ });
  assert.deepEqual(host.lookup(await made.data(), made.shape).shape, [2, 8]);
  const filled = w.tensor([1, 2], { dtype: "i32" });
  filled.fill_(4);
  assert.throws(() => host.forward(filled), { name: "StateError" });
  assert.throws(() => host.forward(w.tensor([1, 2]) as unknown as w.Tensor<"i32">), {
    message: /type f32: wanted i32/,
  });
  assert.throws(() => new HostEmbedding({ shape: [5, 3], data: new Float32Array(14) }), {
    name: "ShapeError",
    message: /\[5, 3\] with 14 numbers/,
  });
  assert.throws(() => new HostEmbedding({ shape: [0, 3], data: new Float32Array(0) }), { name: "ShapeError" });
  assert.throws(() => new HostEmbedding(table(5, 3), { paddingIdx: 5 }), {
    name: "ValueError",
    message: /from -5 to 4/,
  });
  assert.throws(() => new HostEmbedding(table(5, 3), { freeze: false as true }), { name: "ValueError" });
});
