/**
 * The type of a kernel as `tools/gen.ts` reflects it from WGSL: its buffers, its parameter struct and its override
 * constants are part of the type, so a wrong name does not compile.
 * @module
 */

/** How an entry point uses a storage buffer. */
export type Access = "read" | "read_write";

/** One storage buffer of an entry point. */
export interface BufferSlot {
  /** WGSL variable name. */
  readonly name: string;
  /** Binding number in group 0 (0 is the parameter struct). */
  readonly binding: number;
  /** Whether the kernel writes it. */
  readonly access: Access;
}

/** One member of a parameter struct. */
export interface ParamField {
  /** WGSL member name. */
  readonly name: string;
  /** Scalar type; vectors and arrays are given as `length` scalars. */
  readonly type: "u32" | "i32" | "f32";
  /** Offset in 4-byte words. */
  readonly word: number;
  /** Number of scalars: 1 for a plain member. */
  readonly length: number;
}

/** A compute entry point: `B` buffer names, `P` parameter record, `C` override names. */
export interface Kernel<
  B extends string = string,
  P = Record<string, number | readonly number[]>,
  C extends string = string,
> {
  /** `file.entry`, the label of its dispatches. */
  readonly name: string;
  /** Key of its WGSL text in `sources`. */
  readonly module: string;
  /** Entry point. */
  readonly entry: string;
  /** Storage buffers, by binding number. */
  readonly buffers: readonly BufferSlot[];
  /** Members of the parameter struct; empty where there is none. */
  readonly params: readonly ParamField[];
  /** Names of the override constants of the module. */
  readonly constants: readonly C[];
  /** Never set: carries the types `B` and `P`. */
  readonly types?: [B, P];
}

/** Compact rows of `kernels.gen.ts` to a {@link Kernel}. */
export function kernel<B extends string, P, C extends string>(
  module: string,
  entry: string,
  buffers: readonly (readonly [name: string, binding: number, access: "r" | "w"])[],
  params: readonly (readonly [name: string, type: ParamField["type"], word: number, length: number])[],
  constants: readonly C[],
): Kernel<B, P, C> {
  return {
    name: `${module}.${entry}`,
    module,
    entry,
    buffers: buffers.map(([name, binding, a]) => ({ name, binding, access: a === "r" ? "read" : "read_write" })),
    params: params.map(([name, type, word, length]) => ({ name, type, word, length })),
    constants,
  };
}
