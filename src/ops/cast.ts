/**
 * Element types into each other.
 * @module
 */
import { kernels } from "../gpu/kernels.gen.ts";
import { checkDType, type DType } from "../tensor/dtype.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { apply, defineOp, type Op, type Sample } from "./define.ts";
import { hostMap } from "./host.ts";
import { groups, part, ranges, ready, run } from "./launch.ts";

/** KIND in the shader. */
function kindOf(from: DType, to: DType): number {
  if (to === "bool") return from === "f32" ? 4 : 5;
  if (from === "f32") return to === "i32" ? 0 : 1;
  if (to !== "f32") return 6; // integers and bool among each other: the same bits
  return from === "i32" ? 2 : 3;
}

function convert(v: number, from: DType, to: DType): number {
  if (to === "bool") return v !== 0 ? 1 : 0;
  if (to === "f32") return Math.fround(v);
  if (from !== "f32") return to === "i32" ? v | 0 : v >>> 0;
  const [low, high] = to === "i32" ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1];
  return Math.min(high, Math.max(low, Math.trunc(v)));
}

const values = [0, 1, 3, 2.5, 100.75];
const types: readonly DType[] = ["f32", "i32", "u32", "bool"];

const castOp: Op<DType> = defineOp<DType>({
  name: "cast",
  forward(_, [x0], dtype) {
    const x = ready(x0), out = empty(x.device, x.shape, dtype), constants = { KIND: kindOf(x.dtype, dtype) };
    for (const [start, count] of ranges(x.device, x.numel)) {
      const n = Math.ceil(count / 4);
      run(x.device, kernels.cast.convert, { x: part(x, start, count), out: part(out, start, count) }, { n }, {
        constants,
        workgroups: groups(n),
      });
    }
    return out as unknown as Tensor;
  },
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
 * bool to numbers is 0 or 1. A tensor that has the type already is returned as it is. Gradients do not pass.
 * @param dtype wanted element type
 * @throws {DTypeError} when there is no such type
 */
export function cast<D extends DType>(x: Tensor<DType>, dtype: D): Tensor<D> {
  checkDType(dtype, "cast");
  return (x.dtype === dtype ? x : apply(castOp, [x], dtype)) as unknown as Tensor<D>;
}
