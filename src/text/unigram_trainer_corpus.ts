/**
 * What the subword trainers share: reading and normalising the corpus, required characters, word counts, the model's frame.
 *
 * Follows SentencePiece: texts longer than 4,192 bytes are left out (and counted), characters beyond the coverage become
 * U+2585, which no piece contains, and user-defined symbols are cut out of the text before anything is counted.
 * @module
 */

import { ValueError } from "../errors.ts";
import { Normalizer } from "./normalizer.ts";
import type { SentencePiece, SentencePieceKind, SentencePieceModel } from "./sentencepiece_model.ts";
import type { PieceRuleOptions } from "./unigram_trainer_rules.ts";

/** What `onProgress` of a trainer receives. */
export interface SubwordTrainerProgress {
  /** The step: "load" after reading, "expect" after a round of expectations, "merge" every 100 merges. */
  stage: "load" | "expect" | "merge";
  /** Texts read, pieces left, or merges made. */
  done: number;
  /** Texts in all, pieces wanted, or merges wanted. */
  total: number;
  /** At "load": texts left out because they are longer than `maxSentenceLength` or hold the reserved U+2585. */
  skipped?: number;
}

/** Options of {@link trainUnigram} and {@link trainBpe}; the defaults are SentencePiece's. */
export interface SubwordTrainerOptions extends PieceRuleOptions {
  /** Number of pieces, special ones included. */
  vocabSize: number;
  /** Share of all characters that the vocabulary must be able to spell. Default: 0.9995. */
  characterCoverage?: number;
  /** Most texts to use; more are thinned out evenly. Default: 0, all. */
  inputSentenceSize?: number;
  /** Texts of more UTF-8 bytes are left out. Default: 4192. */
  maxSentenceLength?: number;
  /** Pieces that are never split, such as `▁xxbos`. */
  userDefinedSymbols?: readonly string[];
  /** Pieces that stand for no text. */
  controlSymbols?: readonly string[];
  /** Adds the 256 byte pieces, so that unknown characters are spelled in bytes. Default: false. */
  byteFallback?: boolean;
  /** Names of normalisation rules: `nmt_nfkc` (default), `nfkc`, `nmt_nfkc_cf`, `nfkc_cf`, `identity`. */
  normalization?: string;
  /** Id of the unknown piece. Default: 0. */
  unkId?: number;
  /** Id of `<s>`, -1 for none. Default: 1. */
  bosId?: number;
  /** Id of `</s>`, -1 for none. Default: 2. */
  eosId?: number;
  /** Id of `<pad>`, -1 for none. Default: -1. */
  padId?: number;
  /** A vocabulary that the corpus cannot fill is an error. Default: true; false: it becomes smaller. */
  hardVocabLimit?: boolean;
  /** Called between steps. */
  onProgress?: (progress: SubwordTrainerProgress) => void;
}

/** A corpus ready for a trainer. */
export interface Corpus {
  sentences: string[];
  /** Required characters by falling count. */
  required: { code: number; count: number }[];
  meta: Map<number, { text: string; kind: SentencePieceKind }>;
  metaCount: number;
  vocabSize: number;
}

const UNKNOWN = "\u2585";
const SPACE = "\u2581";
const LONE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

/** Compares by code points, the order of UTF-8 bytes. */
export function compareCodePoints(a: string, b: string): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    let x = a.charCodeAt(i);
    let y = b.charCodeAt(i);
    if (x === y) continue;
    // Surrogates stand for characters above all others.
    if (x >= 0xd800) x += x < 0xe000 ? 0x2000 : -0x800;
    if (y >= 0xd800) y += y < 0xe000 ? 0x2000 : -0x800;
    return x - y;
  }
  return a.length - b.length;
}

function utf8Longer(text: string, most: number): boolean {
  if (text.length > most) return true;
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c >= 0x80) bytes += c < 0x800 || (c >= 0xd800 && c < 0xe000) ? 1 : 2;
  }
  return bytes > most;
}

