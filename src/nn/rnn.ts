/**
 * RNN, LSTM and GRU: layers of recurrent cells over a sequence, in one direction or both. Parameters have PyTorch's
 * names: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, with `_reverse` behind for the second direction.
 * @module
 */
import { ShapeError, ValueError } from "../errors.ts";
import { dropout as drop } from "../ops/dropout.ts";
import { cat } from "../ops/assembly.ts";
import { slice, squeeze, transpose, unsqueeze } from "../ops/movement.ts";
import { recurrent, type RecurrentActivation, type RecurrentOptions, type RecurrentWeights } from "../ops/recurrent.ts";
import { type CellKind, GATES } from "../ops/recurrent_plan.ts";
import { Parameter } from "../tensor/arena.ts";
import { sameShape, show } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { checkInteger, checkProbability } from "./check.ts";
import { uniform_ } from "./init.ts";
import { Module } from "./module.ts";

/** Options of {@link RNN}, {@link LSTM} and {@link GRU}. */
export interface RecurrentLayerOptions {
  /** Layers on top of each other. Default 1. */
  numLayers?: number;
  /** Whether there are `bias_ih` and `bias_hh`. Default true. */
  bias?: boolean;
  /** Input and output are [batch, time, features] in place of [time, batch, features]; states never are. Default false. */
  batchFirst?: boolean;
  /** Probability of dropout on the outputs between layers, while training. Default 0. */
  dropout?: number;
  /** A second set of weights reads the sequence backwards; outputs stand behind each other. Default false. */
  bidirectional?: boolean;
  /** Forces one dispatch per step (`"step"`) or one for all steps (`"loop"`); both give the same bits. */
  algorithm?: "step" | "loop";
}

/** Options of {@link RNN}. */
export interface RNNOptions extends RecurrentLayerOptions {
  /** What bounds the hidden state. Default `"tanh"`. */
  nonlinearity?: "tanh" | "relu";
}

/** Options of {@link LSTM} and {@link GRU}. */
export interface GatedOptions extends RecurrentLayerOptions {
  /** Gates: PyTorch's sigmoid, or Keras' clip(0.2 x + 0.5, 0, 1). Default `"sigmoid"`. */
  recurrentActivation?: RecurrentActivation;
}

const NAMES: Readonly<Record<CellKind, string>> = { rnn: "RNN", gru: "GRU", lstm: "LSTM" };

/** What the three recurrent layers share. All parameters start uniform within 1 / sqrt(hiddenSize). */
export abstract class RecurrentLayer<State, Out> extends Module<[x: Tensor, state?: State | null], Out> {
  /** Features of the input. */
  readonly inputSize: number;
  /** Features of the hidden state, per direction. */
  readonly hiddenSize: number;
  /** Layers on top of each other. */
  readonly numLayers: number;
  /** Whether there are biases. */
  readonly bias: boolean;
  /** Whether the batch is the first dim of input and output. */
  readonly batchFirst: boolean;
  /** Probability of dropout between layers; may be changed. */
  dropout: number;
  /** Whether there are two directions. */
  readonly bidirectional: boolean;
  readonly #kind: CellKind;
  readonly #options: RecurrentOptions;

