/**
 * `nn.utils`: what is done to the gradients of many parameters.
 * @module
 */
export { clipGradNorm_, clipGradValue_, gradNorm } from "./clip_grad.ts";
