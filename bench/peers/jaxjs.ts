/**
 * jax-js' side of the comparison; see serve.ts. It has no recurrent layers, so they are written here as its users would:
 * input products of all steps at once, the steps unrolled, and one `jit` around each training step.
 *
 *     deno run -A --no-config --lock=bench/deno.lock bench/peers/jaxjs.ts --backend=webgpu|wasm
 * @module
 */
// The package is loaded by a computed name, so that checking this project's types does not install it: no types here.
// deno-lint-ignore-file no-explicit-any
import { type About, type Reading, serve, type Subject } from "./serve.ts";
import { fill, type Job, suffixes, trains, transposed, type Workload } from "./workloads.ts";

const VERSION = "0.1.25";
const backend = Deno.args.includes("--backend=wasm") ? "wasm" : "webgpu";

await serve(async (job: Job): Promise<[Subject, About]> => {
  const name = `npm:@jax-js/jax@${VERSION}`;
  const jax = await import(name);
  if (!(await jax.init(backend)).includes(backend)) throw new Error(`the ${backend} backend does not start`);
  jax.defaultDevice(backend);
  const { numpy: np, jit, tree, valueAndGrad } = jax;
  const { workload, sources } = job;
  const { units, outputs, lr } = workload;
  if (["sentiment", "toxicity"].includes(workload.task)) throw new Error("not written for this library");
  const source = (name: string) => sources.find((one) => one.name === name)!;
  const numbers = (name: string) => np.array(fill(source(name))).reshape(source(name).shape);
  const ids = (name: string) =>
    np.array(Int32Array.from(fill(source(name))), { dtype: np.int32 }).reshape(source(name).shape);
  const matrix = (name: string) => {
    const { shape: [rows, columns] } = source(name);
    return np.array(transposed(fill(source(name)), rows, columns)).reshape([columns, rows]);
  };
  const rnn = Object.fromEntries(
    suffixes(workload).map((end) => {
      const other = fill(source(`bias_hh${end}`));
      const bias = np.array(fill(source(`bias_ih${end}`)).map((value, i) => value + other[i]));
      return [end, { ih: matrix(`weight_ih${end}`), hh: matrix(`weight_hh${end}`), bias }];
    }),
  );
  // Results that are not waited for may never be computed: all are kept until `wait`.
  let pending: any[] = [], last: any;
  const wait = async () => {
    await jax.blockUntilReady(pending);
    for (const old of pending.slice(0, -1)) tree.dispose(old);
    pending = pending.slice(-1);
    last = pending[0];
  };
  const read = async (array: any): Promise<Float32Array> => await array.ref.data();
  const impl = `jax-js ${VERSION} ${backend}`;

  if (!trains(workload)) {
    const x = numbers("x"), forward = workload.task === "forward";
    // In two stages: wasm sums in one f32, and of three million squares that lost a third of a percent.
    const square = (p: any, x: any) => np.mean(np.mean(np.square(layers(jax, workload, p, x)), -1));
    const f = forward
      ? jit((p: any, x: any) => layers(jax, workload, p, x))
      : jit((p: any, x: any) => valueAndGrad(square, { argnums: [0, 1] })(p, x));
    return [{
      step: () => void pending.push(f(tree.ref(rnn), x.ref)),
      wait,
      async read(): Promise<Reading> {
        if (forward) return { arrays: { output: await read(last) } };
        const [loss, [p, dx]] = last;
        const arrays: Record<string, Float32Array> = { "d x": await read(dx) };
        for (const end of suffixes(workload)) {
          arrays[`d weight_ih${end}`] = await read(p[end].ih);
          arrays[`d weight_hh${end}`] = await read(p[end].hh);
          arrays[`d bias_ih${end}`] = await read(p[end].bias);
        }
        return { loss: (await read(loss))[0], arrays };
      },
    }, { impl }];
  }

  const model = workload.task === "languageModel";
  const hot = await gatherFails(jax);
  if (hot && sources[0].shape[0] * sources[0].shape[1] * workload.vocab * 4 > 2 ** 30) {
    throw new Error("the gradient of take() does not compile here, and one-hot rows for it exceed a buffer binding");
  }
  const x = ids("x"), y = model ? ids("y") : numbers("y"), one = np.array(1);
  let p: any = { embedding: numbers("embedding"), rnn, head: matrix("head.weight"), bias: numbers("head.bias") };
  const loss = (p: any, x: any, y: any, one: any) => {
    const z = np.matmul(layers(jax, workload, p.rnn, embed(jax, workload, p.embedding, x, hot, one)), p.head).add(
      p.bias,
    );
    if (model) return crossEntropy(jax, z, y, outputs);
    const flat = z.reshape([-1]);
    return np.mean(jax.nn.softplus(flat.ref).sub(flat.mul(y)));
  };
  const zeros = () => tree.map((a: any) => np.zeros(a.shape), tree.ref(p));
  let m: any = model ? zeros() : null, v: any = model ? zeros() : null, count = 0;
  const adam = jit((p: any, m: any, v: any, x: any, y: any, one: any, rate: any, root: any) => {
    const [l, g] = valueAndGrad(loss)(tree.ref(p), x, y, one);
    const m2 = tree.map((a: any, g: any) => a.mul(0.9).add(g.mul(0.1)), m, tree.ref(g));
    const v2 = tree.map((a: any, g: any) => a.mul(0.999).add(np.square(g).mul(0.001)), v, g);
    const move = (a: any, m: any, v: any) => a.sub(m.mul(rate.ref).div(np.sqrt(v).div(root.ref).add(1e-8)));
    const p2 = tree.map(move, p, tree.ref(m2), tree.ref(v2));
    rate.dispose(), root.dispose();
    return [l, p2, m2, v2];
  });
  const sgd = jit((p: any, x: any, y: any, one: any) => {
    const [l, g] = valueAndGrad(loss)(tree.ref(p), x, y, one);
    return [l, tree.map((a: any, g: any) => a.sub(g.mul(lr)), p, g)];
  });
  return [{
    step() {
      count++;
      let l: any;
      if (model) {
        const rate = np.array(lr / (1 - 0.9 ** count)), root = np.array(Math.sqrt(1 - 0.999 ** count));
        [l, p, m, v] = adam(p, m, v, x.ref, y.ref, one.ref, rate, root);
      } else [l, p] = sgd(p, x.ref, y.ref, one.ref);
      pending.push(l);
    },
    async wait() {
      await jax.blockUntilReady(p);
      await wait();
    },
    async read(): Promise<Reading> {
      return {
        loss: (await read(last))[0],
        arrays: {
          embedding: await read(p.embedding),
          weight_hh_l0: transposed(await read(p.rnn._l0.hh), units, p.rnn._l0.hh.shape[1]),
          "head.weight": transposed(await read(p.head), units, outputs),
        },
      };
    },
  }, { impl, note: hot ? "embedding by one-hot product" : undefined }];
});

