// RNN, GRU and LSTM against PyTorch's numbers in all stored combinations and by every kernel variant, cells, values worked
// out by hand, refusals.
import assert from "node:assert/strict";
import * as w from "../mod.ts";
import * as nn from "../src/nn/mod.ts";
import { type GoldenTensor, loadGolden, relativeL2, under } from "./golden/golden.ts";
import { cases, compareCases } from "./support/recurrent_golden.ts";

await w.init();
const { tensors, meta } = await loadGolden("layers");
type Layer = nn.RNN | nn.GRU | nn.LSTM;

/** Calls a layer with PyTorch's conventions and names what comes back. */
function call(layer: Layer, given: Record<string, w.Tensor>): Record<string, w.Tensor> {
  if (layer instanceof nn.LSTM) {
    const [output, [h_n, c_n]] = layer.forward(given.input, given.h_0 && [given.h_0, given.c_0]);
    return { output, h_n, c_n };
  }
  const [output, h_n] = layer.forward(given.input, given.h_0);
  return { output, h_n };
}

async function compare(
  pairs: readonly (readonly [string, w.Tensor, GoldenTensor])[],
  tolerance: number,
): Promise<void> {
  const all = w.tidy(() => w.cat(pairs.map(([, t]) => t.detach().reshape([-1]))));
  const data = await all.data();
  all.dispose();
  let at = 0;
  for (const [name, t, { shape, data: wanted }] of pairs) {
    assert.deepEqual([...t.shape], shape, name);
    const error = relativeL2(data.subarray(at, at += t.numel), wanted);
    assert.ok(error < tolerance, `${name}: relative L2 ${error}`);
  }
}

for (const algorithm of [undefined, "step", "loop", "pair"] as const) {
  Deno.test(`all combinations equal PyTorch: outputs, states, every gradient (${algorithm ?? "own choice"})`, async () => {
    assert.ok(await compareCases(cases, algorithm) > 2000);
  });
}

for (const kind of ["RNN", "GRU", "LSTM"] as const) {
  Deno.test(`${kind} equals PyTorch in all stored cases: outputs, states, every gradient`, async () => {
    const pairs: [string, w.Tensor, GoldenTensor][] = [];
    for (const one of meta.cases.filter((c) => c.module === kind)) {
      const held = under(tensors, one.name), [inputs, hidden] = one.args as [number, number];
      const layer: Layer = new nn[kind](inputs, hidden, one.options as nn.RNNOptions);
      layer.loadStateDict(under(held, "param"));
      const given = Object.fromEntries(one.inputs.map((name) => {
        const { shape, data } = held.get(name)!;
        return [name, w.tensor(data, { shape, requiresGrad: true })];
      }));
      const found = call(layer, given);
      w.tidy(() => {
        const terms = one.outputs.map((name) => {
          const { shape, data } = held.get(`r/${name}`)!;
          return found[name].mul(w.tensor(data, { shape })).sum();
        });
        terms.reduce((a, b) => a.add(b)).backward();
      });
      for (const name of one.outputs) pairs.push([`${one.name} ${name}`, found[name], held.get(name)!]);
      for (const [name, t] of Object.entries(given)) {
        pairs.push([`${one.name} grad/${name}`, t.grad!, held.get(`grad/${name}`)!]);
      }
      for (const [name, p] of layer.namedParameters()) {
        pairs.push([`${one.name} grad/${name}`, p.grad!, held.get(`grad/${name}`)!]);
      }
    }
    assert.ok(pairs.length > 50);
    await compare(pairs, 2e-5);
  });
}
const fill = (i: number, j: number, s: number) => ((7 * i + 3 * j + 5 * s) % 11 - 5) / 10;
const matrix = (rows: number, columns: number, s: number) =>
  Array.from({ length: rows * columns }, (_, k) => fill(Math.floor(k / columns), k % columns, s));
const x = () =>
  w.tensor(
    Array.from({ length: 24 }, (_, n) =>
      (5 * Math.floor(n / 6) + 3 * (Math.floor(n / 3) % 2) + 2 * (n % 3)) % 7 / 4 - .75),
    { shape: [4, 2, 3] },
  );
const weights = (rows: number, suffix = "_l0") => ({
  [`weight_ih${suffix}`]: matrix(rows, 3, 1),
  [`weight_hh${suffix}`]: matrix(rows, 2, 2),
  [`bias_ih${suffix}`]: matrix(rows, 1, 3),
  [`bias_hh${suffix}`]: matrix(rows, 1, 4),
});

