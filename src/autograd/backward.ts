/**
 * Walks the graph in reverse creation order. Gradients are released as soon as their node has run, and so is what the
 * node had saved.
 * @module
 */
import { DTypeError, ShapeError, StateError } from "../errors.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import { Parameter } from "../tensor/arena.ts";
import { currentScope, keep, Scope } from "../tensor/scope.ts";
import { sameShape, show } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { setGradEnabled } from "./mode.ts";
import { type Edge, edgeOf, type GraphNode, type Hook } from "./node.ts";

/** Options of `backward`. */
export interface BackwardOptions {
  /** Gradient of the tensor itself; ones for a scalar by default. */
  gradient?: Tensor;
  /** Keep saved tensors, so that backward can run again. Default false. */
  retainGraph?: boolean;
}

/** Options of {@link grad}. */
export interface GradOptions {
  /** Gradients of the outputs; ones for scalars by default. */
  gradOutputs?: readonly Tensor[];
  /** Record the backward pass itself, so that it can be differentiated again. Default false. */
  createGraph?: boolean;
  /** Keep saved tensors. Default: the value of `createGraph`. */
  retainGraph?: boolean;
  /** Return null for inputs that the outputs do not depend on, instead of throwing. Default false. */
  allowUnused?: boolean;
}

/** The operations that the engine needs; the op layer above gives them, so that they can be differentiated too. */
export interface Kit {
  /** Sum of two tensors of one shape. */
  add(a: Tensor, b: Tensor): Tensor;
  /** A dense copy, or the tensor itself. */
  contiguous(a: Tensor): Tensor;
  /** A dense copy with memory of its own. */
  clone(a: Tensor): Tensor;
  /** Ones like `a`. */
  onesLike(a: Tensor): Tensor;
}

let kit: Kit;

/** Called once by the op layer. */
export function installKit(value: Kit): void {
  kit = value;
}

interface Run {
  createGraph: boolean;
  retainGraph: boolean;
  /** Edges whose gradient is wanted, or null to accumulate into all leaves. */
  capture: readonly Edge[] | null;
}

/**
 * Accumulates the gradient of `tensor` into `.grad` of every leaf that requires it.
 * @throws {StateError} when the tensor has no graph, or the graph was freed by an earlier call
 * @throws {ShapeError} when it is not a scalar and no `gradient` of its shape is given
 * @throws {DTypeError} when `gradient` is not of its type
 */
export function backward(tensor: Tensor, { gradient, retainGraph = false }: BackwardOptions = {}): void {
  start([tensor], gradient ? [gradient] : undefined, "backward", { createGraph: false, retainGraph, capture: null });
}

/**
 * Gradients of the sum of `outputs` with respect to `inputs`, without touching `.grad`.
 * @returns one tensor per input, in order (null with `allowUnused`)
 * @throws {StateError} when an output has no graph, or an input was not used
 */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
  options: GradOptions = {},
): Tensor[] {
  const { createGraph = false, retainGraph = createGraph, allowUnused = false } = options;
  const list = Array.isArray(outputs) ? outputs as readonly Tensor[] : [outputs as Tensor];
  const capture = inputs.map((t, i) => {
    const edge = edgeOf(t);
    if (!edge) {
      throw new StateError(`Cannot take grad of input ${i} ${show(t.shape)}: it does not require grad`, {
        op: "grad",
        shapes: [t.shape],
      });
    }
    return edge;
  });
  const found = start(list, options.gradOutputs, "grad", { createGraph, retainGraph, capture });
  found.forEach((g, i) => {
    if (!g && !allowUnused) {
      throw new StateError(
        `Cannot take grad of input ${i} ${
          show(inputs[i].shape)
        }: the outputs do not depend on it; pass { allowUnused: true }`,
        { op: "grad" },
      );
    }
  });
  return found as Tensor[];
}

/**
 * Calls `hook` with the gradient of `tensor` during backward; what it returns takes the gradient's place.
 * @returns a function that removes the hook
 */
