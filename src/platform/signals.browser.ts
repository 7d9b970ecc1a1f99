/**
 * The browser's twin of `signals.ts`: a page has no Ctrl-C; a button aborts the `signal` of a run instead.
 * @module
 */

/** Never calls `fn`. */
export function onInterrupt(_fn: () => void): () => void {
  return () => {};
}
