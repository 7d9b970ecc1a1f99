/**
 * Batches of a data set as tensors on the device.
 *
 * The loader owns what it yields: a batch is released when the next one is asked for or the loop ends, so a training
 * loop needs no bookkeeping. What shall live longer is cloned. Shuffling draws from the loader's own random stream, and
 * the loader knows its place inside an epoch: a resumed run goes on with the next batch of the same order.
 * @module
 */

import { StateError, ValueError } from "../errors.ts";
import { WorkerPool } from "../platform/workers.ts";
import { Generator, generator } from "../tensor/random.ts";
import { visitTensors } from "../tensor/scope.ts";
import type { Stateful, StateTree } from "../tensor/state_tree.ts";
import type { AnyTensor } from "../tensor/tensor.ts";
import { BatchMaker, END, type EpochPlan } from "./batch_maker.ts";
import { type Collate, type Field, stackTyped } from "./collate.ts";
import { type Dataset, type IterableDataset, requirePositiveInteger, toDataset } from "./dataset.ts";
import { isIterable, ItemReader } from "./iterable.ts";
import { type BatchSampler, contextOf, type Sampler } from "./sampler.ts";

/** Options of {@link DataLoader}. */
export interface DataLoaderOptions<T, B> {
  /** Items per batch; default 1. */
  batchSize?: number;
  /** A new random order in every epoch; default false. */
  shuffle?: boolean;
  /** Another order than that of the data set or a shuffled one. */
  sampler?: Sampler;
  /** Batches of its own making, in place of `batchSize`, `shuffle`, `sampler` and `dropLast`. */
  batchSampler?: BatchSampler;
  /** Leave out a last batch that is not full; default false. */
  dropLast?: boolean;
  /** Seed of the order; by default drawn from the program's `loader` stream, so `w.manualSeed` decides. */
  seed?: number;
  /** Turns items into tensors; by default `stackTyped`, which wants typed arrays. */
  collate?: Collate<T, B>;
  /**
   * Address of a module whose default export turns the items of a batch into those that `collate` gets:
   * `(items, context) => items`, or a promise of them. It runs in the workers, or here without any.
   */
  transform?: string | URL;
  /** Threads that run `transform`; default 0. The batches are the same. */
  workers?: number;
  /** Batches made ahead while one is in use; default twice the workers. The batches are the same. */
  prefetch?: number;
}

/** What {@link DataLoader.stateDict} returns. */
export interface LoaderState {
  /** Format number. */
  version: 1;
  /** Seed of the orders. */
  seed: number;
  /** Number of the epoch, from 0. */
  epoch: number;
  /** Batches of the epoch that were handed out. */
  batch: number;
  /** What batches depend on: a loader with another one refuses the state. */
  items: number;
  /** Items per batch. */
  batchSize: number;
  /** Whether orders are random. */
  shuffle: boolean;
  /** Whether a short last batch is left out. */
  dropLast: boolean;
  /** The sampler's state before the epoch. */
  sampler: StateTree;
  /** It is a state tree. */
  [key: string]: StateTree;
}

const FIXED = ["version", "items", "batchSize", "shuffle", "dropLast"] as const;

/**
 * An async iterable of batches.
 *
 * ```ts
 * const loader = new w.data.DataLoader(items, { batchSize: 64, collate: w.data.stackFields("f32", "i32") });
 * for await (const [x, y] of loader) console.log(x.shape, y.shape); // x and y are released after each turn
 * ```
 */
export class DataLoader<T, B = AnyTensor[]> implements AsyncIterable<B>, Stateful {
  /** The items. */
  readonly dataset: Dataset<unknown> | IterableDataset<unknown>;
  /** Items per batch. */
  readonly batchSize: number;
  /** Whether every epoch has a new order. */
  readonly shuffle: boolean;
  /** Whether a last batch that is not full is left out. */
  readonly dropLast: boolean;
  /** The order, when it is neither that of the data set nor a shuffled one. */
  readonly sampler: Sampler | null;
  /** The batches, when they are not consecutive items of an order. */
  readonly batchSampler: BatchSampler | null;
  readonly #maker: BatchMaker<B>;
  readonly #workers: number;
  readonly #prefetch: number;
  #seed: number;
  #epoch = 0;
  /** Batches handed out in the epoch. */
  #batch = 0;
  /** True until the epoch is begun: the next loop begins it, or goes on inside it. */
  #fresh = true;
  #samplerState: StateTree = null;
  #order: ArrayLike<number> | null = null;
  #loop: symbol | null = null;

