/**
 * Elementwise functions of two tensors with NumPy broadcasting, or of a tensor and a number (which is a parameter of
 * the kernel, not a buffer).
 * @module
 */
import { DTypeError } from "../errors.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import type { DType, FloatDType, NumericDType } from "../tensor/dtype.ts";
import { broadcastShapes, sameShape, type Shape, show } from "../tensor/shape.ts";
import type { AnyTensor, Tensor } from "../tensor/tensor.ts";
import { launchNumber, launchPair } from "./broadcast.ts";
import {
  apply,
  defineOp,
  type Op,
  type Refusal,
  type Sample,
  type SampleInput,
  wantDType,
  wantOperands,
} from "./define.ts";
import { hostMap, hostZip } from "./host.ts";
import { sumTo } from "./sum.ts";

/** What a function of two operands knows beside its tensors. */
export interface BinaryAttrs {
  /** Shapes of both tensors; absent with a number. */
  readonly shapes?: readonly [Shape, Shape];
  /** Number in place of a tensor. */
  readonly number?: number;
  /** The number is the left operand. Default false. */
  readonly left?: boolean;
}

/** A tensor of any broadcastable shape, or a number. */
export type Operand<D extends DType = FloatDType> = Tensor<D> | number;

/** Functions that gradients are made of: ops where the graph goes on, bare kernels where it does not. */
interface Arithmetic {
  sub(a: Operand, b: Operand): Tensor;
  mul(a: Operand, b: Operand): Tensor;
  div(a: Operand, b: Operand): Tensor;
}

const CODE = { add: 0, sub: 1, mul: 2, div: 3, maximum: 4, minimum: 5, remainder: 6, step: 7, floorDiv: 8 } as const;

function raw(code: number, a: Operand, b: Operand): Tensor {
  const set = kernels.binary;
  if (typeof b === "number") {
    return launchNumber(set, code, a as Tensor, b, false, (a as Tensor).dtype) as unknown as Tensor;
  }
  if (typeof a === "number") return launchNumber(set, code, b, a, true, b.dtype) as unknown as Tensor;
  return launchPair(set, code, a, b, broadcastShapes([a.shape, b.shape], "broadcast"), a.dtype) as unknown as Tensor;
}

const bare: Arithmetic = {
  sub: (a, b) => raw(CODE.sub, a, b),
  mul: (a, b) => raw(CODE.mul, a, b),
  div: (a, b) => raw(CODE.div, a, b),
};

/** Gradients of both operands (before broadcasting is undone), from what `saves` names. */
interface Gradient {
  /** Which of the operands and the result `a` and `b` need. */
  readonly saves: { readonly a: string; readonly b: string };
  a(o: Arithmetic, g: Tensor, v: Saved): Tensor;
  b(o: Arithmetic, g: Tensor, v: Saved): Tensor;
}

/** Operands and result; only those that were named in `saves` may be touched. */
interface Saved {
  a: Operand;
  b: Operand;
  y: Tensor;
}

const integer = (d: DType): boolean => d === "i32" || d === "u32";

function checkOperands(
  name: string,
  inputs: readonly AnyTensor[],
  { number }: BinaryAttrs,
  accepted: readonly DType[],
): void {
  wantDType(name, inputs, ...accepted);
  const { dtype, shape } = inputs[0];
  if (inputs.length === 2 && inputs[1].dtype !== dtype) {
    throw new DTypeError(
      `Cannot ${name} ${show(shape)} of type ${dtype} and ${show(inputs[1].shape)} of type ${
        inputs[1].dtype
      }: wanted one type; convert with to()`,
      { op: name, shapes: inputs.map((x) => x.shape), value: inputs[1].dtype },
    );
  }
  if (number !== undefined && integer(dtype) && !Number.isInteger(number)) {
    throw new DTypeError(
      `Cannot ${name} ${
        show(shape)
      } of type ${dtype} and ${number}: wanted an integer; convert the tensor with to("f32")`,
      {
        op: name,
        shapes: [shape],
        value: number,
      },
    );
  }
}

