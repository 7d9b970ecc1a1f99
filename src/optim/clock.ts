/**
 * Step counts on the GPU. A step that the GPU skips, because of a fault or of a flag such as an overflow, must not count,
 * and nothing of it is known here without a wait; so a kernel counts, and works out what follows from the count.
 * @module
 */
import type { Device } from "../gpu/device.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import type { Bindable } from "../gpu/recorder.ts";
import { Storage } from "../gpu/storage.ts";
import { mul } from "../ops/binary.ts";
import { zeros } from "../ops/creation.ts";
import { select } from "../ops/movement.ts";
import { keep } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";

/** Bytes of a clock: numbers that may be bound start at multiples of it. */
const CLOCK_BYTES = 256;

/** What follows from a step count; the numbers that the kernel `optim_clock.wgsl` knows. */
export const ClockKind = { plain: 0, adam: 1, kerasAdam: 2, adagrad: 3, asgd: 4, mean: 5, moving: 6 } as const;

/** What one tick works out; see `optim_clock.wgsl`. */
export interface Tick {
  /** One of {@link ClockKind}. */
  readonly kind: number;
  /** Learning rate. */
  readonly lr?: number;
  /** Adam's decay rates. */
  readonly betas?: readonly [number, number];
  /** Adagrad's decay of the learning rate, ASGD's lambd, the decay of a moving average. */
  readonly decay?: number;
  /** ASGD's power of eta. */
  readonly alpha?: number;
  /** ASGD's first step of the average. */
  readonly start?: number;
  /** True climbs. */
  readonly maximize?: boolean;
}

/** What decides on the GPU about a step. */
export interface TickInput {
  /** A number that is not 0 skips the step. */
  readonly skip?: Bindable;
  /** Factors of the gradients. */
  readonly factors?: Bindable;
  /** One factor for all parameters, or one for each of the table. */
  readonly each?: boolean;
}

/** Clocks of some parameters, each of one or more words. */
export class Clocks {
  readonly #memory: Tensor;
  readonly #words: number;
  readonly #views = new Map<number, Tensor>();

  /** @param count parameters @param words numbers kept for each: 1 counts steps */
  constructor(device: Device, count: number, words: number) {
    this.#memory = keep(zeros([count * words * CLOCK_BYTES / 4], { device }));
    this.#words = words;
  }

  /** The buffer. */
  get binding(): Bindable {
    return this.#memory;
  }

  /** Where the clock of a parameter starts, in 4-byte words. */
  wordOf(index: number): number {
    return index * this.#words * CLOCK_BYTES / 4;
  }

  /** Which vec4 of the buffer a kernel reads for a parameter. */
  vectorOf(index: number): number {
    return this.wordOf(index) / 4 + 1;
  }

  /** A number of a parameter as a scalar tensor: its step count, or ASGD's eta and mu. */
  view(index: number, word = 0): Tensor {
    const at = index * this.#words + word;
    let view = this.#views.get(at);
    if (!view) {
      const { device, buffer } = this.#memory.storage;
      view = keep(new Tensor(Storage.within(device, buffer, at * CLOCK_BYTES, 4, () => {}), "f32", []));
      this.#views.set(at, view);
    }
    return view;
  }

  /** The first number that the last tick worked out for a parameter, as a scalar tensor; 0 where it skipped. */
  share(index: number): Tensor {
    const at = this.wordOf(index);
    return mul(select(this.#memory, 0, at + 4), select(this.#memory, 0, at + 6));
  }

  /** Counts a step of the clocks that entries `first` to `first + count` of `rows` name, unless it is to be skipped. */
  tick(rows: Bindable, first: number, count: number, tick: Tick, input: TickInput, label: string): void {
    const { device } = this.#memory, none = device.faults.binding, { betas = [0, 0] } = tick;
    const log = (beta: number) => Math.max(Math.log(beta), -1e4);
    device.recorder.dispatch(
      kernels.optimClock.tick,
      { rows, clocks: this.#memory, skip: input.skip ?? none, factors: input.factors ?? none },
      {
        first,
        count,
        kind: tick.kind,
        scaling: input.factors ? input.each ? 2 : 1 : 0,
        sign: tick.maximize ? -1 : 1,
        lr: tick.lr ?? 0,
        log1: log(betas[0]),
        log2: log(betas[1]),
        decay: tick.decay ?? 0,
        alpha: tick.alpha ?? 0,
        start: tick.start ?? 0,
      },
      { workgroups: [Math.ceil(count / 64), 1, 1], label },
    );
  }

  /** Gives the memory back. */
  dispose(): void {
    for (const view of this.#views.values()) view.dispose();
    this.#views.clear();
    this.#memory.dispose();
  }
}
