/**
 * SentencePiece's tokenizer: splits a text into the pieces of a model as Python's `sentencepiece` does, ties included, and puts
 * pieces together again. Runs over UTF-8 bytes in typed arrays; time is linear in the text for unigram models.
 */
import { IndexError, ValueError } from "../errors.ts";
import type { Generator } from "../tensor/random.ts";
import { charsmapOf } from "./normalizer_rules.ts";
import { type NormalizedText, Normalizer } from "./normalizer.ts";
import { makeSegmenter, type Segmenter } from "./sentencepiece_segment.ts";
import {
  parseSentencePieceModel,
  type SentencePieceModel,
  UNKNOWN_SURFACE,
  writeSentencePieceModel,
} from "./sentencepiece_model.ts";
import { buildTrie, compareBytes } from "./sentencepiece_trie.ts";
import type { OffsetTokenizer, Token } from "./tokenizer.ts";

/** Options of {@link SentencePieceTokenizer}. */
export interface SentencePieceOptions {
  /** The beginning-of-text piece in front. Default: false. */
  readonly addBos?: boolean;
  /** The end-of-text piece at the end. Default: false. */
  readonly addEos?: boolean;
  /** The pieces in reverse order (between those two). Default: false. */
  readonly reverse?: boolean;
}

/** Options of {@link SentencePieceTokenizer.sample}. */
export interface SentencePieceSampling {
  /** Unigram: how much likely splits are preferred (0 not at all); BPE: share of the merges left out. Default: 0.1. */
  readonly alpha?: number;
  /** Where the randomness comes from. */
  readonly generator: Generator;
}

/** A token with its id. */
export interface SentencePieceToken extends Token {
  /** Its id. */
  readonly id: number;
}

const encoder = new TextEncoder();

/** The bytes of `spm.model`, which Python's `sentencepiece` reads. */
export function serializeSentencePieceModel(model: SentencePieceModel): Uint8Array<ArrayBuffer> {
  return writeSentencePieceModel(model, charsmapOf);
}

/** Splits texts into the pieces of a SentencePiece model. */
export class SentencePieceTokenizer implements OffsetTokenizer {
  /** The model. */
  readonly model: SentencePieceModel;
  /** What is put around the pieces. */
  readonly options: SentencePieceOptions;
  readonly #normalizer: Normalizer;
  readonly #denormalizer?: Normalizer;
  readonly #segmenter: Segmenter;
  readonly #ids = new Map<string, number>();
  readonly #byteIds = new Int32Array(256).fill(-1);
  readonly #unk: number;

  /**
   * A tokenizer of a model.
   * @throws {ValueError} pieces that are empty or stand twice, no unknown piece, byte fallback without all 256 bytes,
   *   `addBos` or `addEos` without such a piece
   * @throws {FormatError} damaged rules of normalisation
   */
  constructor(model: SentencePieceModel, options: SentencePieceOptions = {}) {
    this.model = model;
    this.options = options;
    const refuse = (why: string, position?: number) =>
      new ValueError(`Cannot make a SentencePieceTokenizer: ${why}`, { op: "SentencePieceTokenizer", position });
    const keys: { key: Uint8Array; id: number }[] = [], symbols: typeof keys = [];
    let unknown = -1;
    model.pieces.forEach(({ text, kind }, id) => {
      if (text === "" || text.includes("\0")) throw refuse(`piece ${id} is empty or has a zero character`, id);
      const twin = this.#ids.get(text);
      if (twin !== undefined) throw refuse(`pieces ${twin} and ${id} are both ${JSON.stringify(text)}`, id);
      this.#ids.set(text, id);
      if (kind === "unknown") {
        if (unknown >= 0) throw refuse(`pieces ${unknown} and ${id} are both the unknown one`, id);
        unknown = id;
      } else if (kind === "byte") {
        const byte = /^<0x([0-9A-F]{2})>$/.exec(text);
        if (!byte) throw refuse(`byte piece ${id} is ${JSON.stringify(text)}, wanted <0x00> to <0xFF>`, id);
        this.#byteIds[parseInt(byte[1], 16)] = id;
      } else if (kind !== "control") {
        const entry = { key: encoder.encode(text), id };
        keys.push(entry);
        if (kind === "user") symbols.push(entry);
      }
    });
    if (unknown < 0) throw refuse("no piece is of kind unknown, wanted one");
    this.#unk = unknown;
    const missing = this.#byteIds.indexOf(-1);
    if (model.byteFallback && missing >= 0) throw refuse(`byte fallback without a piece for byte ${missing}`);
    if (options.addBos && !(model.bosId >= 0)) throw refuse("addBos, and the model has no piece for it (bosId is -1)");
    if (options.addEos && !(model.eosId >= 0)) throw refuse("addEos, and the model has no piece for it (eosId is -1)");
    const trieOf = (entries: typeof keys) => {
      entries.sort((a, b) => compareBytes(a.key, b.key));
      return buildTrie(entries.map(({ key }) => key), entries.map(({ id }) => id));
    };
    const trie = trieOf(keys), symbolTrie = trieOf(symbols);
    this.#normalizer = new Normalizer(model.normalizer, symbolTrie, model.treatWhitespaceAsSuffix);
    if (model.denormalizer?.precompiledCharsmap?.length) this.#denormalizer = new Normalizer(model.denormalizer);
    this.#segmenter = makeSegmenter(model, trie, symbolTrie, unknown);
  }

