/**
 * fastai's subword tokenizer: a SentencePiece model that is trained on the texts themselves, with fastai's choices of
 * size, coverage and special tokens.
 * @module
 */

import { StateError, ValueError } from "../errors.ts";
import { SPECIAL_TOKENS } from "./fastai_rules.ts";
import { SentencePieceTokenizer, serializeSentencePieceModel } from "./sentencepiece.ts";
import { parseSentencePieceModel, type SentencePieceModel } from "./sentencepiece_model.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { trainUnigram } from "./unigram_trainer.ts";
import type { SubwordTrainerProgress } from "./unigram_trainer_corpus.ts";

/** Options of {@link SubwordTokenizer}. */
export interface SubwordOptions {
  /** Pieces of the model; default: {@link subwordVocabSize} of the texts. */
  vocabSize?: number;
  /** Most pieces of that default. Default 30,000. */
  maxVocabSize?: number;
  /** Share of all characters that get pieces; default .99999, as fastai has it for English (.9998 for others). */
  characterCoverage?: number;
  /** Tokens of the rules that run before, which are never split. Default: fastai 2's. */
  specials?: readonly string[];
  /** Called between steps of the training. */
  onProgress?: (progress: SubwordTrainerProgress) => void;
}

/**
 * Number of pieces that fastai trains: a quarter of the distinct words between white space, rounded up to a multiple of 8,
 * at least 29, at most `most`.
 */
export function subwordVocabSize(texts: Iterable<string>, most = 30_000): number {
  const words = new Set<string>();
  for (const text of texts) {
    for (const word of text.split(/\s+/u)) if (word) words.add(word);
    if (Math.floor(words.size / 4) > most) return most;
  }
  return Math.max(29, Math.ceil(Math.floor(words.size / 4) / 8) * 8);
}

/**
 * fastai's `SentencePieceTokenizer`. `setup` trains a model once; `toBytes` is its `spm.model`.
 *
 * ```ts
 * const tokenizer = new w.text.SubwordTokenizer({ vocabSize: 1000 }).setup(texts);
 * tokenizer.tokenize("It is ten times more"); // ["▁It", "▁is", "▁t", "en", "▁time", "s", "▁more"]
 * ```
 */
export class SubwordTokenizer implements Tokenizer {
  readonly #options: SubwordOptions;
  #tokenizer: SentencePieceTokenizer | null = null;
  #model: SentencePieceModel | null = null;

  /** @throws {ValueError} for a vocabulary size that is no positive integer */
  constructor(options: SubwordOptions = {}) {
    for (const name of ["vocabSize", "maxVocabSize"] as const) {
      const value = options[name];
      if (value === undefined || Number.isSafeInteger(value) && value > 0) continue;
      throw new ValueError(`Cannot make a SubwordTokenizer: ${name} is ${value}, wanted a positive integer`, {
        op: "SubwordTokenizer",
        value,
      });
    }
    this.#options = options;
  }

  /** A tokenizer from a `spm.model`, of this library or of fastai. @throws {FormatError} for damaged bytes */
  static fromBytes(bytes: Uint8Array): SubwordTokenizer {
    const own = new SubwordTokenizer();
    own.#use(parseSentencePieceModel(bytes));
    return own;
  }

  /**
   * Trains the model, unless there is one.
   * @throws {ValueError} when the texts have no words
   */
  setup(texts: Iterable<string>): this {
    if (this.#model) return this;
    const { maxVocabSize, characterCoverage = 0.99999, specials = SPECIAL_TOKENS, onProgress } = this.#options;
    const all = [...texts], vocabSize = this.#options.vocabSize ?? subwordVocabSize(all, maxVocabSize);
    this.#use(trainUnigram(all, {
      vocabSize,
      characterCoverage,
      userDefinedSymbols: specials.map((token) => `\u2581${token}`),
      unkId: specials.length,
      bosId: -1,
      eosId: -1,
      padId: -1,
      hardVocabLimit: false,
      onProgress,
    }));
    return this;
  }

  /** The model. @throws {StateError} before `setup` */
  get model(): SentencePieceModel {
    if (!this.#model) throw this.#notYet("read the model of");
    return this.#model;
  }

  /** Number of pieces. @throws {StateError} before `setup` */
  get vocabSize(): number {
    return this.model.pieces.length;
  }

  /** The model as `spm.model`. @throws {StateError} before `setup` */
  toBytes(): Uint8Array<ArrayBuffer> {
    return serializeSentencePieceModel(this.model);
  }

  /** Pieces of a text. @throws {StateError} before `setup` */
  tokenize(text: string): string[] {
    return this.#ready("tokenize with").tokenize(text);
  }

  /** Ids of the pieces of a text. @throws {StateError} before `setup` */
  encode(text: string): number[] {
    return this.#ready("encode with").encode(text);
  }

  /** The text of pieces or ids. @throws {StateError} before `setup` @throws {IndexError} for an id outside */
  decode(tokens: readonly number[] | readonly string[]): string {
    return this.#ready("decode with").decode(tokens);
  }

  #use(model: SentencePieceModel): void {
    this.#model = model;
    this.#tokenizer = new SentencePieceTokenizer(model);
  }

  #ready(what: string): SentencePieceTokenizer {
    if (!this.#tokenizer) throw this.#notYet(what);
    return this.#tokenizer;
  }

  #notYet(what: string): StateError {
    return new StateError(`Cannot ${what} a SubwordTokenizer without a model: call setup(texts) first`, {
      op: "SubwordTokenizer",
    });
  }
}
