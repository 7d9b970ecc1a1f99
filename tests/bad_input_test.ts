// Bad input that is refused at once: each call throws an error of its class with the op's name, shapes or values as fields,
// and a message that says what was given and what was wanted. Nothing already trained is lost. See faults_test.ts for what
// only the GPU can see.
import assert from "node:assert/strict";
import * as w from "../mod.ts";
import { type Any, checkError, disposed, type ErrorClass, type Facts, int } from "./support/training.ts";
import { keepsTraining, model } from "./support/training.ts";

const other = await w.openDevice();
const F = w.nn.functional, { embedding, lstm, out } = model;
const { ShapeError, DTypeError, IndexError, ValueError, StateError } = w;
const one = (...shape: number[]) => w.ones(shape);
const grown = (...shape: number[]) => w.ones(shape, { requiresGrad: true });
const far = (...shape: number[]) => w.ones(shape, { device: other });

type Case = readonly [run: () => unknown, facts: Facts, message: RegExp, error?: ErrorClass];

/** Each call must throw, by default an error of the given class. */
function refused(name: string, usual: ErrorClass, cases: readonly Case[]): void {
  Deno.test(`${name} are refused, nothing is lost`, async () => {
    await keepsTraining(() =>
      w.tidy(() => {
        for (const [run, facts, message, error = usual] of cases) {
          const what = String(run);
          assert.throws(run, (e) => checkError(e, what, error, facts, message), `${what} did not throw`);
        }
      })
    );
  });
}

const vocabulary = () => w.zeros([2, 3]), x = () => one(2, 3, 4), h = () => one(1, 2, 5);
refused("wrong shapes", ShapeError, [
  [() => one(2, 3).add(one(2, 4)), { op: "add", shapes: [[2, 3], [2, 4]] }, /sizes 3 and 4 at dim -1/],
  [() => one(2, 3).matmul(one(2, 3)), { op: "matmul", shapes: [[2, 3], [2, 3]] }, /inner sizes 3 and 2/],
  [() => out.forward(one(2, 7)), { op: "linear", shapes: [[2, 7], [3, 5], [3]] }, /wanted \[\.\.\., in\]/],
  [() => lstm.forward(one(2, 3, 9)), { op: "LSTM", shapes: [[2, 3, 9]] }, /wanted \[batch, time, 4\]/],
  [() => lstm.forward(one(4)), { op: "LSTM", shapes: [[4]] }, /wanted \[batch, time, 4\]/],
  [
    () => lstm.forward(x(), [one(1, 3, 5), h()]),
    { op: "LSTM", shapes: [[2, 3, 4], [1, 3, 5]] },
    /h0 .* wanted \[1, 2, 5\]/,
  ],
  [
    () => lstm.forward(x(), [h(), one(1, 2, 4)]),
    { op: "LSTM", shapes: [[2, 3, 4], [1, 2, 4]] },
    /c0 .* wanted \[1, 2, 5\]/,
  ],
  [() => lstm.forward(x(), [h()] as Any), { op: "LSTM" }, /wanted h0 and c0/, ValueError],
  [() => lstm.forward(x(), h() as Any), { op: "LSTM" }, /wanted h0 and c0/, ValueError],
  [() => new w.nn.GRU(4, 5).forward(x(), [one(1, 3, 5)] as Any), { op: "GRU" }, /wanted h0/, ValueError],
  [() => new w.nn.LayerNorm(3).forward(one(2, 4)), { op: "layerNorm", shapes: [[2, 4], [3]] }, /must be \[3\]/],
  [() => new w.nn.BatchNorm1d(3).forward(one(2, 4)), { op: "batchNorm", shapes: [[2, 4], [3]] }, /wanted \[4\]/],
  [() => new w.nn.BatchNorm1d(3).forward(one(1, 3)), { op: "batchNorm", shapes: [[1, 3]] }, /at least 2/],
  [
    () => new w.nn.Linear(2, 3, { weight: out.weight }),
    { op: "Linear", shapes: [[3, 5], [3, 2]] },
    /\[3, 2\] is wanted/,
  ],
  [
    () => F.crossEntropy(one(2, 3), int(0, 1, 2)),
    { op: "crossEntropy", shapes: [[2, 3], [3]] },
    /targets \[N, \.\.\.\]/,
  ],
  [
    () => F.crossEntropy(one(2, 3), int(0, 1), { weight: one(2) }),
    { op: "crossEntropy" },
    /class weights \[2\]: wanted \[3\]/,
  ],
  [() => F.mseLoss(one(3), one(1)), { op: "mseLoss", shapes: [[3], [1]] }, /must be equal/],
  [() => one(2, 3).reshape([4]), { op: "reshape", shapes: [[2, 3], [4]] }, /6 elements/],
  [() => one(2, 3).expand([5, 3]), { op: "expand", shapes: [[2, 3], [5, 3]] }, /only sizes of 1/],
  [() => w.cat([one(2, 3), one(2)]), { op: "cat", shapes: [[2, 3], [2]] }, /\[2, 3\] f32 and \[2\] f32/],
  [() => w.einsum("ij->ij", one(2)), { op: "einsum" }, /ij/],
  [() => one(2).copy_(one(3)), { op: "copy_", shapes: [[2], [3]] }, /2 and 3/],
  [() => one(2).copy_([1, 2, 3]), { op: "copy_", shapes: [[2]] }, /3 values/],
  [() => grown(2, 3).mul(2).backward(), { op: "backward", shapes: [[2, 3]] }, /not a scalar/],
  [() => grown(2).mul(2).backward({ gradient: one(3) }), { op: "backward", shapes: [[3], [2]] }, /gradient \[3\]/],
  [() => out.bias!.grad = one(4), { op: "grad", shapes: [[4], [3]] }, /must be equal/],
  [() => w.tensor([[1, 2], [3]]), { op: "tensor", shapes: [[2], [1]] }, /ragged/],
  [() => w.zeros(3 as Any), { op: "full", value: 3 }, /wanted a list of sizes/],
  [() => one(2, 3).sum({ dim: 2 }), { op: "sum", value: 2 }, /dims -2 to 1/, IndexError],
]);

