// Damaged files: golden ones with bits, lengths and pieces changed, from a fixed seed. Every one has to give a FormatError
// or be read, in little time and memory.
import assert from "node:assert/strict";
import { FormatError } from "../../src/errors.ts";
import * as io from "../../src/io/mod.ts";
import { Input } from "../../src/io/input.ts";
import { collect } from "../../src/io/output.ts";
import { readDirectory, readEntry } from "../../src/io/zip_read.ts";
import { ZipWriter } from "../../src/io/zip_write.ts";
import { goldenBytes } from "./formats.ts";

interface Format {
  /** Golden files to damage. */
  readonly files: readonly string[];
  /** Reads all that a file holds. */
  read(bytes: Uint8Array): Promise<unknown>;
  /** Entries of an archive to damage inside, so that the checksums of the archive fit. */
  readonly inside?: RegExp;
}

/** What is damaged, by name. */
export const FORMATS: Readonly<Record<string, Format>> = {
  safetensors: { files: ["all.safetensors"], read: io.safetensors.load },
  "torch, zip": { files: ["zip.pt", "checkpoint.pt"], read: io.torch.load },
  "torch, pickle inside of a zip": { files: ["zip.pt", "checkpoint.pt"], read: io.torch.load, inside: /data\.pkl$/ },
  "torch, legacy": { files: ["legacy.pt", "view.pt", "fwd_wt103.h5"], read: io.torch.load },
  pickle: { files: [0, 1, 2, 3, 4, 5].map((n) => `protocol${n}.pkl`), read: io.pickle.load },
  npy: { files: ["version1.npy", "version2.npy", "version3.npy"], read: io.npy.load },
  npz: { files: ["packed.npz", "texts.npz"], read: io.npz.load },
  "npz, arrays inside": { files: ["texts.npz", "stored.npz"], read: io.npz.load, inside: /\.npy$/ },
  hdf5: { files: ["plain.h5", "latest.h5"], read: io.hdf5.load },
  "hdf5 of Keras": { files: ["keras_model.h5"], read: io.hdf5.loadKeras },
};

/** Numbers in [0, 1) from a seed. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = state + 0x6d2b79f5 >>> 0;
    let x = Math.imul(state ^ state >>> 15, state | 1);
    x ^= x + Math.imul(x ^ x >>> 7, x | 61);
    return ((x ^ x >>> 14) >>> 0) / 2 ** 32;
  };
}

/** A damaged copy. */
export function damage(bytes: Uint8Array, next: () => number): Uint8Array {
  let all = bytes.slice();
  const below = (n: number) => Math.floor(next() * n);
  for (let times = 1 + below(4); times > 0 && all.length > 8; times--) {
    // where formats keep what they say about themselves: at the beginning and at the end
    const near = Math.min(all.length, 600), place = below(4);
    const at = place === 0 ? below(near) : place === 1 ? all.length - 1 - below(near) : below(all.length);
    const view = new DataView(all.buffer), length = 1 + below(16);
    switch (below(9)) {
      case 0:
        all[at] ^= 1 << below(8);
        break;
      case 1:
        all[at] = [0, 1, 127, 128, 255, 0x28, 0x2e, 0x7d][below(8)];
        break;
      case 2:
        all[at] = 0x30 + below(10); // a digit, for headers that are text
        break;
      case 3:
        if (at + 4 <= all.length) {
          view.setUint32(at, [0, 2 ** 31, 2 ** 32 - 1, all.length + 1, 2 ** 26, below(2 ** 32)][below(6)], true);
        }
        break;
      case 4:
        if (at + 8 <= all.length) {
          const size = [0n, 2n ** 63n, 2n ** 64n - 1n, BigInt(all.length), 2n ** 40n, 2n ** 27n][below(6)];
          view.setBigUint64(at, size, true);
        }
        break;
      case 5:
        all = all.slice(0, at + 1);
        break;
      case 6:
        all.copyWithin(at, below(all.length), below(all.length) + length);
        break;
      case 7: { // a piece less
        const rest = new Uint8Array(Math.max(0, all.length - length));
        rest.set(all.subarray(0, Math.min(at, rest.length)));
        if (at < rest.length) rest.set(all.subarray(at + length), at);
        all = rest;
        break;
      }
      default: { // a piece twice
        const more = new Uint8Array(all.length + length);
        more.set(all.subarray(0, at));
        more.set(all.subarray(Math.max(0, at - length), at), at);
        more.set(all.subarray(at), at + length);
        all = more;
      }
    }
  }
  return all;
}

