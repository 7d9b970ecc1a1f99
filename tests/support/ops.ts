/**
 * One loop for every op: forward against the float64 reference, gradients against its central differences, second
 * derivatives, views, the same bytes twice, and the calls that must be refused.
 * @module
 */
import assert from "node:assert/strict";
import { grad } from "../../src/autograd/backward.ts";
import { enableGrad } from "../../src/autograd/mode.ts";
import * as errors from "../../src/errors.ts";
import type { Device } from "../../src/gpu/device.ts";
import { mul } from "../../src/ops/binary.ts";
import { applyMany, type Op, type Sample } from "../../src/ops/define.ts";
import type { HostTensor } from "../../src/ops/host.ts";
import { sum } from "../../src/ops/sum.ts";
import { tidy } from "../../src/tensor/scope.ts";
import type { AnyTensor, Tensor } from "../../src/tensor/tensor.ts";
import { close } from "./distance.ts";
import { hostOf, stridedOf, tensorOf, uniform, valuesOf } from "./samples.ts";

/** Step of first differences. */
const STEP = 1e-5;
/** Step of second differences: their error is about STEP2², and rounding 1e-16 / STEP2². */
const STEP2 = 1e-3;
/** Elements of one input whose differences are taken. */
const ELEMENTS = 40;

interface Case {
  op: Op<unknown>;
  sample: Sample<unknown>;
  label: string;
  values: Float64Array[];
  /** Numbers of the inputs whose gradient is checked. */
  wanted: number[];
  /** Gradients of the outputs. */
  seeds: Float64Array[];
  reference: HostTensor[];
}

function host(op: Op<unknown>, sample: Sample<unknown>, values: readonly ArrayLike<number>[]): HostTensor[] {
  return applyMany(
    op,
    sample.inputs.map((input, i) => hostOf(input, values[i])) as never,
    sample.attrs,
  ) as unknown as HostTensor[];
}

function caseOf(op: Op<unknown>, sample: Sample<unknown>, number: number): Case {
  const shapes = sample.inputs.map((x) => `${x.dtype ?? "f32"}[${x.shape}]`).join(" ");
  const label = `${op.name} sample ${number}: ${shapes} ${JSON.stringify(sample.attrs)}`;
  const values = sample.inputs.map((input, i) => valuesOf(input, `${op.name} ${number} ${i}`));
  const reference = host(op, sample, values);
  const differentiable = (op.backward ?? op.composite) !== undefined;
  const wanted = sample.inputs.flatMap((x, i) =>
    differentiable && (x.dtype ?? "f32") === "f32" && x.grad !== false ? [i] : []
  );
  const seeds = reference.map((y, i) =>
    Float64Array.from(uniform(y.numel, `${op.name} ${number} seed ${i}`), (u) => Math.fround(2 * u - 1))
  );
  return { op, sample, label, values, wanted, seeds, reference };
}

/** The seeded sum of the float outputs: the function whose gradient is checked. */
function objective({ op, sample, seeds }: Case, values: readonly ArrayLike<number>[]): number {
  return host(op, sample, values).reduce(
    (total, y, k) => y.dtype === "f32" ? y.values.reduce((t, v, i) => t + v * seeds[k][i], total) : total,
    0,
  );
}

function moved(values: readonly Float64Array[], steps: readonly ArrayLike<number>[], by: number): Float64Array[] {
  return values.map((v, i) => v.map((x, k) => x + by * steps[i][k]));
}

/** Elements whose differences are taken: all, or some at random places. */
function chosen(n: number, name: string): number[] {
  if (n <= ELEMENTS) return Array.from({ length: n }, (_, i) => i);
  return [...new Set(Array.from(uniform(ELEMENTS, name), (u) => Math.floor(u * n)))];
}

function bump(values: readonly Float64Array[], input: number, element: number, by: number): Float64Array[] {
  return values.map((v, i) => i === input ? v.map((x, k) => k === element ? x + by : x) : v);
}

function firstDifferences(c: Case, input: number, elements: readonly number[]): number[] {
  return elements.map((k) => {
    const h = STEP * Math.max(1, Math.abs(c.values[input][k]));
    return (objective(c, bump(c.values, input, k, h)) - objective(c, bump(c.values, input, k, -h))) / (2 * h);
  });
}

/** Differences, along `direction`, of the gradient of one input. */
function secondDifferences(
  c: Case,
  direction: readonly ArrayLike<number>[],
  input: number,
  elements: readonly number[],
): number[] {
  const ahead = moved(c.values, direction, STEP2), behind = moved(c.values, direction, -STEP2);
  const slope = (values: readonly Float64Array[], k: number) =>
    objective(c, bump(values, input, k, STEP2)) - objective(c, bump(values, input, k, -STEP2));
  return elements.map((k) => (slope(ahead, k) - slope(behind, k)) / (4 * STEP2 * STEP2));
}

