/**
 * SparseAdam: Adam for embeddings, in which only rows move that a batch looked up.
 * @module
 */
import { kernels } from "../gpu/kernels.gen.ts";
import type { Storage } from "../gpu/storage.ts";
import { ShapeError } from "../errors.ts";
import { BLOCK_BYTES } from "../tensor/arena.ts";
import { ELEMENT_BYTES } from "../tensor/dtype.ts";
import { show } from "../tensor/shape.ts";
import { ClockKind } from "./clock.ts";
import { type Algorithm, Optimizer, type ParameterContext, type Params } from "./optimizer.ts";
import { flag, nonNegative, rates } from "./options.ts";

/** Options of {@link SparseAdam}. */
export interface SparseAdamOptions {
  /** Learning rate. Default 1e-3. */
  lr: number;
  /** Not used: decay would move every row. Must be 0. */
  weightDecay: number;
  /** Decay rates of the averages of the gradient and of its square. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the root of the squares. Default 1e-8. */
  eps: number;
  /** Climbs instead of descending. Default false. */
  maximize: boolean;
}

/** Longest row: a lane walks it twice, and software adapters end loops after 65,535 rounds. */
const LONGEST = 30_000;

const algorithm: Algorithm<SparseAdamOptions> = {
  name: "SparseAdam",
  state: () => ["expAvg", "expAvgSq"],
  rules: {
    lr: nonNegative,
    weightDecay: (v) => v === 0 ? null : "0: decay would move every row",
    betas: rates,
    eps: nonNegative,
    maximize: flag,
  },
  // PyTorch corrects the rate, not the averages: eps counts as in Keras' form.
  tick: ({ lr, betas, maximize }) => ({ kind: ClockKind.kerasAdam, lr, betas, maximize }),
  recordParameter: record,
};

function record(context: ParameterContext, { betas: [beta1, beta2], eps }: SparseAdamOptions): void {
  const { parameter: { shape, numel, arena, storage }, clock, clockAt, state } = context;
  const rows = shape.length > 1 ? shape[0] : numel, width = numel / rows;
  if (width > LONGEST) {
    throw new ShapeError(`Cannot step SparseAdam: rows of ${show(shape)} have ${width} elements, at most ${LONGEST}`, {
      op: "SparseAdam",
      shapes: [shape],
    });
  }
  const { device, values } = arena, each = width % 4 === 0 ? 4 : 1, rowBytes = width * ELEMENT_BYTES;
  const window = device.limits.maxStorageBufferBindingSize - BLOCK_BYTES, most = Math.floor(window / rowBytes);
  for (let row = 0; row < rows; row += most) {
    const count = Math.min(most, rows - row), at = storage.byteOffset + row * rowBytes, ahead = at % BLOCK_BYTES;
    const byteOffset = at - ahead, byteLength = Math.min(ahead + count * rowBytes, values.bytes - byteOffset);
    const bind = (whole: Storage) => ({ storage: whole, byteOffset, byteLength });
    const params = {
      rows: count,
      width: width / each,
      start: ahead / ELEMENT_BYTES / each,
      clock_at: clockAt,
      share1: 1 - beta1,
      share2: 1 - beta2,
      eps,
    };
    const [grad, value] = [arena.wholeGradients, arena.whole].map(bind);
    const [average, square] = ["expAvg", "expAvgSq"].map((name) => bind(state(name)));
    const launch = { workgroups: Math.ceil(count / 64), label: "SparseAdam" }, { rows4, rows1 } = kernels.optimSparse;
    if (each === 4) device.recorder.dispatch(rows4, { clock, grad, value, average, square }, params, launch);
    else {
      const buffers = { clock, grad1: grad, value1: value, average1: average, square1: square };
      device.recorder.dispatch(rows1, buffers, params, launch);
    }
  }
}

/**
 * Adam for tables of which a batch needs few rows: `m += (1 - beta1)(g - m); v += (1 - beta2)(g² - v);
 * p -= lr * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + eps)` for the rows that take part; the others keep value
 * and state. As PyTorch's SparseAdam: t counts all steps of the parameter, not those of a row.
 *
 * Gradients are dense here, so a row takes part when an element of its gradient is not 0. PyTorch goes by the ids: a row
 * that was looked up but got a gradient of exactly 0 moves on by its momentum there, and stays here.
 * @example
 * const optimizer = new w.optim.SparseAdam(embedding.parameters(), { lr: 1e-3 });
 */
export class SparseAdam extends Optimizer<SparseAdamOptions> {
  /**
   * Makes the optimiser.
   * @param params tables [rows, ...], or groups `{ params, lr, ... }`
   * @param options defaults of the groups: lr 1e-3, betas [0.9, 0.999], eps 1e-8
   * @throws {ValueError} for options out of range, or no parameters
   */
  constructor(params: Params<SparseAdamOptions>, options: Partial<SparseAdamOptions> = {}) {
    const defaults = { lr: 1e-3, weightDecay: 0, betas: [0.9, 0.999] as const, eps: 1e-8, maximize: false };
    super(params, { ...defaults, ...options }, algorithm);
  }

  /** Sets beta1 of all groups. */
  override setMomentum(momentum: number): void {
    for (const group of this.paramGroups) group.betas = [momentum, group.betas[1]];
  }
}
