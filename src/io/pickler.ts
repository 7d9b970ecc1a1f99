/**
 * Writes pickles of protocol 2, which every Python reads: numbers, texts, lists, dictionaries and calls by name.
 * @module
 */
import { ValueError } from "../errors.ts";

/** A class or function by name. */
export class Name {
  /** Its module. */
  readonly module: string;
  /** Its name there. */
  readonly name: string;

  /** `module.name`. */
  constructor(module: string, name: string) {
    this.module = module;
    this.name = name;
  }
}

/** A value that is a call of a function. */
export class Call {
  /** What is called. */
  readonly name: Name;
  /** Arguments. */
  readonly args: readonly unknown[];

  /** A call. */
  constructor(name: Name, args: readonly unknown[]) {
    this.name = name;
    this.args = args;
  }
}

/** A tuple, which is not the same as a list. */
export class Tuple {
  /** Elements. */
  readonly items: readonly unknown[];

  /** A tuple. */
  constructor(items: readonly unknown[]) {
    this.items = items;
  }
}

/** What a persistent id stands for outside of the pickle. */
export class Persistent {
  /** The id. */
  readonly id: Tuple;

  /** A reference. */
  constructor(id: Tuple) {
    this.id = id;
  }
}

/** One pickle being written. Values of other kinds are turned into known ones by `resolve`. */
export class Pickler {
  readonly #resolve: (value: unknown, path: string) => unknown;
  #bytes = new Uint8Array(4096);
  #length = 0;
  readonly #open = new Set<unknown>();

  /** A pickle; `resolve` gets what is no plain data and returns something that is, or undefined. */
  constructor(resolve: (value: unknown, path: string) => unknown = () => undefined) {
    this.#resolve = resolve;
  }

  /**
   * The pickle of a value.
   * @throws {ValueError} for what Python has no plain counterpart of, naming where it is
   */
  dump(value: unknown): Uint8Array<ArrayBuffer> {
    this.#put(0x80, 2);
    this.#value(value, "value");
    this.#put(0x2e);
    return this.#bytes.slice(0, this.#length);
  }

  #room(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * this.#bytes.length + count);
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }

  #put(...bytes: number[]): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #value(value: unknown, path: string): void {
    if (value === null) return this.#put(0x4e);
    switch (typeof value) {
      case "boolean":
        return this.#put(value ? 0x88 : 0x89);
      case "number":
        return Number.isSafeInteger(value) && !Object.is(value, -0) ? this.#integer(BigInt(value)) : this.#float(value);
      case "bigint":
        return this.#integer(value);
      case "string":
        return this.#text(value);
      case "object":
        return this.#object(value, path);
      default:
        throw new ValueError(
          `Cannot pickle ${path}: it is ${value === undefined ? "undefined" : `a ${typeof value}`}`,
          {
            op: "save",
            value,
          },
        );
    }
  }

  #float(value: number): void {
    this.#room(9);
    this.#bytes[this.#length] = 0x47;
    new DataView(this.#bytes.buffer).setFloat64(this.#length + 1, value, false);
    this.#length += 9;
  }

  #integer(value: bigint): void {
    const number = Number(value);
    if (number >= 0 && number < 256) return this.#put(0x4b, number);
    if (number >= 0 && number < 65536) return this.#put(0x4d, number & 255, number >> 8);
    if (number >= -(2 ** 31) && number < 2 ** 31) {
      return this.#put(0x4a, number & 255, number >> 8 & 255, number >> 16 & 255, number >> 24 & 255);
    }
    const bytes: number[] = [];
    // two's complement, until the rest is nothing but the sign
    for (let rest = value;; rest >>= 8n) {
      bytes.push(Number(rest & 255n));
      const sign = bytes.at(-1)! >= 128 ? -1n : 0n;
      if (rest >> 8n === sign) break;
    }
    if (bytes.length > 255) {
      throw new ValueError(`Cannot pickle an integer of ${bytes.length} bytes: wanted at most 255`, {});
    }
    this.#put(0x8a, bytes.length, ...bytes);
  }

  #text(text: string): void {
    const bytes = new TextEncoder().encode(text), { length } = bytes;
    this.#put(0x58, length & 255, length >> 8 & 255, length >> 16 & 255, length >>> 24);
    this.#room(length);
    this.#bytes.set(bytes, this.#length);
    this.#length += length;
  }

  #name({ module, name }: Name): void {
    this.#put(0x63, ...new TextEncoder().encode(`${module}\n${name}\n`));
  }

  #object(value: object, path: string): void {
    if (value instanceof Name) return this.#name(value);
    if (value instanceof Tuple) return this.#tuple(value.items, path);
    if (value instanceof Call) {
      this.#name(value.name);
      this.#tuple(value.args, path);
      return this.#put(0x52);
    }
    if (value instanceof Persistent) {
      this.#tuple(value.id.items, path);
      return this.#put(0x51);
    }
    const known = this.#resolve(value, path);
    if (known !== undefined) return this.#value(known, path);
    if (this.#open.has(value)) throw new ValueError(`Cannot pickle ${path}: it contains itself`, { op: "save", value });
    this.#open.add(value);
    if (Array.isArray(value)) this.#list(value, path);
    else if (value instanceof Map) this.#map([...value], path);
    else if ([Object.prototype, null].includes(Object.getPrototypeOf(value))) this.#map(Object.entries(value), path);
    else {
      throw new ValueError(`Cannot pickle ${path}: it is a ${value.constructor?.name}, wanted plain data or tensors`, {
        op: "save",
        value,
      });
    }
    this.#open.delete(value);
  }

  #tuple(items: readonly unknown[], path: string): void {
    if (!items.length) return this.#put(0x29);
    if (items.length > 3) this.#put(0x28);
    for (const item of items) this.#value(item, path);
    this.#put(items.length > 3 ? 0x74 : 0x84 + items.length);
  }

  #list(items: readonly unknown[], path: string): void {
    this.#put(0x5d);
    if (!items.length) return;
    this.#put(0x28);
    items.forEach((item, i) => this.#value(item, `${path}[${i}]`));
    this.#put(0x65);
  }

  #map(pairs: readonly (readonly [unknown, unknown])[], path: string): void {
    this.#put(0x7d);
    if (!pairs.length) return;
    this.#put(0x28);
    for (const [key, value] of pairs) {
      this.#value(key, `a key of ${path}`);
      this.#value(value, `${path}.${String(key)}`);
    }
    this.#put(0x75);
  }
}
