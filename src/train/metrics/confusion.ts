/**
 * The confusion matrix, counted on the device batch by batch and read once, and the metrics that are computed from it.
 * @module
 */

import { noGrad } from "../../autograd/mode.ts";
import { ShapeError } from "../../errors.ts";
import { kernels } from "../../gpu/kernels.gen.ts";
import { zeros } from "../../ops/creation.ts";
import { groups, ready, run } from "../../ops/launch.ts";
import { keep, tidy } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Metric, MetricState } from "../metrics.ts";
import { checkThreshold, decide, targetTensor, type ThresholdOptions } from "./decide.ts";
import { averagedScore, type AverageOptions, checkBinary, type ScoreName } from "./scores.ts";

/** Options of {@link confusionMatrix}. */
export interface ConfusionOptions extends ThresholdOptions {
  /** Targets with this value are left out; by default none is. */
  ignoreIndex?: number;
  /** Name of the column. */
  name?: string;
}

/** No class id. */
const NOTHING = -0x80000000;

/**
 * Counts per pair of classes, `matrix[target][predicted]`: prediction `[..., classes]` with target `[...]` of class ids,
 * or one score per item (logits by default) with targets 0 and 1.
 *
 * ```ts
 * const counts = await w.train.metrics.measure(w.train.metrics.confusionMatrix(), logits, classes);
 * ```
 *
 * Reading throws an IndexError when a target was no class. @throws {ValueError} unless the threshold is between 0 and 1
 */
export function confusionMatrix(options: ConfusionOptions = {}): Metric<number[][]> {
  return confusion("confusion", options, (matrix) => matrix);
}

/** F1, the harmonic mean of precision and recall: `2 tp / (2 tp + fp + fn)`. Predictions as {@link confusionMatrix}. */
export function f1(options: ConfusionOptions & AverageOptions = {}): Metric {
  return scored("f1", options);
}

/** Right predictions of a class by all its predictions. Predictions as {@link confusionMatrix}. */
export function precision(options: ConfusionOptions & AverageOptions = {}): Metric {
  return scored("precision", options);
}

/** Right predictions of a class by all its targets. Predictions as {@link confusionMatrix}. */
export function recall(options: ConfusionOptions & AverageOptions = {}): Metric {
  return scored("recall", options);
}

function scored(name: ScoreName, options: ConfusionOptions & AverageOptions): Metric {
  const { average = "binary", positive = 1 } = options;
  const finish = (matrix: number[][]) => matrix.length ? averagedScore(name, matrix, options) : NaN;
  return confusion(name, options, finish, (classes) => {
    if (average === "binary") checkBinary(name, classes, positive); // before an epoch is over
  });
}

function confusion<V>(
  op: string,
  options: ConfusionOptions,
  finish: (matrix: number[][]) => V,
  check: (classes: number) => void = () => {},
): Metric<V> {
  checkThreshold(op, options);
  return {
    name: options.name ?? op,
    start(): MetricState<V> {
      let counts: Tensor<"u32"> | null = null;
      return {
        add({ prediction, target }) {
          tidy(() =>
            noGrad(() => {
              const { predicted, wanted, classes } = decide(op, prediction, targetTensor(op, target), options);
              if (counts && counts.shape[0] !== classes) {
                throw new ShapeError(
                  `Cannot add a batch to ${op}: it has ${classes} classes, the batches before had ${counts.shape[0]}`,
                  { op, shapes: [prediction.shape] },
                );
              }
              check(classes);
              counts ??= keep(zeros([classes, classes], { dtype: "u32", device: prediction.device }));
              const ignored = options.ignoreIndex ?? NOTHING, n = wanted.numel;
              run(
                prediction.device,
                kernels.counts.confusion,
                { predicted: ready(predicted), wanted: ready(wanted), counts },
                { n, classes, ignored },
                { workgroups: groups(n), label: op },
              );
            })
          );
        },
        async value() {
          return finish(counts ? await counts.toArray() as number[][] : []);
        },
        dispose() {
          counts?.dispose();
          counts = null;
        },
      };
    },
  };
}
