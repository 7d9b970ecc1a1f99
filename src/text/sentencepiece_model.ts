/**
 * A SentencePiece model as a value, and `spm.model`, the file of it: what Python's `sentencepiece` wrote is read, what is
 * written here loads there. Fields that nothing here uses are kept as bytes and written back.
 */
import { ProtoReader, ProtoWriter } from "./sentencepiece_proto.ts";

/** What a piece is: text, the unknown piece, a control symbol, a user-defined symbol, a byte `<0xNN>`, or out of use. */
export type SentencePieceKind = "normal" | "unknown" | "control" | "user" | "byte" | "unused";

/** How a model splits. */
export type SentencePieceType = "unigram" | "bpe" | "word" | "char";

/** An entry of the vocabulary; its id is its place. */
export interface SentencePiece {
  /** The piece, with U+2581 for a space. */
  readonly text: string;
  /** Log-probability of a unigram piece, minus the merge rank of a BPE piece (single precision). */
  readonly score: number;
  /** What it is. */
  readonly kind: SentencePieceKind;
}

/** How texts are normalised before they are split. */
export interface SentencePieceNormalizer {
  /** Name of the rules: `nmt_nfkc`, `nfkc`, `nmt_nfkc_cf`, `nfkc_cf`, `identity` or `user_defined`. */
  readonly name: string;
  /** The rules, compiled. Empty: no rules; undefined: those of `name`, made when first needed. */
  readonly precompiledCharsmap?: Uint8Array;
  /** A space in front of every text. Default: true. */
  readonly addDummyPrefix?: boolean;
  /** No space at the ends, one at most between words. Default: true. */
  readonly removeExtraWhitespaces?: boolean;
  /** Spaces become U+2581. Default: true. */
  readonly escapeWhitespaces?: boolean;
}

/** A SentencePiece model. */
export interface SentencePieceModel {
  /** How it splits. */
  readonly type: SentencePieceType;
  /** The vocabulary by id. */
  readonly pieces: readonly SentencePiece[];
  /** Id of the unknown piece. */
  readonly unkId: number;
  /** Id of the piece for the beginning of a text, -1 for none. */
  readonly bosId: number;
  /** Id of the piece for the end of a text, -1 for none. */
  readonly eosId: number;
  /** Id of the padding piece, -1 for none. */
  readonly padId: number;
  /** Normalisation before splitting. */
  readonly normalizer: SentencePieceNormalizer;
  /** Rules applied after decoding. Default: none. */
  readonly denormalizer?: SentencePieceNormalizer;
  /** Characters outside the vocabulary become byte pieces. Default: false. */
  readonly byteFallback?: boolean;
  /** The space belongs to the word before it. Default: false. */
  readonly treatWhitespaceAsSuffix?: boolean;
  /** What the unknown piece decodes to. Default: `" ⁇ "` (U+2047 between spaces). */
  readonly unkSurface?: string;
  /** Share of the characters that training covered (information only). */
  readonly characterCoverage?: number;
  /** Fields of the file that are not understood, as bytes, per message. */
  readonly extra?: { readonly model?: Uint8Array; readonly trainer?: Uint8Array; readonly normalizer?: Uint8Array };
}

/** What an unknown piece decodes to where the model does not say. */
export const UNKNOWN_SURFACE = " \u2047 ";

const KINDS: readonly SentencePieceKind[] = ["normal", "unknown", "control", "user", "unused", "byte"];
const TYPES: readonly SentencePieceType[] = ["unigram", "bpe", "word", "char"];
// numbers of the fields of TrainerSpec that this file writes itself
const TRAINER = {
  type: 3,
  vocabSize: 4,
  characterCoverage: 10,
  treatWhitespaceAsSuffix: 24,
  byteFallback: 35,
  unkId: 40,
  bosId: 41,
  eosId: 42,
  padId: 43,
  unkSurface: 44,
  unkPiece: 45,
  bosPiece: 46,
  eosPiece: 47,
  padPiece: 48,
};
const OWN = new Set(Object.values(TRAINER));

