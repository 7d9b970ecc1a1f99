/**
 * State cells: tensors that a module carries from one batch to the next, such as the hidden state of a language model.
 * @module
 */
import { keep, visitTensors } from "../tensor/scope.ts";
import type { AnyTensor, Tensor } from "../tensor/tensor.ts";

/**
 * Holds a tensor (or an array or plain object of tensors) that outlives scopes. Assigned to a module's field, it is
 * cleared by `module.reset()` and released by `module.dispose()`.
 * @typeParam T what is held
 * @example
 * h = new w.nn.State();
 * forward(x: w.Tensor): w.Tensor {
 *   const [output, hidden] = this.rnn.forward(x, this.h.value ?? undefined);
 *   this.h.set(hidden.detach()); // truncated back-propagation: the next batch starts here
 *   return output;
 * }
 */
export class State<T = Tensor> {
  #value: T | null = null;

  /** The carried tensors; null before the first `set` and after `clear`. */
  get value(): T | null {
    return this.#value;
  }

  /**
   * Keeps tensors and releases those it held before. With null it is the same as {@link clear}.
   * Detach them first, or call {@link detach}, unless the next backward is to reach through them.
   */
  set(value: T | null): void {
    const old = tensorsOf(this.#value), fresh = tensorsOf(value);
    for (const tensor of fresh) keep(tensor);
    for (const tensor of old) if (!fresh.has(tensor)) tensor.dispose();
    this.#value = value;
  }

  /** Cuts the carried tensors off the graph that made them: the next backward stops here. */
  detach(): void {
    for (const tensor of tensorsOf(this.#value)) {
      tensor.node?.release();
      tensor.node = null;
      tensor.requiresGrad_(false);
    }
  }

  /** Releases the carried tensors. */
  clear(): void {
    this.set(null);
  }

  /** The carried tensors as a list. */
  tensors(): AnyTensor[] {
    return [...tensorsOf(this.#value)];
  }
}

function tensorsOf(value: unknown): Set<AnyTensor> {
  const found = new Set<AnyTensor>();
  visitTensors(value, (tensor) => found.add(tensor));
  return found;
}
