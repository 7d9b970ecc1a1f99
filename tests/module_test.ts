// What a Module finds in its fields, state dicts, tied weights, state cells, containers, initialisers.
import assert from "node:assert/strict";
import * as w from "../mod.ts";
import * as nn from "../src/nn/mod.ts";

await w.init();

class Net extends nn.Module {
  first = new nn.Linear(3, 4);
  layers = new nn.ModuleList([new nn.Linear(4, 4), new nn.ReLU()]);
  scale = new nn.Parameter({ shape: [4], data: [1, 2, 3, 4] });
  hidden = new nn.State();
  notes = ["not a module"];
  constructor() {
    super();
    this.registerBuffer("mean", w.zeros([4]));
    this.registerBuffer("scratch", w.zeros([2]), { persistent: false });
  }
  override forward(x: w.Tensor): w.Tensor {
    return this.first.forward(x).mul(this.scale);
  }
}

/** The language model whose decoder shares the embedding's weights. */
class Tied extends nn.Module {
  i_h = new nn.Linear(4, 6, { bias: false });
  h_o = new nn.Linear(4, 6, { weight: this.i_h.weight });
  override forward(x: w.Tensor): w.Tensor {
    return this.h_o.forward(x);
  }
}

Deno.test("a module finds parameters, buffers, modules and state cells in its fields, own ones first", () => {
  const net = new Net();
  const parameters = ["scale", "first.weight", "first.bias", "layers.0.weight", "layers.0.bias"];
  assert.deepEqual(net.namedParameters().map(([name]) => name), parameters);
  assert.deepEqual(net.namedBuffers().map(([name]) => name), ["mean", "scratch"]);
  assert.deepEqual(net.namedModules().map(([name]) => name), ["", "first", "layers", "layers.0", "layers.1"]);
  assert.deepEqual(net.namedStates().map(([name]) => name), ["hidden"]);
  assert.deepEqual(net.children(), [net.first, net.layers]);
  assert.deepEqual(Object.keys(net.stateDict()), ["scale", "mean", ...parameters.slice(1)]);
  assert.equal(net.stateDict()["first.weight"], net.first.weight);
  net.dispose();
});

Deno.test("train(), eval(), zeroGrad(), requiresGrad_() and apply() reach every module", () => {
  const net = new Net();
  assert.ok(net.training);
  net.eval();
  assert.ok(net.modules().every((m) => !m.training));
  net.train();
  assert.ok(net.layers.at(1).training);
  w.tidy(() => net.forward(w.ones([2, 3])).sum().backward());
  assert.ok(net.scale.grad && net.first.weight.grad);
  net.zeroGrad();
  assert.ok(net.parameters().every((p) => p.grad === null));
  net.requiresGrad_(false);
  assert.throws(() => w.tidy(() => net.forward(w.ones([2, 3])).sum().backward()), w.StateError);
  const seen: nn.Module[] = [];
  net.apply((m) => void seen.push(m));
  assert.equal(seen.at(-1), net);
  assert.equal(seen.length, 5);
  net.dispose();
});

Deno.test("parameters and buffers outlive scopes, and dispose() gives their memory back", async () => {
  const before = w.memory().buffers;
  const net = w.tidy(() => new Net());
  assert.deepEqual([...await net.scale.data()], [1, 2, 3, 4]);
  assert.deepEqual([...await (net.stateDict().mean as w.Tensor).data()], [0, 0, 0, 0]);
  net.dispose();
  assert.equal(w.memory().buffers, before);
  await assert.rejects(async () => await net.scale.data(), w.StateError);
});

Deno.test("tied weights: one parameter, two names, gradients summed", async () => {
  const net = new Tied();
  assert.deepEqual(net.namedParameters().map(([name]) => name), ["i_h.weight", "h_o.bias"]);
  assert.deepEqual(Object.keys(net.stateDict()), ["i_h.weight", "h_o.weight", "h_o.bias"]);
  assert.equal(net.stateDict()["i_h.weight"], net.stateDict()["h_o.weight"]);
  w.tidy(() => net.h_o.forward(w.ones([1, 4])).add(net.i_h.forward(w.ones([1, 4]))).sum().backward());
  assert.deepEqual([...await net.i_h.weight.grad!.data()], new Array(24).fill(2));
  assert.throws(() => new nn.Linear(4, 5, { weight: net.i_h.weight }), w.ShapeError);
  net.dispose();
});

