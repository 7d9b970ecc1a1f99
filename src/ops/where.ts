/**
 * Choosing between two operands by a condition, elementwise with broadcasting.
 * @module
 */
import { DTypeError, ShapeError } from "../errors.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import { type DType, ELEMENT_BYTES } from "../tensor/dtype.ts";
import { broadcastShapes, broadcastStrides, collapse, numel, sameShape, type Shape, show } from "../tensor/shape.ts";
import { type AnyTensor, empty, type Tensor } from "../tensor/tensor.ts";
import { bitsOf } from "./broadcast.ts";
import { bindWalk, boxes } from "../tensor/walk.ts";
import { apply, defineOp, type Op, type Sample, wantDType, wantOperands } from "./define.ts";
import { HostTensor, hostZip } from "./host.ts";
import { ALIGN, groups, pad8, part, ranges, run } from "./launch.ts";
import { sumTo } from "./sum.ts";

interface WhereAttrs {
  /** Number in place of the first operand (where the condition holds). */
  readonly a?: number;
  /** Number in place of the second operand. */
  readonly b?: number;
  /** Shapes of the operands that are tensors. */
  readonly shapes?: readonly Shape[];
}

function dense(t: AnyTensor): boolean {
  return t.isContiguous && t.byteOffset % ALIGN === 0;
}

/** One element of a value, to be broadcast. */
function single(like: AnyTensor, value: number, dtype: DType): AnyTensor {
  const out = empty(like.device, [], dtype);
  run(like.device, kernels.fill.bits, { out }, { n: 1, bits: bitsOf(value, dtype) }, { workgroups: 1 });
  return out;
}

/** Operands of a call: tensors in the order in which they were given, numbers from the attributes. */
function operands<T>(inputs: readonly T[], { a, b }: WhereAttrs): { a: T | number; b: T | number } {
  let next = 1;
  return { a: a ?? inputs[next++], b: b ?? inputs[next] };
}

function launchWhere(cond: AnyTensor, a: AnyTensor | number, b: AnyTensor | number, dtype: DType): AnyTensor {
  const device = cond.device;
  const tensors = [cond, a, b].filter((t): t is AnyTensor => typeof t !== "number");
  const shape = broadcastShapes(tensors.map((t) => t.shape), "where");
  const out = empty(device, shape, dtype);
  const flat = tensors.every((t) => dense(t) && sameShape(t.shape, shape));
  if (flat && tensors.length > 1) {
    for (const [start, count] of ranges(device, out.numel)) {
      const n = Math.ceil(count / 4), workgroups = groups(n);
      const bound = { cond: part(cond, start, count), out: part(out, start, count) };
      if (tensors.length === 3) {
        const buffers = { ...bound, a: part(a as AnyTensor, start, count), b: part(b as AnyTensor, start, count) };
        run(device, kernels.where.same, buffers, { n, bits: 0 }, { workgroups });
      } else {
        const left = typeof a === "number", bits = bitsOf(left ? a : b as number, dtype);
        const buffers = { ...bound, a: part(tensors[1], start, count) };
        run(device, kernels.where.number, buffers, { n, bits }, { workgroups, constants: { SWAP: left ? 1 : 0 } });
      }
    }
    return out;
  }
  const all = [cond, ...[a, b].map((t) => typeof t === "number" ? single(cond, t, dtype) : t), out];
  const walked = collapse(shape, all.map((t) => broadcastStrides(t.shape, t.strides, shape)));
  const most = Math.floor((device.limits.maxStorageBufferBindingSize - ALIGN) / ELEMENT_BYTES);
  for (const box of boxes(walked.shape, walked.strides, most)) {
    const bound = all.map((t, k) => bindWalk(t, box.shape, box.strides[k], box.starts[k]));
    const n = numel(box.shape), strides = box.strides.map((s) => pad8(s, "where"));
    run(device, kernels.where.strided, {
      cond1: bound[0].binding,
      a1: bound[1].binding,
      b1: bound[2].binding,
      out1: bound[3].binding,
    }, {
      n,
      ndim: box.shape.length,
      cond_start: bound[0].start,
      a_start: bound[1].start,
      b_start: bound[2].start,
      out_start: bound[3].start,
      shape: pad8(box.shape, "where"),
      cond_strides: strides[0],
      a_strides: strides[1],
      b_strides: strides[2],
    }, { workgroups: groups(n) });
  }
  return out;
}

const flags = { dtype: "bool", range: [0, 1] } as const;

