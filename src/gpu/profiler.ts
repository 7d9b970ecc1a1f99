/**
 * Time per kernel label, measured on the GPU with timestamp queries: every dispatch gets a pass of its own while a
 * profile is being taken.
 * @module
 */
import type { Device } from "./device.ts";
import type { Command } from "./recorder.ts";
import { encodeTextureCopy } from "./texture_copy.ts";
import { DeviceError } from "../errors.ts";

/** One line of a profile. */
export interface ProfileRow {
  /** `op (kernel)`. */
  label: string;
  /** Number of dispatches. */
  count: number;
  /** Sum of the GPU times in milliseconds. */
  ms: number;
}

const QUERIES = 256; // begin and end of each command of one batch

/** Collects timestamps while active. */
export class Profiler {
  readonly #device: Device;
  #rows: Map<string, ProfileRow> | null = null;
  #pending: Promise<void>[] = [];

  /** @param device owner */
  constructor(device: Device) {
    this.#device = device;
  }

  /** True while a profile is being taken. */
  get active(): boolean {
    return this.#rows !== null;
  }

  /**
   * Starts a profile.
   * @throws {DeviceError} where the adapter has no `timestamp-query`
   */
  start(): void {
    if (!this.#device.features.has("timestamp-query")) {
      throw new DeviceError(
        "Cannot profile: this adapter has no timestamp-query; time whole steps with performance.now()",
        {
          op: "profile",
        },
      );
    }
    this.#rows = new Map();
  }

  /** Ends the profile and returns its rows, longest first. */
  async stop(): Promise<ProfileRow[]> {
    const rows = this.#rows!;
    await Promise.all(this.#pending);
    this.#pending = [];
    this.#rows = null;
    return [...rows.values()].sort((a, b) => b.ms - a.ms);
  }

  /** Encodes a batch with one timed pass per command. */
  encode(
    encoder: GPUCommandEncoder,
    commands: readonly Command[],
    encode: (pass: GPUComputePassEncoder, commands: readonly Command[]) => void,
  ): void {
    if (!commands.length) return;
    const gpu = this.#device.gpu, rows = this.#rows!;
    const querySet = gpu.createQuerySet({ type: "timestamp", count: QUERIES });
    commands.forEach((command, i) => {
      command.copies?.forEach((copy) => encodeTextureCopy(encoder, copy));
      const pass = encoder.beginComputePass({
        timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 },
      });
      encode(pass, [command]);
      pass.end();
    });
    const bytes = commands.length * 16;
    const resolved = gpu.createBuffer({ size: bytes, usage: 0x200 | 0x4 }); // QUERY_RESOLVE | COPY_SRC
    const staging = gpu.createBuffer({ size: bytes, usage: 0x1 | 0x8 }); // MAP_READ | COPY_DST
    encoder.resolveQuerySet(querySet, 0, commands.length * 2, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, bytes);
    const labels = commands.map((c) =>
      c.label === c.pipeline.kernel.name ? c.label : `${c.label} (${c.pipeline.kernel.name})`
    );
    this.#pending.push(
      Promise.resolve().then(async () => {
        await staging.mapAsync(1);
        const times = new BigUint64Array(staging.getMappedRange().slice(0));
        staging.destroy();
        resolved.destroy();
        querySet.destroy();
        labels.forEach((label, i) => {
          const row = rows.get(label) ?? { label, count: 0, ms: 0 };
          row.count++;
          row.ms += Math.max(0, Number(times[2 * i + 1] - times[2 * i])) / 1e6;
          rows.set(label, row);
        });
      }),
    );
  }
}