refused("wrong types", DTypeError, [
  [() => one(2).add(int(1, 2) as Any), { op: "add", shapes: [[2], [2]], value: "i32" }, /f32 and \[2\] of type i32/],
  [() => one(2).add(undefined as Any), { op: "add", value: undefined }, /undefined: wanted a tensor or a number/],
  [() => w.pow(one(2), null as Any), { op: "pow", value: null }, /null: wanted a tensor or a number/],
  [() => w.where(one(2).gt(0), "1" as Any, 0), { op: "where", value: "1" }, /1: wanted a tensor or a number/],
  [() => one(2).gt([1] as Any), { op: "gt", value: [1] }, /a Array: wanted a tensor/],
  [() => w.where(one(2) as Any, 1, 0), { op: "where", value: "f32" }, /wanted bool/],
  [() => int(1, 2).add(0.5), { op: "add", value: 0.5 }, /wanted an integer/],
  [() => w.exp(int(1) as Any), { op: "exp", shapes: [[1]], value: "i32" }, /wanted f32; convert it with to\(\)/],
  [() => out.forward(int(1, 2, 3, 4, 5) as Any), { op: "linear", value: "i32" }, /wanted f32/],
  [() => embedding.forward(one(2) as Any), { op: "embedding", value: "f32" }, /wanted i32/],
  [() => lstm.forward(int(1, 2, 3, 4).reshape([1, 1, 4]) as Any), { op: "lstm", value: "i32" }, /wanted f32/],
  [() => F.crossEntropy(one(2, 3), one(2) as Any), { op: "crossEntropy", value: "f32" }, /wanted i32/],
  [() => int(1).requiresGrad_(), { op: "requiresGrad_", shapes: [[1]] }, /f32 and f16 only/],
  [() => grown(2).mul(2).backward({ gradient: int(1, 2) as Any }), { op: "backward", value: "i32" }, /wanted f32/],
  [() => out.bias!.grad = int(1, 2, 3) as Any, { op: "grad", shapes: [[3], [3]] }, /it is i32, wanted f32/],
  [() => new w.nn.Parameter(int(1) as Any), { op: "Parameter", value: "i32" }, /wanted f32/],
  [() => new w.optim.SGD([one(2) as Any]), { op: "SGD" }, /\[2\] is not a parameter/, ValueError],
  [() => one(2).to("f64" as Any), { op: "cast", value: "f64" }, /f32 or f16 or i32 or u32 or bool/],
  [() => w.zeros([2], { dtype: "f64" as Any }), { op: "full", value: "f64" }, /f32 or f16 or i32 or u32 or bool/],
  [() => w.tensor("abc" as Any), { op: "tensor", value: "abc" }, /numbers or booleans/],
  [
    () => w.tensor([1, 2.5], { dtype: "i32" }),
    { op: "tensor", value: 2.5, position: 1 },
    /2.5 at position 1/,
    ValueError,
  ],
  [() => one(2).copy_(int(1, 2) as Any), { op: "copy_", shapes: [[2], [2]] }, /i32 into f32/],
]);

