// A long training neither grows nor makes new bind groups; lengths that vary stay near the largest step.
import assert from "node:assert/strict";
import * as w from "../mod.ts";

const device = await w.init();

/** A small model with everything a language model has: embedding, LSTM, dropout, tied decoder, Adam, clipping. */
function makeStep(batch: number): (length: number) => void {
  w.manualSeed(5);
  const embedding = new w.nn.Embedding(11, 8),
    rnn = new w.nn.LSTM(8, 8, { batchFirst: true }),
    drop = new w.nn.Dropout(0.3);
  const decoder = new w.nn.Linear(8, 11, { weight: embedding.weight });
  const parameters = [embedding.weight, ...rnn.parameters(), decoder.bias!];
  const optimizer = new w.optim.Adam(parameters, { lr: 1e-3 });
  const draw = new w.Generator(1, "ids");
  return (length) =>
    w.tidy(() => {
      const ids = Int32Array.from(draw.words(batch * (length + 1)), (v) => v % 11);
      const x = w.tensor(ids.subarray(0, batch * length), { shape: [batch, length] });
      const y = w.tensor(ids.subarray(batch), { shape: [batch * length] });
      const [out] = rnn.forward(embedding.forward(x));
      const loss = w.nn.functional.crossEntropy(decoder.forward(drop.forward(out)).reshape([-1, 11]), y);
      optimizer.zeroGrad();
      loss.backward();
      w.nn.utils.clipGradNorm_(parameters, 1);
      optimizer.step();
    });
}

Deno.test("1,000 steps of one shape: no growth and no new bind group after step 3", async () => {
  const step = makeStep(2);
  for (let i = 0; i < 3; i++) step(5);
  await device.sync();
  const { bytes, buffers, heldBytes, bindGroupsCreated } = w.memory();
  for (let i = 0; i < 997; i++) step(5);
  await device.sync();
  const after = w.memory();
  assert.deepEqual(
    {
      bytes: after.bytes,
      buffers: after.buffers,
      heldBytes: after.heldBytes,
      bindGroupsCreated: after.bindGroupsCreated,
    },
    { bytes, buffers, heldBytes, bindGroupsCreated },
  );
});

Deno.test("2,000 steps of lengths 62 to 95: bytes within 1.3 times the largest step, bind groups under the cap", async () => {
  device.pool.trim();
  const before = w.memory().heldBytes, step = makeStep(1);
  step(95);
  await device.sync();
  const largest = w.memory().heldBytes - before;
  const lengths = new w.Generator(2, "lengths").words(2000);
  for (const word of lengths) step(62 + word % 34);
  await device.sync();
  const { heldBytes, bindGroups } = w.memory();
  assert.ok(heldBytes - before <= 1.3 * largest, `${heldBytes - before} bytes, the largest step took ${largest}`);
  assert.ok(bindGroups <= 4096, `${bindGroups} bind groups`);
});