type Read = Promise<ArrayLike<number>> | null;

/** What the GPU computed for one sample; promises of reads in flight. */
interface Results {
  outputs: Read[];
  again: Read[];
  strided: Read[];
  grads: Read[];
  gradsAgain: Read[];
  /** Gradients with `createGraph`. */
  graphGrads: Read[];
  /** Derivatives of (gradients · direction) by the inputs. */
  second: Read[];
  /** The same by the gradients of the outputs. */
  bySeeds: Read[];
}

type Maker = typeof tensorOf;
const read = (list: readonly (AnyTensor | null)[]): Read[] => list.map((t) => t ? t.data() : null);

function compute(device: Device, c: Case, make: Maker): { inputs: AnyTensor[]; outputs: Tensor[] } {
  const inputs = c.sample.inputs.map(({ shape, dtype }, i) => {
    const t = make(device, shape, c.values[i], dtype ?? "f32");
    return c.wanted.includes(i) ? t.requiresGrad_() : t;
  });
  return { inputs, outputs: applyMany(c.op, inputs, c.sample.attrs) };
}

/** Gradients of the wanted inputs; `seeds` holds null for outputs that have no gradient. */
function gradients(
  device: Device,
  c: Case,
  make: Maker,
  createGraph: boolean,
): { found: Tensor[]; inputs: Tensor[]; seeds: (Tensor | null)[] } {
  const { inputs, outputs } = compute(device, c, make);
  const wanted = c.wanted.map((i) => inputs[i] as unknown as Tensor);
  const seeds = outputs.map((y, k) =>
    y.requiresGrad ? (make(device, y.shape, c.seeds[k]) as unknown as Tensor).requiresGrad_(createGraph) : null
  );
  const gradOutputs = seeds.filter((g) => g !== null);
  assert.ok(gradOutputs.length, `${c.label}: no output is connected to the inputs`);
  const found = grad(outputs.filter((_, k) => seeds[k]), wanted, { gradOutputs, allowUnused: true, createGraph });
  return { found, inputs: wanted, seeds };
}

function checkShapes(c: Case, outputs: readonly AnyTensor[]): void {
  assert.deepEqual(
    outputs.map((y) => [y.dtype, ...y.shape]),
    c.reference.map((y) => [y.dtype, ...y.shape]),
    `${c.label}: type or shape`,
  );
}

/** Which checks a sample takes part in; a few samples of each op do the dear ones. */
interface Plan {
  /** Inputs as views. */
  views: boolean;
  /** Gradients with `createGraph`, and derivatives of them. */
  graph: boolean;
}

function start(device: Device, c: Case, directions: readonly Float32Array[], plan: Plan): Results {
  const r: Results = {
    outputs: [],
    again: [],
    strided: [],
    grads: [],
    gradsAgain: [],
    graphGrads: [],
    second: [],
    bySeeds: [],
  };
  tidy(() => {
    const { outputs } = compute(device, c, tensorOf);
    checkShapes(c, outputs);
    r.outputs = read(outputs);
    r.again = read(compute(device, c, tensorOf).outputs);
    if (!plan.views) return;
    const other = compute(device, c, stridedOf).outputs;
    checkShapes(c, other);
    r.strided = read(other);
  });
  if (!c.wanted.length) return r;
  tidy(() => {
    const { found } = gradients(device, c, tensorOf, false);
    const shapes = c.wanted.map((i) => c.sample.inputs[i].shape);
    found.forEach((g, i) => g && assert.deepEqual(g.shape, shapes[i], `${c.label}: shape of gradient ${c.wanted[i]}`));
    r.grads = read(found);
    r.gradsAgain = read(gradients(device, c, plan.views ? stridedOf : tensorOf, false).found);
    if (!plan.graph) return;
    const graph = gradients(device, c, tensorOf, true);
    graph.found.forEach((g, i) =>
      g && assert.deepEqual(g.shape, shapes[i], `${c.label}: shape of gradient ${c.wanted[i]} with createGraph`)
    );
    r.graphGrads = read(graph.found);
    const parts = graph.found.flatMap((g, i) => {
      if (!g?.requiresGrad) return [];
      const direction = tensorOf(device, g.shape, directions[c.wanted[i]]) as unknown as Tensor;
      return [enableGrad(() => sum(mul(g, direction)))];
    });
    assert.ok(parts.length || c.op.smooth === false, `${c.label}: the gradient with createGraph has no graph`);
    if (!parts.length) return;
    const seeds = graph.seeds.filter((g) => g !== null);
    const derivatives = grad(parts, [...graph.inputs, ...seeds], { allowUnused: true });
    r.second = read(derivatives.slice(0, graph.inputs.length));
    const bySeeds = read(derivatives.slice(graph.inputs.length));
    r.bySeeds = graph.seeds.map((g) => g ? bySeeds.shift()! : null);
  });
  return r;
}

