/**
 * torchMoji's vocabulary builder, which counts the words of sentences, and the extension of a vocabulary by them.
 */
import { ValueError } from "../errors.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { VOCABULARY_WORDS, WordGenerator } from "./torchmoji_words.ts";
import type { Vocab } from "./vocab.ts";
import { Counter } from "./vocab_counter.ts";
import { TORCHMOJI_SPECIALS, torchMojiWord } from "./vocab_rules.ts";

/** Counts words of 1 to 30 characters, after the ten special tokens with count 0. */
export class VocabBuilder {
  /** How often each word occurs. */
  readonly counts: Counter = new Counter(TORCHMOJI_SPECIALS.map((token) => [token, 0]));
  readonly #words: Tokenizer;
  #rejected = 0;

  /** @param words what makes words of a sentence; by default ASCII sentences only, without emojis, as torchMoji's */
  constructor(words: Tokenizer = new WordGenerator(VOCABULARY_WORDS)) {
    this.#words = words;
  }

  /** Number of sentences without words: empty ones, and those with Unicode where that is not allowed. */
  get rejected(): number {
    return this.#rejected;
  }

  /** Counts the words of one sentence. */
  addWords(words: Iterable<string>): this {
    for (const word of words) if (torchMojiWord(word)) this.counts.add(word);
    return this;
  }

  /** Counts the words of sentences; a generator is read once and not kept. */
  addSentences(sentences: Iterable<string>): this {
    for (const sentence of sentences) {
      const words = this.#words.tokenize(sentence);
      if (words.length === 0) this.#rejected++;
      this.addWords(words);
    }
    return this;
  }
}

/**
 * A vocabulary with the most frequent words that it has not behind its own, equal ones in first-seen order.
 * @param maxTokens most words that are added; default 10,000
 * @throws {ValueError} a negative `maxTokens`
 */
export function extendVocab(vocab: Vocab, words: VocabBuilder | Counter, maxTokens: number = 10_000): Vocab {
  if (!(maxTokens >= 0)) {
    throw new ValueError(`Cannot extend a vocabulary by ${maxTokens} words: wanted a number from 0 on`, {
      value: maxTokens,
    });
  }
  const counts = words instanceof Counter ? words : words.counts;
  const unseen = counts.mostCommon().map(([word]) => word).filter((word) => !vocab.has(word));
  return vocab.extend(unseen.slice(0, maxTokens));
}
