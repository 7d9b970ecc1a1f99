/**
 * Keras' `Tokenizer` (`keras.preprocessing.text`): punctuation becomes spaces, words get ids from 1 by falling count. Id 0
 * is left to padding. Its files (`to_json`) are read and written.
 */
import { FormatError, StateError, ValueError } from "../errors.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { Vocab } from "./vocab.ts";
import { Counter } from "./vocab_counter.ts";

/** Characters that Keras replaces by spaces; the apostrophe is not among them. */
export const KERAS_FILTERS: string = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n';

/** Options of {@link KerasTokenizer}. */
export interface KerasTokenizerOptions {
  /** Only ids below it are used, so `numWords - 1` words; default all. */
  numWords?: number;
  /** Characters that become `split`; default {@link KERAS_FILTERS}. */
  filters?: string;
  /** Lower case first, as Python's `str.lower`; default true. */
  lower?: boolean;
  /** What stands between words; default one space. */
  split?: string;
  /** Every character (code point) is a token; default false. */
  charLevel?: boolean;
  /** Token with id 1 that stands for unknown words; without it they are left out. */
  oovToken?: string;
}

/** A text, or a document that is split already. */
export type KerasText = string | readonly string[];

/** How {@link KerasTokenizer.sequencesToMatrix} fills a row. */
export type KerasMatrixMode = "binary" | "count" | "freq" | "tfidf";

/**
 * Keras' `Tokenizer`.
 *
 * @example
 * ```ts
 * const tokenizer = new w.text.KerasTokenizer();
 * tokenizer.fitOnTexts(["The cat sat.", "The dog!"]);
 * tokenizer.textsToSequences(["the cat and the dog"]); // [Int32Array [1, 2, 1, 4]]
 * ```
 */
export class KerasTokenizer implements Tokenizer {
  /** Only ids below it are used. */
  readonly numWords: number | undefined;
  /** Token for unknown words. */
  readonly oovToken: string | undefined;
  /** Whether characters are tokens. */
  readonly charLevel: boolean;
  /** Whether texts are lower-cased. */
  readonly lower: boolean;
  /** Characters that become `split`. */
  readonly filters: string;
  /** What stands between words. */
  readonly split: string;
  /** Number of texts that were fitted. */
  documentCount: number = 0;
  /** How often each word occurs, in first-seen order. */
  wordCounts: Counter = new Counter();
  /** In how many texts each word occurs. */
  wordDocs: Counter = new Counter();
  /** Id of every word, from 1 on by falling count (ties in first-seen order), whatever `numWords` is. */
  wordIndex: Map<string, number> = new Map();
  /** Word of every id; nothing at 0. */
  indexWord: string[] = [];
  readonly #filter: RegExp | undefined;