  /**
   * Makes the layer.
   * @param options those of the layer and of its cells
   * @throws {ValueError} for sizes that are no integers of at least 1, or other options out of range
   */
  constructor(kind: CellKind, inputSize: number, hiddenSize: number, options: RNNOptions & GatedOptions) {
    super();
    const { numLayers = 1, bias = true, batchFirst = false, dropout = 0, bidirectional = false, ...cell } = options;
    const name = NAMES[kind];
    checkInteger(name, "inputSize", inputSize);
    checkInteger(name, "hiddenSize", hiddenSize);
    checkInteger(name, "numLayers", numLayers);
    checkProbability(name, "dropout", dropout);
    checkChoice(name, "nonlinearity", cell.nonlinearity, ["tanh", "relu"]);
    checkChoice(name, "recurrentActivation", cell.recurrentActivation, ["sigmoid", "hardSigmoid"]);
    checkChoice(name, "algorithm", cell.algorithm, ["step", "loop"]);
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.numLayers = numLayers;
    this.bias = bias;
    this.batchFirst = batchFirst;
    this.dropout = dropout;
    this.bidirectional = bidirectional;
    this.#kind = kind;
    this.#options = { ...cell, reverse: bidirectional ? [false, true] : [false] };
    const rows = GATES[kind] * hiddenSize, bound = 1 / Math.sqrt(hiddenSize);
    for (let layer = 0; layer < numLayers; layer++) {
      const inputs = layer === 0 ? inputSize : hiddenSize * this.#directions;
      for (const suffix of this.#suffixes(layer)) {
        const make = (what: string, shape: number[]) =>
          this.registerParameter(what + suffix, uniform_(new Parameter({ shape }), { a: -bound, b: bound }));
        make("weight_ih", [rows, inputs]);
        make("weight_hh", [rows, hiddenSize]);
        if (bias) make("bias_ih", [rows]);
        if (bias) make("bias_hh", [rows]);
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
  #weights(layer: number): RecurrentWeights[] {
    const fields = this as unknown as Record<string, Tensor>;
    return this.#suffixes(layer).map((suffix) => ({
      weightIh: fields[`weight_ih${suffix}`],
      weightHh: fields[`weight_hh${suffix}`],
      biasIh: this.bias ? fields[`bias_ih${suffix}`] : null,
      biasHh: this.bias ? fields[`bias_hh${suffix}`] : null,
    }));
  }

  /** Runs all layers. `states` are one tensor (or two) of [layers * directions, batch, hidden]; so are those returned. */
  protected run(x0: Tensor, states: readonly Tensor[] | null): [output: Tensor, ...states: Tensor[]] {
    this.#check(x0, states);
    const alone = x0.shape.length === 2; // one sequence without a batch dim
    const time = this.batchFirst && !alone ? transpose(x0, 0, 1) : alone ? unsqueeze(x0, 1) : x0;
    const given = states && alone ? states.map((s) => unsqueeze(s, 1)) : states;
    const n = this.#directions, finals: Tensor[][] = [];
    let x = time;
    for (let layer = 0; layer < this.numLayers; layer++) {
      if (layer > 0 && this.dropout > 0) x = drop(x, this.dropout, { training: this.training });
      const own = given && given.map((s) => this.numLayers === 1 ? s : slice(s, 0, layer * n, (layer + 1) * n));
      const [output, ...last] = recurrent(this.#kind, x, this.#weights(layer), own, this.#options);
      x = output;
      finals.push(last);
    }
    const joined = finals[0].map((first, i) => finals.length === 1 ? first : cat(finals.map((last) => last[i]), 0));
    if (alone) return [squeeze(x, 1), ...joined.map((s) => squeeze(s, 1))];
    return [this.batchFirst ? transpose(x, 0, 1) : x, ...joined];
  }

  #check(x: Tensor, states: readonly Tensor[] | null): void {
    const name = NAMES[this.#kind], names = this.#kind === "lstm" ? ["h0", "c0"] : ["h0"], { shape } = x;
    if (states && (states.length !== names.length || !states.every((s) => s instanceof Tensor))) {
      throw new ValueError(`Cannot run ${name} with these states: wanted ${names.join(" and ")}, each a tensor`, {
        op: name,
        value: states,
      });
    }
    for (const t of [x, ...states ?? []]) t.use(name, `run ${name} on`);
    const layout = this.batchFirst ? "[batch, time, " : "[time, batch, ";
    if ((shape.length !== 2 && shape.length !== 3) || shape.at(-1) !== this.inputSize) {
      throw new ShapeError(
        `Cannot run ${name} on x ${show(shape)}: wanted ${layout}${this.inputSize}] or [time, ${this.inputSize}]`,
        { op: name, shapes: [shape] },
      );
    }
    const count = this.numLayers * this.#directions, batch = shape.length === 2 ? [] : [shape[this.batchFirst ? 0 : 1]];
    const wanted = [count, ...batch, this.hiddenSize];
    states?.forEach((state, i) => {
      if (sameShape(state.shape, wanted)) return;
      throw new ShapeError(
        `Cannot run ${name} on x ${show(shape)} with ${names[i]} ${show(state.shape)}: wanted ${show(wanted)} ` +
          `([layers * directions${batch.length ? ", batch" : ""}, hidden])`,
        { op: name, shapes: [shape, state.shape] },
      );
    });
  }

  /** Sizes and options for `toString()`. */
  protected override describe(): string {
    const more = [
      this.numLayers > 1 ? `, numLayers: ${this.numLayers}` : "",
      this.bias ? "" : ", bias: false",
      this.batchFirst ? ", batchFirst: true" : "",
      this.dropout > 0 ? `, dropout: ${this.dropout}` : "",
      this.bidirectional ? ", bidirectional: true" : "",
    ];
    return `${this.inputSize}, ${this.hiddenSize}${more.join("")}`;
  }
}

