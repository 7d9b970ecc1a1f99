/**
 * Writing comma-separated values: quotes only where RFC 4180 wants them, as pandas' `to_csv` does. A file appears whole
 * or not at all.
 * @module
 */

import { ValueError } from "../errors.ts";
import { type Target, writeTo } from "../io/output.ts";
import { openFolder } from "../platform/folder.ts";

/** A value of a field: null and undefined are written as empty fields. */
export type CsvValue = string | number | bigint | boolean | null | undefined;

/** One row to write: values by the names of their columns, or in their order. */
export type CsvRow = Readonly<Record<string, CsvValue>> | readonly CsvValue[];

/** Options of {@link writeCsv}. */
export interface WriteCsvOptions {
  /** Names and order of the columns; default the keys of the first record. */
  columns?: readonly string[];
  /** Whether the first row holds the names; default true, and false for rows without names. */
  header?: boolean;
  /** Between fields; default ",". */
  delimiter?: string;
  /** Between rows; default "\n". */
  newline?: "\n" | "\r\n";
}

const FLUSH = 1 << 18;

/**
 * Writes rows as CSV.
 *
 * ```ts
 * await w.data.writeCsv("submission.csv", [{ id: "7000000", prediction: 0.0625 }]); // id,prediction, then the rows
 * ```
 *
 * @param target a path (in a browser of the page's private file system), or a WritableStream
 * @returns the number of rows, without the header
 * @throws {ValueError} naming the row whose value is no text or finite number, or whose columns are others
 * @throws {StateError} when the file cannot be written; what was there stays
 */
export async function writeCsv(
  target: Target,
  rows: Iterable<CsvRow> | AsyncIterable<CsvRow>,
  options: WriteCsvOptions = {},
): Promise<number> {
  let count = 0;
  const pieces = async function* (): AsyncGenerator<Uint8Array, void, void> {
    const encoder = new TextEncoder();
    let text = "";
    for await (const row of lines(rows, options, (rows) => count = rows)) {
      text += row;
      if (text.length > FLUSH) yield encoder.encode(text), text = "";
    }
    if (text) yield encoder.encode(text);
  };
  if (typeof target === "string" || target instanceof URL) {
    const path = target instanceof URL ? decodeURIComponent(target.pathname) : target;
    const [, folder, name] = /^(.*[/\\])?([^/\\]*)$/s.exec(path)!;
    await openFolder(folder || ".").write(name, pieces());
  } else {
    await writeTo(target, async (write) => {
      for await (const piece of pieces()) await write(piece);
    });
  }
  return count;
}

async function* lines(
  rows: Iterable<CsvRow> | AsyncIterable<CsvRow>,
  { columns, header, delimiter = ",", newline = "\n" }: WriteCsvOptions,
  counted: (rows: number) => void,
): AsyncGenerator<string, void, void> {
  const special = new RegExp(`[${delimiter.replace(/[\\\]^-]/g, "\\$&")}"\r\n]`);
  const join = (fields: string[]): string => {
    if (fields.length === 1 && fields[0] === "") return `""${newline}`; // a blank line would be no row
    return fields.map((field) => special.test(field) ? `"${field.replaceAll('"', '""')}"` : field).join(delimiter) +
      newline;
  };
  let number = 0, width = columns?.length;
  if (columns && header !== false) yield join([...columns]);
  for await (const row of rows) {
    const named = !Array.isArray(row);
    if (named && !columns) {
      columns = Object.keys(row);
      if (header !== false) yield join([...columns]);
    }
    if (header === true && !columns) throw refuse(number, "have a header without names; pass { columns }", row);
    const values = named ? columns!.map((name) => valueOf(row as Record<string, CsvValue>, name, number)) : row;
    if (values.length !== (width ??= values.length)) {
      throw refuse(number, `have ${values.length} fields where ${width} are wanted`, row);
    }
    yield join(values.map((value, i) => textOf(value, number, columns?.[i] ?? String(i))));
    counted(++number);
  }
}

function valueOf(row: Readonly<Record<string, CsvValue>>, name: string, number: number): CsvValue {
  if (name in row) return row[name];
  throw refuse(number, `have no ${JSON.stringify(name)}, but ${Object.keys(row).join(", ")}`, row);
}

function textOf(value: CsvValue, number: number, column: string): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw refuse(
      number,
      `have ${value} in column ${column}; wanted a finite number, or null for an empty field`,
      value,
    );
  }
  if (["number", "bigint", "boolean"].includes(typeof value)) return String(value);
  throw refuse(number, `have ${typeof value} in column ${column}; wanted a text or a number`, value);
}

function refuse(row: number, state: string, value: unknown): ValueError {
  return new ValueError(`Cannot write row ${row}: it would ${state}`, { op: "writeCsv", position: row, value });
}
