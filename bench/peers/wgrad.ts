/**
 * This library's side of the comparison; see serve.ts for the questions it answers.
 * @module
 */
import * as w from "../../mod.ts";
import { type About, type Reading, serve, type Subject } from "./serve.ts";
import { features, fill, type Job, pools, trains } from "./workloads.ts";

const { crossEntropy, binaryCrossEntropyWithLogits } = w.nn.functional;

await serve(async (job: Job): Promise<[Subject, About]> => {
  await w.init();
  const { workload, sources } = job;
  const source = (name: string) => {
    const found = sources.find((one) => one.name === name)!;
    return { shape: found.shape, values: fill(found) };
  };
  const ids = (name: string) => w.tensor(Int32Array.from(source(name).values)).reshape(source(name).shape);
  const numbers = (name: string) => w.tensor(source(name).values).reshape(source(name).shape);
  const { inputs, units, layers: numLayers, bidirectional, lr } = workload;
  const rnn = workload.cell === "lstm"
    ? new w.nn.LSTM(inputs, units, { numLayers, bidirectional })
    : new w.nn.RNN(inputs, units, { numLayers, bidirectional });
  for (const [name, parameter] of rnn.namedParameters()) w.noGrad(() => parameter.copy_(source(name).values));
  const run = (x: w.Tensor): [output: w.Tensor, hN: w.Tensor] => {
    if (rnn instanceof w.nn.RNN) return rnn.forward(x);
    const [output, [hN]] = rnn.forward(x);
    return [output, hN];
  };
  const about = { impl: "wgrad" };

  if (!trains(workload)) {
    const x = numbers("x");
    const forward = workload.task === "forward";
    if (!forward) x.requiresGrad_();
    const names = ["x", ...[...rnn.namedParameters()].map(([name]) => name)];
    const wanted = [x, ...rnn.parameters()];
    let results: w.Tensor[] = [];
    return [{
      step() {
        for (const old of results) old.dispose();
        results = w.tidy(() => {
          if (forward) return w.noGrad(() => [run(x)[0]]);
          const [y] = run(x);
          const loss = y.square().mean();
          return [loss, ...w.grad(loss, wanted)];
        });
      },
      wait: () => w.sync(),
      async read(): Promise<Reading> {
        if (forward) return { arrays: { output: await results[0].data() } };
        const [loss, ...gradients] = await Promise.all(results.map((result) => result.data()));
        const arrays = Object.fromEntries(gradients.map((values, i) => [`d ${names[i]}`, values]));
        return { loss: loss[0], arrays };
      },
    }, about];
  }

  const { vocab, outputs, batch, steps } = workload;
  const embedding = new w.nn.Embedding(vocab, inputs), head = new w.nn.Linear(features(workload), outputs);
  w.noGrad(() => {
    embedding.weight.copy_(source("embedding").values);
    head.weight.copy_(source("head.weight").values);
    head.bias!.copy_(source("head.bias").values);
  });
  const pooled = pools(workload), pool = new w.nn.ConcatPool({ parts: ["max", "mean"] });
  const beside = (pooled ? ["linear1", "linear2"] : []).map((name) => {
    const linear = new w.nn.Linear(features(workload), features(workload));
    w.noGrad(() => {
      linear.weight.copy_(source(`${name}.weight`).values);
      linear.bias!.copy_(source(`${name}.bias`).values);
    });
    return linear;
  });
  if (pooled) embedding.weight.requiresGrad_(false);
  // One bias per gate, as the other libraries have.
  for (const [name, parameter] of rnn.namedParameters()) if (name.startsWith("bias_hh")) parameter.requiresGrad_(false);
  const parameters = [embedding, rnn, ...beside, head].flatMap((module) => [...module.parameters()])
    .filter((parameter) => parameter.requiresGrad);
  const model = workload.task === "languageModel", both = bidirectional;
  const optimizer = workload.task !== "classifier"
    ? new w.optim.Adam(parameters, { lr })
    : new w.optim.SGD(parameters, { lr });
  const x = ids("x");
  const target = model ? ids("y").reshape([steps * batch]) : numbers("y").reshape([batch, outputs]);
  const states = (hN: w.Tensor): w.Tensor => both ? w.cat([hN.at(-2), hN.at(-1)], 1) : hN.at(-1);
  const readPools = (y: w.Tensor): w.Tensor => {
    const h = pool.forward(y);
    return beside.reduce((sum, linear) => sum.add(linear.forward(h).relu()), h);
  };
  let last: w.Tensor | undefined;
  return [{
    step() {
      last?.dispose();
      last = w.tidy(() => {
        const [y, hN] = run(embedding.forward(x));
        const loss = model
          ? crossEntropy(head.forward(y.reshape([steps * batch, units])), target as w.Tensor<"i32">)
          : binaryCrossEntropyWithLogits(head.forward(pooled ? readPools(y) : states(hN)), target as w.Tensor);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        return loss;
      });
    },
    wait: () => w.sync(),
    async read(): Promise<Reading> {
      const hidden = [...rnn.namedParameters()].find(([name]) => name === "weight_hh_l0")![1];
      return {
        loss: await last!.item(),
        arrays: {
          ...pooled
            ? { "linear1.weight": await beside[0].weight.data() }
            : { embedding: await embedding.weight.data() },
          weight_hh_l0: await hidden.data(),
          "head.weight": await head.weight.data(),
        },
      };
    },
  }, about];
});