Deno.test("assigning another parameter to a field ties it too", () => {
  const net = new Tied();
  net.h_o.weight = net.i_h.weight = new nn.Parameter({ shape: [6, 4] });
  assert.equal(net.parameters().length, 2);
});

Deno.test("loadStateDict() copies in place, raises versions, and takes tensors, arrays and shaped data", async () => {
  const net = new Net(), other = new Net();
  const { weight } = net.first, { version } = weight.storage;
  const report = net.loadStateDict(other.stateDict());
  assert.deepEqual(report, { missingKeys: [], unexpectedKeys: [] });
  assert.equal(net.first.weight, weight);
  assert.ok(weight.storage.version > version);
  assert.deepEqual(await weight.data(), await other.first.weight.data());
  net.loadStateDict(new Map([["scale", [9, 8, 7, 6]]]), { strict: false });
  assert.deepEqual([...await net.scale.data()], [9, 8, 7, 6]);
  const loose = net.loadStateDict({ scale: { shape: [4], data: new Float64Array(4) }, unknown: [1] }, {
    strict: false,
  });
  assert.deepEqual(loose.unexpectedKeys, ["unknown"]);
  assert.equal(loose.missingKeys.length, 5);
  assert.deepEqual([...await net.scale.data()], [0, 0, 0, 0]);
  const same = net.stateDict();
  net.loadStateDict(same); // its own tensors
  assert.deepEqual([...await net.scale.data()], [0, 0, 0, 0]);
  net.dispose();
  other.dispose();
});

