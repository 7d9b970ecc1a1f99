/**
 * Cross-validation: trains once per fold and summarises the results.
 * @module
 */

import { kFold, type KFoldOptions } from "../data/k_fold.ts";

export { type Fold, kFold, type KFoldOptions } from "../data/k_fold.ts";

/** Results of {@link crossValidate}. */
export interface CrossValidation<R> {
  /** What `run` returned for every fold. */
  readonly results: readonly R[];
  /** Mean of every number that all results have. */
  readonly mean: Readonly<Record<string, number>>;
  /** Their standard deviation over the folds, with n - 1. */
  readonly std: Readonly<Record<string, number>>;
}

/**
 * Trains and validates once per fold.
 *
 * ```ts
 * const { mean, std } = await w.train.crossValidate(items, { folds: 5, shuffle: true }, async (train, valid) => {
 *   const learner = new w.train.Learner({ model: createModel(), loss, train: load(train), valid: load(valid) });
 *   await learner.fitOneCycle(4, 1e-3);
 *   return (await learner.validate()).metrics;
 * });
 * ```
 *
 * @param items an array of items
 * @param run is given the items of both parts; what it returns may be numbers by name
 */
export async function crossValidate<T, R>(
  items: readonly T[],
  options: KFoldOptions,
  run: (train: T[], valid: T[], fold: number) => Promise<R>,
): Promise<CrossValidation<R>> {
  const results: R[] = [];
  for (const { fold, train, valid } of kFold(items.length, options)) {
    const pick = (numbers: Int32Array) => Array.from(numbers, (i) => items[i]);
    results.push(await run(pick(train), pick(valid), fold));
  }
  const tables = results.map((result) => (result ?? {}) as Record<string, unknown>);
  const names = Object.keys(tables[0]).filter((name) => tables.every((table) => typeof table[name] === "number"));
  const mean: Record<string, number> = {}, std: Record<string, number> = {};
  for (const name of names) {
    const values = tables.map((table) => table[name] as number);
    mean[name] = values.reduce((a, b) => a + b, 0) / values.length;
    std[name] = Math.sqrt(values.reduce((a, b) => a + (b - mean[name]) ** 2, 0) / (values.length - 1));
  }
  return { results, mean, std };
}
