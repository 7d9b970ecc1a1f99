/**
 * Comments with their targets: from the files of Kaggle's competition, or from smaller sets by way of an adapter that says
 * which columns it derives.
 * @module
 */

import * as w from "../../mod.ts";

/** Soft targets of the competition, in the order of the auxiliary outputs. */
export const TARGETS = ["target", "severe_toxicity", "obscene", "identity_attack", "insult", "threat"] as const;

/** Comments of one part. */
export interface Comments {
  readonly ids: readonly string[];
  readonly texts: readonly string[];
  /** Soft targets `[comments, columns]`, row by row; null where nothing is known of them. */
  readonly targets: Float32Array | null;
  /** What the targets are, a beginning of {@link TARGETS} or all of it; `target` comes first. */
  readonly columns: readonly string[];
  /** Per identity, which comments mention it (fractions of raters); empty where that is not known. */
  readonly identities: Readonly<Record<string, Float32Array>>;
}

/** What there is to train on, to choose by, and to predict. */
export interface Data {
  readonly train: Comments;
  /** Null: nothing is set aside. */
  readonly valid: Comments | null;
  /** Where a file has none, `valid` itself. */
  readonly test: Comments;
  /** What the reader did, in lines for people: which columns it derived. */
  readonly notes: readonly string[];
}

/** How {@link read} chooses. */
export interface ReadOptions {
  /** Comments of each part at most: the first ones, of JSON lines some from all over the file. Default all. */
  limit?: number;
  /** Identity columns of Kaggle's training file too, for the bias metric. Default false. */
  identities?: boolean;
}

/**
 * Reads `train.csv` and `test.csv` in a folder, or a file of JSON lines with `text`, `split` and labels.
 * @throws {w.ValueError} when the files are not there, or a part has no comments
 * @throws {w.FormatError} for a missing column or a target that is no number from 0 to 1, with its line
 */
export async function read(path: string, options: ReadOptions = {}): Promise<Data> {
  const data = /\.jsonl(\.gz)?$/.test(path) ? await readLines(path, options) : await readKaggle(path, options);
  for (const [name, part] of [["training", data.train], ["test", data.test]] as const) {
    if (!part.texts.length) throw new w.ValueError(`Cannot use ${path}: it has no ${name} comments`, { value: path });
  }
  return data;
}

async function readKaggle(path: string, { limit, identities = false }: ReadOptions): Promise<Data> {
  const names = identities ? w.train.metrics.jigsawIdentities : [];
  const train = await w.data.jigsaw({ path }, { split: "train", columns: [...TARGETS, ...names], limit });
  const test = await w.data.jigsaw({ path }, { split: "test", limit });
  const all = train.columns.length, targets = new Float32Array(train.ids.length * TARGETS.length);
  for (let row = 0; row < train.ids.length; row++) {
    for (let k = 0; k < TARGETS.length; k++) {
      const value = train.values[row * all + k];
      checkTarget(value, TARGETS[k], `comment ${train.ids[row]} of ${path}/train.csv`);
      targets[row * TARGETS.length + k] = value;
    }
  }
  const column = (k: number): Float32Array => Float32Array.from(train.ids, (_, row) => train.values[row * all + k]);
  const found = Object.fromEntries(names.map((name, k) => [name, column(TARGETS.length + k)]));
  const empty = train.empty + test.empty;
  return {
    train: { ids: train.ids, texts: train.texts, targets, columns: TARGETS, identities: found },
    valid: null,
    test: { ids: test.ids, texts: test.texts, targets: null, columns: [], identities: {} },
    notes: empty ? [`${empty} comments are empty: they are all padding`] : [],
  };
}

