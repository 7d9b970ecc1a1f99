/**
 * Result tables as text: one line per epoch under a heading, in the columns that fastai prints.
 * @module
 */

/** A cell: whole numbers stay whole, other numbers get six decimals, null stays empty. */
export type Cell = number | string | null;

/** Writes rows of a table whose columns are known before its values are, as while a training runs. */
export class TableWriter {
  /** Names of the columns. */
  readonly columns: readonly string[];
  readonly #widths: number[];

  /** @param columns names; a column is at least 8 characters wide */
  constructor(columns: readonly string[]) {
    this.columns = columns;
    this.#widths = columns.map((name) => Math.max(8, name.length));
  }

  /** The line of names. */
  header(): string {
    return this.#line(this.columns);
  }

  /** The line of one row. */
  row(cells: readonly Cell[]): string {
    return this.#line(cells.map(formatCell));
  }

  #line(cells: readonly string[]): string {
    return cells.map((cell, i) => cell.padEnd(this.#widths[i])).join("  ").trimEnd();
  }
}

/**
 * A whole table as text.
 *
 * ```ts
 * import { formatTable } from "./table.ts";
 * console.log(formatTable(["epoch", "train_loss", "time"], [[0, 1.863818, "00:02"]]));
 * // epoch     train_loss  time
 * // 0         1.863818    00:02
 * ```
 */
export function formatTable(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const table = new TableWriter(columns);
  return [table.header(), ...rows.map((row) => table.row(row))].join("\n");
}

/** `02:07` or `1:02:07`, as the `time` column shows a duration. */
export function formatTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600), rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

function formatCell(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "string") return cell;
  return Number.isInteger(cell) ? String(cell) : cell.toFixed(6);
}
