/**
 * What an optimiser keeps per parameter: tensors in buffers parallel to the arenas, a step count, and their way in and out
 * as a state dict.
 * @module
 */
import { noGrad } from "../autograd/mode.ts";
import { ValueError } from "../errors.ts";
import { Storage } from "../gpu/storage.ts";
import { loadInto, type StateEntry } from "../nn/state_dict.ts";
import { fill_ } from "../ops/inplace.ts";
import type { Arena, Parameter } from "../tensor/arena.ts";
import { keep } from "../tensor/scope.ts";
import type { StateTree } from "../tensor/state_tree.ts";
import { Tensor } from "../tensor/tensor.ts";
import { Clocks } from "./clock.ts";
import type { Entry } from "./optimizer.ts";

/** State of one parameter: its step count, a scalar on the GPU, and the tensors of the algorithm by name. */
export type ParameterState = {
  /** Steps the parameter took part in. */
  step: Tensor;
  /** State tensors: `expAvg` and `expAvgSq` of Adam, `momentumBuffer` of SGD. */
  [name: string]: Tensor;
};

/** What `optimizer.stateDict()` returns: PyTorch's structure, names in camelCase. */
export type OptimizerState = {
  /** By number of the parameter, counted through all groups; parameters that never had a gradient are not there. */
  state: { [parameter: string]: ParameterState };
  /** Options of the groups, with the numbers of their parameters. */
  paramGroups: { [option: string]: StateTree }[];
};

/** State of all parameters of an optimiser. */
export class Memory {
  readonly #entries: readonly Entry[];
  readonly #words: number;
  readonly #buffers = new Map<Arena, Map<string, Storage>>();
  readonly #clocks: (Clocks | undefined)[] = [];
  readonly #watched = new Map<Arena, () => void>();
  readonly #views = new Map<Parameter, Map<string, Tensor>>();

  /**
   * Allocates nothing yet.
   * @param entries the optimiser's parameters: with the last one of an arena its buffers go, of a group its clocks
   * @param words numbers per clock
   */
  constructor(entries: readonly Entry[], words = 1) {
    this.#entries = entries;
    this.#words = words;
  }

  /** The buffer of an arena for a name; zeros at first. */
  buffer(arena: Arena, name: string): Storage {
    let buffers = this.#buffers.get(arena);
    if (!buffers) this.#buffers.set(arena, buffers = new Map());
    let buffer = buffers.get(name);
    if (!buffer) {
      buffers.set(name, buffer = arena.parallel());
      this.#watch(arena);
    }
    return buffer;
  }

  /** The clocks of a group; zeros at first. */
  clocks(group: number): Clocks {
    let clocks = this.#clocks[group];
    if (!clocks) {
      const members = this.#entries.filter((entry) => entry.group === group);
      this.#clocks[group] = clocks = new Clocks(members[0].parameter.device, members.length, this.#words);
      for (const { parameter: { arena } } of members) this.#watch(arena);
    }
    return clocks;
  }

  /** A state tensor of a parameter. */
  view(parameter: Parameter, name: string): Tensor {
    let views = this.#views.get(parameter);
    if (!views) this.#views.set(parameter, views = new Map());
    let view = views.get(name);
    if (!view) {
      const { byteOffset, bytes, device } = parameter.storage, { buffer } = this.buffer(parameter.arena, name);
      view = keep(new Tensor(Storage.within(device, buffer, byteOffset, bytes, () => {}), "f32", parameter.shape));
      views.set(name, view);
    }
    return view;
  }

  /** True where a view would not make a buffer. */
  has(parameter: Parameter, name: string): boolean {
    return this.#buffers.get(parameter.arena)?.has(name) ?? false;
  }

