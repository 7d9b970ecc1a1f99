import assert from "node:assert/strict";
import * as w from "../mod.ts";
import { DeviceError, NumericError, StateError, ValueError } from "../src/errors.ts";
import { kernels } from "../src/gpu/kernels.gen.ts";

Deno.test("debug level 3 names the op and the line that made a NaN or Infinity", async () => {
  const device = await w.init({ debug: 3 });
  const x = w.tensor([1, -1, 4]);
  const y = x.log();
  await assert.rejects(() => y.sum().data(), (e) => {
    assert.ok(e instanceof NumericError);
    assert.equal(e.op, "log");
    assert.equal(e.position, 1);
    assert.match(e.message, /debug_test\.ts:9:/);
    return true;
  });
  assert.equal((await w.ones([2]).data()).length, 2); // reported once, then work goes on
  device.close();
});

Deno.test("debug level 1 puts the user's line into errors about disposed tensors", async () => {
  const device = await w.init({ debug: 1 });
  const x = w.ones([2]);
  x.dispose();
  assert.throws(() => x.add(1), (e) => e instanceof StateError && /debug_test\.ts:24:/.test(e.message));
  device.close();
});

Deno.test("a rejected batch names its op, poisons what it was to write, and nothing else", async () => {
  const device = await w.init();
  const good = w.ones([64]);
  await device.sync();
  const bad = w.ones([64]);
  // An offset that is no multiple of 256 is what WebGPU rejects.
  device.recorder.dispatch(
    kernels.fill.bits,
    { out: { storage: bad.storage, byteOffset: 4, byteLength: 4 } },
    { n: 1, bits: 0 },
    { workgroups: 1, label: "wrongOffset" },
  );
  await assert.rejects(() => device.sync(), (e) => e instanceof DeviceError);
  // The guilty command is looked for behind the back: wait for what it finds.
  for (let i = 0; i < 40 && !bad.storage.poison; i++) await device.gpu.queue.onSubmittedWorkDone();
  if (device.failure) device.takeFailure();
  assert.throws(() => bad.add(1), DeviceError);
  assert.equal((await good.add(1).data())[0], 2);
  device.close();
});

Deno.test("a lost device rejects pending reads, and another can be opened", async () => {
  const device = await w.init();
  const x = w.ones([4]);
  const read = x.add(1).data();
  device.gpu.destroy();
  await assert.rejects(() => read, DeviceError);
  await assert.rejects(async () => await x.add(1).data(), DeviceError);
  await w.init();
  assert.deepEqual([...await w.ones([1]).data()], [1]);
  w.getDevice().close();
});

Deno.test("options out of range are refused", async () => {
  await assert.rejects(() => w.openDevice({ maxBatch: 0 }), ValueError);
  await assert.rejects(() => w.openDevice({ maxBatch: 129 }), ValueError);
  // deno-lint-ignore no-explicit-any
  await assert.rejects(() => w.openDevice({ debug: 7 as any }), ValueError);
  await assert.rejects(
    () => w.openDevice({ gpu: { requestAdapter: () => Promise.resolve(null) } as unknown as GPU }),
    DeviceError,
  );
});

Deno.test("without an open device every maker says to call init()", () => {
  w.setDevice(null);
  assert.throws(() => w.ones([1]), (e) => e instanceof StateError && /init\(\)/.test(e.message));
});

Deno.test("profile() gives the time of every kernel", async () => {
  const device = await w.init();
  if (device.features.has("timestamp-query")) {
    const rows = await w.profile(() => {
      const x = w.ones([1000]);
      for (let i = 0; i < 3; i++) x.exp();
    });
    const row = rows.find((r) => r.label.startsWith("exp"));
    assert.equal(row?.count, 3);
    assert.ok(row.ms >= 0 && Number.isFinite(row.ms));
  } else await assert.rejects(() => w.profile(() => {}), DeviceError);
  device.close();
});