/** An archive with one entry damaged and everything else in order. */
async function damageInside(bytes: Uint8Array, inside: RegExp, next: () => number): Promise<Uint8Array> {
  const input = Input.ofBytes(bytes), entries = [...(await readDirectory(input)).values()];
  const candidates = entries.filter(({ name }) => inside.test(name));
  const chosen = candidates[Math.floor(next() * candidates.length)];
  return await collect(async (write) => {
    const zip = new ZipWriter(write);
    for (const entry of entries) {
      const content = await readEntry(input, entry);
      await zip.add(entry.name, entry === chosen ? damage(content, next) : content);
    }
    await zip.close();
  });
}

/** Looks at every byte of every tensor in what was read, as a user would. */
function use(value: unknown, seen = new Set<unknown>(), depth = 0): void {
  if (typeof value !== "object" || value === null || seen.has(value) || depth > 200) return;
  seen.add(value);
  if (value instanceof io.StoredTensor) void value.bytes;
  else if (value instanceof io.ObjectArray) use(value.values, seen, depth + 1);
  else if (value instanceof Map) {
    for (const [key, one] of value) {
      use(key, seen, depth + 1), use(one, seen, depth + 1);
    }
  } else if (Array.isArray(value) || value instanceof Set) { for (const one of value) use(one, seen, depth + 1); }
}

/** What became of the files. */
export interface Outcome {
  /** Files that were read. */
  read: number;
  /** Files that were refused. */
  refused: number;
  /** Longest time in milliseconds. */
  slowest: number;
  /** Most memory in bytes, beyond twice the size of the file. */
  most: number;
}

const memory = () => {
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
};

/**
 * Damages files and reads them.
 * @throws {AssertionError} naming format, file and seed when one fails in another way, takes seconds or too much memory
 */
export async function fuzz(name: string, count: number, firstSeed = 1): Promise<Outcome> {
  const { files, read, inside } = FORMATS[name], outcome: Outcome = { read: 0, refused: 0, slowest: 0, most: 0 };
  const originals = files.map(goldenBytes), { warn, log } = console;
  console.warn = console.log = () => {}; // the HDF5 library comments on what it does not know
  try {
    for (let i = 0; i < count; i++) {
      const seed = firstSeed + i, next = random(seed), file = Math.floor(next() * files.length);
      const bytes = inside ? await damageInside(originals[file], inside, next) : damage(originals[file], next);
      const label = `${name}: ${files[file]} damaged with seed ${seed}`;
      const before = memory(), start = performance.now();
      try {
        use(await read(bytes));
        outcome.read++;
      } catch (error) {
        assert.ok(error instanceof FormatError, `${label}: ${(error as Error)?.stack ?? error}`);
        assert.ok(error.message.length < 3000, `${label}: a message of ${error.message.length} characters`);
        outcome.refused++;
      }
      outcome.slowest = Math.max(outcome.slowest, performance.now() - start);
      outcome.most = Math.max(outcome.most, memory() - before - 2 * bytes.length);
      assert.ok(outcome.slowest < 5000, `${label}: ${outcome.slowest} ms`);
      assert.ok(outcome.most < 64 * 2 ** 20, `${label}: ${outcome.most} bytes`);
    }
  } finally {
    Object.assign(console, { warn, log });
  }
  return outcome;
}
