/**
 * What anything that resumes hands out and takes back: plain data, typed arrays and tensors in objects and arrays.
 * Optimisers, schedules, generators, loaders, samplers, callbacks and carried states share this protocol, so a
 * checkpoint stores them without knowing them.
 * @module
 */
import type { DType } from "./dtype.ts";
import type { Tensor } from "./tensor.ts";

/**
 * State as data. Numbers are kept exactly (NaN, infinities and -0 too), tensors and typed arrays bit for bit; the
 * tensors are the owner's own, not copies.
 */
export type StateTree =
  | null
  | boolean
  | number
  | string
  | ArrayBufferView
  | Tensor<DType>
  | StateTree[]
  | { [key: string]: StateTree };

/** Something whose state can be saved and taken over again. */
export interface Stateful {
  /** The state now. */
  stateDict(): StateTree;
  /** Takes a state over; what does not fit is refused before anything is changed. */
  loadStateDict(tree: StateTree): void;
}
