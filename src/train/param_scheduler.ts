/**
 * Sets hyper-parameters from schedules before every training batch.
 * @module
 */

import type { Schedule } from "../optim/lr_scheduler.ts";
import type { AnyLearner, Callback } from "./callbacks.ts";

/** Schedules by hyper-parameter. */
export interface Schedules {
  /** Learning rate of all layer groups, or one schedule for each. */
  lr?: Schedule | readonly Schedule[];
  /** Momentum, or Adam's first beta, of all parameter groups. */
  momentum?: Schedule;
}

/** Evaluates its schedules at the learner's position before every training batch. */
export class ParamScheduler implements Callback {
  /** Before the recorder, which notes the values. */
  readonly order = -200;
  /** The schedules. */
  readonly schedules: Schedules;

  /** @param schedules schedules by hyper-parameter */
  constructor(schedules: Schedules) {
    this.schedules = schedules;
  }

  /** Sets the values for this batch. */
  beforeBatch(learner: AnyLearner): void {
    if (!learner.training) return;
    const { lr, momentum } = this.schedules, { position } = learner;
    if (typeof lr === "function") learner.setLr(lr(position));
    else if (lr) learner.setLr(lr.map((schedule) => schedule(position)));
    if (momentum) learner.optimizer.setMomentum(momentum(position));
  }
}
