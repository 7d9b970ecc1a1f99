/**
 * Optimisers, averages of weights and learning-rate schedules.
 * @module
 */
export { Adagrad, type AdagradOptions } from "./adagrad.ts";
export { Adam, AdamBase, type AdamOptions, AdamW } from "./adam.ts";
export { ASGD, type ASGDOptions, NonMonotonicTrigger } from "./asgd.ts";
export { CheckpointEnsemble } from "./ensemble.ts";
export { FastaiAdam, type FastaiAdamOptions, fastaiGroups } from "./fastai_adam.ts";
export {
  KerasAdagrad,
  type KerasAdagradOptions,
  KerasAdam,
  type KerasAdamOptions,
  type KerasOptions,
  KerasRMSprop,
  type KerasRMSpropOptions,
  KerasSGD,
  type KerasSGDOptions,
} from "./keras.ts";
export {
  type GroupSource,
  Optimizer,
  type OptimizerOptions,
  type ParamGroup,
  type Params,
  type StepOptions,
} from "./optimizer.ts";
export { RMSprop, type RMSpropOptions } from "./rmsprop.ts";
export { SGD, type SGDOptions } from "./sgd.ts";
export { SparseAdam, type SparseAdamOptions } from "./sparse_adam.ts";
export type { OptimizerState, ParameterState } from "./state.ts";
export * as lrScheduler from "./schedules.ts";
export * as swaUtils from "./swa_utils.ts";
