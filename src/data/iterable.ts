/**
 * Reading an iterable data set for a loader: so many items at a time, in order, whoever asks meanwhile; the place inside
 * an epoch is found again by reading up to it.
 * @module
 */

import { ValueError } from "../errors.ts";
import type { Dataset, IterableDataset } from "./dataset.ts";

/** Whether items come one after another, and not by index. */
export function isIterable<T>(items: readonly T[] | Dataset<T> | IterableDataset<T>): items is IterableDataset<T> {
  return !Array.isArray(items) && !("get" in items) && Symbol.asyncIterator in items;
}

/** One pass over an iterable data set. */
export class ItemReader {
  readonly #items: AsyncIterator<unknown>;
  readonly #full: boolean;
  #last: Promise<unknown> = Promise.resolve();
  #skip: number;
  #ended = false;

  /**
   * Begins a pass.
   * @param skip items that are read and left out
   * @param full whether a last batch that is not full is left out
   */
  constructor(dataset: IterableDataset<unknown>, skip: number, full: boolean) {
    this.#items = dataset[Symbol.asyncIterator]();
    this.#skip = skip;
    this.#full = full;
  }

  /** The next items; fewer or none at the end. */
  read(count: number): Promise<unknown[]> {
    const items = this.#last.then(() => this.#read(count));
    this.#last = items.catch(() => {});
    return items;
  }

  async #read(count: number): Promise<unknown[]> {
    const items: unknown[] = [];
    while (items.length < count && !this.#ended) {
      const { value, done } = await this.#items.next();
      if (done) this.#ended = true;
      else if (this.#skip > 0) this.#skip--;
      else items.push(value);
    }
    if (this.#ended && this.#skip > 0) {
      throw new ValueError(
        `Cannot go on in the data set: it ended ${this.#skip} items before the saved place; it has to give the same ` +
          "items in every epoch",
        { op: "DataLoader", value: this.#skip },
      );
    }
    return this.#full && items.length < count ? [] : items;
  }

  /** Ends the pass: files that are open are closed. */
  async close(): Promise<void> {
    this.#ended = true;
    await this.#last;
    await this.#items.return?.();
  }
}