Deno.test("loadStateDict() reports everything that does not fit, and changes nothing", async () => {
  const net = new Net();
  const state: Record<string, nn.StateEntry> = {
    ...net.stateDict(),
    scale: w.zeros([3]),
    extra: [1],
    mean: w.zeros([4], { dtype: "i32" }),
  };
  delete state["first.bias"];
  let error: unknown;
  try {
    net.loadStateDict(state);
  } catch (thrown) {
    error = thrown;
  }
  assert.ok(error instanceof w.ValueError);
  const { missingKeys, unexpectedKeys, mismatched } = error.value as Record<string, string[]>;
  assert.deepEqual([missingKeys, unexpectedKeys, mismatched.length], [["first.bias"], ["extra"], 2]);
  assert.match(
    error.message,
    /missing first\.bias.*unexpected extra.*scale \(\[3\] where \[4\] is wanted\).*mean \(i32/,
  );
  assert.throws(() => net.loadStateDict({ scale: [1, 2] }, { strict: false }), /2 values where \[4\]/);
  assert.deepEqual([...await net.scale.data()], [1, 2, 3, 4]);
  net.dispose();
});

Deno.test("a loaded parameter cannot be used by a graph that saved the old value", () => {
  const net = new nn.Linear(2, 2);
  const loss = net.forward(w.ones([1, 2]).requiresGrad_()).sum();
  net.loadStateDict({ weight: [1, 2, 3, 4], bias: [5, 6] });
  assert.throws(() => loss.backward(), w.StateError);
  net.dispose();
});

Deno.test("a module that contains itself is refused by stateDict(), and walked once", () => {
  class Loop extends nn.Module {
    self: nn.Module = this;
    override forward(): void {}
  }
  const loop = new Loop();
  assert.deepEqual(loop.modules(), [loop]);
  assert.throws(() => loop.stateDict(), w.StateError);
});

Deno.test("registerBuffer() and registerParameter() refuse names that are taken, empty or dotted", () => {
  const net = new Net();
  for (const name of ["mean", "first", "", "a.b"]) {
    assert.throws(() => net.registerBuffer(name, null), w.ValueError);
    assert.throws(() => net.registerParameter(name, null), w.ValueError);
  }
  net.registerParameter("weight_ih_l0_reverse", new nn.Parameter({ shape: [1] }));
  assert.ok("weight_ih_l0_reverse" in net.stateDict());
  net.dispose();
});

Deno.test("Parameter copies a tensor or data, keeps its place beside others, and refuses what does not fit", async () => {
  const source = w.tensor([[1, 2, 3], [4, 5, 6]]);
  const copy = new nn.Parameter(source.transpose()),
    again = new nn.Parameter(copy),
    zeros = new nn.Parameter({ shape: [3] });
  assert.deepEqual(copy.shape, [3, 2]);
  assert.deepEqual([...await copy.data()], [1, 4, 2, 5, 3, 6]);
  assert.deepEqual([...await again.data()], [1, 4, 2, 5, 3, 6]);
  assert.deepEqual([...await zeros.data()], [0, 0, 0]);
  assert.ok(copy.requiresGrad && copy.isLeaf && !new nn.Parameter(source, { requiresGrad: false }).requiresGrad);
  assert.throws(() => new nn.Parameter({ shape: [2], data: [1] }), w.ShapeError);
  assert.throws(() => new nn.Parameter({ shape: [0] }), w.ShapeError);
});

Deno.test("State carries tensors over scopes, releases the old ones, and detaches them", async () => {
  const before = w.memory().buffers, state = new nn.State<w.Tensor[]>();
  for (let step = 0; step < 3; step++) {
    w.tidy(() => {
      const [old] = state.value ?? [w.zeros([2])];
      state.set([old.add(1), w.ones([1])]);
    });
  }
  assert.deepEqual([...await state.value![0].data()], [3, 3]);
  assert.equal(w.memory().buffers, before + 2);
  const x = w.ones([1]).requiresGrad_();
  w.tidy(() => state.set([x.mul(2)]));
  assert.ok(state.value![0].requiresGrad);
  state.detach();
  assert.ok(!state.value![0].requiresGrad && state.value![0].isLeaf);
  state.set(state.value); // the same tensors stay
  assert.equal(await state.value![0].item(), 2);
  state.clear();
  x.dispose();
  assert.equal(state.value, null);
  assert.equal(w.memory().buffers, before);
});

Deno.test("module.reset() clears the state cells of all modules below", () => {
  const net = new nn.Sequential(new Net(), new Net());
  for (const [, state] of net.namedStates()) (state as nn.State).set(w.ones([1]));
  assert.equal(net.namedStates().length, 2);
  net.reset();
  assert.ok(net.namedStates().every(([, state]) => state.value === null));
  net.dispose();
});

Deno.test("Sequential and ModuleList name, index, loop and print their modules", () => {
  const model = new nn.Sequential(new nn.Linear(2, 3), new nn.ReLU(), new nn.Linear(3, 1, { bias: false }));
  assert.deepEqual(model.namedParameters().map(([name]) => name), ["0.weight", "0.bias", "2.weight"]);
  assert.equal([...model].length, model.length);
  assert.ok(model.at(-1) instanceof nn.Linear);
  assert.deepEqual(w.tidy(() => model.forward(w.ones([5, 2])).shape), [5, 1]);
  assert.equal(
    String(model),
    "Sequential(\n  (0): Linear(2, 3, bias: true)\n  (1): ReLU()\n  (2): Linear(3, 1, bias: false)\n)",
  );
  assert.throws(() => model.at(3), w.ValueError);
  const list = new nn.ModuleList([new nn.ReLU()]);
  list.append(new nn.Tanh());
  assert.equal(list.length, 2);
  assert.throws(() => list.append(3 as unknown as nn.ReLU), w.ValueError);
  assert.throws(() => list.forward(), w.StateError);
  assert.throws(() => new nn.Sequential(w.relu as unknown as nn.Module), w.ValueError);
});

Deno.test("initialisers draw what their formulas say, from the stream init", async () => {
  const draw = async (fill: (p: nn.Parameter) => unknown, shape = [200, 300]) => {
    const p = new nn.Parameter({ shape });
    const { version } = p.storage;
    assert.equal(fill(p), p);
    assert.ok(p.storage.version > version);
    const x = await p.data();
    p.dispose();
    const mean = x.reduce((a, b) => a + b, 0) / x.length;
    const std = Math.sqrt(x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length);
    return { x, mean, std, most: x.reduce((a, b) => Math.max(a, Math.abs(b)), 0) };
  };
  const near = (actual: number, wanted: number, name: string) =>
    assert.ok(Math.abs(actual - wanted) < 0.02 * Math.max(wanted, 0.02), `${name}: ${actual}, wanted ${wanted}`);
  const { init } = nn;
  const uniform = await draw((p) => init.uniform_(p, { a: -2, b: 2 }));
  near(uniform.std, 4 / Math.sqrt(12), "uniform_");
  assert.ok(uniform.most <= 2);
  const normal = await draw((p) => init.normal_(p, { mean: 3, std: 0.5 }));
  near(normal.mean, 3, "normal_ mean");
  near(normal.std, 0.5, "normal_ std");
  near((await draw((p) => init.xavierNormal_(p, { gain: 2 }))).std, 2 * Math.sqrt(2 / 500), "xavierNormal_");
  const xavier = await draw((p) => init.xavierUniform_(p));
  near(xavier.std, Math.sqrt(2 / 500), "xavierUniform_");
  near(xavier.most, Math.sqrt(6 / 500), "xavierUniform_ bound");
  near(
    (await draw((p) => init.kaimingNormal_(p, { mode: "fanOut", nonlinearity: "relu" }))).std,
    Math.sqrt(2 / 200),
    "kaimingNormal_",
  );
  near((await draw((p) => init.kaimingUniform_(p, { a: Math.sqrt(5) }))).most, 1 / Math.sqrt(300), "kaimingUniform_");
  assert.ok((await draw((p) => init.constant_(p, 0.25))).x.every((v) => v === 0.25));
  assert.ok((await draw((p) => init.ones_(p), [5])).x.every((v) => v === 1));
  w.manualSeed(7);
  const first = (await draw((p) => init.uniform_(p), [9])).x;
  w.manualSeed(7);
  assert.deepEqual((await draw((p) => init.uniform_(p), [9])).x, first);
});

Deno.test("orthogonal_() makes the shorter side orthonormal", async () => {
  for (const [rows, columns] of [[5, 5], [3, 8], [8, 3]]) {
    const p = nn.init.orthogonal_(new nn.Parameter({ shape: [rows, columns] }), { gain: 2 });
    const x = await p.data(),
      n = Math.min(rows, columns),
      at = (i: number, k: number) => rows < columns ? x[i * columns + k] : x[k * columns + i];
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let dot = 0;
        for (let k = 0; k < Math.max(rows, columns); k++) dot += at(i, k) * at(j, k);
        assert.ok(Math.abs(dot - (i === j ? 4 : 0)) < 1e-5, `${rows}x${columns} ${i} ${j}: ${dot}`);
      }
    }
  }
});

