/**
 * Comma-separated values as RFC 4180 has them: fields in quotes may hold commas, doubled quotes and line ends. A file is
 * read piece by piece, so that its size does not matter; every record knows its line, and a row that does not fit is an
 * error or counted, never passed over in silence.
 * @module
 */

import { FormatError, ValueError } from "../errors.ts";
import { type CsvParser, loadPapaparse } from "../platform/papaparse.ts";
import { type DataSource, nameOf, type SourceOptions } from "./source.ts";
import { textPieces } from "./utf8.ts";

/** A row that does not fit. */
export interface BadRow {
  /** First line of the row, from 1. */
  readonly line: number;
  /** Its last line: fields in quotes may hold line ends. */
  readonly lastLine: number;
  /** What is wrong. */
  readonly reason: string;
  /** Its first fields, at most 200 characters. */
  readonly text: string;
}

/** Options of {@link readCsv}. */
export interface CsvOptions<C extends string = string> extends SourceOptions {
  /** The columns that are wanted, default all; without a header the names of all columns, in order. */
  columns?: readonly C[];
  /** Whether the first row holds the names of the columns; default true. */
  header?: boolean;
  /** Between fields, one character; default ",". */
  delimiter?: string;
  /** Around fields that hold a delimiter, a quote (doubled) or a line end; default '"'. */
  quote?: string;
  /** What happens to a row that does not fit: an error (default), counted and left out, or told to a function. */
  onBadRow?: "error" | "skip" | ((row: BadRow) => void);
  /** Name under which a record holds its line; default "line". Another one is needed where a column is called so. */
  lineAs?: string;
  /** Most characters of one row, default 16 million: a quote that is never closed would take the rest of the file. */
  maxRow?: number;
}

/** One row: texts by the names of their columns, and the line on which it begins, from 1. */
export type CsvRecord<C extends string = string> = { readonly [column in C]: string } & { readonly line: number };

/** Most bad rows that are kept with their text. */
const KEPT = 1000;

/** The records of a file; every loop reads it from the beginning (a stream can be read once). */
export class CsvReader<C extends string = string> implements AsyncIterable<CsvRecord<C>> {
  /** Rows that did not fit in the last loop, at most the first 1,000. */
  bad: BadRow[] = [];
  /** Number of all of them. */
  badRows = 0;
  /** Records read in the last loop. */
  rows = 0;
  /** Names of the columns as the file has them, once a loop has begun. */
  header: readonly string[] = [];
  readonly #source: DataSource;
  readonly #options: CsvOptions<C>;

  /** @throws {ValueError} for a delimiter or quote that is not one character */
  constructor(source: DataSource, options: CsvOptions<C>) {
    const { delimiter = ",", quote = '"', lineAs = "line", columns } = options;
    for (const [name, value] of Object.entries({ delimiter, quote })) {
      if (value.length !== 1 || value === "\n" || value === "\r" || (name === "quote" && value === delimiter)) {
        throw refuse(`${name} ${JSON.stringify(value)}: wanted one character that is no line end`, value);
      }
    }
    if (columns?.length === 0) throw refuse("no columns: leave the option out for all");
    const twice = columns?.find((name, i) => columns.indexOf(name) < i || name as string === lineAs);
    if (twice !== undefined) {
      throw refuse(`column ${JSON.stringify(twice)} twice: lineAs names where a record holds its line`, twice);
    }
    this.#source = source;
    this.#options = options;
  }

