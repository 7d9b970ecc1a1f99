/**
 * Averages of a model's weights: equally weighted (SWA) or exponentially (EMA), with PyTorch's names.
 *
 * Izmailov, Podoprikhin, Garipov, Vetrov, Wilson: Averaging weights leads to wider optima and better generalization (2018).
 * @module
 */
import { noGrad } from "../autograd/mode.ts";
import { StateError, ValueError } from "../errors.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import { BatchNorm1d } from "../nn/batch_norm.ts";
import type { Module } from "../nn/module.ts";
import { loadInto, type StateEntry } from "../nn/state_dict.ts";
import { clone } from "../ops/assembly.ts";
import { add, mul, sub } from "../ops/binary.ts";
import { copy_ } from "../ops/inplace.ts";
import type { Parameter } from "../tensor/arena.ts";
import { windowOf } from "../tensor/blocks.ts";
import { keep, tidy } from "../tensor/scope.ts";
import type { StateTree } from "../tensor/state_tree.ts";
import type { AnyTensor, Tensor } from "../tensor/tensor.ts";
import { ClockKind, Clocks, type Tick } from "./clock.ts";
import { Memory } from "./state.ts";
import { stepGroups, StepTable } from "./step_table.ts";
import { swapParameters } from "./swap.ts";

export { SWALR, type SWALROptions } from "./cosine_schedulers.ts";

/** How a model enters an average: made by {@link getSwaAvgFn} and {@link getEmaAvgFn}. */
export interface AverageRule {
  /** `"swa"`: all alike. `"ema"`: the newest with 1 - decay. */
  readonly kind: "swa" | "ema";
  /** Share of the average that stays, of `"ema"`. */
  readonly decay: number;
}

/** `average + (model - average) / (n + 1)`, where n models are in the average. */
export function getSwaAvgFn(): AverageRule {
  return { kind: "swa", decay: 0 };
}

/** `decay * average + (1 - decay) * model`. @throws {ValueError} for a decay outside [0, 1] */
export function getEmaAvgFn(decay = 0.999): AverageRule {
  if (!(decay >= 0 && decay <= 1)) {
    throw new ValueError(`Cannot make getEmaAvgFn: decay is ${decay}, wanted a number from 0 to 1`, {
      op: "getEmaAvgFn",
      value: decay,
    });
  }
  return { kind: "ema", decay };
}

/** Options of {@link AveragedModel}. */
export interface AveragedModelOptions {
  /** How models enter. Default {@link getSwaAvgFn}. */
  avgFn?: AverageRule;
  /** Whether buffers of floats (running statistics) are averaged too, and other buffers copied. Default false. */
  useBuffers?: boolean;
}

/**
 * A running average of a model's weights, kept beside them on the GPU. The first update copies them. Unlike PyTorch's it
 * is no second model: {@link AveragedModel.swap} exchanges the weights of the model itself, so an evaluation needs no
 * second set of activations, states or code. An update counts nothing while a fault waits to be reported.
 * @example
 * const average = new w.optim.swaUtils.AveragedModel(model, { avgFn: w.optim.swaUtils.getEmaAvgFn(0.999) });
 * for (const batch of batches) {
 *   train(batch);
 *   average.updateParameters();
 * }
 * const loss = await average.swapped(() => evaluate(model));
 */
export class AveragedModel {
  /** The model whose weights are averaged. */
  readonly module: Module;
  readonly #tick: Tick;
  readonly #parameters: readonly [name: string, parameter: Parameter][];
  readonly #buffers: readonly { name: string; live: AnyTensor; average: AnyTensor }[];
  readonly #memory: Memory;
  readonly #clocks: Clocks;
  #table: StepTable | null = null;
  #swapped = false;
  #started = false;

  /** Starts with nothing in the average. @throws {ValueError} when the model has no parameters */
  constructor(module: Module, { avgFn = getSwaAvgFn(), useBuffers = false }: AveragedModelOptions = {}) {
    this.module = module;
    this.#parameters = module.namedParameters();
    if (this.#parameters.length === 0) {
      throw new ValueError("Cannot make AveragedModel: the model has no parameters", { op: "AveragedModel" });
    }
    this.#tick = { kind: avgFn.kind === "swa" ? ClockKind.mean : ClockKind.moving, decay: avgFn.decay };
    const buffers = useBuffers ? module.namedBuffers() : [];
    this.#buffers = noGrad(() => buffers.map(([name, live]) => ({ name, live, average: keep(clone(live)) })));
    const entry = { group: 0, index: 0, started: true, dirty: true };
    this.#memory = new Memory(this.#parameters.map(([, parameter]) => ({ ...entry, parameter })));
    this.#clocks = new Clocks(this.#parameters[0][1].device, 1, 1);
  }

  /** Models in the average: a scalar on the GPU. */
  get nAveraged(): Tensor {
    return this.#clocks.view(0);
  }

