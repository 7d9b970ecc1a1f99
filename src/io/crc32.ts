/**
 * The checksum of zip archives.
 * @module
 */

/** Eight tables, so that eight bytes go in one step. */
const TABLES = (() => {
  const tables = Array.from({ length: 8 }, () => new Uint32Array(256));
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ c >>> 1 : c >>> 1;
    tables[0][n] = c;
  }
  for (let n = 0; n < 256; n++) {
    for (let k = 1; k < 8; k++) tables[k][n] = tables[k - 1][n] >>> 8 ^ tables[0][tables[k - 1][n] & 255];
  }
  return tables;
})();

/** CRC-32 of bytes. */
export function crc32(bytes: Uint8Array): number {
  const [a, b, c, d, e, f, g, h] = TABLES;
  let crc = -1, i = 0;
  for (const end = bytes.length - 7; i < end; i += 8) {
    crc ^= bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 | bytes[i + 3] << 24;
    crc = h[crc & 255] ^ g[crc >>> 8 & 255] ^ f[crc >>> 16 & 255] ^ e[crc >>> 24] ^
      d[bytes[i + 4]] ^ c[bytes[i + 5]] ^ b[bytes[i + 6]] ^ a[bytes[i + 7]];
  }
  for (; i < bytes.length; i++) crc = crc >>> 8 ^ a[(crc ^ bytes[i]) & 255];
  return ~crc >>> 0;
}
