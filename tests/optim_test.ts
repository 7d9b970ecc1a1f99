// Optimisers, clipping and norms against PyTorch's numbers; groups, missing gradients, state dicts, bad input.
import assert from "node:assert/strict";
import * as w from "../mod.ts";
import { type GoldenTensor, goldenTensor, loadGolden, type OptimCase, relativeL2 } from "./golden/golden.ts";

await w.init();
const { tensors, meta } = await loadGolden("optim");
const golden = (name: string): GoldenTensor => goldenTensor(tensors, name);
const names = ["p0", "p1", "p2"];

/** Reads tensors with one wait. */
async function readAll(list: readonly w.Tensor[]): Promise<Float32Array[]> {
  const all = w.tidy(() => w.cat(list.map((t) => t.reshape([-1]))));
  const data = await all.data();
  all.dispose();
  let at = 0;
  return list.map((t) => data.slice(at, at += t.numel));
}

/** Gives a parameter that gradient, by way of a loss. */
function giveGrads(pairs: readonly (readonly [w.nn.Parameter, ArrayLike<number>])[]): void {
  w.tidy(() => {
    const terms = pairs.map(([p, g]) => p.mul(w.tensor(Float32Array.from(g), { shape: p.shape })).sum());
    terms.reduce((a, b) => a.add(b)).backward();
  });
}

function start(keys: readonly string[]): w.nn.Parameter[] {
  return keys.map((name) => new w.nn.Parameter(golden(`start/${name}`)));
}

// deno-lint-ignore no-explicit-any
type AnyOptimizer = w.optim.Optimizer<any>;

function make(one: OptimCase, params: w.nn.Parameter[]): AnyOptimizer {
  // deno-lint-ignore no-explicit-any
  const options = one.options as any;
  if (one.optimizer === "FastaiAdam") {
    const decay = params.filter((_, i) => one.decay![i]), still = params.filter((_, i) => !one.decay![i]);
    return new w.optim.FastaiAdam([{ params: decay }, { params: still, weightDecay: 0 }], options);
  }
  const groups = one.groups?.map((group) => ({ ...group, params: group.params.map((i) => params[i]) })) ?? params;
  // deno-lint-ignore no-explicit-any
  return new (w.optim as any)[one.optimizer](groups, options);
}

const keras = await loadGolden("optim_keras");
const all = [
  ...meta.cases.map((one) => ({ one, from: "PyTorch", held: tensors })),
  ...keras.meta.cases.map((one) => ({ one, from: "Keras", held: keras.tensors })),
];
for (const { one, from, held } of all) {
  Deno.test(`${one.optimizer} equals ${from} over 20 steps: ${one.name}`, async () => {
    const keys = one.optimizer === "SparseAdam" ? ["t0", "t1"] : names, count = keys.length;
    const params = start(keys), optimizer = make(one, params);
    const kept: w.Tensor[] = [], norms: w.Tensor[] = [];
    for (let step = 0; step < 20; step++) {
      optimizer.zeroGrad();
      const present = keys.flatMap((name, i) => one.missing?.[name]?.includes(step) ? [] : [i]);
      giveGrads(present.map((i) => {
        const { data } = golden(`grads/${keys[i]}`), n = params[i].numel;
        const row = data.subarray(step * n, (step + 1) * n) as Float32Array;
        return [params[i], one.factor ? row.map((x) => one.factor! * x) : row] as const;
      }));
      if (one.maxNorm) norms.push(w.nn.utils.clipGradNorm_(params, one.maxNorm));
      if (one.scheduled) {
        optimizer.setLr(golden(`${one.name}/lr`).data[step]);
        optimizer.setMomentum(golden(`${one.name}/mom`).data[step]);
      }
      if (one.rates) optimizer.setLr(one.rates[step]);
      optimizer.step();
      kept.push(...w.noGrad(() => params.map((p) => p.clone())));
    }
    const found = await readAll([...kept, ...norms]);
    for (let step = 0; step < 20; step++) {
      const wanted = keys.flatMap((name, i) => {
        const n = params[i].numel;
        return [...goldenTensor(held, `${one.name}/${name}`).data.subarray(step * n, (step + 1) * n)];
      });
      const error = relativeL2(found.slice(count * step, count * (step + 1)).flatMap((x) => [...x]), wanted);
      assert.ok(error < 1e-6, `after step ${step + 1}: relative L2 ${error}`);
    }
    if (one.maxNorm) {
      const error = relativeL2(found.slice(60).map((x) => x[0]), golden(`${one.name}/total_norm`).data);
      assert.ok(error < 1e-6, `norms: ${error}`);
    }
    if (optimizer instanceof w.optim.ASGD) {
      const raw = await readAll(params);
      optimizer.swapAverages();
      const averages = await readAll(params);
      optimizer.swapAverages();
      assert.deepEqual(await readAll(params), raw);
      averages.forEach((average, i) => {
        const error = relativeL2(average, golden(`${one.name}/ax/${names[i]}`).data);
        assert.ok(error < 1e-6, `average of ${names[i]}: relative L2 ${error}`);
      });
    }
    [...kept, ...norms, ...params].forEach((t) => t.dispose());
    optimizer.dispose();
  });
}

