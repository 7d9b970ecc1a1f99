/**
 * Tokenizers against the Python libraries that they follow. Both sides read the same texts, and a part of them in turns that
 * neither has seen before, so caches help as they do in a corpus. Prints JSON lines, then a table.
 *
 *     deno task bench bench/text.ts [--python=python3] [--texts=../shared/data/imdb/train.jsonl.gz] [--only=spacy]
 *         [--rounds=5] [--count=2000] [--verbose]
 *
 * `--texts` is a file of JSON lines with a `text` each, `--count` how many of them a sample takes, `--python` an
 * interpreter with spaCy 3.8 (fastai's rules are done again in Python: tests/golden/spacy/text_rules.py).
 */
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import * as w from "../mod.ts";
import { ask, start, stop } from "./peers/processes.ts";

const { values: options } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    texts: { type: "string", default: "../shared/data/imdb/train.jsonl.gz" },
    only: { type: "string", default: "" },
    rounds: { type: "string", default: "5" },
    count: { type: "string", default: "2000" },
    verbose: { type: "boolean", default: false },
  },
});

/** Something measured on both sides. */
interface Workload {
  readonly name: string;
  /** Its name in text_python.py. */
  readonly peer: string;
  /** Tokens that the texts become. */
  run(texts: readonly string[]): number;
}

const counted = (tokenizer: w.text.Tokenizer) => (texts: readonly string[]) => {
  let tokens = 0;
  for (const text of texts) tokens += tokenizer.tokenize(text).length;
  return tokens;
};
const spacy = counted(new w.text.SpacyTokenizer("en"));
const WORKLOADS: readonly Workload[] = [
  { name: "spacy", peer: "spacy", run: spacy },
  { name: "spacy_pipe", peer: "spacy_pipe", run: counted(new w.text.SpacyTokenizer("en")) },
  { name: "fastai2", peer: "fastai2", run: counted(new w.text.FastaiTokenizer()) },
  { name: "fastai07", peer: "fastai07", run: counted(new w.text.FastaiTokenizer({ version: "0.7" })) },
];

const print = (line: object) => console.log(JSON.stringify(line));
const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1];
const rounds = Number(options.rounds), count = Number(options.count);

const raw = Deno.readFileSync(options.texts);
const lines = new TextDecoder().decode(options.texts.endsWith(".gz") ? gunzipSync(raw) : raw).split("\n");
const texts = lines.slice(0, (rounds + 1) * count).filter(Boolean).map((line) => JSON.parse(line).text as string);
if (texts.length < (rounds + 1) * count) {
  throw new Error(`${options.texts} has ${texts.length} texts: ${rounds} rounds and a first one take ${count} each`);
}

const process = start(
  { name: "python", kind: "processor", args: ["bench/peers/text_python.py"] },
  options.python,
  options.verbose,
);
const file = decodeURIComponent(new URL(options.texts, `file://${Deno.cwd()}/`).pathname);
print({
  deno: Deno.version.deno,
  os: Deno.build.os,
  ...await ask(process, { op: "setup", file, count: texts.length }, 300, "reading"),
});
const rows = [];
for (const { name, peer, run } of WORKLOADS) {
  if (options.only && !options.only.split(",").some((prefix) => name.startsWith(prefix))) continue;
  const ratios: number[] = [], own: number[] = [], theirs: number[] = [];
  for (let round = 0; round <= rounds; round++) { // the first one warms up
    const from = round * count;
    const measure = () => {
      const begin = performance.now(), items = run(texts.slice(from, from + count));
      return { items, ms: performance.now() - begin };
    };
    const request = { op: "sample", name: peer, start: from, count };
    const first = round % 2 ? measure() : undefined;
    const other = await ask(process, request, 600, "a sample") as { items: number; ms: number };
    const sample = first ?? measure();
    if (sample.items !== other.items) throw new Error(`${name}: ${sample.items} tokens, Python has ${other.items}`);
    print({
      workload: name,
      round,
      tokens: sample.items,
      ms: sample.ms,
      python: other.ms,
      ratio: other.ms / sample.ms,
    });
    if (round === 0) continue;
    ratios.push(other.ms / sample.ms);
    own.push(sample.items / sample.ms), theirs.push(other.items / other.ms);
  }
  const thousands = (values: number[]) => Math.round(median(values)).toLocaleString("en") + " k/s";
  rows.push([name, thousands(own), thousands(theirs), median(ratios).toFixed(1)]);
}
await stop(process);
console.log("\n| workload | tokens | Python's | times as fast |\n| --- | ---: | ---: | ---: |");
for (const row of rows) console.log(`| ${row.join(" | ")} |`);
