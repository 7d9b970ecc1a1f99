/**
 * Softmax and its logarithm over one dim. Each is two dispatches: the rows' maxima and sums, then an elementwise pass.
 * @module
 */
import { kernels } from "../gpu/kernels.gen.ts";
import { normalizeDim } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { mul, sub } from "./binary.ts";
import { apply, defineOp, type Op, wantDType } from "./define.ts";
import { hostMap, hostReduce, type HostTensor, hostZip } from "./host.ts";
import { emptyLike, groups, part, ready, run } from "./launch.ts";
import { moveFromLast, moveToLast, rowLaunch, rowRanges, rowSpan } from "./rows.ts";
import { sum } from "./sum.ts";
import { exp } from "./unary.ts";

interface SoftmaxAttrs {
  dim: number;
}

/** Row statistics of a dense [rows, cols] matrix: [rows, 2] with the maximum and 1 / sum (or log sum) of e^(x - maximum). */
export function rowStats(x: Tensor, rows: number, cols: number, log: boolean, op: string): Tensor {
  const { device } = x, stats = empty(device, [rows, 2], "f32");
  for (const [first, count] of rowRanges(device, rows, cols, op)) {
    const at = part(x, first * cols, count * cols), params = { rows: count, cols };
    const { constants, workgroups } = rowLaunch(device, count, cols);
    const options = { constants: { ...constants, LOG: log ? 1 : 0 }, workgroups };
    const out = part(stats, first * 2, count * 2);
    if (cols % 4 === 0) run(device, kernels.softmax.stats4, { x: at, stats: out }, params, options);
    else run(device, kernels.softmax.stats1, { x1: at, stats: out }, params, options);
  }
  return stats;
}

function rowsOf(x: Tensor): [rows: number, cols: number] {
  const cols = x.shape.at(-1) ?? 1;
  return [x.numel / cols, cols];
}

function forward(x0: Tensor, dim: number, log: boolean, op: string): Tensor {
  const x = ready(moveToLast(x0, dim)), { device } = x, [rows, cols] = rowsOf(x);
  const stats = rowStats(x, rows, cols, log, op), out = emptyLike(x);
  for (const [first, count] of rowRanges(device, rows, cols, op)) {
    const buffers = {
      x: part(x, first * cols, count * cols),
      row_stats: part(stats, first * 2, count * 2),
      out: part(out, first * cols, count * cols),
    };
    run(device, kernels.softmax.forward, buffers, { rows: count, cols }, {
      constants: { LOG: log ? 1 : 0, SPAN: rowSpan(cols) },
      workgroups: groups(Math.ceil(count * cols / 4)),
    });
  }
  return moveFromLast(out, dim);
}

function backward(y0: Tensor, g0: Tensor, dim: number, log: boolean, op: string): Tensor {
  const y = ready(moveToLast(y0, dim)), g = ready(moveToLast(g0, dim)), { device } = y, [rows, cols] = rowsOf(y);
  const dots = empty(device, [rows], "f32"), out = emptyLike(y);
  const LOG = log ? 1 : 0;
  for (const [first, count] of rowRanges(device, rows, cols, op)) {
    const at = [first * cols, count * cols] as const, params = { rows: count, cols };
    const x = part(y, ...at), grad = part(g, ...at), dot = part(dots, first, count);
    const { constants, workgroups } = rowLaunch(device, count, cols);
    const options = { constants: { ...constants, LOG }, workgroups };
    if (cols % 4 === 0) run(device, kernels.softmax.dots4, { x, grad, dots: dot }, params, options);
    else run(device, kernels.softmax.dots1, { x1: x, grad1: grad, dots: dot }, params, options);
    run(device, kernels.softmax.backward, { x, grad, row_dots: dot, out: part(out, ...at) }, params, {
      constants: { LOG, SPAN: rowSpan(cols) },
      workgroups: groups(Math.ceil(count * cols / 4)),
    });
  }
  return moveFromLast(out, dim);
}

function hostSoftmax(x: HostTensor, dim: number, log: boolean): HostTensor {
  const dims = x.ndim ? [dim] : [];
  const most = hostReduce(x, dims, true, (v) => Math.max(...v));
  const shifted = hostZip([x, most], (v, m) => v - m);
  const total = hostReduce(hostMap(shifted, Math.exp), dims, true, (v) => v.reduce((a, b) => a + b, 0));
  return hostZip([shifted, total], (v, s) => log ? v - Math.log(s) : Math.exp(v) / s);
}

function softmaxOp(name: string, log: boolean): Op<SoftmaxAttrs> {
  return defineOp<SoftmaxAttrs>({
    name,
    half: "f32",
    forward({ save }, [x], { dim }) {
      wantDType(name, [x], "f32");
      const out = forward(x, dim, log, name);
      save(out);
      return out;
    },
    backward({ saved: [y], createGraph }, [g], { dim }) {
      if (!createGraph) return [backward(y, g!, dim, log, name)];
      const over = { dim: y.ndim ? dim : undefined, keepdim: true };
      return [log ? sub(g!, mul(exp(y), sum(g!, over))) : mul(y, sub(g!, sum(mul(g!, y), over)))];
    },
    reference: ([x], { dim }) => hostSoftmax(x, dim, log),
    samples: [
      ...[1, 3, 7, 65, 257].map((n) => ({ inputs: [{ shape: [3, n] }], attrs: { dim: 1 } })),
      { inputs: [{ shape: [5, 64], range: [-30, 30] as const }], attrs: { dim: 1 } },
      { inputs: [{ shape: [7, 5] }], attrs: { dim: 0 } },
      { inputs: [{ shape: [2, 8, 3] }], attrs: { dim: 1 } },
      { inputs: [{ shape: [] }], attrs: { dim: 0 } },
    ],
    refusals: [{ inputs: [{ shape: [2, 3], dtype: "i32" }], attrs: { dim: 1 }, error: "DTypeError" }],
  });
}

const softmaxDef = softmaxOp("softmax", false);
const logSoftmaxDef = softmaxOp("logSoftmax", true);

/**
 * e^x / sum of e^x over one dim, without overflow for large x.
 * @param dim dim whose elements sum to 1, the last by default
 * @throws {DTypeError} unless f32 @throws {IndexError} for a dim that is not there
 */
export function softmax(x: Tensor, dim = -1): Tensor {
  return apply(softmaxDef, [x], { dim: normalizeDim(dim, x.ndim, "softmax") });
}

/** log(softmax(x)) over one dim, exact also where the softmax underflows. Arguments as {@link softmax}. */
export function logSoftmax(x: Tensor, dim = -1): Tensor {
  return apply(logSoftmaxDef, [x], { dim: normalizeDim(dim, x.ndim, "logSoftmax") });
}
