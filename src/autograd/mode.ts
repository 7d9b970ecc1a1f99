/**
 * Whether operations are recorded for gradients.
 * @module
 */
import { StateError } from "../errors.ts";

let enabled = true;

/** True when operations on tensors that require grad are recorded. */
export function isGradEnabled(): boolean {
  return enabled;
}

/** Sets the mode and returns the old one; for code that must restore it in `finally`. */
export function setGradEnabled(value: boolean): boolean {
  const old = enabled;
  enabled = value;
  return old;
}

function withMode<R>(name: string, mode: boolean, fn: () => R): R {
  const old = setGradEnabled(mode);
  try {
    const result = fn();
    if (result !== null && typeof result === "object" && typeof (result as { then?: unknown }).then === "function") {
      throw new StateError(`Cannot use ${name} on an async function: the mode would end at its first await`, {
        op: name,
      });
    }
    return result;
  } finally {
    setGradEnabled(old);
  }
}

/** Runs `fn` without recording. @throws {StateError} when `fn` returns a promise */
export function noGrad<R>(fn: () => R): R {
  return withMode("noGrad", false, fn);
}

/** Runs `fn` with recording, also inside {@link noGrad}. @throws {StateError} when `fn` returns a promise */
export function enableGrad<R>(fn: () => R): R {
  return withMode("enableGrad", true, fn);
}