function checkChoice(layer: string, name: string, value: string | undefined, choices: readonly string[]): void {
  if (value !== undefined && !choices.includes(value)) {
    const wanted = choices.map((choice) => `"${choice}"`).join(" or ");
    throw new ValueError(`Cannot make ${layer}: ${name} is ${String(value)}, wanted ${wanted}`, { op: layer, value });
  }
}

/**
 * The plain recurrent layer, as in PyTorch: `h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh)`, or with relu.
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
   * Runs over a sequence.
   * @param x [time, batch, inputSize], [batch, time, inputSize] with `batchFirst`, or [time, inputSize]
   * @param h0 [numLayers * directions, batch, hiddenSize], zeros by default
   * @returns `[output, hN]`: output as x with directions * hiddenSize features, hN as h0
   * @throws {ShapeError} when a shape does not fit
   */
  override forward(x: Tensor, h0?: Tensor | null): [output: Tensor, hN: Tensor] {
    return this.run(x, h0 ? [h0] : null) as [Tensor, Tensor];
  }
}

/**
 * The gated recurrent layer, as in PyTorch: `r, z = sigmoid(...)`, `n = tanh(W_in x + b_in + r * (W_hn h + b_hn))`,
 * `h_t = (1 - z) * n + z * h_(t-1)`. Rows of the weights: r, z, n.
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
   * Runs over a sequence.
   * @param x [time, batch, inputSize], [batch, time, inputSize] with `batchFirst`, or [time, inputSize]
   * @param h0 [numLayers * directions, batch, hiddenSize], zeros by default
   * @returns `[output, hN]`: output as x with directions * hiddenSize features, hN as h0
   * @throws {ShapeError} when a shape does not fit
   */
  override forward(x: Tensor, h0?: Tensor | null): [output: Tensor, hN: Tensor] {
    return this.run(x, h0 ? [h0] : null) as [Tensor, Tensor];
  }
}

/**
 * Long short-term memory, as in PyTorch: `i, f, o = sigmoid(...)`, `g = tanh(...)`, `c_t = f * c_(t-1) + i * g`,
 * `h_t = o * tanh(c_t)`. Rows of the weights: i, f, g, o.
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
  constructor(inputSize: number, hiddenSize: number, options: GatedOptions = {}) {
    super("lstm", inputSize, hiddenSize, options);
  }

  /**
   * Runs over a sequence.
   * @param x [time, batch, inputSize], [batch, time, inputSize] with `batchFirst`, or [time, inputSize]
   * @param states `[h0, c0]`, each [numLayers * directions, batch, hiddenSize], zeros by default
   * @returns `[output, [hN, cN]]`: output as x with directions * hiddenSize features, hN and cN as h0
   * @throws {ShapeError} when a shape does not fit
   */
  override forward(
    x: Tensor,
    states?: readonly [h0: Tensor, c0: Tensor] | null,
  ): [output: Tensor, states: [hN: Tensor, cN: Tensor]] {
    const [output, hN, cN] = this.run(x, states ?? null);
    return [output, [hN, cN]];
  }
}
