/**
 * Tokenised texts in little memory: every distinct token is kept once, in the order of first appearance, and the texts
 * are numbers of tokens in a {@link Ragged}. A vocabulary is made of `words` and `counts`, as of Python's `Counter`, and
 * maps the corpus to ids without seeing a text again. Tokenising may run in workers and its result be kept in a folder;
 * neither changes a byte.
 * @module
 */

import { StateError, ValueError, WgradError } from "../errors.ts";
import { openFolder } from "../platform/folder.ts";
import { loadFunction, WorkerPool } from "../platform/workers.ts";
import { requirePositiveInteger } from "./dataset.ts";
import { Ragged, RaggedBuilder } from "./ragged.ts";
import { loadRagged, saveRagged, serializeRagged } from "./ragged_file.ts";
import { contentKey } from "./sha256.ts";

/** Texts as numbers of tokens. */
export class TokenCorpus {
  /** Numbers of the tokens of every text. */
  readonly ragged: Ragged;
  /** Every distinct token, in the order of first appearance. */
  readonly words: readonly string[];

  /** @throws {ValueError} when the corpus names words that are not there */
  constructor(ragged: Ragged, words: readonly string[]) {
    const bad = ragged.tokens.findIndex((word) => word < 0 || word >= words.length);
    if (bad >= 0) {
      throw new ValueError(`Cannot use token ${ragged.tokens[bad]} at place ${bad}: there are ${words.length} words`, {
        op: "TokenCorpus",
        value: ragged.tokens[bad],
        position: bad,
      });
    }
    this.ragged = ragged;
    this.words = words;
  }

  /** Number of texts. */
  get length(): number {
    return this.ragged.length;
  }

  /** How often each word comes, in all texts or in those at the given positions. */
  counts(texts?: ArrayLike<number>): Uint32Array<ArrayBuffer> {
    const out = new Uint32Array(this.words.length);
    const count = (tokens: ArrayLike<number>) => {
      for (let i = 0; i < tokens.length; i++) out[tokens[i]]++;
    };
    if (texts) { for (let i = 0; i < texts.length; i++) count(this.ragged.get(texts[i])); }
    else count(this.ragged.tokens);
    return out;
  }

  /** The tokens of one text. @throws {IndexError} when there is none */
  tokens(text: number): string[] {
    return Array.from(this.ragged.get(text), (word) => this.words[word]);
  }

  /**
   * The corpus as ids of a vocabulary.
   * @param idOf id of a word; asked once per word
   * @throws {ValueError} naming a word whose id is none
   */
  numericalize(idOf: (word: string) => number): Ragged {
    const ids = Int32Array.from(this.words, (word, i) => {
      const id = idOf(word);
      if (Number.isInteger(id) && id >= 0 && id < 2 ** 31) return id;
      throw new ValueError(`Cannot numericalize ${JSON.stringify(word)}: its id is ${id}`, {
        op: "numericalize",
        value: id,
        position: i,
      });
    });
    return new Ragged(Int32Array.from(this.ragged.tokens, (word) => ids[word]), this.ragged.offsets);
  }

  /** The bytes of a file. */
  serialize(): Promise<Uint8Array<ArrayBuffer>> {
    return serializeRagged(this.ragged, this.words);
  }

  /** Writes a file, whole or not at all. @throws {StateError} when it cannot be written */
  async save(path: string | URL): Promise<void> {
    await saveRagged(path, this.ragged, this.words);
  }

  /** Reads a file. @throws {FormatError} when it is damaged, or something else */
  static async load(path: string | URL): Promise<TokenCorpus> {
    const { ragged, words } = await loadRagged(path);
    return new TokenCorpus(ragged, words ?? []);
  }
}

/** Options of {@link tokenizeCorpus}. */
export interface TokenizeOptions {
  /** Threads; default 0, with which `tokenize` runs here. The result is the same. */
  workers?: number;
  /** Texts that are tokenised at a time; default 500. The result is the same. */
  chunk?: number;
  /** Plain data that `tokenize` gets as its second argument. */
  rules?: unknown;
  /** Called after every chunk with the number of texts done. */
  onProgress?: (done: number) => void;
}

/** Turns texts into their tokens; the second argument is `rules`. */
export type TokenizeFunction = (
  texts: string[],
  rules: unknown,
) => readonly (readonly string[])[] | Promise<readonly (readonly string[])[]>;

/**
 * Tokenises texts.
 * @param texts in any number: they are read as they are needed
 * @param tokenize a function, or with workers the address of a module whose default export is one
 * @throws {StateError} naming the text in which it failed, or that has no tokens of its own in what was returned
 * @throws {ValueError} for a number of workers or a chunk that is none
 */
