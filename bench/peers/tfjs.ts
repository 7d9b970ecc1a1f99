/**
 * TensorFlow.js' side of the comparison, with its own recurrent layers and optimisers; see serve.ts.
 *
 *     deno run -A --no-config --lock=bench/deno.lock bench/peers/tfjs.ts --backend=webgpu|wasm
 * @module
 */
// The package is loaded by a computed name, so that checking this project's types does not install it: no types here.
// deno-lint-ignore-file no-explicit-any
import { type About, type Reading, serve, type Subject } from "./serve.ts";
import {
  classifies,
  features,
  fill,
  type Job,
  pools,
  suffixes,
  trains,
  transposed,
  type Workload,
} from "./workloads.ts";

const VERSION = "4.22.0";
const backend = Deno.args.includes("--backend=wasm") ? "wasm" : "webgpu";

await serve(async (job: Job): Promise<[Subject, About]> => {
  const load = (name: string) => import(`npm:@tensorflow/${name}@${VERSION}`);
  const { default: tf } = await load("tfjs");
  const { getThreadsCount } = await load(`tfjs-backend-${backend}`);
  if (!await tf.setBackend(backend)) throw new Error(`the ${backend} backend does not start`);
  await tf.ready();
  const simd = backend === "wasm" && await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT");
  const threads = backend === "wasm" ? `, threads: ${getThreadsCount()}, ${simd ? "SIMD" : "no SIMD"}` : "";
  const impl = `tfjs ${VERSION} ${backend}${threads}`;
  const { workload, sources } = job;
  const { batch, steps, vocab, units, outputs, lr } = workload;
  const given = (name: string): [values: Float32Array, shape: readonly number[]] => {
    const found = sources.find((source) => source.name === name)!;
    return [fill(found), found.shape];
  };
  const tensor = (name: string, dtype = "float32") => {
    const [values, shape] = given(name);
    return tf.tensor(dtype === "int32" ? Int32Array.from(values) : values, shape, dtype);
  };
  const batchFirst = (t: any) => tf.transpose(t, t.rank === 3 ? [1, 0, 2] : [1, 0]);
  const net = layers(tf, workload, given);
  const weights: any[] = net.flatMap((layer) => layer.trainableWeights.map((weight: any) => weight.val));
  const run = (x: any) => net.reduce((y, layer) => layer.apply(y), x);

  if (!trains(workload)) {
    const x = tf.variable(batchFirst(tensor("x")));
    const forward = workload.task === "forward";
    let results: any[] = [];
    return [{
      step() {
        for (const old of results) old.dispose();
        results = tf.tidy(() => {
          if (forward) return [run(x)];
          const { value, grads } = tf.variableGrads(() => meanSquare(tf, run(x)), [x, ...weights]);
          return [value, grads[x.name], ...weights.map((weight) => grads[weight.name])];
        });
      },
      // Commands run in order: when the last result can be read, all are finished.
      wait: async () => void await results.at(-1).data(),
      async read(): Promise<Reading> {
        if (forward) return { arrays: { output: await results[0].data() } };
        const [loss, ...values] = await Promise.all(results.map((result) => result.data()));
        const names = [
          "x",
          ...suffixes(workload).flatMap((end) => [`weight_ih${end}`, `weight_hh${end}`, `bias_ih${end}`]),
        ];
        return { loss: loss[0], arrays: Object.fromEntries(values.map((v: any, i: number) => [`d ${names[i]}`, v])) };
      },
    }, { impl }];
  }

  const model = workload.task === "languageModel", pooled = pools(workload);
  // The wasm backend cannot differentiate gather; a product with one-hot rows can stand in for it while they are small.
  const hot = backend === "wasm" && model;
  const embedding = tf.variable(tensor("embedding"), !pooled), bias = tf.variable(tensor("head.bias"));
  const head = tf.variable(tf.transpose(tensor("head.weight")));
  const beside = (pooled ? ["linear1", "linear2"] : []).map((name) =>
    [tf.variable(tf.transpose(tensor(`${name}.weight`))), tf.variable(tensor(`${name}.bias`))] as const
  );
  const ids = batchFirst(tensor("x", "int32"));
  const x = hot ? tf.cast(tf.oneHot(tf.reshape(ids, [-1]), vocab), "float32") : ids;
  const embed = () =>
    hot ? tf.reshape(tf.matMul(x, embedding), [batch, steps, workload.inputs]) : tf.gather(embedding, x);
  const y = tensor("y", "int32");
  const target = model
    ? tf.cast(tf.oneHot(tf.reshape(batchFirst(y), [-1]), vocab), "float32")
    : tf.cast(tf.reshape(y, [batch, outputs]), "float32");
  const optimizer = workload.task !== "classifier" ? tf.train.adam(lr, 0.9, 0.999, 1e-8) : tf.train.sgd(lr);
  const read = (y: any) => {
    if (!pooled) return tf.reshape(y, [-1, features(workload)]);
    const h = tf.concat([tf.max(y, 1), tf.mean(y, 1)], 1);
    return beside.reduce((sum, [weight, bias]) => tf.add(sum, tf.relu(tf.add(tf.matMul(h, weight), bias))), h);
  };
  const loss = () => {
    const z = tf.add(tf.matMul(read(run(embed())), head), bias);
    return model ? tf.losses.softmaxCrossEntropy(target, z) : tf.losses.sigmoidCrossEntropy(target, z);
  };
  let last: any;
  return [{
    step() {
      last?.dispose();
      last = tf.tidy(() =>
        optimizer.minimize(loss, true, [...pooled ? [] : [embedding], ...weights, ...beside.flat(), head, bias])
      );
    },
    wait: async () => void await last.data(),
    async read(): Promise<Reading> {
      return {
        loss: (await last.data())[0],
        arrays: {
          ...pooled
            ? { "linear1.weight": transposed(await beside[0][0].data(), features(workload), features(workload)) }
            : { embedding: await embedding.data() },
          weight_hh_l0: transposed(await weights[1].data(), units, weights[1].shape[1]),
          "head.weight": transposed(await head.data(), features(workload), outputs),
        },
      };
    },
  }, { impl, note: hot ? "embedding by one-hot product" : undefined }];
});

