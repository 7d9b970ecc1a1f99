/**
 * Seven language models, each a small step from the one before: from three copies of the same layer to a regularised
 * LSTM. They are the models of fastai's chapter 12, with its names for the layers: `i_h` input to hidden, `h_h` hidden
 * to hidden, `h_o` hidden to output.
 * @module
 */

import * as w from "../../mod.ts";

/** Word ids, `[batch, time]`. */
export type Ids = w.Tensor<"i32">;

/** What the seven have in common. */
export type LanguageModel = w.nn.Module<[Ids], w.Tensor | [logits: w.Tensor, raw: w.Tensor, dropped: w.Tensor]>;

/** Predicts the fourth word from three: one layer, applied three times. `[batch, 3]` to `[batch, words]`. */
export class LMModel1 extends w.nn.Module<[Ids], w.Tensor> {
  i_h: w.nn.Embedding;
  h_h: w.nn.Linear;
  h_o: w.nn.Linear;

  constructor(words: number, hidden: number) {
    super();
    this.i_h = new w.nn.Embedding(words, hidden);
    this.h_h = new w.nn.Linear(hidden, hidden);
    this.h_o = new w.nn.Linear(hidden, words);
  }

  forward(x: Ids): w.Tensor {
    let h = this.h_h.forward(this.i_h.forward(x.at(":", 0))).relu();
    h = h.add(this.i_h.forward(x.at(":", 1)));
    h = this.h_h.forward(h).relu();
    h = h.add(this.i_h.forward(x.at(":", 2)));
    h = this.h_h.forward(h).relu();
    return this.h_o.forward(h);
  }
}

/** The same model with a loop: a recurrent network. */
export class LMModel2 extends LMModel1 {
  override forward(x: Ids): w.Tensor {
    let h: w.Tensor | null = null;
    for (let t = 0; t < 3; t++) {
      const e = this.i_h.forward(x.at(":", t));
      h = this.h_h.forward(h ? h.add(e) : e).relu();
    }
    return this.h_o.forward(h!);
  }
}

/** Keeps its hidden state from batch to batch, without its history: truncated back-propagation through time. */
export class LMModel3 extends LMModel1 {
  h = new w.nn.CarriedState();

  override forward(x: Ids): w.Tensor {
    let h = this.h.get(x.shape[0]);
    for (let t = 0; t < 3; t++) {
      const e = this.i_h.forward(x.at(":", t));
      h = this.h_h.forward(h ? h.add(e) : e).relu();
    }
    this.h.set(h);
    return this.h_o.forward(h!);
  }
}

/** Predicts the next word after every word: more signal. `[batch, time]` to `[batch, time, words]`, like all below. */
export class LMModel4 extends LMModel1 {
  h = new w.nn.CarriedState();

  override forward(x: Ids): w.Tensor {
    const outputs: w.Tensor[] = [];
    let h = this.h.get(x.shape[0]);
    for (let t = 0; t < x.shape[1]; t++) {
      const e = this.i_h.forward(x.at(":", t));
      h = this.h_h.forward(h ? h.add(e) : e).relu();
      outputs.push(this.h_o.forward(h));
    }
    this.h.set(h);
    return w.stack(outputs, 1);
  }
}

/** Two recurrent layers, one on top of the other. */
export class LMModel5 extends w.nn.Module<[Ids], w.Tensor> {
  i_h: w.nn.Embedding;
  rnn: w.nn.RNN;
  h_o: w.nn.Linear;
  h = new w.nn.CarriedState();

  constructor(words: number, hidden: number, layers: number) {
    super();
    this.i_h = new w.nn.Embedding(words, hidden);
    this.rnn = new w.nn.RNN(hidden, hidden, { numLayers: layers, batchFirst: true });
    this.h_o = new w.nn.Linear(hidden, words);
  }

  forward(x: Ids): w.Tensor {
    const [output, h] = this.rnn.forward(this.i_h.forward(x), this.h.get(x.shape[0]));
    this.h.set(h);
    return this.h_o.forward(output);
  }
}

/** An LSTM in their place: gates decide what to keep and what to forget. */
export class LMModel6 extends w.nn.Module<[Ids], w.Tensor> {
  i_h: w.nn.Embedding;
  rnn: w.nn.LSTM;
  h_o: w.nn.Linear;
  h = new w.nn.CarriedState<[h: w.Tensor, c: w.Tensor]>();

  constructor(words: number, hidden: number, layers: number) {
    super();
    this.i_h = new w.nn.Embedding(words, hidden);
    this.rnn = new w.nn.LSTM(hidden, hidden, { numLayers: layers, batchFirst: true });
    this.h_o = new w.nn.Linear(hidden, words);
  }

  forward(x: Ids): w.Tensor {
    const [output, states] = this.rnn.forward(this.i_h.forward(x), this.h.get(x.shape[0]));
    this.h.set(states);
    return this.h_o.forward(output);
  }
}

/**
 * Regularised: dropout on the LSTM's output, and one matrix for words coming in and words going out. Returns
 * `[logits, raw, dropped]`, so that the training loop can also regularise the activations.
 */
export class LMModel7 extends w.nn.Module<[Ids], [w.Tensor, w.Tensor, w.Tensor]> {
  i_h: w.nn.Embedding;
  rnn: w.nn.LSTM;
  drop: w.nn.Dropout;
  h_o: w.nn.Linear;
  h = new w.nn.CarriedState<[h: w.Tensor, c: w.Tensor]>();

  constructor(words: number, hidden: number, layers: number, p: number) {
    super();
    this.i_h = new w.nn.Embedding(words, hidden);
    this.rnn = new w.nn.LSTM(hidden, hidden, { numLayers: layers, batchFirst: true });
    this.drop = new w.nn.Dropout(p);
    this.h_o = new w.nn.Linear(hidden, words, { weight: this.i_h.weight });
  }

  forward(x: Ids): [w.Tensor, w.Tensor, w.Tensor] {
    const [raw, states] = this.rnn.forward(this.i_h.forward(x), this.h.get(x.shape[0]));
    this.h.set(states);
    const dropped = this.drop.forward(raw);
    return [this.h_o.forward(dropped), raw, dropped];
  }
}
