/**
 * Speed of every matmul kernel on a list of shapes, and which one the plan picks (marked *): the measurement behind
 * `src/ops/matmul_plan.ts`. Form nt is x W^T, tn is the gradient of a weight.
 *
 *     deno task bench bench/matmul_kernels.ts [--shapes 512x512x512,64x256x1024] [--forms nn,nt,tn] [--ms 300]
 *
 * GFLOP/s of the fastest of three sections of at least `--ms`, taken in turns; then the first call, which compiles.
 * A section below 300 ms says little in Deno, whose waits end at multiples of 10 ms.
 */
import { gemm } from "../src/ops/gemm.ts";
import { type MatmulKernel, planMatmul } from "../src/ops/matmul_plan.ts";
import * as w from "../mod.ts";

const option = (name: string, standard: string): string => {
  const i = Deno.args.indexOf(`--${name}`);
  return i < 0 ? standard : Deno.args[i + 1];
};
const shapes = option("shapes", "64x64x64,128x128x128,512x512x512,64x256x1024,1120x256x30,1x256x1024");
const forms = option("forms", "nn,nt,tn").split(",");
const least = Number(option("ms", "300"));
const kernels: readonly MatmulKernel[] = ["matmul16", "matmul8", "matmul4", "matmulStaged"];

const device = await w.init();
await device.sync();

async function section(repeats: number, fn: () => void): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < repeats; i++) w.tidy(fn);
  await device.sync();
  return performance.now() - start;
}

console.log(`${device.info.description}: GFLOP/s (ms of the first call)`);
for (const shape of shapes.split(",")) {
  const [m, k, n] = shape.split("x").map(Number);
  for (const form of forms) {
    const transposedA = form[0] === "t", transposedB = form[1] === "t";
    const a = transposedA ? w.randn([1, k, m]).transpose() : w.randn([1, m, k]);
    const b = transposedB ? w.randn([1, n, k]).transpose() : w.randn([1, k, n]);
    const chosen = planMatmul({ m, n, k, transposedA, transposedB }, { software: device.info.software }).kernel;
    const rows: { kernel: MatmulKernel; fn: () => void; first: number; repeats: number; best: number }[] = [];
    for (const kernel of kernels) {
      const fn = () => void gemm(a, b, { kernel });
      const first = await section(1, fn), few = await section(5, fn);
      rows.push({ kernel, fn, first, repeats: Math.ceil(least / (few / 5)), best: Infinity });
    }
    for (let round = 0; round < 3; round++) {
      for (const row of rows) row.best = Math.min(row.best, await section(row.repeats, row.fn) / row.repeats);
    }
    const cell = ({ kernel, best, first }: typeof rows[number]): string =>
      `${kernel.slice(6)}${kernel === chosen ? "*" : ""} ${(2 * m * n * k / best / 1e6).toFixed(1)} (${
        first.toFixed(0)
      })`;
    console.log(`${shape} ${form}`.padEnd(18) + rows.map((row) => cell(row).padEnd(20)).join(""));
  }
}
