/**
 * Tests the tests: exchanges one operator in each of 20 kernels and 20 backward rules, one at a time in a copy of the
 * project, and runs the tests that should notice. Fails when fewer than 38 of 40 are noticed.
 *
 *     deno run -A tools/mutate.ts [--seed N] [--only kernels|backward] [--match TEXT]
 *
 * The seed chooses the places, the same ones for the same seed and text. `--match` keeps those whose line in the report
 * contains the text. A mutant that does not compile is not counted: another place is drawn.
 * @module
 */
import { kernelMutations, type Mutation, ruleMutations } from "./mutations.ts";
import { ensureAdapterOrExit } from "./setup.ts";

/** Kernels of one family, and who notices when they are wrong. */
interface Family {
  /** Shaders without `.wgsl`, one of which is drawn. */
  readonly files: readonly string[];
  /** Operations whose tests in ops_test.ts are run. */
  readonly ops?: string;
  /** Test files without `_test.ts`, run when these pass. */
  readonly tests?: readonly string[];
  /** The kernels compute with integers. */
  readonly integers?: boolean;
}

const UNARY =
  "exp|expm1|log|log1p|sqrt|rsqrt|square|reciprocal|abs|neg|sign|floor|ceil|round|sin|cos|erf|relu|leakyRelu|" +
  "elu|gelu|gelu_tanh|geluTanh|silu|softplus|sigmoid|tanh|hardSigmoid|clamp";
const LOSSES = "mseLoss|l1Loss|smoothL1Loss|binaryCrossEntropyWithLogits|binaryCrossEntropy|klDiv|klDivLog";

const FAMILIES: readonly Family[] = [
  { files: ["binary"], ops: "add|sub|mul|div|maximum|minimum|remainder", tests: ["elementary"] },
  { files: ["unary", "lib/exponent", "lib/exp", "lib/logarithm", "lib/log1p"], ops: UNARY, tests: ["elementary"] },
  { files: ["pow"], ops: "pow", tests: ["elementary"] },
  { files: ["compare"], ops: "eq|ne|lt|le|gt|ge|logicalAnd|logicalOr|logicalXor" },
  { files: ["reduce"], ops: "sum|mean|prod|amax|amin|var|norm|logsumexp", tests: ["reductions"] },
  { files: ["extreme"], ops: "extreme|spread|pick", tests: ["reductions"] },
  { files: ["softmax"], ops: "softmax|logSoftmax", tests: ["nn"] },
  { files: ["cross_entropy"], ops: "crossEntropy|nllLoss", tests: ["losses"] },
  { files: ["losses"], ops: LOSSES, tests: ["losses"] },
  { files: ["matmul16", "matmul8", "matmul4", "matmul_staged"], ops: "matmul|linear", tests: ["matmul"] },
  { files: ["lstm", "lstm_small", "lstm_pair"], ops: "lstm", tests: ["recurrent_variants", "nn_recurrent"] },
  { files: ["gru", "gru_small", "gru_pair"], ops: "gru", tests: ["recurrent_variants", "nn_recurrent"] },
  { files: ["rnn", "rnn_small", "rnn_pair"], ops: "rnn", tests: ["recurrent_variants", "nn_recurrent"] },
  { files: ["embedding"], ops: "embedding|embeddingGrad|indexSelect|indexSelectGrad", tests: ["embedding"] },
  { files: ["indexing", "triangle"], ops: "gather|gatherGrad|place|scatterAdd|oneHot|tril|triu", integers: true },
  { files: ["layer_norm"], ops: "layerNorm", tests: ["nn"] },
  { files: ["batch_norm"], ops: "batchNorm", tests: ["nn"] },
  { files: ["dropout", "random", "random_choice", "lib/philox"], ops: "dropout", tests: ["random"], integers: true },
  { files: ["sort", "scan"], ops: "argsort|cumsum|embeddingGrad", tests: ["embedding"], integers: true },
  { files: ["optim", "norm_gradient", "accumulate"], tests: ["optim", "autograd"] },
];
/** Kernels that move values as they are, or have no operator of their own. */
const MOVES = ["cast", "check", "copy", "fill", "matmul_pack", "rnn_state", "where", "lib/fault", "lib/pair"];
/** Only here are integers the values. */
const INTEGERS = /\/(indexing|triangle|sort|philox)\.wgsl$/;

