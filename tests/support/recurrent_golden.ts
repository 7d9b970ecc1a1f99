/**
 * The recurrent golden cases: builds each layer, runs it forward and backward, and compares every output, final state and
 * gradient with PyTorch's.
 * @module
 */
import assert from "node:assert/strict";
import * as w from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";
import { goldenTensor, goldenValues, loadGolden, type RecurrentCase, relativeL2 } from "../golden/golden.ts";

/** What a variant of the kernels is called; undefined is the layers' own choice. */
export type Algorithm = "step" | "loop" | "pair" | undefined;

const { tensors, meta } = await loadGolden("recurrent");

/** All stored cases. */
export const cases: readonly RecurrentCase[] = meta.cases;

type Layer = nn.RNN | nn.GRU | nn.LSTM;

/** Runs a case as PyTorch did; what comes back is named as there, and lies in the order in which it is stored. */
function runCase(one: RecurrentCase, rnnAlgorithm: Algorithm): Map<string, w.Tensor> {
  const { name, module, args: [inputs, hidden], options, shape: [steps, batch], lengths, scale, seed } = one;
  const layer: Layer = new nn[module](inputs, hidden, { ...options as nn.LSTMOptions & nn.RNNOptions, rnnAlgorithm });
  layer.loadStateDict(Object.fromEntries(
    layer.namedParameters().map(([key, p]) => [key, goldenValues(`${name}/param/${key}`, p.numel, scale)]),
  ));
  const count = layer.numLayers * (layer.bidirectional ? 2 : 1), { batchFirst } = layer;
  const shapes: Record<string, number[]> = {
    input: batchFirst ? [batch, steps, inputs] : [steps, batch, inputs],
    h_0: [count, batch, layer.projSize || hidden],
    c_0: [count, batch, hidden],
  };
  const given = Object.fromEntries(one.inputs.map((key) => {
    const shape = shapes[key], data = goldenValues(`${name}/${key}`, shape.reduce((a, b) => a * b), 1);
    return [key, w.tensor(data, { shape, requiresGrad: true })];
  }));
  if (seed !== undefined) w.manualSeed(seed);
  const found = call(layer, given, lengths, steps);
  w.tidy(() => {
    const terms = one.outputs.map((key) => {
      const { shape, numel } = found.get(key)!;
      return found.get(key)!.mul(w.tensor(goldenValues(`${name}/r/${key}`, numel, 1), { shape })).sum();
    });
    terms.reduce((a, b) => a.add(b)).backward();
  });
  for (const key of one.inputs) found.set(`grad/${key}`, given[key].grad!);
  for (const [key, p] of layer.namedParameters()) found.set(`grad/${key}`, p.grad!);
  return found;
}

function call(
  layer: Layer,
  { input, h_0, c_0 }: Record<string, w.Tensor>,
  lengths: number[] | undefined,
  totalLength: number,
): Map<string, w.Tensor> {
  const { packPaddedSequence, padPackedSequence } = nn.utils.rnn, { batchFirst } = layer;
  const padded = (y: nn.utils.rnn.PackedSequence) => padPackedSequence(y, { batchFirst, totalLength })[0];
  const packed = lengths && packPaddedSequence(input, lengths, { batchFirst, enforceSorted: false });
  if (layer instanceof nn.LSTM) {
    const states = h_0 && [h_0, c_0] as const;
    const [output, [h, c]] = packed ? layer.forward(packed, states) : layer.forward(input, states);
    const y = output instanceof w.Tensor ? output : padded(output);
    return new Map([["output", y], ["h_n", h], ["c_n", c]]);
  }
  const [output, h] = packed ? layer.forward(packed, h_0) : layer.forward(input, h_0);
  return new Map([["output", output instanceof w.Tensor ? output : padded(output)], ["h_n", h]]);
}

/** Compares every tensor of the cases with PyTorch's to 2e-5 relative L2; returns how many there were. */
export async function compareCases(list: readonly RecurrentCase[], algorithm: Algorithm): Promise<number> {
  let tensorsCompared = 0;
  for (let from = 0; from < list.length; from += 24) { // one read per two dozen cases
    const some = list.slice(from, from + 24);
    const scope = w.scope();
    const found = scope.run(() => some.map((one) => [...runCase(one, algorithm)]));
    const whole = scope.run(() => w.cat(found.flatMap((list) => list.map(([, t]) => t.detach().reshape([-1])))));
    const data = await whole.data();
    let at = 0;
    for (const [i, { name }] of some.entries()) {
      const wanted = goldenTensor(tensors, `${name}/numbers`).data;
      let own = 0;
      for (const [key, { numel }] of found[i]) {
        const error = relativeL2(data.subarray(at, at += numel), wanted.subarray(own, own += numel));
        assert.ok(error < 2e-5, `${name} ${key} (${algorithm ?? "default"}): relative L2 ${error}`);
        tensorsCompared++;
      }
      assert.equal(own, wanted.length, name);
    }
    scope.close();
  }
  return tensorsCompared;
}
