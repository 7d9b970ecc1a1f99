/**
 * What the kernels of a step are told about their parameters: blocks of the arenas, and where the clock of each block's
 * parameter is. It is uploaded when other parameters have gradients than before, not at every step.
 * @module
 */
import type { Device } from "../gpu/device.ts";
import type { Bindable } from "../gpu/recorder.ts";
import { Storage } from "../gpu/storage.ts";
import type { Parameter } from "../tensor/arena.ts";
import { blockGroups, BlockTable, type Segment } from "../tensor/blocks.ts";
import type { Clocks } from "./clock.ts";

/** Workgroups for the blocks of a segment: a lane takes four vec4s, so that what it looks up first weighs little. */
export function stepGroups(segment: Segment): number {
  return blockGroups(segment, 4);
}

/** A parameter and the number of its clock. */
export interface Clocked {
  /** The parameter. */
  readonly parameter: Parameter;
  /** Number among the clocks of its group. */
  readonly index: number;
}

/** Lists of numbers on the GPU. */
export class StepTable {
  /** Blocks and segments, a list for each group. */
  readonly table: BlockTable;
  /** Per block, the vec4 in which its parameter's clock holds the numbers of this step. */
  readonly owners: Bindable;
  /** Per parameter, the word at which its clock starts. */
  readonly rows: Bindable;
  /** First parameter of each list in `rows`. */
  readonly firsts: readonly number[];
  #ranges: Bindable | null = null;

  /** @param lists parameters of a group each, with its clocks; no list is empty */
  constructor(lists: readonly { readonly entries: readonly Clocked[]; readonly clocks: Clocks }[]) {
    this.table = new BlockTable(lists.map(({ entries }) => entries.map(({ parameter }) => parameter)));
    const { starts, count } = this.table, owners = new Uint32Array(count), rows: number[] = [], firsts: number[] = [];
    for (const { entries, clocks } of lists) {
      firsts.push(rows.length);
      for (const { index } of entries) {
        owners.fill(clocks.vectorOf(index), starts[rows.length], starts[rows.length + 1]);
        rows.push(clocks.wordOf(index));
      }
    }
    const { device } = lists[0].entries[0].parameter;
    this.owners = upload(device, owners);
    this.rows = upload(device, Uint32Array.from(rows));
    this.firsts = firsts;
  }

  /** First block of each parameter, and the end. */
  get ranges(): Bindable {
    return this.#ranges ??= upload(this.rows.storage.device, Uint32Array.from(this.table.starts));
  }

  /** Parameters in all. */
  get count(): number {
    return this.table.starts.length - 1;
  }

  /** Gives the memory back. */
  dispose(): void {
    this.table.dispose();
    for (const list of [this.owners, this.rows, this.#ranges]) list?.storage.release();
  }
}

function upload(device: Device, list: Uint32Array<ArrayBuffer>): Bindable {
  const storage = Storage.allocate(device, list.byteLength);
  device.upload(storage, list);
  return { storage, byteOffset: 0, byteLength: list.byteLength };
}