/** Rules that several operations share, or that are functions of their own: the operations' names. */
const OWNERS: Readonly<Record<string, string>> = {
  softmaxOp: "softmax|logSoftmax",
  classLossOp: "crossEntropy|nllLoss",
  backward: "lstm|gru|rnn",
  geluTanh: "gelu_tanh|geluTanh",
  amax: "amax|amin",
};
const SOURCES = /^src\/ops\/|^shaders\/|^src\/gpu\/kernels\.gen\.ts$/;
const RULES = 20, KERNELS = 20, MOST_OF_A_FILE = 4, WANTED = 0.95;

/** One place with the commands that should fail. */
interface Target {
  /** Places in the order in which they are tried: the first that compiles counts. */
  readonly places: readonly Mutation[];
  /** Arguments of `deno test`, one run each. */
  readonly runs: readonly (readonly string[])[];
}

const root = decodeURIComponent(new URL("../", import.meta.url).pathname);
/** Texts as they were copied: an edit of the working tree meanwhile changes nothing here. */
const texts = new Map<string, string>();

function read(path: string): string {
  const text = texts.get(path);
  if (text === undefined) throw new Error(`mutate: there is no ${path}`);
  return text;
}

/** Numbers in [0, 1) that depend on the seed only (mulberry32). */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ state >>> 15, 1 | state);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32;
  };
}

function shuffled<T>(list: readonly T[], next: () => number): T[] {
  return list.map((item) => [next(), item] as const).sort((a, b) => a[0] - b[0]).map(([, item]) => item);
}

/** Places in random order, each function's turn equally likely: long functions do not crowd out short ones. */
function drawn(places: readonly Mutation[], next: () => number): Mutation[] {
  const byOwner = Object.values(Object.groupBy(places, (m) => m.owner) as Record<string, Mutation[]>);
  return shuffled(byOwner, next).map((list) => shuffled(list, next)[0]);
}

function commands(ops: string | undefined, tests: readonly string[] = []): string[][] {
  const files = tests.map((name) => [`tests/${name}_test.ts`]);
  return ops ? [["tests/ops_test.ts", `--filter=/^(${ops}) /`], ...files] : files;
}

function kernelTargets(next: () => number): Target[] {
  const known = new Set(
    [...FAMILIES.flatMap((family) => family.files), ...MOVES].map((name) => `shaders/${name}.wgsl`),
  );
  for (const path of texts.keys()) {
    if (path.startsWith("shaders/") && !known.has(path)) throw new Error(`mutate: ${path} is in no family`);
  }
  return FAMILIES.slice(0, KERNELS).map(({ files, ops, tests }) => {
    const places = shuffled(files, next).flatMap((name) => {
      const file = `shaders/${name}.wgsl`;
      return drawn(kernelMutations(file, read(file), INTEGERS.test(file)), next);
    });
    return { places, runs: commands(ops, tests) };
  });
}

function ruleTargets(next: () => number): Target[] {
  const files = [...texts.keys()].filter((path) => path.startsWith("src/ops/")).sort();
  const rules = files.flatMap((file) => {
    const byOwner = Object.groupBy(ruleMutations(file, read(file)), (m) => m.owner) as Record<string, Mutation[]>;
    const all = Object.entries(byOwner).map(([owner, list]) => ({ file, owner, list }));
    return shuffled(all, next).slice(0, MOST_OF_A_FILE);
  });
  return shuffled(rules, next).slice(0, RULES).map(({ owner, list }) => ({
    places: shuffled(list, next),
    runs: commands(OWNERS[owner] ?? owner, owner === "backward" ? ["nn_recurrent"] : ["ops_golden", "gradcheck"]),
  }));
}

/** Copies what the tests need, and remembers the texts that are mutated or generated. */
function copyProject(to: string): void {
  const copy = (path: string): void => {
    const info = Deno.lstatSync(root + path);
    if (info.isFile) {
      Deno.copyFileSync(root + path, `${to}/${path}`);
      if (SOURCES.test(path)) texts.set(path, Deno.readTextFileSync(`${to}/${path}`));
    }
    if (!info.isDirectory) return;
    Deno.mkdirSync(`${to}/${path}`);
    for (const { name } of Deno.readDirSync(root + path)) copy(`${path}/${name}`);
  };
  for (const path of ["deno.json", "deno.lock", "mod.ts", "src", "shaders", "tools", "tests", "examples"]) copy(path);
}

interface Run {
  code: number;
  text: string;
}