// Three steps from [1, -2, 0.5] with the gradients below; the values were worked out by hand in float64.
const GRADS = [[.1, -.2, .3], [-.4, .05, 0], [.2, .2, -.1]];
const BY_HAND: [string, (p: w.nn.Parameter[]) => AnyOptimizer, number[][]][] = [
  ["Adam with PyTorch's defaults", (p) => new w.optim.Adam(p), [
    [.9990000001, -1.999, .499],
    [.9995595036, -1.9985305319, .4983299418],
    [.9996696772, -1.9987152215, .4980408065],
  ]],
  [
    "Adam with betas (.8, .99) and a little decay",
    (p) => new w.optim.Adam(p, { lr: 5e-4, betas: [.8, .99], weightDecay: 1e-7 }),
    [[.9995, -1.9995, .4995], [.9998042126, -1.9992899239, .4991849377], [.9998475548, -1.9994283209, .4990812616]],
  ],
  ["Adam with coupled decay", (p) => new w.optim.Adam(p, { weightDecay: .1 }), [
    [.999, -1.999, .499],
    [.9992478511, -1.9981113464, .4982315743],
    [.9989864885, -1.9974246973, .4977333367],
  ]],
  ["fastai's Adam", (p) => new w.optim.FastaiAdam(p, { weightDecay: .01 }), [
    [.9989901, -1.99898005, .4989950333],
    [.9995384814, -1.9984896839, .498318495],
    [.9996385855, -1.9986543761, .4980233416],
  ]],
  ["fastai's Adam with strong decay", (p) => new w.optim.FastaiAdam(p, { lr: .01, weightDecay: .1, mom: .8 }), [
    [],
    [],
    [.9939687625, -1.9825972494, .4801537707],
  ]],
];

for (const [name, create, rows] of BY_HAND) {
  Deno.test(`${name} gives the values worked out by hand`, async () => {
    const p = new w.nn.Parameter({ shape: [3], data: [1, -2, .5] }), optimizer = create([p]);
    const kept = GRADS.map((g) => {
      optimizer.zeroGrad();
      giveGrads([[p, g]]);
      optimizer.step();
      return w.noGrad(() => p.clone());
    });
    (await readAll(kept)).forEach((found, i) => {
      if (rows[i].length) assert.ok(relativeL2(found, rows[i]) < 1e-6, `step ${i + 1}: ${found}`);
    });
    [p, ...kept].forEach((t) => t.dispose());
    optimizer.dispose();
  });
}

Deno.test("clipGradNorm_() scales to the limit, returns the norm before, and leaves small gradients alone", async () => {
  const p = new w.nn.Parameter({ shape: [2] }), q = new w.nn.Parameter({ shape: [100] });
  giveGrads([[p, [3, 4]]]);
  const norm = w.nn.utils.clipGradNorm_([p, q], .25);
  const [clipped, [before]] = await readAll([p.grad!, norm]);
  assert.equal(before, 5);
  assert.ok(relativeL2(clipped, [.14999997, .19999996]) < 1e-6, `${clipped}`);
  assert.equal(q.grad, null);
  p.grad = null;
  giveGrads([[p, [3, 4]], [q, new Float32Array(100).fill(.1)]]);
  const all = w.nn.utils.gradNorm([p, q]);
  w.nn.utils.clipGradNorm_([p, q], 10);
  const [same, [length]] = await readAll([p.grad!, all]);
  assert.deepEqual([...same], [3, 4]);
  assert.ok(Math.abs(length - Math.sqrt(26)) < 1e-5);
  w.nn.utils.clipGradValue_([p, q], 3.5);
  assert.deepEqual([...await p.grad!.data()], [3, 3.5]);
});

