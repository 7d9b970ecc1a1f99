/**
 * A vocabulary: tokens with consecutive ids from 0, and what becomes of tokens that have none. How tokens are chosen and
 * ordered is the business of `vocab_rules.ts`; this file turns tokens into ids and back, and a vocabulary into JSON.
 */
import { FormatError, IndexError, ValueError } from "../errors.ts";
import { Counter, type TokenCount } from "./vocab_counter.ts";

/** Options of {@link Vocab}. */
export interface VocabOptions {
  /** Token (one of the list) whose id stands for all tokens outside. Without one, `missing` says what happens. */
  unknown?: string;
  /** Token (one of the list) that fills up short sequences; `decode` leaves it out. */
  pad?: string;
  /** Where no token stands for unknown ones: refuse them (default) or leave them out, as Keras does. */
  missing?: "error" | "skip";
  /** Entry of the list that only takes up ids and is never found in a text, as fastai's `xxfake`; may stand repeatedly. */
  filler?: string;
  /** How often tokens were counted, those outside the vocabulary too. */
  counts?: Counter;
}

/** A vocabulary as JSON. */
export interface VocabJson {
  /** Always "wgrad-vocab". */
  format: "wgrad-vocab";
  /** Version of the layout: 1. */
  version: 1;
  /** Tokens in the order of their ids. */
  tokens: string[];
  /** See {@link VocabOptions}. */
  unknown?: string;
  /** See {@link VocabOptions}. */
  pad?: string;
  /** See {@link VocabOptions}. */
  missing?: "error" | "skip";
  /** See {@link VocabOptions}. */
  filler?: string;
  /** Counted tokens in first-seen order. */
  counted?: string[];
  /** Count of each of `counted`. */
  counts?: number[];
}

/** Highest id that {@link Vocab.fromIds} accepts: holes below it take memory. */
const HIGHEST_ID = 10_000_000;

/**
 * Tokens and their ids. Immutable: `extend` gives a new one.
 *
 * @example From counts, by fastai's rule
 * ```ts
 * const documents = [["xxbos", "a", "b", "a"], ["xxbos", "a"]];
 * const vocab = w.text.fastaiVocab(documents, { minFreq: 2 });
 * vocab.numericalize(["xxbos", "a", "zebra"]); // Int32Array [2, 9, 0]
 * vocab.decode([2, 9, 0]); // ["xxbos", "a", "xxunk"]
 * ```
 */
export class Vocab {
  /** Tokens in the order of their ids (torchtext's and fastai's `itos`). */
  readonly tokens: readonly string[];
  /** Id of the token that stands for unknown ones. */
  readonly unknownId: number | undefined;
  /** Id of the token that fills up. */
  readonly padId: number | undefined;
  /** What becomes of unknown tokens where `unknownId` is undefined. */
  readonly missing: "error" | "skip";
  /** Entry that only takes up ids. */
  readonly filler: string | undefined;
  /** How often tokens were counted; empty where nobody counted. */
  readonly counts: Counter;
  readonly #ids: Map<string, number> = new Map();

  /**
   * A vocabulary of a list of tokens.
   * @throws {ValueError} an empty list, a token that stands twice, an `unknown` or `pad` that is not in the list
   */
  constructor(tokens: Iterable<string>, options: VocabOptions = {}) {
    this.tokens = Object.freeze([...tokens]);
    this.missing = options.missing ?? "error";
    this.filler = options.filler;
    this.counts = options.counts ?? new Counter();
    if (this.tokens.length === 0) {
      throw new ValueError("Cannot make a Vocab: the list of tokens is empty", { op: "Vocab" });
    }
    this.tokens.forEach((token, id) => {
      if (token === this.filler) return;
      const before = this.#ids.get(token);
      if (before !== undefined) {
        const message = `Cannot make a Vocab: ${
          show(token)
        } stands at ${before} and again at ${id}, wanted different tokens`;
        throw new ValueError(message, { op: "Vocab", value: token, position: id });
      }
      this.#ids.set(token, id);
    });
    this.unknownId = this.#special(options.unknown, "unknown");
    this.padId = this.#special(options.pad, "pad");
  }