  /** @throws {ValueError} an empty `split`, `numWords` that is no positive integer */
  constructor(options: KerasTokenizerOptions = {}) {
    const { numWords, filters = KERAS_FILTERS, lower = true, split = " ", charLevel = false, oovToken } = options;
    if (split === "") throw new ValueError("Cannot make a KerasTokenizer: split is empty", { op: "KerasTokenizer" });
    if (numWords !== undefined && !(Number.isInteger(numWords) && numWords > 0)) {
      const message = `Cannot make a KerasTokenizer: numWords is ${numWords}, wanted a positive integer`;
      throw new ValueError(message, { op: "KerasTokenizer", value: numWords });
    }
    this.numWords = numWords;
    this.filters = filters;
    this.lower = lower;
    this.split = split;
    this.charLevel = charLevel;
    this.oovToken = oovToken;
    const codes = Array.from(filters, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`).join("");
    this.#filter = codes ? new RegExp(`[${codes}]`, "gu") : undefined;
  }

  /** Words of a text, or its characters with `charLevel`. */
  tokenize(text: string): string[] {
    const cased = this.lower ? text.toLowerCase() : text;
    if (this.charLevel) return Array.from(cased);
    const spaced = this.#filter ? cased.replace(this.#filter, () => this.split) : cased;
    return spaced.split(this.split).filter((word) => word !== "");
  }

  #tokens(text: KerasText): readonly string[] {
    if (typeof text === "string") return this.tokenize(text);
    return this.lower ? text.map((token) => token.toLowerCase()) : text;
  }

  /** Counts the words of texts and numbers all words anew; a generator is read once and not kept. */
  fitOnTexts(texts: Iterable<KerasText>): this {
    if (typeof texts === "string") {
      throw new ValueError("Cannot fit on a string: wanted several texts", { op: "fitOnTexts" });
    }
    for (const text of texts) {
      const tokens = this.#tokens(text);
      this.documentCount++;
      this.wordCounts.addTokens(tokens);
      this.wordDocs.addTokens(new Set(tokens));
    }
    const words = this.wordCounts.mostCommon().map(([word]) => word);
    this.indexWord = new Array(1);
    this.indexWord.push(...(this.oovToken === undefined ? [] : [this.oovToken]));
    for (const word of words) this.indexWord.push(word);
    // A word that is the OOV token itself has two ids; as in Keras the later one counts.
    this.wordIndex = new Map();
    for (let id = 1; id < this.indexWord.length; id++) this.wordIndex.set(this.indexWord[id], id);
    return this;
  }

  /** Ids of a text; unknown words are left out, or get the OOV token's id where there is one. */
  textToSequence(text: KerasText): Int32Array<ArrayBuffer> {
    if (this.wordIndex.size === 0) throw this.#notFitted("textToSequence");
    const oov = this.oovToken === undefined ? undefined : this.wordIndex.get(this.oovToken), ids: number[] = [];
    const end = this.numWords ?? Infinity;
    for (const token of this.#tokens(text)) {
      let id = this.wordIndex.get(token);
      if (id === undefined || id >= end) id = oov;
      if (id !== undefined) ids.push(id);
    }
    return Int32Array.from(ids);
  }

  /** Ids of every text. An empty one gives an empty sequence, so rows stay with their labels. */
  textsToSequences(texts: Iterable<KerasText>): Int32Array<ArrayBuffer>[] {
    return Array.from(texts, (text) => this.textToSequence(text));
  }

  /** Words of every sequence, joined by spaces; ids without a word (0, padding) are left out or the OOV token. */
  sequencesToTexts(sequences: Iterable<Iterable<number>>): string[] {
    const oov = this.oovToken, end = this.numWords ?? Infinity;
    return Array.from(sequences, (ids) => {
      const words: string[] = [];
      for (const id of ids) {
        const word = id < end ? this.indexWord[id] ?? oov : oov;
        if (word !== undefined) words.push(word);
      }
      return words.join(" ");
    });
  }

  /**
   * A row per sequence and a column per id: whether it occurs ("binary"), how often ("count"), which share it has
   * ("freq"), or (1 + ln count) · ln(1 + documents / (1 + documents with it)) ("tfidf").
   * @returns `[sequences, columns]`, row-major
   */
  sequencesToMatrix(
    sequences: readonly ArrayLike<number>[],
    mode: KerasMatrixMode = "binary",
  ): { values: Float64Array<ArrayBuffer>; shape: [number, number] } {
    if (this.wordIndex.size === 0) throw this.#notFitted("sequencesToMatrix");
    const columns = this.numWords ?? this.wordIndex.size + 1, values = new Float64Array(sequences.length * columns);
    const { documentCount, wordDocs, indexWord } = this;
    const rules: Record<KerasMatrixMode, (count: number, id: number, length: number) => number> = {
      binary: () => 1,
      count: (count) => count,
      freq: (count, _, length) => count / length,
      tfidf: (count, id) =>
        (1 + Math.log(count)) * Math.log(1 + documentCount / (1 + wordDocs.get(indexWord[id] ?? ""))),
    };
    const rule = rules[mode];
    if (!rule) throw new ValueError(`Cannot make a matrix: mode is "${mode}", wanted ${Object.keys(rules).join(", ")}`);
    sequences.forEach((ids, row) => {
      const counts = new Map<number, number>();
      for (let t = 0; t < ids.length; t++) if (ids[t] < columns) counts.set(ids[t], (counts.get(ids[t]) ?? 0) + 1);
      for (const [id, count] of counts) values[row * columns + id] = rule(count, id, ids.length);
    });
    return { values, shape: [sequences.length, columns] };
  }

  /** {@link sequencesToMatrix} of texts. */
  textsToMatrix(
    texts: Iterable<KerasText>,
    mode: KerasMatrixMode = "binary",
  ): { values: Float64Array<ArrayBuffer>; shape: [number, number] } {
    return this.sequencesToMatrix(this.textsToSequences(texts), mode);
  }

  /** The words that are used as a {@link Vocab}: id 0 is padding, unknown words are left out or the OOV token. */
  toVocab(): Vocab {
    if (this.wordIndex.size === 0) throw this.#notFitted("toVocab");
    const ids = new Map<string, number>([["", 0]]), oov = this.oovToken, end = this.numWords ?? Infinity;
    for (const [word, id] of this.wordIndex) if (id < end) ids.set(word, id);
    const unknown = oov !== undefined && ids.has(oov) ? oov : undefined;
    return Vocab.fromIds(ids, { counts: this.wordCounts, unknown, pad: "", filler: "", missing: "skip" });
  }

  /** The tokenizer in Keras' own file format, for `JSON.stringify`; called by it too. */
  toJSON(): { class_name: "Tokenizer"; config: Record<string, unknown> } {
    const index = [...this.wordIndex],
      text = (entries: Iterable<readonly [string | number, unknown]>) => jsonObject(entries);
    return {
      class_name: "Tokenizer",
      config: {
        num_words: this.numWords ?? null,
        filters: this.filters,
        lower: this.lower,
        split: this.split,
        char_level: this.charLevel,
        oov_token: this.oovToken ?? null,
        document_count: this.documentCount,
        word_counts: text(this.wordCounts),
        word_docs: text(this.wordDocs),
        index_docs: text([...this.wordDocs].map(([word, n]) => [this.wordIndex.get(word)!, n] as const)),
        index_word: text(index.map(([word, id]) => [id, word] as const)),
        word_index: text(index),
      },
    };
  }

  /**
   * A tokenizer from what Keras' `to_json` (or {@link toJSON}) gave, as text or data.
   * @throws {FormatError} anything else
   */
  static fromJSON(json: string | object): KerasTokenizer {
    const refuse = (what: string, cause?: unknown) =>
      new FormatError(`Cannot read a KerasTokenizer: ${what}`, { file: "tokenizer", op: "KerasTokenizer", cause });
    let config: Record<string, unknown>;
    const part = (name: string) => jsonEntries(String(config[name]));
    try {
      config = (typeof json === "string" ? JSON.parse(json) : json).config;
      const made = new KerasTokenizer({
        numWords: config.num_words as number ?? undefined,
        filters: config.filters as string,
        lower: config.lower as boolean,
        split: config.split as string,
        charLevel: config.char_level as boolean,
        oovToken: config.oov_token as string ?? undefined,
      });
      made.documentCount = Number(config.document_count);
      made.wordCounts = new Counter(part("word_counts") as [string, number][]);
      made.wordDocs = new Counter(part("word_docs") as [string, number][]);
      made.wordIndex = new Map(part("word_index") as [string, number][]);
      for (const [id, word] of part("index_word")) made.indexWord[Number(id)] = String(word);
      return made;
    } catch (cause) {
      throw cause instanceof ValueError ? cause : refuse("wanted what Keras' to_json writes", cause);
    }
  }

  #notFitted(op: string): StateError {
    return new StateError(`Cannot ${op}: the tokenizer knows no words, call fitOnTexts with texts first`, { op });
  }
}

/** Entries of a JSON object in the order of the text: `JSON.parse` moves keys that are numbers ("1999") to the front. */
function jsonEntries(json: string): [string, unknown][] {
  const keys: string[] = [];
  const object = JSON.parse(json) as Record<string, unknown>;
  for (const [, key] of json.matchAll(/("(?:[^"\\]|\\.)*")\s*:\s*(?:"(?:[^"\\]|\\.)*"|[^,"}]*)/g)) {
    keys.push(JSON.parse(key));
  }
  return keys.map((key) => [key, object[key]]);
}

/** A JSON object with its keys in this order, which an object of JavaScript would not keep. */
function jsonObject(entries: Iterable<readonly [string | number, unknown]>): string {
  return `{${
    Array.from(entries, ([key, value]) => `${JSON.stringify(String(key))}: ${JSON.stringify(value)}`).join(", ")
  }}`;
}
