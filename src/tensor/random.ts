/**
 * Philox4x32 counter-based random numbers, bit-equal to `shaders/lib/philox.wgsl`. A number depends only on
 * (seed, stream, call, element): never on kernels, batching or the order in which the GPU works.
 *
 * Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3 (SC 2011).
 * @module
 */
import { ValueError } from "../errors.ts";
import { numel, type Shape } from "./shape.ts";
import type { Stateful, StateTree } from "./state_tree.ts";

const M0 = 0xd2511f53, M1 = 0xcd9e8d57, W0 = 0x9e3779b9, W1 = 0xbb67ae85;

function mulHigh(a: number, b: number): number {
  const al = a & 0xffff, ah = a >>> 16, bl = b & 0xffff, bh = b >>> 16;
  const mid = ah * bl + ((al * bl) >>> 16);
  return (ah * bh + Math.floor(mid / 65536) + ((al * bh + (mid & 0xffff)) >>> 16)) >>> 0;
}

/**
 * The Philox4x32 bijection.
 * @param counter 4 words @param key 2 words @param rounds 10 for full strength, 7 is the least that passes BigCrush
 * @returns 4 random words
 */
export function philox4x32(counter: ArrayLike<number>, key: ArrayLike<number>, rounds = 10): Uint32Array<ArrayBuffer> {
  let c0 = counter[0] >>> 0, c1 = counter[1] >>> 0, c2 = counter[2] >>> 0, c3 = counter[3] >>> 0;
  let k0 = key[0] >>> 0, k1 = key[1] >>> 0;
  for (let r = 0; r < rounds; r++) {
    const h0 = mulHigh(M0, c0), l0 = Math.imul(M0, c0) >>> 0;
    const h1 = mulHigh(M1, c2), l1 = Math.imul(M1, c2) >>> 0;
    c0 = (h1 ^ c1 ^ k0) >>> 0;
    c1 = l1;
    c2 = (h0 ^ c3 ^ k1) >>> 0;
    c3 = l0;
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  return Uint32Array.of(c0, c1, c2, c3);
}

/** Number of a stream by its name (FNV-1a), so that parts of a program draw independently of each other. */
export function streamId(name: string): number {
  let h = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) h = Math.imul(h ^ byte, 0x01000193);
  return h >>> 0;
}

/** Everything a kernel needs to draw. */
export interface Draw {
  /** Key. */
  readonly seed: readonly [lo: number, hi: number];
  /** Counter word 3. */
  readonly stream: number;
  /** Counter words 1 and 2: a new number for every draw from a stream. */
  readonly call: readonly [lo: number, hi: number];
}

/** A stream of random numbers: a seed, a stream number and a count of draws. */
export class Generator implements Stateful {
  #seed: readonly [number, number];
  /** Stream number. */
  readonly stream: number;
  #calls = 0;

  /**
   * A stream that starts at its first draw.
   * @param seed integer from 0 to 2^53 - 1
   * @param stream a name or a number; 0 is the stream of the `rand` functions
   */
  constructor(seed = 0, stream: string | number = 0) {
    this.#seed = splitSeed(seed);
    this.stream = typeof stream === "string" ? streamId(stream) : stream >>> 0;
  }

  /** Draws so far; set it to resume. */
  get calls(): number {
    return this.#calls;
  }
  set calls(value: number) {
    this.#calls = value;
  }

  /** Starts over with a seed. */
  manualSeed(seed: number): this {
    this.#seed = splitSeed(seed);
    this.#calls = 0;
    return this;
  }

