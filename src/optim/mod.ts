/**
 * Optimisers and learning-rate schedules.
 * @module
 */
export { Adam, AdamBase, type AdamOptions, AdamW } from "./adam.ts";
export { FastaiAdam, type FastaiAdamOptions, fastaiGroups } from "./fastai_adam.ts";
export { type GroupSource, Optimizer, type OptimizerOptions, type ParamGroup, type Params } from "./optimizer.ts";
export { SGD, type SGDOptions } from "./sgd.ts";
export type { OptimizerState, ParameterState } from "./state.ts";
export * as lrScheduler from "./lr_scheduler.ts";