const joined = (parts: Uint8Array[]) => parts.reduce((w, part) => w.raw(part), new ProtoWriter()).finish();

function parseNormalizer(reader: ProtoReader, start: number, end: number) {
  let name = "", charsmap: Uint8Array = new Uint8Array();
  let addDummyPrefix = true, removeExtraWhitespaces = true, escapeWhitespaces = true;
  const extra: Uint8Array[] = [];
  for (const field of reader.fields(start, end)) {
    if (field.number === 1) name = reader.string(field);
    else if (field.number === 2) charsmap = reader.slice(reader.expect(field, 2).start, field.end);
    else if (field.number === 3) addDummyPrefix = reader.expect(field, 0).int !== 0;
    else if (field.number === 4) removeExtraWhitespaces = reader.expect(field, 0).int !== 0;
    else if (field.number === 5) escapeWhitespaces = reader.expect(field, 0).int !== 0;
    else extra.push(reader.slice(field.at, field.end));
  }
  const spec = {
    name,
    precompiledCharsmap: charsmap,
    addDummyPrefix,
    removeExtraWhitespaces,
    escapeWhitespaces,
  } satisfies SentencePieceNormalizer;
  return { spec, extra: joined(extra) };
}

function parsePiece(reader: ProtoReader, start: number, end: number): SentencePiece {
  let text = "", score = 0, kind: SentencePieceKind = "normal";
  for (const field of reader.fields(start, end)) {
    if (field.number === 1) text = reader.string(field);
    else if (field.number === 2) score = reader.float(field);
    else if (field.number === 3) {
      const found = KINDS[reader.expect(field, 0).int - 1];
      if (!found) throw reader.refuse(`a piece of kind ${field.int}, which is unknown`, field.at);
      kind = found;
    }
  }
  return { text, score, kind };
}

/**
 * Reads the bytes of `spm.model`.
 * @param bytes the whole file
 * @param file what errors call it. Default: `spm.model`
 * @throws {FormatError} for anything else, with the byte at which it stops to make sense
 */
export function parseSentencePieceModel(bytes: Uint8Array, file = "spm.model"): SentencePieceModel {
  const reader = new ProtoReader(bytes, file);
  const pieces: SentencePiece[] = [], extra: Uint8Array[] = [], trainerExtra: Uint8Array[] = [];
  const names = { unk: "<unk>", bos: "<s>", eos: "</s>", pad: "<pad>" };
  let type: SentencePieceType = "unigram", normalizer, denormalizer, normalizerExtra: Uint8Array | undefined;
  let byteFallback = false, treatWhitespaceAsSuffix = false, unkSurface = UNKNOWN_SURFACE;
  let trained = false, characterCoverage: number | undefined;
  for (const field of reader.fields()) {
    if (field.number > 5) extra.push(reader.slice(field.at, field.end));
    else reader.expect(field, 2);
    if (field.number === 1) pieces.push(parsePiece(reader, field.start, field.end));
    else if (field.number === 2) {
      trained = true;
      for (const inner of reader.fields(field.start, field.end)) {
        const { number, int } = inner;
        if (number === TRAINER.type) {
          type = TYPES[reader.expect(inner, 0).int - 1];
          if (!type) throw reader.refuse(`a model of type ${int}, which is unknown`, inner.at);
        } else if (number === TRAINER.characterCoverage) characterCoverage = reader.float(inner);
        else if (number === TRAINER.treatWhitespaceAsSuffix) {
          treatWhitespaceAsSuffix = reader.expect(inner, 0).int !== 0;
        } else if (number === TRAINER.byteFallback) byteFallback = reader.expect(inner, 0).int !== 0;
        else if (number === TRAINER.unkSurface) unkSurface = reader.string(inner);
        else if (number === TRAINER.unkPiece) names.unk = reader.string(inner);
        else if (number === TRAINER.bosPiece) names.bos = reader.string(inner);
        else if (number === TRAINER.eosPiece) names.eos = reader.string(inner);
        else if (number === TRAINER.padPiece) names.pad = reader.string(inner);
        else if (!OWN.has(number)) trainerExtra.push(reader.slice(inner.at, inner.end));
      }
    } else if (field.number === 3) {
      const { spec, extra } = parseNormalizer(reader, field.start, field.end);
      normalizer = spec, normalizerExtra = extra;
    } else if (field.number === 5) denormalizer = parseNormalizer(reader, field.start, field.end).spec;
    else if (field.number === 4) extra.push(reader.slice(field.at, field.end));
  }
  if (pieces.length === 0) throw reader.refuse("the file ends without a piece", bytes.length);
  // both messages are in every file, behind the pieces
  if (!trained || !normalizer) throw reader.refuse("the file breaks off behind its pieces", bytes.length);
  const unkId = pieces.findIndex((piece) => piece.kind === "unknown");
  if (unkId < 0) throw reader.refuse("the file ends without an unknown piece", bytes.length);
  const control = (name: string) => pieces.findIndex((piece) => piece.kind === "control" && piece.text === name);
  return {
    type,
    pieces,
    unkId,
    bosId: control(names.bos),
    eosId: control(names.eos),
    padId: control(names.pad),
    normalizer,
    ...(denormalizer && { denormalizer }),
    byteFallback,
    treatWhitespaceAsSuffix,
    unkSurface,
    ...(characterCoverage !== undefined && { characterCoverage }),
    extra: { model: joined(extra), trainer: joined(trainerExtra), normalizer: normalizerExtra },
  };
}

