/**
 * Metrics: `w.train.metrics`. Functions that end in `Score`, `Scores`, `At` or `Search` take numbers on the host, the
 * others make metrics that a learner or {@link measure} sums on the device.
 * @module
 */

export { accuracy, type AccuracyOptions, binaryAccuracy, perplexity, topKAccuracy } from "./accuracy.ts";
export { averagePrecision, f1Threshold, type RankingOptions, rocAuc } from "./auc.ts";
export {
  biasAuc,
  type BiasAucOptions,
  type BiasOptions,
  biasReport,
  type BiasScores,
  biasScores,
  jigsawIdentities,
  powerMean,
  type SubgroupScores,
} from "./bias.ts";
export { confusionMatrix, type ConfusionOptions, f1, precision, recall } from "./confusion.ts";
export type { ThresholdOptions } from "./decide.ts";
export { averaged, measure, type Metric, type MetricBatch, type MetricState } from "../metrics.ts";
export { averagePrecisionScore, type Labels, rocAucScore } from "./ranking.ts";
export {
  averagedScore,
  type AverageOptions,
  type ClassScores,
  classScores,
  type CountMatrix,
  normalizeRows,
  type ScoreName,
} from "./scores.ts";
export { f1At, f1ThresholdSearch, type ThresholdResult, type ThresholdSearchOptions } from "./threshold.ts";