  /**
   * @param dataset an array of items, a {@link Dataset}, or an {@link IterableDataset}, which has no shuffling or samplers
   * @throws {ValueError} when `batchSize` is no positive integer, or another option is out of range
   */
  constructor(dataset: readonly T[] | Dataset<T> | IterableDataset<T>, options?: DataLoaderOptions<T, B>);
  /** With `transform`, the data set's items are of any kind: `collate` gets what the transform makes of them. */
  constructor(
    dataset: readonly unknown[] | Dataset<unknown> | IterableDataset<unknown>,
    options: DataLoaderOptions<T, B> & { transform: string | URL },
  );
  constructor(
    dataset: readonly unknown[] | Dataset<unknown> | IterableDataset<unknown>,
    options: DataLoaderOptions<T, B> = {},
  ) {
    const { shuffle = false, dropLast = false, workers = 0, seed, sampler = null, batchSampler = null } = options;
    const { batchSize = batchSampler?.batchSize ?? 1 } = options;
    if (batchSampler && (options.batchSize !== undefined || shuffle || sampler || dropLast)) {
      throw refuse("a batchSampler beside batchSize, shuffle, sampler or dropLast: it makes whole batches");
    }
    const { prefetch = 2 * workers, transform } = options;
    requirePositiveInteger("DataLoader", "batchSize", batchSize);
    for (const [name, value] of Object.entries({ workers, prefetch })) {
      if (Number.isSafeInteger(value) && value >= 0) continue;
      throw refuse(`${name} = ${value}: it has to be an integer of at least 0`, value);
    }
    if (workers > 0 && !transform) throw refuse("workers without a transform: there is nothing that they could do");
    if (shuffle && sampler) throw refuse("shuffle and a sampler: the sampler gives the order");
    if (isIterable(dataset) && (shuffle || sampler || batchSampler)) {
      throw refuse("shuffle or a sampler for an iterable data set: its items come in their own order");
    }
    this.dataset = isIterable(dataset) ? dataset : toDataset(dataset);
    this.batchSize = batchSize;
    this.shuffle = shuffle;
    this.dropLast = dropLast;
    this.sampler = sampler;
    this.batchSampler = batchSampler;
    const collate = options.collate ??
      (stackTyped as (items: readonly (readonly Field[])[]) => AnyTensor[]) as unknown as Collate<T, B>;
    this.#maker = new BatchMaker(batchSize, collate as Collate<unknown, B>, transform?.toString());
    this.#workers = workers;
    this.#prefetch = prefetch;
    this.#seed = seed ?? generator("loader").words(1)[0];
  }

