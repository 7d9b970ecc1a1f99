/**
 * `nn.functional`: layers and losses as functions, under PyTorch's names.
 * @module
 */
export { dropout } from "../ops/dropout.ts";
export { embedding } from "../ops/embedding.ts";
export { linear } from "../ops/matmul.ts";
export { logSoftmax, softmax } from "../ops/softmax.ts";
export { elu, gelu, leakyRelu, relu, sigmoid, silu, softplus, tanh } from "../ops/activations.ts";
export { hardSigmoid as hardsigmoid } from "../ops/activations.ts";
export {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  crossEntropy,
  klDiv,
  l1Loss,
  mseLoss,
  nllLoss,
  smoothL1Loss,
} from "../ops/losses.ts";
export { batchNorm, layerNorm } from "../ops/normalization.ts";
