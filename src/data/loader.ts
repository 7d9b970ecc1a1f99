/**
 * Batches of a data set as tensors on the device.
 *
 * The loader owns what it yields: a batch is released when the next one is asked for or the loop ends, so a training
 * loop needs no bookkeeping. What shall live longer is cloned. Shuffling draws from the loader's own random stream.
 * @module
 */

import { ValueError } from "../errors.ts";
import { Generator, generator } from "../tensor/random.ts";
import { keep, tidy, visitTensors } from "../tensor/scope.ts";
import type { AnyTensor } from "../tensor/tensor.ts";
import { type Collate, type Field, stackTyped } from "./collate.ts";
import { type Dataset, requirePositiveInteger, toDataset } from "./dataset.ts";

/** Options of {@link DataLoader}. */
export interface DataLoaderOptions<T, B> {
  /** Items per batch; default 1. */
  batchSize?: number;
  /** A new random order in every epoch; default false. */
  shuffle?: boolean;
  /** Leave out a last batch that is not full; default false. */
  dropLast?: boolean;
  /** Seed of the order; by default drawn from the program's `loader` stream, so `w.manualSeed` decides. */
  seed?: number;
  /** Turns items into tensors; by default `stackTyped`, which wants typed arrays. */
  collate?: Collate<T, B>;
}

/**
 * An async iterable of batches.
 *
 * ```ts
 * const loader = new w.data.DataLoader(items, { batchSize: 64, collate: w.data.stackFields("f32", "i32") });
 * for await (const [x, y] of loader) console.log(x.shape, y.shape); // x and y are released after each turn
 * ```
 */
export class DataLoader<T, B = AnyTensor[]> implements AsyncIterable<B> {
  /** The items. */
  readonly dataset: Dataset<T>;
  /** Items per batch. */
  readonly batchSize: number;
  /** Whether every epoch has a new order. */
  readonly shuffle: boolean;
  /** Whether a last batch that is not full is left out. */
  readonly dropLast: boolean;
  readonly #collate: Collate<T, B>;
  readonly #generator: Generator;

  /**
   * @param dataset an array of items, or a {@link Dataset}
   * @throws {ValueError} when `batchSize` is no positive integer
   */
  constructor(dataset: readonly T[] | Dataset<T>, options: DataLoaderOptions<T, B> = {}) {
    const { batchSize = 1, shuffle = false, dropLast = false, seed, collate } = options;
    requirePositiveInteger("DataLoader", "batchSize", batchSize);
    this.dataset = toDataset(dataset);
    this.batchSize = batchSize;
    this.shuffle = shuffle;
    this.dropLast = dropLast;
    this.#collate = collate ??
      (stackTyped as (items: readonly (readonly Field[])[]) => AnyTensor[]) as unknown as Collate<T, B>;
    this.#generator = new Generator(seed ?? generator("loader").words(1)[0], "loader");
  }

  /** Batches per epoch. */
  get length(): number {
    const batches = this.dataset.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /** One epoch. Leaving the loop early releases the batch in use. */
  async *[Symbol.asyncIterator](): AsyncGenerator<B, void, void> {
    const { dataset, batchSize } = this;
    if (dataset.length === 0) throw new ValueError("Cannot load batches: the data set is empty", { op: "DataLoader" });
    const order = this.shuffle ? this.#generator.permutation(dataset.length) : null;
    for (let b = 0; b < this.length; b++) {
      const from = b * batchSize, to = Math.min(from + batchSize, dataset.length);
      const items: T[] = [];
      for (let i = from; i < to; i++) {
        const item = dataset.get(order ? order[i] : i);
        items.push(item instanceof Promise ? await item : item);
      }
      const batch = tidy(() => this.#collate(items));
      visitTensors(batch, keep);
      try {
        yield batch;
      } finally {
        visitTensors(batch, (tensor) => tensor.dispose());
      }
    }
  }
}
