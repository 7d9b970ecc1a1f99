/**
 * A transform for loaders under test: adds noise that belongs to the batch, slowly, so that batches made ahead finish
 * out of order; item 13 of a batch with a bad seed throws.
 * @module
 */
import type { BatchContext } from "../../src/data/sampler.ts";
import { Generator } from "../../src/tensor/random.ts";

/** `[values, label]` with noise on the values; labels below zero are refused. */
export default async function transform(
  items: readonly (readonly [Float32Array, number])[],
  { batch, seed }: BatchContext,
): Promise<[Float32Array, number][]> {
  await new Promise((resolve) => setTimeout(resolve, batch % 3 * 2));
  const random = new Generator(seed, "noise");
  return items.map(([x, y]) => {
    if (y < 0) throw new RangeError(`label ${y} of batch ${batch}`);
    return [random.uniform(x.length).map((u, i) => x[i] + u), y];
  });
}
