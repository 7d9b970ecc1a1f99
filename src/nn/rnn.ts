/**
 * RNN, LSTM and GRU: layers of recurrent cells over a sequence, in one direction or both, padded or packed. Parameters
 * have PyTorch's names: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0` (LSTM with projections: `weight_hr_l0`),
 * with `_reverse` behind for the second direction.
 * @module
 */
import type { Tensor } from "../tensor/tensor.ts";
import { RecurrentLayer } from "./recurrent_layer.ts";
import type { GatedOptions, LSTMOptions, RNNOptions, SequenceOptions } from "./rnn_options.ts";
import type { PackedSequence } from "./utils/packed_sequence.ts";

/**
 * The plain recurrent layer, as in PyTorch: `h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh)`, or with relu.
 *
 * Saved for backward, per layer and direction: the hidden states [rows, H], and the gates of which there is one,
 * [rows, H]; per layer its input [rows, features]. Rows are time * batch, or the sum of the lengths.
 * @example
 * const rnn = new w.nn.RNN(64, 64, { numLayers: 2, batchFirst: true });
 * const [output, hN] = rnn.forward(x); // x [B, T, 64]: output [B, T, 64], hN [2, B, 64]
 */
export class RNN extends RecurrentLayer<Tensor, [output: Tensor, hN: Tensor]> {
  /**
   * Makes the layer.
   * @throws {ValueError} for sizes that are no integers of at least 1, or other options out of range
   */
  constructor(inputSize: number, hiddenSize: number, options: RNNOptions = {}) {
    super("rnn", inputSize, hiddenSize, options);
  }

  /**
   * Runs over a packed batch.
   * @param x data [rows, inputSize]
   * @param h0 [numLayers * directions, batch, hiddenSize] in the order in which the sequences were given; default zeros
   * @returns `[output, hN]`: output packed as x with directions * hiddenSize features, hN as h0, at each sequence's end
   * @throws {ShapeError} when a shape does not fit
   */
  override forward(x: PackedSequence, h0?: Tensor | null): [output: PackedSequence, hN: Tensor];
  /**
   * Runs over a sequence.
   * @param x [time, batch, inputSize], [batch, time, inputSize] with `batchFirst`, or [time, inputSize]
   * @param h0 [numLayers * directions, batch, hiddenSize], zeros by default
   * @param options `lengths` of the sequences where x is padded
   * @returns `[output, hN]`: output as x with directions * hiddenSize features, hN as h0
   * @throws {ShapeError} when a shape does not fit
   * @throws {ValueError} for lengths that are not integers from 1 to time
   */
  override forward(x: Tensor, h0?: Tensor | null, options?: SequenceOptions): [output: Tensor, hN: Tensor];
  override forward(
    x: Tensor | PackedSequence,
    h0?: Tensor | null,
    options: SequenceOptions = {},
  ): [output: Tensor & PackedSequence, hN: Tensor] {
    return this.run(x, h0 ? [h0] : null, options) as [Tensor & PackedSequence, Tensor];
  }
}

/**
 * The gated recurrent layer, as in PyTorch: `r, z = sigmoid(...)`, `n = tanh(W_in x + b_in + r * (W_hn h + b_hn))`,
 * `h_t = (1 - z) * n + z * h_(t-1)`. Rows of the weights: r, z, n.
 *
 * Saved for backward, per layer and direction: the gates [rows, 3 H] with the product that r scales [rows, H], and the
 * hidden states [rows, H]; per layer its input [rows, features]. Rows are time * batch, or the sum of the lengths.
 *
 * Source: Cho et al.: Learning phrase representations using RNN encoder-decoder (2014), with the reset gate behind the
 * product.
 */
export class GRU extends RecurrentLayer<Tensor, [output: Tensor, hN: Tensor]> {
  /**
   * Makes the layer.
   * @throws {ValueError} for sizes that are no integers of at least 1, or other options out of range
   */
  constructor(inputSize: number, hiddenSize: number, options: GatedOptions = {}) {
    super("gru", inputSize, hiddenSize, options);
  }

