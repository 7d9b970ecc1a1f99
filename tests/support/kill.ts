/**
 * Kills a training at random moments and lets it go on, until it is done: the end has to be that of a training that
 * nobody killed.
 * @module
 */
import assert from "node:assert/strict";
import { Generator } from "../../src/tensor/random.ts";

const CHILD = decodeURIComponent(new URL("./resume_child.ts", import.meta.url).pathname);
/** Milliseconds between the pieces of a file that is to be caught while it is written; a file has 16 pieces. */
const SLOW = 10;

/** Worker counts and batches made ahead, one pair after the other. */
const SETTINGS = [[0, 0], [2, 3], [0, 4], [1, 1]] as const;

interface Child {
  process: Deno.ChildProcess;
  /** Lines as they come; null at the end. */
  next(): Promise<string | null>;
}

function start(folder: string, [workers, prefetch]: readonly [number, number], slow: number): Child {
  const options = [`--workers=${workers}`, `--prefetch=${prefetch}`, `--slow=${slow}`];
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--no-check", "--quiet", CHILD, folder, ...options],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    process,
    async next(): Promise<string | null> {
      for (;;) {
        const end = text.indexOf("\n");
        if (end >= 0) {
          const line = text.slice(0, end);
          text = text.slice(end + 1);
          return line;
        }
        const { done, value } = await reader.read();
        if (done) return null;
        text += value;
      }
    },
  };
}

/** Runs a child to its end, or to a kill `after` so many ms behind its nth line `line`. */
async function run(
  folder: string,
  settings: readonly [number, number],
  kill?: { line: string; nth: number; after: number },
): Promise<{ sum: string | null; last: string; ms: number; step: number }> {
  const child = start(folder, settings, kill?.line === "writing" ? SLOW : 0);
  let last = "", seen = 0, timer: ReturnType<typeof setTimeout> | undefined, ready = 0, step = 0;
  for (let line = await child.next(); line !== null; line = await child.next()) {
    last = line;
    if (line.startsWith("resumed ")) step = Number(line.slice(8));
    if (line === "ready") ready = performance.now();
    if (line === kill?.line && ++seen === kill.nth) timer = setTimeout(() => child.process.kill("SIGKILL"), kill.after);
    if (line.startsWith("done ")) {
      clearTimeout(timer);
      break;
    }
  }
  const ms = performance.now() - ready;
  const done = last.startsWith("done ");
  for (let line: string | null = last; line !== null;) line = await child.next();
  const { code, signal } = await child.process.status;
  assert.ok(done ? code === 0 : signal === "SIGKILL", `the child ended by itself (code ${code}) after "${last}"`);
  return { sum: done ? last.slice(5) : null, last, ms, step };
}

/**
 * Trains once without and then with so many kills, every fourth of them while a checkpoint is being written.
 * @param seed of the moments, which are printed
 * @throws {AssertionError} when a resumed training ends with other bits
 */
export async function killedTrainingsEndAlike(kills: number, seed: number): Promise<void> {
  const root = await Deno.makeTempDir(), random = new Generator(seed, "kills");
  const draw = () => random.uniform(1)[0], spans: string[] = [];
  try {
    const whole = await run(`${root}/whole`, SETTINGS[0]);
    let folder = 0, done = 0, children = 0, alike = 0, resumed = 0;
    while (done < kills) {
      const settings = SETTINGS[children++ % SETTINGS.length], writing = done % 4 === 3;
      const kill = writing
        ? { line: "writing", nth: 1 + Math.floor(2 * draw()), after: 16 * SLOW * draw() }
        : { line: "ready", nth: 1, after: whole.ms * draw() };
      const { sum, last, step } = await run(`${root}/${folder}`, settings, kill);
      if (step > 0) resumed++;
      if (sum !== null) { // it was faster than the kill
        assert.equal(sum, whole.sum, `after ${spans.join(", ")}`);
        alike++;
        folder++;
      } else if (!writing || last === "writing") {
        done++;
        spans.push(`${kill.line} ${kill.nth} + ${kill.after.toFixed(0)} ms`);
      }
    }
    const end = await run(`${root}/${folder}`, SETTINGS[children % SETTINGS.length]);
    console.log(
      `${done} kills of a training of ${whole.ms.toFixed(0)} ms, seed ${seed}: ${spans.join(", ")}; ${children + 1} ` +
        `starts, ${resumed} of them resumed, the last one at step ${end.step}; ${alike + 1} trainings ended alike`,
    );
    assert.ok(end.step > 0, "the last start found a checkpoint");
    assert.equal(end.sum, whole.sum, `after ${spans.join(", ")}`);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}