export function registerHook(tensor: Tensor, hook: Hook): () => void {
  const edge = edgeOf(tensor);
  if (!edge) {
    throw new StateError(`Cannot hook tensor ${show(tensor.shape)}: it does not require grad`, { op: "registerHook" });
  }
  const hooks = edge.node.hooks ??= new Map();
  const list = hooks.get(edge.index) ?? [];
  hooks.set(edge.index, list);
  list.push(hook);
  return () => {
    const at = list.indexOf(hook);
    if (at >= 0) list.splice(at, 1);
  };
}

function start(
  outputs: readonly Tensor[],
  given: readonly Tensor[] | undefined,
  op: string,
  run: Run,
): (Tensor | null)[] {
  const scope = new Scope(op).open(false);
  const old = setGradEnabled(run.createGraph);
  let found: (Tensor | null)[] = [];
  try {
    const roots = outputs.map((t, i): [Edge, Tensor] => {
      const { device } = t.use(op, `run ${op} on`), edge = edgeOf(t);
      if (!edge) {
        throw new StateError(
          `Cannot run ${op} on tensor ${
            show(t.shape)
          }: nothing that made it requires grad (or it was made under noGrad)`,
          { op, shapes: [t.shape] },
        );
      }
      const gradient = given?.[i];
      if (!gradient && t.numel !== 1) {
        throw new ShapeError(
          `Cannot run ${op} on tensor ${show(t.shape)}: it is not a scalar; pass a gradient of its shape or reduce it`,
          { op, shapes: [t.shape] },
        );
      }
      if (gradient && !sameShape(gradient.shape, t.shape)) {
        throw new ShapeError(
          `Cannot run ${op}: gradient ${show(gradient.shape)} is not of the tensor's shape ${show(t.shape)}`,
          { op, shapes: [gradient.shape, t.shape] },
        );
      }
      if (gradient && gradient.dtype !== t.dtype) {
        throw new DTypeError(
          `Cannot run ${op}: gradient ${show(gradient.shape)} is ${gradient.dtype}, wanted ${t.dtype}`,
          { op, shapes: [gradient.shape], value: gradient.dtype },
        );
      }
      if (gradient && gradient.use(op, `run ${op} with gradient`).device !== device) {
        throw new StateError(
          `Cannot run ${op}: gradient ${show(gradient.shape)} and tensor ${show(t.shape)} are on different devices`,
          { op, shapes: [gradient.shape, t.shape] },
        );
      }
      return [edge, gradient ?? kit.onesLike(t)];
    });
    found = walk(roots, run);
    return found;
  } finally {
    setGradEnabled(old);
    scope.close(found);
  }
}

/** Gradients that wait for their node, with a count of how often each handle is needed. */
class Pending {
  readonly #byNode = new Map<GraphNode, (Tensor | null)[]>();
  readonly #uses = new Map<Tensor, number>();
  readonly #mayDispose: boolean;

  constructor(mayDispose: boolean) {
    this.#mayDispose = mayDispose;
  }

  hold(t: Tensor): void {
    this.#uses.set(t, (this.#uses.get(t) ?? 0) + 1);
  }

