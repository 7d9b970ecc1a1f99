/**
 * What files are read from: bytes, blobs and paths behind one face. Every read is checked against the size of the file
 * before memory is asked for, and what a file makes grow (compressed entries, repeated elements) is counted against a
 * limit, so that a damaged or hostile file cannot take more than 64 MB and twice its own size.
 * @module
 */
import { FormatError, ValueError } from "../errors.ts";
import { openFile } from "../platform/files.ts";

/** A file to read: its bytes, a Blob (a page's file), or a path (in Deno and Node; not in a page). */
export type Source = Uint8Array | ArrayBuffer | Blob | string | URL;

/** Options of every reader. */
export interface ReadOptions {
  /** Name of the file in errors; by default the path, the Blob's own name, or "bytes". */
  readonly name?: string;
  /** Most bytes that contents may grow to beyond what lies in the file; 48 MB and twice the file by default. */
  readonly maxBytes?: number;
}

/** A file that is being read. */
export class Input {
  /** Name in errors. */
  readonly name: string;
  /** Bytes of the file. */
  readonly size: number;
  /** All bytes, where they were given or have been read. */
  readonly bytes: Uint8Array | null;
  readonly #read: (offset: number, length: number) => Promise<Uint8Array>;
  #left: number;
  readonly #limit: number;

  /** Bytes at hand, or a way to read them. */
  constructor(
    size: number,
    bytes: Uint8Array | null,
    read: (offset: number, length: number) => Promise<Uint8Array>,
    { name, maxBytes }: ReadOptions,
  ) {
    this.name = name ?? "bytes";
    this.size = size;
    this.bytes = bytes;
    this.#read = read;
    this.#limit = this.#left = maxBytes ?? 48 * 2 ** 20 + 2 * size;
  }

  /** Bytes at hand. */
  static ofBytes(bytes: Uint8Array | ArrayBuffer, options: ReadOptions = {}): Input {
    const all = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
    return new Input(
      all.length,
      all,
      (offset, length) => Promise.resolve(all.subarray(offset, offset + length)),
      options,
    );
  }

  /**
   * Any source.
   * @throws {ValueError} for what is none @throws {StateError} for a path that cannot be opened
   */
  static async of(source: Source, options: ReadOptions = {}): Promise<Input> {
    if (source instanceof Uint8Array || source instanceof ArrayBuffer) return Input.ofBytes(source, options);
    if (typeof Blob !== "undefined" && source instanceof Blob) {
      const read = async (offset: number, length: number) =>
        new Uint8Array(await source.slice(offset, offset + length).arrayBuffer());
      return new Input(source.size, null, read, { name: (source as File).name ?? "blob", ...options });
    }
    if (typeof source === "string" || source instanceof URL) {
      const { size, read } = await openFile(source);
      return new Input(size, null, read, {
        name: String(source).replace(/^.*[/\\]/, ""),
        ...options,
      });
    }
    throw new ValueError(`Cannot read ${source}: wanted a Uint8Array, an ArrayBuffer, a Blob or a path`, {
      op: "read",
      value: source,
    });
  }

  /** The bytes of a part, which may be a view of those at hand. */
  async read(offset: number, length: number, what = "its contents"): Promise<Uint8Array> {
    this.check(offset, length, what);
    const bytes = await this.#read(offset, length);
    if (bytes.length !== length) this.fail(`${what} ended early`, `${length} bytes`, offset + bytes.length);
    return bytes;
  }

  /** The same file with all its bytes in memory. */
  async whole(): Promise<Input & { readonly bytes: Uint8Array }> {
    if (this.bytes) return this as Input & { readonly bytes: Uint8Array };
    const bytes = await this.read(0, this.size);
    return Input.ofBytes(bytes, { name: this.name, maxBytes: this.#limit }) as Input & { readonly bytes: Uint8Array };
  }

  /**
   * Makes sure that a part lies inside the file.
   * @throws {FormatError} when it does not
   */
  check(offset: number, length: number, what: string): void {
    if (Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0) {
      if (offset + length <= this.size) return;
    }
    this.fail(`${what} should be ${length} bytes at byte ${offset}`, `a place inside its ${this.size} bytes`, offset);
  }

  /**
   * Counts bytes that are to be allocated beyond those of the file.
   * @throws {FormatError} above the limit
   */
  charge(bytes: number, what: string, offset?: number): void {
    if (!(bytes <= this.#left)) {
      this.fail(
        `${what} would take ${bytes} bytes in memory`,
        `at most ${this.#limit} for all that grows; { maxBytes } raises it`,
        offset,
      );
    }
    this.#left -= bytes;
  }

  /** Gives back what {@link charge} counted and is not used any more. */
  release(bytes: number): void {
    this.#left += bytes;
  }

  /** Throws the error of a file that does not make sense. */
  fail(state: string, wanted: string, offset?: number, cause?: unknown): never {
    const short = state.length > 600 ? `${state.slice(0, 600)}...` : state; // it may quote the file
    throw new FormatError(
      `Cannot read ${this.name}: ${short}${offset === undefined ? "" : `, at byte ${offset}`}; wanted ${wanted}`,
      { op: "read", file: this.name, offset, wanted, cause },
    );
  }
}

/**
 * A value of a file for an error: texts and numbers themselves, of anything else only what it is. Lists may hold each
 * other so often that their text would never end.
 */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 200));
  return typeof value === "object" && value !== null ? "a list or an object" : String(value);
}

/** Whether a value is a list of sizes, offsets or strides. */
export function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((v) => Number.isSafeInteger(v) && v >= 0);
}

/** Reads a text as UTF-8; null when it is none. */
export function utf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