function normalizerBytes(spec: SentencePieceNormalizer, charsmap: Uint8Array, extra?: Uint8Array): Uint8Array {
  return new ProtoWriter().bytes(1, spec.name).bytes(2, charsmap).int(3, spec.addDummyPrefix ?? true)
    .int(4, spec.removeExtraWhitespaces ?? true).int(5, spec.escapeWhitespaces ?? true)
    .raw(extra ?? new Uint8Array()).finish();
}

/**
 * The bytes of `spm.model`.
 * @param model the model
 * @param charsmapOf gives the compiled rules of a name where the model has none
 */
export function writeSentencePieceModel(
  model: SentencePieceModel,
  charsmapOf: (name: string) => Uint8Array,
): Uint8Array<ArrayBuffer> {
  const out = new ProtoWriter();
  for (const { text, score, kind } of model.pieces) {
    const piece = new ProtoWriter().bytes(1, text).float(2, score);
    if (kind !== "normal") piece.int(3, KINDS.indexOf(kind) + 1);
    out.bytes(1, piece.finish());
  }
  const trainer = new ProtoWriter().int(TRAINER.type, TYPES.indexOf(model.type) + 1)
    .int(TRAINER.vocabSize, model.pieces.length);
  if (model.characterCoverage !== undefined) trainer.float(TRAINER.characterCoverage, model.characterCoverage);
  if (model.treatWhitespaceAsSuffix) trainer.int(TRAINER.treatWhitespaceAsSuffix, true);
  if (model.byteFallback) trainer.int(TRAINER.byteFallback, true);
  for (const name of ["unk", "bos", "eos", "pad"] as const) {
    const id = model[`${name}Id`];
    trainer.int(TRAINER[`${name}Id`], id);
    if (id >= 0) trainer.bytes(TRAINER[`${name}Piece`], model.pieces[id].text);
  }
  if (model.unkSurface !== undefined) trainer.bytes(TRAINER.unkSurface, model.unkSurface);
  if (model.extra?.trainer) trainer.raw(model.extra.trainer);
  out.bytes(2, trainer.finish());
  const { normalizer: own, denormalizer: after } = model;
  out.bytes(3, normalizerBytes(own, own.precompiledCharsmap ?? charsmapOf(own.name), model.extra?.normalizer));
  if (after) out.bytes(5, normalizerBytes(after, after.precompiledCharsmap ?? new Uint8Array()));
  if (model.extra?.model) out.raw(model.extra.model);
  return out.finish();
}
