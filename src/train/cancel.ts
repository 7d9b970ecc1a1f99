/**
 * What a callback throws to leave out the rest of a part of a run. The learner catches it where that part ends, calls
 * the part's `afterCancel...` event and goes on behind it.
 * @module
 */

/** Base class of what leaves out a part of a run. */
export abstract class CancelException extends Error {}

/** Leaves out the rest of backward. */
export class CancelBackwardException extends CancelException {}
/** Leaves out the optimiser's step; the gradients are forgotten. */
export class CancelStepException extends CancelException {}
/** Leaves out the rest of the batch; the gradients stay. */
export class CancelBatchException extends CancelException {}
/** Ends the training part of the epoch. */
export class CancelTrainException extends CancelException {}
/** Ends the validation part of the epoch. */
export class CancelValidException extends CancelException {}
/** Ends the epoch. */
export class CancelEpochException extends CancelException {}
/** Ends the run. */
export class CancelFitException extends CancelException {}
