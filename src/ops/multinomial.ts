/**
 * Drawing positions with given probabilities, on the GPU: for samplers and for generating text.
 * @module
 */
import { ShapeError, ValueError } from "../errors.ts";
import { kernels } from "../gpu/kernels.gen.ts";
import { type Generator, generator as namedGenerator } from "../tensor/random.ts";
import { tidy } from "../tensor/scope.ts";
import { contiguousStrides, show } from "../tensor/shape.ts";
import { alias, empty, type Tensor } from "../tensor/tensor.ts";
import { wantDType } from "./define.ts";
import { groups, part, ready, run, writeStrided } from "./launch.ts";
import { sortedPositions } from "./radix.ts";
import { drawParams } from "./random.ts";
import { rowRanges } from "./rows.ts";

/** Options of {@link multinomial}. */
export interface MultinomialOptions {
  /** Whether a position may be drawn more than once. Default false. */
  replacement?: boolean;
  /** Stream to draw from; the program's `multinomial` stream by default. */
  generator?: Generator;
}

/**
 * Draws positions of each row with probability weight / sum of the row.
 * @param weights f32 [rows, n] or [n], not negative; they need not sum to 1
 * @param numSamples positions per row; without replacement at most as many as the row has positive weights
 * @returns i32 [rows, numSamples] or [numSamples], in the order drawn
 * @throws {ValueError} for a number of samples that cannot be drawn
 * @throws {ValueError} at the next read, for a negative or infinite weight or a row without enough weight
 */
export function multinomial(
  weights: Tensor,
  numSamples: number,
  { replacement = false, generator = namedGenerator("multinomial") }: MultinomialOptions = {},
): Tensor<"i32"> {
  const op = "multinomial", shapes = [weights.shape];
  wantDType(op, [weights], "f32");
  if (weights.ndim !== 1 && weights.ndim !== 2) {
    throw new ShapeError(`Cannot multinomial ${show(weights.shape)}: wanted [rows, n] or [n]`, { op, shapes });
  }
  const cols = weights.shape[weights.ndim - 1], rows = weights.numel / cols;
  if (!Number.isInteger(numSamples) || numSamples < 1 || !replacement && numSamples > cols) {
    throw new ValueError(
      `Cannot multinomial ${show(weights.shape)}: numSamples is ${numSamples}, wanted 1 to ${
        replacement ? "any number" : cols
      }`,
      {
        op,
        shapes,
        value: numSamples,
      },
    );
  }
  return tidy(() => {
    const p = ready(weights),
      { device } = p,
      out = empty(device, [rows, numSamples], "i32"),
      draw = drawParams(generator.next());
    for (const [first, count] of rowRanges(device, rows, cols, op)) {
      const given = part(p, first * cols, count * cols),
        params = { ...draw, rows: count, cols, samples: numSamples, first };
      const chosen = part(out, first * numSamples, count * numSamples);
      if (replacement || numSamples === 1) {
        run(device, kernels.randomChoice.choose, { weights: given, chosen }, params, {
          workgroups: count * numSamples,
          label: op,
        });
        continue;
      }
      const times = empty(device, [count, cols], "f32");
      run(device, kernels.randomChoice.races, { weights: given, times }, params, {
        workgroups: groups(count * cols),
        label: op,
      });
      const winners = sortedPositions(times, numSamples, false);
      run(device, kernels.randomChoice.check, { weights: given, winners }, params, {
        workgroups: groups(count * numSamples),
        label: op,
      });
      writeStrided(winners, out, out.strides, first * numSamples);
    }
    const shape = weights.ndim === 1 ? [numSamples] : [rows, numSamples];
    return alias(out, shape, contiguousStrides(shape));
  });
}