Deno.test("LSTM gives the values worked out by hand, in both directions", async () => {
  const layer = new nn.LSTM(3, 2, { bidirectional: true });
  layer.loadStateDict({ ...weights(8), ...weights(8, "_l0_reverse") });
  const [output, [hN, cN]] = layer.forward(x());
  const y = await output.data(), h = await hN.data(), c = await cN.data();
  const forward = (t: number, b: number) => y.subarray(8 * t + 4 * b, 8 * t + 4 * b + 2);
  const near = (actual: ArrayLike<number>, wanted: number[]) =>
    assert.ok(relativeL2(actual, wanted) < 1e-6, `${[...Array.from(actual)]}`);
  near(forward(0, 0), [.18468843, -.13740163]);
  near(forward(0, 1), [.06310349, .01272749]);
  near(forward(1, 1), [.19785829, -.12005155]);
  near(h.subarray(0, 4), [.22179655, -.16568432, .05288077, -.05519226]);
  near(c.subarray(0, 4), [.41279092, -.35920825, .11461299, -.10806132]);
  near(h.subarray(4, 8), [.25294244, -.19273862, .11797802, -.07853139]);
  near(y.subarray(2, 4), h.subarray(4, 6) as unknown as number[]);
});

Deno.test("LSTM with hard-sigmoid gates and RNN give the values worked out by hand", async () => {
  const hard = new nn.LSTM(3, 2, { recurrentActivation: "hardSigmoid" });
  hard.loadStateDict(weights(8));
  const [, [hN, cN]] = hard.forward(x());
  assert.ok(relativeL2(await hN.data(), [.21667547, -.17039835, .05445892, -.05617163]) < 1e-6);
  const c = await cN.data();
  assert.ok(relativeL2(c, [.41246131, -.36734404, .11619408, -.11055886]) < 1e-6, `${c}`);
  const rnn = new nn.RNN(3, 2);
  rnn.loadStateDict(weights(2));
  const [, h] = rnn.forward(x());
  assert.ok(relativeL2(await h.data(), [.58897947, -.38690125, .83902847, -.76253512]) < 1e-6);
});

Deno.test("recurrent layers have PyTorch's names, counts and ranges of parameters", async () => {
  const layer = new nn.LSTM(5, 16, { numLayers: 2, bidirectional: true });
  const names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"];
  const wanted = ["_l0", "_l0_reverse", "_l1", "_l1_reverse"].flatMap((suffix) => names.map((name) => name + suffix));
  assert.deepEqual(Object.keys(layer.stateDict()), wanted);
  assert.deepEqual(layer.stateDict().weight_ih_l1.shape, [64, 32]);
  const values = await (layer.stateDict().weight_hh_l1_reverse as w.Tensor).data();
  assert.ok(values.every((v) => Math.abs(v) <= .25) && values.some((v) => Math.abs(v) > .24));
  assert.equal(new nn.GRU(5, 4, { bias: false }).parameters().reduce((n, p) => n + p.numel, 0), 12 * 9);
});

Deno.test("a sequence without a batch gives what a batch of one gives", async () => {
  const layer = new nn.GRU(3, 4, { numLayers: 2, bidirectional: true, batchFirst: true });
  const one = w.randn([5, 3]), h0 = w.randn([4, 4]);
  const [y, h] = layer.forward(one, h0), [y1, h1] = layer.forward(one.unsqueeze(0), h0.unsqueeze(1));
  assert.deepEqual([y.shape, h.shape], [[5, 8], [4, 4]]);
  assert.deepEqual([await y.data(), await h.data()], [await y1.data(), await h1.data()]);
});

Deno.test("dropout between layers acts in training only, and never behind the last one", async () => {
  const layer = new nn.LSTM(3, 4, { numLayers: 2, dropout: .5 }), input = w.randn([6, 2, 3]);
  const read = async () => await layer.forward(input)[0].data();
  const [a, b] = [await read(), await read()];
  assert.notDeepEqual(a, b);
  layer.eval();
  assert.deepEqual(await read(), await read());
  const single = new nn.RNN(3, 4, { dropout: .5 });
  assert.deepEqual(await single.forward(input)[0].data(), await single.forward(input)[0].data());
});

Deno.test("the state carried over two halves gives the whole sequence's output", async () => {
  const layer = new nn.LSTM(3, 5), input = w.randn([8, 2, 3]);
  const [whole, [h]] = layer.forward(input);
  const [first, state] = layer.forward(input.slice(0, 0, 4)),
    [second, [h2]] = layer.forward(input.slice(0, 4, 8), state);
  assert.deepEqual(await whole.data(), await w.cat([first, second], 0).data());
  assert.deepEqual(await h.data(), await h2.data());
});

