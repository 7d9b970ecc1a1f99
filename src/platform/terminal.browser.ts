/**
 * The browser's twin of `terminal.ts`: lines go to the console, and a page draws its own progress from callbacks.
 * @module
 */

import type { Bar } from "./terminal.ts";

export type { Bar } from "./terminal.ts";

/** Always false: a page has no terminal. */
export function isTerminal(): boolean {
  return false;
}

/** Prints a line to the console. */
export function printLine(text: string): void {
  console.log(text);
}

/** Always null. */
export function openBar(_label: string, _total: number): Promise<Bar | null> {
  return Promise.resolve(null);
}
