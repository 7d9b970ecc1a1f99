/**
 * Where the rows of a packed batch come from: sequences sorted by falling length, then all first steps, all second
 * steps, ... without padding. Everything here is host numbers, since lengths are known on the host before anything is
 * uploaded; the tables that the GPU reads are made from them, once, and are a cache: one that was disposed is made again.
 * @module
 */
import { ValueError } from "../../errors.ts";
import type { Device } from "../../gpu/device.ts";
import { tensor } from "../../ops/creation.ts";
import type { RowTable } from "../../ops/pack.ts";
import { currentScope, type Scope } from "../../tensor/scope.ts";
import type { AnyTensor } from "../../tensor/tensor.ts";

/** Lengths of sequences, on the host. */
export type Lengths = readonly number[] | Int32Array;

/**
 * Checks lengths of a batch.
 * @param op operation @param doing what it does to what, for the message
 * @throws {ValueError} naming the first length that is not an integer from 1 to `most`, or the wrong count
 */
export function checkLengths(op: string, doing: string, lengths: Lengths, batch: number, most = Infinity): number[] {
  if (!Array.isArray(lengths) && !(lengths instanceof Int32Array)) {
    throw new ValueError(
      `Cannot ${doing}: lengths is ${
        describe(lengths)
      }, wanted an array of ${batch} numbers (lengths stay on the host)`,
      { op, value: lengths },
    );
  }
  if (lengths.length !== batch) {
    throw new ValueError(`Cannot ${doing}: ${lengths.length} lengths were given, wanted ${batch}, one per sequence`, {
      op,
      value: lengths,
    });
  }
  const list = Array.from(lengths);
  list.forEach((n, i) => {
    if (Number.isInteger(n) && n >= 1 && n <= most) return;
    const wanted = most === Infinity ? "an integer of at least 1" : `an integer from 1 to ${most}`;
    throw new ValueError(`Cannot ${doing}: lengths[${i}] is ${n}, wanted ${wanted}`, { op, value: n, position: i });
  });
  return list;
}

function describe(value: unknown): string {
  return value === null || typeof value !== "object" ? String(value) : `a ${value.constructor?.name ?? "object"}`;
}

/** The order of a packed batch. Shared by all packed sequences that were made from one another. */
export class PackedLayout {
  /** Length of each sequence, in the order in which they were given. */
  readonly lengths: readonly number[];
  /** Sequences longer than t, for each step t. */
  readonly batchSizes: readonly number[];
  /** Which sequence stands at each place of the packed order; null when they were sorted already. */
  readonly sortedIndices: Int32Array<ArrayBuffer> | null;
  /** At which place each sequence stands: the inverse of `sortedIndices`. */
  readonly unsortedIndices: Int32Array<ArrayBuffer> | null;
  /** Rows: the sum of the lengths. */
  readonly rows: number;
  readonly #sorted: readonly number[];
  readonly #offsets: readonly number[];
  readonly #tables = new Map<string, RowTable>();

  /** @param lengths of at least one sequence, each at least 1 */
  constructor(lengths: Lengths) {
    this.lengths = checkLengths("PackedLayout", "make a PackedLayout", lengths, Math.max(lengths.length, 1));
    const falling = this.lengths.every((n, i) => i === 0 || n <= this.lengths[i - 1]);
    const order = Int32Array.from(this.lengths, (_, i) => i);
    if (!falling) order.sort((a, b) => this.lengths[b] - this.lengths[a] || a - b); // equal lengths keep their order
    this.sortedIndices = falling ? null : order;
    this.unsortedIndices = falling ? null : invert(order, order.length);
    this.#sorted = Array.from(order, (i) => this.lengths[i]);
    const sizes = new Array<number>(this.#sorted[0]).fill(0), offsets = [0];
    for (const n of this.lengths) sizes[n - 1]++;
    for (let t = sizes.length - 2; t >= 0; t--) sizes[t] += sizes[t + 1];
    for (const size of sizes) offsets.push(offsets[offsets.length - 1] + size);
    this.batchSizes = Object.freeze(sizes);
    this.#offsets = offsets;
    this.rows = offsets[sizes.length];
  }

  /** Sequences. */
  get batch(): number {
    return this.lengths.length;
  }

  /** The longest length. */
  get steps(): number {
    return this.batchSizes.length;
  }

  /** Calls `fn` for every packed row with the sequence (as given) and the step it holds. */
  #walk(fn: (row: number, sequence: number, t: number) => void): void {
    for (let t = 0; t < this.steps; t++) {
      for (let b = 0; b < this.batchSizes[t]; b++) fn(this.#offsets[t] + b, this.sortedIndices?.[b] ?? b, t);
    }
  }

  /**
   * Packed rows out of a padded tensor of `steps` steps, whose two leading dims are [time, batch] or [batch, time].
   * @internal
   */
  padded(steps: number, batchFirst: boolean, device: Device, owner?: Scope | null): RowTable {
    return this.#table(`padded ${steps} ${batchFirst}`, device, owner, () => {
      const index = new Int32Array(this.rows), { batch } = this;
      this.#walk((row, b, t) => index[row] = batchFirst ? b * steps + t : t * batch + b);
      return [index, invert(index, steps * batch)];
    });
  }

  /**
   * Packed rows out of the sequences joined one behind the other.
   * @internal
   */
  joined(device: Device, owner?: Scope | null): RowTable {
    return this.#table("joined", device, owner, () => {
      const index = new Int32Array(this.rows), starts = [0];
      for (const n of this.lengths) starts.push(starts[starts.length - 1] + n);
      this.#walk((row, b, t) => index[row] = starts[b] + t);
      return [index, invert(index, this.rows)];
    });
  }

  /**
   * Sequences in packed order out of the order they were given in; null when both are the same.
   * @internal
   */
  order(device: Device, owner?: Scope | null): RowTable | null {
    const { sortedIndices, unsortedIndices } = this;
    if (!sortedIndices) return null;
    return this.#table("order", device, owner, () => [sortedIndices, unsortedIndices!]);
  }

  /**
   * Rows of a packed batch that are nothing but one row per sequence (in packed order), at its last step.
   * @internal
   */
  last(device: Device, owner?: Scope | null): RowTable {
    return this.#table("last", device, owner, () => {
      const inverse = Int32Array.from(this.#sorted, (n, b) => this.#offsets[n - 1] + b);
      return [invert(inverse, this.rows), inverse];
    });
  }

  /** The tables that are on the GPU. */
  tensors(): AnyTensor[] {
    return [...this.#tables.values()].flatMap(({ index, inverse }) => [index, inverse]).filter((t) => !t.disposed);
  }

  #table(key: string, device: Device, owner: Scope | null | undefined, make: () => [Int32Array, Int32Array]): RowTable {
    const held = this.#tables.get(key);
    if (held && !held.index.disposed && !held.inverse.disposed && held.index.device === device) return held;
    held?.index.dispose();
    held?.inverse.dispose();
    const alive = this.tensors(), scope = alive.length ? alive[0].owner : owner === undefined ? currentScope() : owner;
    const [index, inverse] = make().map((values) => {
      const table = tensor(values, { device });
      table.owner = null; // released with the tables that are there, or with what it is made for
      scope?.adopt(table);
      return table;
    });
    const made = { index, inverse };
    this.#tables.set(key, made);
    return made;
  }
}

/** `to[v] = i` for every entry v at i; -1 elsewhere. */
function invert(index: Int32Array, size: number): Int32Array<ArrayBuffer> {
  const to = new Int32Array(size).fill(-1);
  index.forEach((v, i) => {
    if (v >= 0) to[v] = i;
  });
  return to;
}