  /**
   * Runs over a packed batch.
   * @param x data [rows, inputSize]
   * @param h0 [numLayers * directions, batch, hiddenSize] in the order in which the sequences were given; default zeros
   * @returns `[output, hN]`: output packed as x with directions * hiddenSize features, hN as h0, at each sequence's end
   * @throws {ShapeError} when a shape does not fit
   */
  override forward(x: PackedSequence, h0?: Tensor | null): [output: PackedSequence, hN: Tensor];
  /**
   * Runs over a sequence.
   * @param x [time, batch, inputSize], [batch, time, inputSize] with `batchFirst`, or [time, inputSize]
   * @param h0 [numLayers * directions, batch, hiddenSize], zeros by default
   * @param options `lengths` of the sequences where x is padded
   * @returns `[output, hN]`: output as x with directions * hiddenSize features, hN as h0
   * @throws {ShapeError} when a shape does not fit
   * @throws {ValueError} for lengths that are not integers from 1 to time
   */
  override forward(x: Tensor, h0?: Tensor | null, options?: SequenceOptions): [output: Tensor, hN: Tensor];
  override forward(
    x: Tensor | PackedSequence,
    h0?: Tensor | null,
    options: SequenceOptions = {},
  ): [output: Tensor & PackedSequence, hN: Tensor] {
    return this.run(x, h0 ? [h0] : null, options) as [Tensor & PackedSequence, Tensor];
  }
}

/**
 * Long short-term memory, as in PyTorch: `i, f, o = sigmoid(...)`, `g = tanh(...)`, `c_t = f * c_(t-1) + i * g`,
 * `h_t = o * tanh(c_t)`. Rows of the weights: i, f, g, o. With `projSize`, `h_t = W_hr (o * tanh(c_t))`: P is then
 * projSize, else hiddenSize.
 *
 * Saved for backward, per layer and direction: the gates [rows, 4 H], the hidden states and the cell states [rows, H];
 * per layer its input [rows, features]. Rows are time * batch, or the sum of the lengths. Projections add o * tanh(c)
 * [rows, directions H] per layer.
 *
 * Source: Hochreiter, Schmidhuber: Long short-term memory (1997), with the forget gate of Gers et al. (2000);
 * projections: Sak, Senior, Beaufays: Long short-term memory based recurrent neural network architectures (2014).
 * @example
 * const lstm = new w.nn.LSTM(300, 128, { bidirectional: true, batchFirst: true });
 * const [output, [hN, cN]] = lstm.forward(x); // x [B, T, 300]: output [B, T, 256], hN and cN [2, B, 128]
 */
export class LSTM
  extends RecurrentLayer<readonly [h0: Tensor, c0: Tensor], [output: Tensor, states: [hN: Tensor, cN: Tensor]]> {
  /**
   * Makes the layer.
   * @throws {ValueError} for sizes that are no integers of at least 1, or other options out of range
   */
  constructor(inputSize: number, hiddenSize: number, options: LSTMOptions = {}) {
    super("lstm", inputSize, hiddenSize, options);
  }

  /**
   * Runs over a packed batch.
   * @param x data [rows, inputSize]
   * @param states `[h0, c0]`: [numLayers * directions, batch, P] and [numLayers * directions, batch, hiddenSize] in the
   * order in which the sequences were given; zeros by default
   * @returns `[output, [hN, cN]]`: output packed as x with directions * P features, hN and cN as h0 and c0, at each
   * sequence's end
   * @throws {ShapeError} when a shape does not fit
   */
  override forward(
    x: PackedSequence,
    states?: readonly [h0: Tensor, c0: Tensor] | null,
  ): [output: PackedSequence, states: [hN: Tensor, cN: Tensor]];
  /**
   * Runs over a sequence.
   * @param x [time, batch, inputSize], [batch, time, inputSize] with `batchFirst`, or [time, inputSize]
   * @param states `[h0, c0]`: [numLayers * directions, batch, P] and [numLayers * directions, batch, hiddenSize], zeros by
   * default
   * @param options `lengths` of the sequences where x is padded
   * @returns `[output, [hN, cN]]`: output as x with directions * P features, hN and cN as h0 and c0
   * @throws {ShapeError} when a shape does not fit
   * @throws {ValueError} for lengths that are not integers from 1 to time
   */
  override forward(
    x: Tensor,
    states?: readonly [h0: Tensor, c0: Tensor] | null,
    options?: SequenceOptions,
  ): [output: Tensor, states: [hN: Tensor, cN: Tensor]];
  override forward(
    x: Tensor | PackedSequence,
    states?: readonly [h0: Tensor, c0: Tensor] | null,
    options: SequenceOptions = {},
  ): [output: Tensor & PackedSequence, states: [hN: Tensor, cN: Tensor]] {
    const [output, hN, cN] = this.run(x, states ?? null, options);
    return [output as Tensor & PackedSequence, [hN, cN]];
  }
}
