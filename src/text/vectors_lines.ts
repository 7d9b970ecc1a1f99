/**
 * Lines of a vector file: what is the word, what are the numbers, and what is wrong. Only U+0020 separates and only LF
 * ends a line, since words hold all other white space; a word may hold spaces too, because the numbers are counted from
 * the end. Lines of words that nobody asked for are counted, not parsed.
 */
import { FormatError } from "../errors.ts";
import { numberOf, parseNumbers } from "./vectors_numbers.ts";
import { invalidUtf8, type WordSet } from "./vectors_words.ts";

/** How lines are read. */
export interface LineOptions {
  /** See `VectorOptions`. */
  readonly width?: number;
  /** See `VectorOptions`. */
  readonly header?: boolean;
  /** See `VectorOptions`. */
  readonly invalid: "error" | "replace";
  /** See `VectorOptions`. */
  readonly nonFinite: "error" | "keep";
  /** See `VectorOptions`. */
  readonly badLines: "error" | "skip";
  /** Words to read; all others are passed over. */
  readonly wanted?: WordSet;
}

/** A line that was left out, and why. */
export interface SkippedLine {
  /** Line of the file, from 1. */
  readonly line: number;
  /** What is wrong with it. */
  readonly reason: string;
}

/** Takes what was read: the word stands in a part of `bytes`, its numbers in `row`; both change after the call. False ends the reading. */
export type LineSink = (bytes: Uint8Array, from: number, end: number, row: Float32Array, line: number) => boolean;

const MOST_LINE = 1 << 26, SPACE = 32, LF = 10, CR = 13;
const decoder = new TextDecoder(), encoder = new TextEncoder();

/** Reads the lines of one file, piece by piece. */
export class LineReader {
  /** Numbers per word, 0 until the first line is read. */
  width: number;
  /** Lines read so far. */
  line = 0;
  /** Words that the header names. */
  announced: number | undefined;
  /** Lines with a word and numbers. */
  entries = 0;
  /** Lines left out. */
  readonly skipped: SkippedLine[] = [];
  /** True when the sink has asked for no more. */
  ended = false;
  readonly #name: string;
  readonly #options: LineOptions;
  readonly #sink: LineSink;
  #row = new Float32Array(0);
  #rest: Uint8Array[] = [];
  #restBytes = 0;
  #offset = 0;
  #blank = 0;

  /** A reader for one file. @param name the file's, for messages */
  constructor(name: string, options: LineOptions, sink: LineSink) {
    this.#name = name;
    this.#options = options;
    this.#sink = sink;
    this.width = options.width ?? 0;
  }

  /** Takes the next bytes. @throws {FormatError} at the first line that is wrong */
  push(piece: Uint8Array): void {
    let from = 0;
    if (this.#restBytes) {
      from = piece.indexOf(LF) + 1;
      if (from === 0) return this.#keep(piece);
      const joined = this.#joined(piece.subarray(0, from));
      this.#lines(joined, 0, joined.length);
    }
    const end = piece.lastIndexOf(LF) + 1;
    if (end > from) this.#lines(piece, from, end);
    const rest = Math.max(from, end);
    if (rest < piece.length) this.#keep(piece.subarray(rest));
  }

  /** The file is over: reads the last line. @throws {FormatError} when it is wrong, or when no line had a word */
  end(): void {
    if (this.#restBytes && !this.ended) {
      const joined = this.#joined(Uint8Array.of(LF));
      this.#lines(joined, 0, joined.length);
    }
    if (!this.entries && !this.skipped.length) {
      const what = this.line > this.#blank ? "it has a header and no vectors" : "it is empty";
      this.#fail(`${what}; wanted lines of a word and its numbers`, this.#offset);
    }
  }

