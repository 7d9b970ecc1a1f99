/**
 * Training: `w.train`.
 * @module
 */

export { type AnyLearner, type BatchEvent, type Callback, type EventName } from "./callbacks.ts";
export { Checkpoint, type CheckpointOptions } from "./checkpoint.ts";
export { type CheckpointFacts, loadCheckpoint, saveCheckpoint } from "./checkpoint_file.ts";
export { latestCheckpoint } from "./checkpoint_folder.ts";
export { disposeTree } from "./checkpoint_tree.ts";
export { type EpochRecord, History, type HistoryJSON, smooth, type StepRecords } from "./history.ts";
export { type HyperGroup, type LearnerOptimizer } from "./hyper.ts";
export { Learner } from "./learner.ts";
export type { Batches, FitOptions, LearnerOptions, Model, ModelOutput, OptimizerFunction } from "./learner_options.ts";
export { crossEntropyFlat } from "./losses.ts";
export { Meter } from "./meter.ts";
export { averaged, type Metric, type MetricBatch, type MetricState } from "./metrics.ts";
export * as metrics from "./metrics/mod.ts";
export { accuracy, perplexity } from "./metrics/usual.ts";
export { curvePanel, historyPanels, lrFinderPanel } from "./panels.ts";
export type { CurveOptions, HistoryPanelOptions, LrCurve } from "./panels.ts";
export { ParamScheduler, type Schedules } from "./param_scheduler.ts";
export { type Mark, palette, type Panel, plot, type PlotOptions, type Series, type Theme } from "./plot.ts";
export { type ConfusionPlotOptions, confusionText, plotConfusion } from "./plot_matrix.ts";
export { plotText, type TextPlotOptions } from "./plot_text.ts";
export { ProgressBar, type ProgressBarOptions } from "./progress.ts";
export { Recorder } from "./recorder.ts";
export { ModelResetter, RNNRegularizer, type RNNRegularizerOptions } from "./rnn.ts";
export { ScalarLog } from "./scalar_log.ts";
export { type Cell, formatTable, formatTime, TableWriter } from "./table.ts";
export { TextLearner } from "./text_learner.ts";
