/**
 * What all elementwise functions of one f32 tensor share: value and derivative are one `case` each in
 * `shaders/unary.wgsl`, the rest is a row.
 * @module
 */
import { kernels } from "../gpu/kernels.gen.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { defineOp, type Op, type Sample, type SampleInput, wantDType } from "./define.ts";
import { hostMap } from "./host.ts";
import { emptyLike, groups, part, ranges, ready, run } from "./launch.ts";

/** Up to two numbers that a function depends on (a slope, a threshold). */
export type UnaryParams = readonly [a?: number, b?: number];

/** One function. */
export interface UnaryRow {
  /** Name of the op. */
  name: string;
  /** OP in the shader. */
  code: number;
  /** What the derivative reads: the input, the result, or nothing. */
  reads: "x" | "y" | "";
  /** The function on float64. */
  reference: (x: number, a: number, b: number) => number;
  /** The derivative times g, made of ops from what `reads` names: for second derivatives. */
  gradient: (g: Tensor, v: Tensor, a: number, b: number) => Tensor;
  /** Test cases; sizes 1 to 257 of [-2, 2] by default. */
  samples?: readonly Sample<UnaryParams>[];
  /** False where second derivatives are zero. */
  smooth?: boolean;
}

/** Test sizes: below, at and above whole vectors and workgroups. */
export const SIZES: readonly number[] = [1, 3, 7, 65, 257];

/** Samples of all sizes. */
export function sized(more: Partial<SampleInput> = {}, attrs: UnaryParams = []): readonly Sample<UnaryParams>[] {
  return SIZES.map((n) => ({ inputs: [{ shape: [n], ...more }], attrs }));
}

/** One more sample with the given values. */
export function at(values: readonly number[], attrs: UnaryParams = []): Sample<UnaryParams> {
  return { inputs: [{ shape: [values.length], values, grad: false }], attrs };
}

/** Defines the op of a row. */
export function unaryOp(row: UnaryRow): Op<UnaryParams> {
  const { name, code, reads } = row, constants = { OP: code };
  return defineOp<UnaryParams>({
    name,
    forward({ save }, [x0], [a = 0, b = 0]) {
      wantDType(name, [x0], "f32");
      const x = ready(x0), out = emptyLike(x);
      for (const [start, count] of ranges(x.device, x.numel)) {
        const n = Math.ceil(count / 4);
        run(x.device, kernels.unary.forward, { x: part(x, start, count), out: part(out, start, count) }, { n, a, b }, {
          constants,
          workgroups: groups(n),
        });
      }
      if (reads) save(reads === "x" ? x0 : out); // x0, not its dense copy: it carries the graph
      return out;
    },
    backward({ saved: [v0], createGraph }, [grad], params) {
      const [a = 0, b = 0] = params;
      if (createGraph) return [row.gradient(grad!, v0, a, b)];
      const g = ready(grad!), v = reads ? ready(v0) : g, slopes = emptyLike(g);
      for (const [start, count] of ranges(g.device, g.numel)) {
        const n = Math.ceil(count / 4);
        const buffers = { x: part(v, start, count), grad: part(g, start, count), slopes: part(slopes, start, count) };
        run(g.device, kernels.unary.backward, buffers, { n, a, b }, { constants, workgroups: groups(n) });
      }
      return [slopes];
    },
    reference: ([x], [a = 0, b = 0]) => hostMap(x, (v) => row.reference(v, a, b)),
    samples: row.samples ?? sized(),
    smooth: row.smooth,
    refusals: [{ inputs: [{ shape: [3], dtype: "i32" }], attrs: [], error: "DTypeError" }],
  });
}
