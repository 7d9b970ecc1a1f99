/**
 * How often a model is right, and perplexity. Right answers are counted in whole numbers on the device, so an accuracy
 * is the exact quotient whatever the batch sizes.
 * @module
 */

import { ShapeError, ValueError } from "../../errors.ts";
import { show } from "../../tensor/shape.ts";
import type { AnyTensor, Tensor } from "../../tensor/tensor.ts";
import { averaged, type Metric } from "../metrics.ts";
import { Counter } from "./counter.ts";
import { binaryTargets, checkClasses, checkThreshold, isPositive, oneScore, targetTensor } from "./decide.ts";
import type { ThresholdOptions } from "./decide.ts";

/** Options of accuracies. */
export interface AccuracyOptions {
  /**
   * `items` (default): right answers by all answers. `batches`: the plain mean of the batches' accuracies, as loops that
   * average over batches print it; a small last batch then counts like a full one.
   */
  over?: "items" | "batches";
  /** Targets with this value are left out; by default none is. */
  ignoreIndex?: number;
  /** Name of the column. */
  name?: string;
}

/**
 * Part of the targets whose class has the highest score (the first of equals): prediction `[..., classes]`, target
 * `[...]` of class ids.
 */
export function accuracy(options: AccuracyOptions = {}): Metric {
  return counted("accuracy", options, (prediction, target) => {
    checkClasses("accuracy", prediction, target);
    return prediction.argmax({ dim: -1 }).eq(target);
  });
}

/**
 * Part of the targets whose class is among the `k` highest scores: prediction `[..., classes]`, target `[...]`. Of equal
 * scores the classes with lower numbers come first.
 * @throws {ValueError} unless k is a positive integer
 */
export function topKAccuracy(k = 5, options: AccuracyOptions = {}): Metric {
  if (!Number.isInteger(k) || k < 1) {
    throw new ValueError(`Cannot make topKAccuracy with k = ${k}: wanted a positive integer`, {
      op: "topKAccuracy",
      value: k,
    });
  }
  return counted(`top_${k}`, options, (prediction, target) => {
    checkClasses("topKAccuracy", prediction, target);
    return prediction.topk(Math.min(k, prediction.shape.at(-1)!)).indices.eq(target.unsqueeze(-1)).any({ dim: -1 });
  });
}

/**
 * Part of the items whose class 0 or 1 is right, for one score per item: `mean(round(sigmoid(z)) == y)` for logits
 * `[n]` or `[n, 1]` and targets 0 and 1 of any type. Rounding is half to even, so a probability of exactly 0.5 is class
 * 0; with `inclusive` it is class 1.
 * @throws {ValueError} unless the threshold is between 0 and 1
 */
export function binaryAccuracy(options: AccuracyOptions & ThresholdOptions = {}): Metric {
  checkThreshold("binaryAccuracy", options);
  return counted("accuracy", options, (prediction, target) => {
    if (!oneScore(prediction, target)) {
      const shapes = [prediction.shape, target.shape];
      throw new ShapeError(
        `Cannot compute binaryAccuracy of predictions ${show(prediction.shape)} and targets ${show(target.shape)}: ` +
          "wanted one score per target",
        { op: "binaryAccuracy", shapes },
      );
    }
    return isPositive(prediction, options).to("i32").reshape([-1]).eq(binaryTargets(target));
  });
}

/** `exp` of the mean loss: the number of words a language model hesitates between. */
export function perplexity({ name = "perplexity" }: { name?: string } = {}): Metric {
  return averaged(name, ({ loss }) => loss, Math.exp);
}

/** A metric that is the part of the targets for which `right` is true. */
function counted(
  name: string,
  { over = "items", ignoreIndex, ...options }: AccuracyOptions,
  right: (prediction: Tensor, target: AnyTensor) => Tensor<"bool">,
): Metric {
  const known = (target: AnyTensor) => target.ne(ignoreIndex!).reshape([-1]);
  const hits = (prediction: Tensor, target: AnyTensor) => {
    const all = right(prediction, target).reshape([-1]);
    return ignoreIndex === undefined ? all : all.logicalAnd(known(target));
  };
  if (over === "batches") {
    return averaged(
      options.name ?? name,
      ({ prediction, target: given }) => {
        const target = targetTensor(name, given), right = hits(prediction, target);
        if (ignoreIndex === undefined) return right.to("f32").mean();
        return right.sum().to("f32").div(known(target).sum().to("f32"));
      },
      undefined,
      () => 1,
    );
  }
  return {
    name: options.name ?? name,
    start: () => {
      const correct = new Counter(), counted = new Counter();
      let total = 0;
      return {
        add: ({ prediction, target: given }) => {
          const target = targetTensor(name, given);
          correct.add(() => hits(prediction, target));
          if (ignoreIndex === undefined) total += target.numel;
          else counted.add(() => known(target));
        },
        value: async () => {
          const before = total; // more may be added while the counts are on their way
          const [right, others] = await Promise.all([correct.value(), counted.value()]);
          return right / (before + others);
        },
        dispose: () => {
          correct.reset();
          counted.reset();
        },
      };
    },
  };
}
