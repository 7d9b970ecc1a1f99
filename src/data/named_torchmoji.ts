/**
 * The benchmark sets of DeepMoji and torchMoji (Felbo et al., 2017), from the pickles in which they are published:
 * `{ texts, info: [{ label }], train_ind, val_ind, test_ind }`. Pickles are read as data; nothing in them is called.
 * @module
 */

import { FormatError, ValueError } from "../errors.ts";
import { type Source, utf8 } from "../io/input.ts";
import { load } from "../io/pickle.ts";
import { StoredTensor } from "../io/stored_tensor.ts";
import { readJsonLines } from "./jsonl.ts";
import { memberOf, type NamedSource, sourceFor } from "./named.ts";

/** Names of the sets. */
export type TorchMojiName =
  | "Olympic"
  | "PsychExp"
  | "SCv1"
  | "SCv2-GEN"
  | "SE0714"
  | "SS-Twitter"
  | "SS-Youtube"
  | "kaggle-insults";

interface Facts {
  readonly sha256: string;
  readonly names: readonly string[];
  /** Whether a text may have several labels, or none. */
  readonly several?: true;
}

const SARCASM = ["not sarcastic", "sarcastic"], SENTIMENT = ["negative", "positive"];

const SETS: Record<TorchMojiName, Facts> = {
  Olympic: {
    sha256: "05105b861d97dc1449a042d2b074d2982d2aaaac5a01aba4401ecb8a66e79ef2",
    // The authors' list prints the second name twice; the fourth is low control.
    names: ["negative & high control", "positive & high control", "negative & low control", "positive & low control"],
    several: true,
  },
  PsychExp: {
    sha256: "d28e07dd450aa2b500968b998bfa4a48fa2f683526876289d5d778ae7c088ea7",
    names: ["joy", "fear", "anger", "sadness", "disgust", "shame", "guilt"],
  },
  SCv1: { sha256: "45403acc488eedd42e9e43269303010d4cdb9900cbe3e7e4558f2183ac15cc25", names: SARCASM },
  "SCv2-GEN": { sha256: "2a557c10e31c914a96259ca5c2ad474d9b437792528bb6d5c041eb84f0ca4f84", names: SARCASM },
  SE0714: {
    sha256: "320d1e3e2c6852864ed59b02c736d4f3fe90471fad1b49032bf509b6a8fb91bf",
    names: ["fear", "joy", "sadness"],
    several: true,
  },
  "SS-Twitter": { sha256: "7b8b2ab6196bc4f8fb4fd9a9a90729fd9449c12b8a6fae8739d64a62d5256078", names: SENTIMENT },
  "SS-Youtube": { sha256: "2f9248cb2172e0e19a97f8d6d113967045baf454d5fa98236284ecfee77c7db1", names: SENTIMENT },
  "kaggle-insults": {
    sha256: "eea2746a07542ed5e00e61c9b02aaf91374829fe3a14a5b6b7cfb0a12cc60bfb",
    names: ["neutral", "insult"],
  },
};

/** A benchmark set. */
export interface TorchMojiSet {
  /** The texts, in the order of the file. */
  readonly texts: string[];
  /** Names of the classes. */
  readonly names: readonly string[];
  /** One class for each text; or, where a text may have several or none, a 0 or 1 for each class of each text. */
  readonly labels: Uint8Array<ArrayBuffer>;
  /** Numbers per text in `labels`: 1, or the number of classes. */
  readonly width: number;
  /** Positions of the texts for training, validation and testing, as the file has them. */
  readonly train: Int32Array<ArrayBuffer>;
  /** For validation. */
  readonly valid: Int32Array<ArrayBuffer>;
  /** For testing. */
  readonly test: Int32Array<ArrayBuffer>;
}

/**
 * Loads a benchmark set.
 *
 * ```ts
 * const { texts, labels, train, test } = await w.data.torchMojiSet("SS-Youtube", { path: "torchMoji/data" });
 * ```
 *
 * @param source `path` is `raw.pickle`, a folder that holds it (or a folder of that name which does), or JSON lines
 * `{ text, label | labels, split }`
 * @throws {ValueError} for another name, or when the file is not there
 * @throws {FormatError} for a file of another layout, or an unknown label, with its place
 */
export async function torchMojiSet(name: TorchMojiName, source: NamedSource = {}): Promise<TorchMojiSet> {
  const facts = SETS[name];
  if (!facts) {
    throw new ValueError(
      `Cannot load torchMoji's set ${JSON.stringify(name)}: there are ${Object.keys(SETS).join(", ")}`,
      {
        op: "torchMojiSet",
        value: name,
      },
    );
  }
  const from = await sourceFor(source, {
    url:
      `https://raw.githubusercontent.com/bfelbo/DeepMoji/3edf6bb9b5e1096a64abe55a6a909aa05854969f/data/${name}/raw.pickle`,
    sha256: facts.sha256,
  });
  const names = [`${name}/raw.pickle`, `${name}.jsonl.gz`, `${name}.jsonl`, "/raw.pickle"];
  const file = await memberOf(from, names, "torchMojiSet"), jsonLines = /\.jsonl(\.gz)?$/.test(file.name);
  return jsonLines ? await fromLines(file, facts, source.invalid) : await fromPickle(file, facts);
}

