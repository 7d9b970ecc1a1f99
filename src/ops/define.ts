/**
 * One op, one object: shape rule, forward, backward, float64 reference and test samples stand together. `apply` runs an
 * op: on tensors it records kernels and a graph node, on HostTensors it computes the reference.
 * @module
 */
import { DTypeError, StateError } from "../errors.ts";
import { halfOfParameter, isAutocastEnabled, resumeAutocast, suspendAutocast } from "../autograd/autocast.ts";
import { isGradEnabled, setGradEnabled } from "../autograd/mode.ts";
import { grad as gradOf } from "../autograd/backward.ts";
import { type BackwardRule, edgeOf, GraphNode } from "../autograd/node.ts";
import type { Device } from "../gpu/device.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import { Parameter } from "../tensor/arena.ts";
import { type DType, type FloatDType, isFloat } from "../tensor/dtype.ts";
import { keep, Scope } from "../tensor/scope.ts";
import type { Shape } from "../tensor/shape.ts";
import { show } from "../tensor/shape.ts";
import { type AnyTensor, Tensor } from "../tensor/tensor.ts";
import { toFloat } from "./half.ts";
import { HostTensor } from "./host.ts";

/** What a forward rule is given beside its inputs. */
export interface ForwardContext {
  /** Device of the inputs. */
  readonly device: Device;
  /** Which inputs need a gradient; all false when nothing is recorded. */
  readonly needs: readonly boolean[];
  /** Keeps tensors (inputs, outputs or intermediate results) for the backward rule. */
  save(...tensors: AnyTensor[]): void;
}

/** What a backward rule is given. */
export interface BackwardContext {
  /** What the forward saved, in order; fresh handles, released after the rule. */
  readonly saved: readonly Tensor[];
  /** The inputs themselves, for ops with a composite (they are saved for it anyway); empty for others. */
  readonly inputs: readonly Tensor[];
  /** Which inputs need a gradient: the rule may return null for the others. */
  readonly needs: readonly boolean[];
  /** Shapes of the inputs. */
  readonly shapes: readonly Shape[];
  /** True when the rule itself must be differentiable: it must then be made of ops. */
  readonly createGraph: boolean;
}

/** One test input: a shape with a generator of values, or a fixed list. */
export interface SampleInput {
  /** Shape. */
  readonly shape: Shape;
  /** Element type, f32 by default. */
  readonly dtype?: DType;
  /** Range of the random values, [-2, 2] by default. For integers both ends are included. */
  readonly range?: readonly [number, number];
  /** Fixed values instead of random ones. */
  readonly values?: readonly number[];
  /** Keeps values at least this far from 0 (and from each other where an op has kinks). */
  readonly awayFromZero?: number;
  /** All values differ by at least 0.05: for max, sort and other selections. */
  readonly distinct?: boolean;
  /** False for inputs whose gradient is not asked for. Default: true for f32. */
  readonly grad?: boolean;
}

/** One test case of an op. */
export interface Sample<A> {
  /** Inputs. */
  readonly inputs: readonly SampleInput[];
  /** Attributes. */
  readonly attrs: A;
  /** Relative L2 of forward against the reference; 1e-5 by default. */
  readonly tolerance?: number;
}

/** A call that must throw. */
export interface Refusal<A> {
  /** Inputs. */
  readonly inputs: readonly SampleInput[];
  /** Attributes. */
  readonly attrs: A;
  /** Class name of the error. */
  readonly error: "ShapeError" | "DTypeError" | "IndexError" | "ValueError";
}

