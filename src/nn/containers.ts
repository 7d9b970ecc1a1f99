/**
 * Modules that hold other modules by number: Sequential calls them one after another, ModuleList only registers them.
 * @module
 */
import { StateError, ValueError } from "../errors.ts";
import type { AnyTensor, Tensor } from "../tensor/tensor.ts";
import { type Layer, Module } from "./module.ts";

/**
 * A list of modules that a model may index and loop over; named `0`, `1`, ... below its own name. Plain arrays in a
 * module's fields are not looked into.
 * @example
 * class Stack extends w.nn.Module {
 *   layers = new w.nn.ModuleList([new w.nn.Linear(8, 8), new w.nn.Linear(8, 8)]);
 *   forward(x: w.Tensor): w.Tensor {
 *     for (const layer of this.layers) x = layer.forward(x).relu();
 *     return x;
 *   }
 * }
 */
export class ModuleList<M extends Module = Module> extends Module implements Iterable<M> {
  readonly #items: M[] = [];

  /**
   * Makes the container.
   * @param modules first items
   */
  constructor(modules: Iterable<M> = []) {
    super();
    for (const module of modules) this.append(module);
  }

  /** Number of modules. */
  get length(): number {
    return this.#items.length;
  }

  /** The module of that number; negative numbers count from the end. @throws {ValueError} when there is none */
  at(index: number): M {
    const found = this.#items.at(index);
    if (!found) {
      throw new ValueError(`Cannot take module ${index}: there are ${this.length}`, { op: "ModuleList", value: index });
    }
    return found;
  }

  /** Adds a module at the end. */
  append(module: M): this {
    if (!(module instanceof Module)) {
      throw new ValueError(`Cannot append ${String(module)} to a ModuleList: it is not a module`, {
        op: "ModuleList",
        value: module,
      });
    }
    this.#items.push(module);
    return this;
  }

  /** In order. */
  [Symbol.iterator](): Iterator<M> {
    return this.#items[Symbol.iterator]();
  }

  /** The items by number. */
  protected override members(): Iterable<readonly [string, unknown]> {
    return this.#items.map((module, i) => [String(i), module] as const);
  }

  /** A list has no function of its own. @throws {StateError} always */
  override forward(): never {
    throw new StateError("Cannot call forward() of a ModuleList: loop over its modules", { op: "ModuleList" });
  }
}

/**
 * Calls its modules one after another, each with what the one before returned.
 * @example
 * const model = new w.nn.Sequential(new w.nn.Linear(4, 16), new w.nn.ReLU(), new w.nn.Linear(16, 3));
 */
export class Sequential extends Module<[x: AnyTensor], Tensor> implements Iterable<Module> {
  readonly #items: Module[];

  /**
   * Makes the container.
   * @param modules in order of application; each takes one tensor and returns one
   */
  constructor(...modules: Module[]) {
    super();
    for (const module of modules) {
      if (!(module instanceof Module)) {
        throw new ValueError(`Cannot make Sequential: ${String(module)} is not a module`, {
          op: "Sequential",
          value: module,
        });
      }
    }
    this.#items = modules;
  }

  /** Number of modules. */
  get length(): number {
    return this.#items.length;
  }

  /** The module of that number; negative numbers count from the end. @throws {ValueError} when there is none */
  at(index: number): Module {
    const found = this.#items.at(index);
    if (!found) {
      throw new ValueError(`Cannot take module ${index}: there are ${this.length}`, { op: "Sequential", value: index });
    }
    return found;
  }

  /** In order. */
  [Symbol.iterator](): Iterator<Module> {
    return this.#items[Symbol.iterator]();
  }

  /** The modules by number. */
  protected override members(): Iterable<readonly [string, unknown]> {
    return this.#items.map((module, i) => [String(i), module] as const);
  }

  /** What the last module returns. */
  override forward(x: AnyTensor): Tensor {
    let y: unknown = x;
    for (const module of this.#items) y = (module as Layer<[unknown], unknown>).forward(y);
    return y as Tensor;
  }
}
