/**
 * Where files are written to: a stream or a path, one piece after another, so that no file is ever whole in memory
 * unless that is asked for.
 * @module
 */
import { ValueError } from "../errors.ts";
import { createFile } from "../platform/files.ts";

/** A place to write to: a stream, or a path (in Deno and Node). */
export type Target = WritableStream<Uint8Array> | string | URL;

/** Takes the pieces of a file in order. */
export type Write = (bytes: Uint8Array) => Promise<void> | void;

/**
 * Writes to a target; the stream is closed at the end, and aborted when `make` throws.
 * @throws {ValueError} for what is no target
 */
export async function writeTo(target: Target, make: (write: Write) => Promise<void>): Promise<void> {
  if (!(target instanceof WritableStream) && typeof target !== "string" && !(target instanceof URL)) {
    throw new ValueError(`Cannot write to ${target}: wanted a path or a WritableStream`, {
      op: "write",
      value: target,
    });
  }
  const stream = target instanceof WritableStream ? target : await createFile(target);
  const writer = stream.getWriter();
  try {
    await make((bytes) => writer.write(bytes));
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => {});
    throw error;
  }
}

/** The pieces put together. */
export async function collect(make: (write: Write) => Promise<void>): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  await make((bytes) => {
    pieces.push(bytes);
    size += bytes.length;
  });
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
