/**
 * Scopes release the tensors that a piece of synchronous code made. `tidy(fn)` is the usual form; `using _ = scope()`
 * and `scope.run(fn)` serve code that cannot be a function, or that awaits.
 * @module
 */
import { StateError } from "../errors.ts";
import type { AnyTensor } from "./tensor.ts";

const stack: Scope[] = [];

/** A list of tensors that are disposed together. */
export class Scope {
  /** Shown when scopes are closed out of order. */
  readonly label: string;
  #tensors: AnyTensor[] = [];
  #crossed = false;
  #closed = false;

  /** Use {@link scope} or {@link tidy}. */
  constructor(label: string) {
    this.label = label;
  }

  /** False once control returned to the event loop: tensors made afterwards belong to somebody else's code. */
  get adopts(): boolean {
    return !this.#crossed && !this.#closed;
  }

  /** Opens the scope for the running synchronous code. */
  open(mayCross: boolean): this {
    stack.push(this);
    if (mayCross) {
      queueMicrotask(() => {
        this.#crossed = true;
        const at = stack.indexOf(this);
        if (at >= 0) stack.splice(at, 1);
      });
    }
    return this;
  }

  /** Takes a tensor over from no scope or another one. */
  adopt(tensor: AnyTensor): void {
    tensor.owner = this;
    this.#tensors.push(tensor);
  }

  /**
   * Runs synchronous code whose tensors this scope adopts; for use after an `await`.
   * @throws {StateError} when the scope is closed, or `fn` returns a promise
   */
  run<R>(fn: () => R): R {
    if (this.#closed) throw new StateError(`Cannot run in scope ${this.label}: it is closed`, { op: "scope.run" });
    const inner = new Scope(this.label).open(false);
    let result: R | undefined;
    try {
      result = fn();
      if (isPromise(result)) {
        throw new StateError(`Cannot run in scope ${this.label}: the function returned a promise`, { op: "scope.run" });
      }
      return result;
    } finally {
      inner.#leave();
      for (const tensor of inner.#tensors) if (tensor.owner === inner) this.adopt(tensor);
      inner.#tensors = [];
    }
  }

  /**
   * Disposes everything adopted; tensors in `result` move to the scope outside, or to nobody.
   * @throws {StateError} when an inner scope is still open
   */
  close(result?: unknown): void {
    if (this.#closed) return;
    this.#leave();
    this.#closed = true;
    if (result !== undefined) visitTensors(result, (tensor) => this.#hand(tensor));
    for (let i = this.#tensors.length - 1; i >= 0; i--) {
      const tensor = this.#tensors[i];
      if (tensor.owner === this) tensor.dispose();
    }
    this.#tensors = [];
  }

  /** `using _ = scope()` closes here. */
  [Symbol.dispose](): void {
    this.close();
  }

  #leave(): void {
    const top = stack.at(-1);
    if (top === this) stack.pop();
    else if (!this.#crossed && stack.includes(this)) {
      throw new StateError(`Cannot close scope ${this.label}: scope ${top!.label}, opened later, is still open`, {
        op: "scope.close",
      });
    }
  }

  #hand(tensor: AnyTensor): void {
    if (tensor.owner !== this) return;
    const outer = currentScope();
    if (outer) outer.adopt(tensor);
    else tensor.owner = null;
  }
}

/** The innermost scope that adopts, or null. */
export function currentScope(): Scope | null {
  return stack.length ? stack[stack.length - 1] : null;
}

/**
 * Runs `fn` and disposes every tensor it made but those it returns (also inside arrays and plain objects), those given
 * to {@link keep}, parameters, and gradients of tensors made outside.
 * @throws {StateError} when `fn` returns a promise: an async function would lose its tensors halfway
 * @example
 * const y = w.tidy(() => x.mul(2).add(1)); // the product is released, the sum is returned
 */
export function tidy<R>(fn: () => R): R {
  const inner = new Scope(fn.name || "tidy").open(false);
  let result: R | undefined;
  try {
    result = fn();
    if (isPromise(result)) {
      throw new StateError(
        "Cannot tidy an async function: its tensors would be released at the first await; use w.scope() and scope.run()",
        { op: "tidy" },
      );
    }
    return result;
  } finally {
    inner.close(result);
  }
}

/** Opens a scope that lives to the end of the block: `using _ = w.scope();`. */
export function scope(label = "scope"): Scope {
  return new Scope(label).open(true);
}

/** Takes a tensor out of its scope: it lives until it is disposed. */
export function keep<T extends AnyTensor>(tensor: T): T {
  tensor.owner = null;
  return tensor;
}

/** Calls `fn` for every tensor in a value: a tensor, arrays, maps, plain objects, and objects with `tensors()`. */
export function visitTensors(value: unknown, fn: (tensor: AnyTensor) => void): void {
  if (value === null || typeof value !== "object") return;
  if ("owner" in value && "storage" in value) return fn(value as AnyTensor);
  if (Array.isArray(value)) {
    for (const item of value) visitTensors(item, fn);
  } else if (value instanceof Map) {
    for (const item of value.values()) visitTensors(item, fn);
  } else if (typeof (value as { tensors?: unknown }).tensors === "function") {
    for (const item of (value as { tensors(): Iterable<AnyTensor> }).tensors()) fn(item);
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const item of Object.values(value)) visitTensors(item, fn);
  }
}

function isPromise(value: unknown): boolean {
  return value !== null && typeof value === "object" && typeof (value as { then?: unknown }).then === "function";
}