refused("indices out of range that the host knows", IndexError, [
  [() => embedding.forward(int(0, 5, 6, 7)), { op: "embedding", value: 7, position: 3 }, /7 at position 3 .* 6 rows/],
  [() => embedding.forward(int(4, -1)), { op: "embedding", value: -1, position: 1 }, /-1 at position 1 .* 6 rows/],
  [
    () => F.crossEntropy(one(3, 3), int(0, 3, 1)),
    { op: "crossEntropy", value: 3, position: 1 },
    /position 1 .* 3 classes/,
  ],
  [() => F.nllLoss(one(2, 3), int(-7, 1)), { op: "nllLoss", value: -7, position: 0 }, /-7 at position 0 .* 3 classes/],
  [() => w.gather(one(2, 3), 1, int(0, 3).reshape([2, 1])), { op: "gather", value: 3, position: 1 }, /of dim 1/],
  [() => w.indexSelect(one(2, 3), 0, int(2)), { op: "indexSelect", value: 2, position: 0 }, /2 positions/],
  [() => w.scatterAdd(one(2), 0, int(1, 2), one(2)), { op: "scatterAdd", value: 2, position: 1 }, /2 positions/],
  [() => w.oneHot(int(0, 5), 3), { op: "oneHot", value: 5, position: 1 }, /3 classes/],
  [() => one(2, 3).at(2), { op: "select", value: 2, shapes: [[2, 3]] }, /wanted -2 to 1/],
  [() => F.embedding(int(0), vocabulary(), { paddingIdx: 2 }), { op: "embedding", value: 2 }, /rows 0 to 1/],
]);

refused("empty tensors and batches without items", ShapeError, [
  [() => w.tensor([]), { op: "tensor", shapes: [[0]] }, /at least 1/],
  [() => w.tensor(new Float32Array(0)), { op: "tensor", shapes: [[0]] }, /at least 1/],
  [() => w.tensor([[]]), { op: "tensor", shapes: [[1, 0]] }, /at least 1/],
  [() => w.zeros([0, 3]), { op: "full", shapes: [[0, 3]] }, /at least 1/],
  [() => w.randn([0]), { op: "randn", shapes: [[0]] }, /at least 1/],
  [() => new w.nn.Parameter({ shape: [0] }), { op: "Parameter", shapes: [[0]] }, /at least 1/],
  [() => w.cat([]), { op: "cat" }, /empty/],
  [() => w.stack([]), { op: "stack" }, /empty/],
  [() => one(2, 3).at("2:2"), { op: "slice", shapes: [[2, 3]] }, /nothing is left/, IndexError],
  [() => w.arange(0), { op: "arange" }, /no elements/, ValueError],
  [() => w.data.stackFields("f32")([]), { op: "collate" }, /no items/, ValueError],
  [() => w.data.stackTyped([]), { op: "collate" }, /no items/, ValueError],
  [() => new w.optim.Adam([]), { op: "Adam" }, /empty/, ValueError],
]);

