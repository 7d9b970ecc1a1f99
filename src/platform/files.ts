/**
 * Files by path: reading parts of one, and writing one as a stream. A file is opened for each read and closed after it,
 * so that nobody has to remember to close what was only looked at.
 * @module
 */
import { StateError } from "../errors.ts";

/** A file that parts are read of. */
export interface ReadableFile {
  /** Bytes of the whole file. */
  readonly size: number;
  /** Reads `length` bytes from `offset` on; fewer only where the file ends. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** The file as browsers have it; undefined where files have paths. */
  readonly blob?: Blob;
}

const fs = () => import("node:fs/promises");

/**
 * A file for reading.
 * @throws {StateError} when it cannot be opened
 */
export async function openFile(path: string | URL): Promise<ReadableFile> {
  const { open, stat } = await fs();
  const found = await stat(path).catch((cause) => {
    throw new StateError(`Cannot open ${path}: ${(cause as Error).message}`, { op: "open", value: path, cause });
  });
  if (!found.isFile()) throw new StateError(`Cannot open ${path}: it is no file`, { op: "open", value: path });
  const { size } = found;
  return {
    size,
    async read(offset, length) {
      const file = await open(path, "r");
      try {
        const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
        let done = 0;
        while (done < bytes.length) {
          const { bytesRead } = await file.read(bytes, done, Math.min(bytes.length - done, 2 ** 30), offset + done);
          if (!bytesRead) break;
          done += bytesRead;
        }
        return done < bytes.length ? bytes.slice(0, done) : bytes;
      } finally {
        await file.close();
      }
    },
  };
}

/**
 * A stream into a new file; what was there before is replaced.
 * @throws {StateError} when it cannot be created
 */
export async function createFile(path: string | URL): Promise<WritableStream<Uint8Array>> {
  const { open } = await fs();
  const file = await open(path, "w").catch((cause) => {
    throw new StateError(`Cannot create ${path}: ${(cause as Error).message}`, { op: "create", value: path, cause });
  });
  return new WritableStream({
    async write(bytes) {
      for (let done = 0; done < bytes.length;) done += (await file.write(bytes, done)).bytesWritten;
    },
    close: () => file.close(),
    abort: () => file.close(),
  });
}
