/**
 * What each of the next steps brings: every step alone beside the document's network, and all steps but this one.
 * @module
 */

import { percent } from "./epoch_lines.ts";
import { UPGRADE } from "./models.ts";
import type { TrainOptions, TrainResult } from "./train.ts";

/**
 * Trains with every combination and prints a table of test accuracies.
 * @param train a training with the given steps and no others; the models are released here
 * @param vectors file of word vectors, where there is one
 */
export async function printTable(
  train: (steps: TrainOptions) => Promise<TrainResult>,
  vectors: string | undefined,
  print: (line: string) => void,
): Promise<void> {
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
    const { model, test, lines } = await train(steps);
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
