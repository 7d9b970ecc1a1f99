/**
 * Embedding tables for a vocabulary out of word vectors: a row per word, columns of one or several vector files side by
 * side, and a report of the words that no file has.
 */
import { ShapeError, ValueError } from "../errors.ts";
import { loadFallbacks, type NamedFallback, type WordFallback } from "./stem.ts";
import { readVectors, type VectorOptions, type VectorSource, WordVectors } from "./vectors.ts";
import { Vocab } from "./vocab.ts";

/** Words with their rows: a list in the order of the rows, a vocabulary, or rows by word (Keras' `wordIndex`). */
export type RowWords = readonly string[] | Vocab | ReadonlyMap<string, number>;

/** Numbers in rows; `Embedding.fromPretrained` and `HostEmbedding` take it as it is. */
export interface RowMatrix {
  /** Rows and columns. */
  readonly shape: readonly [rows: number, width: number];
  /** Row-major. */
  readonly data: Float32Array<ArrayBuffer>;
}

/** What one vector file gave. */
export interface VectorCoverage {
  /** Name of the file. */
  readonly name: string;
  /** Its columns. */
  readonly width: number;
  /** Words looked for. */
  readonly words: number;
  /** Words found, in whatever form. */
  readonly found: number;
  /** How many were found as they are (`"exact"`), and by each fallback. */
  readonly by: Readonly<Record<string, number>>;
  /** Words not found, in the order of the vocabulary. */
  readonly missing: readonly string[];
}

/** A table made of word vectors. */
export interface EmbeddingMatrix extends RowMatrix {
  /** One entry per file, in the order of the columns. */
  readonly coverage: readonly VectorCoverage[];
}

/** Options of {@link buildEmbeddingMatrix}: those of reading too, where sources are given. */
export interface EmbeddingMatrixOptions extends Omit<VectorOptions, "words" | "limit" | "name"> {
  /** Forms to try for words that a file has not, in this order. Default none; `WORD_FALLBACKS` has all. */
  fallbacks?: readonly WordFallback[];
  /** Rows of the table. Default one more than the largest row of a word. */
  rows?: number;
  /** Fills the columns of a word that was not found, which are zeros. */
  missing?: (row: Float32Array<ArrayBuffer>, word: string) => void;
  /** Takes the report of each file, e.g. `console.log`. Default none. */
  print?: (line: string) => void;
}

/**
 * A table with a row for each word of a vocabulary. Rows of words that are found nowhere, and rows without a word (Keras'
 * row 0), are zeros. Several files stand side by side, in columns; each is read by itself, and of its lines only those
 * of wanted words.
 * @param words the vocabulary
 * @param vectors a vector file or vectors at hand, or several
 * @throws {ValueError} for an empty vocabulary, no vectors, or rows that are no integers from 0 to `rows` - 1
 * @throws {FormatError} as `readVectors`
 * @example The table of two files for a Keras tokenizer
 * ```ts
 * const table = await w.text.buildEmbeddingMatrix(tokenizer.wordIndex, ["crawl-300d-2M.vec", "glove.840B.300d.txt"], {
 *   fallbacks: w.text.WORD_FALLBACKS,
 *   print: console.log,
 * });
 * const embedding = w.nn.HostEmbedding.fromPretrained(table); // [words + 1, 600]
 * ```
 */
export async function buildEmbeddingMatrix(
  words: RowWords,
  vectors: VectorSource | WordVectors | readonly (VectorSource | WordVectors)[],
  options: EmbeddingMatrixOptions = {},
): Promise<EmbeddingMatrix> {
  const { fallbacks = [], missing, print, rows: wantedRows, ...reading } = options;
  const places = placesOf(words, wantedRows), sources = Array.isArray(vectors) ? vectors : [vectors];
  if (!sources.length) throw refuse("there are no vectors, wanted at least one file", vectors);
  const forms = await loadFallbacks(fallbacks), tables: WordVectors[] = [];
  for (const source of sources) {
    if (source instanceof WordVectors) tables.push(source);
    else tables.push(await readVectors(source, { ...reading, words: candidates(places.words, forms) }));
  }
  const width = tables.reduce((sum, table) => sum + table.width, 0), data = new Float32Array(places.rows * width);
  const coverage: VectorCoverage[] = [];
  let first = 0;
  for (const table of tables) {
    const covered = fill(data, width, first, table, places, forms, missing);
    first += table.width;
    coverage.push(covered);
    print?.(coverageLine(covered));
  }
  return { shape: [places.rows, width], data, coverage };
}

/** A line about what a file gave: counts, and the first of the words that it has not. */
export function coverageLine({ name, words, found, by, missing }: VectorCoverage): string {
  const number = (value: number) => value.toLocaleString("en");
  const others = Object.entries(by).filter(([form, count]) => form !== "exact" && count);
  const forms = others.length ? ` (${others.map(([form, count]) => `${number(count)} by ${form}`).join(", ")})` : "";
  const some = missing.slice(0, 10).join(" ") + (missing.length > 10 ? " ..." : "");
  const unknown = missing.length ? `, ${number(missing.length)} unknown: ${some}` : "";
  return `${name}: ${number(found)} of ${number(words)} words found${forms}${unknown}`;
}

interface Places {
  words: readonly string[];
  /** Row of each word. */
  at: readonly number[];
  rows: number;
}

