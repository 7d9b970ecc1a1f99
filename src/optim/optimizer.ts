/**
 * Optimizer: parameter groups with options of their own, and one dispatch per group and arena beside one that counts the
 * step. Algorithms differ by the tensors they keep per parameter and by one kernel call; groups, missing gradients and
 * refusals are handled here.
 * @module
 */
import { StateError, ValueError } from "../errors.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import type { Bindable } from "../gpu/recorder.ts";
import { checkParameter } from "../nn/check.ts";
import { ready } from "../ops/launch.ts";
import type { Arena, Parameter } from "../tensor/arena.ts";
import { gradientSquares, type Segment, windowOf } from "../tensor/blocks.ts";
import { tidy } from "../tensor/scope.ts";
import { show } from "../tensor/shape.ts";
import type { StateTree } from "../tensor/state_tree.ts";
import { type AnyTensor, empty, type Tensor } from "../tensor/tensor.ts";
import type { Clocks, Tick, TickInput } from "./clock.ts";
import { checkOptions, type Rules } from "./options.ts";
import { swapParameters } from "./swap.ts";
import { loadState, Memory, type OptimizerState, saveState, startEntry, type StateForm } from "./state.ts";
import { StepTable } from "./step_table.ts";

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
  /** Learning rate before any schedule; schedules note it here. */
  initialLr?: number;
};

/** Parameters with the options in which they differ from the optimiser's. */
export type GroupSource<O> = Partial<O> & {
  /** Parameters of the group. */
  params: Iterable<Parameter>;
};

/** What optimisers take: parameters, or groups of them. */
export type Params<O> = Iterable<Parameter> | Iterable<GroupSource<O>>;

/** What decides on the GPU about a step, without a wait. */
export interface StepOptions {
  /** A tensor of one element (any type): while it is not 0, the step changes and counts nothing. */
  skipIf?: AnyTensor;
  /** A tensor of one f32: the gradients count multiplied by it, so the inverse of a loss scale. */
  gradScale?: Tensor;
}

/** One parameter in an optimiser. */
export interface Entry {
  /** The parameter. */
  readonly parameter: Parameter;
  /** Number of its group. */
  readonly group: number;
  /** Number in its group. */
  readonly index: number;
  /** True once it took part in a step. */
  started: boolean;
  /** True once its state was written. */
  dirty: boolean;
}

/** What an algorithm is given for one dispatch. */
export interface StepContext {
  /** Blocks to work on. */
  readonly segment: Segment;
  /** Buffers of the kernel that every algorithm uses. */
  readonly buffers: {
    readonly blocks: Bindable;
    readonly owners: Bindable;
    readonly clock: Bindable;
    readonly grad: Bindable;
    readonly value: Bindable;
  };
  /** A state buffer at the parameters' offsets. */
  state(name: string): Bindable;
  /** For a large parameter alone in its arena, the vec4 of the clocks that is its; else null. */
  readonly aloneAt: number | null;
}

/** What an algorithm that looks at whole parameters is given for one of them. */
export interface ParameterContext {
  /** The parameter. */
  readonly parameter: Parameter;
  /** Clocks of its group, and the vec4 of its own. */
  readonly clock: Bindable;
  /** Which vec4 of `clock` is the parameter's. */
  readonly clockAt: number;
  /** A state buffer of the parameter's arena. */
  state(name: string): Bindable["storage"];
}

/** What tells one algorithm from another. */
export interface Algorithm<O> {
  /** Name in error messages. */
  readonly name: string;
  /** Tensors kept per parameter, of its shape. */
  state(options: O): readonly string[];
  /** Their first values where they are not 0. */
  initial?(options: O): Record<string, number>;
  /** Numbers kept per parameter behind the step count. */
  readonly numbers?: readonly string[];
  /** True where a state without step counts can be loaded. */
  readonly stepless?: boolean;
  /** What the options must be. */
  readonly rules: Rules<O>;
  /** Throws where options do not go together. */
  check?(options: O): void;
  /** What follows from a step count. */
  tick(options: O): Tick;
  /** Largest norm of a gradient (`all`: of all gradients together); null leaves them. */
  clip?(options: O): { limit: number; all: boolean } | null;
  /** Called before the step of a group whose gradients are read. */
  prepare?(params: readonly Parameter[], options: O): void;
  /** Records the kernel for one segment. */
  record?(context: StepContext, options: O): void;
  /** Records the kernels for one parameter; in place of `record`. */
  recordParameter?(context: ParameterContext, options: O): void;
}

