/**
 * Which items an epoch visits, in which order. An order depends only on the sampler's state, the seed and the epoch, so
 * a resumed run replays it; what a batch is given to draw with depends on its epoch and number alone, so neither
 * workers nor batches made ahead change a bit.
 * @module
 */

import { type Generator, philox4x32, streamId } from "../tensor/random.ts";
import type { StateTree } from "../tensor/state_tree.ts";
import type { Dataset } from "./dataset.ts";

/** An order of items, made anew for every epoch. */
export interface Sampler {
  /** Items per epoch. */
  readonly length: number;
  /**
   * Indices of the items of an epoch, `length` of them.
   * @param epoch number of the epoch, from 0
   * @param random where random orders draw from: it stands at the same place whenever this epoch is asked for
   */
  indices(epoch: number, random: Generator): ArrayLike<number>;
  /** For samplers that remember more than `epoch`: their state before the next call of `indices`. */
  stateDict?(): StateTree;
  /** Takes such a state over. */
  loadStateDict?(tree: StateTree): void;
}

/** The batches of an epoch, as positions in a data set. */
export interface BatchPlan {
  /** Items of the epoch, batch after batch. */
  readonly items: ArrayLike<number>;
  /** Where each batch begins in `items`, and where the last one ends: one number more than there are batches. */
  readonly offsets: ArrayLike<number>;
  /** What the items are positions of, where that is not the loader's data set. */
  readonly dataset?: Dataset<unknown>;
}

/** Batches that are not simply `batchSize` items of an order, one after another. */
export interface BatchSampler {
  /** Items per epoch. */
  readonly items: number;
  /** Items of a full batch. */
  readonly batchSize: number;
  /** Batches per epoch; an epoch never has more. */
  readonly length: number;
  /** The batches of an epoch; arguments are those of {@link Sampler.indices}. */
  batches(epoch: number, random: Generator): BatchPlan;
  /** For samplers that remember more than `epoch`: their state before the next call of `batches`. */
  stateDict?(): StateTree;
  /** Takes such a state over. */
  loadStateDict?(tree: StateTree): void;
}

/** What a batch knows about its place; the same in every run, with any number of workers and batches made ahead. */
export interface BatchContext {
  /** Number of the epoch, from 0. */
  readonly epoch: number;
  /** Number of the batch in the epoch, from 0. */
  readonly batch: number;
  /** A seed of the batch's own: `new w.Generator(context.seed)` draws what only this batch sees. */
  readonly seed: number;
}

const BATCH = streamId("batch");

/** The place of a batch in a loader with this seed. */
export function contextOf(seed: number, epoch: number, batch: number): BatchContext {
  const key = [seed, Math.floor(seed / 2 ** 32)], counter = [batch, epoch, Math.floor(epoch / 2 ** 32), BATCH];
  const [high, low] = philox4x32(counter, key);
  return { epoch, batch, seed: (high >>> 11) * 2 ** 32 + low };
}
