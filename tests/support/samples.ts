/**
 * Test inputs: the values that an op's samples ask for, the same in every run, and tensors made of them.
 * @module
 */
import type { SampleInput } from "../../src/ops/define.ts";
import { HostTensor } from "../../src/ops/host.ts";
import type { Device } from "../../src/gpu/device.ts";
import { type DType, toWords } from "../../src/tensor/dtype.ts";
import { Generator } from "../../src/tensor/random.ts";
import { contiguousStrides, numel, type Shape } from "../../src/tensor/shape.ts";
import { alias, type AnyTensor, empty } from "../../src/tensor/tensor.ts";

/** Random numbers in [0, 1), the same ones for the same name. */
export function uniform(n: number, name: string): Float32Array {
  return new Generator(7, name).uniform(n);
}

/** The values of an input, rounded to what the element type holds. */
export function valuesOf(
  { shape, dtype = "f32", range = [-2, 2], values, awayFromZero = 0, distinct }: SampleInput,
  name: string,
): Float64Array {
  const n = numel(shape), [low, high] = range;
  if (values) return Float64Array.from(dtype === "f32" ? Float32Array.from(values) : values);
  if (dtype === "bool") return Float64Array.from(uniform(n, name), (u) => u < 0.5 ? 0 : 1);
  if (dtype !== "f32") return Float64Array.from(uniform(n, name), (u) => low + Math.floor(u * (high - low + 1)));
  if (distinct) {
    const step = Math.max(0.05, (high - low) / n), jitter = uniform(n, name);
    const order = new Generator(7, name + " order").permutation(n);
    return Float64Array.from(order, (k, i) => Math.fround(low + step * k + 0.1 * step * jitter[i]));
  }
  return Float64Array.from(uniform(n, name), (u) => {
    const v = low + u * (high - low);
    return Math.fround(Math.abs(v) >= awayFromZero ? v : v < 0 ? v - awayFromZero : v + awayFromZero);
  });
}

/** Values as a tensor on the host. */
export function hostOf(input: SampleInput, values: ArrayLike<number>): HostTensor {
  return new HostTensor(input.shape, values, input.dtype ?? "f32");
}

/** Values as a tensor on the device, without a gradient. */
export function tensorOf(device: Device, shape: Shape, values: ArrayLike<number>, dtype: DType = "f32"): AnyTensor {
  const t = empty(device, shape, dtype);
  device.upload(t.storage, toWords(values, dtype));
  if (dtype !== "f32") t.storage.range = [Math.min(...Array.from(values)), Math.max(...Array.from(values))]; // as w.tensor does
  return t;
}

/** The same values as a view: every second element of a tensor, from its second one on. */
export function stridedOf(device: Device, shape: Shape, values: ArrayLike<number>, dtype: DType = "f32"): AnyTensor {
  const spread = new Float64Array(2 * values.length + 1);
  for (let i = 0; i < values.length; i++) spread[2 * i + 1] = values[i];
  const whole = tensorOf(device, [spread.length], spread, dtype);
  return alias(whole, shape, contiguousStrides(shape).map((s) => 2 * s), 1);
}