/** The definition of an op with attributes `A`. */
export interface Op<A = unknown> {
  /** Name as users call it. */
  readonly name: string;
  /** Checks the inputs, then records kernels. Throws before any GPU work. */
  forward(context: ForwardContext, inputs: readonly Tensor[], attrs: A): Tensor | Tensor[];
  /** Gradients of the inputs from those of the outputs (null where none arrived). */
  backward?(context: BackwardContext, grads: readonly (Tensor | null)[], attrs: A): (Tensor | null)[];
  /** The same function by other ops: reference and second derivatives of a fused op. */
  composite?(inputs: readonly Tensor[], attrs: A): Tensor | Tensor[];
  /** The same function on float64 arrays; the composite is used where there is none. */
  reference?(inputs: readonly HostTensor[], attrs: A): HostTensor | HostTensor[];
  /** Test cases. */
  readonly samples: readonly Sample<A>[];
  /** Calls that must be refused. */
  readonly refusals?: readonly Refusal<A>[];
  /**
   * What f16 inputs mean. `"native"`: the op's own rules take them. Otherwise it sees them as f32, and what it saves of its
   * inputs and results is kept as f16; with `"same"` (default: elementwise functions, selections) float results become
   * f16 when all float inputs were, with `"f32"` (sums, norms, softmax, losses) they stay f32.
   */
  readonly half?: "same" | "f32" | "native";
  /** What `autocast` makes f16 of: all f32 inputs, the first one (the op itself copies its weights), or results. Default: nothing. */
  readonly autocast?: "inputs" | "first" | "results";
  /** False for ops without second derivatives worth testing (integer results, piecewise constants). Default: has backward. */
  readonly smooth?: boolean;
}

/** Every op that was defined, by name: the tests walk over it. */
export const registry: Map<string, Op<unknown>> = new Map();

/** Registers an op and returns it. */
export function defineOp<A>(op: Op<A>): Op<A> {
  if (registry.has(op.name)) throw new StateError(`Cannot define op ${op.name}: the name is taken`, { op: op.name });
  registry.set(op.name, op as Op<unknown>);
  return op;
}

/** Runs an op with one output. */
export function apply<A>(op: Op<A>, inputs: readonly AnyTensor[], attrs: A): Tensor {
  return applyMany(op, inputs, attrs)[0];
}

/** Runs an op and returns its outputs as a list. */
export function applyMany<A>(op: Op<A>, inputs: readonly AnyTensor[], attrs: A): Tensor[] {
  if ((inputs as readonly unknown[]).some((x) => x instanceof HostTensor)) return applyHost(op, inputs, attrs);
  if (!isAutocastEnabled()) return applyOnDevice(op, inputs, attrs);
  const narrow = op.autocast === "inputs" ? inputs.length : op.autocast === "first" ? 1 : 0;
  const given = inputs.map((t, i) => i < narrow ? narrowed(t) : t);
  const mode = suspendAutocast(); // what the op is made of gets what it asks for
  let results: Tensor[];
  try {
    results = applyOnDevice(op, given, attrs);
  } finally {
    resumeAutocast(mode);
  }
  return op.autocast === "results" ? results.map((t) => toFloat(t, "f16", true)) : results;
}

/** An input under `autocast`. */
function narrowed(t: AnyTensor): AnyTensor {
  if (!(t instanceof Tensor) || t.dtype !== "f32") return t; // what is no tensor is refused later
  const make = () => toFloat(t, "f16", true);
  return t instanceof Parameter ? halfOfParameter(t, () => keep(make())) : make();
}

