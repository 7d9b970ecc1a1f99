/**
 * Matrix products as the layers of language models make them. Each figure covers about a second of work.
 *
 *     deno task bench bench/gemm.ts
 */
import * as w from "../mod.ts";
import { gemm } from "../src/ops/gemm.ts";

const device = await w.init();
console.log(device.info.description);
const products: [string, w.Tensor, w.Tensor][] = [
  ["1024 x 64 x 256, both along k", w.randn([1, 1024, 64]), w.randn([1, 256, 64]).transpose()],
  ["1120 x 256 x 1024, both along k", w.randn([1, 1120, 256]), w.randn([1, 1024, 256]).transpose()],
  ["1024 x 256 x 64", w.randn([1, 1024, 256]), w.randn([1, 256, 64])],
  ["256 x 1024 x 64, left transposed", w.randn([1, 1024, 256]).transpose(), w.randn([1, 1024, 64])],
];
for (const [name, a, b] of products) {
  const flops = 2 * a.numel * b.shape[2];
  const repeat = (count: number) => {
    for (let i = 0; i < count; i++) gemm(a, b).dispose();
  };
  repeat(2);
  await device.sync();
  const count = Math.ceil(4e9 / flops), start = performance.now();
  repeat(count);
  await device.sync();
  console.log(`${name.padEnd(34)} ${(flops * count / (performance.now() - start) / 1e6).toFixed(1)} GFLOP/s`);
}