  /**
   * Takes the weights of the model into the average.
   * @throws {StateError} while the weights are exchanged, or when one was disposed
   */
  updateParameters(): void {
    if (this.#swapped) throw new StateError("Cannot update AveragedModel: its weights are exchanged", { op: "update" });
    const entries = this.#parameters.map(([name, parameter]) => {
      if (!parameter.disposed) return { parameter, index: 0 };
      throw new StateError(`Cannot update AveragedModel: ${name} was disposed`, { op: "updateParameters" });
    });
    const clocks = this.#clocks, label = "AveragedModel";
    const { table, owners, rows } = this.#table ??= new StepTable([{ entries, clocks }]);
    clocks.tick(rows, 0, 1, this.#tick, {}, label);
    for (const segment of table.lists[0]) {
      const { arena, first, count } = segment, average = windowOf(this.#memory.buffer(arena, "average"), segment);
      const buffers = { blocks: table.binding, owners, clock: clocks.binding, current: windowOf(arena.whole, segment) };
      arena.device.recorder.dispatch(kernels.optimAverage.update, { ...buffers, average }, { first, count }, {
        workgroups: stepGroups(segment),
        label,
      });
    }
    this.#started = true;
    noGrad(() => tidy(() => this.#updateBuffers()));
  }

  /** Averages of buffers by the share that the clock holds: 0 while a fault waits. */
  #updateBuffers(): void {
    if (this.#buffers.length === 0) return;
    const share = this.#clocks.share(0);
    for (const { live, average } of this.#buffers) {
      if (live.dtype !== "f32") copy_(average, live);
      else copy_(average as Tensor, add(average as Tensor, mul(sub(live as Tensor, average as Tensor), share)));
    }
  }

  /**
   * Exchanges the model's weights with their averages; a second call changes them back. Gradients and optimisers stay
   * with the place, so train only when the weights are back.
   * @throws {StateError} before the first update
   */
  swap(): void {
    if (!this.#started) throw new StateError("Cannot swap AveragedModel: nothing was averaged yet", { op: "swap" });
    swapParameters(this.#parameters.map(([, p]) => p), (arena) => this.#memory.buffer(arena, "average"));
    noGrad(() =>
      tidy(() => {
        for (const { live, average } of this.#buffers) {
          const held = clone(live);
          copy_(live, average);
          copy_(average, held);
        }
      })
    );
    this.#swapped = !this.#swapped;
  }

  /** Runs `fn` with the averages as the model's weights, and changes them back whatever happens. */
  async swapped<R>(fn: () => R | Promise<R>): Promise<R> {
    this.swap();
    try {
      return await fn();
    } finally {
      this.swap();
    }
  }

  /** Copies the averages into the model for good. @throws {StateError} before the first update */
  copyToModel(): void {
    const was = this.#swapped;
    if (!was) this.swap();
    noGrad(() => {
      for (const [, parameter] of this.#parameters) copy_(this.#memory.view(parameter, "average"), parameter);
      for (const { live, average } of this.#buffers) copy_(average, live);
    });
    this.#swapped = false;
  }

  /** The averages under the model's names as `module.<name>`, and `nAveraged`; the tensors are this object's own. */
  stateDict(): { [name: string]: StateTree } {
    if (this.#swapped) {
      throw new StateError("Cannot save AveragedModel: its weights are exchanged", { op: "stateDict" });
    }
    return { nAveraged: this.nAveraged, ...this.#averages() };
  }

  #averages(): Record<string, AnyTensor> {
    const found: Record<string, AnyTensor> = {};
    for (const [name, parameter] of this.#parameters) found[`module.${name}`] = this.#memory.view(parameter, "average");
    for (const { name, average } of this.#buffers) found[`module.${name}`] = average;
    return found;
  }

  /** Takes averages over. @throws {ValueError} when names or shapes do not fit: nothing is changed */
  loadStateDict(state: StateTree): void {
    const source = { ...state as Record<string, StateEntry> };
    if (typeof source.nAveraged === "number") source.nAveraged = [source.nAveraged];
    loadInto({ nAveraged: this.nAveraged, ...this.#averages() }, source, true);
    this.#started = true;
    this.#swapped = false;
  }

  /** Releases the averages. */
  dispose(): void {
    this.#memory.dispose();
    this.#clocks.dispose();
    this.#table?.dispose();
    this.#table = null;
    for (const { average } of this.#buffers) average.dispose();
    this.#started = false;
  }
}

/**
 * Works the running statistics of all batch normalisations out anew: forward passes over the data with the weights at
 * hand, each batch counting alike. For averaged weights call it while they are in the model.
 * @param loader batches, or `[input, ...]` lists whose first element is the input
 * @param forward what to run for an input; the model's `forward` by default
 * @example
 * await average.swapped(async () => {
 *   await w.optim.swaUtils.updateBn(loader, model);
 *   return await evaluate(model);
 * });
 */
export async function updateBn<X>(
  loader: AsyncIterable<X | readonly [X, ...unknown[]]> | Iterable<X | readonly [X, ...unknown[]]>,
  module: Module,
  forward: (input: X) => unknown = (input) => (module as unknown as Module<[X]>).forward(input),
): Promise<void> {
  const norms = module.modules().filter((m): m is BatchNorm1d => m instanceof BatchNorm1d && m.running_mean !== null);
  if (norms.length === 0) return;
  const before = norms.map((norm) => norm.momentum), modes = module.modules().map((m) => [m, m.training] as const);
  for (const norm of norms) {
    noGrad(() => {
      copy_(norm.running_mean!, new Float32Array(norm.numFeatures));
      copy_(norm.running_var!, new Float32Array(norm.numFeatures).fill(1));
      copy_(norm.num_batches_tracked!, [0]);
    });
    norm.momentum = null;
  }
  module.train();
  try {
    for await (const batch of loader) {
      const input = (Array.isArray(batch) ? batch[0] : batch) as X;
      noGrad(() => tidy(() => void forward(input)));
    }
  } finally {
    norms.forEach((norm, i) => norm.momentum = before[i]);
    for (const [m, mode] of modes) m.training = mode;
  }
}
