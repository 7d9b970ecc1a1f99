// Large parameters, which have arenas of their own and may be stepped by other kernels than small ones.
import assert from "node:assert/strict";
import * as w from "../mod.ts";

await w.init();

const LENGTH = 1_100_050, PIECE = 50_000; // nine windows of a megabyte and a ragged one; pieces share arenas
const wave = (scale: number) => Float32Array.from({ length: LENGTH }, (_, i) => scale * Math.sin(i * .7 + scale));
const start = wave(.5), gradients = [wave(1), wave(-.01), wave(3)];

type Make = (params: w.nn.Parameter[]) => w.optim.Optimizer;
const MAKERS: { readonly [name: string]: Make } = {
  "Adam": (params) => new w.optim.Adam(params, { lr: .01 }),
  "Adam with weight decay": (params) => new w.optim.Adam(params, { lr: .01, weightDecay: .1 }),
  "AdamW, another beta": (params) => new w.optim.AdamW(params, { lr: .01, betas: [.8, .99], eps: 1e-4 }),
  "Adam that climbs": (params) => new w.optim.Adam(params, { lr: .01, maximize: true }),
  "KerasAdam": (params) => new w.optim.KerasAdam(params, { lr: .01 }),
  "FastaiAdam": (params) => new w.optim.FastaiAdam(params, { lr: .01 }),
};

/** Values and state after three steps and one that is skipped, of parameters of so many elements. */
async function stepped(make: Make, length: number): Promise<Float32Array[]> {
  const cut = (data: Float32Array) =>
    Array.from({ length: Math.ceil(LENGTH / length) }, (_, k) => data.slice(k * length, (k + 1) * length));
  const params = cut(start).map((data) => new w.nn.Parameter({ shape: [data.length], data })), optimizer = make(params);
  for (const [i, gradient] of gradients.entries()) {
    w.tidy(() => {
      cut(gradient).forEach((data, k) => params[k].grad = w.tensor(data));
      if (i === 1) optimizer.step({ skipIf: w.tensor([1]) });
      optimizer.step();
    });
  }
  const { state } = optimizer.stateDict();
  const lists = [params, ...["expAvg", "expAvgSq"].map((name) => params.map((_, k) => state[k][name]))];
  const results = await Promise.all(lists.map(async (list) => {
    const data = new Float32Array(LENGTH);
    for (const [k, tensor] of list.entries()) data.set(await (tensor as w.Tensor).data() as Float32Array, k * length);
    return data;
  }));
  optimizer.dispose();
  for (const p of params) p.dispose();
  return results;
}

for (const [name, make] of Object.entries(MAKERS)) {
  Deno.test(`${name}: one large parameter gets the bits that its pieces get`, async () => {
    const whole = await stepped(make, LENGTH), pieces = await stepped(make, PIECE);
    for (const [k, what] of ["value", "expAvg", "expAvgSq"].entries()) {
      const other = whole[k].findIndex((x, i) => x !== pieces[k][i]);
      assert.equal(other, -1, `${what}: ${whole[k][other]} at ${other}, wanted ${pieces[k][other]}`);
      assert.ok(whole[k].some((x) => x !== (k ? 0 : start[0])), `${what} stayed`);
    }
  });
}

Deno.test("steps of a large parameter make no bind groups after the third", async () => {
  const p = new w.nn.Parameter({ shape: [LENGTH], data: start }), optimizer = new w.optim.Adam([p], { lr: .01 });
  p.grad = w.tensor(gradients[0]);
  const made: number[] = [];
  for (let i = 0; i < 6; i++) {
    optimizer.step();
    await w.sync();
    made.push(w.memory().bindGroupsCreated);
  }
  assert.ok(made[0] > 0);
  assert.equal(made[5], made[2]);
  optimizer.dispose();
  p.dispose();
});
