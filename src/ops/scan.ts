/**
 * Running sums.
 * @module
 */
import { kernels } from "../gpu/kernels.gen.ts";
import type { DType } from "../tensor/dtype.ts";
import { normalizeDim, type Shape } from "../tensor/shape.ts";
import { type AnyTensor, empty, type Tensor } from "../tensor/tensor.ts";
import { bindWalk } from "../tensor/walk.ts";
import { cast } from "./cast.ts";
import { apply, defineOp, type Op, wantDType } from "./define.ts";
import { forEachIndex, HostTensor } from "./host.ts";
import { elementType, groups, ready, run } from "./launch.ts";
import { pieces, type Run } from "./reduction.ts";
import type { SumType } from "./sum.ts";

/** Elements that one lane scans. */
const CHUNK = 64;

interface ScanAttrs {
  dim: number;
  reverse: boolean;
}

function viewOf(shape: Shape, dim: number): Run {
  const size = (sizes: Shape): number => sizes.reduce((n, s) => n * s, 1);
  return { outer: size(shape.slice(0, dim)), length: shape[dim] ?? 1, inner: size(shape.slice(dim + 1)) };
}

function launchScan(x0: AnyTensor, { outer, length, inner }: Run, reverse: boolean): AnyTensor {
  const x = ready(x0), device = x.device, out = empty(device, x.shape, x.dtype);
  const type = elementType(x.dtype), constants = { REVERSE: reverse ? 1 : 0 };
  const chunks = Math.ceil(length / CHUNK), totals = empty(device, [outer, chunks, inner], x.dtype);
  const list = [...pieces(device, outer, length, inner, chunks, true)];
  const launch = (carry: AnyTensor | null): void => {
    for (const piece of list) {
      const items = piece.outer * chunks * inner, size = [piece.outer * length * inner];
      const source = bindWalk(x, size, [1], piece.from), sums = bindWalk(totals, [items], [1], piece.to);
      const target = bindWalk(out, size, [1], piece.from);
      const params = { items, length, inner, chunks, x_start: source.start, out_start: target.start, carry_start: 0 };
      const options = { constants, type, workgroups: groups(items) };
      if (carry) {
        const before = bindWalk(carry, [items], [1], piece.to);
        run(device, kernels.scan.carried, { x: source.binding, out: target.binding, carry: before.binding }, {
          ...params,
          carry_start: before.start,
        }, options);
      } else if (chunks === 1) {
        run(device, kernels.scan.scan, { x: source.binding, out: target.binding }, params, options);
      } else {run(device, kernels.scan.totals, { x: source.binding, out: sums.binding }, {
          ...params,
          out_start: sums.start,
        }, options);}
    }
  };
  launch(null);
  if (chunks > 1) launch(launchScan(totals, { outer, length: chunks, inner }, false));
  return out;
}

const cumsumOp: Op<ScanAttrs> = defineOp<ScanAttrs>({
  name: "cumsum",
  half: "f32",
  forward(_, [x], { dim, reverse }) {
    wantDType("cumsum", [x], "f32", "i32", "u32");
    return launchScan(x, viewOf(x.shape, dim), reverse) as unknown as Tensor;
  },
  backward: (_, [g], { dim, reverse }) => [apply(cumsumOp, [g!], { dim, reverse: !reverse })],
  reference: ([x], { dim, reverse }) => {
    const { outer, length, inner } = viewOf(x.shape, dim), y = new HostTensor(x.shape, undefined, x.dtype);
    forEachIndex([outer, inner], ([o, i]) => {
      let total = 0;
      for (let k = 0; k < length; k++) {
        const at = (o * length + (reverse ? length - 1 - k : k)) * inner + i;
        y.values[at] = total += x.values[at];
      }
    });
    return y;
  },
  samples: [
    ...[1, 3, 7, 65, 257, 5000].map((n) => ({ inputs: [{ shape: [n] }], attrs: { dim: 0, reverse: n === 7 } })),
    { inputs: [{ shape: [3, 70, 2] }], attrs: { dim: 1, reverse: false } },
    { inputs: [{ shape: [3, 70, 2] }], attrs: { dim: 1, reverse: true } },
    { inputs: [{ shape: [5, 4] }], attrs: { dim: 0, reverse: false } },
    { inputs: [{ shape: [3, 100], dtype: "i32", range: [-9, 9] }], attrs: { dim: 1, reverse: false } },
  ],
  refusals: [{ inputs: [{ shape: [3], dtype: "bool" }], attrs: { dim: 0, reverse: false }, error: "DTypeError" }],
});

/**
 * Running sums along a dim: y[k] = x[0] + ... + x[k]. Integers stay integers, bool counts as i32, f16 gives f32.
 * @param dim the dim, negative ones counted from the end
 * @throws {IndexError} for a dim that x does not have
 */
export function cumsum<D extends DType>(x: Tensor<D>, dim: number): Tensor<SumType<D>> {
  const attrs = { dim: normalizeDim(dim, x.ndim, "cumsum"), reverse: false };
  return apply(cumsumOp, [x.dtype === "bool" ? cast(x, "i32") : x], attrs) as unknown as Tensor<SumType<D>>;
}
