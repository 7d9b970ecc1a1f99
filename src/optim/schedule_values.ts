/**
 * What a schedule will do, as data for a plot.
 * @module
 */
import type { Schedule } from "./lr_scheduler.ts";
import { checkCount, momentumOf, type Scheduler, setMomentumOf } from "./scheduler.ts";

/** Values that the steps of a run use. */
export interface ScheduleValues {
  /** Learning rates, a row for each group: `lr[group][step]`. */
  lr: number[][];
  /** Momenta likewise; NaN where a group has none. */
  momentum: number[][];
}

/**
 * The learning rates and momenta that the next steps would use. A scheduler is run and put back, groups included; a plain
 * {@link Schedule} is one row over positions 0 to below 1.
 * @param steps number of steps
 * @param metric what `step` of ReduceLROnPlateau is told after step k
 * @throws {ValueError} when steps is no integer of at least 1
 * @example
 * const { lr } = w.optim.lrScheduler.scheduleValues(scheduler, 1000);
 * const points = lr[0].map((y, x) => [x, y] as const);
 * const svg = await w.train.plot([{ title: "Learning rate", series: [{ name: "lr", points }] }]);
 */
export function scheduleValues(
  schedule: Scheduler | Schedule,
  steps: number,
  metric: (step: number) => number = () => NaN,
): ScheduleValues {
  checkCount("scheduleValues", "steps", steps);
  if (typeof schedule === "function") {
    return { lr: [Array.from({ length: steps }, (_, k) => schedule(k / steps))], momentum: [] };
  }
  const { paramGroups } = schedule.optimizer, state = schedule.stateDict();
  const before = paramGroups.map((group) => ({ lr: group.lr, momentum: momentumOf(group) }));
  const lr: number[][] = paramGroups.map(() => []), momentum: number[][] = paramGroups.map(() => []);
  try {
    for (let k = 0; k < steps; k++) {
      if (k > 0) schedule.step(metric(k - 1));
      paramGroups.forEach((group, i) => {
        lr[i].push(group.lr);
        momentum[i].push(momentumOf(group));
      });
    }
  } finally {
    schedule.loadStateDict(state);
    paramGroups.forEach((group, i) => {
      group.lr = before[i].lr;
      if (!Number.isNaN(before[i].momentum)) setMomentumOf(group, before[i].momentum);
    });
  }
  return { lr, momentum };
}