  /**
   * Reads the file.
   * @throws {FormatError} naming the line of a row that does not fit, the columns that are missing and those that are
   * there, or the byte that is no UTF-8
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<CsvRecord<C>, void, void> {
    const { delimiter = ",", quote = '"', header = true, maxRow = 16e6, lineAs = "line" } = this.#options;
    const Parser = await loadPapaparse(), file = this.#file;
    this.bad = [];
    this.badRows = this.rows = 0;
    let parser: CsvParser | null = null, newline = "\n", rest = "", line = 1, wanted: Wanted | null = null;
    // deno-lint-ignore no-this-alias -- a generator has no arrow form
    const reader = this;
    function* parse(last: boolean): Generator<CsvRecord<C>, void, void> {
      const { data, errors, meta } = parser!.parse(rest, 0, !last);
      const wrong = new Map<number, string>();
      for (const { row, code } of errors) {
        if (!wrong.has(row) && row < data.length) wrong.set(row, QUOTES[code] ?? code);
      }
      for (let i = 0; i < data.length; i++) {
        const fields = data[i], from = line;
        line = from + 1 + linesIn(fields, newline);
        if (!wanted) {
          reader.header = header ? fields : reader.#options.columns ?? fields.map((_, k) => String(k));
          if (wrong.has(i)) throw reader.#broken({ line: 1, lastLine: line - 1, reason: wrong.get(i)!, text: "" });
          wanted = reader.#choose(reader.header, file, lineAs);
          if (header) continue;
        }
        const width = reader.header.length;
        if (fields.length === 1 && fields[0] === "" && width > 1 && !wrong.has(i)) continue; // a blank line
        const reason = wrong.get(i) ??
          (fields.length === width ? undefined : `it has ${fields.length} fields where ${width} are wanted`);
        if (reason !== undefined) {
          reader.#refuse({ line: from, lastLine: line - 1, reason, text: fields.join(delimiter).slice(0, 200) });
        } else {
          reader.rows++;
          yield recordOf(fields, wanted, lineAs, from) as CsvRecord<C>;
        }
      }
      rest = last ? "" : rest.slice(meta.cursor);
      if (rest.length > maxRow) {
        const reason = `it has more than ${maxRow} characters; is a quote not closed? ({ maxRow } allows longer rows)`;
        throw reader.#broken({ line, lastLine: line, reason, text: rest.slice(0, 200) });
      }
    }
    let tried = 0;
    const ready = (last: boolean): boolean => {
      if (!parser) {
        const found = newlineOf(rest, quote);
        if (!found && !last && rest.length <= maxRow) return false;
        parser = new Parser({ delimiter, newline: newline = found || "\n", quoteChar: quote });
      }
      return rest.length >= 2 * tried; // a long row is not cut again with every piece
    };
    for await (const piece of textPieces(this.#source, { ...this.#options, name: file })) {
      rest += piece;
      if (!ready(false)) continue;
      yield* parse(false);
      tried = rest.length > PIECE ? rest.length : 0;
    }
    tried = 0;
    if (rest && ready(true)) yield* parse(true);
    if (!wanted) {
      throw new FormatError(`Cannot read ${file}: it is empty; wanted ${header ? "a row of names" : "rows"}`, {
        op: "readCsv",
        file,
        offset: 0,
      });
    }
  }

  get #file(): string {
    const { name } = this.#options, source = this.#source;
    if (name) return name;
    if (typeof source === "string" || source instanceof URL) return nameOf(source);
    return (source as File).name ?? "the CSV data";
  }

  /** Places of the wanted columns. */
  #choose(header: readonly string[], file: string, lineAs: string): Wanted {
    const names: readonly string[] = this.#options.columns ?? header;
    const missing = names.filter((name) => !header.includes(name));
    const twice = names.find((name) => header.indexOf(name) !== header.lastIndexOf(name));
    const list = (all: readonly string[]) => all.map((name) => JSON.stringify(name)).join(", ");
    const fail = (state: string, wanted: string) => {
      throw new FormatError(`Cannot read ${file}: ${state}; ${wanted}`, { op: "readCsv", file, wanted, value: header });
    };
    if (missing.length) {
      fail(
        `it has no column ${list(missing)}, but ${list(header)}`,
        header.length === 1
          ? "is the delimiter another one, or is this another file?"
          : "wanted those names in its first line (header: false reads files without one)",
      );
    }
    if (twice !== undefined) fail(`column ${list([twice])} is there twice`, "wanted different names");
    if (names.includes(lineAs)) fail(`it has a column ${list([lineAs])}`, "wanted { lineAs: another name }");
    return { names, places: names.map((name) => header.indexOf(name)) };
  }

  #refuse(row: BadRow): void {
    const { onBadRow = "error" } = this.#options;
    this.badRows++;
    if (this.bad.length < KEPT) this.bad.push(row);
    if (onBadRow === "error") throw this.#broken(row);
    if (onBadRow !== "skip") onBadRow(row);
  }

  #broken({ line, lastLine, reason, text }: BadRow): FormatError {
    const file = this.#file, lines = lastLine > line ? `lines ${line} to ${lastLine}` : `line ${line}`;
    return new FormatError(
      `Cannot read ${lines} of ${file}: ${reason}${text ? `: ${JSON.stringify(text.slice(0, 60))}` : ""}; ` +
        `{ onBadRow: "skip" } leaves such rows out and counts them`,
      { op: "readCsv", file, position: line, value: reason },
    );
  }
}

interface Wanted {
  readonly names: readonly string[];
  readonly places: readonly number[];
}

const PIECE = 1 << 20;

const QUOTES: Record<string, string> = {
  InvalidQuotes: "behind the quote that ends a field there is more, or a quote inside it is not doubled",
  MissingQuotes: "a quote is not closed before the file ends",
};

function recordOf(fields: readonly string[], { names, places }: Wanted, lineAs: string, line: number): unknown {
  const record: Record<string, string | number> = {};
  for (let i = 0; i < names.length; i++) record[names[i]] = fields[places[i]];
  record[lineAs] = line;
  return record;
}

/** Line ends inside the fields of a row. */
function linesIn(fields: readonly string[], newline: string): number {
  const end = newline === "\r" ? "\r" : "\n";
  let count = 0;
  for (const field of fields) for (let at = field.indexOf(end); at >= 0; at = field.indexOf(end, at + 1)) count++;
  return count;
}

/** What ends the first row, or "" while nobody can know. */
function newlineOf(text: string, quote: string): string {
  for (let at = 0, quoted = false; at < text.length; at++) {
    const one = text[at];
    if (one === quote) quoted = !quoted;
    else if (!quoted && one === "\n") return "\n";
    else if (!quoted && one === "\r") {
      return at + 1 === text.length ? "" : text[at + 1] === "\n" ? "\r\n" : "\r";
    }
  }
  return "";
}

/**
 * The records of a CSV file, with their lines; gzip is unpacked. Fields are texts, exactly as the file has them. Blank
 * lines are no rows, except in a file of one column, where they are empty fields.
 *
 * ```ts
 * const rows = w.data.readCsv("train.csv", { columns: ["id", "comment_text", "target"] });
 * for await (const { comment_text, target, line } of rows) console.log(line, Number(target), comment_text);
 * ```
 *
 * @returns an async iterable with `bad`, `badRows`, `rows` and `header`
 * @throws {ValueError} for options that contradict each other
 * @throws {FormatError} while reading: a missing column, a row that does not fit (with its line), bytes that are no UTF-8
 */
export function readCsv<const C extends string = string>(
  source: DataSource,
  options: CsvOptions<C> = {},
): CsvReader<C> {
  return new CsvReader(source, options);
}

function refuse(what: string, value?: unknown): ValueError {
  return new ValueError(`Cannot read CSV with ${what}`, { op: "readCsv", value });
}
