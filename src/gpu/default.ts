/**
 * The default device: the one that `w.tensor` and modules use. It and the stack of scopes are the only module-level
 * state of wgrad.
 * @module
 */
import { StateError } from "../errors.ts";
import { type Device, type DeviceOptions, type MemoryInfo, openDevice } from "./device.ts";
import type { ProfileRow } from "./profiler.ts";

let current: Device | null = null;

/**
 * Opens a device and makes it the default. Called a second time without options it returns the open one; with options
 * it opens another, whose tensors cannot be mixed with the first one's.
 * @throws {DeviceError} when there is no WebGPU or no adapter; the message says what to install
 */
export async function init(options?: DeviceOptions): Promise<Device> {
  if (current && !current.closed && !current.failure && options === undefined) return current;
  return current = await openDevice(options);
}

/** The default device. @throws {StateError} before {@link init} */
export function getDevice(op = "use the GPU"): Device {
  if (!current || current.closed) {
    throw new StateError(`Cannot ${op}: no device is open; call \`await w.init()\` first`, { op });
  }
  return current;
}

/** Makes a device the default and returns the one before. */
export function setDevice(device: Device | null): Device | null {
  const old = current;
  current = device;
  return old;
}

/** Memory of the default device: bytes and buffers in use, peak, bind groups. */
export function memory(): MemoryInfo {
  return getDevice("measure memory").memory();
}

/** Waits until the GPU has done everything that was recorded; raises faults and errors of it. */
export function sync(): Promise<void> {
  return getDevice("sync").sync();
}

/**
 * GPU time per kernel label while `fn` runs.
 * @returns rows with label, count and milliseconds, longest first
 * @throws {DeviceError} where the adapter has no `timestamp-query`
 */
export async function profile(fn: () => void | Promise<void>): Promise<ProfileRow[]> {
  const device = getDevice("profile");
  device.recorder.flush();
  device.profiler.start();
  try {
    await fn();
  } finally {
    await device.sync();
  }
  return await device.profiler.stop();
}
