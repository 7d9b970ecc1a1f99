/**
 * The toxic comments of Jigsaw's two competitions on Kaggle: "unintended bias" with fractions of raters, and the earlier
 * "toxic comments" with six labels. Kaggle gives files only to those who accepted its rules, so they are not downloaded.
 * @module
 */

import { FormatError, ValueError } from "../errors.ts";
import { type CsvReader, readCsv } from "./csv.ts";
import { readJsonLines } from "./jsonl.ts";
import { memberOf, type NamedSource, sourceFor } from "./named.ts";

/** Target columns of the "unintended bias" competition, in the order of its models' outputs. */
const BIAS = ["target", "severe_toxicity", "obscene", "identity_attack", "insult", "threat"] as const;

/** Labels of the "toxic comments" competition, in the order of its files. */
const TOXIC = ["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"] as const;

/** Options of {@link jigsaw}. */
export interface JigsawOptions {
  /** Which file; default "train". That of the test has no numbers, unless `columns` names some. */
  split?: "train" | "test";
  /** Which competition; default "bias". */
  set?: "bias" | "toxic";
  /**
   * Columns of numbers. Default, for training: target, severe_toxicity, obscene, identity_attack, insult and threat; or
   * the six labels of the "toxic" set. Identity columns may be added: empty fields are NaN.
   */
  columns?: readonly string[];
  /** What a comment is whose field is empty; default "". The published notebook, by way of pandas, has "nan". */
  missing?: string;
  /** At most so many rows; default all. */
  limit?: number;
}

/** Comments with their numbers. */
export interface Comments {
  /** Ids, for a submission. */
  readonly ids: string[];
  /** Comments. */
  readonly texts: string[];
  /** Names of the numbers. */
  readonly columns: readonly string[];
  /** Numbers, `columns.length` for each comment, row by row; NaN where a field was empty. */
  readonly values: Float32Array<ArrayBuffer>;
  /** Comments whose field was empty. */
  readonly empty: number;
}

/**
 * Loads comments.
 *
 * ```ts
 * const { ids, texts, values } = await w.data.jigsaw({ path: "jigsaw-unintended-bias-in-toxicity-classification" });
 * const target = (row: number) => values[row * 6] >= 0.5 ? 1 : 0;
 * ```
 *
 * @param source `path` is train.csv or test.csv, a folder or zip file that holds them, or JSON lines with the same keys
 * @throws {ValueError} without a path or mirror, or when the file is not there
 * @throws {FormatError} for a missing column, a row that does not fit, or a number that is none, with its line
 */
export async function jigsaw(source: NamedSource, options: JigsawOptions = {}): Promise<Comments> {
  const { split = "train", set = "bias", missing = "", limit = Infinity } = options;
  const columns = options.columns ?? (split === "test" ? [] : set === "bias" ? BIAS : TOXIC);
  if (source.path === undefined && !source.url) {
    const name = `jigsaw-${set === "bias" ? "unintended-bias-in-toxicity" : "toxic-comment"}-classification`;
    throw new ValueError(
      `Cannot load the comments of Jigsaw without a file: Kaggle asks for an account; fetch ${split}.csv from ` +
        `https://www.kaggle.com/c/${name}/data and pass { path }`,
      { op: "jigsaw" },
    );
  }
  const from = await sourceFor(source, { url: source.url ?? "" });
  const { source: file, name } = await memberOf(from, [`${split}.csv`, `${split}.csv.gz`], "jigsaw");
  const jsonLines = /\.jsonl(\.gz)?$/.test(name), { invalid } = source, text = jsonLines ? "text" : "comment_text";
  const names: string[] = ["id", text, ...columns];
  const csv: CsvReader | null = jsonLines ? null : readCsv(file, { columns: names, name, invalid });
  const json = jsonLines ? readJsonLines<Record<string, unknown>>(file, { required: names, name, invalid }) : null;
  const ids: string[] = [], texts: string[] = [], values: number[] = [];
  let empty = 0;
  for await (const row of (csv ?? json)! as AsyncIterable<Record<string, unknown>>) {
    if (ids.length >= limit) break;
    const line = csv ? row.line as number : json!.line;
    if (row.split !== undefined && json && (row.split === "train") !== (split === "train")) continue;
    for (const column of columns) {
      const given = row[column], value = given === "" || given === null ? NaN : Number(given);
      if (Number.isNaN(value) && given !== "" && given !== null) {
        throw new FormatError(
          `Cannot read line ${line} of ${name}: ${column} is ${JSON.stringify(given)}; wanted a number`,
          { op: "jigsaw", file: name, position: line, value: given },
        );
      }
      values.push(value);
    }
    ids.push(String(row.id));
    const comment = String(row[text] ?? "");
    if (!comment) empty++;
    texts.push(comment || missing);
  }
  return { ids, texts, columns, values: Float32Array.from(values), empty };
}
