/**
 * Optimizer: parameter groups with options of their own, and one dispatch per group and arena. Algorithms differ by the
 * tensors they keep per parameter and by one kernel call; groups, missing gradients and refusals are handled here.
 * @module
 */
import { StateError, ValueError } from "../errors.ts";
import type { Bindable } from "../gpu/recorder.ts";
import { checkParameter } from "../nn/check.ts";
import type { Arena, Parameter } from "../tensor/arena.ts";
import { BlockTable, type Segment, windowOf } from "../tensor/blocks.ts";
import { show } from "../tensor/shape.ts";
import { checkOptions, type Rules } from "./options.ts";
import { loadState, type OptimizerState, saveState, StateBuffers } from "./state.ts";

/** Options that every algorithm has. */
export interface OptimizerOptions {
  /** Learning rate. A change of `optimizer.paramGroups[i].lr` takes effect at the next step. */
  lr: number;
  /** Weight decay. Default 0 unless the algorithm says otherwise. */
  weightDecay: number;
}

/** Parameters with the options in force for them. */
export type ParamGroup<O> = O & {
  /** Parameters of the group. */
  params: Parameter[];
};

/** Parameters with the options in which they differ from the optimiser's. */
export type GroupSource<O> = Partial<O> & {
  /** Parameters of the group. */
  params: Iterable<Parameter>;
};

/** What optimisers take: parameters, or groups of them. */
export type Params<O> = Iterable<Parameter> | Iterable<GroupSource<O>>;

/** One parameter in an optimiser. */
export interface Entry {
  /** The parameter. */
  readonly parameter: Parameter;
  /** Number of its group. */
  readonly group: number;
  /** Steps it took part in. */
  step: number;
}

/** What an algorithm is given for one dispatch. */
export interface StepContext {
  /** Blocks to work on. */
  readonly segment: Segment;
  /** Number of this step for these parameters, from 1. */
  readonly step: number;
  /** Buffers of the kernel that every algorithm uses. */
  readonly buffers: { readonly blocks: Bindable; readonly grad: Bindable; readonly value: Bindable };
  /** A state buffer at the parameters' offsets, zero before the first step. */
  state(name: string): Bindable;
}

/** What tells one algorithm from another. */
export interface Algorithm<O> {
  /** Name in error messages. */
  readonly name: string;
  /** Tensors kept per parameter, of its shape. */
  readonly state: readonly string[];
  /** What the options must be. */
  readonly rules: Rules<O>;
  /** What tells parameters of a group apart that cannot share a dispatch, from their step count: the count by default. */
  slotKey?(step: number): number;
  /** Records the kernel for one segment. */
  record(context: StepContext, options: O): void;
}

/** Parameters of one group that share a dispatch per arena. */
interface Slot {
  readonly group: number;
  readonly entries: Entry[];
}

/**
 * Base class of the optimisers.
 * @typeParam O options of a group
 */
export abstract class Optimizer<O extends OptimizerOptions = OptimizerOptions> {
  /** Groups; their options may be changed between steps. */
  readonly paramGroups: ParamGroup<O>[] = [];
  readonly #defaults: O;
  readonly #algorithm: Algorithm<O>;
  readonly #entries: Entry[] = [];
  readonly #state: StateBuffers;
  #active: boolean[] = [];
  #slots: Slot[] = [];
  #table: BlockTable | null = null;

  /**
   * Makes the optimiser.
   * @param params parameters, or groups of them with options of their own
   * @param defaults options of groups that do not say otherwise
   * @throws {ValueError} when there are no parameters, or as {@link addParamGroup} does
   */
  protected constructor(params: Params<O>, defaults: O, algorithm: Algorithm<O>) {
    this.#defaults = defaults;
    this.#algorithm = algorithm;
    this.#state = new StateBuffers(algorithm.state, this.#entries);
    const { name } = algorithm, list = [...params as Iterable<Parameter | GroupSource<O>>];
    if (list.length === 0) throw new ValueError(`Cannot make ${name}: the list of parameters is empty`, { op: name });
    const groups = list.filter((item) => typeof item === "object" && item !== null && "params" in item);
    if (groups.length > 0 && groups.length < list.length) {
      throw new ValueError(`Cannot make ${name}: parameters and groups are mixed, wanted one or the other`, {
        op: name,
      });
    }
    if (groups.length === 0) this.#add(list as Parameter[], {});
    else for (const group of groups) this.addParamGroup(group as GroupSource<O>);
  }

  /** Sets the momentum (Adam's beta1) of all groups; schedules call it. */
  abstract setMomentum(momentum: number): void;

  /** Sets the learning rate of all groups, or of each group from a list; schedules call it. */
  setLr(lr: number | readonly number[]): void {
    this.paramGroups.forEach((group, i) => group.lr = typeof lr === "number" ? lr : lr[i]);
  }

  /**
   * Adds a group, for example of layers that were frozen so far. Its options default to the optimiser's.
   * @throws {ValueError} for an option out of range, a tensor that is no parameter, a parameter that is in a group
   */
  addParamGroup(group: GroupSource<O>): void {
    this.#add([...group.params], group);
  }

