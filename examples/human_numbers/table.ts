/**
 * Trains all seven models over several seeds and prints their accuracies beside the document's and PyTorch's.
 *
 * ```sh
 * deno run -A --preload=tools/preload.ts examples/human_numbers/table.ts --seeds 5 --models 1,3,7
 * ```
 * @module
 */

import { parseArgs } from "node:util";
import { recipes, train } from "./train.ts";

/**
 * Final validation accuracies of others: the document's table (model 7: the clean run of the book, because the
 * document's table of that model starts with weights that were already trained), and the mean of five PyTorch runs
 * (torch 2.13.0, seeds 0 to 4) with the same data, optimiser and schedule.
 */
export const published: Readonly<Record<number, { document: number; pytorch: number }>> = {
  1: { document: 0.411457, pytorch: 0.463 },
  2: { document: 0.484906, pytorch: 0.463 },
  3: { document: 0.606731, pytorch: 0.601 },
  4: { document: 0.659424, pytorch: 0.630 },
  5: { document: 0.550700, pytorch: 0.527 },
  6: { document: 0.782389, pytorch: 0.737 },
  7: { document: 0.869385, pytorch: 0.868 },
};

/** Accuracies of one model. */
export interface TableRow {
  /** Number of the model. */
  model: number;
  /** Final accuracy per seed. */
  final: number[];
  /** Best epoch's accuracy per seed. */
  best: number[];
  /** Mean duration of a run. */
  seconds: number;
}

/** Trains one model once per seed 0 to `seeds - 1`. */
export async function row(model: number, seeds: number): Promise<TableRow> {
  const final: number[] = [], best: number[] = [];
  const start = performance.now();
  for (let seed = 0; seed < seeds; seed++) {
    const run = await train({ model, seed });
    run.model.dispose();
    const accuracies = run.history.epochs.map((epoch) => epoch.metrics.accuracy);
    final.push(accuracies.at(-1)!);
    best.push(Math.max(...accuracies));
  }
  return { model, final, best, seconds: (performance.now() - start) / 1000 / seeds };
}

/** Mean of some numbers. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "5" },
      models: { type: "string", default: Object.keys(recipes).join(",") },
    },
  });
  const show = (list: readonly number[]): string => list.map((value) => value.toFixed(3).slice(1)).join(" ");
  console.log(
    "| model | document | PyTorch, mean of 5 | this, mean | final accuracy per seed | best epoch | s per run |",
  );
  console.log("|---|---|---|---|---|---|---|");
  for (const model of values.models.split(",").map(Number)) {
    const { document, pytorch } = published[model];
    const { final, best, seconds } = await row(model, Number(values.seeds));
    console.log(
      `| ${model} | ${show([document])} | ${show([pytorch])} | ${show([mean(final)])} | ${show(final)} | ` +
        `${show(best)} | ${seconds.toFixed(1)} |`,
    );
  }
}
