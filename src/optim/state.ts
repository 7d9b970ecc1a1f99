/**
 * The tensors that an optimiser keeps per parameter, in buffers parallel to the arenas, and their way in and out as a
 * state dict.
 * @module
 */
import { noGrad } from "../autograd/mode.ts";
import { ValueError } from "../errors.ts";
import { Storage } from "../gpu/storage.ts";
import { loadInto, type StateEntry } from "../nn/state_dict.ts";
import { zero_ } from "../ops/inplace.ts";
import type { Arena, Parameter } from "../tensor/arena.ts";
import { keep } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Entry, ParamGroup } from "./optimizer.ts";
import { checkOptions, type Rules } from "./options.ts";

/** State of one parameter: the step count and tensors (or, for loading, arrays) by name. */
export interface ParameterState {
  /** Steps the parameter took part in. */
  step: number;
  /** State tensors: `expAvg` and `expAvgSq` of Adam, `momentumBuffer` of SGD. */
  [name: string]: number | StateEntry;
}

/** What `optimizer.stateDict()` returns. */
export interface OptimizerState {
  /** By number of the parameter, counted through all groups; parameters that never had a gradient are not there. */
  state: Record<number, ParameterState>;
  /** Options of the groups, with the numbers of their parameters. */
  paramGroups: (Record<string, unknown> & { params: number[] })[];
}

/** State buffers of all arenas that an optimiser works on. */
export class StateBuffers {
  readonly #names: readonly string[];
  readonly #entries: readonly Entry[];
  readonly #buffers = new Map<Arena, Map<string, Storage>>();
  readonly #watchers = new Map<Arena, () => void>();
  readonly #views = new Map<Parameter, Record<string, Tensor>>();

  /**
   * Makes the buffers.
   * @param names state tensors per parameter
   * @param entries the optimiser's parameters: with the last one of an arena its buffers go
   */
  constructor(names: readonly string[], entries: readonly Entry[]) {
    this.#names = names;
    this.#entries = entries;
  }

  /** The buffers of an arena, by name; zeros at first. */
  of(arena: Arena): ReadonlyMap<string, Storage> {
    let buffers = this.#buffers.get(arena);
    if (!buffers) {
      this.#buffers.set(arena, buffers = new Map(this.#names.map((name) => [name, arena.parallel()])));
      const look = () => {
        if (!this.#entries.some(({ parameter }) => parameter.arena === arena && !parameter.disposed)) this.#free(arena);
      };
      this.#watchers.set(arena, look);
      arena.onRelease.add(look);
    }
    return buffers;
  }

  /** The state tensors of a parameter, by name; empty when nothing was kept yet. */
  views(parameter: Parameter, make: boolean): Record<string, Tensor> {
    if (!make && !this.#buffers.has(parameter.arena)) return {};
    let views = this.#views.get(parameter);
    if (!views) {
      const { byteOffset, bytes, device } = parameter.storage;
      views = {};
      for (const [name, { buffer }] of this.of(parameter.arena)) {
        views[name] = keep(
          new Tensor(Storage.within(device, buffer, byteOffset, bytes, () => {}), "f32", parameter.shape),
        );
      }
      this.#views.set(parameter, views);
    }
    return views;
  }

  /** Releases everything. */
  dispose(): void {
    for (const arena of [...this.#buffers.keys()]) this.#free(arena);
  }

  #free(arena: Arena): void {
    for (const storage of this.#buffers.get(arena)?.values() ?? []) storage.release();
    this.#buffers.delete(arena);
    arena.onRelease.delete(this.#watchers.get(arena)!);
    this.#watchers.delete(arena);
    for (const [parameter, views] of this.#views) {
      if (parameter.arena !== arena) continue;
      for (const view of Object.values(views)) view.dispose();
      this.#views.delete(parameter);
    }
  }
}

/** Lists step counts, state and options. */
export function saveState<O>(
  entries: readonly Entry[],
  groups: readonly ParamGroup<O>[],
  buffers: StateBuffers,
): OptimizerState {
  const state: OptimizerState["state"] = {};
  entries.forEach(({ parameter, step }, i) => {
    if (step > 0) state[i] = { step, ...buffers.views(parameter, false) };
  });
  const numbers = (group: number) => entries.flatMap((entry, i) => entry.group === group ? [i] : []);
  return { state, paramGroups: groups.map((group, i) => ({ ...group, params: numbers(i) })) };
}

/** Checks a state against an optimiser, then takes it over. */
export function loadState<O>(
  { state, paramGroups }: OptimizerState,
  entries: readonly Entry[],
  groups: readonly ParamGroup<O>[],
  buffers: StateBuffers,
  op: string,
  rules: Rules<O>,
): void {
  const fail = (what: string): never => {
    throw new ValueError(`Cannot load the state of ${op}: ${what}; nothing was changed`, { op: "loadStateDict" });
  };
  if (paramGroups.length !== groups.length) {
    fail(`it has ${paramGroups.length} groups, this optimiser has ${groups.length}`);
  }
  const options = groups.map((group, i) => {
    const count = paramGroups[i].params.length;
    if (count !== group.params.length) {
      fail(`its group ${i} has ${count} parameters, this one has ${group.params.length}`);
    }
    const found = { ...group, ...paramGroups[i], params: group.params } as ParamGroup<O>;
    checkOptions(op, rules, found);
    return found;
  });
  const target: Record<string, Tensor> = {}, source: Record<string, StateEntry> = {};
  for (const [key, { step, ...tensors }] of Object.entries(state)) {
    const entry = entries[Number(key)];
    if (!entry) fail(`it has a parameter ${key}, this optimiser has ${entries.length}`);
    if (!Number.isInteger(step) || step < 1) {
      fail(`step of parameter ${key} is ${step}, wanted an integer of at least 1`);
    }
    for (const [name, value] of Object.entries(tensors)) source[`${key}.${name}`] = value as StateEntry;
    const some = Object.keys(tensors).length > 0;
    for (const [name, view] of Object.entries(some ? buffers.views(entry.parameter, true) : {})) {
      target[`${key}.${name}`] = view;
    }
  }
  loadInto(target, source, true);
  entries.forEach((entry, i) => {
    entry.step = state[i]?.step ?? 0;
    if (!state[i]) noGrad(() => Object.values(buffers.views(entry.parameter, false)).forEach((view) => zero_(view)));
  });
  groups.forEach((group, i) => Object.assign(group, options[i]));
}
