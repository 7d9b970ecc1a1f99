/**
 * The browser's twin of `hash.ts`: browsers sum only what is whole in memory, so a library does it piece by piece.
 * @module
 */
import type { Hash } from "./hash.ts";

export type { Hash } from "./hash.ts";

/** Begins a sum. */
export async function createHash(name: "sha256" | "md5"): Promise<Hash> {
  const { md5, sha256 } = {
    ...await import("npm:@noble/hashes@2.4.0/legacy.js"),
    ...await import("npm:@noble/hashes@2.4.0/sha2.js"),
  };
  const hash = (name === "md5" ? md5 : sha256).create();
  return {
    update: (bytes) => void hash.update(bytes),
    hex: () => Array.from(hash.digest(), (byte) => byte.toString(16).padStart(2, "0")).join(""),
  };
}
