/**
 * Element types into each other.
 * @module
 */
import { kernels } from "../gpu/kernels.gen.ts";
import { checkDType, type DType, halfOf, numberOf } from "../tensor/dtype.ts";
import { type AnyTensor, empty, type Tensor } from "../tensor/tensor.ts";
import { apply, defineOp, type Op, type Sample } from "./define.ts";
import { installCast } from "./half.ts";
import { hostMap } from "./host.ts";
import { groups, part, ranges, ready, run } from "./launch.ts";

/** KIND in the shader, which takes f16 as f32. */
function kindOf(given: DType, wanted: DType): number {
  const [from, to] = [given, wanted].map((type) => type === "f16" ? "f32" : type);
  if (from === "f32" && to === "f32") return 6;
  if (to === "bool") return from === "f32" ? 4 : 5;
  if (from === "f32") return to === "i32" ? 0 : 1;
  if (to !== "f32") return 6; // integers and bool among each other: the same bits
  return from === "i32" ? 2 : 3;
}

function convert(v: number, from: DType, to: DType): number {
  if (to === "bool") return v !== 0 ? 1 : 0;
  if (to === "f32") return Math.fround(v);
  if (to === "f16") return numberOf(halfOf(v));
  if (from !== "f32" && from !== "f16") return to === "i32" ? v | 0 : v >>> 0;
  const [low, high] = to === "i32" ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1];
  return Math.min(high, Math.max(low, Math.trunc(v)));
}

const values = [0, 1, 3, 2.5, 100.75];
const types: readonly DType[] = ["f32", "i32", "u32", "bool"];

/** The conversion without a graph. */
export function rawCast<D extends DType>(x0: AnyTensor, dtype: D): Tensor<D> {
  const { device } = x0, out = empty(device, x0.shape, dtype); // refuses f16 before any work
  const x = ready(x0), constants = { KIND: kindOf(x.dtype, dtype) };
  for (const [start, count] of ranges(device, x.numel)) {
    const n = Math.ceil(count / 4), from = part(x, start, count), to = part(out, start, count);
    const options = { constants, workgroups: groups(n) };
    if (dtype === "f16") run(device, kernels.cast.narrow, { x: from, out_half: to }, { n }, options);
    else if (x.dtype === "f16") run(device, kernels.cast.widen, { x_half: from, out: to }, { n }, options);
    else run(device, kernels.cast.convert, { x: from, out: to }, { n }, options);
  }
  return out;
}

const castOp: Op<DType> = defineOp<DType>({
  name: "cast",
  half: "native",
  forward: (_, [x], dtype) => rawCast(x, dtype) as unknown as Tensor,
  backward: (_, [g]) => [g!.dtype === "f16" ? cast(g!, "f32") : cast(g!, "f16")],
  reference: ([x], dtype) => hostMap(x, (v) => convert(v, x.dtype, dtype), dtype),
  samples: types.flatMap((from) =>
    types.filter((to) => to !== from).map((to): Sample<DType> => ({
      inputs: [{
        shape: [7],
        dtype: from,
        values: from === "bool"
          ? [0, 1, 1, 0, 1, 0, 0]
          : from === "f32"
          ? [...values, to === "u32" ? 4e9 : -2.9, -0]
          : from === "i32"
          ? [0, 1, 7, -1, -9, 9, 2 ** 31 - 1]
          : [0, 1, 7, 4e9, 9, 5, 2],
        grad: false,
      }],
      attrs: to,
    }))
  ),
});

/**
 * Converts the elements: f32 to integers truncates (and stops at the ends of the range), anything to bool is `!= 0`,
 * bool to numbers is 0 or 1. To f16 it rounds to the nearest (ties to even), what is too large becomes Infinity, and
 * subnormals stay. A tensor that has the type already is returned as it is. Gradients pass between f32 and f16 only.
 * @param dtype wanted element type
 * @throws {DTypeError} when there is no such type @throws {DeviceError} for f16 on a device that has none
 */
export function cast<D extends DType>(x: Tensor<DType>, dtype: D): Tensor<D> {
  checkDType(dtype, "cast");
  return (x.dtype === dtype ? x : apply(castOp, [x], dtype)) as unknown as Tensor<D>;
}

installCast(cast, rawCast);
