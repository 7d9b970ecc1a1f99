/**
 * A look at what a model does: inputs, targets and predictions of a few items, as a table.
 * @module
 */

import { Tensor } from "../tensor/tensor.ts";
import type { AnyLearner, Callback } from "./callbacks.ts";
import { CancelValidException } from "./cancel.ts";
import type { Batches } from "./learner_options.ts";
import { readingOf } from "./predictions.ts";

/** Shows the values of one item. */
export type Show = (value: unknown) => string;

/** Options of `learner.showResults`. */
export interface ShowOptions<X, Y> {
  /** Batches, of which the first is shown; default: the validation batches. */
  batches?: Batches<X, Y>;
  /** Items; default 9. */
  maxN?: number;
  /** Text of an input, from its numbers; default: the first few. */
  input?: Show;
  /** Text of a target. */
  target?: Show;
  /** Text of a prediction: a class where the loss has classes, else the model's numbers. */
  prediction?: Show;
}

/** A callback that reads the first batch. */
export interface ResultShower extends Callback {
  /** The table. */
  table(): Promise<string>;
}

/** Reads what is to be shown while the batch is there. */
export function showFirst<X, Y>(loss: unknown, options: ShowOptions<X, Y>): ResultShower {
  const { maxN = 9, input = brief, target = brief, prediction = brief } = options, reading = readingOf(loss);
  let columns: Promise<unknown[]>[] = [];
  return {
    order: 90,
    afterBatch({ x, y, prediction }: AnyLearner): void {
      if (columns.length === 0) {
        columns = [x, y, reading ? reading.decode(prediction!) : prediction].map((t) => rowsOf(t, maxN));
      }
      throw new CancelValidException();
    },
    async table() {
      const [inputs, targets, predictions] = await Promise.all(columns);
      const rows = predictions.map((value, i) => [
        String(i),
        i in inputs ? input(inputs[i]) : "",
        i in targets ? target(targets[i]) : "",
        prediction(value),
      ]);
      return aligned([["item", "input", "target", "prediction"], ...rows]);
    },
  };
}

/** Rows of a tensor, or of the first of several. The copy is recorded at once. */
function rowsOf(value: unknown, n: number): Promise<unknown[]> {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (!(first instanceof Tensor) || first.ndim === 0) return Promise.resolve([]);
  return first.slice(0, 0, Math.min(n, first.shape[0])).toArray() as Promise<unknown[]>;
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i])).join("  ").trimEnd()).join("\n");
}

/** The first numbers of a value. */
function brief(value: unknown): string {
  const numbers = [value].flat(Infinity) as (number | boolean)[];
  const text = numbers.slice(0, 8).map((v) => typeof v === "number" ? String(Number(v.toPrecision(4))) : String(v));
  return text.join(" ") + (numbers.length > 8 ? " ..." : "");
}
