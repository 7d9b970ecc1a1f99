/**
 * Comparisons and logic: elementwise with NumPy broadcasting, results of type bool, no gradients.
 * @module
 */
import { DTypeError } from "../errors.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import type { DType } from "../tensor/dtype.ts";
import { broadcastShapes, type Shape, show } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { launchNumber, launchPair } from "./broadcast.ts";
import { apply, defineOp, type Op, type Sample, type SampleInput } from "./define.ts";
import { hostMap, hostZip } from "./host.ts";

/** The number operand, when there is only one tensor. */
interface CompareAttrs {
  number?: number;
}

const small = { dtype: "i32", range: [-1, 1] } as const;

function pair(a: Shape, b: Shape, input: Partial<SampleInput> = small): Sample<CompareAttrs> {
  return { inputs: [{ shape: a, ...input }, { shape: b, ...input }], attrs: {} };
}

const samples: readonly Sample<CompareAttrs>[] = [
  ...[1, 3, 7, 65, 257].map((n) => pair([n], [n])),
  pair([3, 5], [5]),
  pair([8], [6, 8]),
  pair([6, 8], [6, 1]),
  pair([6, 1], [6, 8]),
  pair([2, 1, 2, 1, 3], [1, 2, 1, 2, 1]),
  pair([9], [9], { dtype: "u32", range: [0, 2] }),
  pair([9], [9], { dtype: "bool" }),
  pair([65], [65], { values: Array.from({ length: 65 }, (_, i) => i * i % 5 - 2), grad: false }),
  { inputs: [{ shape: [9], dtype: "u32", range: [0, 3] }], attrs: { number: 2 } },
];

function compareOp(name: string, code: number, truth: (a: number, b: number) => boolean): Op<CompareAttrs> {
  return defineOp<CompareAttrs>({
    name,
    forward(_, [a, b], { number }) {
      if (b === undefined) return launchNumber(kernels.compare, code, a, number!, false, "bool") as unknown as Tensor;
      if (a.dtype !== b.dtype) {
        throw new DTypeError(
          `Cannot ${name} ${show(a.shape)} of type ${a.dtype} and ${
            show(b.shape)
          } of type ${b.dtype}: wanted one type; convert with to()`,
          { op: name, shapes: [a.shape, b.shape], value: b.dtype },
        );
      }
      return launchPair(
        kernels.compare,
        code,
        a,
        b,
        broadcastShapes([a.shape, b.shape], name),
        "bool",
      ) as unknown as Tensor;
    },
    reference: ([a, b], { number }) =>
      b === undefined
        ? hostMap(a, (v) => truth(v, number!) ? 1 : 0, "bool")
        : hostZip([a, b], (v, w) => truth(v, w) ? 1 : 0, "bool"),
    samples,
    refusals: [
      { inputs: [{ shape: [2, 3] }, { shape: [4] }], attrs: {}, error: "ShapeError" },
      { inputs: [{ shape: [3] }, { shape: [3], dtype: "i32" }], attrs: {}, error: "DTypeError" },
    ],
  });
}

const eqOp = compareOp("eq", 0, (a, b) => a === b);
const neOp = compareOp("ne", 1, (a, b) => a !== b);
const ltOp = compareOp("lt", 2, (a, b) => a < b);
const leOp = compareOp("le", 3, (a, b) => a <= b);
const gtOp = compareOp("gt", 4, (a, b) => a > b);
const geOp = compareOp("ge", 5, (a, b) => a >= b);
const andOp = compareOp("logicalAnd", 6, (a, b) => a !== 0 && b !== 0);
const orOp = compareOp("logicalOr", 7, (a, b) => a !== 0 || b !== 0);
const xorOp = compareOp("logicalXor", 8, (a, b) => (a !== 0) !== (b !== 0));

function compare(op: Op<CompareAttrs>, a: Tensor<DType>, b: Tensor<DType> | number): Tensor<"bool"> {
  return (typeof b === "number" ? apply(op, [a], { number: b }) : apply(op, [a, b], {})) as unknown as Tensor<"bool">;
}

/**
 * a = b elementwise, with broadcasting.
 * @param a tensor of any dtype @param b tensor of the same dtype, or number
 * @throws {ShapeError} when the shapes do not broadcast @throws {DTypeError} when the dtypes differ
 */
export function eq(a: Tensor<DType>, b: Tensor<DType> | number): Tensor<"bool"> {
  return compare(eqOp, a, b);
}

/** a ≠ b elementwise; see {@link eq}. */
export function ne(a: Tensor<DType>, b: Tensor<DType> | number): Tensor<"bool"> {
  return compare(neOp, a, b);
}

/** a < b elementwise; see {@link eq}. */
export function lt(a: Tensor<DType>, b: Tensor<DType> | number): Tensor<"bool"> {
  return compare(ltOp, a, b);
}

/** a ≤ b elementwise; see {@link eq}. */
export function le(a: Tensor<DType>, b: Tensor<DType> | number): Tensor<"bool"> {
  return compare(leOp, a, b);
}

/** a > b elementwise; see {@link eq}. */
export function gt(a: Tensor<DType>, b: Tensor<DType> | number): Tensor<"bool"> {
  return compare(gtOp, a, b);
}

/** a ≥ b elementwise; see {@link eq}. */
export function ge(a: Tensor<DType>, b: Tensor<DType> | number): Tensor<"bool"> {
  return compare(geOp, a, b);
}

/** Both are not zero; see {@link eq}. */
export function logicalAnd(a: Tensor<DType>, b: Tensor<DType>): Tensor<"bool"> {
  return compare(andOp, a, b);
}

/** At least one is not zero; see {@link eq}. */
export function logicalOr(a: Tensor<DType>, b: Tensor<DType>): Tensor<"bool"> {
  return compare(orOp, a, b);
}

/** Exactly one is not zero; see {@link eq}. */
export function logicalXor(a: Tensor<DType>, b: Tensor<DType>): Tensor<"bool"> {
  return compare(xorOp, a, b);
}

/** True where `x` is zero (or false). */
export function logicalNot(x: Tensor<DType>): Tensor<"bool"> {
  return compare(eqOp, x, 0);
}