function metaPieces(op: string, options: SubwordTrainerOptions): Corpus["meta"] {
  const meta: Corpus["meta"] = new Map();
  const seen = new Set<string>();
  const fixed: [number, string, SentencePieceKind][] = [
    [options.unkId ?? 0, "<unk>", "unknown"],
    [options.bosId ?? 1, "<s>", "control"],
    [options.eosId ?? 2, "</s>", "control"],
    [options.padId ?? -1, "<pad>", "control"],
  ];
  for (const [id, text, kind] of fixed) {
    if (id < 0 && kind !== "unknown") continue;
    if (!Number.isInteger(id) || id < 0 || id >= options.vocabSize || meta.has(id)) {
      throw new ValueError(
        `Cannot ${op}: the id ${id} of "${text}" is taken or outside 0..${
          options.vocabSize - 1
        }; give each special piece its own id`,
        { op },
      );
    }
    meta.set(id, { text, kind });
  }
  let free = 0;
  const insert = (text: string, kind: SentencePieceKind): void => {
    if (text === "" || seen.has(text) || text === "<unk>") {
      throw new ValueError(`Cannot ${op}: the symbol "${text}" is empty, given twice or reserved; remove it`, { op });
    }
    seen.add(text);
    for (const [id, piece] of meta) {
      if (piece.text === text) {
        meta.set(id, { text, kind });
        return;
      }
    }
    while (meta.has(free)) free++;
    meta.set(free, { text, kind });
  };
  for (const text of options.controlSymbols ?? []) insert(text, "control");
  for (const text of options.userDefinedSymbols ?? []) insert(text, "user");
  if (options.byteFallback) {
    for (let i = 0; i < 256; i++) insert(`<0x${i.toString(16).toUpperCase().padStart(2, "0")}>`, "byte");
  }
  return meta;
}

/** Reads, normalises and counts: see the file's promise. */
export function readCorpus(op: string, texts: Iterable<string>, options: SubwordTrainerOptions): Corpus {
  const { vocabSize, characterCoverage: coverage = 0.9995, maxSentenceLength = 4192 } = options;
  if (!Number.isInteger(vocabSize) || vocabSize < 1) {
    throw new ValueError(`Cannot ${op}: vocabSize is ${vocabSize} and must be a positive integer`, { op });
  }
  if (!(coverage > 0 && coverage <= 1)) {
    throw new ValueError(`Cannot ${op}: characterCoverage is ${coverage} and must be above 0 and at most 1`, { op });
  }
  const meta = metaPieces(op, options);
  const normalizer = new Normalizer({ name: options.normalization ?? "nmt_nfkc" });
  const symbols = [...meta.values()].map(({ text }) => text).sort((a, b) => b.length - a.length);
  const cut = new RegExp(symbols.map((text) => text.replace(/[\\^$.*+?()[\]{}|\-/]/g, "\\$&")).join("|"), "g");
  let sentences: string[] = [];
  let read = 0;
  let skipped = 0;
  for (const text of texts) {
    const lone = LONE.exec(text);
    if (lone !== null) {
      throw new ValueError(
        `Cannot ${op}: text ${read} holds a lone surrogate at ${lone.index}; replace it (text.toWellFormed())`,
        { op },
      );
    }
    read++;
    if (text === "") continue;
    if (text.includes(UNKNOWN) || utf8Longer(text, maxSentenceLength)) {
      skipped++;
      continue;
    }
    sentences.push(text);
  }
  const most = options.inputSentenceSize ?? 0;
  if (most > 0 && sentences.length > most) {
    const all = sentences;
    sentences = Array.from({ length: most }, (_, i) => all[Math.floor(i * all.length / most)]);
  }
  options.onProgress?.({ stage: "load", done: sentences.length, total: read, skipped });
  const counts = new Map<number, number>();
  let total = 0;
  const normalized: string[] = [];
  for (const text of sentences) {
    const clean = normalizer.normalizeToString(text).replace(cut, "\t");
    if (clean === "") continue;
    for (const character of clean) {
      const code = character.codePointAt(0) as number;
      if (code === 0 || code === 9 || code === 0x20) continue;
      counts.set(code, (counts.get(code) ?? 0) + 1);
      total++;
    }
    normalized.push(clean);
  }
  if (total === 0) {
    throw new ValueError(
      `Cannot ${op}: no text is left to learn from (${read} read, ${skipped} left out as longer than ${maxSentenceLength} ` +
        `bytes or with U+2585); give texts, cut long ones into lines or raise maxSentenceLength`,
      { op },
    );
  }
  const required: Corpus["required"] = [];
  let covered = 0;
  for (const [code, count] of [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])) {
    if (Math.fround(covered / total) >= Math.fround(coverage)) break;
    covered += count;
    required.push({ code, count });
  }
  const least = required.length + meta.size;
  if (least > vocabSize) {
    throw new ValueError(
      `Cannot ${op}: vocabSize ${vocabSize} is less than the ${required.length} required characters and ${meta.size} ` +
        `special pieces; set it to at least ${least} or lower characterCoverage (${coverage})`,
      { op },
    );
  }
  const keep = new Set(required.map(({ code }) => code));
  const rare = [...counts.keys()].some((code) => !keep.has(code));
  const special = /[\0\t ]/;
  for (let i = 0; i < normalized.length; i++) {
    if (!rare && !special.test(normalized[i])) continue;
    let out = "";
    for (const character of normalized[i]) out += keep.has(character.codePointAt(0) as number) ? character : UNKNOWN;
    normalized[i] = out;
  }
  return { sentences: normalized, required, meta, metaCount: meta.size, vocabSize };
}

