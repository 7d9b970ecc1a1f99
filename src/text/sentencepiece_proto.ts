/**
 * As much of the protocol buffers' wire format as `spm.model` takes: fields of a message in file order, and a writer.
 * Whatever does not add up is refused with the byte at which it stands.
 */
import { FormatError } from "../errors.ts";

/** A field of a message, still as bytes. */
export interface ProtoField {
  /** Field number. */
  readonly number: number;
  /** 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes. */
  readonly wire: number;
  /** Byte of the file at which the tag stands. */
  readonly at: number;
  /** First byte of the value (of its content with wire type 2). */
  readonly start: number;
  /** Byte behind the value. */
  readonly end: number;
  /** A varint's value, wrapped to 32 signed bits. */
  readonly int: number;
}

/** Reads messages out of the bytes of one file. */
export class ProtoReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #file: string;
  #at = 0;

  /** A reader of `bytes`; `file` is what errors call them. */
  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#file = file;
  }

  /** The error for something that does not add up. */
  refuse(why: string, offset: number): FormatError {
    return new FormatError(`Cannot read ${this.#file}: ${why} at byte ${offset}, wanted a SentencePiece model`, {
      op: "parseSentencePieceModel",
      file: this.#file,
      offset,
      wanted: "a SentencePiece model (spm.model)",
    });
  }

  /** The fields of the message in `[start, end)`. */
  fields(start = 0, end: number = this.#bytes.length): ProtoField[] {
    const fields: ProtoField[] = [];
    this.#at = start;
    while (this.#at < end) {
      const at = this.#at, tag = this.#varint(end), number = tag >>> 3, wire = tag & 7;
      if (number === 0) throw this.refuse("no field has number 0", at);
      let from = this.#at, int = 0;
      if (wire === 0) int = this.#varint(end);
      else if (wire === 1) this.#at += 8;
      else if (wire === 5) this.#at += 4;
      else if (wire === 2) {
        const length = this.#varint(end);
        from = this.#at;
        if (length < 0 || length > end - from) {
          throw this.refuse(`field ${number} has ${length >>> 0} bytes and only ${end - from} follow`, at);
        }
        this.#at += length;
      } else throw this.refuse(`field ${number} is of wire type ${wire}, which is unknown`, at);
      if (this.#at > end) throw this.refuse(`field ${number} breaks off`, at);
      fields.push({ number, wire, at, start: from, end: this.#at, int });
    }
    return fields;
  }

  /** Checks the wire type of a field that is understood. */
  expect(field: ProtoField, wire: number): ProtoField {
    if (field.wire === wire) return field;
    throw this.refuse(`field ${field.number} is of wire type ${field.wire} instead of ${wire}`, field.at);
  }

  /** A field's text. */
  string(field: ProtoField): string {
    this.expect(field, 2);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.slice(field.start, field.end));
    } catch (cause) {
      const error = this.refuse("a text that is not UTF-8", field.start);
      error.cause = cause;
      throw error;
    }
  }

  /** A field's four bytes as a number. */
  float(field: ProtoField): number {
    return this.#view.getFloat32(this.expect(field, 5).start, true);
  }

  /** A copy of some bytes. */
  slice(start: number, end: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#bytes.subarray(start, end));
  }

  #varint(end: number): number {
    const begin = this.#at;
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at >= end) throw this.refuse("a number breaks off", begin);
      const byte = this.#bytes[this.#at++];
      if (shift < 32) value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw this.refuse("a number of more than 10 bytes", begin);
  }
}

/** Writes a message field by field. */
export class ProtoWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  /** The message so far. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  /** Bytes as they are: fields that somebody else wrote. */
  raw(bytes: Uint8Array): this {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** An integer of 32 signed bits, a truth value or an enumeration. */
  int(number: number, value: number | boolean): this {
    this.#varint(number << 3);
    let rest = BigInt.asUintN(64, BigInt(Number(value)));
    for (; rest > 127n; rest >>= 7n) this.#byte(Number(rest & 127n) | 128);
    this.#byte(Number(rest));
    return this;
  }

  /** A number in single precision. */
  float(number: number, value: number): this {
    this.#varint(number << 3 | 5);
    this.#room(4);
    new DataView(this.#bytes.buffer).setFloat32(this.#length, value, true);
    this.#length += 4;
    return this;
  }

  /** A text, bytes or a message. */
  bytes(number: number, value: Uint8Array | string): this {
    const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
    this.#varint(number << 3 | 2);
    this.#varint(bytes.length);
    return this.raw(bytes);
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest > 127; rest >>>= 7) this.#byte(rest & 127 | 128);
    this.#byte(rest);
  }

  #byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
