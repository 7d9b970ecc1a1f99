/**
 * JSON Lines: one JSON value per line, as many data sets come. Lines end at "\n" only, since texts may hold other
 * separators; a line that is no JSON is an error with its number, or counted.
 * @module
 */

import { FormatError } from "../errors.ts";
import type { BadRow } from "./csv.ts";
import { type DataSource, nameOf, type SourceOptions } from "./source.ts";
import { readLines } from "./utf8.ts";

/** Options of {@link readJsonLines}. */
export interface JsonLinesOptions extends SourceOptions {
  /** Keys that every value has to have; the values are objects then. */
  required?: readonly string[];
  /** What happens to a line that does not fit: an error (default), counted and left out, or told to a function. */
  onBadLine?: "error" | "skip" | ((line: BadRow) => void);
}

/** The values of a file; every loop reads it from the beginning (a stream can be read once). */
export class JsonLinesReader<T> implements AsyncIterable<T> {
  /** Lines that did not fit in the last loop, at most the first 1,000. */
  bad: BadRow[] = [];
  /** Number of all of them. */
  badLines = 0;
  /** Line of the value that was given last, from 1. */
  line = 0;
  readonly #source: DataSource;
  readonly #options: JsonLinesOptions;

  /** A file and how it is read. */
  constructor(source: DataSource, options: JsonLinesOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** Reads the file. @throws {FormatError} naming the line that does not fit, or the byte that is no UTF-8 */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    const { required = [] } = this.#options;
    this.bad = [];
    this.badLines = this.line = 0;
    let line = 0;
    for await (const text of readLines(this.#source, this.#options)) {
      line++;
      if (!text) continue;
      let value: unknown, reason = "";
      try {
        value = JSON.parse(text);
        const object = typeof value === "object" && value !== null ? value : {};
        const missing = required.find((key) => !(key in object));
        if (missing !== undefined) {
          reason = `it has no ${JSON.stringify(missing)}, but ${Object.keys(object).join(", ") || "no keys at all"}`;
        }
      } catch (error) {
        reason = `it is no JSON (${(error as Error).message})`;
      }
      if (reason) {
        this.#refuse({ line, lastLine: line, reason, text: text.slice(0, 200) });
        continue;
      }
      this.line = line;
      yield value as T;
    }
  }

  #refuse(row: BadRow): void {
    const { onBadLine = "error", name } = this.#options, source = this.#source;
    this.badLines++;
    if (this.bad.length < 1000) this.bad.push(row);
    if (onBadLine !== "error") return onBadLine === "skip" ? undefined : onBadLine(row);
    const file = name ?? (typeof source === "string" || source instanceof URL ? nameOf(source) : "the JSON lines");
    throw new FormatError(
      `Cannot read line ${row.line} of ${file}: ${row.reason}; { onBadLine: "skip" } leaves such lines out and ` +
        "counts them",
      { op: "readJsonLines", file, position: row.line, value: row.reason },
    );
  }
}

/**
 * The values of a file of JSON lines; gzip is unpacked, empty lines are none.
 *
 * ```ts
 * type Review = { text: string; label: 0 | 1 };
 * for await (const { text, label } of w.data.readJsonLines<Review>("train.jsonl.gz")) console.log(label, text);
 * ```
 *
 * @returns an async iterable with `line`, `bad` and `badLines`
 * @throws {FormatError} while reading: a line that is no JSON or lacks a key, bytes that are no UTF-8
 */
export function readJsonLines<T = unknown>(source: DataSource, options: JsonLinesOptions = {}): JsonLinesReader<T> {
  return new JsonLinesReader(source, options);
}
