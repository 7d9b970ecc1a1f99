/**
 * Unpacking gzip as a stream: several members behind each other are one file, as with Python and the command line.
 * @module
 */

/**
 * Unpacks pieces of a gzip file.
 * @throws {Error} of the runtime, with `code` "Z_BUF_ERROR" where the data ends early; errors of `pieces` as they are
 */
export async function* gunzip(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const [{ createGunzip }, { pipeline, Readable }] = await Promise.all([import("node:zlib"), import("node:stream")]);
  const unpacked = createGunzip({ chunkSize: 1 << 18 });
  pipeline(Readable.from(pieces, { highWaterMark: 1 }), unpacked, () => {}); // an error of one side ends the other
  for await (const piece of unpacked) yield piece as Uint8Array;
}