Deno.test("gradNorm() of parameters without gradients is zero", async () => {
  assert.equal(await w.nn.utils.gradNorm([new w.nn.Parameter({ shape: [2] })]).item(), 0);
});

Deno.test("gradNorm() gives the same bits wherever the parameters lie", async () => {
  const values = Array.from(
    { length: 3 },
    (_, k) => Float32Array.from({ length: 500 * k + 77 }, (_, i) => Math.sin(i + k)),
  );
  const norms = [0, 1, 2].map((round) => {
    const params = values.map((
      v,
    ) => (new w.nn.Parameter({ shape: [1 + 61 * round] }), new w.nn.Parameter({ shape: [v.length] })));
    giveGrads(params.map((p, i) => [p, values[i]] as const));
    return w.nn.utils.gradNorm(params);
  });
  const [[a], [b], [c]] = await readAll(norms);
  assert.equal(a, b);
  assert.equal(a, c);
});

Deno.test("a frozen parameter and one without a gradient stay as they are", async () => {
  const [a, b, c] = [1, 2, 3].map((v) => new w.nn.Parameter({ shape: [3], data: [v, v, v] }));
  const optimizer = new w.optim.AdamW([a, b, c], { lr: .1, weightDecay: .5 });
  giveGrads([[a, [1, 1, 1]], [b, [1, 1, 1]]]);
  b.requiresGrad_(false);
  optimizer.step();
  const [x, y, z] = await readAll([a, b, c].map((p) => p.detach()));
  assert.ok(x[0] < 1);
  assert.deepEqual([...y, ...z], [2, 2, 2, 3, 3, 3]);
  assert.deepEqual(Object.keys(optimizer.stateDict().state), ["0"]);
});

Deno.test("groups have options of their own, and a change takes effect at the next step", async () => {
  const [a, b] = [0, 0].map(() => new w.nn.Parameter({ shape: [1] }));
  const optimizer = new w.optim.SGD([{ params: [a] }, { params: [b], lr: 10 }], { lr: 1 });
  giveGrads([[a, [1]], [b, [1]]]);
  optimizer.step();
  optimizer.paramGroups[0].lr = 100;
  optimizer.step();
  optimizer.setLr([0, 1000]);
  optimizer.step();
  const [[x], [y]] = await readAll([a.detach(), b.detach()]);
  assert.equal(x, -101);
  assert.equal(y, -1020);
  const c = new w.nn.Parameter({ shape: [1] });
  optimizer.addParamGroup({ params: [c], momentum: .9 });
  assert.equal(optimizer.paramGroups[2].lr, 1);
});

Deno.test("fastaiGroups() leaves out biases and normalisation but not recurrent biases", () => {
  class Net extends w.nn.Module {
    linear = new w.nn.Linear(2, 3);
    norm = new w.nn.BatchNorm1d(3);
    bias_ih_l0 = new w.nn.Parameter({ shape: [3] });
    override forward(x: w.Tensor): w.Tensor {
      return x;
    }
  }
  const net = new Net(), [decay, still] = w.optim.fastaiGroups(net);
  assert.deepEqual(decay.params, [net.bias_ih_l0, net.linear.weight]);
  assert.deepEqual(new Set(still.params), new Set([net.linear.bias!, net.norm.weight!, net.norm.bias!]));
  assert.equal(still.weightDecay, 0);
});

