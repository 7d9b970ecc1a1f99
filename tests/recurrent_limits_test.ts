// What recurrent layers take: dispatches, memory, sizes up to what a binding and an invocation hold, and f16.
import assert from "node:assert/strict";
import * as w from "../mod.ts";
import { sizeClass } from "../src/gpu/storage.ts";
import { relativeL2 } from "./golden/golden.ts";

const device = await w.init({ limits: "default" });
const KINDS = { RNN: w.nn.RNN, GRU: w.nn.GRU, LSTM: w.nn.LSTM } as unknown as Record<
  string,
  new (inputs: number, units: number, options?: object) => w.nn.RNN
>;

/** Dispatches of forward and backward, without adding gradients up into parameters. */
function dispatches(layer: w.nn.RNN, steps: number, batch: number, inputs: number): number {
  const { recorder } = device, x = w.randn([steps, batch, inputs]).requiresGrad_();
  return w.tidy(() => {
    const start = recorder.commandCount, [y] = layer.forward(x), forward = recorder.commandCount - start;
    const gradient = w.onesLike(y), before = recorder.commandCount;
    w.grad(y, [x, ...layer.parameters()], { gradOutputs: [gradient] });
    return forward + recorder.commandCount - before;
  });
}

Deno.test("a step of a layer costs at most 3 dispatches, forward and backward, both directions together", () => {
  for (const [name, Layer] of Object.entries(KINDS)) {
    for (const [units, batch] of [[64, 16], [256, 32]]) {
      for (const bidirectional of [false, true]) {
        const layer = new Layer(32, units, { bidirectional });
        const [few, many] = [35, 70].map((steps) => dispatches(layer, steps, batch, 32));
        const slope = (many - few) / 35;
        assert.ok(slope > 0 && slope <= 3, `${name}(${units}), ${bidirectional ? 2 : 1} directions: ${slope} per step`);
      }
    }
  }
});

Deno.test("with the loop in one workgroup a layer costs at most 10 dispatches on a graphics adapter", () => {
  const info = device.info as { software: boolean }, { software } = info;
  info.software = false; // software adapters take a few more, which copy operands into textures
  try {
    for (const [name, Layer] of Object.entries(KINDS)) {
      const layer = new Layer(32, 64, { rnnAlgorithm: "loop" });
      const [few, many] = [35, 70].map((steps) => dispatches(layer, steps, 3, 32));
      assert.ok(few <= 10, `${name}: ${few}`);
      assert.equal(many, few);
    }
  } finally {
    info.software = software;
  }
});

Deno.test("a layer keeps its input, the gates and the states for backward, and nothing else", async () => {
  const steps = 64, batch = 32, units = 64, rows = steps * batch;
  for (const [name, gates, states] of [["RNN", 1, 1], ["GRU", 4, 1], ["LSTM", 4, 2]] as const) {
    for (const dtype of ["f32", "f16"] as const) {
      if (dtype === "f16" && !device.features.has("shader-f16")) continue;
      const layer = new KINDS[name](16, units, { dtype }), x = w.randn([steps, batch, 16]).to(dtype).detach();
      await w.sync();
      const scope = w.scope(), before = w.memory().bytes;
      const [y] = scope.run(() => layer.forward(x));
      const kept = w.memory().bytes - before, size = dtype === "f16" ? 2 : 4;
      const output = sizeClass(y.numel * size), final = sizeClass(batch * units * 4);
      // The GRU keeps r, z and n, and the third W h + b that r is a factor of.
      const saved = (name === "RNN" ? sizeClass(rows * units * size) : sizeClass(rows * gates * units * size)) +
        states * sizeClass((rows + batch) * units * 4);
      assert.ok(
        kept <= output + states * final + saved,
        `${name} ${dtype}: ${kept} of ${output + states * final + saved}`,
      );
      scope.close();
      assert.equal(w.memory().bytes, before, name);
    }
  }
});

/** Loss, output and gradients of one call, and of two halves in time with carried state. */
async function halves(
  layers: readonly w.nn.RNN[],
  x: w.Tensor,
): Promise<{ whole: Float32Array[]; parts: Float32Array[] }> {
  const steps = x.shape[0], cut = Math.floor(steps / 2);
  const run = (split: boolean) => {
    for (const layer of layers) layer.zeroGrad();
    return w.tidy(() => {
      const leaf = x.detach().requiresGrad_();
      // Each layer runs in a direction of its own: the second reads the sequence backwards.
      const outputs = layers.map((layer, d) => {
        const input = d === 0 ? leaf : leaf.flip([0]);
        if (!split) return layer.forward(input)[0];
        const [first, state] = layer.forward(input.slice(0, 0, cut));
        return w.cat([first, layer.forward(input.slice(0, cut, steps), state)[0]], 0);
      });
      outputs.map((y) => y.mul(y).mean()).reduce((a, b) => a.add(b)).backward();
      const grads = layers.flatMap((layer) => layer.parameters().map((p) => p.grad!.clone()));
      return [outputs[0].at(-1), leaf.grad!, ...grads].map((t) => t.detach());
    });
  };
  const read = (list: w.Tensor[]) => Promise.all(list.map((t) => t.data() as Promise<Float32Array>));
  const whole = await read(run(false)), parts = await read(run(true));
  return { whole, parts };
}

