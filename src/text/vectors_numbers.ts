/**
 * Decimal numbers read from bytes, each the single-precision number nearest to what `parseFloat` gives. Numbers below
 * 2^53 without their point and with a power of ten up to 22 take one exact division; all others go through `Number`.
 */

/** Exact powers of ten. */
const POWERS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
/** From here on a double rounds to infinity in single precision. */
const OVERFLOW = 3.4028235677973366e38;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const NOT_FINITE = /^[+-]?(?:nan|inf|infinity)$/i;

/** What stopped {@link parseNumbers}: which number (from 0), its text, and whether it is a number that is not finite. */
export interface NumberFault {
  /** Which of the numbers, from 0. */
  readonly index: number;
  /** Its bytes as text. */
  readonly text: string;
  /** True for NaN, infinities and what is infinite in single precision. */
  readonly notFinite: boolean;
}

/**
 * Reads `count` numbers with one space between them.
 * @param bytes one byte behind `end` must exist and be no part of a number
 * @param keep stores NaN and infinities instead of stopping
 * @returns null, or what stopped it
 */
export function parseNumbers(
  bytes: Uint8Array,
  from: number,
  end: number,
  count: number,
  out: Float32Array,
  at: number,
  keep: boolean,
): NumberFault | null {
  let p = from;
  for (let k = 0; k < count; k++, p++) {
    const start = p;
    let c = bytes[p], digits = 0, scale = 0, value = 0;
    const negative = c === 45;
    if (negative || c === 43) c = bytes[++p];
    while (c >= 48 && c <= 57) {
      value = value * 10 + (c - 48);
      digits++;
      c = bytes[++p];
    }
    if (c === 46) {
      c = bytes[++p];
      const point = p;
      while (c >= 48 && c <= 57) {
        value = value * 10 + (c - 48);
        c = bytes[++p];
      }
      scale = p - point;
      digits += scale;
    }
    if (c === 101 || c === 69) {
      c = bytes[++p];
      const below = c === 45;
      if (below || c === 43) c = bytes[++p];
      let exponent = 0;
      const first = p;
      while (c >= 48 && c <= 57 && exponent < 1000) {
        exponent = exponent * 10 + (c - 48);
        c = bytes[++p];
      }
      if (p === first) digits = 0;
      scale -= below ? -exponent : exponent;
    }
    const ends = k === count - 1 ? p === end : c === 32 && p < end;
    if (ends && digits > 0 && value < 9007199254740992 && scale <= 22 && scale >= -22) {
      value = scale >= 0 ? value / POWERS[scale] : value * POWERS[-scale];
      out[at + k] = negative ? -value : value;
      continue;
    }
    p = start;
    while (p < end && bytes[p] !== 32) p++;
    let text = "";
    for (let i = start; i < p && i < start + 400; i++) text += String.fromCharCode(bytes[i]);
    const number = numberOf(text);
    if (number === undefined) return { index: k, text, notFinite: false };
    if (!keep && !(Math.abs(number) < OVERFLOW)) return { index: k, text, notFinite: true };
    out[at + k] = number;
  }
  return null;
}

/** A number's value, NaN and infinities included; undefined for what is none. */
export function numberOf(text: string): number | undefined {
  if (NUMBER.test(text)) return Number(text);
  if (!NOT_FINITE.test(text)) return undefined;
  return /nan/i.test(text) ? NaN : text.startsWith("-") ? -Infinity : Infinity;
}
