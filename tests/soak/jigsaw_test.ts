// examples/jigsaw at the competition's size: its table of word vectors within WebGPU's guaranteed limits.
import assert from "node:assert/strict";
import * as w from "../../mod.ts";
import { JigsawModel } from "../../examples/jigsaw/model.ts";

Deno.test("a table of 327,576 x 600 (786 MB) trains within the guaranteed limits", async () => {
  const device = await w.init({ limits: "default" });
  assert.equal(device.limits.maxStorageBufferBindingSize, 128 << 20);
  w.manualSeed(1234);
  const shape = [327_576, 600] as const, data = new Float32Array(shape[0] * shape[1]);
  for (let i = 0, x = 1; i < data.length; i++) data[i] = ((x = Math.imul(x, 1_664_525) + 1_013_904_223) >> 16) / 65_536;
  using model = new JigsawModel({ shape, data });
  assert.ok(model.embedding instanceof w.nn.HostEmbedding);
  const optimizer = new w.optim.Adam(model.parameters(), { lr: 1e-3 });
  const batch = 16, time = 220;
  const ids = Int32Array.from({ length: batch * time }, (_, i) => (i * 104_729) % shape[0]);
  const targets = w.tensor(Float32Array.from({ length: batch * 7 }, (_, i) => Number(i % 7 === i % 2)), {
    shape: [batch, 7],
  });
  const losses: number[] = [];
  for (let step = 0; step < 3; step++) {
    const loss = w.tidy(() => {
      const loss = w.nn.functional.binaryCrossEntropyWithLogits(
        model.forward(w.tensor(ids, { shape: [batch, time], dtype: "i32" })),
        targets,
      );
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss;
    });
    losses.push(await loss.item());
    loss.dispose();
  }
  assert.ok(losses[2] < losses[0], losses.join(" "));
});