function binaryOp(
  name: keyof typeof CODE,
  reference: (a: number, b: number) => number,
  gradient: Gradient,
  samples: readonly Sample<BinaryAttrs>[],
  extra: { smooth?: boolean; accepted?: readonly DType[]; refusals?: readonly Refusal<BinaryAttrs>[] } = {},
): Op<BinaryAttrs> {
  const { accepted = ["f32", "i32", "u32"] } = extra;
  /** Names of what must be saved, in order. */
  const wanted = (needs: readonly boolean[], { number, left }: BinaryAttrs): string => {
    const two = number === undefined;
    const names = ((two ? needs[0] : needs[0] && !left) ? gradient.saves.a : "") +
      ((two ? needs[1] : needs[0] && left) ? gradient.saves.b : "");
    return ["a", "b", "y"].filter((v) => names.includes(v) && (two || v === "y" || v === (left ? "b" : "a"))).join("");
  };
  return defineOp<BinaryAttrs>({
    name,
    forward({ save, needs }, inputs, attrs) {
      checkOperands(name, inputs, attrs, accepted);
      const { number, left } = attrs, [x, other] = inputs;
      let a: Operand = x, b: Operand = other;
      if (number !== undefined) [a, b] = left ? [number, x] : [x, number];
      else if (!sameShape(x.shape, other.shape)) broadcastShapes([x.shape, other.shape], name); // names the op when it throws
      const y = raw(CODE[name], a, b);
      if (needs.includes(true)) {
        for (const v of wanted(needs, attrs)) save(v === "y" ? y : (v === "a" ? a : b) as Tensor);
      }
      return y;
    },
    backward({ saved, needs, createGraph }, [g], attrs) {
      const { number, left, shapes } = attrs, o = createGraph ? graph : bare;
      const names = wanted(needs, attrs), v = {} as Saved;
      for (let i = 0; i < names.length; i++) v[names[i] as "y"] = saved[i];
      if (number !== undefined) {
        v[left ? "a" : "b"] = number;
        return [left ? gradient.b(o, g!, v) : gradient.a(o, g!, v)];
      }
      return [
        needs[0] ? sumTo(gradient.a(o, g!, v), shapes![0], createGraph) : null,
        needs[1] ? sumTo(gradient.b(o, g!, v), shapes![1], createGraph) : null,
      ];
    },
    reference(inputs, { number, left }) {
      if (number === undefined) return hostZip(inputs, reference);
      return hostMap(inputs[0], (x) => left ? reference(number, x) : reference(x, number));
    },
    samples,
    smooth: extra.smooth,
    refusals: [
      { inputs: [{ shape: [2, 3] }, { shape: [2, 4] }], attrs: {}, error: "ShapeError" },
      { inputs: [{ shape: [3] }, { shape: [3], dtype: "i32" }], attrs: {}, error: "DTypeError" },
      { inputs: [{ shape: [3], dtype: "i32" }], attrs: { number: 0.5 }, error: "DTypeError" },
      { inputs: [{ shape: [3], dtype: "bool" }], attrs: { number: 1 }, error: "DTypeError" },
    ],
  });
}

/** A sample of two tensors. */
function pair(
  a: Shape,
  b: Shape,
  more: Partial<SampleInput> = {},
  moreB: Partial<SampleInput> = more,
): Sample<BinaryAttrs> {
  return { inputs: [{ shape: a, ...more }, { shape: b, ...moreB }], attrs: { shapes: [a, b] } };
}

const ints: readonly Sample<BinaryAttrs>[] = (["i32", "u32"] as const).flatMap((dtype) => [
  pair([7], [7], { dtype, range: [3, 50] }, { dtype, range: [1, 3] }),
  { inputs: [{ shape: [65], dtype, range: [3, 50] }], attrs: { number: 3 } },
]);

const plain = samplesOf({});

/** Equal shapes of all sizes, broadcasting on either side, numbers on either side. */
function samplesOf(more: Partial<SampleInput>, moreB: Partial<SampleInput> = more): readonly Sample<BinaryAttrs>[] {
  return [
    ...[1, 3, 7, 65, 257].map((n) => pair([n], [n], more, moreB)),
    pair([3, 8], [8], more, moreB),
    pair([5], [3, 5], more, moreB),
    pair([4, 1, 7], [2, 1], more, moreB),
    pair([2, 3, 4], [2, 1, 4], more, moreB),
    pair([6, 1], [6, 8], more, moreB),
    pair([2, 1, 2, 1, 3], [1, 2, 1, 2, 1], more, moreB),
    pair([], [3], more, moreB),
    { inputs: [{ shape: [7], ...more }], attrs: { number: 0.7 } },
    { inputs: [{ shape: [7], ...moreB }], attrs: { number: 0.7, left: true } },
  ];
}

const addOp = binaryOp("add", (a, b) => a + b, {
  saves: { a: "", b: "" },
  a: (_, g) => g,
  b: (_, g) => g,
}, [...plain, ...ints]);

const subOp = binaryOp("sub", (a, b) => a - b, {
  saves: { a: "", b: "" },
  a: (_, g) => g,
  b: (o, g) => o.mul(g, -1),
}, [...plain, ...ints]);

