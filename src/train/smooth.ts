/**
 * The moving average that the training loss is shown as.
 * @module
 */

/** Weight of the past in the smoothed training loss. */
export const smoothing = 0.98;

/**
 * Exponential moving average without the bias towards zero at the start: `e = beta * e + (1 - beta) * x`, shown as
 * `e / (1 - beta ** n)` after n values.
 * @param beta weight of the past; default 0.98, fastai's
 */
export function smooth(values: readonly number[], beta: number = smoothing): number[] {
  let average = 0, weight = 0;
  return values.map((value) => {
    average = beta * average + (1 - beta) * value;
    weight = beta * weight + (1 - beta);
    return average / weight;
  });
}
