/**
 * Layers, losses, initialisers and what models are made of.
 * @module
 */
export { Parameter, type ParameterSource } from "../tensor/arena.ts";
export { type Layer, Module } from "./module.ts";
export { ModuleList, Sequential } from "./containers.ts";
export { State } from "./state.ts";
export type { LoadReport, StateEntry, StateSource } from "./state_dict.ts";
export { Linear, type LinearOptions } from "./linear.ts";
export * as init from "./init.ts";
