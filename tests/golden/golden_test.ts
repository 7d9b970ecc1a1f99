// The golden files themselves: whole, made by one torch version, small, and as their case lists say.
import { type Golden, type GoldenAreas, goldenPath, goldenTensor, loadGolden, relativeL2, under } from "./golden.ts";

const areas = [
  "layers",
  "recurrent",
  "pooling",
  "losses",
  "optim",
  "schedules",
  "ops",
  "human_numbers",
  "imdb",
  "jigsaw",
] as const;

function assert(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}

Deno.test("golden files stay under 2.5 MB together", async () => {
  let bytes = 0;
  for (const area of areas) bytes += (await Deno.stat(goldenPath(area))).size;
  assert(bytes < 2_500_000, `${bytes} bytes`);
});

Deno.test("every golden tensor has the length of its shape and belongs to a case", async () => {
  for (const area of areas) {
    const { tensors, meta }: Golden<GoldenAreas[typeof area]> = await loadGolden(area);
    assert(meta.torch === "2.13.0+cpu", `${area}: torch ${meta.torch}`);
    const owners = new Set([...meta.cases.map((one) => one.name), "start", "grads", "init"]);
    assert(owners.size === meta.cases.length + 3, `${area}: case names repeat`);
    for (const [name, { shape, data }] of tensors) {
      assert(data.length === shape.reduce((a, b) => a * b, 1), `${area} ${name}: ${data.length} values for [${shape}]`);
      assert(owners.has(name.slice(0, name.indexOf("/"))), `${area} ${name}: no such case`);
      assert(data.every((value) => Number.isFinite(value)), `${area} ${name}: not finite`);
    }
  }
});

Deno.test("layer, loss and op cases hold the inputs and outputs they name", async () => {
  for (const area of ["layers", "pooling", "losses", "ops"] as const) {
    const { tensors, meta } = await loadGolden(area);
    for (const one of meta.cases) {
      for (const step of "steps" in one && one.steps ? one.steps : [""]) {
        const held = under(tensors, step ? `${one.name}/${step}` : one.name);
        const extra = "tensorOptions" in one ? one.tensorOptions : [];
        for (const name of [...one.inputs, ...one.outputs, ...extra]) goldenTensor(held, name);
      }
    }
  }
});

Deno.test("a golden Linear is x W^T + b", async () => {
  const { tensors } = await loadGolden("layers");
  const held = under(tensors, "linear_bias");
  const [x, w, b] = ["input", "param/weight", "param/bias"].map((name) => goldenTensor(held, name));
  const [rows, inner] = x.shape;
  const out = w.shape[0];
  const y = new Float64Array(rows * out);
  for (let i = 0; i < y.length; i++) {
    y[i] = b.data[i % out];
    for (let k = 0; k < inner; k++) y[i] += x.data[Math.floor(i / out) * inner + k] * w.data[(i % out) * inner + k];
  }
  assert(relativeL2(y, goldenTensor(held, "output").data) < 1e-7, "differs");
});

Deno.test("relativeL2() is zero on equal values, absolute on zeros and NaN on NaN", () => {
  assert(relativeL2([3, 4], [3, 4]) === 0, "equal");
  assert(Math.abs(relativeL2([3, 4], [0, 5]) - Math.sqrt(10) / 5) < 1e-12, "relative");
  assert(relativeL2([3, 4], [0, 0]) === 5, "zeros");
  assert(Number.isNaN(relativeL2([NaN], [1])), "NaN");
  assert(relativeL2([Infinity, 1], [Infinity, 1]) === 0, "infinities");
});
