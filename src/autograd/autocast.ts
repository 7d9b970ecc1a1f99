/**
 * Mixed precision as a mode: inside `autocast`, operations that gain from f16 are given f16 in place of f32. Which ones
 * do stands in their definitions; parameters themselves stay f32, and so do losses, norms, softmax and sums.
 * @module
 */
import { DeviceError, StateError } from "../errors.ts";
import { getDevice } from "../gpu/default.ts";
import type { Device } from "../gpu/device.ts";
import type { Parameter } from "../tensor/arena.ts";
import type { AnyTensor, Tensor } from "../tensor/tensor.ts";
import { isGradEnabled } from "./mode.ts";

/** The mode: f16 copies of parameters by parameter, those with a graph apart from those without. */
interface Mode {
  readonly copies: readonly [Map<AnyTensor, Copy>, Map<AnyTensor, Copy>];
}

interface Copy {
  readonly half: Tensor;
  readonly version: number;
}

let mode: Mode | null = null;

/** True inside {@link autocast}. */
export function isAutocastEnabled(): boolean {
  return mode !== null;
}

/** Switches the mode off and returns it: what an operation is made of gets what it asks for. */
export function suspendAutocast(): Mode | null {
  const old = mode;
  mode = null;
  return old;
}

/** Goes back to a mode that {@link suspendAutocast} returned. */
export function resumeAutocast(old: Mode | null): void {
  mode = old;
}

/**
 * The f16 copy of a parameter, made once per mode and not again until the parameter changes.
 * @param make converts, keeping the graph and not adopted by any scope
 */
export function halfOfParameter(parameter: Parameter, make: () => Tensor): Tensor {
  const copies = mode!.copies[isGradEnabled() && parameter.requiresGrad ? 1 : 0], { version } = parameter.storage;
  const found = copies.get(parameter);
  if (found?.version === version) return found.half;
  found?.half.dispose();
  const half = make();
  copies.set(parameter, { half, version });
  return half;
}

/**
 * Checks that a device can compute with f16.
 * @throws {DeviceError} naming the adapter when it has no shader-f16
 */
export function requireHalf(op: string, device: Device): void {
  if (device.features.has("shader-f16")) return;
  throw new DeviceError(`Cannot ${op}: ${device.info.description} has no shader-f16; train in f32`, { op });
}

/**
 * Runs `fn` in mixed precision: products of matrices and recurrent layers are given f16 (of f32 parameters one copy,
 * made once), looked-up embeddings become f16, and what follows goes on in the type it gets. Gradients of parameters are
 * f32 as ever. Call `backward` outside, on a loss that was scaled: see `w.train.MixedPrecision`.
 *
 * ```ts
 * const prediction = w.autocast(() => model.forward(x));
 * ```
 *
 * @throws {DeviceError} when the default device has no shader-f16
 * @throws {StateError} when `fn` returns a promise
 */
export function autocast<R>(fn: () => R): R {
  requireHalf("autocast", getDevice("autocast"));
  const old = mode, own: Mode = { copies: [new Map(), new Map()] };
  mode = own;
  try {
    const result = fn();
    if (typeof (result as { then?: unknown } | null)?.then === "function") {
      throw new StateError("Cannot use autocast on an async function: the mode would end at its first await", {
        op: "autocast",
      });
    }
    return result;
  } finally {
    mode = old;
    for (const copies of own.copies) for (const { half } of copies.values()) half.dispose(); // graphs hold their own
  }
}
