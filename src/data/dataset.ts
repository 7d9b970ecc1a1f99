/**
 * What a loader reads from: anything with a length and items by index. Plain arrays are data sets as they are; a class
 * with `length` and `get(i)` reads its items when they are asked for.
 * @module
 */

import { ValueError } from "../errors.ts";

/** Items by index, read when they are asked for. */
export interface Dataset<T> {
  /** Number of items. */
  readonly length: number;
  /** Item `index`, from 0 to `length - 1`. */
  get(index: number): T | Promise<T>;
}

/**
 * Items one after another, as of a file that is read while it is trained on. Every loop begins anew, so that there can be
 * more than one epoch: a class with `[Symbol.asyncIterator]`, `w.data.readCsv(...)`, or {@link iterableDataset}.
 */
export interface IterableDataset<T> {
  /** Number of items, where it is known. */
  readonly length?: number;
  /** The items from the first one on. */
  [Symbol.asyncIterator](): AsyncIterator<T>;
}

/**
 * An {@link IterableDataset} of a function that begins anew at every call, such as a generator.
 *
 * ```ts
 * const items = w.data.iterableDataset(async function* () {
 *   for await (const { text } of w.data.readJsonLines<{ text: string }>("train.jsonl.gz")) yield [encode(text)];
 * });
 * const loader = new w.data.DataLoader(items, { batchSize: 64, collate: w.data.padCollate() });
 * ```
 *
 * @param length number of items, where it is known
 */
export function iterableDataset<T>(begin: () => AsyncIterable<T> | Iterable<T>, length?: number): IterableDataset<T> {
  return {
    length,
    async *[Symbol.asyncIterator]() {
      yield* begin();
    },
  };
}

/** Gives an array the face of a {@link Dataset}; a data set is returned as it is. */
export function toDataset<T>(items: readonly T[] | Dataset<T>): Dataset<T> {
  if ("get" in items) return items;
  return { length: items.length, get: (index) => items[index] };
}

/**
 * Reorders consecutive items so that row j of each batch continues row j of the batch before, which lets a recurrent
 * model carry its hidden state from batch to batch: with m = floor(length / batchSize), batch i holds the items
 * `i, i + m, i + 2m, ...`. The items left over at the end are dropped, so every batch is full; load without shuffling.
 *
 * ```ts
 * import { groupChunks } from "./dataset.ts";
 * console.log(groupChunks([0, 1, 2, 3, 4, 5, 6], 2)); // [ 0, 3, 1, 4, 2, 5 ]: rows 0 1 2 and 3 4 5
 * ```
 *
 * @throws {ValueError} when `batchSize` is no positive integer
 */
export function groupChunks<T>(items: readonly T[], batchSize: number): T[] {
  requirePositiveInteger("groupChunks", "batchSize", batchSize);
  const batches = Math.floor(items.length / batchSize);
  return Array.from(
    { length: batches * batchSize },
    (_, k) => items[Math.floor(k / batchSize) + batches * (k % batchSize)],
  );
}

/** @throws {ValueError} naming the argument, unless `value` is a positive integer */
export function requirePositiveInteger(op: string, name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new ValueError(`Cannot use ${name} = ${value} in ${op}: it has to be a positive integer`, { op, value });
  }
}
