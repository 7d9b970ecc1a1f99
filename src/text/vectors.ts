/**
 * Word vectors out of text files as GloVe, fastText and word2vec write them: a word and its numbers per line, after an
 * optional header. Files are streamed, packed or not; what is kept is one block of numbers and the words as UTF-8.
 */
import { ShapeError, ValueError } from "../errors.ts";
import { openBar } from "../platform/terminal.ts";
import { LineReader, type LineSink, type SkippedLine } from "./vectors_lines.ts";
import { openSource, type VectorSource } from "./vectors_source.ts";
import { WordSet } from "./vectors_words.ts";
import { Vocab } from "./vocab.ts";

export type { SkippedLine } from "./vectors_lines.ts";
export type { VectorSource } from "./vectors_source.ts";

/** How far a reading is. */
export interface VectorProgress {
  /** Bytes taken from the source; of a packed file, packed ones. */
  readonly bytes: number;
  /** Bytes of the source, where that is known. */
  readonly totalBytes: number | undefined;
  /** Lines read. */
  readonly lines: number;
  /** Words kept. */
  readonly words: number;
}

/** Words by which lines are chosen: a list or set, a vocabulary, or a map by word such as Keras' `wordIndex`. */
export type WantedWords = Iterable<string> | Vocab | ReadonlyMap<string, unknown>;

/** Options of {@link readVectors}. */
export interface VectorOptions {
  /** Words to keep; the numbers of other lines are not even parsed. Default all. */
  words?: WantedWords;
  /** Numbers per word. Default what the header or the first line says. */
  width?: number;
  /** True wants a header, false takes a first line of two integers for a word. Default: such a line is a header unless `width` is 1. */
  header?: boolean;
  /** Words that are no valid UTF-8: refuse (default), or put U+FFFD in. */
  invalid?: "error" | "replace";
  /** Which line counts for a word that stands twice. Default "last". */
  duplicates?: "first" | "last";
  /** NaN, infinities and numbers too large for single precision: refuse (default) or keep. */
  nonFinite?: "error" | "keep";
  /** Lines that cannot be read: refuse (default), or leave out, list in `skipped` and warn. */
  badLines?: "error" | "skip";
  /** Words to keep at most, from the beginning of the file. Default all. */
  limit?: number;
  /** True draws a bar where a screen is attached; a function is called about every megabyte. Default false. */
  progress?: boolean | ((progress: VectorProgress) => void);
  /** Name of the source in messages. */
  name?: string;
  /** Takes what is odd but no error. Default `console.warn`. */
  onWarning?: (message: string) => void;
}

/** Words with a vector each, in one block. */
export class WordVectors {
  /** `[size, width]`, row-major. */
  readonly matrix: Float32Array<ArrayBuffer>;
  /** Numbers per word. */
  readonly width: number;
  /** Name of the file. */
  readonly name: string;
  /** Words of the whole file, those that were not kept included. */
  readonly entries: number;
  /** Number of words that the file's header names. */
  readonly announced: number | undefined;
  /** Lines whose word stood in the file before, among the words kept. */
  readonly duplicates: number;
  /** Lines left out. */
  readonly skipped: readonly SkippedLine[];
  readonly #index: WordSet;
  #words: readonly string[] | undefined;

  /** Made by {@link readVectors} and {@link WordVectors.of}. */
  constructor(
    index: WordSet,
    matrix: Float32Array<ArrayBuffer>,
    width: number,
    facts: { name: string; entries: number; announced?: number; duplicates: number; skipped: readonly SkippedLine[] },
  ) {
    this.#index = index;
    this.matrix = matrix;
    this.width = width;
    this.name = facts.name;
    this.entries = facts.entries;
    this.announced = facts.announced;
    this.duplicates = facts.duplicates;
    this.skipped = facts.skipped;
  }

