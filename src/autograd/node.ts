/**
 * The graph of gradients. A node stands for one operation that ran: its inputs' edges, what it saved, and its backward
 * rule. Nodes are counted like storages: the last handle on an output releases everything behind it.
 * @module
 */
import { StateError } from "../errors.ts";
import type { Storage } from "../gpu/storage.ts";
import type { DType } from "../tensor/dtype.ts";
import { show } from "../tensor/shape.ts";
import { type AnyTensor, Tensor } from "../tensor/tensor.ts";

/** One output of one node. */
export interface Edge {
  /** Producer. */
  readonly node: GraphNode;
  /** Output number. */
  readonly index: number;
}

/** Computes the gradients of the inputs; null where an input needs none. */
export type BackwardRule = (node: GraphNode, grads: (Tensor | null)[], createGraph: boolean) => (Tensor | null)[];

/** A hook sees a gradient and may return another one in its place. */
export type Hook = (grad: Tensor) => Tensor | void;

interface Saved {
  storage: Storage;
  version: number;
  dtype: DType;
  shape: readonly number[];
  strides: readonly number[];
  offset: number;
  edge: Edge | null;
  ownOutput: number;
}

let sequence = 0;

/** One recorded operation. */
export class GraphNode {
  /** Operation. */
  readonly name: string;
  /** Creation order: backward walks it downwards. */
  readonly seq: number = ++sequence;
  /** Where each input came from; null for inputs without gradients. */
  readonly edges: readonly (Edge | null)[];
  /** Number of outputs; gradients of some may never arrive. */
  outputs = 1;
  /** The leaf that this node accumulates into, for leaf nodes. */
  leaf: Tensor | null = null;
  /** Hooks by output. */
  hooks: Map<number, Hook[]> | null = null;
  readonly #rule: BackwardRule | null;
  #saved: Saved[] = [];
  #count = 0;
  #freed = false;

  /** @param rule null for leaves; the edges' nodes are retained */
  constructor(name: string, edges: readonly (Edge | null)[], rule: BackwardRule | null) {
    this.name = name;
    this.edges = edges;
    this.#rule = rule;
    for (const edge of edges) edge?.node.retain();
  }

  /** One more holder. */
  retain(): this {
    this.#count++;
    return this;
  }

  /** One holder less; the last one frees what was saved and lets go of the inputs. */
  release(): void {
    const work: GraphNode[] = [this]; // a list, not recursion: graphs of long sequences are deep
    for (let node = work.pop(); node; node = work.pop()) {
      if (--node.#count > 0) continue;
      const saved = node.#saved;
      node.#saved = [];
      for (const s of saved) {
        s.storage.release();
        if (s.edge) work.push(s.edge.node);
      }
      for (const edge of node.edges) if (edge) work.push(edge.node);
    }
  }

  /** Keeps tensors for the backward rule; `outputs` are the node's own results, to tell them apart. */
  save(tensors: readonly AnyTensor[], outputs: readonly AnyTensor[]): void {
    for (const t of tensors) {
      const ownOutput = outputs.indexOf(t);
      const edge = ownOutput >= 0 ? null : edgeOf(t);
      edge?.node.retain();
      this.#saved.push({
        storage: t.storage.retain(),
        version: t.storage.version,
        dtype: t.dtype,
        shape: t.shape,
        strides: t.strides,
        offset: t.offset,
        edge,
        ownOutput,
      });
    }
  }

  /**
   * New handles on what was saved, in order.
   * @throws {StateError} when it was freed by an earlier backward, or changed in place since
   */
  saved(withGraph: boolean): AnyTensor[] {
    if (this.#freed) {
      throw new StateError(
        `Cannot run backward through ${this.name} a second time: its saved tensors were freed; pass { retainGraph: true } to the first backward()`,
        { op: this.name },
      );
    }
    return this.#saved.map((s) => {
      if (s.storage.version !== s.version) {
        throw new StateError(
          `Cannot run backward through ${this.name}: a tensor ${
            show(s.shape)
          } that it needs was changed in place (version ${s.storage.version}, saved at ${s.version})`,
          { op: this.name, shapes: [s.shape] },
        );
      }
      const t = new Tensor(s.storage.retain(), s.dtype, s.shape, s.strides, s.offset);
      if (withGraph && s.ownOutput >= 0) t.attach(this, s.ownOutput);
      else if (withGraph && s.edge) connect(t as Tensor, s.edge);
      return t;
    });
  }

  /** Frees what was saved: backward has used it. */
  free(): void {
    if (!this.#rule) return;
    this.#freed = true;
    const saved = this.#saved;
    this.#saved = [];
    for (const s of saved) {
      s.storage.release();
      s.edge?.node.release();
    }
  }

  /** Runs the rule. */
  run(grads: (Tensor | null)[], createGraph: boolean): (Tensor | null)[] {
    if (this.#freed) this.saved(false); // throws
    return this.#rule!(this, grads, createGraph);
  }

  /** True for nodes that accumulate into a leaf. */
  get isLeaf(): boolean {
    return this.#rule === null;
  }
}

/** Gives a fresh handle the place in the graph that an edge names. */
function connect(t: Tensor, edge: Edge): void {
  if (edge.node.isLeaf) {
    t.accumulator = edge.node.retain();
    t.requiresGrad_();
  } else t.attach(edge.node, edge.index);
}

/** Where a tensor's gradient goes: its node, its accumulator, or null when it needs none. */
export function edgeOf(t: AnyTensor): Edge | null {
  if (t.node) return { node: t.node, index: t.outputIndex };
  if (!t.requiresGrad) return null;
  if (!t.accumulator) {
    const node = new GraphNode("leaf", [], null);
    node.leaf = t as unknown as Tensor;
    t.accumulator = node.retain();
  }
  return { node: t.accumulator, index: 0 };
}
