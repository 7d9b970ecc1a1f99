/**
 * Learning rates that a finder's curve suggests: fastai's four rules, as functions of the rates that were tried and the
 * smoothed loss at each.
 * @module
 */

/** Picks a learning rate from a curve; null where there are too few points. */
export type SuggestionRule = (lrs: readonly number[], losses: readonly number[]) => number | null;

/** Two thirds of the way down the longest stretch of ever lower losses. */
export function valley(lrs: readonly number[], losses: readonly number[]): number | null {
  if (losses.length === 0) return null;
  // Length of the longest falling subsequence that ends at each point; the first one that is longest counts.
  const lengths = losses.map(() => 1);
  let end = 0;
  for (let i = 1; i < losses.length; i++) {
    for (let j = 0; j < i; j++) if (losses[i] < losses[j] && lengths[i] <= lengths[j]) lengths[i] = lengths[j] + 1;
    if (lengths[i] > lengths[end]) end = i;
  }
  const start = end - (end === 0 ? 0 : lengths[end]), third = (end - start) / 3;
  return lrs[Math.max(0, start + Math.trunc(third) + Math.trunc(third / 2))];
}

/** A tenth of the learning rate with the lowest loss. */
export function minimum(lrs: readonly number[], losses: readonly number[]): number | null {
  return losses.length === 0 ? null : lrs[lowest(losses)] / 10;
}

/** Where the loss falls most steeply over the logarithm of the learning rate. */
export function steep(lrs: readonly number[], losses: readonly number[]): number | null {
  if (losses.length < 2) return null;
  const slopes = losses.slice(1).map((loss, i) => (loss - losses[i]) / (Math.log(lrs[i + 1]) - Math.log(lrs[i])));
  return lrs[lowest(slopes)];
}

/**
 * Slides two points, `distance` apart, down from the end of the curve while the slopes at them differ by more than
 * `threshold`: the left one stops where the loss was still falling evenly.
 */
export function slide(
  lrs: readonly number[],
  losses: readonly number[],
  { distance = 15, threshold = 0.005 }: { distance?: number; threshold?: number } = {},
): number | null {
  if (losses.length < distance + 1) return null;
  const slopes = losses.map((_, i) => {
    const [from, to] = [Math.max(0, i - 1), Math.min(losses.length - 1, i + 1)];
    return (losses[to] - losses[from]) / (to - from);
  });
  let right = losses.length - 1, found = lrs[right - distance];
  for (; right >= distance && Math.abs(slopes[right] - slopes[right - distance]) > threshold; right--) {
    found = lrs[right - distance];
  }
  return found;
}

function lowest(values: readonly number[]): number {
  return values.reduce((best, value, i) => value < values[best] ? i : best, 0);
}