  drop(t: Tensor): void {
    const n = (this.#uses.get(t) ?? 0) - 1;
    if (n > 0) this.#uses.set(t, n);
    else {
      this.#uses.delete(t);
      if (this.#mayDispose && t.owner) t.dispose(); // handles of the caller (owner null or outside) are left alone
    }
  }

  add(edge: Edge, g: Tensor): void {
    let grads = this.#byNode.get(edge.node);
    if (!grads) this.#byNode.set(edge.node, grads = []);
    while (grads.length <= edge.index) grads.push(null);
    const before = grads[edge.index];
    if (!before) {
      this.hold(g);
      grads[edge.index] = g;
      return;
    }
    const sum = kit.add(before, g);
    this.hold(sum);
    grads[edge.index] = sum;
    this.drop(before);
  }

  take(node: GraphNode): (Tensor | null)[] | undefined {
    const grads = this.#byNode.get(node);
    this.#byNode.delete(node);
    return grads;
  }
}

function walk(roots: readonly (readonly [Edge, Tensor])[], run: Run): (Tensor | null)[] {
  const { createGraph, retainGraph, capture } = run;
  const outer = currentScope()!;
  const order = reachable(roots.map(([edge]) => edge.node), capture);
  const pending = new Pending(!createGraph);
  const found: (Tensor | null)[] = capture ? capture.map(() => null) : [];
  for (const [edge, g] of roots) {
    pending.hold(g); // the root gradient may be the caller's: never dropped to zero
    pending.add(edge, g);
  }
  for (const node of order) {
    const grads = pending.take(node);
    if (!grads) continue;
    for (let i = 0; i < grads.length; i++) {
      for (const hook of node.hooks?.get(i) ?? []) {
        const g = grads[i];
        const replaced = g && hook(g);
        if (replaced) {
          pending.hold(replaced);
          pending.drop(g);
          grads[i] = replaced;
        }
      }
    }
    capture?.forEach((edge, i) => {
      const g = edge.node === node ? grads[edge.index] : null;
      if (g) {
        pending.hold(g); // found gradients outlive the walk
        found[i] = g;
      }
    });
    if (node.isLeaf) {
      if (!capture) accumulate(node, grads[0]!);
    } else if (node.edges.some((e) => e && order.has(e.node))) {
      const inner = new Scope(node.name).open(false);
      let out: (Tensor | null)[] = [];
      try {
        while (grads.length < node.outputs) grads.push(null);
        out = node.run(grads, createGraph);
      } finally {
        inner.close(out);
      }
      node.edges.forEach((edge, i) => {
        const g = out[i];
        if (!g) return;
        if (edge && order.has(edge.node)) pending.add(edge, g);
      });
      for (const g of out) {
        if (!g || !g.owner || g.owner !== outer) continue;
        pending.hold(g); // an output that no edge took is released here
        pending.drop(g);
      }
      if (!retainGraph) node.free();
    }
    for (const g of grads) if (g) pending.drop(g);
  }
  return found;
}

/** Nodes to visit, latest first: all behind the roots, or only those on a way to a captured edge. */
function reachable(roots: readonly GraphNode[], capture: readonly Edge[] | null): Set<GraphNode> {
  const seen = new Set<GraphNode>(roots), list = [...seen];
  for (let i = 0; i < list.length; i++) {
    for (const edge of list[i].edges) {
      if (edge && !seen.has(edge.node)) {
        seen.add(edge.node);
        list.push(edge.node);
      }
    }
  }
  list.sort((a, b) => b.seq - a.seq);
  if (!capture) return new Set(list);
  const needed = new Set(capture.map((edge) => edge.node));
  for (let i = list.length - 1; i >= 0; i--) { // inputs come before their users
    if (list[i].edges.some((edge) => edge && needed.has(edge.node))) needed.add(list[i]);
  }
  return new Set(list.filter((node) => needed.has(node)));
}

function accumulate(node: GraphNode, gradient: Tensor): void {
  const leaf = node.leaf!;
  if (leaf.disposed) return;
  if (!(leaf instanceof Parameter)) {
    const old = leaf.grad;
    // A gradient may have gone to other inputs as well: the leaf gets memory of its own.
    leaf.grad = keep(old ? kit.add(old, gradient) : kit.clone(gradient));
    return;
  }
  const source = kit.contiguous(gradient), slot = leaf.gradSlot;
  leaf.device.recorder.dispatch(
    kernels.accumulate.add,
    { source, out: slot },
    { n: leaf.numel, first: leaf.grad ? 0 : 1 },
    { workgroups: Math.ceil(leaf.numel / 256), label: "accumulate" },
  );
  slot.storage.version++;
  leaf.grad = slot;
}
