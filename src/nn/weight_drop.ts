/**
 * WeightDrop: dropout on weights in place of activations.
 * @module
 */
import { StateError, ValueError } from "../errors.ts";
import { dropout } from "../ops/dropout.ts";
import type { Parameter } from "../tensor/arena.ts";
import type { Generator } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkProbability } from "./check.ts";
import { Module } from "./module.ts";

/** Options of {@link WeightDrop}. */
export interface WeightDropOptions {
  /** Names of the layer's parameters; by default all that begin with `weight_hh`: every layer and direction. */
  layerNames?: readonly string[];
  /** Stream to draw from; the program's stream "dropout" by default. */
  generator?: Generator;
}

/**
 * Wraps a recurrent layer whose hidden-to-hidden weights are dropped, while training, anew at every call: one mask for
 * all steps of time. In evaluation the weights are whole. The parameters move here, with `_raw` behind their names
 * (`weight_hh_l0_raw`), and gradients arrive at them; the layer's others stay (`module.weight_ih_l0`). These are fastai's
 * names, and its files load, with the copies of dropped weights (`module.weight_hh_l0`) that they hold passed over.
 * Merity, Keskar and Socher, "Regularizing and Optimizing LSTM Language Models", arXiv 1708.02182.
 * @example
 * const rnn = new w.nn.WeightDrop(new w.nn.LSTM(400, 1152, { batchFirst: true }), 0.2);
 * const [output, [hN, cN]] = rnn.forward(x);
 */
export class WeightDrop<In extends readonly unknown[], Out> extends Module<In, Out> {
  /** The wrapped layer. */
  readonly module: Module<In, Out>;
  /** Probability of zero; may be changed. */
  p: number;
  /** Names of the weights in the layer. */
  readonly layerNames: readonly string[];
  readonly #generator: Generator | undefined;
  /** What stands in the layer during a call. */
  readonly #dropped = new Map<string, Tensor>();

  /**
   * Wraps a layer.
   * @param module layer that reads its weights from its fields at every call
   * @param p probability of zero, 0.5 by default
   * @throws {ValueError} unless 0 <= p <= 1, and for names that are no parameters of the layer
   */
  constructor(module: Module<In, Out>, p = 0.5, { layerNames, generator }: WeightDropOptions = {}) {
    super();
    checkProbability("WeightDrop", "p", p);
    const own = new Map(module.namedParameters().filter(([name]) => !name.includes(".")));
    const names = layerNames ?? [...own.keys()].filter((name) => name.startsWith("weight_hh"));
    const unknown = names.find((name) => !own.has(name));
    if (!names.length || unknown !== undefined) {
      throw new ValueError(
        `Cannot make WeightDrop of ${module.constructor.name}: ${
          unknown === undefined ? "no parameter begins with weight_hh" : `it has no parameter ${unknown}`
        }, its parameters are ${[...own.keys()].join(", ") || "none"}`,
        { op: "WeightDrop", value: unknown ?? names },
      );
    }
    for (const name of names) {
      this.registerParameter(`${name}_raw`, own.get(name)!);
      // Not enumerable: the parameter has its place and its name here.
      Object.defineProperty(module, name, {
        get: () => this.#dropped.get(name) ?? this.#raw(name),
        enumerable: false,
        configurable: true,
      });
    }
    this.module = module;
    this.p = p;
    this.layerNames = [...names];
    this.#generator = generator;
  }

  #raw(name: string): Parameter {
    return (this as unknown as Record<string, Parameter>)[`${name}_raw`];
  }

  /** Runs the layer with weights of which some are zero. */
  override forward(...inputs: In): Out {
    if (this.#dropped.size) {
      throw new StateError("Cannot run WeightDrop inside its own call", { op: "WeightDrop" });
    }
    const options = { training: this.training, generator: this.#generator };
    try {
      for (const name of this.layerNames) {
        const raw = this.#raw(name), weight = dropout(raw, this.p, options);
        if (weight !== raw) this.#dropped.set(name, weight);
      }
      return this.module.forward(...inputs);
    } finally {
      for (const weight of this.#dropped.values()) weight.dispose(); // the graph holds what it needs
      this.#dropped.clear();
    }
  }

  /** fastai 0.7 keeps the raw weights in the layer; later versions store copies there that were dropped. */
  protected override otherNames(): Record<string, string[]> {
    return Object.fromEntries(this.layerNames.map((name) => [`${name}_raw`, [`module.${name}_raw`, `module.${name}`]]));
  }

  /** Probability for `toString()`. */
  protected override describe(): string {
    return `p: ${this.p}`;
  }
}
