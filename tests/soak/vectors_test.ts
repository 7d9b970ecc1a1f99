// Large tables: a vector file of 300 MB in bounded memory, and a host table of 400,000 x 600 behind guaranteed limits.
import assert from "node:assert/strict";
import * as w from "../../mod.ts";

/** Numbers of five digits, as GloVe prints them. */
function numbers(count: number): string[] {
  let x = 1;
  return Array.from({ length: count }, () => {
    x = Math.imul(x, 1664525) + 1013904223 | 0;
    return (x / 2 ** 31).toPrecision(5);
  });
}

Deno.test("a vector file of 300 MB grows memory by less than 100 MB beyond the matrix", async () => {
  const path = await Deno.makeTempFile({ suffix: ".txt" }),
    pool = numbers(4096),
    width = 300,
    encoder = new TextEncoder();
  try {
    const file = await Deno.open(path, { write: true });
    let size = 0, lines = 0;
    while (size < 300e6) {
      let text = "";
      for (const end = lines + 500; lines < end; lines++) {
        const from = Math.imul(lines, 40503) >>> 0 & 2047;
        text += `word${lines} ${pool.slice(from, from + width).join(" ")}\n`;
      }
      const bytes = encoder.encode(text);
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      size += bytes.length;
    }
    file.close();
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        "--no-lock",
        `
        import { readVectors } from ${JSON.stringify(new URL("../../src/text/vectors.ts", import.meta.url).href)};
        const rss = () => Deno.memoryUsage().rss;
        const before = rss();
        let peak = before;
        const begin = performance.now();
        const vectors = await readVectors(${JSON.stringify(path)}, { progress: () => peak = Math.max(peak, rss()) });
        const seconds = (performance.now() - begin) / 1e3;
        const high = /VmHWM:\\s+(\\d+)/.exec(Deno.readTextFileSync("/proc/self/status"))?.[1];
        peak = Math.max(peak, rss(), high ? Number(high) * 1024 : 0);
        console.log(JSON.stringify({ size: vectors.size, matrix: vectors.matrix.byteLength, before, peak, seconds }));
      `,
      ],
      stderr: "inherit",
    });
    const { stdout } = await child.output();
    const { size: words, matrix, before, peak, seconds } = JSON.parse(new TextDecoder().decode(stdout));
    const growth = (peak - before - matrix) / 1e6;
    console.log(
      `${lines} words, ${Math.round(size / 1e6)} MB in ${seconds.toFixed(1)} s (${
        Math.round(size / 1e6 / seconds)
      } MB/s), ` +
        `${growth.toFixed(0)} MB beyond the matrix of ${Math.round(matrix / 1e6)} MB`,
    );
    assert.deepEqual([words, matrix], [lines, lines * width * 4]);
    assert.ok(growth < 100, `${growth} MB`);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("a host table of 400,000 x 600 gives its rows to batches of 64 x 220", async () => {
  const device = await w.openDevice({ limits: "default" });
  const rows = 400_000, width = 600, data = new Float32Array(rows * width);
  for (let i = 0; i < data.length; i++) data[i] = (Math.imul(i, 0x9e3779b1) ^ i >>> 9) / 2 ** 31;
  assert.ok(data.byteLength > device.limits.maxBufferSize);
  const layer = new w.nn.HostEmbedding({ shape: [rows, width], data }, { device });
  let held = 0;
  for (let step = 0; step < 4; step++) {
    // word frequencies fall with the rank, so that a batch has about 4,000 different words
    const values = Int32Array.from({ length: 64 * 220 }, (_, i) => {
      const u = (Math.imul(i + step * 14_080, 0x85ebca6b) >>> 0) / 2 ** 32;
      return Math.floor(rows ** u) - 1;
    });
    const begin = performance.now(), ids = w.tensor(values, { shape: [64, 220], device }), out = layer.forward(ids);
    const recorded = performance.now() - begin, got = await out.data();
    assert.deepEqual(out.shape, [64, 220, width]);
    for (const [i, id] of values.entries()) {
      for (let k = 0; k < width; k++) {
        if (got[i * width + k] !== data[id * width + k]) assert.fail(`step ${step}, id ${id}, column ${k}`);
      }
    }
    console.log(
      `${new Set(values).size} rows of 14,080: gathered in ${recorded.toFixed(1)} ms, read after ` +
        `${(performance.now() - begin).toFixed(0)} ms`,
    );
    ids.dispose(), out.dispose();
    if (step === 1) held = device.memory().heldBytes;
    if (step > 1) assert.equal(device.memory().heldBytes, held);
  }
  device.close();
});
