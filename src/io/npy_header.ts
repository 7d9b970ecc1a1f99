/**
 * The header of a `.npy` file: a Python dictionary with the element type, the order and the shape
 * (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
 * @module
 */
import type { Shape } from "../tensor/shape.ts";
import type { Input } from "./input.ts";
import { type Descr, parseDescr } from "./numpy_array.ts";

/** What a header says. */
export interface NpyHeader {
  /** Element type. */
  readonly descr: Descr;
  /** Columns first. */
  readonly columns: boolean;
  /** Sizes. */
  readonly shape: Shape;
}

/** Headers of plain arrays have a hundred bytes; those of structures, which are not read, may be long. */
const LONGEST = 2 ** 20;

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** Whether bytes begin as a `.npy` file does. */
export function isNpy(start: Uint8Array): boolean {
  return MAGIC.every((byte, i) => start[i] === byte);
}

/** Bytes before the header's text, and of that text. */
export function headerSize(input: Input, start: Uint8Array): [before: number, length: number] {
  if (!isNpy(start) || start.length < 12) input.fail("it does not begin with \\x93NUMPY", "an array of NumPy", 0);
  const view = new DataView(start.buffer, start.byteOffset), version = start[6];
  if (version < 1 || version > 3) input.fail(`its version is ${version}.${start[7]}`, "1 to 3", 6);
  const [before, length] = version === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  if (length > LONGEST) input.fail(`its header has ${length} bytes`, `at most ${LONGEST}`, 8);
  return [before, length];
}

type Literal = string | number | boolean | null | Literal[];

/** Reads the dictionary. */
export function parseHeader(input: Input, bytes: Uint8Array, at: number): NpyHeader {
  const text = new TextDecoder().decode(bytes);
  const tokens = text.match(/'[^'\\]*'|"[^"\\]*"|\d+L?|True|False|None|[{}()[\],:]|\S/g) ?? [];
  let next = 0;
  const fail = (): never => input.fail(`its header is ${text.slice(0, 100).trim()}`, "descr, fortran_order, shape", at);
  const value = (depth: number): Literal => {
    const token = tokens[next++] ?? fail();
    if (/^['"]/.test(token) && token.length > 1) return token.slice(1, -1);
    if (/^\d/.test(token)) return Number(token.replace("L", ""));
    if (token === "True" || token === "False") return token === "True";
    if (token === "None") return null;
    if ((token !== "(" && token !== "[") || depth > 8) return fail();
    const list: Literal[] = [], close = token === "(" ? ")" : "]";
    while (tokens[next] !== close) {
      list.push(value(depth + 1));
      if (tokens[next] === ",") next++;
      else if (tokens[next] !== close) return fail();
    }
    next++;
    return list;
  };
  const fields = new Map<Literal, Literal>();
  if (tokens[next++] !== "{") fail();
  while (tokens[next] !== "}") {
    const key = value(0);
    if (tokens[next++] !== ":") fail();
    fields.set(key, value(0));
    if (tokens[next] === ",") next++;
    else if (tokens[next] !== "}") fail();
  }
  if (next !== tokens.length - 1) fail();
  const shape = fields.get("shape"), columns = fields.get("fortran_order");
  if (!Array.isArray(shape) || !shape.every((v) => Number.isSafeInteger(v)) || typeof columns !== "boolean") fail();
  return { descr: parseDescr(input, fields.get("descr"), at), columns: columns as boolean, shape: shape as number[] };
}

/** The header NumPy writes for an array, with the shortest version that holds it. */
export function formatHeader(descr: string, columns: boolean, shape: Shape): Uint8Array<ArrayBuffer> {
  const sizes = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const text = `{'descr': '${descr}', 'fortran_order': ${columns ? "True" : "False"}, 'shape': ${sizes}, }`;
  // room to let the first size grow in place, as NumPy leaves it
  const room = shape.length ? Math.max(0, 21 - String(columns ? shape.at(-1) : shape[0]).length) : 0;
  const small = 10 + text.length + room + 64 < 65535, before = small ? 10 : 12;
  const length = Math.ceil((before + text.length + room + 1) / 64) * 64 - before;
  const header = new Uint8Array(before + length).fill(0x20);
  header.set([...MAGIC, small ? 1 : 2, 0]);
  const view = new DataView(header.buffer);
  if (small) view.setUint16(8, length, true);
  else view.setUint32(8, length, true);
  header.set(new TextEncoder().encode(text), before);
  header[header.length - 1] = 0x0a;
  return header;
}