  /**
   * Vectors at hand.
   * @param matrix `[words, width]`, row-major, kept as it is
   * @throws {ShapeError} when the numbers are no whole rows @throws {ValueError} for a word that stands twice
   */
  static of(words: readonly string[], matrix: Float32Array<ArrayBuffer>, name = "vectors"): WordVectors {
    const index = WordSet.of(words), width = matrix.length / words.length;
    if (index.size !== words.length) {
      const twice = words.find((word, i) => index.findWord(word) !== i);
      throw new ValueError(`Cannot make vectors: the word ${JSON.stringify(twice)} stands twice`, {
        op: "WordVectors",
        value: twice,
      });
    }
    if (!Number.isInteger(width) || width === 0) {
      throw new ShapeError(
        `Cannot make vectors: ${matrix.length} numbers are no whole rows for ${words.length} words`,
        {
          op: "WordVectors",
          shapes: [[matrix.length], [words.length]],
        },
      );
    }
    return new WordVectors(index, matrix, width, { name, entries: words.length, duplicates: 0, skipped: [] });
  }

  /** Number of words. */
  get size(): number {
    return this.#index.size;
  }

  /** The words in the order of the rows; made when first asked for. */
  get words(): readonly string[] {
    return this.#words ??= Object.freeze(this.#index.words());
  }

  /** Row of a word, or -1. */
  row(word: string): number {
    return this.#index.findWord(word);
  }

  /** True for a word that has a vector. */
  has(word: string): boolean {
    return this.row(word) >= 0;
  }

  /** The vector of a word (a view of `matrix`), or undefined. */
  get(word: string): Float32Array<ArrayBuffer> | undefined {
    const row = this.row(word);
    return row < 0 ? undefined : this.matrix.subarray(row * this.width, (row + 1) * this.width);
  }
}

/** A word of {@link iterateVectors}. */
export interface VectorEntry {
  /** The word. */
  readonly word: string;
  /** Its numbers, the caller's own. */
  readonly vector: Float32Array<ArrayBuffer>;
  /** Line of the file, from 1. */
  readonly line: number;
}

/** A reading that is under way. */
interface Reading {
  reader: LineReader;
  name: string;
}

/**
 * Reads word vectors.
 *
 * Memory: the numbers that are kept, about 25 bytes per word, and some megabytes, however large the file is.
 * @throws {FormatError} with line (`position`), byte (`offset`), what was found and what was wanted: a line of another
 * width, what is no number or not finite, no valid UTF-8, a damaged or cut gzip file, a file without vectors
 * @throws {ValueError} for an option that is not accepted, or an empty set of words
 * @throws {StateError} for a source that cannot be opened
 * @example
 * ```ts
 * const vectors = await w.text.readVectors("glove.6B.100d.txt", { words: vocab.tokens, progress: true });
 * vectors.get("film"); // Float32Array(100)
 * ```
 */
export async function readVectors(source: VectorSource, options: VectorOptions = {}): Promise<WordVectors> {
  const { duplicates = "last", limit = Infinity } = options;
  const index = new WordSet(), blocks: Float32Array<ArrayBuffer>[] = [];
  let perBlock = 0, repeated = 0;
  const take: LineSink = (bytes, from, end, row) => {
    const size = index.size, id = index.add(bytes, from, end), known = id < size;
    if (known) {
      repeated++;
      if (duplicates === "first") return true;
    }
    perBlock ||= Math.max(1, Math.floor((1 << 21) / row.length));
    const block = Math.floor(id / perBlock);
    if (block === blocks.length) blocks.push(new Float32Array(perBlock * row.length));
    blocks[block].set(row, (id % perBlock) * row.length);
    return index.size < limit;
  };
  let last: Reading | undefined;
  for await (last of readings(source, options, take, () => index.size));
  const { reader, name } = last!;
  return new WordVectors(index, joined(blocks, index.size * reader.width), reader.width, {
    name,
    entries: reader.entries,
    announced: reader.announced,
    duplicates: repeated,
    skipped: reader.skipped,
  });
}

/**
 * The words of a vector file one after the other, in the file's order, duplicates included.
 * @throws as {@link readVectors}
 */
export async function* iterateVectors(
  source: VectorSource,
  options: Omit<VectorOptions, "duplicates"> = {},
): AsyncGenerator<VectorEntry, void> {
  const { limit = Infinity } = options, decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let entries: VectorEntry[] = [], count = 0;
  const take: LineSink = (bytes, from, end, row, line) => {
    entries.push({ word: decoder.decode(bytes.subarray(from, end)), vector: row.slice(), line });
    return ++count < limit;
  };
  for await (const _ of readings(source, options, take, () => count)) {
    const ready = entries;
    entries = [];
    yield* ready;
  }
}

