// Long runs of examples/human_numbers: minutes each, so not part of the usual tests.
import assert from "node:assert/strict";
import * as w from "../../mod.ts";
import { weightsHash } from "../../examples/human_numbers/demo.ts";
import { train } from "../../examples/human_numbers/train.ts";

Deno.test("two epochs of model 7 give the same weights whatever the batching, the pool and the limits", async () => {
  const hash = async (options: w.DeviceOptions): Promise<string> => {
    const device = await w.init(options);
    const { model } = await train({ model: 7, epochs: 2, seed: 0 });
    const result = await weightsHash(model);
    device.close();
    return result;
  };
  const first = await hash({});
  const others: w.DeviceOptions[] = [{}, { maxBatch: 1 }, { pool: false }, { debug: 2 }, { limits: "default" }];
  for (const options of others) assert.equal(await hash(options), first, JSON.stringify(options));
});

Deno.test("model 7 reaches an accuracy of .83 in 15 epochs", async () => {
  const device = await w.init({});
  const { history } = await train({ model: 7, seed: 0 });
  device.close();
  assert.ok(history.last.metrics.accuracy >= 0.83, `${history.last.metrics.accuracy}`);
});

Deno.test("model 3 ends near PyTorch: the mean accuracy of three seeds within .04 of .601", async () => {
  const device = await w.init({});
  const accuracies: number[] = [];
  for (let seed = 0; seed < 3; seed++) {
    const { model, history } = await train({ model: 3, seed });
    accuracies.push(history.last.metrics.accuracy);
    model.dispose();
  }
  device.close();
  const mean = accuracies.reduce((a, b) => a + b) / accuracies.length;
  assert.ok(Math.abs(mean - 0.601) < 0.04, `${mean} of ${accuracies}`);
});

Deno.test("model 7 in mixed precision ends within .02 of the accuracy in f32", async () => {
  const device = await w.init({});
  if (device.features.has("shader-f16")) {
    const accuracy: number[] = [];
    for (const half of [false, true]) {
      const { history } = await train({ model: 7, seed: 0, half });
      accuracy.push(history.last.metrics.accuracy);
    }
    assert.ok(Math.abs(accuracy[0] - accuracy[1]) < 0.02, `${accuracy}`); // .8780 and .8803 on llvmpipe
  }
  device.close();
});
