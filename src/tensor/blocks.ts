/**
 * Lists of arena blocks on the GPU: how one dispatch works on many parameters. A kernel's lane takes the number of a
 * block from the list, so a dispatch costs what its parameters cost, whatever else lies in the arena.
 * @module
 */
import { kernels } from "../gpu/kernels.gen.ts";
import type { Bindable } from "../gpu/recorder.ts";
import { Storage } from "../gpu/storage.ts";
import { type Arena, BLOCK_BYTES, type Parameter } from "./arena.ts";
import { empty, type Tensor } from "./tensor.ts";

/** Consecutive entries of a {@link BlockTable} whose blocks lie in one binding of one arena. */
export interface Segment {
  /** Arena of the parameters. */
  readonly arena: Arena;
  /** Where the binding starts in the arena's buffers; block numbers count from here. */
  readonly byteOffset: number;
  /** First entry in the table. */
  readonly first: number;
  /** Number of entries. */
  readonly count: number;
}

/** The blocks of some lists of parameters, each list in its own order. */
export class BlockTable {
  /** Block numbers, one u32 each, to be bound as `blocks`. */
  readonly binding: Bindable;
  /** Segments per list. */
  readonly lists: readonly (readonly Segment[])[];
  /** Entries in all. */
  readonly count: number;
  /** First entry of each parameter in the order of the lists, and behind them `count`. */
  readonly starts: readonly number[];

  /** @param lists parameters of one device; no list is empty */
  constructor(lists: readonly (readonly Parameter[])[]) {
    const { device } = lists[0][0], starts: number[] = [];
    const window = Math.floor(device.limits.maxStorageBufferBindingSize / BLOCK_BYTES);
    const entries: number[] = [];
    this.lists = lists.map((parameters) => {
      const segments: (Segment & { count: number })[] = [];
      for (const { arena, storage } of parameters) {
        starts.push(entries.length);
        const start = storage.byteOffset / BLOCK_BYTES, end = start + Math.ceil(storage.bytes / BLOCK_BYTES);
        for (let block = start; block < end; block++) {
          const byteOffset = Math.floor(block / window) * window * BLOCK_BYTES;
          let last = segments.at(-1);
          if (last?.arena !== arena || last.byteOffset !== byteOffset) {
            segments.push(last = { arena, byteOffset, first: entries.length, count: 0 });
          }
          last.count++;
          entries.push(block % window);
        }
      }
      return segments;
    });
    this.count = entries.length;
    this.starts = [...starts, entries.length];
    const storage = Storage.allocate(device, 4 * entries.length);
    device.upload(storage, Uint32Array.from(entries));
    this.binding = { storage, byteOffset: 0, byteLength: 4 * entries.length };
  }

  /** Gives the memory back. */
  dispose(): void {
    this.binding.storage.release();
  }
}

/** The part of an arena-wide buffer that a segment's blocks lie in. */
export function windowOf(storage: Storage, { byteOffset }: Segment): Bindable {
  const limit = storage.device.limits.maxStorageBufferBindingSize;
  return { storage, byteOffset, byteLength: Math.min(storage.bytes - byteOffset, limit - limit % BLOCK_BYTES) };
}

const LANES = 16; // vec4s in a block

/** Workgroups of 64 lanes with `each` vec4s for a segment's blocks. */
export function blockGroups(segment: Segment, each = 1): number {
  return Math.ceil(segment.count * LANES / each / 64);
}

/**
 * The 2-norm of the gradients of a table's parameters as one f32 scalar, without a read-back. Its additions depend on
 * the sizes of the parameters and their order only, not on where they lie.
 */
export function gradientNorm(table: BlockTable): Tensor {
  const { device } = table.lists[0][0].arena;
  const partial = gradientSquares(table), out = empty(device, [], "f32");
  device.recorder.dispatch(kernels.normGradient.root, { sums: partial, out }, { count: table.count }, {
    workgroups: 1,
    label: "gradNorm",
  });
  partial.dispose();
  return out;
}

/** The sum of the squares of the gradients in each block of a table. */
export function gradientSquares(table: BlockTable): Tensor {
  const { device } = table.lists[0][0].arena;
  const partial = empty(device, [table.count], "f32");
  for (const segment of table.lists.flat()) {
    const grad = windowOf(segment.arena.wholeGradients, segment);
    device.recorder.dispatch(kernels.normGradient.squares, { blocks: table.binding, grad, out: partial }, {
      first: segment.first,
      count: segment.count,
    }, { workgroups: Math.ceil(segment.count / 64), label: "gradNorm" });
  }
  return partial;
}
