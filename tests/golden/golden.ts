// Reads the golden files beside this module: numbers made with PyTorch by make_golden.py, stored as safetensors.
// A file is a list of cases with options (metadata) and tensors named `<case>/<what>`, so that a test loops over the
// cases of an area without knowing them. Depends on nothing of the framework under test.

/** One stored tensor, row-major; `shape` is empty for a scalar. Ids and masks are stored as i32. */
export type GoldenTensor =
  | { shape: number[]; dtype: "f32"; data: Float32Array }
  | { shape: number[]; dtype: "i32"; data: Int32Array }
  | { shape: number[]; dtype: "f64"; data: Float64Array };

/** A value as it stands in the options of a case. */
export type GoldenValue = number | string | boolean | null | GoldenValue[] | { [key: string]: GoldenValue };

/** Options by their TypeScript names (`batchFirst`, `labelSmoothing`). */
export type GoldenOptions = Record<string, GoldenValue>;

/** A call of `new nn[module](...args, options)`; `steps` (BatchNorm1d only) are prefixes that hold one call each. */
export interface LayerCase {
  name: string;
  module: string;
  args: GoldenValue[];
  options: GoldenOptions;
  mode: "train" | "eval";
  inputs: string[];
  outputs: string[];
  steps?: string[];
}

/**
 * A recurrent layer whose inputs, states and parameters are `goldenValues` of their names. The case's one tensor `numbers`
 * holds the outputs, the gradients of the inputs and those of the parameters in PyTorch's order, end to end.
 */
export interface RecurrentCase {
  name: string;
  module: "RNN" | "LSTM" | "GRU";
  args: [inputSize: number, hiddenSize: number];
  options: GoldenOptions;
  shape: [steps: number, batch: number];
  scale: number;
  inputs: string[];
  outputs: string[];
  lengths?: number[];
  seed?: number;
}

/** A call of the loss `function` with `inputs`; `tensorOptions` are options that are tensors. */
export interface LossCase {
  name: string;
  function: string;
  options: GoldenOptions;
  inputs: string[];
  tensorOptions: string[];
  outputs: string[];
}

/**
 * Twenty steps over the shared `start/*` and `grads/*`; `missing` lists the steps at which a parameter has no gradient.
 * Gradients are multiplied by `factor`; `rates` are learning rates of the steps.
 */
export interface OptimCase {
  name: string;
  optimizer: string;
  options: GoldenOptions;
  scheduled: boolean;
  decay?: boolean[];
  missing?: Record<string, number[]>;
  maxNorm?: number;
  groups?: (GoldenOptions & { params: number[] })[];
  factor?: number;
  rates?: number[];
}

/** A schedule over two groups: `lr` (and `momentum`, `metrics`) are [steps, 2] (`metrics` [steps]), what step k uses. */
export interface ScheduleCase {
  name: string;
  steps: number;
  adam: boolean;
  momentum: boolean;
}

/** A call of `op` with `inputs` in this order and `options`. */
export interface OpCase {
  name: string;
  op: string;
  options: GoldenOptions;
  inputs: string[];
  outputs: string[];
}

/**
 * A pooling or dropout of `kind`: `pool` and `attention` call `function` with `options`; `dropout` is `module` with the
 * probability `p` and a mask of the shape `mask`, the draw number `call` of the stream "golden" with seed 11;
 * `embedding` and `weight_drop` wrap an Embedding and an LSTM of `args` and `options`.
 */
export interface PoolingCase {
  name: string;
  kind: "pool" | "attention" | "dropout" | "embedding" | "weight_drop";
  function?: string;
  module?: string;
  args?: number[];
  options?: GoldenOptions;
  p?: number;
  call?: number;
  mask?: number[];
  inputs: string[];
  outputs: string[];
}

/** A training of one of the seven models from the weights `init/<init>/<parameter>`. */
export interface HumanNumbersCase {
  name: string;
  model: number;
  init: string;
  parameters: string[];
  tied: Record<string, string>;
  decay: boolean[];
  seed: number;
  epochs: number;
  lr: number;
  weightDecay: number;
  moms: [number, number, number];
  alpha: number;
  beta: number;
  dropout: number;
}

/**
 * One of the two networks of examples/imdb_rnn. Parameters, ids and labels are `goldenValues` of their names; of a
 * gradient, every `strides[name]`-th value and the norm of all are stored.
 */
export interface ImdbCase {
  name: string;
  network: "simple" | "upgrade";
  sizes: { words: number; embeddingDim: number; hiddenDim: number };
  time: number;
  batch: number;
  batches: number;
  steps: number;
  lr: number;
  parameters: Record<string, number>;
  strides: Record<string, number>;
}

