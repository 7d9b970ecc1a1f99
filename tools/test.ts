/**
 * Runs a suite of tests: makes sure there is an adapter (none skips to green), runs `deno test`, keeps its exit code, and
 * says on the last line which suites were not run. Arguments are files or options of `deno test`.
 *
 *     deno task test [tests/ops_test.ts] [--filter=matmul]
 * @module
 */
import { ensureChromium, ensureSwiftShader } from "./chromium.ts";
import { loadDriver } from "./drivers.ts";
import { ensureAdapterOrExit, prepareEnvironment } from "./setup.ts";

interface Suite {
  /** The task that runs it. */
  readonly task: string;
  /** What it is for, in the last line. */
  readonly purpose: string;
  /** Files and folders. */
  readonly paths: readonly string[];
  /** Options of `deno test`. */
  readonly options: readonly string[];
  /** Makes what the suite needs. */
  prepare(): Promise<unknown>;
}

// Dawn and the browser driver are 55 MB that only these suites need: locked apart, so that no other task installs them.
const OWN_LOCK = ["--lock=tests/deno.lock", "--frozen"];

const ROOT = decodeURIComponent(new URL("../", import.meta.url).pathname);

const SUITES: Record<string, Suite> = {
  main: {
    task: "test",
    purpose: "everything that needs only Deno",
    paths: [
      ...testFiles("tests", ["tests/dawn", "tests/browser", "tests/soak"]),
      ...["mod.ts", "README.md", "docs/guide/from-pytorch.md"], // their examples run as tests
    ],
    options: ["--doc"],
    prepare: ensureAdapterOrExit,
  },
  dawn: {
    task: "test:dawn",
    purpose: "every kernel under Chromium's WebGPU",
    paths: [
      "tests/dawn/",
      ...["ops", "losses", "nn", "matmul", "autograd", "random", "elementary"].map((name) => `tests/${name}_test.ts`),
    ],
    options: [...OWN_LOCK, "--preload=tests/dawn/preload.ts"],
    prepare: async () => {
      prepareEnvironment();
      const driver = await ensureSwiftShader();
      if (driver) loadDriver(driver);
    },
  },
  browser: {
    task: "test:browser",
    purpose: "the bundle in headless Chromium",
    paths: ["tests/browser/"],
    options: OWN_LOCK,
    prepare: async () => {
      await ensureAdapterOrExit();
      Deno.env.set("WGRAD_CHROMIUM", await ensureChromium());
    },
  },
  soak: {
    task: "soak",
    purpose: "long runs",
    paths: ["tests/soak/"],
    options: [],
    prepare: ensureAdapterOrExit,
  },
};

/** Exit code of a suite run with extra arguments. */
async function run(suite: Suite, extra: readonly string[]): Promise<number> {
  await suite.prepare();
  const paths = extra.some(exists) ? [] : suite.paths.filter(exists);
  const { code } = await new Deno.Command(Deno.execPath(), {
    // Types are the business of `deno task ok`.
    args: ["test", "--allow-all", "--no-check", ...suite.options, ...extra, ...paths],
    cwd: ROOT,
  }).spawn().status;
  return code;
}

/** Test files below a folder, but for some of its folders. */
function testFiles(folder: string, without: readonly string[]): string[] {
  const entries = [...Deno.readDirSync(ROOT + folder)].sort((a, b) => a.name < b.name ? -1 : 1);
  return entries.flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (isDirectory) return without.includes(path) ? [] : testFiles(path, without);
    return name.endsWith("_test.ts") ? [path] : [];
  });
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path.startsWith("/") ? path : ROOT + path);
    return true;
  } catch {
    return false;
  }
}

if (import.meta.main) {
  const name = Deno.args.find((arg) => arg.startsWith("--suite="))?.slice("--suite=".length) ?? "main";
  const suite = SUITES[name];
  const others = Object.values(SUITES).filter((other) => other !== suite);
  try {
    Deno.exitCode = await run(suite, Deno.args.filter((arg) => !arg.startsWith("--suite=")));
  } catch (error) {
    console.error(`wgrad: ${(error as Error).message}`);
    Deno.exitCode = 1;
  }
  console.log(`Not run here: ${others.map(({ task, purpose }) => `deno task ${task} (${purpose})`).join(", ")}`);
}
