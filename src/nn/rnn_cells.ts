/**
 * RNNCell, LSTMCell and GRUCell: one step of the recurrent layers, for loops that the user writes. They run the layers'
 * own kernels over one step, so a loop of cells gives the layer's bits. Parameters have PyTorch's names: `weight_ih`,
 * `weight_hh`, `bias_ih`, `bias_hh`.
 * @module
 */
import { ShapeError, ValueError } from "../errors.ts";
import { squeeze, unsqueeze } from "../ops/movement.ts";
import { recurrent, type RecurrentOptions } from "../ops/recurrent.ts";
import type { CellKind } from "../ops/recurrent_plan.ts";
import type { Parameter } from "../tensor/arena.ts";
import { tidy } from "../tensor/scope.ts";
import { sameShape, show } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { checkTensor } from "./check_tensor.ts";
import { Module } from "./module.ts";
import { checkOptions, type GatedOptions, makeParameters, NAMES, type RNNOptions, STATES } from "./rnn_options.ts";

/** Options of {@link RNNCell}. */
export type RNNCellOptions = Pick<RNNOptions, "bias" | "nonlinearity">;

/** Options of {@link LSTMCell} and {@link GRUCell}. */
export type GatedCellOptions = Pick<GatedOptions, "bias" | "recurrentActivation">;

/** What the three cells share. All parameters start uniform within 1 / sqrt(hiddenSize). */
export abstract class RecurrentCell<State> extends Module<[x: Tensor, state?: State | null], State> {
  /** [gates * hiddenSize, inputSize]. */
  weight_ih: Parameter;
  /** [gates * hiddenSize, hiddenSize]. */
  weight_hh: Parameter;
  /** [gates * hiddenSize], or null. */
  bias_ih: Parameter | null;
  /** [gates * hiddenSize], or null. */
  bias_hh: Parameter | null;
  /** Features of the input. */
  readonly inputSize: number;
  /** Features of the state. */
  readonly hiddenSize: number;
  readonly #kind: CellKind;
  readonly #options: RecurrentOptions;

  /**
   * Makes the cell.
   * @throws {ValueError} for sizes that are no integers of at least 1, or other options out of range
   */
  constructor(kind: CellKind, inputSize: number, hiddenSize: number, options: RNNCellOptions & GatedCellOptions) {
    super();
    checkOptions(`${NAMES[kind]}Cell`, inputSize, hiddenSize, options);
    const { bias = true, ...cell } = options, sizes = { inputs: inputSize, hidden: hiddenSize, bias };
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.#kind = kind;
    this.#options = cell;
    const made = makeParameters(kind, sizes).map(([, parameter]) => parameter);
    [this.weight_ih, this.weight_hh] = made;
    [this.bias_ih, this.bias_hh] = bias ? made.slice(2) : [null, null];
  }

