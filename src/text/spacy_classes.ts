/**
 * Where the rules of spaCy's English tokenizer cut: prefixes, suffixes and infixes, found by walking classes of characters
 * in a table instead of running regular expressions. Places are UTF-16 units; classes are those of whole code points.
 */
import { AFTER_DIGIT, CLASSES, LONG_PREFIXES } from "./spacy_tables.ts";

// Bits of a class, in the order of tests/golden/spacy/tables.py.
const PREFIX = 1,
  SUFFIX = 2,
  INFIX = 4,
  LETTER = 8,
  LOWER_OR_QUOTE = 16,
  UPPER_OR_QUOTE = 32,
  BEFORE_STOP = 64,
  UPPER = 128;
/** May begin an infix, so that other characters are passed over at once. */
const MAYBE_INFIX = 256;
const LETTER_OR_DIGIT_INFIXES = ":<>=/", DIGIT_INFIXES = "+-*^", HYPHENS = "-–—~";
const STOP = 0x2e, PLUS = 0x2b, MINUS = 0x2d, COMMA = 0x2c, EM_DASH = 0x2014, ELLIPSIS = 0x2026, DEGREE = 0xb0;

/** Classes of the basic plane by unit, then runs of what lies beyond it. */
const plane = new Uint16Array(0x10000);
const runStarts: number[] = [], runBits: number[] = [];
/** What splits from a digit before it, longest first, by its last unit. */
const afterDigit = new Map<number, string[]>();
const longPrefixes = LONG_PREFIXES.split(" ");
let ready = false;

/** Fills the tables from their short form, once. */
function prepare(): void {
  let code = 0;
  for (const run of CLASSES.split(";")) {
    const [length, bits] = run.split(",").map((digits) => parseInt(digits, 36));
    const end = code + (length || 1);
    if (code < 0x10000) plane.fill(bits || 0, code, end);
    if (end > 0x10000) runStarts.push(Math.max(code, 0x10000)), runBits.push(bits || 0);
    code = end;
  }
  runStarts.push(code), runBits.push(0);
  const infixes = LETTER_OR_DIGIT_INFIXES + DIGIT_INFIXES + HYPHENS + ".,";
  for (let i = 0; i < infixes.length; i++) plane[infixes.charCodeAt(i)] |= MAYBE_INFIX;
  for (let unit = 0; unit < 0x10000; unit++) if (plane[unit] & INFIX) plane[unit] |= MAYBE_INFIX;
  plane.fill(MAYBE_INFIX, 0xd800, 0xdc00); // the first half of a pair may be that of an icon
  for (const ending of AFTER_DIGIT.split(" ").sort((a, b) => b.length - a.length)) {
    const last = ending.charCodeAt(ending.length - 1), list = afterDigit.get(last);
    if (list) list.push(ending);
    else afterDigit.set(last, [ending]);
  }
  ready = true;
}

/** Class of a code point beyond the basic plane. */
function classOfRun(code: number): number {
  let low = 0, high = runStarts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (runStarts[middle] <= code) low = middle;
    else high = middle;
  }
  return runStarts[low] <= code ? runBits[low] : 0;
}

const isHigh = (unit: number) => (unit & 0xfc00) === 0xd800;
const isLow = (unit: number) => (unit & 0xfc00) === 0xdc00;
const isDigit = (unit: number) => unit >= 0x30 && unit <= 0x39;
const pair = (high: number, low: number) => ((high - 0xd800) << 10) + (low - 0xdc00) + 0x10000;

/** Class of the character that begins at `at`, before `end`. */
function classAt(text: string, at: number, end: number): number {
  if (at >= end) return 0;
  const unit = text.charCodeAt(at);
  if ((unit & 0xf800) !== 0xd800) return plane[unit];
  if (!isHigh(unit) || at + 1 >= end) return 0;
  const low = text.charCodeAt(at + 1);
  return isLow(low) ? classOfRun(pair(unit, low)) : 0;
}

/** Class of the character that ends before `at`, not before `start`. */
function classBefore(text: string, at: number, start: number): number {
  if (at <= start) return 0;
  const unit = text.charCodeAt(at - 1);
  if ((unit & 0xf800) !== 0xd800) return plane[unit];
  if (!isLow(unit) || at - 2 < start) return 0;
  const high = text.charCodeAt(at - 2);
  return isHigh(high) ? classOfRun(pair(high, unit)) : 0;
}

/** Units that the character before `at` takes. */
const unitsBefore = (text: string, at: number, start: number) =>
  at - 2 >= start && isLow(text.charCodeAt(at - 1)) && isHigh(text.charCodeAt(at - 2)) ? 2 : 1;

/** Units of the lower-case or caseless letter at `at`, 0 when another character or the end is there. */
export function lowerLetterUnits(text: string, at: number): 0 | 1 | 2 {
  if (!ready) prepare();
  const bits = classAt(text, at, text.length);
  if (!(bits & LETTER && bits & LOWER_OR_QUOTE)) return 0; // no quote is a letter, but for caseless ones
  return (text.charCodeAt(at) & 0xf800) === 0xd800 ? 2 : 1;
}