  #special(token: string | undefined, name: string): number | undefined {
    if (token === undefined) return undefined;
    // Keras' padding is no word: it may be the filler itself.
    const id = token === this.filler ? this.tokens.indexOf(token) : this.#ids.get(token) ?? -1;
    if (id >= 0) return id;
    throw new ValueError(`Cannot make a Vocab: its ${name} token ${show(token)} is not in the list`, { value: token });
  }

  /**
   * A vocabulary from a table of ids, as torchMoji's `vocabulary.json`; ids that no token has are taken up by `filler`.
   * @throws {ValueError} ids that are no integers from 0 to 10,000,000, or given twice
   */
  static fromIds(
    ids: Readonly<Record<string, number>> | ReadonlyMap<string, number>,
    options: VocabOptions = {},
  ): Vocab {
    const entries = ids instanceof Map ? [...ids] : Object.entries(ids as Record<string, number>),
      tokens: string[] = [];
    const { filler = "" } = options;
    for (const [token, id] of entries) {
      const wrong = !Number.isInteger(id) || id < 0 || id > HIGHEST_ID ? "wanted an integer from 0 to 10,000,000" : "";
      const why = wrong || (id in tokens ? `${show(tokens[id])} has it too` : "");
      if (why) throw new ValueError(`Cannot make a Vocab: ${show(token)} has id ${id}, ${why}`, { value: id });
      tokens[id] = token;
    }
    const holes = tokens.length > entries.length;
    return new Vocab(Array.from(tokens, (token) => token ?? filler), holes ? { ...options, filler } : options);
  }

  /** Number of ids. */
  get size(): number {
    return this.tokens.length;
  }

  /** Whether the token has an id of its own. */
  has(token: string): boolean {
    return this.#ids.has(token);
  }

  /** The token's own id, -1 when it has none. */
  find(token: string): number {
    return this.#ids.get(token) ?? -1;
  }

  /**
   * Id of a token, that of the unknown token when it has none.
   * @throws {IndexError} a token outside where no token stands for unknown ones, as a label that is misspelt
   */
  id(token: string): number {
    const id = this.#ids.get(token) ?? this.unknownId;
    if (id === undefined) throw this.#outside(token);
    return id;
  }

  /**
   * Token of an id.
   * @throws {IndexError} an id outside
   */
  token(id: number): string {
    const token = this.tokens[id];
    if (token === undefined) throw this.#idOutside(id);
    return token;
  }

  /**
   * Ids of tokens. Unknown tokens get the unknown token's id, are left out (`missing: "skip"`), or refused.
   * @returns int32 ids; uint16 ones with `type: "uint16"`
   * @throws {IndexError} an unknown token where none stands for those, with its place
   * @throws {ValueError} uint16 for more than 65,536 ids
   */
  numericalize(tokens: Iterable<string>): Int32Array<ArrayBuffer>;
  numericalize(tokens: Iterable<string>, options: { type: "uint16" }): Uint16Array<ArrayBuffer>;
  numericalize(
    tokens: Iterable<string>,
    options: { type?: "int32" | "uint16" } = {},
  ): Int32Array<ArrayBuffer> | Uint16Array<ArrayBuffer> {
    const ids = this.#ids, unknown = this.unknownId, found: number[] = [];
    let position = 0;
    for (const token of tokens) {
      const id = ids.get(token) ?? unknown;
      if (id !== undefined) found.push(id);
      else if (this.missing === "error") throw this.#outside(token, position);
      position++;
    }
    if (options.type !== "uint16") return Int32Array.from(found);
    if (this.size <= 65_536) return Uint16Array.from(found);
    throw new ValueError(`Cannot numericalize to uint16: the vocabulary has ${this.size} ids, wanted at most 65,536`);
  }

  /**
   * Tokens of ids. Padding is left out unless `keepPad`.
   * @throws {IndexError} an id outside, with its place
   */
  decode(ids: Iterable<number>, options: { keepPad?: boolean } = {}): string[] {
    const tokens: string[] = [];
    let position = 0;
    for (const id of ids) {
      const token = this.tokens[id];
      if (token === undefined) throw this.#idOutside(id, position);
      if (options.keepPad || id !== this.padId) tokens.push(token);
      position++;
    }
    return tokens;
  }

  /** How often a token was counted. */
  count(token: string): number {
    return this.counts.get(token);
  }

  /** The `n` most frequent counted tokens; ties in first-seen order. */
  mostCommon(n?: number): TokenCount[] {
    return this.counts.mostCommon(n);
  }

  /** A vocabulary with these tokens behind its own; those that it has are passed over. */
  extend(tokens: Iterable<string>): Vocab {
    const added = new Set<string>();
    for (const token of tokens) if (!this.has(token) && token !== this.filler) added.add(token);
    const { tokens: own, missing, filler, counts } = this;
    return new Vocab([...own, ...added], {
      missing,
      filler,
      counts,
      unknown: this.#named("unknownId"),
      pad: this.#named("padId"),
    });
  }

  #named(which: "unknownId" | "padId"): string | undefined {
    const id = this[which];
    return id === undefined ? undefined : this.tokens[id];
  }

  /** The vocabulary as data for `JSON.stringify`; called by it too. */
  toJSON(): VocabJson {
    const counted = [...this.counts];
    return {
      format: "wgrad-vocab",
      version: 1,
      tokens: [...this.tokens],
      unknown: this.#named("unknownId"),
      pad: this.#named("padId"),
      missing: this.missing,
      filler: this.filler,
      ...(counted.length ? { counted: counted.map(([t]) => t), counts: counted.map(([, count]) => count) } : {}),
    };
  }

  /**
   * A vocabulary from what `toJSON` gave, as data or as text.
   * @throws {FormatError} anything else, naming the part that does not fit
   */
  static fromJSON(json: string | VocabJson): Vocab {
    const value = typeof json === "string" ? parse(json) : json as unknown as Record<string, unknown>;
    const strings = (name: string) => Array.isArray(value[name]) && value[name].every((t) => typeof t === "string");
    const refuse = (what: string) =>
      new FormatError(`Cannot read a Vocab: ${what}`, { file: "vocabulary", op: "Vocab" });
    if (value?.format !== "wgrad-vocab" || value.version !== 1) throw refuse('wanted format "wgrad-vocab", version 1');
    if (!strings("tokens")) throw refuse("its tokens are no list of strings");
    for (const name of ["unknown", "pad", "filler"]) {
      if (value[name] !== undefined && typeof value[name] !== "string") throw refuse(`its ${name} is no string`);
    }
    if (![undefined, "error", "skip"].includes(value.missing as string)) throw refuse(`missing is ${value.missing}`);
    const { tokens, counted = [], counts = [], ...options } = value as unknown as VocabJson;
    if (counted.length && !strings("counted") || counted.length !== counts.length) {
      throw refuse("its counts do not fit");
    }
    if (!counts.every((count) => count >= 0 && count < Infinity)) throw refuse("a count is no number from 0 on");
    return new Vocab(tokens, { ...options, counts: new Counter(counted.map((token, i) => [token, counts[i]])) });
  }

  #outside(token: string, position?: number): IndexError {
    const some = this.tokens.slice(0, 8).map(show).join(", ") + (this.size > 8 ? ", ..." : "");
    const at = position === undefined ? "" : ` at position ${position}`;
    const message =
      `Cannot numericalize ${show(token)}${at}: it is none of the ${this.size} tokens (${some}) and none ` +
      `stands for unknown ones; give the vocabulary an unknown token`;
    return new IndexError(message, { op: "numericalize", value: token, position });
  }

  #idOutside(id: number, position?: number): IndexError {
    const at = position === undefined ? "" : ` at position ${position}`;
    const message = `Cannot decode id ${id}${at}: the vocabulary has ids 0 to ${this.size - 1}`;
    return new IndexError(message, { op: "decode", value: id, position });
  }
}

function parse(json: string): Record<string, unknown> {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new FormatError("Cannot read a Vocab: the text is no JSON", { file: "vocabulary", op: "Vocab", cause });
  }
}

/** A token in quotes, shortened. */
function show(token: string): string {
  return JSON.stringify(token.length > 40 ? `${token.slice(0, 40)}...` : token);
}
