/**
 * The fault word: four words on the GPU that a kernel fills once when it meets a bad value (an id outside a table, a
 * NaN under debug level 3). State-changing kernels do nothing while it is set; the next read reports it.
 * @module
 */
import type { Device } from "./device.ts";
import type { Bindable } from "./recorder.ts";
import { type PooledBuffer, Storage } from "./storage.ts";
import { IndexError, NumericError, ValueError, type WgradError } from "../errors.ts";

/** Bytes of the fault word: command number, element, value (bits), kind. */
export const FAULT_BYTES = 16;

/** Kinds of fault, as the WGSL library writes them. */
export const FaultKind = { index: 0, nan: 1, value: 2 } as const;

const LOG = 1 << 16;

/** The fault word of one device and the log that turns a command number into a name. */
export class Faults {
  /** Binding for kernels that declare `fault`. */
  readonly binding: Bindable;
  /** Binding for what a kernel declares as output and, by its constants, never touches. */
  readonly unused: Bindable;
  readonly #device: Device;
  readonly #labels: string[] = new Array(LOG);
  readonly #lines: string[] = new Array(LOG);

  /** @param device owner */
  constructor(device: Device) {
    this.#device = device;
    const own = (id: number): Storage => {
      const buffer: PooledBuffer = device.createBuffer(256, id); // the pool numbers from 1
      return Storage.within(device, buffer, 0, 256, () => {});
    };
    this.binding = { storage: own(0), byteOffset: 0, byteLength: FAULT_BYTES };
    this.unused = { storage: own(-1), byteOffset: 0, byteLength: 256 };
    this.clear();
  }

  /** Remembers the label of a command. */
  note(number: number, label: string, line: string): void {
    this.#labels[number % LOG] = label;
    this.#lines[number % LOG] = line;
  }

  /** Allows state-changing kernels again. */
  clear(): void {
    this.#device.gpu.queue.writeBuffer(this.binding.storage.buffer.gpu, 0, new Uint32Array(4));
  }

  /** The error that the four words describe, or null; the word is cleared when there is one. */
  check(words: Uint32Array): WgradError | null {
    const [command, position, bits, kind] = words;
    if (command === 0) return null;
    this.clear();
    const label = this.#labels[command % LOG] ?? "an earlier command", line = this.#lines[command % LOG] ?? "";
    const value = new Int32Array([bits])[0];
    if (kind === FaultKind.nan) {
      const number = new Float32Array(new Uint32Array([bits]).buffer)[0];
      return new NumericError(`Cannot trust ${label}: element ${position} of its result is ${number}${line}`, {
        op: label,
        position,
        value: number,
      });
    }
    if (kind === FaultKind.value) {
      const number = new Float32Array(new Uint32Array([bits]).buffer)[0];
      return new ValueError(`Cannot ${label}: value ${number} at position ${position} is not accepted${line}`, {
        op: label,
        position,
        value: number,
      });
    }
    return new IndexError(
      `Cannot ${label}: index ${value} at position ${position} is out of range${line}; nothing was changed by the step it belongs to`,
      { op: label, position, value },
    );
  }
}
