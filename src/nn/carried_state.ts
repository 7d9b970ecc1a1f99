/**
 * Hidden states that go on from batch to batch without their history: truncated back-propagation through time.
 * @module
 */
import { ShapeError, ValueError } from "../errors.ts";
import { noGrad } from "../autograd/mode.ts";
import { cat, clone } from "../ops/assembly.ts";
import { zeros } from "../ops/creation.ts";
import { slice } from "../ops/movement.ts";
import { show } from "../tensor/shape.ts";
import { tidy } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";
import { State } from "./state.ts";

/** One tensor, or states of several layers in arrays: `h`, `[h, c]`, `[[h, c], [h, c]]`. */
export type States = Tensor | readonly States[];

/** Options of {@link CarriedState}. */
export interface CarriedStateOptions {
  /**
   * What `get` does when the batch has another size than the one before: `"reset"` starts over (fastai 0.7), `"resize"`
   * drops rows at the end or adds rows of zeros there (fastai 2). Default `"reset"`.
   */
  onBatchChange?: "reset" | "resize";
  /** The batch's dim of every state. Default -2: of [layers, batch, hidden] as of [batch, hidden]. */
  batchDim?: number;
}

/**
 * The last states of a recurrent model, cut off the graph that made them. As a field of a module it is cleared by
 * `module.reset()`, so `ModelResetter` and the learners start it over, and released by `module.dispose()`.
 * @example
 * state = new w.nn.CarriedState<[w.Tensor, w.Tensor]>({ onBatchChange: "resize" });
 * forward(x: w.Tensor): w.Tensor {
 *   const [output, states] = this.lstm.forward(x, this.state.get(x.shape[0])); // zeros at first: get gives null
 *   this.state.set(states);
 *   return output;
 * }
 */
export class CarriedState<T extends States = Tensor> extends State<T> {
  /** What happens when the batch's size changes. */
  readonly onBatchChange: "reset" | "resize";
  /** The batch's dim of every state. */
  readonly batchDim: number;

  /** @throws {ValueError} for an unknown rule */
  constructor({ onBatchChange = "reset", batchDim = -2 }: CarriedStateOptions = {}) {
    super();
    if (onBatchChange !== "reset" && onBatchChange !== "resize") {
      throw new ValueError(
        `Cannot make CarriedState: onBatchChange is ${String(onBatchChange)}, wanted "reset" or "resize"`,
        { op: "CarriedState", value: onBatchChange },
      );
    }
    this.onBatchChange = onBatchChange;
    this.batchDim = batchDim;
  }

  /**
   * The states to go on from, or null (zeros) where there are none.
   * @param batch size of the batch that comes now
   * @throws {ValueError} unless it is an integer of at least 1
   */
  get(batch: number): T | null {
    if (!Number.isInteger(batch) || batch < 1) {
      throw new ValueError(`Cannot get carried states: batch is ${batch}, wanted an integer of at least 1`, {
        op: "CarriedState",
        value: batch,
      });
    }
    const { value } = this;
    if (value === null || this.tensors().every((t) => this.#size(t as Tensor) === batch)) return value;
    if (this.onBatchChange === "reset") this.clear();
    else super.set(tidy(() => change(value, (t) => this.#resized(t, batch)) as T));
    return this.value;
  }

  /**
   * Keeps the states, without their history, past the scope that made them; those held before are released. Null is the
   * same as `clear()`.
   * @throws {ShapeError} for a state without the batch's dim
   */
  override set(states: T | null): void {
    super.set(
      states && change(states, (t) => {
        this.#size(t);
        // A view of much more, such as of the states of all steps, would keep all of it alive.
        return t.storage.bytes > 2 * t.byteLength + 256 ? noGrad(() => clone(t)) : t.detach();
      }) as T,
    );
  }

  #size(t: Tensor): number {
    const size = t.shape.at(this.batchDim);
    if (size !== undefined) return size;
    throw new ShapeError(`Cannot carry a state ${show(t.shape)}: it has no dim ${this.batchDim} for the batch`, {
      op: "CarriedState",
      shapes: [t.shape],
      value: this.batchDim,
    });
  }

  #resized(t: Tensor, batch: number): Tensor {
    const size = this.#size(t), dim = this.batchDim < 0 ? this.batchDim + t.ndim : this.batchDim;
    if (size === batch) return t;
    if (size > batch) return slice(t, dim, 0, batch);
    const missing = t.shape.with(dim, batch - size);
    return cat([t, zeros(missing, { device: t.device })], dim);
  }
}

/** The same arrays with other tensors. */
function change(states: States, fn: (t: Tensor) => Tensor): States {
  return states instanceof Tensor ? fn(states) : states.map((inner) => change(inner, fn));
}