/** Runs every check of one op. */
export async function checkOp(device: Device, op: Op<unknown>): Promise<void> {
  assert.ok(op.samples.length, `${op.name} has no samples`);
  let graphs = 3, views = 3;
  const work = op.samples.map((sample, number) => {
    const c = caseOf(op, sample, number), several = c.values.some((v) => v.length > 2);
    const plan = { views: several && views-- > 0, graph: several && c.wanted.length > 0 && graphs-- > 0 };
    const directions = c.values.map((v, i) =>
      c.wanted.includes(i)
        ? uniform(v.length, `${c.label} direction ${i}`).map((u) => u - 0.5)
        : new Float32Array(v.length)
    );
    return { c, directions, results: start(device, c, directions, plan) };
  });
  for (const { c, directions, results } of work) await compare(c, directions, results);
  refusals(device, op);
}

async function compare(c: Case, directions: readonly Float32Array[], results: Results): Promise<void> {
  const all = async (list: readonly Read[]) => await Promise.all(list);
  const { outputs, again, strided, grads, gradsAgain, graphGrads, second, bySeeds } = results;
  const y = {
    outputs: await all(outputs),
    again: await all(again),
    strided: await all(strided),
    bySeeds: await all(bySeeds),
  };
  const g = {
    grads: await all(grads),
    again: await all(gradsAgain),
    graph: await all(graphGrads),
    second: await all(second),
  };
  y.outputs.forEach((got, k) => {
    const want = c.reference[k];
    close(`${c.label}: output ${k}`, got!, want.values, want.dtype === "f32" ? c.sample.tolerance ?? 1e-5 : 0);
    assert.deepEqual(y.again[k], got, `${c.label}: output ${k} of the second call has other bytes`);
    if (strided.length) {
      assert.deepEqual(y.strided[k], got, `${c.label}: output ${k} differs when the inputs are views`);
    }
  });
  c.wanted.forEach((input, i) => {
    const n = c.values[input].length,
      places = chosen(n, `${c.label} ${input}`),
      want = firstDifferences(c, input, places);
    const at = (values: ArrayLike<number> | null, where = places) => where.map((k) => values ? values[k] : 0);
    close(`${c.label}: gradient of input ${input}`, at(g.grads[i]), want, 1e-4);
    assert.deepEqual(g.again[i], g.grads[i], `${c.label}: gradient of input ${input} has other bytes the second time`);
    if (graphGrads.length) close(`${c.label}: gradient of input ${input} with createGraph`, at(g.graph[i]), want, 1e-4);
    if (!graphGrads.length || c.op.smooth === false) return;
    const few = places.slice(0, 12);
    close(
      `${c.label}: second derivative of input ${input}`,
      at(g.second[i], few),
      secondDifferences(c, directions, input, few),
      1e-3,
    );
  });
  if (!y.bySeeds.some((v) => v)) return;
  // The gradient is linear in the outputs' gradients: by them it is the derivative of the outputs along the direction.
  const ahead = host(c.op, c.sample, moved(c.values, directions, STEP)),
    behind = host(c.op, c.sample, moved(c.values, directions, -STEP));
  y.bySeeds.forEach((got, k) => {
    if (!got) return;
    const want = ahead[k].values.map((v, i) => (v - behind[k].values[i]) / (2 * STEP));
    close(`${c.label}: derivative of the gradient by that of output ${k}`, got, want, 1e-4);
  });
}

/** Calls that must throw: the stated class, the op's name on the error, and nothing recorded. */
function refusals(device: Device, op: Op<unknown>): void {
  for (const { inputs, attrs, error } of op.refusals ?? []) {
    tidy(() => {
      const tensors = inputs.map((x, i) => tensorOf(device, x.shape, valuesOf(x, `${op.name} refused ${i}`), x.dtype));
      const before = device.recorder.commandCount;
      const label = `${op.name} of ${inputs.map((x) => `${x.dtype ?? "f32"}[${x.shape}]`).join(" ")} ${
        JSON.stringify(attrs)
      }`;
      assert.throws(() => applyMany(op, tensors, attrs), (e) => {
        assert.ok(e instanceof errors[error], `${label} threw ${e}, wanted a ${error}`);
        assert.ok(e.op, `${label} threw an error without its op's name`);
        assert.match(e.message, /^Cannot .*[^.]$/);
        return true;
      }, `${label} was not refused`);
      assert.equal(device.recorder.commandCount, before, `${label} recorded commands before it threw`);
    });
  }
}
