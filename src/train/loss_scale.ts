/**
 * Dynamic loss scaling. Gradients of f16 activations vanish below 6e-8, so the loss is multiplied by a large power of
 * two and the gradients are divided by it again. Whether that was too large is seen and answered on the GPU: the host
 * waits for nothing.
 *
 * Micikevicius et al., "Mixed precision training", arXiv 1710.03740.
 * @module
 */
import { ValueError } from "../errors.ts";
import type { Device } from "../gpu/device.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import { copy_ } from "../ops/inplace.ts";
import { tensor, zeros } from "../ops/creation.ts";
import { changeGradients } from "../nn/utils/clip_grad.ts";
import { noGrad } from "../autograd/mode.ts";
import type { Parameter } from "../tensor/arena.ts";
import { blockGroups } from "../tensor/blocks.ts";
import { keep } from "../tensor/scope.ts";
import type { Stateful, StateTree } from "../tensor/state_tree.ts";
import { Tensor } from "../tensor/tensor.ts";

/** Options of {@link LossScale}. */
export interface LossScaleOptions {
  /** Scale of the first step, a power of two; default 65,536. */
  initScale?: number;
  /** Steps in a row without NaN or Infinity after which the scale doubles; default 2,000. */
  growthInterval?: number;
}

/** Numbers of a {@link LossScale}, as they are on the GPU. */
export interface LossScaleReport {
  /** The scale. */
  readonly scale: number;
  /** Steps in a row that were made. */
  readonly good: number;
  /** Steps that were left out. */
  readonly skipped: number;
}

/**
 * A scale that halves when gradients are NaN or infinite and doubles after many steps where they are not. A step with
 * such gradients is left out: optimisers change nothing, and do not count it where they count on the GPU.
 *
 * ```ts
 * scaler.scale(loss).backward();
 * scaler.unscale(model.parameters()); // and decides
 * optimizer.step();
 * scaler.release(); // must follow: until then no step is made
 * ```
 */
export class LossScale implements Stateful {
  /** Steps in a row after which the scale doubles. */
  readonly growthInterval: number;
  readonly #initial: number;
  /** The scale and its inverse. */
  #scale: Tensor | null = null;
  /** Found, good in a row, skipped. */
  #counts: Tensor<"u32"> | null = null;
  #device: Device | null = null;

  /** @throws {ValueError} for a scale that is no power of two from 2^-24 to 2^24, or an interval below 1 */
  constructor({ initScale = 65536, growthInterval = 2000 }: LossScaleOptions = {}) {
    const exponent = Math.log2(initScale);
    if (!Number.isInteger(exponent) || Math.abs(exponent) > 24) {
      throw new ValueError(
        `Cannot make LossScale: initScale is ${initScale}, wanted a power of two from 2^-24 to 2^24`,
        {
          op: "LossScale",
          value: initScale,
        },
      );
    }
    if (!Number.isSafeInteger(growthInterval) || growthInterval < 1) {
      throw new ValueError(`Cannot make LossScale: growthInterval is ${growthInterval}, wanted a positive integer`, {
        op: "LossScale",
        value: growthInterval,
      });
    }
    this.#initial = initScale;
    this.growthInterval = growthInterval;
  }

  /** The loss, multiplied by the scale: backward is to be called on it. */
  scale(loss: Tensor): Tensor {
    const [scale] = this.#on(loss.device);
    return loss.mul(scale.slice(0, 0, 1).reshape([]));
  }

  /** Divides the gradients by the scale, and holds optimisers back from now on when one is NaN or infinite. */
  unscale(parameters: Iterable<Parameter>): void {
    const [scale, counts] = this.#on(this.#device ?? undefined);
    const device = changeGradients("unscale", parameters, (blocks, segment, gradients) => {
      segment.arena.device.recorder.dispatch(
        kernels.lossScale.unscale,
        { blocks, gradients, scale, counts },
        { first: segment.first, count: segment.count },
        { workgroups: blockGroups(segment), label: "unscale" },
      );
    });
    device?.recorder.dispatch(kernels.lossScale.decide, { scale, counts }, { interval: this.growthInterval }, {
      workgroups: 1,
      label: "unscale",
    });
  }

  /** Lets optimisers make steps again. */
  release(): void {
    this.#device?.recorder.dispatch(kernels.lossScale.release, {}, {}, { workgroups: 1, label: "unscale" });
  }

  /** Reads the numbers. Waits for the device. */
  async report(): Promise<LossScaleReport> {
    if (!this.#scale) return { scale: this.#initial, good: 0, skipped: 0 };
    const [scale, counts] = await Promise.all([this.#scale.data(), this.#counts!.data()]);
    return { scale: scale[0], good: counts[1], skipped: counts[2] };
  }

  /** The numbers, on the GPU. */
  stateDict(): StateTree {
    return this.#scale ? { scale: this.#scale, counts: this.#counts! } : {};
  }

  /** @throws {ValueError} for something else: nothing is changed */
  loadStateDict(tree: StateTree): void {
    const { scale, counts } = (tree ?? {}) as { scale?: Tensor; counts?: Tensor<"u32"> };
    if (!scale && !counts) return this.dispose(); // as before the first step
    if (!(scale instanceof Tensor && counts instanceof Tensor && scale.numel === 2 && counts.numel === 4)) {
      throw new ValueError("Cannot load the state of LossScale: wanted { scale, counts }; nothing was changed", {
        op: "loadStateDict",
      });
    }
    const own = this.#on(scale.device);
    noGrad(() => {
      copy_(own[0], scale);
      copy_(own[1], counts);
    });
  }

  /** Starts over. */
  dispose(): void {
    this.#scale?.dispose();
    this.#counts?.dispose();
    this.#scale = this.#counts = null;
  }

  #on(device?: Device): [scale: Tensor, counts: Tensor<"u32">] {
    if (!this.#scale) {
      this.#scale = keep(tensor([this.#initial, 1 / this.#initial], { device }));
      this.#counts = keep(zeros([4], { dtype: "u32", device }));
      this.#device = this.#scale.device;
    }
    return [this.#scale, this.#counts!];
  }
}
