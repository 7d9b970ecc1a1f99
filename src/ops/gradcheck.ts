/**
 * Compares gradients from the GPU with central differences in float64, for any function made of ops.
 * @module
 */
import { grad } from "../autograd/backward.ts";
import { enableGrad } from "../autograd/mode.ts";
import { DTypeError, NumericError, ShapeError, ValueError } from "../errors.ts";
import { type DType, toWords } from "../tensor/dtype.ts";
import { Generator } from "../tensor/random.ts";
import { tidy } from "../tensor/scope.ts";
import { show } from "../tensor/shape.ts";
import { type AnyTensor, empty, type Tensor } from "../tensor/tensor.ts";
import { HostTensor } from "./host.ts";

/** Options of {@link gradcheck}. */
export interface GradcheckOptions {
  /** Step of the differences, relative to elements larger than 1. Default 1e-5. */
  eps?: number;
  /** Largest relative L2 distance that passes. Default 1e-4. */
  tolerance?: number;
}

/** Inputs as the function sees them: typed loosely, so that ops of all element types accept them. */
// deno-lint-ignore no-explicit-any
export type GradcheckInputs = any[];

/** The function under test, on tensors and on HostTensors alike. */
export type GradcheckFunction = (...inputs: GradcheckInputs) => Tensor | readonly Tensor[];

const list = (value: Tensor | readonly Tensor[]): readonly Tensor[] => Array.isArray(value) ? value : [value as Tensor];

/**
 * Checks the gradients of every f32 input of `fn`. The function is run on the tensors for its gradients, and on float64
 * copies of them for the differences; so everything it computes with must be an input or a number.
 * @param fn function made of ops, with one or several f32 results; without randomness
 * @param inputs tensors; f32 ones are differentiated, others (ids, masks) are handed on
 * @returns largest relative L2 distance between gradient and differences over the inputs
 * @throws {NumericError} when a gradient is further away than `tolerance`; `value` holds the number of the input,
 * `position` its worst element
 * @example
 * await w.gradcheck((x, y) => x.mul(y).tanh(), [w.randn([3, 4]), w.randn([4])]);
 */
export async function gradcheck(
  fn: GradcheckFunction,
  inputs: readonly AnyTensor[],
  options: GradcheckOptions = {},
): Promise<number> {
  const { eps = 1e-5, tolerance = 1e-4 } = options;
  if (!(eps > 0) || !(tolerance > 0)) {
    throw new ValueError(`Cannot gradcheck: eps is ${eps} and tolerance ${tolerance}, wanted numbers above 0`, {
      op: "gradcheck",
      value: [eps, tolerance],
    });
  }
  const wanted = inputs.flatMap((t, i) => t.dtype === "f32" ? [i] : []);
  if (!wanted.length) throw new DTypeError("Cannot gradcheck: no input is f32", { op: "gradcheck" });
  const values = (await Promise.all(inputs.map((t) => t.data()))).map((v) => Float64Array.from(v as ArrayLike<number>));
  const onHost = (at: readonly Float64Array[]): readonly HostTensor[] =>
    list(
      fn(...at.map((v, i) => new HostTensor(inputs[i].shape, v, inputs[i].dtype))),
    ) as unknown as readonly HostTensor[];
  const outputs = onHost(values), generator = new Generator(0, "gradcheck");
  const weights = outputs.map((y) => generator.uniform(y.numel).map((u) => 2 * u - 1));
  const objective = (at: readonly Float64Array[]): number =>
    onHost(at).reduce((total, y, k) => y.values.reduce((sum, v, i) => sum + v * weights[k][i], total), 0);

  const found = await Promise.all(gradientsOf(fn, inputs, wanted, outputs, weights));
  let worst = 0;
  wanted.forEach((input, k) => {
    const want = differences(objective, values, input, eps), got = found[k] ?? new Float32Array(want.length);
    const error = compare(got, want);
    worst = Math.max(worst, error.distance);
    if (error.distance <= tolerance) return;
    const { at, distance } = error;
    throw new NumericError(
      `Cannot trust the gradient of input ${input} ${
        show(inputs[input].shape)
      }: its relative L2 distance from differences is ${
        distance.toExponential(2)
      }, above ${tolerance}; at element ${at} it is ${got[at]}, differences give ${want[at]}`,
      { op: "gradcheck", shapes: [inputs[input].shape], value: input, position: at },
    );
  });
  return worst;
}

/** Reads of the gradients of the wanted inputs, null where the results do not depend on one. */
function gradientsOf(
  fn: GradcheckFunction,
  inputs: readonly AnyTensor[],
  wanted: readonly number[],
  expected: readonly HostTensor[],
  weights: readonly Float32Array<ArrayBuffer>[],
): (Promise<Float32Array<ArrayBuffer>> | null)[] {
  const reads: (Promise<Float32Array<ArrayBuffer>> | null)[] = [];
  tidy(() => {
    const leaves = inputs.map((t) => t.dtype === "f32" ? (t.detach() as unknown as Tensor).requiresGrad_() : t);
    const outputs = enableGrad(() => list(fn(...leaves)));
    outputs.forEach((y, k) => {
      if (y.numel === expected[k].numel && (y.dtype as DType) === "f32") return;
      throw new ShapeError(
        `Cannot gradcheck: result ${k} is ${show(y.shape)} ${y.dtype}, in float64 it is ${
          show(expected[k].shape)
        }; wanted f32 of one shape`,
        {
          op: "gradcheck",
          shapes: [y.shape, expected[k].shape],
        },
      );
    });
    const used = outputs.flatMap((y, k) => y.requiresGrad ? [{ y, g: upload(y, weights[k]) }] : []);
    const options = { gradOutputs: used.map((u) => u.g), allowUnused: true };
    const found = used.length
      ? grad(used.map((u) => u.y), wanted.map((i) => leaves[i] as Tensor), options)
      : wanted.map(() => null);
    for (const g of found) reads.push(g && g.data());
  });
  return reads;
}

function upload(like: Tensor, values: Float32Array<ArrayBuffer>): Tensor {
  const t = empty(like.device, like.shape, "f32");
  like.device.upload(t.storage, toWords(values, "f32"));
  return t;
}

function differences(
  objective: (at: readonly Float64Array[]) => number,
  values: readonly Float64Array[],
  input: number,
  eps: number,
): Float64Array {
  const at = values.map((v, i) => i === input ? v.slice() : v), x = at[input];
  return x.map((v, k) => {
    const h = eps * Math.max(1, Math.abs(v));
    x[k] = v + h;
    const ahead = objective(at);
    x[k] = v - h;
    const behind = objective(at);
    x[k] = v;
    return (ahead - behind) / (2 * h);
  });
}

/** Relative L2 distance and the element that adds most to it; Infinity for NaN. */
function compare(got: ArrayLike<number>, want: ArrayLike<number>): { distance: number; at: number } {
  let difference = 0, size = 0, most = -1, at = 0;
  for (let i = 0; i < want.length; i++) {
    const d = (got[i] - want[i]) ** 2;
    if (!(d <= most)) [most, at] = [Number.isNaN(d) ? Infinity : d, i];
    difference += d;
    size += want[i] ** 2;
  }
  const distance = Math.sqrt(difference) / Math.max(Math.sqrt(size), 1e-2); // around zero an absolute distance
  return { distance: Number.isNaN(distance) ? Infinity : distance, at };
}