function applyOnDevice<A>(op: Op<A>, inputs: readonly AnyTensor[], attrs: A): Tensor[] {
  const device = deviceOf(op.name, inputs);
  const recording = isGradEnabled() && (op.backward !== undefined || op.composite !== undefined);
  const needs = inputs.map((t) => recording && t.requiresGrad);
  const node = needs.includes(true) ? makeNode(op, inputs, attrs, needs) : null;
  const toSave: AnyTensor[] = [];
  const context: ForwardContext = { device, needs, save: node ? (...t) => void toSave.push(...t) : () => {} };
  const recorder = device.recorder, outerOp = recorder.currentOp;
  recorder.currentOp = op.name;
  const scope = new Scope(op.name).open(false);
  const old = setGradEnabled(false);
  let outputs: Tensor[] = [];
  try {
    const widened = widens(op, inputs), given = widened ? inputs.map((t) => toFloat(t, "f32", false)) : inputs;
    const result = op.forward(context, given as readonly Tensor[], attrs);
    const computed = Array.isArray(result) ? result : [result];
    const narrow = widened && op.half !== "f32" && inputs.every((t) => t.dtype !== "f32");
    outputs = narrow ? computed.map((t) => toFloat(t, "f16", false)) : computed;
    if (node) {
      node.outputs = outputs.length;
      if (op.composite) toSave.push(...inputs); // behind the op's own: second derivatives go through the composite
      node.save(
        widened ? toSave.map((t) => instead(t, given, inputs) ?? instead(t, computed, outputs) ?? t) : toSave,
        outputs,
      );
    }
    if (device.options.debug >= 3) { for (const out of outputs) checkFinite(out); }
  } finally {
    setGradEnabled(old);
    recorder.currentOp = outerOp;
    scope.close(outputs);
  }
  if (node) {
    outputs.forEach((out, i) => isFloat(out.dtype) && out.attach(node, i));
    if (!outputs.some((out) => isFloat(out.dtype))) node.retain().release(); // nobody else will
  }
  return outputs;
}

/** Whether an op is given f32 in place of f16 inputs. */
function widens({ half }: Pick<Op, "half">, inputs: readonly AnyTensor[]): boolean {
  return half !== "native" && inputs.some((t) => t.dtype === "f16");
}

/** What stands in one list where `t` stands in the other: f16 is saved in place of the f32 that was made of it. */
function instead(t: AnyTensor, list: readonly AnyTensor[], other: readonly AnyTensor[]): AnyTensor | undefined {
  return other[list.indexOf(t)];
}

/** Debug level 3: a kernel behind every op looks for NaN and Infinity; the next read names the op and the user's line. */
function checkFinite(x: AnyTensor): void {
  if (!isFloat(x.dtype) || !x.isContiguous || x.byteOffset % 256 !== 0) return; // views hold what was checked before
  const t = toFloat(x, "f32", false);
  t.device.recorder.dispatch(kernels.check.finite, { x: t }, { n: t.numel }, { workgroups: Math.ceil(t.numel / 64) });
}

function makeNode<A>(op: Op<A>, inputs: readonly AnyTensor[], attrs: A, needs: readonly boolean[]): GraphNode {
  const shapes = inputs.map((t) => t.shape), dtypes = inputs.map((t) => t.dtype), { recorder } = inputs[0].device;
  const widened = widens(op, inputs);
  const rule: BackwardRule = (self, given, createGraph) => {
    const wide = (t: AnyTensor): Tensor => widened ? toFloat(t, "f32", createGraph) : t as unknown as Tensor;
    const saved = self.saved(createGraph).map(wide), grads = given.map((g) => g && wide(g));
    const own = op.composite ? saved.slice(0, saved.length - inputs.length) : saved;
    const originals = op.composite ? saved.slice(saved.length - inputs.length) : [];
    if (createGraph && op.composite || !op.backward) {
      return throughComposite(op, originals, grads, attrs, needs, createGraph);
    }
    const outerOp = recorder.currentOp;
    recorder.currentOp = `${op.name} backward`;
    try {
      const out = op.backward({ saved: own, inputs: originals, needs, shapes, createGraph }, grads, attrs);
      if (recorder.device.options.debug >= 3) { for (const g of out) if (g) checkFinite(g); }
      return out;
    } finally {
      recorder.currentOp = outerOp;
    }
  };
  return new GraphNode(
    op.name,
    inputs.map((t, i) => needs[i] ? edgeOf(t) : null),
    (self, grads, createGraph) =>
      rule(self, grads, createGraph).map((g, i) =>
        g && needs[i] ? toFloat(g, dtypes[i] as FloatDType, createGraph) : g
      ),
  );
}

