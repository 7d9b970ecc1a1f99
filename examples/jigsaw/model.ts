/**
 * The network of the document: frozen word vectors, spatial dropout, two bidirectional LSTMs over the padded comment,
 * maximum and mean over time, two linear layers beside each other that are added to what they read, and seven outputs.
 * Names of the layers are the document's, so weights move to and from PyTorch as they are.
 * @module
 */

import * as w from "../../mod.ts";

/** Sizes of the network; the defaults are the document's. */
export interface Sizes {
  /** Hidden units of each direction of an LSTM; default 128. The linear layers have four times as many. */
  units?: number;
  /** Auxiliary outputs behind the first; default 6. */
  auxiliary?: number;
  /** Probability with which a channel of the word vectors is dropped for a whole comment; default 0.3. */
  dropout?: number;
}

/** A table whose rows are word vectors, `[words, width]`. */
export type Table = w.nn.HostTable;

/** Ids `[batch, time]` to logits `[batch, 1 + auxiliary]`; the first is that of the hard target. */
export class JigsawModel extends w.nn.Module<[w.Tensor<"i32">], w.Tensor> {
  embedding: w.nn.Embedding | w.nn.HostEmbedding;
  embedding_dropout: w.nn.SpatialDropout;
  lstm1: w.nn.LSTM;
  lstm2: w.nn.LSTM;
  linear1: w.nn.Linear;
  linear2: w.nn.Linear;
  linear_out: w.nn.Linear;
  linear_aux_out: w.nn.Linear;
  readonly #pool = new w.nn.ConcatPool({ parts: ["max", "mean"], batchFirst: true });

  /**
   * @param table word vectors; one that a binding cannot hold stays in host memory, and each batch brings its rows
   * @throws {w.ShapeError} when the table's shape and numbers differ
   */
  constructor(table: Table, { units = 128, auxiliary = 6, dropout = 0.3 }: Sizes = {}) {
    super();
    const width = table.shape[1], hidden = 4 * units;
    this.embedding = fitsBinding(table)
      ? w.nn.Embedding.fromPretrained(table)
      : w.nn.HostEmbedding.fromPretrained(table);
    this.embedding_dropout = new w.nn.SpatialDropout(dropout);
    this.lstm1 = new w.nn.LSTM(width, units, { bidirectional: true, batchFirst: true });
    this.lstm2 = new w.nn.LSTM(2 * units, units, { bidirectional: true, batchFirst: true });
    this.linear1 = new w.nn.Linear(hidden, hidden);
    this.linear2 = new w.nn.Linear(hidden, hidden);
    this.linear_out = new w.nn.Linear(hidden, 1);
    this.linear_aux_out = new w.nn.Linear(hidden, auxiliary);
  }

  override forward(ids: w.Tensor<"i32">): w.Tensor {
    const embedded = this.embedding_dropout.forward(this.embedding.forward(ids)); // [batch, time, width]
    const [first] = this.lstm1.forward(embedded), [second] = this.lstm2.forward(first);
    const pooled = this.#pool.forward(second); // [batch, 4 units]: maximum, then mean
    const one = this.linear1.forward(pooled).relu(), two = this.linear2.forward(pooled).relu();
    const hidden = pooled.add(one).add(two);
    return w.cat([this.linear_out.forward(hidden), this.linear_aux_out.forward(hidden)], 1);
  }
}

/** Whether a table can be bound as a whole, with its copies for alignment. */
function fitsBinding({ data }: Table): boolean {
  return data.byteLength <= w.getDevice().limits.maxStorageBufferBindingSize;
}

/** Number of values that training changes. */
export function countParameters(model: w.nn.Module): number {
  return model.parameters().reduce((sum, parameter) => sum + (parameter.requiresGrad ? parameter.numel : 0), 0);
}
