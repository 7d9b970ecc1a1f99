import assert from "node:assert/strict";
import { openDevice } from "../src/gpu/device.ts";
import { kernels } from "../src/gpu/kernels.gen.ts";
import { sizeClass, Storage } from "../src/gpu/storage.ts";
import { DeviceError, StateError } from "../src/errors.ts";

Deno.test("sizeClass() gives powers of two to 1 MiB, then steps of an eighth", () => {
  assert.deepEqual([1, 256, 257, 5000, 1 << 20].map(sizeClass), [256, 256, 512, 8192, 1 << 20]);
  const mib = 1 << 20;
  assert.deepEqual(sizeClass(mib + 1), mib + mib / 8);
  assert.deepEqual(sizeClass(3 * mib), 3 * mib);
  assert.deepEqual(sizeClass(3 * mib + 1), 3.25 * mib);
  assert.deepEqual(sizeClass(4 * mib), 4 * mib);
  for (let bytes = 300; bytes < 1e9; bytes = Math.ceil(bytes * 1.37)) {
    const size = sizeClass(bytes);
    assert.ok(
      size >= bytes && size % 256 === 0 && (size <= mib ? size < 2 * bytes : size <= bytes * 1.125 + 256),
      `${bytes}: ${size}`,
    );
  }
});

Deno.test("the pool reuses the free buffer with the lowest id", async () => {
  const device = await openDevice();
  try {
    const [a, b, c] = [1000, 1000, 1000].map((n) => Storage.allocate(device, n));
    const ids = [a, b, c].map((s) => s.buffer.id);
    assert.deepEqual(ids, [...ids].sort((x, y) => x - y));
    c.release();
    a.release();
    assert.deepEqual(device.pool.buffersInUse, 1);
    assert.deepEqual(Storage.allocate(device, 700).buffer.id, ids[0]);
    assert.deepEqual(Storage.allocate(device, 1024).buffer.id, ids[2]);
    assert.ok(Storage.allocate(device, 513).buffer.id > ids[2]);
    assert.deepEqual(device.memory().bytes, 4 * 1024);
    assert.deepEqual(device.memory().peakBytes, 4 * 1024);
  } finally {
    device.close();
  }
});

Deno.test("a storage is given back by its last holder only", async () => {
  const device = await openDevice();
  try {
    const storage = Storage.allocate(device, 100).retain();
    storage.release();
    assert.deepEqual(device.pool.buffersInUse, 1);
    storage.release();
    assert.deepEqual(device.pool.buffersInUse, 0);
    assert.deepEqual(device.memory().heldBytes, 256);
    device.pool.trim();
    assert.deepEqual(device.memory().heldBytes, 0);
  } finally {
    device.close();
  }
});

Deno.test("buffers of ever new sizes do not pile up; the ones used last stay", async () => {
  const device = await openDevice(), mib = 1 << 20;
  try {
    let last = 0, most = 0;
    for (let n = 0; n < 60; n++) {
      const storage = Storage.allocate(device, (10 + n) * mib);
      storage.buffer.usedInBatch = n;
      last = storage.buffer.id;
      storage.release();
      most = Math.max(most, device.memory().heldBytes);
    }
    assert.ok(most <= (256 + 2 * 69) * mib, `${most / mib} MiB held`);
    const again = Storage.allocate(device, 69 * mib);
    assert.equal(again.buffer.id, last);
    again.release();
  } finally {
    device.close();
  }
});

Deno.test("an upload into a buffer of the open batch runs after the commands before it", async () => {
  const device = await openDevice();
  try {
    const storage = Storage.allocate(device, 256), copy = Storage.allocate(device, 256);
    const all = { byteOffset: 0, byteLength: 256 };
    device.upload(storage, new Uint32Array(64).fill(1));
    const words8 = (...v: number[]) => [...v, ...new Array(8 - v.length).fill(0)];
    device.recorder.dispatch(kernels.copy.strided, { x: { storage, ...all }, out: { storage: copy, ...all } }, {
      n: 64,
      ndim: 1,
      x_offset: 0,
      out_offset: 0,
      shape: words8(64),
      x_strides: words8(1),
      out_strides: words8(1),
    }, { workgroups: 1 });
    device.upload(storage, new Uint32Array(64).fill(2));
    const [first, second] = await Promise.all([device.read(copy, 0, 256), device.read(storage, 0, 256)]);
    assert.deepEqual([new Uint32Array(first)[63], new Uint32Array(second)[63]], [1, 2]);
  } finally {
    device.close();
  }
});

