/**
 * Pickles, read as data: numbers, texts, lists, dictionaries, and objects of the classes that a list allows. Python's own
 * reader calls whatever a pickle names; this one has nothing to call but the functions of that list, and refuses any
 * other name. Opcodes: https://github.com/python/cpython/blob/main/Lib/pickletools.py.
 * @module
 */
import type { Input } from "./input.ts";
import { PickleBytes, readScalar } from "./pickle_bytes.ts";

/** A class or function that pickles may name. */
export interface PyClass {
  /** Full name in Python. */
  readonly name: string;
  /** What calling it gives; absent for names that may be mentioned but not called. */
  readonly call?: (args: readonly unknown[], at: number) => unknown;
}

/** An object whose contents come after it has been made. */
export class Pending {
  /** The object, once it is complete. */
  result: unknown = undefined;
  /** Makes the object of its state. */
  readonly build: (state: unknown, at: number) => unknown;

  /** An object that `build` will make. */
  constructor(build: (state: unknown, at: number) => unknown) {
    this.build = build;
  }
}

/** An object of a class that only the caller knows: its parts, as data. */
export class PyObject {
  /** What it was made with. */
  readonly args: readonly unknown[];
  /** Full name of its class. */
  readonly name: string;
  /** Its fields, usually a Map; null without any. */
  state: unknown = null;

  /** Parts of an object. */
  constructor(name: string, args: readonly unknown[]) {
    this.name = name;
    this.args = args;
  }
}

/** What a pickle may refer to. */
export interface PickleNames {
  /** The class of that name, or undefined to refuse it. */
  find(name: string): PyClass | undefined;
  /** What a persistent id stands for (PyTorch's storages). */
  persistent?(id: unknown, at: number): unknown;
}

/** Dictionaries and sets take more memory than the bytes that ask for them: they are counted at these sizes. */
const COST = { map: 160, list: 48, value: 8, text: 24 };

const MARK = Symbol("mark");

/** One pickle in a file. */
export class Unpickler {
  readonly #input: Input;
  readonly #in: PickleBytes;
  readonly #names: PickleNames;
  #stack: unknown[] = [];
  readonly #memo = new Map<number, unknown>();
  #pending = 0;
  #cost = 0;
  /** Where the opcode at hand stands. */
  #at = 0;

  /**
   * Reads from `position` of `bytes`.
   * @param base where `bytes` begin in the file, for errors
   */
  constructor(input: Input, bytes: Uint8Array, names: PickleNames, position = 0, base = 0) {
    this.#input = input;
    this.#in = new PickleBytes(input, bytes, position, base);
    this.#names = names;
  }

  /** Where the next pickle would begin. */
  get end(): number {
    return this.#in.position;
  }

  /**
   * The value.
   * @throws {FormatError} for bytes that are no pickle, and for names that are not allowed
   */
  read(): unknown {
    for (;;) {
      this.#at = this.#in.place;
      const opcode = this.#in.u8();
      if (opcode === 0x2e) break; // STOP
      this.#step(String.fromCharCode(opcode), opcode);
    }
    const value = this.#pop();
    if (this.#stack.length) this.#fail(`${this.#stack.length} values are left over`, "one");
    if (this.#pending) this.#fail("an array was begun and not filled", "its state");
    this.#input.charge(this.#cost, "the pickle");
    return value;
  }

  #fail(state: string, wanted: string): never {
    this.#input.fail(`its pickle is broken, ${state}`, wanted, this.#at);
  }

  #push(value: unknown, cost = COST.value): void {
    this.#stack.push(value);
    this.#cost += cost;
    if (this.#cost > 65536) {
      this.#input.charge(this.#cost, "the pickle", this.#at);
      this.#cost = 0;
    }
  }

  #pop(): unknown {
    if (!this.#stack.length || this.#stack.at(-1) === MARK) this.#fail("a value is missing", "one on the stack");
    return this.#stack.pop();
  }