/** Counts the words (U+2581 opens one), most frequent first, equal counts in code point order. */
export function splitWords(sentences: readonly string[], bySpace: boolean): { word: string; count: number }[] {
  const counts = new Map<string, number>();
  const add = (word: string): void => void counts.set(word, (counts.get(word) ?? 0) + 1);
  for (const text of sentences) {
    if (!bySpace) {
      add(text);
      continue;
    }
    let start = 0;
    while (start < text.length) {
      let end = text.indexOf(SPACE, start + 1);
      if (end < 0) end = text.length;
      add(text.slice(start, end));
      start = end;
    }
  }
  // Without splitting the reference keeps every text by itself, in order.
  if (!bySpace) return sentences.map((word) => ({ word, count: 1 }));
  return [...counts].map(([word, count]) => ({ word, count }))
    .sort((a, b) => b.count - a.count || compareCodePoints(a.word, b.word));
}

/** Puts special and learned pieces in their places. */
export function finishModel(
  op: string,
  type: "unigram" | "bpe",
  corpus: Corpus,
  finals: readonly { text: string; score: number }[],
  options: SubwordTrainerOptions,
): SentencePieceModel {
  const reachable = finals.length + corpus.metaCount;
  if (reachable < corpus.vocabSize && (options.hardVocabLimit ?? true)) {
    throw new ValueError(
      `Cannot ${op}: the corpus yields ${reachable} pieces and vocabSize is ${corpus.vocabSize}; ` +
        `set it to at most ${reachable}, or hardVocabLimit to false`,
      { op },
    );
  }
  const pieces: SentencePiece[] = [];
  for (let id = 0, next = 0; id < corpus.vocabSize; id++) {
    const meta = corpus.meta.get(id);
    if (meta !== undefined) pieces.push({ text: meta.text, score: 0, kind: meta.kind });
    else if (next < finals.length) pieces.push({ ...finals[next++], kind: "normal" });
  }
  return {
    type,
    pieces,
    unkId: options.unkId ?? 0,
    bosId: options.bosId ?? 1,
    eosId: options.eosId ?? 2,
    padId: options.padId ?? -1,
    byteFallback: options.byteFallback ?? false,
    characterCoverage: options.characterCoverage ?? 0.9995,
    normalizer: { name: options.normalization ?? "nmt_nfkc" },
  } as SentencePieceModel;
}
