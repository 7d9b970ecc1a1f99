/**
 * The reader of HDF5 files, loaded when one is first opened: jsfive, and pako for what is packed in them.
 * @module
 */

/** A group of an HDF5 file, as jsfive has it. */
export interface H5Group {
  /** Names of its members. */
  readonly keys: string[];
  /** Its attributes. */
  readonly attrs: Record<string, unknown>;
  /** A member: a group, a dataset, or null behind a link to nothing. */
  get(name: string): H5Group | H5Dataset | null;
}

/** An array of an HDF5 file. */
export interface H5Dataset {
  /** Sizes. */
  readonly shape: number[];
  /** `<f4` and the like; an array for other kinds. */
  readonly dtype: string | unknown[];
  /** What stands where nothing was written. */
  readonly fillvalue: unknown;
  /** Elements, row-major. */
  readonly value: unknown[];
  /** The object's header. */
  readonly _dataobjects: { readonly chunks: number[] | null };
}

/** What is used of jsfive. */
export interface Jsfive {
  /** Opens a file. */
  File: new (bytes: ArrayBuffer, name: string) => H5Group;
  /** Class of datasets. */
  Dataset: new (...args: never[]) => H5Dataset;
  /** What unpacks chunks, by the number of the filter. */
  Filters: Map<number, (bytes: ArrayBuffer, itemSize: number) => ArrayBuffer>;
}

interface Inflater {
  err: number;
  msg: string;
  onData: (piece: Uint8Array) => void;
  push(bytes: Uint8Array, end: boolean): boolean;
}

const DEFLATE = 1;

/**
 * Loads both. What a chunk may unpack to is asked of `limit` at every piece, since the library asks nobody.
 * @param limit throws when that many bytes more are too many
 */
export async function loadJsfive(limit: (bytes: number) => void): Promise<Jsfive> {
  const [jsfive, pako] = await Promise.all([import("npm:jsfive@0.4.2"), import("npm:pako@2.1.0")]) as unknown as [
    Jsfive,
    { Inflate: new () => Inflater },
  ];
  jsfive.Filters.set(DEFLATE, (bytes) => {
    const inflater = new pako.Inflate(), pieces: Uint8Array[] = [];
    let size = 0;
    inflater.onData = (piece) => {
      limit(piece.length);
      size += piece.length;
      pieces.push(piece.slice());
    };
    inflater.push(new Uint8Array(bytes), true);
    if (inflater.err) throw new RangeError(`a chunk cannot be unpacked (${inflater.msg || inflater.err})`);
    const all = new Uint8Array(size);
    let at = 0;
    for (const piece of pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all.buffer;
  });
  return jsfive;
}