/** Parameters of one group that have gradients. */
interface Slot {
  readonly group: number;
  readonly entries: Entry[];
  readonly clocks: Clocks;
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
  readonly #memory: Memory;
  #active: boolean[] = [];
  #slots: Slot[] = [];
  #table: StepTable | null = null;

  /**
   * Makes the optimiser.
   * @param params parameters, or groups of them with options of their own
   * @param defaults options of groups that do not say otherwise
   * @throws {ValueError} when there are no parameters, or as {@link addParamGroup} does
   */
  protected constructor(params: Params<O>, defaults: O, algorithm: Algorithm<O>) {
    this.#defaults = defaults;
    this.#algorithm = algorithm;
    this.#memory = new Memory(this.#entries, 1 + (algorithm.numbers?.length ?? 0));
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
    const { name } = this.#algorithm, options: ParamGroup<O> = { ...this.#defaults, ...changed, params };
    this.#check(options);
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
    const group = this.paramGroups.push(options) - 1;
    params.forEach((parameter, index) => {
      this.#entries.push({ parameter, group, index, started: false, dirty: false });
    });
  }

  #check(options: O): void {
    checkOptions(this.#algorithm.name, this.#algorithm.rules, options);
    this.#algorithm.check?.(options);
  }

  /** Forgets the gradients of all parameters. */
  zeroGrad(): void {
    for (const { parameter } of this.#entries) parameter.grad = null;
  }

  /**
   * Changes every parameter that requires and has a gradient; the others and their state stay as they are. While a
   * fault waits to be reported (an id outside a table), or `skipIf` is not 0, the GPU leaves all of them as they are and
   * counts no step.
   * @throws {ValueError} when an option is out of range (a NaN learning rate): nothing is changed
   * @throws {StateError} when a parameter was disposed: nothing is changed
   * @example
   * optimizer.step();
   * optimizer.step({ skipIf: overflow, gradScale: inverseOfLossScale }); // mixed precision
   */
  step(options: StepOptions = {}): void {
    const { name } = this.#algorithm;
    for (const group of this.paramGroups) this.#check(group);
    checkScalars(name, options);
    const table = this.#refresh();
    if (table) tidy(() => this.#record(table, options));
    for (const { entries } of this.#slots) for (const { parameter } of entries) parameter.storage.version++;
  }

  #record(table: StepTable, options: StepOptions): void {
    const algorithm = this.#algorithm, label = algorithm.name;
    const factors = options.gradScale && ready(options.gradScale);
    const input: TickInput = { skip: options.skipIf && ready(options.skipIf), factors };
    for (const { group, entries } of this.#slots) {
      algorithm.prepare?.(entries.map((entry) => entry.parameter), this.paramGroups[group]);
    }
    const clips = new Map<string, TickInput>(); // groups with the same limit share the norms
    this.#slots.forEach(({ group, entries, clocks }, i) => {
      const options = this.paramGroups[group], clip = algorithm.clip?.(options);
      let limited = input;
      if (clip) {
        const key = JSON.stringify(clip);
        limited = clips.get(key) ?? { ...input, ...this.#clip(table, clip, factors) };
        clips.set(key, limited);
      }
      clocks.tick(table.rows, table.firsts[i], entries.length, algorithm.tick(options), limited, label);
      const buffer = (arena: Arena, key: string) => this.#memory.buffer(arena, key);
      if (algorithm.recordParameter) {
        for (const { parameter, index } of entries) {
          const state = (key: string) => buffer(parameter.arena, key), clockAt = clocks.vectorOf(index);
          algorithm.recordParameter({ parameter, clock: clocks.binding, clockAt, state }, options);
        }
      }
      for (const segment of algorithm.record ? table.table.lists[i] : []) {
        const { arena } = segment;
        algorithm.record!({
          segment,
          buffers: {
            blocks: table.table.binding,
            owners: table.owners,
            clock: clocks.binding,
            grad: windowOf(arena.wholeGradients, segment),
            value: windowOf(arena.whole, segment),
          },
          state: (key) => windowOf(buffer(arena, key), segment),
          aloneAt: arena.alone ? clocks.vectorOf(entries.find((e) => e.parameter.arena === arena)!.index) : null,
        }, options);
      }
    });
  }

  /** Factors that bring gradients down to a norm, on the GPU. */
  #clip(table: StepTable, { limit, all }: { limit: number; all: boolean }, scale: Bindable | undefined): TickInput {
    const sums = gradientSquares(table.table), { device } = sums, count = all ? 1 : table.count;
    const out = empty(device, [count], "f32");
    device.recorder.dispatch(
      kernels.optimClock.clip,
      { sums, ranges: table.ranges, factors: scale ?? sums, out },
      { count: all ? table.count : count, all: all ? 1 : 0, scaled: scale ? 1 : 0, limit },
      { workgroups: count, label: this.#algorithm.name },
    );
    return { factors: out, each: !all };
  }

  /**
   * Step counts and state tensors by the parameter's number (counted through all groups), and the groups' options.
   * The tensors are the optimiser's own, not copies.
   */
  stateDict(): OptimizerState {
    return saveState(this.#entries, this.paramGroups, this.#memory, this.#form);
  }

  /**
   * Takes over step counts, state and options. Names may be PyTorch's (`exp_avg`, `param_groups`); options that this
   * optimiser does not have are left out.
   * @throws {ValueError} when groups, names, shapes or options do not fit: nothing is changed
   */
  loadStateDict(state: StateTree): void {
    loadState(state, this.#entries, this.paramGroups, this.#memory, this.#form);
    this.#active = []; // others may have to start anew
  }

  get #form(): StateForm<ParamGroup<O>> {
    const { name, numbers = [], stepless = false } = this.#algorithm;
    const tensors = (group: ParamGroup<O>) => this.#algorithm.state(group);
    return { op: name, tensors, numbers, stepless, check: (group) => this.#check(group) };
  }

  /**
   * Releases the state and forgets the step counts; a later step starts from nothing. The state also goes with the
   * parameters it belongs to.
   */
  dispose(): void {
    this.#memory.dispose();
    this.#table?.dispose();
    this.#table = null;
    this.#slots = [];
    this.#active = [];
    for (const entry of this.#entries) entry.started = entry.dirty = false;
  }

  /** Exchanges the parameters that took part in a step with a state tensor of theirs. */
  protected swapWith(name: string): void {
    const started = this.#entries.filter((entry) => entry.started).map((entry) => entry.parameter);
    swapParameters(started, (arena) => this.#memory.buffer(arena, name));
  }

  /** Forms the slots of the parameters that have gradients; uploads a table only when they are others than before. */
  #refresh(): StepTable | null {
    const { name, numbers = [], state, initial } = this.#algorithm;
    const active = this.#entries.map(({ parameter }) => {
      if (parameter.disposed) {
        throw new StateError(`Cannot step ${name}: parameter ${show(parameter.shape)} was disposed`, { op: name });
      }
      return parameter.requiresGrad && parameter.grad !== null;
    });
    if (active.length === this.#active.length && active.every((on, i) => on === this.#active[i])) return this.#table;
    const slots = new Map<number, Slot>();
    this.#entries.forEach((entry, i) => {
      if (!active[i]) return;
      const { group } = entry, slot = slots.get(group), options = this.paramGroups[group];
      if (slot) slot.entries.push(entry);
      else slots.set(group, { group, entries: [entry], clocks: this.#memory.clocks(group) });
      if (entry.started) return;
      const zeros = Object.fromEntries(state(options).map((key) => [key, 0]));
      startEntry(entry, this.#memory, numbers.length, { ...zeros, ...initial?.(options) });
    });
    this.#slots = [...slots.values()];
    for (const { entries } of this.#slots) sortByPlace(entries);
    this.#active = active;
    this.#table?.dispose();
    this.#table = slots.size ? new StepTable(this.#slots) : null;
    return this.#table;
  }
}

function checkScalars(op: string, { skipIf, gradScale }: StepOptions): void {
  for (const [name, tensor] of Object.entries({ skipIf, gradScale }) as [string, AnyTensor | undefined][]) {
    if (!tensor || tensor.numel === 1 && (name === "skipIf" || tensor.dtype === "f32")) continue;
    const wanted = name === "skipIf" ? "one element" : "one f32";
    throw new ValueError(`Cannot step ${op}: ${name} is ${tensor.dtype} ${show(tensor.shape)}, wanted ${wanted}`, {
      op,
      value: tensor.shape,
    });
  }
}

/** Parameters of one arena behind each other: the fewest segments. */
function sortByPlace(entries: Entry[]): void {
  const arenas = new Map<Arena, number>();
  for (const { parameter: { arena } } of entries) if (!arenas.has(arena)) arenas.set(arena, arenas.size);
  const place = ({ parameter }: Entry) => parameter.storage.byteOffset;
  entries.sort((a, b) => arenas.get(a.parameter.arena)! - arenas.get(b.parameter.arena)! || place(a) - place(b));
}
