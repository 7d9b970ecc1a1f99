// The network of examples/jigsaw beside PyTorch: the same weights and batches give the same logits, gradients and losses.
import assert from "node:assert/strict";
import * as w from "../mod.ts";
import { JigsawModel } from "../examples/jigsaw/model.ts";
import { goldenTensor, goldenValues, type JigsawCase, loadGolden, relativeL2, under } from "./golden/golden.ts";

await w.init();
const { tensors, meta } = await loadGolden("jigsaw");
const SOFT = 6;

/** The network of a case with its weights: those that pytorch/jigsaw.py makes of their names. */
function networkOf({ words, width, units }: JigsawCase): JigsawModel {
  const data = goldenValues("embedding.weight", words * width, 1.75).fill(0, 0, width);
  const model = new JigsawModel({ shape: [words, width], data }, { units, dropout: 0 });
  const { "embedding.weight": _, ...state } = model.stateDict();
  const filled = Object.entries(state).map(([name, { shape, numel }]) => {
    const scale = (name.startsWith("lstm") ? units : 4 * units) ** -0.5;
    return [name, { shape, data: goldenValues(name, numel, scale) }] as const;
  });
  model.loadStateDict(Object.fromEntries(filled), { strict: false });
  return model;
}

/** Batch `number` of a case: ids with padding in front, the hard target and six soft ones. */
function batchOf({ words, time, batch }: JigsawCase, number: number): [w.Tensor<"i32">, w.Tensor] {
  const unit = (what: string, n: number) => goldenValues(`${what}/${number}`, n, 1).map((value) => (value + 1) / 2);
  const length = (row: number): number => time - Math.floor(2 * time * row / (3 * batch));
  const ids = Int32Array.from(
    unit("ids", batch * time),
    (u, i) => i % time < time - length(Math.floor(i / time)) ? 0 : Math.floor(u * (words - 1)) + 1,
  );
  const soft = unit("targets", batch * SOFT);
  const targets = Float32Array.from({ length: batch * (SOFT + 1) }, (_, i) => {
    const row = Math.floor(i / (SOFT + 1)), k = i % (SOFT + 1);
    return k ? soft[row * SOFT + k - 1] : Number(soft[row * SOFT] >= 0.5);
  });
  return [
    w.tensor(ids, { shape: [batch, time], dtype: "i32" }),
    w.tensor(targets, { shape: [batch, SOFT + 1] }) as w.Tensor,
  ];
}

for (const one of meta.cases) {
  Deno.test(`${one.name} network: logits, loss and gradients are PyTorch's, and the losses of ${one.steps} steps`, async () => {
    using model = networkOf(one);
    const held = under(tensors, one.name), first: Record<string, number> = {};
    const trained = model.parameters().filter((parameter) => parameter.requiresGrad);
    const optimizer = new w.optim.Adam(trained, { lr: one.lr });
    const scheduler = new w.optim.lrScheduler.LambdaLR(optimizer, (epoch) => one.decay ** epoch);
    const batches = Array.from({ length: one.batches }, (_, number) => batchOf(one, number));
    const log = new w.train.ScalarLog();
    for (let step = 0; step < one.steps; step++) {
      const [ids, targets] = batches[step % one.batches], logits = model.forward(ids);
      const loss = w.nn.functional.binaryCrossEntropyWithLogits(logits, targets);
      optimizer.zeroGrad();
      loss.backward();
      if (step === 0) {
        first.logits = relativeL2(await logits.data(), goldenTensor(held, "logits").data);
        for (const [name, parameter] of model.namedParameters()) {
          if (!parameter.requiresGrad) continue;
          const grad = await parameter.grad!.data(), stride = one.strides[name];
          const norm = Math.sqrt(grad.reduce((sum, value) => sum + value * value, 0));
          first[`norm of ${name}`] = Math.abs(norm / goldenTensor(held, `norm/${name}`).data[0] - 1);
          first[name] = relativeL2(
            grad.filter((_, i) => i % stride === 0),
            goldenTensor(held, `grad/${name}`).data,
          );
        }
      }
      optimizer.step();
      if (step % one.batches === one.batches - 1) scheduler.step();
      log.add(loss);
      logits.dispose();
      loss.dispose();
    }
    await log.flush();
    assert.equal(Object.keys(first).length, 1 + 2 * Object.keys(one.strides).length);
    for (const [name, off] of Object.entries(first)) assert.ok(off < 1e-4, `${name} is off by ${off}`);
    const losses = goldenTensor(held, "losses").data;
    assert.equal(log.values.length, losses.length);
    const off = Math.max(...log.values.map((value, i) => Math.abs(value - losses[i])));
    assert.ok(off < 1e-3, `a loss is off by ${off}`);
    for (const tensor of batches.flat()) tensor.dispose();
  });
}
