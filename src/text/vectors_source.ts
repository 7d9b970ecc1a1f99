/**
 * The bytes of a vector file piece by piece, whatever it is read from: a path, a web address, a Blob, bytes or a stream;
 * files packed with gzip are recognised by their first two bytes and unpacked on the way.
 */
import { FormatError, StateError } from "../errors.ts";
import { Input, type Source } from "../io/input.ts";

/** A vector file: a path (in Deno and Node), a `http` address, a Blob, bytes, or a stream of bytes. */
export type VectorSource = Source | ReadableStream<Uint8Array>;

const PIECE = 1 << 20;

/** An opened source. */
export interface OpenSource {
  /** Name in messages. */
  readonly name: string;
  /** Bytes as they lie in the source, where that is known. */
  readonly total: number | undefined;
  /** Bytes taken from the source so far. */
  taken(): number;
  /** The unpacked bytes. */
  pieces(): AsyncGenerator<Uint8Array>;
}

/** Opens a source. @throws {StateError} for a path or an address that cannot be read */
export async function openSource(source: VectorSource, name?: string): Promise<OpenSource> {
  let taken = 0, total: number | undefined, raw: AsyncGenerator<Uint8Array>, called = name ?? "stream", own = false;
  const counted = async function* (stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
    const reader = stream.getReader();
    try {
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        taken += part.value.length;
        yield part.value;
      }
    } finally {
      await reader.cancel().catch(() => {});
    }
  };
  if (source instanceof ReadableStream) raw = counted(source);
  else if (isAddress(source)) {
    called = name ?? String(source);
    const response = await fetch(source).catch((cause) => {
      throw new StateError(`Cannot read ${source}: ${(cause as Error).message}`, { op: "fetch", value: source, cause });
    });
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      const message = `Cannot read ${source}: the server answered ${response.status} ${response.statusText}`.trimEnd();
      throw new StateError(message, { op: "fetch", value: source });
    }
    total = Number(response.headers.get("content-length")) || undefined;
    raw = counted(response.body);
  } else {
    const input = await Input.of(source as Source, name === undefined ? {} : { name });
    called = input.name;
    total = input.size;
    own = !input.bytes;
    raw = (async function* () {
      for (; taken < input.size;) {
        const piece = await input.read(taken, Math.min(PIECE, input.size - taken), "the file");
        taken += piece.length;
        yield piece;
      }
    })();
  }
  return { name: called, total, taken: () => taken, pieces: () => unpacked(raw, called, own) };
}

function isAddress(source: unknown): source is string | URL {
  return (typeof source === "string" || source instanceof URL) && /^https?:\/\//i.test(String(source));
}

/** Frees bytes that nobody will look at again, without waiting for the collector. */
function release(piece: Uint8Array): void {
  const buffer = piece.buffer as unknown as { transfer?(bytes: number): void };
  buffer.transfer?.(0);
}

/** @param own the pieces were made here and may be freed once they are read */
async function* unpacked(raw: AsyncGenerator<Uint8Array>, name: string, own: boolean): AsyncGenerator<Uint8Array> {
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < 2) {
    const { value, done } = await raw.next();
    if (done) break;
    head = head.length ? Uint8Array.from([...head, ...value]) : value;
  }
  if (head[0] !== 0x1f || head[1] !== 0x8b) {
    if (head.length) yield head;
    for await (const piece of raw) {
      yield piece;
      if (own) release(piece);
    }
    return;
  }
  let failure: unknown; // of the source itself, which the unpacker would hide
  const packed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => controller.enqueue(head as Uint8Array<ArrayBuffer>),
    async pull(controller) {
      try {
        const { value, done } = await raw.next();
        if (done) controller.close();
        else controller.enqueue(value as Uint8Array<ArrayBuffer>);
      } catch (error) {
        failure = error;
        throw error;
      }
    },
    cancel: () => raw.return(undefined).then(() => {}),
  });
  const reader = packed.pipeThrough(new DecompressionStream("gzip")).getReader();
  let offset = 0;
  try {
    for (;;) {
      const { value, done } = await reader.read().catch((cause) => {
        if (failure) throw failure;
        throw new FormatError(
          `Cannot unpack ${name}: the gzip data ends early, is damaged or goes on behind its end, after ${offset} unpacked ` +
            `bytes (${(cause as Error).message}); fetch the file again, or pack it as one gzip member`,
          { op: "readVectors", file: name, offset, wanted: "one whole gzip member", cause },
        );
      });
      if (done) return;
      offset += value.length;
      yield value;
      release(value);
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