/** All layers over `x` [time, batch, inputs]; the classifier wants the last state only. Consumes its arguments. */
function layers({ numpy: np, nn }: any, workload: Workload, p: any, x: any): any {
  const { cell, batch, steps, units, bidirectional, layers: count, task } = workload;
  const part = (z: any, i: number) => z.slice([], [i * units, (i + 1) * units]);
  for (let i = 0; i < count; i++) {
    const names = bidirectional ? [`_l${i}`, `_l${i}_reverse`] : [`_l${i}`];
    const outs = names.map((name, direction) => {
      const { ih, hh, bias } = p[name], rows = np.matmul(x.ref.reshape([steps * batch, -1]), ih).add(bias);
      const all = rows.reshape([steps, batch, -1]), out: any[] = [];
      let h = np.zeros([batch, units]), c = np.zeros([batch, units]);
      for (let step = 0; step < steps; step++) {
        const t = direction ? steps - 1 - step : step;
        const z = all.ref.slice(t).add(np.matmul(h, hh.ref));
        if (cell === "rnn") h = np.tanh(z);
        else {
          const [i, f, o] = [0, 1, 3].map((gate) => nn.sigmoid(part(z.ref, gate)));
          c = f.mul(c).add(i.mul(np.tanh(part(z, 2))));
          h = o.mul(np.tanh(c.ref));
        }
        if (task !== "classifier") out[t] = h.ref;
      }
      all.dispose(), hh.dispose(), c.dispose();
      if (task === "classifier") return h;
      h.dispose();
      return np.stack(out, 0);
    });
    x.dispose();
    x = outs.length === 2 ? np.concatenate(outs, -1) : outs[0];
  }
  return x;
}

function oneHot({ numpy: np }: any, ids: any, classes: number): any {
  return np.arange(classes).reshape([1, classes]).equal(ids.reshape([-1, 1])).astype(np.float32);
}

/**
 * Rows of the table. The factor `one` is an argument of the compiled step: the gradient of `take` wants the result of a
 * computation, and fails with "input is not imm" when it gets a reshaped one.
 */
function embed(jax: any, workload: Workload, table: any, ids: any, hot: boolean, one: any): any {
  const { steps, batch, vocab, inputs } = workload, { numpy: np } = jax;
  if (!hot) return np.take(table, ids, 0).mul(one);
  one.dispose();
  return np.matmul(oneHot(jax, ids, vocab), table).reshape([steps, batch, inputs]);
}

function crossEntropy(jax: any, z: any, y: any, classes: number): any {
  const { numpy: np, nn } = jax;
  const rows = nn.logSoftmax(z.reshape([-1, classes]), -1).mul(oneHot(jax, y, classes));
  return np.mean(np.sum(rows, -1)).mul(-1);
}

/** Whether the gradient of `take` cannot run here: its shader has a helper that some WebGPU implementations refuse. */
async function gatherFails({ numpy: np, grad, jit }: any): Promise<boolean> {
  try {
    const loss = (table: any, ids: any, d: any) => np.sum(np.take(table, ids, 0).mul(d));
    const ids = np.array(new Int32Array([1, 3, 1]), { dtype: np.int32 });
    const values = await jit(grad(loss))(np.zeros([4, 2]), ids, np.ones([3, 2])).data();
    return String([...values]) !== "0,0,2,2,0,0,1,1";
  } catch {
    return true;
  }
}
