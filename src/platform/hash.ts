/**
 * Checksums of data that comes in pieces.
 * @module
 */

/** A sum that is being made. */
export interface Hash {
  /** Takes a piece. */
  update(bytes: Uint8Array): void;
  /** The sum of all pieces, in hexadecimal. */
  hex(): string;
}

/** Begins a sum. */
export async function createHash(name: "sha256" | "md5"): Promise<Hash> {
  const { createHash } = await import("node:crypto"), hash = createHash(name);
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest("hex") };
}
