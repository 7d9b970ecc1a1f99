/**
 * The terminal a program runs in: lines of text, and a progress bar where somebody is watching. The bar is drawn by
 * cli-progress, loaded when a bar is first opened; a pipe or a log file gets lines only.
 * @module
 */

/** A bar for work of a known length. */
export interface Bar {
  /** Shows that `done` of the total is over, with a note behind the bar. */
  update(done: number, note: string): void;
  /** Takes the bar off the screen. */
  close(): void;
}

interface SingleBar {
  start(total: number, value: number, payload: Record<string, string>): void;
  update(value: number, payload: Record<string, string>): void;
  stop(): void;
}

interface CliProgress {
  SingleBar: new (options: Record<string, unknown>) => SingleBar;
}

interface Host {
  Deno?: { stdout: { isTerminal(): boolean }; stderr: { isTerminal(): boolean } };
  process?: { stdout?: { isTTY?: boolean }; stderr?: { isTTY?: boolean } };
}

/** True when both output streams go to a screen, so that a bar can be drawn between lines. */
export function isTerminal(): boolean {
  const { Deno, process } = globalThis as Host;
  if (Deno) return Deno.stdout.isTerminal() && Deno.stderr.isTerminal();
  return process?.stdout?.isTTY === true && process?.stderr?.isTTY === true;
}

/** Prints a line. */
export function printLine(text: string): void {
  console.log(text);
}

/**
 * Draws a bar on the standard error stream; null where no screen is attached.
 * @param label text before the bar
 * @param total amount of work
 */
export async function openBar(label: string, total: number): Promise<Bar | null> {
  if (!isTerminal()) return null;
  const { default: { SingleBar } } = await import("npm:cli-progress@3.12.0") as unknown as { default: CliProgress };
  const bar = new SingleBar({
    format: "{label} {bar} {value}/{total}{note}",
    barCompleteChar: "\u2588",
    barIncompleteChar: "\u2591",
    barsize: 30,
    fps: 10,
    clearOnComplete: true,
    stopOnComplete: false,
    linewrap: null,
  });
  bar.start(total, 0, { label, note: "" });
  return {
    update: (done, note) => bar.update(done, { label, note: note ? `  ${note}` : "" }),
    close: () => bar.stop(),
  };
}
