/**
 * HostEmbedding: a frozen table that stays in host memory, for tables larger than what a GPU lends: a buffer holds 256 MiB
 * and a binding 128 MiB by WebGPU's guaranteed limits, a table of 400,000 x 600 takes 960 MB. Each batch brings the rows
 * that it needs to the GPU, each once.
 * @module
 */
import { IndexError, ShapeError, StateError, ValueError } from "../errors.ts";
import { getDevice } from "../gpu/default.ts";
import type { Device } from "../gpu/device.ts";
import { tensor } from "../ops/creation.ts";
import { embedding } from "../ops/embedding.ts";
import { knownIds } from "../ops/host_ids.ts";
import { checkShape, numel, type Shape, show } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";

/** Rows in host memory. */
export interface HostTable {
  /** `[numEmbeddings, embeddingDim]`. */
  readonly shape: Shape;
  /** Row-major; kept as it is, not copied. */
  readonly data: Float32Array;
}

/** Options of {@link HostEmbedding}. */
export interface HostEmbeddingOptions {
  /** Id that fills short sequences; negative ids count from the end. Its row is used as it is. Default none. */
  paddingIdx?: number;
  /** The table never trains: nothing but true, the default, is accepted. */
  freeze?: true;
  /** Device of the results where ids are host arrays. Default the open one. */
  device?: Device;
}

/**
 * Rows of a frozen table by id, looked up on the host. Takes the place of a frozen `Embedding`: the results have the same
 * bits.
 *
 * The ids of a batch must be known on the host: tensors made of host numbers are (up to 2^20 ids, and views of them);
 * for others there is `lookup(await ids.data(), ids.shape)`. The table is no parameter and no part of
 * `stateDict()`: it is `table`, which `w.io` writes as any `{ shape, data }`, and `loadTable` takes values back.
 * @example
 * ```ts
 * const layer = w.nn.HostEmbedding.fromPretrained({ shape: [400_000, 600], data });
 * const x = layer.forward(w.tensor(ids, { shape: [64, 220], dtype: "i32" })); // [64, 220, 600]
 * ```
 */
export class HostEmbedding extends Module<[ids: Tensor<"i32">], Tensor> {
  /** Number of rows. */
  readonly numEmbeddings: number;
  /** Size of a row. */
  readonly embeddingDim: number;
  /** Id that fills short sequences, or null. */
  readonly paddingIdx: number | null;
  readonly #device: Device | undefined;
  #table: Float32Array | null;
  /** Place of a row among those of the batch, valid where `#seen` holds the batch's number. */
  readonly #place: Int32Array;
  readonly #seen: Uint32Array;
  #batch = 0;
  #rows = new Float32Array(0);

  /**
   * Makes the layer around a table.
   * @throws {ShapeError} when the table is no `[rows, features]`, or its shape and its numbers differ
   * @throws {ValueError} for a padding id outside the table, or when it is to train
   */
  constructor(table: HostTable, { paddingIdx, freeze = true, device }: HostEmbeddingOptions = {}) {
    super();
    if (!freeze) {
      throw new ValueError(`Cannot make HostEmbedding: freeze is ${freeze}; use Embedding for a table that trains`, {
        op: "HostEmbedding",
        value: freeze,
      });
    }
    const { shape, data } = table;
    if (shape.length !== 2 || !(shape[0] >= 1) || !(shape[1] >= 1) || numel(shape) !== data.length) {
      throw new ShapeError(
        `Cannot make HostEmbedding of a table ${show(shape)} with ${data.length} numbers: wanted [rows, features]` +
          ` and as many numbers`,
        { op: "HostEmbedding", shapes: [shape, [data.length]] },
      );
    }
    if (!(data instanceof Float32Array)) {
      throw new ValueError("Cannot make HostEmbedding: its data is no Float32Array", { op: "HostEmbedding" });
    }
    [this.numEmbeddings, this.embeddingDim] = shape;
    const rows = this.numEmbeddings,
      padding = paddingIdx !== undefined && paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
    if (padding !== undefined && !(Number.isInteger(padding) && padding >= 0 && padding < rows)) {
      throw new ValueError(
        `Cannot make HostEmbedding: paddingIdx is ${paddingIdx}, wanted an integer from ${-rows} to ${rows - 1}`,
        { op: "HostEmbedding", value: paddingIdx },
      );
    }
    this.paddingIdx = padding ?? null;
    this.#device = device;
    this.#table = data;
    this.#place = new Int32Array(rows);
    this.#seen = new Uint32Array(rows);
  }

  /**
   * A layer with given rows, as `Embedding.fromPretrained`; always frozen.
   * @throws as the constructor
   */
  static fromPretrained(table: HostTable, options: HostEmbeddingOptions = {}): HostEmbedding {
    return new HostEmbedding(table, options);
  }

