/**
 * Makes one batch after another: reads the items, has a module transform them here or in a worker, collates them on the
 * device. Batches may be under way together, but are collated in order, and an error is that of its own batch.
 * @module
 */

import { IndexError, StateError, WgradError } from "../errors.ts";
import { loadFunction, type WorkerPool } from "../platform/workers.ts";
import { keep, tidy, visitTensors } from "../tensor/scope.ts";
import type { Collate } from "./collate.ts";
import type { Dataset } from "./dataset.ts";
import type { BatchContext } from "./sampler.ts";

/** The batches of one epoch. */
export interface EpochPlan {
  /** Indices in the order of the epoch, or null for the data set's order. */
  readonly order: ArrayLike<number> | null;
  /** Where each batch begins in the order, and the end; null where all have `batchSize` items. */
  readonly offsets: ArrayLike<number> | null;
  /** What the indices are of. */
  readonly dataset: Dataset<unknown>;
  /** Number of batches; Infinity where nobody knows it. */
  readonly batches: number;
  /** Reads the next items where there are no indices: fewer, or none, at the end. Calls are answered in their order. */
  readonly read?: (count: number) => Promise<unknown[]>;
  /** Ends such a reading. */
  readonly close?: () => Promise<void>;
}

/** The end of items that are read one after another. */
export const END = Symbol("end");

/** From indices to tensors. */
export class BatchMaker<B> {
  /** Address of the module that transforms items. */
  readonly transform: string | undefined;
  readonly #batchSize: number;
  readonly #collate: Collate<unknown, B>;
  #here: Promise<(...args: unknown[]) => unknown> | null = null;

  /** @param transform address of a module whose default export turns items into items */
  constructor(batchSize: number, collate: Collate<unknown, B>, transform?: string) {
    this.#batchSize = batchSize;
    this.#collate = collate;
    this.transform = transform;
  }

  /**
   * Makes a batch; no scope releases its tensors.
   * @param plan the epoch
   * @param before the batch that has to be collated before this one
   * @param pool threads for the transform
   */
  make(
    plan: EpochPlan,
    context: BatchContext,
    before: Promise<unknown> | undefined,
    pool: WorkerPool | null,
  ): Promise<B> {
    const made = this.#make(plan, context, before, pool);
    made.catch(() => {}); // whoever asks for this batch gets the error; nobody may
    return made;
  }

  async #make(
    plan: EpochPlan,
    context: BatchContext,
    before: Promise<unknown> | undefined,
    pool: WorkerPool | null,
  ): Promise<B> {
    const { order, offsets, dataset, read } = plan, { batch: number } = context;
    const from = offsets ? offsets[number] : number * this.#batchSize;
    const to = offsets ? offsets[number + 1] : Math.min(from + this.#batchSize, order?.length ?? dataset.length);
    let items: unknown[] = read ? await read(this.#batchSize) : [];
    if (read && !items.length) return END as B;
    for (let i = from; i < to && !read; i++) {
      const index = order ? order[i] : i;
      if (!(index >= 0 && index < dataset.length)) throw noItem(index, i, dataset.length, context);
      const item = dataset.get(index);
      items.push(item instanceof Promise ? await item : item);
    }
    if (this.transform) items = await this.#transformed(items, context, pool);
    if (before) await before.catch(() => {});
    const batch = tidy(() => this.#collate(items, context));
    visitTensors(batch, keep);
    return batch;
  }

  async #transformed(items: unknown[], context: BatchContext, pool: WorkerPool | null): Promise<unknown[]> {
    const { transform } = this, { epoch, batch } = context;
    const fail = (what: string, cause?: unknown) =>
      new StateError(`Cannot make batch ${batch} of epoch ${epoch}: ${transform} ${what}`, {
        op: "DataLoader",
        value: context,
        cause,
      });
    let result: unknown;
    try {
      result = await (pool
        ? pool.call(items.map(compact), context)
        : (await (this.#here ??= loadFunction(transform!)))(items, context));
    } catch (cause) {
      throw cause instanceof WgradError ? cause : fail(`failed: ${(cause as Error)?.message ?? cause}`, cause);
    }
    if (!Array.isArray(result)) throw fail("did not return an array of items");
    return result;
  }
}

function noItem(index: number, position: number, length: number, { batch, epoch }: BatchContext): IndexError {
  return new IndexError(
    `Cannot make batch ${batch} of epoch ${epoch}: the sampler's item ${position} is number ${index} of a data set of ` +
      `${length}`,
    { op: "DataLoader", value: index, position },
  );
}

/** The same value without the rest of a buffer that a view looks at: what goes to a thread is copied buffer by buffer. */
function compact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(compact);
  if (!ArrayBuffer.isView(value) || value instanceof DataView || value.byteLength === value.buffer.byteLength) {
    return value;
  }
  return (value as Uint8Array).slice();
}
