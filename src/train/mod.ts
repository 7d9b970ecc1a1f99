/**
 * Training: `w.train`.
 * @module
 */

export { type AnyLearner, type BatchEvent, type Callback, type EventName } from "./callbacks.ts";
export {
  CancelBackwardException,
  CancelBatchException,
  CancelEpochException,
  CancelException,
  CancelFitException,
  CancelStepException,
  CancelTrainException,
  CancelValidException,
} from "./cancel.ts";
export { Checkpoint, type CheckpointOptions } from "./checkpoint.ts";
export { type CheckpointFacts, loadCheckpoint, saveCheckpoint } from "./checkpoint_file.ts";
export { latestCheckpoint } from "./checkpoint_folder.ts";
export { disposeTree } from "./checkpoint_tree.ts";
export { GradientAccumulation, GradientClip, type GradientClipOptions } from "./gradient_callbacks.ts";
export { LayerGroups, type LearningRate, LrSlice, slice, type Splitter } from "./groups.ts";
export { type EpochRecord, History, type HistoryJSON, smooth, type StepRecords } from "./history.ts";
export { type HyperGroup, type LearnerOptimizer } from "./hyper.ts";
export { StopOnInterrupt, type StopOnInterruptOptions } from "./interrupt.ts";
export { crossValidate, type CrossValidation, type Fold, kFold, type KFoldOptions } from "./k_fold.ts";
export { type FineTuneOptions, type FlatCosOptions, Learner, type Stage } from "./learner.ts";
export { LearnerCore } from "./learner_core.ts";
export { LearnerLoop } from "./learner_loop.ts";
export type {
  Batches,
  FitOptions,
  LearnerOptions,
  Model,
  ModelOutput,
  OptimizerFunction,
  StateStore,
} from "./learner_options.ts";
export type { LearnerState, TrainState } from "./learner_state.ts";
export { LossScale, type LossScaleOptions, type LossScaleReport } from "./loss_scale.ts";
export { crossEntropyFlat } from "./losses.ts";
export { type LrFindOptions, LrFindResult } from "./lr_find.ts";
export * as lrSuggest from "./lr_suggest.ts";
export { CSVLogger, JSONLinesLogger, type JSONLinesOptions, type LoggerOptions } from "./loggers.ts";
export { Meter } from "./meter.ts";
export { MetricObserver } from "./metric_observer.ts";
export { averaged, type Metric, type MetricBatch, type MetricState } from "./metrics.ts";
export * as metrics from "./metrics/mod.ts";
export { accuracy, perplexity } from "./metrics/usual.ts";
export { curvePanel, historyPanels, lrFinderPanel } from "./panels.ts";
export type { CurveOptions, HistoryPanelOptions, LrCurve } from "./panels.ts";
export { MixedPrecision } from "./mixed_precision.ts";
export { ParamScheduler, type Schedules } from "./param_scheduler.ts";
export { type Mark, palette, type Panel, plot, type PlotOptions, type Series, type Theme } from "./plot.ts";
export { type ConfusionPlotOptions, confusionText, plotConfusion } from "./plot_matrix.ts";
export { plotText, type TextPlotOptions } from "./plot_text.ts";
export { type PredictionOptions, type Predictions } from "./predictions.ts";
export { ProgressBar, type ProgressBarOptions } from "./progress.ts";
export { Recorder } from "./recorder.ts";
export { report, type ReportOptions, type SamplePrediction } from "./report.ts";
export { ReportWriter } from "./report_writer.ts";
export { ModelResetter, RNNRegularizer, type RNNRegularizerOptions } from "./rnn.ts";
export { ScalarLog } from "./scalar_log.ts";
export type { Show, ShowOptions } from "./show_results.ts";
export { type Cell, formatTable, formatTime, TableWriter } from "./table.ts";
export { TensorBoardLogger, type TensorBoardOptions } from "./tensorboard.ts";
export { TextLearner } from "./text_learner.ts";
export {
  EarlyStopping,
  type EarlyStoppingOptions,
  PatientTracker,
  ReduceLROnPlateau,
  type ReduceLROnPlateauOptions,
  SaveBest,
  type SaveBestOptions,
  TerminateOnNaN,
  Tracker,
  type TrackerOptions,
} from "./trackers.ts";
export {
  chainThaw,
  type ChainThawOptions,
  gradualUnfreeze,
  type GradualUnfreezeOptions,
  type UnfreezeStage,
} from "./unfreeze.ts";
export type { Folder, FolderEntry, Pieces } from "../platform/folder.ts";