Deno.test("the state moves from one optimiser to another, which then goes on alike", async () => {
  const values = [1, 2, 3], grads = [[.5, -.5, 1], [1, 1, 1], [-2, 0, 1], [.1, .2, .3]];
  const run = (p: w.nn.Parameter, optimizer: AnyOptimizer, list: number[][]) => {
    for (const g of list) {
      optimizer.zeroGrad();
      giveGrads([[p, g]]);
      optimizer.step();
    }
  };
  for (const kind of ["Adam", "SGD"] as const) {
    const create = (p: w.nn.Parameter): AnyOptimizer =>
      kind === "Adam" ? new w.optim.Adam([p], { lr: .1 }) : new w.optim.SGD([p], { lr: .1, momentum: .9 });
    const [a, b] = [0, 0].map(() => new w.nn.Parameter({ shape: [3], data: values }));
    const first = create(a), second = create(b);
    run(a, first, grads.slice(0, 2));
    w.noGrad(() => b.copy_(a));
    first.paramGroups[0].lr = .05;
    const state = first.stateDict();
    assert.equal(await state.state[0].step.item(), 2);
    second.loadStateDict(state);
    assert.equal(second.paramGroups[0].lr, .05);
    run(a, first, grads.slice(2));
    run(b, second, grads.slice(2));
    const [x, y] = await readAll([a.detach(), b.detach()]);
    assert.deepEqual(x, y);
    const wrong = { ...state, state: { 0: { ...state.state[0], expAvg: [1, 2] } } };
    assert.throws(() => second.loadStateDict(wrong), w.ValueError);
    assert.throws(() => second.loadStateDict({ state: {}, paramGroups: [] }), w.ValueError);
  }
});

Deno.test("a step raises the versions: a graph that saved the old values refuses to run", () => {
  const p = new w.nn.Parameter({ shape: [2], data: [1, 2] }), optimizer = new w.optim.SGD([p]);
  const old = w.tensor([1, 2], { requiresGrad: true }).mul(p).sum();
  giveGrads([[p, [1, 1]]]);
  optimizer.step();
  assert.throws(() => old.backward(), w.StateError);
});

Deno.test("options out of range are refused with their name and value, and nothing changes", async () => {
  const p = new w.nn.Parameter({ shape: [1], data: [7] });
  const bad = [
    () => new w.optim.SGD([p], { lr: NaN }),
    () => new w.optim.SGD([p], { momentum: -1 }),
    () => new w.optim.SGD([p], { nesterov: true }),
    () => new w.optim.Adam([p], { lr: -1 }),
    () => new w.optim.Adam([p], { betas: [.9, 1] }),
    () => new w.optim.AdamW([p], { weightDecay: Infinity }),
    () => new w.optim.FastaiAdam([p], { sqrMom: 1.5 }),
    () => new w.optim.Adam([]),
    () => new w.optim.Adam([p, p]),
    () => new w.optim.Adam([{ params: [p] }, { params: [p] }]),
    () => new w.optim.Adam([w.ones([2]).requiresGrad_() as w.nn.Parameter]),
    () => w.nn.utils.clipGradNorm_([p], NaN),
    () => w.nn.utils.clipGradNorm_([p], -1),
    () => w.nn.utils.gradNorm([w.ones([2]) as w.nn.Parameter]),
  ];
  for (const make of bad) assert.throws(make, w.ValueError, String(make));
  const optimizer = new w.optim.Adam([p]);
  giveGrads([[p, [1]]]);
  optimizer.paramGroups[0].lr = NaN;
  assert.throws(() => optimizer.step(), /lr is NaN/);
  assert.equal(await p.item(), 7);
  p.dispose();
  optimizer.setLr(1);
  assert.throws(() => optimizer.step(), w.StateError);
});

Deno.test("the state goes with the parameters, whatever else lies in their arena", () => {
  const stays = new w.nn.Parameter({ shape: [1] }),
    p = new w.nn.Parameter({ shape: [300] }),
    q = new w.nn.Parameter({ shape: [3] });
  p.grad = q.grad = stays.grad = null;
  stays.gradSlot; // the arena's gradients are there already
  const before = w.memory().buffers;
  const optimizer = new w.optim.Adam([p, q]);
  w.tidy(() => void (p.grad = w.ones([300])));
  optimizer.step();
  assert.ok(w.memory().buffers > before);
  const { expAvg } = optimizer.stateDict().state[0];
  p.dispose();
  q.dispose();
  assert.ok((expAvg as w.Tensor).disposed);
  assert.equal(w.memory().buffers, before + 3); // the lists of blocks, clocks and their owners
  optimizer.dispose();
  assert.equal(w.memory().buffers, before);
});