Deno.test("a repeated step makes no new bind groups, and maxBatch does not change the number of commands", async () => {
  const seen: number[] = [];
  for (const maxBatch of [1, 128]) {
    const device = await openDevice({ maxBatch });
    try {
      const step = () => {
        for (let i = 0; i < 5; i++) {
          const s = Storage.allocate(device, 4096);
          device.recorder.dispatch(kernels.fill.bits, { out: { storage: s, byteOffset: 0, byteLength: 4096 } }, {
            n: 1024,
            bits: i,
          }, { workgroups: 16 });
          s.release();
        }
      };
      step();
      await device.sync();
      const created = device.memory().bindGroupsCreated;
      for (let i = 0; i < 100; i++) step();
      await device.sync();
      assert.deepEqual(device.memory().bindGroupsCreated, created);
      seen.push(device.recorder.commandCount);
    } finally {
      device.close();
    }
  }
  assert.deepEqual(seen[0], seen[1]);
});

Deno.test("debug level 2 fills released buffers with NaN", async () => {
  const device = await openDevice({ debug: 2 });
  try {
    const storage = Storage.allocate(device, 512);
    device.upload(storage, new Float32Array(128));
    storage.release();
    const again = Storage.allocate(device, 512);
    const values = new Float32Array(await device.read(again, 0, 512));
    assert.ok(values.every(Number.isNaN));
  } finally {
    device.close();
  }
});

Deno.test("a closed device refuses work", async () => {
  const device = await openDevice();
  device.close();
  assert.throws(() => Storage.allocate(device, 4), StateError);
});

Deno.test("kernels can be compiled ahead of use, and are compiled once", async () => {
  const device = await openDevice();
  try {
    await device.pipelines.prepare([{ kernel: kernels.unary.forward, constants: { OP: 3 } }, {
      kernel: kernels.fill.bits,
    }]);
    assert.equal(device.pipelines.size, 2);
    const out = Storage.allocate(device, 256);
    const all = { storage: out, byteOffset: 0, byteLength: 256 };
    device.recorder.dispatch(kernels.fill.bits, { out: all }, { n: 64, bits: 7 }, { workgroups: 1 });
    assert.equal(device.pipelines.size, 2);
    device.recorder.dispatch(kernels.fill.bits, { out: all }, { n: 64, bits: 7 }, {
      workgroups: 2,
      constants: { WG: 32 },
    });
    assert.equal(device.pipelines.size, 3);
    await assert.rejects(
      () => device.pipelines.prepare([{ kernel: kernels.fill.bits, constants: { NONE: 1 } }]),
      (e) => e instanceof DeviceError && /fill\.bits/.test(e.message),
    );
  } finally {
    device.close();
  }
});

Deno.test("a dispatch names what is missing or too large before anything is recorded", async () => {
  const device = await openDevice({ limits: "default" });
  try {
    const out = Storage.allocate(device, 256), before = device.recorder.pending;
    const too = { storage: out, byteOffset: 0, byteLength: 1 << 30 };
    const refused = (what: RegExp, fn: () => void) =>
      assert.throws(fn, (e) => e instanceof DeviceError && what.test(e.message));
    refused(
      /maxStorageBufferBindingSize/,
      () => device.recorder.dispatch(kernels.fill.bits, { out: too }, { n: 1, bits: 0 }, { workgroups: 1 }),
    );
    refused(
      /70000 x 1 x 1 workgroups/,
      () =>
        device.recorder.dispatch(kernels.fill.bits, { out: { ...too, byteLength: 4 } }, { n: 1, bits: 0 }, {
          workgroups: [70_000, 1, 1],
        }),
    );
    refused(
      /buffer out of fill\.bits is not given/,
      () => device.recorder.dispatch(kernels.fill.bits, {} as never, { n: 1, bits: 0 }, { workgroups: 1 }),
    );
    refused(
      /parameter bits is not given/,
      () =>
        device.recorder.dispatch(kernels.fill.bits, { out: { ...too, byteLength: 4 } }, { n: 1 } as never, {
          workgroups: 1,
        }),
    );
    refused(/maxBufferSize/, () => void Storage.allocate(device, 1 << 30));
    assert.equal(device.recorder.pending, before);
    out.release();
  } finally {
    device.close();
  }
});