  /** One step: the new states. */
  protected run(x: Tensor, states: readonly Tensor[] | null): Tensor[] {
    this.#check(x, states);
    const alone = x.ndim === 1,
      weights = [{
        weightIh: this.weight_ih,
        weightHh: this.weight_hh,
        biasIh: this.bias_ih,
        biasHh: this.bias_hh,
      }];
    return tidy(() => {
      const lift = (t: Tensor) => unsqueeze(alone ? unsqueeze(t, 0) : t, 0);
      const [, ...last] = recurrent(this.#kind, lift(x), weights, states && states.map(lift), this.#options);
      return last.map((s) => alone ? squeeze(squeeze(s, 0), 0) : squeeze(s, 0));
    });
  }

  #check(x: Tensor, states: readonly Tensor[] | null): void {
    const name = `${NAMES[this.#kind]}Cell`, names = STATES[this.#kind].map((s) => s[0]);
    if (states && (states.length !== names.length || !states.every((s) => s instanceof Tensor))) {
      throw new ValueError(`Cannot run ${name} with this state: wanted ${names.join(" and ")}, each a tensor`, {
        op: name,
        value: states,
      });
    }
    for (const t of [x, ...states ?? []]) checkTensor(name, `run ${name} on`, t);
    const { shape } = x;
    if ((shape.length !== 1 && shape.length !== 2) || shape.at(-1) !== this.inputSize) {
      throw new ShapeError(
        `Cannot run ${name} on x ${show(shape)}: wanted [batch, ${this.inputSize}] or [${this.inputSize}]`,
        { op: name, shapes: [shape] },
      );
    }
    const wanted = [...shape.slice(0, -1), this.hiddenSize];
    states?.forEach((state, i) => {
      if (sameShape(state.shape, wanted)) return;
      throw new ShapeError(
        `Cannot run ${name} on x ${show(shape)} with ${names[i]} ${show(state.shape)}: wanted ${show(wanted)}`,
        { op: name, shapes: [shape, state.shape] },
      );
    });
  }

  /** Sizes for `toString()`. */
  protected override describe(): string {
    return `${this.inputSize}, ${this.hiddenSize}${this.bias_ih ? "" : ", bias: false"}`;
  }
}

/**
 * One step of {@link RNN}: `h' = tanh(W_ih x + b_ih + W_hh h + b_hh)`, or with relu.
 * @example
 * const cell = new w.nn.RNNCell(10, 20);
 * let h = w.zeros([32, 20]);
 * for (const x of steps) h = cell.forward(x, h); // x [32, 10]
 */
export class RNNCell extends RecurrentCell<Tensor> {
  /**
   * Makes the cell.
   * @throws {ValueError} for sizes that are no integers of at least 1, or other options out of range
   */
  constructor(inputSize: number, hiddenSize: number, options: RNNCellOptions = {}) {
    super("rnn", inputSize, hiddenSize, options);
  }

  /**
   * One step.
   * @param x [batch, inputSize] or [inputSize]
   * @param h [batch, hiddenSize] or [hiddenSize], zeros by default
   * @returns the new h
   * @throws {ShapeError} when a shape does not fit
   */
  override forward(x: Tensor, h?: Tensor | null): Tensor {
    return this.run(x, h ? [h] : null)[0];
  }
}

/** One step of {@link GRU}. */
export class GRUCell extends RecurrentCell<Tensor> {
  /**
   * Makes the cell.
   * @throws {ValueError} for sizes that are no integers of at least 1, or other options out of range
   */
  constructor(inputSize: number, hiddenSize: number, options: GatedCellOptions = {}) {
    super("gru", inputSize, hiddenSize, options);
  }

  /**
   * One step.
   * @param x [batch, inputSize] or [inputSize]
   * @param h [batch, hiddenSize] or [hiddenSize], zeros by default
   * @returns the new h
   * @throws {ShapeError} when a shape does not fit
   */
  override forward(x: Tensor, h?: Tensor | null): Tensor {
    return this.run(x, h ? [h] : null)[0];
  }
}

/** One step of {@link LSTM}. */
export class LSTMCell extends RecurrentCell<readonly [h: Tensor, c: Tensor]> {
  /**
   * Makes the cell.
   * @throws {ValueError} for sizes that are no integers of at least 1, or other options out of range
   */
  constructor(inputSize: number, hiddenSize: number, options: GatedCellOptions = {}) {
    super("lstm", inputSize, hiddenSize, options);
  }

  /**
   * One step.
   * @param x [batch, inputSize] or [inputSize]
   * @param state `[h, c]`, each [batch, hiddenSize] or [hiddenSize], zeros by default
   * @returns the new `[h, c]`
   * @throws {ShapeError} when a shape does not fit
   */
  override forward(x: Tensor, state?: readonly [h: Tensor, c: Tensor] | null): [h: Tensor, c: Tensor] {
    return this.run(x, state ?? null) as [Tensor, Tensor];
  }
}
