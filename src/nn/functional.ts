/**
 * `nn.functional`: layers and losses as functions, under PyTorch's names.
 * @module
 */
export { dropout, dropout1d, dropout2d, embeddingDropout, lockedDropout, type MaskOptions } from "../ops/dropout.ts";
export { attentionPool, type AttentionPoolOptions } from "../ops/attention_pool.ts";
export { embedding } from "../ops/embedding.ts";
export { linear } from "../ops/matmul.ts";
export { concatPool, type ConcatPoolOptions, lastPool, maxPool, meanPool, type PoolOptions } from "../ops/pooling.ts";
export type { PoolPart } from "../ops/pooling_op.ts";
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