Deno.test("initialisers refuse what has no fans and numbers that are not finite", () => {
  const p = new nn.Parameter({ shape: [3] });
  assert.throws(() => nn.init.xavierUniform_(p), w.ShapeError);
  assert.throws(() => nn.init.uniform_(p, { a: NaN }), w.ValueError);
  assert.throws(() => nn.init.uniform_(p, { a: 2, b: 1 }), w.ValueError);
  assert.throws(() => nn.init.normal_(p, { std: -1 }), w.ValueError);
  assert.throws(() => nn.init.calculateGain("swish" as "relu"), w.ValueError);
  assert.equal(nn.init.calculateGain("tanh"), 5 / 3);
});

Deno.test("layers refuse sizes and options out of range", () => {
  const bad: (() => unknown)[] = [
    () => new nn.Linear(0, 2),
    () => new nn.Linear(2, 1.5),
    () => new nn.LayerNorm(0),
    () => new nn.LayerNorm([]),
    () => new nn.LayerNorm(3, { eps: -1 }),
    () => new nn.BatchNorm1d(-1),
    () => new nn.BatchNorm1d(3, { momentum: NaN }),
    () => new nn.LeakyReLU(NaN),
    () => new nn.ELU(Infinity),
  ];
  for (const make of bad) assert.throws(make, w.ValueError, String(make));
});