/** Sends all lines to the sink, and says after each piece that it did. */
async function* readings(
  source: VectorSource,
  options: VectorOptions,
  sink: LineSink,
  words: () => number,
): AsyncGenerator<Reading, void> {
  const { invalid = "error", nonFinite = "error", badLines = "error", width, header, progress } = options;
  checkOptions(options);
  const wanted = options.words === undefined ? undefined : WordSet.of(wordsOf(options.words));
  if (wanted && !wanted.size) {
    throw refuse("words is empty, wanted at least one word; leave it out to read all", []);
  }
  const opened = await openSource(source, options.name), { name, total } = opened;
  const reader = new LineReader(name, { width, header, invalid, nonFinite, badLines, wanted }, sink);
  const bar = progress === true && total !== undefined ? await openBar(name, total) : null;
  const report = () => {
    const bytes = opened.taken(), lines = reader.line;
    bar?.update(bytes, `${words().toLocaleString("en")} words`);
    if (typeof progress === "function") progress({ bytes, totalBytes: total, lines, words: words() });
  };
  try {
    let next = 1 << 20;
    for await (const piece of opened.pieces()) {
      reader.push(piece);
      if (opened.taken() >= next) {
        next = opened.taken() + (1 << 20);
        report();
      }
      yield { reader, name };
      if (reader.ended) break;
    }
    if (!reader.ended) reader.end();
    report();
    yield { reader, name };
  } finally {
    bar?.close();
  }
  warn(reader, name, options.onWarning ?? ((message) => console.warn(message)));
}

function warn(reader: LineReader, name: string, say: (message: string) => void): void {
  const { announced, entries, skipped, ended } = reader;
  if (!ended && announced !== undefined && announced !== entries + skipped.length) {
    say(
      `${name}: its header names ${announced} words, it has ${entries + skipped.length}; ` +
        `a part of a file reads like that, and so does one that was cut`,
    );
  }
  if (skipped.length) {
    const more = skipped.length > 3 ? "; ..." : "";
    const reasons = skipped.slice(0, 3).map(({ reason }) => reason).join("; ");
    say(`${name}: left ${skipped.length} ${skipped.length === 1 ? "line" : "lines"} out: ${reasons}${more}`);
  }
}

/** Blocks as one, each freed as soon as it is copied. */
function joined(blocks: Float32Array<ArrayBuffer>[], length: number): Float32Array<ArrayBuffer> {
  const matrix = new Float32Array(length);
  let at = 0;
  for (const [i, block] of blocks.entries()) {
    const used = Math.min(block.length, length - at);
    matrix.set(block.subarray(0, used), at);
    at += used;
    const { buffer } = block;
    blocks[i] = new Float32Array(0);
    if ("transfer" in buffer) (buffer as unknown as { transfer(bytes: number): void }).transfer(0);
  }
  return matrix;
}

/** The words themselves. */
export function wordsOf(words: WantedWords): Iterable<string> {
  if (words instanceof Vocab) return words.tokens;
  if (typeof words === "string") throw refuse("words is a string, wanted a list of words", words);
  return words instanceof Map ? words.keys() : words as Iterable<string>;
}

function refuse(what: string, value: unknown): ValueError {
  return new ValueError(`Cannot read vectors: ${what}`, { op: "readVectors", value });
}

const CHOICES = {
  invalid: ["error", "replace"],
  duplicates: ["first", "last"],
  nonFinite: ["error", "keep"],
  badLines: ["error", "skip"],
} as const;

function checkOptions(options: VectorOptions): void {
  for (const [key, choices] of Object.entries(CHOICES)) {
    const value = options[key as keyof typeof CHOICES];
    if (value !== undefined && !(choices as readonly string[]).includes(value)) {
      throw refuse(`${key} is ${JSON.stringify(value)}, wanted "${choices[0]}" or "${choices[1]}"`, value);
    }
  }
  for (const key of ["width", "limit"] as const) {
    const value = options[key];
    if (value === undefined || Number.isInteger(value) && value > 0 || key === "limit" && value === Infinity) continue;
    throw refuse(`${key} is ${value}, wanted an integer of at least 1`, value);
  }
}
