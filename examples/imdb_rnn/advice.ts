/**
 * What to do when the GPU's memory is not enough: the run's own numbers, halved.
 * @module
 */

import * as w from "../../mod.ts";
import type { Part } from "./data.ts";

/**
 * Runs a training; a failure of the GPU for want of memory becomes one that says what to try.
 * @throws {w.DeviceError} naming a batch size and a length
 */
export async function withAdvice<R>(
  { batchSize, parts }: { batchSize: number; parts: readonly Part[] },
  run: () => Promise<R>,
): Promise<R> {
  try {
    return await run();
  } catch (cause) {
    if (!(cause instanceof w.DeviceError) || !/alloca|memory|was lost|binding/i.test(cause.message)) throw cause;
    const longest = parts.reduce((most, { texts }) => texts.reduce((n, ids) => Math.max(n, ids.length), most), 0);
    const smaller = Math.max(1, Math.floor(batchSize / 2)), shorter = Math.max(1, Math.floor(longest / 2));
    throw new w.DeviceError(
      `Cannot train on batches of ${batchSize} reviews of up to ${longest} tokens: the GPU's memory is not enough; try ` +
        `--batch-size ${smaller} or --max-length ${shorter} (${cause.message})`,
      { op: "train", cause, value: { batchSize, longest } },
    );
  }
}