const perKind = [[nn.RNN, nn.RNNCell], [nn.GRU, nn.GRUCell], [nn.LSTM, nn.LSTMCell]] as const;
for (const [Kind, Cell] of perKind) {
  Deno.test(`${Cell.name} steps through a sequence with the bits of ${Kind.name}, in value and gradient`, async () => {
    const layer = new Kind(3, 5), cell = new Cell(3, 5), input = w.randn([4, 2, 3]);
    assert.deepEqual(cell.namedParameters().map(([name]) => name), ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]);
    for (const [name, p] of Object.entries(layer.stateDict())) {
      cell.loadStateDict({ [name.slice(0, -3)]: p }, { strict: false });
    }
    const [output, final] = (layer as nn.RNN).forward(input);
    let state: w.Tensor | undefined;
    const states: w.Tensor[] = [];
    for (let t = 0; t < 4; t++) {
      state = (cell as nn.RNNCell).forward(input.select(0, t), state);
      states.push(Array.isArray(state) ? state[0] : state);
    }
    const last = [state, final].map((s) => w.stack([s].flat().map((t) => t!.reshape([2, 5])))) as w.Tensor[];
    assert.deepEqual(await w.stack(states).data(), await output.data());
    assert.deepEqual(await last[0].data(), await last[1].data());
    output.square().sum().backward();
    w.stack(states).square().sum().backward();
    for (const name of ["weight_ih", "weight_hh", "bias_ih", "bias_hh"] as const) {
      const whole = await (layer.stateDict()[`${name}_l0`] as w.Tensor).grad!.data();
      assert.ok(relativeL2(await cell[name]!.grad!.data(), whole) < 1e-6, name);
    }
    const alone = (cell as nn.RNNCell).forward(input.select(0, 0).select(0, 1)), [h] = [alone].flat();
    assert.deepEqual(h.shape, [5]);
    assert.deepEqual(await h.data(), await states[0].select(0, 1).data());
    assert.equal(String(new Cell(3, 5, { bias: false })), `${Cell.name}(3, 5, bias: false)`);
  });
}

Deno.test("cells refuse wrong shapes and options, naming the argument", () => {
  const cell = new nn.LSTMCell(3, 4), h = w.ones([2, 4]);
  assert.throws(() => cell.forward(w.ones([2, 4])), /LSTMCell on x \[2, 4\]: wanted \[batch, 3\] or \[3\]/);
  assert.throws(() => cell.forward(w.ones([1, 2, 3])), w.ShapeError);
  assert.throws(() => cell.forward(w.ones([2, 3]), [h, w.ones([3, 4])]), /c \[3, 4\]: wanted \[2, 4\]/);
  assert.throws(() => cell.forward(w.ones([3]), [h, h]), /h \[2, 4\]: wanted \[4\]/);
  assert.throws(() => cell.forward(w.ones([2, 3]), [h] as unknown as [w.Tensor, w.Tensor]), /wanted h and c/);
  assert.throws(() => new nn.GRUCell(3, 4).forward(w.ones([2, 3]), w.ones([2, 3])), /h \[2, 3\]: wanted \[2, 4\]/);
  assert.throws(() => new nn.RNNCell(3, 0), /make RNNCell: hiddenSize is 0/);
  assert.throws(() => new nn.RNNCell(3, 4, { nonlinearity: "elu" as "relu" }), /nonlinearity is elu/);
});

Deno.test("a forced algorithm that the sizes do not suit is refused, naming it", async () => {
  const before = w.getDevice(), device = await w.init({ limits: "default" });
  try {
    const layer = new nn.LSTM(3, 1028, { rnnAlgorithm: "loop" });
    assert.throws(() => layer.forward(w.ones([1, 2, 3])), /1028 units .*"loop".*257 lanes.*256; use "step"/);
    layer.dispose();
  } finally {
    w.setDevice(before);
    device.close();
  }
});

Deno.test("recurrent layers refuse wrong shapes and options, naming the argument", () => {
  const layer = new nn.LSTM(3, 4, { numLayers: 2 }), input = w.ones([5, 2, 3]), good = w.ones([2, 2, 4]);
  assert.throws(() => layer.forward(w.ones([5, 2, 4])), /wanted \[time, batch, 3\]/);
  assert.throws(() => layer.forward(w.ones([3])), w.ShapeError);
  assert.throws(() => layer.forward(input, [w.ones([1, 2, 4]), good]), /h0 \[1, 2, 4\]: wanted \[2, 2, 4\]/);
  assert.throws(() => layer.forward(input, [good, w.ones([2, 3, 4])]), /c0 \[2, 3, 4\]/);
  const bad: (() => unknown)[] = [
    () => new nn.LSTM(0, 4),
    () => new nn.GRU(3, -1),
    () => new nn.RNN(3, 4, { numLayers: 0 }),
    () => new nn.RNN(3, 4, { dropout: 2 }),
    () => new nn.RNN(3, 4, { nonlinearity: "sigmoid" as "tanh" }),
    () => new nn.LSTM(3, 4, { recurrentActivation: "hard" as "sigmoid" }),
    () => new nn.LSTM(3, 4, { rnnAlgorithm: "fast" as "loop" }),
  ];
  for (const make of bad) assert.throws(make, w.ValueError, String(make));
});