async function deno(cwd: string, ...args: string[]): Promise<Run> {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), 180_000); // a mutant may loop for ever: noticed
  const { code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

function test(cwd: string, run: readonly string[]): Promise<Run> {
  return deno(cwd, "test", "--no-check", "-A", "--fail-fast", ...run);
}

function describe({ file, at, old, now, owner }: Mutation): string {
  const text = read(file), line = text.slice(0, at).split("\n").length;
  const end = text.indexOf("\n", at + old.length), source = text.slice(text.lastIndexOf("\n", at) + 1, end);
  const short = (s: string): string => s.replace(/\s+/g, " ").trim();
  return `${file}:${line} ${owner}: ${short(old) || "-"} becomes ${short(now) || "nothing"} in ${short(source)}`;
}

interface Outcome {
  /** The run that failed; null when none did, or the mutant does not compile. */
  run: readonly string[] | null;
  /** The test that failed, or why there was none. */
  by: string;
}

/** Makes a mutant, runs what should notice, and undoes it. */
async function tryMutant(cwd: string, mutation: Mutation, runs: Target["runs"]): Promise<Outcome> {
  const text = read(mutation.file), { at, old, now } = mutation;
  Deno.writeTextFileSync(`${cwd}/${mutation.file}`, text.slice(0, at) + now + text.slice(at + old.length));
  const shader = mutation.file.startsWith("shaders/");
  try {
    if (shader && (await deno(cwd, "run", "-A", "tools/gen.ts")).code !== 0) return { run: null, by: "invalid" };
    for (const run of runs) {
      const { code, text: output } = await test(cwd, run);
      if (code === 0) continue;
      if (/Cannot compile|SyntaxError|source code could not be parsed/.test(output)) {
        return { run: null, by: "invalid" };
      }
      return { run, by: /^(.*) \.\.\. FAILED/m.exec(output)?.[1].slice(0, 60) ?? run[0] };
    }
    return { run: null, by: "" };
  } finally {
    // A library's text goes into other shaders too.
    for (const path of shader ? texts.keys() : [mutation.file]) Deno.writeTextFileSync(`${cwd}/${path}`, read(path));
  }
}

async function main(): Promise<number> {
  const option = (name: string): string | undefined => {
    const at = Deno.args.findIndex((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
    return at < 0 ? undefined : Deno.args[at].split("=")[1] ?? Deno.args[at + 1];
  };
  const seed = Number(option("seed") ?? 1), only = option("only"), match = option("match");
  if (!Number.isInteger(seed) || only !== undefined && only !== "kernels" && only !== "backward") {
    console.error("mutate: wanted --seed N and --only kernels or backward");
    return 1;
  }
  await ensureAdapterOrExit();
  const began = performance.now(), directory = Deno.makeTempDirSync({ prefix: "wgrad-mutate-" });
  try {
    copyProject(directory);
    const next = random(seed), kernels = kernelTargets(next), rules = ruleTargets(next);
    const targets = [...(only === "backward" ? [] : kernels), ...(only === "kernels" ? [] : rules)]
      .filter(({ places }) => match === undefined || describe(places[0]).includes(match));
    let survivors = 0;
    const sound = new Set<string>();
    for (const [i, { places, runs }] of targets.entries()) {
      let place = places[0], outcome: Outcome = { run: null, by: "invalid" };
      for (let k = 0; k < places.length && outcome.by === "invalid"; k++) {
        outcome = await tryMutant(directory, place = places[k], runs);
      }
      const { run, by } = outcome;
      if (run && !sound.has(run.join(" "))) { // a test that fails anyway notices nothing
        const { code, text } = await test(directory, run);
        if (code !== 0) {
          console.error(`${text}\nmutate: ${run.join(" ")} fails without any mutant`);
          return 1;
        }
        sound.add(run.join(" "));
      }
      if (!run) survivors++;
      const seconds = ((performance.now() - began) / 1000).toFixed(0);
      const result = run
        ? `killed   ${seconds} s ${describe(place)} [${by}]`
        : `SURVIVED ${seconds} s ${describe(place)}`;
      console.log(`${i + 1}/${targets.length} ${result}`);
    }
    const killed = targets.length - survivors, wanted = Math.ceil(WANTED * targets.length);
    console.log(`${killed} of ${targets.length} killed, at least ${wanted} wanted (seed ${seed})`);
    return killed >= wanted ? 0 : 1;
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await main());
