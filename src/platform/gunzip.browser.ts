/**
 * The browser's twin of `gunzip.ts`. Browsers unpack one member only and refuse what follows it.
 * @module
 */

/** Unpacks pieces of a gzip file. */
export async function* gunzip(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const source = pieces[Symbol.asyncIterator]();
  let broken: { cause: unknown } | null = null;
  const packed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const { value, done } = await source.next();
        if (done) controller.close();
        else controller.enqueue(value as Uint8Array<ArrayBuffer>);
      } catch (cause) {
        broken = { cause };
        controller.error(cause);
      }
    },
    cancel: async () => void await source.return?.(),
  }, { highWaterMark: 0 });
  const reader = packed.pipeThrough(new DecompressionStream("gzip")).getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (cause) {
    throw (broken as { cause: unknown } | null)?.cause ?? cause;
  } finally {
    await reader.cancel().catch(() => {});
  }
}