  #keep(piece: Uint8Array): void {
    this.#rest.push(piece.slice()); // whoever reads frees or fills the piece again
    this.#restBytes += piece.length;
    if (this.#restBytes > MOST_LINE) {
      this.line++;
      this.#fail(`line ${this.line} has more than ${MOST_LINE} bytes; wanted text, not a binary file`, this.#offset);
    }
  }

  #joined(piece: Uint8Array): Uint8Array {
    const joined = new Uint8Array(this.#restBytes + piece.length);
    let at = 0;
    for (const part of this.#rest) {
      joined.set(part, at);
      at += part.length;
    }
    joined.set(piece, at);
    this.#rest = [];
    this.#restBytes = 0;
    return joined;
  }

  /** Whole lines. */
  #lines(bytes: Uint8Array, from: number, end: number): void {
    const base = this.#offset - from;
    for (let start = from; start < end && !this.ended;) {
      let p = start, spaces = 0, first = -1, c = bytes[p];
      while (c !== LF) {
        if (c === SPACE && spaces++ === 0) first = p;
        c = bytes[++p];
      }
      this.line++;
      let last = p;
      while (last > start && (bytes[last - 1] === SPACE || bytes[last - 1] === CR)) {
        if (bytes[--last] === SPACE) spaces--;
      }
      if (this.line === 1 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf && start === 0) start = 3;
      if (last <= start) this.#blank++;
      else if (this.line > 1 + this.#blank || !this.#isHeader(bytes, start, last)) {
        this.#entry(bytes, start, last, spaces, first, base + start);
      }
      start = p + 1;
    }
    this.#offset = base + end;
  }

  /** Looks at the first line: a header, or the place where the width is found. */
  #isHeader(bytes: Uint8Array, from: number, end: number): boolean {
    const text = decoder.decode(bytes.subarray(from, end)), { header, width } = this.#options;
    const match = header === false ? null : /^(\d+) (\d+)$/.exec(text);
    if (match && (header || width !== 1)) {
      const found = Number(match[2]);
      if (width !== undefined && width !== found) {
        this.#fail(
          `the header in line 1 names vectors of ${found} numbers, wanted ${width}; pass width: ${found}`,
          0,
        );
      }
      if (found === 0) this.#fail("the header in line 1 names vectors of 0 numbers", 0);
      this.announced = Number(match[1]);
      this.#setWidth(found);
      return true;
    }
    if (header) this.#fail(`line 1 is no header: ${quoted(text)}; wanted two integers, or header: false`, 0);
    if (!this.width) {
      const fields = text.split(" ");
      let numbers = 0;
      while (numbers < fields.length - 1 && numberOf(fields[fields.length - 1 - numbers]) !== undefined) numbers++;
      if (!numbers) {
        this.#fail(
          `line 1 is ${
            quoted(text)
          }; wanted a word, a space and numbers (a binary word2vec file is not read: save it as text)`,
          0,
        );
      }
      this.#setWidth(numbers);
    }
    this.#setWidth(this.width);
    return false;
  }

  #setWidth(width: number): void {
    this.width = width;
    this.#row = new Float32Array(width);
  }

  #entry(bytes: Uint8Array, start: number, last: number, spaces: number, first: number, offset: number): void {
    for (; this.#blank; this.#blank--) {
      const line = this.line - this.#blank;
      this.#bad(`line ${line} is empty; remove it, or pass badLines: "skip"`, offset - this.#blank, line);
    }
    const { width } = this;
    let wordEnd = first;
    if (spaces !== width) {
      wordEnd = spaces < width ? -1 : wordBefore(bytes, start, last, width);
      if (wordEnd < 0 || extraNumbers(bytes, start, wordEnd)) {
        const beginning = quoted(decoder.decode(bytes.subarray(start, last)));
        return this.#bad(
          `line ${this.line} (${beginning}) has ${spaces} numbers, wanted ${width}` +
            (this.announced === undefined ? "; pass width if the first line is not typical" : " as the header says") +
            `; repair the line, or pass badLines: "skip"`,
          offset,
        );
      }
    }
    if (wordEnd === start) return this.#bad(`line ${this.line} begins with a space, wanted a word`, offset);
    let from = start, wordBytes = bytes;
    let high = 0;
    for (let i = start; i < wordEnd; i++) high |= bytes[i];
    if (high & 0x80) {
      const at = invalidUtf8(bytes, start, wordEnd);
      if (at >= 0) {
        if (this.#options.invalid === "error") {
          return this.#bad(
            `line ${this.line} has no valid UTF-8 at byte ${offset + at - start} (0x${bytes[at].toString(16)})` +
              `; wanted UTF-8, or pass invalid: "replace"`,
            offset + at - start,
          );
        }
        wordBytes = encoder.encode(decoder.decode(bytes.subarray(start, wordEnd)));
        from = 0;
      }
    }
    const to = wordBytes === bytes ? wordEnd : wordBytes.length, { wanted } = this.#options;
    this.entries++;
    if (wanted && wanted.find(wordBytes, from, to) < 0) return;
    const fault = parseNumbers(bytes, wordEnd + 1, last, width, this.#row, 0, this.#options.nonFinite === "keep");
    if (fault) {
      this.entries--;
      const word = decoder.decode(wordBytes.subarray(from, to)), what = fault.notFinite ? "not finite" : "no number";
      return this.#bad(
        `number ${fault.index + 1} of line ${this.line} (${quoted(word)}) is ${quoted(fault.text)}, ${what}` +
          (fault.notFinite ? `; pass nonFinite: "keep" to take it as it is` : `; repair the line`) +
          `, or pass badLines: "skip"`,
        offset,
      );
    }
    if (!this.#sink(wordBytes, from, to, this.#row, this.line)) this.ended = true;
  }

  #bad(reason: string, offset: number, line = this.line): void {
    if (this.#options.badLines === "error") this.#fail(reason, offset, line);
    this.skipped.push({ line, reason });
  }

  #fail(reason: string, offset: number, line = this.line): never {
    throw new FormatError(`Cannot read vectors from ${this.#name}: ${reason}`, {
      op: "readVectors",
      file: this.#name,
      offset,
      position: line,
      wanted: this.width ? `a word and ${this.width} numbers per line` : "a word and its numbers per line",
    });
  }
}

/** The space before the last `count` fields. */
function wordBefore(bytes: Uint8Array, start: number, end: number, count: number): number {
  let p = end;
  for (let left = count; left > 0 && p > start;) if (bytes[--p] === SPACE) left--;
  return p;
}

/** True when all fields of a would-be word but the first are numbers: then the line has too many of them. */
function extraNumbers(bytes: Uint8Array, from: number, end: number): boolean {
  const [, ...more] = decoder.decode(bytes.subarray(from, end)).split(" ");
  return more.length > 0 && more.every((field) => numberOf(field) !== undefined);
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? text.slice(0, 40) + "…" : text);
}
