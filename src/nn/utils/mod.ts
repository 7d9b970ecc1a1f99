/**
 * `nn.utils`: what is done to the gradients of many parameters, and batches of sequences of different lengths.
 * @module
 */
export { clipGradNorm_, clipGradValue_, gradNorm } from "./clip_grad.ts";
export * as rnn from "./rnn.ts";
