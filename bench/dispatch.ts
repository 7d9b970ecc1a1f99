/**
 * What one operation costs the CPU: the recorder alone, and a full eager op with shape check, tensor and graph node.
 * Batches are submitted without waiting and their kernels do nothing worth mentioning, so the GPU is idle.
 *
 *     deno task bench bench/dispatch.ts [--count 20000]
 */
import { kernels } from "../src/gpu/kernels.gen.ts";
import * as w from "../mod.ts";

const count = Number(Deno.args[Deno.args.indexOf("--count") + 1] || 20_000);
const device = await w.init();
const a = w.ones([64]), b = w.ones([64], { requiresGrad: true });

const GROUP = 8; // the clock is too coarse for one call

/** Median microseconds of one call; the mean also has the submits, one for every 128 commands. */
async function measure(name: string, fn: () => void): Promise<void> {
  const times: number[] = [];
  for (let i = 0; i < 1000; i++) fn();
  await device.sync();
  for (let done = 0; done < count; done += GROUP) {
    const start = performance.now();
    for (let i = 0; i < GROUP; i++) fn();
    times.push((performance.now() - start) * 1000 / GROUP);
    if (done % 1024 === 0) await device.sync(); // the GPU stays idle
  }
  const mean = times.reduce((sum, t) => sum + t, 0) / times.length;
  times.sort((x, y) => x - y);
  const at = (q: number) => times[Math.floor(q * (times.length - 1))].toFixed(1).padStart(6);
  console.log(`${name.padEnd(32)} median ${at(0.5)} us, 90 % ${at(0.9)} us, mean with submits ${mean.toFixed(1)} us`);
}

console.log(`${device.info.description}, ${count} calls each`);
const out = w.zeros([64]);
await measure(
  "recorder, with cache look-ups",
  () =>
    device.recorder.dispatch(kernels.fill.bits, { out }, { n: 64, bits: 0 }, { workgroups: 1, constants: { WG: 64 } }),
);
await measure("eager op, no gradient", () => w.add(a, a).dispose());
await measure("eager op with node", () => w.add(a, b).dispose());
await measure("eager op in a tidy", () => w.tidy(() => void a.mul(2)));
