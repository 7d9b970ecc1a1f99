/**
 * Dropout. The mask is a pure function of (seed, stream, call, element): it is drawn again in the backward pass, never
 * stored, and `dropoutMask` of `tensor/random.ts` gives the same one on the host.
 * @module
 */
import { ValueError } from "../errors.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import { type Draw, type Generator, generator as namedGenerator, philox4x32 } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { apply, defineOp, type Op, wantDType } from "./define.ts";
import { hostMap } from "./host.ts";
import { emptyLike, groups, part, ranges, ready, run } from "./launch.ts";
import { drawParams } from "./random.ts";

interface DropoutAttrs {
  p: number;
  draw: Draw;
}

/** 1 / (1 - p) as the kernel and the host mask use it; 0 when everything is dropped. */
function scaleOf(p: number): number {
  return p < 1 ? Math.fround(1 / (1 - Math.fround(p))) : 0;
}

const draw: Draw = { seed: [7, 0], stream: 3, call: [5, 0] };

const dropoutOp: Op<DropoutAttrs> = defineOp<DropoutAttrs>({
  name: "dropout",
  forward(_, [x0], { p, draw }) {
    wantDType("dropout", [x0], "f32");
    const x = ready(x0), out = emptyLike(x), scale = scaleOf(p);
    for (const [start, n] of ranges(x.device, x.numel)) {
      const params = { ...drawParams(draw, start / 4), n, p, scale };
      run(x.device, kernels.dropout.apply, { x: part(x, start, n), out: part(out, start, n) }, params, {
        workgroups: groups(Math.ceil(n / 4)),
      });
    }
    return out;
  },
  backward: (_, [g], attrs) => [apply(dropoutOp, [g!], attrs)], // linear: the same mask on the gradient
  reference([x], { p, draw: { seed, stream, call } }) {
    let words = new Uint32Array(4);
    return hostMap(x, (v, i) => {
      if (i % 4 === 0) words = philox4x32([i / 4, call[0], call[1], stream], seed);
      return (words[i % 4] >>> 8) * 2 ** -24 >= Math.fround(p) ? v * scaleOf(p) : 0;
    });
  },
  samples: [
    ...[1, 3, 7, 65, 257].map((n) => ({ inputs: [{ shape: [n] }], attrs: { p: 0.5, draw } })),
    ...[0, 0.1, 1].map((p) => ({ inputs: [{ shape: [5, 7] }], attrs: { p, draw } })),
  ],
  refusals: [{ inputs: [{ shape: [3], dtype: "i32" }], attrs: { p: 0.5, draw }, error: "DTypeError" }],
});

/** Options of {@link dropout}. */
export interface DropoutOptions {
  /** False returns the input itself. Default true. */
  training?: boolean;
  /** Stream to draw the mask from; the program's `dropout` stream by default. */
  generator?: Generator;
}

/**
 * Sets each element to 0 with probability `p` and multiplies the others by 1 / (1 - p).
 * @param p probability of dropping, 0.5 by default
 * @throws {ValueError} unless 0 <= p <= 1
 */
export function dropout(
  x: Tensor,
  p = 0.5,
  { training = true, generator = namedGenerator("dropout") }: DropoutOptions = {},
): Tensor {
  if (!(p >= 0 && p <= 1)) {
    throw new ValueError(`Cannot dropout with p = ${p}: wanted 0 <= p <= 1`, { op: "dropout", value: p });
  }
  return training && p > 0 ? apply(dropoutOp, [x], { p, draw: generator.next() }) : x;
}
