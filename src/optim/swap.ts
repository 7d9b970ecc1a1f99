/**
 * Exchange of parameters with averages of them, for an evaluation with averaged weights.
 * @module
 */
import { kernels } from "../gpu/kernels.gen.ts";
import type { Storage } from "../gpu/storage.ts";
import type { Arena, Parameter } from "../tensor/arena.ts";
import { BlockTable, windowOf } from "../tensor/blocks.ts";
import { stepGroups } from "./step_table.ts";

/** Exchanges parameters with what lies at their offsets in buffers parallel to their arenas. */
export function swapParameters(parameters: readonly Parameter[], bufferOf: (arena: Arena) => Storage): void {
  const alive = parameters.filter((parameter) => !parameter.disposed);
  if (alive.length === 0) return;
  const table = new BlockTable([alive]), blocks = table.binding;
  for (const segment of table.lists[0]) {
    const { arena, first, count } = segment;
    const value = windowOf(arena.whole, segment), average = windowOf(bufferOf(arena), segment);
    arena.device.recorder.dispatch(kernels.optimAverage.swap, { blocks, value, average }, { first, count }, {
      workgroups: stepGroups(segment),
      label: "swap",
    });
  }
  table.dispose();
  for (const parameter of alive) parameter.storage.version++;
}
