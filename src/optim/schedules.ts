/**
 * Learning-rate schedules: plain functions of the position in a run, and PyTorch's schedulers, which step.
 * @module
 */
export {
  combine,
  combinedCosine,
  constant,
  cosine,
  exponential,
  linear,
  type OneCycle,
  oneCycle,
  type OneCycleOptions,
  requireLearningRate,
  type Schedule,
} from "./lr_scheduler.ts";
export { ChainedScheduler, type Part, SequentialLR } from "./composed_schedulers.ts";
export { CosineAnnealingLR, CosineAnnealingWarmRestarts, SWALR, type SWALROptions } from "./cosine_schedulers.ts";
export { CyclicLR, type CyclicLROptions, OneCycleLR, type OneCycleLROptions } from "./cyclic_schedulers.ts";
export {
  ConstantLR,
  type EpochFunction,
  ExponentialLR,
  FactorLR,
  LambdaLR,
  LinearLR,
  type LinearLROptions,
  MultiplicativeLR,
  MultiStepLR,
  PolynomialLR,
  StepLR,
} from "./factor_schedulers.ts";
export {
  CircularBetaLR,
  type CircularBetaLROptions,
  CircularLR,
  type CircularLROptions,
  ScheduleLR,
  type ScheduleLROptions,
  SlantedTriangularLR,
  type SlantedTriangularLROptions,
} from "./fastai_schedulers.ts";
export { type PlateauOptions, ReduceLROnPlateau } from "./plateau.ts";
export { type ScheduleValues, scheduleValues } from "./schedule_values.ts";
export {
  LRScheduler,
  momentumOf,
  type ScheduledGroup,
  type ScheduledOptimizer,
  type Scheduler,
  type SchedulerOptions,
  setMomentumOf,
} from "./scheduler.ts";
