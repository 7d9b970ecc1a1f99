/**
 * The file format of TensorBoard: records with checksums (TFRecord) of events in Protocol Buffers. Only the few messages
 * that scalars and histograms need are written, field by field.
 * @module
 */

/** Table of the CRC-32C polynomial (Castagnoli), reversed. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >>> 1 ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** CRC-32C of bytes. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = crc >>> 8 ^ TABLE[(crc ^ byte) & 0xff];
  return ~crc >>> 0;
}

/** The checksum that stands in TFRecord files: rotated and shifted, so that checksums of checksums stay good. */
function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return ((crc >>> 15 | crc << 17) + 0xa282ead8) >>> 0;
}

/** A record: length, its checksum, data, its checksum. */
export function tfRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(data.length + 16), view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, masked(data), true);
  return record;
}

/** One message in Protocol Buffers, written field by field. */
class Message {
  readonly #bytes: number[] = [];

  /** The message. */
  get bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  int(field: number, value: number): this {
    this.#varint(field << 3);
    this.#varint(value);
    return this;
  }

  double(field: number, value: number): this {
    this.#varint(field << 3 | 1);
    this.#bytes.push(...new Uint8Array(Float64Array.of(value).buffer)); // hosts of WebGPU are little-endian
    return this;
  }

  float(field: number, value: number): this {
    this.#varint(field << 3 | 5);
    this.#bytes.push(...new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  data(field: number, value: Uint8Array | string): this {
    const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
    this.#varint(field << 3 | 2);
    this.#varint(bytes.length);
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  doubles(field: number, values: readonly number[]): this {
    return this.data(field, new Uint8Array(Float64Array.from(values).buffer));
  }

  #varint(value: number): void {
    for (; value >= 128; value = Math.floor(value / 128)) this.#bytes.push(value % 128 | 128);
    this.#bytes.push(value);
  }
}

/** Counts of values in ranges, as TensorBoard takes them. */
export interface Histogram {
  /** Smallest value. */
  readonly min: number;
  /** Largest value. */
  readonly max: number;
  /** Number of values. */
  readonly count: number;
  /** Sum of the values. */
  readonly sum: number;
  /** Sum of their squares. */
  readonly squares: number;
  /** Upper end of each range. */
  readonly limits: readonly number[];
  /** Values in each range. */
  readonly counts: readonly number[];
}

/** Counts finite values in ranges of equal width; null where there is none. */
export function histogramOf(values: ArrayLike<number>, ranges = 30): Histogram | null {
  let min = Infinity, max = -Infinity, sum = 0, squares = 0, count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
    squares += value * value;
    count++;
  }
  if (count === 0) return null;
  const width = (max - min) / ranges || Math.abs(max) * 1e-6 || 1e-6;
  const limits = Array.from({ length: ranges }, (_, i) => min + (i + 1) * width), counts = new Array(ranges).fill(0);
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) counts[Math.min(ranges - 1, Math.floor((values[i] - min) / width))]++;
  }
  return { min, max, count, sum, squares, limits, counts };
}

/** A number or a histogram under its tag. */
export type Summary = readonly [tag: string, value: number | Histogram];

/** The event that begins a file. @param time seconds since 1970 */
export function versionEvent(time: number): Uint8Array {
  return tfRecord(new Message().double(1, time).data(3, "brain.Event:2").bytes);
}

/** The event that a run begins at a step: readers drop what other files hold of later steps. */
export function startEvent(time: number, step: number): Uint8Array {
  return tfRecord(new Message().double(1, time).int(2, step).data(7, new Message().int(1, 1).bytes).bytes);
}

/** Values at a step. @param time seconds since 1970 */
export function summaryEvent(time: number, step: number, values: readonly Summary[]): Uint8Array {
  const summary = new Message();
  for (const [tag, value] of values) {
    const one = new Message().data(1, tag);
    if (typeof value === "number") one.float(2, value);
    else {
      const { min, max, count, sum, squares, limits, counts } = value;
      const histogram = new Message().double(1, min).double(2, max).double(3, count).double(4, sum).double(5, squares);
      one.data(5, histogram.doubles(6, limits).doubles(7, counts).bytes);
    }
    summary.data(1, one.bytes);
  }
  return tfRecord(new Message().double(1, time).int(2, step).data(5, summary.bytes).bytes);
}
