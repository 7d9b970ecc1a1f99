// The shipped bundle in a real browser: headless Chromium, WebGPU on SwiftShader, the same twenty steps as in Deno.
import { bundle, stop } from "../../tools/build.ts";
import { CHROMIUM_FLAGS, ensureChromium } from "../../tools/chromium.ts";
import { serve } from "../../tools/serve.ts";
import type { Found } from "./checkpoints.ts";
import { text } from "./text.ts";
import { type Run, trainSteps } from "./train.ts";
import assert from "node:assert/strict";

const STEPS = 20;
const TOLERANCE = 1e-4;

/** The part of playwright-core that is used. */
interface Page {
  on(event: "console" | "pageerror", listener: (event: { text?(): string; message?: string }) => void): void;
  goto(url: string): Promise<unknown>;
  evaluate<T>(expression: string): Promise<T>;
}
interface Playwright {
  chromium: {
    launch(
      options: { executablePath: string; args: string[] },
    ): Promise<{ newPage(): Promise<Page>; close(): Promise<void> }>;
  };
}
// Not a literal, so that only running this installs it; `tests/deno.lock` pins it.
const PACKAGE = "npm:playwright-core@1.65.1";

/** Opens a page in Chromium and evaluates an expression there; what the page prints goes into the error. */
async function evaluate<T>(files: Record<string, string>, expression: string): Promise<T> {
  const { chromium } = await import(PACKAGE) as Playwright;
  const server = serve(new URL("./", import.meta.url), { files });
  const browser = await chromium.launch({ executablePath: await ensureChromium(), args: [...CHROMIUM_FLAGS] });
  const said: string[] = [];
  try {
    const page = await browser.newPage();
    page.on("console", (message) => said.push(message.text!()));
    page.on("pageerror", (error) => said.push(error.message!));
    await page.goto(`${server.origin}/page.html`);
    return await page.evaluate<T>(expression);
  } catch (error) {
    throw new Error(`${(error as Error).message}\nthe page said: ${said.join("\n") || "nothing"}`, { cause: error });
  } finally {
    await browser.close();
    await server.close();
  }
}

Deno.test(`the bundle in Chromium trains LMModel6 for ${STEPS} steps with Deno's losses`, async () => {
  const library = await bundle(new URL("../../mod.ts", import.meta.url));
  const program = await bundle(new URL("train.ts", import.meta.url), { library: "/wgrad.js" });
  stop();
  const files = {
    "/page.html": "<!doctype html><title>wgrad</title>",
    "/wgrad.js": library.text,
    "/train.js": program.text,
  };
  const begin = performance.now();
  const inBrowser = await evaluate<Run>(files, `import("/train.js").then((program) => program.trainSteps(${STEPS}))`);
  const middle = performance.now();
  const inDeno = await trainSteps(STEPS);
  const seconds = (from: number, to: number) => `${((to - from) / 1000).toFixed(1)} s`;
  console.log(
    `${inBrowser.adapter} ${seconds(begin, middle)}, ${inDeno.adapter} ${seconds(middle, performance.now())}`,
  );
  assert.equal(inBrowser.losses.length, STEPS);
  const differences = inDeno.losses.map((loss, step) => Math.abs(loss - inBrowser.losses[step]));
  const worst = Math.max(...differences);
  console.log(
    `loss ${inDeno.losses[0].toFixed(4)} to ${inDeno.losses.at(-1)!.toFixed(4)}, largest difference ${
      worst.toExponential(1)
    }`,
  );
  assert(worst <= TOLERANCE, `losses differ by ${worst}: ${inDeno.losses} and ${inBrowser.losses}`);
  assert(inDeno.losses.at(-1)! < inDeno.losses[0] - 0.5, "it learned");
});

Deno.test("the bundle in Chromium keeps checkpoints in the page's file system, and loads batches by workers", async () => {
  const library = await bundle(new URL("../../mod.ts", import.meta.url));
  const program = await bundle(new URL("checkpoints.ts", import.meta.url), { library: "/wgrad.js" });
  stop();
  const files = {
    "/page.html": "<!doctype html><title>wgrad</title>",
    "/wgrad.js": library.text,
    "/checkpoints.js": program.text,
    "/transform.js": "export default (items, { batch }) => items.map(([x, y]) => [x, 10 * batch + y]);",
  };
  const found = await evaluate<Found>(
    files,
    `import("/checkpoints.js").then((program) => program.checkpoints(location.origin + "/transform.js"))`,
  );
  assert.deepEqual(found.values, [1, -0, 2.5]);
  assert.equal(found.replaced, 2);
  assert.match(found.cut, /Cannot read runs\/page\/state\.safetensors: /);
  assert.match(found.missing, /Cannot open runs\/page\/none\.safetensors: /);
  assert.deepEqual(found.names, ["state.safetensors"]);
  assert.deepEqual(found.labels, [0, 1, 2, 3, 14, 15, 16, 17, 28, 29]);
});

Deno.test("the bundle in Chromium makes Deno's tokens, ids, splits, vectors and rows of a table", async () => {
  const library = await bundle(new URL("../../mod.ts", import.meta.url));
  const program = await bundle(new URL("text.ts", import.meta.url), { library: "/wgrad.js" });
  stop();
  const files = {
    "/page.html": "<!doctype html><title>wgrad</title>",
    "/wgrad.js": library.text,
    "/text.js": program.text,
  };
  const found = await evaluate<Record<string, unknown>>(files, `import("/text.js").then((program) => program.text())`);
  const wanted = JSON.parse(JSON.stringify(await text())); // what a page can hand over
  for (const [name, value] of Object.entries(wanted)) assert.deepEqual(found[name], value, name);
  assert.deepEqual(found.refused, ["FormatError", "FormatError"]);
  assert.deepEqual(found.entries, ["folder/one.txt: hello"]);
});