Deno.test("Adam climbs with maximize", async () => {
  const p = new w.nn.Parameter({ shape: [2] });
  p.grad = w.tensor([1, -3]);
  new w.optim.Adam([p], { lr: 1, maximize: true }).step();
  assert.ok(relativeL2(await p.data(), [1, -1]) < 1e-6);
});

Deno.test("a gradient can be assigned: its values are copied", async () => {
  const p = new w.nn.Parameter({ shape: [3] }), g = w.tensor([1, 2, 3]);
  p.grad = g;
  g.dispose();
  new w.optim.SGD([p], { lr: 1, maximize: true }).step();
  assert.deepEqual([...await p.data()], [1, 2, 3]);
  assert.throws(() => p.grad = w.ones([2]), w.ShapeError);
});

Deno.test("parameters that one binding cannot hold are updated in windows, with the same bits", async () => {
  const sizes = [10_000, 16_000, 70, 15_000],
    data = sizes.map((n, k) => Float32Array.from({ length: n }, (_, i) => Math.sin(i * (k + 1))));
  const run = async () => {
    const params = data.map((d) => new w.nn.Parameter({ shape: [d.length], data: d }));
    const optimizer = new w.optim.AdamW([{ params: params.slice(0, 2) }, { params: params.slice(2), lr: .5 }], {
      lr: .1,
    });
    const norms = [1, 2].map((step) => {
      params.forEach((p, i) => p.grad = w.tensor(data[i].map((v) => v * step)));
      const norm = w.nn.utils.clipGradNorm_(params, 3);
      optimizer.step();
      return norm;
    });
    return await Promise.all([...params, ...norms].map((t) => t.data()));
  };
  const whole = await run();
  const small = await w.openDevice(), before = w.setDevice(small);
  (small.limits as { maxStorageBufferBindingSize: number }).maxStorageBufferBindingSize = 1 << 16;
  try {
    const params = await run();
    assert.deepEqual(params, whole);
  } finally {
    w.setDevice(before);
    small.close();
  }
});

Deno.test("parameters of two devices do not share an optimiser", async () => {
  const other = await w.openDevice();
  const here = new w.nn.Parameter({ shape: [1] }), there = new w.nn.Parameter({ shape: [1], device: other });
  assert.throws(() => new w.optim.SGD([here, there]), w.StateError);
  other.close();
});

Deno.test("a step after a fault changes nothing", async () => {
  const p = new w.nn.Parameter({ shape: [2], data: [1, 2] }), optimizer = new w.optim.Adam([p], { lr: 1 });
  giveGrads([[p, [1, 1]]]);
  const { device } = p;
  device.upload(device.faults.binding.storage, new Uint32Array([device.recorder.commandCount, 0, 5, 0]));
  optimizer.step();
  await assert.rejects(device.sync(), w.IndexError);
  assert.deepEqual([...await p.data()], [1, 2]);
});

Deno.test("steps of fixed shape make no buffers and no bind groups after the third, and dispose() gives all back", () => {
  const before = w.memory().bytes;
  const p = new w.nn.Parameter({ shape: [300] }), q = new w.nn.Parameter({ shape: [20] });
  const optimizer = new w.optim.Adam([p, q]), g = new Float32Array(300).fill(.5);
  const step = () => {
    optimizer.zeroGrad();
    giveGrads([[p, g], [q, g.subarray(0, 20)]]);
    w.nn.utils.clipGradNorm_([p, q], 1).dispose();
    optimizer.step();
  };
  for (let i = 0; i < 3; i++) step();
  const { bytes, bindGroupsCreated } = w.memory();
  for (let i = 0; i < 10; i++) step();
  assert.equal(w.memory().bytes, bytes);
  assert.equal(w.memory().bindGroupsCreated, bindGroupsCreated);
  optimizer.dispose();
  assert.ok(w.memory().bytes < bytes);
  assert.ok(w.memory().bytes >= before);
});