const whereOp: Op<WhereAttrs> = defineOp<WhereAttrs>({
  name: "where",
  forward({ save, needs }, inputs, attrs) {
    const [cond, ...values] = inputs as readonly AnyTensor[];
    wantDType("where", [cond], "bool");
    const dtype = values[0]?.dtype ?? "f32";
    if (values[1] && values[1].dtype !== dtype) {
      throw new DTypeError(
        `Cannot where ${show(values[0].shape)} of type ${dtype} and ${show(values[1].shape)} of type ${
          values[1].dtype
        }: wanted one type; convert with to()`,
        { op: "where", shapes: inputs.map((x) => x.shape), value: values[1].dtype },
      );
    }
    const { a, b } = operands(inputs as readonly AnyTensor[], attrs);
    if (needs.includes(true)) save(cond);
    return launchWhere(cond, a, b, dtype) as unknown as Tensor;
  },
  backward({ saved: [cond], needs, createGraph }, [g], attrs) {
    const mask = cond as unknown as Tensor<"bool">;
    const left = (): Tensor => createGraph ? where(mask, g!, 0) : launchWhere(mask, g!, 0, "f32") as unknown as Tensor;
    const right = (): Tensor => createGraph ? where(mask, 0, g!) : launchWhere(mask, 0, g!, "f32") as unknown as Tensor;
    const sides = [attrs.a === undefined ? left : null, attrs.b === undefined ? right : null].filter((s) => s !== null);
    return [null, ...sides.map((side, i) => needs[i + 1] ? sumTo(side(), attrs.shapes![i], createGraph) : null)];
  },
  reference(inputs, attrs) {
    const { a, b } = operands(inputs, attrs);
    const host = (v: HostTensor | number): HostTensor => typeof v === "number" ? new HostTensor([], [v]) : v;
    const dtype = inputs[1]?.dtype ?? "f32";
    return hostZip([inputs[0], host(a), host(b)], (c, v, w) => c !== 0 ? v : w, dtype);
  },
  samples: [
    ...[1, 3, 7, 65, 257].map((n) => sample([n], [n], [n])),
    sample([3, 5], [5], [3, 1]),
    sample([2, 1], [], [4]),
    sample([2, 1, 2, 1, 3], [1, 2, 1, 2, 1], [3]),
    sample([3, 5], [3, 5], 0.5),
    sample([3, 5], -1, [3, 5]),
    sample([5], [3, 5], 0.5),
    sample([5], 2, 3),
    {
      inputs: [{ shape: [7], ...flags }, { shape: [7], dtype: "i32", range: [0, 9] }],
      attrs: { b: -1, shapes: [[7]] },
    },
  ],
  refusals: [
    { inputs: [{ shape: [3], dtype: "i32" }, { shape: [3] }], attrs: { b: 0 }, error: "DTypeError" },
    {
      inputs: [{ shape: [3], ...flags }, { shape: [3] }, { shape: [3], dtype: "i32" }],
      attrs: {},
      error: "DTypeError",
    },
    { inputs: [{ shape: [3], ...flags }, { shape: [4] }], attrs: { b: 0 }, error: "ShapeError" },
  ],
});

function sample(cond: Shape, a: Shape | number, b: Shape | number): Sample<WhereAttrs> {
  const shapes = [a, b].filter((v): v is Shape => typeof v !== "number");
  const attrs: WhereAttrs = {
    a: typeof a === "number" ? a : undefined,
    b: typeof b === "number" ? b : undefined,
    shapes,
  };
  return { inputs: [{ shape: cond, ...flags }, ...shapes.map((shape) => ({ shape }))], attrs };
}

/**
 * a where `cond` holds, else b; elementwise, with broadcasting. Gradients go to the operand that was chosen.
 * @param cond bool tensor @param a tensor or number @param b tensor of a's dtype, or number (both numbers: f32)
 * @throws {ShapeError} when the shapes do not broadcast @throws {DTypeError} when `cond` is not bool, or the dtypes differ
 */
export function where<D extends DType = "f32">(
  cond: Tensor<"bool">,
  a: Tensor<D> | number,
  b: Tensor<D> | number,
): Tensor<D> {
  wantOperands("where", a, b);
  const tensors = [a, b].filter((v): v is Tensor<D> => typeof v !== "number");
  const attrs: WhereAttrs = {
    a: typeof a === "number" ? a : undefined,
    b: typeof b === "number" ? b : undefined,
    shapes: tensors.map((t) => t.shape),
  };
  return apply(whereOp, [cond, ...tensors], attrs) as unknown as Tensor<D>;
}

/**
 * x with `value` where `mask` holds; the mask broadcasts to x.
 * @throws {ShapeError} when the mask does not broadcast to the shape of x
 */
export function maskedFill<D extends DType>(x: Tensor<D>, mask: Tensor<"bool">, value: number): Tensor<D> {
  if (!sameShape(mask.shape, x.shape) && !sameShape(broadcastShapes([x.shape, mask.shape], "maskedFill"), x.shape)) {
    throw new ShapeError(
      `Cannot maskedFill ${show(x.shape)} by a mask ${show(mask.shape)}: the mask must broadcast to the tensor's shape`,
      {
        op: "maskedFill",
        shapes: [x.shape, mask.shape],
      },
    );
  }
  return where(mask, value, x);
}
