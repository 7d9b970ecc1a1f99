/**
 * torchMoji's sentence tokenizer: sentences as rows of ids of one length, cut and filled up at the end.
 */
import { ValueError } from "../errors.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { extendVocab, VocabBuilder } from "./torchmoji_vocab.ts";
import { WordGenerator } from "./torchmoji_words.ts";
import { Vocab } from "./vocab.ts";
import { TORCHMOJI_SPECIALS } from "./vocab_rules.ts";

/** Options of {@link SentenceTokenizer}. */
export interface SentenceTokenizerOptions {
  /** What makes words of a sentence; default a {@link WordGenerator} that keeps Unicode and emojis. */
  words?: Tokenizer;
  /** Whether sentences of special tokens alone are left out; default false. */
  ignoreOnlyCustom?: boolean;
}

/** Sentences as ids. */
export interface TokenizedSentences {
  /** `[sentences, fixedLength]`, row-major; 0 fills up. */
  readonly values: Uint16Array<ArrayBuffer>;
  /** `[sentences, fixedLength]`. */
  readonly shape: [number, number];
  /** Number of ids of each row, padding not counted. */
  readonly lengths: Int32Array<ArrayBuffer>;
  /** Which sentence each row is: all of them, unless some are left out. */
  readonly rows: Int32Array<ArrayBuffer>;
}

/**
 * torchMoji's sentence tokenizer.
 *
 * @example With the published vocabulary
 * ```ts ignore
 * const table = JSON.parse(await Deno.readTextFile("vocabulary.json"));
 * const tokenizer = new w.text.SentenceTokenizer(table, 30);
 * const { values, shape } = tokenizer.tokenizeSentences(["I love mom's cooking"]); // 18, 87, 3497, 1864, 0, ...
 * ```
 */
export class SentenceTokenizer {
  /** Length of every row. */
  readonly fixedLength: number;
  readonly #words: Tokenizer;
  readonly #ignoreOnlyCustom: boolean;
  #vocab: Vocab;

  /**
   * @param vocabulary a vocabulary, or torchMoji's table of ids
   * @throws {ValueError} more than 65,535 ids (they are kept in 16 bits), or a length that is no positive integer
   */
  constructor(
    vocabulary: Vocab | Readonly<Record<string, number>>,
    fixedLength: number,
    options: SentenceTokenizerOptions = {},
  ) {
    const op = "SentenceTokenizer";
    this.#vocab = vocabulary instanceof Vocab ? vocabulary : torchMojiVocabulary(vocabulary);
    this.fixedLength = fixedLength;
    this.#words = options.words ?? new WordGenerator();
    this.#ignoreOnlyCustom = options.ignoreOnlyCustom ?? false;
    checkSize(this.#vocab);
    if (Number.isInteger(fixedLength) && fixedLength > 0) return;
    const message = `Cannot make a SentenceTokenizer: the length is ${fixedLength}, wanted a positive integer`;
    throw new ValueError(message, { op, value: fixedLength });
  }

  /** The vocabulary now. */
  get vocab(): Vocab {
    return this.#vocab;
  }

  /**
   * Ids of sentences, cut behind `fixedLength` and filled up with 0; unknown words are 1.
   * @throws {ValueError} a sentence without words, with its number: leave it and its label out beforehand
   */
  tokenizeSentences(sentences: Iterable<string>): TokenizedSentences {
    const rows: number[] = [], ids: number[] = [], lengths: number[] = [];
    let number = 0;
    for (const sentence of sentences) {
      const found = this.#ids(sentence, number++);
      if (this.#ignoreOnlyCustom && found.every((id) => id < TORCHMOJI_SPECIALS.length)) continue;
      rows.push(number - 1);
      lengths.push(Math.min(found.length, this.fixedLength));
      for (let t = 0; t < this.fixedLength; t++) ids.push(found[t] ?? 0);
    }
    return {
      values: Uint16Array.from(ids),
      shape: [rows.length, this.fixedLength],
      lengths: Int32Array.from(lengths),
      rows: Int32Array.from(rows),
    };
  }

  #ids(sentence: string, number: number): number[] {
    const words = this.#words.tokenize(sentence);
    if (words.length > 0) return words.map((word) => this.#vocab.has(word) ? this.#vocab.find(word) : 1);
    const shown = JSON.stringify(sentence.length > 40 ? `${sentence.slice(0, 40)}...` : sentence);
    const message = `Cannot tokenize sentence ${number} (${shown}): it has no words, leave it and its label out`;
    throw new ValueError(message, { op: "tokenizeSentences", value: sentence, position: number });
  }

  /**
   * Words of a row, joined by spaces; CUSTOM_MASK (padding) is left out.
   * @throws {IndexError} an id outside of the vocabulary
   */
  toSentence(ids: Iterable<number>): string {
    return this.#vocab.decode(ids, { keepPad: true }).filter((word) => word !== TORCHMOJI_SPECIALS[0]).join(" ");
  }

  /**
   * Adds the most frequent words of (training) sentences that the vocabulary has not; those get ids behind it, for which
   * the embedding needs as many more rows.
   * @param maxTokens most words; default 10,000
   * @returns how many words were added
   */
  extend(sentences: Iterable<string>, maxTokens: number = 10_000): number {
    const before = this.#vocab.size;
    const extended = extendVocab(this.#vocab, new VocabBuilder().addSentences(sentences), maxTokens);
    checkSize(extended);
    this.#vocab = extended;
    return extended.size - before;
  }
}

/** Share of known words among those that are no padding, as torchMoji's `coverage`; NaN where all is padding. */
export function coverage(ids: ArrayLike<number>): number {
  let words = 0, unknown = 0;
  for (let i = 0; i < ids.length; i++) words += Number(ids[i] !== 0), unknown += Number(ids[i] === 1);
  return 1 - unknown / words;
}

function torchMojiVocabulary(table: Readonly<Record<string, number>>): Vocab {
  const own = (id: number) => table[TORCHMOJI_SPECIALS[id]] === id ? TORCHMOJI_SPECIALS[id] : undefined;
  return Vocab.fromIds(table, { unknown: own(1), pad: own(0) });
}

function checkSize(vocab: Vocab): void {
  if (vocab.size <= 65_535) return;
  const message = `Cannot make a SentenceTokenizer: the vocabulary has ${vocab.size} ids, 16 bits take 65,535`;
  throw new ValueError(message, { op: "SentenceTokenizer", value: vocab.size });
}
