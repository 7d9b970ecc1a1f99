/**
 * Numbers and texts as pickles write them, each checked against the end of the bytes.
 * @module
 */
import { type Input, utf8 } from "./input.ts";

/** A place in the bytes of a pickle. */
export class PickleBytes {
  /** Next byte. */
  position: number;
  readonly #input: Input;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #base: number;

  /** Reads from `position` of `bytes`, which begin at `base` of the file. */
  constructor(input: Input, bytes: Uint8Array, position: number, base: number) {
    this.#input = input;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#base = base;
    this.position = position;
  }

  /** Next byte, counted in the file. */
  get place(): number {
    return this.#base + this.position;
  }

  /** Moves over bytes, and says where they began. */
  skip(length: number): number {
    const from = this.position;
    if (!(length <= this.#bytes.length - from)) {
      this.#input.fail(`its pickle ends early, ${length} bytes are missing`, "a whole pickle", this.place);
    }
    this.position += length;
    return from;
  }

  /** A view of the next bytes. */
  take(length: number): Uint8Array {
    const from = this.skip(length);
    return this.#bytes.subarray(from, from + length);
  }

  /** A byte. */
  u8(): number {
    return this.#bytes[this.skip(1)];
  }

  /** Two bytes. */
  u16(): number {
    return this.#view.getUint16(this.skip(2), true);
  }

  /** Four bytes. */
  u32(): number {
    return this.#view.getUint32(this.skip(4), true);
  }

  /** Eight bytes. */
  u64(): number {
    return Number(this.#view.getBigUint64(this.skip(8), true));
  }

  /** A big-endian double. */
  f64(): number {
    return this.#view.getFloat64(this.skip(8), false);
  }

  /** Bytes as characters, one each. */
  latin(length: number): string {
    const bytes = this.take(length);
    let text = "";
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return text;
  }

  /** Bytes as UTF-8. */
  text(length: number): string {
    return utf8(this.take(length)) ?? this.fail("a text is no UTF-8", "UTF-8");
  }

  /** Characters up to the end of the line. */
  line(): string {
    const end = this.#bytes.indexOf(10, this.position);
    if (end < 0) this.skip(this.#bytes.length - this.position + 1);
    const text = this.latin(end - this.position);
    this.position++;
    return text;
  }

  /** The error of bytes that are no pickle. */
  fail(state: string, wanted: string): never {
    this.#input.fail(`its pickle is broken, ${state}`, wanted, this.place);
  }

  /** Digits as an integer, a number where it is exact. */
  integer(text: string): number | bigint {
    if (!/^-?\d{1,400}$/.test(text)) this.fail(`${JSON.stringify(text.slice(0, 40))} is no integer`, "digits");
    return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text);
  }
}

/** The number, text or bytes that an instruction holds; undefined for an instruction of another kind. */
export function readScalar(source: PickleBytes, opcode: string): unknown {
  switch (opcode) {
    case "N":
      return null;
    case "\x88":
      return true;
    case "\x89":
      return false;
    case "J":
      return source.u32() | 0;
    case "K":
      return source.u8();
    case "M":
      return source.u16();
    case "I": {
      const line = source.line();
      return line === "00" ? false : line === "01" ? true : source.integer(line);
    }
    case "L":
      return source.integer(source.line().replace(/L$/, ""));
    case "\x8a":
      return integerOf(source.take(source.u8()));
    case "\x8b": {
      const length = source.u32();
      if (length > 4096) source.fail(`an integer has ${length} bytes`, "at most 4096");
      return integerOf(source.take(length));
    }
    case "F": {
      const line = source.line(), infinite = /^(-?)inf$/.exec(line);
      const value = infinite ? Number(`${infinite[1]}Infinity`) : Number(line);
      if (line === "" || Number.isNaN(value) && line !== "nan") {
        source.fail(`${JSON.stringify(line.slice(0, 40))} is no number`, "digits");
      }
      return value;
    }
    case "G":
      return source.f64();
    case "X":
      return source.text(source.u32());
    case "\x8c":
      return source.text(source.u8());
    case "\x8d":
      return source.text(source.u64());
    case "V":
      return escaped(source.line());
    case "S": {
      const line = source.line(), quote = line[0];
      if (line.length < 2 || (quote !== "'" && quote !== '"') || !line.endsWith(quote)) {
        source.fail(`${JSON.stringify(line.slice(0, 40))} is no text`, "quotes");
      }
      return unescape(line.slice(1, -1));
    }
    case "T":
      return source.latin(source.u32());
    case "U":
      return source.latin(source.u8());
    case "B":
      return source.take(source.u32());
    case "C":
      return source.take(source.u8());
    case "\x8e":
    case "\x96":
      return source.take(source.u64());
    default:
      return undefined;
  }
}

/** A text in which only backslashes, line ends and what is beyond Latin-1 are escaped. */
function escaped(line: string): string {
  return line.replace(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (all, short, long) => {
    const code = parseInt(short ?? long, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : all;
  });
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "0": "\0",
};

function unescape(text: string): string {
  return text.replace(
    /\\x([0-9a-fA-F]{2})|\\([ntr\\'"0])/g,
    (_, hex, letter) => hex ? String.fromCharCode(parseInt(hex, 16)) : ESCAPES[letter],
  );
}

/** A little-endian integer in two's complement, a number where it is exact. */
export function integerOf(bytes: Uint8Array): number | bigint {
  if (!bytes.length) return 0;
  let hex = "0x";
  for (let i = bytes.length - 1; i >= 0; i--) hex += bytes[i].toString(16).padStart(2, "0");
  const value = BigInt.asIntN(8 * bytes.length, BigInt(hex));
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}