/** Names under which other sets have the competition's columns. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  target: ["target", "label", "toxic"],
  severe_toxicity: ["severe_toxicity", "severe_toxic"],
  obscene: ["obscene"],
  identity_attack: ["identity_attack", "identity_hate"],
  insult: ["insult"],
  threat: ["threat"],
};

type Row = Readonly<Record<string, unknown>>;

async function readLines(path: string, { limit = Infinity }: ReadOptions): Promise<Data> {
  const rows: Record<"train" | "valid" | "test", { row: Row; line: number }[]> = { train: [], valid: [], test: [] };
  const reader = w.data.readJsonLines<Row>(path, { required: ["text"] });
  for await (const row of reader) {
    const split = String(row.split ?? "train") as "train";
    if (!(split in rows)) throw wrong(path, reader.line, `split is ${JSON.stringify(split)}`, "train, valid or test");
    rows[split].push({ row, line: reader.line });
  }
  // Such files may be sorted by label: of a part, rows from all over it are taken.
  for (const [split, all] of Object.entries(rows)) {
    const count = Math.min(limit, all.length);
    rows[split as "train"] = Array.from({ length: count }, (_, i) => all[Math.floor(i * all.length / count)]);
  }
  const first = rows.train[0]?.row ?? {};
  const given = TARGETS.map((name) => ALIASES[name].find((alias) => alias in first));
  if (!given[0]) {
    throw new w.FormatError(
      `Cannot use ${path}: its rows have ${Object.keys(first).join(", ")}; wanted one of ` +
        `${ALIASES.target.join(", ")} for the target`,
      { file: path },
    );
  }
  // Auxiliary targets end where the first column is not to be had, so that their order is always the competition's.
  const end = given.indexOf(undefined), columns = TARGETS.slice(0, end < 0 ? TARGETS.length : end);
  const part = (name: "train" | "valid" | "test"): Comments => ({
    ids: rows[name].map(({ row, line }) => String(row.id ?? line)),
    texts: rows[name].map(({ row }) => String(row.text ?? "")),
    targets: Float32Array.from(
      rows[name].flatMap(({ row, line }) =>
        columns.map((_, k) => {
          const value = Number(row[given[k]!]);
          checkTarget(value, given[k]!, `line ${line} of ${path}`);
          return value;
        })
      ),
    ),
    columns,
    identities: {},
  });
  const derived = columns.flatMap((name, k) => given[k] === name ? [] : [`${name} from ${given[k]}`]);
  if (!("id" in first)) derived.unshift("id from the number of the line");
  const missing = TARGETS.slice(columns.length), valid = rows.valid.length ? part("valid") : null;
  const instead = rows.test.length === 0 && valid !== null;
  return {
    train: part("train"),
    valid,
    test: instead ? valid : part("test"),
    notes: [
      ...instead ? ["No part is named test: the validation comments are predicted in its place"] : [],
      ...derived.length ? [`Derived columns: ${derived.join(", ")}`] : [],
      ...missing.length ? [`Without ${missing.join(", ")}: ${columns.length} auxiliary targets instead of 6`] : [],
    ],
  };
}

function checkTarget(value: number, column: string, where: string): void {
  if (value >= 0 && value <= 1) return;
  throw new w.FormatError(
    `Cannot train on ${where}: ${column} is ${value}; wanted a fraction of raters from 0 to 1`,
    { file: where, value },
  );
}

function wrong(file: string, line: number, found: string, wanted: string): w.FormatError {
  return new w.FormatError(`Cannot read line ${line} of ${file}: ${found}; wanted ${wanted}`, { file, position: line });
}

/** Words of templated sentences, by the competition's identity that they stand for. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  male: ["male"],
  female: ["female"],
  homosexual_gay_or_lesbian: ["homosexual", "gay", "lesbian"],
  christian: ["christian", "catholic", "protestant"],
  jewish: ["jewish"],
  muslim: ["muslim"],
  black: ["black", "african american"],
  white: ["white"],
  psychiatric_or_mental_illness: [],
};

/**
 * Sentences made of templates with identity terms, for the bias metric: JSON lines with `text`, `label` and `identity`.
 * The identities are derived from the terms by a list of words.
 * @throws {w.FormatError} for a row without one of these, with its line
 */
export async function readTemplates(path: string, limit = Infinity): Promise<Comments> {
  const reader = w.data.readJsonLines<Row>(path, { required: ["text", "label", "identity"] });
  const texts: string[] = [], labels: number[] = [], terms: string[][] = [];
  for await (const row of reader) {
    if (texts.length >= limit) break;
    if (!Array.isArray(row.identity)) throw wrong(path, reader.line, "identity is no list", "a list of terms");
    checkTarget(Number(row.label), "label", `line ${reader.line} of ${path}`);
    texts.push(String(row.text));
    labels.push(Number(row.label));
    terms.push(row.identity.map(String));
  }
  const mentions = (words: readonly string[]): Float32Array =>
    Float32Array.from(terms, (own) => own.some((term) => words.includes(term)) ? 1 : 0);
  return {
    ids: texts.map((_, i) => String(i)),
    texts,
    targets: Float32Array.from(labels),
    columns: ["target"],
    identities: Object.fromEntries(Object.entries(WORDS).map(([name, words]) => [name, mentions(words)])),
  };
}

/** Rows of a part, in a given order. */
export function pick(part: Comments, rows: ArrayLike<number>): Comments {
  const at = Array.from(rows), width = part.columns.length;
  return {
    ids: at.map((i) => part.ids[i]),
    texts: at.map((i) => part.texts[i]),
    targets: part.targets &&
      Float32Array.from(at.flatMap((i) => [...part.targets!.subarray(i * width, (i + 1) * width)])),
    columns: part.columns,
    identities: Object.fromEntries(
      Object.entries(part.identities).map(([name, values]) => [name, Float32Array.from(at, (i) => values[i])]),
    ),
  };
}
