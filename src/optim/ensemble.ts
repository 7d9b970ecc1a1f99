/**
 * Weighted means of predictions: what several checkpoints of one training, or several models, say together.
 * @module
 */
import { ShapeError, ValueError } from "../errors.ts";
import type { StateTree } from "../tensor/state_tree.ts";

/**
 * Weighted mean of predictions that come one after another, held in float64 on the host. By default prediction k
 * weighs 2^k: 1, 2, 4, 8 for the checkpoints of four epochs.
 * @example
 * const ensemble = new w.optim.CheckpointEnsemble();
 * for (let epoch = 0; epoch < 4; epoch++) {
 *   await trainEpoch();
 *   ensemble.add(await predict(test));
 * }
 * const predictions = ensemble.mean();
 */
export class CheckpointEnsemble {
  readonly #weightOf: (k: number) => number;
  #sum: Float64Array | null = null;
  #total = 0;
  #count = 0;

  /** @param weightOf weight of prediction k, from 0; default `2 ** k` */
  constructor(weightOf: (k: number) => number = (k) => 2 ** k) {
    this.#weightOf = weightOf;
  }

  /** Predictions so far. */
  get count(): number {
    return this.#count;
  }

  /**
   * Takes a prediction.
   * @param weight its weight, in place of the rule's
   * @throws {ShapeError} when it is not as long as the first
   * @throws {ValueError} unless the weight is a finite number of at least 0
   */
  add(prediction: ArrayLike<number>, weight: number = this.#weightOf(this.#count)): void {
    if (!(weight >= 0 && weight < Infinity)) {
      throw new ValueError(
        `Cannot add to CheckpointEnsemble: weight is ${weight}, wanted a finite number of at least 0`,
        {
          op: "CheckpointEnsemble",
          value: weight,
        },
      );
    }
    const sum = this.#sum ??= new Float64Array(prediction.length);
    if (sum.length !== prediction.length) {
      throw new ShapeError(
        `Cannot add ${prediction.length} values to CheckpointEnsemble: the first prediction has ${sum.length}`,
        { op: "CheckpointEnsemble", value: prediction.length },
      );
    }
    for (let i = 0; i < sum.length; i++) sum[i] += weight * prediction[i];
    this.#total += weight;
    this.#count++;
  }

  /** The weighted mean. @throws {ValueError} when nothing with a weight above 0 was added */
  mean(): Float64Array {
    if (!this.#sum || this.#total === 0) {
      throw new ValueError("Cannot take the mean of CheckpointEnsemble: it holds no prediction with a weight", {
        op: "CheckpointEnsemble",
      });
    }
    return this.#sum.map((value) => value / this.#total);
  }

  /** Sums, weights and count. */
  stateDict(): { sum: Float64Array | null; total: number; count: number } {
    return { sum: this.#sum?.slice() ?? null, total: this.#total, count: this.#count };
  }

  /** Takes a state over. @throws {ValueError} for something else */
  loadStateDict(state: StateTree): void {
    const { sum, total, count } = (state ?? {}) as Record<string, unknown>;
    if (!(sum === null || sum instanceof Float64Array) || typeof total !== "number" || typeof count !== "number") {
      throw new ValueError("Cannot load the state of CheckpointEnsemble: wanted { sum, total, count }", {
        op: "loadStateDict",
      });
    }
    this.#sum = sum?.slice() ?? null;
    this.#total = total;
    this.#count = count;
  }
}
