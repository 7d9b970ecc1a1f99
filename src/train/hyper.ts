/**
 * What the learner needs of an optimiser, and one name per hyper-parameter whatever the optimiser calls it: momentum is
 * `momentum` of SGD, `mom` of fastai's Adam and the first of Adam's `betas`.
 * @module
 */

/** Options of a parameter group that a learner reads and sets. */
export interface HyperGroup {
  /** Learning rate. */
  lr: number;
  /** Weight decay. */
  weightDecay: number;
  /** Momentum of SGD. */
  momentum?: number;
  /** Momentum of fastai's Adam. */
  mom?: number;
  /** Adam's averaging factors; the first is its momentum. */
  betas?: readonly [number, number];
}

/** An optimiser as a learner sees it. */
export interface LearnerOptimizer {
  /** Parameter groups with their options, which may be changed between steps. */
  readonly paramGroups: readonly HyperGroup[];
  /** Changes the parameters that have gradients. */
  step(): void;
  /** Forgets the gradients. */
  zeroGrad(): void;
  /** Sets the learning rate of all groups. */
  setLr(lr: number): void;
  /** Sets the momentum of all groups. */
  setMomentum(momentum: number): void;
  /** Its state; without it the learner's state cannot be saved. */
  stateDict?(): unknown;
  /** Takes a state over. */
  loadStateDict?(state: unknown): void;
  /** Forgets its state. */
  dispose?(): void;
}

/** Momentum of a group; NaN where the optimiser has none. */
export function momentumOf(group: HyperGroup): number {
  return group.betas?.[0] ?? group.mom ?? group.momentum ?? NaN;
}