  /** Number of items; -1 where nobody knows it. */
  get #items(): number {
    return this.batchSampler?.items ?? this.sampler?.length ?? this.dataset.length ?? -1;
  }

  get #chooser(): BatchSampler | Sampler | null {
    return this.batchSampler ?? this.sampler;
  }

  /** Numbers of the items in the order of the last epoch; null for that of the data set. */
  get order(): ArrayLike<number> | null {
    return this.#order;
  }

  /**
   * Batches per epoch; with a batch sampler, the most that one has.
   * @throws {StateError} for an iterable data set without a length
   */
  get length(): number {
    if (this.batchSampler) return this.batchSampler.length;
    if (this.#items < 0) {
      throw new StateError("Cannot tell the number of batches: the data set is iterable and has no length", {
        op: "DataLoader",
      });
    }
    const batches = this.#items / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /** One epoch, or the rest of it after a state was loaded. Leaving the loop early releases the batch in use. */
  async *[Symbol.asyncIterator](): AsyncGenerator<B, void, void> {
    if (this.#items === 0) throw new ValueError("Cannot load batches: the data set is empty", { op: "DataLoader" });
    const loop = this.#loop = Symbol();
    const plan = this.#begin(), length = plan.batches, epoch = this.#epoch, seed = this.#seed;
    this.#order = plan.order;
    const pool = this.#workers ? new WorkerPool(this.#maker.transform!, this.#workers) : null;
    const ahead: Promise<B>[] = [];
    try {
      for (let batch = this.#batch, asked = batch; batch < length; batch++) {
        while (asked < length && asked <= batch + this.#prefetch) {
          ahead.push(this.#maker.make(plan, contextOf(seed, epoch, asked++), ahead.at(-1), pool));
        }
        const tensors = await ahead[0];
        ahead.shift();
        if (tensors as unknown === END) {
          if (batch === 0) throw nothing(epoch);
          break;
        }
        if (this.#loop === loop) this.#batch = batch + 1;
        try {
          yield tensors;
        } finally {
          visitTensors(tensors, (tensor) => tensor.dispose());
        }
      }
      if (this.#loop === loop) this.#goTo(epoch + 1, 0);
    } finally {
      pool?.close();
      for (const made of await Promise.allSettled(ahead)) {
        if (made.status === "fulfilled" && made.value as unknown !== END) {
          visitTensors(made.value, (tensor) => tensor.dispose());
        }
      }
      await plan.close?.();
    }
  }

  /** Begins an epoch or goes on in it. */
  #begin(): EpochPlan {
    if (!this.#fresh) this.#goTo(this.#epoch + 1, 0); // the last loop was left early: this one is a new epoch
    this.#fresh = false;
    if (isIterable(this.dataset)) {
      const reader = new ItemReader(this.dataset, this.#batch * this.batchSize, this.dropLast);
      const read = (count: number) => reader.read(count), close = () => reader.close();
      return { order: null, offsets: null, dataset: NONE, batches: Infinity, read, close };
    }
    const { sampler, batchSampler } = this, dataset = this.dataset as Dataset<unknown>;
    const random = () => new Generator(contextOf(this.#seed, this.#epoch, 0).seed, "sampler");
    this.#samplerState = this.#chooser?.stateDict?.() ?? null;
    if (batchSampler) {
      const { items, offsets, dataset: own = dataset } = batchSampler.batches(this.#epoch, random());
      return { order: items, offsets, dataset: own, batches: offsets.length - 1 };
    }
    const order = sampler ? sampler.indices(this.#epoch, random()) : this.shuffle ? this.#shuffled() : null;
    return { order, offsets: null, dataset, batches: this.length };
  }

  #shuffled(): ArrayLike<number> {
    const random = new Generator(this.#seed, "loader");
    random.calls = this.#epoch;
    return random.permutation(this.#items);
  }

  #goTo(epoch: number, batch: number): void {
    this.#epoch = epoch;
    this.#batch = batch;
    this.#fresh = true;
  }

  /** The place in the data: the batch after those that were handed out, whatever was made ahead. */
  stateDict(): LoaderState {
    const { batchSize, shuffle, dropLast } = this;
    return {
      version: 1,
      seed: this.#seed,
      epoch: this.#epoch,
      batch: this.#batch,
      items: this.#items,
      batchSize,
      shuffle,
      dropLast,
      sampler: this.#fresh ? this.#chooser?.stateDict?.() ?? null : this.#samplerState,
    };
  }

  /**
   * The next loop goes on at a saved place: in the same epoch, with its order, behind the batches handed out.
   * @throws {ValueError} when the state is something else or of a loader with other batches: nothing is changed
   */
  loadStateDict(tree: StateTree): void {
    const state = (tree ?? {}) as LoaderState, mine = this.stateDict();
    const wrong: string[] = FIXED.filter((key) => state[key] !== mine[key])
      .map((key) => `${key} ${state[key]} where ${mine[key]} is wanted`);
    for (const key of ["seed", "epoch", "batch"] as const) {
      const most = key === "batch" && !isIterable(this.dataset) ? this.length : Number.MAX_SAFE_INTEGER;
      if (!Number.isSafeInteger(state[key]) || state[key] < 0 || state[key] > most) wrong.push(`${key} ${state[key]}`);
    }
    if (wrong.length) {
      throw new ValueError(`Cannot load the state of a DataLoader: ${wrong.join(", ")}; nothing was changed`, {
        op: "loadStateDict",
        value: tree,
      });
    }
    if (state.sampler !== null && state.sampler !== undefined) this.#chooser?.loadStateDict?.(state.sampler);
    this.#seed = state.seed;
    this.#loop = null; // a loop that still runs is not counted any more
    this.#goTo(state.epoch, state.batch);
  }
}

/** In place of items by index where there are none. */
const NONE: Dataset<unknown> = toDataset([]);

function nothing(epoch: number): ValueError {
  return new ValueError(
    `Cannot load batches of epoch ${epoch}: the data set gave no items` +
      (epoch
        ? "; a generator or stream can be read once, w.data.iterableDataset begins anew"
        : ", or too few for a batch"),
    { op: "DataLoader", value: epoch },
  );
}

function refuse(what: string, value?: unknown): ValueError {
  return new ValueError(`Cannot make a DataLoader with ${what}`, { op: "DataLoader", value });
}
