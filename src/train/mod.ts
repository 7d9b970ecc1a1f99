/**
 * Training: `w.train`.
 * @module
 */

export { type AnyLearner, type BatchEvent, type Callback, type EventName } from "./callbacks.ts";
export { type EpochRecord, History, type HistoryJSON, smooth, type StepRecords } from "./history.ts";
export { type HyperGroup, type LearnerOptimizer } from "./hyper.ts";
export { Learner } from "./learner.ts";
export type { Batches, FitOptions, LearnerOptions, Model, ModelOutput, OptimizerFunction } from "./learner_options.ts";
export { crossEntropyFlat } from "./losses.ts";
export { Meter } from "./meter.ts";
export { averaged, type Metric, type MetricBatch, type MetricState } from "./metrics.ts";
export * as metrics from "./metrics/mod.ts";
export { accuracy, perplexity } from "./metrics/usual.ts";
export { ParamScheduler, type Schedules } from "./param_scheduler.ts";
export { palette, type Panel, plot, type PlotOptions, type Series } from "./plot.ts";
export { ProgressBar, type ProgressBarOptions } from "./progress.ts";
export { Recorder } from "./recorder.ts";
export { ModelResetter, RNNRegularizer, type RNNRegularizerOptions } from "./rnn.ts";
export { ScalarLog } from "./scalar_log.ts";
export { type Cell, formatTable, formatTime, TableWriter } from "./table.ts";
export { TextLearner } from "./text_learner.ts";