export async function tokenizeCorpus(
  texts: Iterable<string> | AsyncIterable<string>,
  tokenize: TokenizeFunction | string | URL,
  { workers = 0, chunk = 500, rules = null, onProgress }: TokenizeOptions = {},
): Promise<TokenCorpus> {
  requirePositiveInteger("tokenizeCorpus", "chunk", chunk);
  if (!Number.isSafeInteger(workers) || workers < 0) {
    throw new ValueError(`Cannot tokenize with ${workers} workers: it has to be an integer of at least 0`, {
      op: "tokenizeCorpus",
      value: workers,
    });
  }
  if (workers > 0 && typeof tokenize === "function") {
    throw new ValueError("Cannot tokenize in workers with a function: pass the address of a module that exports it", {
      op: "tokenizeCorpus",
      value: workers,
    });
  }
  const module = typeof tokenize === "function" ? null : String(tokenize);
  const pool = workers > 0 ? new WorkerPool(module!, workers) : null;
  const here = pool ? null : typeof tokenize === "function" ? tokenize : await loadFunction(module!);
  const run: TokenizeFunction = async (part, rules) =>
    checked(await (pool ? pool.call(part, rules) : here!(part, rules)), part.length);
  const numbers = new Map<string, number>(), builder = new RaggedBuilder();
  const open: { part: string[]; made: ReturnType<TokenizeFunction> }[] = [];
  const take = async () => {
    const { part, made } = open.shift()!;
    let lists: Awaited<ReturnType<TokenizeFunction>>;
    try {
      lists = await made;
    } catch (cause) {
      if (pool) await loadFunction(module!); // a module that is not there is no fault of a text
      throw await blame(part, builder.length, (text) => run([text], rules), cause);
    }
    for (const tokens of lists) builder.push(tokens.map((token) => numberOf(numbers, token)));
    onProgress?.(builder.length);
  };
  try {
    for await (const part of chunks(texts, chunk)) {
      const made = Promise.resolve(run(part, rules));
      made.catch(() => {}); // told when its turn comes
      open.push({ part, made });
      if (open.length > 2 * workers) await take();
    }
    while (open.length) await take();
  } finally {
    pool?.close();
  }
  return new TokenCorpus(builder.finish(), [...numbers.keys()]);
}

/** What a tokenizer returned, if it has an array of strings for every text: a missing one would move all that follow. */
function checked(lists: unknown, texts: number): readonly (readonly string[])[] {
  if (!Array.isArray(lists)) throw new TypeError("the tokenizer returned no array; wanted an array of tokens per text");
  if (lists.length !== texts) {
    throw new TypeError(
      `the tokenizer returned ${lists.length} arrays of tokens for ${texts} texts; wanted one per text`,
    );
  }
  for (const tokens of lists) {
    if (!Array.isArray(tokens)) throw new TypeError(`its tokens are ${kindOf(tokens)}; wanted an array of strings`);
    const wrong = tokens.findIndex((token) => typeof token !== "string");
    if (wrong >= 0) throw new TypeError(`token ${wrong} is ${kindOf(tokens[wrong])}; wanted a string`);
  }
  return lists;
}

const kindOf = (value: unknown) => value === null ? "null" : typeof value;

/** The error of the first text that fails by itself; of all of them where each passes alone. */
async function blame(
  part: readonly string[],
  from: number,
  alone: (text: string) => unknown,
  cause: unknown,
): Promise<StateError> {
  const fail = (where: string, position: number, error: unknown) =>
    new StateError(`Cannot tokenize ${where}: ${(error as Error)?.message ?? error}`, {
      op: "tokenizeCorpus",
      cause: error,
      position,
    });
  for (const [i, text] of part.entries()) {
    try {
      await alone(text);
    } catch (error) {
      const start = JSON.stringify(text)?.slice(0, 60) ?? String(text); // what is read from a file may be no string
      return fail(`text ${from + i} (${start})`, from + i, error);
    }
  }
  return fail(`texts ${from} to ${from + part.length - 1}`, from, cause);
}

async function* chunks<T>(items: Iterable<T> | AsyncIterable<T>, size: number): AsyncGenerator<T[], void, void> {
  let part: T[] = [];
  for await (const item of items) if (part.push(item) === size) yield part, part = [];
  if (part.length) yield part;
}

function numberOf(numbers: Map<string, number>, token: string): number {
  let number = numbers.get(token);
  if (number === undefined) numbers.set(token, number = numbers.size);
  return number;
}

/**
 * A corpus from a folder of caches, or made and put there. The file's name is a SHA-256 sum of the rules and of the
 * content of the files: when either changes there is a new file, and no old one is ever mistaken for it. A damaged file
 * is made again.
 *
 * ```ts
 * const corpus = await w.data.cachedCorpus("cache", { rules: { tokenizer: "spacy" }, files: ["train.csv"] }, () =>
 *   w.data.tokenizeCorpus(texts(), new URL("./tokenize.ts", import.meta.url), { workers: 4 }));
 * ```
 *
 * @param of rules: plain data; files: bytes, Blobs or paths
 */
export async function cachedCorpus(
  folder: string | URL,
  of: { rules: unknown; files?: Parameters<typeof contentKey>[1] },
  make: () => TokenCorpus | Promise<TokenCorpus>,
): Promise<TokenCorpus> {
  const key = await contentKey(["corpus 1", of.rules], of.files),
    root = openFolder(folder),
    name = `${key}.safetensors`;
  if ((await root.list()).some((entry) => entry.name === name)) {
    try {
      return await TokenCorpus.load(`${root.path}/${name}`);
    } catch (error) {
      if (!(error instanceof WgradError)) throw error;
    }
  }
  const corpus = await make();
  await corpus.save(`${root.path}/${name}`);
  return corpus;
}
