/**
 * Options of the recurrent layers and cells, with the refusals that both share.
 * @module
 */
import { ValueError } from "../errors.ts";
import type { RecurrentActivation } from "../ops/recurrent.ts";
import { type CellKind, GATES, type RecurrentAlgorithm } from "../ops/recurrent_plan.ts";
import { Parameter } from "../tensor/arena.ts";
import type { FloatDType } from "../tensor/dtype.ts";
import { checkInteger, checkProbability } from "./check.ts";
import { uniform_ } from "./init.ts";
import type { Lengths } from "./utils/packed_layout.ts";

/** How a recurrent layer is run; every choice gives the same bits. */
export interface RecurrentRunOptions {
  /**
   * Forces how the steps are dispatched: `"step"`, one dispatch each; `"pair"`, the same with the state handed on in small
   * lists, which suits processors; `"loop"`, one workgroup goes over all steps, for small hidden sizes. By default the
   * shape and the adapter decide. A call whose sizes the forced one does not suit throws a ValueError.
   */
  rnnAlgorithm?: RecurrentAlgorithm;
}

/** Options of {@link RNN}, {@link LSTM} and {@link GRU}. */
export interface RecurrentLayerOptions extends RecurrentRunOptions {
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
  /**
   * `"f16"` computes with f16 copies of input and weights, keeps gates and output as f16, and adds up and carries states
   * in f32; parameters and their gradients stay f32. For adapters with `shader-f16`. Default `"f32"`.
   */
  dtype?: FloatDType;
}

/** Options of {@link RNN}. */
export interface RNNOptions extends RecurrentLayerOptions {
  /** What bounds the hidden state. Default `"tanh"`. */
  nonlinearity?: "tanh" | "relu";
}

/** Options of {@link GRU}, and of {@link LSTM}. */
export interface GatedOptions extends RecurrentLayerOptions {
  /** Gates: PyTorch's sigmoid, or Keras' clip(0.2 x + 0.5, 0, 1). Default `"sigmoid"`. */
  recurrentActivation?: RecurrentActivation;
}

/** Options of {@link LSTM}. */
export interface LSTMOptions extends GatedOptions {
  /** Features that the hidden state is projected to, below hiddenSize; 0 for none. Default 0. */
  projSize?: number;
}

/** Options of one call of a recurrent layer. */
export interface SequenceOptions {
  /**
   * Steps of each sequence of a padded batch, in any order, each from 1 to time. Rows behind a sequence's end are neither
   * read nor written: they are zero in the output, and the final states are those at each sequence's own end.
   */
  lengths?: Lengths | null;
}

/** Every option that a layer may have. */
export type AllOptions = RNNOptions & LSTMOptions;

/** Names of the layers by kind of cell. */
export const NAMES: Readonly<Record<CellKind, string>> = { rnn: "RNN", gru: "GRU", lstm: "LSTM" };

/** Names of the initial states. */
export const STATES: Readonly<Record<CellKind, readonly string[]>> = { rnn: ["h0"], gru: ["h0"], lstm: ["h0", "c0"] };

/** Throws for sizes and options out of range. */
export function checkOptions(name: string, inputSize: number, hiddenSize: number, options: AllOptions): void {
  checkInteger(name, "inputSize", inputSize);
  checkInteger(name, "hiddenSize", hiddenSize);
  checkInteger(name, "numLayers", options.numLayers ?? 1);
  checkProbability(name, "dropout", options.dropout ?? 0);
  checkChoice(name, "nonlinearity", options.nonlinearity, ["tanh", "relu"]);
  checkChoice(name, "recurrentActivation", options.recurrentActivation, ["sigmoid", "hardSigmoid"]);
  checkChoice(name, "rnnAlgorithm", options.rnnAlgorithm, ["step", "loop", "pair"]);
  checkChoice(name, "dtype", options.dtype, ["f32", "f16"]);
  const { projSize = 0 } = options;
  checkInteger(name, "projSize", projSize, 0);
  if (projSize >= hiddenSize) {
    throw new ValueError(
      `Cannot make ${name}: projSize is ${projSize}, wanted less than hiddenSize ${hiddenSize} (0 for none)`,
      { op: name, value: projSize },
    );
  }
}

function checkChoice(layer: string, name: string, value: string | undefined, choices: readonly string[]): void {
  if (value !== undefined && !choices.includes(value)) {
    const wanted = choices.map((choice) => `"${choice}"`).join(" or ");
    throw new ValueError(`Cannot make ${layer}: ${name} is ${String(value)}, wanted ${wanted}`, { op: layer, value });
  }
}

/** The parameters of one direction of one layer in PyTorch's order, uniform within 1 / sqrt(hidden). */
export function makeParameters(
  kind: CellKind,
  { inputs, hidden, projected = 0, bias }: { inputs: number; hidden: number; projected?: number; bias: boolean },
): [name: string, parameter: Parameter][] {
  const rows = GATES[kind] * hidden, bound = 1 / Math.sqrt(hidden);
  const shapes: [string, number[]][] = [["weight_ih", [rows, inputs]], ["weight_hh", [rows, projected || hidden]]];
  if (bias) shapes.push(["bias_ih", [rows]], ["bias_hh", [rows]]);
  if (projected) shapes.push(["weight_hr", [projected, hidden]]);
  return shapes.map(([name, shape]) => [name, uniform_(new Parameter({ shape }), { a: -bound, b: bound })]);
}
