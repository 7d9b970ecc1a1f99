/**
 * Module: the base of all layers and models. What is assigned to a field is found there: parameters, buffers, state
 * cells and other modules, under the field's name and in the order of assignment. Names are PyTorch's, so that weights
 * load by name.
 * @module
 */
import { StateError, ValueError } from "../errors.ts";
import { Parameter } from "../tensor/arena.ts";
import { keep } from "../tensor/scope.ts";
import { type AnyTensor, Tensor } from "../tensor/tensor.ts";
import { State } from "./state.ts";
import { loadInto, type LoadReport, type StateSource } from "./state_dict.ts";

/** A layer or model as its callers see it: something that can be applied. */
export interface Layer<In extends readonly unknown[] = never[], Out = unknown> {
  /** Computes the output. */
  forward(...inputs: In): Out;
}

/**
 * Base class of layers and models. A subclass assigns parameters and modules to its fields in its constructor and
 * defines `forward` with the types it likes.
 * @typeParam In arguments of `forward`
 * @typeParam Out result of `forward`
 * @example
 * class Classifier extends w.nn.Module {
 *   hidden = new w.nn.Linear(4, 16);
 *   out = new w.nn.Linear(16, 3);
 *   forward(x: w.Tensor): w.Tensor {
 *     return this.out.forward(this.hidden.forward(x).relu());
 *   }
 * }
 */
export abstract class Module<In extends readonly unknown[] = never[], Out = unknown> implements Layer<In, Out> {
  /** True while training: dropout drops, batch norm uses the batch's statistics. Set by `train()` and `eval()`. */
  training = true;
  readonly #buffers = new Map<string, boolean>();

  /** Computes the output; defined by every subclass. */
  abstract forward(...inputs: In): Out;

  /** What registration looks through: the own fields, by name. Containers list their items here. */
  protected members(): Iterable<readonly [name: string, value: unknown]> {
    return Object.entries(this);
  }

  /**
   * Assigns a parameter to a field whose name is made at run time. @throws {ValueError} when the field exists already
   */
  registerParameter(name: string, parameter: Parameter | null): void {
    this.#claim(name, "parameter");
    (this as Record<string, unknown>)[name] = parameter;
  }

  /**
   * Assigns a tensor that belongs to the module but is not trained (running statistics, masks). No scope releases it.
   * @param options `persistent: false` leaves it out of `stateDict()`
   * @throws {ValueError} when the field exists already
   */
  registerBuffer(name: string, tensor: AnyTensor | null, { persistent = true }: { persistent?: boolean } = {}): void {
    this.#claim(name, "buffer");
    this.#buffers.set(name, persistent);
    (this as Record<string, unknown>)[name] = tensor && keep(tensor);
  }

