/**
 * The two networks. `RNN` is that of the document, which reads the padding too and forgets the review over it;
 * `SentimentRNN` has what the document names as next steps, each of which can be left out. Names of the layers are the
 * document's.
 * @module
 */

import * as w from "../../mod.ts";

/** A batch of reviews: ids `[time, batch]`, padded at the end, and how many of them are words, per review. */
export type TextBatch = readonly [text: w.Tensor<"i32">, lengths: Int32Array];

/** What the networks have in common: a batch to one logit per review, `[batch]`; above 0 is positive. */
export type SentimentModel = w.nn.Module<[TextBatch], w.Tensor>;

/** Sizes of the networks. */
export interface Sizes {
  /** Words of the vocabulary. */
  words: number;
  /** Size of a word's vector; default 100. */
  embeddingDim?: number;
  /** Size of the hidden state; default 256. */
  hiddenDim?: number;
}

/** The document's network: word vectors, a plain recurrent layer, a linear layer on its final state. */
export class RNN extends w.nn.Module<[TextBatch], w.Tensor> {
  embedding: w.nn.Embedding;
  rnn: w.nn.RNN;
  fc: w.nn.Linear;

  constructor({ words, embeddingDim = 100, hiddenDim = 256 }: Sizes) {
    super();
    this.embedding = new w.nn.Embedding(words, embeddingDim);
    this.rnn = new w.nn.RNN(embeddingDim, hiddenDim);
    this.fc = new w.nn.Linear(hiddenDim, 1);
  }

  forward([text]: TextBatch): w.Tensor {
    const embedded = this.embedding.forward(text); // [time, batch, embeddingDim]
    const [, hidden] = this.rnn.forward(embedded); // [1, batch, hiddenDim]
    return this.fc.forward(hidden.squeeze(0)).squeeze(1);
  }
}

/** The steps that change the network; the defaults are all of them. */
export interface Steps {
  /** Leaves the padding out: the final state is that behind the last word. Default true. */
  packed?: boolean;
  /** An LSTM in place of the plain recurrent layer; default true. */
  lstm?: boolean;
  /** A second layer reads backwards; default true. */
  bidirectional?: boolean;
  /** Recurrent layers on top of each other; default 2. */
  layers?: number;
  /** Probability of dropout on word vectors, between layers and before the linear layer; default 0.5. */
  dropout?: number;
}

/** All steps that the document names, but for the word vectors, which need a file. */
export const UPGRADE: Readonly<Required<Steps>> = {
  packed: true,
  lstm: true,
  bidirectional: true,
  layers: 2,
  dropout: 0.5,
};

/** The network with the next steps. The vector of the padding is zero and stays so. */
export class SentimentRNN extends w.nn.Module<[TextBatch], w.Tensor> {
  embedding: w.nn.Embedding;
  rnn: w.nn.RNN | w.nn.LSTM;
  fc: w.nn.Linear;
  dropout: w.nn.Dropout;
  readonly #packed: boolean;
  readonly #bidirectional: boolean;

  constructor(sizes: Sizes & Steps & { padId?: number }) {
    super();
    const { words, embeddingDim = 100, hiddenDim = 256, padId = 1 } = sizes;
    const { packed = true, lstm = true, bidirectional = true, layers = 2, dropout = 0.5 } = sizes;
    this.embedding = new w.nn.Embedding(words, embeddingDim, { paddingIdx: padId });
    // dropout between layers, so there is none with a single layer
    const options = { numLayers: layers, bidirectional, dropout: layers > 1 ? dropout : 0 };
    this.rnn = lstm ? new w.nn.LSTM(embeddingDim, hiddenDim, options) : new w.nn.RNN(embeddingDim, hiddenDim, options);
    this.fc = new w.nn.Linear(bidirectional ? 2 * hiddenDim : hiddenDim, 1);
    this.dropout = new w.nn.Dropout(dropout);
    this.#packed = packed;
    this.#bidirectional = bidirectional;
  }

  forward([text, lengths]: TextBatch): w.Tensor {
    const embedded = this.dropout.forward(this.embedding.forward(text));
    const hidden = this.dropout.forward(this.#final(embedded, lengths));
    return this.fc.forward(hidden).squeeze(1);
  }

  /** Final state of the last layer, `[batch, hiddenDim]`; of both directions behind each other. */
  #final(embedded: w.Tensor, lengths: Int32Array): w.Tensor {
    const { rnn } = this;
    const input = this.#packed
      ? w.nn.utils.rnn.packPaddedSequence(embedded, lengths, { enforceSorted: false })
      : embedded;
    // the types of a call want one kind of input; both kinds give the states in the same form
    const hidden = rnn instanceof w.nn.LSTM ? rnn.forward(input as w.Tensor)[1][0] : rnn.forward(input as w.Tensor)[1];
    return this.#bidirectional ? w.cat([hidden.at(-2), hidden.at(-1)], 1) : hidden.at(-1);
  }
}

/** Number of values that training changes. */
export function countParameters(model: w.nn.Module): number {
  return model.parameters().reduce((sum, parameter) => sum + (parameter.requiresGrad ? parameter.numel : 0), 0);
}
