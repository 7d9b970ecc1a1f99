/**
 * Layers, losses, initialisers and what models are made of.
 * @module
 */
export { Parameter, type ParameterSource } from "../tensor/arena.ts";
export * from "./activations.ts";
export { AttentionPool, type AttentionPoolLayerOptions } from "./attention.ts";
export { BatchNorm1d, type BatchNormOptions } from "./batch_norm.ts";
export { CarriedState, type CarriedStateOptions, type States } from "./carried_state.ts";
export { ModuleList, Sequential } from "./containers.ts";
export {
  Dropout,
  Dropout1d,
  Dropout2d,
  type DropoutLayerOptions,
  EmbeddingDropout,
  LockedDropout,
  RNNDropout,
  SpatialDropout,
} from "./dropout.ts";
export { Embedding, type EmbeddingOptions } from "./embedding.ts";
export * as functional from "./functional.ts";
export { HostEmbedding, type HostEmbeddingOptions, type HostTable } from "./host_embedding.ts";
export * as init from "./init.ts";
export { LayerNorm, type LayerNormOptions } from "./layer_norm.ts";
export { Linear, type LinearOptions } from "./linear.ts";
export * from "./losses.ts";
export { type Layer, Module } from "./module.ts";
export { ConcatPool, LastPool, MaxPool, MeanPool, type PoolLayerOptions, type PoolSteps } from "./pooling.ts";
export { RecurrentLayer } from "./recurrent_layer.ts";
export { GRU, LSTM, RNN } from "./rnn.ts";
export { type GatedCellOptions, GRUCell, LSTMCell, RecurrentCell, RNNCell, type RNNCellOptions } from "./rnn_cells.ts";
export type {
  GatedOptions,
  LSTMOptions,
  RecurrentLayerOptions,
  RecurrentRunOptions,
  RNNOptions,
  SequenceOptions,
} from "./rnn_options.ts";
export { State } from "./state.ts";
export type { LoadReport, StateEntry, StateSource } from "./state_dict.ts";
export * as utils from "./utils/mod.ts";
export { WeightDrop, type WeightDropOptions } from "./weight_drop.ts";
