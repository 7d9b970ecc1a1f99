/**
 * Texts for language models: the human numbers of fastai (one to nine thousand nine hundred ninety-nine, in words) and
 * WikiText-2 and -103 (Merity et al., 2016).
 * @module
 */

import { FormatError } from "../errors.ts";
import { memberOf, type NamedSource, sourceFor } from "./named.ts";
import { readLines } from "./utf8.ts";

/** The human numbers. */
export interface HumanNumbers {
  /** Lines of `train.txt`: 1 to 7,999, without the white space at their ends. */
  readonly train: string[];
  /** Lines of `valid.txt`: 8,001 to 9,999. */
  readonly valid: string[];
}

/**
 * Loads the human numbers: 7,999 and 1,999 lines.
 *
 * ```ts
 * const { train, valid } = await w.data.humanNumbers({ path: "human_numbers" });
 * const text = [...train, ...valid].join(" . ");
 * ```
 *
 * @param source `path` is a folder or an archive (human_numbers.tgz) with train.txt and valid.txt
 * @throws {ValueError} when one of the files is not there
 * @throws {FormatError} for a damaged archive, or an empty file
 */
export async function humanNumbers(source: NamedSource = {}): Promise<HumanNumbers> {
  const from = await sourceFor(source, { url: "https://s3.amazonaws.com/fast-ai-sample/human_numbers.tgz" });
  const read = async (name: string): Promise<string[]> => {
    const file = await memberOf(from, [name], "humanNumbers"), lines: string[] = [];
    for await (const line of readLines(file.source, { name: file.name, invalid: source.invalid })) {
      lines.push(line.trim());
    }
    if (!lines.length) {
      throw new FormatError(`Cannot read ${file.name}: it is empty; wanted a number in words on each line`, {
        op: "humanNumbers",
        file: file.name,
        offset: 0,
      });
    }
    return lines;
  };
  return { train: await read("train.txt"), valid: await read("valid.txt") };
}

/** Options of {@link wikitext}. */
export interface WikitextOptions {
  /** Which set; default 2. */
  version?: 2 | 103;
  /** Which part; default "train". */
  split?: "train" | "valid" | "test";
  /** The untouched text in place of the tokens with `<unk>`; default false. */
  raw?: boolean;
}

const ADDRESS = "https://s3.amazonaws.com/research.metamind.io/wikitext/";

/** Checksums as torchtext states them; nobody states those of the raw files. */
const MD5: Record<string, string> = {
  "wikitext-2-v1.zip": "542ccefacc6c27f945fb54453812b3cd",
  "wikitext-103-v1.zip": "9ddaacaf6af0710eda8c456decff7832",
};

/**
 * The lines of WikiText, in their order and as they are (`" = Homarus gammarus = "`, many of them blank), to be split at
 * white space: the tokens are separated already. What counts a token at the end of each line adds it itself.
 *
 * ```ts
 * for await (const line of w.data.wikitext({ path: "wikitext-2-v1.zip" }, { split: "valid" })) {
 *   counts.addTokens([...line.trim().split(/\s+/).filter(Boolean), "<eos>"]);
 * }
 * ```
 *
 * @param source `path` is a folder, a zip or tar archive with `wiki.train.tokens` (or `train.txt`), or that file itself
 * @throws {ValueError} when the part is not there
 * @throws {FormatError} for a damaged archive, or an empty file
 */
export async function* wikitext(
  source: NamedSource = {},
  options: WikitextOptions = {},
): AsyncGenerator<string, void, void> {
  const { version = 2, split = "train", raw = false } = options;
  const archive = `wikitext-${version}-${raw ? "raw-" : ""}v1.zip`;
  const from = await sourceFor(source, { url: ADDRESS + archive, md5: MD5[archive] });
  const wanted = [`wiki.${split}.${raw ? "raw" : "tokens"}`, `${split}.txt`];
  const file = await memberOf(from, wanted, "wikitext");
  let lines = 0;
  for await (const line of readLines(file.source, { name: file.name, invalid: source.invalid })) {
    lines++;
    yield line;
  }
  if (lines) return;
  throw new FormatError(`Cannot read ${file.name}: it is empty; wanted lines of text`, {
    op: "wikitext",
    file: file.name,
    offset: 0,
  });
}
