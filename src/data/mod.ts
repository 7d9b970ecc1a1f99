/**
 * Data sets and loaders: `w.data`.
 * @module
 */

export {
  type Collate,
  type Field,
  type Stacked,
  stackFields,
  stackTyped,
  stackValues,
  type TensorsOf,
} from "./collate.ts";
export { readTar, type TarEntry } from "./archive.ts";
export { type BadRow, type CsvOptions, CsvReader, type CsvRecord, readCsv } from "./csv.ts";
export { type CsvRow, type CsvValue, writeCsv, type WriteCsvOptions } from "./csv_write.ts";
export { type Dataset, groupChunks, type IterableDataset, iterableDataset, toDataset } from "./dataset.ts";
export { download, type Downloaded, type DownloadOptions } from "./download.ts";
export { type LabelledTexts, readTextFolder, type TextFolder, type TextFolderOptions } from "./folder.ts";
export { type JsonLinesOptions, JsonLinesReader, readJsonLines } from "./jsonl.ts";
export { type Fold, kFold, type KFoldOptions } from "./k_fold.ts";
export { LMDataLoader, type LMDataOptions } from "./lm_loader.ts";
export { LanguageModelLoader, type LanguageModelOptions } from "./lm_loader_random.ts";
export { type TokenPair, WindowLoader } from "./lm_windows.ts";
export { DataLoader, type DataLoaderOptions, type LoaderState } from "./loader.ts";
export {
  type LabelledIds,
  padChunkCollate,
  type PadChunkCollateOptions,
  padCollate,
  padCollateLengths,
  type PadCollateOptions,
} from "./pad_collate.ts";
export { type NamedSource } from "./named.ts";
export { imdb, type ImdbOptions } from "./named_imdb.ts";
export { type Comments, jigsaw, type JigsawOptions } from "./named_jigsaw.ts";
export { type HumanNumbers, humanNumbers, wikitext, type WikitextOptions } from "./named_text.ts";
export { type TorchMojiName, type TorchMojiSet, torchMojiSet } from "./named_torchmoji.ts";
export {
  type Ids,
  padBatch,
  padChunk,
  type PadChunkOptions,
  type PaddedIds,
  type PadOptions,
  percentileLength,
} from "./padding.ts";
export { Ragged, RaggedBuilder, type RaggedBuilderOptions, type Tokens } from "./ragged.ts";
export { loadRagged, parseRagged, type RaggedFile, saveRagged, serializeRagged } from "./ragged_file.ts";
export { type BatchContext, type BatchPlan, type BatchSampler, type Sampler } from "./sampler.ts";
export { type RandomOptions, type ReplayRandom, SamplerBase } from "./sampler_base.ts";
export { GroupedSampler, RandomSampler, SequentialSampler, type WeightedOptions, WeightedSampler } from "./samplers.ts";
export { type BalancedOptions, BalancedSampler } from "./samplers_balanced.ts";
export { type BucketOptions, BucketSampler } from "./samplers_bucket.ts";
export { type SortishOptions, SortishSampler, SortSampler } from "./samplers_length.ts";
export { type Content, contentKey } from "./sha256.ts";
export { type DataSource, type OpenSource, openSource, type SourceOptions } from "./source.ts";
export { indexSplit, pick, randomSplit, type SplitOptions, type SplitSizes, stratifiedSplit } from "./split.ts";
export {
  torchtextSplit,
  type TorchtextSplitOptions,
  type TrainTestOptions,
  trainTestSplit,
  type TrainValidTestOptions,
  trainValidTestSplit,
} from "./split_replay.ts";
export {
  cachedCorpus,
  TokenCorpus,
  tokenizeCorpus,
  type TokenizeFunction,
  type TokenizeOptions,
} from "./token_corpus.ts";
export { decodeText, readLines } from "./utf8.ts";
export { MT19937, type MT19937State, type Permuter } from "../tensor/mt19937.ts";
export { PythonRandom } from "../tensor/python_random.ts";
export { type ChoiceOptions, RandomState } from "../tensor/random_state.ts";