const mulOp = binaryOp("mul", (a, b) => a * b, {
  saves: { a: "b", b: "a" },
  a: (o, g, { b }) => o.mul(g, b),
  b: (o, g, { a }) => o.mul(g, a),
}, [...plain, ...ints]);

const divOp = binaryOp(
  "div",
  (a, b) => a / b,
  {
    saves: { a: "b", b: "by" },
    a: (o, g, { b }) => o.div(g, b),
    b: (o, g, { b, y }) => o.mul(o.div(o.mul(g, y), b), -1),
  },
  samplesOf({ awayFromZero: 0.3 }),
  { accepted: ["f32"] },
);

const maximumOp = binaryOp("maximum", Math.max, {
  saves: { a: "ab", b: "ab" },
  a: (o, g, { a, b }) => o.mul(g, raw(CODE.step, a, b)),
  b: (o, g, { a, b }) => o.mul(g, raw(CODE.step, b, a)),
}, [...samplesOf({ range: [-2, 0], awayFromZero: 0.1 }, { range: [-1, 3], awayFromZero: 0.1 }), ...ints]);

const minimumOp = binaryOp("minimum", Math.min, {
  saves: { a: "ab", b: "ab" },
  a: (o, g, { a, b }) => o.mul(g, raw(CODE.step, b, a)),
  b: (o, g, { a, b }) => o.mul(g, raw(CODE.step, a, b)),
}, [...samplesOf({ range: [-2, 0], awayFromZero: 0.1 }, { range: [-1, 3], awayFromZero: 0.1 }), ...ints]);

const remainderOp = binaryOp("remainder", (a, b) => a - b * Math.floor(a / b), {
  saves: { a: "", b: "ab" },
  a: (_, g) => g,
  b: (o, g, { a, b }) => o.mul(o.mul(g, raw(CODE.floorDiv, a, b)), -1),
}, [
  ...samplesOf({ range: [-9, 9] }, { awayFromZero: 0.7 }),
  ...ints,
  pair([6], [6], { dtype: "i32", values: [6, -6, 7, -7, -9, 0] }, { dtype: "i32", values: [3, 3, -3, 3, -3, 5] }),
]);

function binary<D extends NumericDType>(op: Op<BinaryAttrs>, a: Operand<D>, b: Operand<D>): Tensor<D> {
  wantOperands(op.name, a, b);
  if (typeof b === "number") return apply(op, [a as Tensor<D>], { number: b }) as unknown as Tensor<D>;
  if (typeof a === "number") return apply(op, [b], { number: a, left: true }) as unknown as Tensor<D>;
  return apply(op, [a, b], { shapes: [a.shape, b.shape] }) as unknown as Tensor<D>;
}

/**
 * a + b, with broadcasting.
 * @param a tensor or number (f32, f16, i32, u32) @param b tensor of the same dtype (f16 beside f32 counts as f32), or number
 * @throws {ShapeError} when the shapes do not broadcast
 * @throws {DTypeError} when the dtypes differ, or a number does not fit an integer tensor
 */
export function add<D extends NumericDType>(a: Operand<D>, b: Operand<D>): Tensor<D> {
  return binary(addOp, a, b);
}

/** a - b, with broadcasting; see {@link add}. */
export function sub<D extends NumericDType>(a: Operand<D>, b: Operand<D>): Tensor<D> {
  return binary(subOp, a, b);
}

/** a · b elementwise, with broadcasting; see {@link add}. */
export function mul<D extends NumericDType>(a: Operand<D>, b: Operand<D>): Tensor<D> {
  return binary(mulOp, a, b);
}

/** a / b, with broadcasting; f32 or f16 (convert integers with `to("f32")`); see {@link add}. */
export function div(a: Operand, b: Operand): Tensor {
  return binary(divOp, a, b);
}

/** The larger of a and b; NaN where either is. Where both are equal each gets half of the gradient. See {@link add}. */
export function maximum<D extends NumericDType>(a: Operand<D>, b: Operand<D>): Tensor<D> {
  return binary(maximumOp, a, b);
}

/** The smaller of a and b; NaN where either is. Where both are equal each gets half of the gradient. See {@link add}. */
export function minimum<D extends NumericDType>(a: Operand<D>, b: Operand<D>): Tensor<D> {
  return binary(minimumOp, a, b);
}

/** a - b · floor(a / b): the remainder with the sign of the divisor, as in Python. See {@link add}. */
export function remainder<D extends NumericDType>(a: Operand<D>, b: Operand<D>): Tensor<D> {
  return binary(remainderOp, a, b);
}

const graph: Arithmetic = { sub, mul, div };
