/**
 * What the two loaders of language models share: windows of parallel token streams as `[x, y]` batches, where y is x one
 * token later. The corpus is not copied: a window is read out of it when its batch is made.
 * @module
 */

import { ValueError } from "../errors.ts";
import { tensor } from "../ops/creation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { DataLoader, type DataLoaderOptions } from "./loader.ts";
import type { BatchPlan, BatchSampler } from "./sampler.ts";
import { range } from "./sampler_base.ts";

/** A batch: tokens, and the token that follows each. */
export type TokenPair = [x: Tensor<"i32">, y: Tensor<"i32">];

/** How batches are laid out. */
export interface WindowLayout {
  /** Time first, `[T, B]`, in place of `[B, T]`. */
  timeMajor: boolean;
  /** Targets as one list in the order of x, `[T * B]`, as cross entropy over all positions wants them. */
  flatTargets: boolean;
}

/** One window of every stream: row b of `x` is `rows[b]` without its last token, row b of `y` without its first. */
interface Window {
  readonly rows: readonly Int32Array[];
}

/** The batches of an epoch, by the window's number. */
export function windowPlan(count: number, rows: (window: number) => Int32Array[]): BatchPlan {
  const dataset = { length: count, get: (window: number): Window => ({ rows: rows(window) }) };
  return { items: range(count), offsets: range(count + 1), dataset };
}

/** A loader of windows. */
export class WindowLoader extends DataLoader<Window, TokenPair> {
  /** @param tokens the corpus, for messages and states @param options of the loader */
  constructor(
    tokens: ArrayLike<number>,
    batchSampler: BatchSampler,
    layout: WindowLayout,
    { seed, prefetch }: Pick<DataLoaderOptions<Window, TokenPair>, "seed" | "prefetch">,
  ) {
    const dataset = { length: tokens.length, get: (): Window => ({ rows: [] }) };
    super(dataset, { batchSampler, seed, prefetch, collate: ([window]) => pair(window, layout) });
  }
}

function pair({ rows }: Window, { timeMajor, flatTargets }: WindowLayout): TokenPair {
  const batch = rows.length,
    time = rows[0].length - 1,
    x = new Int32Array(batch * time),
    y = new Int32Array(batch * time);
  rows.forEach((row, b) => {
    if (timeMajor) {
      for (let t = 0; t < time; t++) {
        x[t * batch + b] = row[t];
        y[t * batch + b] = row[t + 1];
      }
    } else {
      x.set(row.subarray(0, time), b * time);
      y.set(row.subarray(1), b * time);
    }
  });
  const shape = timeMajor ? [time, batch] : [batch, time];
  return [
    tensor(x, { shape, dtype: "i32" }),
    tensor(y, { shape: flatTargets ? [batch * time] : shape, dtype: "i32" }),
  ];
}

/** @throws {ValueError} for a corpus that does not fill one batch */
export function tooShort(op: string, tokens: number, batchSize: number, wanted: number): ValueError {
  return new ValueError(
    `Cannot make batches of ${tokens} tokens: ${batchSize} streams want at least ${wanted} tokens; use fewer streams or ` +
      `shorter windows`,
    { op, value: tokens },
  );
}
