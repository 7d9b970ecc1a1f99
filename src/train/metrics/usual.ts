/**
 * The metrics that need no options, ready for a learner: `w.train.accuracy`, `w.train.perplexity`.
 * @module
 */

import type { Metric } from "../metrics.ts";
import { accuracy as makeAccuracy, perplexity as makePerplexity } from "./accuracy.ts";

/** Part of the targets whose class has the highest score: prediction `[..., classes]`, target `[...]` of class ids. */
export const accuracy: Metric = makeAccuracy();

/** `exp` of the mean loss: the number of words a language model hesitates between. */
export const perplexity: Metric = makePerplexity();
