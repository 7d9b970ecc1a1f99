// One seed gives one result: whatever the batching, the pool, what buffers held before, and the device's limits.
import assert from "node:assert/strict";
import * as w from "../mod.ts";
import { train } from "../examples/human_numbers/train.ts";

const STEPS = 6;

/** sha256 of the weights of LMModel7 after a few steps on a device of its own. */
async function run(options: w.DeviceOptions, seed = 0): Promise<string> {
  const device = await w.init(options);
  const { model } = await train({
    model: 7,
    epochs: 1,
    seed,
    callbacks: [{ afterBatch: (learner) => void (learner.step === STEPS && learner.stop()) }],
  });
  const bytes: number[] = [];
  for (const t of Object.values(model.stateDict())) bytes.push(...new Uint8Array((await t.data()).buffer));
  device.close();
  return new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(bytes))).toHex();
}

Deno.test("LMModel7's weights depend on the seed only", async () => {
  const first = await run({});
  const runs: [string, w.DeviceOptions][] = [
    ["again", {}],
    ["one command per batch", { maxBatch: 1 }],
    ["without a pool", { pool: false }],
    ["released buffers full of NaN", { debug: 2 }],
    ["WebGPU's guaranteed limits", { limits: "default" }],
  ];
  for (const [name, options] of runs) assert.equal(await run(options), first, name);
  assert.notEqual(await run({}, 1), first);
});