  #claim(name: string, what: string): void {
    if (name === "" || name.includes(".") || (this as Record<string, unknown>)[name] !== undefined) {
      throw new ValueError(
        `Cannot register ${what} "${name}": the name is ${
          name === "" || name.includes(".") ? "empty or has a dot" : "taken"
        }`,
        { op: "register", value: name },
      );
    }
  }

  /** Modules assigned to fields of this one, with their names; each once. */
  namedChildren(): [string, Module][] {
    const found: [string, Module][] = [], seen = new Set<unknown>();
    for (const [name, value] of this.members()) {
      if (!(value instanceof Module) || seen.has(value)) continue;
      seen.add(value);
      found.push([name, value]);
    }
    return found;
  }

  /** Modules assigned to fields of this one. */
  children(): Module[] {
    return this.namedChildren().map(([, child]) => child);
  }

  /** This module (named `""`) and all below it, each once, parents first. */
  namedModules(): [string, Module][] {
    const found = new Map<Module, string>();
    const visit = (module: Module, name: string): void => {
      if (found.has(module)) return;
      found.set(module, name);
      for (const [key, child] of module.namedChildren()) visit(child, name === "" ? key : `${name}.${key}`);
    };
    visit(this, "");
    return [...found].map(([module, name]) => [name, module]);
  }

  /** This module and all below it, each once. */
  modules(): Module[] {
    return this.namedModules().map(([, module]) => module);
  }

  /** All parameters with their names; a shared one once, under its first name. */
  namedParameters(): [string, Parameter][] {
    return this.#unique((module) => module.#ownParameters());
  }

  /** All parameters; a shared one once. */
  parameters(): Parameter[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  /** All buffers with their names. */
  namedBuffers(): [string, AnyTensor][] {
    return this.#unique((module) => module.#ownBuffers());
  }

  /** All buffers. */
  buffers(): AnyTensor[] {
    return this.namedBuffers().map(([, buffer]) => buffer);
  }

  /** All state cells with their names. */
  namedStates(): [string, State<unknown>][] {
    return this.#unique((module) => module.#own((value): value is State<unknown> => value instanceof State));
  }

  #ownParameters(): [string, Parameter][] {
    return this.#own((value): value is Parameter => value instanceof Parameter);
  }

  #ownBuffers(): [string, AnyTensor][] {
    return this.#own((value, name): value is AnyTensor => value instanceof Tensor && this.#buffers.has(name));
  }

  #own<T>(accept: (value: unknown, name: string) => value is T): [string, T][] {
    const found: [string, T][] = [];
    for (const [name, value] of this.members()) if (accept(value, name)) found.push([name, value]);
    return found;
  }

  #unique<T>(own: (module: Module) => [string, T][]): [string, T][] {
    const found = new Map<T, string>();
    for (const [prefix, module] of this.namedModules()) {
      for (const [name, value] of own(module)) {
        if (!found.has(value)) found.set(value, prefix === "" ? name : `${prefix}.${name}`);
      }
    }
    return [...found].map(([value, name]) => [name, value]);
  }

  /**
   * Parameters and persistent buffers by name. A tensor shared under two names stands there twice. The tensors are the
   * module's own, not copies: they change as it trains.
   */
  stateDict(): Record<string, AnyTensor> {
    const found: Record<string, AnyTensor> = {};
    this.#collect(found, "", new Set());
    return found;
  }

  #collect(found: Record<string, AnyTensor>, prefix: string, path: Set<Module>): void {
    if (path.has(this)) {
      throw new StateError(`Cannot list the state of a module: "${prefix}" contains itself`, { op: "stateDict" });
    }
    path.add(this);
    for (const [name, value] of this.#ownParameters()) found[prefix + name] = value;
    for (const [name, value] of this.#ownBuffers()) if (this.#buffers.get(name)) found[prefix + name] = value;
    for (const [name, value] of this.members()) {
      if (value instanceof Module) value.#collect(found, `${prefix}${name}.`, path);
    }
    path.delete(this);
  }

  /**
   * Other names, below this module, under which files of other libraries hold what is here, the better ones first. A
   * load uses them where the name itself is missing, and passes over them where it is not.
   */
  protected otherNames(): Readonly<Record<string, readonly string[]>> {
    return {};
  }

  /** All other names by full name. */
  #aliases(): Map<string, string[]> {
    const found = new Map<string, string[]>();
    for (const [path, module] of this.namedModules()) {
      const prefix = path === "" ? "" : `${path}.`;
      for (const [name, others] of Object.entries(module.otherNames())) {
        found.set(prefix + name, others.map((other) => prefix + other));
      }
    }
    return found;
  }

  /**
   * Copies values into parameters and buffers by name. Nothing is replaced: optimisers and tied names stay valid.
   * @param state tensors, flat arrays, or `{ shape, data }` by name, as an object or a map
   * @param options `strict` (default true) also refuses missing and unexpected names
   * @returns the names that were missing and unexpected
   * @throws {ValueError} before anything is changed, listing every missing, unexpected and mismatched name; they stand
   * in the error's `value` too
   */
  loadStateDict(state: StateSource, { strict = true }: { strict?: boolean } = {}): LoadReport {
    return loadInto(this.stateDict(), state, strict, this.#aliases());
  }

  /** Switches this module and all below it to training (or, with false, to evaluation). */
  train(mode = true): this {
    for (const module of this.modules()) module.training = mode;
    return this;
  }

  /** Switches this module and all below it to evaluation. */
  eval(): this {
    return this.train(false);
  }

  /** Forgets the gradients of all parameters. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.grad = null;
  }

  /** Turns gradients of all parameters on or off: frozen parameters are skipped by backward, optimisers and norms. */
  requiresGrad_(requiresGrad = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad_(requiresGrad);
    return this;
  }

  /** Calls `fn` with every module, children before their parents. */
  apply(fn: (module: Module) => void): this {
    for (const module of this.modules().reverse()) fn(module);
    return this;
  }

  /** Clears every state cell of this module and those below it: the next batch starts from no carried state. */
  reset(): void {
    for (const [, state] of this.namedStates()) state.clear();
  }

  /** Releases the memory of all parameters, buffers and state cells; the module cannot be used any more. */
  dispose(): void {
    this.reset();
    for (const buffer of this.buffers()) buffer.dispose();
    for (const parameter of this.parameters()) parameter.dispose();
  }

  /** `using model = ...` disposes here. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** One line of options in `toString()`; layers give theirs. */
  protected describe(): string {
    return "";
  }

  /** The tree of modules, as PyTorch prints it. */
  toString(): string {
    const lines = this.namedChildren().map(([name, child]) => `  (${name}): ${String(child).replaceAll("\n", "\n  ")}`);
    return `${this.constructor.name}(${lines.length ? `\n${lines.join("\n")}\n` : this.describe()})`;
  }

  /** What `console.log` shows in Deno. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }
}