const LARGE: [name: string, kind: string, size: [steps: number, batch: number, inputs: number, units: number]][] = [
  ["an RNN over the longest review (2,883 tokens)", "RNN", [2883, 64, 8, 256]],
  ["10,000 steps", "GRU", [10_000, 2, 8, 16]],
  ["10,000 steps of one sequence, in tiles of 4 rows", "LSTM", [10_000, 1, 3, 8]],
  ["2,048 units", "LSTM", [3, 2, 8, 2048]],
  ["4,096 sequences", "LSTM", [3, 4096, 8, 16]],
];
for (const [name, kind, [steps, batch, inputs, units]] of LARGE) {
  Deno.test(`${name} at default limits equal two halves with carried state`, async () => {
    const { whole, parts } = await halves([new KINDS[kind](inputs, units)], w.randn([steps, batch, inputs]));
    assert.deepEqual(parts[0], whole[0], "the last output has the same bits");
    whole.forEach((t, i) => assert.ok(relativeL2(parts[i], t) < 2e-5, `${i}: ${relativeL2(parts[i], t)}`));
  });
}

Deno.test("a bidirectional LSTM over 1,024 steps at default limits, whose gates exceed a binding, equals two layers in halves", async () => {
  const [steps, batch, inputs, units] = [1024, 64, 8, 128], x = w.randn([steps, batch, inputs]);
  assert.ok(2 * steps * batch * 4 * units * 4 > device.limits.maxStorageBufferBindingSize);
  const both = new w.nn.LSTM(inputs, units, { bidirectional: true });
  const alone = [0, 1].map(() => new w.nn.LSTM(inputs, units)) as unknown as w.nn.RNN[];
  w.noGrad(() => {
    const fields = both as unknown as Record<string, w.nn.Parameter>;
    alone.forEach((layer, d) =>
      layer.namedParameters().forEach(([key, p]) => p.copy_(fields[key + (d ? "_reverse" : "")]))
    );
  });
  const { parts } = await halves(alone, x);
  const found = await Promise.all(
    w.tidy(() => {
      const leaf = x.detach().requiresGrad_(), [y] = both.forward(leaf), [there, back] = y.split(units, 2);
      there.mul(there).mean().add(back.mul(back).mean()).backward();
      return [there.at(-1).clone(), leaf.grad!, ...both.parameters().map((p) => p.grad!.clone())].map((t) =>
        t.detach()
      );
    }).map((t) => t.data() as Promise<Float32Array>),
  );
  assert.deepEqual(found[0], parts[0]);
  for (let i = 0; i < found.length; i++) {
    assert.ok(relativeL2(found[i], parts[i]) < 2e-5, `${i}: ${relativeL2(found[i], parts[i])}`);
  }
});

Deno.test({
  name: "layers of f16 stay within 5e-3 of f32 over 50 steps, with f32 states, in every variant",
  ignore: !device.features.has("shader-f16"),
  async fn() {
    for (const [name, Layer] of Object.entries(KINDS)) {
      const run = async (options: object): Promise<Float32Array[]> => {
        w.manualSeed(5);
        const layer = new Layer(20, 30, { bidirectional: true, numLayers: 2, dropout: 0.2, ...options });
        const x = w.randn([50, 6, 20]).requiresGrad_();
        const list = w.tidy(() => {
          const [y, state] = layer.forward(x) as unknown as [w.Tensor, w.Tensor | [w.Tensor, w.Tensor]];
          const h = Array.isArray(state) ? state : [state];
          for (const t of h) assert.equal(t.dtype, "f32");
          assert.equal(y.dtype, (options as { dtype?: string }).dtype ?? "f32");
          y.to("f32").mul(w.randn(y.shape)).sum().add(h[0].sum()).backward();
          return [y, ...h, x.grad!, ...layer.parameters().map((p) => p.grad!.clone())].map((t) => t.detach());
        });
        return await Promise.all(list.map((t) => t.data() as Promise<Float32Array>));
      };
      const wanted = await run({}), halves = await run({ dtype: "f16" });
      wanted.forEach((t, i) => assert.ok(relativeL2(halves[i], t) < 5e-3, `${name} ${i}: ${relativeL2(halves[i], t)}`));
      assert.ok(relativeL2(halves[0], wanted[0]) > 1e-5, "it did compute in f16");
      for (const rnnAlgorithm of ["step", "loop"]) {
        assert.deepEqual(await run({ dtype: "f16", rnnAlgorithm }), halves, `${name} ${rnnAlgorithm}`);
      }
    }
  },
});