/** Full stops from `at` on. */
function stopsFrom(text: string, at: number, end: number): number {
  let stop = at;
  while (stop < end && text.charCodeAt(stop) === STOP) stop++;
  return stop - at;
}

/** Units that a prefix of `text[start, end)` takes, 0 without one. */
export function prefixLength(text: string, start: number, end: number): number {
  if (!ready) prepare();
  if (start >= end) return 0;
  const unit = text.charCodeAt(start);
  if (unit === STOP) {
    const stops = stopsFrom(text, start, end);
    return stops > 1 ? stops : 0;
  }
  if (unit === PLUS) return start + 1 < end && isDigit(text.charCodeAt(start + 1)) ? 0 : 1;
  if (classAt(text, start, end) & PREFIX) return (unit & 0xf800) === 0xd800 ? 2 : 1;
  if (unit === 0x55 || unit === 0x43 || unit === 0x41) { // U, C, A
    for (const prefix of longPrefixes) {
      if (end - start >= prefix.length && text.startsWith(prefix, start)) return prefix.length;
    }
  }
  return 0;
}

/** Units that the longest suffix of `text[start, end)` takes, 0 without one. */
export function suffixLength(text: string, start: number, end: number): number {
  if (!ready) prepare();
  if (start >= end) return 0;
  const last = text.charCodeAt(end - 1);
  const before = end - start > 1 ? text.charCodeAt(end - 2) : 0;
  if (last === STOP) return stopSuffix(text, start, end, before);
  if ((last === 0x73 || last === 0x53) && (before === 0x27 || before === 0x2019)) return 2; // 's
  if (last === ELLIPSIS && before === ELLIPSIS) return 2;
  for (const ending of afterDigit.get(last) ?? []) {
    const at = end - ending.length;
    if (at > start && isDigit(text.charCodeAt(at - 1)) && text.startsWith(ending, at)) return ending.length;
  }
  if (last === PLUS && isDigit(before)) return 1;
  if (!(classBefore(text, end, start) & SUFFIX)) return 0;
  return (last & 0xf800) === 0xd800 ? 2 : 1;
}

/** A run of full stops; one alone only behind what does not need it. */
function stopSuffix(text: string, start: number, end: number, before: number): number {
  if (before === STOP) {
    let from = end - 2;
    while (from > start && text.charCodeAt(from - 1) === STOP) from--;
    return end - from;
  }
  const bits = classBefore(text, end - 1, start);
  if (bits & BEFORE_STOP) return 1;
  if (bits & UPPER) {
    const second = end - 1 - unitsBefore(text, end - 1, start);
    if (classBefore(text, second, start) & UPPER) return 1;
  }
  const isScale = before !== 0 && "FfCcKk".includes(String.fromCharCode(before));
  return isScale && end - start > 2 && text.charCodeAt(end - 3) === DEGREE ? 1 : 0;
}

/** Units of the infix that begins at `at` inside `text[start, end)`, 0 when none does. */
function infixLength(text: string, at: number, start: number, end: number): number {
  const unit = text.charCodeAt(at);
  const stops = unit === STOP ? stopsFrom(text, at, end) : 0;
  if (stops > 1) return stops;
  if (classAt(text, at, end) & INFIX) return (unit & 0xf800) === 0xd800 ? 2 : 1;
  if (at === start || at + 1 >= end || isHigh(unit)) return 0;
  const before = classBefore(text, at, start), afterDigit = isDigit(text.charCodeAt(at - 1));
  const next = text.charCodeAt(at + 1);
  if (unit === STOP) {
    return before & LOWER_OR_QUOTE && classAt(text, at + 1, end) & UPPER_OR_QUOTE ? 1 : 0;
  }
  if (unit === COMMA) return before & LETTER && classAt(text, at + 1, end) & LETTER ? 1 : 0;
  if (afterDigit && (isDigit(next) || next === MINUS) && DIGIT_INFIXES.includes(text[at])) return 1;
  if (!afterDigit && !(before & LETTER)) return 0;
  const most = unit === MINUS ? 3 : unit === EM_DASH ? 2 : 1; // ---, —— and one of the others
  let length = 1;
  while (length < most && text.charCodeAt(at + length) === unit && at + length < end) length++;
  if (!(classAt(text, at + length, end) & LETTER)) return 0;
  return HYPHENS.includes(text[at]) || LETTER_OR_DIGIT_INFIXES.includes(text[at]) ? length : 0;
}

/** Cuts `text[start, end)` at its infixes, which become tokens themselves; one at the very start cuts nothing. */
export function splitInfixes(text: string, start: number, end: number, pieces: string[]): void {
  if (!ready) prepare();
  let from = start;
  for (let at = start; at < end;) {
    const length = plane[text.charCodeAt(at)] & MAYBE_INFIX ? infixLength(text, at, start, end) : 0;
    if (length > 0 && at > start) {
      if (at > from) pieces.push(text.slice(from, at));
      pieces.push(text.slice(at, at + length));
      from = at + length;
    }
    at += length || 1;
  }
  if (from < end) pieces.push(text.slice(from, end));
}
