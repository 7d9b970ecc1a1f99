/**
 * The reader of comma-separated values, loaded when a file is first read: Papa Parse, of which only the part is used that
 * cuts a text into fields.
 * @module
 */

/** What one call of a parser gives. */
export interface Parsed {
  /** Fields of the rows. */
  readonly data: string[][];
  /** What is wrong, by number of the row. */
  readonly errors: readonly { readonly code: string; readonly message: string; readonly row: number }[];
  /** Where the last whole row ends. */
  readonly meta: { readonly cursor: number };
}

/** Cuts texts into fields; with `ignoreLastRow` a last row without an end stays for the next call. */
export interface CsvParser {
  /** Parses a text that begins at the beginning of a row. */
  parse(text: string, baseIndex: number, ignoreLastRow: boolean): Parsed;
}

/** Loads the library. @returns a class of parsers */
export async function loadPapaparse(): Promise<
  new (options: { delimiter: string; newline: string; quoteChar: string }) => CsvParser
> {
  const { default: papa } = await import("npm:papaparse@5.7.1") as unknown as {
    default: { Parser: Awaited<ReturnType<typeof loadPapaparse>> };
  };
  return papa.Parser;
}
