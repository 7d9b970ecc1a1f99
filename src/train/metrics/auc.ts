/**
 * Metrics of rankings for a learner: scores of an epoch are gathered on the device and read once at its end.
 * @module
 */

import { ShapeError } from "../../errors.ts";
import { show } from "../../tensor/shape.ts";
import type { AnyTensor, Tensor } from "../../tensor/tensor.ts";
import type { Metric } from "../metrics.ts";
import { checkClasses, oneScore, targetTensor } from "./decide.ts";
import { column, Gathered } from "./gathered.ts";
import { averagePrecisionScore, type Labels, rocAucScore } from "./ranking.ts";
import { f1ThresholdSearch, type ThresholdResult, type ThresholdSearchOptions } from "./threshold.ts";

/** Options of {@link rocAuc} and {@link averagePrecision}. */
export interface RankingOptions {
  /** Name of the column. */
  name?: string;
}

/**
 * Area under the ROC curve, ties counted one half: one score per item (a logit or a probability, only the order counts)
 * or predictions `[n, 2]`, with targets 0 and 1 (floats: 1 from 0.5 on). NaN when a class is missing.
 */
export function rocAuc({ name = "auc" }: RankingOptions = {}): Metric {
  return ranked(name, scoresOf, rocAucScore);
}

/** Average precision, for predictions and targets as {@link rocAuc}; 0 when there is no positive. */
export function averagePrecision({ name = "average_precision" }: RankingOptions = {}): Metric {
  return ranked(name, scoresOf, averagePrecisionScore);
}

/**
 * The best F1 over thresholds and where it is reached, see {@link f1ThresholdSearch}. One score per item (a logit by
 * default), or predictions `[n, 2]` whose softmax is taken.
 *
 * ```ts
 * const { threshold } = await w.train.metrics.measure(w.train.metrics.f1Threshold(), logits, labels);
 * ```
 */
export function f1Threshold(
  { name = "f1_threshold", logits = true, ...search }: ThresholdSearchOptions & { name?: string; logits?: boolean } =
    {},
): Metric<ThresholdResult> {
  const probabilities = (prediction: Tensor, target: AnyTensor) => {
    const scores = scoresOf(prediction, target); // the sigmoid of a difference of logits is the softmax of two
    if (logits) return scores.sigmoid();
    return oneScore(prediction, target) ? prediction : prediction.at("...", 1);
  };
  return ranked(name, probabilities, (labels, scores) => f1ThresholdSearch(labels, scores, search));
}

/** A metric that sees all labels and scores at once. */
function ranked<V>(
  name: string,
  scores: (prediction: Tensor, target: AnyTensor) => Tensor,
  finish: (labels: Labels, scores: Float32Array) => V,
): Metric<V> {
  return {
    name,
    start: () => {
      const rows = new Gathered();
      return {
        add: ({ prediction, target: given }) => {
          const target = targetTensor(name, given);
          rows.add(() => [target.reshape([-1]), scores(prediction, target).reshape([-1])]);
        },
        value: async () => {
          const data = await rows.data();
          return finish(column(data, 2, 0), column(data, 2, 1));
        },
        dispose: () => rows.reset(),
      };
    },
  };
}

/** One score per target. */
export function scoresOf(prediction: Tensor, target: AnyTensor): Tensor {
  if (oneScore(prediction, target)) return prediction;
  checkClasses("a ranking", prediction, target);
  if (prediction.shape.at(-1) !== 2) {
    throw new ShapeError(
      `Cannot rank predictions ${show(prediction.shape)}: wanted one score per target or two classes; for more, ` +
        "measure one class against the rest",
      { op: "rocAuc", shapes: [prediction.shape, target.shape] },
    );
  }
  return prediction.at("...", 1).sub(prediction.at("...", 0));
}