refused("disposed tensors", StateError, [
  [() => disposed(one(2, 3)).add(1), { op: "add", shapes: [[2, 3]] }, /disposed; return it from w\.tidy\(\)/],
  [() => one(2).add(disposed(one(2))), { op: "add", shapes: [[2]] }, /disposed/],
  [() => disposed(one(2, 3)).reshape([3, 2]), { op: "reshape", shapes: [[2, 3]] }, /disposed/],
  [() => out.forward(disposed(one(2, 5))), { op: "linear", shapes: [[2, 5]] }, /disposed/],
  [() => embedding.forward(disposed(int(1))), { op: "embedding", shapes: [[1]] }, /disposed/],
  [() => lstm.forward(disposed(x())), { op: "LSTM", shapes: [[2, 3, 4]] }, /disposed/],
  [() => lstm.forward(x(), [h(), disposed(h())]), { op: "LSTM", shapes: [[1, 2, 5]] }, /disposed/],
  [() => F.crossEntropy(disposed(one(2, 3)), int(0, 1)), { op: "crossEntropy", shapes: [[2, 3]] }, /disposed/],
  [() => disposed(grown(1).mul(2)).backward(), { op: "backward", shapes: [[1]] }, /disposed/],
  [() => disposed(one(2)).fill_(1), { op: "fill_", shapes: [[2]] }, /disposed/],
  [() => disposed(one(2)).detach(), { op: "detach", shapes: [[2]] }, /disposed/],
]);

refused("tensors of another device", StateError, [
  [() => one(2).add(far(2)), { op: "add", shapes: [[2], [2]] }, /different devices/],
  [() => out.forward(far(2, 5)), { op: "linear", shapes: [[2, 5], [3, 5], [3]] }, /different devices/],
  [() => lstm.forward(far(2, 3, 4)), { op: "lstm" }, /different devices/],
  [() => F.crossEntropy(far(2, 3), int(0, 1)), { op: "crossEntropy", shapes: [[2, 3], [2]] }, /different devices/],
  [() => w.cat([one(2), far(2)]), { op: "cat", shapes: [[2], [2]] }, /different devices/],
  [() => one(2).copy_(far(2)), { op: "copy_", shapes: [[2], [2]] }, /different devices/],
  [() => grown(2).mul(2).backward({ gradient: far(2) }), { op: "backward", shapes: [[2], [2]] }, /different devices/],
  [() => out.bias!.grad = far(3), { op: "grad", shapes: [[3], [3]] }, /another device/],
  [() => new w.optim.SGD([out.bias!, new w.nn.Parameter(far(2))]), { op: "SGD" }, /different devices/],
]);

/** A product whose second operand is changed after it was saved. */
function changed(change: (saved: w.Tensor) => void): void {
  const saved = one(3), y = grown(3).mul(saved).sum();
  change(saved);
  y.backward();
}
function twice(y: w.Tensor): void {
  y.backward();
  y.backward();
}
const wait = async () => await Promise.resolve();

