// Values and gradients of operations where PyTorch's choices count: ties, zeros, signs, corners, broadcasts.
import assert from "node:assert/strict";
import * as w from "../mod.ts";
import { goldenTensor, loadGolden, relativeL2, under } from "./golden/golden.ts";

await w.init();
const { tensors, meta } = await loadGolden("ops");

// deno-lint-ignore no-explicit-any
type Options = any;
type Call = (inputs: w.Tensor[], options: Options) => w.Tensor | w.AnyTensor[];

/** How an operation is called where `x.name(...rest, options)` is not it. */
const special: Record<string, Call> = {
  hardSigmoidKeras: ([x]) => x.hardSigmoid({ form: "keras" }),
  fmod: ([a, b]) => a.sub(b.mul(truncate(a.div(b)))), // not an operation here; remainder is
  pow: ([x, y], { exponent }) => x.pow(y ?? exponent),
  where: ([condition, a, b]) => w.where(condition as unknown as w.Tensor<"bool">, a, b),
  maskedFill: ([x, mask], { value }) => x.maskedFill(mask as unknown as w.Tensor<"bool">, value),
  max: ([x], options) => "dim" in options ? both(x.max(options)) : x.max(),
  min: ([x], options) => "dim" in options ? both(x.min(options)) : x.min(),
  softmax: ([x], { dim }) => x.softmax(dim),
  logSoftmax: ([x], { dim }) => x.logSoftmax(dim),
  cumsum: ([x], { dim }) => x.cumsum(dim),
  topk: ([x], { k, ...options }) => both(x.topk(k, options)),
  sort: ([x], options) => both(x.sort({ ...options, stable: true })),
  scatterAdd: ([x, index, source], { dim }) => x.scatterAdd(dim, index as unknown as w.Tensor<"i32">, source),
  gather: ([x, index], { dim }) => x.gather(dim, index as unknown as w.Tensor<"i32">),
  indexSelect: ([x, index], { dim }) => x.indexSelect(dim, index as unknown as w.Tensor<"i32">),
  oneHot: ([ids], { numClasses }) => [w.oneHot(ids as unknown as w.Tensor<"i32">, numClasses)],
  pad: ([x], { pad, value }) => x.pad(pad, value),
  tril: ([x], { diagonal }) => x.tril(diagonal),
  triu: ([x], { diagonal }) => x.triu(diagonal),
  einsum: (operands, { equation }) => w.einsum(equation, ...operands),
};

const truncate = (x: w.Tensor) => x.sign().mul(x.abs().floor());
const both = ({ values, indices }: { values: w.AnyTensor; indices: w.AnyTensor }) => [values, indices];

for (const one of meta.cases) {
  if (one.op === "fmod" && one.name.endsWith("i32")) continue; // made of f32 operations above
  Deno.test(`${one.name} is PyTorch's`, async () => {
    const held = under(tensors, one.name);
    const inputs = one.inputs.map((name: string) => {
      const { shape, data } = goldenTensor(held, name);
      const bool = name === "mask" || name === "condition";
      const t = w.tensor(data, {
        shape,
        dtype: bool ? "bool" : data instanceof Int32Array ? "i32" : "f32",
      }) as w.AnyTensor;
      if (held.has(`grad/${name}`)) t.requiresGrad_();
      return t as w.Tensor;
    });
    const call: Call = special[one.op] ?? ((list, options) => {
      const [x, ...rest] = list;
      return (x as unknown as Record<string, (...a: unknown[]) => w.Tensor>)[one.op](
        ...rest,
        ...(Object.keys(options).length ? [options] : []),
      );
    });
    const result = call(inputs, one.options), outputs = (Array.isArray(result) ? result : [result]) as w.AnyTensor[];
    const objective = outputs.flatMap((out, i) => {
      const r = held.get(`r/${one.outputs[i]}`);
      return r && out.dtype === "f32" && out.requiresGrad
        ? [(out as unknown as w.Tensor).mul(w.tensor(r.data, { shape: r.shape, dtype: "f32" })).sum()]
        : [];
    });
    if (objective.length) objective.reduce((a, b) => a.add(b)).backward();
    await Promise.all([
      ...outputs.map(async (out, i) => {
        const wanted = goldenTensor(held, one.outputs[i]);
        assert.deepEqual(out.shape, wanted.shape);
        const off = relativeL2((await out.data()) as Float32Array, wanted.data);
        assert.ok(off < 1e-5, `${one.outputs[i]} is off by ${off}`);
      }),
      ...inputs.map(async (t, i) => {
        const wanted = held.get(`grad/${one.inputs[i]}`);
        if (!wanted) return;
        assert.ok(t.grad, `${one.inputs[i]} has no gradient`);
        const off = relativeL2(await t.grad.data(), wanted.data);
        assert.ok(off < 1e-5, `gradient of ${one.inputs[i]} is off by ${off}`);
      }),
    ]);
  });
}
