// Files of tests of src/io: the golden ones that other frameworks wrote, and fixed ones that we write and they have read.
// `deno run -A tests/support/formats.ts DIR` writes ours into a folder, for tests/golden/pytorch/formats.py prove.
import * as io from "../../src/io/mod.ts";
import { collect } from "../../src/io/output.ts";
import { ZipWriter } from "../../src/io/zip_write.ts";

/** Address of a golden file. */
export function golden(name: string): URL {
  return new URL(`../golden/formats/${name}`, import.meta.url);
}

/** Bytes of a golden file. */
export function goldenBytes(name: string): Uint8Array<ArrayBuffer> {
  return Deno.readFileSync(golden(name));
}

/** Type, shape and SHA-256 of the dense bytes of a tensor. */
export type Facts = [stored: string, shape: number[], hash: string];

/** What the golden script wrote down about each tensor of each file. */
export function expected(name: string): Record<string, Facts> {
  return JSON.parse(Deno.readTextFileSync(golden("expected.json")))[name];
}

/** Hash of bytes, in hexadecimal. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.slice()));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The same facts about tensors that were read here. */
export async function facts(tensors: Iterable<[string, unknown]>): Promise<Record<string, Facts>> {
  const found: Record<string, Facts> = {};
  for (const [name, tensor] of tensors) {
    const { stored, shape, bytes } = tensor as io.StoredTensor;
    const value: Facts = [stored, [...shape], await sha256(bytes)];
    Object.defineProperty(found, name, { value, enumerable: true });
  }
  return found;
}

/** A zip archive of stored files. */
export function archive(files: Record<string, Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  return collect(async (write) => {
    const zip = new ZipWriter(write);
    for (const [name, bytes] of Object.entries(files)) await zip.add(name, bytes);
    await zip.close();
  });
}

/** Entries of every type, some sharing their bytes. */
export function entries(): Record<string, io.Entry> {
  const weight = Float32Array.from({ length: 6 }, (_, i) => (i - 2.5) / 7);
  const numbers = [0, 1, 2, 3].map((i) => i * 1.5 - 2);
  return {
    weight: { shape: [2, 3], data: weight },
    tied: { shape: [2, 3], data: weight },
    half: { shape: [4], data: numbers, dtype: "f16" },
    double: { shape: [2, 2], data: Float64Array.from(numbers) },
    long: { shape: [2], data: [2n ** 40n, -3n], dtype: "i64" },
    int: Int32Array.of(-7, 2 ** 31 - 1),
    short: Int16Array.of(-1, 5),
    char: Int8Array.of(-128),
    byte: Uint8Array.of(0, 255),
    mask: { shape: [3], data: [1, 0, 1], dtype: "bool" },
    wide: Uint32Array.of(1, 2 ** 32 - 1),
    empty: { shape: [0, 3], data: [] },
    scalar: { shape: [], data: [2.5] },
    special: Float32Array.of(NaN, -Infinity, -0, 1e-45),
  };
}

/** Our files by name. */
export async function written(): Promise<Record<string, Uint8Array<ArrayBuffer>>> {
  const brain: io.Entry = { shape: [4], data: [0.1, -2, 3e38, 1e-40], dtype: "bf16" };
  const rest = {
    epoch: 3,
    lr: 1e-3,
    negative: -70000,
    large: 2 ** 40,
    name: "zwölf",
    flags: [true, null, []],
    deep: { a: 1 },
  };
  return {
    "written.pt": await io.torch.serialize({ model: new Map(Object.entries({ ...entries(), brain })), ...rest }),
    "written.npz": await io.npz.serialize(entries()),
    "packed.npz": await io.npz.serialize({ weight: entries().weight, zeros: new Float32Array(5000) }, {
      deflate: true,
    }),
    "written.npy": await io.npy.serialize(entries().weight),
    "written.safetensors": await io.safetensors.serialize({ ...entries(), brain }, { metadata: { "made by": "us" } }),
  };
}

if (import.meta.main) {
  for (const [name, bytes] of Object.entries(await written())) Deno.writeFileSync(`${Deno.args[0]}/${name}`, bytes);
}
