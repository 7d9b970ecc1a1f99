/**
 * Texts to tokens: `w.text`.
 * @module
 */
export { trainBpe } from "./bpe_trainer.ts";
export { CharacterTokenizer } from "./character.ts";
export {
  FastaiTokenizer,
  type FastaiTokenizerOptions,
  type FastaiVersion,
  markFields,
  WordTokenizer,
  type WordTokenizerOptions,
} from "./fastai.ts";
export { cleanPunctuation, JIGSAW_PUNCTUATION } from "./clean.ts";
export { type ContractionOptions, CONTRACTIONS, expandContractions } from "./contractions.ts";
export * as fastaiRules from "./fastai_rules.ts";
export * as fastaiRules07 from "./fastai_rules_07.ts";
export { htmlUnescape } from "./html.ts";
export {
  KERAS_FILTERS,
  type KerasMatrixMode,
  type KerasText,
  KerasTokenizer,
  type KerasTokenizerOptions,
} from "./keras.ts";
export {
  type PadArray,
  type PaddedSequences,
  type PadDType,
  padSequences,
  type PadSequencesOptions,
} from "./pad_sequences.ts";
export { NORMALIZATION_RULES } from "./normalizer_rules.ts";
export {
  type SentencePieceOptions,
  type SentencePieceSampling,
  type SentencePieceToken,
  SentencePieceTokenizer,
  serializeSentencePieceModel,
} from "./sentencepiece.ts";
export {
  parseSentencePieceModel,
  type SentencePiece,
  type SentencePieceKind,
  type SentencePieceModel,
  type SentencePieceNormalizer,
  type SentencePieceType,
} from "./sentencepiece_model.ts";
export { type SpacyToken, SpacyTokenizer, type SpacyTokenizerOptions } from "./spacy.ts";
export { stemmer, WORD_FALLBACKS, type WordFallback } from "./stem.ts";
export type { OffsetTokenizer, TextRule, Token, Tokenizer } from "./tokenizer.ts";
export { EMOJI_CLASSES, type EmojiScore, topEmojis } from "./torchmoji_emojis.ts";
export { type SubwordOptions, SubwordTokenizer, subwordVocabSize } from "./subword.ts";
export {
  coverage,
  SentenceTokenizer,
  type SentenceTokenizerOptions,
  type TokenizedSentences,
} from "./torchmoji_sentences.ts";
export { TorchMojiTokenizer } from "./torchmoji_tokenizer.ts";
export { extendVocab, VocabBuilder } from "./torchmoji_vocab.ts";
export { VOCABULARY_WORDS, WordGenerator, type WordGeneratorOptions } from "./torchmoji_words.ts";
export { trainUnigram, type UnigramTrainerOptions } from "./unigram_trainer.ts";
export type { SubwordTrainerOptions, SubwordTrainerProgress } from "./unigram_trainer_corpus.ts";
export type { PieceRuleOptions } from "./unigram_trainer_rules.ts";
export {
  iterateVectors,
  readVectors,
  type SkippedLine,
  type VectorEntry,
  type VectorOptions,
  type VectorProgress,
  type VectorSource,
  type WantedWords,
  WordVectors,
} from "./vectors.ts";
export {
  averageVectors,
  buildEmbeddingMatrix,
  concatenateVectors,
  coverageLine,
  type EmbeddingMatrix,
  type EmbeddingMatrixOptions,
  type RowMatrix,
  type RowWords,
  type VectorCoverage,
} from "./vectors_matrix.ts";
export { Vocab, type VocabJson, type VocabOptions } from "./vocab.ts";
export { type Countable, Counter, type TokenCount } from "./vocab_counter.ts";
export { type EmbeddingTable, type MatchedEmbeddings, matchEmbeddings, type MatchOptions } from "./vocab_match.ts";
export {
  fastai07Vocab,
  type Fastai07VocabOptions,
  fastaiVocab,
  type FastaiVocabOptions,
  kerasVocab,
  type KerasVocabOptions,
  labelVocab,
  TORCHMOJI_SPECIALS,
  torchMojiVocab,
  type TorchMojiVocabOptions,
  torchtextVocab,
  type TorchtextVocabOptions,
} from "./vocab_rules.ts";
export { WhitespaceTokenizer, type WhitespaceTokenizerOptions } from "./whitespace.ts";
