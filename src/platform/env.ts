/**
 * What the host says about itself: the one place that asks for environment variables, and works without any
 * (a browser has none).
 * @module
 */

interface DenoLike {
  env?: { get(name: string): string | undefined };
  version?: { deno: string };
  build?: { os: string };
}

const deno = (globalThis as { Deno?: DenoLike }).Deno;

/** True in Deno (where WebGPU's driver is chosen by environment variables). */
export const isDeno: boolean = deno?.version?.deno !== undefined;

/** Operating system as Deno names it (`linux`, `darwin`, `windows`), or `browser`. */
export const os: string = deno?.build?.os ?? "browser";

/**
 * Reads an environment variable.
 * @returns its value, or `undefined` where it is unset, forbidden, or there is no environment
 */
export function env(name: string): string | undefined {
  try {
    return deno?.env?.get(name);
  } catch {
    return undefined; // no --allow-env: the same as unset
  }
}