  #top<T>(type: new (...args: never[]) => T, what: string): T {
    const top = this.#stack.at(-1);
    if (!(top instanceof type)) this.#fail(`${what} is missing`, what);
    return top as T;
  }

  /** Values down to the last mark. */
  #marked(): unknown[] {
    const at = this.#stack.lastIndexOf(MARK);
    if (at < 0) this.#fail("a mark is missing", "one on the stack");
    const values = this.#stack.slice(at + 1);
    this.#stack.length = at;
    return values;
  }

  #step(opcode: string, code: number): void {
    const source = this.#in;
    const value = readScalar(source, opcode);
    if (value !== undefined) {
      return this.#push(value, typeof value === "string" ? COST.text + value.length : COST.value);
    }
    switch (opcode) {
      case "\x80": {
        const protocol = source.u8();
        if (protocol > 5) this.#fail(`it is of protocol ${protocol}`, "0 to 5");
        return;
      }
      case "\x95":
        source.skip(8); // FRAME: a hint about lengths
        return;
      case "(":
        return this.#push(MARK);
      case "0":
        if (!this.#stack.length) this.#pop();
        this.#stack.pop();
        return;
      case "1":
        this.#marked();
        return;
      case "2": {
        const top = this.#pop();
        this.#push(top);
        return this.#push(top);
      }
      default:
        return this.#collect(opcode, code);
    }
  }

  /** Lists, tuples, dictionaries, sets. */
  #collect(opcode: string, code: number): void {
    switch (opcode) {
      case "]":
      case ")":
        return this.#push([], COST.list);
      case "l":
      case "t":
        return this.#push(this.#marked(), COST.list);
      case "\x85":
      case "\x86":
      case "\x87": {
        const count = code - 0x84, values = Array.from({ length: count }, () => this.#pop()).reverse();
        return this.#push(values, COST.list);
      }
      case "a": {
        const value = this.#pop();
        this.#top<unknown[]>(Array, "a list").push(value);
        return;
      }
      case "e": {
        const values = this.#marked(), list = this.#top<unknown[]>(Array, "a list");
        for (const value of values) list.push(value);
        return;
      }
      case "}":
        return this.#push(new Map(), COST.map);
      case "d": {
        const values = this.#marked();
        this.#push(new Map(), COST.map);
        return this.#fill(values);
      }
      case "s":
        return this.#fill([this.#pop(), this.#pop()].reverse());
      case "u":
        return this.#fill(this.#marked());
      case "\x8f":
        return this.#push(new Set(), COST.map);
      case "\x91":
        return this.#push(new Set(this.#marked()), COST.map);
      case "\x90": {
        const values = this.#marked(), set = this.#top<Set<unknown>>(Set, "a set");
        for (const value of values) set.add(value);
        this.#cost += 32 * values.length;
        return;
      }
      case "p":
        return this.#put(Number(this.#in.integer(this.#in.line())));
      case "q":
        return this.#put(this.#in.u8());
      case "r":
        return this.#put(this.#in.u32());
      case "\x94":
        return this.#put(this.#memo.size);
      case "g":
        return this.#get(Number(this.#in.integer(this.#in.line())));
      case "h":
        return this.#get(this.#in.u8());
      case "j":
        return this.#get(this.#in.u32());
      case "P":
        return this.#persistent(this.#in.line());
      case "Q":
        return this.#persistent(this.#pop());
      default:
        return this.#object(opcode, code);
    }
  }

  #fill(values: unknown[]): void {
    const top = this.#stack.at(-1);
    if (!(top instanceof Map) || values.length % 2) this.#fail("a dictionary is missing", "a dictionary and pairs");
    for (let i = 0; i < values.length; i += 2) top.set(values[i], values[i + 1]);
    this.#cost += 20 * values.length;
  }

  #put(index: number): void {
    if (!this.#stack.length) this.#fail("a value is missing", "one on the stack");
    this.#memo.set(index, this.#stack.at(-1));
    this.#cost += 24;
  }

  #get(index: number): void {
    if (!this.#memo.has(index)) this.#fail(`value ${index} is not there`, "a value noted before");
    const value = this.#memo.get(index);
    this.#push(value instanceof Pending && value.result !== undefined ? value.result : value);
  }

  #persistent(id: unknown): void {
    if (!this.#names.persistent) this.#fail("it refers to something outside of itself", "a pickle on its own");
    this.#push(this.#names.persistent(id, this.#at), COST.list);
  }

  /** Classes and what is made of them. */
  #object(opcode: string, code: number): void {
    switch (opcode) {
      case "c":
        return this.#push(this.#named(this.#in.line(), this.#in.line()), COST.list);
      case "\x93": {
        const name = this.#pop(), module = this.#pop();
        if (typeof name !== "string" || typeof module !== "string") this.#fail("a name is no text", "texts");
        return this.#push(this.#named(module as string, name as string), COST.list);
      }
      case "R":
      case "\x81": {
        const args = this.#pop();
        return this.#call(this.#pop(), args);
      }
      case "\x92": {
        const options = this.#pop(), args = this.#pop();
        if (!(options instanceof Map) || options.size) this.#fail("an object is made by named arguments", "none");
        return this.#call(this.#pop(), args);
      }
      case "i": {
        const found = this.#named(this.#in.line(), this.#in.line());
        return this.#call(found, this.#marked());
      }
      case "o": {
        const [found, ...args] = this.#marked();
        return this.#call(found, args);
      }
      case "b":
        return this.#build(this.#pop());
      default:
        this.#fail(`it has the instruction 0x${code.toString(16)}`, "one that makes data");
    }
  }

  #named(module: string, name: string): PyClass {
    const full = `${module.replace(/^__builtin__$/, "builtins").replace(/^copy_reg$/, "copyreg")}.${name}`;
    return this.#names.find(full) ?? this.#input.fail(
      `its pickle names ${full.slice(0, 200)}, which is not on the list of classes that hold data`,
      "tensors, arrays, numbers, texts, lists and dictionaries; nothing of it was run",
      this.#at,
    );
  }

  #call(found: unknown, args: unknown): void {
    const { call, name } = (found ?? {}) as PyClass;
    if (!Array.isArray(args) || typeof name !== "string") this.#fail("a call has no function or arguments", "both");
    if (!call) this.#fail(`it calls ${name}`, "a function that makes data");
    const made = call(args as unknown[], this.#at);
    if (made instanceof Pending) this.#pending++;
    this.#push(made, COST.map);
  }

  #build(state: unknown): void {
    const top = this.#stack.at(-1);
    if (top instanceof Pending) {
      if (top.result !== undefined) this.#fail("an object is filled twice", "once");
      top.result = top.build(state, this.#at);
      this.#pending--;
      this.#stack[this.#stack.length - 1] = top.result;
    } else if (top instanceof PyObject) top.state = state;
    else if (top && typeof (top as { setState?: unknown }).setState === "function") {
      (top as { setState(state: unknown, at: number): void }).setState(state, this.#at);
    } else if (!(top instanceof Map)) this.#fail("an object without fields gets some", "an object"); // a Map's are notes
  }
}