/** The gradient of an op as the gradient of its composite, which is made of ops and so can be differentiated again. */
function throughComposite<A>(
  op: Op<A>,
  inputs: readonly Tensor[],
  grads: readonly (Tensor | null)[],
  attrs: A,
  needs: readonly boolean[],
  createGraph: boolean,
): (Tensor | null)[] {
  const old = setGradEnabled(true);
  try {
    // Each input gets a node of its own, so that one input's history through another (a state made with the weights)
    // is not counted here: the walk outside this node does that.
    const fresh = inputs.map((t, i) => needs[i] ? passThrough(t, createGraph) : t);
    const wanted = fresh.filter((_, i) => needs[i]);
    const result = op.composite!(fresh, attrs);
    const outputs = Array.isArray(result) ? result : [result];
    const used = outputs.flatMap((out, i) => grads[i] ? [{ out, g: grads[i]! }] : []);
    const found = gradOf(used.map((u) => u.out), wanted, {
      gradOutputs: used.map((u) => u.g),
      createGraph,
      allowUnused: true,
    });
    let next = 0;
    return needs.map((need) => need ? found[next++] : null);
  } finally {
    setGradEnabled(old);
  }
}

/** The same values behind an identity node (a leaf when the result will not be differentiated again). */
function passThrough(t: Tensor, createGraph: boolean): Tensor {
  const out = t.detach(), edge = createGraph ? edgeOf(t) : null;
  if (edge) out.attach(new GraphNode("input", [edge], (_, [g]) => [g]), 0);
  else out.requiresGrad_();
  return out;
}

function applyHost<A>(op: Op<A>, inputs: readonly unknown[], attrs: A): Tensor[] {
  const result = op.reference
    ? op.reference(inputs as readonly HostTensor[], attrs)
    : op.composite!(inputs as readonly Tensor[], attrs);
  return (Array.isArray(result) ? result : [result]) as unknown as Tensor[];
}

/** The device that all inputs are on; throws, with the op's name, for what is no tensor, disposed, or elsewhere. */
function deviceOf(op: string, inputs: readonly AnyTensor[]): Device {
  let device: Device | undefined;
  for (const t of inputs) {
    if (!(t instanceof Tensor)) throw notATensor(op, t, "wanted a tensor");
    const own = t.use(op).device;
    if (own !== (device ??= own)) {
      throw new StateError(
        `Cannot ${op} tensors ${inputs.map((x) => show(x.shape)).join(" and ")}: they are on different devices`,
        {
          op,
          shapes: inputs.map((x) => x.shape),
        },
      );
    }
  }
  return device!;
}

function notATensor(op: string, given: unknown, wanted: string): DTypeError {
  const what = given === null || typeof given !== "object" ? String(given) : `a ${given.constructor?.name ?? "object"}`;
  return new DTypeError(`Cannot ${op} ${what}: ${wanted}`, { op, value: given });
}

/**
 * Throws unless every operand is a tensor or a number.
 * @throws {DTypeError} naming what was given
 */
export function wantOperands(op: string, ...operands: readonly unknown[]): void {
  for (const x of operands) {
    if (typeof x !== "number" && !(x instanceof Tensor) && !(x instanceof HostTensor)) {
      throw notATensor(op, x, "wanted a tensor or a number");
    }
  }
}

/** Throws unless every input has one of the accepted element types. */
export function wantDType(op: string, inputs: readonly AnyTensor[], ...accepted: readonly DType[]): void {
  for (const t of inputs) {
    if (!accepted.includes(t.dtype)) {
      throw new DTypeError(
        `Cannot ${op} tensor ${show(t.shape)} of type ${t.dtype}: wanted ${
          accepted.join(" or ")
        }; convert it with to()`,
        { op, shapes: inputs.map((x) => x.shape), value: t.dtype },
      );
    }
  }
}