function placesOf(given: RowWords, wanted: number | undefined): Places {
  let words: readonly string[], at: number[];
  if (given instanceof Map) {
    words = [...given.keys()];
    at = [...given.values()];
  } else {
    const list = given instanceof Vocab ? given.tokens : given as readonly string[];
    if (!Array.isArray(list)) throw refuse("words is no list, vocabulary or map", given);
    const filler = given instanceof Vocab ? given.filler : undefined;
    at = [...list.keys()].filter((i) => filler === undefined || list[i] !== filler);
    words = filler === undefined ? list : at.map((i) => list[i]);
  }
  if (!words.length) throw refuse("the vocabulary is empty, wanted at least one word", given);
  const least = given instanceof Vocab ? given.size : at.reduce((most, row) => Math.max(most, row), 0) + 1;
  const rows = wanted ?? least;
  const wrong = at.findIndex((row) => !(Number.isInteger(row) && row >= 0 && row < rows));
  if (wrong >= 0 || !Number.isInteger(rows)) {
    const which = wrong < 0 ? "" : `${JSON.stringify(words[wrong])} has row ${at[wrong]} and `;
    throw refuse(`${which}the table has ${rows} rows, wanted integers from 0 on and as many rows`, at[wrong] ?? rows);
  }
  return { words, at, rows };
}

function* candidates(words: readonly string[], forms: readonly NamedFallback[]): Generator<string> {
  for (const word of words) {
    yield word;
    for (const { form } of forms) yield form(word);
  }
}

/** Copies the vectors of all words into columns of the target. */
function fill(
  target: Float32Array<ArrayBuffer>,
  stride: number,
  first: number,
  table: WordVectors,
  { words, at }: Places,
  forms: readonly NamedFallback[],
  otherwise: EmbeddingMatrixOptions["missing"],
): VectorCoverage {
  const { width, name } = table, missing: string[] = [], by: Record<string, number> = { exact: 0 };
  for (const { name } of forms) by[name] = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i], to = at[i] * stride + first;
    let row = table.row(word);
    if (row >= 0) by.exact++;
    for (let k = 0; row < 0 && k < forms.length; k++) {
      const form = forms[k].form(word);
      row = form === "" ? -1 : table.row(form);
      if (row >= 0) by[forms[k].name]++;
    }
    if (row >= 0) target.set(table.matrix.subarray(row * width, (row + 1) * width), to);
    else {
      missing.push(word);
      otherwise?.(target.subarray(to, to + width), word);
    }
  }
  return { name, width, words: words.length, found: words.length - missing.length, by, missing };
}

/**
 * Tables side by side: rows `[a | b | ...]`.
 * @throws {ValueError} for no tables @throws {ShapeError} when they have not the same number of rows
 */
export function concatenateVectors(tables: readonly RowMatrix[]): RowMatrix {
  const rows = sameRows("concatenate", tables), width = tables.reduce((sum, { shape }) => sum + shape[1], 0);
  const data = new Float32Array(rows * width);
  let first = 0;
  for (const { shape: [, own], data: from } of tables) {
    for (let row = 0; row < rows; row++) data.set(from.subarray(row * own, (row + 1) * own), row * width + first);
    first += own;
  }
  return { shape: [rows, width], data };
}

/**
 * The weighted mean of tables, element by element.
 * @param weights one per table, divided by their sum. Default equal ones
 * @throws {ValueError} for no tables, or weights that are not finite, not as many, or sum up to 0
 * @throws {ShapeError} when the tables differ in shape
 */
export function averageVectors(tables: readonly RowMatrix[], weights?: readonly number[]): RowMatrix {
  const rows = sameRows("average", tables), width = tables[0].shape[1];
  const other = tables.find(({ shape }) => shape[1] !== width);
  if (other) {
    const message = `Cannot average vectors of ${width} and ${other.shape[1]} numbers: wanted equal widths`;
    throw new ShapeError(message, { op: "averageVectors", shapes: [tables[0].shape, other.shape] });
  }
  const parts = weights ?? tables.map(() => 1), sum = parts.reduce((sum, part) => sum + part, 0);
  if (parts.length !== tables.length || !(Math.abs(sum) > 0 && Number.isFinite(sum))) {
    const message = `Cannot average vectors: weights [${parts.join(", ")}] for ${tables.length} tables, wanted one ` +
      `finite number each and a sum other than 0`;
    throw new ValueError(message, { op: "averageVectors", value: parts });
  }
  const data = new Float32Array(rows * width), all = tables.map(({ data }) => data);
  for (let i = 0; i < data.length; i++) {
    let value = 0;
    for (let k = 0; k < all.length; k++) value += parts[k] * all[k][i];
    data[i] = value / sum;
  }
  return { shape: [rows, width], data };
}

function sameRows(verb: string, tables: readonly RowMatrix[]): number {
  const op = `${verb}Vectors`;
  if (!tables.length) {
    throw new ValueError(`Cannot ${verb} vectors: there are no tables, wanted at least one`, { op, value: tables });
  }
  for (const { shape, data } of tables) {
    if (shape[0] !== tables[0].shape[0] || data.length !== shape[0] * shape[1]) {
      const message = `Cannot ${verb} vectors [${shape}] of ${data.length} numbers: wanted ${tables[0].shape[0]} rows`;
      throw new ShapeError(message, { op, shapes: [tables[0].shape, shape] });
    }
  }
  return tables[0].shape[0];
}

function refuse(what: string, value: unknown): ValueError {
  return new ValueError(`Cannot build an embedding matrix: ${what}`, { op: "buildEmbeddingMatrix", value });
}