/** In two stages: wasm sums in one f32, and of three million squares that lost a third of a percent. */
function meanSquare(tf: any, y: any): any {
  return tf.mean(tf.mean(tf.square(y), -1));
}

/** Keras' layers with PyTorch's weights: transposed, and the two biases added. */
function layers(
  tf: any,
  workload: Workload,
  given: (name: string) => [Float32Array, readonly number[]],
): any[] {
  const { cell, units, layers: count, bidirectional, inputs } = workload;
  return Array.from({ length: count }, (_, i) => {
    const options = {
      units,
      returnSequences: i < count - 1 || !classifies(workload),
      recurrentInitializer: "zeros", // the default computes an orthogonal matrix that is overwritten below
      ...cell === "lstm" ? { recurrentActivation: "sigmoid", unitForgetBias: false } : {},
    };
    const inner = cell === "lstm" ? tf.layers.lstm(options) : tf.layers.simpleRNN(options);
    const layer = bidirectional ? tf.layers.bidirectional({ layer: inner, mergeMode: "concat" }) : inner;
    const width = i === 0 ? inputs : units * (bidirectional ? 2 : 1);
    layer.apply(tf.zeros([1, 1, width])).dispose(); // makes the weights
    layer.setWeights((bidirectional ? ["", "_reverse"] : [""]).flatMap((direction) => {
      const matrix = (name: string) => {
        const [values, [rows, columns]] = given(`${name}_l${i}${direction}`);
        return tf.tensor(transposed(values, rows, columns), [columns, rows]);
      };
      const other = given(`bias_hh_l${i}${direction}`)[0];
      const bias = given(`bias_ih_l${i}${direction}`)[0].map((value, j) => value + other[j]);
      return [matrix("weight_ih"), matrix("weight_hh"), tf.tensor(bias)];
    }));
    return layer;
  });
}
