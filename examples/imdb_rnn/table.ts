/**
 * What each of the next steps brings: every step alone beside the document's network, and all steps but this one.
 * @module
 */

import type { Parts } from "./data.ts";
import { percent } from "./epoch_lines.ts";
import { train, type TrainOptions, UPGRADE } from "./train.ts";

/** Trains with every combination and prints a table of test accuracies. */
export async function printTable(parts: Parts, options: TrainOptions, print: (line: string) => void): Promise<void> {
  const { vectors, epochs, batchSize, lr, seed, hiddenDim, embeddingDim } = options;
  const usual = { epochs, batchSize, lr, seed, hiddenDim, embeddingDim };
  const all: TrainOptions = { ...UPGRADE, adam: true, vectors };
  const none: TrainOptions = { packed: false, lstm: false, bidirectional: false, layers: 1, dropout: 0, adam: false };
  const names = {
    packed: "packed sequences",
    ...vectors && { vectors: "pretrained vectors" },
    lstm: "LSTM",
    bidirectional: "bidirectional",
    layers: "two layers",
    dropout: "dropout",
    adam: "Adam",
  };
  const run = async (steps: TrainOptions): Promise<string> => {
    const { model, test, lines } = await train(parts, { ...usual, ...steps });
    model.dispose();
    const seconds = lines.reduce((sum, line) => sum + line.seconds, 0) / lines.length;
    return `${percent(test.accuracy)} (${Math.round(seconds)} s)`;
  };
  print("Test accuracy, and seconds per epoch");
  print("| step | alone | all but it |");
  print("|---|---|---|");
  print(`| none, all | ${await run(none)} | ${await run(all)} |`);
  for (const [step, name] of Object.entries(names) as [keyof TrainOptions, string][]) {
    const alone = await run({ ...none, [step]: all[step] });
    print(`| ${name} | ${alone} | ${await run({ ...all, [step]: none[step] })} |`);
  }
}
