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
export { type Dataset, groupChunks, toDataset } from "./dataset.ts";
export { DataLoader, type DataLoaderOptions, type LoaderState } from "./loader.ts";
export { type BatchContext, type Sampler } from "./sampler.ts";