refused("wrong uses of graphs and scopes", StateError, [
  [() => one(2).sum().backward(), { op: "backward", shapes: [[]] }, /requires grad/],
  [() => w.noGrad(() => grown(2).sum()).backward(), { op: "backward" }, /noGrad/],
  [() => twice(grown(2).square().sum()), { op: "sum" }, /a second time.*retainGraph: true/],
  [() => twice(model.forward(int(0, 1, 2).reshape([1, 3])).sum()), { op: "sum" }, /a second time/],
  [() => changed((saved) => saved.fill_(2)), { op: "mul", shapes: [[3]] }, /in place \(version 1, saved at 0\)/],
  [() => changed((saved) => saved.copy_([1, 2, 3])), { op: "mul", shapes: [[3]] }, /in place/],
  [() => grown(2).zero_(), { op: "fill_", shapes: [[2]] }, /requires grad; do it inside w\.noGrad\(\)/],
  [() => one(4).at("1:3").zero_(), { op: "fill_", shapes: [[2]] }, /a view/],
  [() => w.grad(grown(1).mul(2), [grown(2)]), { op: "grad" }, /allowUnused/],
  [() => w.grad(grown(1).mul(2), [one(2)]), { op: "grad", shapes: [[2]] }, /does not require grad/],
  [() => w.tidy(wait), { op: "tidy" }, /async.*scope\.run/],
  [() => w.noGrad(wait), { op: "noGrad" }, /first await/],
  [() => w.enableGrad(wait), { op: "enableGrad" }, /first await/],
]);

const rates = [NaN, Infinity, -0.1].flatMap((lr): Case[] => [
  [() => new w.optim.SGD([out.bias!], { lr }), { op: "SGD", value: lr }, /lr is .* finite number of at least 0/],
  [() => new w.optim.Adam(model.parameters(), { lr }), { op: "Adam", value: lr }, /lr is .* finite/],
  [() => new w.optim.AdamW([{ params: [out.bias!], lr }]), { op: "AdamW", value: lr }, /lr is .* finite/],
  [() => new w.optim.FastaiAdam([out.bias!], { lr }), { op: "FastaiAdam", value: lr }, /lr is .* finite/],
  [() => w.optim.lrScheduler.oneCycle(lr), { op: "oneCycle", value: lr }, /lrMax = /],
]);
refused("numbers out of range", ValueError, [
  ...rates,
  [() => w.nn.utils.clipGradNorm_([out.bias!], NaN), { op: "clipGradNorm_", value: NaN }, /maxNorm is NaN/],
  [() => F.dropout(one(2), 1.5), { op: "dropout", value: 1.5 }, /0 <= p <= 1/],
  [() => F.dropout(one(2), NaN), { op: "dropout", value: NaN }, /p = NaN/],
  [() => new w.nn.Dropout(-1), { op: "Dropout", value: -1 }, /p is -1, wanted a number from 0 to 1/],
  [() => new w.nn.LSTM(2, 3, { dropout: 2 }), { op: "LSTM", value: 2 }, /dropout is 2/],
  [() => new w.nn.Linear(0, 3), { op: "Linear", value: 0 }, /inFeatures is 0, wanted an integer of at least 1/],
  [() => new w.nn.Embedding(5, 2, { paddingIdx: 5 }), { op: "Embedding", value: 5 }, /-5 to 4/],
  [
    () => F.crossEntropy(one(2, 3), int(0, 1), { ignoreIndex: NaN }),
    { op: "crossEntropy", value: NaN },
    /ignoreIndex NaN/,
  ],
  [() => F.crossEntropy(one(2, 3), int(0, 1), { labelSmoothing: 2 }), { op: "crossEntropy", value: 2 }, /from 0 to 1/],
  [() => F.mseLoss(one(2), one(2), { reduction: "avg" as Any }), { op: "mseLoss", value: "avg" }, /none, sum, mean/],
  [() => new w.data.DataLoader([1], { batchSize: 0 }), { op: "DataLoader", value: 0 }, /positive integer/],
  [() => w.topk(one(2, 3), 4), { op: "topk", value: 4, shapes: [[2, 3]] }, /wanted 1 to 3/],
  [() => w.multinomial(one(3), 5), { op: "multinomial", value: 5 }, /wanted 1 to 3/],
  [() => w.manualSeed(NaN), { op: "manualSeed" }, /NaN/],
]);
