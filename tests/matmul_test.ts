import assert from "node:assert/strict";
import * as w from "../mod.ts";
import { gemm } from "../src/ops/gemm.ts";
import type { MatmulKernel } from "../src/ops/matmul_plan.ts";
import { relativeL2 } from "./golden/golden.ts";

const device = await w.init();
w.manualSeed(3);
const KERNELS: readonly MatmulKernel[] = [
  "matmul16",
  "matmul8",
  "matmul4",
  "matmulStaged",
  ...(device.info.subgroups ? ["matmulWide" as const] : []),
];

/** [batch, m, k] stored in one of several ways. */
const layouts: Record<string, (batch: number, rows: number, cols: number) => w.Tensor> = {
  rows: (b, r, c) => w.randn([b, r, c]),
  columns: (b, r, c) => w.randn([b, c, r]).transpose(),
  "part of rows": (b, r, c) => w.randn([b, r, c + 3]).at("...", "1:-2"),
  "every second column": (b, r, c) => w.randn([b, r, 2 * c]).at("...", "::2"),
  "one matrix for all": (b, r, c) => w.randn([1, r, c]).expand([b, r, c]),
};

function reference(
  a: Float32Array,
  b: Float32Array,
  [batch, m, k, n]: readonly number[],
  bias?: Float32Array,
): Float64Array {
  const out = new Float64Array(batch * m * n);
  for (let z = 0; z < batch; z++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let total = bias?.[j] ?? 0;
        for (let q = 0; q < k; q++) total += a[(z * m + i) * k + q] * b[(z * k + q) * n + j];
        out[(z * m + i) * n + j] = total;
      }
    }
  }
  return out;
}

Deno.test("every matmul kernel gives the same bits and the right numbers, for every layout", async () => {
  const sizes = [[1, 1, 1, 1], [2, 3, 7, 5], [1, 16, 16, 16], [3, 30, 33, 30], [1, 65, 64, 17], [2, 1, 257, 9], [
    1,
    129,
    5,
    1,
  ]];
  for (const size of sizes) {
    const [batch, m, k, n] = size;
    for (const left of Object.keys(layouts)) {
      for (const right of ["rows", "columns", left]) {
        const a = layouts[left](batch, m, k), b = layouts[right](batch, k, n);
        const [av, bv, ...results] = await Promise.all([
          a.data(),
          b.data(),
          ...KERNELS.map((kernel) => gemm(a, b, { kernel }).data()),
        ]);
        const what = `${size} ${left} x ${right}`;
        assert.ok(relativeL2(results[0], reference(av, bv, size)) < 2e-6, what);
        for (let i = 1; i < KERNELS.length; i++) {
          assert.deepEqual(results[i], results[0], `${what}: ${KERNELS[i]} against ${KERNELS[0]}`);
        }
      }
    }
  }
});

Deno.test("products through textures are right, with views, ragged sizes and a bias", async () => {
  const forms: [string, w.Tensor, w.Tensor][] = [
    ["nt", w.randn([1, 1000, 64]), w.randn([1, 256, 64]).transpose()],
    ["nn", w.randn([1, 520, 256]), w.randn([1, 256, 70]).at("...", ":-6")],
    ["tn", w.randn([1, 1030, 256]).transpose(), w.randn([1, 1030, 64])],
    ["views", w.randn([1, 700, 68]).at("...", "4:"), w.randn([1, 64, 252]).at("...", "4:")],
  ];
  for (const [name, a, b] of forms) {
    const [, m, k] = a.shape, n = b.shape[2], bias = w.randn([n]);
    const [av, bv, biases, whole, again] = await Promise.all([
      a.data(),
      b.data(),
      bias.data(),
      gemm(a, b, { bias }).data(),
      gemm(a, b, { bias }).data(),
    ]);
    const off = relativeL2(whole, reference(av, bv, [1, m, k, n], biases));
    assert.ok(off < 2e-6, `${name} is off by ${off}`);
    assert.deepEqual(again, whole, name);
  }
});

Deno.test("every matmul kernel adds a bias and applies relu", async () => {
  for (const kernel of KERNELS) {
    const a = w.randn([1, 9, 8]), b = w.randn([1, 8, 6]), bias = w.randn([6]);
    const [av, bv, biases, plain, rectified] = await Promise.all([
      a.data(),
      b.data(),
      bias.data(),
      gemm(a, b, { kernel, bias }).data(),
      gemm(a, b, { kernel, bias, activation: "relu" }).data(),
    ]);
    assert.ok(relativeL2(plain, reference(av, bv, [1, 9, 8, 6], biases)) < 2e-6, kernel);
    assert.deepEqual(rectified, plain.map((v) => Math.max(v, 0)), kernel);
  }
});

Deno.test("a sum over 100,000 products is split without changing its bits", async () => {
  const a = w.rand([1, 2, 100_000]), b = w.rand([1, 100_000, 3]);
  const [av, bv, ...results] = await Promise.all([
    a.data(),
    b.data(),
    ...KERNELS.map((kernel) => gemm(a, b, { kernel }).data()),
  ]);
  assert.ok(relativeL2(results[0], reference(av, bv, [1, 2, 100_000, 3])) < 1e-4);
  for (const result of results) assert.deepEqual(result, results[0]);
});

Deno.test("matmul() follows PyTorch's rules for vectors and batches", () => {
  const shape = (a: number[], b: number[]) => w.ones(a).matmul(w.ones(b)).shape;
  assert.deepEqual(shape([3], [3]), []);
  assert.deepEqual(shape([2, 3], [3]), [2]);
  assert.deepEqual(shape([3], [3, 4]), [4]);
  assert.deepEqual(shape([5, 2, 3], [3]), [5, 2]);
  assert.deepEqual(shape([5, 1, 2, 3], [4, 3, 6]), [5, 4, 2, 6]);
});

Deno.test("a transposed operand is read in place", () => {
  const a = w.ones([64, 32]), b = w.ones([48, 32]), before = w.memory().buffers;
  const out = a.matmul(b.transpose());
  assert.equal(w.memory().buffers, before + 1);
  assert.deepEqual(out.shape, [64, 48]);
});

Deno.test("einsum() agrees with matmul and sums", async () => {
  const a = w.randn([2, 3, 4]), b = w.randn([2, 4, 5]);
  const pairs: [w.Tensor, w.Tensor][] = [
    [w.einsum("bij,bjk->bik", a, b), a.matmul(b)],
    [w.einsum("bij,bjk", a, b), a.matmul(b).sum({ dim: 0 })],
    [w.einsum("bij->ji", a), a.sum({ dim: 0 }).transpose()],
    [w.einsum("bij,bij->b", a, a), a.square().sum({ dim: [1, 2] })],
    [w.einsum("i,j->ij", a.at(0, 0), b.at(0, 0)), a.at(0, 0).reshape([4, 1]).mul(b.at(0, 0))],
  ];
  for (const [got, wanted] of pairs) {
    assert.deepEqual(got.shape, wanted.shape);
    const [x, y] = await Promise.all([got.data(), wanted.data()]);
    assert.ok(relativeL2(x, y) < 1e-6);
  }
  assert.throws(() => w.einsum("ij,jk->ik", a, b), w.ShapeError);
  assert.throws(() => w.einsum("ij->k", w.ones([2, 2])), w.ValueError);
});
