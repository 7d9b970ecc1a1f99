/**
 * Every error that wgrad throws on purpose. The message reads `Cannot <do what>: <what is the case and what was
 * wanted>`; the fields carry the same facts for programs, so tests and callers never parse prose.
 * @module
 */

/** The facts an error carries beside its message. */
export interface ErrorDetails {
  /** Name of the operation that was refused, as the user calls it. */
  op?: string;
  /** Shapes involved, in argument order. */
  shapes?: readonly (readonly number[])[];
  /** The offending value. */
  value?: unknown;
  /** Where in a tensor the offending value stands (element number). */
  position?: number;
  /** The error that led to this one. */
  cause?: unknown;
}

/** Base of all wgrad errors: `op`, `shapes`, `value` and `position` hold the facts of the message. */
export class WgradError extends Error {
  /** Name of the class, which bundlers would shorten. */
  static override readonly name: string = "WgradError";
  /** Name of the operation that was refused. */
  readonly op?: string;
  /** Shapes involved, in argument order. */
  readonly shapes?: readonly (readonly number[])[];
  /** The offending value. */
  readonly value?: unknown;
  /** Element number of the offending value. */
  readonly position?: number;

  /**
   * An error with its facts.
   * @param message `Cannot <do what>: <state, and what was wanted>`, without a final period
   */
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.op = details.op;
    this.shapes = details.shapes;
    this.value = details.value;
    this.position = details.position;
  }
}

/** Shapes that do not fit together or do not fit the operation. */
export class ShapeError extends WgradError {
  /** Name of the class, which bundlers would shorten. */
  static override readonly name: string = "ShapeError";
}

/** A tensor of the wrong element type. */
export class DTypeError extends WgradError {
  /** Name of the class, which bundlers would shorten. */
  static override readonly name: string = "DTypeError";
}

/** An index or id outside its range; `position` says where it stands. */
export class IndexError extends WgradError {
  /** Name of the class, which bundlers would shorten. */
  static override readonly name: string = "IndexError";
}

/** An argument whose value is not accepted (NaN learning rate, probability of 2, unknown option). */
export class ValueError extends WgradError {
  /** Name of the class, which bundlers would shorten. */
  static override readonly name: string = "ValueError";
}

/** Something used at the wrong time: after dispose, backward twice, a changed saved tensor, no open device. */
export class StateError extends WgradError {
  /** Name of the class, which bundlers would shorten. */
  static override readonly name: string = "StateError";
}

/** WebGPU itself failed: no adapter, a limit too small, a lost device, a rejected command. */
export class DeviceError extends WgradError {
  /** Name of the class, which bundlers would shorten. */
  static override readonly name: string = "DeviceError";
}

/** NaN or Infinity appeared where debug level 3 looks for it. */
export class NumericError extends WgradError {
  /** Name of the class, which bundlers would shorten. */
  static override readonly name: string = "NumericError";
}

/** Facts of a {@link FormatError}. */
export interface FormatDetails extends ErrorDetails {
  /** Name of the file, or what stands for one. */
  file: string;
  /** Byte of the file at which it stopped to make sense. */
  offset?: number;
  /** What would have been accepted. */
  wanted?: string;
}

/** A file that is damaged, of another format, or names what is not read; `file`, `offset` and `wanted` say where and why. */
export class FormatError extends WgradError {
  /** Name of the class, which bundlers would shorten. */
  static override readonly name: string = "FormatError";
  /** Name of the file. */
  readonly file: string;
  /** Byte at which it stopped to make sense. */
  readonly offset?: number;
  /** What would have been accepted. */
  readonly wanted?: string;

  /** An error about a file. */
  constructor(message: string, details: FormatDetails) {
    super(message, details);
    this.file = details.file;
    this.offset = details.offset;
    this.wanted = details.wanted;
  }
}
