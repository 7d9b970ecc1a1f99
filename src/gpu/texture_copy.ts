/**
 * Copies of 4-vectors from a buffer into a texture. A software adapter does them by moving rows of memory, several times
 * faster than a kernel that loads and stores each vector.
 * @module
 */
import { TEXTURE_ROW } from "./storage.ts";

/** A copy that takes place before a command. */
export interface TextureCopy {
  /** Source. */
  readonly from: GPUBuffer;
  /** First byte: a multiple of 16. */
  readonly offset: number;
  /** 4-vectors. */
  readonly vectors: number;
  /** Destination, filled from its first texel on. */
  readonly to: GPUTexture;
}

const ROW_BYTES = TEXTURE_ROW * 16;

/** Records a copy: whole rows at once, then the rest. */
export function encodeTextureCopy(encoder: GPUCommandEncoder, { from, offset, vectors, to }: TextureCopy): void {
  const rows = Math.floor(vectors / TEXTURE_ROW), rest = vectors % TEXTURE_ROW;
  const part = (y: number, width: number, height: number): void =>
    encoder.copyBufferToTexture(
      { buffer: from, offset: offset + y * ROW_BYTES, bytesPerRow: ROW_BYTES },
      { texture: to, origin: [0, y] },
      [width, height],
    );
  if (rows) part(0, TEXTURE_ROW, rows);
  if (rest) part(rows, rest, 1);
}