/**
 * The network of examples/jigsaw. Vectors, parameters, ids and targets are `goldenValues` of their names; of a gradient,
 * every `strides[name]`-th value and the norm of all are stored. The rate is `lr * decay ** epoch`, an epoch `batches` steps.
 */
export interface JigsawCase {
  name: string;
  words: number;
  width: number;
  units: number;
  time: number;
  batch: number;
  batches: number;
  steps: number;
  lr: number;
  decay: number;
  strides: Record<string, number>;
}

/** The areas and what a case of each looks like. */
export interface GoldenAreas {
  layers: LayerCase;
  recurrent: RecurrentCase;
  losses: LossCase;
  optim: OptimCase;
  optim_keras: OptimCase;
  schedules: ScheduleCase;
  ops: OpCase;
  pooling: PoolingCase;
  human_numbers: HumanNumbersCase;
  imdb: ImdbCase;
  jigsaw: JigsawCase;
}

/** A golden file: its tensors by full name, the torch version that made it, its cases. */
export interface Golden<Case> {
  tensors: Map<string, GoldenTensor>;
  meta: { torch: string; cases: Case[] };
}

interface HeaderEntry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** Path of an area's file. */
export function goldenPath(area: keyof GoldenAreas): URL {
  return new URL(`./${area}.safetensors`, import.meta.url);
}

/** Reads one area. Throws when the file is missing or is not what make_golden.py writes. */
export async function loadGolden<Area extends keyof GoldenAreas>(area: Area): Promise<Golden<GoldenAreas[Area]>> {
  const bytes = await Deno.readFile(goldenPath(area));
  const headerLength = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const start = 8 + headerLength;
  const { __metadata__: metadata, ...entries } = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  const tensors = new Map<string, GoldenTensor>();
  for (const [name, entry] of Object.entries(entries as Record<string, HeaderEntry>)) {
    const [from, to] = entry.data_offsets;
    tensors.set(name, decode(name, entry, bytes.slice(start + from, start + to).buffer));
  }
  return { tensors, meta: { torch: metadata.torch, cases: JSON.parse(metadata.cases) } };
}

function decode(name: string, { dtype, shape }: HeaderEntry, buffer: ArrayBuffer): GoldenTensor {
  switch (dtype) {
    case "F32":
      return { shape, dtype: "f32", data: new Float32Array(buffer) };
    case "F64":
      return { shape, dtype: "f64", data: new Float64Array(buffer) };
    case "I32":
      return { shape, dtype: "i32", data: new Int32Array(buffer) };
    default:
      throw new TypeError(`Cannot read golden tensor ${name}: dtype ${dtype}, expected F32, F64 or I32`);
  }
}

/** The tensor of that name. Throws when there is none. */
export function goldenTensor(tensors: Map<string, GoldenTensor>, name: string): GoldenTensor {
  const found = tensors.get(name);
  if (!found) throw new RangeError(`Cannot find golden tensor ${name}: ${tensors.size} others are there`);
  return found;
}

/**
 * The tensors whose names begin with `prefix/`, without that prefix: `under(tensors, "gelu")` holds `input`, `output`,
 * `r/output`, `grad/input`; `under(under(tensors, "linear_bias"), "param")` holds `weight` and `bias`.
 */
export function under(tensors: Map<string, GoldenTensor>, prefix: string): Map<string, GoldenTensor> {
  const found = new Map<string, GoldenTensor>();
  for (const [name, tensor] of tensors) {
    if (name.startsWith(`${prefix}/`)) found.set(name.slice(prefix.length + 1), tensor);
  }
  return found;
}

function crc32(text: string): number {
  let crc = -1;
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = crc >>> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** The numbers that recurrent.py makes of a name: hashes of the positions, in [-scale, scale). */
export function goldenValues(name: string, n: number, scale: number): Float32Array<ArrayBuffer> {
  const start = crc32(name);
  return Float32Array.from({ length: n }, (_, i) => {
    let h = start + Math.imul(i, 0x9e3779b9) >>> 0;
    h = Math.imul(h ^ h >>> 16, 0x7feb352d) >>> 0;
    h = Math.imul(h ^ h >>> 15, 0x846ca68b) >>> 0;
    return (((h ^ h >>> 16) >>> 8) / 2 ** 23 - 1) * scale;
  });
}

/** |actual - expected| / |expected| in the L2 norm, or |actual| where expected is all zeros; NaN when any value is NaN. */
export function relativeL2(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) {
    throw new RangeError(`Cannot compare ${actual.length} values with ${expected.length}: the lengths differ`);
  }
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    // equal infinities differ by nothing
    if (actual[i] === expected[i] && !Number.isFinite(expected[i])) continue;
    difference += (actual[i] - expected[i]) ** 2;
    norm += expected[i] ** 2;
  }
  return Math.sqrt(difference) / (norm > 0 ? Math.sqrt(norm) : 1);
}
