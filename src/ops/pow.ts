/**
 * Powers with broadcasting.
 * @module
 */
import { kernels } from "../gpu/kernels.gen.ts";
import { broadcastShapes, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type BinaryAttrs, mul, type Operand, sub } from "./binary.ts";
import { launchNumber, launchPair } from "./broadcast.ts";
import { eq } from "./compare.ts";
import { apply, defineOp, type Op, type Sample, type SampleInput, wantDType, wantOperands } from "./define.ts";
import { hostMap, hostZip } from "./host.ts";
import { log } from "./math.ts";
import { sumTo } from "./sum.ts";
import { where } from "./where.ts";

const POWER = 0, LOG = 1;

function raw(a: Operand, b: Operand): Tensor {
  if (typeof b === "number") return launchNumber(kernels.pow, POWER, a as Tensor, b, false, "f32") as unknown as Tensor;
  if (typeof a === "number") return launchNumber(kernels.pow, POWER, b, a, true, "f32") as unknown as Tensor;
  return launchPair(kernels.pow, POWER, a, b, broadcastShapes([a.shape, b.shape], "pow"), "f32") as unknown as Tensor;
}

const powOp: Op<BinaryAttrs> = defineOp<BinaryAttrs>({
  name: "pow",
  forward({ save, needs }, inputs, { number, left }) {
    wantDType("pow", inputs, "f32");
    const [x, other] = inputs;
    const y = number === undefined ? raw(x, other) : left ? raw(number, x) : raw(x, number);
    if (needs.includes(true)) save(...inputs, y);
    return y;
  },
  backward({ saved, needs, createGraph }, [g], { number, left, shapes }) {
    const y = saved[saved.length - 1];
    const a: Operand = left ? number! : saved[0],
      b: Operand = number !== undefined && !left ? number : saved[left ? 0 : 1];
    // Ops record or not as the mode asks; only the factor log(a), 0 for a = 0, needs a kernel of its own.
    const base = (): Tensor => {
      if (b === 0) return mul(g!, 0);
      if (b === 1) return g!;
      const less = typeof b === "number" ? b - 1 : sub(b, 1);
      const slope = mul(createGraph ? pow(a, less) : raw(a, less), b);
      // x^0 is 1 everywhere, also at 0, where the formula has 0 times infinity.
      return mul(g!, typeof b === "number" ? slope : where(eq(b, 0), 0, slope));
    };
    const exponent = (): Tensor => {
      if (typeof a === "number") return mul(g!, mul(y, a === 0 ? 0 : Math.log(a)));
      const factor = createGraph
        ? where(eq(a, 0), 0, log(a))
        : launchNumber(kernels.pow, LOG, a, 0, false, "f32") as unknown as Tensor;
      return mul(g!, mul(y, factor));
    };
    if (number !== undefined) return [left ? exponent() : base()];
    return [
      needs[0] ? sumTo(base(), shapes![0], createGraph) : null,
      needs[1] ? sumTo(exponent(), shapes![1], createGraph) : null,
    ];
  },
  reference(inputs, { number, left }) {
    if (number === undefined) return hostZip(inputs, (a, b) => a ** b);
    return hostMap(inputs[0], (x) => left ? number ** x : x ** number);
  },
  samples: [
    ...[1, 3, 7, 65, 257].map((n) => pair([n], [n])),
    pair([3, 8], [8]),
    pair([5], [3, 5]),
    pair([2, 1], [4]),
    ...[2, 3, -1, 0.5, 1, 0, 2.5].map((number): Sample<BinaryAttrs> => ({
      inputs: [{ shape: [7], range: [0.2, 3] }],
      attrs: { number },
    })),
    { inputs: [{ shape: [7] }], attrs: { number: 2.5, left: true } },
    fixed([-2, -2, -2, 0, 0, 3], [3, 2, -1, 2, 0, 0]),
    fixed([10, 2, 1e-3, 1.5, 7], [20, 100.5, -10.25, -150, 0.001]),
  ],
  refusals: [
    { inputs: [{ shape: [3], dtype: "i32" }], attrs: { number: 2 }, error: "DTypeError" },
    { inputs: [{ shape: [3] }, { shape: [2] }], attrs: {}, error: "ShapeError" },
  ],
});

function pair(a: Shape, b: Shape): Sample<BinaryAttrs> {
  return { inputs: [{ shape: a, range: [0.2, 3] }, { shape: b }], attrs: { shapes: [a, b] } };
}

function fixed(a: readonly number[], b: readonly number[]): Sample<BinaryAttrs> {
  const shape = [a.length], input = (values: readonly number[]): SampleInput => ({ shape, values, grad: false });
  return { inputs: [input(a), input(b)], attrs: { shapes: [shape, shape] } };
}

/**
 * a^b, elementwise with broadcasting, f32. NaN for a negative base and a broken exponent; a^0 = 1. The gradient of the
 * exponent is 0 where the base is 0.
 * @param a tensor or number @param b tensor or number
 * @throws {ShapeError} when the shapes do not broadcast @throws {DTypeError} for other types than f32
 */
export function pow(a: Operand, b: Operand): Tensor {
  wantOperands("pow", a, b);
  if (typeof b === "number") return apply(powOp, [a as Tensor], { number: b });
  if (typeof a === "number") return apply(powOp, [b], { number: a, left: true });
  return apply(powOp, [a, b], { shapes: [a.shape, b.shape] });
}
