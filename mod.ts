/**
 * wgrad: deep learning in TypeScript on WebGPU, with PyTorch's names and hand-written WGSL.
 *
 * @example A model, trained
 * ```ts
 * import * as w from "./mod.ts";
 *
 * await w.init();
 * w.manualSeed(1234);
 * const x = w.randn([64, 4]), y = w.tensor(Int32Array.from({ length: 64 }, (_, i) => i % 3));
 * const model = new w.nn.Sequential(new w.nn.Linear(4, 16), new w.nn.ReLU(), new w.nn.Linear(16, 3));
 * const optimizer = new w.optim.Adam(model.parameters(), { lr: 1e-2 });
 * const meter = new w.train.Meter();
 * for (let step = 0; step < 50; step++) {
 *   meter.add(w.tidy(() => {
 *     const loss = w.nn.functional.crossEntropy(model.forward(x), y);
 *     optimizer.zeroGrad(), loss.backward(), optimizer.step();
 *     return loss;
 *   }));
 * }
 * console.log("mean loss", await meter.mean());
 * ```
 * @module
 */
export * from "./src/errors.ts";
export { getDevice, init, memory, profile, setDevice, sync } from "./src/gpu/default.ts";
export type { Limits } from "./src/gpu/device.ts";
export { type AdapterInfo, Device, type DeviceOptions, type MemoryInfo, openDevice } from "./src/gpu/device.ts";
export type { ProfileRow } from "./src/gpu/profiler.ts";
export type { DType, FloatDType, NestedArray, NumericDType, TypedArrayOf } from "./src/tensor/dtype.ts";
export { keep, Scope, scope, tidy } from "./src/tensor/scope.ts";
export type { Shape } from "./src/tensor/shape.ts";
export type { Stateful, StateTree } from "./src/tensor/state_tree.ts";
export { type AnyTensor, Tensor } from "./src/tensor/tensor.ts";
export { type Draw, Generator, manualSeed } from "./src/tensor/random.ts";
export * as random from "./src/tensor/random.ts";
export { autocast, isAutocastEnabled } from "./src/autograd/autocast.ts";
export { type BackwardOptions, grad, type GradOptions } from "./src/autograd/backward.ts";
export type { Hook } from "./src/autograd/node.ts";
export { enableGrad, isGradEnabled, noGrad } from "./src/autograd/mode.ts";
export * from "./src/ops/mod.ts";
export * as nn from "./src/nn/mod.ts";
export * as optim from "./src/optim/mod.ts";
export * as io from "./src/io/mod.ts";
export * as text from "./src/text/mod.ts";
export * as data from "./src/data/mod.ts";
export * as train from "./src/train/mod.ts";
