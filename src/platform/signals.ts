/**
 * Ctrl-C: a program that wants to save before it ends is told, and a second Ctrl-C ends it at once as always.
 * @module
 */

interface Host {
  Deno?: {
    addSignalListener(name: string, fn: () => void): void;
    removeSignalListener(name: string, fn: () => void): void;
  };
  process?: { on?(name: string, fn: () => void): void; off?(name: string, fn: () => void): void };
}

/**
 * Calls `fn` at the first Ctrl-C instead of ending the program; from the second on Ctrl-C does what it always does.
 * @returns stops listening; where there are no signals, nothing happens
 */
export function onInterrupt(fn: () => void): () => void {
  const { Deno, process } = globalThis as Host;
  const heard = (): void => {
    stop();
    fn();
  };
  const stop = (): void => {
    if (Deno) Deno.removeSignalListener("SIGINT", heard);
    else process?.off?.("SIGINT", heard);
  };
  try {
    if (Deno) Deno.addSignalListener("SIGINT", heard);
    else process?.on?.("SIGINT", heard);
  } catch {
    return () => {}; // signals are forbidden: Ctrl-C ends the program
  }
  return stop;
}
