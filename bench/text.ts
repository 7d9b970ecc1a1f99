/**
 * Tokenizers and readers against the Python libraries that they follow. Both sides read the same texts, and a part of them in turns that
 * neither has seen before, so caches help as they do in a corpus. Word vectors are read from a file made here, against
 * the usual loop in NumPy. Prints JSON lines, then a table.
 *
 *     deno task bench bench/text.ts [--python=python3] [--texts=../shared/data/imdb/train.jsonl.gz] [--only=spacy]
 *         [--rounds=5] [--count=2000] [--verbose]
 *
 * `--texts` is a file of JSON lines with a `text` each, `--count` how many of them a sample takes, `--python` an
 * interpreter with spaCy 3.8, and sentencepiece 0.2.2 for its part (fastai's rules are done again in Python: tests/golden/spacy/text_rules.py).
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
  /** Tokens that the texts become; words of the file where there is one. */
  run(texts: readonly string[]): number | Promise<number>;
  /** A file that is read instead of texts. */
  readonly file?: string;
}

/** A file as GloVe has them: 40,000 words of 300 numbers with five digits. */
function vectorFile(): string {
  const path = Deno.makeTempFileSync({ suffix: ".txt" }), numbers = 4096, encoder = new TextEncoder();
  const random = new w.data.RandomState(1),
    pool = Array.from({ length: numbers }, () => (random.random() - 0.5).toPrecision(5));
  const file = Deno.openSync(path, { write: true });
  for (let i = 0; i < 40_000; i++) {
    const from = (i * 97) % (numbers - 300), line = encoder.encode(`w${i} ${pool.slice(from, from + 300).join(" ")}\n`);
    for (let at = 0; at < line.length;) at += file.writeSync(line.subarray(at));
  }
  file.close();
  return path;
}
const wanted = (name: string) => !options.only || options.only.split(",").some((prefix) => name.startsWith(prefix));
const vectors = wanted("vectors") ? vectorFile() : "";

const counted = (tokenizer: w.text.Tokenizer) => (texts: readonly string[]) => {
  let tokens = 0;
  for (const text of texts) tokens += tokenizer.tokenize(text).length;
  return tokens;
};
// the model of 1,000 pieces that the tests have; its rules of normalisation are made here
function sentencepiece(kind: string): Workload["run"] {
  const bytes = Deno.readFileSync(`tests/golden/sentencepiece/imdb_${kind}.model`);
  const model = w.text.parseSentencePieceModel(bytes);
  const tokenizer = new w.text.SentencePieceTokenizer({
    ...model,
    normalizer: { ...model.normalizer, precompiledCharsmap: undefined },
  });
  return (texts) => texts.reduce((tokens, text) => tokens + tokenizer.encode(text).length, 0);
}
const spacy = counted(new w.text.SpacyTokenizer("en"));
const WORKLOADS: readonly Workload[] = [
  { name: "spacy", peer: "spacy", run: spacy },
  { name: "spacy_pipe", peer: "spacy_pipe", run: counted(new w.text.SpacyTokenizer("en")) },
  { name: "fastai2", peer: "fastai2", run: counted(new w.text.FastaiTokenizer()) },
  { name: "fastai07", peer: "fastai07", run: counted(new w.text.FastaiTokenizer({ version: "0.7" })) },
  ...(wanted("sentencepiece")
    ? ["unigram", "bpe"].map((kind) => ({
      name: `sentencepiece encode ${kind}`,
      peer: `sentencepiece_${kind}`,
      run: sentencepiece(kind),
    }))
    : []),
  {
    name: "vectors",
    peer: "vectors",
    file: vectors,
    run: async () => (await w.text.readVectors(vectors)).size,
  },
  {
    name: "unigram_training",
    peer: "unigram_training",
    run: (texts) => w.text.trainUnigram(texts, { vocabSize: 1000, hardVocabLimit: false }).pieces.length,
  },
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
for (const { name, peer, run, file } of WORKLOADS) {
  if (!wanted(name)) continue;
  const ratios: number[] = [], own: number[] = [], theirs: number[] = [];
  for (let round = 0; round <= rounds; round++) { // the first one warms up
    const from = round * count;
    const measure = async () => {
      const begin = performance.now(), items = await run(texts.slice(from, from + count));
      return { items, ms: performance.now() - begin };
    };
    const request = { op: "sample", name: peer, start: from, count, file };
    const first = round % 2 ? await measure() : undefined;
    const other = await ask(process, request, 600, "a sample") as { items: number; ms: number };
    const sample = first ?? await measure();
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
    const amount = file ? Deno.statSync(file).size / 1e3 : sample.items;
    own.push(amount / sample.ms), theirs.push(amount / other.ms);
  }
  const unit = file ? " MB/s" : " k/s";
  const thousands = (values: number[]) => Math.round(median(values)).toLocaleString("en") + unit;
  rows.push([name, thousands(own), thousands(theirs), median(ratios).toFixed(1)]);
}
await stop(process);
if (vectors) Deno.removeSync(vectors);
console.log("\n| workload | tokens | Python's | times as fast |\n| --- | ---: | ---: | ---: |");
for (const row of rows) console.log(`| ${row.join(" | ")} |`);
