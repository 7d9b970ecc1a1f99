/**
 * What RNN, GRU and LSTM share: parameters under PyTorch's names, layers on top of each other, two directions, dropout
 * between layers. `rnn_input.ts` lays out what they are given, the fused op runs each layer.
 * @module
 */
import { cat } from "../ops/assembly.ts";
import { toFloat } from "../ops/half.ts";
import { dropout as drop } from "../ops/dropout.ts";
import { slice } from "../ops/movement.ts";
import { recurrent, type RecurrentOptions, type RecurrentWeights } from "../ops/recurrent.ts";
import type { CellKind } from "../ops/recurrent_plan.ts";
import { tidy } from "../tensor/scope.ts";
import type { FloatDType } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";
import { type Expected, type Sequences, sequencesOf } from "./rnn_input.ts";
import { type AllOptions, checkOptions, makeParameters, NAMES, type SequenceOptions, STATES } from "./rnn_options.ts";
import { type ProjectedWeights, projectOutput, projectState, unproject } from "./rnn_projection.ts";
import type { PackedSequence } from "./utils/packed_sequence.ts";

/** What the three recurrent layers share. All parameters start uniform within 1 / sqrt(hiddenSize). */
export abstract class RecurrentLayer<State, Out>
  extends Module<[x: Tensor, state?: State | null, options?: SequenceOptions], Out> {
  /** Features of the input. */
  readonly inputSize: number;
  /** Features of the hidden state, per direction. */
  readonly hiddenSize: number;
  /** Layers on top of each other. */
  readonly numLayers: number;
  /** Whether there are biases. */
  readonly bias: boolean;
  /** Whether the batch is the first dim of a padded input and its output. */
  readonly batchFirst: boolean;
  /** Probability of dropout between layers; may be changed. */
  dropout: number;
  /** Element type of the arithmetic's operands and of the output; may be changed. */
  dtype: FloatDType;
  /** Whether there are two directions. */
  readonly bidirectional: boolean;
  /** Features that the hidden state is projected to; 0 for none. */
  readonly projSize: number;
  readonly #kind: CellKind;
  readonly #options: RecurrentOptions;

  /**
   * Makes the layer.
   * @param options those of the layer and of its cells
   * @throws {ValueError} for sizes that are no integers of at least 1, or other options out of range
   */
  constructor(kind: CellKind, inputSize: number, hiddenSize: number, options: AllOptions) {
    super();
    checkOptions(NAMES[kind], inputSize, hiddenSize, options);
    const {
      numLayers = 1,
      bias = true,
      batchFirst = false,
      dropout = 0,
      bidirectional = false,
      projSize = 0,
      dtype = "f32",
    } = options;
    const { nonlinearity, recurrentActivation, rnnAlgorithm: algorithm } = options;
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.numLayers = numLayers;
    this.bias = bias;
    this.batchFirst = batchFirst;
    this.dropout = dropout;
    this.dtype = dtype;
    this.bidirectional = bidirectional;
    this.projSize = projSize;
    this.#kind = kind;
    this.#options = { nonlinearity, recurrentActivation, algorithm, reverse: bidirectional ? [false, true] : [false] };
    for (let layer = 0; layer < numLayers; layer++) {
      const inputs = layer === 0 ? inputSize : (projSize || hiddenSize) * this.#directions;
      for (const suffix of this.#suffixes(layer)) {
        const made = makeParameters(kind, { inputs, hidden: hiddenSize, projected: projSize, bias });
        for (const [name, parameter] of made) this.registerParameter(name + suffix, parameter);
      }
    }
  }

  get #directions(): number {
    return this.bidirectional ? 2 : 1;
  }

  #suffixes(layer: number): string[] {
    return this.bidirectional ? [`_l${layer}`, `_l${layer}_reverse`] : [`_l${layer}`];
  }

  /** The fields are read at every call: something else may stand in place of a parameter. */
  #weights(layer: number): (RecurrentWeights & { weightHr?: Tensor })[] {
    const fields = this as unknown as Record<string, Tensor>;
    return this.#suffixes(layer).map((suffix) => ({
      weightIh: fields[`weight_ih${suffix}`],
      weightHh: fields[`weight_hh${suffix}`],
      biasIh: this.bias ? fields[`bias_ih${suffix}`] : null,
      biasHh: this.bias ? fields[`bias_hh${suffix}`] : null,
      weightHr: fields[`weight_hr${suffix}`],
    }));
  }

  get #expected(): Expected {
    return {
      name: NAMES[this.#kind],
      states: STATES[this.#kind],
      inputs: this.inputSize,
      count: this.numLayers * this.#directions,
      features: [this.projSize || this.hiddenSize, this.hiddenSize],
      batchFirst: this.batchFirst,
    };
  }

  /** Runs all layers. `states` are one tensor (or two) of [layers * directions, batch, features]; so are those returned. */
  protected run(
    x: Tensor | PackedSequence,
    states: readonly Tensor[] | null,
    options: SequenceOptions,
  ): [output: Tensor | PackedSequence, ...states: Tensor[]] {
    return tidy(() => {
      const sequences = sequencesOf(x, states, options, this.#expected), n = this.#directions;
      const finals: Tensor[][] = [];
      let y = toFloat(sequences.x, this.dtype, true);
      for (let layer = 0; layer < this.numLayers; layer++) {
        if (layer > 0 && this.dropout > 0) y = drop(y, this.dropout, { training: this.training });
        const own = (s: Tensor) => this.numLayers === 1 ? s : slice(s, 0, layer * n, (layer + 1) * n);
        const [output, ...last] = this.#layer(layer, y, sequences.states && sequences.states.map(own), sequences);
        y = output;
        finals.push(last);
      }
      const joined = finals[0].map((first, i) => finals.length === 1 ? first : cat(finals.map((last) => last[i]), 0));
      return [sequences.output(y), ...joined.map(sequences.final)];
    });
  }

  #layer(number: number, x: Tensor, states: readonly Tensor[] | null, { layout }: Sequences): Tensor[] {
    const weights = this.#weights(number), options = { ...this.#options, batchSizes: layout?.batchSizes };
    if (this.projSize === 0) return recurrent(this.#kind, x, weights, states, options);
    const projected = weights as ProjectedWeights[], plain = unproject(x, projected, states, layout);
    const [m, mN, cN] = recurrent(this.#kind, plain.x, plain.weights, plain.states, options);
    return [projectOutput(m, projected), projectState(mN, projected), cN];
  }

  /** Sizes and options for `toString()`. */
  protected override describe(): string {
    const more = [
      this.projSize > 0 ? `, projSize: ${this.projSize}` : "",
      this.numLayers > 1 ? `, numLayers: ${this.numLayers}` : "",
      this.bias ? "" : ", bias: false",
      this.batchFirst ? ", batchFirst: true" : "",
      this.dropout > 0 ? `, dropout: ${this.dropout}` : "",
      this.bidirectional ? ", bidirectional: true" : "",
      this.dtype === "f16" ? ", dtype: f16" : "",
    ];
    return `${this.inputSize}, ${this.hiddenSize}${more.join("")}`;
  }
}