  /** The seed, the stream and the number of draws: all there is to a generator. */
  stateDict(): { seed: number; stream: number; calls: number } {
    return { seed: this.#seed[1] * 2 ** 32 + this.#seed[0], stream: this.stream, calls: this.#calls };
  }

  /**
   * Goes on where another generator of the same stream stood.
   * @throws {ValueError} for something else, or another stream: nothing is changed
   */
  loadStateDict(tree: StateTree): void {
    const { seed, calls } = checkState(tree, this.stream);
    this.manualSeed(seed);
    this.#calls = calls;
  }

  /** Takes the next call number. */
  next(): Draw {
    const call = this.#calls++;
    return { seed: this.#seed, stream: this.stream, call: [call >>> 0, Math.floor(call / 2 ** 32)] };
  }

  /** Draws `n` words on the host. */
  words(n: number): Uint32Array<ArrayBuffer> {
    return hostWords(this.next(), n);
  }

  /** Draws `n` floats in [0, 1) on the host, each a multiple of 2^-24. */
  uniform(n: number): Float32Array<ArrayBuffer> {
    return Float32Array.from(this.words(n), (x) => (x >>> 8) * 2 ** -24);
  }

  /** A random order of 0..n-1: positions sorted by a random word each, ties by position. */
  permutation(n: number): Int32Array<ArrayBuffer> {
    const words = this.words(n);
    return Int32Array.from({ length: n }, (_, i) => i).sort((a, b) => words[a] - words[b] || a - b);
  }
}

function hostWords(draw: Draw, n: number): Uint32Array<ArrayBuffer> {
  const out = new Uint32Array(n);
  for (let i = 0; i < n; i += 4) {
    const words = philox4x32([i / 4, draw.call[0], draw.call[1], draw.stream], draw.seed);
    out.set(n - i >= 4 ? words : words.subarray(0, n - i), i);
  }
  return out;
}

function splitSeed(seed: number): readonly [number, number] {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new ValueError(`Cannot seed with ${seed}: wanted an integer from 0 to 2^53 - 1`, {
      op: "manualSeed",
      value: seed,
    });
  }
  return [seed >>> 0, Math.floor(seed / 2 ** 32)];
}

/** Checks the state of a generator. */
function checkState(tree: StateTree, stream: number, name = ""): { seed: number; calls: number } {
  const { seed, stream: found, calls } = (tree ?? {}) as Record<string, unknown>;
  const counts = [seed, calls].every((n) => Number.isSafeInteger(n) && n as number >= 0);
  if (counts && found === stream) return { seed: seed as number, calls: calls as number };
  throw new ValueError(
    `Cannot load the state of generator ${name || stream}: ${
      counts ? `it is of stream ${found}, this one is ${stream}` : "wanted { seed, stream, calls }"
    }; nothing was changed`,
    { op: "loadStateDict", value: tree },
  );
}

let globalSeed = 0;
const streams = new Map<string, Generator>();

/**
 * Seeds every stream of the program and starts them over.
 * @param seed integer from 0 to 2^53 - 1
 */
export function manualSeed(seed: number): void {
  splitSeed(seed);
  globalSeed = seed;
  for (const generator of streams.values()) generator.manualSeed(seed);
}

/** The program's generator of a name: `""` for `rand` and friends, `init`, `dropout`, `loader`, ... */
export function generator(name = ""): Generator {
  let g = streams.get(name);
  if (!g) streams.set(name, g = new Generator(globalSeed, name === "" ? 0 : name));
  return g;
}

/** The program's seed and all its named generators, for {@link loadGeneratorState}. */
export function generatorState(): { seed: number; streams: { [name: string]: StateTree } } {
  return { seed: globalSeed, streams: Object.fromEntries([...streams].map(([name, g]) => [name, g.stateDict()])) };
}

/**
 * Sets the program's seed and named generators to a saved state. Generators that the state does not name start over
 * with its seed, as they would have in the program that saved it.
 * @throws {ValueError} when the state is something else: nothing is changed
 */
export function loadGeneratorState(tree: StateTree): void {
  const { seed, streams: saved } = (tree ?? {}) as { seed: number; streams: Record<string, StateTree> };
  if (!Number.isSafeInteger(seed) || seed < 0 || typeof saved !== "object" || saved === null) {
    throw new ValueError("Cannot load the state of the generators: wanted { seed, streams }; nothing was changed", {
      op: "loadGeneratorState",
      value: tree,
    });
  }
  for (const [name, state] of Object.entries(saved)) checkState(state, name === "" ? 0 : streamId(name), name);
  manualSeed(seed);
  for (const [name, state] of Object.entries(saved)) generator(name).loadStateDict(state);
}

/**
 * A dropout mask on the host, bit-equal to the one the dropout kernel draws: 1 / (1 - p) where an element is kept, 0
 * where it is dropped.
 * @param shape shape of the mask @param p probability of dropping, 0 <= p <= 1
 */
export function dropoutMask(
  shape: Shape,
  p: number,
  { seed = 0, stream = "dropout", call = 0 }: { seed?: number; stream?: string | number; call?: number } = {},
): Float32Array<ArrayBuffer> {
  const g = new Generator(seed, stream);
  g.calls = call;
  const scale = p < 1 ? Math.fround(1 / (1 - Math.fround(p))) : 0;
  return g.uniform(numel(shape)).map((u) => u >= Math.fround(p) ? scale : 0);
}
