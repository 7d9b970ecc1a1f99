/**
 * The IMDb reviews of Maas et al. (2011): 25,000 for training, 25,000 for testing and 50,000 without a label.
 * @module
 */

import { FormatError, ValueError } from "../errors.ts";
import { byNumber, type LabelledTexts, readTextFolder } from "./folder.ts";
import { readJsonLines } from "./jsonl.ts";
import { fileIn, type NamedSource, sourceFor, sourceName } from "./named.ts";

/** Options of {@link imdb}. */
export interface ImdbOptions {
  /** Which reviews; default "train". Those without a label are "unsup", label 2. */
  split?: "train" | "test" | "unsup";
  /**
   * Order in which the classes come; default `["pos", "neg"]`, that of torchtext. fastai's is `["neg", "pos"]`. Labels
   * do not depend on it: neg is 0, pos is 1.
   */
  classes?: readonly ("pos" | "neg")[];
}

/** The official file. */
const ACL_IMDB = {
  url: "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
  md5: "7c2ac02c03563afcf9b574c7e56c153a",
};

/**
 * Loads reviews and their labels. The order is fixed: all of the first class, then all of the second, each by the number
 * of its file. (torchtext takes `pos`, then `neg`, each in whatever order the disk lists them.)
 *
 * ```ts
 * const { texts, labels, names } = await w.data.imdb({ path: "aclImdb" }, { split: "test" });
 * ```
 *
 * @param source `path` is the folder aclImdb (or one that holds it), the archive aclImdb_v1.tar.gz, a file of JSON lines
 * `{ id, text, label }`, or a folder with `train.jsonl.gz` and the like
 * @throws {StateError} when the file can be neither opened nor downloaded
 * @throws {FormatError} for a damaged archive, a label that is none (with its line), or bytes that are no UTF-8
 * @throws {ValueError} when the split is not there
 */
export async function imdb(source: NamedSource = {}, options: ImdbOptions = {}): Promise<LabelledTexts> {
  const { split = "train", classes = ["pos", "neg"] } = options;
  if (!["train", "test", "unsup"].includes(split)) {
    throw new ValueError(`Cannot load split ${split} of IMDb: wanted train, test or unsup`, {
      op: "imdb",
      value: split,
    });
  }
  const from = await sourceFor(source, ACL_IMDB);
  const order: readonly string[] = split === "unsup" ? ["unsup"] : classes;
  const names = split === "unsup" ? ["neg", "pos", "unsup"] : ["neg", "pos"];
  const lines = /\.jsonl(\.gz)?$/.test(sourceName(from))
    ? from
    : await fileIn(from, [`/${split}.jsonl.gz`, `/${split}.jsonl`]);
  if (!lines) {
    const folder = split === "unsup" ? "train" : split, { invalid } = source;
    const { texts, labels } = await readTextFolder(from, { folder, classes: order, labels: names, invalid });
    return { texts, labels, names };
  }
  const rows: { text: string; label: string; id: string }[] = [];
  const reader = readJsonLines<{ id?: string; text: unknown; label: unknown; split?: string }>(lines, {
    required: split === "unsup" ? ["text"] : ["text", "label"],
    invalid: source.invalid,
  });
  for await (const { id = "", text, label: given, split: of } of reader) {
    if (of !== undefined && of !== split && split !== "unsup") continue;
    const label = split === "unsup" ? "unsup" : typeof given === "number" ? names[given] : String(given);
    if (!names.includes(label) || typeof text !== "string") {
      const file = sourceName(lines);
      throw new FormatError(
        `Cannot read line ${reader.line} of ${file}: its ${
          typeof text === "string" ? `label is ${JSON.stringify(given)}` : "text is none"
        }; wanted a text, and 0 or "neg", 1 or "pos"`,
        { op: "imdb", file, position: reader.line, value: given },
      );
    }
    if (order.includes(label)) rows.push({ text, label, id });
  }
  if (!rows.length) {
    throw new ValueError(`Cannot load split ${split} of IMDb: ${sourceName(lines)} has no such reviews`, {
      op: "imdb",
      value: split,
    });
  }
  rows.sort((a, b) => order.indexOf(a.label) - order.indexOf(b.label) || (a.id && b.id ? byNumber(a.id, b.id) : 0));
  return {
    texts: rows.map(({ text }) => text),
    labels: Uint8Array.from(rows, ({ label }) => names.indexOf(label)),
    names,
  };
}