  #add(params: Parameter[], changed: Partial<O>): void {
    const { name, rules } = this.#algorithm, options: ParamGroup<O> = { ...this.#defaults, ...changed, params };
    checkOptions(name, rules, options);
    const known = new Set(this.#entries.map((entry) => entry.parameter));
    for (const parameter of params) {
      checkParameter(name, parameter);
      if (known.has(parameter)) {
        throw new ValueError(`Cannot make ${name}: parameter ${show(parameter.shape)} is given twice`, { op: name });
      }
      known.add(parameter);
      const [first = parameter] = known;
      if (parameter.device !== first.device) {
        throw new StateError(`Cannot make ${name}: its parameters are on different devices`, { op: name });
      }
    }
    const number = this.paramGroups.push(options) - 1;
    for (const parameter of params) this.#entries.push({ parameter, group: number, step: 0 });
  }

  /** Forgets the gradients of all parameters. */
  zeroGrad(): void {
    for (const { parameter } of this.#entries) parameter.grad = null;
  }

  /**
   * Changes every parameter that requires and has a gradient; the others and their state stay as they are. While a
   * fault waits to be reported (an id outside a table), the GPU leaves all of them as they are.
   * @throws {ValueError} when an option is out of range (a NaN learning rate): nothing is changed
   * @throws {StateError} when a parameter was disposed: nothing is changed
   */
  step(): void {
    const { name, rules, record } = this.#algorithm;
    for (const group of this.paramGroups) checkOptions(name, rules, group);
    const table = this.#refresh();
    this.#slots.forEach(({ group, entries }, i) => {
      const step = entries[0].step + 1;
      for (const segment of table!.lists[i]) {
        const { arena } = segment;
        record({
          segment,
          step,
          buffers: {
            blocks: table!.binding,
            grad: windowOf(arena.wholeGradients, segment),
            value: windowOf(arena.whole, segment),
          },
          state: (key) => windowOf(this.#state.of(arena).get(key)!, segment),
        }, this.paramGroups[group]);
      }
      for (const entry of entries) {
        entry.step++;
        entry.parameter.storage.version++;
      }
    });
  }

  /**
   * Step counts and state tensors by the parameter's number (counted through all groups), and the groups' options.
   * The tensors are the optimiser's own, not copies.
   */
  stateDict(): OptimizerState {
    return saveState(this.#entries, this.paramGroups, this.#state);
  }

  /**
   * Takes over step counts, state and options.
   * @throws {ValueError} when groups, names, shapes or options do not fit: nothing is changed
   */
  loadStateDict(state: OptimizerState): void {
    const { name, rules } = this.#algorithm;
    loadState(state, this.#entries, this.paramGroups, this.#state, name, rules);
    this.#active = []; // the step counts are others: slots are formed anew
  }

  /**
   * Releases the state and forgets the step counts; a later step starts from nothing. The state also goes with the
   * parameters it belongs to.
   */
  dispose(): void {
    this.#state.dispose();
    this.#table?.dispose();
    this.#table = null;
    this.#slots = [];
    this.#active = [];
    for (const entry of this.#entries) entry.step = 0;
  }

  /** Forms the slots of the parameters that have gradients; uploads a table only when they are others than before. */
  #refresh(): BlockTable | null {
    const { name, slotKey = (step: number) => step } = this.#algorithm;
    const active = this.#entries.map(({ parameter }) => {
      if (parameter.disposed) {
        throw new StateError(`Cannot step ${name}: parameter ${show(parameter.shape)} was disposed`, { op: name });
      }
      return parameter.requiresGrad && parameter.grad !== null;
    });
    if (active.length === this.#active.length && active.every((on, i) => on === this.#active[i])) return this.#table;
    const slots = new Map<string, Slot>();
    this.#entries.forEach((entry, i) => {
      if (!active[i]) return;
      const key = `${entry.group} ${slotKey(entry.step)}`;
      const slot = slots.get(key);
      if (slot) slot.entries.push(entry);
      else slots.set(key, { group: entry.group, entries: [entry] });
    });
    this.#slots = [...slots.values()];
    for (const { entries } of this.#slots) sortByPlace(entries);
    this.#active = active;
    this.#table?.dispose();
    this.#table = slots.size ? new BlockTable(this.#slots.map((slot) => slot.entries.map((e) => e.parameter))) : null;
    return this.#table;
  }
}

/** Parameters of one arena behind each other: the fewest segments. */
function sortByPlace(entries: Entry[]): void {
  const arenas = new Map<Arena, number>();
  for (const { parameter: { arena } } of entries) if (!arenas.has(arena)) arenas.set(arena, arenas.size);
  const place = ({ parameter }: Entry) => parameter.storage.byteOffset;
  entries.sort((a, b) => arenas.get(a.parameter.arena)! - arenas.get(b.parameter.arena)! || place(a) - place(b));
}
