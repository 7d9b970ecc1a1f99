/**
 * The report of a run as HTML, with the curves, the settings and what the network says about some test reviews.
 * @module
 */

import * as w from "../../mod.ts";
import type { Part } from "./data.ts";
import { probabilityOf, type Trained } from "./model_file.ts";

/** Test reviews that the report shows. */
const SHOWN = 12;

/** What a report is made of. */
export interface RunFacts extends Trained {
  history: w.train.History;
  config: Readonly<Record<string, unknown>>;
  testPart: Part;
  test: { loss: number; accuracy: number };
  sha256: string;
}

/** Writes `report.html`. */
export async function writeReport(folder: string, facts: RunFacts): Promise<void> {
  const { history, vocab, test, sha256 } = facts;
  const html = await w.train.report(history, {
    title: "Sentiment of IMDb reviews",
    notes: `Test loss ${test.loss.toFixed(3)}, test accuracy ${(100 * test.accuracy).toFixed(2)} %. ` +
      "The losses in the table are means over batches, as the document prints them.",
    config: facts.config,
    environment: {
      adapter: w.getDevice().info.description,
      "peak memory": `${Math.round(w.memory().peakBytes / 2 ** 20)} MiB`,
      vocabulary: `${vocab.size} words`,
      weights: sha256,
    },
    predictions: await someOf(facts),
    labels: ["negative", "positive"],
  });
  await Deno.writeTextFile(`${folder}/report.html`, html);
}

/** Predictions for test reviews from all over the set. */
async function someOf({ model, vocab, testPart: { texts, labels } }: RunFacts): Promise<w.train.SamplePrediction[]> {
  const count = Math.min(SHOWN, texts.length), samples: w.train.SamplePrediction[] = [];
  const name = (positive: boolean): string => positive ? "positive" : "negative";
  for (let k = 0; k < count; k++) {
    const i = Math.floor(k * texts.length / count), ids = texts[i];
    const probability = await probabilityOf(model, ids), positive = probability > 0.5;
    samples.push({
      input: vocab.decode(ids).slice(0, 80).join(" "),
      target: name(labels[i] === 1),
      prediction: name(positive),
      probability: positive ? probability : 1 - probability,
    });
  }
  return samples;
}