  /** Releases everything. */
  dispose(): void {
    for (const arena of [...this.#buffers.keys()]) this.#free(arena);
    this.#clocks.forEach((_, group) => this.#freeClocks(group));
    for (const [arena, look] of this.#watched) arena.onRelease.delete(look);
    this.#watched.clear();
  }

  #watch(arena: Arena): void {
    if (this.#watched.has(arena)) return;
    const alive = (of: (entry: Entry) => boolean) => this.#entries.some((e) => of(e) && !e.parameter.disposed);
    const look = () => {
      if (!alive(({ parameter }) => parameter.arena === arena)) this.#free(arena);
      this.#clocks.forEach((_, group) => alive((entry) => entry.group === group) || this.#freeClocks(group));
    };
    this.#watched.set(arena, look);
    arena.onRelease.add(look);
  }

  #freeClocks(group: number): void {
    this.#clocks[group]?.dispose();
    delete this.#clocks[group];
  }

  #free(arena: Arena): void {
    for (const storage of this.#buffers.get(arena)?.values() ?? []) storage.release();
    this.#buffers.delete(arena);
    for (const [parameter, views] of this.#views) {
      if (parameter.arena !== arena) continue;
      for (const view of views.values()) view.dispose();
      this.#views.delete(parameter);
    }
  }
}

/** What loading and saving need to know about an algorithm. */
export interface StateForm<G> {
  /** Name in messages. */
  readonly op: string;
  /** Tensors per parameter of a group. */
  tensors(group: G): readonly string[];
  /** Numbers behind the step count. */
  readonly numbers: readonly string[];
  /** True where a state without step counts is good as well. */
  readonly stepless: boolean;
  /** Throws unless the options can be used. */
  check(group: G): void;
}

/** Lists step counts, state and options. */
export function saveState<G extends { params: readonly Parameter[] }>(
  entries: readonly Entry[],
  groups: readonly G[],
  memory: Memory,
  form: StateForm<G>,
): OptimizerState {
  const state: OptimizerState["state"] = {};
  entries.forEach(({ parameter, group, index, started }, i) => {
    if (!started || parameter.disposed) return;
    const clocks = memory.clocks(group), held: ParameterState = state[i] = { step: clocks.view(index) };
    form.numbers.forEach((name, k) => held[name] = clocks.view(index, k + 1));
    for (const name of form.tensors(groups[group])) {
      if (memory.has(parameter, name)) held[name] = memory.view(parameter, name);
    }
  });
  const numbers = (group: number) => entries.flatMap((entry, i) => entry.group === group ? [i] : []);
  return {
    state,
    paramGroups: groups.map((group, i) => ({ ...group as object, params: numbers(i) })),
  };
}

/** Checks a state against an optimiser, then takes it over. */
export function loadState<G extends { params: readonly Parameter[] }>(
  tree: StateTree,
  entries: readonly Entry[],
  groups: readonly G[],
  memory: Memory,
  form: StateForm<G>,
): void {
  const fail = (what: string): never => {
    throw new ValueError(`Cannot load the state of ${form.op}: ${what}; nothing was changed`, { op: "loadStateDict" });
  };
  const { state, paramGroups } = (isRecord(tree) ? camelKeys(tree) : {}) as Partial<Record<string, StateTree>>;
  if (!isRecord(state) || !Array.isArray(paramGroups) || !paramGroups.every(isRecord)) {
    return fail("it is not one; wanted { state, paramGroups }");
  }
  if (paramGroups.length !== groups.length) {
    fail(`it has ${paramGroups.length} groups, this optimiser has ${groups.length}`);
  }
  const options = groups.map((group, i) => {
    const given = camelKeys(paramGroups[i]), count = Array.isArray(given.params) ? given.params.length : 0;
    if (count !== group.params.length) {
      fail(`its group ${i} has ${count} parameters, this one has ${group.params.length}`);
    }
    const known = Object.entries(given).filter(([name]) => name in group || name === "initialLr");
    const found = { ...group, ...Object.fromEntries(known), params: group.params };
    form.check(found);
    return found;
  });
  const target: Record<string, Tensor> = {}, source: Record<string, StateEntry> = {};
  for (const [key, value] of Object.entries(state)) {
    const entry = entries[Number(key)];
    if (!entry) fail(`it has a parameter ${key}, this optimiser has ${entries.length}`);
    if (!isRecord(value)) fail(`state of parameter ${key} is no object of tensors`);
    const { parameter, group, index } = entry, clocks = memory.clocks(group);
    const held = camelKeys(value as Record<string, StateTree>);
    if (form.stepless) held.step ??= 1;
    for (const [name, given] of Object.entries(held)) {
      if (given === null) continue; // PyTorch's momentum_buffer before it is used
      const isStep = name === "step" && typeof given === "number";
      if (isStep && (!Number.isInteger(given) || given < 0 || given > 2 ** 24)) {
        fail(`step of parameter ${key} is ${given}, wanted an integer from 0 to ${2 ** 24}`);
      }
      source[`${key}.${name}`] = (typeof given === "number" ? [given] : given) as StateEntry;
    }
    ["step", ...form.numbers].forEach((name, k) => target[`${key}.${name}`] = clocks.view(index, k));
    for (const name of form.tensors(options[group])) {
      if (!form.stepless || `${key}.${name}` in source) target[`${key}.${name}`] = memory.view(parameter, name);
    }
  }
  loadInto(target, source, true);
  entries.forEach((entry, i) => {
    entry.started = Object.hasOwn(state, i);
    entry.dirty ||= entry.started;
  });
  groups.forEach((group, i) => Object.assign(group, options[i]));
}

/** Gives a parameter that steps for the first time its initial state. */
export function startEntry(entry: Entry, memory: Memory, numbers: number, initial: Record<string, number>): void {
  noGrad(() => {
    // What was never written is zero; what a loaded state left out is not.
    if (entry.dirty) { for (let k = 0; k <= numbers; k++) fill_(memory.clocks(entry.group).view(entry.index, k), 0); }
    for (const [name, value] of Object.entries(initial)) {
      if (value !== 0 || (entry.dirty && memory.has(entry.parameter, name))) {
        fill_(memory.view(entry.parameter, name), value);
      }
    }
  });
  entry.started = entry.dirty = true;
}

function isRecord(value: unknown): value is Record<string, StateTree> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value) &&
    !(value instanceof Tensor);
}

/** The same values under camelCase names: states written by PyTorch have its names. */
function camelKeys(record: Record<string, StateTree>): Record<string, StateTree> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name.replace(/_+([a-z])/g, (_, c) => c.toUpperCase()), value]),
  );
}