  /** The table: the array that the layer looks rows up in. @throws {StateError} after `dispose()` */
  get table(): HostTable {
    return { shape: [this.numEmbeddings, this.embeddingDim], data: this.#values() };
  }

  /**
   * Ids of any shape to `[...ids, embeddingDim]`.
   * @throws {IndexError} for an id outside the table
   * @throws {StateError} for ids that only the GPU knows
   */
  override forward(ids: Tensor<"i32">): Tensor {
    if (ids.dtype !== "i32") {
      throw new ValueError(`Cannot look up ids ${show(ids.shape)} of type ${ids.dtype}: wanted i32`, {
        op: "HostEmbedding",
        value: ids.dtype,
      });
    }
    const values = knownIds(ids);
    if (!values) {
      throw new StateError(
        `Cannot look up ids ${show(ids.shape)}: they were made on the GPU and the table lies on the host; make the ` +
          `tensor of host numbers, or call lookup(await ids.data(), ids.shape)`,
        { op: "HostEmbedding", shapes: [ids.shape] },
      );
    }
    return this.#gather(values, ids.shape, ids.device);
  }

  /**
   * The same for ids at hand.
   * @param shape of the ids; by default one dim
   * @throws {IndexError} for an id outside the table @throws {ShapeError} when ids and shape differ
   */
  lookup(ids: ArrayLike<number>, shape: Shape = [ids.length]): Tensor {
    if (numel(shape) !== ids.length) {
      throw new ShapeError(`Cannot look up ${ids.length} ids as ${show(shape)}: wanted ${numel(shape)}`, {
        op: "HostEmbedding",
        shapes: [[ids.length], shape],
      });
    }
    return this.#gather(ids, shape, this.#device ?? getDevice("look up ids"));
  }

  /**
   * Copies values into the table.
   * @throws {ShapeError} when the shape is another one; nothing is changed then
   */
  loadTable(table: { readonly shape: Shape; readonly data: ArrayLike<number> }): void {
    const { numEmbeddings, embeddingDim } = this, wanted = [numEmbeddings, embeddingDim], { shape, data } = table;
    if (shape.length !== 2 || shape[0] !== wanted[0] || shape[1] !== wanted[1] || data.length !== numel(wanted)) {
      throw new ShapeError(`Cannot load a table ${show(shape)} of ${data.length} numbers: wanted ${show(wanted)}`, {
        op: "loadTable",
        shapes: [shape, wanted],
      });
    }
    this.#values().set(data);
  }

  /** Refuses to turn gradients on: the table does not train. @throws {StateError} for true */
  override requiresGrad_(requiresGrad = true): this {
    if (!requiresGrad) return this;
    throw new StateError(
      `Cannot train HostEmbedding: its ${this.numEmbeddings} rows stay on the host and are frozen; use Embedding to train a table`,
      { op: "requiresGrad_", value: requiresGrad },
    );
  }

  /** Forgets the table. */
  override dispose(): void {
    super.dispose();
    this.#table = null;
    this.#rows = new Float32Array(0);
  }

  #values(): Float32Array {
    if (this.#table) return this.#table;
    throw new StateError("Cannot use HostEmbedding: it was disposed", { op: "HostEmbedding" });
  }

  #gather(ids: ArrayLike<number>, shape: Shape, device: Device): Tensor {
    const table = this.#values(), { numEmbeddings, embeddingDim } = this, places = new Int32Array(ids.length);
    checkShape(shape, "HostEmbedding", "look up ids of shape");
    if (++this.#batch > 0xffffffff) {
      this.#seen.fill(0);
      this.#batch = 1;
    }
    const unique: number[] = [];
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i];
      if (!(id >= 0 && id < numEmbeddings && Number.isInteger(id))) {
        throw new IndexError(
          `Cannot look up ${show(shape)} ids: id ${id} at position ${i} is out of range for ${numEmbeddings} rows`,
          { op: "HostEmbedding", shapes: [shape], value: id, position: i },
        );
      }
      if (this.#seen[id] !== this.#batch) {
        this.#seen[id] = this.#batch;
        this.#place[id] = unique.push(id) - 1;
      }
      places[i] = this.#place[id];
    }
    const count = room(unique.length), length = count * embeddingDim;
    if (this.#rows.length < length) this.#rows = new Float32Array(length);
    const rows = this.#rows;
    for (let i = 0, to = 0; i < unique.length; i++, to += embeddingDim) {
      const from = unique[i] * embeddingDim;
      rows.set(table.subarray(from, from + embeddingDim), to);
    }
    const gathered = empty(device, [count, embeddingDim], "f32"), at = tensor(places, { shape, device });
    device.upload(gathered.storage, rows.subarray(0, unique.length * embeddingDim));
    const out = embedding(at, gathered);
    at.dispose();
    gathered.dispose();
    return out;
  }

  /** Sizes for `toString()`. */
  protected override describe(): string {
    const padding = this.paddingIdx === null ? "" : `, paddingIdx: ${this.paddingIdx}`;
    return `${this.numEmbeddings}, ${this.embeddingDim}${padding}`;
  }
}

/** Rows to reserve for so many: few different sizes, so that batches share buffers. */
function room(rows: number): number {
  const step = Math.max(64, 2 ** Math.ceil(Math.log2(rows)) / 8);
  return Math.ceil(rows / step) * step;
}