type File = Awaited<ReturnType<typeof memberOf>>;

function fail(file: File, state: string, wanted: string, position?: number): never {
  throw new FormatError(`Cannot read ${file.name}: ${state}; wanted ${wanted}`, {
    op: "torchMojiSet",
    file: file.name,
    position,
    wanted,
  });
}

async function fromPickle(file: File, facts: Facts): Promise<TorchMojiSet> {
  const root = await load(file.source as Source, { name: file.name });
  const list = (key: string): unknown[] => {
    const value = root instanceof Map ? root.get(key) : undefined;
    if (Array.isArray(value)) return value;
    return fail(
      file,
      `it has no list ${JSON.stringify(key)}`,
      "a dictionary of texts, info and three lists of indices",
    );
  };
  const texts = list("texts").map(textOf) as string[],
    info = list("info"),
    width = facts.several ? facts.names.length : 1;
  const wrong = texts.findIndex((text) => typeof text !== "string");
  if (wrong >= 0) fail(file, `text ${wrong} is none`, "texts", wrong);
  if (info.length !== texts.length) fail(file, `it has ${info.length} labels`, `${texts.length}, one per text`);
  const labels = new Uint8Array(texts.length * width);
  for (let i = 0; i < info.length; i++) {
    let label = info[i] instanceof Map ? (info[i] as Map<string, unknown>).get("label") : undefined;
    if (label instanceof StoredTensor) label = Array.from((await label.read()).raw as Uint8Array, Number);
    labels.set(labelOf(label, file, facts, `text ${i}`, i), i * width);
  }
  const indices = (key: string): Int32Array<ArrayBuffer> =>
    Int32Array.from(list(key), (index) => {
      const place = Number(index);
      if (Number.isInteger(place) && place >= 0 && place < texts.length) return place;
      return fail(file, `${key} has ${index}`, `positions of its ${texts.length} texts`);
    });
  const [train, valid, test] = [indices("train_ind"), indices("val_ind"), indices("test_ind")];
  return { texts, names: facts.names, labels, width, train, valid, test };
}

/** Byte strings of Python 2 come with a character per byte: those that are UTF-8 are decoded, as torchMoji does. */
function textOf(value: unknown): unknown {
  // deno-lint-ignore no-control-regex -- characters beyond ASCII, none beyond a byte
  if (typeof value !== "string" || !/^[\x00-\xff]*[\x80-\xff][\x00-\xff]*$/.test(value)) return value;
  return utf8(Uint8Array.from(value, (one) => one.charCodeAt(0))) ?? value;
}

async function fromLines(file: File, facts: Facts, invalid?: "error" | "replace"): Promise<TorchMojiSet> {
  const texts: string[] = [], labels: number[] = [];
  const splits: Record<string, number[]> = { train: [], val: [], test: [] };
  const reader = readJsonLines<{ text: string; label?: number; labels?: number[]; split: string }>(file.source, {
    required: ["text", "split"],
    name: file.name,
    invalid,
  });
  for await (const row of reader) {
    const split = splits[row.split === "valid" ? "val" : row.split];
    if (!split) {
      const { line } = reader;
      fail(file, `the split of line ${line} is ${JSON.stringify(row.split)}`, "train, val or test", line);
    }
    split.push(texts.length);
    texts.push(row.text);
    labels.push(...labelOf(row.labels ?? row.label, file, facts, `line ${reader.line}`, reader.line));
  }
  const [train, valid, test] = [splits.train, splits.val, splits.test].map((all) => Int32Array.from(all));
  const width = facts.several ? facts.names.length : 1;
  return { texts, names: facts.names, labels: Uint8Array.from(labels), width, train, valid, test };
}

/** A label as its class, or as zeros and ones where there may be several. */
function labelOf(label: unknown, file: File, { names, several }: Facts, where: string, position: number): number[] {
  const count = names.length;
  if (Array.isArray(label) && label.length === count) {
    const ones: number[] = label.map(Number), bits = !ones.some((bit) => bit !== 0 && bit !== 1);
    if (bits && several) return ones;
    if (bits && ones.reduce((sum, bit) => sum + bit, 0) === 1) return [ones.indexOf(1)];
  } else if (!several && Number.isInteger(Number(label)) && Number(label) >= 0 && Number(label) < count) {
    return [Number(label)];
  }
  const shown = Array.isArray(label) ? `[${label}]` : String(label);
  return fail(
    file,
    `the label of ${where} is ${shown}`,
    several ? `${count} zeros and ones` : `one of ${count} classes`,
    position,
  );
}
