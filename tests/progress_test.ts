import { strict as assert } from "node:assert";
import { isTerminal, openBar } from "../src/platform/terminal.ts";
import * as browser from "../src/platform/terminal.browser.ts";
import { TableWriter } from "../src/train/table.ts";

Deno.test("openBar() draws nothing where no terminal is attached", async () => {
  if (isTerminal()) return; // somebody watches the tests: a bar is right
  assert.equal(await openBar("epoch 1/2", 10), null);
});

Deno.test("the browser's terminal has the same functions and no bar", async () => {
  const terminal = await import("../src/platform/terminal.ts");
  assert.deepEqual(Object.keys(browser).sort(), Object.keys(terminal).sort());
  assert.equal(browser.isTerminal(), false);
  assert.equal(await browser.openBar("epoch 1/2", 10), null);
});

Deno.test("openBar() on a terminal draws while the program is busy, and clears its line at the end", async () => {
  const script = `
    import { openBar, printLine } from ${JSON.stringify(import.meta.resolve("../src/platform/terminal.ts"))};
    Object.assign(Deno.stdout, { isTerminal: () => true });
    Object.assign(Deno.stderr, { isTerminal: () => true });
    const { default: process } = await import("node:process");
    Object.assign(process.stderr, { isTTY: true, columns: 100, cursorTo() {}, clearLine() {}, clearScreenDown() {} });
    const bar = await openBar("epoch 1/2", 20);
    for (let i = 1; i <= 20; i++) {
      const start = performance.now();
      while (performance.now() - start < 25); // a training loop that never lets timers run
      bar.update(i, "loss 0.5");
    }
    bar.close();
    printLine("0         1.5");
  `;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", script],
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stderr);
  assert.equal(code, 0, text);
  assert.match(text, /epoch 1\/2 .*\/20 {2}loss 0\.5/);
  assert.ok((text.match(/epoch 1\/2/g) ?? []).length >= 3, text);
  assert.equal(new TextDecoder().decode(stdout), "0         1.5\n");
});

Deno.test("a table keeps its columns when rows are written one by one", () => {
  const table = new TableWriter(["epoch", "a_long_name", "time"]);
  assert.equal(table.header(), "epoch     a_long_name  time");
  assert.equal(table.row([12, 0.5, "00:01"]), "12        0.500000     00:01");
  assert.equal(table.row([13, null, "00:01"]), "13                     00:01");
});