  /**
   * A tokenizer of the bytes of `spm.model`.
   * @throws {FormatError} for anything else, with the byte at which it stops to make sense
   */
  static fromBytes(bytes: Uint8Array, options: SentencePieceOptions = {}): SentencePieceTokenizer {
    return new SentencePieceTokenizer(parseSentencePieceModel(bytes), options);
  }

  /** Number of pieces. */
  get vocabSize(): number {
    return this.model.pieces.length;
  }

  /** The ids of a text. */
  encode(text: string): number[] {
    return this.#finish(this.#collect(this.#normalizer.normalize(text)), (id) => id);
  }

  /** The pieces of a text; what is unknown stands as it is. */
  tokenize(text: string): string[] {
    const normal = this.#normalizer.normalize(text), pieces: string[] = [];
    this.#collect(normal, (id, start, end) => pieces.push(this.#pieceOf(normal, id, start, end)));
    return this.#finish(pieces, (id) => this.model.pieces[id].text);
  }

  /**
   * The pieces of a text with their ids and places in it (UTF-16 units). Of the bytes of an unknown character only the last
   * has a width; pieces made of one character of the text, as of a ligature, share its place.
   */
  tokenizeWithOffsets(text: string): SentencePieceToken[] {
    const normal = this.#normalizer.normalize(text, true), origins = normal.origins!, tokens: SentencePieceToken[] = [];
    this.#collect(normal, (id, start, end, last) => {
      const from = origins[start], to = last ? origins[end] : from;
      tokens.push({ text: this.#pieceOf(normal, id, start, end), start: from, end: to, id });
    });
    return this.#finish(tokens, (id, end) => {
      const at = end ? text.length : 0;
      return { text: this.model.pieces[id].text, start: at, end: at, id };
    });
  }

  /**
   * The ids of a split drawn at random, to train a model that does not depend on one (subword regularisation; for BPE, dropout).
   * @throws {ValueError} a model of words or characters, or an alpha that is no number
   */
  sample(text: string, options: SentencePieceSampling): number[] {
    const { alpha = 0.1, generator } = options;
    if (!(alpha >= 0 && alpha < Infinity)) {
      throw new ValueError(`Cannot sample with alpha ${alpha}: wanted 0 or more`, { op: "sample", value: alpha });
    }
    const normal = this.#normalizer.normalize(text);
    return this.#finish(this.#collect(normal, undefined, { alpha, generator }), (id) => id);
  }

  /**
   * The text of ids or pieces.
   * @throws {IndexError} an id outside the vocabulary
   */
  decode(tokens: readonly number[] | readonly string[] | Int32Array | Uint32Array): string {
    const { pieces, normalizer } = this.model;
    const strips = (normalizer.addDummyPrefix ?? true) || (normalizer.removeExtraWhitespaces ?? true);
    const out: string[] = [];
    let bytes: number[] = [], begin = true, spaceSeen = false, empty = true;
    const add = (part: string) => {
      if (part !== "") out.push(part), empty = false;
    };
    const flush = () => {
      if (bytes.length) add(decodeBytes(bytes)), bytes = [];
    };
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i], id = typeof token === "number" ? this.#check(token, i) : this.pieceToId(token);
      const { kind, text } = pieces[id];
      if (kind === "byte") {
        bytes.push(parseInt(text.slice(3, 5), 16));
        continue;
      }
      flush();
      if (spaceSeen || !empty) begin = false;
      if (kind === "control") continue;
      let piece = typeof token === "number" ? text : token;
      if (kind === "unknown") {
        add(piece === text ? this.model.unkSurface ?? UNKNOWN_SURFACE : piece);
        continue;
      }
      if (begin && strips && piece.startsWith("\u2581")) {
        piece = piece.slice(1);
        // where spaces are trimmed, all that lead are
        if (!(normalizer.removeExtraWhitespaces ?? true)) spaceSeen = true;
      }
      add(piece.replaceAll("\u2581", " "));
    }
    flush();
    const text = out.join("");
    return this.#denormalizer ? this.#denormalizer.normalizeToString(text) : text;
  }

  /**
   * The piece of an id.
   * @throws {IndexError} an id outside the vocabulary
   */
  idToPiece(id: number): string {
    return this.model.pieces[this.#check(id)].text;
  }

  /** The id of a piece; of any other text that of the unknown piece. */
  pieceToId(piece: string): number {
    return this.#ids.get(piece) ?? this.#unk;
  }

  /** A text as the model sees it before it is split. */
  normalize(text: string): string {
    return this.#normalizer.normalizeToString(text);
  }

  #check(id: number, position?: number): number {
    if (Number.isInteger(id) && id >= 0 && id < this.vocabSize) return id;
    const where = position === undefined ? "" : ` at position ${position}`;
    throw new IndexError(
      `Cannot decode id ${id}${where}: the vocabulary has ${this.vocabSize} pieces, wanted an integer from 0 to ` +
        `${this.vocabSize - 1}; ids of another model are decoded by that model`,
      { op: "decode", value: id, position },
    );
  }

  /** Merges unknown pieces in a row, splits them into bytes where the model does, and hands on what results. */
  #collect(
    { bytes, length }: NormalizedText,
    each?: (id: number, start: number, end: number, last: boolean) => void,
    sampling?: { alpha: number; generator: Generator },
  ): number[] {
    const segmenter = this.#segmenter, unk = this.#unk, fallback = this.model.byteFallback, out: number[] = [];
    const count = segmenter.run(bytes, length, sampling), { ids, ends } = segmenter;
    for (let i = 0, start = 0; i < count; i++) {
      const id = ids[i];
      let end = ends[i];
      if (id === unk && fallback) {
        for (let at = start; at < end; at++) {
          out.push(this.#byteIds[bytes[at]]);
          each?.(this.#byteIds[bytes[at]], start, end, at === end - 1);
        }
      } else {
        if (id === unk) { while (i + 1 < count && ids[i + 1] === unk) end = ends[++i]; }
        out.push(id);
        each?.(id, start, end, true);
      }
      start = end;
    }
    return out;
  }

  #pieceOf({ bytes }: NormalizedText, id: number, start: number, end: number): string {
    return id === this.#unk
      ? new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(start, end))
      : this.model.pieces[id].text;
  }

  #finish<T>(tokens: T[], special: (id: number, end: boolean) => T): T[] {
    if (this.options.reverse) tokens.reverse();
    if (this.options.addBos) tokens.unshift(special(this.model.bosId, false));
    if (this.options.addEos) tokens.push(special(this.model.eosId, true));
    return tokens;
  }
}

/** UTF-8, with U+FFFD for every byte that is none. */
function decodeBytes(bytes: readonly number[]): string {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let out = "";
  for (let at = 0; at < bytes.length;) {
    const c = bytes[at], length = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
    let piece = "\ufffd", used = 1;
    if (length > 0 && at + length <= bytes.length) {
      try {
        piece = decoder.decode(Uint8Array.from(bytes.slice(at, at + length)));
        used = length;
      } catch { /* stays U+FFFD */ }
    }
    out += piece, at += used;
  }
  return out;
}
